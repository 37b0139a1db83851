//! `rapsheet known`: puts people and machines that are known into a file, takes them out, lists them, and suggests some.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use jiff::tz::TimeZone;
use rapsheet_known::{Day, KnownEntry, KnownList, Whom};
use rapsheet_output::OutputFile;
use rapsheet_output::number::several;
use rapsheet_query::Query;

use crate::arguments::{
    CommonArguments, KnownAddArguments, KnownArguments, KnownCommand, KnownListArguments,
    KnownRemoveArguments,
};
use crate::command::sql::idle_session;
use crate::configuration::read_text;
use crate::known::{Known, entries_of, file_to_change, load, refuse, register};
use crate::printer::Printer;
use crate::sink::Sink;

mod suggest;

/// Does what was asked for.
pub(crate) fn run(
    arguments: &KnownArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    match &arguments.command {
        KnownCommand::Add(add) => self::add(add, printer),
        KnownCommand::Remove(remove) => self::remove(remove, printer),
        KnownCommand::List(list) => self::list(list, common, printer),
        KnownCommand::Suggest(suggest) => suggest::run(&suggest.input, common, printer),
    }
}

/// Reads whom a person names.
fn whom(text: &str) -> Result<Whom> {
    Whom::guess(text).ok_or_else(|| {
        anyhow!(
            "`{text}` is no address, network, AS or key\nhint: write `192.0.2.7`, `192.0.2.0/24`, `AS64496`, `SHA256:…`, or `user=NAME`, `country=CH`, `host=NAME`"
        )
    })
}

/// The text of a file that may not be there yet.
fn text_of(path: &Path) -> Result<String> {
    if path.exists() {
        read_text(path)
    } else {
        Ok(String::new())
    }
}

fn add(arguments: &KnownAddArguments, printer: &Printer) -> Result<()> {
    let file = file_to_change(arguments.known.as_deref())?;
    let text = text_of(&file)?;
    let origin = file.display().to_string();
    let whom = whom(&arguments.whom)?;
    let until = match &arguments.until {
        Some(day) => Some(day.parse::<Day>().map_err(|()| {
            anyhow!("`--until {day}` is no day\nhint: write `2027-01-31`; the entry holds to the end of that day")
        })?),
        None => None,
    };
    let there = rapsheet_known::parse(&text, &origin).map_err(|faults| refuse(&faults))?;
    if let Some(same) = there.iter().find(|entry| entry.whom == whom) {
        bail!(
            "`{whom}` stands in `{origin}`, line {}, already\nhint: change it there, or take it out with `rapsheet known remove {}`",
            same.line,
            arguments.whom
        );
    }
    let entry = KnownEntry {
        whom,
        note: arguments.note.clone(),
        scope: arguments.scope.map(Into::into),
        until,
        paths: arguments.path.clone(),
        origin: origin.clone(),
        line: 0,
    };
    let text = rapsheet_known::add(&text, &entry).map_err(|faults| refuse(&faults))?;
    write(&file, &text)?;
    printer.note(&format!("`{}` is known in `{origin}`", entry.whom));
    Ok(())
}

fn remove(arguments: &KnownRemoveArguments, printer: &Printer) -> Result<()> {
    let file = file_to_change(arguments.known.as_deref())?;
    let origin = file.display().to_string();
    let whom = whom(&arguments.whom)?;
    let text = text_of(&file)?;
    let there = rapsheet_known::parse(&text, &origin).map_err(|faults| refuse(&faults))?;
    let Some(entry) = there.iter().find(|entry| entry.whom == whom) else {
        bail!(
            "`{whom}` does not stand in `{origin}`\nhint: `rapsheet known list` says who is known, and where"
        );
    };
    let (text, removed) =
        rapsheet_known::remove(&text, &whom, &origin).map_err(|faults| refuse(&faults))?;
    if removed == 0 {
        bail!(
            "the entry of `{whom}` cannot be taken out of `{origin}` without touching others\nhint: take it out by hand, it stands in line {}",
            entry.line
        );
    }
    write(&file, &text)?;
    printer.note(&format!(
        "{} of `{whom}` taken out of `{origin}`",
        several(removed as u64, "entry", "entries")
    ));
    Ok(())
}

/// Puts a file's new text in the place of the old one.
fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make `{}`", folder.display()))?;
    }
    let mut file = OutputFile::create(path)?;
    file.write_all(text.as_bytes())?;
    file.commit()?;
    Ok(())
}

fn list(arguments: &KnownListArguments, common: &CommonArguments, printer: &Printer) -> Result<()> {
    let sink = Sink::open(&arguments.output)?;
    let mut no_paths: Vec<PathBuf> = Vec::new();
    let known = match &arguments.known {
        Some(file) => Known {
            list: KnownList::new(entries_of(std::slice::from_ref(file))?),
            ..Known::default()
        },
        None => load(None, &mut no_paths, true)?,
    };
    if known.list.is_empty() {
        printer.note("nobody is known");
        printer.hint(
            "`rapsheet known suggest` names who may be, `rapsheet known add` puts them into a file",
        );
    }
    let session = idle_session()?;
    register(&session, &known, &[])?;
    let query = Query::shipped("known/list")?;
    let rows = session.stream(query.text())?.into();
    if let Some(written) = sink.write(rows, common, &TimeZone::UTC)? {
        written.tell(printer);
    }
    Ok(())
}

//! rapsheet: one record for every address that knocked on your server.
//!
//! This file wires: arguments become a checked plan, and each command is one call.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod answer;
mod arguments;
mod command;
mod configuration;
mod geo_sources;
mod known;
mod local_time;
mod memory;
mod plan;
mod printer;
mod run;
mod sink;
mod terminal;
mod time_span;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser};

use crate::arguments::{Arguments, Command};
use crate::printer::Printer;

/// A run makes and drops many lists of many sizes on several threads, at which this one is a tenth faster than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Done.
const DONE: u8 = 0;
/// Done, but some input could not be read.
const PARTLY: u8 = 1;
/// Nothing produced.
const NOTHING: u8 = 2;
/// Done, and there is something to act on, as `--fail-on` asked.
const TO_ACT: u8 = 3;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            printer::usage(&error);
            return ExitCode::from(if error.use_stderr() { NOTHING } else { DONE });
        }
    };
    let printer = terminal::printer(&arguments.common);
    match dispatch(&arguments, &printer) {
        Ok(()) if printer.to_act.get() => ExitCode::from(TO_ACT),
        Ok(()) if printer.faulty.get() => ExitCode::from(PARTLY),
        Ok(()) => ExitCode::from(DONE),
        Err(error) if is_broken_pipe(&error) => ExitCode::from(DONE),
        Err(error) => {
            let (message, hint) = split_hint(&error);
            printer.error(&message, hint.as_deref());
            ExitCode::from(NOTHING)
        }
    }
}

fn dispatch(arguments: &Arguments, printer: &Printer) -> Result<()> {
    let common = &arguments.common;
    match &arguments.command {
        None => {
            refuse_misspelt_command(arguments)?;
            command::summary::run(&arguments.input, common, &arguments.summary, printer)
        }
        Some(Command::Show(show)) => command::show::run(show, common, printer),
        Some(Command::Export(export)) => command::export::run(export, common, printer),
        Some(Command::Sql(sql)) => command::sql::run(sql, common, printer),
        Some(Command::Report(report)) => command::report::run(report, common, printer),
        Some(Command::Plot(plot)) => command::plot::run(plot, common, printer),
        Some(Command::Enrich(enrich)) => command::enrich::run(enrich, common, printer),
        Some(Command::Geo(geo)) => command::geo::run(geo, common, printer),
        Some(Command::Known(known)) => command::known::run(known, common, printer),
        Some(Command::Demo(demo)) => command::demo::run(demo, common, printer),
        Some(Command::Manual(manual)) => command::manual::run(manual),
        Some(Command::Completions(completions)) => {
            clap_complete::generate(
                completions.shell,
                &mut Arguments::command(),
                "rapsheet",
                &mut printer::stdout(),
            );
            Ok(())
        }
    }
}

/// Whether a word is what `show` takes: an address, a network, or the number of an autonomous system.
fn is_subject(word: &str) -> bool {
    let number = word.strip_prefix("AS").or_else(|| word.strip_prefix("as"));
    let (address, _) = word.split_once('/').unwrap_or((word, ""));
    address.parse::<std::net::IpAddr>().is_ok()
        || number.is_some_and(|number| number.parse::<u32>().is_ok())
}

/// Refuses a first word that is no path and nearly a command, or what another command takes: the summary is not what was asked
/// for.
fn refuse_misspelt_command(arguments: &Arguments) -> Result<()> {
    let Some(word) = arguments.input.paths.first().and_then(|path| path.to_str()) else {
        return Ok(());
    };
    if is_subject(word) && !std::path::Path::new(word).exists() {
        anyhow::bail!(
            "`{word}` is no file\nhint: `rapsheet show {word}` tells what is known of it"
        );
    }
    let is_word = word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !is_word || std::path::Path::new(word).exists() {
        return Ok(());
    }
    if word == "help" {
        anyhow::bail!("unknown command `help`\nhint: `rapsheet --help`, or `rapsheet show --help`");
    }
    let program = Arguments::command();
    let nearest = program
        .get_subcommands()
        .map(|command| {
            (
                strsim::damerau_levenshtein(command.get_name(), word),
                command.get_name(),
            )
        })
        .min()
        .filter(|(distance, _)| *distance <= 2);
    match nearest {
        Some((_, name)) => anyhow::bail!(
            "unknown command `{word}`\nhint: did you mean `rapsheet {name}`? A log of that name is `./{word}`"
        ),
        None => Ok(()),
    }
}

/// Whether somebody closed our output, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<rapsheet_output::Error>()
            .is_some_and(|error| matches!(error, rapsheet_output::Error::BrokenPipe))
            || cause
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

/// The way out where the disk refused, whoever wrote to it.
fn disk_hint(cause: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    match cause.downcast_ref::<std::io::Error>()?.kind() {
        std::io::ErrorKind::StorageFull => {
            Some("the disk is full: free some space or write to another disk")
        }
        std::io::ErrorKind::QuotaExceeded => {
            Some("your quota is used up: free some space or write to another disk")
        }
        _ => None,
    }
}

/// The way out where a query found too little memory.
fn memory_hint(cause: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    match cause.downcast_ref::<rapsheet_query::Error>()? {
        rapsheet_query::Error::Memory => Some("`--memory 4G` allows more than the usual 2G"),
        _ => None,
    }
}

/// One line that names the thing, and the way out.
fn split_hint(error: &anyhow::Error) -> (String, Option<String>) {
    let mut hint = error
        .chain()
        .find_map(|cause| {
            cause
                .downcast_ref::<rapsheet_output::Error>()
                .and_then(rapsheet_output::Error::hint)
        })
        .or_else(|| error.chain().find_map(disk_hint))
        .or_else(|| error.chain().find_map(memory_hint))
        .map(str::to_owned)
        .or_else(|| {
            error
                .chain()
                .find_map(|cause| cause.downcast_ref::<rapsheet_query::Error>()?.hint())
        });
    let mut parts = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        for line in text.lines() {
            match line.strip_prefix("hint: ") {
                Some(advice) => hint = Some(advice.to_owned()),
                None if parts
                    .last()
                    .is_some_and(|last: &String| last.ends_with(line)) => {}
                None => parts.push(line.to_owned()),
            }
        }
    }
    (parts.join(": "), hint)
}

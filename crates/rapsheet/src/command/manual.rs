//! `rapsheet manual`: man pages, or the pages of `docs/commands/`, from the definitions of `--help` and the examples in
//! `manual/`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use clap::{Arg, Command, CommandFactory};

use crate::arguments::{Arguments, ManualArguments, ManualFormat};

/// What a page says beside its definition: examples and what to know, one file a command.
const PROSE: &[(&str, &str)] = &[
    ("rapsheet", include_str!("../../manual/rapsheet.md")),
    ("known add", include_str!("../../manual/known-add.md")),
    ("completions", include_str!("../../manual/completions.md")),
    ("demo", include_str!("../../manual/demo.md")),
    ("enrich", include_str!("../../manual/enrich.md")),
    (
        "enrich forget",
        include_str!("../../manual/enrich-forget.md"),
    ),
    (
        "enrich status",
        include_str!("../../manual/enrich-status.md"),
    ),
    ("export", include_str!("../../manual/export.md")),
    ("geo", include_str!("../../manual/geo.md")),
    ("known", include_str!("../../manual/known.md")),
    ("known list", include_str!("../../manual/known-list.md")),
    ("geo lookup", include_str!("../../manual/geo-lookup.md")),
    ("manual", include_str!("../../manual/manual.md")),
    ("plot", include_str!("../../manual/plot.md")),
    ("known remove", include_str!("../../manual/known-remove.md")),
    ("report", include_str!("../../manual/report.md")),
    ("show", include_str!("../../manual/show.md")),
    ("sql", include_str!("../../manual/sql.md")),
    ("geo status", include_str!("../../manual/geo-status.md")),
    (
        "known suggest",
        include_str!("../../manual/known-suggest.md"),
    ),
    ("geo update", include_str!("../../manual/geo-update.md")),
];

/// Writes the pages.
pub(crate) fn run(arguments: &ManualArguments) -> Result<()> {
    let folder = &arguments.folder;
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let mut command = Arguments::command();
    command.build();
    for page in pages(&command) {
        write(folder, &page, arguments.format)?;
    }
    Ok(())
}

/// The program and its commands, those of commands too, without hidden ones.
fn pages(command: &Command) -> Vec<Command> {
    let mut all = vec![command.clone()];
    for inner in command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set())
    {
        all.extend(pages(inner));
    }
    all
}

fn write(folder: &Path, command: &Command, format: ManualFormat) -> Result<()> {
    let name = command
        .get_bin_name()
        .unwrap_or_else(|| command.get_name())
        .replace(' ', "-");
    let (file, bytes) = match format {
        ManualFormat::Man => {
            let mut bytes = Vec::new();
            clap_mangen::Man::new(command.clone()).render(&mut bytes)?;
            (format!("{name}.1"), bytes)
        }
        ManualFormat::Markdown => (format!("{name}.md"), markdown(command).into_bytes()),
    };
    let path = folder.join(file);
    fs::write(&path, bytes).with_context(|| format!("cannot write `{}`", path.display()))
}

fn markdown(command: &Command) -> String {
    let mut page = String::new();
    let title = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let _ = writeln!(page, "# {title}\n");
    let _ = writeln!(
        page,
        "<!-- Made from the definitions of `--help` and `crates/rapsheet/manual/`. -->\n"
    );
    if let Some(about) = command.get_about() {
        let _ = writeln!(page, "{about}.\n");
    }
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let _ = writeln!(page, "```text\n{usage}\n```\n");
    let words = title.strip_prefix("rapsheet ").unwrap_or(title);
    if let Some((_, prose)) = PROSE.iter().find(|(name, _)| *name == words) {
        let _ = writeln!(page, "{}\n", prose.trim());
    }
    for (heading, arguments) in by_heading(command) {
        let _ = writeln!(page, "## {heading}\n\n| | |\n|---|---|");
        for argument in arguments {
            let _ = writeln!(
                page,
                "| `{}` | {} |",
                cell(&signature(argument)),
                cell(&meaning(argument))
            );
        }
        page.push('\n');
    }
    let inner: Vec<&Command> = command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set())
        .collect();
    if !inner.is_empty() {
        let _ = writeln!(page, "## Commands\n");
        for inner in inner {
            let file = inner
                .get_bin_name()
                .unwrap_or_else(|| inner.get_name())
                .replace(' ', "-");
            let about = inner
                .get_about()
                .map(ToString::to_string)
                .unwrap_or_default();
            let _ = writeln!(page, "- [{}]({file}.md): {about}", inner.get_name());
        }
    }
    format!("{}\n", page.trim_end())
}

/// Arguments under the headings of `--help`, in its order.
fn by_heading(command: &Command) -> Vec<(String, Vec<&Arg>)> {
    let mut groups: Vec<(String, Vec<&Arg>)> = Vec::new();
    for argument in command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set())
    {
        let heading = match argument.get_help_heading() {
            Some(heading) => heading,
            None if argument.is_positional() => "Arguments",
            None => "Options",
        };
        match groups.iter_mut().find(|(known, _)| known == heading) {
            Some((_, arguments)) => arguments.push(argument),
            None => groups.push((heading.to_owned(), vec![argument])),
        }
    }
    groups
}

fn signature(argument: &Arg) -> String {
    let values: Vec<String> = argument
        .get_value_names()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect();
    let takes = argument.get_action().takes_values() && !values.is_empty();
    if argument.is_positional() {
        return values.join(" ");
    }
    let names = [
        argument.get_short().map(|short| format!("-{short}")),
        argument.get_long().map(|long| format!("--{long}")),
    ];
    let names: Vec<String> = names.into_iter().flatten().collect();
    match takes {
        true => format!("{} {}", names.join(", "), values.join(" ")),
        false => names.join(", "),
    }
}

fn meaning(argument: &Arg) -> String {
    let mut text = argument
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let choices: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|choice| !choice.is_hide_set())
        .map(|choice| format!("`{}`", choice.get_name()))
        .collect();
    if argument.get_action().takes_values() && !choices.is_empty() {
        let _ = write!(text, " ({})", choices.join(", "));
    }
    let defaults: Vec<String> = argument
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    if argument.get_action().takes_values() && !defaults.is_empty() {
        let _ = write!(text, " [default: {}]", defaults.join(" "));
    }
    text
}

/// Text within a table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

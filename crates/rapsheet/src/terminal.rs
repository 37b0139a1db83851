//! What the terminal can show, and how much of it a person wants: colours, width, letters, progress.

use std::io::IsTerminal;

use rapsheet_output::Style;

use crate::arguments::{Color, CommonArguments};
use crate::printer::{Printer, Talk, stderr_is_terminal, stdout_is_terminal};

/// Makes the printer.
pub(crate) fn printer(common: &CommonArguments) -> Printer {
    let talk = match (common.quiet, common.verbose) {
        (true, _) => Talk::Quiet,
        (false, 0) => Talk::Normal,
        _ => Talk::Verbose,
    };
    Printer::new(talk, colored(common.color, std::io::stderr().is_terminal()))
}

fn colored(color: Color, terminal: bool) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            terminal
                && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && std::env::var("TERM").map_or(true, |term| term != "dumb")
        }
    }
}

/// Finds out what the terminal can show.
pub(crate) fn style(common: &CommonArguments) -> Style {
    let terminal = stdout_is_terminal();
    let width = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    let width = width
        .or_else(|| {
            terminal_size::terminal_size()
                .map(|(width, _)| usize::from(width.0))
                .filter(|_| terminal)
        })
        .unwrap_or(80);
    Style {
        width: width.clamp(40, 160),
        color: colored(common.color, terminal),
        unicode: speaks_utf8(),
    }
}

/// Whether the locale's encoding is UTF-8. A locale that nobody set is taken for one that is.
fn speaks_utf8() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty());
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// Whether progress may be drawn.
pub(crate) fn shows_progress(common: &CommonArguments) -> bool {
    !common.quiet && stderr_is_terminal()
}

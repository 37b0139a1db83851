//! `rapsheet known suggest`: who may be known, by what the logs tell of them. A person decides.

use std::io::Write as _;

use anyhow::Result;
use rapsheet_output::number::{count, several};
use rapsheet_output::{Page, Tone};
use rapsheet_read::EventsWish;

use crate::answer::{Answer, Row};
use crate::arguments::{CommonArguments, InputArguments};
use crate::plan::Plan;
use crate::printer::{Printer, stdout};
use crate::run::{closing_line, open_geo, run as read};
use crate::terminal::{shows_progress, style};

/// One question, and what its rows are told as.
struct Suggestion {
    query: &'static str,
    title: &'static str,
    scope: &'static str,
    note: &'static str,
    why: fn(&Row<'_>) -> String,
}

const SUGGESTIONS: [Suggestion; 3] = [
    Suggestion {
        query: "known/keys",
        title: "Log in by key, and never failed: people who work here?",
        scope: "staff",
        note: "logs in by key",
        why: |row| {
            let users = match row.count("users") {
                0 | 1 => row.text("user_name").unwrap_or_default(),
                users => several(users, "user", "users"),
            };
            format!(
                "{} on {}, {users}",
                several(row.count("logins"), "login", "logins"),
                several(row.count("days"), "day", "days")
            )
        },
    },
    Suggestion {
        query: "known/monitors",
        title: "Connect at all hours, and try no user: health checks?",
        scope: "monitoring",
        note: "health check",
        why: |row| {
            format!(
                "{} in {} hours on {}",
                several(row.count("connections"), "connection", "connections"),
                count(row.count("hours")),
                several(row.count("days"), "day", "days")
            )
        },
    },
    Suggestion {
        query: "known/own",
        title: "Ask as this server asks itself: its own addresses?",
        scope: "own",
        note: "this server",
        why: |row| {
            format!(
                "{} as {}",
                several(row.count("requests"), "request", "requests"),
                row.text("agent").unwrap_or_default()
            )
        },
    },
];

/// Names them, each with the command that makes it known.
pub(super) fn run(
    input: &InputArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    let plan = Plan::new(input, common)?;
    let geo = open_geo(&plan, printer);
    let wish = EventsWish::All { message: false };
    let run = read(plan, geo, wish, shows_progress(common), printer)?;
    let mut out = stdout();
    let mut page = Page::new(&mut out, style(common));
    let mut any = false;
    for suggestion in &SUGGESTIONS {
        let answer = Answer::shipped(&run.session, suggestion.query, None)?;
        if answer.is_empty() {
            continue;
        }
        if any {
            page.blank()?;
        }
        any = true;
        page.heading(suggestion.title)?;
        for row in answer.rows() {
            let whom = row.text("source_ip").unwrap_or_default();
            page.paragraph(Tone::Plain, &format!("{whom}: {}", (suggestion.why)(&row)))?;
            page.verbatim(&format!(
                "  rapsheet known add {whom} --scope {} --note '{}'",
                suggestion.scope, suggestion.note
            ))?;
        }
    }
    if !any {
        page.paragraph(
            Tone::Plain,
            "Nobody in these logs looks like somebody who should be known.",
        )?;
    }
    out.flush()?;
    closing_line(&run, printer);
    Ok(())
}

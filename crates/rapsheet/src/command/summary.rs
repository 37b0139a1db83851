//! The summary: did anyone get in, then who, from where, when, trying what, and what was read.

use std::io::Write;

use anyhow::Result;
use rapsheet_output::number::count;
use rapsheet_output::terminal::{Head, Ranked, RankedRow};
use rapsheet_output::{Page, Style, Tone};
use rapsheet_read::EventsWish;

use crate::answer::{Answers, Row};
use crate::arguments::{CommonArguments, InputArguments};
use crate::command::document;
use crate::plan::{Plan, shows_progress, style};
use crate::printer::{Printer, stdout};
use crate::run::{Run, closing_line, open_geo, run as read};

mod charts;
mod lead;
mod sources;

use charts::{draw_hours, draw_timeline};
pub(crate) use charts::{hours, timeline};
pub(crate) use lead::finding;

/// Lines of each ranked table.
const LINES: i64 = 5;
/// Findings that are shown.
const FINDINGS: i64 = 12;

/// Reads and summarises.
pub(crate) fn run(
    input: &InputArguments,
    common: &CommonArguments,
    format: &str,
    printer: &Printer,
) -> Result<()> {
    let plan = Plan::new(input, common)?;
    let geo = open_geo(&plan, printer);
    let run = read(plan, geo, EventsWish::None, shows_progress(common), printer)?;
    write(&run, style(common), format, printer)?;
    run.leave();
    Ok(())
}

/// Writes the summary of a run.
pub(crate) fn write(run: &Run, style: Style, format: &str, printer: &Printer) -> Result<()> {
    let mut out = stdout();
    if format == "json" {
        document::write(run, &mut out)?;
    } else {
        text(run, &mut out, style)?;
    }
    out.flush()?;
    closing_line(run, printer);
    Ok(())
}

/// What the page asks, and how many rows of it are shown.
const QUESTIONS: [(&str, Option<i64>); 13] = [
    ("summary/findings", Some(FINDINGS)),
    ("summary/totals", None),
    ("summary/lists", None),
    ("summary/worst_addresses", Some(LINES + 3)),
    ("summary/worst_networks", Some(LINES)),
    ("summary/worst_as", Some(LINES)),
    ("summary/countries", Some(LINES + 2)),
    ("summary/users", Some(LINES + 2)),
    ("summary/paths", Some(LINES + 1)),
    ("summary/bans", Some(LINES)),
    ("summary/returning", Some(LINES)),
    ("summary/timeline", None),
    ("summary/hours", None),
];

fn text(run: &Run, out: &mut dyn Write, style: Style) -> Result<()> {
    let mut page = Page::new(out, style);
    let answers = Answers::shipped(&run.session, &QUESTIONS)?;
    let (Some(totals), Some(all)) = (
        answers.of("summary/totals")?.first(),
        answers.of("summary/lists")?.first(),
    ) else {
        return Ok(());
    };
    lead::answer(run, &mut page, &totals, answers.of("summary/findings")?)?;
    lead::findings(
        run,
        &mut page,
        answers.of("summary/findings")?,
        all.count("findings"),
    )?;
    if totals.count("events") == 0 {
        return sources::coverage(run, &mut page);
    }
    lead::headline(run, &mut page, &totals)?;
    worst_addresses(&answers, &all, &mut page)?;
    networks(&answers, &all, &mut page)?;
    countries(&answers, &all, &mut page)?;
    users(&answers, &all, &mut page)?;
    paths(&answers, &all, &mut page)?;
    bans(&answers, &all, &mut page)?;
    page.heading("When")?;
    draw_timeline(run, answers.of("summary/timeline")?, &mut page)?;
    page.blank()?;
    draw_hours(run, answers.of("summary/hours")?, &mut page)?;
    sources::details(run, &mut page)?;
    sources::coverage(run, &mut page)
}

fn worst_addresses(answers: &Answers, all: &Row<'_>, page: &mut Page<'_>) -> Result<()> {
    let rows = answers.of("summary/worst_addresses")?;
    if rows.is_empty() {
        return Ok(());
    }
    page.heading("Worst addresses")?;
    let heads = vec![
        Head::address("address"),
        Head::number("score"),
        Head::text("from"),
        Head::text("why"),
    ];
    let page_width = page.style().width;
    let lines = rows.rows().map(|row| {
        let got_in = row
            .text("threat_reasons")
            .is_some_and(|reasons| reasons.starts_with("got in"));
        RankedRow {
            cells: vec![
                row.text("source_ip").unwrap_or_default(),
                count(row.count("threat_score")),
                place(&row, page_width),
                row.text("threat_reasons").unwrap_or_default(),
            ],
            count: row.count("attempts"),
            tone: if got_in { Tone::Danger } else { Tone::Plain },
        }
    });
    let list = List {
        heads,
        unit: "attempts",
        rows: lines.collect(),
        all: all.count("addresses"),
        table: "addresses",
    };
    ranked(page, list)?;
    Ok(())
}

/// Country and organisation; on a narrow page the country alone, so that the reasons have room.
fn place(row: &Row<'_>, page_width: usize) -> String {
    let country = row.text("country_iso_code").unwrap_or_default();
    if page_width < 110 {
        return country;
    }
    let organisation = row
        .text("traits_autonomous_system_organization")
        .unwrap_or_default();
    format!("{country} {organisation}").trim().to_owned()
}

fn networks(answers: &Answers, all: &Row<'_>, page: &mut Page<'_>) -> Result<()> {
    let mut is_explained = false;
    for (query, title, whose, count_of) in [
        (
            "summary/worst_networks",
            "Worst networks",
            "network",
            "networks",
        ),
        (
            "summary/worst_as",
            "Worst autonomous systems",
            "AS",
            "systems",
        ),
    ] {
        let rows = answers.of(query)?;
        if rows.is_empty() {
            continue;
        }
        page.heading(title)?;
        let heads = match whose {
            "AS" => vec![
                Head::text("AS"),
                Head::text("organisation"),
                Head::number("addresses"),
                Head::number("unnoticed"),
            ],
            _ => vec![
                Head::address("network"),
                Head::number("addresses"),
                Head::number("unnoticed"),
                Head::number("bans"),
            ],
        };
        let lines = rows.rows().map(|row| {
            let network = row.text("network").unwrap_or_default();
            let (addresses, few) = (
                count(row.count("addresses")),
                count(row.count("addresses_under_threshold")),
            );
            let cells = match whose {
                "AS" => vec![
                    network,
                    row.text("organization").unwrap_or_default(),
                    addresses,
                    few,
                ],
                _ => vec![network, addresses, few, count(row.count("bans"))],
            };
            RankedRow {
                cells,
                count: row.count("attempts"),
                tone: Tone::Plain,
            }
        });
        let place = heads.iter().position(|head| head.name == "unnoticed");
        let list = List {
            heads,
            unit: "attempts",
            rows: lines.collect(),
            all: all.count(count_of),
            table: "networks",
        };
        let shown = ranked(page, list)?;
        if !is_explained && place.is_some_and(|place| place < shown) {
            is_explained = true;
            page.paragraph(
                Tone::Dim,
                "unnoticed: addresses with fewer than 5 attempts that were never banned",
            )?;
        }
    }
    Ok(())
}

fn countries(answers: &Answers, all: &Row<'_>, page: &mut Page<'_>) -> Result<()> {
    let rows = answers.of("summary/countries")?;
    if rows
        .rows()
        .all(|row| row.text("country_iso_code").is_none())
    {
        return Ok(());
    }
    page.heading("Countries")?;
    let heads = vec![
        Head::text("country"),
        Head::number("addresses"),
        Head::number("logins"),
    ];
    let told = rows
        .rows()
        .filter(|row| row.count("attempts") + row.count("successes") + row.count("bans") > 0);
    let lines = told.map(|row| RankedRow {
        cells: vec![
            match (row.text("country_iso_code"), row.text("country_name")) {
                (Some(code), Some(name)) => format!("{code} {name}"),
                (Some(code), None) => code,
                _ => "(unknown)".to_owned(),
            },
            count(row.count("addresses")),
            count(row.count("successes")),
        ],
        count: row.count("attempts"),
        tone: Tone::Plain,
    });
    let list = List {
        heads,
        unit: "attempts",
        rows: lines.collect(),
        all: all.count("countries"),
        table: "countries",
    };
    ranked(page, list)?;
    Ok(())
}

fn users(answers: &Answers, all: &Row<'_>, page: &mut Page<'_>) -> Result<()> {
    let rows = answers.of("summary/users")?;
    if rows.is_empty() {
        return Ok(());
    }
    page.heading("User names tried")?;
    let heads = vec![
        Head::text("user"),
        Head::text("exists"),
        Head::number("addresses"),
    ];
    let lines = rows.rows().map(|row| RankedRow {
        cells: vec![
            row.text("user_name")
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| "(empty)".to_owned()),
            match row.text("user_exists").as_deref() {
                Some("true") => "yes".to_owned(),
                Some("false") => "no".to_owned(),
                _ => "?".to_owned(),
            },
            count(row.count("addresses")),
        ],
        count: row.count("attempts"),
        tone: Tone::Plain,
    });
    let list = List {
        heads,
        unit: "attempts",
        rows: lines.collect(),
        all: all.count("users"),
        table: "users",
    };
    ranked(page, list)?;
    Ok(())
}

fn paths(answers: &Answers, all: &Row<'_>, page: &mut Page<'_>) -> Result<()> {
    let rows = answers.of("summary/paths")?;
    if rows.is_empty() {
        return Ok(());
    }
    page.heading("Paths probed")?;
    let heads = vec![
        Head::text("path"),
        Head::text("as"),
        Head::number("addresses"),
        Head::number("answered"),
    ];
    let lines = rows.rows().map(|row| RankedRow {
        cells: vec![
            row.text("url_path").unwrap_or_default(),
            row.text("reason").unwrap_or_default(),
            count(row.count("addresses")),
            count(row.count("answered")),
        ],
        count: row.count("requests"),
        tone: Tone::Plain,
    });
    let list = List {
        heads,
        unit: "requests",
        rows: lines.collect(),
        all: all.count("paths"),
        table: "paths",
    };
    ranked(page, list)?;
    Ok(())
}

fn bans(answers: &Answers, all: &Row<'_>, page: &mut Page<'_>) -> Result<()> {
    let jails = answers.of("summary/bans")?;
    if jails.is_empty() {
        return Ok(());
    }
    page.heading("fail2ban's jails")?;
    let heads = vec![
        Head::text("jail"),
        Head::number("addresses"),
        Head::number("restored"),
        Head::number("still banned"),
    ];
    let lines = jails.rows().map(|row| RankedRow {
        cells: vec![
            row.text("fail2ban_jail").unwrap_or_default(),
            count(row.count("addresses")),
            count(row.count("restored")),
            count(row.count("still_banned")),
        ],
        count: row.count("bans"),
        tone: Tone::Plain,
    });
    let list = List {
        heads,
        unit: "bans",
        rows: lines.collect(),
        all: all.count("jails"),
        table: "bans",
    };
    ranked(page, list)?;
    let back = answers.of("summary/returning")?;
    if back.is_empty() {
        return Ok(());
    }
    page.heading("Come back after bans")?;
    let heads = vec![
        Head::address("address"),
        Head::text("jail"),
        Head::text("still banned"),
    ];
    let lines = back.rows().map(|row| RankedRow {
        cells: vec![
            row.text("source_ip").unwrap_or_default(),
            row.text("fail2ban_jail").unwrap_or_default(),
            if row.flag("still_banned") {
                "yes"
            } else {
                "no"
            }
            .to_owned(),
        ],
        count: row.count("bans"),
        tone: Tone::Plain,
    });
    let list = List {
        heads,
        unit: "bans",
        rows: lines.collect(),
        all: all.count("returns"),
        table: "returning",
    };
    ranked(page, list)?;
    Ok(())
}

/// A list of the page.
struct List {
    heads: Vec<Head>,
    unit: &'static str,
    rows: Vec<RankedRow>,
    /// How many rows there are in all.
    all: u64,
    /// The table that holds all of them.
    table: &'static str,
}

/// Writes a list and how many more there are, and returns how many of its heads were shown.
fn ranked(page: &mut Page<'_>, list: List) -> Result<usize> {
    let more = list.all.saturating_sub(list.rows.len() as u64);
    let shown = page.ranked(&Ranked {
        heads: list.heads,
        unit: list.unit.to_owned(),
        rows: list.rows,
        whole: None,
        more: 0,
    })?;
    if more > 0 {
        let text = format!("and {} more: `rapsheet export {}`", count(more), list.table);
        page.paragraph(Tone::Dim, &text)?;
    }
    Ok(shown)
}

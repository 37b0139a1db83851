//! The summary: did anyone get in, then who, from where, when, trying what, and what was read.

use std::io::Write;

use anyhow::Result;
use rapsheet_output::number::{count, duration};
use rapsheet_output::terminal::{Head, Ranked, RankedRow};
use rapsheet_output::{Level, Page, Style, Tone};
use rapsheet_read::EventsWish;

use crate::answer::{Answer, Answers, Row};
use crate::arguments::{CommonArguments, InputArguments};
use crate::command::document;
use crate::plan::{Plan, local_text, shows_progress, style, zone_name};
use crate::printer::{Printer, stdout};
use crate::run::{Run, closing_line, open_geo, run as read};

mod charts;

use charts::{draw_hours, draw_timeline};
pub(crate) use charts::{hours, timeline};

/// Lines of each ranked table.
const LINES: i64 = 5;
/// Findings that are shown.
const FINDINGS: i64 = 10;

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
    write(&run, style(common), format, printer)
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
const QUESTIONS: [(&str, Option<i64>); 12] = [
    ("summary/findings", Some(FINDINGS)),
    ("summary/totals", None),
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
    let Some(totals) = answers.of("summary/totals")?.first() else {
        return Ok(());
    };
    findings(run, &mut page, &totals, &answers)?;
    headline(run, &mut page, &totals)?;
    worst_addresses(&answers, &mut page)?;
    networks(&answers, &mut page)?;
    countries(&answers, &mut page)?;
    users(&answers, &mut page)?;
    paths(&answers, &mut page)?;
    bans(&answers, &mut page)?;
    page.heading("When")?;
    draw_timeline(run, answers.of("summary/timeline")?, &mut page)?;
    page.blank()?;
    draw_hours(run, answers.of("summary/hours")?, &mut page)?;
    missing_details(run, &mut page)?;
    coverage(run, &mut page)
}

/// Leads with the answer.
fn findings(run: &Run, page: &mut Page<'_>, totals: &Row<'_>, answers: &Answers) -> Result<()> {
    let findings = answers.of("summary/findings")?;
    let entered = |row: &Row<'_>| {
        matches!(
            row.text("kind").as_deref(),
            Some("got_in" | "got_in_network")
        ) && row.text("severity").as_deref() != Some("notice")
    };
    let intruders = findings.rows().filter(entered).count();
    let successes = totals.count("successes");
    if intruders > 0 {
        page.paragraph(Tone::Danger, "DID ANYONE GET IN?  Yes, it looks like it:")?;
    } else if successes > 0 {
        let text = format!(
            "DID ANYONE GET IN?  No sign of it: {} successful login{}, none after failures that look like guessing.",
            count(successes),
            plural(successes)
        );
        page.paragraph(Tone::Good, &text)?;
    } else {
        page.paragraph(
            Tone::Good,
            "DID ANYONE GET IN?  No successful login in these logs.",
        )?;
    }
    let rows: Vec<Row<'_>> = findings.rows().collect();
    for (index, row) in rows.iter().enumerate() {
        finding(run, page, row)?;
        let kind = row.text("kind");
        let is_last = rows
            .get(index + 1)
            .is_none_or(|next| next.text("kind") != kind);
        let shown = rows
            .iter()
            .filter(|other| other.text("kind") == kind)
            .count() as u64;
        if is_last && row.count("of_kind") > shown {
            let more = row.count("of_kind") - shown;
            let kind = kind.unwrap_or_default();
            page.paragraph(
                Tone::Dim,
                &format!(
                    "   and {} more of kind {kind}: `rapsheet export findings`",
                    count(more)
                ),
            )?;
        }
    }
    Ok(())
}

/// Writes one finding.
pub(crate) fn finding(run: &Run, page: &mut Page<'_>, row: &Row<'_>) -> Result<()> {
    let level = match row.text("severity").as_deref() {
        Some("critical") => Level::Danger,
        Some("warning") => Level::Warn,
        _ => Level::Note,
    };
    let statement = row.text("statement").unwrap_or_default();
    let statement = match row.text("source_ip") {
        Some(ip) => format!("{ip} {statement}"),
        None => statement,
    };
    let at = row.time("at").map(|at| local_text(at, &run.plan.timezone));
    let evidence = match (at, row.text("evidence")) {
        (Some(at), Some(evidence)) => format!("{at}; {evidence}"),
        (Some(at), None) => at,
        (None, evidence) => evidence.unwrap_or_default(),
    };
    page.finding(level, &statement, &[evidence])?;
    Ok(())
}

fn headline(run: &Run, page: &mut Page<'_>, totals: &Row<'_>) -> Result<()> {
    page.blank()?;
    let n = |name: &str| count(totals.count(name));
    let mut text = format!(
        "{} attempts by {} of {} addresses",
        n("attempts"),
        n("attackers"),
        n("addresses")
    );
    if totals.count("countries") > 0 {
        text.push_str(&format!(
            " from {} countries, {} AS",
            n("countries"),
            n("autonomous_systems")
        ));
    }
    text.push_str(&format!(
        "; {} user names, {} paths; {} logins; {} bans of {} addresses",
        n("user_names"),
        n("paths"),
        n("successes"),
        n("bans"),
        n("banned_addresses")
    ));
    page.paragraph(Tone::Strong, &text)?;
    if let (Some(first), Some(last)) = (totals.time("first_seen"), totals.time("last_seen")) {
        let zone = &run.plan.timezone;
        let text = format!(
            "{} to {} ({}), {}",
            local_text(first, zone),
            local_text(last, zone),
            zone_name(zone),
            duration(u64::try_from((last - first) / 1_000_000).unwrap_or(0))
        );
        page.paragraph(Tone::Dim, &text)?;
    }
    Ok(())
}

fn worst_addresses(answers: &Answers, page: &mut Page<'_>) -> Result<()> {
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
    ranked(page, heads, "attempts", lines.collect(), None)
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

fn networks(answers: &Answers, page: &mut Page<'_>) -> Result<()> {
    for (query, title, whose) in [
        ("summary/worst_networks", "Worst networks", "network"),
        ("summary/worst_as", "Worst autonomous systems", "AS"),
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
        ranked(page, heads, "attempts", lines.collect(), None)?;
        if whose == "network" {
            page.paragraph(
                Tone::Dim,
                "unnoticed: addresses with fewer than 5 attempts that were never banned",
            )?;
        }
    }
    Ok(())
}

fn countries(answers: &Answers, page: &mut Page<'_>) -> Result<()> {
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
    let lines = rows.rows().map(|row| RankedRow {
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
    ranked(page, heads, "attempts", lines.collect(), None)
}

fn users(answers: &Answers, page: &mut Page<'_>) -> Result<()> {
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
    ranked(page, heads, "attempts", lines.collect(), None)
}

fn paths(answers: &Answers, page: &mut Page<'_>) -> Result<()> {
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
    ranked(page, heads, "requests", lines.collect(), None)
}

fn bans(answers: &Answers, page: &mut Page<'_>) -> Result<()> {
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
    ranked(page, heads, "bans", lines.collect(), None)?;
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
    ranked(page, heads, "bans", lines.collect(), None)
}

fn ranked(
    page: &mut Page<'_>,
    heads: Vec<Head>,
    unit: &str,
    rows: Vec<RankedRow>,
    whole: Option<u64>,
) -> Result<()> {
    page.ranked(&Ranked {
        heads,
        unit: unit.to_owned(),
        rows,
        whole,
        more: 0,
    })?;
    Ok(())
}

fn missing_details(run: &Run, page: &mut Page<'_>) -> Result<()> {
    page.heading("Details")?;
    let Some(geo) = &run.geo else {
        page.paragraph(Tone::Dim, "none: nothing was looked up (`--no-geo`)")?;
        return Ok(());
    };
    let known = Answer::sql(
        &run.session,
        "SELECT count(*) AS rows_, count(country_iso_code) AS country, count(city_name) AS city, count(location_latitude) AS point, \
         count(traits_autonomous_system_number) AS asn, count(traits_user_type) AS user_type, \
         count(*) FILTER (WHERE scope <> 'global') AS nowhere FROM details",
    )?;
    if let Some(row) = known.first() {
        let all = row.count("rows_");
        let share = |name: &str| rapsheet_output::number::share(row.count(name), all);
        let mut text = format!(
            "known of {} addresses: country {}, AS {}, city {}, point on a map {}, user type {}",
            count(all),
            share("country"),
            share("asn"),
            share("city"),
            share("point"),
            share("user_type")
        );
        if row.count("nowhere") > 0 {
            text.push_str(&format!(
                "; {} private or reserved",
                count(row.count("nowhere"))
            ));
        }
        page.paragraph(Tone::Plain, &text)?;
    }
    for database in geo.databases() {
        let built = jiff::Timestamp::from_microsecond(database.built_micros)
            .map(|at| at.strftime("%Y-%m-%d").to_string())
            .unwrap_or_default();
        page.paragraph(
            Tone::Dim,
            &format!(
                "{} of {built}: {}",
                database.edition,
                database.attribution.unwrap_or("no licence note")
            ),
        )?;
    }
    Ok(())
}

fn coverage(run: &Run, page: &mut Page<'_>) -> Result<()> {
    let (lines, events, understood, unknown) = run.coverage.totals();
    page.heading("Coverage")?;
    let sources = run.coverage.sources.len();
    let text = format!(
        "{} source{}: {} lines = {} events + {} understood + {} unknown ({})",
        count(sources as u64),
        plural(sources as u64),
        count(lines),
        count(events),
        count(understood),
        count(unknown),
        rapsheet_output::number::share(unknown, lines)
    );
    page.paragraph(
        if unknown * 200 > lines {
            Tone::Warn
        } else {
            Tone::Plain
        },
        &text,
    )?;
    for shape in run.coverage.unknown_shapes().into_iter().take(3) {
        page.paragraph(
            Tone::Dim,
            &format!(
                "unknown {}x, as {}:{}: {}",
                count(shape.lines),
                shape.log_file_path,
                shape.log_line,
                cut(&shape.sample)
            ),
        )?;
    }
    Ok(())
}

fn cut(text: &str) -> String {
    let short: String = text.chars().take(100).collect();
    if short.len() < text.len() {
        format!("{short}...")
    } else {
        short
    }
}

const fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

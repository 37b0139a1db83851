//! The summary: did anyone get in, what to do, who was worst, and what was read; with `--full` all lists.

use std::io::Write;

use anyhow::Result;
use rapsheet_output::{Page, Style};
use rapsheet_read::EventsWish;

use crate::answer::{Answer, Answers};
use crate::arguments::{CommonArguments, InputArguments, SummaryArguments};
use crate::command::charts::{draw_hours, draw_timeline};
use crate::command::document;
use crate::command::list::ListWriter;
use crate::plan::Plan;
use crate::printer::{Printer, stdout};
use crate::run::{Run, closing_line, open_geo, run as read};
use crate::terminal::{shows_progress, style};

mod decisions;
mod lead;
mod lists;
mod sources;
pub(crate) mod verdict;

use lists::LISTS;

/// Findings that the full summary shows.
const FINDINGS: i64 = 12;
/// Addresses that the short summary shows.
const WORST: i64 = 5;
/// Lines of the short summary, where the page is wide enough.
const LINES: usize = 30;

/// Reads and summarises.
pub(crate) fn run(
    input: &InputArguments,
    common: &CommonArguments,
    wanted: &SummaryArguments,
    printer: &Printer,
) -> Result<()> {
    let plan = Plan::new(input, common)?;
    let geo = open_geo(&plan, printer);
    let run = read(plan, geo, EventsWish::None, shows_progress(common), printer)?;
    write(&run, style(common), wanted, printer)?;
    run.leave();
    Ok(())
}

/// Writes the summary of a run, and notes whether there is something to act on.
pub(crate) fn write(
    run: &Run,
    style: Style,
    wanted: &SummaryArguments,
    printer: &Printer,
) -> Result<()> {
    let mut out = stdout();
    match (wanted.format.as_str(), wanted.full) {
        ("json", _) => document::write(run, &mut out)?,
        (_, true) => full(run, &mut out, style)?,
        _ => short(run, &mut out, style)?,
    }
    out.flush()?;
    closing_line(run, printer);
    if let Some(severity) = wanted.fail_on {
        let found = Answer::shipped(&run.session, "summary/severities", None)?;
        let found = found.first().map_or(0, |row| row.count(severity.column()));
        printer.to_act.set(found > 0);
    }
    Ok(())
}

/// What the short page asks, and how many rows of it are shown.
const SHORT: [(&str, Option<i64>); 5] = [
    ("summary/verdict", None),
    ("summary/answers", None),
    ("summary/totals", None),
    ("summary/decisions", None),
    ("summary/worst_addresses", Some(WORST)),
];

/// What the short page asks where somebody is known.
const KNOWN: (&str, Option<i64>) = ("summary/known", Some(1_000));

/// Writes what fits a screen: the three answers, what to do, all in one sentence, the worst addresses, what was read.
fn short(run: &Run, out: &mut dyn Write, style: Style) -> Result<()> {
    let mut wanted = SHORT.to_vec();
    if !run.plan.known.list.is_empty() {
        wanted.push(KNOWN);
    }
    let answers = Answers::shipped(&run.session, &wanted)?;
    let (Some(verdicts), Some(totals)) = (
        verdict::verdicts(run, &answers)?,
        answers.of("summary/totals")?.first(),
    ) else {
        return Ok(());
    };
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    verdicts.write(&mut Page::new(&mut head, style))?;
    let mut page = Page::new(&mut tail, style);
    if totals.count("events") > 0 {
        lead::headline(run, &mut page, &totals)?;
        let mut lists = ListWriter::new(&run.plan.timezone, |_| String::new());
        let worst = answers.of("summary/worst_addresses")?;
        lists.write(&mut page, &LISTS[0], worst, 0)?;
    }
    if let Ok(known) = answers.of(KNOWN.0) {
        lead::known(&mut page, known)?;
    }
    sources::coverage_line(run, &mut page)?;
    let lines = |block: &[u8]| block.iter().filter(|byte| **byte == b'\n').count();
    let mut room = LINES.saturating_sub(lines(&head) + lines(&tail) + 2);
    out.write_all(&head)?;
    let decisions = decisions::decisions(answers.of("summary/decisions")?, style)?;
    for (place, decision) in decisions.iter().enumerate() {
        if lines(decision) > room {
            break;
        }
        room -= lines(decision);
        if place == 0 {
            Page::new(out, style).heading("What to do")?;
        }
        out.write_all(decision)?;
    }
    out.write_all(&tail)?;
    Ok(())
}

/// What the full page asks beside its lists, and how many rows of it are shown.
const QUESTIONS: [(&str, Option<i64>); 7] = [
    ("summary/verdict", None),
    ("summary/answers", None),
    ("summary/findings", Some(FINDINGS)),
    ("summary/totals", None),
    ("summary/lists", None),
    ("summary/timeline", None),
    ("summary/hours", None),
];

fn full(run: &Run, out: &mut dyn Write, style: Style) -> Result<()> {
    let mut page = Page::new(out, style);
    let mut wanted = QUESTIONS.to_vec();
    wanted.extend(LISTS.iter().map(|list| (list.query, list.limit)));
    let answers = Answers::shipped(&run.session, &wanted)?;
    let (Some(verdicts), Some(totals), Some(all)) = (
        verdict::verdicts(run, &answers)?,
        answers.of("summary/totals")?.first(),
        answers.of("summary/lists")?.first(),
    ) else {
        return Ok(());
    };
    verdicts.write(&mut page)?;
    let findings = answers.of("summary/findings")?;
    if !findings.is_empty() {
        page.heading("Findings")?;
    }
    lead::findings(run, &mut page, findings, all.count("findings"))?;
    if totals.count("events") == 0 {
        return sources::coverage(run, &mut page);
    }
    lead::headline(run, &mut page, &totals)?;
    let command = |table: &str| format!("rapsheet export {table}");
    let mut lists = ListWriter::new(&run.plan.timezone, command);
    for list in &LISTS {
        lists.write(
            &mut page,
            list,
            answers.of(list.query)?,
            all.count(list.all),
        )?;
    }
    page.heading("When")?;
    draw_timeline(run, answers.of("summary/timeline")?, &mut page)?;
    page.blank()?;
    draw_hours(run, answers.of("summary/hours")?, &mut page)?;
    sources::details(run, &mut page)?;
    sources::coverage(run, &mut page)
}

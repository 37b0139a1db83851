//! The summary: did anyone get in, then who, from where, when, trying what, and what was read.

use std::io::Write;

use anyhow::Result;
use rapsheet_output::{Page, Style};
use rapsheet_read::EventsWish;

use crate::answer::Answers;
use crate::arguments::{CommonArguments, InputArguments};
use crate::command::charts::{draw_hours, draw_timeline};
use crate::command::document;
use crate::command::list::ListWriter;
use crate::plan::Plan;
use crate::printer::{Printer, stdout};
use crate::run::{Run, closing_line, open_geo, run as read};
use crate::terminal::{shows_progress, style};

mod lead;
mod lists;
mod sources;

use lists::LISTS;

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

/// What the page asks beside its lists, and how many rows of it are shown.
const QUESTIONS: [(&str, Option<i64>); 5] = [
    ("summary/findings", Some(FINDINGS)),
    ("summary/totals", None),
    ("summary/lists", None),
    ("summary/timeline", None),
    ("summary/hours", None),
];

fn text(run: &Run, out: &mut dyn Write, style: Style) -> Result<()> {
    let mut page = Page::new(out, style);
    let mut wanted = QUESTIONS.to_vec();
    wanted.extend(LISTS.iter().map(|list| (list.query, list.limit)));
    let answers = Answers::shipped(&run.session, &wanted)?;
    let (Some(totals), Some(all)) = (
        answers.of("summary/totals")?.first(),
        answers.of("summary/lists")?.first(),
    ) else {
        return Ok(());
    };
    let findings = answers.of("summary/findings")?;
    lead::answer(run, &mut page, &totals, findings)?;
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

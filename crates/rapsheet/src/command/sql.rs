//! `rapsheet sql`: a question in SQL, over the tables that it names.

use std::collections::BTreeSet;

use anyhow::Result;
use jiff::tz::TimeZone;
use rapsheet_query::{Session, SessionOptions};
use rapsheet_read::EventsWish;
use rapsheet_schema::ROLL_UPS;

use crate::arguments::{CommonArguments, InputArguments, SqlArguments};
use crate::plan::Plan;
use crate::printer::Printer;
use crate::run::{Run, Wish, closing_line, open_geo, run as read};
use crate::sink::Sink;
use crate::terminal::shows_progress;

/// Answers.
pub(crate) fn run(
    arguments: &SqlArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    let sink = Sink::open(&arguments.output)?;
    // Which tables there are is known without a log.
    if let Some(rows) = idle_session()?.describe(&arguments.query)? {
        if let Some(written) = sink.write(rows.into(), common, &TimeZone::UTC)? {
            written.tell(printer);
        }
        return Ok(());
    }
    let run = read_for(&arguments.query, &arguments.input, common, printer)?;
    let rows = run.session.stream(&arguments.query)?.into();
    if let Some(written) = sink.write(rows, common, &run.plan.timezone)? {
        written.tell(printer);
    }
    closing_line(&run, printer);
    Ok(())
}

/// A session for questions that need no rows.
pub(crate) fn idle_session() -> Result<Session> {
    Ok(Session::new(&SessionOptions {
        threads: 1,
        memory_limit: None,
        temp_dir: None,
    })?)
}

/// Reads the logs and fills the tables that a query needs.
pub(crate) fn read_for(
    query: &str,
    input: &InputArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<Run> {
    // Wrong SQL and unknown tables fail here, before anything is read.
    let session = idle_session()?;
    let needed: BTreeSet<String> = session.sources_of(query)?.into_iter().collect();
    let named = session.tables_in(query)?;
    let plan = Plan::new(input, common)?;
    let geo = if needed.contains("details") {
        open_geo(&plan, printer)
    } else {
        None
    };
    let wish = wish(&needed, &named, query);
    read(plan, geo, wish, shows_progress(common), printer)
}

/// What is wanted beside the roll-ups that are always kept: single events, with their raw lines, and the others.
fn wish(needed: &BTreeSet<String>, named: &[String], query: &str) -> Wish {
    let events = if needed.contains("events") {
        let of_events = named
            .iter()
            .any(|table| matches!(table.as_str(), "events" | "events_details"));
        let asks = query.contains('*') || query.to_ascii_lowercase().contains("message");
        EventsWish::All {
            message: of_events && asks,
        }
    } else {
        EventsWish::None
    };
    let on_demand = ROLL_UPS.iter().filter(|roll_up| roll_up.on_demand);
    Wish {
        activity: needed.contains("activity"),
        facets: on_demand
            .map(|roll_up| roll_up.name)
            .chain(["facets"])
            .any(|table| needed.contains(table)),
        events,
    }
}

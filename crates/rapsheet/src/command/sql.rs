//! `rapsheet sql`: a question in SQL, over the tables that it names.

use std::collections::BTreeSet;

use anyhow::Result;
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
    let run = read_for(&arguments.query, &arguments.input, common, printer)?;
    let rows = run.session.stream(&arguments.query)?.into();
    sink.write(rows, common, &run.plan.timezone)?;
    closing_line(&run, printer);
    Ok(())
}

/// Reads the logs and fills the tables that a query needs.
pub(crate) fn read_for(
    query: &str,
    input: &InputArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<Run> {
    let needed = needs(query)?;
    let plan = Plan::new(input, common)?;
    let geo = if needed.contains("details") {
        open_geo(&plan, printer)
    } else {
        None
    };
    let wish = wish(&needed, query);
    read(plan, geo, wish, shows_progress(common), printer)
}

/// Which tables Rust has to fill for a query; wrong SQL and unknown tables fail here, before anything is read.
fn needs(query: &str) -> Result<BTreeSet<String>> {
    let session = Session::new(&SessionOptions {
        threads: 1,
        memory_limit: None,
        temp_dir: None,
    })?;
    Ok(session.sources_of(query)?.into_iter().collect())
}

/// What is wanted beside the roll-ups that are always kept: single events, with their raw lines, and the others.
fn wish(needed: &BTreeSet<String>, query: &str) -> Wish {
    let events = if needed.contains("events") {
        EventsWish::All {
            message: query.contains('*') || query.to_ascii_lowercase().contains("message"),
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

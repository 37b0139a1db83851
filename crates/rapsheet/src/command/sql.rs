//! `rapsheet sql`: a question in SQL, over the tables that it names.

use std::collections::BTreeSet;

use anyhow::Result;
use rapsheet_query::{Session, SessionOptions};
use rapsheet_read::EventsWish;

use crate::arguments::{CommonArguments, SqlArguments};
use crate::command::export;
use crate::plan::{Plan, shows_progress};
use crate::printer::Printer;
use crate::run::{closing_line, open_geo, run as read};

/// Answers.
pub(crate) fn run(
    arguments: &SqlArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    let needed = needs(&arguments.query)?;
    let plan = Plan::new(&arguments.input, common)?;
    let geo = if needed.contains("details") {
        open_geo(&plan, printer)
    } else {
        None
    };
    let run = read(
        plan,
        geo,
        wish(&needed, &arguments.query),
        shows_progress(common),
        printer,
    )?;
    let mut batches = run.session.stream(&arguments.query)?;
    export::write(
        batches.schema(),
        &mut batches,
        &arguments.output,
        common,
        &run,
    )?;
    closing_line(&run, printer);
    Ok(())
}

/// Which tables Rust has to fill for a query; wrong SQL and unknown tables fail here, before anything is read.
pub(crate) fn needs(query: &str) -> Result<BTreeSet<String>> {
    let session = Session::new(&SessionOptions {
        threads: 1,
        memory_limit: None,
        temp_dir: None,
    })?;
    Ok(session.sources_of(query)?.into_iter().collect())
}

/// Whether single events are wanted, and their raw lines.
pub(crate) fn wish(needed: &BTreeSet<String>, query: &str) -> EventsWish {
    if needed.contains("events") {
        EventsWish::All {
            message: query.contains('*') || query.to_ascii_lowercase().contains("message"),
        }
    } else {
        EventsWish::None
    }
}

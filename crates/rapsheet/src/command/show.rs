//! `rapsheet show`: the rap sheet of one address, network or autonomous system, with the raw lines.

use std::collections::HashMap;
use std::io::Write;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, bail};
use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use rapsheet_geo::{DetailValue, Geo};
use rapsheet_output::Page;
use rapsheet_read::EventsWish;

use crate::arguments::{CommonArguments, ShowArguments};
use crate::plan::Plan;
use crate::printer::{Printer, stdout};
use crate::run::{Run, closing_line, open_geo, run as read};
use crate::terminal::{shows_progress, style};

mod facts;
mod failures;
mod lists;
mod page;
mod subject;

use subject::Subject;

fn system_of(geo: &Geo, ip: IpAddr) -> Option<i64> {
    match geo.lookup(ip).get("traits_autonomous_system_number") {
        Some(DetailValue::Whole(number)) => Some(*number),
        _ => None,
    }
}

/// Reads the logs and writes the rap sheet.
pub(crate) fn run(
    arguments: &ShowArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    let subject = Subject::parse(&arguments.whom)?;
    let plan = Plan::new(&arguments.input, common)?;
    if matches!(subject, Subject::System(_)) && plan.no_geo {
        bail!(
            "`{}` needs details\nhint: leave `--no-geo` out",
            arguments.whom
        );
    }
    // The scan asks about each event's address, so the answers are kept.
    let geo = open_geo(&plan, printer).map(Arc::new);
    let known: Mutex<HashMap<IpAddr, bool>> = Mutex::default();
    let (asked, databases) = (subject.clone(), geo.clone());
    let wanted = move |ip: IpAddr| {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry(ip).or_insert_with(|| {
            asked.holds(ip, |ip| {
                databases.as_deref().and_then(|geo| system_of(geo, ip))
            })
        })
    };
    let is_selected = Arc::new(wanted);
    let run = read(
        plan,
        None,
        EventsWish::Of(Arc::<_>::clone(&is_selected) as Arc<_>),
        shows_progress(common),
        printer,
    )?;
    let selected: Vec<IpAddr> = run
        .addresses
        .iter()
        .copied()
        .filter(|ip| is_selected(*ip))
        .collect();
    if selected.is_empty() {
        closing_line(&run, printer);
        bail!("`{}` stands in none of these logs", arguments.whom);
    }
    fill_tables(&run, geo.as_deref(), &subject, &selected)?;
    let mut out = stdout();
    let page = Page::new(&mut out, style(common));
    page::write(&run, page, &subject, selected.len(), arguments.evidence)?;
    out.flush()?;
    closing_line(&run, printer);
    Ok(())
}

fn fill_tables(run: &Run, geo: Option<&Geo>, subject: &Subject, selected: &[IpAddr]) -> Result<()> {
    if let Some(geo) = geo {
        let batch = geo.details_batch(&run.addresses)?;
        run.session
            .register("details", batch.schema(), vec![vec![batch]])?;
    }
    let network = (!matches!(subject, Subject::Address(_))).then(|| subject.name());
    let addresses = selected.iter().map(IpAddr::to_string).collect();
    register(run, "selected", "source_ip", addresses)?;
    register(
        run,
        "selected_network",
        "source_network",
        network.into_iter().collect(),
    )
}

/// Fills a table of one column.
fn register(run: &Run, table: &str, column: &str, values: Vec<String>) -> Result<()> {
    let schema = Arc::new(Schema::new(vec![Field::new(column, DataType::Utf8, false)]));
    let values = StringArray::from(values);
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(values)])?;
    run.session.register(table, schema, vec![vec![batch]])?;
    Ok(())
}

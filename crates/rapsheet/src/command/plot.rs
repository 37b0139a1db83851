//! `rapsheet plot`: pictures in the terminal.

use std::io::Write;

use anyhow::Result;
use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use rapsheet_output::Page;
use rapsheet_output::terminal::Bar;
use rapsheet_read::EventsWish;
use rapsheet_schema::{details, events};
use std::sync::Arc;

use crate::arguments::{CommonArguments, Plot, PlotArguments};
use crate::command::summary;
use crate::plan::{Plan, shows_progress, style};
use crate::printer::{Printer, stdout};
use crate::run::{Run, closing_line, open_geo, run as read};

/// Draws.
pub(crate) fn run(
    arguments: &PlotArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    let plan = Plan::new(&arguments.input, common)?;
    let missing = arguments.name == Plot::Missing;
    let geo = if missing {
        open_geo(&plan, printer)
    } else {
        None
    };
    let wish = if missing {
        EventsWish::All { message: false }
    } else {
        EventsWish::None
    };
    let run = read(plan, geo, wish, shows_progress(common), printer)?;
    let mut out = stdout();
    let mut page = Page::new(&mut out, style(common));
    match arguments.name {
        Plot::Missing => draw_missing(&run, &mut page)?,
        Plot::Timeline => summary::timeline(&run, &mut page)?,
        Plot::Hours => summary::hours(&run, &mut page)?,
    }
    out.flush()?;
    closing_line(&run, printer);
    Ok(())
}

/// The tables whose columns are counted.
const COUNTED: [&str; 2] = ["details", "events"];

fn counted(run: &Run, table: &str) -> Result<RecordBatch> {
    let columns = if table == "details" {
        details()
    } else {
        events()
    };
    // The raw line is there for every event; it is read only when it is asked for.
    let names: Vec<String> = columns
        .iter()
        .map(|column| column.name.to_owned())
        .filter(|name| name != "message")
        .collect();
    Ok(rapsheet_query::missing(&run.session, table, &names)?)
}

/// The table `missing`: for each column of `details` and of `events`, how many are absent of that table's own rows.
pub(crate) fn missing_table(run: &Run) -> Result<RecordBatch> {
    missing_in(run, &COUNTED)
}

/// The same, of some tables.
pub(crate) fn missing_in(run: &Run, tables: &[&str]) -> Result<RecordBatch> {
    let mut parts = Vec::new();
    for table in tables {
        let batch = counted(run, table)?;
        let names: ArrayRef = Arc::new(StringArray::from(vec![*table; batch.num_rows()]));
        let mut fields = vec![Arc::new(Field::new("table_name", DataType::Utf8, false))];
        fields.extend(batch.schema().fields().iter().cloned());
        let mut columns = vec![names];
        columns.extend(batch.columns().iter().cloned());
        parts.push(RecordBatch::try_new(
            Arc::new(Schema::new(fields)),
            columns,
        )?);
    }
    Ok(arrow::compute::concat_batches(&parts[0].schema(), &parts)?)
}

fn draw_missing(run: &Run, page: &mut Page<'_>) -> Result<()> {
    use crate::answer::Answer;
    for table in COUNTED {
        let answer = Answer::from_batch(counted(run, table)?);
        let rows = answer.first().map_or(0, |row| row.count("rows"));
        page.heading(&format!(
            "Missing in {table}, of {} rows",
            rapsheet_output::number::count(rows)
        ))?;
        let bars: Vec<Bar> = answer
            .rows()
            .map(|row| Bar {
                name: row.text("column_name").unwrap_or_default(),
                part: row.count("absent"),
                whole: row.count("rows"),
            })
            .collect();
        page.bar_chart(&bars)?;
    }
    Ok(())
}

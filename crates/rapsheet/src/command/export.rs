//! `rapsheet export`: a table as a file, or on standard output.

use std::io::Write;

use anyhow::Result;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use jiff::tz::TimeZone;
use rapsheet_output::{Format, Options, OutputFile};
use rapsheet_query::{Batches, Session, SessionOptions};
use rapsheet_read::EventsWish;

use crate::arguments::{ColumnNames, CommonArguments, ExportArguments, OutputArguments};
use crate::command::{plot, sql};
use crate::plan::{Plan, local_text, shows_progress, style};
use crate::printer::{Printer, stdout_is_terminal};
use crate::run::{Run, closing_line, open_geo, run as read};

/// The table that is counted in Rust, not asked for in SQL.
const MISSING: &str = "missing";

/// Rows on their way out: their columns, and batch after batch.
pub(crate) struct Rows {
    schema: SchemaRef,
    batches: Box<dyn Iterator<Item = std::result::Result<RecordBatch, rapsheet_query::Error>>>,
}

impl From<RecordBatch> for Rows {
    fn from(batch: RecordBatch) -> Self {
        Self {
            schema: batch.schema(),
            batches: Box::new(std::iter::once(Ok(batch))),
        }
    }
}

impl From<Batches> for Rows {
    fn from(batches: Batches) -> Self {
        Self {
            schema: batches.schema(),
            batches: Box::new(batches),
        }
    }
}

/// Writes a table.
pub(crate) fn run(
    arguments: &ExportArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    let table = arguments.table.as_str();
    if arguments.columns == ColumnNames::Dotted {
        return dotted(arguments, common, printer);
    }
    if table == MISSING {
        return missing(arguments, common, printer);
    }
    check_name(table)?;
    let query = format!("SELECT * FROM {table}");
    let run = sql::read_for(&query, &arguments.input, common, printer)?;
    let query = format!("{query}{}", order_of(&run.session, table)?);
    let rows = run.session.stream(&query)?.into();
    finish(rows, &arguments.output, common, &run, printer)
}

/// Writes what is absent in each column.
fn missing(arguments: &ExportArguments, common: &CommonArguments, printer: &Printer) -> Result<()> {
    let plan = Plan::new(&arguments.input, common)?;
    let geo = open_geo(&plan, printer);
    let wish = EventsWish::All { message: false };
    let run = read(plan, geo, wish, shows_progress(common), printer)?;
    let rows = plot::missing_table(&run)?.into();
    finish(rows, &arguments.output, common, &run, printer)
}

/// Writes the raw answers of the web service as wide rows.
fn dotted(arguments: &ExportArguments, common: &CommonArguments, printer: &Printer) -> Result<()> {
    if arguments.table != "details" {
        anyhow::bail!("`--columns dotted` is for `details` alone");
    }
    let plan = Plan::new(&arguments.input, common)?;
    let cache = plan.cache.clone();
    let locale = plan.locale.clone().unwrap_or_else(|| "en".to_owned());
    let every = arguments.all_locales && !arguments.drop_translations;
    let keep = (!every).then_some(locale.as_str());
    let run = read(
        plan,
        None,
        EventsWish::None,
        shows_progress(common),
        printer,
    )?;
    let cache = cache.unwrap_or_default();
    let batch = rapsheet_geo::dotted_answers(&cache, &run.addresses, keep)?;
    let without = run.addresses.len() - batch.num_rows();
    if batch.num_rows() == 0 {
        anyhow::bail!(
            "none of the {} addresses has an answer of the web service\nhint: `rapsheet enrich` asks it",
            run.addresses.len()
        );
    }
    if without > 0 {
        printer.note(&format!(
            "note: {without} addresses without an answer of the web service are left out"
        ));
    }
    finish(batch.into(), &arguments.output, common, &run, printer)
}

/// A stable order of rows: the same logs give the same file.
fn order_of(session: &Session, table: &str) -> Result<String> {
    if table == "events" {
        return Ok(" ORDER BY timestamp NULLS FIRST, log_file_path, log_line".to_owned());
    }
    let columns = session.columns_of(table)?;
    let mut order: Vec<String> = Vec::new();
    for column in ["attempts", "threat_score"] {
        if columns.iter().any(|known| known == column) && table != "activity" && table != "timeline"
        {
            order.push(format!("{column} DESC NULLS LAST"));
        }
    }
    order.extend(
        columns
            .iter()
            .take(8)
            .map(|column| format!("{column} NULLS LAST")),
    );
    Ok(format!(" ORDER BY {}", order.join(", ")))
}

/// Refuses what isn't a table, with the nearest name.
fn check_name(table: &str) -> Result<()> {
    let session = Session::new(&SessionOptions {
        threads: 1,
        memory_limit: None,
        temp_dir: None,
    })?;
    let mut names = session.table_names();
    names.push(MISSING.to_owned());
    names.sort();
    if names.iter().any(|name| name == table) {
        return Ok(());
    }
    let nearest = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(name, table), name))
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map(|(_, name)| format!("did you mean `{name}`? "))
        .unwrap_or_default();
    anyhow::bail!(
        "unknown table `{table}`\nhint: {nearest}there are: {}",
        names.join(", ")
    );
}

/// Writes rows where they were wanted, and says what became of every line.
pub(crate) fn finish(
    rows: Rows,
    output: &OutputArguments,
    common: &CommonArguments,
    run: &Run,
    printer: &Printer,
) -> Result<()> {
    write_in(rows, output, common, &run.plan.timezone)?;
    closing_line(run, printer);
    Ok(())
}

/// Writes rows where they were wanted, with times as the zone's clocks show them.
pub(crate) fn write_in(
    rows: Rows,
    output: &OutputArguments,
    common: &CommonArguments,
    timezone: &TimeZone,
) -> Result<()> {
    let terminal = output.output.is_none() && stdout_is_terminal();
    let format = output
        .format
        .or_else(|| output.output.as_deref().and_then(Format::from_extension))
        .unwrap_or(if terminal { Format::Table } else { Format::Csv });
    if terminal && format.is_binary() {
        anyhow::bail!("{format} is not for a terminal\nhint: name a file with `-o FILE`");
    }
    let style = style(common);
    let timezone = timezone.clone();
    let options = Options {
        terminal,
        csv_raw: output.csv_raw,
        style,
        table_width: terminal.then_some(style.width),
        thousands: false,
        time: Some(std::sync::Arc::new(move |micros| {
            local_text(micros, &timezone)
        })),
    };
    match &output.output {
        Some(path) => {
            let mut file = OutputFile::create(path)?;
            copy(format, rows, &mut file, &options)?;
            file.commit()?;
        }
        None => {
            let mut out = std::io::BufWriter::with_capacity(64 * 1024, std::io::stdout());
            copy(format, rows, &mut out, &options)?;
            out.flush()?;
        }
    }
    Ok(())
}

fn copy(
    format: Format,
    rows: Rows,
    sink: &mut (dyn Write + Send),
    options: &Options,
) -> Result<()> {
    let mut writer = rapsheet_output::open(format, &rows.schema, sink, options)?;
    for batch in rows.batches {
        writer.write(&batch?)?;
    }
    writer.finish()?;
    Ok(())
}

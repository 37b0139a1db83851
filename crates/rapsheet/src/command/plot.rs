//! `rapsheet plot`: one picture, as SVG or PNG, or in the terminal.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use rapsheet_output::plot::{Look, Theme, png, svg};
use rapsheet_output::{OutputFile, Page};
use rapsheet_read::EventsWish;
use rapsheet_schema::{details, events};

use crate::arguments::{CommonArguments, Plot, PlotArguments, PlotTheme};
use crate::plan::{Plan, shows_progress, style};
use crate::printer::{Printer, stdout};
use crate::run::{Run, closing_line, open_geo, run as read};

mod page;
mod picture;

/// What a picture file holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Svg,
    Png,
}

/// Draws.
pub(crate) fn run(
    arguments: &PlotArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    // What is wrong with the file is told before the logs are read.
    let kind = arguments.output.as_deref().map(kind).transpose()?;
    let plan = Plan::new(&arguments.input, common)?;
    let file = arguments
        .output
        .as_deref()
        .map(OutputFile::create)
        .transpose()?;
    let geo = match arguments.name {
        Plot::Timeline | Plot::Hours | Plot::Users | Plot::Jails => None,
        _ => open_geo(&plan, printer),
    };
    let wish = if arguments.name == Plot::Missing {
        EventsWish::All { message: false }
    } else {
        EventsWish::None
    };
    let run = read(plan, geo, wish, shows_progress(common), printer)?;
    match (file, kind) {
        (Some(file), Some(kind)) => write(&run, arguments, file, kind, printer)?,
        _ => {
            let mut out = stdout();
            page::draw(
                &run,
                arguments.name,
                &mut Page::new(&mut out, style(common)),
            )?;
            out.flush()?;
        }
    }
    closing_line(&run, printer);
    Ok(())
}

fn kind(path: &Path) -> Result<Kind> {
    let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
    match ending.as_ref().and_then(|ending| ending.to_str()) {
        Some("svg") => Ok(Kind::Svg),
        Some("png") => Ok(Kind::Png),
        _ => bail!(
            "`{}` is neither `.svg` nor `.png`\nhint: the file's ending says what is drawn, as in `-o picture.svg`",
            path.display()
        ),
    }
}

fn write(
    run: &Run,
    arguments: &PlotArguments,
    mut file: OutputFile,
    kind: Kind,
    printer: &Printer,
) -> Result<()> {
    let (picture, caption) = picture::of(run, arguments.name)?;
    let look = Look {
        width: arguments.width,
        height: arguments.height,
        theme: match arguments.theme {
            PlotTheme::Light => Theme::Light,
            PlotTheme::Dark => Theme::Dark,
        },
        own_font: kind == Kind::Png,
    };
    let document = svg(&picture, &caption, &look)?;
    match kind {
        Kind::Svg => file.write_all(document.as_bytes())?,
        Kind::Png => file.write_all(&png(&document)?)?,
    }
    file.flush()?;
    let path = file.path().display().to_string();
    file.commit()?;
    printer.note(&format!("wrote `{path}`"));
    Ok(())
}

/// The tables whose columns are counted.
pub(super) const COUNTED: [&str; 2] = ["details", "events"];

pub(super) fn missing_columns(run: &Run, table: &str) -> Result<RecordBatch> {
    let names = counted_columns(table);
    Ok(rapsheet_query::missing(&run.session, table, &names)?)
}

/// The columns of `missing` for a table, in their order.
pub(crate) fn counted_columns(table: &str) -> Vec<String> {
    let columns = if table == "details" {
        details()
    } else {
        events()
    };
    // The raw line is there for every event; it is read only when it is asked for. Where nothing else is said, nothing is missing.
    columns
        .iter()
        .map(|column| column.name.to_owned())
        .filter(|name| name != "message" && name != "details_other")
        .collect()
}

/// The table `missing`: for each column of `details` and of `events`, how many are absent of that table's own rows.
pub(crate) fn missing_table(run: &Run) -> Result<RecordBatch> {
    missing_in(run, &COUNTED)
}

/// The same, of some tables.
pub(crate) fn missing_in(run: &Run, tables: &[&str]) -> Result<RecordBatch> {
    let mut parts = Vec::new();
    for table in tables {
        let batch = missing_columns(run, table)?;
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

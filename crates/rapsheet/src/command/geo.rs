//! `rapsheet geo`: the databases that say where addresses are.

mod lookup;
mod status;
mod update;

use anyhow::Result;
use arrow::record_batch::RecordBatch;
use jiff::tz::TimeZone;
use rapsheet_geo::DatabaseInfo;
use rapsheet_output::time::date;

use crate::arguments::{
    CommonArguments, GeoArguments, GeoCommand, GeoSourceArguments, OutputArguments,
};
use crate::command::export;
use crate::printer::Printer;

const MICROS_PER_DAY: i64 = 86_400 * 1_000_000;

/// Does what was asked with the databases.
pub(crate) fn run(
    arguments: &GeoArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    match &arguments.command {
        GeoCommand::Update(update) => update::run(update, printer),
        GeoCommand::Status(status) => status::run(status, common, printer),
        GeoCommand::Lookup(lookup) => lookup::run(lookup, common, printer),
    }
}

/// Whether rows are wanted, rather than a page to read.
const fn wants_rows(source: &GeoSourceArguments) -> bool {
    source.format.is_some() || source.output.is_some()
}

fn output_of(source: &GeoSourceArguments) -> OutputArguments {
    OutputArguments {
        output: source.output.clone(),
        format: source.format,
        csv_raw: false,
    }
}

fn write_rows(
    batch: RecordBatch,
    source: &GeoSourceArguments,
    common: &CommonArguments,
) -> Result<()> {
    export::write_in(batch.into(), &output_of(source), common, &TimeZone::UTC)
}

/// The day on which a database was built.
fn built_day(info: &DatabaseInfo) -> String {
    match info.built_micros {
        0 => "unknown day".to_owned(),
        micros => date(micros.div_euclid(MICROS_PER_DAY)),
    }
}

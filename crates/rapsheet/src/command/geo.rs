//! `rapsheet geo`: the databases that say where addresses are.

mod lookup;
mod status;
mod update;

use anyhow::Result;
use rapsheet_geo::DatabaseInfo;
use rapsheet_output::time::date;

use crate::arguments::{
    CommonArguments, GeoArguments, GeoCommand, GeoSourceArguments, OutputArguments,
};
use crate::printer::Printer;
use crate::sink::{Sink, is_stdout};

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

/// Opens what takes rows; absent where a page to read is wanted.
fn sink_of(source: &GeoSourceArguments) -> Result<Option<Sink>> {
    let output = source.output.clone().filter(|path| !is_stdout(path));
    if source.format.is_none() && output.is_none() {
        return Ok(None);
    }
    Sink::open(&OutputArguments {
        output,
        format: source.format,
        csv_raw: false,
    })
    .map(Some)
}

/// The day on which a database was built.
fn built_day(info: &DatabaseInfo) -> String {
    match info.built_micros {
        0 => "unknown day".to_owned(),
        micros => date(micros.div_euclid(MICROS_PER_DAY)),
    }
}

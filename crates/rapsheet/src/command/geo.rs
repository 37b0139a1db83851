//! `rapsheet geo`: the databases that say where addresses are.

mod built_day;
mod lookup;
mod status;
mod update;

use anyhow::Result;

use crate::arguments::{CommonArguments, GeoArguments, GeoCommand};
use crate::printer::Printer;

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

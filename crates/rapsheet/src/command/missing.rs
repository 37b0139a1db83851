//! Rows of the table `missing` for pictures and the report: of one table, or of some.

use anyhow::Result;
use arrow::record_batch::RecordBatch;
use rapsheet_query::counted_columns;

use crate::run::Run;

/// The tables whose columns are counted.
pub(crate) const TABLES: [&str; 2] = ["details", "events"];

/// Counts what is absent in the columns of one table.
pub(crate) fn missing_columns(run: &Run, table: &str) -> Result<RecordBatch> {
    let names = counted_columns(table);
    Ok(rapsheet_query::missing(&run.session, table, &names)?)
}

/// Returns the rows of the table `missing` that are about some tables.
pub(crate) fn missing_in(run: &Run, tables: &[&str]) -> Result<RecordBatch> {
    let parts = tables
        .iter()
        .map(|table| missing_columns(run, table))
        .collect::<Result<Vec<_>>>()?;
    Ok(arrow::compute::concat_batches(&parts[0].schema(), &parts)?)
}

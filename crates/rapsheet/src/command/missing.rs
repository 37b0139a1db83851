//! The table `missing`: for each column of `details` and of `events`, how many are absent of that table's own rows.

use std::sync::Arc;

use anyhow::Result;
use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use rapsheet_schema::{details, events};

use crate::run::Run;

/// The tables whose columns are counted.
pub(crate) const TABLES: [&str; 2] = ["details", "events"];

/// Counts what is absent in the columns of one table.
pub(crate) fn missing_columns(run: &Run, table: &str) -> Result<RecordBatch> {
    let names = counted_columns(table);
    Ok(rapsheet_query::missing(&run.session, table, &names)?)
}

/// Returns the columns of a table that are counted, in their order.
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

/// Returns the table `missing`.
pub(crate) fn missing_table(run: &Run) -> Result<RecordBatch> {
    missing_in(run, &TABLES)
}

/// Returns the rows of the table `missing` that are about some tables.
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

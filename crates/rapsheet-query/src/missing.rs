//! The table `missing`: for each column of a table, in how many of its rows it is absent.
//!
//! The columns are those of the schema crate, one count for each, so its questions are no files of `queries/`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;

use crate::tables::base_table;
use crate::{Engine, Error, Query};

/// The table's name.
pub(crate) const MISSING: &str = "missing";

/// What its rows are.
pub(crate) const MEANING: &str = "For each column of `details` and of `events`, how many are absent of that table's own rows; without `message`, the raw line, which every event has.";

/// The tables whose columns it counts.
pub(crate) const COUNTED: [&str; 2] = ["details", "events"];

/// Names the columns of a table that are counted, in their order.
///
/// The raw line is there for every event; it is read only when it is asked for. Where nothing else is said, nothing is missing.
#[must_use]
pub fn counted_columns(table: &str) -> Vec<String> {
    let columns = base_table(table).map_or(&[][..], |table| &table.columns);
    columns
        .iter()
        .map(|column| column.name)
        .filter(|name| !matches!(*name, "message" | "details_other"))
        .map(str::to_owned)
        .collect()
}

/// Counts the absent values of each of `columns` in `table`: `table_name`, `column_name`, `rows`, `absent`, `percent`.
///
/// The percentage is of that table's own rows, 0 where it has none. One pass over the table.
///
/// # Errors
///
/// Fails where the engine can't run the count.
pub fn missing(engine: &dyn Engine, table: &str, columns: &[String]) -> Result<RecordBatch, Error> {
    let answer = engine.run(&question(table, columns))?;
    counted(table, columns, &answer)
}

/// The question that counts what is there in each of some columns.
pub(crate) fn question(table: &str, columns: &[String]) -> Query {
    let counts: String = columns
        .iter()
        .enumerate()
        .map(|(index, column)| format!(", count({column}) AS present_{index}"))
        .collect();
    Query::sql(&format!("SELECT count(*) AS all_rows{counts} FROM {table}"))
}

/// The columns of `missing`.
pub(crate) fn missing_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("table_name", DataType::Utf8, false),
        Field::new("column_name", DataType::Utf8, false),
        Field::new("rows", DataType::Int64, false),
        Field::new("absent", DataType::Int64, false),
        Field::new("percent", DataType::Float64, false),
    ]))
}

/// Turns the answer to [`question`] into rows of `missing`.
pub(crate) fn counted(
    table: &str,
    columns: &[String],
    answer: &[RecordBatch],
) -> Result<RecordBatch, Error> {
    let count = |index: usize| -> i64 {
        answer
            .iter()
            .find(|batch| batch.num_rows() > 0)
            .and_then(|batch| batch.column(index).as_primitive_opt::<Int64Type>())
            .filter(|column| !column.is_null(0))
            .map_or(0, |column| column.value(0))
    };
    let rows = count(0);
    let absent: Vec<i64> = (1..=columns.len())
        .map(|index| rows - count(index))
        .collect();
    rows_of(table, columns, rows, absent)
}

/// Counts the absent values of each column of rows that are at hand, as [`missing`] does. What `is_flag` names is never missing: a
/// flag that is left out means no.
///
/// # Errors
///
/// Arrow refuses the columns, which would be a fault of this crate.
pub fn missing_of(
    table: &str,
    batch: &RecordBatch,
    is_flag: impl Fn(&str) -> bool,
) -> Result<RecordBatch, Error> {
    let schema = batch.schema();
    let columns: Vec<String> = schema
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    let absent = batch.columns().iter().zip(&columns).map(|(column, name)| {
        if is_flag(name) {
            0
        } else {
            i64::try_from(column.null_count()).unwrap_or(i64::MAX)
        }
    });
    let rows = i64::try_from(batch.num_rows()).unwrap_or(i64::MAX);
    rows_of(table, &columns, rows, absent.collect())
}

fn rows_of(
    table: &str,
    columns: &[String],
    rows: i64,
    absent: Vec<i64>,
) -> Result<RecordBatch, Error> {
    let percent = absent.iter().map(|&absent| percent_of(absent, rows));
    let percent = Float64Array::from_iter_values(percent);
    let filled: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![table; absent.len()])),
        Arc::new(StringArray::from_iter_values(columns)),
        Arc::new(Int64Array::from(vec![rows; absent.len()])),
        Arc::new(Int64Array::from(absent)),
        Arc::new(percent),
    ];
    RecordBatch::try_new(missing_schema(), filled).map_err(|cause| Error::Run {
        reason: cause.to_string(),
    })
}

/// Tells of each row of `table` which of `columns` it has: `source_ip`, and `present` with a `1` or a `0` for each of them, in order.
///
/// Rows are alike in what they lack, so the text takes few values and a dictionary of them next to no room.
///
/// # Errors
///
/// Fails where the engine can't run the question.
pub fn present(
    engine: &dyn Engine,
    table: &str,
    columns: &[String],
) -> Result<Vec<RecordBatch>, Error> {
    // As above, the columns stand in the text, so this question is no file of `queries/`.
    let signs: Vec<String> = columns
        .iter()
        .map(|column| format!("CASE WHEN {column} IS NULL THEN '0' ELSE '1' END"))
        .collect();
    let signs = signs.join(", ");
    engine.run(&Query::sql(&format!(
        "SELECT source_ip, concat({signs}) AS present FROM {table}"
    )))
}

/// What part of `whole` a part is; counts of rows stay far below 2^53, so nothing is lost.
#[allow(clippy::cast_precision_loss)]
fn percent_of(part: i64, whole: i64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        100.0 * part as f64 / whole as f64
    }
}

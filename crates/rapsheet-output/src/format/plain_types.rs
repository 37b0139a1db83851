//! The plain relatives of Arrow types that other programs read poorly or not at all.
//!
//! Views and dictionaries are good inside one process. pandas and older readers want plain strings, and the Arrow
//! file format refuses a dictionary that changes between batches.

use std::sync::Arc;

use arrow::array::{Array as _, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;

use super::distinct_names;
use crate::error::{Error, Result};

/// Turns batches into ones of plain types, with distinct names; fields keep their metadata.
pub(super) struct PlainTypes {
    schema: SchemaRef,
}

impl PlainTypes {
    /// `keep_interval` says whether the format has calendar intervals; otherwise they become text.
    pub(super) fn new(schema: &SchemaRef, keep_interval: bool) -> Self {
        let fields = schema.fields().iter().zip(distinct_names(schema));
        let fields = fields.map(|(field, name)| {
            let data_type = plain(field.data_type(), keep_interval);
            field
                .as_ref()
                .clone()
                .with_name(name)
                .with_data_type(data_type)
        });
        let fields: Vec<Field> = fields.collect();
        Self {
            schema: Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone())),
        }
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(super) fn convert(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let fields = self.schema.fields();
        if batch.num_columns() != fields.len() {
            return Err(Error::Columns {
                expected: fields.len(),
                found: batch.num_columns(),
            });
        }
        let columns = fields.iter().zip(batch.columns());
        let columns =
            columns.map(
                |(field, column)| match field.data_type() == column.data_type() {
                    true => Ok(Arc::clone(column)),
                    false => cast(column, field.data_type()),
                },
            );
        let columns = columns.collect::<std::result::Result<_, _>>()?;
        // Without columns only the option tells how many rows there are.
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let schema = Arc::clone(&self.schema);
        Ok(RecordBatch::try_new_with_options(
            schema, columns, &options,
        )?)
    }
}

fn plain(data_type: &DataType, keep_interval: bool) -> DataType {
    use DataType as T;
    let inner = |field: &FieldRef| -> FieldRef {
        let data_type = plain(field.data_type(), keep_interval);
        Arc::new(field.as_ref().clone().with_data_type(data_type))
    };
    match data_type {
        T::Utf8View => T::Utf8,
        T::BinaryView => T::Binary,
        T::Dictionary(_, values) => plain(values, keep_interval),
        T::RunEndEncoded(_, values) => plain(values.data_type(), keep_interval),
        T::List(item) | T::ListView(item) => T::List(inner(item)),
        T::LargeList(item) | T::LargeListView(item) => T::LargeList(inner(item)),
        T::FixedSizeList(item, length) => T::FixedSizeList(inner(item), *length),
        T::Struct(fields) => T::Struct(fields.iter().map(inner).collect()),
        T::Map(item, sorted) => T::Map(inner(item), *sorted),
        T::Interval(_) if !keep_interval => T::Utf8,
        other => other.clone(),
    }
}

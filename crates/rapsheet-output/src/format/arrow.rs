//! The Arrow IPC file format, which is what Feather version 2 is, compressed with LZ4 as pyarrow does.
//!
//! See <https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format>. pandas, polars, R and DuckDB read it. Text is
//! `utf8`, times are microseconds in UTC, field metadata holds the Elastic Common Schema name.
//!
//! # Not supported
//!
//! String views and dictionaries, which some readers lack, become plain text.

use arrow::datatypes::SchemaRef;
use arrow::ipc::CompressionType;
use arrow::ipc::writer::{FileWriter, IpcWriteOptions};
use arrow::record_batch::RecordBatch;

use super::plain_types::PlainTypes;
use super::{ByteSink, FormatOptions, FormatWriter};
use crate::error::Result;

/// Writes an Arrow IPC file.
pub(super) struct ArrowWriter<'a> {
    writer: FileWriter<ByteSink<'a>>,
    plain: PlainTypes,
    rows: u64,
}

impl<'a> ArrowWriter<'a> {
    pub(super) fn new(schema: &SchemaRef, sink: ByteSink<'a>, _: &FormatOptions) -> Result<Self> {
        let plain = PlainTypes::new(schema, true);
        let options =
            IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))?;
        let writer = FileWriter::try_new_with_options(sink, plain.schema(), options)?;
        Ok(Self {
            writer,
            plain,
            rows: 0,
        })
    }
}

impl FormatWriter for ArrowWriter<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(&self.plain.convert(batch)?)?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<u64> {
        self.writer.finish()?;
        self.writer.flush()?;
        Ok(self.rows)
    }
}

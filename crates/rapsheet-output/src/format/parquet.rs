//! Apache Parquet, compressed with Zstandard, with dictionaries and statistics.
//!
//! See <https://parquet.apache.org/docs/file-format/>. Times are `TIMESTAMP(MICROS, isAdjustedToUTC)`, text is `STRING`. The
//! Arrow schema is kept in the footer, with the Elastic Common Schema name of each column as field metadata.
//!
//! # Not supported
//!
//! Calendar intervals, which Parquet has no common form for, are text.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::plain_types::PlainTypes;
use super::{ByteSink, FormatOptions, FormatWriter};
use crate::error::Result;

/// Rows of a row group: enough for good compression, few enough that readers skip well and memory stays small.
const GROUP_ROWS: usize = 256 * 1024;
/// Bytes of a row group, for rows with long texts.
const GROUP_BYTES: usize = 64 * 1024 * 1024;

/// Writes a Parquet file.
pub(super) struct ParquetWriter<'a> {
    writer: ArrowWriter<ByteSink<'a>>,
    plain: PlainTypes,
    rows: u64,
}

impl<'a> ParquetWriter<'a> {
    pub(super) fn new(schema: &SchemaRef, sink: ByteSink<'a>, _: &FormatOptions) -> Result<Self> {
        let plain = PlainTypes::new(schema, false);
        let properties = WriterProperties::builder()
            .set_created_by(concat!("rapsheet ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .build();
        let writer = ArrowWriter::try_new(sink, plain.schema().clone(), Some(properties))?;
        Ok(Self {
            writer,
            plain,
            rows: 0,
        })
    }
}

impl FormatWriter for ParquetWriter<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(&self.plain.convert(batch)?)?;
        if self.writer.in_progress_size() >= GROUP_BYTES {
            self.writer.flush()?;
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<u64> {
        self.writer.finish()?;
        self.writer.sync()?;
        Ok(self.rows)
    }
}

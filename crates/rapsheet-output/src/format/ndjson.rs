//! One JSON object a line (newline-delimited JSON, JSON lines).
//!
//! ```text
//! {"timestamp":"2026-01-31T13:45:10.000000Z","user_name":"root","attempts":3}
//! ```
//!
//! Values are those of [`super::json`].
//!
//! # Not supported
//!
//! The same as in JSON.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::{ByteSink, FormatOptions, FormatWriter, distinct_names, flush_all, flush_chunk};
use crate::error::Result;
use crate::json_text::Objects;

/// Writes JSON objects, one a line.
pub(super) struct NdjsonWriter<'a> {
    sink: ByteSink<'a>,
    buffer: Vec<u8>,
    rows: u64,
    objects: Objects,
}

impl<'a> NdjsonWriter<'a> {
    pub(super) fn new(
        schema: &SchemaRef,
        sink: ByteSink<'a>,
        options: &FormatOptions,
    ) -> Result<Self> {
        let names = distinct_names(schema);
        Ok(Self {
            sink,
            buffer: Vec::new(),
            rows: 0,
            objects: Objects::new(&names, schema, options.ascii()),
        })
    }
}

impl FormatWriter for NdjsonWriter<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = self.objects.columns(batch)?;
        for row in 0..batch.num_rows() {
            self.objects.write(&mut self.buffer, &columns, row);
            self.buffer.push(b'\n');
            flush_chunk(&mut self.buffer, self.sink)?;
        }
        self.rows += batch.num_rows() as u64;
        // A line is useful on its own: whoever reads along gets it at once.
        flush_all(&mut self.buffer, self.sink)
    }

    fn finish(mut self: Box<Self>) -> Result<u64> {
        flush_all(&mut self.buffer, self.sink)?;
        self.sink.flush()?;
        Ok(self.rows)
    }
}

//! One JSON array (RFC 8259), an object a row and a row a line, written as the rows come.
//!
//! ```text
//! [
//! {"timestamp":"2026-01-31T13:45:10.000000Z","user_name":"root","attempts":3}
//! ]
//! ```
//!
//! Absent values are `null`; every key is in every object.
//!
//! # Not supported
//!
//! NaN and infinities are `null`. Whole numbers beyond 2^53 are written in full, although some readers round them.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::{ByteSink, FormatOptions, FormatWriter, distinct_names, flush_all, flush_chunk};
use crate::error::Result;
use crate::json_text::Objects;

/// Writes a JSON array.
pub(super) struct JsonWriter<'a> {
    sink: ByteSink<'a>,
    buffer: Vec<u8>,
    rows: u64,
    objects: Objects,
}

impl<'a> JsonWriter<'a> {
    pub(super) fn new(
        schema: &SchemaRef,
        sink: ByteSink<'a>,
        options: &FormatOptions,
    ) -> Result<Self> {
        let names = distinct_names(schema);
        Ok(Self {
            sink,
            buffer: vec![b'['],
            rows: 0,
            objects: Objects::new(&names, schema, options.ascii()),
        })
    }
}

impl FormatWriter for JsonWriter<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = self.objects.columns(batch)?;
        for row in 0..batch.num_rows() {
            let before: &[u8] = if self.rows == 0 { b"\n" } else { b",\n" };
            self.buffer.extend_from_slice(before);
            self.objects.write(&mut self.buffer, &columns, row);
            self.rows += 1;
            flush_chunk(&mut self.buffer, self.sink)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<u64> {
        let end: &[u8] = if self.rows == 0 { b"]\n" } else { b"\n]\n" };
        self.buffer.extend_from_slice(end);
        flush_all(&mut self.buffer, self.sink)?;
        self.sink.flush()?;
        Ok(self.rows)
    }
}

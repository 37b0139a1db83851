//! Comma-separated values (RFC 4180) with a header, lines ending in a line feed, UTF-8 without a mark.
//!
//! ```text
//! timestamp,user_name,attempts
//! 2026-01-31T13:45:10.000000Z,root,3
//! ```
//!
//! An absent value is an empty cell and an empty text is `""`. Lists and structures are cells of JSON. A text that a
//! spreadsheet would run as a formula gets a `'` in front (see OWASP, *CSV Injection*), unless
//! [`FormatOptions::csv_raw`] is set. In a file text keeps its bytes; on a terminal, control characters are shown by number.
//!
//! # Not supported
//!
//! A table of one column writes an absent value as `""` too, since readers skip empty lines. A spreadsheet that splits at
//! `;` although told that the separator is `,` can still see the middle of a text as the beginning of a cell.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::{ByteSink, FormatOptions, FormatWriter, distinct_names, flush_all, flush_chunk};
use crate::error::Result;
use crate::json_text::{columns, push, time_text, write_value};
use crate::safe_text::{is_hidden, safe};
use crate::time;
use crate::value::CellValue;

/// Writes CSV.
pub(super) struct CsvWriter<'a> {
    sink: ByteSink<'a>,
    buffer: Vec<u8>,
    width: usize,
    rows: u64,
    cells: Cells,
}

impl<'a> CsvWriter<'a> {
    pub(super) fn new(
        schema: &SchemaRef,
        sink: ByteSink<'a>,
        options: &FormatOptions,
    ) -> Result<Self> {
        let cells = Cells {
            raw: options.csv_raw,
            terminal: options.terminal,
            unicode: !options.ascii(),
        };
        let mut buffer = Vec::new();
        for (index, name) in distinct_names(schema).iter().enumerate() {
            separate(&mut buffer, index);
            cells.text(&mut buffer, name);
        }
        buffer.push(b'\n');
        Ok(Self {
            sink,
            buffer,
            width: schema.fields().len(),
            rows: 0,
            cells,
        })
    }
}

impl FormatWriter for CsvWriter<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = columns(batch, self.width)?;
        for row in 0..batch.num_rows() {
            for (index, column) in columns.iter().enumerate() {
                separate(&mut self.buffer, index);
                match column.value(row) {
                    CellValue::Null if self.width == 1 => self.cells.text(&mut self.buffer, ""),
                    value => self.cells.cell(&mut self.buffer, &value),
                }
            }
            self.buffer.push(b'\n');
            flush_chunk(&mut self.buffer, self.sink)?;
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<u64> {
        flush_all(&mut self.buffer, self.sink)?;
        self.sink.flush()?;
        Ok(self.rows)
    }
}

fn separate(out: &mut Vec<u8>, index: usize) {
    if index > 0 {
        out.push(b',');
    }
}

/// How cells are written.
struct Cells {
    raw: bool,
    terminal: bool,
    unicode: bool,
}

impl Cells {
    fn cell(&self, out: &mut Vec<u8>, value: &CellValue<'_>) {
        match value {
            CellValue::Null => {}
            CellValue::Text(text) => self.text(out, text),
            CellValue::Time { micros, zoned } => {
                out.extend_from_slice(time_text(*micros, *zoned).as_bytes());
            }
            CellValue::Date(days) => out.extend_from_slice(time::date(i64::from(*days)).as_bytes()),
            CellValue::Word(word) => quoted(out, word),
            // JSON has no word for these two kinds, CSV readers have.
            CellValue::Float(value) if !value.is_finite() => push(out, format_args!("{value}")),
            CellValue::Single(value) if !value.is_finite() => push(out, format_args!("{value}")),
            CellValue::List(..) | CellValue::Struct(..) | CellValue::Map(..) => {
                let mut json = Vec::new();
                write_value(&mut json, value, !self.unicode);
                quoted(out, &String::from_utf8_lossy(&json));
            }
            number => write_value(out, number, false),
        }
    }

    fn text(&self, out: &mut Vec<u8>, text: &str) {
        let shown = match self.terminal {
            true => safe(text, self.unicode),
            false => text.into(),
        };
        if !self.raw && is_formula(text) && !is_number(text) {
            quoted(out, &format!("'{shown}"));
        } else {
            quoted(out, &shown);
        }
    }
}

/// Whether a spreadsheet would take the text for a formula, also after it has stripped spaces and what does not show.
///
/// The wide forms of the signs are signs to spreadsheets in East Asian locales.
fn is_formula(text: &str) -> bool {
    let stripped = |character: char| character.is_whitespace() || is_hidden(character);
    text.starts_with(['\t', '\r', '\n'])
        || text
            .trim_start_matches(stripped)
            .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// Whether a text is a number and nothing else, which a spreadsheet takes for one, and for no formula. A plus sign is none of a number
/// that somebody would write.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = |text: &str| !text.is_empty() && digits(text);
    let is_exponent = |text: &str| is_whole(text.strip_prefix(['-', '+']).unwrap_or(text));
    digits(whole)
        && digits(part)
        && !(whole.is_empty() && part.is_empty())
        && exponent.is_none_or(is_exponent)
}

/// Writes text with quotes where RFC 4180 wants them, where it is empty, and where a reader might trim it.
fn quoted(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let edge = |byte: Option<&u8>| matches!(byte, None | Some(b' ' | b'\t'));
    let special = |byte: &u8| matches!(byte, b'"' | b',' | b'\n' | b'\r');
    if !edge(bytes.first()) && !edge(bytes.last()) && !bytes.iter().any(special) {
        out.extend_from_slice(bytes);
        return;
    }
    out.push(b'"');
    for byte in bytes {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

//! Cells as JSON text (RFC 8259).
//!
//! Strings are escaped further than JSON asks: what a terminal would obey or hide ([`crate::safe_text::is_hidden`])
//! is written as `\uXXXX`, which every JSON reader turns back into the same text.

use std::io::Write as _;

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;
use rapsheet_schema::JSON_TEXT_KEY;

use crate::error::{Error, Result};
use crate::safe_text::{is_hidden, json};
use crate::time;
use crate::value::{CellValue, ValueColumn};

/// Writes rows as objects; every key is in every object.
pub(crate) struct Objects {
    keys: Vec<Vec<u8>>,
    /// Which columns hold JSON as text.
    json: Vec<bool>,
    ascii: bool,
}

impl Objects {
    /// Takes the columns' names, no two alike, and their types.
    pub(crate) fn new(names: &[String], schema: &Schema, ascii: bool) -> Self {
        let key = |name: &String| {
            let mut key = Vec::new();
            write_string(&mut key, name, ascii);
            key.push(b':');
            key
        };
        Self {
            keys: names.iter().map(key).collect(),
            json: schema
                .fields()
                .iter()
                .map(|field| field.metadata().contains_key(JSON_TEXT_KEY))
                .collect(),
            ascii,
        }
    }

    /// Makes the columns of a batch ready for [`Objects::write`].
    pub(crate) fn columns(&self, batch: &RecordBatch) -> Result<Vec<ValueColumn>> {
        columns(batch, self.keys.len())
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>, columns: &[ValueColumn], row: usize) {
        out.push(b'{');
        for (index, (key, column)) in self.keys.iter().zip(columns).enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key);
            match column.value(row) {
                CellValue::Text(text) if self.json.get(index) == Some(&true) => {
                    out.extend_from_slice(json(text, !self.ascii).as_bytes());
                }
                value => write_value(out, &value, self.ascii),
            }
        }
        out.push(b'}');
    }
}

/// Makes the columns of a batch ready, if there are as many as expected.
pub(crate) fn columns(batch: &RecordBatch, expected: usize) -> Result<Vec<ValueColumn>> {
    if batch.num_columns() != expected {
        return Err(Error::Columns {
            expected,
            found: batch.num_columns(),
        });
    }
    let columns = batch.columns().iter().map(ValueColumn::new);
    Ok(columns.collect::<std::result::Result<_, _>>()?)
}

/// Writes one value. `ascii` escapes whatever is not ASCII.
pub(crate) fn write_value(out: &mut Vec<u8>, value: &CellValue<'_>, ascii: bool) {
    match value {
        CellValue::Null => out.extend_from_slice(b"null"),
        CellValue::Bool(value) => push(out, format_args!("{value}")),
        CellValue::Int(value) => push(out, format_args!("{value}")),
        CellValue::Unsigned(value) => push(out, format_args!("{value}")),
        CellValue::Float(value) => write_float(out, *value),
        CellValue::Single(value) => write_single(out, *value),
        CellValue::Number(value) => out.extend_from_slice(value.as_bytes()),
        CellValue::Text(value) | CellValue::Word(value) => write_string(out, value, ascii),
        CellValue::Time { micros, zoned } => write_string(out, &time_text(*micros, *zoned), ascii),
        CellValue::Date(days) => write_string(out, &time::date(i64::from(*days)), ascii),
        CellValue::List(items, range) => {
            out.push(b'[');
            for index in range.clone() {
                comma(out, index > range.start);
                write_value(out, &items.value(index), ascii);
            }
            out.push(b']');
        }
        CellValue::Struct(fields, row) => {
            out.push(b'{');
            for (index, (name, column)) in fields.iter().enumerate() {
                comma(out, index > 0);
                write_string(out, name, ascii);
                out.push(b':');
                write_value(out, &column.value(*row), ascii);
            }
            out.push(b'}');
        }
        CellValue::Map(keys, values, range) => {
            out.push(b'{');
            for index in range.clone() {
                comma(out, index > range.start);
                write_key(out, &keys.value(index), ascii);
                out.push(b':');
                write_value(out, &values.value(index), ascii);
            }
            out.push(b'}');
        }
    }
}

/// The text of a time in files.
pub(crate) fn time_text(micros: i64, zoned: bool) -> String {
    if zoned {
        time::rfc3339(micros)
    } else {
        time::iso(micros)
    }
}

/// Writes a number as JSON does; what is not a number is `null`, for JSON has no word for it.
fn write_float(out: &mut Vec<u8>, value: f64) {
    match serde_json::Number::from_f64(value) {
        Some(number) => push(out, format_args!("{number}")),
        None => out.extend_from_slice(b"null"),
    }
}

/// Writes the shortest text that gives the same 32 bits back, not the 64-bit neighbour's digits.
fn write_single(out: &mut Vec<u8>, value: f32) {
    if value.is_finite() {
        push(out, format_args!("{value:?}"));
    } else {
        out.extend_from_slice(b"null");
    }
}

/// A key of an object must be a string, so other values are written as the text of their JSON.
fn write_key(out: &mut Vec<u8>, key: &CellValue<'_>, ascii: bool) {
    match key {
        CellValue::Text(text) | CellValue::Word(text) => write_string(out, text, ascii),
        other => {
            let mut text = Vec::new();
            write_value(&mut text, other, ascii);
            let text = String::from_utf8_lossy(&text);
            write_string(out, text.trim_matches('"'), ascii);
        }
    }
}

/// Writes a string with its quotes.
pub(crate) fn write_string(out: &mut Vec<u8>, text: &str, ascii: bool) {
    out.push(b'"');
    let mut clean_from = 0;
    for (index, character) in text.char_indices() {
        if !needs_escape(character, ascii) {
            continue;
        }
        out.extend_from_slice(&text.as_bytes()[clean_from..index]);
        clean_from = index + character.len_utf8();
        match character {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    push(out, format_args!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.extend_from_slice(&text.as_bytes()[clean_from..]);
    out.push(b'"');
}

fn needs_escape(character: char, ascii: bool) -> bool {
    match character {
        '"' | '\\' => true,
        ' '..='~' => false,
        other => ascii || is_hidden(other),
    }
}

fn comma(out: &mut Vec<u8>, wanted: bool) {
    if wanted {
        out.push(b',');
    }
}

/// Appends formatted text; writing into a vector cannot fail.
pub(crate) fn push(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

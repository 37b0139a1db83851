//! The formats in which record batches leave: one module each, all of one shape.

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use ::arrow::datatypes::SchemaRef;
use ::arrow::record_batch::RecordBatch;

use crate::error::Result;
use crate::style::Style;

mod arrow;
mod csv;
mod json;
mod ndjson;
mod parquet;
mod plain_types;
mod table;

/// A format of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180), for spreadsheets.
    Csv,
    /// One JSON array of objects.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// Apache Parquet.
    Parquet,
    /// An Arrow IPC file, which is what Feather version 2 is.
    Arrow,
    /// A table for people.
    Table,
}

impl Format {
    /// Every format, in the order in which help lists them.
    pub const ALL: [Self; 6] = [
        Self::Csv,
        Self::Json,
        Self::Ndjson,
        Self::Parquet,
        Self::Arrow,
        Self::Table,
    ];

    /// The format's name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
            Self::Table => "table",
        }
    }

    /// Finds the format that a file's name asks for, by its extension in any case.
    #[must_use]
    pub fn from_extension(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "csv" => Self::Csv,
            "json" => Self::Json,
            "ndjson" | "jsonl" => Self::Ndjson,
            "parquet" | "pq" => Self::Parquet,
            "arrow" | "feather" | "ipc" => Self::Arrow,
            "txt" => Self::Table,
            _ => return None,
        })
    }

    /// Whether the format is bytes that no terminal should get.
    #[must_use]
    pub const fn is_binary(self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

/// A word that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{0}`: expected csv, json, ndjson, parquet, arrow or table")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.iter().find(|format| format.name() == word);
        found.copied().ok_or_else(|| UnknownFormat(word.to_owned()))
    }
}

/// Turns a time, in microseconds since 1970 UTC, into text for people.
pub type TimeText = Arc<dyn Fn(i64) -> String + Send + Sync>;

/// How to write.
#[derive(Clone, Default)]
pub struct FormatOptions {
    /// Whether the sink is a terminal: control characters in CSV are shown instead of sent, non-ASCII letters only
    /// where `style.unicode` says so.
    pub terminal: bool,
    /// Whether CSV keeps cells that a spreadsheet would run as formulas.
    pub csv_raw: bool,
    /// Colours and letters of tables.
    pub style: Style,
    /// The widest that a table may be; `None` for as wide as its cells.
    pub table_width: Option<usize>,
    /// Whether whole numbers in tables get thousands separators.
    pub thousands: bool,
    /// How tables show times; `None` for UTC as `2026-01-31 13:45:10`.
    pub time: Option<TimeText>,
}

impl fmt::Debug for FormatOptions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Options")
            .field("terminal", &self.terminal)
            .field("csv_raw", &self.csv_raw)
            .field("style", &self.style)
            .field("table_width", &self.table_width)
            .field("thousands", &self.thousands)
            .field("time", &self.time.is_some())
            .finish()
    }
}

impl FormatOptions {
    /// Whether text formats must keep to ASCII: only a terminal can lack the letters.
    fn ascii(&self) -> bool {
        self.terminal && !self.style.unicode
    }
}

/// What takes batches, one after the other, and writes them in a format.
pub trait FormatWriter: Send {
    /// Writes one batch.
    ///
    /// # Errors
    ///
    /// Where the sink refuses or the format cannot hold the batch. The output is then incomplete.
    fn write(&mut self, batch: &RecordBatch) -> Result<()>;

    /// Writes what belongs at the end, flushes the sink and tells how many rows there were.
    ///
    /// # Errors
    ///
    /// As for [`FormatWriter::write`].
    fn finish(self: Box<Self>) -> Result<u64>;
}

/// A sink as the writers see it.
type ByteSink<'a> = &'a mut (dyn Write + Send);

/// Begins output in a format. Batches must have the schema's columns.
///
/// A column name that comes twice gets a number (`name_2`), except in a table: files and JSON need distinct names.
///
/// # Errors
///
/// Where the sink refuses the beginning or the format cannot hold the schema.
pub fn open<'a>(
    format: Format,
    schema: &SchemaRef,
    sink: &'a mut (dyn Write + Send),
    options: &FormatOptions,
) -> Result<Box<dyn FormatWriter + 'a>> {
    Ok(match format {
        Format::Csv => Box::new(csv::CsvWriter::new(schema, sink, options)?),
        Format::Json => Box::new(json::JsonWriter::new(schema, sink, options)?),
        Format::Ndjson => Box::new(ndjson::NdjsonWriter::new(schema, sink, options)?),
        Format::Parquet => Box::new(parquet::ParquetWriter::new(schema, sink, options)?),
        Format::Arrow => Box::new(arrow::ArrowWriter::new(schema, sink, options)?),
        Format::Table => Box::new(table::TableWriter::new(schema, sink, options)?),
    })
}

/// The names of the columns, each distinct.
fn distinct_names(schema: &SchemaRef) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let mut name = field.name().clone();
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{}_{number}", field.name());
            number += 1;
        }
        names.push(name);
    }
    names
}

/// How many bytes the writers of text gather before they hand them to the sink.
const CHUNK: usize = 256 * 1024;

/// Hands gathered bytes over if they are many.
fn flush_chunk(buffer: &mut Vec<u8>, sink: &mut (dyn Write + Send)) -> Result<()> {
    if buffer.len() >= CHUNK {
        flush_all(buffer, sink)?;
    }
    Ok(())
}

/// Hands gathered bytes over.
fn flush_all(buffer: &mut Vec<u8>, sink: &mut (dyn Write + Send)) -> Result<()> {
    sink.write_all(buffer)?;
    buffer.clear();
    Ok(())
}

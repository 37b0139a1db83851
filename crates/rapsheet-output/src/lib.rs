//! What takes record batches to people and files: CSV, JSON, NDJSON, Parquet, Arrow, terminal tables and charts.
//!
//! Nothing here prints. A [`FormatWriter`] and a [`Page`] write into the sink that they are given, and
//! an [`OutputFile`] is a sink whose file appears under its name only when it is whole.
//! Text from logs is hostile: whatever is meant for a terminal goes through [`safe_text`].
//!
//! ```
//! use std::sync::Arc;
//! use arrow::array::{ArrayRef, Int64Array};
//! use arrow::record_batch::RecordBatch;
//! use rapsheet_output::{Format, FormatOptions, open};
//!
//! let attempts: ArrayRef = Arc::new(Int64Array::from(vec![3, 4]));
//! let batch = RecordBatch::try_from_iter([("attempts", attempts)])?;
//! let mut sink = Vec::new();
//! let mut writer = open(Format::Ndjson, &batch.schema(), &mut sink, &FormatOptions::default())?;
//! writer.write(&batch)?;
//! assert_eq!(writer.finish()?, 2);
//! assert_eq!(sink, b"{\"attempts\":3}\n{\"attempts\":4}\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! For a file, the sink is an [`OutputFile`], and [`OutputFile::commit`] follows [`FormatWriter::finish`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod error;
mod file;
mod format;
mod json_text;
mod layout;
pub mod number;
pub mod plot;
pub mod safe_text;
mod style;
pub mod terminal;
pub mod time;
mod value;

pub use error::{Error, Result};
pub use file::OutputFile;
pub use format::{Format, FormatOptions, FormatWriter, TimeText, UnknownFormat, open};
pub use style::{Style, Tone};
pub use terminal::{Level, Page};

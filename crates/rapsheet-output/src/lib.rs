//! What takes record batches to people and files: CSV, JSON, NDJSON, Parquet, Arrow, terminal tables and charts.
//!
//! Nothing here prints. A [`Writer`] and a [`Page`] write into the sink that they are given, and
//! an [`OutputFile`] is a sink whose file appears under its name only when it is whole.
//! Text from logs is hostile: whatever is meant for a terminal goes through [`safe_text`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod error;
mod file;
mod format;
mod json_text;
mod layout;
pub mod number;
pub mod safe_text;
mod style;
pub mod terminal;
pub mod time;
mod value;

pub use error::{Error, Result};
pub use file::OutputFile;
pub use format::{Format, Options, TimeText, UnknownFormat, Writer, open};
pub use style::{Style, Tone};
pub use terminal::{Level, Page};

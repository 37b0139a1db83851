//! The tables that Rust fills, with their columns.

use arrow::datatypes::SchemaRef;
use rapsheet_schema::{activity, coverage, details, events, schema_of, unknown_lines};

/// The names of the tables that Rust fills; all others are made from them by SQL.
#[must_use]
pub fn base_tables() -> &'static [&'static str] {
    &["activity", "coverage", "details", "events", "unknown_lines"]
}

/// The schema of a table that Rust fills.
pub(crate) fn base_schema(name: &str) -> Option<SchemaRef> {
    let columns = match name {
        "activity" => activity(),
        "coverage" => coverage(),
        "details" => details(),
        "events" => events(),
        "unknown_lines" => unknown_lines(),
        _ => return None,
    };
    Some(schema_of(&columns))
}

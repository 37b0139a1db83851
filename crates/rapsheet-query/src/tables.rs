//! The tables that Rust fills, with their columns.

use arrow::datatypes::SchemaRef;
use rapsheet_schema::{TABLES, Table, schema_of};

/// The names of the tables that Rust fills, in alphabetical order; all others are made from them by SQL.
#[must_use]
pub fn base_tables() -> Vec<&'static str> {
    let mut names: Vec<_> = TABLES.iter().map(|table| table.name).collect();
    names.sort_unstable();
    names
}

/// A table that Rust fills.
pub(crate) fn base_table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

/// The schema of a table that Rust fills.
pub(crate) fn base_schema(name: &str) -> Option<SchemaRef> {
    base_table(name).map(|table| schema_of(&table.columns))
}

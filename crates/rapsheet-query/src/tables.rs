//! The tables that Rust fills, with their columns.

use std::sync::LazyLock;

use arrow::datatypes::SchemaRef;
use rapsheet_schema::{
    Column, ROLL_UPS, activity, clock, coverage, details, events, exact_bans, exact_logins, facets,
    mistyped, names, peers, schema_of, unknown_lines,
};

/// Name and columns of each.
static BASE: LazyLock<Vec<(&str, Vec<Column>)>> = LazyLock::new(|| {
    let mut tables = vec![
        ("activity", activity()),
        ("clock", clock()),
        ("coverage", coverage()),
        ("details", details()),
        ("events", events()),
        ("exact_bans", exact_bans()),
        ("exact_logins", exact_logins()),
        ("facets", facets()),
        ("mistyped", mistyped()),
        ("names", names()),
        ("peers", peers()),
        ("unknown_lines", unknown_lines()),
    ];
    tables.extend(
        ROLL_UPS
            .iter()
            .map(|roll_up| (roll_up.name, roll_up.columns())),
    );
    tables.sort_by_key(|(name, _)| *name);
    tables
});

/// The names of the tables that Rust fills, in alphabetical order; all others are made from them by SQL.
#[must_use]
pub fn base_tables() -> Vec<&'static str> {
    BASE.iter().map(|(name, _)| *name).collect()
}

/// The schema of a table that Rust fills.
pub(crate) fn base_schema(name: &str) -> Option<SchemaRef> {
    let (_, columns) = BASE.iter().find(|(known, _)| *known == name)?;
    Some(schema_of(columns))
}

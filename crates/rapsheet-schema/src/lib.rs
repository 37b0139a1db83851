//! The words of rapsheet: what an event is, which columns each table has, and what they are called.
//!
//! This is the bottom crate. It holds names and shapes and does no I/O; every other crate speaks in its words.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod address;
mod columns;
mod dataset;
mod event;
mod rollup;
mod stamp;
mod tables;
mod words;

pub use address::{
    Scope, format_network, network_of, parse_address, parse_single_address, scope_of,
};
pub use columns::{
    ActivityColumn, Column, EventColumn, JSON_TEXT_KEY, activity, coverage, details, events,
    jail_settings, known, known_matches, schema_of, unknown_lines,
};
pub use dataset::{Category, CopyKey, Dataset, Descriptor, SessionKey, Telling};
pub use event::{Event, Http, Teller};
pub use rollup::{
    Key, Measure, ROLL_UPS, RollUp, clock, exact_bans, exact_logins, facets, mistyped, names, peers,
};
pub use stamp::{MICROS_PER_SECOND, Stamp, civil_micros, days_from_civil};
pub use tables::{TABLES, Table};
pub use words::{Action, Outcome, Reason};

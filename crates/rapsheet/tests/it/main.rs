//! The whole program, as people run it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod administrators;
mod anonymize;
mod bad_input;
mod connections;
mod corpus;
mod demo;
mod enrich;
mod enrich_killed;
mod enrich_money;
mod enrich_told;
mod geo;
mod got_in;
mod known;
mod manual;
mod plot;
mod program;
mod report;
mod server;
mod sql;
mod summary;
#[cfg(target_os = "linux")]
mod terminal;

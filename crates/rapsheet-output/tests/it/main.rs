//! Tests of the output crate, one module a subject.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod batches;
mod csv;
mod file;
mod files;
mod json;
mod plot;
mod properties;
mod table;
mod terminal;

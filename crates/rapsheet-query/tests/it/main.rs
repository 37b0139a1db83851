//! The tests of the query crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod answers;
mod errors;
mod functions;
mod portable;
mod rows;
mod split;
mod tables;
mod truth;

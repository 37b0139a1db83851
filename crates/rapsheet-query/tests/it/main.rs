//! The tests of the query crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod adds_up;
mod answers;
mod errors;
mod functions;
mod made;
mod portable;
mod sources;
mod split;
mod tables;
mod truth;

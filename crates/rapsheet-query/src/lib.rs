//! The SQL session: tables, functions for addresses, and every analysis as one query file.
//!
//! Rust folds events into the declared roll-ups; everything after them is a file in `queries/`. A [`Session`] runs
//! them embedded; another engine may run the same files behind the trait [`Engine`].
//!
//! # Not supported
//!
//! Nothing that changes data: `CREATE`, `INSERT`, `COPY`, `SET` and their like are refused.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod catalog;
mod engine;
mod error;
mod functions;
mod missing;
mod query;
mod session;
mod tables;

pub use catalog::{derived_tables, queries};
pub use engine::Engine;
pub use error::Error;
pub use missing::{counted_columns, missing, missing_of, present};
pub use query::{Query, Value};
pub use session::{Batches, LazyPart, Session, SessionOptions};
pub use tables::base_tables;

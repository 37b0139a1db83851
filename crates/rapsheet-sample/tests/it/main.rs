//! Tests of the made-up servers.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod demo;
mod stream;

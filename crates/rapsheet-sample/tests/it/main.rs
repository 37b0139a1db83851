//! Tests of the made-up servers.

mod demo;
mod stream;

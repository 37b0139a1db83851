//! Tests of the made-up servers.

mod stream;

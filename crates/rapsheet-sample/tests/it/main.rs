//! Tests of the made-up servers.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod address_list;
mod demo;
mod error_log;
mod sshd_shapes;
mod stream;

//! The parsers, from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod corpus_sshd;
mod journal;
mod openssh_auth;
mod syslog;

//! The tests of the parser.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod corpus_fail2ban;
mod fixtures_fail2ban;
mod properties_fail2ban;

//! The crate's tests: fixtures of each format, and the corpus where it is there.
#![allow(
    clippy::too_many_lines,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod corpus_fail2ban;
mod corpus_mail;
mod corpus_sshd;
mod corpus_web;
mod corpus_web_cases;
mod fixtures;
mod journal;
mod long_lines;
mod openssh_auth;
mod properties_fail2ban;
mod properties_mail;
mod syslog;

//! The formats. Envelopes take a line apart; daemons' formats read what is left.
//!
//! An envelope has `pub(crate) fn open<'a>(line: &'a str, arena: &'a Arena) -> Option<(Head<'a>, &'a str)>`: `None`
//! where the line doesn't have that envelope. A daemon's format has
//! `pub(crate) fn parse<'a>(…) -> Option<…>`: `None` where the line isn't of that format at all,
//! `Some(Reading::Unknown)` where it is and says something that nobody knows.

pub mod address_list;
pub mod apache_error;
pub mod cri;
pub mod docker_json;
pub mod fail2ban_log;
pub mod fail2ban_status;
pub mod journal_export;
pub mod journal_json;
pub mod nginx_error;
pub mod openssh_auth;
pub mod request_rules;
pub mod syslog;
pub mod web_access;
pub mod web_json;

/// Names of the format modules, for the tests that look for a fixture folder of each.
pub(crate) const MODULES: &[&str] = &[];

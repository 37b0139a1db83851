//! The formats. Envelopes take a line apart; daemons' formats read what is left.
//!
//! An envelope has `pub(crate) fn open<'a>(line: &'a str, arena: &'a Arena) -> Option<(Head<'a>, &'a str)>`: `None`
//! where the line doesn't have that envelope. A daemon's format has
//! `pub(crate) fn parse<'a>(…) -> Option<…>`: `None` where the line isn't of that format at all,
//! `Some(Reading::Unknown)` where it is and says something that nobody knows.

pub(crate) mod address_list;
pub(crate) mod apache_error;
pub(crate) mod cri;
pub(crate) mod docker_json;
pub(crate) mod dovecot_auth;
pub(crate) mod dropbear_auth;
pub(crate) mod fail2ban_log;
pub mod fail2ban_record;
pub mod fail2ban_status;
pub(crate) mod grep;
pub(crate) mod http_request;
pub mod journal_export;
pub(crate) mod journal_json;
pub(crate) mod nginx_error;
pub mod nginx_record;
pub(crate) mod nxos;
pub(crate) mod openssh_auth;
pub(crate) mod postfix_auth;
pub mod request_rules;
pub(crate) mod sasl;
pub(crate) mod svlogd;
pub(crate) mod syslog;
pub(crate) mod tls_fault;
pub(crate) mod web_access;
pub(crate) mod web_client;
pub(crate) mod web_json;
pub(crate) mod web_time;

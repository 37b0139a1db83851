//! Made-up servers: log lines from a seed.
//!
//! - [`demo`] is one small server with a story, as files in a folder. `rapsheet demo` and tests use it.
//! - [`sshd_log`] (and [`sshd_log_of`] so many addresses), [`fail2ban_log`] and [`access_log`] write streams of any length, for benchmarks.
//!   sshd's come in other shapes, too: [`sshd_bursts`] as on real servers, [`sshd_drawn`] and [`sshd_unique`] as worst cases.
//!
//! - [`administrators`] are ten typical servers, each with the sentence that a person would write about it.
//!
//! For benchmarks there are error logs ([`apache_error_log`], [`nginx_error_log`]) and lists ([`address_list`]) too.
//!
//! All of it is deterministic: the same call gives the same bytes, on every machine and in every
//! version of every dependency. That is why the random numbers and the calendar are our own few
//! lines, and why no number is drawn with floating point.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod administrators;
mod civil;
pub mod demo;
mod random;
mod stream;

pub use stream::access::{AccessExpected, access_log};
pub use stream::address_list::{ListExpected, address_list};
pub use stream::error_log::{ErrorExpected, apache_error_log, nginx_error_log};
pub use stream::fail2ban::{Fail2banExpected, fail2ban_log};
pub use stream::sshd::SshdExpected;
pub use stream::sshd::bursts::sshd_bursts;
pub use stream::sshd::single::{sshd_drawn, sshd_unique};
pub use stream::sshd::uniform::{sshd_log, sshd_log_of};

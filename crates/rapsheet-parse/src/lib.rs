//! Log lines to events: pure functions over text, one file per format, no I/O.
//!
//! [`parse_line`] is the door. It peels the envelopes off a line (Docker JSON, CRI, `grep -H`, syslog and journal
//! heads), finds the daemon, and hands the message to that daemon's format. What it returns depends on the line alone,
//! so lines can be read in any order and on any thread; what needs a memory (years, the lines of one process, copies of
//! a log) is the reader's work.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod envelope;
mod format;
mod line;
mod login_words;
mod text;

pub use envelope::{Enclosed, open_envelope, parse_inner, strip_grep_path};
pub use format::address_list::{each_address, listed};
pub use format::fail2ban_log::is_about_bans;
pub use format::fail2ban_record;
pub use format::fail2ban_status;
pub use format::journal_export;
pub use format::nginx_record;
pub use format::request_rules;
pub use line::{Arena, Head, Input, Line, Piece, Reading, Understood, parse_line};
pub use login_words::tells_of_login;

//! Who is known: the entries of `known.toml` and of fail2ban's `ignoreip`, which addresses they are about, and when fail2ban's jails ban.
//!
//! Pure but for reading fail2ban's folder: it parses and changes text that others read and write.
//!
//! # Not supported
//!
//! Host names in `ignoreip` that only the resolver knows: nothing is looked up, so they hold for lines that name the host.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod edit;
mod entry;
mod fail2ban;
mod fault;
mod file;
mod list;

pub use edit::{add, remove};
pub use entry::{Day, KnownEntry, KnownScope, Whom};
pub use fail2ban::{Fail2banSettings, JailSettings, is_jail_file, jail_files_beside};
pub use fault::{KnownFault, toml_fault};
pub use file::parse;
pub use list::KnownList;

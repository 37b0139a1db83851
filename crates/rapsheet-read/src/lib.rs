//! Paths to batches of events: discovery, decompression, rotation, the journal, fail2ban's database.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod fail2ban_database;

//! What the made-up server's logs hold, counted while they are made.

use std::collections::{BTreeMap, BTreeSet};

/// Numbers that a test can assert.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Lines of each text file.
    pub lines: BTreeMap<&'static str, u64>,
    /// Each address that any log names as the remote side.
    pub addresses: BTreeSet<String>,
    /// Wrong passwords of each address: attempts, so `message repeated 2 times` counts two.
    pub failed_passwords: BTreeMap<String, u64>,
    /// Logins of each address.
    pub accepted: BTreeMap<String, u64>,
    /// Who got in.
    pub intruder: Intruder,
    /// Wrong passwords of each address for mailboxes: attempts, however many lines tell of one.
    pub mail_failed: BTreeMap<String, u64>,
    /// Logins of each address to a mailbox, or to send mail: one a connection.
    pub mail_logins: BTreeMap<String, u64>,
    /// Who opened somebody else's mailbox.
    pub mail_intruder: Intruder,
    /// Who logged in with somebody's password, from a new country.
    pub thief: &'static str,
    /// Who got `/.git/config`.
    pub finder: &'static str,
    /// fail2ban's `Found` (the filter's, not those that its observer repeats), in log files.
    pub found: u64,
    /// Bans, over all jails. `fail2ban.log*` and the database tell each of them once.
    pub bans: u64,
    /// Bans of each address.
    pub bans_of: BTreeMap<String, u64>,
    /// Bans that ended before the story does.
    pub unbans: u64,
    /// Bans put back when fail2ban was started again.
    pub restored_bans: u64,
    /// Bans made longer because the address was banned before.
    pub increased_bans: u64,
    /// `already banned`.
    pub already_banned: u64,
    /// Requests to the web server, those that aren't HTTP among them.
    pub requests: u64,
    /// Requests that look for a hole, or aren't HTTP.
    pub web_probes: u64,
    /// The network that tries slowly from many addresses.
    pub slow_network: &'static str,
    /// How many of its addresses tried.
    pub slow_addresses: u64,
    /// Their wrong passwords.
    pub slow_failed_passwords: u64,
    /// An address that user names frame. It never did anything and must not get a record.
    pub framed: &'static str,
}

/// The address that fails and then gets in.
#[derive(Clone, Debug, Default)]
pub struct Intruder {
    /// The address.
    pub address: &'static str,
    /// As whom it got in.
    pub user: &'static str,
    /// Its wrong passwords before that.
    pub failed_before: u64,
    /// The names that it tried, `user` among them.
    pub users_tried: BTreeSet<String>,
    /// When it got in, in seconds since 1970.
    pub at: i64,
    /// How long its session lasted.
    pub session_seconds: i64,
}

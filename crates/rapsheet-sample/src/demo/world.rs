//! The server at work: its logs, its pids, and fail2ban's memory.

use super::facts::Facts;
use super::fail2ban::Jails;
use crate::civil::Civil;
use crate::random::Random;

/// One line of a log and its time in milliseconds since 1970.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) at: i64,
    pub(super) text: String,
}

/// One ban, as the database keeps it.
#[derive(Clone, Debug)]
pub(super) struct DemoBan {
    pub(super) jail: &'static str,
    pub(super) address: String,
    pub(super) at: i64,
    pub(super) seconds: i64,
    pub(super) count: u32,
    pub(super) failures: usize,
    pub(super) matches: Vec<String>,
}

/// All that happens goes through here.
pub(super) struct World {
    pub(super) random: Random,
    pub(super) auth: Vec<Entry>,
    pub(super) fail2ban: Vec<Entry>,
    pub(super) access: Vec<Entry>,
    pub(super) errors: Vec<Entry>,
    pub(super) bans: Vec<DemoBan>,
    pub(super) jails: Jails,
    pub(super) facts: Facts,
    pub(super) sessions: u32,
    pub(super) requests: u64,
    pid: u32,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            auth: Vec::new(),
            fail2ban: Vec::new(),
            access: Vec::new(),
            errors: Vec::new(),
            bans: Vec::new(),
            jails: Jails::default(),
            facts: Facts::default(),
            sessions: 11,
            requests: 0,
            pid: 1_871,
        }
    }

    /// The next process's id.
    pub(super) fn next_pid(&mut self) -> u32 {
        self.pid += self.random.between(1, 40) as u32;
        self.pid
    }

    /// A client's port.
    pub(super) fn port(&mut self) -> u64 {
        self.random.between(32_768, 60_999)
    }

    /// Writes a line of auth.log; `program` is with its pid.
    pub(super) fn auth(&mut self, at: i64, program: &str, text: &str) -> String {
        let line = format!(
            "{} harbor {program}: {text}",
            Civil::of(at.div_euclid(1_000)).syslog()
        );
        self.auth.push(Entry {
            at,
            text: line.clone(),
        });
        line
    }

    /// Remembers that a log names an address.
    pub(super) fn saw(&mut self, address: &str) {
        if !self.facts.addresses.contains(address) {
            self.facts.addresses.insert(address.to_owned());
        }
    }
}

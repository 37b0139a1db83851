//! fail2ban at work, version 1.0: five failures in ten minutes are a ban of one hour, the next ban
//! of the same address lasts twice as long, up to a day (`bantime.increment`), and a known-bad address needs
//! fewer failures (the observer's `bad`).

use super::world::{DemoBan, Entry, World};
use crate::civil::Civil;
use std::collections::BTreeMap;

/// Failures that make a ban, seconds in which they count, and seconds of a first ban.
const MAX_RETRY: u64 = 5;
const FIND_TIME: i64 = 600;
const BAN_TIME: i64 = 3_600;
/// No ban is longer (`bantime.maxtime`).
const MAX_BAN_TIME: i64 = 86_400;

type JailedAddress = (&'static str, String);

/// What the jails remember.
#[derive(Default)]
pub(super) struct Jails {
    failures: BTreeMap<JailedAddress, Vec<i64>>,
    /// Until when, in milliseconds.
    banned: BTreeMap<JailedAddress, i64>,
    counts: BTreeMap<JailedAddress, u32>,
}

/// How fail2ban names a duration.
fn duration(seconds: i64) -> String {
    let (days, hours) = (seconds / 86_400, seconds % 86_400 / 3_600);
    match (days, hours) {
        (0, hours) => format!("{hours}h"),
        (days, 0) => format!("{days}d"),
        (days, hours) => format!("{days}d {hours}h"),
    }
}

impl World {
    fn fail2ban(&mut self, at: i64, part: &str, level: &str, text: &str) {
        let time = Civil::of(at.div_euclid(1_000)).dashed('-');
        let text = format!(
            "{time},{:03} fail2ban.{part:<15}[914]: {level:<7} {text}",
            at.rem_euclid(1_000)
        );
        self.fail2ban.push(Entry { at, text });
    }

    /// Whether the firewall drops what the address sends.
    pub(super) fn is_banned(&self, address: &str) -> bool {
        ["sshd", "nginx-botsearch"]
            .iter()
            .any(|jail| self.jails.banned.contains_key(&(*jail, address.to_owned())))
    }

    /// The filter saw a failure in a line: found, perhaps banned.
    pub(super) fn found(&mut self, at: i64, jail: &'static str, address: &str, line: &str) {
        let key = (jail, address.to_owned());
        let seen = at + self.random.between(60, 700).cast_signed();
        let date = Civil::of(at.div_euclid(1_000)).dashed('-');
        self.facts.found += 1;
        self.fail2ban(
            seen,
            "filter",
            "INFO",
            &format!("[{jail}] Found {address} - {date}"),
        );
        if self.jails.banned.contains_key(&key) {
            if self.random.percent(50) {
                self.facts.already_banned += 1;
                self.fail2ban(
                    seen + 210,
                    "actions",
                    "NOTICE",
                    &format!("[{jail}] {address} already banned"),
                );
            }
            return;
        }
        let count = self.jails.counts.get(&key).copied().unwrap_or(0);
        let failures = self.jails.failures.entry(key).or_default();
        failures.retain(|failure| at - failure < FIND_TIME * 1_000);
        failures.push(at);
        let mut weight = failures.len() as u64;
        if count > 0 {
            // fail2ban's own: half of two to the power of the bans so far, and one.
            let bad = (1_u64 << count.min(20)) / 2 + 1;
            weight = weight.max(bad).min(MAX_RETRY);
            let ban = if bad >= MAX_RETRY { ", Ban" } else { "" };
            let text = format!("[{jail}] Found {address}, bad - {date}, {count} # -> {bad}.0{ban}");
            self.fail2ban(seen + 2, "observer", "INFO", &text);
        }
        if weight >= MAX_RETRY {
            self.ban(at, seen, jail, address, line);
        }
    }

    fn ban(&mut self, at: i64, seen: i64, jail: &'static str, address: &str, line: &str) {
        let key = (jail, address.to_owned());
        let failures = self
            .jails
            .failures
            .remove(&key)
            .map_or(0, |failures| failures.len());
        let count = self.jails.counts.get(&key).copied().unwrap_or(0) + 1;
        let seconds = (BAN_TIME << (count - 1).min(10)).min(MAX_BAN_TIME);
        let until = at + seconds * 1_000;
        let acted = seen + self.random.between(90, 600).cast_signed();
        self.fail2ban(
            acted,
            "actions",
            "NOTICE",
            &format!("[{jail}] Ban {address}"),
        );
        if count > 1 {
            let (time, end) = (
                duration(seconds),
                Civil::of(until.div_euclid(1_000)).dashed('-'),
            );
            let text = format!("[{jail}] Increase Ban {address} ({count} # {time} -> {end})");
            self.fail2ban(acted + 1, "observer", "NOTICE", &text);
            self.facts.increased_bans += 1;
        }
        self.facts.bans += 1;
        *self.facts.bans_of.entry(address.to_owned()).or_default() += 1;
        self.jails.counts.insert(key.clone(), count);
        self.jails.banned.insert(key, until);
        self.bans.push(DemoBan {
            jail,
            address: address.to_owned(),
            at: at.div_euclid(1_000),
            seconds,
            count,
            failures,
            matches: vec![line.to_owned()],
        });
    }

    /// Lifts the bans that end before `now`.
    pub(super) fn lift(&mut self, now: i64) {
        let over: Vec<(JailedAddress, i64)> = self
            .jails
            .banned
            .iter()
            .filter(|(_, until)| **until <= now)
            .map(|(key, until)| (key.clone(), *until))
            .collect();
        for (key, until) in over {
            self.fail2ban(
                until + 433,
                "actions",
                "NOTICE",
                &format!("[{}] Unban {}", key.0, key.1),
            );
            self.facts.unbans += 1;
            self.jails.banned.remove(&key);
        }
    }

    /// The daemon stops and starts: what is banned is restored.
    pub(super) fn restart_fail2ban(&mut self, at: i64) {
        self.fail2ban(at, "server", "INFO", "Shutdown in progress...");
        self.fail2ban(at + 3, "server", "INFO", "Stopping all jails");
        for jail in ["sshd", "nginx-botsearch"] {
            let text = format!("[{jail}] Flush ticket(s) with iptables-multiport");
            self.fail2ban(at + 200, "actions", "NOTICE", &text);
            self.fail2ban(at + 410, "jail", "INFO", &format!("Jail '{jail}' stopped"));
        }
        self.fail2ban(
            at + 500,
            "database",
            "INFO",
            "Connection to database closed.",
        );
        self.fail2ban(at + 501, "server", "INFO", "Exiting Fail2ban");
        self.start_fail2ban(at + 2_600);
        let active: Vec<JailedAddress> = self.jails.banned.keys().cloned().collect();
        for (step, (jail, address)) in active.into_iter().enumerate() {
            let at = at + 4_000 + step as i64 * 17;
            self.fail2ban(
                at,
                "actions",
                "NOTICE",
                &format!("[{jail}] Restore Ban {address}"),
            );
            self.facts.restored_bans += 1;
        }
    }

    /// The lines of a start.
    pub(super) fn start_fail2ban(&mut self, at: i64) {
        let rule = "-".repeat(50);
        self.fail2ban(at, "server", "INFO", &rule);
        self.fail2ban(at + 1, "server", "INFO", "Starting Fail2ban v1.0.2");
        self.fail2ban(at + 20, "observer", "INFO", "Observer start...");
        let database =
            "Connected to fail2ban persistent database '/var/lib/fail2ban/fail2ban.sqlite3'";
        self.fail2ban(at + 30, "database", "INFO", database);
        for (jail, log) in [
            ("sshd", "/var/log/auth.log"),
            ("nginx-botsearch", "/var/log/nginx/access.log"),
        ] {
            self.fail2ban(
                at + 60,
                "jail",
                "INFO",
                &format!("Creating new jail '{jail}'"),
            );
            self.fail2ban(at + 90, "filter", "INFO", "  maxRetry: 5");
            self.fail2ban(at + 91, "filter", "INFO", "  findtime: 600");
            self.fail2ban(at + 92, "actions", "INFO", "  banTime: 3600");
            self.fail2ban(at + 93, "filter", "INFO", "  encoding: UTF-8");
            self.fail2ban(
                at + 94,
                "filter",
                "INFO",
                &format!("Added logfile: '{log}' (pos = 0, hash = )"),
            );
            self.fail2ban(at + 120, "jail", "INFO", &format!("Jail '{jail}' started"));
        }
    }

    /// logrotate has moved the log away.
    pub(super) fn rotate_fail2ban(&mut self, at: i64) {
        self.fail2ban(
            at,
            "server",
            "INFO",
            "rollover performed on /var/log/fail2ban.log",
        );
    }
}

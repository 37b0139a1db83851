//! Attempts that another log told: a web server's error log repeats requests of its access log, fail2ban's `Found` repeats a
//! line of the log that it watches, and its database and status repeat its log.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::net::IpAddr;

use hashbrown::{DefaultHashBuilder, HashMap, HashSet};
use rapsheet_schema::{Action, Dataset, Event, MICROS_PER_SECOND};

const MINUTE: i64 = 60 * MICROS_PER_SECOND;
/// A ban in the database is stamped with the failure that led to it; the log's line comes this much later at most.
const BAN_DELAY: i64 = 10 * MINUTE;
const BAN_EARLY: i64 = 5 * MICROS_PER_SECOND;
/// A line of fail2ban's looks back so many minutes.
const MINUTES_BEFORE: i64 = 10;
/// Attempts of the last minutes that are remembered before the first line of fail2ban's is met.
const MOST_RECENT: usize = 65_536;

/// What remembers who told what.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Minutes in which a log other than fail2ban's told of an attempt of an address; kept only beside fail2ban's lines.
    minutes: HashSet<(IpAddr, i64)>,
    /// Whether fail2ban's lines are among the sources, as far as is known.
    watched: bool,
    /// Until then: the latest of those minutes. The first line of fail2ban's may stand anywhere in a syslog or a journal, and
    /// a list costs less than a table.
    recent: VecDeque<(IpAddr, i64)>,
    /// Found attempts since the last ban, by jail and address.
    found: HashSet<u64>,
    /// When the log banned an address in a jail.
    bans: HashMap<u64, Vec<i64>>,
    /// Whether a database or a status is among the sources.
    repeated: bool,
    /// Suspicious requests of access logs, by address, minute and path, and by address and minute; kept only beside an error
    /// log.
    requests: HashSet<u64>,
    /// Whether an error log is among the sources.
    logs_errors: bool,
    hasher: DefaultHashBuilder,
}

impl Told {
    pub(crate) fn new(watched: bool, repeated: bool, logs_errors: bool) -> Self {
        Self {
            watched,
            repeated,
            logs_errors,
            ..Self::default()
        }
    }

    /// Lowers the attempts of an event that repeats what was told; returns whether the event itself is a repetition.
    pub(crate) fn settle(&mut self, micros: Option<i64>, event: &mut Event<'_>) -> bool {
        let Some(ip) = event.source_ip else {
            return false;
        };
        let at = micros.unwrap_or(0);
        match event.event_dataset {
            Dataset::Fail2banLog => {
                self.settle_log(ip, at, event);
                false
            }
            Dataset::Fail2banDatabase | Dataset::Fail2banStatus => {
                self.settle_repetition(ip, micros, event)
            }
            dataset => {
                if self.logs_errors && event.attempts > 0 {
                    match dataset {
                        Dataset::ApacheAccess | Dataset::NginxAccess | Dataset::WebAccess => {
                            self.remember_request(ip, at, event);
                        }
                        Dataset::ApacheError | Dataset::NginxError
                            if self.is_told_request(ip, at, event) =>
                        {
                            event.attempts = 0;
                        }
                        _ => {}
                    }
                }
                if event.attempts > 0 {
                    self.remember_minute(ip, at.div_euclid(MINUTE));
                }
                false
            }
        }
    }

    fn remember_minute(&mut self, ip: IpAddr, minute: i64) {
        if self.watched {
            self.minutes.insert((ip, minute));
            return;
        }
        if self.recent.back() == Some(&(ip, minute)) {
            return;
        }
        let is_old = |(_, at): &(IpAddr, i64)| *at < minute - MINUTES_BEFORE;
        while self.recent.len() >= MOST_RECENT || self.recent.front().is_some_and(is_old) {
            self.recent.pop_front();
        }
        self.recent.push_back((ip, minute));
    }

    fn watch(&mut self) {
        if !self.watched {
            self.watched = true;
            self.minutes.extend(std::mem::take(&mut self.recent));
        }
    }

    fn remember_request(&mut self, ip: IpAddr, at: i64, event: &Event<'_>) {
        let minute = at.div_euclid(MINUTE);
        self.requests.insert(self.hasher.hash_one((ip, minute)));
        if let Some(path) = event.url_path() {
            self.requests
                .insert(self.hasher.hash_one((ip, minute, path)));
        }
    }

    /// Whether an access log told of the request that an error is about. Its line is written when the request ends, so it
    /// may bear the next minute.
    fn is_told_request(&self, ip: IpAddr, at: i64, event: &Event<'_>) -> bool {
        let minute = at.div_euclid(MINUTE);
        [0, 1, -1].iter().any(|near| {
            let hash = match event.url_path() {
                Some(path) => self.hasher.hash_one((ip, minute + near, path)),
                None => self.hasher.hash_one((ip, minute + near)),
            };
            self.requests.contains(&hash)
        })
    }

    fn settle_log(&mut self, ip: IpAddr, at: i64, event: &mut Event<'_>) {
        self.watch();
        let key = self.hasher.hash_one((event.fail2ban_jail, ip));
        match event.event_action {
            Action::Found => {
                let minute = at.div_euclid(MINUTE);
                if [0, -1, 1]
                    .iter()
                    .any(|near| self.minutes.contains(&(ip, minute + near)))
                {
                    event.attempts = 0;
                }
                self.found.insert(key);
            }
            Action::Ban => {
                // fail2ban 0.8 writes no `Found`: there the ban is the only line that tells of the attempts.
                let told = self.found.remove(&key)
                    || (0..=MINUTES_BEFORE)
                        .any(|ago| self.minutes.contains(&(ip, at.div_euclid(MINUTE) - ago)));
                event.attempts = u32::from(!told);
                self.remember_ban(key, at);
            }
            Action::RestoreBan | Action::Reban | Action::IncreaseBan | Action::AlreadyBanned => {
                self.remember_ban(key, at);
            }
            _ => {}
        }
    }

    fn remember_ban(&mut self, key: u64, at: i64) {
        if self.repeated {
            self.bans.entry(key).or_default().push(at);
        }
    }

    fn settle_repetition(
        &mut self,
        ip: IpAddr,
        micros: Option<i64>,
        event: &mut Event<'_>,
    ) -> bool {
        let key = self.hasher.hash_one((event.fail2ban_jail, ip));
        let known = self.bans.get(&key);
        let repeated = match micros {
            Some(at) if event.event_dataset == Dataset::Fail2banDatabase => {
                known.is_some_and(|bans| {
                    bans.iter()
                        .any(|ban| (at - BAN_EARLY..=at + BAN_DELAY).contains(ban))
                })
            }
            _ => known.is_some(),
        };
        if !repeated {
            let at = micros.unwrap_or(0);
            let told = (0..=MINUTES_BEFORE)
                .any(|ago| self.minutes.contains(&(ip, at.div_euclid(MINUTE) - ago)));
            event.attempts = u32::from(!told);
            self.remember_ban(key, at);
        }
        repeated
    }
}

//! An echo is a line that tells again of an attempt that another log told: a web server's error log repeats requests of its
//! access log, fail2ban's `Found` repeats a line of the log that it watches, and its database and status repeat its log.
//!
//! fail2ban 0.9 writes `Ban` anew for each ban that it takes out of its database after a start. Nothing was found before it, so it
//! is a ban restored.
//!
//! Where pages need a password (Basic authentication), a server may deny each request before its visitor says who he is, and serve
//! him then: a denial in the error log beside such a request is nobody's attempt.
//!
//! Lines that may be echoes are held back in the merge (`watermark.rs`), so the log that tells first is always read first, and
//! what it told is forgotten after a while.

use std::collections::VecDeque;
use std::net::IpAddr;

use hashbrown::HashSet;
use rapsheet_parse::is_about_bans;
use rapsheet_schema::{
    Action, Category, Dataset, Event, MICROS_PER_SECOND, Outcome, Reason, Telling,
};
use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprints;
use crate::source::{Place, Source};
use crate::watermark::{LAG_SPAN, lateness};
use crate::window::{SavedWindow, Window};

const MINUTE: i64 = 60 * MICROS_PER_SECOND;
/// A ban in the database is stamped with the failure that led to it; the log's line comes this much later at most.
const BAN_DELAY: i64 = 10 * MINUTE;
const BAN_EARLY: i64 = 5 * MICROS_PER_SECOND;
/// A line of fail2ban's looks back so many minutes.
const MINUTES_BEFORE: i64 = 10;
/// Attempts of the last minutes that are remembered before the first line of fail2ban's is met.
const MOST_RECENT: usize = 65_536;

/// What fail2ban bans so long after its start may come out of its database.
const START: i64 = 10 * MINUTE;

/// Beyond this, what was told is forgotten: all that a line looks back, and how far watchers are held back.
const WINDOW: i64 = 2 * LAG_SPAN;

/// Remembers attempts, requests and bans for as long as another log may echo them.
#[derive(Debug)]
pub(crate) struct Echoes {
    /// Minutes in which a log other than fail2ban's told of an attempt of an address; kept only beside fail2ban's lines.
    minutes: Window<(IpAddr, i64), ()>,
    /// Whether fail2ban's lines are among the sources, as far as is known.
    watched: bool,
    /// Until then: the latest of those minutes. The first line of fail2ban's may stand anywhere in a syslog or a journal, and
    /// a list costs less than a table.
    recent: VecDeque<(IpAddr, i64)>,
    /// Found attempts since the last ban, by jail and address.
    found: HashSet<u64>,
    /// Whether fail2ban says what it finds: 0.8 does not.
    finds: bool,
    /// Addresses of which attempts were told; kept only beside what a client printed, which has no times.
    told: Option<HashSet<IpAddr>>,
    /// When the log banned an address in a jail.
    bans: Window<u64, Vec<i64>>,
    /// Which addresses were ever banned, by jail: what a client printed has no times.
    banned: HashSet<u64>,
    /// Whether a database or a status is among the sources.
    repeated: bool,
    /// Suspicious requests of access logs, by address, minute and path, and by address and minute; kept only beside an error
    /// log.
    requests: Window<u64, ()>,
    /// Requests of users that were served, by address and second; kept only beside an error log.
    served: Window<u64, ()>,
    /// Whether an error log is among the sources.
    logs_errors: bool,
    fingerprints: Fingerprints,
}

/// What is remembered of echoes, as it is saved.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedEchoes {
    minutes: SavedWindow<(IpAddr, i64), ()>,
    watched: bool,
    recent: VecDeque<(IpAddr, i64)>,
    found: Vec<u64>,
    finds: bool,
    told: Option<Vec<IpAddr>>,
    bans: SavedWindow<u64, Vec<i64>>,
    banned: Vec<u64>,
    requests: SavedWindow<u64, ()>,
    served: SavedWindow<u64, ()>,
}

impl Echoes {
    /// What it remembers.
    pub(crate) fn save(&self) -> SavedEchoes {
        SavedEchoes {
            minutes: self.minutes.save(),
            watched: self.watched,
            recent: self.recent.clone(),
            found: self.found.iter().copied().collect(),
            finds: self.finds,
            told: self
                .told
                .as_ref()
                .map(|told| told.iter().copied().collect()),
            bans: self.bans.save(),
            banned: self.banned.iter().copied().collect(),
            requests: self.requests.save(),
            served: self.served.save(),
        }
    }

    /// Makes it remember what was saved.
    pub(crate) fn restore(&mut self, saved: SavedEchoes) {
        self.minutes.restore(saved.minutes);
        self.watched |= saved.watched;
        self.recent = saved.recent;
        self.found = saved.found.into_iter().collect();
        self.finds = saved.finds;
        if let (Some(told), Some(saved)) = (&mut self.told, saved.told) {
            told.extend(saved);
        }
        self.bans.restore(saved.bans);
        self.banned = saved.banned.into_iter().collect();
        self.requests.restore(saved.requests);
        self.served.restore(saved.served);
        if self.watched {
            self.watched = false;
            self.watch();
        }
    }

    /// Makes the memory of a run over these sources.
    pub(crate) fn new(sources: &[Source], fingerprints: Fingerprints) -> Self {
        let telling = |wanted| sources.iter().any(|source| source.telling() == wanted);
        let repeated = telling(Telling::WatcherState);
        // A syslog or a journal may hold fail2ban's lines beside sshd's. Those of one source alone are met in time; a
        // journal that cannot be looked into may hold what repeats another source.
        let watched = repeated
            || sources.iter().any(|source| {
                let is_journal = source.place == Place::Journal;
                source.probe.fail2ban || source.may_be_mixed() && (!is_journal || sources.len() > 1)
            });
        let length = WINDOW + lateness(sources);
        Self {
            minutes: Window::new(length),
            watched,
            recent: VecDeque::new(),
            found: HashSet::default(),
            finds: false,
            told: sources
                .iter()
                .any(|source| source.probe.dataset == Some(Dataset::Fail2banStatus))
                .then(HashSet::default),
            bans: Window::new(length),
            banned: HashSet::default(),
            repeated,
            requests: Window::new(length),
            served: Window::new(length),
            logs_errors: telling(Telling::Errors),
            fingerprints,
        }
    }

    /// Lowers the attempts of an event that repeats what was told; returns whether the event itself is a repetition. `start` is when
    /// the fail2ban that writes there was started, as far as its log tells.
    pub(crate) fn settle(
        &mut self,
        micros: Option<i64>,
        watermark: i64,
        start: Option<i64>,
        event: &mut Event<'_>,
    ) -> bool {
        let Some(ip) = event.source_ip else {
            return false;
        };
        let at = micros.unwrap_or(0);
        let dataset = event.event_dataset.descriptor();
        match dataset.telling {
            Telling::Watcher => {
                self.advance(watermark);
                let is_new = start.is_some_and(|start| (start..start + START).contains(&at));
                self.settle_log(ip, at, is_new, event);
                return false;
            }
            Telling::WatcherState => {
                self.advance(watermark);
                return self.settle_repetition(ip, micros, event);
            }
            Telling::First if event.attempts == 0 => {
                if self.logs_errors && event.user_name.is_some() && is_served(event) {
                    self.served.advance(watermark);
                    let second = at.div_euclid(MICROS_PER_SECOND);
                    self.served.entry(self.fingerprints.of((ip, second)));
                }
                return false;
            }
            Telling::Errors if event.attempts == 0 => return false,
            Telling::First => {
                if self.logs_errors && dataset.event_category == Category::Web {
                    self.requests.advance(watermark);
                    self.remember_request(ip, at, event);
                }
            }
            Telling::Errors => {
                if event.reason == Some(Reason::HttpForbidden) && self.is_of_served(ip, at) {
                    (event.suspicious, event.reason, event.attempts) = (false, None, 0);
                    return false;
                }
                if self.logs_errors && self.is_told_request(ip, at, event) {
                    event.attempts = 0;
                    return false;
                }
            }
        }
        self.minutes.advance(watermark);
        if let Some(told) = &mut self.told {
            told.insert(ip);
        }
        self.remember_minute(ip, at.div_euclid(MINUTE));
        false
    }

    fn advance(&mut self, watermark: i64) {
        self.minutes.advance(watermark);
        self.bans.advance(watermark);
    }

    /// How many things are remembered that time makes forgotten.
    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.minutes.len() + self.recent.len() + self.bans.len() + self.requests.len()
    }

    fn remember_minute(&mut self, ip: IpAddr, minute: i64) {
        if self.watched {
            self.minutes.entry((ip, minute));
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
            for told in std::mem::take(&mut self.recent) {
                self.minutes.entry(told);
            }
        }
    }

    fn remember_request(&mut self, ip: IpAddr, at: i64, event: &Event<'_>) {
        let minute = at.div_euclid(MINUTE);
        self.requests.entry(self.fingerprints.of((ip, minute)));
        if let Some(path) = event.url_path() {
            self.requests
                .entry(self.fingerprints.of((ip, minute, path)));
        }
    }

    /// Whether an access log told of the request that an error is about. Its line is written when the request ends, so it
    /// may bear the next minute.
    fn is_told_request(&self, ip: IpAddr, at: i64, event: &Event<'_>) -> bool {
        let minute = at.div_euclid(MINUTE);
        [0, 1, -1].iter().any(|near| {
            let hash = match event.url_path() {
                Some(path) => self.fingerprints.of((ip, minute + near, path)),
                None => self.fingerprints.of((ip, minute + near)),
            };
            self.requests.contains(&hash)
        })
    }

    /// Whether a user of this address was served in the second of a denial, or the one beside it.
    fn is_of_served(&self, ip: IpAddr, at: i64) -> bool {
        let second = at.div_euclid(MICROS_PER_SECOND);
        [0, 1, -1].iter().any(|near| {
            let key = self.fingerprints.of((ip, second + near));
            self.served.contains(&key)
        })
    }

    fn settle_log(&mut self, ip: IpAddr, at: i64, is_new: bool, event: &mut Event<'_>) {
        self.watch();
        let is_about_bans = event.fail2ban_jail.is_some_and(is_about_bans);
        let key = self.fingerprints.of((event.fail2ban_jail, ip));
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
                self.finds = true;
                if let Some(told) = &mut self.told {
                    told.insert(ip);
                }
            }
            Action::Ban if is_new && self.finds && !self.found.contains(&key) => {
                event.event_action = Action::RestoreBan;
                self.remember_ban(key, at);
            }
            Action::Ban => {
                // fail2ban 0.8 writes no `Found`: there the ban is the only line that tells of the attempts.
                let told = self.found.remove(&key)
                    || (0..=MINUTES_BEFORE)
                        .any(|ago| self.minutes.contains(&(ip, at.div_euclid(MINUTE) - ago)));
                event.attempts = u32::from(!told && !is_about_bans);
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
            self.bans.entry(key).push(at);
            self.banned.insert(key);
        }
    }

    fn settle_repetition(
        &mut self,
        ip: IpAddr,
        micros: Option<i64>,
        event: &mut Event<'_>,
    ) -> bool {
        let key = self.fingerprints.of((event.fail2ban_jail, ip));
        let repeated = match micros {
            Some(at) if event.event_dataset == Dataset::Fail2banDatabase => {
                self.bans.get(&key).is_some_and(|bans| {
                    bans.iter()
                        .any(|ban| (at - BAN_EARLY..=at + BAN_DELAY).contains(ban))
                })
            }
            _ => self.banned.contains(&key),
        };
        if !repeated {
            let at = micros.unwrap_or(0);
            let told = event.fail2ban_jail.is_some_and(is_about_bans)
                || self.told.as_ref().is_some_and(|told| told.contains(&ip))
                || (0..=MINUTES_BEFORE)
                    .any(|ago| self.minutes.contains(&(ip, at.div_euclid(MINUTE) - ago)));
            event.attempts = u32::from(!told);
            self.remember_ban(key, at);
        }
        repeated
    }
}

/// Whether a request got what it asked for.
fn is_served(event: &Event<'_>) -> bool {
    event.event_action == Action::Request && event.event_outcome == Outcome::Success
}

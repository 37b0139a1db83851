//! What one address tried, by user, server and day; and what of it counts for a login.

use rapsheet_schema::MICROS_PER_SECOND;
use serde::{Deserialize, Serialize};

use super::LoginPast;

/// Failures count so many days before a login.
pub(super) const DAYS: u16 = 31;
/// So many of the latest counts of an address are looked through for one that an event adds to.
const RECENT: usize = 4;
/// Lists up to this length are not looked through for counts that can be put together.
pub(super) const SHORT: usize = 16;
pub(super) const DAY_MICROS: i64 = 86_400 * MICROS_PER_SECOND;

/// A login on the server followed.
pub(super) const CLOSED: u8 = 1;
/// A login of the same user followed, on the same server.
pub(super) const DONE: u8 = 2;
/// A login on any server followed.
pub(super) const SEEN: u8 = 4;
pub(super) const FORGIVEN: u8 = 8;
pub(super) const WANTED: u8 = 16;
/// These are no failures, but logins.
pub(super) const LOGINS: u8 = 32;
/// They are of a web server: these tell nothing of logins elsewhere, and others nothing of logins there.
pub(super) const WEB: u8 = 64;

/// Failures (or logins) of one user on one server on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Tries {
    /// A fingerprint; 0 where no user is named.
    pub(super) user: u32,
    /// A fingerprint; 0 where no server is named.
    pub(super) host: u32,
    pub(super) day: u16,
    pub(super) marks: u8,
    pub(super) count: u32,
}

impl Tries {
    pub(super) const fn is(&self, mark: u8) -> bool {
        self.marks & mark != 0
    }

    /// Whether they count against the network, for a login of a web server or of another daemon.
    pub(super) const fn is_hostile(&self, from: u16, is_web: bool) -> bool {
        self.day >= from && !self.is(FORGIVEN | LOGINS) && self.is(WEB) == is_web
    }

    const fn is_like(&self, other: &Self) -> bool {
        self.user == other.user
            && self.host == other.host
            && self.day == other.day
            && self.marks == other.marks
    }
}

/// What an address did so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(super) logins: u32,
    pub(super) network: u32,
    pub(super) tries: Vec<Tries>,
    /// How long the list was when like counts were put together last.
    pub(super) compacted: u32,
    /// The last day on which something failed.
    pub(super) last_day: u16,
    /// The first failure since the last login.
    pub(super) first_failure: Option<i64>,
    /// Failures of the wanted time that were mistyped.
    pub(super) mistyped: u32,
    /// The number of its latest login.
    pub(super) last_login: u32,
}

/// A failure or a login, as it is counted.
#[derive(Clone, Copy)]
pub(super) struct Noting {
    pub(super) is_web: bool,
    pub(super) micros: Option<i64>,
    pub(super) user: u32,
    pub(super) host: u32,
    pub(super) day: u16,
}

impl Noting {
    pub(super) const fn web(self) -> u8 {
        if self.is_web { WEB } else { 0 }
    }
}

/// Whether two servers may be the same: one that isn't named may be any.
pub(super) const fn is_same(host: u32, other: u32) -> bool {
    host == other || host == 0 || other == 0
}

pub(super) fn day_of(micros: i64) -> u16 {
    u16::try_from(micros.div_euclid(DAY_MICROS).max(0)).unwrap_or(u16::MAX)
}

impl Address {
    /// Adds a count to one of the latest that is like it, or as a new one.
    pub(super) fn add(&mut self, tries: Tries, latest_day: u16) {
        let recent = self.tries.iter_mut().rev().take(RECENT);
        if let Some(like) = recent.into_iter().find(|known| known.is_like(&tries)) {
            like.count = like.count.saturating_add(tries.count);
            return;
        }
        if self.tries.len() >= SHORT.max(2 * self.compacted as usize) {
            self.compact(latest_day);
        }
        self.tries.push(tries);
    }

    /// Puts like counts together, and drops those that no login can come after any more.
    fn compact(&mut self, latest_day: u16) {
        let from = latest_day.saturating_sub(DAYS);
        self.tries
            .retain(|tries| tries.is(LOGINS) || tries.day >= from);
        self.tries.sort_unstable();
        self.tries.dedup_by(|next, kept| {
            let is_like = kept.is_like(next);
            if is_like {
                kept.count = kept.count.saturating_add(next.count);
            }
            is_like
        });
        self.compacted = u32::try_from(self.tries.len()).unwrap_or(u32::MAX);
    }

    /// What the address itself did before a login.
    pub(super) fn before(&self, noting: Noting, from: u16) -> LoginPast {
        let mut past = LoginPast {
            logins: self.logins,
            ..LoginPast::default()
        };
        let mut users = Vec::new();
        let mut first_day = u16::MAX;
        let add = |sum: &mut u32, count: u32| *sum = sum.saturating_add(count);
        for tries in &self.tries {
            let is_own = tries.user == noting.user && noting.user != 0;
            if tries.is(WEB) != noting.is_web {
                continue;
            }
            if tries.is(LOGINS) {
                if is_own {
                    add(&mut past.user_logins, tries.count);
                }
                continue;
            }
            if tries.day < from {
                continue;
            }
            if is_same(tries.host, noting.host) {
                if is_own && !tries.is(DONE) {
                    add(&mut past.user_failures, tries.count);
                } else if is_own || tries.is(CLOSED) {
                    continue;
                }
                add(&mut past.failures, tries.count);
                users.push(tries.user);
                first_day = first_day.min(tries.day);
            } else if !tries.is(SEEN) {
                add(&mut past.failures_elsewhere, tries.count);
            }
        }
        users.sort_unstable();
        users.dedup();
        let users = users.iter().filter(|user| **user != 0);
        past.user_names = u32::try_from(users.count()).unwrap_or(u32::MAX);
        if past.failures > 0 {
            let from_day = i64::from(first_day) * DAY_MICROS;
            let first = self
                .first_failure
                .filter(|first| day_of(*first) >= first_day);
            past.first_failure = first.or_else(|| (first_day > 0).then_some(from_day));
        }
        past
    }

    /// Marks what came before a login, and counts the login.
    pub(super) fn close(&mut self, noting: Noting, from: u16, mistyped: bool) {
        let mut forgiven = 0;
        for tries in &mut self.tries {
            if tries.is(LOGINS) || tries.is(WEB) != noting.is_web {
                continue;
            }
            tries.marks |= SEEN;
            if !is_same(tries.host, noting.host) {
                continue;
            }
            let is_own = tries.user == noting.user && !tries.is(DONE);
            if is_own && mistyped && tries.day >= from {
                forgiven += if tries.is(WANTED) { tries.count } else { 0 };
                tries.marks |= FORGIVEN;
            }
            tries.marks |= if is_own { CLOSED | DONE } else { CLOSED };
        }
        self.mistyped = self.mistyped.saturating_add(forgiven);
        self.first_failure = None;
        let marks = LOGINS | noting.web();
        let is_login = |tries: &&mut Tries| tries.marks == marks && tries.user == noting.user;
        match self.tries.iter_mut().find(is_login) {
            Some(logins) => logins.count = logins.count.saturating_add(1),
            None => self.tries.push(Tries {
                user: noting.user,
                host: 0,
                day: 0,
                marks,
                count: 1,
            }),
        }
    }
}

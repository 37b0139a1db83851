//! When somebody logged in, for the lines that tell of the login again: of its session, which a process of its own may open.

use rapsheet_schema::{Event, MICROS_PER_SECOND};

use super::Now;
use crate::fingerprint::Fingerprints;
use crate::window::{SavedWindow, Window};

/// A connection that opens its first session this much later is one whose login was told.
const LONGEST_CONNECTION: i64 = 3_600 * MICROS_PER_SECOND;
/// PAM's words about a session, which name no address, come this much later at most; and so much, whoever logged in.
const SESSION_OF_USER: i64 = 120 * MICROS_PER_SECOND;
const SESSION_OF_ANYBODY: i64 = 5 * MICROS_PER_SECOND;

/// The logins of the last hour, by connection, by host and user, and by host.
#[derive(Debug)]
pub(super) struct Logins {
    last: Window<u64, i64>,
    fingerprints: Fingerprints,
}

pub(super) type SavedLogins = SavedWindow<u64, i64>;

impl Logins {
    pub(super) fn new(fingerprints: Fingerprints) -> Self {
        Self {
            last: Window::new(LONGEST_CONNECTION),
            fingerprints,
        }
    }

    pub(super) fn save(&self) -> SavedLogins {
        self.last.save()
    }

    pub(super) fn restore(&mut self, saved: SavedLogins) {
        self.last.restore(saved);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.last.len()
    }

    fn connection(&self, host: u64, event: &Event<'_>) -> Option<u64> {
        let connection = (event.source_ip?, event.source_port?);
        Some(self.fingerprints.of((host, connection)))
    }

    fn user(&self, host: u64, event: &Event<'_>) -> u64 {
        let user = self.fingerprints.of_user(event.user_name);
        self.fingerprints.of((host, user))
    }

    /// Notes a login.
    pub(super) fn note(&mut self, host: u64, now: Now, event: &Event<'_>) {
        self.last.advance(now.watermark);
        let (connection, user) = (self.connection(host, event), self.user(host, event));
        for key in connection.into_iter().chain([user, host]) {
            *self.last.entry(key) = now.micros;
        }
    }

    /// Whether the login was told whose session is opened.
    pub(super) fn is_told(&mut self, host: u64, now: Now, event: &Event<'_>) -> bool {
        self.last.advance(now.watermark);
        if event.source_ip.is_some() || event.source_domain.is_some() {
            let connection = self.connection(host, event);
            return connection.is_some_and(|connection| self.last.contains(&connection));
        }
        let within = |key, longest| {
            let last = self.last.get(&key);
            last.is_some_and(|last| (0..=longest).contains(&(now.micros - last)))
        };
        within(self.user(host, event), SESSION_OF_USER) || within(host, SESSION_OF_ANYBODY)
    }
}

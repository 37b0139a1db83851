//! Neighbours are processes of one connection: PAM's conversation may run in a process of its own. Such a process says no more than
//! that a module failed; what sshd made of it stands in its neighbour's line, a moment later.

use std::net::IpAddr;

use rapsheet_schema::{Event, MICROS_PER_SECOND, Teller};
use serde::{Deserialize, Serialize};

use super::Now;
use crate::waiting::Wait;
use crate::window::{SavedWindow, Window};

/// The line of PAM's process is this close to sshd's.
const NEAR_MICROS: i64 = 5 * MICROS_PER_SECOND;
/// PAM's lines wait for two minutes at most.
const WINDOW: i64 = 300 * MICROS_PER_SECOND;
/// Words that are remembered of one address.
const MOST_WORDS: usize = 64;

/// What a daemon said of an attempt for which its own process had not asked PAM.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Word {
    micros: i64,
    /// How many failures that are no line's of PAM yet.
    failures: u32,
    /// The user who logged in; 0 where it was a failure.
    accepted: u64,
}

/// By host, dataset and address.
type Key = (u64, u8, IpAddr);

/// What daemons said of addresses a moment ago.
#[derive(Debug)]
pub(super) struct Neighbours {
    words: Window<Key, Vec<Word>>,
}

pub(super) type SavedNeighbours = SavedWindow<Key, Vec<Word>>;

impl Default for Neighbours {
    fn default() -> Self {
        Self {
            words: Window::new(WINDOW),
        }
    }
}

impl Neighbours {
    pub(super) fn save(&self) -> SavedNeighbours {
        self.words.save()
    }

    pub(super) fn restore(&mut self, saved: SavedNeighbours) {
        self.words.restore(saved);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// Notes the word of a daemon whose process asked no PAM.
    pub(super) fn note(
        &mut self,
        host: u64,
        now: Now,
        attempts: u32,
        user: u64,
        event: &Event<'_>,
    ) {
        let is_login = event.is_login();
        let is_failure = matches!(event.teller, Teller::Failed | Teller::SshdPam) && attempts > 0;
        let Some(ip) = event.source_ip.filter(|_| is_login || is_failure) else {
            return;
        };
        self.words.advance(now.watermark);
        let words = self.words.entry((host, event.event_dataset as u8, ip));
        if words.len() == MOST_WORDS {
            words.remove(0);
        }
        words.push(Word {
            micros: now.micros,
            failures: if is_login { 0 } else { attempts },
            accepted: if is_login { user } else { 0 },
        });
    }

    /// Takes off a PAM line's attempts what a neighbour told; a login of its user makes it no failure.
    pub(super) fn settle(&mut self, wait: &mut Wait) {
        let Some(words) = wait
            .source_ip
            .and_then(|ip| self.words.get_mut(&(wait.session.0, wait.dataset, ip)))
        else {
            return;
        };
        let is_near = |word: &&mut Word| (word.micros - wait.micros).abs() <= NEAR_MICROS;
        let had = wait.attempts;
        for word in words.iter_mut().filter(is_near) {
            let taken = word.failures.min(wait.attempts);
            word.failures -= taken;
            wait.attempts -= taken;
        }
        wait.is_cancelled = wait.attempts == had
            && wait.user != 0
            && words.iter().any(|word| {
                word.accepted == wait.user && (word.micros - wait.micros).abs() <= NEAR_MICROS
            });
    }
}

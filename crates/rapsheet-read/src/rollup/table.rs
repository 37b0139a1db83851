//! One declared roll-up in memory: rows of 32-bit words, keys first, found by a hash of the keys.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use rapsheet_schema::{Action, Dataset, Event, Key, Measure, Outcome, Reason, RollUp};

use crate::intern::TextId;

/// Rows in one block.
pub(super) const BLOCK_ROWS: usize = 16_384;
/// Rows of roll-ups by time that events are still added to. Logs go on from hour to hour, so old rows are seldom met again:
/// they may begin anew, and the index stays in the processor's cache.
const MOST_OPEN_ROWS: usize = 57_000;
/// The most words that a roll-up's keys may have.
const MOST_KEYS: usize = 4;

/// Dataset, action, outcome and reason in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind(pub(super) u32);

const NO_REASON: u8 = u8::MAX;

impl Kind {
    pub(super) fn of(event: &Event<'_>) -> Self {
        let reason = event.reason.filter(|_| !event.is_repetition());
        Self(u32::from_le_bytes([
            event.event_dataset as u8,
            event.event_action as u8,
            event.event_outcome as u8 | u8::from(event.suspicious) << 7,
            reason.map_or(NO_REASON, |reason| reason as u8),
        ]))
    }

    pub(super) fn dataset(self) -> Dataset {
        Dataset::ALL[usize::from(self.0.to_le_bytes()[0])]
    }

    pub(super) fn action(self) -> Action {
        Action::ALL[usize::from(self.0.to_le_bytes()[1])]
    }

    pub(super) fn outcome(self) -> Outcome {
        Outcome::ALL[usize::from(self.0.to_le_bytes()[2] & 0x7f)]
    }

    pub(super) const fn is_suspicious(self) -> bool {
        self.0.to_le_bytes()[2] >> 7 == 1
    }

    pub(super) fn reason(self) -> Option<Reason> {
        Reason::ALL
            .get(usize::from(self.0.to_le_bytes()[3]))
            .copied()
    }

    /// The word of the reason alone.
    pub(super) const fn reason_word(self) -> u32 {
        self.0 >> 24
    }

    /// The word of the action alone.
    pub(super) const fn action_word(self) -> u32 {
        self.0 >> 8 & 0xff
    }

    /// The word of the dataset alone.
    pub(super) const fn dataset_word(self) -> u32 {
        self.0 & 0xff
    }
}

/// An event as roll-ups see it: ids for names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fact {
    pub(super) address: u32,
    pub(super) host: TextId,
    pub(super) user: TextId,
    pub(super) path: TextId,
    pub(super) jail: TextId,
    pub(super) kind: Kind,
    pub(super) hour: u32,
    pub(super) micros: Option<i64>,
    pub(super) logins_before: u32,
    pub(super) attempts: u32,
    pub(super) is_login: bool,
    pub(super) is_ban: bool,
    pub(super) failures: u32,
    pub(super) user_exists: Option<bool>,
}

impl Fact {
    const fn key(&self, key: Key) -> u32 {
        match key {
            Key::Address => self.address,
            Key::Host => self.host,
            Key::Kind => self.kind.0,
            Key::Dataset => self.kind.dataset_word(),
            Key::Action => self.kind.action_word(),
            Key::Reason => self.kind.reason_word(),
            Key::Hour => self.hour,
            Key::User => self.user,
            Key::LoginsBefore => self.logins_before,
            Key::Path => self.path,
            Key::Jail => self.jail,
        }
    }
}

/// The time of a row that has none: no first, no last.
pub(super) const NO_FIRST: i64 = i64::MAX;
pub(super) const NO_LAST: i64 = i64::MIN;
/// `user_exists` of a row: nothing tells, no, yes. The largest wins.
pub(super) const EXISTS_UNKNOWN: u32 = 0;
pub(super) const EXISTS_NOT: u32 = 1;
pub(super) const EXISTS: u32 = 2;

/// How many words a measure takes in a row.
pub(super) const fn words_of(measure: Measure) -> usize {
    match measure {
        Measure::FirstSeen | Measure::LastSeen | Measure::FirstFailure => 2,
        Measure::Events
        | Measure::Attempts
        | Measure::Successes
        | Measure::Bans
        | Measure::Failures
        | Measure::Answered
        | Measure::UserExists => 1,
    }
}

pub(super) fn read_time(words: &[u32]) -> i64 {
    (u64::from(words[0]) | u64::from(words[1]) << 32).cast_signed()
}

fn write_time(words: &mut [u32], at: i64) {
    let at = at.cast_unsigned();
    words[0] = (at & u64::from(u32::MAX)) as u32;
    words[1] = (at >> 32) as u32;
}

/// Writes what a row without events counts.
fn begin(measure: Measure, words: &mut [u32]) {
    match measure {
        Measure::FirstSeen | Measure::FirstFailure => write_time(words, NO_FIRST),
        Measure::LastSeen => write_time(words, NO_LAST),
        Measure::Events
        | Measure::Attempts
        | Measure::Successes
        | Measure::Bans
        | Measure::Failures
        | Measure::Answered => words[0] = 0,
        Measure::UserExists => words[0] = EXISTS_UNKNOWN,
    }
}

/// Adds an event to what a row counts.
fn count(measure: Measure, words: &mut [u32], fact: &Fact) {
    let add = |word: &mut u32, more: u32| *word = word.saturating_add(more);
    match measure {
        Measure::Events => add(&mut words[0], 1),
        Measure::Attempts => add(&mut words[0], fact.attempts),
        Measure::Successes => add(&mut words[0], u32::from(fact.is_login)),
        Measure::Bans => add(&mut words[0], u32::from(fact.is_ban)),
        Measure::Failures => add(&mut words[0], fact.failures),
        Measure::Answered => {
            let answered = fact.kind.outcome() == Outcome::Success;
            add(&mut words[0], u32::from(answered));
        }
        Measure::FirstSeen => {
            if let Some(at) = fact.micros
                && at < read_time(words)
            {
                write_time(words, at);
            }
        }
        Measure::LastSeen => {
            if let Some(at) = fact.micros
                && at > read_time(words)
            {
                write_time(words, at);
            }
        }
        Measure::FirstFailure => {
            if fact.failures > 0
                && let Some(at) = fact.micros
                && at < read_time(words)
            {
                write_time(words, at);
            }
        }
        Measure::UserExists => {
            let exists = match fact.user_exists {
                None => EXISTS_UNKNOWN,
                Some(false) => EXISTS_NOT,
                Some(true) => EXISTS,
            };
            words[0] = words[0].max(exists);
        }
    }
}

/// The rows of one roll-up.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) roll_up: &'static RollUp,
    /// Words in a row.
    pub(super) stride: usize,
    pub(super) blocks: Vec<Vec<u32>>,
    rows: usize,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// The row of the event before: the lines of one connection stand together.
    last: Option<u32>,
}

impl Table {
    pub(super) fn new(roll_up: &'static RollUp) -> Self {
        let measures: usize = roll_up.measures.iter().copied().map(words_of).sum();
        Self {
            roll_up,
            stride: roll_up.keys.len() + measures,
            blocks: Vec::new(),
            rows: 0,
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            last: None,
        }
    }

    pub(super) fn add(&mut self, fact: &Fact) {
        let keys = self.roll_up.keys;
        let mut key = [0_u32; MOST_KEYS];
        for (word, part) in key.iter_mut().zip(keys) {
            *word = fact.key(*part);
        }
        let key = &key[..keys.len()];
        let row = match self.last {
            Some(last) if row_of(&self.blocks, self.stride, last)[..key.len()] == *key => last,
            _ => self.find_or_begin(key),
        };
        self.last = Some(row);
        let words = row_of_mut(&mut self.blocks, self.stride, row);
        let mut at = key.len();
        for measure in self.roll_up.measures {
            let width = words_of(*measure);
            count(*measure, &mut words[at..at + width], fact);
            at += width;
        }
    }

    fn find_or_begin(&mut self, key: &[u32]) -> u32 {
        let hash = self.hasher.hash_one(key);
        let (blocks, stride) = (&self.blocks, self.stride);
        let is_same = |row: &u32| row_of(blocks, stride, *row)[..key.len()] == *key;
        if let Some(row) = self.index.find(hash, is_same) {
            return *row;
        }
        if self.roll_up.passes && self.index.len() >= MOST_OPEN_ROWS {
            self.index.clear();
        }
        let row = self.begin_row(key);
        let (blocks, stride, hasher) = (&self.blocks, self.stride, &self.hasher);
        self.index.insert_unique(hash, row, |row| {
            hasher.hash_one(&row_of(blocks, stride, *row)[..key.len()])
        });
        row
    }

    fn begin_row(&mut self, key: &[u32]) -> u32 {
        if self.rows.is_multiple_of(BLOCK_ROWS) {
            // The first block of a small log stays small.
            let room = if self.rows == 0 { 64 } else { BLOCK_ROWS };
            self.blocks.push(Vec::with_capacity(room * self.stride));
        }
        if let Some(block) = self.blocks.last_mut() {
            let start = block.len();
            block.extend_from_slice(key);
            block.resize(start + self.stride, 0);
            let mut at = start + key.len();
            for measure in self.roll_up.measures {
                let width = words_of(*measure);
                begin(*measure, &mut block[at..at + width]);
                at += width;
            }
        }
        self.rows += 1;
        u32::try_from(self.rows - 1).unwrap_or(u32::MAX)
    }
}

fn row_of(blocks: &[Vec<u32>], stride: usize, row: u32) -> &[u32] {
    let (block, at) = (row as usize / BLOCK_ROWS, row as usize % BLOCK_ROWS);
    &blocks[block][at * stride..(at + 1) * stride]
}

fn row_of_mut(blocks: &mut [Vec<u32>], stride: usize, row: u32) -> &mut [u32] {
    let (block, at) = (row as usize / BLOCK_ROWS, row as usize % BLOCK_ROWS);
    &mut blocks[block][at * stride..(at + 1) * stride]
}

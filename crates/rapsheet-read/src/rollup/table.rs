//! One declared roll-up in memory: rows of 32-bit words, keys first, found by a hash of the keys.

use std::collections::BTreeSet;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use rapsheet_schema::{Action, Dataset, Event, Key, Measure, Outcome, Reason, RollUp};

use super::spill::{SpillFile, SpilledBlock};
use crate::intern::TextId;

/// Rows in one block.
pub(super) const BLOCK_ROWS: usize = 16_384;
/// Rows of roll-ups by time that events are still added to. Logs go on from hour to hour, so old rows are seldom met again:
/// they may begin anew, and the index stays in the processor's cache.
const MOST_OPEN_ROWS: usize = 57_000;
/// The most words that a roll-up's keys may have.
const MOST_KEYS: usize = 4;

/// Dataset, action, outcome and reason in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
    /// 0 where facets are not wanted.
    pub(super) facet: u32,
    pub(super) hour: u32,
    pub(super) micros: Option<i64>,
    pub(super) attempts: u32,
    pub(super) is_login: bool,
    pub(super) is_ban: bool,
    pub(super) failed_logins: u32,
    pub(super) user_exists: Option<bool>,
    /// The status of a web server's answer, and why it was asked for ([`answer_word`]).
    pub(super) answer: u32,
    /// One more than the size of the answer; 0 is unknown.
    pub(super) answer_bytes: u32,
    /// The size of the answer, whole.
    pub(super) bytes: u64,
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
            Key::Path => self.path,
            Key::Jail => self.jail,
            Key::Facet => self.facet,
            Key::Answer => self.answer,
            Key::AnswerBytes => self.answer_bytes,
        }
    }
}

/// Why a request is suspicious, and the status of its answer, in one word.
pub(super) fn answer_word(reason: Option<Reason>, status: u16) -> u32 {
    let reason = reason.map_or(NO_REASON, |reason| reason as u8);
    u32::from(reason) << 16 | u32::from(status)
}

/// The two halves of [`answer_word`].
pub(super) fn read_answer(word: u32) -> (Option<Reason>, u32) {
    let reason = Reason::ALL.get((word >> 16) as usize).copied();
    (reason, word & 0xffff)
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
        Measure::FirstSeen | Measure::LastSeen | Measure::Bytes => 2,
        Measure::Events
        | Measure::Attempts
        | Measure::FailedLogins
        | Measure::Successes
        | Measure::Bans
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
        Measure::FirstSeen => write_time(words, NO_FIRST),
        Measure::LastSeen => write_time(words, NO_LAST),
        Measure::Bytes => write_time(words, 0),
        Measure::Events
        | Measure::Attempts
        | Measure::FailedLogins
        | Measure::Successes
        | Measure::Bans
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
        Measure::FailedLogins => add(&mut words[0], fact.failed_logins),
        Measure::Successes => add(&mut words[0], u32::from(fact.is_login)),
        Measure::Bans => add(&mut words[0], u32::from(fact.is_ban)),
        Measure::Answered => {
            let answered = fact.kind.outcome() == Outcome::Success;
            add(&mut words[0], u32::from(answered));
        }
        Measure::Bytes => {
            let more = i64::try_from(fact.bytes).unwrap_or(i64::MAX);
            let bytes = read_time(words).saturating_add(more);
            write_time(words, bytes);
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

/// The words of a row that holds nothing yet, behind its keys; and where each measure begins.
#[derive(Debug)]
struct Layout {
    keys: usize,
    /// Each measure with its first word.
    measures: Vec<(Measure, usize)>,
    /// What a row without events holds.
    empty: Vec<u32>,
    /// Which key is the hour.
    hour: Option<usize>,
}

impl Layout {
    fn new(roll_up: &RollUp) -> Self {
        let keys = roll_up.keys.len();
        let mut empty = vec![0; keys];
        let measures = roll_up.measures.iter().map(|measure| {
            let at = empty.len();
            empty.resize(at + words_of(*measure), 0);
            begin(*measure, &mut empty[at..]);
            (*measure, at)
        });
        let measures = measures.collect();
        Self {
            keys,
            measures,
            empty,
            hour: roll_up.keys.iter().position(|key| *key == Key::Hour),
        }
    }
}

/// The place of a row in the index: part of its keys' hash, so that most rows are not looked at when the index grows or
/// another row is looked for; and its number.
#[derive(Clone, Copy, Debug)]
struct IndexEntry {
    hash: u32,
    row: u32,
}

/// Keys of a row, filled up with zeros.
type KeyWords = [u32; MOST_KEYS];

/// The rows of one roll-up.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) roll_up: &'static RollUp,
    /// Words in a row.
    pub(super) stride: usize,
    pub(super) blocks: Vec<Vec<u32>>,
    /// Rows that found no room in memory. The same keys may stand in several of these, and in memory too.
    pub(super) spilled: Vec<SpilledBlock>,
    /// The hours that rows are of, where the hour is a key.
    pub(super) hours: BTreeSet<u32>,
    layout: Layout,
    rows: usize,
    index: HashTable<IndexEntry>,
    hasher: DefaultHashBuilder,
    /// The keys and the row of the event before: the lines of one connection stand together.
    last: Option<(KeyWords, u32)>,
}

impl Table {
    pub(super) fn new(roll_up: &'static RollUp) -> Self {
        let layout = Layout::new(roll_up);
        Self {
            roll_up,
            stride: layout.empty.len(),
            blocks: Vec::new(),
            spilled: Vec::new(),
            hours: BTreeSet::new(),
            layout,
            rows: 0,
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            last: None,
        }
    }

    pub(super) fn add(&mut self, fact: &Fact) {
        let mut key = [0; MOST_KEYS];
        for (word, part) in key.iter_mut().zip(self.roll_up.keys) {
            *word = fact.key(*part);
        }
        let row = match self.last {
            Some((last, row)) if last == key => row,
            _ => self.find_or_begin(key),
        };
        self.last = Some((key, row));
        let (block, at) = place_of(row, self.stride);
        let words = &mut self.blocks[block][at..at + self.stride];
        for (measure, at) in &self.layout.measures {
            count(*measure, &mut words[*at..], fact);
        }
    }

    fn find_or_begin(&mut self, key: KeyWords) -> u32 {
        let hash = self.hash(key);
        let (blocks, stride, keys) = (&self.blocks, self.stride, self.layout.keys);
        let known = self.index.find(hash, |entry| {
            entry.hash == short(hash) && {
                let (block, at) = place_of(entry.row, stride);
                let words = &blocks[block][at..at + keys];
                words.iter().zip(&key).all(|(one, other)| one == other)
            }
        });
        if let Some(entry) = known {
            return entry.row;
        }
        if self.roll_up.passes && self.index.len() >= MOST_OPEN_ROWS {
            self.index.clear();
        }
        let row = self.begin_row(key);
        let entry = IndexEntry {
            hash: short(hash),
            row,
        };
        self.index
            .insert_unique(hash, entry, |entry| whole(entry.hash));
        row
    }

    /// Hashes keys, seeded: attackers choose names and addresses. Only as many bits are used as the index keeps.
    fn hash(&self, [one, two, three, four]: KeyWords) -> u64 {
        let two_of = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        let hash = self
            .hasher
            .hash_one((two_of(one, two), two_of(three, four)));
        whole(short(hash))
    }

    fn begin_row(&mut self, key: KeyWords) -> u32 {
        if self.rows.is_multiple_of(BLOCK_ROWS) {
            // The first block of a small log stays small.
            let room = if self.rows == 0 { 64 } else { BLOCK_ROWS };
            self.blocks.push(Vec::with_capacity(room * self.stride));
        }
        if let Some(block) = self.blocks.last_mut() {
            block.extend_from_slice(&key[..self.layout.keys]);
            block.extend_from_slice(&self.layout.empty[self.layout.keys..]);
        }
        if let Some(at) = self.layout.hour {
            self.hours.insert(key[at]);
        }
        self.rows += 1;
        u32::try_from(self.rows - 1).unwrap_or(u32::MAX)
    }

    /// How many bytes its rows and their index hold.
    pub(super) fn memory(&self) -> usize {
        let words: usize = self.blocks.iter().map(Vec::capacity).sum();
        words * size_of::<u32>() + self.index.capacity() * (size_of::<IndexEntry>() + 1)
    }

    /// Writes all rows to disk; later ones begin anew. What cannot be written stays.
    pub(super) fn spill(&mut self, file: &SpillFile) -> std::io::Result<()> {
        let written: Vec<SpilledBlock> = self
            .blocks
            .iter()
            .map(|block| file.write(block))
            .collect::<Result<_, _>>()?;
        self.spilled.extend(written);
        self.blocks.clear();
        self.rows = 0;
        self.index = HashTable::new();
        self.last = None;
        Ok(())
    }
}

/// The part of a hash that the index keeps.
const fn short(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// The hash that the index goes by, made of the part that it keeps: the table takes its place from the low bits, and a tag from
/// the high ones.
const fn whole(short: u32) -> u64 {
    (short as u64) << 32 | short as u64
}

/// The block of a row, and where in it the row begins.
const fn place_of(row: u32, stride: usize) -> (usize, usize) {
    let row = row as usize;
    (row / BLOCK_ROWS, row % BLOCK_ROWS * stride)
}

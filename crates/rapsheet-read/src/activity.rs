//! Events rolled up by hour and by everything that a person may ask for: the wide table `activity`.
//!
//! It is kept only where a question names it; the shipped questions ask the narrow roll-ups ([`crate::rollup`]).
//! A row is about 50 bytes and names texts by number. Rarely set columns are interned together: each combination stands
//! once, and a row holds its number. Rows become Arrow arrays when a query asks for them, and only the columns that it
//! asks for.

use std::hash::{BuildHasher, Hash, Hasher};
use std::net::IpAddr;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use rapsheet_schema::{Action, Dataset, Event, MICROS_PER_SECOND, Outcome, Reason};

use crate::intern::{TextId, Texts};

mod part;
mod rare_columns;

pub use part::ActivityPart;
use rare_columns::{RareColumns, RareColumnsTable};

/// Rows in one batch.
const BATCH_ROWS: usize = 16_384;
/// Rows that events are still added to. Logs go on from hour to hour, so old rows are seldom met again: they may begin anew,
/// and the table of the others stays in the processor's cache.
const MOST_OPEN_ROWS: usize = 57_000;
const HOUR_MICROS: i64 = 3_600 * MICROS_PER_SECOND;
/// The hour of events without a time.
const NO_HOUR: i32 = i32::MIN;

/// What events must share to be one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    /// Hours since 1970.
    hour: i32,
    source: u32,
    user: TextId,
    host: TextId,
    /// Its rarely set columns, in the [`RareColumnsTable`].
    rare: u32,
    dataset: Dataset,
    action: Action,
    outcome: Outcome,
    reason: Option<Reason>,
    suspicious: bool,
    user_exists: Option<bool>,
}

/// Whole words instead of the fields one by one: a row is looked up for each event.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let two = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        let words = u32::from_le_bytes([
            self.dataset as u8,
            self.action as u8,
            self.outcome as u8 | u8::from(self.suspicious) << 7,
            self.reason.map_or(u8::MAX, |reason| reason as u8),
        ]);
        state.write_u64(two(self.hour.cast_unsigned(), self.source));
        state.write_u64(two(self.user, words));
        state.write_u64(two(self.host, self.rare));
    }
}

/// A row.
#[derive(Clone, Copy, Debug)]
struct Row {
    key: Key,
    events: u32,
    attempts: u32,
    /// Microseconds since the hour began; nothing where the hour is unknown.
    first: u32,
    last: u32,
}

impl Row {
    /// Adds what another row counted.
    fn absorb(&mut self, other: &Self) {
        self.events = self.events.saturating_add(other.events);
        self.attempts = self.attempts.saturating_add(other.attempts);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Cuts a time into its hour and the microseconds since.
fn hour_and_rest(micros: Option<i64>) -> (i32, u32) {
    let cut = micros.and_then(|at| {
        let hour = i32::try_from(at.div_euclid(HOUR_MICROS)).ok()?;
        let rest = u32::try_from(at.rem_euclid(HOUR_MICROS)).ok()?;
        Some((hour, rest))
    });
    cut.unwrap_or((NO_HOUR, 0))
}

/// Rows in blocks of one batch each, so that growing copies nothing.
#[derive(Debug, Default)]
struct Rows {
    blocks: Vec<Vec<Row>>,
}

impl Rows {
    fn len(&self) -> usize {
        self.blocks
            .last()
            .map_or(0, |last| (self.blocks.len() - 1) * BATCH_ROWS + last.len())
    }

    fn push(&mut self, row: Row) {
        match self.blocks.last_mut() {
            Some(last) if last.len() < BATCH_ROWS => last.push(row),
            _ => {
                // The first block of a small log stays small.
                let room = if self.blocks.is_empty() {
                    64
                } else {
                    BATCH_ROWS
                };
                let mut block = Vec::with_capacity(room);
                block.push(row);
                self.blocks.push(block);
            }
        }
    }

    fn get(&self, index: u32) -> &Row {
        let index = index as usize;
        &self.blocks[index / BATCH_ROWS][index % BATCH_ROWS]
    }

    fn get_mut(&mut self, index: u32) -> &mut Row {
        let index = index as usize;
        &mut self.blocks[index / BATCH_ROWS][index % BATCH_ROWS]
    }
}

/// What one thread rolled up.
#[derive(Debug, Default)]
pub(crate) struct Rollup {
    rows: Rows,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    rare: RareColumnsTable,
    texts: Texts,
    sources: Vec<IpAddr>,
    source_ids: HashMap<IpAddr, u32>,
    last_source: Option<(IpAddr, u32)>,
    last_host: Option<(String, TextId)>,
}

impl Rollup {
    /// Adds an event.
    pub(crate) fn add(
        &mut self,
        micros: Option<i64>,
        host_name: Option<&str>,
        logins_before: u32,
        event: &Event<'_>,
    ) {
        let source = event.source_ip.map_or(0, |ip| self.source_id(ip));
        let exact = is_exact(event.event_action, event.event_outcome);
        // A line that only repeats an attempt adds to the number of events: what was tried stands in the line that told it.
        let repeats = event.is_repetition();
        let path = event.url_path().filter(|_| event.suspicious);
        let agent = event
            .http
            .filter(|_| event.suspicious)
            .and_then(|http| http.user_agent_original);
        let rare = RareColumns {
            domain: self
                .texts
                .intern_name(event.source_domain.filter(|_| event.source_ip.is_none())),
            jail: self.texts.intern_name(event.fail2ban_jail),
            path: self.texts.intern_name(path),
            agent: self.texts.intern_name(agent),
            method: self
                .texts
                .intern_name(event.openssh_auth_method.filter(|_| exact)),
            logins_before,
            bancount: event.fail2ban_bancount,
            bantime: event.fail2ban_bantime,
        };
        let (hour, rest) = hour_and_rest(micros);
        let key = Key {
            hour,
            source,
            user: self.texts.intern_name(event.user_name.filter(|_| !repeats)),
            host: self.host_id(host_name),
            rare: self.rare.number(rare),
            dataset: event.event_dataset,
            action: event.event_action,
            outcome: event.event_outcome,
            reason: event.reason.filter(|_| !repeats),
            suspicious: event.suspicious,
            user_exists: event.user_exists.filter(|_| !repeats),
        };
        let row = Row {
            key,
            events: 1,
            attempts: event.attempts,
            first: rest,
            last: rest,
        };
        if exact {
            self.rows.push(row);
            return;
        }
        let hash = self.hasher.hash_one(key);
        let rows = &mut self.rows;
        if let Some(index) = self.table.find(hash, |index| rows.get(*index).key == key) {
            rows.get_mut(*index).absorb(&row);
            return;
        }
        if self.table.len() >= MOST_OPEN_ROWS {
            self.table.clear();
        }
        let index = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        rows.push(row);
        let hasher = &self.hasher;
        self.table
            .insert_unique(hash, index, |index| hasher.hash_one(rows.get(*index).key));
    }

    /// Lines of one host stand together.
    fn host_id(&mut self, host_name: Option<&str>) -> TextId {
        let Some(name) = host_name else { return 0 };
        if let Some((last, id)) = &self.last_host
            && last == name
        {
            return *id;
        }
        let id = self.texts.intern_name(host_name);
        self.last_host = Some((name.to_owned(), id));
        id
    }

    fn source_id(&mut self, ip: IpAddr) -> u32 {
        if let Some((last, id)) = self.last_source
            && last == ip
        {
            return id;
        }
        let sources = &mut self.sources;
        let id = *self.source_ids.entry(ip).or_insert_with(|| {
            sources.push(ip);
            u32::try_from(sources.len()).unwrap_or(0)
        });
        self.last_source = Some((ip, id));
        id
    }

    /// How many bytes it holds, about.
    pub(crate) fn memory(&self) -> usize {
        self.rows.len() * (size_of::<Row>() + 8)
            + self.rare.memory()
            + self.texts.memory()
            + self.sources.len() * 64
    }
}

/// Whether an event keeps a row of its own: who got in, and bans, are told in their exact order.
const fn is_exact(action: Action, outcome: Outcome) -> bool {
    match action {
        Action::Login => matches!(outcome, Outcome::Success),
        Action::Ban | Action::Unban | Action::RestoreBan | Action::Reban | Action::IncreaseBan => {
            true
        }
        _ => false,
    }
}

//! A finished roll-up column by column: a question names few columns, and reads only those from memory.

use hashbrown::HashMap;
use rapsheet_schema::{Action, Dataset, Outcome, Reason};

use super::{Key, NO_HOUR, Row, Rows, is_exact};

/// The words and flags of a row; there are few combinations of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    pub(super) dataset: Dataset,
    pub(super) action: Action,
    pub(super) outcome: Outcome,
    pub(super) reason: Option<Reason>,
    pub(super) suspicious: bool,
    pub(super) user_exists: Option<bool>,
}

impl Kind {
    const fn of(key: &Key) -> Self {
        Self {
            dataset: key.dataset,
            action: key.action,
            outcome: key.outcome,
            reason: key.reason,
            suspicious: key.suspicious,
            user_exists: key.user_exists,
        }
    }

    /// Whether rows of this kind stay apart from all others.
    pub(super) const fn is_exact(&self) -> bool {
        is_exact(self.action, self.outcome)
    }
}

/// Numbers of one column.
#[derive(Debug)]
pub(super) enum Ids {
    /// All rows have the same.
    Same(u32),
    /// One a row, and the largest.
    Each(Vec<u32>, u32),
}

impl Ids {
    fn collect(rows: &Rows, id: impl Fn(&Row) -> u32) -> Self {
        let mut all = rows.blocks.iter().flatten().map(&id);
        let Some(first) = all.next() else {
            return Self::Same(0);
        };
        if all.all(|other| other == first) {
            return Self::Same(first);
        }
        let mut ids = Vec::with_capacity(rows.len());
        ids.extend(rows.blocks.iter().flatten().map(id));
        let most = ids.iter().copied().max().unwrap_or(0);
        Self::Each(ids, most)
    }

    pub(super) fn get(&self, row: u32) -> u32 {
        match self {
            Self::Same(id) => *id,
            Self::Each(ids, _) => ids[row as usize],
        }
    }
}

/// The rows of a roll-up.
#[derive(Debug)]
pub(super) struct Columns {
    rows: usize,
    /// The hour of number 1; number 0 is no hour.
    base_hour: i32,
    pub(super) hour: Ids,
    pub(super) source: Ids,
    pub(super) user: Ids,
    pub(super) domain: Ids,
    pub(super) host: Ids,
    pub(super) jail: Ids,
    pub(super) path: Ids,
    pub(super) agent: Ids,
    pub(super) method: Ids,
    pub(super) logins_before: Ids,
    pub(super) kind: Ids,
    /// A kind of each number, and how many rows it has.
    pub(super) kinds: Vec<(Kind, usize)>,
    pub(super) bancount: Ids,
    pub(super) bantime: Ids,
    bantimes: Vec<i64>,
    pub(super) events: Vec<u32>,
    pub(super) attempts: Vec<u32>,
    pub(super) first: Vec<i64>,
    pub(super) last: Vec<i64>,
}

impl Columns {
    pub(super) fn of(rows: &Rows) -> Self {
        let all = || rows.blocks.iter().flatten();
        let hours = all().map(|row| row.key.hour);
        let base_hour = hours.filter(|hour| *hour != NO_HOUR).min().unwrap_or(0);
        let (kind, kinds) = Self::kinds_of(rows);
        let mut bantimes = Vec::new();
        let mut numbers: HashMap<i64, u32> = HashMap::new();
        for row in all() {
            numbers.entry(row.key.bantime).or_insert_with(|| {
                bantimes.push(row.key.bantime);
                number(bantimes.len() - 1)
            });
        }
        Self {
            rows: rows.len(),
            base_hour,
            hour: Ids::collect(rows, |row| match row.key.hour {
                NO_HOUR => 0,
                hour => hour.abs_diff(base_hour) + 1,
            }),
            source: Ids::collect(rows, |row| row.key.source),
            user: Ids::collect(rows, |row| row.key.user),
            domain: Ids::collect(rows, |row| row.key.domain),
            host: Ids::collect(rows, |row| row.key.host),
            jail: Ids::collect(rows, |row| row.key.jail),
            path: Ids::collect(rows, |row| row.key.path),
            agent: Ids::collect(rows, |row| row.key.agent),
            method: Ids::collect(rows, |row| row.key.method),
            logins_before: Ids::collect(rows, |row| row.key.logins_before),
            kind,
            kinds,
            bancount: Ids::collect(rows, |row| row.key.bancount),
            bantime: Ids::collect(rows, |row| {
                numbers.get(&row.key.bantime).copied().unwrap_or(0)
            }),
            bantimes,
            events: all().map(|row| row.events).collect(),
            attempts: all().map(|row| row.attempts).collect(),
            first: all().map(|row| row.first).collect(),
            last: all().map(|row| row.last).collect(),
        }
    }

    fn kinds_of(rows: &Rows) -> (Ids, Vec<(Kind, usize)>) {
        let mut kinds: Vec<(Kind, usize)> = Vec::new();
        let mut numbers: HashMap<Kind, u32> = HashMap::new();
        let mut ids = Vec::with_capacity(rows.len());
        let mut last: Option<(Kind, u32)> = None;
        for row in rows.blocks.iter().flatten() {
            let kind = Kind::of(&row.key);
            let id = match last {
                Some((known, id)) if known == kind => id,
                _ => *numbers.entry(kind).or_insert_with(|| {
                    kinds.push((kind, 0));
                    number(kinds.len() - 1)
                }),
            };
            kinds[id as usize].1 += 1;
            ids.push(id);
            last = Some((kind, id));
        }
        let most = number(kinds.len().saturating_sub(1));
        (Ids::Each(ids, most), kinds)
    }

    /// How many rows there are.
    pub(super) const fn len(&self) -> usize {
        self.rows
    }

    pub(super) fn kind_of(&self, row: u32) -> &Kind {
        &self.kinds[self.kind.get(row) as usize].0
    }

    /// Hours since 1970.
    pub(super) fn hour_of(&self, row: u32) -> Option<i64> {
        match self.hour.get(row) {
            0 => None,
            id => Some(i64::from(self.base_hour) + i64::from(id) - 1),
        }
    }

    pub(super) fn bantime_of(&self, row: u32) -> i64 {
        self.bantimes[self.bantime.get(row) as usize]
    }
}

/// Rows are numbered in 32 bits: a roll-up that grows towards that many is written out long before.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

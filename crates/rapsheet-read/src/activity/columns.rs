//! A finished roll-up column by column: a question names few columns, and reads only those from memory.

use hashbrown::HashMap;
use rapsheet_schema::{Action, Dataset, Outcome, Reason};

use super::{Extras, HOUR_MICROS, Key, NO_HOUR, Row, Rows, is_exact};

/// The count of bans where a line says none.
pub(super) const NO_COUNT: u32 = u32::MAX;
/// The length of a ban where a line says none.
pub(super) const NO_TIME: i64 = i64::MIN;

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
    /// Adds the number of the next row; so many came before it, and so many will there be.
    fn push(&mut self, before: usize, all: usize, id: u32) {
        match self {
            Self::Each(ids, most) => {
                ids.push(id);
                *most = id.max(*most);
            }
            Self::Same(same) if before == 0 => *same = id,
            Self::Same(same) if *same == id => {}
            Self::Same(same) => {
                let mut ids = Vec::with_capacity(all);
                ids.resize(before, *same);
                let most = id.max(*same);
                ids.push(id);
                *self = Self::Each(ids, most);
            }
        }
    }

    pub(super) fn get(&self, row: u32) -> u32 {
        match self {
            Self::Same(id) => *id,
            Self::Each(ids, _) => ids[row as usize],
        }
    }
}

impl Default for Ids {
    fn default() -> Self {
        Self::Same(0)
    }
}

/// The rows of a roll-up.
#[derive(Debug, Default)]
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
    /// Takes the rows apart, block after block, so that they are never in memory twice.
    pub(super) fn of(rows: Rows, extras: &Extras) -> Self {
        let hours = rows.blocks.iter().flatten();
        let hours = hours
            .map(|row| row.key.hour)
            .filter(|hour| *hour != NO_HOUR);
        let all = rows.len();
        let mut columns = Self {
            base_hour: hours.min().unwrap_or(0),
            events: Vec::with_capacity(all),
            attempts: Vec::with_capacity(all),
            first: Vec::with_capacity(all),
            last: Vec::with_capacity(all),
            ..Self::default()
        };
        let mut numbers = Numbers::default();
        for row in rows.blocks.into_iter().flatten() {
            columns.push(&row, extras, all, &mut numbers);
        }
        columns
    }

    fn push(&mut self, row: &Row, extras: &Extras, all: usize, numbers: &mut Numbers) {
        let (before, key, extra) = (self.rows, &row.key, extras.get(row.key.extra));
        let hour = match key.hour {
            NO_HOUR => 0,
            hour => hour.abs_diff(self.base_hour) + 1,
        };
        let kind = numbers.kind(Kind::of(key), &mut self.kinds);
        let bantime = numbers.bantime(extra.bantime.unwrap_or(NO_TIME), &mut self.bantimes);
        for (ids, id) in [
            (&mut self.hour, hour),
            (&mut self.source, key.source),
            (&mut self.user, key.user),
            (&mut self.domain, extra.domain),
            (&mut self.host, key.host),
            (&mut self.jail, extra.jail),
            (&mut self.path, extra.path),
            (&mut self.agent, extra.agent),
            (&mut self.method, extra.method),
            (&mut self.logins_before, extra.logins_before),
            (&mut self.kind, kind),
            (&mut self.bancount, extra.bancount.unwrap_or(NO_COUNT)),
            (&mut self.bantime, bantime),
        ] {
            ids.push(before, all, id);
        }
        self.events.push(row.events);
        self.attempts.push(row.attempts);
        let (first, last) = match key.hour {
            NO_HOUR => (i64::MAX, i64::MIN),
            hour => {
                let begin = i64::from(hour) * HOUR_MICROS;
                (begin + i64::from(row.first), begin + i64::from(row.last))
            }
        };
        self.first.push(first);
        self.last.push(last);
        self.rows += 1;
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
        self.hour_at(self.hour.get(row))
    }

    /// Hours since 1970, by the number that rows have for it.
    pub(super) fn hour_at(&self, id: u32) -> Option<i64> {
        match id {
            0 => None,
            id => Some(i64::from(self.base_hour) + i64::from(id) - 1),
        }
    }

    pub(super) fn bantime_of(&self, row: u32) -> i64 {
        self.bantimes[self.bantime.get(row) as usize]
    }
}

/// The numbers that kinds and lengths of bans got.
#[derive(Default)]
struct Numbers {
    kinds: HashMap<Kind, u32>,
    last_kind: Option<(Kind, u32)>,
    bantimes: HashMap<i64, u32>,
}

impl Numbers {
    fn kind(&mut self, kind: Kind, kinds: &mut Vec<(Kind, usize)>) -> u32 {
        let id = match self.last_kind {
            Some((last, id)) if last == kind => id,
            _ => *self.kinds.entry(kind).or_insert_with(|| {
                kinds.push((kind, 0));
                number(kinds.len() - 1)
            }),
        };
        self.last_kind = Some((kind, id));
        kinds[id as usize].1 += 1;
        id
    }

    fn bantime(&mut self, bantime: i64, bantimes: &mut Vec<i64>) -> u32 {
        if bantimes.last() == Some(&bantime) {
            return number(bantimes.len() - 1);
        }
        *self.bantimes.entry(bantime).or_insert_with(|| {
            bantimes.push(bantime);
            number(bantimes.len() - 1)
        })
    }
}

/// Rows are numbered in 32 bits: a roll-up that grows towards that many is written out long before.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

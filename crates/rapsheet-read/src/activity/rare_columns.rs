//! Interns combinations of rarely set columns; a row holds the id.

use hashbrown::HashMap;

use crate::intern::TextId;

/// The columns that most rows lack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct RareColumns {
    pub(super) domain: TextId,
    pub(super) jail: TextId,
    pub(super) path: TextId,
    pub(super) agent: TextId,
    pub(super) method: TextId,
    pub(super) logins_before: u32,
    pub(super) bancount: Option<u32>,
    pub(super) bantime: Option<i64>,
}

/// The combinations that were met. Number 0 is the one that has nothing.
#[derive(Debug)]
pub(super) struct RareColumnsTable {
    all: Vec<RareColumns>,
    numbers: HashMap<RareColumns, u32>,
}

impl Default for RareColumnsTable {
    fn default() -> Self {
        Self {
            all: vec![RareColumns::default()],
            numbers: HashMap::new(),
        }
    }
}

impl RareColumnsTable {
    /// Returns the number of a combination.
    pub(super) fn number(&mut self, extra: RareColumns) -> u32 {
        if extra == RareColumns::default() {
            return 0;
        }
        *self.numbers.entry(extra).or_insert_with(|| {
            self.all.push(extra);
            u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// Returns the combination of a number.
    pub(super) fn get(&self, number: u32) -> &RareColumns {
        &self.all[number as usize]
    }

    /// How many bytes it holds, about.
    pub(super) fn memory(&self) -> usize {
        self.all.len() * 3 * size_of::<RareColumns>()
    }
}

//! What few rows have: each combination stands once, and a row has its number.

use hashbrown::HashMap;

use crate::intern::TextId;

/// The parts of a row that most rows lack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Extra {
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
pub(super) struct Extras {
    all: Vec<Extra>,
    numbers: HashMap<Extra, u32>,
}

impl Default for Extras {
    fn default() -> Self {
        Self {
            all: vec![Extra::default()],
            numbers: HashMap::new(),
        }
    }
}

impl Extras {
    /// Returns the number of a combination.
    pub(super) fn number(&mut self, extra: Extra) -> u32 {
        if extra == Extra::default() {
            return 0;
        }
        *self.numbers.entry(extra).or_insert_with(|| {
            self.all.push(extra);
            u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// Returns the combination of a number.
    pub(super) fn get(&self, number: u32) -> &Extra {
        &self.all[number as usize]
    }

    /// How many bytes it holds, about.
    pub(super) fn memory(&self) -> usize {
        self.all.len() * 3 * size_of::<Extra>()
    }
}

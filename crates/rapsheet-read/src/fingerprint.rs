//! A fingerprint is a number that stands for a text or for several things together, so that tables need not hold them.
//!
//! Its seed is drawn for each run, so that nobody can write a line that passes for another. A reader that is saved keeps it:
//! else nothing that it remembers would be found again.

use std::hash::{BuildHasher, Hash, RandomState};

use foldhash::fast::FixedState;

/// Makes fingerprints.
#[derive(Clone, Debug)]
pub(crate) struct Fingerprints {
    seed: u64,
    state: FixedState,
}

impl Fingerprints {
    /// Draws a seed.
    pub(crate) fn new() -> Self {
        // The system's own hasher is seeded by the system.
        Self::with_seed(RandomState::new().hash_one(0_u8))
    }

    pub(crate) const fn with_seed(seed: u64) -> Self {
        Self {
            seed,
            state: FixedState::with_seed(seed),
        }
    }

    pub(crate) const fn seed(&self) -> u64 {
        self.seed
    }

    /// The number of a thing.
    pub(crate) fn of(&self, thing: impl Hash) -> u64 {
        self.state.hash_one(thing)
    }

    /// The number of a user's name, 0 where there is none. PAM takes the blanks off that end a name.
    pub(crate) fn of_user(&self, name: Option<&str>) -> u64 {
        name.map_or(0, |name| self.of(name.trim_end()))
    }
}

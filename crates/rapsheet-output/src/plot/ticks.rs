//! Round numbers along an axis.

use plotters::coord::ranged1d::Ranged;
use plotters::coord::types::RangedCoordu64;

use crate::number::{compact, count};

/// An axis from 0 to at least the most, with what stands along it.
pub(super) struct Ticks {
    /// The end of the axis.
    pub(super) top: u64,
    /// Round numbers and how they are written.
    pub(super) marks: Vec<(u64, String)>,
}

impl Ticks {
    /// Finds about `wanted` round numbers up to the most.
    pub(super) fn up_to(most: u64, wanted: usize) -> Self {
        // Counts beyond this are no counts of a log; the axis stays finite.
        let most = most.clamp(1, 1 << 60);
        let axis: RangedCoordu64 = (0..most).into();
        let mut values = axis.key_points(wanted.max(2));
        values.dedup();
        let text = |value: u64| {
            if value >= 100_000 {
                compact(value)
            } else {
                count(value)
            }
        };
        Self {
            top: most,
            marks: values
                .into_iter()
                .map(|value| (value, text(value)))
                .collect(),
        }
    }

    /// Where a value lies, from 0 to 1.
    pub(super) fn part(&self, value: u64) -> f64 {
        value as f64 / self.top as f64
    }
}

//! The times of the lines that a look into a source saw: where its New Years are, and from when to when its lines can be.

use rapsheet_schema::Stamp;

use crate::clock::{Clock, YearDay};

/// Times in the source's order; of each stretch that goes forward within a day, only the first and the last are kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times {
    stamps: Vec<Stamp>,
}

impl Times {
    /// Adds a line's time.
    pub(crate) fn note(&mut self, stamp: Stamp) {
        if stamp == Stamp::Absent {
            return;
        }
        if let [.., before, last] = self.stamps.as_mut_slice()
            && goes_on(*before, *last)
            && goes_on(*last, stamp)
        {
            *last = stamp;
        } else {
            self.stamps.push(stamp);
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.stamps.is_empty()
    }

    /// The first line's time.
    pub(crate) fn first(&self) -> Option<Stamp> {
        self.stamps.first().copied()
    }

    /// The days of lines without a year.
    pub(crate) fn days(&self) -> Vec<YearDay> {
        let mut days: Vec<YearDay> = self
            .stamps
            .iter()
            .filter_map(|stamp| day_of(*stamp))
            .collect();
        days.dedup();
        days
    }

    /// From when to when the source's lines can be, in UTC microseconds, as far as it was looked at. Lines need not stand in
    /// the order of their times; where they do not, others may be as far beyond the ones that were seen.
    pub(crate) fn span(&self, mut clock: Clock) -> Option<(i64, i64)> {
        let mut times = self.stamps.iter().filter_map(|stamp| clock.resolve(*stamp));
        let first = times.next()?;
        let (mut from, mut to, mut back) = (first, first, 0);
        for at in times {
            back = back.max(to.saturating_sub(at));
            from = from.min(at);
            to = to.max(at);
        }
        Some((from.saturating_sub(back), to.saturating_add(back)))
    }
}

const fn day_of(stamp: Stamp) -> Option<YearDay> {
    match stamp {
        Stamp::Yearless { month, day, .. } => Some(YearDay { month, day }),
        _ => None,
    }
}

/// Whether a time follows another of its kind. Days without a year must be the same, since New Years stand between them.
fn goes_on(before: Stamp, after: Stamp) -> bool {
    match (before, after) {
        (Stamp::Utc(before), Stamp::Utc(after)) | (Stamp::Local(before), Stamp::Local(after)) => {
            before <= after
        }
        (
            Stamp::Yearless {
                time_micros: before_micros,
                ..
            },
            Stamp::Yearless { time_micros, .. },
        ) => day_of(before) == day_of(after) && before_micros <= time_micros,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Zone;
    use jiff::tz::TimeZone;

    fn span(stamps: &[Stamp]) -> Option<(i64, i64)> {
        let mut times = Times::default();
        for stamp in stamps {
            times.note(*stamp);
        }
        times.span(Clock::new(Zone::new(TimeZone::UTC), 2026))
    }

    #[test]
    fn a_span_holds_what_was_seen_and_as_much_more_as_lines_come_late() {
        assert_eq!(span(&[]), None);
        assert_eq!(span(&[Stamp::Absent]), None);
        let utc = |times: &[i64]| span(&times.iter().map(|at| Stamp::Utc(*at)).collect::<Vec<_>>());
        assert_eq!(utc(&[10, 20, 30]), Some((10, 30)));
        assert_eq!(utc(&[10, 90, 70]), Some((-10, 110)));
        assert_eq!(utc(&[10, 90, 70, 95, 5]), Some((-85, 185)));
    }

    #[test]
    fn lines_in_order_leave_few_times() {
        let mut times = Times::default();
        for second in 0..3000 {
            times.note(Stamp::Utc(second));
        }
        for day in 1..=20 {
            for time_micros in 0..500 {
                times.note(Stamp::Yearless {
                    month: 3,
                    day,
                    time_micros,
                });
            }
        }
        assert_eq!(times.stamps.len(), 42);
        assert_eq!(times.days().len(), 20);
        assert_eq!(times.first(), Some(Stamp::Utc(0)));
    }
}

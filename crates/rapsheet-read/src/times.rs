//! The times of the lines that a look into a source saw: where its New Years are, and from when to when its lines can be.

use rapsheet_schema::{MICROS_PER_SECOND, Stamp};

use crate::clock::{Clock, YearDay};

/// How far a machine that does not know the time yet is behind those that do, at least.
const FAR: i64 = 31 * DAY_MICROS;
const DAY_MICROS: i64 = 86_400 * MICROS_PER_SECOND;
/// How long it does not know the time, at most.
const LONGEST_MOMENT: u64 = 3_600_000_000;

/// The times that a source covers, in UTC microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The time of its first line, as a clock that is set has it.
    pub(crate) begins: i64,
    /// The time of its first line as it stands there, if that is earlier.
    pub(crate) opens: i64,
    /// From when to when its lines can be.
    pub(crate) interval: (i64, i64),
    /// How far a line is behind the latest line before it, at most.
    pub(crate) lateness: i64,
}

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

    /// When the source begins, and from when to when its lines can be, in UTC microseconds, as far as it was looked at. Lines
    /// need not stand in the order of their times; where they do not, others may be as far beyond the ones that were seen.
    pub(crate) fn span(&self, clock: Clock) -> Option<Span> {
        let mut stamps = self.stamps.iter();
        let opens = stamps.find_map(|stamp| clock.clone().resolve(*stamp));
        let times = self.of_set_clocks(clock);
        let first = *times.first()?;
        let (mut from, mut to, mut back) = (first, first, 0);
        for at in times {
            back = back.max(to.saturating_sub(at));
            from = from.min(at);
            to = to.max(at);
        }
        Some(Span {
            begins: first,
            opens: opens.unwrap_or(first).min(first),
            interval: (from.saturating_sub(back), to.saturating_add(back)),
            lateness: back,
        })
    }

    /// The times in UTC, without moments that are far before what stands around them: a machine booted and did not know the
    /// time yet.
    fn of_set_clocks(&self, mut clock: Clock) -> Vec<i64> {
        let all: Vec<i64> = self
            .stamps
            .iter()
            .filter_map(|stamp| clock.resolve(*stamp))
            .collect();
        let mut times: Vec<i64> = Vec::with_capacity(all.len());
        let (mut rest, mut latest) = (all.as_slice(), i64::MIN);
        while let [at, ..] = rest {
            let is_moment = |time: &&i64| time.abs_diff(*at) <= LONGEST_MOMENT;
            let (moment, behind) = rest.split_at(rest.iter().take_while(is_moment).count());
            // The first line has nothing before it.
            let around = latest.max(behind.first().copied().unwrap_or(i64::MIN));
            let goes_on = behind
                .first()
                .is_some_and(|next| *next >= latest.saturating_sub(FAR));
            if at.saturating_add(FAR) < around && goes_on {
                rest = behind;
                continue;
            }
            for time in moment {
                latest = latest.max(*time);
            }
            times.extend(moment);
            rest = behind;
        }
        times
    }
}

const fn day_of(stamp: Stamp) -> Option<YearDay> {
    match stamp {
        Stamp::Yearless { month, day, .. } => Some(YearDay { month, day }),
        _ => None,
    }
}

/// Whether a time follows another of its kind, on the same day: between days stand New Years and gaps.
fn goes_on(before: Stamp, after: Stamp) -> bool {
    match (before, after) {
        (Stamp::Utc(before), Stamp::Utc(after)) | (Stamp::Local(before), Stamp::Local(after)) => {
            before <= after && before.div_euclid(DAY_MICROS) == after.div_euclid(DAY_MICROS)
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
        let span = times.span(Clock::new(Zone::new(TimeZone::UTC), 2026));
        span.map(|span| span.interval)
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
        assert!(!times.is_empty());
    }

    #[test]
    fn a_machine_that_does_not_know_the_time_widens_nothing() {
        let hours = |hours: &[i64]| {
            let mut times = Times::default();
            for hour in hours {
                times.note(Stamp::Utc(hour * 3_600 * MICROS_PER_SECOND));
            }
            let span = times
                .span(Clock::new(Zone::new(TimeZone::UTC), 2026))
                .unwrap();
            let (from, to) = span.interval;
            [span.begins, from, to].map(|at| at / 3_600 / MICROS_PER_SECOND)
        };
        assert_eq!(hours(&[9000, 1, 9010, 9020]), [9000, 9000, 9020]);
        assert_eq!(hours(&[1, 9000, 9010]), [9000, 9000, 9010]);
        assert_eq!(hours(&[9000, 9005, 1, 2]), [9000, -9003, 18009]);
        // A log behind a younger one.
        let behind = [9000, 9005, 1, 10, 20, 9006];
        assert_eq!(hours(&behind), [9000, -9003, 18010]);
        assert_eq!(hours(&[1]), [1, 1, 1]);
        assert_eq!(hours(&[1, 100, 9000]), [1, 1, 9000]);
    }
}

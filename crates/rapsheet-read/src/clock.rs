//! Turns the time that a line carries into UTC: finds the year that syslog leaves out, and applies the zone.
//!
//! Years by rule. The last line of a file is at most as young as the file (its modification time, a date in its name,
//! or the first line of the next file of its rotation). From there the years are counted back over the file's New
//! Years, which are found by looking at a few hundred places of it. While reading, a step back by more than a month is
//! a New Year; a smaller one is a clock that was set back; a step forward by almost a year right after New Year is a
//! late line of the old one. A leap day belongs to a leap year.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rapsheet_schema::{MICROS_PER_SECOND, Stamp, civil_micros, days_from_civil};

const DAY_MICROS: i64 = 86_400 * MICROS_PER_SECOND;
/// A step back by more days than this is a New Year.
const ROLLOVER_DAYS: i64 = 31;
/// Zones change their offset at multiples of a quarter of an hour.
const OFFSET_BLOCK_MICROS: i64 = 900 * MICROS_PER_SECOND;

/// A zone with a small memory, because neighbouring lines have the same offset.
#[derive(Clone, Debug)]
pub struct Zone {
    zone: TimeZone,
    from_local: (i64, i64),
    from_utc: (i64, i64),
}

impl Zone {
    /// Makes a zone.
    #[must_use]
    pub fn new(zone: TimeZone) -> Self {
        Self {
            zone,
            from_local: (i64::MIN, 0),
            from_utc: (i64::MIN, 0),
        }
    }

    /// Returns the zone's name, if it has one.
    #[must_use]
    pub fn name(&self) -> String {
        match self.zone.iana_name() {
            Some("Etc/UTC") => "UTC".to_owned(),
            Some(name) => name.to_owned(),
            None => "the system's zone".to_owned(),
        }
    }

    /// Turns a local time into UTC. A time that a change of the clock skips or repeats is taken as the earlier offset
    /// has it.
    pub fn utc_of_local(&mut self, local_micros: i64) -> i64 {
        let block = local_micros.div_euclid(OFFSET_BLOCK_MICROS);
        if self.from_local.0 != block {
            let offset = self.offset_of_local(local_micros);
            self.from_local = (block, offset);
        }
        local_micros - self.from_local.1
    }

    fn offset_of_local(&self, local_micros: i64) -> i64 {
        let duration = SignedDuration::from_micros(local_micros);
        DateTime::constant(1970, 1, 1, 0, 0, 0, 0)
            .checked_add(duration)
            .ok()
            .and_then(|local| self.zone.to_ambiguous_timestamp(local).compatible().ok())
            .map_or(0, |utc| local_micros - utc.as_microsecond())
    }

    /// Turns a UTC time into the time on the wall in this zone, as microseconds since 1970 on that clock.
    pub fn local_of_utc(&mut self, utc_micros: i64) -> i64 {
        let block = utc_micros.div_euclid(OFFSET_BLOCK_MICROS);
        if self.from_utc.0 != block {
            let offset = Timestamp::from_microsecond(utc_micros).map_or(0, |utc| {
                i64::from(self.zone.to_offset(utc).seconds()) * MICROS_PER_SECOND
            });
            self.from_utc = (block, offset);
        }
        utc_micros + self.from_utc.1
    }
}

/// A day of some year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct YearDay {
    pub(crate) month: u8,
    pub(crate) day: u8,
}

impl YearDay {
    /// The day's number in a leap year, from 0.
    fn ordinal(self) -> i64 {
        days_from_civil(2000, self.month, self.day) - days_from_civil(2000, 1, 1)
    }

    const fn is_leap_day(self) -> bool {
        self.month == 2 && self.day == 29
    }
}

/// Finds the year of a file's first line.
///
/// `days` are days of the file in its order (at least the first and the last line's), `newest` is the latest that the
/// last line can be, in UTC microseconds.
pub(crate) fn first_year(days: &[YearDay], newest_micros: i64) -> i64 {
    let newest_day = newest_micros.div_euclid(DAY_MICROS);
    // A day of grace: the zone of the line and the clock that stamped the file need not agree.
    let latest = newest_day + 1;
    let rollovers = days
        .windows(2)
        .filter(|pair| is_rollover(pair[0], pair[1]))
        .count();
    let Some(last) = days.last() else {
        return year_of(newest_micros);
    };
    let mut last_year = year_of(newest_micros) + 1;
    while days_from_civil(last_year, last.month, last.day) > latest {
        last_year -= 1;
    }
    // Every leap day that was seen must exist in the year that it falls into.
    for _ in 0..8 {
        let mut year = last_year - i64::try_from(rollovers).unwrap_or(0);
        let mut fits = true;
        for (index, day) in days.iter().enumerate() {
            if index > 0 && is_rollover(days[index - 1], *day) {
                year += 1;
            }
            fits &= !day.is_leap_day() || is_leap(year);
        }
        if fits {
            break;
        }
        last_year -= 1;
    }
    last_year - i64::try_from(rollovers).unwrap_or(0)
}

fn is_rollover(before: YearDay, after: YearDay) -> bool {
    before.ordinal() - after.ordinal() > ROLLOVER_DAYS
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Returns the year of a UTC time.
pub(crate) fn year_of(utc_micros: i64) -> i64 {
    Timestamp::from_microsecond(utc_micros)
        .map_or(1970, |utc| i64::from(utc.to_zoned(TimeZone::UTC).year()))
}

/// What the times of one source are resolved with, line after line.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    zone: Zone,
    year: i64,
    last: Option<YearDay>,
    /// Whether a line without a year was met.
    pub(crate) assumed_year: bool,
    /// Whether a line without a zone was met.
    pub(crate) assumed_zone: bool,
}

impl Clock {
    /// Makes the clock of a source whose first line without a year is of `year`.
    pub(crate) const fn new(zone: Zone, year: i64) -> Self {
        Self {
            zone,
            year,
            last: None,
            assumed_year: false,
            assumed_zone: false,
        }
    }

    /// The year that the clock stands in.
    pub(crate) const fn year(&self) -> i64 {
        self.year
    }

    /// Turns a line's time into UTC microseconds.
    pub(crate) fn resolve(&mut self, stamp: Stamp) -> Option<i64> {
        match stamp {
            Stamp::Utc(micros) => Some(micros),
            Stamp::Local(local) => {
                self.assumed_zone = true;
                Some(self.zone.utc_of_local(local))
            }
            Stamp::Yearless {
                month,
                day,
                time_micros,
            } => {
                self.assumed_zone = true;
                self.assumed_year = true;
                let day = YearDay { month, day };
                let year = self.year_for(day);
                let midnight =
                    civil_micros(year, day.month, day.day, 0, 0, 0, 0).or_else(|| {
                        // A leap day in a year that has none: the day after the last of February.
                        civil_micros(year, 3, 1, 0, 0, 0, 0).filter(|_| day.is_leap_day())
                    })?;
                Some(self.zone.utc_of_local(midnight + time_micros))
            }
            Stamp::Absent => None,
        }
    }

    fn year_for(&mut self, day: YearDay) -> i64 {
        let Some(last) = self.last else {
            self.last = Some(day);
            return self.year;
        };
        if is_rollover(last, day) {
            self.year += 1;
        } else if day.ordinal() - last.ordinal() > 366 - ROLLOVER_DAYS
            && last.ordinal() < ROLLOVER_DAYS
        {
            // A late line of the old year: the clock stays where it is.
            return self.year - 1;
        }
        self.last = Some(day);
        self.year
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn day(month: u8, day: u8) -> YearDay {
        YearDay { month, day }
    }

    fn at(year: i64, month: u8, day: u8) -> i64 {
        civil_micros(year, month, day, 12, 0, 0, 0).unwrap()
    }

    #[test]
    fn first_year_counts_back_from_the_file() {
        assert_eq!(first_year(&[day(3, 1), day(6, 1)], at(2024, 6, 2)), 2024);
        assert_eq!(first_year(&[day(12, 20), day(1, 5)], at(2024, 1, 5)), 2023);
        assert_eq!(
            first_year(&[day(12, 20), day(12, 31)], at(2024, 1, 5)),
            2023
        );
        assert_eq!(
            first_year(
                &[day(3, 1), day(12, 1), day(2, 1), day(12, 2), day(6, 1)],
                at(2024, 6, 2)
            ),
            2022
        );
        assert_eq!(first_year(&[day(2, 29)], at(2026, 11, 1)), 2024);
        assert_eq!(
            first_year(&[day(2, 27), day(2, 29), day(3, 4)], at(2027, 1, 1)),
            2024
        );
        assert_eq!(first_year(&[], at(2026, 11, 1)), 2026);
    }

    #[test]
    fn the_clock_crosses_new_year_and_survives_late_lines() {
        let mut clock = Clock::new(Zone::new(TimeZone::UTC), 2023);
        let mut year = |month, day| {
            let utc = clock
                .resolve(Stamp::Yearless {
                    month,
                    day,
                    time_micros: 0,
                })
                .unwrap();
            year_of(utc)
        };
        assert_eq!(year(12, 30), 2023);
        assert_eq!(year(12, 26), 2023, "a clock that is set back four days");
        assert_eq!(year(12, 31), 2023);
        assert_eq!(year(1, 1), 2024);
        assert_eq!(year(12, 31), 2023, "a late line");
        assert_eq!(year(1, 1), 2024);
        assert_eq!(year(2, 29), 2024);
    }

    #[test]
    fn zones_are_applied_both_ways() {
        let mut zone = Zone::new(TimeZone::get("Europe/Zurich").unwrap());
        let local = civil_micros(2005, 8, 14, 12, 0, 0, 0).unwrap();
        let utc = zone.utc_of_local(local);
        assert_eq!(utc, civil_micros(2005, 8, 14, 10, 0, 0, 0).unwrap());
        assert_eq!(zone.local_of_utc(utc), local);
    }
}

//! Turns the time that a line carries into UTC: finds the year that syslog leaves out, and applies the zone.
//!
//! Years by rule. The last line of a file is at most as young as the file (its modification time, a date in its name,
//! or the first line of the next file of its rotation). From there the years are counted back over the file's New
//! Years, which are found by looking at a few hundred places of it. While reading, a step back by more than a month is
//! a New Year; a smaller one is a clock that was set back; a step forward by almost a year right after New Year is a
//! late line of the old one. A leap day belongs to a leap year.
//!
//! A machine that has no clock of its own boots on 1 January 1970 and learns the time later. So a leap to the turn of the
//! year is no New Year where the next days go on from the day before it, or where the new one would be younger than the file.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rapsheet_schema::{MICROS_PER_SECOND, Stamp, civil_micros, days_from_civil};
use serde::{Deserialize, Serialize};

const DAY_MICROS: i64 = 86_400 * MICROS_PER_SECOND;
/// A step back by more days than this is a New Year.
const ROLLOVER_DAYS: i64 = 31;
/// A day that comes after a leap goes on from the day before it, if it is at most so much older (a late line) or younger.
const GOES_ON_DAYS: std::ops::RangeInclusive<i64> = -7..=ROLLOVER_DAYS;
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
            None => match self.zone.to_fixed_offset() {
                Ok(offset) => format!("UTC{offset}"),
                Err(_) => "the system's zone".to_owned(),
            },
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    /// Whether a clock that nobody has set can show it: 1 January 1970 in some zone, and the day after.
    const fn is_of_unset_clock(self) -> bool {
        matches!((self.month, self.day), (1, 1 | 2) | (12, 31))
    }
}

/// Follows the days of lines without a year, and tells the year of each.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Years {
    /// The year of the last day.
    year: i64,
    last: Option<YearDay>,
    /// The last day before a leap to a day of unset clocks, and its year, until the next day tells what the leap was.
    before_leap: Option<(YearDay, i64)>,
    /// The latest day that there can be, in days since 1970.
    latest: i64,
}

impl Years {
    const fn new(year: i64, latest: i64) -> Self {
        Self {
            year,
            last: None,
            before_leap: None,
            latest,
        }
    }

    fn year_for(&mut self, day: YearDay) -> i64 {
        let Some(last) = self.last else {
            self.last = Some(day);
            return self.year;
        };
        if day == last {
            return self.year;
        }
        if let Some((before, year)) = self.before_leap {
            if GOES_ON_DAYS.contains(&(day.ordinal() - before.ordinal())) {
                // The leap was a clock that nobody had set.
                (self.year, self.last, self.before_leap) = (year, Some(day), None);
                return year;
            }
            if !day.is_of_unset_clock() {
                self.before_leap = None;
            }
        }
        let step = day.ordinal() - last.ordinal();
        if step < -ROLLOVER_DAYS && days_from_civil(self.year + 1, day.month, day.day) > self.latest
        {
            // Nobody's New Year yet: the clock stays where it is.
            return self.year;
        }
        if step > 366 - ROLLOVER_DAYS && last.ordinal() < ROLLOVER_DAYS {
            // A late line of the old year: the clock stays where it is.
            return self.year - 1;
        }
        if step.abs() > ROLLOVER_DAYS && day.is_of_unset_clock() && self.before_leap.is_none() {
            self.before_leap = Some((last, self.year));
        }
        self.year += i64::from(step < -ROLLOVER_DAYS);
        self.last = Some(day);
        self.year
    }
}

/// Finds the year of a file's first line.
///
/// `days` are days of the file in its order (at least the first and the last line's), `newest` is the latest that the
/// last line can be, in UTC microseconds.
pub(crate) fn first_year(days: &[YearDay], newest_micros: i64) -> i64 {
    let latest = latest_day(newest_micros);
    let Some(last) = days.last() else {
        return year_of(newest_micros);
    };
    let mut years = Years::new(0, i64::MAX);
    // Each day's year, counted from the first day's.
    let behind: Vec<i64> = days.iter().map(|day| years.year_for(*day)).collect();
    let behind_of_last = behind.last().copied().unwrap_or(0);
    let mut last_year = year_of(newest_micros) + 1;
    while days_from_civil(last_year, last.month, last.day) > latest {
        last_year -= 1;
    }
    // Every leap day that was seen must exist in the year that it falls into.
    for _ in 0..8 {
        let first = last_year - behind_of_last;
        let mut leap_days = days.iter().zip(&behind);
        if leap_days.all(|(day, behind)| !day.is_leap_day() || is_leap(first + behind)) {
            break;
        }
        last_year -= 1;
    }
    last_year - behind_of_last
}

/// The latest day, in days since 1970, of lines that are not younger than this.
const fn latest_day(newest_micros: i64) -> i64 {
    // A day of grace: the zone of the line and the clock that stamped the file need not agree.
    newest_micros.div_euclid(DAY_MICROS) + 1
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
    years: Years,
    /// How much later the times of its lines without a zone are than the zone says.
    skew: i64,
    /// Whether a line without a year was met.
    pub(crate) assumed_year: bool,
    /// Whether a line without a zone was met.
    pub(crate) assumed_zone: bool,
}

/// What a clock knows, as it is saved.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SavedClock {
    years: Years,
    assumed_year: bool,
    assumed_zone: bool,
}

impl Clock {
    /// Makes the clock of a source whose first line without a year is of `year`.
    pub(crate) const fn new(zone: Zone, year: i64) -> Self {
        Self {
            zone,
            years: Years::new(year, i64::MAX),
            skew: 0,
            assumed_year: false,
            assumed_zone: false,
        }
    }

    /// Makes the clock take off so many microseconds of times without a zone.
    pub(crate) const fn skewed(mut self, skew_micros: i64) -> Self {
        self.skew = skew_micros;
        self
    }

    /// Makes the clock know that no line is younger than this, in UTC microseconds.
    pub(crate) const fn up_to(mut self, newest_micros: i64) -> Self {
        self.years.latest = latest_day(newest_micros);
        self
    }

    /// What it knows of years.
    pub(crate) fn save(&self) -> SavedClock {
        SavedClock {
            years: self.years.clone(),
            assumed_year: self.assumed_year,
            assumed_zone: self.assumed_zone,
        }
    }

    /// Makes it know what was saved; the source may have younger lines by now.
    pub(crate) fn restore(&mut self, saved: SavedClock) {
        let latest = self.years.latest.max(saved.years.latest);
        self.years = saved.years;
        self.years.latest = latest;
        self.assumed_year = saved.assumed_year;
        self.assumed_zone = saved.assumed_zone;
    }

    /// The year that the clock stands in.
    pub(crate) const fn year(&self) -> i64 {
        self.years.year
    }

    /// Turns a line's time into UTC microseconds; absent where no calendar has it.
    #[inline]
    pub(crate) fn resolve(&mut self, stamp: Stamp) -> Option<i64> {
        let micros = match stamp {
            Stamp::Utc(micros) => Some(micros),
            Stamp::Local(local) => {
                self.assumed_zone = true;
                Some(self.zone.utc_of_local(local) - self.skew)
            }
            Stamp::Yearless {
                month,
                day,
                time_micros,
            } => {
                self.assumed_zone = true;
                self.assumed_year = true;
                let day = YearDay { month, day };
                let year = self.years.year_for(day);
                let midnight =
                    civil_micros(year, day.month, day.day, 0, 0, 0, 0).or_else(|| {
                        // A leap day in a year that has none: the day after the last of February.
                        civil_micros(year, 3, 1, 0, 0, 0, 0).filter(|_| day.is_leap_day())
                    })?;
                Some(self.zone.utc_of_local(midnight + time_micros) - self.skew)
            }
            Stamp::Absent => None,
        };
        micros.filter(|micros| Timestamp::from_microsecond(*micros).is_ok())
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

    /// The years that a clock gives to lines of these days; it begins in 2025, and nothing is younger than `newest`.
    fn years(days: &[YearDay], newest: i64) -> Vec<i64> {
        let mut clock = Clock::new(Zone::new(TimeZone::UTC), 2025).up_to(newest);
        let stamps = days.iter().map(|day| Stamp::Yearless {
            month: day.month,
            day: day.day,
            time_micros: 3 * MICROS_PER_SECOND,
        });
        stamps
            .map(|stamp| year_of(clock.resolve(stamp).unwrap()))
            .collect()
    }

    #[test]
    fn a_clock_that_nobody_has_set_makes_no_new_year() {
        let newest = at(2027, 1, 1);
        for (before, boot, after) in [
            (day(11, 5), day(1, 1), day(11, 6)),
            (day(11, 5), day(12, 31), day(11, 5)),
            (day(12, 5), day(1, 1), day(12, 6)),
            (day(2, 10), day(12, 31), day(2, 11)),
            (day(2, 10), day(1, 1), day(2, 9)),
        ] {
            let days = [before, boot, after, after];
            assert_eq!(first_year(&days, at(2026, after.month, after.day)), 2026);
            let found = years(&days, newest);
            assert_eq!((found[0], found[2]), (2025, 2025), "{days:?}");
        }
        // Two days without a clock, and then New Year.
        let days = [day(11, 5), day(1, 1), day(1, 2), day(11, 7), day(1, 3)];
        assert_eq!(first_year(&days, at(2026, 1, 3)), 2025);
        let found = years(&days, newest);
        assert_eq!((found[3], found[4]), (2025, 2026));
        // New Year itself, with lines that come late.
        let days = [day(12, 31), day(1, 1), day(12, 31), day(1, 1), day(1, 2)];
        assert_eq!(first_year(&days, at(2026, 1, 3)), 2025);
        assert_eq!(years(&days, newest), [2025, 2026, 2025, 2026, 2026]);
        assert_eq!(
            first_year(&[day(12, 31), day(1, 1), day(12, 31)], newest),
            2026
        );
    }

    #[test]
    fn no_line_is_younger_than_its_file() {
        let days = [day(11, 5), day(8, 11), day(11, 6), day(11, 7)];
        assert_eq!(years(&days, at(2025, 11, 7)), [2025; 4]);
        assert_eq!(years(&days, at(2026, 11, 7)), [2025, 2026, 2026, 2026]);
    }

    #[test]
    fn a_time_that_no_calendar_has_is_absent() {
        let mut clock = Clock::new(Zone::new(TimeZone::UTC), 2025);
        let last = civil_micros(9999, 12, 31, 23, 59, 59, 0).unwrap();
        for stamp in [
            Stamp::Utc(i64::MAX),
            Stamp::Utc(999_999_999_999_999_999),
            Stamp::Utc(i64::MIN),
            Stamp::Utc(last),
            Stamp::Local(last),
        ] {
            assert_eq!(clock.resolve(stamp), None, "{stamp:?}");
        }
        assert_eq!(clock.resolve(Stamp::Utc(0)), Some(0));
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

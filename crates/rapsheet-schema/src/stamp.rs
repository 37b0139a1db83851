//! The time of a line as the line gives it, before year and zone are known.

/// Microseconds in a second.
pub const MICROS_PER_SECOND: i64 = 1_000_000;

/// The time that a line carries. A reader turns it into UTC: it knows the zone and finds the year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stamp {
    /// Microseconds since 1970-01-01 00:00 UTC.
    Utc(i64),
    /// A date and a time of day without a zone, as microseconds since 1970-01-01 00:00 on that same clock.
    Local(i64),
    /// A syslog time (RFC 3164): no year and no zone.
    Yearless {
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
        /// Microseconds since midnight.
        time_micros: i64,
    },
    /// The line has no time.
    #[default]
    Absent,
}

/// Counts the days from 1970-01-01 to a day of the proleptic Gregorian calendar.
///
/// See Howard Hinnant, *chrono-compatible low-level date algorithms*.
#[must_use]
pub const fn days_from_civil(year: i64, month: u8, day: u8) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = if year >= 0 { year } else { year - 399 } / 400;
    let year_of_era = year - era * 400;
    let shifted = (month as i64 + 9) % 12;
    let day_of_year = (153 * shifted + 2) / 5 + day as i64 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Turns a date and a time of day into microseconds since 1970 on the same clock; `None` where there is no such day or
/// time. A leap second (60) is taken as the second after 59.
#[must_use]
pub const fn civil_micros(
    year: i64,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    micros: u32,
) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let month_days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if day == 0 || day > month_days || hour > 23 || minute > 59 || second > 60 || micros > 999_999 {
        return None;
    }
    if year < 1970 || year > 9999 {
        return None;
    }
    let seconds = days_from_civil(year, month, day) * 86_400
        + hour as i64 * 3_600
        + minute as i64 * 60
        + second as i64;
    Some(seconds * MICROS_PER_SECOND + micros as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_days_agree_with_known_dates() {
        assert_eq!(days_from_civil(1970, 1, 1), 0);
        assert_eq!(days_from_civil(2000, 2, 29), 11_016);
        assert_eq!(days_from_civil(2024, 12, 31), 20_088);
        assert_eq!(
            civil_micros(2014, 10, 12, 12, 36, 1, 0),
            Some(1_413_117_361_000_000)
        );
        assert_eq!(civil_micros(2023, 2, 29, 0, 0, 0, 0), None);
        assert_eq!(civil_micros(2023, 2, 28, 24, 0, 0, 0), None);
    }
}

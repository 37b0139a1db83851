//! The calendar: seconds since 1970 in UTC, to and from dates.
//!
//! The arithmetic is Howard Hinnant's (<https://howardhinnant.github.io/date_algorithms.html>).

/// English names of the months, as syslog and access logs write them.
pub(crate) const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// A date and time of day in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
}

impl Civil {
    /// The date of a number of seconds since 1970.
    pub(crate) const fn of(seconds: i64) -> Self {
        let of_day = seconds.rem_euclid(DAY);
        let days = seconds.div_euclid(DAY) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // Months count from March here, so that the leap day comes last.
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        Self {
            year,
            month: month as u8,
            day: (day_of_year - (153 * from_march + 2) / 5 + 1) as u8,
            hour: (of_day / 3_600) as u8,
            minute: (of_day / 60 % 60) as u8,
            second: (of_day % 60) as u8,
        }
    }

    /// The month's English name.
    pub(crate) fn month_name(self) -> &'static str {
        MONTHS[usize::from(self.month.saturating_sub(1)) % 12]
    }

    /// `Jan  4 05:06:07`: the head of RFC 3164.
    pub(crate) fn syslog(self) -> String {
        format!(
            "{} {:>2} {:02}:{:02}:{:02}",
            self.month_name(),
            self.day,
            self.hour,
            self.minute,
            self.second
        )
    }

    /// `2026-01-04 05:06:07`, or with another character between the date's parts.
    pub(crate) fn dashed(self, between: char) -> String {
        format!(
            "{:04}{between}{:02}{between}{:02} {:02}:{:02}:{:02}",
            self.year, self.month, self.day, self.hour, self.minute, self.second
        )
    }

    /// `04/Jan/2026:05:06:07 +0000`: the time of an access log.
    pub(crate) fn access(self) -> String {
        format!(
            "{:02}/{}/{:04}:{:02}:{:02}:{:02} +0000",
            self.day,
            self.month_name(),
            self.year,
            self.hour,
            self.minute,
            self.second
        )
    }

    /// `Sun Jan 04 05:06:07.120000 2026`: the time of Apache's error log.
    pub(crate) fn apache_error(self, millis: i64) -> String {
        let midnight = midnight(self.year, i64::from(self.month), i64::from(self.day));
        let weekday = WEEKDAYS[midnight.div_euclid(DAY).rem_euclid(7) as usize];
        format!(
            "{weekday} {} {:02} {:02}:{:02}:{:02}.{millis:03}000 {:04}",
            self.month_name(),
            self.day,
            self.hour,
            self.minute,
            self.second,
            self.year
        )
    }
}

/// English names of the days, from the day of 1970-01-01.
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// Seconds since 1970 of midnight of a date.
pub(crate) const fn midnight(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let from_march = (month + 9) % 12;
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era - 719_468) * DAY
}

#[cfg(test)]
mod tests {
    use super::{Civil, DAY, midnight};

    #[test]
    fn dates_go_there_and_back() {
        assert_eq!(midnight(1970, 1, 1), 0);
        assert_eq!(midnight(2026, 1, 1), 1_767_225_600);
        for day in -800_000..800_000 {
            let civil = Civil::of(day * DAY);
            let back = midnight(civil.year, i64::from(civil.month), i64::from(civil.day));
            assert_eq!(back, day * DAY, "{civil:?}");
        }
    }

    #[test]
    fn texts() {
        let civil = Civil::of(midnight(2026, 1, 4) + 3_661);
        assert_eq!(civil.syslog(), "Jan  4 01:01:01");
        assert_eq!(civil.dashed('-'), "2026-01-04 01:01:01");
        assert_eq!(civil.access(), "04/Jan/2026:01:01:01 +0000");
        assert_eq!(civil.apache_error(7), "Sun Jan 04 01:01:01.007000 2026");
    }
}

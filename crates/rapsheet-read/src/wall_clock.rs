//! What the clocks of the wanted zone show in an hour: the day, the weekday, the hour of the day.

use rapsheet_schema::MICROS_PER_SECOND;

use crate::clock::Zone;

const HOUR_MICROS: i64 = 3_600 * MICROS_PER_SECOND;
const DAY_MICROS: i64 = 24 * HOUR_MICROS;

/// What clocks show. The hour's beginning stands for it, in zones with an offset of half an hour too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WallClock {
    /// Days since 1970-01-01.
    pub(crate) day: i64,
    /// 1 is Monday.
    pub(crate) weekday: i64,
    /// 0 to 23.
    pub(crate) hour_of_day: i64,
}

impl WallClock {
    /// Reads the clocks in an hour, counted since 1970 in UTC.
    pub(crate) fn at_hour(hour: i64, zone: &mut Zone) -> Self {
        let at = zone.local_of_utc(hour * HOUR_MICROS);
        let day = at.div_euclid(DAY_MICROS);
        Self {
            day,
            // 1970-01-01 was a Thursday.
            weekday: (day + 3).rem_euclid(7) + 1,
            hour_of_day: at.rem_euclid(DAY_MICROS) / HOUR_MICROS,
        }
    }
}

/// Writes a day, counted from 1970-01-01, as `2026-01-31`.
pub(crate) fn format_day(day: i64) -> String {
    jiff::civil::date(1970, 1, 1)
        .checked_add(jiff::Span::new().days(day.clamp(-719_000, 2_900_000)))
        .map_or_else(|_| String::new(), |date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    #[test]
    fn an_hour_is_read_in_its_zone() {
        let mut zone = Zone::new(TimeZone::get("Asia/Kolkata").unwrap());
        // 2026-01-31 20:00 UTC is 01:30 on 1 February in India, a Sunday.
        let hour = (rapsheet_schema::days_from_civil(2026, 1, 31) * 24) + 20;
        let shown = WallClock::at_hour(hour, &mut zone);
        assert_eq!((shown.weekday, shown.hour_of_day), (7, 1));
        assert_eq!(format_day(shown.day), "2026-02-01");
    }
}

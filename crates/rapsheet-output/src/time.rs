//! Times as text, always UTC. Zones are the caller's: see [`crate::FormatOptions::time`].

use rapsheet_schema::MICROS_PER_SECOND;

const SECONDS_PER_DAY: i64 = 86_400;

/// Writes a time as RFC 3339 with `Z`, always with six digits of a second: `2026-01-31T13:45:10.000000Z`.
///
/// One fixed form, because readers that guess a column's type take the first cell's form for all of them.
#[must_use]
pub fn rfc3339(micros: i64) -> String {
    let mut out = iso(micros);
    out.push('Z');
    out
}

/// Writes a time that has no zone: [`rfc3339`] without the `Z`.
#[must_use]
pub fn iso(micros: i64) -> String {
    let mut out = String::with_capacity(LENGTH);
    push_second(&mut out, micros, 'T');
    out.push('.');
    push_digits(&mut out, micros.rem_euclid(MICROS_PER_SECOND), 6);
    out
}

/// Writes a time for people: `2026-01-31 13:45:10`.
#[must_use]
pub fn plain(micros: i64) -> String {
    let mut out = String::with_capacity(LENGTH);
    push_second(&mut out, micros, ' ');
    out
}

/// Writes a day given as days since 1970-01-01: `2026-01-31`. Years beyond 9999 get a sign, as ISO 8601 wants.
#[must_use]
pub fn date(days: i64) -> String {
    let mut out = String::with_capacity(LENGTH);
    push_date(&mut out, days);
    out
}

/// Room for the longest usual form.
const LENGTH: usize = 32;

fn push_second(out: &mut String, micros: i64, between: char) {
    let seconds = micros.div_euclid(MICROS_PER_SECOND);
    push_date(out, seconds.div_euclid(SECONDS_PER_DAY));
    let second = seconds.rem_euclid(SECONDS_PER_DAY);
    for (before, part) in [
        (between, second / 3600),
        (':', second / 60 % 60),
        (':', second % 60),
    ] {
        out.push(before);
        push_digits(out, part, 2);
    }
}

fn push_date(out: &mut String, days: i64) {
    let (year, month, day) = civil_from_days(days);
    match year {
        0..=9999 => push_digits(out, year, 4),
        _ => out.push_str(&format!("{year:+05}")),
    }
    out.push('-');
    push_digits(out, month, 2);
    out.push('-');
    push_digits(out, day, 2);
}

/// Writes a number with leading zeros: a file has one time or more in each row, and `format!` is several times slower.
fn push_digits(out: &mut String, value: i64, digits: u32) {
    for place in (0..digits).rev() {
        // One digit always fits.
        let digit = u8::try_from(value / 10_i64.pow(place) % 10).unwrap_or(0);
        out.push(char::from(b'0' + digit));
    }
}

/// The inverse of [`rapsheet_schema::days_from_civil`].
///
/// See Howard Hinnant, *chrono-compatible low-level date algorithms*.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapsheet_schema::{civil_micros, days_from_civil};

    #[test]
    fn every_day_of_three_centuries_comes_back() {
        for days in -40_000..80_000 {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month as u8, day as u8), days);
        }
    }

    #[test]
    fn times_have_one_form() {
        let micros = civil_micros(2026, 1, 31, 13, 45, 10, 250).unwrap();
        assert_eq!(rfc3339(micros), "2026-01-31T13:45:10.000250Z");
        assert_eq!(plain(micros), "2026-01-31 13:45:10");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999999Z");
        assert_eq!(rfc3339(i64::MAX), "+294247-01-10T04:00:54.775807Z");
        assert_eq!(plain(i64::MIN), "-290308-12-21 19:59:05");
    }
}

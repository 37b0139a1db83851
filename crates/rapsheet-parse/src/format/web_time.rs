//! The times that web servers write.

use rapsheet_schema::{MICROS_PER_SECOND, Stamp, civil_micros};

use crate::text::{clock, digits, fraction_micros, month_of};

const MINUTE: i64 = 60 * MICROS_PER_SECOND;

/// Reads what stands in an access line's brackets: `10/Oct/2000:13:55:36 -0700`; without a zone it is local time.
/// Also cPanel's `10/31/2000:13:55:36 -0700` and ISO 8601.
pub(crate) fn bracketed(text: &str) -> Option<Stamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 16 {
        return None;
    }
    let first = memchr::memchr(b'/', &bytes[..3]);
    let Some(first) = first else {
        return iso(text);
    };
    let second = first + 1 + memchr::memchr(b'/', bytes.get(first + 1..first + 5)?)?;
    let (left, middle) = (&bytes[..first], &bytes[first + 1..second]);
    let (day, month) = match month_of(middle) {
        Some(month) => (digits(left)?, month),
        None => (digits(middle)?, digits(left)?),
    };
    let year: i64 = digits(bytes.get(second + 1..second + 5)?)?;
    if bytes.get(second + 5) != Some(&b':') {
        return None;
    }
    let of_day = clock(bytes.get(second + 6..)?)?;
    let micros = civil_micros(year, month, day, 0, 0, 0, 0)? + of_day;
    let rest = text.get(second + 14..)?.trim();
    let (fraction, zone) = fraction_at_start(rest);
    with_zone(micros + fraction, zone.trim())
}

/// Reads ISO 8601: `2026-01-31T12:00:00.123+01:00`, with `T` or a space, with or without fraction and zone.
pub(crate) fn iso(text: &str) -> Option<Stamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 19 || !matches!(bytes[10], b'T' | b't' | b' ') {
        return None;
    }
    let separator = bytes[4];
    if !matches!(separator, b'-' | b'/') || bytes[7] != separator {
        return None;
    }
    let day = civil_micros(
        digits(&bytes[..4])?,
        digits(&bytes[5..7])?,
        digits(&bytes[8..10])?,
        0,
        0,
        0,
        0,
    )?;
    let micros = day + clock(&bytes[11..])?;
    let (fraction, zone) = fraction_at_start(text.get(19..)?);
    with_zone(micros + fraction, zone.trim())
}

/// Reads seconds since 1970 with a fraction, as a number's text: `1693840791.7564995`. Thirteen digits and more are
/// milli-, micro- or nanoseconds.
pub(crate) fn epoch(text: &str) -> Option<Stamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.len() > 19 {
        return None;
    }
    let value: i64 = whole.parse().ok().filter(|value| *value > 0)?;
    let micros = match whole.len() {
        0..=11 => {
            value * MICROS_PER_SECOND + fraction_micros(fraction.as_bytes()).map_or(0, i64::from)
        }
        12..=14 => value * 1_000,
        15..=17 => value,
        _ => value / 1_000,
    };
    Some(Stamp::Utc(micros))
}

/// Reads Apache's error time: `Sat Jul 20 21:34:49.453232 2013`.
pub(crate) fn apache_error(text: &str) -> Option<Stamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 24 || bytes[3] != b' ' || bytes[7] != b' ' {
        return None;
    }
    let month = month_of(&bytes[4..7])?;
    let day_text = text.get(8..10)?.trim_start();
    let day = digits(day_text.trim_end().as_bytes())?;
    let rest = text.get(10..)?.trim_start();
    let of_day = clock(rest.as_bytes())?;
    let (fraction, year) = fraction_at_start(rest.get(8..)?);
    let year: i64 = digits(year.trim().as_bytes())?;
    let micros = civil_micros(year, month, day, 0, 0, 0, 0)? + of_day + fraction;
    Some(Stamp::Local(micros))
}

/// Takes `.123` or `,123` off the start: its microseconds, and what is behind it.
fn fraction_at_start(text: &str) -> (i64, &str) {
    let Some(rest) = text.strip_prefix(['.', ',']) else {
        return (0, text);
    };
    let len = rest.bytes().take_while(u8::is_ascii_digit).count();
    let micros = fraction_micros(&rest.as_bytes()[..len]).map_or(0, i64::from);
    (micros, &rest[len..])
}

fn with_zone(micros: i64, zone: &str) -> Option<Stamp> {
    let bytes = zone.as_bytes();
    let sign = match bytes.first() {
        None => return Some(Stamp::Local(micros)),
        Some(b'Z' | b'z') if bytes.len() == 1 => return Some(Stamp::Utc(micros)),
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ if zone == "UTC" || zone == "GMT" => return Some(Stamp::Utc(micros)),
        _ => return None,
    };
    let hours: i64 = digits(bytes.get(1..3)?)?;
    let minutes: i64 = match bytes.get(3..)? {
        [] => 0,
        [b':', minutes @ ..] | minutes => digits(minutes)?,
    };
    if hours > 15 || minutes > 59 {
        return None;
    }
    Some(Stamp::Utc(micros - sign * (hours * 60 + minutes) * MINUTE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_servers_write_them() {
        let utc = |seconds: i64| Some(Stamp::Utc(seconds * MICROS_PER_SECOND));
        let local = |seconds: i64| Some(Stamp::Local(seconds * MICROS_PER_SECOND));
        assert_eq!(bracketed("10/Oct/2000:13:55:36 -0700"), utc(971_211_336));
        assert_eq!(bracketed("1/Apr/2014:00:00:01 -0500"), utc(1_396_328_401));
        assert_eq!(bracketed("27/Jun/2013:11:55:44"), local(1_372_334_144));
        assert_eq!(bracketed("31/Jan/2015:14:29:44 "), local(1_422_714_584));
        assert_eq!(bracketed("06/10/2021:11:19:31 -0000"), utc(1_623_323_971));
        assert_eq!(bracketed("2021-06-10T11:19:31+00:00"), utc(1_623_323_971));
        assert_eq!(bracketed("32/Jan/2015:14:29:44 +0000"), None);
        assert_eq!(bracketed("10/Oct/2000:13:55:36 -07"), utc(971_211_336));
        assert_eq!(bracketed("error] some long text here"), None);
        assert_eq!(iso("2021-06-10T11:19:31Z"), utc(1_623_323_971));
        assert_eq!(
            iso("2021-06-10T11:19:31.5+02:00"),
            Some(Stamp::Utc(1_623_316_771_500_000))
        );
        assert_eq!(
            epoch("1693840791.7564995"),
            Some(Stamp::Utc(1_693_840_791_756_499))
        );
        assert_eq!(
            epoch("1693840791756"),
            Some(Stamp::Utc(1_693_840_791_756_000))
        );
        assert_eq!(
            apache_error("Sat Jul 20 21:34:49.453232 2013"),
            Some(Stamp::Local(1_374_356_089_453_232))
        );
        assert_eq!(
            apache_error("Sat Jul  6 21:34:49 2013"),
            local(1_373_146_489)
        );
    }
}

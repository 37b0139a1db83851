//! The stamps that loggers of supervisors put before a line: svlogd of runit, multilog of daemontools, s6-log.
//!
//! runit: <http://smarden.org/runit/svlogd.8.html>; TAI64N: <https://cr.yp.to/libtai/tai64.html>. `-tt` and `-ttt` write
//! UTC as `2020-01-28_17:45:01.00412` (with a `T` for the `_`), `-t` a label of TAI64N. socklog puts facility and severity behind
//! it, and then the record as it came.
//!
//! ```text
//! 2020-01-28_17:45:01.00412 Accepted publickey for alice from 192.0.2.7 port 40022 ssh2
//! ```
//!
//! # Not supported
//!
//! A stamp with a `T`, which other daemons write too, where no program's name follows.

use rapsheet_schema::{MICROS_PER_SECOND, Stamp, civil_micros};

use crate::format::syslog;
use crate::line::Head;
use crate::text::{clock, digits, fraction_micros};

/// Takes the stamp off, and what socklog puts behind it.
pub(crate) fn open(line: &str) -> Option<(Head<'_>, &str)> {
    let (stamp, rest) = if line.starts_with('@') {
        tai64n(line)?
    } else {
        utc(line)?
    };
    let rest = rest.strip_prefix(' ')?;
    let inner = match rest.split_once(": ") {
        Some((level, inner)) if syslog::is_level(level) => inner,
        _ => rest,
    };
    let head = Head {
        stamp,
        ..Head::default()
    };
    Some((head, inner))
}

/// `2020-01-28_17:45:01.00412`
fn utc(line: &str) -> Option<(Stamp, &str)> {
    let bytes = line.as_bytes();
    if bytes.get(10) != Some(&b'_') || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
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
    let time = clock(&bytes[11..])?;
    let mut end = 19;
    let mut micros = 0;
    if bytes.get(end) == Some(&b'.') {
        let run = bytes[end + 1..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        micros = fraction_micros(&bytes[end + 1..end + 1 + run])?;
        end += 1 + run;
    }
    Some((Stamp::Utc(day + time + i64::from(micros)), line.get(end..)?))
}

/// `@400000005e3074bb0003ed18`: seconds since 1970 in TAI, which these loggers keep ten seconds ahead of UTC, and nanoseconds.
fn tai64n(line: &str) -> Option<(Stamp, &str)> {
    const LABEL_OF_1970: i64 = (1 << 62) + 10;
    let label = line.get(1..25)?;
    if !label.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let seconds = i64::from_str_radix(&label[..16], 16).ok()? - LABEL_OF_1970;
    let nanos = i64::from_str_radix(&label[16..], 16).ok()?;
    // Until the year 5138.
    let in_range = (0..100_000_000_000).contains(&seconds) && nanos < 1_000_000_000;
    let micros = in_range.then(|| seconds * MICROS_PER_SECOND + nanos / 1_000)?;
    Some((Stamp::Utc(micros), &line[25..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_read() {
        let opened = |line| open(line).map(|(head, inner)| (head.stamp, inner));
        assert_eq!(
            opened("2020-01-28_17:45:01.00412 text"),
            Some((Stamp::Utc(1_580_233_501_004_120), "text"))
        );
        assert_eq!(
            opened("@400000005e30733400000000 auth.info: text"),
            Some((Stamp::Utc(1_580_233_514_000_000), "text"))
        );
        for line in [
            "2020-01-28 17:45:01 text",
            "2020-01-28_17:45:01",
            "2020-13-28_17:45:01 text",
            "@40000000é",
            "@400000005e307334000000",
            "@ffffffffffffffff00000000 text",
            "@",
        ] {
            assert_eq!(opened(line), None, "{line}");
        }
    }
}

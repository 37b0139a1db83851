//! The span of time that is asked for: `--since`, `--until`, `--last`.

use anyhow::{Result, bail};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::arguments::InputArguments;

/// Returns from when and until when events are wanted, in UTC microseconds.
pub(crate) fn time_span(
    input: &InputArguments,
    timezone: &TimeZone,
    now: Timestamp,
) -> Result<(Option<i64>, Option<i64>)> {
    if let Some(last) = &input.last {
        let micros = stretch(last)?;
        return Ok((Some(now.as_microsecond() - micros), None));
    }
    let time = |text: &Option<String>, flag: &str| -> Result<Option<i64>> {
        text.as_deref().map(|text| point(text, timezone, now).map_err(|_| anyhow::anyhow!("`{flag} {text}` is no time\nhint: write `2026-01-31`, `2026-01-31 13:00`, `2026-01-31T13:00:00Z`, or `7d` for seven days ago"))).transpose()
    };
    let (since, until) = (
        time(&input.since, "--since")?,
        time(&input.until, "--until")?,
    );
    if let (Some(since), Some(until)) = (since, until)
        && since >= until
    {
        bail!("`--since` is not before `--until`");
    }
    Ok((since, until))
}

/// Reads a stretch of time such as `7d`, in microseconds.
pub(crate) fn stretch(text: &str) -> Result<i64> {
    let wrong = || {
        anyhow::anyhow!("`{text}` is no stretch of time\nhint: write `7d`, `12h`, `90m` or `4w`")
    };
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let number: i64 = text[..split].parse().map_err(|_| wrong())?;
    let seconds = match text[split..].trim() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return Err(wrong()),
    };
    number
        .checked_mul(seconds * 1_000_000)
        .filter(|micros| *micros < (1 << 60))
        .ok_or_else(wrong)
}

/// Reads a point in time, in UTC microseconds.
fn point(text: &str, timezone: &TimeZone, now: Timestamp) -> Result<i64> {
    let text = text.trim();
    if let Ok(micros) = stretch(text) {
        return Ok(now.as_microsecond() - micros);
    }
    if let Ok(utc) = text.parse::<Timestamp>() {
        return Ok(utc.as_microsecond());
    }
    let today = now.to_zoned(timezone.clone()).date();
    let local = match text {
        "today" => today.to_datetime(jiff::civil::time(0, 0, 0, 0)),
        "yesterday" => today
            .checked_sub(Span::new().days(1))?
            .to_datetime(jiff::civil::time(0, 0, 0, 0)),
        _ => text
            .parse::<DateTime>()
            .or_else(|_| format!("{text}:00").parse::<DateTime>())
            .or_else(|_| {
                text.parse::<Date>()
                    .map(|date| date.to_datetime(jiff::civil::time(0, 0, 0, 0)))
            })?,
    };
    Ok(timezone
        .to_ambiguous_timestamp(local)
        .compatible()?
        .as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let zone = TimeZone::get("Europe/Zurich").unwrap();
        let now: Timestamp = "2026-02-01T12:00:00Z".parse().unwrap();
        let at = |text: &str| {
            point(text, &zone, now)
                .map(|micros| micros / 1_000_000)
                .ok()
        };
        assert_eq!(at("2026-01-31"), Some(1_769_814_000));
        assert_eq!(at("2026-01-31 13:00"), Some(1_769_814_000 + 13 * 3600));
        assert_eq!(at("2026-01-31T13:00:00Z"), Some(1_769_864_400));
        assert_eq!(at("1d"), Some(now.as_second() - 86_400));
        assert_eq!(at("31.1.2026"), None);
        assert_eq!(at("soon"), None);
        assert!(stretch("7x").is_err());
        assert!(stretch("99999999999w").is_err());
    }
}

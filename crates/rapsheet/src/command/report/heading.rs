//! What a report says of itself: a title that names servers and period, what was assumed of times, and how to read the same again.

use std::path::Path;

use anyhow::Result;
use arrow::array::{Array, AsArray};
use arrow::compute::{cast, max, min};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rapsheet_read::Assumption;
use rapsheet_report::{Assumed, Verdict};
use serde_json::Value;

use crate::arguments::InputArguments;

/// Servers that a title names; of more it tells how many there are.
const NAMED_HOSTS: usize = 2;
/// Signs of a server's name that a title shows.
const HOST_SIGNS: usize = 40;
/// Files whose assumed years are told one by one.
const TOLD_YEARS: usize = 20;

/// Returns the first and the last time that any address was seen, in microseconds.
pub(super) fn period(addresses: &RecordBatch) -> Result<Option<(i64, i64)>> {
    let micros = |name| -> Result<_> {
        let zone = Some("UTC".into());
        let column = addresses.column_by_name(name);
        let wanted = DataType::Timestamp(TimeUnit::Microsecond, zone);
        Ok(column.map(|column| cast(column, &wanted)).transpose()?)
    };
    let (Some(first), Some(last)) = (micros("first_seen")?, micros("last_seen")?) else {
        return Ok(None);
    };
    let first = min(first.as_primitive::<TimestampMicrosecondType>());
    let last = max(last.as_primitive::<TimestampMicrosecondType>());
    Ok(first.zip(last))
}

/// Makes the title of a report that was given none: `web1, mail and 3 more, 29 Nov to 5 Dec 2025`.
pub(super) fn title(
    hosts: &RecordBatch,
    period: Option<(i64, i64)>,
    now: i64,
    timezone: &TimeZone,
) -> Result<String> {
    let names = match hosts.column_by_name("host_name") {
        Some(names) => cast(names, &DataType::Utf8)?,
        None => return Ok("rapsheet".to_owned()),
    };
    let names = names.as_string::<i32>();
    let shown: Vec<String> = names.iter().flatten().take(NAMED_HOSTS).map(cut).collect();
    let more = (names.len() - names.null_count()).saturating_sub(NAMED_HOSTS);
    let whose = match (shown.as_slice(), more) {
        ([], _) => "rapsheet".to_owned(),
        (shown, 0) => shown.join(" and "),
        (shown, more) => format!("{} and {more} more", shown.join(", ")),
    };
    let when = match period {
        Some((first, last)) => days(first, last, timezone),
        None => day(now, timezone, "%-d %b %Y"),
    };
    Ok(format!("{whose}, {when}"))
}

/// A server's name, as much of it as a title has room for.
fn cut(name: &str) -> String {
    if name.chars().count() <= HOST_SIGNS {
        return name.to_owned();
    }
    let begin: String = name.chars().take(HOST_SIGNS).collect();
    format!("{begin}…")
}

fn day(micros: i64, timezone: &TimeZone, form: &str) -> String {
    let at = Timestamp::from_microsecond(micros).unwrap_or_default();
    at.to_zoned(timezone.clone()).strftime(form).to_string()
}

/// The days of a period: `29 Nov to 5 Dec 2025`, with a year behind the first day where it is another.
fn days(first: i64, last: i64, timezone: &TimeZone) -> String {
    let of = |micros, form| day(micros, timezone, form);
    let end = of(last, "%-d %b %Y");
    let begin = of(first, "%-d %b %Y");
    if begin == end {
        return end;
    }
    let begin = match of(first, "%Y") == of(last, "%Y") {
        true if of(first, "%b") == of(last, "%b") => of(first, "%-d"),
        true => of(first, "%-d %b"),
        false => begin,
    };
    format!("{begin} to {end}")
}

/// Says what was assumed of times that the logs don't tell whole; without the names of files where they are hidden.
pub(super) fn assumed(assumptions: &[Assumption], hides_names: bool) -> Vec<Assumed> {
    let mut told = Vec::new();
    let mut years: Vec<(&Assumption, i64, i64)> = Vec::new();
    for assumption in assumptions {
        match assumption {
            Assumption::Zone { .. } => told.push(Assumed {
                kind: "zone",
                text: assumption.to_string(),
            }),
            Assumption::Years { first, last, .. } => years.push((assumption, *first, *last)),
            Assumption::Skew { .. } if !hides_names => told.push(Assumed {
                kind: "skew",
                text: assumption.to_string(),
            }),
            _ => {}
        }
    }
    let first = years.iter().map(|(_, first, _)| *first).min();
    let last = years.iter().map(|(_, _, last)| *last).max();
    if let Some((first, last)) = first.zip(last)
        && (hides_names || years.len() > 1)
    {
        let span = if first == last {
            first.to_string()
        } else {
            format!("{first} to {last}")
        };
        let files = match years.len() {
            1 => "1 file".to_owned(),
            files => format!("{files} files"),
        };
        told.push(Assumed {
            kind: "years",
            text: format!(
                "lines without a year are taken as {span} in {files} (`--year` overrides)"
            ),
        });
    }
    if !hides_names {
        told.extend(
            years
                .iter()
                .take(TOLD_YEARS)
                .map(|(assumption, ..)| Assumed {
                    kind: "years",
                    text: assumption.to_string(),
                }),
        );
    }
    told
}

/// Takes the verdict's three answers; without their grounds where names are hidden, because grounds name addresses and users.
pub(super) fn verdict(answers: Option<Value>, hides_names: bool) -> Vec<Verdict> {
    let answers = match answers {
        Some(Value::Array(answers)) => answers,
        _ => return Vec::new(),
    };
    let told = answers.iter().map(|answer| {
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        Verdict {
            question: text("question"),
            answer: text("answer"),
            ground: if hides_names {
                String::new()
            } else {
                text("ground")
            },
        }
    });
    told.collect()
}

/// Returns the arguments with which another command reads the same.
pub(super) fn arguments(input: &InputArguments) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let options = [
        ("--since", input.since.clone()),
        ("--until", input.until.clone()),
        ("--last", input.last.clone()),
        ("--timezone", input.timezone.clone()),
        ("--show-timezone", input.show_timezone.clone()),
        ("--year", input.year.map(|year| year.to_string())),
        ("--known", input.known.as_deref().map(text)),
        ("--cache", input.cache.as_deref().map(text)),
    ];
    for (option, value) in options {
        words.extend(value.map(|value| format!("{option}={value}")));
    }
    words.extend(input.no_geo.then(|| "--no-geo".to_owned()));
    words.extend(input.paths.iter().map(|path| text(path)));
    // What follows `--geo` and is no database is a path.
    if !input.geo.is_empty() {
        words.push("--geo".to_owned());
        words.extend(input.geo.iter().map(|path| text(path)));
    }
    words
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_says_no_year_and_month_twice() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_microsecond();
        let told = |first, last| days(at(first), at(last), &TimeZone::UTC);
        let end = "2026-12-05T23:00:00Z";
        assert_eq!(told("2026-12-05T01:00:00Z", end), "5 Dec 2026");
        assert_eq!(told("2026-12-01T01:00:00Z", end), "1 to 5 Dec 2026");
        assert_eq!(told("2026-11-29T01:00:00Z", end), "29 Nov to 5 Dec 2026");
        assert_eq!(
            told("2025-12-01T01:00:00Z", end),
            "1 Dec 2025 to 5 Dec 2026"
        );
    }

    #[test]
    fn years_are_told_without_files_where_names_are_hidden() {
        let years = |name: &str, year| Assumption::Years {
            name: name.to_owned(),
            first: year,
            last: year,
        };
        let all = [years("alice.log", 2020), years("bob.log", 2026)];
        let told: Vec<String> = assumed(&all, true)
            .into_iter()
            .map(|one| one.text)
            .collect();
        let expected =
            "lines without a year are taken as 2020 to 2026 in 2 files (`--year` overrides)";
        assert_eq!(told, [expected]);
        assert_eq!(assumed(&all, false).len(), 3);
    }
}

//! The lists of a rap sheet, each about the addresses that were asked for.

use jiff::tz::TimeZone;
use rapsheet_output::Tone;

use super::failures::{by_network, failures_before};
use crate::answer::Row;
use crate::command::list::{ListColumn, ListLines, ListSpec, user_name};
use crate::local_time::local_text;

/// Rows of each list.
pub(super) const ROWS: i64 = 10;
/// Days that have a bar.
pub(super) const DAYS_SHOWN: usize = 31;

/// The addresses of a network or an autonomous system.
pub(super) const ADDRESSES: ListSpec = ListSpec {
    query: "show/addresses",
    limit: Some(ROWS),
    title: "Addresses, the worst first",
    lines: ListLines::Ranked {
        columns: &[
            ListColumn::address("address", "source_ip"),
            ListColumn::count("score", "threat_score"),
            ListColumn::text("why", "threat_reasons"),
        ],
        unit: "attempts",
    },
    table: Some("addresses"),
    ..ListSpec::USUAL
};

/// The successful logins. What failed before the first of them is also among the facts.
pub(super) const LOGINS: ListSpec = ListSpec {
    query: "show/logins",
    limit: Some(ROWS),
    title: "Successful logins",
    lines: ListLines::Sentences(login),
    table: Some("logins"),
    ..ListSpec::USUAL
};

/// The lists that follow the logins.
pub(super) const AFTER_LOGINS: [ListSpec; 3] = [
    ListSpec {
        query: "show/users",
        limit: Some(ROWS),
        title: "User names tried",
        lines: ListLines::Ranked {
            columns: &[ListColumn::made("user", user_name)],
            unit: "attempts",
        },
        table: Some("address_users"),
        ..ListSpec::USUAL
    },
    ListSpec {
        query: "show/paths",
        limit: Some(ROWS),
        title: "Paths probed",
        lines: ListLines::Ranked {
            columns: &[
                ListColumn::text("path", "url_path"),
                ListColumn::text("as", "reason"),
                ListColumn::count("answered", "answered"),
            ],
            unit: "requests",
        },
        table: Some("address_paths"),
        ..ListSpec::USUAL
    },
    ListSpec {
        query: "show/bans",
        limit: Some(ROWS),
        title: "Bans, the latest first",
        lines: ListLines::Sentences(ban),
        table: Some("bans"),
        ..ListSpec::USUAL
    },
];

/// The attempts of each day.
pub(super) const DAYS: ListSpec = ListSpec {
    query: "show/days",
    title: "Days",
    lines: ListLines::Ranked {
        columns: &[ListColumn::text("day", "day")],
        unit: "attempts",
    },
    ..ListSpec::USUAL
};

fn login(row: &Row<'_>, timezone: &TimeZone) -> (Tone, String) {
    let is_guessed = row.count("grade") >= 2 || by_network(row);
    let before = if is_guessed || row.count("failures_before") > 0 {
        format!(", after {}", failures_before(row))
    } else {
        String::new()
    };
    let text = format!(
        "{}  {} by {} from {} on {}{before}",
        time(row, "at", timezone),
        row.text("user_name").unwrap_or_default(),
        row.text("openssh_auth_method")
            .unwrap_or_else(|| "?".to_owned()),
        row.text("source_ip").unwrap_or_default(),
        row.text("host_name").unwrap_or_else(|| "?".to_owned()),
    );
    let tone = if is_guessed {
        Tone::Danger
    } else {
        Tone::Plain
    };
    (tone, text)
}

fn ban(row: &Row<'_>, timezone: &TimeZone) -> (Tone, String) {
    let text = format!(
        "{} to {}  {} {} ({}, {})",
        time(row, "banned_at", timezone),
        time(row, "unbanned_at", timezone),
        row.text("source_ip").unwrap_or_default(),
        row.text("fail2ban_jail").unwrap_or_default(),
        row.text("kind").unwrap_or_default(),
        row.text("ended_by").unwrap_or_default(),
    );
    (Tone::Plain, text)
}

/// Writes a time as the zone's clocks show it; an unknown one is a question mark.
pub(super) fn time(row: &Row<'_>, column: &str, timezone: &TimeZone) -> String {
    row.time(column)
        .map_or_else(|| "?".to_owned(), |at| local_text(at, timezone))
}

//! The lists of the summary, in the order of the page.

use crate::answer::Row;
use crate::command::list::{ListColumn, ListLines, ListSpec, user_name};

/// Rows of a list that nothing else is said of.
const ROWS: i64 = 5;

const UNNOTICED: (&str, &str) = (
    "unnoticed",
    "addresses with fewer than 5 attempts that were never banned",
);

/// The lists. `all` names the column of `summary/lists` that says how many rows there would be without a limit.
pub(super) const LISTS: [ListSpec; 9] = [
    ListSpec {
        query: "summary/worst_addresses",
        limit: Some(ROWS + 3),
        title: "Worst addresses",
        lines: ListLines::Ranked {
            columns: &[
                ListColumn::address("address", "source_ip"),
                ListColumn::count("score", "threat_score"),
                ListColumn::made("from", origin),
                ListColumn::text("why", "threat_reasons"),
            ],
            unit: "attempts",
        },
        table: Some("addresses"),
        all: "addresses",
        ..ListSpec::USUAL
    },
    ListSpec {
        query: "summary/worst_networks",
        limit: Some(ROWS),
        title: "Worst networks",
        lines: ListLines::Ranked {
            columns: &[
                ListColumn::address("network", "network"),
                ListColumn::count("addresses", "addresses"),
                ListColumn::count("unnoticed", "addresses_under_threshold"),
                ListColumn::count("bans", "bans"),
            ],
            unit: "attempts",
        },
        table: Some("networks"),
        all: "networks",
        note: Some(UNNOTICED),
        ..ListSpec::USUAL
    },
    ListSpec {
        query: "summary/worst_as",
        limit: Some(ROWS),
        title: "Worst autonomous systems",
        lines: ListLines::Ranked {
            columns: &[
                ListColumn::text("AS", "network"),
                ListColumn::text("organisation", "organization"),
                ListColumn::count("addresses", "addresses"),
                ListColumn::count("unnoticed", "addresses_under_threshold"),
            ],
            unit: "attempts",
        },
        table: Some("networks"),
        all: "systems",
        note: Some(UNNOTICED),
        ..ListSpec::USUAL
    },
    ListSpec {
        query: "summary/countries",
        limit: Some(ROWS + 2),
        title: "Countries",
        lines: ListLines::Ranked {
            columns: &[
                ListColumn::made("country", country),
                ListColumn::count("addresses", "addresses"),
                ListColumn::count("logins", "successes"),
            ],
            unit: "attempts",
        },
        table: Some("countries"),
        all: "countries",
        needs: Some("country_iso_code"),
        any_of: &["attempts", "successes", "bans"],
        ..ListSpec::USUAL
    },
    ListSpec {
        query: "summary/users",
        limit: Some(ROWS + 2),
        title: "User names tried",
        lines: ListLines::Ranked {
            columns: &[
                ListColumn::made("user", user_name),
                ListColumn::made("exists", exists),
                ListColumn::count("addresses", "addresses"),
            ],
            unit: "attempts",
        },
        table: Some("users"),
        all: "users",
        ..ListSpec::USUAL
    },
    ListSpec {
        query: "summary/paths",
        limit: Some(ROWS + 1),
        title: "Paths probed",
        lines: ListLines::Ranked {
            columns: &[
                ListColumn::text("path", "url_path"),
                ListColumn::text("as", "reason"),
                ListColumn::count("addresses", "addresses"),
                ListColumn::count("answered", "answered"),
            ],
            unit: "requests",
        },
        table: Some("paths"),
        all: "paths",
        ..ListSpec::USUAL
    },
    ListSpec {
        query: "summary/bans",
        limit: Some(ROWS),
        title: "fail2ban's jails",
        lines: ListLines::Ranked {
            columns: &[
                ListColumn::text("jail", "fail2ban_jail"),
                ListColumn::count("addresses", "addresses"),
                ListColumn::count("restored", "restored"),
                ListColumn::count("still banned", "still_banned"),
            ],
            unit: "bans",
        },
        table: Some("bans"),
        all: "jails",
        ..ListSpec::USUAL
    },
    ListSpec {
        query: "summary/returning",
        limit: Some(ROWS),
        title: "Come back after bans",
        lines: ListLines::Ranked {
            columns: &[
                ListColumn::address("address", "source_ip"),
                ListColumn::text("jail", "fail2ban_jail"),
                ListColumn::made("still banned", still_banned),
            ],
            unit: "bans",
        },
        table: Some("returning"),
        all: "returns",
        ..ListSpec::USUAL
    },
    ListSpec {
        query: "summary/known",
        limit: Some(ROWS + 5),
        title: "Who is known",
        lines: ListLines::Ranked {
            columns: &[
                ListColumn::address("who", "value"),
                ListColumn::text("as", "scope"),
                ListColumn::text("note", "note"),
                ListColumn::count("addresses", "addresses"),
                ListColumn::count("logins", "successes"),
            ],
            unit: "attempts",
        },
        table: Some("known_addresses"),
        all: "known",
        ..ListSpec::USUAL
    },
];

/// Country and organisation; on a narrow page the country alone, so that the reasons have room.
fn origin(row: &Row<'_>, page_width: usize) -> String {
    let country = row.text("country_iso_code").unwrap_or_default();
    if page_width < 110 {
        return country;
    }
    let organisation = row
        .text("traits_autonomous_system_organization")
        .unwrap_or_default();
    format!("{country} {organisation}").trim().to_owned()
}

fn country(row: &Row<'_>, _page_width: usize) -> String {
    match (row.text("country_iso_code"), row.text("country_name")) {
        (Some(code), Some(name)) => format!("{code} {name}"),
        (Some(code), None) => code,
        (None, Some(name)) => name,
        (None, None) => match row.text("continent_name") {
            Some(continent) => format!("(somewhere in {continent})"),
            None => "(unknown)".to_owned(),
        },
    }
}

/// Whether the server has a user of that name, as far as its log says.
fn exists(row: &Row<'_>, _page_width: usize) -> String {
    match row.text("user_exists").as_deref() {
        Some("true") => "yes".to_owned(),
        Some("false") => "no".to_owned(),
        _ => "?".to_owned(),
    }
}

fn still_banned(row: &Row<'_>, _page_width: usize) -> String {
    if row.flag("still_banned") {
        "yes".to_owned()
    } else {
        "no".to_owned()
    }
}

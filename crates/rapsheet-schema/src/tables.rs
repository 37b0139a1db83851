//! The tables that Rust fills: the one list of their names, what a row of each is, and their columns.

use std::sync::LazyLock;

use crate::{
    Column, ROLL_UPS, activity, clock, coverage, details, events, exact_bans, exact_logins, facets,
    jail_settings, known, known_matches, mistyped, names, peers, unknown_lines,
};

/// A table that Rust fills.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What its rows are, in one sentence.
    pub meaning: String,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
}

/// Every table that Rust fills, in the order in which the documentation lists them.
pub static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
    let table = |name, meaning: &str, columns| Table {
        name,
        meaning: meaning.to_owned(),
        columns,
    };
    let mut tables = vec![
        table("events", "One row per event.", events()),
        table(
            "activity",
            "Events rolled up by hour and by everything that a person may ask for.",
            activity(),
        ),
        table(
            "details",
            "One row per address: what is known of it.",
            details(),
        ),
        table(
            "coverage",
            "One row per source: `lines = events + understood + unknown`.",
            coverage(),
        ),
        table(
            "unknown_lines",
            "Lines that nobody understood, by shape.",
            unknown_lines(),
        ),
        table(
            "known",
            "One row per entry of `known.toml` or of fail2ban's `ignoreip`: who is known.",
            known(),
        ),
        table(
            "jail_settings",
            "One row per jail that fail2ban's files enable: when it bans, and for how long.",
            jail_settings(),
        ),
    ];
    tables.extend(ROLL_UPS.iter().map(|roll_up| Table {
        name: roll_up.name,
        meaning: format!("Roll-up: {}.", roll_up.meaning),
        columns: roll_up.columns(),
    }));
    tables.extend([
        table(
            "exact_logins",
            "One row per successful login.",
            exact_logins(),
        ),
        table(
            "exact_bans",
            "One row for each thing that fail2ban did about a ban.",
            exact_bans(),
        ),
        table(
            "mistyped",
            "Failures of the wanted time that were mistyped: the same user logged in from the same network after three of them at most.",
            mistyped(),
        ),
        table("peers", "The remote sides by their ids.", peers()),
        table(
            "known_matches",
            "Which remote sides an entry of `known` names, themselves or by their network.",
            known_matches(),
        ),
        table(
            "names",
            "The texts of ids; ids sort as their texts do.",
            names(),
        ),
        table(
            "facets",
            "What events are and the names that they bear, by the ids of `rollup_facet`.",
            facets(),
        ),
        table(
            "clock",
            "What clocks in the wanted zone show at the beginning of each hour.",
            clock(),
        ),
    ]);
    tables
});

//! The columns of `known`, `known_matches` and `jail_settings`: who is known, which addresses that is, and when fail2ban bans.

use arrow_schema::DataType;

use super::{Column, SHORT_TEXT, time};

const ID: DataType = DataType::Int32;

/// The columns of `known`: one row per entry of `known.toml` or of fail2ban's `ignoreip`.
#[must_use]
pub fn known() -> Vec<Column> {
    vec![
        Column::new("known_id", ID, "the entry's number").required(),
        Column::new(
            "kind",
            SHORT_TEXT,
            "`address`, `network`, `as`, `country`, `user`, `key` or `host`",
        )
        .required(),
        Column::new("value", SHORT_TEXT, "who it is about").required(),
        Column::new(
            "scope",
            SHORT_TEXT,
            "`monitoring`, `staff`, `own`, `ignored` (by fail2ban); absent where only a note is said",
        ),
        Column::new("note", SHORT_TEXT, "what a person wrote about them"),
        Column::new("paths", SHORT_TEXT, "with `monitoring`: what their requests may ask for"),
        Column::new("known_until", time(), "when the entry ends; absent: it does not"),
        Column::new(
            "breadth",
            DataType::Int64,
            "how wide it is: 0 for one address, the free bits of a network, more for systems and countries",
        )
        .required(),
        Column::new("origin", SHORT_TEXT, "the file that it stands in").required(),
        Column::new("origin_line", DataType::Int64, "the line there").required(),
    ]
}

/// The columns of `known_matches`: which addresses and hosts of these logs an entry names, itself or by their network.
#[must_use]
pub fn known_matches() -> Vec<Column> {
    vec![
        Column::new("address_id", ID, "the remote side, in `peers`").required(),
        Column::new("known_id", ID, "the entry, in `known`").required(),
    ]
}

/// The columns of `jail_settings`: one row per jail that is enabled in fail2ban's files.
#[must_use]
pub fn jail_settings() -> Vec<Column> {
    vec![
        Column::new("fail2ban_jail", SHORT_TEXT, "the jail").required(),
        Column::new(
            "maxretry",
            DataType::Int64,
            "after how many failures it bans",
        ),
        Column::new(
            "findtime",
            DataType::Int64,
            "within how many seconds these have to happen",
        ),
        Column::new(
            "bantime",
            DataType::Int64,
            "for how many seconds it bans; below zero: for good",
        ),
        Column::new(
            "bantime_increment",
            DataType::Boolean,
            "whether each further ban lasts longer",
        )
        .required(),
        Column::new("mode", SHORT_TEXT, "the mode of its filter"),
    ]
}

//! The shipped queries, each under its path in `queries/` without `.sql`.

/// Embeds the files of `queries/` under their names.
macro_rules! shipped {
    ($($name:literal,)+) => {
        const QUERIES: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../queries/", $name, ".sql"))),)+
        ];
    };
}

// In alphabetical order; a test compares it with the folder.
shipped! {
    "enrich/addresses",
    "known/keys",
    "known/list",
    "known/monitors",
    "known/own",
    "plot/countries",
    "plot/jails",
    "plot/map",
    "plot/map_countries",
    "plot/networks",
    "plot/totals",
    "plot/user_types",
    "report/activity",
    "report/addresses",
    "report/bans",
    "report/clock",
    "report/coverage",
    "report/evidence",
    "report/facets",
    "report/findings",
    "report/hosts",
    "report/lists",
    "report/logins",
    "report/names",
    "report/peers",
    "show/addresses",
    "show/bans",
    "show/days",
    "show/details",
    "show/events",
    "show/evidence",
    "show/findings",
    "show/jails",
    "show/known",
    "show/logins",
    "show/paths",
    "show/totals",
    "show/users",
    "summary/answers",
    "summary/bans",
    "summary/countries",
    "summary/coverage",
    "summary/decisions",
    "summary/details",
    "summary/details_sources",
    "summary/findings",
    "summary/hours",
    "summary/known",
    "summary/lists",
    "summary/paths",
    "summary/returning",
    "summary/severities",
    "summary/timeline",
    "summary/totals",
    "summary/unknown_lines",
    "summary/users",
    "summary/verdict",
    "summary/worst_addresses",
    "summary/worst_as",
    "summary/worst_networks",
    "tables/address_days",
    "tables/address_hours",
    "tables/address_jails",
    "tables/address_paths",
    "tables/address_totals",
    "tables/address_users",
    "tables/addresses",
    "tables/attack_findings",
    "tables/autonomous_systems",
    "tables/bans",
    "tables/countries",
    "tables/domains",
    "tables/events_details",
    "tables/findings",
    "tables/handed_out",
    "tables/hours",
    "tables/keys",
    "tables/known_addresses",
    "tables/known_keys",
    "tables/login_findings",
    "tables/logins",
    "tables/networks",
    "tables/new_places",
    "tables/paths",
    "tables/returning",
    "tables/timeline",
    "tables/tries",
    "tables/users",
    "tables/web_findings",
}

/// Names every shipped query.
pub fn queries() -> impl Iterator<Item = &'static str> {
    QUERIES.iter().map(|(name, _)| *name)
}

/// Names the tables that SQL makes.
pub fn derived_tables() -> impl Iterator<Item = &'static str> {
    queries().filter_map(|name| name.strip_prefix("tables/"))
}

/// Finds a shipped query: its name and its text.
pub(crate) fn find(name: &str) -> Option<(&'static str, &'static str)> {
    QUERIES.iter().find(|(other, _)| *other == name).copied()
}

/// Finds the SQL that makes a table.
pub(crate) fn table(name: &str) -> Option<&'static str> {
    QUERIES
        .iter()
        .find(|(other, _)| other.strip_prefix("tables/") == Some(name))
        .map(|(_, sql)| *sql)
}

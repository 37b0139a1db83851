//! What failed before a successful login, in words.

use rapsheet_output::number::{count, several};

use crate::answer::Row;

/// Whether the network's other addresses failed often enough before a login to speak of it, and its own did not.
pub(super) fn by_network(login: &Row<'_>) -> bool {
    login.count("grade") < 2 && login.count("network_grade") == 1
}

/// What failed before a login.
pub(super) fn failures_before(login: &Row<'_>) -> String {
    let mut own = several(login.count("failures_before"), "failure", "failures");
    let elsewhere = login.count("failures_elsewhere");
    if elsewhere > 0 {
        own.push_str(&format!(" and {} on other servers", count(elsewhere)));
    }
    if by_network(login) {
        return format!(
            "{own} of its own and {} of {} of its network",
            count(login.count("network_failures_before")),
            several(
                login.count("network_addresses_before"),
                "other address",
                "other addresses"
            )
        );
    }
    match login.count("user_names_before") {
        0 | 1 => own,
        names => format!("{own} with {} user names", count(names)),
    }
}

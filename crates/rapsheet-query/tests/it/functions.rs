//! The functions for addresses.

use rapsheet_query::{Engine, Query};

use crate::rows::{server, session, sql};

#[test]
fn addresses_are_read_and_what_is_none_gives_null() {
    let session = session(&server());
    let one = |text: &str| sql(&session, &format!("SELECT {text} AS answer")).join("");
    assert_eq!(one("ip_in('10.1.2.3', '10.0.0.0/8')"), "true");
    assert_eq!(one("ip_in('::ffff:10.1.2.3', '10.0.0.0/8')"), "true");
    assert_eq!(one("ip_in('2001:db8::1', '10.0.0.0/8')"), "false");
    assert_eq!(one("ip_in('nobody', '10.0.0.0/8')"), "∅");
    assert_eq!(one("ip_in(NULL, '10.0.0.0/8')"), "∅");
    assert_eq!(one("ip_network('192.0.2.77', 24, 64)"), "192.0.2.0/24");
    assert_eq!(one("ip_network('2001:db8::1', 24, 48)"), "2001:db8::/48");
    assert_eq!(one("ip_version('2001:db8::1')"), "6");
    assert_eq!(one("is_global('10.0.0.1')"), "false");
    assert_eq!(one("is_global('8.8.8.8')"), "true");
    let found = sql(
        &session,
        "SELECT count(*) AS n FROM addresses WHERE ip_in(source_ip, '203.0.113.0/24')",
    );
    assert_eq!(found, ["6"]);
}

#[test]
fn a_network_that_is_none_is_an_error_that_names_it() {
    let session = session(&server());
    let query =
        Query::sql("SELECT count(*) AS n FROM addresses WHERE ip_in(source_ip, '10.0.0.0/99')");
    let message = session.run(&query).unwrap_err().to_string();
    assert!(
        message.contains("`10.0.0.0/99` is not a network"),
        "{message}"
    );
}

//! Error logs: what they hold is what they say.

use rapsheet_sample::{ErrorExpected, apache_error_log, nginx_error_log};
use std::collections::BTreeSet;

#[test]
fn error_log_counts_agree() {
    let mut bytes = Vec::new();
    let expected = apache_error_log(&mut bytes, 20_000, 5).unwrap();
    let apache = String::from_utf8(bytes).unwrap();
    let count = |text: &str, word: &str| text.lines().filter(|l| l.contains(word)).count() as u64;
    assert_eq!(apache.lines().count(), 20_000);
    assert_eq!(expected.lines, 20_000);
    assert_eq!(expected.auth_failures, count(&apache, "AH0161"));
    assert_eq!(expected.other_lines, 20_000 - count(&apache, "[client "));
    check_kinds(&expected);

    let mut bytes = Vec::new();
    let expected = nginx_error_log(&mut bytes, 20_000, 5).unwrap();
    let nginx = String::from_utf8(bytes).unwrap();
    let client =
        |line| -> Option<&str> { str::split_once(line, ", client: ")?.1.split(',').next() };
    let clients: BTreeSet<&str> = nginx.lines().filter_map(client).collect();
    assert_eq!(nginx.lines().count(), 20_000);
    assert_eq!(expected.auth_failures, count(&nginx, " user \""));
    assert_eq!(expected.other_lines, 20_000 - count(&nginx, ", client: "));
    assert_eq!(expected.addresses, clients.len() as u64);
    check_kinds(&expected);
}

/// Every kind is there, and each line is of one.
fn check_kinds(expected: &ErrorExpected) {
    let kinds = [
        expected.auth_failures,
        expected.forbidden,
        expected.probes,
        expected.troubles,
        expected.other_lines,
    ];
    assert!(kinds.iter().all(|lines| *lines > 10), "{expected:?}");
    assert_eq!(kinds.iter().sum::<u64>(), expected.lines);
}

//! How fast the logs of web servers are read, rules included. The answer is asserted, so that a fast wrong reading fails.
#![allow(missing_docs, clippy::unwrap_used)]

mod measure;

use std::fmt::Write as _;

use criterion::{Criterion, criterion_group, criterion_main};
use rapsheet_sample::ErrorExpected;
use rapsheet_schema::{Action, Reason};

use measure::{LINES, Tally, measure, read, sample};

/// Makes normal traffic with one probe in a hundred lines.
fn traffic() -> String {
    let mut out = String::new();
    for line in 0..LINES {
        let (path, status) = if line % 100 == 0 {
            ("/wp-login.php".to_owned(), 404)
        } else {
            (
                format!("/presentations/logstash-2013/images/kibana-search{line}.png"),
                200,
            )
        };
        let _ = writeln!(
            out,
            "203.0.113.{} - - [17/May/2025:10:05:03 +0000] \"GET {path} HTTP/1.1\" {status} 203023 \
             \"http://example.org/presentations/logstash-2013/\" \"Mozilla/5.0 (Macintosh; Intel Mac OS X \
             10_9_1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.1700.77 Safari/537.36\"",
            line % 256
        );
    }
    out
}

/// Checks what was read of an error log.
fn check_errors(tally: &Tally, expected: &ErrorExpected) {
    assert_eq!(tally.lines(), expected.lines);
    assert_eq!(
        tally.action(Action::Error),
        expected.lines - expected.other_lines
    );
    assert_eq!(
        tally.reason(Reason::HttpAuthFailure),
        expected.auth_failures
    );
    assert_eq!(tally.reason(Reason::HttpForbidden), expected.forbidden);
    assert_eq!(tally.probes(), expected.probes);
    assert_eq!(tally.harmless, expected.troubles);
    assert_eq!(tally.no_address, expected.other_lines);
}

fn web(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("web");
    let text = traffic();
    measure(&mut group, "access", text.as_str(), read, |tally| {
        assert_eq!(tally.action(Action::Request), LINES);
        assert_eq!(tally.reason(Reason::ProbeWordpress), LINES / 100);
        assert_eq!(tally.harmless, LINES - LINES / 100);
    });
    let (text, expected) = sample(rapsheet_sample::access_log);
    measure(
        &mut group,
        "access with attacks",
        text.as_str(),
        read,
        |tally| {
            assert_eq!(tally.action(Action::Request), expected.lines);
            assert_eq!(tally.probes(), expected.probes);
            assert_eq!(tally.harmless, expected.lines - expected.probes);
        },
    );
    let (text, expected) = sample(rapsheet_sample::apache_error_log);
    measure(&mut group, "apache error", text.as_str(), read, |tally| {
        check_errors(tally, &expected);
    });
    let (text, expected) = sample(rapsheet_sample::nginx_error_log);
    measure(&mut group, "nginx error", text.as_str(), read, |tally| {
        check_errors(tally, &expected);
    });
    group.finish();
}

criterion_group!(benches, web);
criterion_main!(benches);

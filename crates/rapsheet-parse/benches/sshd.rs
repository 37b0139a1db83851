//! How fast sshd's lines are read behind each syslog head, and dropbear's. The answer is asserted, so that a fast wrong reading fails.
#![allow(missing_docs, clippy::unwrap_used)]

mod measure;

use std::fmt::Write as _;

use criterion::{Criterion, criterion_group, criterion_main};
use rapsheet_schema::Action;

use measure::{SshdLine, check_sshd, measure, read, sample, sshd_lines};

/// The same messages behind other heads.
fn behind(text: &str, head: fn(&SshdLine<'_>) -> String) -> String {
    let mut out = String::new();
    for line in sshd_lines(text) {
        let _ = writeln!(out, "{} {}", head(&line), line.message);
    }
    out
}

/// A head as rsyslog writes it today, with a time of ISO 8601 (RFC 3339).
fn iso(line: &SshdLine<'_>) -> String {
    format!(
        "{}.123456+00:00 bench {}[{}]:",
        line.time, line.program, line.pid
    )
}

/// A head of RFC 5424.
fn rfc_5424(line: &SshdLine<'_>) -> String {
    format!(
        "<38>1 {}.123456Z bench {} {} - [meta sequenceId=\"7\"]",
        line.time, line.program, line.pid
    )
}

/// A line of dropbear's for each of sshd's.
fn dropbear(text: &str) -> String {
    let mut out = String::new();
    for (index, line) in sshd_lines(text).enumerate() {
        let said =
            ["Bad password attempt", "Password auth succeeded"][usize::from(index % 10 == 0)];
        let _ = writeln!(
            out,
            "{}.123456+00:00 bench dropbear[{}]: {said} for 'root' from 192.0.2.7:{}",
            line.time,
            line.pid,
            40_000 + index % 20_000
        );
    }
    out
}

fn sshd(criterion: &mut Criterion) {
    let (text, expected) = sample(rapsheet_sample::sshd_log);
    let plain = read(&text);
    let router = dropbear(&text);
    let mut group = criterion.benchmark_group("sshd");
    for (name, text) in [
        ("iso", behind(&text, iso)),
        ("rfc-5424", behind(&text, rfc_5424)),
        ("syslog", text),
    ] {
        measure(&mut group, name, text.as_str(), read, |tally| {
            check_sshd(tally, &expected);
            assert_eq!(*tally, plain, "the head changes nothing");
        });
    }
    measure(&mut group, "dropbear", router.as_str(), read, |tally| {
        assert_eq!(tally.action(Action::Login), tally.lines());
        assert_eq!(tally.logins, tally.lines().div_ceil(10));
    });
    group.finish();
}

criterion_group!(benches, sshd);
criterion_main!(benches);

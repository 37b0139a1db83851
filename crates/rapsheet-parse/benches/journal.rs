//! How fast the journal's records are read, as JSON and as export. The answer is asserted, so that a fast wrong reading fails.
#![allow(missing_docs, clippy::unwrap_used)]

mod measure;

use std::fmt::Write as _;

use criterion::{Criterion, criterion_group, criterion_main};

use measure::{SshdLine, check_sshd, measure, read, read_export, sample, sshd_lines};

/// 2025-02-03, in microseconds since 1970.
const START: u64 = 1_738_540_800_000_000;
/// How many fields a record has.
const FIELDS: usize = 24;

/// The fields that journald has for a line of a daemon, in the order in which journalctl prints them.
fn fields<'a>(number: u64, line: &'a SshdLine<'_>) -> [(&'static str, String, &'a str); FIELDS] {
    let own = |name, value: String| (name, value, "");
    let given = |name, value| (name, String::new(), value);
    let at = START + number * 250_000;
    [
        own(
            "__CURSOR",
            format!("s=2a3f;i={number:x};b=7c1e;m={number:x};t={at:x};x=9d"),
        ),
        own("__REALTIME_TIMESTAMP", at.to_string()),
        own("__MONOTONIC_TIMESTAMP", (number * 250_000).to_string()),
        given("_BOOT_ID", "7c1e5a0f4f3b4c6e8f0d2b1a3c5e7f90"),
        given("_MACHINE_ID", "0f4f3b4c6e8f0d2b1a3c5e7f907c1e5a"),
        given("_HOSTNAME", "bench"),
        given("PRIORITY", "6"),
        given("_UID", "0"),
        given("_GID", "0"),
        given("_SYSTEMD_SLICE", "system.slice"),
        given("_CAP_EFFECTIVE", "1ffffffffff"),
        given("_TRANSPORT", "syslog"),
        given("SYSLOG_FACILITY", "4"),
        given("SYSLOG_IDENTIFIER", line.program),
        given("_COMM", line.program),
        given("_EXE", "/usr/sbin/daemon"),
        given("_CMDLINE", "daemon: [accepted]"),
        given("_SYSTEMD_CGROUP", "/system.slice/ssh.service"),
        given("_SYSTEMD_UNIT", "ssh.service"),
        own("SYSLOG_TIMESTAMP", format!("{} ", line.time)),
        given("SYSLOG_PID", line.pid),
        given("_PID", line.pid),
        given("MESSAGE", line.message),
        own("_SOURCE_REALTIME_TIMESTAMP", (at - 40).to_string()),
    ]
}

/// Calls `each` with the record's number and each of its fields.
fn each_field(text: &str, out: &mut String, each: impl Fn(&mut String, usize, &str, &str)) {
    for (number, line) in (1..).zip(sshd_lines(text)) {
        for (place, (name, own, given)) in fields(number, &line).iter().enumerate() {
            each(out, place, name, if own.is_empty() { given } else { own });
        }
    }
}

/// `journalctl -o json`: an object a line.
fn json(text: &str) -> String {
    let mut out = String::new();
    each_field(text, &mut out, |out, place, name, value| {
        let open = if place == 0 { '{' } else { ',' };
        let value = serde_json::to_string(value).unwrap();
        let close = if place + 1 == FIELDS { "}\n" } else { "" };
        let _ = write!(out, "{open}\"{name}\":{value}{close}");
    });
    out
}

/// `journalctl -o export`: a field a line, an empty line behind each record.
fn export(text: &str) -> String {
    let mut out = String::new();
    each_field(text, &mut out, |out, place, name, value| {
        let close = if place + 1 == FIELDS { "\n" } else { "" };
        let _ = write!(out, "{name}={value}\n{close}");
    });
    out
}

fn journal(criterion: &mut Criterion) {
    let (text, expected) = sample(rapsheet_sample::sshd_log);
    let plain = read(&text);
    let (json, export) = (json(&text), export(&text));
    let mut group = criterion.benchmark_group("journal");
    measure(&mut group, "json", json.as_str(), read, |tally| {
        check_sshd(tally, &expected);
        assert_eq!(*tally, plain, "the envelope changes nothing");
    });
    measure(
        &mut group,
        "export",
        export.as_bytes(),
        read_export,
        |tally| {
            check_sshd(tally, &expected);
            assert_eq!(*tally, plain, "the envelope changes nothing");
        },
    );
    group.finish();
}

criterion_group!(benches, journal);
criterion_main!(benches);

//! What the benches share: a text is read line by line, and what was read is counted, so that the answer can be asserted.

// Each bench is a program of its own and uses a part of this.
#![allow(dead_code)]

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Throughput};
use rapsheet_parse::{Arena, Line, Reading, Understood, parse_line};
use rapsheet_schema::{Action, Outcome, Reason};

/// The seed of every text.
pub(crate) const SEED: u64 = 1;
/// The lines of every text: enough to fill the caches as a long file does.
pub(crate) const LINES: u64 = 10_000;

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    actions: [u64; Action::ALL.len()],
    reasons: [u64; Reason::ALL.len()],
    /// Attempts by their reason.
    attempts: [u64; Reason::ALL.len()],
    pub(crate) logins: u64,
    /// Events that are no evidence of an attempt.
    pub(crate) harmless: u64,
    pub(crate) connections: u64,
    pub(crate) other_programs: u64,
    pub(crate) no_address: u64,
    pub(crate) filler: u64,
    pub(crate) unknown: u64,
}

impl Tally {
    const EMPTY: Self = Self {
        actions: [0; Action::ALL.len()],
        reasons: [0; Reason::ALL.len()],
        attempts: [0; Reason::ALL.len()],
        logins: 0,
        harmless: 0,
        connections: 0,
        other_programs: 0,
        no_address: 0,
        filler: 0,
        unknown: 0,
    };

    fn add(&mut self, line: &Line<'_>) {
        match &line.reading {
            Reading::Event(event) => {
                self.actions[event.event_action as usize] += 1;
                if let Some(reason) = event.reason {
                    self.reasons[reason as usize] += 1;
                    self.attempts[reason as usize] += u64::from(event.attempts);
                }
                let login = event.event_action == Action::Login;
                self.logins += u64::from(login && event.event_outcome == Outcome::Success);
                self.harmless += u64::from(!event.suspicious);
            }
            Reading::Understood(understood) => match understood {
                Understood::NoAddress => self.no_address += 1,
                Understood::Connection(..) => self.connections += 1,
                Understood::OtherProgram(_) => self.other_programs += 1,
                Understood::Repeated(_) | Understood::Filler => self.filler += 1,
            },
            Reading::Unknown => self.unknown += 1,
        }
    }

    /// Events of an action.
    pub(crate) const fn action(&self, action: Action) -> u64 {
        self.actions[action as usize]
    }

    /// Events of a reason.
    pub(crate) const fn reason(&self, reason: Reason) -> u64 {
        self.reasons[reason as usize]
    }

    /// Attempts of a reason.
    pub(crate) const fn attempts(&self, reason: Reason) -> u64 {
        self.attempts[reason as usize]
    }

    /// Events of those who look for a hole.
    pub(crate) fn probes(&self) -> u64 {
        let probes = Reason::ALL
            .iter()
            .filter(|reason| reason.as_str().starts_with("probe_"));
        probes.map(|reason| self.reason(*reason)).sum()
    }

    /// Events of any kind.
    pub(crate) fn events(&self) -> u64 {
        self.actions.iter().sum()
    }

    /// All that was read.
    pub(crate) fn lines(&self) -> u64 {
        let understood = self.connections + self.other_programs + self.no_address + self.filler;
        self.events() + understood + self.unknown
    }
}

/// Reads a text line by line.
pub(crate) fn read(text: &str) -> Tally {
    let mut arena = Arena::new();
    let mut tally = Tally::EMPTY;
    for line in text.lines() {
        tally.add(&black_box(parse_line(black_box(line), &arena)));
        arena.reset();
    }
    tally
}

/// Reads records of the journal's export.
pub(crate) fn read_export(bytes: &[u8]) -> Tally {
    use rapsheet_parse::journal_export::{next_record, parse};
    let mut arena = Arena::new();
    let mut tally = Tally::EMPTY;
    let mut rest = bytes;
    while let Some(extent) = next_record(rest, true) {
        let (record, behind) = rest.split_at(extent.len);
        tally.add(&black_box(parse(black_box(record), &arena)));
        arena.reset();
        rest = behind;
    }
    tally
}

/// Measures how many bytes a second a way of reading takes in, and checks what it read each time.
pub(crate) fn measure<I: ?Sized + AsRef<[u8]>>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    input: &I,
    read: impl Fn(&I) -> Tally,
    check: impl Fn(&Tally),
) {
    group.throughput(Throughput::BytesDecimal(input.as_ref().len() as u64));
    group.bench_function(name, |bencher| {
        bencher.iter(|| check(&read(black_box(input))));
    });
}

/// Has the sample write its text; returns it with what the sample says of it.
pub(crate) fn sample<E>(
    write: impl FnOnce(&mut dyn std::io::Write, u64, u64) -> std::io::Result<E>,
) -> (String, E) {
    let mut out = Vec::new();
    let expected = write(&mut out, LINES, SEED).unwrap();
    (String::from_utf8(out).unwrap(), expected)
}

/// One line of sshd's sample, taken apart.
pub(crate) struct SshdLine<'a> {
    /// `2025-02-03T00:00:09`
    pub(crate) time: String,
    pub(crate) program: &'a str,
    pub(crate) pid: &'a str,
    pub(crate) message: &'a str,
}

/// Takes the lines of sshd's sample apart, so that other envelopes can be put around the same messages.
pub(crate) fn sshd_lines(text: &str) -> impl Iterator<Item = SshdLine<'_>> {
    text.lines().map(|line| {
        let (head, message) = line.split_once("]: ").unwrap();
        let (rest, pid) = head.rsplit_once('[').unwrap();
        let (stamp, program) = rest.split_once(" bench ").unwrap();
        // The sample begins on 3 February 2025 and spans thirty days.
        let month = if stamp.starts_with("Feb") { 2 } else { 3 };
        let (day, time) = stamp[4..].split_once(' ').map_or(("", ""), |(day, time)| {
            if day.is_empty() {
                time.split_once(' ').unwrap()
            } else {
                (day, time)
            }
        });
        SshdLine {
            time: format!("2025-{month:02}-{day:0>2}T{time}"),
            program,
            pid,
            message,
        }
    })
}

/// Checks what was read of sshd's sample, in whatever envelope it came.
pub(crate) fn check_sshd(tally: &Tally, expected: &rapsheet_sample::SshdExpected) {
    assert_eq!(tally.lines(), expected.lines);
    assert_eq!(tally.unknown, 0);
    assert_eq!(tally.logins, expected.accepted_lines);
    assert_eq!(tally.other_programs, expected.other_lines);
    assert_eq!(
        tally.reason(Reason::FailedPassword),
        expected.failed_password_lines
    );
    assert_eq!(
        tally.attempts(Reason::FailedPassword),
        expected.failed_passwords
    );
}

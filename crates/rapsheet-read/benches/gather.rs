//! How fast a file is read: found, parsed, settled and rolled up, without any question about it, with one thread and with two.
//! The answer is asserted, so that a fast wrong reading fails.
//!
//! The file has a million lines of sshd from a seed. To see where the time goes, run it under a profiler for ten seconds:
//! `cargo bench -p rapsheet-read --bench gather -- --profile-time 10 '1 thread'`.
#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jiff::tz::TimeZone;
use rapsheet_read::{EventsWish, Gathered, Input, Options, gather};
use rapsheet_sample::SshdExpected;

const LINES: u64 = 1_000_000;
const SEED: u64 = 1;
/// 2025-04-01, after the last line, in microseconds since 1970.
const NOW: i64 = 1_743_465_600_000_000;

fn read(path: &Path, temporary: &Path, threads: usize) -> Gathered {
    gather(&Options {
        paths: vec![path.to_owned()],
        journal: false,
        input: Input::Auto,
        timezone: TimeZone::UTC,
        show_timezone: TimeZone::UTC,
        year: Some(2025),
        since: None,
        until: None,
        threads,
        activity: true,
        facets: false,
        events: EventsWish::None,
        temporary: temporary.to_owned(),
        now: NOW,
        hide_users: false,
        harmless: None,
        progress: &|_| (),
    })
}

fn check(gathered: &Gathered, expected: &SshdExpected) {
    let (lines, events, understood, unknown) = gathered.coverage.totals();
    assert_eq!(lines, expected.lines);
    assert_eq!(lines, events + understood);
    assert_eq!(unknown, 0);
    assert!(gathered.faults.is_empty(), "{:?}", gathered.faults);
    let parts = gathered.rolled_up.addresses.iter();
    let addresses: HashSet<_> = parts.collect();
    assert_eq!(addresses.len() as u64, expected.addresses);
}

fn threads(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.log");
    let mut file = File::create(&path).unwrap();
    let expected = rapsheet_sample::sshd_log(&mut file, LINES, SEED).unwrap();
    let mut group = criterion.benchmark_group("gather");
    group.sample_size(10);
    group.measurement_time(Duration::from_secs(10));
    group.throughput(Throughput::BytesDecimal(path.metadata().unwrap().len()));
    for (name, threads) in [("1 thread", 1), ("2 threads", 2)] {
        group.bench_function(name, |bencher| {
            // What was gathered is dropped outside the measured time.
            bencher.iter_with_large_drop(|| {
                let gathered = read(&path, folder.path(), threads);
                check(&gathered, &expected);
                gathered
            });
        });
    }
    group.finish();
}

criterion_group!(benches, threads);
criterion_main!(benches);

//! How fast sshd's lines are read. The answer is asserted, so that a fast wrong reading fails.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rapsheet_parse::{Arena, Reading, parse_line};
use rapsheet_schema::{Outcome, Reason};

fn sshd(criterion: &mut Criterion) {
    let mut out = Vec::new();
    let expected = rapsheet_sample::sshd_log(&mut out, 10_000, 1).unwrap();
    let text = String::from_utf8(out).unwrap();
    let mut group = criterion.benchmark_group("sshd");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("syslog", |bencher| {
        bencher.iter(|| {
            let mut arena = Arena::new();
            let mut failed = 0;
            for line in text.lines() {
                if let Reading::Event(event) = parse_line(black_box(line), &arena).reading
                    && event.reason == Some(Reason::FailedPassword)
                    && event.event_outcome == Outcome::Failure
                {
                    failed += u64::from(event.attempts);
                }
                arena.reset();
            }
            assert_eq!(failed, expected.failed_passwords);
        });
    });
    group.finish();
}

criterion_group!(benches, sshd);
criterion_main!(benches);

//! How fast access lines are read, rules included. The answer is asserted, so that a fast wrong reading fails.
#![allow(missing_docs, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rapsheet_parse::{Arena, Reading, parse_line};

/// Makes normal traffic with one probe in a hundred lines.
fn traffic(lines: usize) -> String {
    let mut out = String::new();
    for line in 0..lines {
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

fn access(criterion: &mut Criterion) {
    let text = traffic(10_000);
    let mut group = criterion.benchmark_group("web");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("access", |bencher| {
        bencher.iter(|| {
            let mut arena = Arena::new();
            let mut suspicious = 0;
            for line in text.lines() {
                if let Reading::Event(event) = parse_line(black_box(line), &arena).reading {
                    suspicious += u32::from(event.suspicious);
                }
                arena.reset();
            }
            assert_eq!(suspicious, 100);
        });
    });
    group.finish();
}

criterion_group!(benches, access);
criterion_main!(benches);

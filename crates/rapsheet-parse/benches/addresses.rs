//! How fast lists of addresses are read: line by line as lists, and as any text in which addresses stand somewhere. The
//! answer is asserted, so that a fast wrong reading fails.
#![allow(missing_docs, clippy::unwrap_used)]

mod measure;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use rapsheet_parse::each_address;
use rapsheet_schema::Action;

use measure::{measure, read, sample};

fn addresses(criterion: &mut Criterion) {
    let (text, expected) = sample(rapsheet_sample::address_list);
    let mut group = criterion.benchmark_group("addresses");
    measure(&mut group, "list", text.as_str(), read, |tally| {
        assert_eq!(tally.lines(), expected.lines);
        assert_eq!(tally.action(Action::Listed), expected.listed);
        assert_eq!(tally.no_address, expected.networks);
        assert_eq!(tally.filler, expected.comments);
        assert_eq!(tally.unknown, 0);
    });
    // The throughput that `measure` set counts here too: it is the same text.
    group.bench_function("anywhere", |bencher| {
        bencher.iter(|| {
            let mut found = 0;
            for line in text.lines() {
                each_address(black_box(line), |ip| {
                    black_box(ip);
                    found += 1;
                });
            }
            assert_eq!(found, expected.listed);
        });
    });
    group.finish();
}

criterion_group!(benches, addresses);
criterion_main!(benches);

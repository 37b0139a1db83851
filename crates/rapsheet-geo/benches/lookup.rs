//! Lookups a second: the built-in database (country and autonomous system), and a city database for full rows.
//!
//! The city database is the file that `RAPSHEET_BENCH_MMDB` names (such as the one in PyPI's `maxminddb-geolite2`); without it that part
//! is left out. Rival: one `maxminddb` decode of the same file into its own `City` struct for each address, without any row.

#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rapsheet_geo::{Geo, GeoOptions};
use rapsheet_schema::{Scope, scope_of};

const COUNT: usize = 100_000;

/// Global IPv4 addresses from a fixed seed (xorshift64).
fn addresses() -> Vec<IpAddr> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        IpAddr::V4(Ipv4Addr::from((state >> 32) as u32))
    })
    .filter(|ip| scope_of(*ip) == Scope::Global)
    .take(COUNT)
    .collect()
}

fn lookups(c: &mut Criterion) {
    let ips = addresses();
    let mut group = c.benchmark_group("lookup");
    group.throughput(Throughput::Elements(COUNT as u64));
    group.sample_size(10);
    let mut options = GeoOptions {
        folders: Vec::new(),
        ..GeoOptions::default()
    };
    let (geo, _) = Geo::open(&options);
    let batch = geo.details_batch(&ips).unwrap();
    let countries = batch.column_by_name("country_iso_code").unwrap();
    assert!(countries.null_count() < COUNT / 10);
    group.bench_function("built-in", |b| {
        b.iter(|| geo.details_batch(black_box(&ips)).unwrap());
    });
    let Some(file) = std::env::var_os("RAPSHEET_BENCH_MMDB").map(PathBuf::from) else {
        eprintln!("skipped: no RAPSHEET_BENCH_MMDB");
        return;
    };
    options.paths.push(file.clone());
    let (geo, notices) = Geo::open(&options);
    assert_eq!(notices, []);
    let batch = geo.details_batch(&ips).unwrap();
    assert!(batch.column_by_name("city_name").unwrap().null_count() < COUNT);
    group.bench_function("city", |b| {
        b.iter(|| geo.details_batch(black_box(&ips)).unwrap());
    });
    let reader = maxminddb::Reader::open_readfile(file).unwrap();
    group.bench_function("city, maxminddb alone", |b| {
        b.iter(|| {
            let found = ips.iter().filter_map(|ip| {
                let result = reader.lookup(*ip).unwrap();
                result.decode::<maxminddb::geoip2::City<'_>>().unwrap()
            });
            black_box(found.count())
        });
    });
    group.finish();
}

criterion_group!(benches, lookups);
criterion_main!(benches);

//! Lookups a second of one million addresses on one core: the built-in database, one database of cities (one set of fields), and full
//! rows, where that database and the built-in one are merged.
//!
//! The database of cities is the file that `RAPSHEET_BENCH_MMDB` names (such as the one in PyPI's `maxminddb-geolite2`); without it only
//! the built-in one is measured. Rival: one `maxminddb` decode of the same file into its own `City` struct for each address, without
//! any row.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Instant;

use arrow::array::{Array, AsArray, RecordBatch};
use rapsheet_geo::{Geo, GeoOptions};
use rapsheet_schema::{Scope, scope_of};

const COUNT: usize = 1_000_000;
const RUNS: usize = 5;
/// Lookups a second that are wanted of one set of fields, and of full rows.
const ONE_SET: f64 = 1_000_000.0;
const FULL_ROWS: f64 = 500_000.0;

fn main() {
    let ips = addresses();
    let built_in = open(Vec::new(), true);
    agrees(&built_in, &ips, "country_iso_code", COUNT * 9 / 10);
    measured("built-in: country and AS", Some(ONE_SET), || {
        rows(&built_in, &ips)
    });
    let Some(file) = std::env::var_os("RAPSHEET_BENCH_MMDB").map(PathBuf::from) else {
        println!("no database of cities: RAPSHEET_BENCH_MMDB names none");
        return;
    };
    let alone = open(vec![file.clone()], false);
    agrees(&alone, &ips, "city_name", COUNT / 10);
    measured("city: one set of fields", Some(ONE_SET), || {
        rows(&alone, &ips)
    });
    let merged = open(vec![file.clone()], true);
    agrees(&merged, &ips, "traits_autonomous_system_number", COUNT / 2);
    measured("city and built-in: full rows", Some(FULL_ROWS), || {
        rows(&merged, &ips)
    });
    let reader = maxminddb::Reader::open_readfile(file).unwrap();
    measured("rival: maxminddb into City, no rows", None, || {
        let found = ips.iter().filter_map(|ip| {
            let result = reader.lookup(*ip).unwrap();
            result.decode::<maxminddb::geoip2::City<'_>>().unwrap()
        });
        assert!(black_box(found.count()) > COUNT / 2);
    });
}

/// Global IPv4 addresses from a fixed seed (xorshift64), in the order in which a run asks: it sorts what it found.
fn addresses() -> Vec<IpAddr> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut addresses: Vec<IpAddr> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        IpAddr::V4(Ipv4Addr::from((state >> 32) as u32))
    })
    .filter(|ip| scope_of(*ip) == Scope::Global)
    .take(COUNT)
    .collect();
    addresses.sort_unstable();
    addresses
}

fn open(paths: Vec<PathBuf>, built_in: bool) -> Geo {
    let (geo, notices) = Geo::open(&GeoOptions {
        paths,
        folders: Vec::new(),
        built_in,
        ..GeoOptions::default()
    });
    assert_eq!(notices, []);
    geo
}

fn rows(geo: &Geo, ips: &[IpAddr]) {
    assert_eq!(
        black_box(geo.details_batch(black_box(ips)).unwrap()).num_rows(),
        COUNT
    );
}

/// The rows hold at least so many values of a column, and say what single lookups say.
fn agrees(geo: &Geo, ips: &[IpAddr], column: &str, least: usize) {
    let batch: RecordBatch = geo.details_batch(ips).unwrap();
    let known = COUNT - batch.column_by_name(column).unwrap().null_count();
    assert!(known >= least, "{column}: {known} of {COUNT}");
    let countries = batch.column_by_name("country_iso_code").unwrap();
    let countries = countries.as_string_view();
    for row in (0..COUNT).step_by(COUNT / 1_000) {
        let details = geo.lookup(ips[row]);
        let country = countries.is_valid(row).then(|| countries.value(row));
        assert_eq!(details.text("country_iso_code"), country, "{}", ips[row]);
    }
}

/// Runs it a few times and prints the best, beside the limit.
fn measured(name: &str, limit: Option<f64>, run: impl Fn()) {
    let mut rates: Vec<f64> = (0..RUNS)
        .map(|_| {
            let begun = Instant::now();
            run();
            COUNT as f64 / begun.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    let (worst, best) = (rates[0], rates[RUNS - 1]);
    let against = limit.map_or_else(String::new, |limit| {
        let said = if best >= limit { "met" } else { "NOT met" };
        format!("; {:.2} of the limit of {limit:.0}: {said}", best / limit)
    });
    println!("{name}: {best:.0} a second (best of {RUNS} runs, worst {worst:.0}){against}");
}

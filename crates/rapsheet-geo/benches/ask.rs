//! 5,000 addresses from a service that takes 50 ms for each, 32 at once: the limit is the service's 5,000 / 32 × 50 ms = 7.8 s, and
//! commits to the disk must not add more than 15 %. The rival is the arithmetic.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rapsheet_fake::Server;
use rapsheet_fake::service::{ACCOUNT, KEY, answer};
use rapsheet_geo::{AskOptions, Cache, Credentials, HttpOptions, Secret, Service, ask, base_url};

const ADDRESSES: u32 = 5_000;
const AT_ONCE: u32 = 32;
const LATENCY: Duration = Duration::from_millis(50);

fn main() {
    let server = Server::start(|request| answer(request, 32).after(LATENCY));
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(&folder.path().join("answers.sqlite")).unwrap();
    let of = |n: u32| IpAddr::from([81, 2, (n % 250) as u8, (n / 250) as u8 + 1]);
    let addresses: Vec<IpAddr> = (0..ADDRESSES).map(of).collect();
    let credentials = Credentials {
        account_id: ACCOUNT.to_owned(),
        license_key: Secret::new(KEY.to_owned()),
        found_in: "the benchmark".to_owned(),
    };
    let options = AskOptions {
        service: Service::Insights,
        host: base_url(&server.url()).unwrap(),
        concurrency: AT_ONCE as usize,
        price: Service::Insights.shipped_price(),
        budget: None,
        share_networks: false,
        max_age_micros: i64::MAX,
        tries: 5,
        pause: Duration::from_millis(500),
        http: HttpOptions::default(),
    };
    let begun = Instant::now();
    let tally = ask(cache, &addresses, &credentials, &options, Arc::new(|_| ())).unwrap();
    let took = begun.elapsed();
    assert_eq!(tally.answered, addresses.len());
    assert_eq!(server.seen().len(), addresses.len());
    let limit = LATENCY * ADDRESSES / AT_ONCE;
    let ratio = took.as_secs_f64() / limit.as_secs_f64();
    println!("{took:.2?} for {ADDRESSES} addresses, {ratio:.3} of the service's own {limit:.2?}");
}

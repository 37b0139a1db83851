//! 5,000 addresses from a service that takes 50 ms for each, 32 at once: the limit is the service's 5,000 / 32 × 50 ms = 7.8 s, and
//! commits to the disk must not add more than 15 %. The rival is the arithmetic. Each of the three runs has a cache of its own.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rapsheet_fake::FakeServer;
use rapsheet_fake::service::{ACCOUNT, KEY, answer};
use rapsheet_geo::{
    AnswerHost, AskOptions, Cache, Credentials, HttpOptions, Interrupt, Secret, Service, ask,
    base_url,
};

const ADDRESSES: u32 = 5_000;
const AT_ONCE: u32 = 32;
const LATENCY: Duration = Duration::from_millis(50);
const RUNS: usize = 3;
/// How many times the service's own time all may take.
const MOST: f64 = 1.15;

fn main() {
    let limit = LATENCY * ADDRESSES / AT_ONCE;
    let ratios: Vec<f64> = (0..RUNS)
        .map(|_| run().as_secs_f64() / limit.as_secs_f64())
        .collect();
    let best = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let said = if best <= MOST { "met" } else { "NOT met" };
    println!(
        "{ADDRESSES} addresses, {AT_ONCE} at once, {LATENCY:?} each: {best:.3} of the service's own {limit:.2?} (runs {ratios:.3?}); the limit is {MOST}: {said}"
    );
}

/// Asks about all of them, and returns how long that took.
fn run() -> Duration {
    let server = FakeServer::start(|request| answer(request, 32).after(LATENCY));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answers.sqlite");
    let cache = Cache::open(&path).unwrap();
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
        allowed: None,
        share_networks: false,
        max_age_micros: i64::MAX,
        tries: 5,
        pause: Duration::from_millis(500),
        http: HttpOptions::default(),
        interrupt: Interrupt::default(),
    };
    let begun = Instant::now();
    let tally = ask(cache, &addresses, &credentials, &options, Arc::new(|_| ())).unwrap();
    let took = begun.elapsed();
    assert_eq!(tally.answered, addresses.len());
    assert_eq!(server.seen().len(), addresses.len());
    assert_eq!((tally.failed.len(), tally.stopped), (0, None));
    let from = AnswerHost::of(&options.host);
    let kept = Cache::open(&path).unwrap().known(&from).unwrap();
    let kept = kept.answers();
    assert_eq!(kept, addresses.len());
    took
}

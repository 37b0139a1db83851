//! The budget against a service that breaks in every way at random: nothing above it, nothing that is kept paid twice.
//! `RAPSHEET_FUZZ_ROUNDS=500` tries as many.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rapsheet_fake::service::{answer, asked, body, error};
use rapsheet_fake::{FakeRequest, FakeServer, Reply, WireFault};
use rapsheet_geo::{Amount, Cache, HttpOptions, Service, Tally};

use crate::service::{options, run, spread, times_asked};

/// What the server does with a request, and whether it bills it.
fn reply(request: &FakeRequest, seed: u64) -> (Reply, bool) {
    let mut random = fastrand::Rng::with_seed(seed.wrapping_mul(0x9e37_79b9) ^ request.number);
    let good = answer(request, 32).after(Duration::from_millis(random.u64(0..4)));
    match random.u32(0..100) {
        0..62 => (good, true),
        62..68 => (good.broken(WireFault::Cut), true),
        68..72 => (good.broken(WireFault::Close), true),
        72..74 => (good.broken(WireFault::Hang), true),
        74..80 => (Reply::new(200, "text/html", "<html>"), true),
        80..83 => {
            let (service, _) = asked(request).unwrap();
            let other = body(&service, IpAddr::from([9, 9, 9, 9]), 32);
            (Reply::new(200, "application/json", other.to_string()), true)
        }
        83..90 => (Reply::new(503, "text/html", "<html>"), false),
        90..94 => {
            let slow = Reply::new(429, "text/plain", "");
            (slow.header("Retry-After", "0"), false)
        }
        _ => (error(404, "IP_ADDRESS_NOT_FOUND", "not there"), false),
    }
}

/// The addresses that are kept with details.
fn kept(cache: &std::path::Path) -> HashSet<IpAddr> {
    let connection = rusqlite::Connection::open(cache).unwrap();
    let mut statement = connection
        .prepare("SELECT ip FROM answers WHERE code IS NULL")
        .unwrap();
    let rows = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    let all: Vec<IpAddr> = rows.map(|ip| ip.unwrap().parse().unwrap()).collect();
    let each: HashSet<IpAddr> = all.iter().copied().collect();
    assert_eq!(all.len(), each.len(), "an answer is kept twice");
    each
}

#[test]
fn no_fault_makes_a_run_spend_more_than_its_budget_or_pay_for_the_same_twice() {
    let wanted = std::env::var("RAPSHEET_FUZZ_ROUNDS").ok();
    let rounds: u64 = wanted.map_or(16, |wanted| wanted.parse().unwrap());
    for seed in 0..rounds {
        round(seed);
    }
}

fn round(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let billed = Arc::new(AtomicU64::new(0));
    let is_mended = Arc::new(AtomicBool::new(false));
    let (bill, mended) = (Arc::clone(&billed), Arc::clone(&is_mended));
    let server = FakeServer::start(move |request| {
        let (reply, is_billed) = if mended.load(Ordering::SeqCst) {
            (answer(request, 32), true)
        } else {
            reply(request, seed)
        };
        bill.fetch_add(u64::from(is_billed), Ordering::SeqCst);
        reply
    });
    let addresses = spread(random.u32(1..60));
    let mut options = options(&server, Service::Insights);
    options.concurrency = random.usize(1..17);
    options.pause = Duration::from_millis(2);
    options.http = HttpOptions {
        read_timeout: Duration::from_millis(80),
        ..options.http.clone()
    };
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("answers.sqlite");
    let (mut told, mut sent) = (Amount(0), 0);
    for _ in 0..3 {
        let price = options.price;
        let most = price.times(random.u64(0..addresses.len() as u64 + 10));
        // Either a budget, or what was shown.
        (options.budget, options.allowed) = match random.bool() {
            true => (Some(most), None),
            false => (None, Some(most)),
        };
        let known = kept_or_none(&cache);
        let asked_before = times_asked(&server);
        let tally = run(&cache, &addresses, &options);
        let context = format!("seed {seed}: {tally:?}");
        assert!(tally.spent <= most, "{context}");
        told.0 += tally.spent.0;
        sent += tally.sent;
        settle(&server, sent);
        // Of all runs together: what a busy server takes up after its client has gone belongs to the run before.
        let paid = price.times(billed.load(Ordering::SeqCst));
        assert!(paid <= told, "{paid} were billed of {told}: {context}");
        adds_up(&tally, &context);
        for (ip, times) in times_asked(&server) {
            let again = times > asked_before.get(&ip).copied().unwrap_or(0);
            assert!(!(again && known.contains(&ip)), "{ip}: {context}");
        }
    }
    let runs = Cache::open(&cache).unwrap().spending().unwrap();
    let noted: u64 = runs.iter().map(|run| run.spent.unwrap().0).sum();
    assert_eq!(Amount(noted), told, "seed {seed}");
    // In the end each address has its answer, or one about another that is not paid for again.
    is_mended.store(true, Ordering::SeqCst);
    (options.budget, options.allowed) = (None, None);
    let tally = run(&cache, &addresses, &options);
    assert_eq!(tally.done(), addresses.len(), "seed {seed}: {tally:?}");
    assert_eq!(tally.stopped, None, "seed {seed}");
}

/// Waits until a busy server has taken up what was sent, also what its client gave up meanwhile.
fn settle(server: &FakeServer, sent: u64) {
    let begun = Instant::now();
    while (server.seen().len() as u64) < sent && begun.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn kept_or_none(cache: &std::path::Path) -> HashSet<IpAddr> {
    if cache.exists() {
        kept(cache)
    } else {
        HashSet::new()
    }
}

/// Each address is answered, failed or left, and each request answered, perhaps billed, or free.
fn adds_up(tally: &Tally, context: &str) {
    assert!(tally.done() + tally.over_budget <= tally.all, "{context}");
    if tally.stopped.is_none() {
        assert_eq!(tally.done(), tally.all, "{context}");
    }
    let details = (tally.answered - tally.not_found) as u64;
    let price = Service::Insights.shipped_price();
    let spent = price.times(details + tally.perhaps_billed);
    assert_eq!(tally.spent, spent, "{context}");
}

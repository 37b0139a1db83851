//! The web service against a local MaxMind: what is asked, what is kept, and what every fault does.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rapsheet_fake::service::{ACCOUNT, KEY, answer, asked, body, error};
use rapsheet_fake::{FakeRequest, FakeServer, Reply, WireFault};
use rapsheet_geo::{
    Amount, AnswerHost, AskOptions, Cache, Credentials, Geo, GeoOptions, HttpOptions, Interrupt,
    PlanOptions, Secret, Service, Tally, ask, base_url, dotted_answers, plan,
};
use serde_json::json;

use crate::{Folder, ip};

fn credentials() -> Credentials {
    Credentials {
        account_id: ACCOUNT.to_owned(),
        license_key: Secret::new(KEY.to_owned()),
        found_in: "the test".to_owned(),
    }
}

pub(crate) fn options(server: &FakeServer, service: Service) -> AskOptions {
    AskOptions {
        service,
        host: base_url(&server.url()).unwrap(),
        concurrency: 4,
        price: service.shipped_price(),
        budget: None,
        allowed: None,
        share_networks: service.shares_networks(),
        max_age_micros: i64::MAX,
        tries: 4,
        pause: Duration::from_millis(5),
        http: HttpOptions {
            connect_timeout: Duration::from_secs(2),
            read_timeout: Duration::from_millis(400),
            total_timeout: Some(Duration::from_secs(2)),
            ..HttpOptions::default()
        },
        interrupt: Interrupt::default(),
    }
}

/// A server that does one thing until it is mended, and answers from then on.
fn mendable(
    fault: impl Fn(&FakeRequest) -> Reply + Send + Sync + 'static,
) -> (FakeServer, Arc<AtomicBool>) {
    let is_mended = Arc::new(AtomicBool::new(false));
    let mended = Arc::clone(&is_mended);
    let server = FakeServer::start(move |request| {
        if mended.load(Ordering::SeqCst) {
            answer(request, 32)
        } else {
            fault(request)
        }
    });
    (server, is_mended)
}

/// What stands in `details_source` for a server of a test.
fn source(server: &FakeServer, service: &str) -> String {
    format!("maxmind-{service}@{}", server.url().replace("http://", ""))
}

/// The answers of a server of a test.
fn from(server: &FakeServer) -> AnswerHost {
    AnswerHost::of(&base_url(&server.url()).unwrap())
}

pub(crate) fn run(cache: &Path, addresses: &[IpAddr], options: &AskOptions) -> Tally {
    let cache = Cache::open(cache).unwrap();
    ask(cache, addresses, &credentials(), options, Arc::new(|_| ())).unwrap()
}

/// A fault's name, and what the server does.
type Passing = (&'static str, fn(&FakeRequest) -> Reply);

/// A fault's name, what the server does, and what the advice speaks of.
type Stopping = (&'static str, fn() -> Reply, &'static str);

/// Addresses of so many different blocks.
pub(crate) fn spread(count: u32) -> Vec<IpAddr> {
    let of = |n: u32| IpAddr::from([81, 2, (n % 250) as u8, (n / 250) as u8 + 1]);
    (0..count).map(of).collect()
}

pub(crate) fn times_asked(server: &FakeServer) -> HashMap<IpAddr, usize> {
    let mut times = HashMap::new();
    for seen in server.seen() {
        if let Some((_, ip)) = asked(&seen.request) {
            *times.entry(ip).or_insert(0) += 1;
        }
    }
    times
}

#[test]
fn each_address_is_asked_once_and_never_again() {
    let server = FakeServer::start(|request| answer(request, 32));
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("answers.sqlite");
    let addresses = spread(60);
    let tally = run(&cache, &addresses, &options(&server, Service::Insights));
    assert_eq!((tally.answered, tally.failed.len()), (60, 0));
    assert_eq!(tally.spent, Amount::parse("0.12").unwrap());
    assert_eq!(tally.queries_remaining, Some(1000));
    let tally = run(&cache, &addresses, &options(&server, Service::City));
    assert_eq!((tally.answered, tally.saved, tally.sent), (0, 60, 0));
    assert!(times_asked(&server).values().all(|times| *times == 1));
}

#[test]
fn never_more_requests_than_wanted_are_under_way() {
    let (now, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (under_way, peak) = (Arc::clone(&now), Arc::clone(&most));
    let server = FakeServer::start(move |request| {
        peak.fetch_max(
            under_way.fetch_add(1, Ordering::SeqCst) + 1,
            Ordering::SeqCst,
        );
        std::thread::sleep(Duration::from_millis(10));
        under_way.fetch_sub(1, Ordering::SeqCst);
        answer(request, 32)
    });
    let folder = tempfile::tempdir().unwrap();
    for (concurrency, cache) in [(1, "a"), (6, "b")] {
        most.store(0, Ordering::SeqCst);
        let mut options = options(&server, Service::Insights);
        options.concurrency = concurrency;
        let tally = run(&folder.path().join(cache), &spread(60), &options);
        assert_eq!((tally.answered, tally.sent), (60, 60));
        let most = most.load(Ordering::SeqCst) as usize;
        assert!(most <= concurrency, "{most} of {concurrency}");
        assert!(most > 1 || concurrency == 1, "they go side by side");
    }
}

#[test]
fn one_answer_serves_its_network_and_neighbours_wait_for_it() {
    let server = FakeServer::start(|request| answer(request, 24).after(Duration::from_millis(20)));
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("answers.sqlite");
    let addresses: Vec<IpAddr> = (1..=20).map(|n| IpAddr::from([81, 2, 69, n])).collect();
    let tally = run(&cache, &addresses, &options(&server, Service::City));
    assert_eq!((tally.answered, tally.saved, tally.sent), (1, 19, 1));
    let tally = run(&cache, &addresses, &options(&server, Service::Insights));
    assert_eq!((tally.answered, tally.saved), (20, 0));
    let (geo, notices) = Geo::open(&GeoOptions {
        folders: Vec::new(),
        built_in: false,
        cache: Some(cache),
        answers_from: from(&server),
        ..GeoOptions::default()
    });
    assert_eq!(notices, []);
    let details = geo.lookup(ip("81.2.69.7"));
    assert_eq!(details.text("city_name"), Some("City of 81.2.69.7"));
    assert_eq!(details.text("traits_user_type"), Some("hosting"));
    assert_eq!(details.source, Some(source(&server, "insights")));
    let neighbour = geo.lookup(ip("81.2.69.200"));
    assert_eq!(neighbour.text("traits_user_type"), None);
    assert_eq!(neighbour.source, Some(source(&server, "city")));
    assert_eq!(neighbour.network, Some((ip("81.2.69.0"), 24)));
}

#[test]
fn insights_about_one_address_do_not_answer_for_its_neighbours() {
    let server = FakeServer::start(|request| answer(request, 24));
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("a");
    let pair = [ip("81.2.69.1"), ip("81.2.69.2")];
    run(&cache, &pair[..1], &options(&server, Service::Insights));
    let tally = run(&cache, &pair, &options(&server, Service::City));
    assert_eq!((tally.answered, tally.saved), (1, 1));
    let mut shared = options(&server, Service::Insights);
    shared.share_networks = true;
    let tally = run(&cache, &pair, &shared);
    assert_eq!((tally.answered, tally.saved), (0, 2));
}

#[test]
fn the_plan_leaves_out_reserved_and_answered_addresses() {
    let server = FakeServer::start(|request| answer(request, 24));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answers.sqlite");
    run(&path, &[ip("81.2.69.1")], &options(&server, Service::City));
    let known = Cache::open(&path).unwrap().known(&from(&server)).unwrap();
    let all = [
        "10.0.0.1",
        "192.0.2.1",
        "2001:db8::1",
        "81.2.69.1",
        "81.2.69.1",
        "::ffff:81.2.69.2",
        "89.160.20.112",
    ];
    let of = |share_networks| {
        plan(
            all.map(ip),
            &known,
            &PlanOptions {
                service: Service::City,
                share_networks,
                max_age_micros: i64::MAX,
                now_micros: jiff::Timestamp::now().as_microsecond(),
                limit: None,
                price: Service::City.shipped_price(),
            },
        )
    };
    let shared = of(true);
    assert_eq!((shared.addresses, shared.reserved), (6, 3));
    assert_eq!((shared.cached, shared.through_network), (1, 1));
    assert_eq!(shared.ask, [ip("89.160.20.112")]);
    assert_eq!(shared.cost, Amount::parse("0.0003").unwrap());
}

#[test]
fn the_budget_is_never_exceeded_by_one_request() {
    // Every third answer is cut: it may have been billed.
    let server = FakeServer::start(|request| {
        let reply = answer(request, 32).after(Duration::from_millis(3));
        if request.number % 3 == 2 {
            reply.broken(WireFault::Cut)
        } else {
            reply
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&server, Service::Insights);
    options.budget = Amount::parse("0.041");
    options.concurrency = 16;
    let tally = run(&folder.path().join("a"), &spread(100), &options);
    assert_eq!(server.seen().len(), 20, "0.041 pays for 20 at 0.002");
    assert_eq!(tally.spent, Amount::parse("0.04").unwrap());
    assert!(tally.perhaps_billed > 0 && tally.over_budget > 0);
    let (reason, hint) = tally.stopped.unwrap();
    assert!(
        reason.contains("budget") && hint.contains("goes on"),
        "{reason}"
    );
}

#[test]
fn retries_draw_on_what_was_allowed_and_what_is_left_is_named() {
    let server = FakeServer::start(|request| match request.number {
        0..=2 => answer(request, 32).broken(WireFault::Cut),
        _ => answer(request, 32),
    });
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("a");
    let mut allowed = options(&server, Service::City);
    allowed.allowed = Some(allowed.price.times(5));
    let tally = run(&cache, &spread(5), &allowed);
    assert_eq!((tally.answered, tally.sent, tally.over_budget), (2, 5, 3));
    assert_eq!(tally.spent, allowed.price.times(5));
    assert_eq!(tally.left.len(), 3);
    let (reason, hint) = tally.stopped.unwrap();
    assert!(
        reason.starts_with("the 0.0015 USD that were allowed are used up")
            && reason.ends_with("3 addresses are left"),
        "{reason}"
    );
    assert!(hint.contains("goes on there"), "{hint}");
    // What was counted once is not counted again.
    let tally = run(&cache, &tally.left, &allowed);
    assert_eq!((tally.answered, tally.perhaps_billed), (3, 0));
}

/// Claims an address as another run would that has sent a request; returns the path of that run's lock.
fn claimed(cache: &Path, host: &str, ip: IpAddr, owner: &str, sent_micros: i64) -> PathBuf {
    Cache::open(cache).unwrap();
    rusqlite::Connection::open(cache)
        .unwrap()
        .execute(
            "INSERT INTO pending (service, host, ip, block, owner, sent_micros) VALUES ('city', ?1, ?2, 'x', ?3, ?4)",
            (host, ip.to_string(), owner, sent_micros),
        )
        .unwrap();
    PathBuf::from(format!("{}.run-{owner}", cache.display()))
}

#[test]
fn what_a_run_had_sent_that_died_in_the_meantime_is_paid_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("a");
    let pair = spread(2);
    let lock = Arc::new(Mutex::new(None));
    let held = Arc::clone(&lock);
    let server = FakeServer::start(move |request| {
        // The other run dies while the first request is under way.
        drop(held.lock().unwrap().take());
        answer(request, 32)
    });
    let host = server.url().replace("http://", "");
    let file = std::fs::File::create(claimed(&cache, &host, pair[1], "1-x", 0)).unwrap();
    file.lock().unwrap();
    *lock.lock().unwrap() = Some(file);
    let mut options = options(&server, Service::City);
    options.budget = Some(options.price.times(2));
    let tally = run(&cache, &pair, &options);
    assert_eq!((tally.answered, tally.sent, tally.over_budget), (1, 1, 1));
    assert_eq!(tally.spent, options.price.times(2));
}

#[cfg(unix)]
#[test]
fn a_run_whose_lock_cannot_be_looked_at_is_dead_when_it_was_silent_for_long() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("a");
    let server = FakeServer::start(|request| answer(request, 32));
    let host = server.url().replace("http://", "");
    let lock = claimed(&cache, &host, spread(1)[0], "1-x", 0);
    // A link to itself can't be opened by anybody.
    std::os::unix::fs::symlink(&lock, &lock).unwrap();
    let tally = run(&cache, &spread(1), &options(&server, Service::City));
    assert_eq!((tally.answered, tally.perhaps_billed), (1, 1));
}

#[test]
fn what_an_answer_of_the_run_serves_is_not_left_when_the_budget_ends() {
    let server = FakeServer::start(|request| answer(request, 24));
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&server, Service::City);
    options.budget = Some(options.price);
    let addresses = ["81.2.69.1", "89.160.20.1", "81.2.69.2", "81.2.69.3"].map(ip);
    let tally = run(&folder.path().join("a"), &addresses, &options);
    assert_eq!((tally.answered, tally.saved, tally.over_budget), (1, 2, 1));
    assert!(tally.stopped.unwrap().0.ends_with("1 address is left"));
}

#[test]
fn an_answer_of_the_run_serves_its_network_although_no_answer_may_be_old() {
    let server = FakeServer::start(|request| answer(request, 16));
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&server, Service::City);
    (options.concurrency, options.max_age_micros) = (1, 0);
    let of = |n: u8| match n % 2 {
        0 => IpAddr::from([81, 2, n, 1]),
        _ => IpAddr::from([89, 160, n, 1]),
    };
    let addresses: Vec<IpAddr> = (0..12).map(of).collect();
    for _ in 0..2 {
        let tally = run(&folder.path().join("a"), &addresses, &options);
        assert_eq!(tally.answered + tally.saved, 12);
        // The second slot may have claimed its address before the first answer of a network came.
        assert!(tally.sent <= 3, "{} sent", tally.sent);
    }
}

#[test]
fn what_passes_is_tried_again() {
    let faults: [Passing; 7] = [
        ("cut", |request| answer(request, 32).broken(WireFault::Cut)),
        ("closed", |request| {
            answer(request, 32).broken(WireFault::Close)
        }),
        ("hung", |request| {
            answer(request, 32).broken(WireFault::Hang)
        }),
        ("silent in the middle", |request| {
            answer(request, 32).broken(WireFault::Stall)
        }),
        ("no JSON", |_| Reply::new(200, "application/json", "<html>")),
        ("502", |_| Reply::new(502, "text/html", "<html>bad gateway")),
        ("408", |_| Reply::new(408, "text/html", "")),
    ];
    for (name, fault) in faults {
        let server = FakeServer::start(move |request| {
            if request.number == 0 {
                fault(request)
            } else {
                answer(request, 32)
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let tally = run(
            &folder.path().join("a"),
            &spread(5),
            &options(&server, Service::City),
        );
        assert_eq!((tally.answered, tally.failed.len()), (5, 0), "{name}");
        assert_eq!(tally.sent, 6, "{name}");
    }
}

#[test]
fn what_does_not_pass_is_kept_as_failed_and_asked_again_by_the_next_run() {
    let (server, is_mended) = mendable(|request| match asked(request) {
        Some((_, bad)) if bad == ip("81.2.1.1") => Reply::new(500, "text/plain", "no"),
        _ => answer(request, 32),
    });
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("a");
    let tally = run(&cache, &spread(5), &options(&server, Service::City));
    assert_eq!(tally.answered, 4);
    assert_eq!(
        tally.failed,
        [(ip("81.2.1.1"), "HTTP status 500".to_owned())]
    );
    is_mended.store(true, Ordering::SeqCst);
    let tally = run(&cache, &spread(5), &options(&server, Service::City));
    assert_eq!((tally.answered, tally.saved), (1, 4));
}

#[test]
fn what_holds_for_the_run_stops_it_at_once() {
    let faults: [Stopping; 6] = [
        (
            "AUTHORIZATION_INVALID",
            || error(401, "AUTHORIZATION_INVALID", "no"),
            "licence key",
        ),
        (
            "OUT_OF_QUERIES",
            || error(402, "OUT_OF_QUERIES", "no"),
            "buy credit",
        ),
        (
            "PERMISSION_REQUIRED",
            || error(403, "PERMISSION_REQUIRED", "no"),
            "may not use",
        ),
        ("402", || Reply::new(402, "text/plain", ""), "buy credit"),
        ("404", || Reply::new(404, "text/html", "<html>"), "--host"),
        (
            "302",
            || Reply::new(302, "text/html", "").header("Location", "http://127.0.0.2:9/"),
            "--host",
        ),
    ];
    for (name, fault, advice) in faults {
        let server = FakeServer::start(move |_| fault());
        let folder = tempfile::tempdir().unwrap();
        let tally = run(
            &folder.path().join("a"),
            &spread(50),
            &options(&server, Service::City),
        );
        assert_eq!(server.seen().len(), 1, "{name}");
        let (reason, hint) = tally.stopped.unwrap();
        assert!(
            reason.contains(name) && hint.contains(advice),
            "{name}: {reason}, {hint}"
        );
        assert_eq!(tally.answered, 0);
    }
}

#[test]
fn a_refusal_in_the_middle_of_a_run_lets_no_more_out() {
    let (server, is_mended) = mendable(|request| match request.number {
        0..20 => answer(request, 32).after(Duration::from_millis(5)),
        _ => error(401, "AUTHORIZATION_INVALID", "the key was withdrawn"),
    });
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("a");
    let options = options(&server, Service::Insights);
    let tally = run(&cache, &spread(200), &options);
    let seen = server.seen().len();
    assert!(seen < 20 + 2 * options.concurrency, "{seen}");
    assert_eq!((tally.answered, tally.sent), (20, seen as u64));
    assert_eq!(tally.spent, options.price.times(20));
    assert!(tally.stopped.unwrap().0.contains("AUTHORIZATION_INVALID"));
    is_mended.store(true, Ordering::SeqCst);
    let tally = run(&cache, &spread(200), &options);
    assert_eq!((tally.answered, tally.saved), (180, 20));
    assert_eq!(tally.perhaps_billed, 0);
}

#[test]
fn negative_answers_are_kept_and_cost_nothing() {
    let server = FakeServer::start(|request| {
        if request.number % 2 == 0 {
            error(404, "IP_ADDRESS_NOT_FOUND", "not in the data")
        } else {
            error(400, "IP_ADDRESS_RESERVED", "reserved")
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("a");
    let tally = run(&cache, &spread(6), &options(&server, Service::City));
    assert_eq!((tally.answered, tally.not_found), (6, 6));
    assert_eq!(tally.spent, Amount(0));
    let tally = run(&cache, &spread(6), &options(&server, Service::City));
    assert_eq!((tally.saved, tally.sent), (6, 0));
}

#[test]
fn a_429_pauses_all_slots_for_as_long_as_it_says() {
    let server = FakeServer::start(|request| {
        if request.number == 10 {
            Reply::new(429, "text/plain", "").header("Retry-After", "1")
        } else {
            answer(request, 32).after(Duration::from_millis(5))
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let tally = run(
        &folder.path().join("a"),
        &spread(60),
        &options(&server, Service::City),
    );
    assert_eq!((tally.answered, tally.failed.len()), (60, 0));
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let always =
        FakeServer::start(|_| Reply::new(429, "text/plain", "").header("Retry-After", "0"));
    let tally = run(
        &folder.path().join("b"),
        &spread(60),
        &options(&always, Service::City),
    );
    assert!(always.seen().len() < 10, "it gives up");
    assert!(tally.stopped.unwrap().0.contains("429"));
}

#[test]
fn a_429_without_a_time_pauses_all_slots_too_and_is_never_kept() {
    let times = Arc::new(Mutex::new(HashMap::new()));
    let noted = Arc::clone(&times);
    let server = FakeServer::start(move |request| {
        let now = Instant::now();
        noted.lock().unwrap().insert(request.number, now);
        match request.number {
            10 => Reply::new(429, "text/html", "<html>slow down"),
            _ => answer(request, 32).after(Duration::from_millis(2)),
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let mut patient = options(&server, Service::City);
    patient.pause = Duration::from_millis(40);
    let tally = run(&folder.path().join("a"), &spread(60), &patient);
    assert_eq!((tally.answered, tally.failed.len()), (60, 0));
    assert_eq!((tally.sent, tally.perhaps_billed), (61, 0));
    // Three more may have been under way.
    let at = |number: u64| times.lock().unwrap()[&number];
    let gap = at(14) - at(10);
    assert!(gap >= Duration::from_millis(150), "{gap:?}");

    let always = FakeServer::start(|_| Reply::new(429, "text/html", ""));
    let cache = folder.path().join("b");
    let tally = run(&cache, &spread(8), &options(&always, Service::City));
    assert!(always.seen().len() < 12, "it gives up");
    let (reason, hint) = tally.stopped.unwrap();
    assert!(
        reason.contains("429") && hint.contains("later"),
        "{reason} {hint}"
    );
    assert_eq!((tally.answered, tally.spent), (0, Amount(0)));
    let tally = run(&cache, &spread(8), &options(&server, Service::City));
    assert_eq!((tally.answered, tally.saved), (8, 0));
}

#[test]
fn a_burst_of_429_is_one_pause() {
    let server = FakeServer::start(|request| match request.number {
        20..36 => Reply::new(429, "text/plain", "").header("Retry-After", "0"),
        _ => answer(request, 32),
    });
    // They all come before the first of them is heard of.
    let folder = tempfile::tempdir().unwrap();
    let mut many = options(&server, Service::City);
    many.concurrency = 16;
    let tally = run(&folder.path().join("a"), &spread(100), &many);
    assert_eq!(tally.stopped, None);
    assert_eq!((tally.answered, tally.failed.len()), (100, 0));
}

/// A server that is out of order from a number of requests on, for a while.
fn out_of_order(from: u64, length: Duration) -> FakeServer {
    let begun = Mutex::new(None);
    FakeServer::start(move |request| {
        let reply = answer(request, 32).after(Duration::from_millis(2));
        if request.number < from {
            return reply;
        }
        let begun = *begun.lock().unwrap().get_or_insert_with(Instant::now);
        if begun.elapsed() < length {
            Reply::new(503, "text/html", "<html>soon")
        } else {
            reply
        }
    })
}

#[test]
fn a_service_out_of_order_is_waited_for_and_no_address_pays_for_it() {
    for from in [0, 50] {
        let server = out_of_order(from, Duration::from_millis(250));
        let folder = tempfile::tempdir().unwrap();
        let mut patient = options(&server, Service::City);
        (patient.concurrency, patient.pause) = (8, Duration::from_millis(80));
        let tally = run(&folder.path().join("a"), &spread(200), &patient);
        assert_eq!(tally.stopped, None, "from {from}");
        assert_eq!((tally.answered, tally.failed.len()), (200, 0));
        assert!(tally.sent < 200 + 25, "{} sent", tally.sent);
    }
}

#[test]
fn a_service_that_stays_out_of_order_ends_the_run_and_did_answer() {
    for from in [0, 50] {
        let server = out_of_order(from, Duration::from_secs(60));
        let folder = tempfile::tempdir().unwrap();
        let tally = run(
            &folder.path().join("a"),
            &spread(200),
            &options(&server, Service::City),
        );
        let (reason, hint) = tally.stopped.unwrap();
        assert!(
            reason.ends_with("requests in a row failed, the last: HTTP status 503"),
            "{reason}"
        );
        assert!(hint.contains("wait until"), "{hint}");
        assert_eq!(tally.answered as u64, from);
    }
}

#[test]
fn a_redirect_is_not_followed_so_no_other_name_hears_the_key() {
    // The address is known only when the server runs.
    let place = Arc::new(Mutex::new(String::new()));
    let other = Arc::clone(&place);
    let server = FakeServer::start(move |request| {
        let there = format!("{}{}", other.lock().unwrap(), request.path);
        Reply::new(307, "text/html", "").header("Location", &there)
    });
    *place.lock().unwrap() = server.other_url();
    assert!(server.other_url().contains("localhost"));
    let folder = tempfile::tempdir().unwrap();
    let tally = run(
        &folder.path().join("a"),
        &spread(5),
        &options(&server, Service::City),
    );
    let names: Vec<String> = server
        .seen()
        .iter()
        .flat_map(|seen| seen.request.headers.clone())
        .filter(|(name, _)| name == "host")
        .map(|(_, host)| host)
        .collect();
    assert_eq!(names, [server.url().replace("http://", "")]);
    let (reason, _) = tally.stopped.unwrap();
    assert!(reason.contains("307"), "{reason}");
}

#[test]
fn whoever_takes_a_connection_and_never_speaks_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = FakeServer::start(|request| answer(request, 32));
    let mut options = options(&server, Service::City);
    options.http.connect_timeout = Duration::from_millis(200);
    options.host = base_url(&format!("https://{}", silent.local_addr().unwrap())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let tally = run(&folder.path().join("a"), &spread(20), &options);
    let (reason, _) = tally.stopped.unwrap();
    assert!(reason.contains("nobody answers"), "{reason}");
    assert_eq!((tally.answered, tally.perhaps_billed), (0, 0));
}

#[test]
fn a_name_that_nobody_has_ends_the_run_with_a_word_about_names() {
    let server = FakeServer::start(|request| answer(request, 32));
    let mut options = options(&server, Service::City);
    options.host = base_url("https://geoip.invalid").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let tally = run(&folder.path().join("a"), &spread(20), &options);
    let (reason, hint) = tally.stopped.unwrap();
    assert!(
        reason.contains("nobody answers at https://geoip.invalid/"),
        "{reason}"
    );
    assert!(hint.contains("--host"), "{hint}");
    assert_eq!((tally.answered, tally.perhaps_billed), (0, 0));
}

#[test]
fn each_address_is_asked_where_networks_are_not_shared_and_answers_hold_for_networks_all_the_same()
{
    let server = FakeServer::start(|request| answer(request, 24));
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("answers.sqlite");
    let pair = [ip("81.2.69.1"), ip("81.2.69.2")];
    let mut alone = options(&server, Service::City);
    alone.share_networks = false;
    let tally = run(&cache, &pair[..1], &alone);
    assert_eq!((tally.answered, tally.saved), (1, 0));
    let tally = run(&cache, &pair, &alone);
    assert_eq!((tally.answered, tally.saved), (1, 1));
    assert!(times_asked(&server).values().all(|times| *times == 1));
    let geo = of_cache(&cache, &server, i64::MIN, Vec::new());
    for (address, city) in [
        ("81.2.69.1", "City of 81.2.69.1"),
        ("81.2.69.2", "City of 81.2.69.2"),
        // Nobody asked about this one, and its network is known.
        ("81.2.69.200", "City of 81.2.69.2"),
    ] {
        assert_eq!(
            geo.lookup(ip(address)).text("city_name"),
            Some(city),
            "{address}"
        );
    }
    let tally = run(&cache, &[ip("81.2.69.3")], &options(&server, Service::City));
    assert_eq!((tally.answered, tally.saved), (0, 1));
}

fn of_cache(
    cache: &Path,
    server: &FakeServer,
    fresh_since_micros: i64,
    paths: Vec<PathBuf>,
) -> Geo {
    let (geo, notices) = Geo::open(&GeoOptions {
        paths,
        folders: Vec::new(),
        built_in: false,
        cache: Some(cache.to_owned()),
        answers_from: from(server),
        fresh_since_micros,
        ..GeoOptions::default()
    });
    assert_eq!(notices, []);
    geo
}

#[test]
fn fresh_insights_go_before_city_before_a_file_before_old_answers() {
    let server = FakeServer::start(|request| answer(request, 32));
    let folder = Folder::new();
    let cache = folder.path().join("answers.sqlite");
    let [first, second, third] = ["81.2.69.1", "81.2.69.2", "81.2.69.3"].map(ip);
    run(&cache, &[first, second], &options(&server, Service::City));
    run(&cache, &[first], &options(&server, Service::Insights));
    let local = json!({"city": {"names": {"en": "Local"}}, "country": {"iso_code": "GB"}, "postal": {"code": "NW10"}});
    let file = folder.database("GeoLite2-City", 5, &[("81.2.69.0/24", local)]);
    let told = |fresh_since, ip| {
        let geo = of_cache(&cache, &server, fresh_since, vec![file.clone()]);
        let details = geo.lookup(ip);
        let text = |name| details.text(name).map(str::to_owned);
        (
            text("city_name").unwrap(),
            text("postal_code"),
            text("traits_user_type"),
            details.source.clone().unwrap(),
        )
    };
    let of = |city: &str, postal: Option<&str>, user_type: Option<&str>, source: &str| {
        (
            city.to_owned(),
            postal.map(str::to_owned),
            user_type.map(str::to_owned),
            source.to_owned(),
        )
    };
    let fresh = i64::MIN;
    assert_eq!(
        told(fresh, first),
        of(
            "City of 81.2.69.1",
            None,
            Some("hosting"),
            &source(&server, "insights")
        )
    );
    assert_eq!(
        told(fresh, second),
        of("City of 81.2.69.2", None, None, &source(&server, "city"))
    );
    assert_eq!(
        told(fresh, third),
        of("Local", Some("NW10"), None, "GeoLite2-City")
    );
    // Old answers still give what the file does not know.
    assert_eq!(
        told(i64::MAX, first),
        of(
            "Local",
            Some("NW10"),
            Some("hosting"),
            &format!("GeoLite2-City, {}", source(&server, "insights"))
        )
    );
}

#[test]
fn what_nobody_has_seen_before_is_kept_in_a_column_of_its_own() {
    let server = FakeServer::start(|request| {
        let (service, ip) = asked(request).unwrap();
        let mut body = body(&service, ip, 32);
        body["traits"]["is_quantum"] = json!(true);
        body["ownership"] = json!({"since": "2026-01-01", "shares": [1, 2]});
        Reply::new(200, "application/json", body.to_string())
    });
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("answers.sqlite");
    let known = ip("81.2.69.1");
    run(&cache, &[known], &options(&server, Service::Insights));
    let geo = of_cache(&cache, &server, i64::MIN, Vec::new());
    assert_eq!(
        geo.lookup(known).text("details_other"),
        Some(
            r#"{"traits.is_quantum":true,"ownership.since":"2026-01-01","ownership.shares":[1,2]}"#
        )
    );
    assert_eq!(geo.lookup(ip("81.2.69.2")).text("details_other"), None);
    let wide = dotted_answers(&cache, &from(&server), &[known], None).unwrap();
    for name in ["traits.is_quantum", "ownership.since", "ownership.shares"] {
        assert!(wide.column_by_name(name).is_some(), "{name}");
    }
    let topics = geo.topics(0);
    assert!(topics.contains(&"kind of user"), "{topics:?}");
}

#[test]
fn nobody_there_ends_the_run_soon() {
    let server = FakeServer::start(|request| answer(request, 32));
    let mut gone = options(&server, Service::City);
    // Nobody listens there; a port that was just given back may be another test's by now.
    gone.host = base_url("http://127.0.0.1:1").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let tally = run(&folder.path().join("a"), &spread(500), &gone);
    let reason = tally.stopped.unwrap().0;
    assert!(reason.contains("nobody answers"), "{reason}");
    assert_eq!((tally.spent, tally.perhaps_billed), (Amount(0), 0));
}

#[test]
fn tls_is_spoken_and_a_stranger_is_not_trusted() {
    let server = FakeServer::start_tls(|request| answer(request, 32));
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&server, Service::City);
    let tally = run(&folder.path().join("a"), &spread(2), &options);
    let (reason, hint) = tally.stopped.unwrap();
    assert!(reason.contains("certificate"), "{reason}");
    assert!(hint.contains("--ca-file"), "{hint}");
    assert_eq!(tally.sent, 1, "another try would fail alike");
    assert!(server.seen().is_empty());
    let pem = server.certificate().unwrap().as_bytes().to_vec();
    options.http.extra_roots = vec![pem];
    let tally = run(&folder.path().join("a"), &spread(20), &options);
    assert_eq!(tally.answered, 20);
}

#[test]
fn two_runs_at_once_share_the_work() {
    let server = FakeServer::start(|request| answer(request, 32).after(Duration::from_millis(5)));
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("a");
    Cache::open(&cache).unwrap();
    let options = options(&server, Service::Insights);
    let addresses = spread(200);
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| run(&cache, &addresses, &options)))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(tallies[0].answered + tallies[1].answered, 200);
    assert!(tallies.iter().all(|tally| tally.done() == 200));
    assert!(times_asked(&server).values().all(|times| *times == 1));
}

#[test]
fn the_key_is_in_nothing_that_is_written() {
    let server = FakeServer::start(|_| error(401, "AUTHORIZATION_INVALID", "no"));
    let folder = tempfile::tempdir().unwrap();
    let tally = run(
        &folder.path().join("a"),
        &spread(3),
        &options(&server, Service::City),
    );
    let mut written = format!("{tally:?} {:?}", credentials()).into_bytes();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        written.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let has = |text: &str| {
        written
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(has("401") || has("AUTHORIZATION_INVALID"));
    assert!(!has(KEY) && !has(&KEY[8..20]));
}

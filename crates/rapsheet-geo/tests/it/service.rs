//! The web service against a local MaxMind: what is asked, what is kept, and what every fault does.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rapsheet_fake::service::{ACCOUNT, KEY, answer, asked, error};
use rapsheet_fake::{Fault, Reply, Request, Server};
use rapsheet_geo::{
    Amount, AskOptions, Cache, Credentials, Geo, GeoOptions, HttpOptions, PlanOptions, Secret,
    Service, Tally, ask, base_url, plan,
};

use crate::ip;

fn credentials() -> Credentials {
    Credentials {
        account_id: ACCOUNT.to_owned(),
        license_key: Secret::new(KEY.to_owned()),
        found_in: "the test".to_owned(),
    }
}

fn options(server: &Server, service: Service) -> AskOptions {
    AskOptions {
        service,
        host: base_url(&server.url()).unwrap(),
        concurrency: 4,
        price: service.shipped_price(),
        budget: None,
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
    }
}

fn run(cache: &Path, addresses: &[IpAddr], options: &AskOptions) -> Tally {
    let cache = Cache::open(cache).unwrap();
    ask(cache, addresses, &credentials(), options, Arc::new(|_| ())).unwrap()
}

/// A fault's name, and what the server does.
type Passing = (&'static str, fn(&Request) -> Reply);

/// A fault's name, what the server does, and what the advice speaks of.
type Stopping = (&'static str, fn() -> Reply, &'static str);

/// Addresses of so many different blocks.
fn spread(count: u32) -> Vec<IpAddr> {
    let of = |n: u32| IpAddr::from([81, 2, (n % 250) as u8, (n / 250) as u8 + 1]);
    (0..count).map(of).collect()
}

fn times_asked(server: &Server) -> HashMap<IpAddr, usize> {
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
    let server = Server::start(|request| answer(request, 32));
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
fn one_answer_serves_its_network_and_neighbours_wait_for_it() {
    let server = Server::start(|request| answer(request, 24).after(Duration::from_millis(20)));
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
        ..GeoOptions::default()
    });
    assert_eq!(notices, []);
    let details = geo.lookup(ip("81.2.69.7"));
    assert_eq!(details.text("city_name"), Some("City of 81.2.69.7"));
    assert_eq!(details.text("traits_user_type"), Some("hosting"));
    assert_eq!(details.source.as_deref(), Some("maxmind-insights"));
    let neighbour = geo.lookup(ip("81.2.69.200"));
    assert_eq!(neighbour.text("traits_user_type"), None);
    assert_eq!(neighbour.source.as_deref(), Some("maxmind-city"));
    assert_eq!(neighbour.network, Some((ip("81.2.69.0"), 24)));
}

#[test]
fn insights_about_one_address_do_not_answer_for_its_neighbours() {
    let server = Server::start(|request| answer(request, 24));
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
    let server = Server::start(|request| answer(request, 24));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answers.sqlite");
    run(&path, &[ip("81.2.69.1")], &options(&server, Service::City));
    let known = Cache::open(&path).unwrap().known().unwrap();
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
                now_micros: 0,
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
    let server = Server::start(|request| {
        let reply = answer(request, 32).after(Duration::from_millis(3));
        if request.number % 3 == 2 {
            reply.broken(Fault::Cut)
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
fn what_passes_is_tried_again() {
    let faults: [Passing; 6] = [
        ("cut", |request| answer(request, 32).broken(Fault::Cut)),
        ("closed", |request| answer(request, 32).broken(Fault::Close)),
        ("hung", |request| answer(request, 32).broken(Fault::Hang)),
        ("no JSON", |_| Reply::new(200, "application/json", "<html>")),
        ("502", |_| Reply::new(502, "text/html", "<html>bad gateway")),
        ("408", |_| Reply::new(408, "text/html", "")),
    ];
    for (name, fault) in faults {
        let server = Server::start(move |request| {
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
    let broken = Server::start(|request| match asked(request) {
        Some((_, bad)) if bad == ip("81.2.1.1") => Reply::new(500, "text/plain", "no"),
        _ => answer(request, 32),
    });
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("a");
    let tally = run(&cache, &spread(5), &options(&broken, Service::City));
    assert_eq!(tally.answered, 4);
    assert_eq!(
        tally.failed,
        [(ip("81.2.1.1"), "HTTP status 500".to_owned())]
    );
    let server = Server::start(|request| answer(request, 32));
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
        let server = Server::start(move |_| fault());
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
fn negative_answers_are_kept_and_cost_nothing() {
    let server = Server::start(|request| {
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
    let server = Server::start(|request| {
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
    let always = Server::start(|_| Reply::new(429, "text/plain", "").header("Retry-After", "0"));
    let tally = run(
        &folder.path().join("b"),
        &spread(60),
        &options(&always, Service::City),
    );
    assert!(always.seen().len() < 10, "it gives up");
    assert!(tally.stopped.unwrap().0.contains("429"));
}

#[test]
fn nobody_there_ends_the_run_soon() {
    let server = Server::start(|request| answer(request, 32));
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
    let server = Server::start_tls(|request| answer(request, 32));
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&server, Service::City);
    let tally = run(&folder.path().join("a"), &spread(2), &options);
    assert!(tally.stopped.unwrap().0.contains("certificate"));
    assert!(server.seen().is_empty());
    let pem = server.certificate().unwrap().as_bytes().to_vec();
    options.http.extra_roots = vec![pem];
    let tally = run(&folder.path().join("a"), &spread(20), &options);
    assert_eq!(tally.answered, 20);
}

#[test]
fn two_runs_at_once_share_the_work() {
    let server = Server::start(|request| answer(request, 32).after(Duration::from_millis(5)));
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
    let server = Server::start(|_| error(401, "AUTHORIZATION_INVALID", "no"));
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

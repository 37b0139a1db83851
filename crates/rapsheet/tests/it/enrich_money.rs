//! What `enrich` spends: never more than was allowed, nothing twice, and answers count as those of the host that gave them.

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rapsheet_fake::service::{answer, asked, body};
use rapsheet_fake::{FakeRequest, FakeServer, Reply, WireFault};

use crate::enrich::{answers, asked_about, command, run, start, times_asked, write_addresses};
use crate::program::{rapsheet, sql};

/// Whether a request is about one of these addresses.
fn is_about(request: &FakeRequest, addresses: &[&str]) -> bool {
    asked(request).is_some_and(|(_, ip)| addresses.contains(&ip.to_string().as_str()))
}

#[test]
fn the_budget_is_the_ceiling_and_broken_answers_are_tried_again_below_it() {
    let broken = Mutex::new(vec!["81.2.3.1", "81.2.7.1"]);
    let server = FakeServer::start(move |request| {
        let mut broken = broken.lock().unwrap();
        match broken.iter().position(|bad| is_about(request, &[bad])) {
            Some(at) => {
                broken.remove(at);
                answer(request, 32).broken(WireFault::Cut)
            }
            None => answer(request, 32),
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_addresses(folder, 40);
    let insights = ["--service", "insights", "--budget", "1"];
    let (code, said) = run(folder, &server, &insights);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("40 of 40: 40 answered"), "{said}");
    assert!(said.contains("42 requests, 0.084 USD spent"), "{said}");
    assert!(
        said.contains("note: 2 requests without an answer may have been billed"),
        "{said}"
    );
    assert_eq!(server.seen().len(), 42);
}

#[test]
fn without_a_budget_the_plan_and_its_reserve_are_the_ceiling() {
    let server = FakeServer::start(|_| Reply::new(200, "application/json", "<html>"));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_addresses(folder, 3);
    let (code, said) = run(folder, &server, &["--yes", "--concurrency", "1"]);
    assert_eq!(code, 2, "nothing was produced: {said}");
    assert!(
        said.contains("at most 3 requests at 0.0003 USD each: 0.0009 USD (price of "),
        "{said}"
    );
    assert!(said.contains("in reserve: 0.0012 USD, "), "{said}");
    assert!(said.contains("never more than 0.0021 USD in all"), "{said}");
    assert!(server.seen().len() <= 7, "{} sent", server.seen().len());

    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_addresses(folder, 1);
    for (budget, most) in [("0.0003", 1), ("0.0007", 2), ("5", 5)] {
        let before = server.seen().len();
        let (code, said) = run(folder, &server, &["--budget", budget]);
        assert_eq!(code, 2, "{said}");
        let sent = server.seen().len() - before;
        assert_eq!(sent, most, "budget {budget}: {said}");
    }
    let before = server.seen().len();
    let (code, said) = run(folder, &server, &["--budget", "0.0002"]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("error: the budget of 0.0002 USD pays for no request at 0.0003 USD each"),
        "{said}"
    );
    assert_eq!(server.seen().len(), before);
}

#[test]
fn answers_of_another_host_are_asked_for_anew_and_count_for_nobody_else() {
    let [first, second] = ["first", "second"].map(|name| {
        FakeServer::start(move |request| {
            let (service, ip) = asked(request).unwrap();
            let mut body = body(&service, ip, 24);
            body["city"]["names"]["en"] = name.into();
            Reply::new(200, "application/json", body.to_string())
        })
    });
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("ips.txt"), "81.2.69.160\n").unwrap();
    let log =
        "Jan  2 03:04:05 web sshd[77]: Failed password for root from 81.2.69.160 port 1 ssh2\n";
    std::fs::write(folder.join("auth.log"), log).unwrap();
    for server in [&first, &second] {
        let (code, said) = run(folder, server, &["--yes"]);
        assert_eq!(code, 0, "{said}");
        assert!(
            said.contains("1 to ask, 0 answered already, 0 through"),
            "{said}"
        );
        let (code, said) = run(folder, server, &["--yes"]);
        assert!(code == 0 && said.contains("nothing to ask"), "{said}");
        assert_eq!(server.seen().len(), 1);
    }
    let city = |more: &[&str]| {
        let arguments = [&["auth.log"], more].concat();
        sql(
            folder,
            "SELECT coalesce(city_name, 'none') FROM details",
            &arguments,
        )
    };
    assert_eq!(city(&[]), ["none"], "neither is MaxMind's own host");
    assert_eq!(city(&["--answers-from", &first.url()]), ["first"]);
    assert_eq!(city(&["--answers-from", &second.url()]), ["second"]);
    let wide = ["export", "details", "--columns", "dotted", "auth.log"];
    assert_eq!(rapsheet(folder, &wide).code, 2);
    let url = first.url();
    let named = [&wide[..], &["--answers-from", &url]].concat();
    assert!(rapsheet(folder, &named).stdout.contains("first"));
    // The plan for the real host knows of none.
    let plan = rapsheet(folder, &["enrich", "--ips", "ips.txt", "--dry-run"]);
    assert!(
        plan.stdout.contains("1 to ask, 0 answered already"),
        "{}",
        plan.stdout
    );
    assert!(
        plan.stdout
            .contains("asks https://geoip.maxmind.com/ (MaxMind,")
    );
}

#[test]
fn an_answer_about_another_address_is_told_kept_apart_and_not_billed_twice() {
    let server = FakeServer::start(|request| {
        let (service, ip) = asked(request).unwrap();
        let told = match ip.to_string().as_str() {
            "81.2.2.1" => "81.2.3.1".parse().unwrap(),
            _ => ip,
        };
        Reply::new(
            200,
            "application/json",
            body(&service, told, 32).to_string(),
        )
    });
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_addresses(folder, 5);
    let insights = ["--service", "insights", "--budget", "1"];
    let (code, said) = run(folder, &server, &insights);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("error: 81.2.2.1: the answer is about `81.2.3.1`; it is kept apart"),
        "{said}"
    );
    assert!(said.contains("5 of 5: 4 answered"), "{said}");
    assert!(
        said.contains("1 failed; 5 requests, 0.01 USD spent"),
        "{said}"
    );
    assert_eq!(server.seen().len(), 5);
    let hint = "hint: `rapsheet enrich forget --address ADDRESS` makes way for another try, which is billed\n";
    assert!(said.ends_with(hint), "{said}");
    let (code, said) = run(folder, &server, &insights);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("1 address had an answer about another address, which is kept apart"),
        "{said}"
    );
    assert!(said.contains("nothing to ask"), "{said}");
    assert_eq!(server.seen().len(), 5, "it would be billed again");
    let unanswered = rapsheet(folder, &["export", "unanswered", "--format", "ndjson"]);
    let row: serde_json::Value = serde_json::from_str(&unanswered.stdout).unwrap();
    assert_eq!(row["source_ip"], "81.2.2.1");
    let answer = row["last_answer"].as_str().unwrap();
    assert!(answer.contains("81.2.3.1"), "{answer}");
    // Whoever wants to know it forgets what came, and asks again.
    let (code, said) = run(
        folder,
        &server,
        &[&insights[..], &["--max-age", "0"]].concat(),
    );
    assert!(code == 1 && said.contains("5 to ask"), "{said}");
}

#[test]
fn a_service_that_mixes_answers_up_is_left_after_a_few() {
    let server = FakeServer::start(|request| {
        let (service, _) = asked(request).unwrap();
        let body = body(&service, "9.9.9.9".parse().unwrap(), 32);
        Reply::new(200, "application/json", body.to_string())
    });
    let folder = tempfile::tempdir().unwrap();
    write_addresses(folder.path(), 100);
    let (code, said) = run(folder.path(), &server, &["--budget", "1"]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("error: 3 answers in a row are about other addresses"),
        "{said}"
    );
    assert!(server.seen().len() <= 11, "{} paid", server.seen().len());
}

#[test]
fn one_address_that_always_gets_429_is_named_and_given_up_while_others_go_on() {
    for (wait, reason) in [
        (None, "5 times while others were answered"),
        (
            Some("120"),
            "2 times while others were answered; the last asks to wait 2 min",
        ),
    ] {
        let server = FakeServer::start(move |request| {
            if !is_about(request, &["81.2.5.1"]) {
                return answer(request, 32).after(Duration::from_millis(2));
            }
            let slow = Reply::new(429, "text/plain", "");
            match wait {
                // The first one, before most others, asks for a moment only, since all wait for it.
                Some(wait) if request.number > 20 => slow.header("Retry-After", wait),
                Some(_) => slow.header("Retry-After", "0"),
                None => slow,
            }
        });
        let folder = tempfile::tempdir().unwrap();
        write_addresses(folder.path(), 60);
        let begun = Instant::now();
        let (code, said) = run(folder.path(), &server, &["--yes", "--concurrency", "4"]);
        assert!(begun.elapsed() < Duration::from_secs(20), "{said}");
        assert_eq!(code, 1, "{said}");
        assert!(
            said.contains("429, too many requests, about 81.2.5.1"),
            "{said}"
        );
        let error = format!("error: 81.2.5.1: HTTP status 429, too many requests, {reason}\n");
        assert!(said.contains(&error), "{said}");
        assert!(said.contains("60 of 60: 59 answered"), "{said}");
        assert_eq!(answers(folder.path()).len(), 59);
    }
}

#[test]
fn a_service_that_asks_everybody_to_wait_for_hours_says_so() {
    let server =
        FakeServer::start(|_| Reply::new(429, "text/plain", "").header("Retry-After", "7200"));
    let folder = tempfile::tempdir().unwrap();
    write_addresses(folder.path(), 5);
    let (code, said) = run(folder.path(), &server, &["--yes"]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains(
            "error: the service answers 429, too many requests, the last time about 81.2."
        ),
        "{said}"
    );
    assert!(said.contains(", and asks to wait 2 h\nhint: "), "{said}");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn answers_from_the_future_are_old_and_no_age_at_all_asks_anew() {
    let server = FakeServer::start(|request| answer(request, 32));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_addresses(folder, 3);
    assert_eq!(run(folder, &server, &["--yes"]).0, 0);
    let cache = folder.join(".local/share/rapsheet/answers.sqlite");
    let decade = 10_i64 * 365 * 86_400 * 1_000_000;
    rusqlite::Connection::open(cache)
        .unwrap()
        .execute(
            "UPDATE answers SET asked_micros = asked_micros + ?1 WHERE ip = '81.2.1.1'",
            [decade],
        )
        .unwrap();
    let (code, said) = run(folder, &server, &["--yes"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("1 to ask, 2 answered already"), "{said}");
    assert!(
        said.contains("1 answer is dated ahead of this machine's clock"),
        "{said}"
    );
    assert_eq!(times_asked(&server)["81.2.1.1"], 2);
    let (code, said) = run(folder, &server, &["--yes", "--max-age", "0"]);
    assert!(code == 0 && said.contains("3 to ask"), "{said}");
    assert_eq!(server.seen().len(), 7);
    let (code, said) = run(folder, &server, &["--yes"]);
    assert!(code == 0 && said.contains("nothing to ask"), "{said}");
}

/// Sends a signal to a process.
#[cfg(unix)]
fn signal(process: u32, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &process.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Waits until a server was asked so often.
fn wait_for(server: &FakeServer, requests: usize) {
    let begun = Instant::now();
    while server.seen().len() < requests {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_takes_in_what_is_under_way_and_says_how_to_go_on() {
    for name in ["INT", "TERM"] {
        let server =
            FakeServer::start(|request| answer(request, 32).after(Duration::from_millis(150)));
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        write_addresses(folder, 200);
        let child = start(folder, &server, &["--yes", "--concurrency", "4"]);
        wait_for(&server, 9);
        signal(child.id(), name);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        let (sent, kept) = (server.seen().len(), answers(folder).len());
        assert!(sent < 30, "{sent} sent");
        assert_eq!(kept, sent, "what was under way is kept: {said}");
        assert!(said.contains("stopping: waits for the requests"), "{said}");
        assert!(
            said.contains(&format!("{sent} of 200: {sent} answered")),
            "{said}"
        );
        assert!(
            said.ends_with(
                "error: stopped, as was asked for\nhint: run the same command: it goes on where it stopped\n"
            ),
            "{said}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_second_ctrl_c_waits_for_nobody_and_counts_what_may_be_billed() {
    let server = FakeServer::start(|request| match request.number {
        0..4 => answer(request, 32),
        _ => answer(request, 32).broken(WireFault::Hang),
    });
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_addresses(folder, 50);
    let insights = ["--yes", "--concurrency", "3", "--service", "insights"];
    let child = start(folder, &server, &insights);
    wait_for(&server, 7);
    let begun = Instant::now();
    signal(child.id(), "INT");
    std::thread::sleep(Duration::from_millis(200));
    signal(child.id(), "INT");
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5), "{said}");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("7 of 50: 4 answered"), "{said}");
    assert!(said.contains("7 requests, 0.014 USD spent"), "{said}");
    assert!(
        said.contains("note: 3 requests without an answer may have been billed"),
        "{said}"
    );
    // They are counted once.
    let status = rapsheet(folder, &["enrich", "status"]);
    assert!(
        status.stdout.contains("0.014 USD for 7 requests in 1 run"),
        "{}",
        status.stdout
    );
}

#[test]
fn advice_to_run_again_never_pays_for_everybody_anew() {
    let server = FakeServer::start(|request| match asked(request) {
        Some((_, bad)) if bad.to_string() == "81.2.1.1" => Reply::new(503, "text/html", "no"),
        _ => answer(request, 32),
    });
    let folder = tempfile::tempdir().unwrap();
    write_addresses(folder.path(), 4);
    let (code, said) = run(folder.path(), &server, &["--yes", "--max-age", "0"]);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains(
            "hint: run the same command with `--max-age 1` (`--max-age 0` asks about all anew)"
        ),
        "{said}"
    );
}

/// The tables of version 1, as they were.
const FIRST: &str = "
CREATE TABLE answers (
    id INTEGER PRIMARY KEY, service TEXT NOT NULL, ip TEXT NOT NULL, asked_micros INTEGER NOT NULL, status INTEGER NOT NULL,
    code TEXT, network TEXT, serves_network INTEGER NOT NULL, host TEXT NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX answers_by_ip ON answers (ip, service);
CREATE TABLE pending (
    service TEXT NOT NULL, ip TEXT NOT NULL, block TEXT NOT NULL, owner TEXT, sent_micros INTEGER, failure TEXT,
    PRIMARY KEY (service, ip)
) STRICT, WITHOUT ROWID;
CREATE INDEX pending_by_block ON pending (service, block);
PRAGMA user_version = 1;
";

/// Writes a cache of version 1: two answers of the real service, one of a test server, and a killed run.
fn write_first_cache(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(FIRST).unwrap();
    let now = jiff_now();
    for (ip, host) in [
        ("81.2.1.1", "geoip.maxmind.com"),
        ("81.2.2.1", "geoip.maxmind.com"),
        ("81.2.3.1", "127.0.0.1"),
    ] {
        let body = body("city", ip.parse().unwrap(), 32).to_string();
        connection
            .execute(
                "INSERT INTO answers (service, ip, asked_micros, status, network, serves_network, host, body) \
                 VALUES ('city', ?1, ?2, 200, ?1 || '/32', 1, ?3, CAST(?4 AS BLOB))",
                (ip, now, host, body),
            )
            .unwrap();
    }
    connection
        .execute(
            "INSERT INTO pending (service, ip, block, owner, sent_micros) VALUES ('city', '81.2.4.1', 'x', '1-dead', ?1)",
            [now],
        )
        .unwrap();
}

fn jiff_now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(now.unwrap().as_micros()).unwrap()
}

#[test]
fn a_cache_of_the_first_version_is_read_as_it_is_and_then_taken_over() {
    let server = FakeServer::start(|request| answer(request, 32));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let cache = folder.join(".local/share/rapsheet/answers.sqlite");
    write_first_cache(&cache);
    std::fs::write(
        folder.join("ips.txt"),
        "81.2.1.1\n81.2.2.1\n81.2.3.1\n81.2.4.1\n",
    )
    .unwrap();
    let log: String = ["81.2.1.1", "81.2.3.1"]
        .iter()
        .map(|ip| {
            format!(
                "Jan  2 03:04:05 web sshd[77]: Failed password for root from {ip} port 1 ssh2\n"
            )
        })
        .collect();
    std::fs::write(folder.join("auth.log"), log).unwrap();
    let version = || {
        let connection = rusqlite::Connection::open(&cache).unwrap();
        let number = connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
        number.unwrap()
    };
    let cities = |more: &[&str]| {
        let query = "SELECT coalesce(city_name, 'none') FROM details ORDER BY source_ip";
        sql(folder, query, &[&["auth.log"], more].concat())
    };
    let read = || {
        assert_eq!(cities(&[]), ["City of 81.2.1.1", "none"]);
        // The port was not kept.
        let named = cities(&["--answers-from", &server.url()]);
        assert_eq!(named, ["none", "City of 81.2.3.1"]);
        let plan = rapsheet(folder, &["enrich", "--ips", "ips.txt", "--dry-run"]);
        assert!(
            plan.stdout.contains("2 to ask, 2 answered already"),
            "{}",
            plan.stdout
        );
    };
    read();
    assert_eq!(version(), 1, "whoever reads writes nothing");
    let (code, said) = run(folder, &server, &["--yes"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(asked_about(&server), ["81.2.1.1", "81.2.2.1", "81.2.4.1"]);
    assert!(
        said.contains("3 requests, 0.0009 USD spent"),
        "what the killed run had sent to MaxMind is not this host's: {said}"
    );
    assert_eq!(version(), 2);
    let status = rapsheet(folder, &["enrich", "status"]);
    for part in [
        "city at geoip.maxmind.com\n",
        "2 answers from before prices were noted, at today's price 0.0006 USD",
        "1 request of `city` at geoip.maxmind.com without an answer",
    ] {
        let text = status.stdout.replace('\n', " ").replace("  ", " ");
        assert!(
            status.stdout.contains(part) || text.contains(part),
            "{part} in {}",
            status.stdout
        );
    }
}

#[test]
fn a_host_is_a_host_and_asks_at_its_own_price() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_addresses(folder, 1);
    for (host, more, part) in [
        (
            "https://geoip.example/prefix",
            &[][..],
            "is more than a host\nhint: the service's paths begin at the root, so write `https://geoip.example`",
        ),
        (
            "geoip.maxmind.com",
            &["--geolite"],
            "is the host of paid answers, and `--geolite` asks for free ones",
        ),
        (
            "geolite.info",
            &[],
            "is the host of free answers, and a paid service was asked for",
        ),
    ] {
        let arguments = [
            &["enrich", "--ips", "ips.txt", "--yes", "--host", host],
            more,
        ]
        .concat();
        let output = command(folder, &arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(part), "{said}");
    }
}

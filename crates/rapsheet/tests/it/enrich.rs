//! `rapsheet enrich` as a whole, against a local MaxMind: killed at any moment, two at once, and never a word of the key.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rapsheet_fake::service::{ACCOUNT, KEY, answer, asked, body};
use rapsheet_fake::{FakeServer, Reply};
use rapsheet_geo::{MmdbHead, write_mmdb};
use serde_json::json;

use crate::program::{self, rapsheet};

/// The program with an account.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = program::command(folder, arguments);
    command
        .env("MAXMIND_ACCOUNT_ID", ACCOUNT)
        .env("MAXMIND_LICENSE_KEY", KEY)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub(crate) fn start(folder: &Path, server: &FakeServer, more: &[&str]) -> Child {
    let url = server.url();
    let mut arguments = vec![
        "enrich",
        "--ips",
        "ips.txt",
        "--host",
        &url,
        "--retry-pause-ms",
        "5",
    ];
    arguments.extend(more);
    command(folder, &arguments).spawn().unwrap()
}

pub(crate) fn write_addresses(folder: &Path, count: u32) {
    let line = |n: u32| format!("81.2.{}.{}\n", n % 250, n / 250 + 1);
    let text: String = (0..count).map(line).collect();
    std::fs::write(folder.join("ips.txt"), text).unwrap();
}

pub(crate) fn times_asked(server: &FakeServer) -> HashMap<String, usize> {
    let mut times = HashMap::new();
    for seen in server.seen() {
        if let Some((_, ip)) = asked(&seen.request) {
            *times.entry(ip.to_string()).or_insert(0) += 1;
        }
    }
    times
}

/// The addresses whose answers are kept, each once.
pub(crate) fn answers(folder: &Path) -> HashSet<String> {
    let path = folder.join(".local/share/rapsheet/answers.sqlite");
    let Ok(connection) = rusqlite::Connection::open(path) else {
        return HashSet::new();
    };
    let Ok(mut statement) = connection.prepare("SELECT ip FROM answers WHERE length(body) > 0")
    else {
        return HashSet::new();
    };
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    let all: Vec<String> = rows.map(Result::unwrap).collect();
    let each: HashSet<String> = all.iter().cloned().collect();
    assert_eq!(all.len(), each.len(), "an answer is kept twice");
    each
}

#[test]
fn two_processes_at_once_share_the_work() {
    let server = FakeServer::start(|request| answer(request, 32).after(Duration::from_millis(5)));
    let folder = tempfile::tempdir().unwrap();
    write_addresses(folder.path(), 400);
    let children =
        [0, 1].map(|_| start(folder.path(), &server, &["--service", "insights", "--yes"]));
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let times = times_asked(&server);
    assert_eq!(times.len(), 400);
    assert!(times.values().all(|times| *times == 1));
}

#[test]
fn the_plan_is_shown_and_nothing_is_sent_without_leave() {
    let server = FakeServer::start(|request| answer(request, 32));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(
        folder.join("ips.txt"),
        "10.0.0.1\n81.2.69.160\n192.0.2.7\n89.160.20.112\nnonsense\n",
    )
    .unwrap();
    let url = server.url();
    let dry = rapsheet(
        folder,
        &[
            "enrich",
            "--ips",
            "ips.txt",
            "--service",
            "insights",
            "--dry-run",
            "--host",
            &url,
        ],
    );
    assert_eq!(dry.code, 1, "one line is no address: {}", dry.stderr);
    assert!(
        dry.stdout.contains("2 to ask") && dry.stdout.contains("0.004 USD"),
        "{}",
        dry.stdout
    );
    assert!(
        dry.stdout.contains("2 private or reserved"),
        "{}",
        dry.stdout
    );
    let output = command(folder, &["enrich", "--ips", "ips.txt", "--host", &url])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--yes"), "{said}");
    let plain = rapsheet(
        folder,
        &[
            "enrich",
            "--ips",
            "ips.txt",
            "--yes",
            "--host",
            "http://example.com",
        ],
    );
    assert!(
        plain.code == 2 && plain.stderr.contains("loopback"),
        "{}",
        plain.stderr
    );
    assert!(server.seen().is_empty());
    let output = start(folder, &server, &["--budget", "1"])
        .wait_with_output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let asked: HashSet<String> = times_asked(&server).into_keys().collect();
    assert_eq!(
        asked,
        ["81.2.69.160", "89.160.20.112"].map(str::to_owned).into()
    );
}

#[test]
fn answers_flow_into_details_without_the_network_and_the_key_is_nowhere() {
    let server = FakeServer::start(|request| answer(request, 32));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let log =
        "Jan  2 03:04:05 web sshd[77]: Failed password for root from 81.2.69.160 port 1 ssh2\n";
    std::fs::write(folder.join("auth.log"), log).unwrap();
    let url = server.url();
    let arguments = [
        "enrich",
        "-v",
        "auth.log",
        "--service",
        "insights",
        "--yes",
        "--host",
        &url,
    ];
    let output = command(folder, &arguments).output().unwrap();
    let mut written = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&written)
    );
    drop(server);
    let query = "SELECT city_name, traits_user_type, details_source FROM details";
    let rows = crate::program::sql(folder, query, &["auth.log"]);
    assert_eq!(rows, [",,built-in"], "that is not MaxMind's own host");
    let from = ["--answers-from", &url];
    let rows = crate::program::sql(folder, query, &[&["auth.log"], &from[..]].concat());
    let host = url.replace("http://", "");
    let expected = format!("City of 81.2.69.160,hosting,maxmind-insights@{host}");
    assert_eq!(rows, [expected]);
    let dotted = rapsheet(
        folder,
        &[
            "export",
            "details",
            "--columns",
            "dotted",
            "--all-locales",
            "auth.log",
            "--answers-from",
            &url,
        ],
    );
    assert_eq!(dotted.code, 0, "{}", dotted.stderr);
    assert!(
        dotted.stdout.contains("continent.names.de"),
        "{}",
        dotted.stdout
    );
    let dropped = rapsheet(
        folder,
        &[
            "export",
            "details",
            "--columns",
            "dotted",
            "--drop-translations",
            "auth.log",
            "--answers-from",
            &url,
        ],
    );
    assert!(!dropped.stdout.contains("names.de") && dropped.stdout.contains("names.en"));
    for file in walk(folder) {
        written.extend(std::fs::read(file).unwrap());
    }
    let has = |text: &str| {
        written
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(has("City of 81.2.69.160"));
    assert!(!has(KEY) && !has(&KEY[8..20]));
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// Runs `enrich` to its end and returns exit code and talk.
pub(crate) fn run(folder: &Path, server: &FakeServer, more: &[&str]) -> (i32, String) {
    let output = start(folder, server, more).wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), said)
}

pub(crate) fn asked_about(server: &FakeServer) -> Vec<String> {
    let mut addresses: Vec<String> = times_asked(server).into_keys().collect();
    addresses.sort();
    addresses
}

#[test]
fn only_missing_asks_where_neither_a_database_nor_an_old_answer_knows() {
    let server = FakeServer::start(|request| answer(request, 32));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let head = MmdbHead {
        database_type: "GeoLite2-City",
        description: "made for a test",
        build_epoch: 1_700_000_000,
        ip_version: 4,
    };
    let london = json!({"city": {"names": {"en": "London"}}, "country": {"iso_code": "GB"}});
    let country = json!({"country": {"iso_code": "SE"}});
    let networks = [
        ("81.2.69.0/24".parse().unwrap(), london),
        ("89.160.20.0/24".parse().unwrap(), country),
    ];
    std::fs::write(
        folder.join("City.mmdb"),
        write_mmdb(&head, &networks).unwrap(),
    )
    .unwrap();
    std::fs::write(
        folder.join("ips.txt"),
        "81.2.69.160\n89.160.20.112\n2.125.160.216\n",
    )
    .unwrap();
    let only = ["--yes", "--only-missing", "--geo", "City.mmdb"];
    let (code, said) = run(folder, &server, &only);
    assert_eq!(code, 0, "{said}");
    assert_eq!(asked_about(&server), ["2.125.160.216", "89.160.20.112"]);
    // They are old at once, and still nothing is missing.
    let (code, said) = run(folder, &server, &[&only[..], &["--max-age", "0"]].concat());
    assert!(code == 0 && said.contains("nothing to ask"), "{said}");
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn geolite_costs_nothing_and_has_no_insights() {
    let server = FakeServer::start(|request| answer(request, 24));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("ips.txt"), "81.2.69.160\n").unwrap();
    let (code, said) = run(folder, &server, &["--geolite"]);
    assert_eq!(code, 2);
    assert!(
        said.contains("error: nobody is here to say yes\nhint: `--yes`"),
        "{said}"
    );
    let (code, said) = run(folder, &server, &["--geolite", "--yes"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("this service costs nothing; it answers 1,000 questions a day"));
    assert!(said.contains("1 request, 0.00 USD spent\n"), "{said}");
    assert!(
        said.ends_with(" says: about 1,000 queries remain for this service\n"),
        "{said}"
    );
    assert_eq!(
        server.seen()[0].request.path,
        "/geoip/v2.1/city/81.2.69.160"
    );
    let lookup = rapsheet(
        folder,
        &[
            "geo",
            "lookup",
            "81.2.69.160",
            "--format",
            "ndjson",
            "--answers-from",
            &server.url(),
        ],
    );
    let row: serde_json::Value = serde_json::from_str(&lookup.stdout).unwrap();
    assert_eq!(row["city_name"], "City of 81.2.69.160");
    let source = format!(
        "maxmind-geolite-city@{}",
        server.url().replace("http://", "")
    );
    assert_eq!(row["column_sources"]["city_name"], source);
    let (code, said) = run(
        folder,
        &server,
        &["--geolite", "--service", "insights", "--yes"],
    );
    assert_eq!(code, 2);
    assert!(said.contains("GeoLite has no Insights\nhint: "), "{said}");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn prices_of_the_configuration_count_in_plan_and_budget() {
    let server = FakeServer::start(|request| answer(request, 32));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_addresses(folder, 5);
    std::fs::write(
        folder.join("mine.toml"),
        "[prices]\ninsights = 0.01\ncity = 1\n",
    )
    .unwrap();
    let mine = ["--service", "insights", "--config", "mine.toml"];
    let budget = [&mine[..], &["--budget", "0.025"]].concat();
    let (code, said) = run(folder, &server, &budget);
    assert_eq!(code, 1, "the budget is too small: {said}");
    assert!(
        said.contains("at most 5 requests at 0.01 USD each: 0.05 USD (your own price"),
        "{said}"
    );
    assert!(said.contains("2 requests, 0.02 USD spent"), "{said}");
    assert!(
        said.contains("error: the budget of 0.025 USD is used up, 3 addresses are left\nhint: "),
        "{said}"
    );
    assert_eq!(server.seen().len(), 2);
    std::fs::write(folder.join("mine.toml"), "[prices]\ninsight = 0.01\n").unwrap();
    let (code, said) = run(folder, &server, &[&mine[..], &["--yes"]].concat());
    assert_eq!(code, 2);
    assert!(
        said.contains("no service `insight`\nhint: there are: insights, city,"),
        "{said}"
    );
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn credentials_come_from_where_one_says_and_trust_from_a_file() {
    let server = FakeServer::start_tls(|request| answer(request, 32));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_addresses(folder, 3);
    std::fs::write(folder.join("account"), format!("{ACCOUNT}\n")).unwrap();
    std::fs::write(folder.join("key"), format!("{KEY}\n")).unwrap();
    std::fs::write(folder.join("ca.pem"), server.certificate().unwrap()).unwrap();
    let conf = format!("AccountID {ACCOUNT}\nLicenseKey {KEY}\n");
    std::fs::write(folder.join("my.conf"), conf).unwrap();
    let url = server.url();
    let ask = |cache: &str, more: &[&str], variables: &[(&str, &str)]| {
        let arguments = [
            &["enrich", "--ips", "ips.txt", "--yes", "--host", &url],
            &["--ca-file", "ca.pem", "--cache", cache][..],
            more,
        ]
        .concat();
        let output = command(folder, &arguments)
            .env_remove("MAXMIND_ACCOUNT_ID")
            .env_remove("MAXMIND_LICENSE_KEY")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), said)
    };
    let named = [
        ("MAXMIND_ACCOUNT_ID_FILE", "account"),
        ("MAXMIND_LICENSE_KEY_FILE", "key"),
    ];
    let flags = ["--account-id-file", "account", "--license-key-file", "key"];
    for (cache, more, variables) in [
        ("a.sqlite", &[][..], &named[..]),
        ("b.sqlite", &flags, &[]),
        ("c.sqlite", &["--geoip-conf", "my.conf"], &[]),
    ] {
        let (code, said) = ask(cache, more, variables);
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("3 answered"), "{said}");
        assert!(
            said.contains(&format!("asks {url}/ (not MaxMind's")),
            "{said}"
        );
    }
    // Another account of the environment is not asked with.
    let other = [
        ("MAXMIND_ACCOUNT_ID", "7"),
        ("MAXMIND_LICENSE_KEY", "other"),
    ];
    let (code, said) = ask("e.sqlite", &["--geoip-conf", "my.conf"], &other);
    assert!(code == 0 && said.contains("3 answered"), "{said}");
    let (code, said) = ask("d.sqlite", &[], &[]);
    assert_eq!(code, 2);
    assert!(
        said.contains("error: no MaxMind account is known\nhint: "),
        "{said}"
    );
    assert_eq!(server.seen().len(), 12);
}

#[test]
fn sharing_that_is_asked_for_later_holds_although_nothing_is_left_to_ask() {
    let server = FakeServer::start(|request| answer(request, 24));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("ips.txt"), "81.2.69.160\n").unwrap();
    let insights = ["--yes", "--service", "insights"];
    let neighbour = || {
        let lookup = rapsheet(
            folder,
            &[
                "geo",
                "lookup",
                "81.2.69.7",
                "--format",
                "ndjson",
                "--answers-from",
                &server.url(),
            ],
        );
        let row: serde_json::Value = serde_json::from_str(&lookup.stdout).unwrap();
        row["traits_user_type"].clone()
    };
    assert_eq!(run(folder, &server, &insights).0, 0);
    assert_eq!(neighbour(), json!(null));
    let (code, said) = run(
        folder,
        &server,
        &[&insights[..], &["--share-networks"]].concat(),
    );
    assert!(code == 0 && said.contains("nothing to ask"), "{said}");
    assert_eq!(neighbour(), json!("hosting"));
    // Another address that is asked about alone takes nothing from its network.
    std::fs::write(folder.join("ips.txt"), "81.2.69.161\n").unwrap();
    assert_eq!(run(folder, &server, &insights).0, 0);
    assert_eq!(neighbour(), json!("hosting"));
}

#[test]
fn only_missing_asks_nothing_where_a_named_database_cannot_be_read() {
    let server = FakeServer::start(|request| answer(request, 32));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_addresses(folder, 3);
    std::fs::write(folder.join("City.mmdb"), "<html>").unwrap();
    let only = ["--yes", "--only-missing", "--geo", "City.mmdb"];
    let (code, said) = run(folder, &server, &only);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("error: `City.mmdb`: not a usable MaxMind DB file"),
        "{said}"
    );
    assert!(said.contains("nothing was sent\nhint: "), "{said}");
    assert!(server.seen().is_empty());
}

#[test]
fn a_list_may_begin_with_a_mark_and_hold_bytes_that_are_no_text() {
    let server = FakeServer::start(|request| answer(request, 32));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let list = b"\xef\xbb\xbf81.2.69.160\r\n# caf\xe9\nna\xefve\n89.160.20.112";
    std::fs::write(folder.join("ips.txt"), list).unwrap();
    let (code, said) = run(folder, &server, &["--yes"]);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("`ips.txt` line 3: `na\u{fffd}ve` is no address"),
        "{said}"
    );
    assert_eq!(asked_about(&server), ["81.2.69.160", "89.160.20.112"]);
}

#[test]
fn failed_addresses_are_listed_kept_and_asked_again() {
    let is_mended = Arc::new(AtomicBool::new(false));
    let mended = Arc::clone(&is_mended);
    let server = FakeServer::start(move |request| match asked(request) {
        Some((_, bad)) if bad.to_string() == "81.2.1.1" && !mended.load(Ordering::SeqCst) => {
            Reply::new(503, "text/html", "no")
        }
        _ => answer(request, 32),
    });
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_addresses(folder, 4);
    let (code, said) = run(folder, &server, &["--yes"]);
    assert_eq!(code, 1, "{said}");
    let end = said.split("error: ").nth(1).unwrap();
    assert!(
        end.starts_with("81.2.1.1: HTTP status 503\n4 of 4: 3 answered"),
        "{said}"
    );
    assert!(
        said.ends_with("hint: run the same command again: it asks about the failed ones\n"),
        "{said}"
    );
    is_mended.store(true, Ordering::SeqCst);
    let before = server.seen().len();
    let (code, said) = run(folder, &server, &["--yes"]);
    assert_eq!(code, 0, "{said}");
    let seen: Vec<_> = server.seen()[before..]
        .iter()
        .map(|seen| seen.request.path.clone())
        .collect();
    assert_eq!(seen, ["/geoip/v2.1/city/81.2.1.1"]);
}

#[test]
fn the_most_suspicious_address_is_asked_first_and_the_plan_says_what_networks_save() {
    let server = FakeServer::start(|request| answer(request, 24));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let line = |second: u32, ip: &str| {
        format!(
            "Jan  2 03:04:{second:02} web sshd[{second}]: Failed password for root from {ip} port 1 ssh2\n"
        )
    };
    let mut log = line(1, "81.2.69.1") + &line(2, "81.2.69.2") + &line(3, "81.2.70.1");
    log.extend((4..40).map(|second| line(second, "89.160.20.112")));
    std::fs::write(folder.join("auth.log"), log).unwrap();
    let url = server.url();
    let arguments = ["enrich", "auth.log", "--service", "city", "--host", &url];
    let plan = rapsheet(folder, &[&arguments[..], &["--dry-run"]].concat());
    for part in [
        "4 addresses: 4 to ask",
        "lie in 3 blocks (/24, /64), so sharing may save 1 request,",
    ] {
        assert!(plan.stdout.contains(part), "{part} in {}", plan.stdout);
    }
    let ask = |more: &[&str]| {
        let output = command(folder, &[&arguments[..], more].concat())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{said}");
        said
    };
    ask(&["--limit", "1", "--yes"]);
    assert_eq!(asked_about(&server), ["89.160.20.112"]);
    let said = ask(&["--yes"]);
    assert!(
        said.contains("3 of 3: 2 answered") && said.contains("1 saved"),
        "{said}"
    );
    assert_eq!(server.seen().len(), 3);
}

/// Runs `enrich` where no file may grow beyond this, which SQLite takes for a disk that refuses.
#[cfg(unix)]
fn run_in_little_room(folder: &Path, server: &FakeServer, kibibytes: u32) -> (i32, String) {
    let script = format!("trap '' XFSZ; ulimit -f {kibibytes}; exec \"$0\" \"$@\"");
    let url = server.url();
    let output = Command::new("bash")
        .args(["-c", &script, env!("CARGO_BIN_EXE_rapsheet")])
        .args(["enrich", "--ips", "ips.txt", "--yes", "--host", &url])
        .args(["--service", "insights"])
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("MAXMIND_ACCOUNT_ID", ACCOUNT)
        .env("MAXMIND_LICENSE_KEY", KEY)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), said)
}

#[cfg(unix)]
#[test]
fn a_disk_that_refuses_stops_the_run_with_one_clear_line_and_nothing_is_lost() {
    let server = FakeServer::start(|request| answer(request, 32).after(Duration::from_millis(2)));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_addresses(folder, 300);
    let (code, said) = run_in_little_room(folder, &server, 300);
    assert_eq!(code, 1, "{said}");
    let errors: Vec<&str> = said
        .lines()
        .skip_while(|line| !line.starts_with("error: "))
        .collect();
    assert_eq!(errors.len(), 2, "{said}");
    assert!(
        errors[0].contains("answers.sqlite` cannot be written: disk I/O error"),
        "{said}"
    );
    assert!(errors[1].contains("make room"), "{said}");
    let kept = answers(folder);
    assert!(kept.len() > 5 && kept.len() < 300, "{}", kept.len());
    assert!(said.contains(&format!("{} answered", kept.len())), "{said}");
    // With room again it goes on; what came at the last moment was kept too, so nothing is paid for twice.
    let (code, said) = run(folder, &server, &["--service", "insights", "--yes"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(answers(folder).len(), 300);
    assert!(times_asked(&server).values().all(|times| *times == 1));

    let other = tempfile::tempdir().unwrap();
    write_addresses(other.path(), 3);
    let (code, said) = run_in_little_room(other.path(), &server, 1);
    assert_eq!(code, 2, "there is not even room for the tables: {said}");
    assert!(said.contains("error: the cache `"), "{said}");
}

#[test]
fn what_nobody_has_seen_before_can_be_asked_for_in_sql() {
    let server = FakeServer::start(|request| {
        let (service, ip) = asked(request).unwrap();
        let mut body = body(&service, ip, 32);
        body["traits"]["is_quantum"] = json!(true);
        Reply::new(200, "application/json", body.to_string())
    });
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let log =
        "Jan  2 03:04:05 web sshd[77]: Failed password for root from 81.2.69.160 port 1 ssh2\n";
    std::fs::write(folder.join("auth.log"), log).unwrap();
    std::fs::write(folder.join("ips.txt"), "81.2.69.160\n").unwrap();
    let (code, said) = run(folder, &server, &["--yes"]);
    assert_eq!(code, 0, "{said}");
    let rows = crate::program::sql(
        folder,
        "SELECT source_ip FROM details WHERE details_other LIKE '%\"traits.is_quantum\":true%'",
        &["auth.log", "--answers-from", &server.url()],
    );
    assert_eq!(rows, ["81.2.69.160"]);
    let missing = rapsheet(folder, &["export", "missing", "auth.log"]);
    assert!(
        !missing.stdout.contains("details_other"),
        "nothing is missing there"
    );
}

//! `rapsheet enrich` as a whole, against a local MaxMind: killed at any moment, two at once, and never a word of the key.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rapsheet_fake::Server;
use rapsheet_fake::service::{ACCOUNT, KEY, answer, asked};

use crate::program::rapsheet;

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rapsheet"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("TZ", "UTC")
        .env("MAXMIND_ACCOUNT_ID", ACCOUNT)
        .env("MAXMIND_LICENSE_KEY", KEY)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn start(folder: &Path, server: &Server, more: &[&str]) -> Child {
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

fn write_addresses(folder: &Path, count: u32) {
    let line = |n: u32| format!("81.2.{}.{}\n", n % 250, n / 250 + 1);
    let text: String = (0..count).map(line).collect();
    std::fs::write(folder.join("ips.txt"), text).unwrap();
}

fn times_asked(server: &Server) -> HashMap<String, usize> {
    let mut times = HashMap::new();
    for seen in server.seen() {
        if let Some((_, ip)) = asked(&seen.request) {
            *times.entry(ip.to_string()).or_insert(0) += 1;
        }
    }
    times
}

#[test]
fn killed_two_hundred_times_nothing_is_lost_and_nothing_is_asked_twice() {
    // Slow enough that even two hundred runs leave something to ask.
    let server = Server::start(|request| answer(request, 32).after(Duration::from_millis(40)));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_addresses(folder, 3_000);
    let mut known: HashSet<String> = HashSet::new();
    let mut killed = 0_u64;
    for run in 0..200_u64 {
        let before = server.seen().len();
        let mut child = start(
            folder,
            &server,
            &["--service", "insights", "--yes", "--concurrency", "4"],
        );
        // Moments all over a run, from before it has begun to far into it.
        std::thread::sleep(Duration::from_millis(20 + run * 7 % 230));
        if child.try_wait().unwrap().is_none() {
            killed += 1;
        }
        let _ = child.kill();
        child.wait().unwrap();
        for seen in &server.seen()[before..] {
            let (_, ip) = asked(&seen.request).unwrap();
            assert!(
                !known.contains(&ip.to_string()),
                "run {run} asks for {ip}, which is kept"
            );
        }
        let kept = answers(folder);
        assert!(known.is_subset(&kept), "run {run} lost answers");
        known = kept;
    }
    assert!(killed > 150, "{killed} of 200 were killed");
    let child = start(
        folder,
        &server,
        &["--service", "insights", "--yes", "--concurrency", "32"],
    );
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(answers(folder).len(), 3_000);
    // What was under way at a kill, four requests at most, may have been asked again.
    let twice: usize = times_asked(&server).values().map(|times| times - 1).sum();
    assert!(twice as u64 <= killed * 4, "{twice}");
    let left: Vec<_> = std::fs::read_dir(folder.join(".local/share/rapsheet"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".run-"))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "locks of dead runs");
}

/// The addresses whose answers are kept, each once.
fn answers(folder: &Path) -> HashSet<String> {
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
    let server = Server::start(|request| answer(request, 32).after(Duration::from_millis(5)));
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
    let server = Server::start(|request| answer(request, 32));
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
    let server = Server::start(|request| answer(request, 32));
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
    let rows = crate::program::sql(
        folder,
        "SELECT city_name, traits_user_type, details_source FROM details",
        &["auth.log"],
    );
    assert_eq!(rows, ["City of 81.2.69.160,hosting,maxmind-insights"]);
    let dotted = rapsheet(
        folder,
        &[
            "export",
            "details",
            "--columns",
            "dotted",
            "--all-locales",
            "auth.log",
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

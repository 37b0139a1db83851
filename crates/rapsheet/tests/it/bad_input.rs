//! What bad input gets: one clear line that names the thing and the way out, and the rest of the run.

use std::fs;

use crate::program::{Outcome, rapsheet};

const GOOD: &str =
    "Oct 12 12:00:02 s sshd[7]: Failed password for root from 192.0.2.1 port 5000 ssh2\n";

/// Runs the summary over a good log and a bad thing.
fn with_bad(name: &str, bytes: Option<&[u8]>) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("auth.log"), GOOD).unwrap();
    if let Some(bytes) = bytes {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    rapsheet(folder.path(), &["auth.log", name, "--no-geo"])
}

fn errors(outcome: &Outcome) -> Vec<&str> {
    outcome
        .stderr
        .lines()
        .filter(|line| line.starts_with("error:"))
        .collect()
}

#[test]
fn a_missing_path_is_named_and_the_rest_is_read() {
    let outcome = with_bad("auth.lgo", None);
    assert_eq!(outcome.code, 1);
    assert_eq!(errors(&outcome), ["error: `auth.lgo` does not exist"]);
    assert!(
        outcome.stderr.contains("hint: did you mean `./auth.log`?"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stdout.contains("192.0.2.1"));
}

#[test]
fn a_corrupt_gzip_file_is_named_and_what_was_whole_is_used() {
    let mut gz = Vec::new();
    {
        let mut encoder = flate2::write::GzEncoder::new(&mut gz, flate2::Compression::none());
        let other = GOOD
            .replace("192.0.2.1", "192.0.2.9")
            .replace("sshd[7]", "sshd[9]");
        std::io::Write::write_all(&mut encoder, other.repeat(3000).as_bytes()).unwrap();
    }
    let outcome = with_bad("old.log.gz", Some(&gz[..gz.len() / 2]));
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    assert_eq!(errors(&outcome).len(), 1, "{}", outcome.stderr);
    assert!(
        errors(&outcome)[0].starts_with("error: `old.log.gz` ends early after line "),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stdout.contains("192.0.2.9"));
}

#[test]
fn binary_and_foreign_files_are_refused_with_the_way_out() {
    for (name, bytes, what) in [
        ("a.zip", &b"PK\x03\x04aaaaaaaaaa"[..], "is a zip archive"),
        ("a.journal", b"LPKSHHRHaaaaaaaaa", "is a journal file"),
        ("wtmp", &[0_u8; 4096], "is binary data"),
        (
            "a.sqlite3",
            b"SQLite format 3\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "a.sqlite3",
        ),
    ] {
        let outcome = with_bad(name, Some(bytes));
        assert_eq!(outcome.code, 1, "{name}: {}", outcome.stderr);
        assert_eq!(errors(&outcome).len(), 1, "{name}: {}", outcome.stderr);
        assert!(
            errors(&outcome)[0].contains(what),
            "{name}: {}",
            outcome.stderr
        );
        assert!(outcome.stdout.contains("192.0.2.1"), "{name}");
    }
}

#[test]
fn an_empty_file_is_said_to_be_empty() {
    let outcome = with_bad("empty.log", Some(b""));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("`empty.log` is empty"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_time_beyond_all_calendars_stops_nothing() {
    let text = "2026-11-20 10:00:00,000 fail2ban.filter [1]: INFO [sshd] Found 192.0.2.9 - 2026-11-20 10:00:00\n\
                9999-12-31 10:00:00,000 fail2ban.filter [1]: INFO [sshd] Found 192.0.2.9 - 2026-11-20 10:00:00\n";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("fail2ban.log"), text).unwrap();
    for arguments in [
        &["fail2ban.log", "--no-geo"][..],
        &[
            "plot",
            "timeline",
            "fail2ban.log",
            "--timezone",
            "Pacific/Kiritimati",
        ],
        &["plot", "timeline", "fail2ban.log", "-o", "timeline.svg"],
    ] {
        let outcome = rapsheet(folder.path(), arguments);
        assert_eq!(outcome.code, 0, "{arguments:?}: {}", outcome.stderr);
    }
    let events = crate::program::sql(
        folder.path(),
        "SELECT count(*), count(timestamp), sum(attempts) FROM events",
        &["fail2ban.log"],
    );
    assert_eq!(events, ["2,1,2"]);
}

#[test]
fn nothing_to_read_is_exit_code_two() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("none")).unwrap();
    let outcome = rapsheet(folder.path(), &["none"]);
    assert_eq!(outcome.code, 2);
    assert!(
        outcome
            .stderr
            .contains("`none` holds no log that rapsheet reads"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stdout.is_empty());
    fs::write(folder.path().join("empty.log"), "").unwrap();
    for arguments in [
        &["empty.log"][..],
        &["export", "events", "empty.log"],
        &["sql", "SELECT 1", "empty.log"],
        &["show", "192.0.2.1", "empty.log"],
        &["plot", "timeline", "empty.log"],
        &["report", "empty.log", "-o", "report.html"],
    ] {
        let outcome = rapsheet(folder.path(), arguments);
        let said = (outcome.code, outcome.stdout.as_str());
        assert_eq!(said, (2, ""), "{arguments:?}: {}", outcome.stderr);
    }
}

#[test]
fn messages_without_heads_are_refused_with_a_reason() {
    let text = "Failed password for root from 192.0.2.1 port 5000 ssh2\n".repeat(5);
    let outcome = with_bad("cat.txt", Some(text.as_bytes()));
    assert_eq!(outcome.code, 1);
    assert!(
        errors(&outcome)[0].contains("without time, host and process"),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome.stderr.contains("journalctl -o short-iso"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn text_that_nobody_knows_is_no_log_and_holds_no_list() {
    // A blank line and a bare address between lines of something else.
    let json = "{\n  \"list\": [\n\n    \"192.0.2.66\",\n    \"192.0.2.67\"\n  ],\n  \"name\": \"other\",\n  \"more\": 1,\n  \"and\": 2,\n  \"so\": 3,\n  \"on\": 4\n}\n";
    let outcome = with_bad("lists.json", Some(json.as_bytes()));
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    assert_eq!(
        errors(&outcome),
        [
            "error: `lists.json`: 9 of its 12 lines are of no known format, and none tells of an address"
        ]
    );
    assert!(
        outcome.stdout.contains("1 attempt by 1 of 1 address"),
        "{}",
        outcome.stdout
    );
    let noise: Vec<u8> = (0..60_000_u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let outcome = with_bad("noise.bin", Some(&noise));
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    assert!(errors(&outcome)[0].starts_with("error: `noise.bin`"));
}

#[test]
fn a_misspelt_command_is_no_path() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("auth.log"), GOOD).unwrap();
    let outcome = rapsheet(folder.path(), &["exprot", "addresses", "auth.log"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""));
    assert!(
        outcome.stderr.contains("did you mean `rapsheet export`?"),
        "{}",
        outcome.stderr
    );
    fs::rename(folder.path().join("auth.log"), folder.path().join("shows")).unwrap();
    assert_eq!(rapsheet(folder.path(), &["shows", "--no-geo"]).code, 0);
}

#[test]
fn what_show_takes_is_no_path() {
    let folder = tempfile::tempdir().unwrap();
    for word in ["192.0.2.5", "2001:db8::5", "192.0.2.0/24", "AS64500"] {
        let outcome = rapsheet(folder.path(), &[word]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""));
        let hint = format!("hint: `rapsheet show {word}`");
        assert!(outcome.stderr.contains(&hint), "{}", outcome.stderr);
    }
    fs::write(folder.path().join("192.0.2.5"), GOOD).unwrap();
    assert_eq!(rapsheet(folder.path(), &["192.0.2.5", "--no-geo"]).code, 0);
}

#[test]
fn there_is_no_number_of_threads_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("auth.log"), GOOD).unwrap();
    for (threads, code) in [("0", 2), ("600", 2), ("many", 2), ("2", 0)] {
        let variables = [("RAPSHEET_THREADS", threads)];
        let arguments = ["auth.log", "--no-geo"];
        let outcome = crate::program::rapsheet_with(folder.path(), &arguments, &variables, "");
        assert_eq!(outcome.code, code, "{threads}: {}", outcome.stderr);
    }
}

#[test]
fn times_are_read_in_one_zone_and_shown_in_another() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("auth.log"), GOOD).unwrap();
    let day = |arguments: &[&str]| {
        let query = "SELECT timestamp FROM events";
        let mut all = vec!["sql", query, "auth.log", "--year", "2026", "--no-geo"];
        all.extend(["--format", "table"]);
        all.extend(arguments);
        let outcome = rapsheet(folder.path(), &all);
        assert_eq!(outcome.code, 0, "{arguments:?}: {}", outcome.stderr);
        outcome.stdout
    };
    for (arguments, shown) in [
        (&["--timezone", "UTC"][..], "2026-10-12 12:00:02"),
        (&["--timezone", "+01:00"], "2026-10-12 12:00:02"),
        (
            &["--timezone", "+01:00", "--show-timezone", "UTC"],
            "2026-10-12 11:00:02",
        ),
        (
            &["--show-timezone", "-05:30", "--timezone", "UTC"],
            "2026-10-12 06:30:02",
        ),
        (
            &[
                "--timezone",
                "UTC",
                "--timezone",
                "-0200",
                "--show-timezone=UTC",
            ],
            "2026-10-12 14:00:02",
        ),
        (
            &[
                "--timezone",
                "Europe/Berlin",
                "--show-timezone",
                "America/New_York",
            ],
            "2026-10-12 06:00:02",
        ),
    ] {
        let page = day(arguments);
        assert!(page.contains(shown), "{arguments:?}: {page}");
    }
}

#[test]
fn what_follows_the_databases_is_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let demo = rapsheet(folder.path(), &["demo", "logs"]);
    assert_eq!(demo.code, 0, "{}", demo.stderr);
    let database = "logs/rapsheet-demo-City.mmdb";
    let query = "SELECT count(*) FROM details WHERE location_latitude IS NOT NULL";
    let outcome = rapsheet(
        folder.path(),
        &["sql", query, "--geo", database, "logs", "--format", "csv"],
    );
    let count: Option<u32> = outcome
        .stdout
        .lines()
        .nth(1)
        .and_then(|line| line.parse().ok());
    assert!(count > Some(10), "{} {}", outcome.stdout, outcome.stderr);
    let outcome = rapsheet(folder.path(), &[database, "--no-geo"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("--geo FILE"), "{}", outcome.stderr);
}

#[test]
fn wrong_words_get_the_nearest_right_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("auth.log"), GOOD).unwrap();
    for (arguments, said) in [
        (
            &["export", "adresses", "auth.log"][..],
            "did you mean `addresses`?",
        ),
        (
            &["sql", "SELECT sorce_ip FROM events", "auth.log"],
            "source_ip",
        ),
        (&["sql", "SELECT 1 FROM adresses", "auth.log"], "addresses"),
        (&["sql", "DROP TABLE events", "auth.log"], "error: "),
        (
            &["auth.log", "--since", "soon"],
            "`--since soon` is no time",
        ),
        (
            &["auth.log", "--timezone", "Mars/Olympus"],
            "unknown time zone `Mars/Olympus`",
        ),
        (
            &["show", "nobody", "auth.log"],
            "`nobody` is no address, network or AS",
        ),
        (
            &["show", "192.0.2.77", "auth.log"],
            "`192.0.2.77` stands in none of these logs",
        ),
        (
            &["export", "events", "auth.log", "-o", "no/such/folder.csv"],
            "no/such",
        ),
    ] {
        let outcome = rapsheet(folder.path(), arguments);
        assert_eq!(outcome.code, 2, "{arguments:?}: {}", outcome.stderr);
        assert!(
            outcome.stderr.contains(said),
            "{arguments:?}: {}",
            outcome.stderr
        );
    }
    assert!(!folder.path().join("no").exists());
}

#[test]
fn hostile_text_never_reaches_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("auth.log"),
        "Oct 12 12:00:02 s sshd[7]: Invalid user \x1b[31mred\x07 from 192.0.2.1 port 5000\n\
         Oct 12 12:00:03 s sshd[8]: Failed password for invalid user x from 8.8.8.8 port 1 ssh2 from 192.0.2.1 port 5000 ssh2\n\
         Oct 12 12:00:04 s \x1b]0;title\x07[9]: what is this\n",
    )
    .unwrap();
    for arguments in [
        &["auth.log"][..],
        &["show", "192.0.2.1", "auth.log"],
        &["export", "events", "auth.log", "--format", "table"],
    ] {
        let outcome = rapsheet(folder.path(), arguments);
        for text in [&outcome.stdout, &outcome.stderr] {
            assert!(!text.contains(['\x1b', '\x07']), "{arguments:?}: {text}");
        }
    }
    let found = crate::program::sql(
        folder.path(),
        "SELECT DISTINCT source_ip FROM events",
        &["auth.log", "-q"],
    );
    assert_eq!(found, ["192.0.2.1"]);
}

//! Sources are merged by time: what a log tells doesn't depend on which log is read first, and on no other clock than theirs.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::tz::TimeZone;
use rapsheet_read::{EventsWish, Input, Options, gather};

use crate::settling::{attempts, read, write};

fn failed(time: &str, pid: u32) -> String {
    format!(
        "Nov 20 {time} leaf sshd[{pid}]: Failed password for root from 192.0.2.1 port 4022 ssh2\n"
    )
}

fn found(time: &str) -> String {
    format!("2026-11-20 {time},100 fail2ban.filter [9]: INFO [sshd] Found 192.0.2.1\n")
}

fn banned(time: &str) -> String {
    format!("2026-11-20 {time},100 fail2ban.actions [9]: NOTICE [sshd] Ban 192.0.2.1\n")
}

/// The attempts of the one address in these files.
fn attempts_of_one(files: &[(&str, String)]) -> i64 {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        write(&folder.path().join(name), text);
    }
    let found = attempts(&read(folder.path(), &["."]));
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_values().sum()
}

#[test]
fn a_watcher_repeats_what_its_log_tells_whatever_the_clocks_show() {
    for (time, expected) in [
        ("10:00:00", 1),
        // Written before the failure's own line was, or long after it.
        ("09:59:30", 1),
        ("10:01:30", 1),
        // Of nothing that the log tells.
        ("10:03:00", 2),
        ("09:50:00", 2),
    ] {
        for name in ["fail2ban.log", "a.log", "zzz.log"] {
            let found =
                attempts_of_one(&[("auth.log", failed("10:00:00", 7)), (name, found(time))]);
            assert_eq!(found, expected, "{name} {time}");
        }
    }
}

#[test]
fn a_ban_long_after_the_failures_repeats_them() {
    let auth: String = (0..5)
        .map(|minute| failed(&format!("10:0{minute}:00"), 7))
        .collect();
    for (ban, expected) in [("10:04:10", 5), ("10:14:00", 5), ("10:20:00", 6)] {
        let found = attempts_of_one(&[("auth.log", auth.clone()), ("fail2ban.log", banned(ban))]);
        assert_eq!(found, expected, "{ban}");
    }
}

#[test]
fn an_error_log_repeats_requests_that_end_later() {
    let access = |time: &str| {
        format!(
            "192.0.2.1 - - [20/Nov/2026:{time} +0000] \"GET /.env HTTP/1.1\" 404 153 \"-\" \"curl\"\n"
        )
    };
    let error = "2026/11/20 10:00:00 [error] 7#7: *1 open() \"/srv/.env\" failed (2: No such file or directory), client: \
                 192.0.2.1, server: s, request: \"GET /.env HTTP/1.1\", host: \"s\"\n";
    for (time, expected) in [
        ("10:00:00", 1),
        ("10:00:50", 1),
        ("10:01:10", 1),
        ("10:05:00", 2),
    ] {
        for (access_name, error_name) in [("access.log", "error.log"), ("z.log", "a.log")] {
            let found =
                attempts_of_one(&[(access_name, access(time)), (error_name, error.to_owned())]);
            assert_eq!(found, expected, "{access_name} {time}");
        }
    }
}

#[test]
fn a_session_goes_on_in_another_file() {
    let connection = "Nov 20 10:00:00 leaf sshd[7]: Connection from 192.0.2.1 port 4022 on 198.51.100.1 port 22\n";
    let nameless = "Nov 20 10:00:05 leaf sshd[7]: error: kex_exchange_identification: Connection closed by remote host\n";
    for (first, second) in [("a.log", "b.log"), ("b.log", "a.log")] {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join(first), connection);
        write(&folder.path().join(second), nameless);
        assert_eq!(
            attempts(&read(folder.path(), &["."]))["192.0.2.1"],
            1,
            "{first}"
        );
    }
}

#[test]
fn lines_that_come_late_are_copies_and_are_repeated_all_the_same() {
    // Half of the log stands behind lines that are younger by hours.
    let minutes = |from: u32, to: u32| -> String {
        (from..to)
            .map(|minute| {
                failed(
                    &format!("{:02}:{:02}:00", minute / 60, minute % 60),
                    100 + minute,
                )
            })
            .collect()
    };
    let mixed = minutes(600, 900) + &minutes(0, 600) + &minutes(900, 960);
    let in_order = minutes(0, 960);
    let watcher: String = (0..960)
        .map(|minute| found(&format!("{:02}:{:02}:01", minute / 60, minute % 60)))
        .collect();
    for files in [
        vec![("auth.log", mixed.clone())],
        vec![("auth.log", mixed.clone()), ("copy.log", in_order.clone())],
        vec![("auth.log", in_order.clone()), ("copy.log", mixed.clone())],
        vec![
            ("auth.log", mixed.clone()),
            ("fail2ban.log", watcher.clone()),
        ],
        vec![
            ("auth.log", in_order),
            ("copy.log", mixed),
            ("fail2ban.log", watcher),
        ],
    ] {
        assert_eq!(attempts_of_one(&files), 960, "{}", files.len());
    }
}

#[test]
fn a_line_of_a_wrong_clock_holds_back_nothing() {
    let auth = failed("10:00:00", 7)
        + "2031-01-01T00:00:00+00:00 leaf sshd[8]: Failed password for root from 192.0.2.1 port 1 ssh2\n"
        + &failed("12:00:00", 9);
    let watcher = found("10:00:01") + &found("12:00:01");
    let found = attempts_of_one(&[("auth.log", auth), ("fail2ban.log", watcher)]);
    assert_eq!(found, 3);
}

fn answer(paths: &[&Path], threads: usize) -> (BTreeMap<String, i64>, (u64, u64, u64, u64)) {
    let gathered = gather(&Options {
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        journal: false,
        input: Input::Auto,
        timezone: TimeZone::UTC,
        show_timezone: TimeZone::UTC,
        year: None,
        since: None,
        until: None,
        threads,
        activity: true,
        facets: true,
        events: EventsWish::All { message: false },
        temporary: std::env::temp_dir(),
        now: 1_795_608_000_000_000,
        hide_users: false,
        harmless: None,
        progress: &|_| {},
    });
    (attempts(&gathered), gathered.coverage.totals())
}

#[test]
fn the_order_of_paths_and_the_number_of_threads_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    for minute in 0..600_u32 {
        let time = format!(
            "{:02}:{:02}:{:02}",
            8 + minute / 60,
            minute % 60,
            minute % 7
        );
        let line = failed(&time, 100 + minute / 3);
        let name = ["auth.log", "auth.log.1"][usize::from(minute < 300)];
        *files.entry(name).or_default() += &line;
        *files.entry("backup/auth.log").or_default() += &line;
        if minute % 3 == 0 {
            *files.entry("fail2ban.log").or_default() += &found(&time);
            *files.entry("messages").or_default() += &line;
        }
        if minute % 50 == 0 {
            *files.entry("fail2ban.log").or_default() += &banned(&time);
        }
    }
    files.insert("list.txt", "192.0.2.1\n192.0.2.9\n".to_owned());
    let mut paths: Vec<_> = files.keys().map(|name| folder.path().join(name)).collect();
    for (path, text) in paths.iter().zip(files.values()) {
        write(path, text);
    }
    let mut answers = Vec::new();
    for threads in [1, 2, 3, 8] {
        paths.rotate_left(1);
        if threads == 3 {
            paths.reverse();
        }
        let paths: Vec<&Path> = paths.iter().map(AsRef::as_ref).collect();
        answers.push(answer(&paths, threads));
    }
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    assert!(answers[0].0["192.0.2.1"] <= 600, "{:?}", answers[0]);
}

//! Logs of one server whose clocks show different zones count once.

use std::fmt::Write as _;
use std::path::Path;

use crate::facts::facts;
use crate::settling::{attempts, read, write};
use rapsheet_read::{Assumption, Gathered};

/// A time so many seconds after 20 November 2026, 09:00.
fn at(seconds: i64) -> String {
    let from = jiff::civil::date(2026, 11, 20).at(9, 0, 0, 0);
    let time = from + jiff::SignedDuration::from_secs(seconds);
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Seconds that have no rhythm, of ten addresses.
fn seconds() -> impl Iterator<Item = (usize, i64)> {
    (0..10).map(|number| {
        (
            number,
            600 * number as i64 + (number as i64 * number as i64 * 7) % 293,
        )
    })
}

fn watcher(skew_minutes: i64) -> String {
    let mut log = String::new();
    for (number, second) in seconds() {
        for more in 0..3 {
            let at = at(second + more * 3 + skew_minutes * 60);
            let _ = writeln!(
                log,
                "{at},100 fail2ban.filter [7]: INFO [sshd] Found 192.0.2.{number} - {at}"
            );
        }
        let at = at(second + 7 + skew_minutes * 60);
        let _ = writeln!(
            log,
            "{at},300 fail2ban.actions [7]: NOTICE [sshd] Ban 192.0.2.{number}"
        );
    }
    log
}

fn auth() -> String {
    let mut log = String::new();
    for (number, second) in seconds() {
        for more in 0..3 {
            let at = at(second + more * 3).replace(' ', "T");
            let _ = writeln!(
                log,
                "{at}+00:00 leaf sshd[{}]: Failed password for root from 192.0.2.{number} port 5000 ssh2",
                100 * number + usize::try_from(more).unwrap()
            );
        }
    }
    log
}

fn database(path: &Path) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE fail2banDb(version INTEGER); INSERT INTO fail2banDb VALUES (2);
             CREATE TABLE bans(jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, data JSON);",
        )
        .unwrap();
    for (number, second) in seconds() {
        // 2026-11-20 09:00:00 UTC
        let at = 1_795_165_200 + second + 6;
        let ban = format!("INSERT INTO bans VALUES ('sshd', '192.0.2.{number}', {at}, '{{}}')");
        connection.execute_batch(&ban).unwrap();
    }
}

fn skews(gathered: &Gathered) -> Vec<i64> {
    let skew = |assumption: &Assumption| match assumption {
        Assumption::Skew { minutes, .. } => Some(*minutes),
        _ => None,
    };
    gathered.assumptions.iter().filter_map(skew).collect()
}

#[test]
fn a_ban_in_log_and_database_counts_once_whatever_zone_the_log_is_in() {
    for minutes in [0, 60, -300, 330, 765] {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("fail2ban.log"), watcher(minutes));
        database(&folder.path().join("fail2ban.sqlite3"));
        let gathered = read(folder.path(), &["."]);
        let bans = facts(&gathered, &["event_action"]);
        let bans = bans.iter().filter(|action| *action == "ban").count();
        let expected = if minutes == 0 { vec![] } else { vec![minutes] };
        assert_eq!((bans, skews(&gathered)), (10, expected), "{minutes}");
        // A ban that the log told is no ban of something else.
        let is_other = |said: &Assumption| matches!(said, Assumption::NoAddresses { .. });
        assert!(!gathered.assumptions.iter().any(is_other));
    }
}

#[test]
fn what_is_found_in_a_log_of_another_zone_counts_once() {
    for minutes in [0, 60, -300] {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("fail2ban.log"), watcher(minutes));
        write(&folder.path().join("auth.log"), auth());
        let gathered = read(folder.path(), &["."]);
        let attempts: i64 = attempts(&gathered).values().sum();
        assert_eq!(attempts, 30, "{minutes}");
    }
}

#[test]
fn a_log_goes_along_with_the_one_that_it_agrees_with() {
    // Both in local time, an hour ahead of the database.
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("fail2ban.log"), watcher(60));
    let local = auth().lines().fold(String::new(), |mut log, line| {
        let (time, rest) = line.split_once(' ').unwrap();
        let hour: u32 = time[11..13].parse().unwrap();
        let _ = writeln!(log, "Nov 20 {:02}{} {rest}", hour + 1, &time[13..19]);
        log
    });
    write(&folder.path().join("auth.log"), local);
    database(&folder.path().join("fail2ban.sqlite3"));
    let gathered = read(folder.path(), &["."]);
    assert_eq!(skews(&gathered), [60, 60]);
    assert_eq!(attempts(&gathered).values().sum::<i64>(), 30);
    let (first, _) = gathered.coverage.sources[0].span.unwrap();
    assert_eq!(first, 1_795_165_200_000_000);
}

#[test]
fn what_comes_at_regular_times_tells_of_no_zone() {
    // A monitor that comes every quarter of an hour, in logs of different hours.
    let (mut log, mut other) = (String::new(), String::new());
    for quarter in 0..12 {
        let early = at(quarter * 900);
        let late = at((quarter + 12) * 900).replace(' ', "T");
        let _ = writeln!(
            log,
            "{early},100 fail2ban.filter [7]: INFO [sshd] Found 192.0.2.1 - {early}"
        );
        let _ = writeln!(
            other,
            "{late}+00:00 leaf sshd[{quarter}]: Failed password for root from 192.0.2.1 port 5000 ssh2"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("fail2ban.log"), log);
    write(&folder.path().join("auth.log"), other);
    let gathered = read(folder.path(), &["."]);
    assert_eq!(skews(&gathered), Vec::<i64>::new());
    assert_eq!(attempts(&gathered)["192.0.2.1"], 24);
}

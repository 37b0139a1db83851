//! What the reader makes of lines together: copies count once, connections are told apart, times are right, and nobody gets
//! what another did.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use jiff::tz::TimeZone;
use rapsheet_read::{EventsWish, Gathered, Input, Options, gather};

/// 2026-11-25 12:00 UTC: the present, and when every file was changed last.
const NOW_SECONDS: u64 = 1_795_608_000;

/// Writes a file as of [`NOW_SECONDS`].
pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
    set_modified(path, NOW_SECONDS);
}

pub(crate) fn set_modified(path: &Path, seconds: u64) {
    let file = File::options().append(true).open(path).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds))
        .unwrap();
}

/// Reads paths below a folder, with one thread and with two, which must agree.
pub(crate) fn read(folder: &Path, names: &[&str]) -> Gathered {
    let (one, two) = (read_once(folder, names, 1), read_once(folder, names, 2));
    assert_eq!(one.coverage.totals(), two.coverage.totals());
    assert_eq!(attempts(&one), attempts(&two));
    one
}

/// Reads paths below a folder with so many threads.
pub(crate) fn read_once(folder: &Path, names: &[&str], threads: usize) -> Gathered {
    gather(&options(folder, names, threads))
}

/// What it takes to read paths below a folder with so many threads.
pub(crate) fn options(folder: &Path, names: &[&str], threads: usize) -> Options<'static> {
    Options {
        paths: names.iter().map(|name| folder.join(name)).collect(),
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
        events: EventsWish::All { message: true },
        temporary: std::env::temp_dir(),
        now: i64::try_from(NOW_SECONDS).unwrap() * 1_000_000,
        hide_users: false,
        harmless: None,
        progress: &|_| {},
    }
}

/// Attempts by address; events without attempts count as nothing.
pub(crate) fn attempts(gathered: &Gathered) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for batch in gathered.events.iter().flatten() {
        let ips = batch.column_by_name("source_ip").unwrap();
        let attempts = batch.column_by_name("attempts").unwrap();
        for row in 0..batch.num_rows() {
            let ip = ips.as_string_view().value(row).to_owned();
            *sums.entry(ip).or_default() += attempts.as_primitive::<Int64Type>().value(row);
        }
    }
    sums
}

/// The days of events, in the order of their lines.
fn days(gathered: &Gathered) -> Vec<String> {
    let mut days = Vec::new();
    for batch in gathered.events.iter().flatten() {
        let times = batch.column_by_name("timestamp").unwrap();
        let lines = batch.column_by_name("log_line").unwrap();
        for row in 0..batch.num_rows() {
            let times = times.as_primitive::<TimestampMicrosecondType>();
            let day = times.is_valid(row).then(|| {
                let at = jiff::Timestamp::from_microsecond(times.value(row)).unwrap();
                at.strftime("%Y-%m-%d").to_string()
            });
            let line = lines.as_primitive::<Int64Type>().value(row);
            days.push((line, day.unwrap_or_default()));
        }
    }
    days.sort();
    days.into_iter().map(|(_, day)| day).collect()
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

fn failed(time: &str, host_name: &str, pid: u32) -> String {
    format!(
        "Nov 20 {time} {host_name} sshd[{pid}]: Failed password for root from 192.0.2.1 port 4022 ssh2\n"
    )
}

fn journal(second: u64, host_name: &str, message: &str) -> String {
    // 2026-11-20 10:00:00 UTC
    let micros = (1_795_168_800 + second) * 1_000_000;
    format!(
        "{{\"__REALTIME_TIMESTAMP\": \"{micros}\", \"_HOSTNAME\": \"{host_name}\", \"SYSLOG_IDENTIFIER\": \"sshd\", \
         \"_PID\": \"15919\", \"MESSAGE\": \"{message}\"}}\n"
    )
}

const FAILED: &str = "Failed password for root from 192.0.2.1 port 4022 ssh2";

/// A log of so many attempts, one a minute, and some lines behind them.
fn log(count: u32, behind: &[&str]) -> String {
    let mut text = String::new();
    for index in 0..count {
        let time = format!("{:02}:{:02}:00", 10 + index / 60, index % 60);
        text += &failed(&time, "leaf", 1000 + index);
    }
    for time in behind {
        text += &failed(time, "slow", 9);
    }
    text
}

#[test]
fn a_copy_counts_once_although_lines_come_late() {
    for behind in [
        &[][..],
        &["09:00:00"],
        &["11:00:00"],
        &["23:00:00", "10:30:00"],
    ] {
        let text = log(100, behind);
        let alone = attempts_of_one(&[("auth.log", text.clone())]);
        let copied = attempts_of_one(&[("auth.log", text.clone()), ("copy.log", text.clone())]);
        assert_eq!(copied, alone, "{behind:?}");
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("auth.log"), &text);
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gz, text.as_bytes()).unwrap();
        write(&folder.path().join("old/auth.log.gz"), gz.finish().unwrap());
        let packed = attempts(&read(folder.path(), &["."]));
        assert_eq!(packed["192.0.2.1"], alone, "{behind:?}");
    }
}

#[test]
fn a_large_copy_counts_once_wherever_its_youngest_line_stands() {
    // Its youngest line stands where no look into the file falls.
    let mut text = log(600, &[]).repeat(5);
    let at = text.len() / 3 + 2048;
    let at = at + text[at..].find('\n').unwrap() + 1;
    text.insert_str(at, &failed("23:59:59", "fast", 9));
    let alone = attempts_of_one(&[("auth.log", text.clone())]);
    let copied = attempts_of_one(&[("auth.log", text.clone()), ("copy.log", text)]);
    assert_eq!(copied, alone);
}

#[test]
fn a_web_log_under_another_name_is_a_copy_where_it_begins_alike() {
    let request = |second: usize, path: &str| {
        format!(
            "192.0.2.1 - - [25/Nov/2026:10:00:{second:02} +0000] \"GET {path} HTTP/1.1\" 404 153 \"-\" \"x\"\n"
        )
    };
    let log = |path: &str| -> String { (0..20).map(|second| request(second, path)).collect() };
    let one = log("/.env");
    let alone = attempts_of_one(&[("access.log", one.clone())]);
    assert_eq!(alone, 20);
    let copied = [
        ("access.log", one.clone()),
        ("saved/before.txt", one.clone()),
    ];
    assert_eq!(attempts_of_one(&copied), alone);
    // Another site's log, in which equal requests of one second may stand.
    let other = format!("{}{}", request(0, "/wp-login.php"), &one);
    assert_eq!(
        attempts_of_one(&[("access.log", one), ("shop.log", other)]),
        2 * alone + 1
    );
}

#[test]
fn a_rotation_without_an_overlap_loses_nothing() {
    let (old, new) = (log(30, &[]), log(60, &[]));
    let new = new[old.len()..].to_owned();
    assert_eq!(
        attempts_of_one(&[("auth.log", new), ("auth.log.1", old)]),
        60
    );
}

#[test]
fn what_rsyslog_counts_together_is_what_the_journal_tells_one_by_one() {
    let repeated =
        format!("Nov 20 10:00:06 leaf sshd[15919]: message repeated 2 times: [ {FAILED}]\n");
    let syslog = failed("10:00:00", "leaf", 15919) + &repeated;
    let of = |seconds: &[u64]| -> String {
        let lines = seconds.iter().map(|at| journal(*at, "leaf", FAILED));
        lines.collect()
    };
    for (seconds, expected) in [
        (&[0, 3, 6][..], 3),
        (&[0, 0, 6], 3),
        (&[0, 3, 4, 6], 4),
        (&[0, 6], 3),
        (&[0], 3),
        (&[200], 4),
    ] {
        // The order in which the files are read is that of their names.
        for name in ["a.json", "journal.json"] {
            let found = attempts_of_one(&[("auth.log", syslog.clone()), (name, of(seconds))]);
            assert_eq!(found, expected, "{name} {seconds:?}");
        }
    }
    let three = attempts_of_one(&[
        ("auth.log", syslog.clone()),
        ("backup.log", syslog.clone()),
        ("journal.json", of(&[0, 3, 6])),
    ]);
    assert_eq!(three, 3);
}

#[test]
fn a_journal_with_full_host_names_is_a_copy_and_another_host_is_none() {
    let syslog = failed("10:00:00", "leaf", 15919) + &failed("10:00:03", "leaf", 15919);
    let journal = |host_name| journal(0, host_name, FAILED) + &journal(3, host_name, FAILED);
    for (host_name, expected) in [
        ("leaf.example.org", 2),
        ("leaf", 2),
        ("stem.example.org", 4),
    ] {
        let found = attempts_of_one(&[
            ("auth.log", syslog.clone()),
            ("journal.json", journal(host_name)),
        ]);
        assert_eq!(found, expected, "{host_name}");
    }
}

#[test]
fn many_small_logs_that_overlap_are_read_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..600 {
        let text = failed("10:00:00", "leaf", index) + &failed("12:00:00", "leaf", index);
        write(&folder.path().join(format!("{index}/auth.log")), &text);
        write(&folder.path().join(format!("{index}/copy.log")), &text);
    }
    assert_eq!(attempts(&read(folder.path(), &["."]))["192.0.2.1"], 1200);
}

/// The attempts of each address in one log.
fn attempts_in(text: &str) -> Vec<(String, i64)> {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("auth.log"), text);
    attempts(&read(folder.path(), &["auth.log"]))
        .into_iter()
        .collect()
}

#[test]
fn a_connection_that_times_out_is_the_one_that_the_listener_names() {
    let timeout = |pid| {
        format!(
            "Nov 20 10:02:00 leaf sshd[800]: Timeout before authentication for connection from 192.0.2.1 to \
             198.51.100.1, pid = {pid}\n"
        )
    };
    let failed = failed("10:00:00", "leaf", 15919);
    let one = |attempts| vec![("192.0.2.1".to_owned(), attempts)];
    assert_eq!(attempts_in(&format!("{failed}{}", timeout(15919))), one(1));
    assert_eq!(attempts_in(&format!("{failed}{}", timeout(15920))), one(2));
    assert_eq!(
        attempts_in(&format!("{}{}", timeout(1), timeout(2))),
        one(2)
    );
}

#[test]
fn what_syslog_repeats_is_of_the_same_host() {
    let failed = failed("10:00:00", "leaf", 15919);
    let again = |host_name| {
        attempts_in(&format!(
            "{failed}Nov 20 10:00:01 {host_name} last message repeated 500 times\n"
        ))
    };
    assert_eq!(again("leaf"), [("192.0.2.1".to_owned(), 501)]);
    assert_eq!(again("other"), [("192.0.2.1".to_owned(), 1)]);
}

#[test]
fn what_syslog_repeats_belongs_to_its_connection() {
    let more = "Nov 20 10:00:05 leaf sshd[15919]: PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh \
                ruser= rhost=192.0.2.1  user=root\n";
    let failed = failed("10:00:00", "leaf", 15919);
    for repeated in [
        "last message repeated 2 times".to_owned(),
        format!("sshd[15919]: message repeated 2 times: [ {FAILED}]"),
    ] {
        let text = format!("{failed}Nov 20 10:00:03 leaf {repeated}\n{more}");
        assert_eq!(
            attempts_in(&text),
            [("192.0.2.1".to_owned(), 3)],
            "{repeated}"
        );
    }
}

/// What a run of lines holds at most.
const RUN_BYTES: usize = 768 * 1024;

/// Puts a line of cron's between others, so long that the first run of lines ends behind them.
fn to_the_end_of_a_run(before: &str, after: &str) -> String {
    let cron = "Nov 20 10:00:00 leaf CRON[7]: (root) CMD (x)\n";
    let mut text = before.to_owned();
    while text.len() + 2 * cron.len() + after.len() < RUN_BYTES {
        text += cron;
    }
    let missing = RUN_BYTES - 10 - text.len() - after.len() - cron.len();
    text + &cron.replace('x', &"x".repeat(missing + 1)) + after
}

#[test]
fn what_syslog_repeats_is_right_before_although_runs_of_lines_end_anywhere() {
    let again = "Nov 20 10:00:01 leaf last message repeated 500 times\n";
    let failed = failed("10:00:00", "leaf", 15919);
    for (before, after, expected) in [(failed.as_str(), "", 1), ("", failed.as_str(), 501)] {
        let text = to_the_end_of_a_run(before, after) + again;
        assert_eq!(attempts_in(&text), [("192.0.2.1".to_owned(), expected)]);
    }
}

#[test]
fn pam_processes_of_one_address_are_told_apart() {
    let pam = |pid| {
        format!(
            "Nov 20 10:00:00 leaf sshd[{pid}]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh \
             ruser= rhost=192.0.2.1  user=root\n"
        )
    };
    let error = |pid| {
        format!(
            "Nov 20 10:00:02 leaf sshd[{pid}]: error: PAM: Authentication failure for root from 192.0.2.1\n"
        )
    };
    let (failed, second) = (
        |pid| failed("10:00:02", "leaf", pid),
        error(11) + &error(12),
    );
    for (text, expected) in [
        (pam(101) + &pam(102) + &second, 2),
        (pam(101) + &error(11) + &pam(102) + &error(12), 2),
        (pam(101) + &second, 2),
        // Processes that asked PAM themselves.
        (pam(7) + &pam(8) + &failed(7) + &failed(8), 2),
        (pam(7) + &pam(8) + &failed(7) + &failed(7) + &failed(8), 3),
        (pam(7) + &failed(7) + &failed(9), 2),
    ] {
        assert_eq!(
            attempts_in(&text),
            [("192.0.2.1".to_owned(), expected)],
            "{text}"
        );
    }
}

#[test]
fn what_fail2ban_found_repeats_sshds_line_in_any_file() {
    let found = |time: &str| {
        format!(
            "Nov 20 {time} leaf fail2ban-server[99]: fail2ban.filter [99]: INFO [sshd] Found 192.0.2.1 - 2026-11-20 {time}\n"
        )
    };
    let both = |from: u32, to: u32| -> String {
        (from..to)
            .map(|minute| {
                let time = format!("10:{minute:02}:00");
                failed(&time, "leaf", 1000 + minute) + &found(&time)
            })
            .collect()
    };
    let login =
        "Nov 20 10:00:00 leaf sshd[1]: Accepted publickey for git from 192.0.2.1 port 6001 ssh2\n";
    assert_eq!(
        attempts_of_one(&[("messages", both(0, 3) + &login.repeat(9))]),
        3
    );
    // fail2ban was installed later, behind what a look into the file sees.
    let pad = "Nov 20 10:00:00 leaf cron[7]: x\n".repeat(20_000);
    let text = pad.clone() + &log(10, &[]) + &both(10, 12) + &pad;
    assert_eq!(attempts_of_one(&[("messages", text)]), 12);
}

#[test]
fn a_new_port_is_a_new_connection() {
    let mut text = String::new();
    for second in 0..6 {
        text += &failed(&format!("10:00:0{second}"), "leaf", 10);
    }
    for port in 5000..5005 {
        text += &format!(
            "Nov 20 10:30:00 leaf sshd[10]: Connection closed by authenticating user root 192.0.2.1 port {port} [preauth]\n"
        );
    }
    assert_eq!(attempts_in(&text), [("192.0.2.1".to_owned(), 11)]);
}

#[test]
fn the_listener_belongs_to_nobody_that_it_turned_away() {
    let text = "\
Nov 20 10:00:02 leaf sshd[800]: drop connection #10 from [192.0.2.7]:4000 on [198.51.100.1]:22 penalty: failed authentication
Nov 20 10:00:03 leaf sshd[800]: error: kex_exchange_identification: read: Connection reset by peer
Nov 20 10:00:04 leaf sshd[800]: drop connection #10 from [192.0.2.8]:4000 on [198.51.100.1]:22 penalty: failed authentication
";
    assert_eq!(
        attempts_in(text),
        [("192.0.2.7".to_owned(), 1), ("192.0.2.8".to_owned(), 1)]
    );
}

#[test]
fn a_line_of_a_clock_that_was_not_set_moves_no_other() {
    let mut text = String::new();
    for day in 1..=10 {
        text += &failed("10:00:00", "leaf", day).replace("Nov 20", &format!("Nov {day:02}"));
        if day == 5 {
            text += "Jan  1 00:00:03 router sshd[1]: Server listening on 0.0.0.0 port 22.\n";
        }
    }
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("auth.log"), text);
    let found = days(&read(folder.path(), &["auth.log"]));
    let expected: Vec<String> = (1..=10).map(|day| format!("2026-11-{day:02}")).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_log_that_begins_before_the_clock_was_set_moves_no_older_log() {
    for (day, boot) in [
        ("Nov 20", "Jan  1 00:00:03"),
        ("Nov 20", "Dec 31 19:00:03"),
        ("Nov  2", "Jan  1 00:00:03"),
    ] {
        let younger = format!("{boot} router sshd[1]: Server listening on 0.0.0.0 port 22.\n")
            + &log(20, &[]).replace("Nov 20", day);
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("auth.log"), younger);
        write(
            &folder.path().join("auth.log.1"),
            failed("10:00:00", "leaf", 1).replace("Nov 20", "Nov  1"),
        );
        let found = days(&read(folder.path(), &["."]));
        assert!(
            found.iter().all(|day| day.starts_with("2026-11")),
            "{boot}: {found:?}"
        );
    }
}

#[test]
fn a_time_that_no_calendar_has_leaves_the_event() {
    let text = journal(0, "leaf", FAILED)
        + &journal(0, "leaf", FAILED).replace("1795168800000000", "999999999999999999");
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("journal.json"), text);
    assert_eq!(
        days(&read(folder.path(), &["journal.json"])),
        ["2026-11-20", ""]
    );
}

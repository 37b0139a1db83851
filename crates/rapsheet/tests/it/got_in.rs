//! Whether anyone got in: what counts as before a login, and what is no ground for a yes or a no.

use std::fs;

use crate::program::rapsheet;

fn line(time: &str, pid: usize, message: &str) -> String {
    format!("Jan {time} web1 sshd[{pid}]: {message} port 4022 ssh2\n")
}

fn failures(user: &str, ip: &str, hour: usize, minutes: std::ops::Range<usize>) -> String {
    minutes
        .map(|minute| {
            let message = format!("Failed password for {user} from {ip}");
            line(
                &format!("10 {hour:02}:{minute:02}:00"),
                100 + minute,
                &message,
            )
        })
        .collect()
}

/// The summary of a log, from its first line to the first empty one.
fn answer(log: &str) -> String {
    answer_to(&[("auth.log", log)], &[])
}

/// The same of several logs, and with more arguments.
fn answer_to(logs: &[(&str, &str)], more: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, log) in logs {
        fs::write(folder.path().join(name), log).unwrap();
    }
    let mut options = vec!["--no-geo", "--timezone", "UTC", "--year", "2026", "-q", "."];
    options.extend(more);
    let outcome = rapsheet(folder.path(), &options);
    // Logs of which nothing is understood are an error, but there is an answer.
    assert!(outcome.code < 2, "{}", outcome.stderr);
    let text = outcome.stdout.split("\n\n").next().unwrap().to_owned();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_failed_after_a_login_is_no_ground_against_it() {
    let mistyped = failures("bob", "192.0.2.51", 10, 0..1)
        + &line(
            "10 10:01:00",
            12,
            "Accepted publickey for bob from 192.0.2.51",
        )
        + &failures("bob", "192.0.2.51", 10, 10..40);
    let text = answer(&mistyped);
    let wanted = "After failures: no. 1 successful login, not after failures that look like guessing. Mistyped from 1 address.";
    assert!(text.contains(wanted), "{text}");
    // In the same hour somebody guesses it.
    let guessed = mistyped
        + &line(
            "10 10:50:00",
            300,
            "Accepted password for bob from 192.0.2.51",
        );
    let text = answer(&guessed);
    assert!(
        text.contains(
            "Yes, it looks like it. !! After failures: yes. 192.0.2.51 logged in as bob by password after 30 failures for bob"
        ),
        "{text}"
    );
}

#[test]
fn a_neighbour_counts_where_it_failed_before_and_did_not_just_mistype() {
    let login = line(
        "10 10:01:00",
        12,
        "Accepted password for bob from 192.0.2.51",
    );
    let later = failures("bob", "192.0.2.52", 10, 0..1)
        + &login
        + &failures("bob", "192.0.2.52", 10, 10..40);
    let text = answer(&later);
    assert!(
        text.contains("After failures: no. 1 successful login"),
        "{text}"
    );
    let office: String = (10..20)
        .map(|day| {
            let from = format!("u{day} from 192.0.2.{day}");
            line(
                &format!("{day} 09:00:00"),
                day,
                &format!("Failed password for {from}"),
            ) + &line(
                &format!("{day} 09:00:09"),
                day,
                &format!("Accepted password for {from}"),
            )
        })
        .collect();
    let office = office
        + &line(
            "28 09:00:00",
            99,
            "Accepted password for bob from 192.0.2.99",
        );
    let text = answer(&office);
    assert!(
        text.contains("After failures: no. 11 successful logins"),
        "{text}"
    );
    let guessed: String = (1..6)
        .map(|n| failures("root", &format!("192.0.2.{n}"), 9, n * 10 - 10..n * 10 - 6))
        .collect();
    let text = answer(
        &(guessed.clone()
            + &line(
                "10 11:00:00",
                99,
                "Accepted password for root from 192.0.2.77",
            )),
    );
    assert!(text.contains("Perhaps: have a look. ! After failures: look. 192.0.2.77 logged in as root by password after 20 failures from 5 other addresses of 192.0.2.0/24"), "{text}");
    // A key is not guessed.
    let text = answer(
        &(guessed
            + &line(
                "10 11:00:00",
                99,
                "Accepted publickey for root from 192.0.2.77",
            )),
    );
    assert!(text.contains("After failures: no."), "{text}");
}

#[test]
fn a_login_without_a_time_or_an_address_is_not_called_harmless() {
    let failed = failures("root", "192.0.2.51", 10, 0..5);
    let timeless = "sshd[55]: Accepted password for root from 192.0.2.51 port 4004 ssh2\n";
    let text = answer(&(failed.clone() + timeless));
    assert!(
        text.contains(
            "Yes, it looks like it. !! After failures: yes. 192.0.2.51 logged in as root by password after 5 failures"
        ),
        "{text}"
    );
    for from in ["evil.example.com", "UNKNOWN"] {
        let named = line(
            "10 10:30:00",
            12,
            &format!("Accepted password for root from {from}"),
        );
        let text = answer(&(failed.clone() + &named));
        assert!(text.contains("DID ANYONE GET IN? Not known. "), "{text}");
    }
}

#[test]
fn a_run_leaves_nothing_in_the_folder_for_temporary_files() {
    let (folder, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = failures("root", "192.0.2.51", 10, 0..5);
    fs::write(folder.path().join("auth.log"), log).unwrap();
    for arguments in [&["auth.log"][..], &["export", "addresses", "auth.log"]] {
        let mut command = crate::program::command(folder.path(), arguments);
        let output = command.env("TMPDIR", temporary.path()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let left: Vec<_> = fs::read_dir(temporary.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn names_that_only_logged_in_were_not_tried() {
    let log = failures("alice", "192.0.2.51", 10, 0..1)
        + &line(
            "10 10:01:00",
            100,
            "Accepted password for alice from 192.0.2.51",
        )
        + &line(
            "10 11:01:00",
            12,
            "Accepted publickey for deploy from 192.0.2.51",
        );
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("auth.log"), log).unwrap();
    let query = "SELECT users_tried, top_users, threat_reasons FROM addresses";
    let answer = crate::program::sql(folder.path(), query, &["--year", "2026", "-q", "auth.log"]);
    assert_eq!(answer, ["1,alice,1 failed login"]);
}

#[test]
fn what_came_before_the_wanted_time_is_used() {
    let log = failures("bob", "192.0.2.51", 23, 0..54)
        + &line(
            "11 00:05:00",
            12,
            "Accepted password for bob from 192.0.2.51",
        );
    let text = answer_to(&[("auth.log", &log)], &["--since", "2026-01-11"]);
    let wanted = "!! After failures: yes. 192.0.2.51 logged in as bob by password after 54 failures for bob, 2026-01-11 00:05:00; on web1";
    assert!(text.contains(wanted), "{text}");
    // What came after it is not.
    let text = answer_to(&[("auth.log", &log)], &["--until", "2026-01-11"]);
    assert!(
        text.contains("No successful login in the wanted time."),
        "{text}"
    );
}

#[test]
fn every_server_and_every_user_is_named() {
    let mut log = String::new();
    for (host, user) in [("web1", "bob"), ("web2", "eva"), ("web3", "bob")] {
        let told = failures(user, "192.0.2.51", 10, 0..8)
            + &line(
                "10 10:30:00",
                12,
                &format!("Accepted password for {user} from 192.0.2.51"),
            );
        log += &told.replace("web1", host);
    }
    let text = answer(&log);
    let wanted = "on web1, web2, web3; as bob, eva; 3 such logins";
    assert!(text.contains(wanted), "{text}");
}

#[test]
fn three_mistypes_are_a_notice_and_a_fourth_is_not() {
    let login = line(
        "10 11:00:00",
        12,
        "Accepted password for alice from 192.0.2.30",
    );
    for (tries, verdict) in [(3, "After failures: no."), (4, "After failures: yes.")] {
        let log = failures("alice", "192.0.2.30", 10, 0..tries) + &login;
        let text = answer(&log);
        assert!(text.contains(verdict), "{tries}: {text}");
    }
    // So is a mistyped name.
    let text = answer(&(failures("alcie", "192.0.2.30", 10, 0..1) + &login));
    assert!(text.contains("Mistyped from 1 address."), "{text}");
    // Of others, even three are odd.
    let log = failures("root", "192.0.2.30", 10, 0..2)
        + &failures("admin", "192.0.2.30", 10, 2..3)
        + &login;
    let text = answer(&log);
    assert!(text.contains("after 3 failures for other users"), "{text}");
}

#[test]
fn who_is_known_at_an_address_is_not_blamed_for_its_neighbours() {
    let login = |day: usize| {
        let time = format!("{day} 11:00:00");
        line(&time, 12, "Accepted password for alice from 192.0.2.30")
    };
    let log = login(1) + &failures("bob", "192.0.2.30", 10, 0..20) + &login(12);
    let text = answer(&log);
    assert!(
        text.contains("After failures: no. 2 successful logins"),
        "{text}"
    );
    // But bob, who failed, is.
    let log = log
        + &line(
            "13 11:00:00",
            12,
            "Accepted password for bob from 192.0.2.30",
        );
    let text = answer(&log);
    assert!(
        text.contains("logged in as bob by password after 20 failures for bob"),
        "{text}"
    );
}

#[test]
fn a_key_after_failures_is_a_question() {
    let log = failures("root", "192.0.2.30", 10, 0..20)
        + &line(
            "10 11:00:00",
            12,
            "Accepted publickey for root from 192.0.2.30",
        );
    let text = answer(&log);
    assert!(text.contains("After failures: no."), "{text}");
    assert!(
        text.contains("A key let in 1 address after failures: was it added by you?"),
        "{text}"
    );
}

#[test]
fn what_fail2ban_found_counts_where_the_daemons_log_is_gone() {
    let found: String = (10..40)
        .map(|minute| {
            format!("2026-01-10 10:{minute}:00,100 fail2ban.filter [77]: INFO [sshd] Found 192.0.2.30 - 2026-01-10 10:{minute}:00\n")
        })
        .collect();
    let login = line(
        "10 10:39:30",
        12,
        "Accepted password for bob from 192.0.2.30",
    );
    let logs = [("auth.log", login.as_str()), ("fail2ban.log", &found)];
    let text = answer_to(&logs, &[]);
    assert!(
        text.contains("logged in as bob by password after 30 failures"),
        "{text}"
    );
    let found = found.replace("[sshd]", "[nginx-botsearch]");
    let logs = [("auth.log", login.as_str()), ("fail2ban.log", &found)];
    let text = answer_to(&logs, &[]);
    assert!(
        text.contains("After failures: no. 1 successful login"),
        "{text}"
    );
}

#[test]
fn the_verdict_can_fail_a_job() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let guessed = failures("bob", "192.0.2.51", 10, 0..8)
        + &line(
            "10 11:00:00",
            12,
            "Accepted password for bob from 192.0.2.51",
        );
    fs::write(folder.join("bad.log"), guessed).unwrap();
    let root = line(
        "10 11:00:00",
        12,
        "Accepted password for root from 192.0.2.51",
    );
    fs::write(folder.join("odd.log"), root).unwrap();
    for (log, severity, code) in [
        ("bad.log", "critical", 3),
        ("bad.log", "warning", 3),
        ("odd.log", "critical", 0),
        ("odd.log", "warning", 3),
    ] {
        let outcome = rapsheet(
            folder,
            &[log, "--fail-on", severity, "--year", "2026", "--no-geo"],
        );
        assert_eq!(outcome.code, code, "{log} {severity}: {}", outcome.stderr);
        assert!(outcome.stdout.starts_with("DID ANYONE GET IN?"));
    }
    assert_eq!(rapsheet(folder, &["bad.log", "--year", "2026"]).code, 0);
}

#[test]
fn a_login_that_nobody_read_is_not_denied() {
    let unread = "Janvar 10 11:00:00 web1 sshd[44]: Accepted password for root from 192.0.2.7 port 40022 ssh2\n";
    let log = failures("root", "192.0.2.51", 10, 0..5) + unread;
    let text = answer(&log);
    let wanted = "DID ANYONE GET IN? Not known. - After failures: not known. 1 line that was not read tells of a login: Janvar 10 11:00:00 web1";
    assert!(text.starts_with(wanted), "{text}");
    let text = answer(unread);
    let wanted = "DID ANYONE GET IN? Not known: 1 line that was not read tells of a login: Janvar";
    assert!(text.starts_with(wanted), "{text}");
}

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
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("auth.log"), log).unwrap();
    let options = [
        "--no-geo",
        "--timezone",
        "UTC",
        "--year",
        "2026",
        "-q",
        "auth.log",
    ];
    let outcome = rapsheet(folder.path(), &options);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
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
    assert!(text.contains("No sign of it: 1 successful login"), "{text}");
    assert!(
        text.contains("after 1 failure: a mistyped password?"),
        "{text}"
    );
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
            "Yes, it looks like it: !! 192.0.2.51 logged in as `bob` by password after 30 failures"
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
    assert!(text.contains("No sign of it: 1 successful login"), "{text}");
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
        text.contains("No sign of it: 11 successful logins"),
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
    assert!(text.contains("Yes, it looks like it: ! 192.0.2.77 logged in as `root` by password after 20 failures from 5 other addresses of 192.0.2.0/24"), "{text}");
    // A key is not guessed.
    let text = answer(
        &(guessed
            + &line(
                "10 11:00:00",
                99,
                "Accepted publickey for root from 192.0.2.77",
            )),
    );
    assert!(text.contains("No sign of it"), "{text}");
}

#[test]
fn a_login_without_a_time_or_an_address_is_not_called_harmless() {
    let failed = failures("root", "192.0.2.51", 10, 0..5);
    let timeless = "sshd[55]: Accepted password for root from 192.0.2.51 port 4004 ssh2\n";
    let text = answer(&(failed.clone() + timeless));
    assert!(
        text.contains(
            "Yes, it looks like it: !! 192.0.2.51 logged in as `root` by password after 5 failures"
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
        assert!(text.contains("DID ANYONE GET IN? Not known: "), "{text}");
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

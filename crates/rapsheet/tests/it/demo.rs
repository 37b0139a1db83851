//! The made-up server: what the generator knows, the program must find.

use crate::program::{rapsheet, sql};

#[test]
fn the_demo_finds_what_the_generator_put_there() {
    let folder = tempfile::tempdir().unwrap();
    let facts = rapsheet_sample::demo::write_server(&folder.path().join("server"))
        .unwrap()
        .facts;
    let ask = |query: &str| {
        sql(
            folder.path(),
            query,
            &["server", "--timezone", "UTC", "-q", "--no-geo"],
        )
    };
    assert_eq!(
        ask("SELECT source_ip, severity FROM findings WHERE kind = 'probed_secret_answered'"),
        [format!("{},critical", facts.finder)]
    );
    assert_eq!(
        ask(&format!(
            "SELECT user_name FROM findings WHERE kind = 'new_place' AND source_ip = '{}'",
            facts.thief
        )),
        ["alice"]
    );
    let logins = ask(
        "SELECT source_ip, user_name, failures_before FROM logins WHERE failures_before > 2 ORDER BY failures_before DESC",
    );
    let expected = [&facts.intruder, &facts.mail_intruder]
        .map(|who| format!("{},{},{}", who.address, who.user, who.failed_before));
    assert_eq!(logins, expected);
    assert_eq!(
        ask("SELECT count(*) FROM bans WHERE kind = 'new'"),
        [facts.bans.to_string()],
        "the database tells of the same bans as the log"
    );
    assert_eq!(
        ask(&format!(
            "SELECT count(*) FROM events WHERE source_ip = '{}'",
            facts.framed
        )),
        ["0"],
        "a user name framed an innocent address"
    );
    for (services, told) in [
        ("service_name = 'sshd'", &facts.accepted),
        ("service_name IN ('dovecot', 'postfix')", &facts.mail_logins),
    ] {
        assert_eq!(
            ask(&format!("SELECT count(*) FROM logins WHERE {services}")),
            [told.values().sum::<u64>().to_string()],
            "{services}"
        );
    }
    assert_eq!(
        ask(
            "SELECT sum(attempts) FROM events WHERE service_name IN ('dovecot', 'postfix') AND event_action = 'login'"
        ),
        [facts.mail_failed.values().sum::<u64>().to_string()],
    );
    assert_eq!(
        ask(
            "SELECT sum(attempts) FROM events WHERE event_dataset = 'openssh.auth' AND reason = 'failed_password' AND attempts > 9"
        ),
        ask(
            "SELECT sum(attempts) FROM events WHERE message LIKE '%message repeated%' AND attempts > 9"
        ),
        "only repetitions tell of many attempts"
    );
}

#[test]
fn the_summary_leads_with_the_answer_and_fits_eighty_columns() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = rapsheet(folder.path(), &["demo"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines[0], "DID ANYONE GET IN? Yes, it looks like it.");
    for wanted in [
        "!! After failures: yes. 203.0.113.66 logged in as deploy by password after 57",
        "!! From a new place: yes. ",
        "!! Handed out: yes. 198.18.66.31 asked for /.git/config and was answered with",
        "What to do",
        "Worst addresses",
    ] {
        let is_there = lines.iter().any(|line| line.starts_with(wanted));
        assert!(is_there, "{wanted}: {}", outcome.stdout);
    }
    assert!(lines.len() <= 30, "{} lines", lines.len());
    for line in outcome.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    let last = outcome
        .stderr
        .lines()
        .rfind(|line| line.contains(" lines = "))
        .unwrap();
    assert!(last.ends_with(" 0 unknown"), "{last}");
}

#[test]
fn the_answer_does_not_depend_on_threads() {
    let folder = tempfile::tempdir().unwrap();
    rapsheet_sample::demo::write_server(&folder.path().join("server")).unwrap();
    let answers: Vec<String> = ["1", "2", "5"]
        .iter()
        .map(|threads| {
            let more = [
                "server",
                "--format",
                "json",
                "--timezone",
                "UTC",
                "-q",
                "--threads",
                threads,
            ];
            rapsheet(folder.path(), &more).stdout
        })
        .collect();
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    let document: serde_json::Value = serde_json::from_str(&answers[0]).unwrap();
    for key in [
        "verdict",
        "coverage",
        "totals",
        "findings",
        "addresses",
        "networks",
        "countries",
        "users",
        "timeline",
    ] {
        assert!(document.get(key).is_some(), "{key}");
    }
}

#[test]
fn show_tells_the_whole_story_with_the_lines() {
    let folder = tempfile::tempdir().unwrap();
    rapsheet_sample::demo::write_server(&folder.path().join("server")).unwrap();
    let outcome = rapsheet(
        folder.path(),
        &[
            "show",
            "203.0.113.66",
            "server",
            "--timezone",
            "UTC",
            "--no-geo",
        ],
    );
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    for wanted in [
        "GOT IN",
        "Successful logins",
        "/.env",
        "Evidence",
        "Accepted password for deploy from 203.0.113.66 port",
    ] {
        assert!(
            outcome.stdout.contains(wanted),
            "{wanted} is missing in:\n{}",
            outcome.stdout
        );
    }
    assert!(
        outcome
            .stdout
            .lines()
            .any(|line| line.starts_with("server/auth.log:")),
        "{}",
        outcome.stdout
    );
}

//! What the summary and the rap sheet say is so: where nothing was looked at, they say that and nothing else.

use std::fs;
use std::path::Path;

use crate::program::{Outcome, rapsheet, sql};

const OPTIONS: [&str; 5] = ["--timezone", "UTC", "--year", "2026", "--no-geo"];

fn run(folder: &Path, arguments: &[&str]) -> Outcome {
    let mut all = arguments.to_vec();
    all.extend(OPTIONS);
    let outcome = rapsheet(folder, &all);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    outcome
}

/// The page as running text, so that line breaks do not matter.
fn page(folder: &Path, arguments: &[&str]) -> String {
    let text = run(folder, arguments).stdout;
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn document(folder: &Path, path: &str) -> serde_json::Value {
    serde_json::from_str(&run(folder, &[path, "--format", "json"]).stdout).unwrap()
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

fn failed(time: &str, user: &str, address: &str) -> String {
    format!("{time} s sshd[7]: Failed password for {user} from {address} port 5000 ssh2\n")
}

fn accepted(time: &str, user: &str, address: &str) -> String {
    format!("{time} s sshd[9]: Accepted password for {user} from {address} port 5001 ssh2\n")
}

#[test]
fn no_answer_where_nothing_was_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(
        folder,
        "auth.log",
        &failed("Oct 12 12:00:02", "root", "192.0.2.1"),
    );
    write(
        folder,
        "cron.log",
        "Oct 12 12:00:02 s CRON[7]: pam_unix(cron:session): session opened for user root\n",
    );
    write(
        folder,
        "fail2ban.log",
        "2026-10-12 12:00:00,000 fail2ban.actions [1]: NOTICE [sshd] Ban 192.0.2.3\n",
    );
    write(
        folder,
        "access.log",
        "192.0.2.2 - - [12/Oct/2026:13:55:36 +0000] \"GET /.env HTTP/1.1\" 404 12 \"-\" \"x\"\n",
    );
    for (arguments, said) in [
        (
            &["auth.log", "--since", "2030-01-01"][..],
            "Not known: none of 1 event lies in the wanted time; they reach from 2026-10-12 12:00:02 to 2026-10-12 12:00:02.",
        ),
        (
            &["cron.log"],
            "Not known: none of 1 line tells of a remote address.",
        ),
        (
            &["fail2ban.log", "access.log"],
            "Not known. - After failures: not known. No login was read. - From a new place: not known. No login was read. ok Handed out: no. 1 request for 1 path of secrets and shells, and none was handed out.",
        ),
        (
            &["auth.log"],
            "No sign of it, as far as these logs tell. ok After failures: no. No successful login in these logs. ok From a new place: no. Nobody logged in. - Handed out: not known. No log of a web server was read.",
        ),
        (
            &["auth.log", "access.log", "--since", "2026-10-12 13:00"],
            "No sign of it. ok After failures: no. No successful login in the wanted time.",
        ),
    ] {
        let page = page(folder, arguments);
        let wanted = format!("DID ANYONE GET IN? {said}");
        assert!(page.starts_with(&wanted), "{arguments:?}: {page}");
        let is_empty = said.starts_with("Not known:");
        assert_eq!(page.contains("attempt"), !is_empty, "{page}");
    }
}

#[test]
fn attempts_under_host_names_stand_in_every_number() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let by_name = "Oct 12 12:00:04 s sshd(pam_unix)[8]: authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=host.example.org  user=root\n";
    let text = failed("Oct 12 12:00:02", "root", "192.0.2.1") + &by_name.repeat(3);
    write(folder, "auth.log", &text);
    let document = document(folder, "auth.log");
    let totals = &document["totals"];
    assert_eq!(totals["attempts"], 4, "{totals}");
    assert_eq!(totals["domain_attempts"], 3, "{totals}");
    let sum = |key: &str, column: &str| -> i64 {
        let rows = document[key].as_array().unwrap().iter();
        rows.map(|row| row[column].as_i64().unwrap()).sum()
    };
    assert_eq!(sum("timeline", "attempts"), 4);
    assert_eq!(sum("users", "attempts"), 4);
    assert_eq!(
        sum("coverage", "events"),
        totals["events"].as_i64().unwrap()
    );
    let page = page(folder, &["auth.log"]);
    let wanted = "4 attempts by 1 of 1 address, and by 1 host name without an address (3 attempts); 1 user name tried; 0 successful logins";
    assert!(page.contains(wanted), "{page}");
    let domains = sql(
        folder,
        "SELECT source_domain, attempts FROM domains",
        &["auth.log", "-q"],
    );
    assert_eq!(domains, ["host.example.org,3"]);
}

#[test]
fn of_logins_under_host_names_nothing_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = "Jul 12 10:00:00 web1 sshd[7]: Accepted password for bob from host.example.org port 22 ssh2\n";
    write(folder, "auth.log", text);
    let document = document(folder, "auth.log");
    for question in 0..2 {
        let part = &document["verdict"][question];
        assert_eq!(part["answer"], "not known", "{part}");
        let ground = part["ground"].as_str().unwrap();
        assert!(
            ground.starts_with("Of 1 successful login no line names the address"),
            "{part}"
        );
    }
}

#[test]
fn a_mistyped_password_is_no_break_in_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = failed("Oct 12 12:00:02", "eva", "192.0.2.1")
        + &accepted("Oct 12 12:00:12", "eva", "192.0.2.1");
    write(folder, "auth.log", &text);
    assert_eq!(document(folder, "auth.log")["totals"]["got_in"], 0);
    let summary = page(folder, &["auth.log"]);
    let wanted = "After failures: no. 1 successful login, not after failures that look like guessing. Mistyped from 1 address.";
    assert!(summary.contains(wanted), "{summary}");
    let sheet = page(folder, &["show", "192.0.2.1", "auth.log"]);
    assert!(!sheet.contains("GOT IN"), "{sheet}");
    for wanted in [
        "logins 1, not after failures that look like guessing",
        "attempts 1 in 2 events, on 1 day",
        "on s, after 1 failure User names tried",
    ] {
        assert!(sheet.contains(wanted), "{wanted}: {sheet}");
    }
}

#[test]
fn lists_say_how_much_they_leave_out() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut log = String::new();
    let mut bans = String::new();
    for number in 1..=20 {
        let address = format!("198.51.100.{number}");
        log += &failed(
            &format!("Oct 12 12:00:{number:02}"),
            &format!("user{number}"),
            &address,
        );
        let at = format!("2026-10-{number:02} 12:00:00,000 fail2ban.actions [1]: NOTICE [sshd]");
        bans += &format!("{at} Ban 198.51.100.1\n");
        if number < 20 {
            bans += &format!("{} Unban 198.51.100.1\n", at.replace("12:00", "13:00"));
        }
    }
    write(folder, "auth.log", &log);
    write(folder, "fail2ban.log", &bans);
    let summary = page(folder, &["--full", "auth.log", "fail2ban.log"]);
    for wanted in [
        "and 12 more: `rapsheet export addresses`",
        "and 13 more: `rapsheet export users`",
        "20 bans of 1 address",
    ] {
        assert!(summary.contains(wanted), "{wanted}: {summary}");
    }
    let sheet = page(
        folder,
        &["show", "198.51.100.77/24", "auth.log", "fail2ban.log"],
    );
    for wanted in [
        "Rap sheet of 198.51.100.0/24",
        "addresses 20, 20 of them tried something",
        "bans 20 of 1 address; 0 restored, 19 lifted; 1 still banned",
        "jails sshd (0 found, 20 bans)",
        "Bans, the latest first 2026-10-20 12:00:00 to ? 198.51.100.1 sshd (new, still banned)",
        "and 10 more: `rapsheet sql \"SELECT * FROM bans WHERE ip_in(source_ip, '198.51.100.0/24')\"`",
        "and 10 more: `rapsheet sql \"SELECT * FROM address_users WHERE ip_in(source_ip, '198.51.100.0/24')\"`",
    ] {
        assert!(sheet.contains(wanted), "{wanted}: {sheet}");
    }
    let advice = "SELECT * FROM bans WHERE ip_in(source_ip, '198.51.100.0/24')";
    let rows = sql(folder, advice, &["auth.log", "fail2ban.log", "-q"]);
    assert_eq!(rows.len(), 20, "the advice shows all of them");
}

#[test]
fn only_databases_that_answered_are_credited() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(
        folder,
        "auth.log",
        &failed("Oct 12 12:00:02", "root", "192.0.2.1"),
    );
    let options = ["auth.log", "--full", "--timezone", "UTC", "--year", "2026"];
    let outcome = rapsheet(folder, &options);
    let page: Vec<&str> = outcome.stdout.split_whitespace().collect();
    let page = page.join(" ");
    let wanted = "of 1 address: country known 0 %, AS 0 %, city 0 %, point on a map 0 %, user type 0 %; 1 private or reserved address is not looked up Coverage";
    assert!(page.contains(wanted), "{page}");
}

#[test]
fn the_document_holds_every_finding() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut log = String::new();
    for number in 1..=9 {
        log += &format!(
            "192.0.2.{number} - - [12/Oct/2026:13:55:36 +0000] \"GET /a{number}/evil.php HTTP/1.1\" 200 12{number} \"-\" \"x\"\n"
        );
    }
    write(folder, "access.log", &log);
    let document = document(folder, "access.log");
    let findings = document["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 9);
    for finding in findings {
        assert_eq!(finding["kind"], "attack_answered", "{finding}");
    }
    let summary = page(folder, &["--full", "access.log"]);
    let wanted = "and 6 more of kind attack_answered: `rapsheet export findings`";
    assert!(summary.contains(wanted), "{summary}");
}

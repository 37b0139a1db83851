//! Who is known: `known.toml`, fail2ban's `ignoreip`, and what becomes of them in every answer.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::program::{rapsheet, sql};

/// A staff network that mistypes, a monitor that connects and asks for `/health`, and an attacker.
fn server(folder: &Path) {
    let mut auth = String::new();
    for hour in 0..24 {
        for minute in [0, 10, 20, 30, 40, 50] {
            let _ = writeln!(
                auth,
                "2026-07-12T{hour:02}:{minute:02}:00+00:00 s sshd[{hour}{minute}]: Connection closed by 198.51.100.7 port 4{hour:02}{minute:02} [preauth]"
            );
        }
    }
    for second in 0..30 {
        let _ = writeln!(
            auth,
            "2026-07-13T08:00:{second:02}+00:00 s sshd[9{second}]: Failed password for bob from 192.0.2.7 port 50{second:02} ssh2"
        );
        let _ = writeln!(
            auth,
            "2026-07-13T09:00:{second:02}+00:00 s sshd[8{second}]: Failed password for root from 203.0.113.9 port 50{second:02} ssh2"
        );
    }
    fs::write(folder.join("auth.log"), auth).unwrap();
    let mut access = String::new();
    for hour in 0..24 {
        for path in ["/health/.env", "/.env"] {
            let _ = writeln!(
                access,
                "198.51.100.7 - - [12/Jul/2026:{hour:02}:00:00 +0000] \"GET {path} HTTP/1.1\" 404 9 \"-\" \"check/1\""
            );
        }
    }
    fs::write(folder.join("access.log"), access).unwrap();
}

fn known(folder: &Path, text: &str) {
    fs::write(folder.join("known.toml"), text).unwrap();
}

const READ: [&str; 6] = [
    "auth.log",
    "access.log",
    "--no-geo",
    "--known",
    "known.toml",
    "-q",
];

const ENTRIES: &str = "[[known]]\nnetwork = \"192.0.2.0/24\"\nnote = \"the office\"\nscope = \"staff\"\n\n\
                       [[known]]\naddress = \"198.51.100.7\"\nnote = \"our monitor\"\nscope = \"monitoring\"\npaths = [\"/health\"]\n";

#[test]
fn what_a_monitor_does_is_nothing_and_all_else_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    server(folder);
    known(folder, ENTRIES);
    let attempts =
        "SELECT source_ip, sum(attempts) FROM events GROUP BY source_ip ORDER BY source_ip";
    assert_eq!(
        sql(folder, attempts, &READ),
        ["192.0.2.7,30", "198.51.100.7,24", "203.0.113.9,30"]
    );
    assert_eq!(
        sql(
            folder,
            "SELECT url_path, requests FROM paths ORDER BY url_path",
            &READ
        ),
        ["/.env,24"]
    );
    assert_eq!(
        sql(
            folder,
            "SELECT source_ip, known_value, scope, note FROM known_addresses ORDER BY source_ip",
            &READ
        ),
        [
            "192.0.2.7,192.0.2.0/24,staff,the office",
            "198.51.100.7,198.51.100.7,monitoring,our monitor"
        ]
    );
    let page = rapsheet(
        folder,
        &[&READ[..], &["--timezone", "UTC", "--full"]].concat(),
    );
    assert_eq!(page.code, 0, "{}", page.stderr);
    assert!(page.stdout.contains("the office"), "{}", page.stdout);
}

#[test]
fn failures_of_staff_are_notices_and_a_login_after_many_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    server(folder);
    let bans = "2026-07-10 00:00:00,000 fail2ban.actions [1]: NOTICE [sshd] Ban 203.0.113.200\n\
                2026-07-14 00:00:00,000 fail2ban.actions [1]: NOTICE [sshd] Unban 203.0.113.200\n";
    fs::write(folder.join("fail2ban.log"), bans).unwrap();
    known(folder, ENTRIES);
    let findings = |more: &[&str]| {
        let question = "SELECT severity, evidence FROM findings WHERE kind = 'KIND' AND source_ip = '192.0.2.7'";
        let read = [&READ[..], &["fail2ban.log"], more].concat();
        ["never_banned", "got_in"].map(|kind| sql(folder, &question.replace("KIND", kind), &read))
    };
    let [never, entered] = findings(&[]);
    assert!(
        never.len() == 1
            && never[0].starts_with("notice,")
            && never[0].contains("known: the office"),
        "{never:?}"
    );
    assert!(entered.is_empty(), "{entered:?}");
    let mut login = String::new();
    for second in 0..20 {
        let _ = writeln!(
            login,
            "2026-07-13T08:01:{second:02}+00:00 s sshd[6{second}]: Failed password for eva from 192.0.2.7 port 51{second:02} ssh2"
        );
    }
    login.push_str("2026-07-13T08:02:00+00:00 s sshd[61]: Accepted password for bob from 192.0.2.7 port 5200 ssh2\n");
    fs::write(folder.join("later.log"), login).unwrap();
    let [_, entered] = findings(&["later.log"]);
    assert!(
        entered.len() == 1
            && !entered[0].starts_with("notice,")
            && entered[0].contains("known: the office"),
        "{entered:?}"
    );
}

#[test]
fn an_entry_ends_with_its_day() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    server(folder);
    let names = |until: &str| {
        known(folder, &format!("{ENTRIES}until = {until}\n"));
        let known = "SELECT source_ip FROM known_addresses ORDER BY source_ip";
        let attempts = "SELECT count(*) FROM events WHERE source_ip = '198.51.100.7' AND service_name = 'sshd' AND suspicious";
        (sql(folder, known, &READ), sql(folder, attempts, &READ))
    };
    let (known, attempts) = names("2026-07-12");
    assert_eq!(known, ["192.0.2.7", "198.51.100.7"]);
    assert_eq!(attempts, ["0"]);
    let (known, attempts) = names("2026-07-11");
    assert_eq!(known, ["192.0.2.7"]);
    assert_eq!(attempts, ["144"]);
}

#[test]
fn a_file_that_is_wrong_stops_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    server(folder);
    known(
        folder,
        "[[known]]\naddress = \"192.0.2.300\"\n[[known]]\nas = \"x\"\n",
    );
    let outcome = rapsheet(folder, &READ);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""));
    assert_eq!(
        outcome.stderr,
        "error: `known.toml`, line 2: `192.0.2.300` is no address (more is wrong in line 4)\n\
         hint: write `address = \"192.0.2.7\"`; a network is `network = \"192.0.2.0/24\"`\n"
    );
    fs::remove_file(folder.join("known.toml")).unwrap();
    let absent = rapsheet(folder, &READ);
    assert_eq!(absent.code, 2);
    assert!(absent.stderr.contains("`known.toml`"), "{}", absent.stderr);
}

#[test]
fn ones_own_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    server(folder);
    fs::create_dir_all(folder.join(".config/rapsheet")).unwrap();
    fs::write(folder.join(".config/rapsheet/known.toml"), ENTRIES).unwrap();
    let question = "SELECT value FROM known WHERE note = 'the office'";
    assert_eq!(sql(folder, question, &["auth.log", "-q"]), ["192.0.2.0/24"]);
}

#[test]
fn what_fail2ban_ignores_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir_all(folder.join("logs/fail2ban/jail.d")).unwrap();
    server(&folder.join("logs"));
    fs::write(
        folder.join("logs/fail2ban/jail.local"),
        "[DEFAULT]\nignoreip = 127.0.0.1/8\n    192.0.2.0/24\n",
    )
    .unwrap();
    fs::write(folder.join("logs/known.toml"), ENTRIES).unwrap();
    let question = "SELECT log_file_path FROM coverage ORDER BY log_file_path";
    assert_eq!(
        sql(folder, question, &["logs", "-q"]),
        ["logs/access.log", "logs/auth.log"]
    );
    let question = "SELECT source_ip, scope, note FROM known_addresses";
    let told = ["192.0.2.7,ignored,fail2ban ignores it"];
    assert_eq!(sql(folder, question, &["logs", "-q"]), told);
    let named = ["logs/auth.log", "logs/fail2ban/jail.local", "-q"];
    assert_eq!(sql(folder, question, &named), told);
    assert_eq!(sql(folder, question, &["logs/auth.log", "-q"]), [""; 0]);
    let alone = rapsheet(folder, &["logs/fail2ban/jail.local"]);
    assert_eq!(alone.code, 2);
    assert!(
        alone
            .stderr
            .contains("fail2ban's settings alone are no log"),
        "{}",
        alone.stderr
    );
}

#[test]
fn entries_are_added_listed_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let run = |arguments: &[&str]| {
        let all = [&["known"][..], arguments, &["--known", "own/known.toml"]].concat();
        rapsheet(folder, &all)
    };
    let added = run(&[
        "add",
        "192.0.2.9/24",
        "--scope",
        "staff",
        "--note",
        "the office",
    ]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    assert_eq!(
        added.stderr,
        "`192.0.2.0/24` is known in `own/known.toml`\n"
    );
    let more = ["add", "user=backup", "--until", "2027-01-31"];
    assert_eq!(run(&more).code, 0);
    let twice = run(&more);
    assert_eq!(twice.code, 2);
    assert!(
        twice.stderr.contains("line 7, already\nhint: "),
        "{}",
        twice.stderr
    );
    assert_eq!(
        fs::read_to_string(folder.join("own/known.toml")).unwrap(),
        "[[known]]\nnetwork = \"192.0.2.0/24\"\nnote = \"the office\"\nscope = \"staff\"\n\n\
         [[known]]\nuser = \"backup\"\nuntil = 2027-01-31\n"
    );
    let listed = run(&["list"]);
    assert_eq!(
        listed.stdout,
        "kind,value,scope,note,paths,known_until,origin,origin_line\n\
         network,192.0.2.0/24,staff,the office,,,own/known.toml,2\n\
         user,backup,,,,2027-02-01T00:00:00.000000Z,own/known.toml,7\n"
    );
    let removed = run(&["remove", "192.0.2.0/24"]);
    assert_eq!(removed.code, 0, "{}", removed.stderr);
    let absent = run(&["remove", "192.0.2.0/24"]);
    assert_eq!(absent.code, 2);
    for (whom, said) in [
        ("nobody", "`nobody` is no address, network, AS or key"),
        (
            "country=CHE",
            "`country=CHE` is no address, network, AS or key",
        ),
    ] {
        let outcome = run(&["add", whom]);
        assert_eq!(outcome.code, 2);
        assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    }
    let paths = run(&["add", "192.0.2.1", "--path", "/health"]);
    assert_eq!(paths.code, 2, "{}", paths.stderr);
    assert_eq!(run(&["list"]).stdout.lines().count(), 2);
}

#[test]
fn who_may_be_known_is_suggested_with_its_command() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    server(folder);
    let mut auth = fs::read_to_string(folder.join("auth.log")).unwrap();
    for day in 13..23 {
        let _ = writeln!(
            auth,
            "2026-07-{day}T07:00:00+00:00 s sshd[7{day}]: Accepted publickey for eva from 192.0.2.77 port 5000 ssh2: ED25519 SHA256:abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq"
        );
    }
    fs::write(folder.join("auth.log"), auth).unwrap();
    let suggested = |more: &[&str]| {
        let all = [&["known", "suggest", "auth.log", "--no-geo"][..], more].concat();
        rapsheet(folder, &all).stdout
    };
    let page = suggested(&[]);
    for said in [
        "192.0.2.77: 10 logins on 10 days, eva",
        "rapsheet known add 192.0.2.77 --scope staff",
        "198.51.100.7: 144 connections in 24 hours on 1 day",
        "rapsheet known add 198.51.100.7 --scope monitoring",
    ] {
        assert!(page.contains(said), "{said} in {page}");
    }
    assert!(!page.contains("203.0.113.9"), "{page}");
    known(folder, ENTRIES);
    let page = suggested(&["--known", "known.toml"]);
    assert_eq!(
        page.trim(),
        "Nobody in these logs looks like somebody who should be known."
    );
}

/// Ten days of logins with one key, then one with another from the same address.
fn keyed(folder: &Path) {
    let mut auth = String::new();
    let mut line = |day: u32, hour: u32, key: &str| {
        let _ = writeln!(
            auth,
            "2026-07-{day:02}T{hour:02}:00:00+00:00 s sshd[{day}{hour}]: Accepted publickey for eva from 192.0.2.7 port 50{day:02} ssh2: ED25519 SHA256:{}",
            key.repeat(43)
        );
    };
    for day in 1..=10 {
        line(day, 8, "A");
    }
    line(11, 8, "B");
    fs::write(folder.join("auth.log"), auth).unwrap();
}

#[test]
fn a_key_that_never_opened_an_account_is_a_question_unless_it_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    keyed(folder);
    let question = "SELECT severity, statement, evidence FROM findings";
    let key = "SHA256:".to_owned() + &"B".repeat(43);
    assert_eq!(
        sql(folder, question, &["auth.log", "--no-geo", "-q"]),
        [format!(
            "warning,\"logged in as eva by publickey, with a key new for that user after 10 logins\",on s; was the key {key} added by you?"
        )]
    );
    known(
        folder,
        &format!("[[known]]\nkey = \"{key}\"\nnote = \"eva's new laptop\"\n"),
    );
    let read = ["auth.log", "--no-geo", "--known", "known.toml", "-q"];
    assert_eq!(
        sql(folder, question, &read),
        [
            "notice,\"logged in as eva by publickey, with a key new for that user after 10 logins\",on s; known key: eva's new laptop"
        ]
    );
    let page = rapsheet(folder, &read);
    assert!(
        page.stdout
            .contains("Known: eva's new laptop, with 0 attempts and 1 login"),
        "{}",
        page.stdout
    );
    let page = rapsheet(folder, &[&read[..], &["--full"]].concat());
    assert!(page.stdout.contains("Who is known"), "{}", page.stdout);
}

#[test]
fn fail2bans_own_threshold_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut auth = String::new();
    for day in 1..=9 {
        for hour in [1, 5, 9, 13, 17, 21] {
            let _ = writeln!(
                auth,
                "2026-07-{day:02}T{hour:02}:00:00+00:00 s sshd[{day}{hour}]: Failed password for root from 203.0.113.9 port 50{day:02} ssh2"
            );
        }
    }
    fs::write(folder.join("auth.log"), auth).unwrap();
    let question = "SELECT statement, evidence FROM findings WHERE kind = 'slow_brute_force'";
    assert!(sql(folder, question, &["auth.log", "--no-geo", "-q"]).is_empty());
    let expected = "\"tries slowly, below what fail2ban bans: 54 failed logins on 9 days\",1 user name: root; jail sshd bans after 10 failures within 1 d";
    fs::create_dir(folder.join("jail.d")).unwrap();
    let jail = "[DEFAULT]\nfindtime = 1d\n[sshd]\nenabled = true\nmaxretry = 10\n";
    fs::write(folder.join("jail.d/own.local"), jail).unwrap();
    let printed = "['set', 'syslogsocket', 'auto']\n['add', 'sshd', 'auto']\n['set', 'sshd', 'maxretry', 10]\n\
                   ['set', 'sshd', 'findtime', '1d']\n['start', 'sshd']\n";
    fs::write(folder.join("printed.txt"), printed).unwrap();
    for settings in ["jail.d/own.local", "printed.txt"] {
        assert_eq!(
            sql(folder, question, &["auth.log", settings, "--no-geo", "-q"]),
            [expected],
            "{settings}"
        );
    }
    let jails = "SELECT fail2ban_jail, maxretry, findtime, bantime_increment FROM jail_settings";
    assert_eq!(
        sql(
            folder,
            jails,
            &["auth.log", "printed.txt", "--no-geo", "-q"]
        ),
        ["sshd,10,86400,false"]
    );
}

//! What one log tells again that another told: fail2ban's restarts, bans about bans, and denials beside what was served.

use crate::facts::facts;
use crate::settling::{read, write};

/// What the files' events say: action, address and attempts.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        write(&folder.path().join(name), text);
    }
    let gathered = read(folder.path(), &["."]);
    facts(&gathered, &["event_action", "source_ip", "attempts"])
}

#[test]
fn a_restart_of_fail2ban_restores_bans_and_bans_nobody_again() {
    let log = "\
2026-10-05 09:30:00,000 fail2ban.filter  [100]: INFO    [sshd] Found 192.0.2.8
2026-10-05 09:30:01,000 fail2ban.actions [100]: NOTICE  [sshd] Ban 192.0.2.8
2026-10-05 09:59:00,000 fail2ban.server  [100]: INFO    Stopping all jails
2026-10-05 09:59:01,000 fail2ban.actions [100]: NOTICE  [sshd] Unban 192.0.2.8
2026-10-05 09:59:01,400 fail2ban.jail    [100]: INFO    Jail 'sshd' stopped
2026-10-05 10:00:01,500 fail2ban.jail    [200]: INFO    Jail 'sshd' started
2026-10-05 10:00:02,000 fail2ban.actions [200]: NOTICE  [sshd] Ban 192.0.2.8
2026-10-05 10:00:02,100 fail2ban.actions [200]: NOTICE  [sshd] Ban 192.0.2.7
2026-10-05 10:02:00,000 fail2ban.filter  [200]: INFO    [sshd] Found 192.0.2.9
2026-10-05 10:02:01,000 fail2ban.actions [200]: NOTICE  [sshd] Ban 192.0.2.9
2026-10-05 18:00:02,000 fail2ban.actions [200]: NOTICE  [sshd] Ban 192.0.2.8
";
    let expected = [
        "found 192.0.2.8 1",
        "ban 192.0.2.8 0",
        "unban 192.0.2.8 0",
        "restore_ban 192.0.2.8 0",
        "restore_ban 192.0.2.7 0",
        "found 192.0.2.9 1",
        "ban 192.0.2.9 0",
        "ban 192.0.2.8 1",
    ];
    assert_eq!(told(&[("fail2ban.log", log)]), expected);
    // 0.8 says nothing of what it finds.
    let old = "\
2026-10-05 10:00:01,500 fail2ban.jail   : INFO   Jail 'ssh' started
2026-10-05 10:05:02,000 fail2ban.actions: WARNING [ssh] Ban 192.0.2.8
";
    assert_eq!(told(&[("fail2ban.log", old)]), ["ban 192.0.2.8 1"]);
}

#[test]
fn what_is_found_about_bans_is_no_attempt() {
    for jail in ["recidive", "f2b-recidive"] {
        let log = format!(
            "2026-10-05 09:30:00,000 fail2ban.filter  [100]: INFO    [{jail}] Found 192.0.2.8 - 2026-10-05 09:30:00\n\
             2026-10-05 09:30:01,000 fail2ban.actions [100]: NOTICE  [{jail}] Ban 192.0.2.8\n\
             2026-10-05 19:30:01,000 fail2ban.actions [100]: NOTICE  [{jail}] Ban 192.0.2.9\n"
        );
        let expected = ["found 192.0.2.8 0", "ban 192.0.2.8 0", "ban 192.0.2.9 0"];
        assert_eq!(told(&[("fail2ban.log", &log)]), expected, "{jail}");
    }
}

#[test]
fn a_ban_that_is_listed_without_a_time_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let status =
        "Status for the jail: sshd\n`- Actions\n   `- Banned IP list:\t192.0.2.1 192.0.2.2\n";
    write(&folder.path().join("status.txt"), status);
    let failed =
        "Nov 20 09:00:00 leaf sshd[7]: Failed password for root from 192.0.2.1 port 40100 ssh2\n";
    write(&folder.path().join("auth.log"), failed);
    let gathered = read(folder.path(), &["."]);
    let rows = facts(
        &gathered,
        &["event_action", "source_ip", "attempts", "timestamp"],
    );
    let expected = [
        "login 192.0.2.1 1 2026-11-20T09:00:00Z",
        "ban 192.0.2.1 0 -",
        "ban 192.0.2.2 1 -",
    ];
    assert_eq!(rows, expected);
}

#[test]
fn whoever_is_served_with_a_password_was_not_denied() {
    let request = |time: &str, user: &str, path: &str, status: u16| {
        format!(
            "192.0.2.21 - {user} [20/Nov/2026:{time} +0000] \"GET {path} HTTP/1.1\" {status} 381 \"-\" \"Mozilla/5.0\"\n"
        )
    };
    let denied = |time: &str, path: &str| {
        format!(
            "[Fri Nov 20 {time}.102123 2026] [access_compat:error] [pid 17990] [client 192.0.2.21:48142] AH01797: client denied by \
             server configuration: /var/www{path}\n"
        )
    };
    let access = request("09:00:10", "-", "/a.html", 401)
        + &request("09:00:10", "reader01", "/a.html", 200)
        + &request("09:05:00", "-", "/b.html", 403);
    let errors = denied("09:00:10", "/a.html") + &denied("09:05:00", "/b.html");
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("access.log"), access);
    write(&folder.path().join("error.log"), errors);
    let gathered = read(folder.path(), &["."]);
    let rows = facts(
        &gathered,
        &["event_action", "suspicious", "attempts", "reason"],
    );
    let expected = [
        "request false 0 -",
        "request false 0 -",
        "request false 0 -",
        "error false 0 -",
        "error true 1 http_forbidden",
    ];
    assert_eq!(rows, expected);
}

//! What counts as a failed login, and what is a connection without one.

use std::fmt::Write as _;
use std::fs;

use crate::program::rapsheet;

/// The rows of a query over these lines of sshd, as CSV without its head.
fn rows(query: &str, log: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("auth.log"), log).unwrap();
    let options = [
        "sql",
        query,
        "auth.log",
        "--no-geo",
        "--timezone",
        "UTC",
        "-q",
        "--format",
        "csv",
    ];
    let outcome = rapsheet(folder.path(), &options);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    outcome
        .stdout
        .split_once('\n')
        .unwrap()
        .1
        .trim()
        .replace('\r', "")
}

/// Such a line once a minute, from a process of its own.
fn every_minute(count: u32, message: &str) -> String {
    let mut log = String::new();
    for minute in 0..count {
        let (hour, pid) = (minute / 60, 1000 + minute);
        writeln!(
            log,
            "2026-03-01T{hour:02}:{:02}:00+00:00 web1 sshd[{pid}]: {}",
            minute % 60,
            message.replace("PORT", &(30_000 + minute).to_string())
        )
        .unwrap();
    }
    log
}

const COUNTS: &str = "SELECT attempts, failed_logins, connections FROM addresses";

#[test]
fn connections_in_which_nobody_is_named_are_no_failed_logins() {
    for message in [
        "Connection closed by 192.0.2.104 port PORT [preauth]",
        "Connection reset by 2001:db8::4 port PORT [preauth]",
        "Timeout before authentication for 192.0.2.104 port PORT",
        "Received disconnect from 192.0.2.104 port PORT:11:  [preauth]",
        "Did not receive identification string from 192.0.2.104 port PORT",
        "banner exchange: Connection from 192.0.2.104 port PORT: invalid format",
        "Unable to negotiate with 192.0.2.104 port PORT: no matching key exchange method found. Their offer: x [preauth]",
        "refused connect from monitor.example.com (192.0.2.104)",
        "drop connection #2 from [192.0.2.104]:PORT on [198.51.100.1]:22 penalty: failed authentication",
        "Session process 4711 unpriv child crash for connection from 192.0.2.104 to 198.51.100.1",
    ] {
        let log = every_minute(120, message);
        assert_eq!(rows(COUNTS, &log), "120,0,120", "{message}");
        let findings =
            "SELECT kind FROM findings WHERE kind IN ('never_banned', 'slow_brute_force')";
        assert_eq!(rows(findings, &log), "", "{message}");
    }
    let full = "drop connection #14 from [192.0.2.104]:PORT on [198.51.100.1]:22 past MaxStartups";
    assert_eq!(rows(COUNTS, &every_minute(40, full)), "0,0,40");
}

#[test]
fn whoever_names_a_user_tries_to_log_in() {
    for message in [
        "Connection closed by authenticating user root 192.0.2.104 port PORT [preauth]",
        "Connection closed by invalid user  192.0.2.104 port PORT [preauth]",
        "Disconnected from invalid user x 192.0.2.104 port PORT [preauth]",
        "ssh_dispatch_run_fatal: Connection from invalid user x 192.0.2.104 port PORT: Broken pipe [preauth]",
        "User root from 192.0.2.104 not allowed because not listed in AllowUsers",
        "ROOT LOGIN REFUSED FROM 192.0.2.104 port PORT",
        "Failed password for root from 192.0.2.104 port PORT ssh2",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.104",
        "Disconnecting 192.0.2.104 port PORT: Too many authentication failures [preauth]",
    ] {
        assert_eq!(
            rows(COUNTS, &every_minute(120, message)),
            "120,120,0",
            "{message}"
        );
    }
}

#[test]
fn failures_that_wait_count_before_a_login_of_their_address() {
    // Nothing but PAM tells of these.
    let pam = "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.104  user=root";
    let login = "2026-03-01T00:31:00+00:00 web1 sshd[9]: Accepted password for root from 192.0.2.104 port 9 ssh2\n";
    let log = every_minute(31, pam) + login;
    assert_eq!(rows("SELECT failures_before FROM logins", &log), "31");
}

#[test]
fn a_key_is_known_by_its_fingerprint() {
    let login = |second: u32, user: &str, port: u32, key: &str| {
        format!(
            "2026-03-01T00:00:{second:02}+00:00 web1 sshd[{port}]: Accepted publickey for {user} from 192.0.2.{} port {port} ssh2: {key}\n",
            port % 3
        )
    };
    let log = login(1, "dan", 4000, "ED25519 SHA256:AAAA")
        + &login(2, "root", 4001, "ED25519 SHA256:AAAA")
        + &login(
            3,
            "dan",
            4003,
            "RSA-CERT SHA256:CCCC ID x (serial 1) CA RSA SHA256:BBBB",
        )
        + "2026-03-01T00:00:09+00:00 web1 sshd[9]: Accepted password for dan from 192.0.2.9 port 9 ssh2\n";
    let keys = "SELECT openssh_auth_key, users, user_names, addresses, logins, \
                date_part('second', first_seen), date_part('second', last_seen) FROM keys ORDER BY 1";
    assert_eq!(
        rows(keys, &log),
        "SHA256:AAAA,2,\"dan, root\",2,2,1,2\nSHA256:CCCC,1,dan,1,1,3,3"
    );
    let told = "SELECT openssh_auth_key, count(*) FROM events GROUP BY 1 ORDER BY 1 NULLS LAST";
    assert_eq!(rows(told, &log), "SHA256:AAAA,2\nSHA256:CCCC,1\n,1");
}

//! What stands in a record of fail2ban's own log that spans lines is quoted.

use std::fmt::Write as _;

use crate::settling::{attempts, read, write};

const FOUND: &str = "2026-11-20 09:00:00,500 fail2ban.filter [1]: INFO [sshd] Found 192.0.2.3\n";
const BAN: &str = "2026-11-20 09:00:01,000 fail2ban.actions [1]: NOTICE [sshd] Ban 192.0.2.3\n";
const MAIL: &str = "2026-11-20 09:00:01,100 fail2ban.utils [1]: ERROR 7f39a0 -- exec: printf %b \"Subject: banned 192.0.2.3\n\
Hi,\nLines containing failures of 192.0.2.3 (max 1000)\n";
const QUOTED: [&str; 4] = [
    "Nov 20 09:00:00 leaf sshd[2101]: Failed password for root from 192.0.2.3 port 40100 ssh2\n",
    "Jan  1 00:00:00 leaf sshd[2102]: Accepted password for root from 198.51.100.66 port 40100 ssh2\n",
    "192.0.2.77 - - [20/Nov/2026:09:00:00 +0000] \"GET /.env HTTP/1.1\" 404 1 \"-\" \"x\"\n",
    "?? 20 09:00:00 leaf sshd[2102]: Accepted password for root from 198.51.100.66 port 40100 ssh2\n",
];
const END: &str = "Regards,\" | /usr/sbin/sendmail -f root root\n";

fn quoted(times: usize) -> String {
    let mut text = MAIL.to_owned();
    for line in QUOTED.iter().cycle().take(times) {
        text += line;
    }
    text + END
}

/// The attempts by address in a log of this text, and the lines that nobody read and that tell of a login.
fn told(name: &str, text: &str) -> (Vec<(String, i64)>, u64) {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join(name), text);
    let gathered = read(folder.path(), &[name]);
    let unread = gathered.coverage.sources.iter();
    let unread = unread.map(|source| source.unread_logins).sum();
    (attempts(&gathered).into_iter().collect(), unread)
}

#[test]
fn quoted_lines_did_not_happen_again() {
    for (times, ends) in [(0, 2), (1, 2), (4, 2), (40, 1), (1000, 1)] {
        for end in &[FOUND, ""][..ends] {
            let text = format!("{FOUND}{BAN}{}{end}", quoted(times));
            let attempts = 1 + i64::from(!end.is_empty());
            let expected = (vec![("192.0.2.3".to_owned(), attempts)], 0);
            assert_eq!(told("fail2ban.log", &text), expected, "{times} {end}");
        }
    }
}

#[test]
fn quoted_lines_are_found_wherever_a_run_of_lines_ends() {
    let mut text = FOUND.to_owned();
    for minute in 0..12_000 {
        let (hour, minute) = (10 + minute / 1000, minute % 60);
        writeln!(
            text,
            "2026-11-20 {hour}:{minute:02}:00,500 fail2ban.filter [1]: INFO [sshd] Found 192.0.2.4"
        )
        .unwrap();
        text += &quoted(1 + minute % 3);
    }
    assert!(text.len() > 2 * 768 * 1024, "{}", text.len());
    let expected = vec![
        ("192.0.2.3".to_owned(), 1),
        ("192.0.2.4".to_owned(), 12_000),
    ];
    assert_eq!(told("fail2ban.log", &text), (expected, 0));
}

#[test]
fn a_containers_fail2ban_quotes_too() {
    let mut text = String::new();
    for line in format!("{FOUND}{BAN}{}", quoted(3)).lines() {
        let line = line.replace('"', "\\\"");
        writeln!(
            text,
            "{{\"log\":\"{line}\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-20T09:00:02.5Z\"}}"
        )
        .unwrap();
    }
    let expected = vec![("192.0.2.3".to_owned(), 1)];
    assert_eq!(told("c0ffee-json.log", &text), (expected, 0));
}

#[test]
fn an_auth_log_behind_an_error_of_fail2bans_is_read() {
    let login = QUOTED[0].replace("192.0.2.3", "192.0.2.9");
    let text = format!("{FOUND}{BAN}{MAIL}{}", login.repeat(20));
    let (attempts, _) = told("all.log", &text);
    assert_eq!(attempts[1], ("192.0.2.9".to_owned(), 20));
    // However long either of them is.
    let text = format!("{}{MAIL}{}", FOUND.repeat(3000), login.repeat(3000));
    let (attempts, _) = told("all.log", &text);
    assert_eq!(attempts[1], ("192.0.2.9".to_owned(), 3000));
}

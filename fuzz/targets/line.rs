//! Any line, with or without the head that leads to each daemon's format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rapsheet_parse::{Arena, Reading, parse_line};

/// Heads that lead to each format; the fuzzer chooses what follows.
const HEADS: &[&str] = &[
    "",
    "Oct 12 12:36:01 host sshd[1]: ",
    "2026-01-31T12:00:00+01:30 host sshd-session[1]: ",
    "Oct 12 12:36:01 host dovecot: imap-login: ",
    "Oct 12 12:36:01 host dovecot: auth: ",
    "Oct 12 12:36:01 auth(",
    "Oct 12 12:36:01 host auth: pam_unix(dovecot:auth): ",
    "Oct 12 12:36:01 host postfix/smtpd[1]: ",
    "Oct 12 12:36:01 host dropbear[1]: ",
    "[1] Oct 12 12:36:01 ",
    "2026-01-31_12:00:00.00412 ",
    "<187>node: 2026 Feb  6 09:35:02.059 CET: %DAEMON-3-SYSTEM_MSG: ",
    "2026-01-31 06:33:23,594 fail2ban.actions [123]: NOTICE [sshd] ",
    "2026-01-31 06:33:23,594 fail2ban.filter [123]: INFO [sshd] Found ",
    "192.0.2.1 - - [10/Oct/2026:13:55:36 +0000] \"GET ",
    "[Sat Jun 01 02:17:42.000000 2026] [core:error] [pid 1] [client 192.0.2.1:1] ",
    "2026/01/31 00:00:00 [error] 1#0: *1 ",
    "2026-01-31T00:00:00.000000000Z stdout F ",
    "{\"log\":\"",
    "{\"MESSAGE\":\"",
    "{\"remote_addr\":\"192.0.2.1\",\"request\":\"",
    "/var/log/auth.log:",
];

fuzz_target!(|input: (u8, &str)| {
    let (choice, rest) = input;
    let line = format!("{}{}", HEADS[usize::from(choice) % HEADS.len()], rest.replace('\n', " "));
    let arena = Arena::new();
    let parsed = parse_line(&line, &arena);
    if let Reading::Event(event) = &parsed.reading {
        assert!(event.suspicious || event.attempts == 0, "an attempt that is not suspicious: {line:?}");
    }
});

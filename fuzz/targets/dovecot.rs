//! User names and passwords that try to frame another address, in each message of Dovecot, and of PAM in its name, that
//! quotes one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rapsheet_parse::{Arena, Reading, parse_line};

/// What stands before and after the name.
const MESSAGES: &[(&str, &str)] = &[
    ("host dovecot: imap-login: Login: user=<", ">, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, mpid=7, TLS, session=<abcd>"),
    ("host dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<", ">, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, session=<abcd>"),
    ("host dovecot: pop3-login: Aborted login (tried to use disallowed plaintext auth): user=<", ">, rip=192.0.2.1, lip=192.0.2.9"),
    ("pop3-login: Info: Login aborted: Connection closed (auth failed, 1 attempts in 2 secs) (auth_failed): user=<", ">, method=PLAIN, rip=192.0.2.1"),
    ("host dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): rip=192.0.2.1, lip=192.0.2.9, user=<", ">"),
    ("host dovecot: auth: passwd-file(", ",192.0.2.1): unknown user"),
    ("host dovecot: auth: passwd-file(", ",192.0.2.1,<abcd>): Password mismatch"),
    ("host dovecot: auth-worker(7): pam(", ",192.0.2.1,<abcd>): pam_authenticate() failed: Permission denied"),
    ("host dovecot: auth: sql(x,192.0.2.1,<abcd>): Password mismatch (given password: ", ")"),
    ("host dovecot: auth: login(?,192.0.2.1): Username character disallowed by auth_username_chars: 0x2c (username: ", ")"),
    ("host dovecot: auth(", ",192.0.2.1,sasl:plain)<abcd>: sql: unknown user"),
    ("auth(", ",192.0.2.1,sasl:plain)<abcd>: Info: sql: unknown user"),
    ("auth-worker(", ",192.0.2.1)<7>: request [1]: Info: sql: Password mismatch"),
    ("host auth: pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=", " rhost=192.0.2.1"),
    ("host auth: pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=x rhost=192.0.2.1  user=", ""),
];

/// What an attack is made of, so that the fuzzer needn't find the words.
const WORDS: &[&str] = &[
    ">, method=PLAIN, rip=8.8.8.8, lip=192.0.2.9, session=<efgh>",
    ", rip=8.8.8.8",
    ": user=<",
    ",8.8.8.8,<efgh>): unknown user",
    ",8.8.8.8): Password mismatch (given password: ",
    ",8.8.8.8,sasl:plain)<efgh>: sql: unknown user",
    ",8.8.8.8): pam_authenticate() failed: Permission denied",
    " rhost=8.8.8.8",
    "  user=",
    " sshd[1]: Failed password for x from 8.8.8.8 port 1 ssh2",
    " dovecot: imap-login: Login: ",
    " (auth failed, 9 attempts)",
    ")",
];

/// Puts words in where the text has capital letters; Dovecot writes control characters as `?`.
fn spelled(text: &str) -> String {
    let mut all = String::new();
    for sign in text.chars() {
        match WORDS.get((sign as usize).wrapping_sub('A' as usize)) {
            Some(word) => all.push_str(word),
            None if sign.is_control() => all.push('?'),
            None => all.push(sign),
        }
    }
    all
}

fuzz_target!(|input: (u8, &str)| {
    let (choice, name) = input;
    let (before, after) = MESSAGES[usize::from(choice) % MESSAGES.len()];
    let line = format!("Oct 12 12:36:01 {before}{}{after}", spelled(name));
    let arena = Arena::new();
    if let Reading::Event(event) = parse_line(&line, &arena).reading {
        let source = event.source_ip.map(|ip| ip.to_string());
        assert!(source.is_none() || source.as_deref() == Some("192.0.2.1"), "{source:?} is framed by {line:?}");
        assert!(event.session.is_none_or(|name| name == "abcd"), "the session is forged by {line:?}");
    }
});

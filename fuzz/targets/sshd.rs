//! User names that try to frame another address, in each message of sshd that quotes one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rapsheet_parse::{Arena, Reading, parse_line};

/// What stands before and after the name.
const MESSAGES: &[(&str, &str)] = &[
    ("Failed password for ", " from 192.0.2.1 port 4711 ssh2"),
    ("Failed password for invalid user ", " from 192.0.2.1 port 4711 ssh2"),
    ("Invalid user ", " from 192.0.2.1 port 4711"),
    ("Invalid user ", " from 192.0.2.1"),
    ("Failed none for invalid user ", " from 192.0.2.1 port 4711 ssh2"),
    ("Connection closed by invalid user ", " 192.0.2.1 port 4711 [preauth]"),
    ("Disconnected from authenticating user ", " 192.0.2.1 port 4711 [preauth]"),
    ("Disconnecting invalid user ", " 192.0.2.1 port 4711: Too many authentication failures [preauth]"),
    ("Disconnecting authenticating user ", " 192.0.2.1 port 4711: no authentication methods enabled [preauth]"),
    ("Disconnecting invalid user x 192.0.2.1 port 4711: Change of username or service not allowed: (x,ssh-connection) -> (", ",ssh-connection) [preauth]"),
    ("ssh_dispatch_run_fatal: Connection from invalid user ", " 192.0.2.1 port 4711: Connection corrupted [preauth]"),
    ("User ", " from 192.0.2.1 not allowed because not listed in AllowUsers"),
    ("error: maximum authentication attempts exceeded for ", " from 192.0.2.1 port 4711 ssh2 [preauth]"),
    ("Accepted publickey for ", " from 192.0.2.1 port 4711 ssh2: ED25519 SHA256:AAAA"),
    ("pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=", ""),
];

fuzz_target!(|input: (u8, &str)| {
    let (choice, name) = input;
    let (before, after) = MESSAGES[usize::from(choice) % MESSAGES.len()];
    // sshd writes control characters in octal.
    let name: String = name.chars().map(|sign| if sign.is_control() { '?' } else { sign }).collect();
    let line = format!("Oct 12 12:36:01 host sshd[7]: {before}{name}{after}");
    let arena = Arena::new();
    if let Reading::Event(event) = parse_line(&line, &arena).reading {
        let source = event.source_ip.map(|ip| ip.to_string());
        assert!(source.is_none() || source.as_deref() == Some("192.0.2.1"), "{source:?} is framed by {line:?}");
    }
});

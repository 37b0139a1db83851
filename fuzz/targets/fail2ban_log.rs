//! fail2ban's messages: whatever follows the jail, only the address in its place is banned.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rapsheet_parse::{Arena, Reading, parse_line};

const MESSAGES: &[(&str, &str)] = &[
    ("NOTICE [sshd] Ban 192.0.2.1", ""),
    ("NOTICE [sshd] Restore Ban 192.0.2.1", ""),
    ("INFO [sshd] Found 192.0.2.1 - 2026-01-31 06:33:23", ""),
    ("WARNING [sshd] 192.0.2.1 already banned", ""),
    ("INFO [", "] Found 192.0.2.1 - 2026-01-31 06:33:23"),
];

fuzz_target!(|input: (u8, &str)| {
    let (choice, text) = input;
    let (before, after) = MESSAGES[usize::from(choice) % MESSAGES.len()];
    let text: String = text.chars().filter(|sign| !sign.is_control()).collect();
    // A jail's name is the administrator's, not the attacker's, and the first bracket behind which a message stands ends it.
    let text = if after.is_empty() { text } else { text.replace("] ", "]") };
    // What follows an address directly would be another address.
    let gap = if after.is_empty() { " " } else { "" };
    let line = format!("2026-01-31 06:33:23,594 fail2ban.actions [123]: {before}{gap}{text}{after}");
    let arena = Arena::new();
    if let Reading::Event(event) = parse_line(&line, &arena).reading {
        let source = event.source_ip.map(|ip| ip.to_string());
        assert!(source.is_none() || source.as_deref() == Some("192.0.2.1"), "{source:?} is framed by {line:?}");
    }
});

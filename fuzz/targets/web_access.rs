//! Requests, users, referrers and agents that try to frame another address in an access log.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rapsheet_parse::{Arena, Reading, parse_line};

fuzz_target!(|input: (u8, &str, &str, &str)| {
    let (choice, user, request, agent) = input;
    // The server writes quotes and control characters as `\x22`.
    let quoted = |text: &str| -> String { text.chars().filter(|sign| !sign.is_control() && *sign != '"' && *sign != '\\').collect() };
    let user: String = quoted(user).replace([' ', '['], "_");
    let (request, agent) = (quoted(request), quoted(agent));
    let host = ["", "vhost.example:80 "][usize::from(choice) % 2];
    let line = format!("{host}192.0.2.1 - {user} [10/Oct/2026:13:55:36 +0000] \"{request}\" 404 153 \"-\" \"{agent}\"");
    let arena = Arena::new();
    if let Reading::Event(event) = parse_line(&line, &arena).reading {
        let source = event.source_ip.map(|ip| ip.to_string());
        assert!(source.is_none() || source.as_deref() == Some("192.0.2.1"), "{source:?} is framed by {line:?}");
    }
});

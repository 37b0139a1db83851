//! Requests and paths that try to frame another address in nginx's error log.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rapsheet_parse::{Arena, Reading, parse_line};

fuzz_target!(|input: (&str, &str)| {
    let (path, request) = input;
    // nginx writes quotes and control characters of a request as `\x22`.
    let quoted = |text: &str| -> String { text.chars().filter(|sign| !sign.is_control() && *sign != '"' && *sign != '\\').collect() };
    let (path, request) = (quoted(path), quoted(request));
    let line = format!(
        "2026/01/31 00:00:00 [error] 1#0: *1 open() \"/var/www/{path}\" failed (2: No such file or directory), client: 192.0.2.1, server: _, request: \"{request}\", host: \"example\""
    );
    let arena = Arena::new();
    if let Reading::Event(event) = parse_line(&line, &arena).reading {
        let source = event.source_ip.map(|ip| ip.to_string());
        assert!(source.is_none() || source.as_deref() == Some("192.0.2.1"), "{source:?} is framed by {line:?}");
    }
});

//! Messages that try to frame another address in Apache's error log.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rapsheet_parse::{Arena, Reading, parse_line};

fuzz_target!(|message: &str| {
    let message: String = message.chars().filter(|sign| !sign.is_control()).collect();
    let line = format!("[Sat Jun 01 02:17:42.000000 2026] [core:error] [pid 1] [client 192.0.2.1:4711] {message}");
    let arena = Arena::new();
    if let Reading::Event(event) = parse_line(&line, &arena).reading {
        let source = event.source_ip.map(|ip| ip.to_string());
        assert!(source.is_none() || source.as_deref() == Some("192.0.2.1"), "{source:?} is framed by {line:?}");
    }
});

//! The rules for requests: no request makes them panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rapsheet_parse::{Arena, parse_line};

fuzz_target!(|input: (&str, &str, u16)| {
    let (request, agent, status) = input;
    let clean = |text: &str| text.replace(['\n', '\r', '"'], "");
    let line = format!(
        "192.0.2.1 - - [10/Oct/2026:13:55:36 +0000] \"{}\" {} 12 \"-\" \"{}\"",
        clean(request),
        status % 600,
        clean(agent)
    );
    let arena = Arena::new();
    let _ = parse_line(&line, &arena);
});

//! What `fail2ban-client` prints: every line is counted once.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rapsheet_parse::{Arena, fail2ban_status};

fuzz_target!(|text: &str| {
    let arena = Arena::new();
    let reading = fail2ban_status::parse(text, &arena);
    let unknown = u64::try_from(reading.unknown.len()).unwrap_or(u64::MAX);
    assert!(reading.event_lines + reading.understood + unknown >= reading.lines);
});

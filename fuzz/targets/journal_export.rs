//! The journal's export format: every byte belongs to one record, and records are never empty.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rapsheet_parse::{Arena, journal_export};

fuzz_target!(|bytes: &[u8]| {
    let arena = Arena::new();
    let mut from = 0;
    while let Some(extent) = journal_export::next_record(&bytes[from..], true) {
        assert!(extent.len > 0 && from + extent.len <= bytes.len());
        let _ = journal_export::parse(&bytes[from..from + extent.len], &arena);
        from += extent.len;
    }
    assert_eq!(from, bytes.len());
});

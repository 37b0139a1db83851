//! The whole reader on a file of any bytes: the lines add up, whatever is in it and however many threads read it.
#![no_main]

use std::io::Write;

use libfuzzer_sys::fuzz_target;
use rapsheet_read::{EventsWish, Input, Options, gather};

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return };
    if file.write_all(bytes).is_err() {
        return;
    }
    let mut answers = Vec::new();
    for threads in [1, 2] {
        let gathered = gather(&Options {
            paths: vec![file.path().to_owned()],
            journal: false,
            input: Input::Auto,
            timezone: jiff::tz::TimeZone::UTC,
            show_timezone: jiff::tz::TimeZone::UTC,
            year: Some(2026),
            since: None,
            until: None,
            threads,
            activity: true,
            facets: true,
            events: EventsWish::All { message: true },
            temporary: std::env::temp_dir(),
            now: 1_780_000_000_000_000,
            hide_users: false,
            harmless: None,
            progress: &|_| {},
        });
        let (lines, events, understood, unknown) = gathered.coverage.totals();
        assert_eq!(lines, events + understood + unknown);
        answers.push((lines, events, understood, unknown));
    }
    assert_eq!(answers[0], answers[1]);
});

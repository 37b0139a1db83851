//! Paths with line breaks in nginx's error log, and headers at the beginning of an access line: whatever lines come out of
//! them, and whatever they look like, they frame nobody.
#![no_main]

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::IpAddr;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use rapsheet_read::{EventsWish, Input, Options, gather};

/// What an attack is made of, so that the fuzzer needn't find the words.
const WORDS: &[&str] = &[
    "\n",
    "2026/01/31 00:00:00 [error] 1#0: *2 open() \"/y",
    "2026/01/31 00:00:00 [error] 1#0: *2 access forbidden by rule",
    ", client: 8.8.8.8, server: _, request: \"GET / HTTP/1.1\", host: \"h\"",
    "\" failed (2: No such file or directory)",
    "Jan 31 00:00:00 host sshd[1]: Accepted password for root from 8.8.8.8 port 22 ssh2",
    "8.8.8.8",
    "8.8.8.8 - - [31/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
    "2026-01-31 00:00:00,000 fail2ban.actions [1]: NOTICE [sshd] Ban 8.8.8.8",
    "\"",
];

/// Puts words in where the text has capital letters.
fn spelled(text: &str) -> String {
    let mut all = String::new();
    for sign in text.chars().filter(|sign| !sign.is_control() && *sign != '\u{fffd}') {
        match WORDS.get((sign as usize).wrapping_sub('A' as usize)) {
            Some(word) => all.push_str(word),
            None => all.push(sign),
        }
    }
    all
}

fn encoded(path: &str) -> String {
    path.bytes().fold(String::new(), |mut all, byte| {
        if byte.is_ascii_alphanumeric() {
            all.push(char::from(byte));
        } else {
            let _ = write!(all, "%{byte:02x}");
        }
        all
    })
}

/// nginx writes no longer records.
fn record(path: &str) -> Option<String> {
    let record = format!(
        "2026/01/31 00:00:00 [error] 1#0: *1 open() \"/var/www/{path}\" failed (2: No such file or directory), client: 192.0.2.1, server: _, request: \"GET /{} HTTP/1.1\", host: \"h\"\n",
        encoded(path)
    );
    (record.len() <= 2048).then_some(record)
}

fuzz_target!(|input: (bool, &str, &str)| {
    let (is_error, first, second) = input;
    let mut text = String::new();
    if is_error {
        for path in ["x", &spelled(first), "x", &spelled(second)] {
            text.push_str(&record(path).unwrap_or_default());
        }
    } else {
        let access = " - - [31/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"\n";
        for header in ["192.0.2.1", &spelled(first), "192.0.2.1", &spelled(second)] {
            // Apache's escapes; a header that is an address alone is what such a format takes for the client.
            let header = header.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            if header == "192.0.2.1" || ["sshd", "fail2ban"].iter().any(|word| header.starts_with("Jan 31") && header.contains(word)) {
                let _ = write!(text, "{header}{access}");
            }
        }
    }
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return };
    if file.write_all(text.as_bytes()).is_err() {
        return;
    }
    let framed = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let told = Arc::clone(&framed);
    let innocent: IpAddr = [8, 8, 8, 8].into();
    let _ = gather(&Options {
        paths: vec![file.path().to_owned()],
        journal: false,
        input: Input::Auto,
        timezone: jiff::tz::TimeZone::UTC,
        show_timezone: jiff::tz::TimeZone::UTC,
        year: Some(2026),
        since: None,
        until: None,
        threads: 1,
        activity: true,
        facets: true,
        events: EventsWish::Of(Arc::new(move |ip| {
            told.fetch_or(ip == innocent, std::sync::atomic::Ordering::Relaxed);
            false
        })),
        temporary: std::env::temp_dir(),
        now: 1_780_000_000_000_000,
        hide_users: false,
        harmless: None,
        progress: &|_| {},
    });
    assert!(!framed.load(std::sync::atomic::Ordering::Relaxed), "8.8.8.8 is framed by {text:?}");
});

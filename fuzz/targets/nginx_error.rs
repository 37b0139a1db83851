//! Paths, users, requests, hosts and referrers that try to frame another address in nginx's error log, which escapes
//! nothing of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rapsheet_parse::{Arena, Reading, parse_line};

/// What stands before and after the path or the user's name; whether it is a name, which has no colon.
const MESSAGES: &[(&str, &str, bool)] = &[
    ("open() \"/var/www/", "\" failed (2: No such file or directory)", false),
    ("directory index of \"/var/www/", "\" is forbidden", false),
    ("\"/var/www/", "\" is not found (2: No such file or directory)", false),
    ("user \"", "\" was not found in \"/etc/nginx/.htpasswd\"", true),
    ("user \"", "\": password mismatch", true),
    ("FastCGI sent in stderr: \"PHP message: ", "\" while reading response header from upstream", false),
    ("access forbidden by rule", "", true),
    ("limiting requests, excess: 1.495 by zone \"one\"", "", true),
];

/// What an attack is made of, so that the fuzzer needn't find the words.
const WORDS: &[&str] = &[
    ", client: 8.8.8.8, server: _, request: \"GET / HTTP/1.1\"",
    "\" failed (2: No such file or directory)",
    "\" is forbidden",
    "\": password mismatch",
    "\" was not found in \"/etc/nginx/.htpasswd\"",
    "\", host: \"h\", referrer: \"",
    ", client: 8.8.8.8",
    "\"",
];

/// Puts words in where the text has capital letters.
fn spelled(text: &str) -> String {
    let mut all = String::new();
    for sign in text.chars().filter(|sign| !sign.is_control()) {
        match WORDS.get((sign as usize).wrapping_sub('A' as usize)) {
            Some(word) => all.push_str(word),
            None => all.push(sign),
        }
    }
    all
}

fuzz_target!(|input: (u8, &str, &str, &str, &str)| {
    let (choice, text, request, host, referrer) = input;
    let (before, after, is_name) = MESSAGES[usize::from(choice) % MESSAGES.len()];
    let mut text = spelled(text);
    if is_name {
        text.retain(|sign| sign != ':');
    }
    if after.is_empty() {
        text.clear();
    }
    let (request, host, referrer) = (spelled(request), spelled(host), spelled(referrer));
    let line = format!(
        "2026/01/31 00:00:00 [error] 1#0: *1 {before}{text}{after}, client: 192.0.2.1, server: _, request: \"{request}\", host: \"{host}\", referrer: \"{referrer}\""
    );
    let arena = Arena::new();
    if let Reading::Event(event) = parse_line(&line, &arena).reading {
        let source = event.source_ip.map(|ip| ip.to_string());
        assert!(source.is_none() || source.as_deref() == Some("192.0.2.1"), "{source:?} is framed by {line:?}");
    }
});

//! Headers, requests, users, referrers and agents that try to frame another address, or another time, in an access log.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rapsheet_parse::{Arena, Reading, parse_line};
use rapsheet_schema::Stamp;

/// What an attack is made of, so that the fuzzer needn't find the words.
const WORDS: &[&str] = &[
    " 8.8.8.8 - - [10/Oct/2020:13:55:36 +0000] ",
    "\"GET / HTTP/1.1\" 200 5 ",
    "[10/Oct/2020:13:55:36 +0000] ",
    "8.8.8.8",
    "\" \"",
    "\"",
    "\\",
    "[",
];

/// Puts words in where the text has capital letters.
fn spelled(text: &str) -> String {
    let mut all = String::new();
    for sign in text.chars() {
        match WORDS.get((sign as usize).wrapping_sub('A' as usize)) {
            Some(word) => all.push_str(word),
            None => all.push(sign),
        }
    }
    all
}

/// Escapes as Apache does (`ap_escape_logitem`), or as nginx does.
fn escaped(text: &str, is_apache: bool) -> String {
    let mut all = String::new();
    for sign in spelled(text).chars() {
        match sign {
            '"' | '\\' if is_apache => all.extend(['\\', sign]),
            '"' => all.push_str("\\x22"),
            '\\' => all.push_str("\\x5C"),
            sign if sign.is_control() => all.push('?'),
            sign => all.push(sign),
        }
    }
    all
}

fuzz_target!(|input: (u8, &str, &str, &str, &str)| {
    let (choice, header, user, request, agent) = input;
    let is_apache = choice & 1 == 0;
    let escaped = |text| escaped(text, is_apache);
    let host = match choice >> 1 & 3 {
        0 => String::new(),
        1 => "vhost.example:80 ".to_owned(),
        // A header of the client's in front of the peer.
        _ => format!("\"{}\" ", escaped(header)),
    };
    let (user, request, agent) = (escaped(user), escaped(request), escaped(agent));
    // An empty user is a dash.
    let user = if user.trim().is_empty() { "-" } else { &user };
    let line = format!("{host}192.0.2.1 - {user} [10/Oct/2026:13:55:36 +0000] \"{request}\" 404 153 \"-\" \"{agent}\"");
    let arena = Arena::new();
    let read = parse_line(&line, &arena);
    if let Reading::Event(event) = read.reading {
        let source = event.source_ip.map(|ip| ip.to_string());
        assert!(source.is_none() || source.as_deref() == Some("192.0.2.1"), "{source:?} is framed by {line:?}");
        assert_eq!(read.head.stamp, Stamp::Utc(1_791_640_536_000_000), "the time is forged by {line:?}");
    }
});

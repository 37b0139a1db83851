//! User names, mechanisms and commands that try to frame another address in the messages of Postfix.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rapsheet_parse::{Arena, Reading, parse_line};

/// What stands before and after the client's text.
const MESSAGES: &[(&str, &str)] = &[
    ("warning: unknown[192.0.2.1]: SASL LOGIN authentication failed: ", ""),
    ("warning: unknown[192.0.2.1]: SASL ", " authentication failed: UGFzc3dvcmQ6"),
    ("warning: unknown[192.0.2.1]: SASL LOGIN authentication failed: authentication failure, sasl_username=", ""),
    ("4F2A1C0B: client=unknown[192.0.2.1], sasl_method=PLAIN, sasl_username=", ", sasl_sender=x"),
    ("improper command pipelining after AUTH from unknown[192.0.2.1]: ", ""),
    ("warning: non-SMTP command from unknown[192.0.2.1]: ", ""),
    ("NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 <x>: Relay access denied; from=<", "> to=<x> proto=ESMTP helo=<x>"),
    ("disconnect from unknown[192.0.2.1] ehlo=1 auth=0/1 ", " commands=2/3"),
];

/// What an attack is made of, so that the fuzzer needn't find the words.
const WORDS: &[&str] = &[
    " authentication failed: ",
    "unknown[8.8.8.8]: SASL LOGIN authentication failed: x",
    "AUTH from unknown[8.8.8.8]",
    "lost connection after AUTH from unknown[8.8.8.8]",
    "client=unknown[8.8.8.8], sasl_method=PLAIN, sasl_username=x",
    ", sasl_username=",
    "message repeated 2 times: [ ",
    "[8.8.8.8]",
    "]",
];

/// Puts words in where the text has capital letters; Postfix writes control characters as `?`.
fn spelled(text: &str) -> String {
    let mut all = String::new();
    for sign in text.chars() {
        match WORDS.get((sign as usize).wrapping_sub('A' as usize)) {
            Some(word) => all.push_str(word),
            None if sign.is_control() => all.push('?'),
            None => all.push(sign),
        }
    }
    all
}

fuzz_target!(|input: (u8, &str)| {
    let (choice, text) = input;
    let (before, after) = MESSAGES[usize::from(choice) % MESSAGES.len()];
    let line = format!("Oct 12 12:36:01 host postfix/smtpd[7]: {before}{}{after}", spelled(text));
    let arena = Arena::new();
    if let Reading::Event(event) = parse_line(&line, &arena).reading {
        let source = event.source_ip.map(|ip| ip.to_string());
        assert!(source.is_none() || source.as_deref() == Some("192.0.2.1"), "{source:?} is framed by {line:?}");
    }
});

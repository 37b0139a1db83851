//! Records of nginx's error log that span lines.
//!
//! nginx writes line breaks as they are (`src/core/ngx_log.c`): those of a PHP message, and those of a path, where `%0a`
//! stands for one. So a client can write whole lines into the log, which look like records of their own. One record is
//! one write, and the context that nginx adds stands at its end.
//!
//! ```text
//! 2025/10/10 13:55:36 [error] 12#12: *3 open() "/srv/x
//! 2025/10/10 13:55:36 [error] 12#12: *3 access forbidden by rule, client: 198.51.100.1, server: x
//! " failed (2: No such file or directory), client: 192.0.2.7, server: x, request: "GET /x%0a2025/… HTTP/1.1", host: "x"
//! ```
//!
//! # Not supported
//!
//! A record that nginx cut before its context.

use crate::format::web_client::address_and_port;

/// The longest record that nginx writes, with its line break.
pub const LONGEST: usize = 2048;

/// Tells whether a line begins a record: `2025/10/10 13:55:36 [`.
#[must_use]
pub fn begins(line: &str) -> bool {
    let bytes = line.as_bytes();
    bytes.get(4) == Some(&b'/')
        && bytes.get(20) == Some(&b'[')
        && bytes[..20]
            .iter()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'/' | b':' | b' '))
}

/// Tells whether a line holds the context that nginx adds at a record's end; and at how many places its request, which
/// nginx writes as the client sent it, may have broken the record into lines (`None` where the end is cut off).
#[must_use]
pub fn adds_context(line: &str) -> Option<Option<usize>> {
    let at = memchr::memmem::find(line.as_bytes(), b", client: ")?;
    let (client, _) = line[at + 10..].split_once(", server: ")?;
    if client != "unix:" {
        address_and_port(client)?;
    }
    let is_break = |at: &usize| {
        let digits = line.as_bytes().get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.eq_ignore_ascii_case(b"0a"))
    };
    let breaks = memchr::memchr_iter(b'%', line.as_bytes())
        .filter(is_break)
        .count();
    Some(line.ends_with('"').then_some(breaks))
}

/// Tells a line of PHP's that begins the list of calls, which lines of `#0 …` follow.
pub(crate) fn is_filler(line: &str) -> bool {
    line == "Stack trace:"
}

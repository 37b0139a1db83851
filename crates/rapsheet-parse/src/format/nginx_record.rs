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

/// Returns how many bytes of the log a line is, with its line break. A byte that is no UTF-8 has become a sign of three.
#[must_use]
pub fn bytes_of(line: &str) -> usize {
    line.len() + 1 - 2 * line.matches('\u{fffd}').count()
}

/// The last line of a record that may have others above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The request, which nginx writes as the client sent it, has so many line breaks; a path in the record has no more.
    Whole(usize),
    /// nginx cut the record here: it has its greatest length.
    Cut,
}

/// Reads the last line of a record of several lines: the context stands there.
///
/// A line that begins a record is one too where its request has line breaks and the path before it none, for then the
/// client wrote its beginning.
#[must_use]
pub fn end_of(line: &str) -> Option<End> {
    let first = memchr::memmem::find(line.as_bytes(), MARK)?;
    let begins = begins(line);
    let is_whole = line.ends_with('"');
    let breaks = if is_whole {
        breaks_of(&line[first..])
    } else {
        0
    };
    if begins && (is_whole && breaks == 0 || !is_whole && bytes_of(line) + 1 >= LONGEST) {
        return None;
    }
    let last = memchr::memmem::rfind(line.as_bytes(), MARK)?;
    let (client, context) = line[last + MARK.len()..].split_once(", server: ")?;
    if client != "unix:" {
        address_and_port(client)?;
    }
    if begins && !context.contains(", request: \"") {
        return None;
    }
    if begins && is_whole {
        // `open() "PATH" failed (…)`, `directory index of "PATH" is forbidden`
        let (_, behind) = line[..last].rsplit_once('"')?;
        if !behind.starts_with(" failed (") && !behind.starts_with(" is ") {
            return None;
        }
    }
    Some(if is_whole {
        End::Whole(breaks)
    } else {
        End::Cut
    })
}

const MARK: &[u8] = b", client: ";

/// Counts `%0a`.
fn breaks_of(text: &str) -> usize {
    memchr::memchr_iter(b'%', text.as_bytes())
        .filter(|at| {
            let digits = text.as_bytes().get(at + 1..at + 3);
            digits.is_some_and(|digits| digits.eq_ignore_ascii_case(b"0a"))
        })
        .count()
}

/// Tells a line of PHP's that begins the list of calls, which lines of `#0 …` follow.
pub(crate) fn is_filler(line: &str) -> bool {
    line == "Stack trace:"
}

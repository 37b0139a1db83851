//! One web request inside of a log line: its first line taken apart, quoting undone, and what makes it suspicious.
//!
//! Shared by the access, JSON and error formats, so that one request means the same wherever it was logged.

use rapsheet_schema::{Event, Http, Outcome, Reason, Teller};

use crate::format::request_rules::{self, Request, hex};
use crate::line::Arena;

/// The first line of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct RequestLine<'a> {
    pub(crate) method: Option<&'a str>,
    pub(crate) target: Option<&'a str>,
    /// Bytes came, but no HTTP.
    pub(crate) not_http: bool,
    /// Nothing came, or the server had nothing to write down.
    pub(crate) empty: bool,
}

/// Reads a request as it stands in quotes. Where it is HTTP its quoting is undone; other bytes stay as the log has
/// them, for what they would spell is chance.
pub(crate) fn quoted_request_line<'a>(quoted: &'a str, arena: &'a Arena) -> RequestLine<'a> {
    let line = request_line(quoted);
    RequestLine {
        target: line
            .target
            .filter(|_| line.not_http)
            .or_else(|| line.target.map(|target| unquote(target, arena))),
        ..line
    }
}

/// Takes `GET /path HTTP/1.1` apart. What isn't a request is kept whole as its target.
pub(crate) fn request_line(text: &str) -> RequestLine<'_> {
    if text.is_empty() || text == "-" {
        return RequestLine {
            empty: true,
            ..RequestLine::default()
        };
    }
    let not_http = RequestLine {
        target: Some(text),
        not_http: true,
        ..RequestLine::default()
    };
    let Some(space) = memchr::memchr(b' ', text.as_bytes()) else {
        return not_http;
    };
    let (method, rest) = (&text[..space], text[space + 1..].trim_start_matches(' '));
    if !is_method(method) {
        return not_http;
    }
    let target = match memchr::memrchr(b' ', rest.as_bytes()) {
        Some(last) if is_version(&rest[last + 1..]) => rest[..last].trim_end_matches(' '),
        // HTTP/0.9, a cut line, or a target with a raw space.
        _ if is_target(rest) => rest,
        _ => return not_http,
    };
    RequestLine {
        method: Some(method),
        target: Some(target),
        not_http: false,
        empty: false,
    }
}

fn is_method(word: &str) -> bool {
    (2..=24).contains(&word.len())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'-' || byte == b'_')
}

fn is_version(word: &str) -> bool {
    word.get(..5)
        .is_some_and(|head| head.eq_ignore_ascii_case("HTTP/"))
}

fn is_target(text: &str) -> bool {
    text.starts_with('/')
        || text == "*"
        || text.starts_with("http://")
        || text.starts_with("https://")
}

/// Undoes a log's quoting: `\"`, `\\` and `\xHH`. Control characters and bytes that aren't UTF-8 stay escaped as the log
/// has them, so that a field is always text.
pub(crate) fn unquote<'a>(text: &'a str, arena: &'a Arena) -> &'a str {
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return text;
    }
    let bytes = text.as_bytes();
    let mut out = bumpalo::collections::String::with_capacity_in(text.len(), arena);
    let mut index = 0;
    while index < bytes.len() {
        let next = memchr::memchr(b'\\', &bytes[index..]).map_or(bytes.len(), |at| index + at);
        out.push_str(&text[index..next]);
        if next == bytes.len() {
            break;
        }
        match bytes.get(next + 1) {
            Some(&byte @ (b'"' | b'\\')) => {
                out.push(char::from(byte));
                index = next + 2;
            }
            Some(b'x') => index = push_escaped(text, next, &mut out),
            _ => {
                out.push('\\');
                index = next + 1;
            }
        }
    }
    out.into_bump_str()
}

/// Writes the character that `\xHH…` at `at` stands for, or the escape itself; returns where to go on.
fn push_escaped(text: &str, at: usize, out: &mut bumpalo::collections::String<'_>) -> usize {
    let bytes = text.as_bytes();
    let escaped = |at: usize| match bytes.get(at..at + 4)? {
        [b'\\', b'x', high, low] => Some(hex(*high)? << 4 | hex(*low)?),
        _ => None,
    };
    let Some(first) = escaped(at) else {
        out.push('\\');
        return at + 1;
    };
    let len = match first {
        0x20..=0x7e => {
            out.push(char::from(first));
            return at + 4;
        }
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let mut raw = [0_u8; 4];
    for (index, slot) in raw.iter_mut().enumerate().take(len) {
        *slot = escaped(at + index * 4).unwrap_or(0);
    }
    match std::str::from_utf8(&raw[..len]) {
        Ok(decoded) if len > 1 && !decoded.chars().any(char::is_control) => {
            out.push_str(decoded);
            at + len * 4
        }
        _ => {
            out.push_str(&text[at..at + 4]);
            at + 4
        }
    }
}

/// Returns a field, or nothing for the dash and the empty text that logs write for nothing.
pub(crate) fn present(text: &str) -> Option<&str> {
    (!text.is_empty() && text != "-").then_some(text)
}

/// Returns how a request ended by its status.
pub(crate) const fn outcome_of(status: Option<u16>) -> Outcome {
    match status {
        Some(100..400) => Outcome::Success,
        Some(400..) => Outcome::Failure,
        _ => Outcome::Unknown,
    }
}

/// Says why a request is suspicious.
///
/// A 401 is a failure only with a user name: without one it is the server's first challenge. 429 is the server's own
/// word that it was too much. `"-" 408` is a connection that was opened and never used, which browsers do.
pub(crate) fn reason_of(
    line: &RequestLine<'_>,
    http: &Http<'_>,
    user: Option<&str>,
) -> Option<Reason> {
    let status = http.http_response_status_code;
    if matches!(status, Some(401 | 407)) && user.is_some() {
        return Some(Reason::HttpAuthFailure);
    }
    if line.empty && status == Some(400) {
        return Some(Reason::ProbeNonHttp);
    }
    let reason = request_rules::classify(&Request {
        method: line.method,
        target: line.target,
        not_http: line.not_http,
        status,
        agent: http.user_agent_original,
        referrer: http.http_referrer,
    });
    reason.or_else(|| (status == Some(429)).then_some(Reason::HttpRateLimit))
}

/// Marks an event as suspicious where its request is.
pub(crate) fn judge<'a>(event: Event<'a>, line: &RequestLine<'_>) -> Event<'a> {
    let http = event.http.copied().unwrap_or_default();
    match reason_of(line, &http, event.user_name) {
        Some(reason) => event.suspect(reason, 1, Teller::Sole),
        None => event,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_lines() {
        let split = |text| {
            let line = request_line(text);
            (line.method, line.target, line.not_http, line.empty)
        };
        assert_eq!(
            split("GET /a b HTTP/1.1"),
            (Some("GET"), Some("/a b"), false, false)
        );
        assert_eq!(split("GET /"), (Some("GET"), Some("/"), false, false));
        assert_eq!(
            split("OPTIONS * HTTP/1.0"),
            (Some("OPTIONS"), Some("*"), false, false)
        );
        assert_eq!(split("-"), (None, None, false, true));
        assert_eq!(split(""), (None, None, false, true));
        assert_eq!(
            split("\\x16\\x03\\x01"),
            (None, Some("\\x16\\x03\\x01"), true, false)
        );
        assert_eq!(split("SSH-2.0-Go"), (None, Some("SSH-2.0-Go"), true, false));
        assert_eq!(
            split("MGLNDD_192.0.2.1_443\\n"),
            (None, Some("MGLNDD_192.0.2.1_443\\n"), true, false)
        );
        assert_eq!(
            split("hello there"),
            (None, Some("hello there"), true, false)
        );
    }

    #[test]
    fn quoting_is_undone() {
        let arena = Arena::new();
        for (quoted, plain) in [
            ("plain", "plain"),
            (r#"a\"b\\c"#, r#"a"b\c"#),
            (r"\x22\xD9\x85\x5c", "\"\u{645}\\"),
            (r"\x16\x03\x01", r"\x16\x03\x01"),
            (r"Gh0st\xad\x00", r"Gh0st\xad\x00"),
            (r"\xC2\x9b", r"\xC2\x9b"),
            (r"end\", r"end\"),
            (r"\x", r"\x"),
            (r"\xd9", r"\xd9"),
            (r"\xd9é", r"\xd9é"),
        ] {
            assert_eq!(unquote(quoted, &arena), plain);
        }
    }
}

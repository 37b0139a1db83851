//! What grep puts before the lines that it prints from several files, or with their numbers.
//!
//! Source: <https://www.gnu.org/software/grep/manual/grep.html>, *Output Line Prefix Control*; zgrep prints the same.
//!
//! `/var/log/auth.log.1:123:Oct 12 12:36:01 host sshd[1]: Invalid user x from 192.0.2.1 port 2`
//!
//! A prefix is only believed where the line doesn't begin like a log line itself and what follows it does.
//!
//! # Not supported
//!
//! Paths with blanks; `-Z`; `-b`; coloured output.

use rapsheet_schema::{Scope, parse_address, scope_of};

use crate::text::{clock, digits, month_of};

/// The longest path that is looked at.
const LONGEST_PATH: usize = 4096;
/// How many separators a path may hold: at each of them the rest of the line is looked at.
const MOST_SEPARATORS: usize = 32;

/// Takes grep's prefix off: the path (empty where grep printed only a number) and the line of the log.
pub(crate) fn strip_grep_prefix(line: &str) -> Option<(&str, &str)> {
    let bytes = line.as_bytes();
    // Without a separator before the first blank there is no prefix.
    let mut end = bytes.len().min(LONGEST_PATH);
    if let Some(blank) = bytes[..end].iter().position(|b| *b <= b' ' || *b == 0x7f) {
        end = blank;
    }
    if !bytes[..end].iter().any(|b| matches!(b, b':' | b'-'))
        || (begins_a_log_line(line) && !begins_nowhere(line))
    {
        return None;
    }
    // `:` first: names of rotated logs hold hyphens, which stand before lines of context.
    prefix_before(line, end, b':').or_else(|| prefix_before(line, end, b'-'))
}

/// Takes the prefix off a line of a file that is known: `PATH:`, `PATH:123:`, with hyphens for lines of context; `123:` where the
/// path is empty.
pub(crate) fn strip_path<'a>(line: &'a str, path: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(path)?;
    if path.is_empty() {
        return after_number(rest, b':').or_else(|| after_number(rest, b'-'));
    }
    let separator = *rest
        .as_bytes()
        .first()
        .filter(|byte| b":-".contains(byte))?;
    let rest = &rest[1..];
    Some(after_number(rest, separator).unwrap_or(rest))
}

/// Tries every place before `end` where this separator stands.
fn prefix_before(line: &str, end: usize, separator: u8) -> Option<(&str, &str)> {
    for (at, _) in line.as_bytes()[..end]
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == separator)
        .take(MOST_SEPARATORS)
    {
        let (path, rest) = (&line[..at], &line[at + 1..]);
        if !is_path(path) {
            // `123:Oct 12 …`, from `grep -n` on one file.
            if digits::<u64>(path.as_bytes()).is_some() && begins_a_log_line(rest) {
                return Some(("", rest));
            }
            continue;
        }
        if begins_a_log_line(rest) && !begins_nowhere(rest) {
            return Some((path, rest));
        }
        if let Some(behind) = after_number(rest, separator)
            && begins_a_log_line(behind)
        {
            return Some((path, behind));
        }
    }
    None
}

/// Tells whether a line is grep's own: `--` between groups of context, or a word about a binary file.
pub(crate) fn is_filler(line: &str) -> bool {
    line == "--"
        || ((line.starts_with("Binary file ") || line.starts_with("grep: "))
            && line.len() <= LONGEST_PATH
            && (line.ends_with(" matches") || line.ends_with(" binary file matches")))
}

/// Tells whether the first word is an address that is nobody's: `12:2001:db8::1` is line 12, not an address.
fn begins_nowhere(line: &str) -> bool {
    let client = line.split(' ').next().unwrap_or(line);
    parse_address(client).is_some_and(|ip| scope_of(ip) == Scope::Reserved)
}

/// Reads `123:` (or `123-` for context).
fn after_number(text: &str, separator: u8) -> Option<&str> {
    let count = text.bytes().take(20).take_while(u8::is_ascii_digit).count();
    (count > 0 && text.as_bytes().get(count) == Some(&separator)).then(|| &text[count + 1..])
}

/// Tells whether text can be the path of a log: no quotes and brackets, not only digits.
fn is_path(text: &str) -> bool {
    !text.is_empty()
        && text == text.trim_matches(['-', ':'])
        && text.bytes().any(|b| b.is_ascii_alphabetic())
        && !text.bytes().any(|b| b"\"'[]{}<>|()=;,*?".contains(&b))
}

/// Tells, from its first bytes alone, whether a line begins as a log's does.
fn begins_a_log_line(line: &str) -> bool {
    let bytes = line.as_bytes();
    let Some(&first) = bytes.first() else {
        return false;
    };
    match first {
        // Syslog's priority, Apache's error log, a JSON object.
        b'<' => bytes[1..]
            .iter()
            .take(4)
            .position(|b| *b == b'>')
            .is_some_and(|n| n > 0),
        b'[' => month_of(bytes.get(5..8).unwrap_or_default()).is_some(),
        b'{' => matches!(bytes.get(1), Some(b'"' | b' ')),
        b'0'..=b'9' if begins_with_date(bytes) => true,
        _ if begins_with_month(bytes) => true,
        _ => begins_a_request(line),
    }
}

/// `2018-12-16 06:33:23`, `2018-12-16T06:33:23`, `2018/12/16 06:33:23`, `1544942003.594`.
fn begins_with_date(bytes: &[u8]) -> bool {
    let number = |from: usize, to: usize| {
        bytes
            .get(from..to)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    if number(0, 10) && bytes.get(10) == Some(&b'.') && number(11, 14) {
        return true;
    }
    number(0, 4)
        && number(5, 7)
        && number(8, 10)
        && matches!(bytes.get(4), Some(b'-' | b'/'))
        && bytes.get(4) == bytes.get(7)
        && matches!(bytes.get(10), Some(b' ' | b'T'))
        && bytes.get(11..).and_then(clock).is_some()
}

/// `Oct 12 12:36:01`, `Oct  2 12:36:01`, and with a weekday before it or a year behind the day.
fn begins_with_month(bytes: &[u8]) -> bool {
    let bytes = match bytes.get(..4) {
        Some([.., b' ']) if month_of(&bytes[..3]).is_none() => &bytes[4..],
        _ => bytes,
    };
    if bytes.len() < 15 {
        return false;
    }
    if bytes[0].is_ascii_digit() {
        return begins_with_date(bytes);
    }
    month_of(&bytes[..3]).is_some()
        && bytes[3] == b' '
        && (clock(&bytes[7..]).is_some()
            || clock(&bytes[6..]).is_some()
            || bytes.get(12..).and_then(clock).is_some())
}

/// `192.0.2.1 - - [10/Oct/2025:13:55:36 …`: an address or a host's name, two fields, a date in brackets.
fn begins_a_request(line: &str) -> bool {
    let mut end = line.len().min(512);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    let start = &line[..end];
    let Some((client, rest)) = start.split_once(' ') else {
        return false;
    };
    let client_fits = !client.is_empty()
        && client.len() <= 255
        && client
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'-' | b'_'));
    // A client or host with letters may be a path and grep's separator: only an address is told apart from it.
    let is_address = parse_address(client).is_some();
    client_fits && is_address && {
        rest.match_indices(" [").take(4).any(|(at, _)| {
            let date = &rest.as_bytes()[at + 2..];
            date.len() > 11 && date[2] == b'/' && date[6] == b'/' && month_of(&date[3..6]).is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_taken_off() {
        for (prefix, path) in [
            ("/var/log/fail2ban.log:", "/var/log/fail2ban.log"),
            ("/var/log/auth.log-1:", "/var/log/auth.log-1"),
            (
                "/var/log/auth.log-20181216.gz:",
                "/var/log/auth.log-20181216.gz",
            ),
            ("auth.log:123:", "auth.log"),
            ("auth.log-124-", "auth.log"),
            ("auth.log-20181216-", "auth.log-20181216"),
            ("auth.log-", "auth.log"),
            ("123:", ""),
            ("(standard input):", ""),
        ] {
            for rest in [
                "2018-12-16 06:33:23,594 fail2ban.actions [1]: NOTICE [sshd] Ban 192.0.2.1",
                "Oct  2 12:36:01 host sshd[1]: Invalid user x from 192.0.2.1",
                "<38>Oct 12 12:36:01 host sshd[1]: x",
                "2018-12-16T06:33:23+00:00 host sshd[1]: x",
                "2018/12/16 06:33:23 [error] 1#1: *1 x",
                "[Sat Jun 01 02:17:42 2013] [error] x",
                "192.0.2.1 - - [10/Oct/2025:13:55:36 +0000] \"GET / HTTP/1.1\" 200 1",
                "2001:db8::1 - bob [10/Oct/2025:13:55:36 +0000] \"GET / HTTP/1.1\" 200 1",
                "{\"log\":\"x\"}",
                "1413117361.123456 host sshd[1]: x",
                "Sun 2014-10-12 12:36:01 UTC host sshd[1]: x",
            ] {
                let line = format!("{prefix}{rest}");
                let expected = (!prefix.starts_with('(')).then_some((path, rest));
                // `auth.log-20181216-…` and `auth.log-124-…` look the same: a number is a line's number.
                let got = strip_grep_prefix(&line);
                if prefix == "auth.log-20181216-" {
                    assert_eq!(got.map(|(_, rest)| rest), Some(rest), "{line}");
                } else {
                    assert_eq!(got, expected, "{line}");
                }
            }
        }
    }

    #[test]
    fn a_log_line_stays_whole() {
        for line in [
            "Oct 12 12:36:01 host sshd[1]: Invalid user x:Oct 12 12:36:01 host sshd[1]: Failed from 203.0.113.9",
            "2001:db8::1 - - [10/Oct/2025:13:55:36 +0000] \"GET /a.log:Oct 12 12:36:01 HTTP/1.1\" 200 1",
            "2018-12-16 06:33:23,594 fail2ban.actions [1]: NOTICE [sshd] Ban 192.0.2.1",
            "user a.log:Oct 12 12:36:01 host sshd[1]: x",
            "a\"b.log:Oct 12 12:36:01 host sshd[1]: x",
            "auth.log:hello",
            "auth.log:",
            ":",
            "é:é",
            "",
        ] {
            assert_eq!(strip_grep_prefix(line), None, "{line}");
        }
        assert!(is_filler("--"));
        assert!(is_filler("Binary file /var/log/auth.log matches"));
        assert!(is_filler("grep: /var/log/auth.log: binary file matches"));
        assert!(!is_filler("---"));
    }

    #[test]
    fn a_long_line_of_separators_is_no_trouble() {
        assert_eq!(strip_grep_prefix(&"a:-1:".repeat(1_000_000)), None);
        assert_eq!(strip_grep_prefix(&"é".repeat(3_000)), None);
    }
}

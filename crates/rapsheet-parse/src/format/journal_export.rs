//! The journal's export format: `journalctl -o export`.
//!
//! <https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-export-format>. A record is a run of fields, closed by an empty
//! line. A field is `NAME=value` on a line, or, where the value may hold anything, `NAME` on a line, the value's length
//! as 64 bits in little-endian order, the value, and a line break. So lines don't bound records: a reader asks
//! [`next_record`] for the extent of each.
//!
//! ```text
//! __REALTIME_TIMESTAMP=1413117361000137
//! SYSLOG_IDENTIFIER=sshd
//! MESSAGE=refused connect from 192.0.2.7 (192.0.2.7)
//! ```
//!
//! # Not supported
//!
//! Records over 16 MiB: they are cut there.

use super::journal_json::{Field, Record};
use crate::line::{self, Arena, Head, Line, Reading, Understood};
use crate::text::escaped;

/// No record is longer than this. A longer one is no record, or holds a memory dump.
pub const MAX_RECORD_BYTES: usize = 16 << 20;

/// How far the first record in a buffer reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordExtent {
    /// Bytes, with the empty line that closes the record.
    pub len: usize,
    /// Line breaks in them, and one for a last line without.
    pub lines: usize,
}

/// Tells an export from other texts by how it begins.
#[must_use]
pub fn looks_like(head: &[u8]) -> bool {
    const FIRST: [&[u8]; 4] = [
        b"__CURSOR=",
        b"__REALTIME_TIMESTAMP=",
        b"__MONOTONIC_TIMESTAMP=",
        b"__SEQNUM=",
    ];
    let start = head.iter().take_while(|byte| **byte == b'\n').count();
    FIRST.iter().any(|first| head[start..].starts_with(first))
}

/// Finds the extent of the first record. `None` means that the record may go on behind the buffer's end (never with
/// `at_end`, unless the buffer is empty). Garbage counts as a record of its own, so that every byte is in one.
#[must_use]
pub fn next_record(bytes: &[u8], at_end: bool) -> Option<RecordExtent> {
    let (mut at, mut started) = (0, false);
    let len = loop {
        match next_field(&bytes[at..]) {
            Step::Blank(used) if started => break at + used,
            Step::Blank(used) => at += used,
            Step::Field { used, .. } => (at, started) = (at + used, true),
            Step::Short { wanted } => {
                if at_end || at.saturating_add(wanted) > MAX_RECORD_BYTES {
                    break cut(bytes, at);
                }
                return None;
            }
        }
        if at > MAX_RECORD_BYTES {
            break at;
        }
    };
    let newlines = memchr::memchr_iter(b'\n', &bytes[..len]).count();
    let unterminated = usize::from(len > 0 && bytes[len - 1] != b'\n');
    (len > 0).then_some(RecordExtent {
        len,
        lines: newlines + unterminated,
    })
}

/// Where to end a record whose next field isn't whole and won't be: its first line ends the record, and what follows is
/// looked at anew, so that one broken field doesn't take all others with it.
fn cut(bytes: &[u8], at: usize) -> usize {
    match memchr::memchr(b'\n', &bytes[at..]) {
        Some(newline) => at + newline + 1,
        None => bytes.len(),
    }
}

enum Step<'a> {
    /// An empty line.
    Blank(usize),
    /// A field, its value, and the bytes that it takes up.
    Field {
        name: &'a [u8],
        value: &'a [u8],
        used: usize,
    },
    /// The buffer ends before the field does, which has this many bytes at least.
    Short { wanted: usize },
}

fn next_field(bytes: &[u8]) -> Step<'_> {
    let Some(newline) = memchr::memchr(b'\n', bytes) else {
        return Step::Short {
            wanted: bytes.len() + 1,
        };
    };
    let line = &bytes[..newline];
    let after = newline + 1;
    if line.is_empty() || line == b"\r" {
        return Step::Blank(after);
    }
    if let Some(equals) = memchr::memchr(b'=', line) {
        return Step::Field {
            name: &line[..equals],
            value: &line[equals + 1..],
            used: after,
        };
    }
    let is_name = line.len() <= 64
        && line
            .iter()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_');
    if !is_name {
        // Garbage is taken as a field without a name.
        return Step::Field {
            name: b"",
            value: line,
            used: after,
        };
    }
    let Some(length) = bytes.get(after..after + 8) else {
        return Step::Short { wanted: after + 8 };
    };
    let mut number = [0; 8];
    number.copy_from_slice(length);
    let length = usize::try_from(u64::from_le_bytes(number)).unwrap_or(usize::MAX);
    let wanted = length.saturating_add(after + 9);
    match bytes.get(after + 8..wanted) {
        Some(value) => Step::Field {
            name: line,
            value: &value[..length],
            used: wanted,
        },
        None => Step::Short { wanted },
    }
}

/// Takes a record apart; `None` where it has neither a time nor a program, or a field of it is broken.
#[must_use]
pub fn parse_record<'a>(record: &'a [u8], arena: &'a Arena) -> Option<(Head<'a>, &'a str)> {
    let mut found = Record::default();
    let mut at = 0;
    loop {
        match next_field(&record[at..]) {
            Step::Blank(used) => at += used,
            Step::Field { name: b"", .. } => return None,
            Step::Field { name, value, used } => {
                if let Some(field) = Field::named(name) {
                    found.set(field, Some(text(value, arena)));
                }
                at += used;
            }
            Step::Short { .. } => break,
        }
    }
    let rest = &record[at..];
    if !rest.is_empty() {
        // A last line without its break is still a field, but a value that is shorter than it claims is none.
        let equals = memchr::memchr(b'=', rest)?;
        if memchr::memchr(b'\n', rest).is_some() {
            return None;
        }
        if let Some(field) = Field::named(&rest[..equals]) {
            found.set(field, Some(text(&rest[equals + 1..], arena)));
        }
    }
    found.finish()
}

/// Reads a record as one line is read: takes it apart and hands the message to the program's format.
#[must_use]
pub fn parse<'a>(record: &'a [u8], arena: &'a Arena) -> Line<'a> {
    match parse_record(record, arena) {
        Some((head, message)) => line::parse_message(head, message, arena),
        None => {
            let blank = record.iter().all(u8::is_ascii_whitespace);
            Line {
                head: Head::default(),
                reading: if blank {
                    Reading::Understood(Understood::Filler)
                } else {
                    Reading::Unknown
                },
                message: text(record, arena),
            }
        }
    }
}

fn text<'a>(value: &'a [u8], arena: &'a Arena) -> &'a str {
    match std::str::from_utf8(value) {
        Ok(text) => text,
        Err(_) => arena.alloc_str(&escaped(value.to_vec())),
    }
}

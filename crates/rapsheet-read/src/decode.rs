//! Bytes of a piece of work to items: lines, records of the journal's export, what `fail2ban-client` prints, rows of its
//! database.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::fail2ban_database;
use crate::fault::Fault;
use crate::item::{ChunkNotes, Item, unborrowed};
use rapsheet_parse::{
    Arena, Head, Input, Line, Reading, Understood, fail2ban_status, journal_export, parse_line,
};

/// Parses one line, which stands so many lines after the run's first, into items.
type ParseLine<'a, 'p> = dyn Fn(&'a str, u64, &mut Vec<Item<'a>>) + 'p;

/// Parses a run of lines.
///
/// A line on which a parser fails is unknown, and told of; nothing else is lost with it.
pub(crate) fn parse_lines<'a>(
    bytes: &'a [u8],
    parse: &ParseLine<'a, '_>,
    arena: &'a Arena,
    notes: &mut ChunkNotes,
    mut items: Vec<Item<'a>>,
) -> Vec<Item<'a>> {
    items.reserve(bytes.len() / 90 + 1);
    let mut bad_utf8 = 0;
    let whole = catch_unwind(AssertUnwindSafe(|| {
        each_line(bytes, arena, |line, offset, is_bad| {
            bad_utf8 += u64::from(is_bad);
            parse(line, offset, &mut items);
        });
    }));
    if whole.is_ok() {
        notes.bad_utf8 += bad_utf8;
        return items;
    }
    items.clear();
    each_line(bytes, arena, |line, offset, is_bad| {
        notes.bad_utf8 += u64::from(is_bad);
        let before = items.len();
        if catch_unwind(AssertUnwindSafe(|| parse(line, offset, &mut items))).is_err() {
            items.truncate(before);
            notes.defects += 1;
            let unknown = Line {
                head: Head::default(),
                reading: Reading::Unknown,
                message: line,
            };
            items.push(Item::new(unknown, line, 1, offset));
        }
    });
    items
}

/// Empties a list for the next run of lines, and keeps its memory: fresh memory costs as much as to fill it.
#[expect(
    clippy::unnecessary_filter_map,
    reason = "what comes out has another lifetime than what goes in"
)]
pub(crate) fn emptied<'a>(mut items: Vec<Item<'_>>) -> Vec<Item<'a>> {
    items.clear();
    // There is none left to turn into another, and the collection takes the memory over.
    items.into_iter().filter_map(|_| None).collect()
}

/// Hands out the lines of a run, each with its place and whether it was no UTF-8.
fn each_line<'a>(bytes: &'a [u8], arena: &'a Arena, mut take: impl FnMut(&'a str, u64, bool)) {
    let whole = std::str::from_utf8(bytes).ok();
    let mut from = 0;
    let mut offset = 0;
    while from < bytes.len() {
        let end = memchr::memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |length| from + length);
        let (line, is_bad) = match whole {
            Some(text) => (&text[from..end], false),
            None => match std::str::from_utf8(&bytes[from..end]) {
                Ok(line) => (line, false),
                Err(_) => (
                    &*arena.alloc_str(&String::from_utf8_lossy(&bytes[from..end])),
                    true,
                ),
            },
        };
        let line = match line.as_bytes() {
            [.., b'\r'] => line.trim_end_matches('\r'),
            _ => line,
        };
        take(behind_hole(line), offset, is_bad);
        offset += 1;
        from = end + 1;
    }
}

/// Leaves out a hole before a line: after a crash, or where a log was cut while its daemon went on writing, what was never
/// written reads as NULs.
pub(crate) fn behind_hole(line: &str) -> &str {
    match line.as_bytes() {
        [0, ..] => line.trim_start_matches('\0'),
        _ => line,
    }
}

pub(crate) fn push_line<'a>(
    line: &'a str,
    input: Input,
    offset: u64,
    arena: &'a Arena,
    items: &mut Vec<Item<'a>>,
) {
    let item = |line, raw, lines| Item::new(line, raw, lines, offset);
    if input == Input::Addresses {
        let mut lines = 1;
        rapsheet_parse::each_address(line, |ip| {
            let reading = Reading::Event(rapsheet_parse::listed(ip));
            let line_of = Line {
                head: Head::default(),
                reading,
                message: line,
            };
            items.push(item(line_of, line, lines));
            lines = 0;
        });
        if lines == 1 {
            let reading = Reading::Understood(Understood::NoAddress);
            items.push(item(
                Line {
                    head: Head::default(),
                    reading,
                    message: line,
                },
                line,
                1,
            ));
        }
        return;
    }
    items.push(item(parse_line(line, arena), line, 1));
}

/// Makes the last line of a run unknown: its end is lost, and what is left may seem to say something else. Of a list of
/// addresses only the last one may have lost its end.
pub(crate) fn tear_last(items: &mut Vec<Item<'_>>, input: Input) {
    let Some(last) = items.pop() else { return };
    if input == Input::Addresses && last.lines == 0 {
        return;
    }
    let unknown = Line {
        head: Head::default(),
        reading: Reading::Unknown,
        message: last.raw,
    };
    items.push(Item::new(unknown, last.raw, last.lines, last.offset));
}

/// Parses records of the journal's export format.
pub(crate) fn parse_export<'a>(bytes: &'a [u8], arena: &'a Arena) -> Vec<Item<'a>> {
    let mut items = Vec::new();
    let (mut from, mut offset) = (0, 0);
    while from < bytes.len() {
        let Some(extent) =
            journal_export::next_record(&bytes[from..], true).filter(|extent| extent.len > 0)
        else {
            break;
        };
        let line = journal_export::parse(&bytes[from..from + extent.len], arena);
        let raw = line.message;
        let lines = u32::try_from(extent.lines).unwrap_or(u32::MAX);
        items.push(Item::new(line, raw, lines, offset));
        offset += u64::from(lines);
        from += extent.len;
    }
    items
}

/// Parses what `fail2ban-client` prints. When a ban began that is listed without a time, nobody knows.
pub(crate) fn parse_status<'a>(text: &'a str, arena: &'a Arena) -> Vec<Item<'a>> {
    let reading = fail2ban_status::parse(text, arena);
    let mut raws: Vec<&str> = text.lines().collect();
    raws.push("");
    let mut items = Vec::new();
    let mut told = vec![false; raws.len() + 1];
    for (number, head, event) in reading.events {
        let index = usize::try_from(number.saturating_sub(1))
            .unwrap_or(0)
            .min(raws.len() - 1);
        let raw = raws[index];
        let lines = u32::from(!std::mem::replace(&mut told[index], true));
        let line = Line {
            head,
            reading: Reading::Event(event),
            message: raw,
        };
        items.push(Item::new(line, raw, lines, index as u64));
    }
    let unknown: HashSet<u64> = reading.unknown.iter().map(|(number, _)| *number).collect();
    for (index, raw) in text.lines().enumerate() {
        if !told[index] {
            let reading = if unknown.contains(&(index as u64 + 1)) {
                Reading::Unknown
            } else {
                Reading::Understood(Understood::NoAddress)
            };
            let line = Line {
                head: Head::default(),
                reading,
                message: raw,
            };
            items.push(Item::new(line, raw, 1, index as u64));
        }
    }
    items
}

/// Reads fail2ban's database: a row is a line.
pub(crate) fn parse_database<'a>(path: &Path, arena: &'a Arena) -> (Vec<Item<'a>>, Option<Fault>) {
    let mut items = Vec::new();
    let item = |reading, head, raw, offset| {
        let line = Line {
            head,
            reading,
            message: raw,
        };
        Item::new(line, raw, 1, offset)
    };
    let outcome = fail2ban_database::read(path, &mut |row| {
        let mut event = unborrowed(&row.event());
        event.fail2ban_jail = Some(arena.alloc_str(&row.jail));
        let raw = format!(
            "{:?} row {}: jail {} ip {}",
            row.table, row.row, row.jail, row.ip
        );
        items.push(item(
            Reading::Event(event),
            row.head(),
            arena.alloc_str(&raw),
            items.len() as u64,
        ));
    });
    match outcome {
        Ok(summary) => {
            let head = Head::default();
            for name in &summary.no_addresses {
                let offset = items.len() as u64;
                let name = arena.alloc_str(name);
                let reading = Reading::Understood(Understood::NoAddress);
                items.push(item(reading, head, name, offset));
            }
            for _ in 0..summary.unknown {
                let offset = items.len() as u64;
                items.push(item(Reading::Unknown, head, "a row that is no ban", offset));
            }
            (items, summary.fault.map(Fault::from))
        }
        Err(error) => (items, Some(error.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_on_which_the_parser_fails_is_unknown_and_takes_no_other_with_it() {
        let arena = Arena::new();
        let mut notes = ChunkNotes::default();
        let text = b"one\nboom\nthr\xffee\n";
        let parse = |line: &'static str, offset, items: &mut Vec<Item<'static>>| {
            assert_ne!(line, "boom", "a parser's defect");
            items.push(Item::new(
                Line {
                    head: Head::default(),
                    reading: Reading::Understood(Understood::NoAddress),
                    message: line,
                },
                line,
                1,
                offset,
            ));
        };
        // The lines outlive the items here.
        let arena: &'static Arena = Box::leak(Box::new(arena));
        let items = parse_lines(text, &parse, arena, &mut notes, Vec::new());
        let read: Vec<(&str, u64, bool)> = items
            .iter()
            .map(|item| (item.raw, item.offset, item.line.reading == Reading::Unknown))
            .collect();
        assert_eq!(
            read,
            [
                ("one", 0, false),
                ("boom", 1, true),
                ("thr\u{fffd}ee", 2, false)
            ]
        );
        assert_eq!((notes.defects, notes.bad_utf8), (1, 1));
    }
}

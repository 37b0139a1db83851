//! Puts nginx's records of several lines together.
//!
//! A line break in a path or in a PHP message is a line break in the log, so one record may hold whole lines that look
//! like records of their own. nginx adds whom it served at the end of a record. So a line with that, which begins no
//! record itself, belongs to what is above it: as many lines as its request has breaks, and at least up to the next line
//! that begins a record. In this region no line stands for itself, though it may reach into the records before.

use rapsheet_parse::nginx_record::{self, End};
use rapsheet_parse::{Arena, Head, Line, Reading, Understood, parse_line};

use crate::item::Item;

/// Makes one item of each record; its other lines are understood.
pub(crate) fn join<'a>(items: &mut [Item<'a>], arena: &'a Arena) {
    let mut found = Vec::new();
    each_record(
        items.len(),
        |index| items[index].raw,
        |begin, end| found.push((begin, end)),
    );
    for (begin, end) in found {
        put_together(&mut items[begin..=end], arena);
    }
}

/// Finds the records of several lines among so many, from the last to the first: the first line of each and its last.
pub(crate) fn each_record<'l>(
    lines: usize,
    line: impl Fn(usize) -> &'l str,
    mut found: impl FnMut(usize, usize),
) {
    let mut end = lines;
    while end > 0 {
        end -= 1;
        if let Some(begin) = begin_of(end, &line)
            && begin < end
        {
            found(begin, end);
            end = begin;
        }
    }
}

/// Finds the first line of the record that a line ends; `None` where it ends none of several lines.
pub(crate) fn begin_of<'l>(end: usize, line: impl Fn(usize) -> &'l str) -> Option<usize> {
    let how = nginx_record::end_of(line(end))?;
    beginning(end, how, line)
}

/// Finds the line that begins a record: the farthest of those that may, for a client writes the nearer ones.
fn beginning<'l>(end: usize, how: End, line: impl Fn(usize) -> &'l str) -> Option<usize> {
    let farthest = match how {
        End::Whole(breaks) => end.saturating_sub(breaks),
        End::Cut => 0,
    };
    let (mut begin, mut bytes) = (None, 0);
    for index in (0..=end).rev() {
        if begin.is_some() && index < farthest {
            break;
        }
        let raw = line(index);
        bytes += nginx_record::bytes_of(raw);
        if bytes > nginx_record::LONGEST {
            break;
        }
        if nginx_record::begins(raw) {
            begin = Some(index);
        }
    }
    begin
}

/// How much of a run is looked at for a place where it may end.
const LOOK_BYTES: usize = 64 * 1024;
/// All that belongs to a record stands this close to its beginning. A byte that is no UTF-8 may count as less than one.
pub(crate) const FARTHEST: usize = 4 * nginx_record::LONGEST;

/// Finds where a run of lines may end so that no record is split: the beginning of a line that begins a record, and that no
/// line behind it makes a part of another. `None` where there is no such line among the last ones.
pub(crate) fn last_start(bytes: &[u8]) -> Option<usize> {
    let from = bytes.len().saturating_sub(LOOK_BYTES);
    let from = from + memchr::memchr(b'\n', &bytes[from..])? + 1;
    let mut starts = Vec::new();
    let mut lines = Vec::new();
    let mut at = from;
    while let Some(length) = memchr::memchr(b'\n', &bytes[at..]) {
        let line = String::from_utf8_lossy(&bytes[at..at + length]);
        starts.push(at);
        lines.push(line);
        at += length + 1;
    }
    // The first line that belongs to a record which ends at the line that is looked at, or behind it.
    let mut taken = lines.len();
    for index in (0..lines.len()).rev() {
        let line = lines[index].trim_end_matches('\r');
        if let Some(how) = nginx_record::end_of(line)
            && let Some(begin) = beginning(index, how, |index| lines[index].trim_end_matches('\r'))
        {
            taken = taken.min(begin);
        }
        if taken >= index && nginx_record::begins(line) && bytes.len() - starts[index] > FARTHEST {
            return Some(starts[index]);
        }
    }
    None
}

fn put_together<'a>(items: &mut [Item<'a>], arena: &'a Arena) {
    let raws: Vec<&str> = items.iter().map(|item| item.raw).collect();
    let whole: &'a str = arena.alloc_str(&raws.join("\n"));
    for (index, item) in items.iter_mut().enumerate() {
        if index == 0 {
            item.line = parse_line(whole, arena);
            item.raw = whole;
        } else {
            item.line = Line {
                head: Head::default(),
                reading: Reading::Understood(Understood::Filler),
                message: item.raw,
            };
        }
    }
}

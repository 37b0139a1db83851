//! Lines within envelopes that belong together: the pieces of a container's long line, and records of nginx's error log that span
//! lines, behind a container's envelope or behind what grep puts before each line.
//!
//! A runtime cuts a long line at some length, and what comes next may look like a line of its own: a client wrote it. Docker's
//! pieces lack a line break, but so does the last line of a container that stopped, and shippers may take all of them off. So a
//! short piece goes on where the lines around it have breaks and the next line of its stream comes at once.

use rapsheet_parse::{
    Arena, Enclosed, Line, Piece, Reading, nginx_record, open_envelope, parse_inner,
};
use rapsheet_parse::{Head, Understood, strip_grep_path};
use rapsheet_schema::{MICROS_PER_SECOND, Stamp};

use crate::item::Item;
use crate::records;
use crate::stream::LONGEST_LINE;

/// What stands around the lines of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Envelope {
    /// Nothing, or nothing that pieces are put together from.
    #[default]
    None,
    /// A container's envelope; whether the runtime saw the ends of lines.
    Container { has_breaks: bool },
    /// grep's path before lines of nginx's error log.
    Grep,
}

/// What a look into a source found of envelopes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Envelopes {
    lines: u32,
    containers: u32,
    breaks: u32,
    greps: u32,
}

/// Lines that are looked at for grep's path.
const GREP_LINES: u32 = 16;

impl Envelopes {
    /// Notes one of the first lines.
    pub(crate) fn note(&mut self, line: &Line<'_>, raw: &str, arena: &Arena) {
        self.lines += 1;
        if let Some(piece) = line.head.piece {
            self.containers += 1;
            self.breaks += u32::from(piece.has_break);
        } else if self.lines <= GREP_LINES {
            let opened = open_envelope(raw, arena);
            let path = opened.and_then(|opened| opened.grep_path);
            self.greps += u32::from(path.is_some());
        }
    }

    /// What stands around the lines of a source that is nginx's error log, or not.
    pub(crate) const fn envelope(self, is_nginx_error: bool) -> Envelope {
        if self.containers > 0 {
            Envelope::Container {
                has_breaks: self.breaks > 0,
            }
        } else if self.greps > 0 && is_nginx_error {
            Envelope::Grep
        } else {
            Envelope::None
        }
    }
}

/// Makes one item of what belongs together; its other lines are understood.
pub(crate) fn join<'a>(items: &mut [Item<'a>], envelope: Envelope, arena: &'a Arena) {
    match envelope {
        Envelope::None => {}
        Envelope::Container { has_breaks } => {
            join_pieces(items, has_breaks, arena);
            for is_stderr in [false, true] {
                join_records_of_container(items, is_stderr, arena);
            }
        }
        Envelope::Grep => {
            let mut path = None;
            let texts: Vec<&str> = items
                .iter()
                .map(|item| without_path(item.raw, &mut path, arena))
                .collect();
            let all: Vec<usize> = (0..items.len()).collect();
            join_records(items, &all, &texts, arena);
        }
    }
}

/// Whether a container's line goes on in the next one of its stream.
const fn is_unfinished(piece: Piece, has_breaks: bool) -> bool {
    piece.goes_on || has_breaks && !piece.has_break
}

/// Puts the pieces of long lines together.
fn join_pieces<'a>(items: &mut [Item<'a>], has_breaks: bool, arena: &'a Arena) {
    let mut open: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
    for index in 0..items.len() {
        let Some(piece) = items[index].line.head.piece else {
            continue;
        };
        let pieces = &mut open[usize::from(piece.is_stderr)];
        let goes_on = is_unfinished(piece, has_breaks);
        if pieces.is_empty() && !goes_on {
            continue;
        }
        if let Some(last) = pieces.last()
            && !is_followed(items[*last].raw, items[index].raw, arena)
        {
            put_together(items, pieces, arena);
            pieces.clear();
        }
        pieces.push(index);
        if !goes_on {
            put_together(items, pieces, arena);
            pieces.clear();
        }
    }
    for pieces in open {
        // The one piece at the end of a run that may go on stays what it is, and the next run's first is no line.
        if pieces.len() > 1 {
            put_together(items, &pieces, arena);
        }
    }
}

/// Whether a line belongs to a piece before it. A short piece of Docker's may be the last line of a container that stopped.
fn is_followed(piece: &str, next: &str, arena: &Arena) -> bool {
    const AT_ONCE: u64 = MICROS_PER_SECOND as u64;
    let head = |raw| open_envelope(raw, arena).map(|opened| opened.head);
    let (Some(first), Some(second)) = (head(piece), head(next)) else {
        return false;
    };
    let goes_on = first.piece.is_some_and(|piece| piece.goes_on);
    goes_on
        || match (first.stamp, second.stamp) {
            (Stamp::Utc(first), Stamp::Utc(second)) => first.abs_diff(second) <= AT_ONCE,
            _ => false,
        }
}

/// Makes one item of the pieces of a line.
fn put_together<'a>(items: &mut [Item<'a>], pieces: &[usize], arena: &'a Arena) {
    let Some((&first, rest)) = pieces.split_first() else {
        return;
    };
    let opened = |index: usize| open_envelope(items[index].raw, arena);
    if !rest.is_empty() {
        let Some(Enclosed { head, .. }) = opened(first) else {
            return;
        };
        let mut whole = String::new();
        for inner in pieces.iter().filter_map(|index| opened(*index)) {
            if whole.len() + inner.inner.len() <= LONGEST_LINE {
                whole.push_str(inner.inner);
            }
        }
        let line = parse_inner(head, arena.alloc_str(&whole), arena);
        replace(items, pieces, line, arena);
    }
    if let Some(piece) = &mut items[first].line.head.piece {
        (piece.goes_on, piece.has_break) = (false, true);
    }
}

/// Makes the first of these items this line, and fillers of the others.
fn replace<'a>(items: &mut [Item<'a>], indexes: &[usize], line: Line<'a>, arena: &'a Arena) {
    let raws: Vec<&str> = indexes.iter().map(|index| items[*index].raw).collect();
    let raw: &'a str = arena.alloc_str(&raws.join("\n"));
    for (number, index) in indexes.iter().enumerate() {
        let item = &mut items[*index];
        if number == 0 {
            (item.line, item.raw) = (line.clone(), raw);
        } else {
            item.line = Line {
                head: Head::default(),
                reading: Reading::Understood(Understood::Filler),
                message: item.raw,
            };
        }
    }
}

/// Puts records of one of a container's streams together.
fn join_records_of_container<'a>(items: &mut [Item<'a>], is_stderr: bool, arena: &'a Arena) {
    let is_of = |item: &Item<'_>| {
        let piece = item.line.head.piece;
        piece.is_some_and(|piece| piece.is_stderr == is_stderr)
    };
    let may_end =
        |item: &Item<'_>| is_of(item) && nginx_record::end_of(item.line.message).is_some();
    if !items.iter().any(may_end) {
        return;
    }
    let indexes: Vec<usize> = (0..items.len())
        .filter(|index| is_of(&items[*index]))
        .collect();
    let inner = |index: &usize| {
        let item = &items[*index];
        if item.raw.contains('\n') {
            // It was put together of pieces.
            return item.line.message;
        }
        open_envelope(item.raw, arena).map_or(item.line.message, |opened| opened.inner)
    };
    let texts: Vec<&str> = indexes.iter().map(inner).collect();
    join_records(items, &indexes, &texts, arena);
}

/// Puts records of nginx's that span lines together; of each of these items the text is given.
fn join_records<'a>(
    items: &mut [Item<'a>],
    indexes: &[usize],
    texts: &[&'a str],
    arena: &'a Arena,
) {
    let mut found = Vec::new();
    records::each_record(
        texts.len(),
        |index| texts[index],
        |begin, end| {
            found.push((begin, end));
        },
    );
    for (begin, end) in found {
        let first = &items[indexes[begin]];
        let head = open_envelope(first.raw, arena).map_or(first.line.head, |opened| opened.head);
        let whole = arena.alloc_str(&texts[begin..=end].join("\n"));
        let line = parse_inner(head, whole, arena);
        replace(items, &indexes[begin..=end], line, arena);
    }
}

/// Takes grep's path off a line; a further line of a record is known by the path of the line before.
fn without_path<'l>(raw: &'l str, path: &mut Option<&'l str>, arena: &'l Arena) -> &'l str {
    if let Some(Enclosed {
        grep_path: Some(found),
        inner,
        ..
    }) = open_envelope(raw, arena)
    {
        *path = Some(found);
        return inner;
    }
    path.and_then(|path| strip_grep_path(raw, path))
        .unwrap_or(raw)
}

/// How much of a run is looked at for a place where it may end: little, and more where that holds none.
const LOOK_BYTES: [usize; 2] = [64 * 1024, 512 * 1024];

/// Finds where a run of lines may end so that neither a piece nor a record is split; `None` where there is no such place among the
/// last lines.
pub(crate) fn last_start(bytes: &[u8], envelope: Envelope) -> Option<usize> {
    LOOK_BYTES
        .iter()
        .take_while(|look| **look == LOOK_BYTES[0] || bytes.len() > LOOK_BYTES[0])
        .find_map(|look| last_start_within(bytes, *look, envelope))
}

/// A record is one write: so many lines of another stream do not stand within it.
const FAR_LINES: usize = 64;

/// A line that is looked at.
struct Looked<'l> {
    start: usize,
    stream: usize,
    /// Whether its stream's next line belongs to it.
    is_open: bool,
    /// Its number in its stream.
    number: usize,
    inner: &'l str,
}

fn last_start_within(bytes: &[u8], look: usize, envelope: Envelope) -> Option<usize> {
    let arena = Arena::new();
    let lines = looked_at(bytes, bytes.len().saturating_sub(look), envelope, &arena)?;
    let mut texts: [Vec<&str>; 2] = [Vec::new(), Vec::new()];
    for line in &lines {
        texts[line.stream].push(line.inner);
    }
    let is_nginx = texts.each_ref().map(|texts| {
        let mut texts = texts.iter();
        texts.any(|text| nginx_record::begins(text) || nginx_record::end_of(text).is_some())
    });
    // Of each stream: the first line of a record that ends behind the line that is looked at, and how much stands behind that line.
    let mut taken = texts.each_ref().map(Vec::len);
    let mut behind = [0; 2];
    let mut begins = [false; 2];
    for (index, line) in lines.iter().enumerate().rev() {
        let stream = line.stream;
        behind[stream] += nginx_record::bytes_of(line.inner);
        let text = |number: usize| texts[stream][number];
        if let Some(begin) = records::begin_of(line.number, text) {
            taken[stream] = taken[stream].min(begin);
        }
        // Where the stream may be cut before its next line: nothing that stands before it ends behind it.
        let is_far = behind[stream] > records::FARTHEST || lines.len() - index > FAR_LINES;
        begins[stream] = is_far && taken[stream] >= line.number && nginx_record::begins(line.inner);
        let is_clean = [0, 1].iter().all(|stream| {
            let before = lines[..index]
                .iter()
                .rposition(|line| line.stream == *stream);
            !before.is_some_and(|before| lines[before].is_open)
                && (!is_nginx[*stream]
                    || begins[*stream]
                    || before.is_none_or(|before| index - before > FAR_LINES))
        });
        if is_clean && index > 0 {
            return Some(line.start);
        }
    }
    None
}

/// Takes the lines apart that stand behind a place; `None` where there are none.
fn looked_at<'l>(
    bytes: &[u8],
    from: usize,
    envelope: Envelope,
    arena: &'l Arena,
) -> Option<Vec<Looked<'l>>> {
    let mut at = match from {
        0 => 0,
        from => from + memchr::memchr(b'\n', &bytes[from..])? + 1,
    };
    let mut lines = Vec::new();
    let (mut path, mut numbers) = (None, [0; 2]);
    while let Some(length) = memchr::memchr(b'\n', &bytes[at..]) {
        let text = String::from_utf8_lossy(&bytes[at..at + length]);
        let raw: &'l str = arena.alloc_str(text.trim_end_matches('\r'));
        let (stream, is_open, inner) = match envelope {
            Envelope::Container { has_breaks } => match open_envelope(raw, arena) {
                Some(Enclosed { head, inner, .. }) => {
                    let piece = head.piece.unwrap_or_default();
                    let is_open = head.piece.is_some() && is_unfinished(piece, has_breaks);
                    (usize::from(piece.is_stderr), is_open, inner)
                }
                None => (0, false, raw),
            },
            _ => (0, false, without_path(raw, &mut path, arena)),
        };
        lines.push(Looked {
            start: at,
            stream,
            is_open,
            number: numbers[stream],
            inner,
        });
        numbers[stream] += 1;
        at += length + 1;
    }
    Some(lines)
}

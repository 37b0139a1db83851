//! A chunk is a run of lines of one source together with what the parser made of them. It owns its bytes, so that it can wait
//! until the lines of other sources have come as far.

use std::io;

use rapsheet_parse::{Arena, Input, Reading};
use self_cell::self_cell;

use crate::Harmless;
use crate::decode::{
    emptied, parse_database, parse_export, parse_lines, parse_status, push_line, tear_last,
};
use crate::enclosed::{self, Envelope};
use crate::fault::Fault;
use crate::item::{ChunkNotes, Item};
use crate::records;
use crate::redaction::Redaction;
use crate::scheduler::Content;
use crate::source::Source;
use crate::waiting::HeldLine;
use crate::web_server;

/// What the items of a chunk borrow from.
#[derive(Default)]
pub(crate) struct Text {
    pub(crate) bytes: Vec<u8>,
    pub(crate) arena: Arena,
}

type Items<'a> = Vec<Item<'a>>;

self_cell! {
    struct Cell {
        owner: Text,
        #[covariant]
        dependent: Items,
    }
}

/// The memory of a chunk that is done, for the next one: fresh memory costs as much as to fill it.
#[derive(Default)]
pub(crate) struct Spare {
    pub(crate) text: Text,
    list: Vec<Item<'static>>,
}

/// Parsed lines of one source that follow each other.
pub(crate) struct Chunk {
    pub(crate) source: usize,
    /// How many chunks of the source come before it.
    pub(crate) number: u64,
    /// How many unpacked bytes of the source come before it, and before what follows it.
    pub(crate) position: u64,
    pub(crate) end: u64,
    /// How many items were settled before the source was opened.
    pub(crate) first: usize,
    /// How many items are settled.
    pub(crate) settled: usize,
    pub(crate) notes: ChunkNotes,
    /// What stopped the source's stream behind these lines.
    pub(crate) stopped: Option<io::Error>,
    /// What else was wrong with it.
    pub(crate) refused: Option<Fault>,
    /// Whether the end of the last line is lost.
    pub(crate) is_torn: bool,
    /// Lines that waited elsewhere and are told behind its own.
    pub(crate) late: Vec<HeldLine>,
    cell: Cell,
}

impl Chunk {
    /// Makes a chunk that holds no line of a source.
    pub(crate) fn of_late(late: Vec<HeldLine>) -> Self {
        let cell = Cell::new(Text::default(), |_| Vec::new());
        Self {
            late,
            ..Self::of(0, ChunkNotes::default(), cell)
        }
    }

    const fn of(source: usize, notes: ChunkNotes, cell: Cell) -> Self {
        Self {
            source,
            number: 0,
            position: 0,
            end: 0,
            first: 0,
            settled: 0,
            notes,
            stopped: None,
            refused: None,
            is_torn: false,
            late: Vec::new(),
            cell,
        }
    }

    /// Parses what was read.
    pub(crate) fn parse(
        content: Content,
        source: &Source,
        index: usize,
        input: Input,
        spare: Spare,
    ) -> Self {
        let Spare { mut text, list } = spare;
        text.arena.reset();
        let mut notes = ChunkNotes::default();
        let (mut stopped, mut refused, mut is_torn) = (None, None, false);
        let cell = match content {
            Content::Lines(chunk) => {
                is_torn = chunk.is_torn();
                let loses_end = is_torn || chunk.cut_lines > 0;
                notes.cut = u64::from(chunk.cut_lines);
                stopped = chunk.fault;
                text.bytes = chunk.bytes;
                Cell::new(text, |Text { bytes, arena }| {
                    let parse = |line, offset, items: &mut Vec<_>| {
                        push_line(line, input, offset, arena, items);
                    };
                    let mut items = parse_lines(bytes, &parse, arena, &mut notes, emptied(list));
                    match source.probe.envelope() {
                        Envelope::None if source.probe.web.is_nginx_error() => {
                            records::join(&mut items, arena);
                        }
                        envelope => enclosed::join(&mut items, envelope, arena),
                    }
                    if let Some(server) = source.web_server {
                        web_server::name(&mut items, server);
                    }
                    if loses_end {
                        tear_last(&mut items, input);
                    }
                    items
                })
            }
            Content::Export(chunk) => {
                is_torn = chunk.is_torn();
                notes.cut = u64::from(chunk.cut_lines);
                stopped = chunk.fault;
                text.bytes = chunk.bytes;
                Cell::new(text, |Text { bytes, arena }| {
                    let mut items = parse_export(bytes, arena);
                    if is_torn {
                        tear_last(&mut items, Input::Auto);
                    }
                    items
                })
            }
            Content::Status(whole) => {
                text.bytes = whole;
                Cell::new(text, |Text { bytes, arena }| {
                    let whole = match std::str::from_utf8(bytes) {
                        Ok(whole) => whole,
                        Err(_) => arena.alloc_str(&String::from_utf8_lossy(bytes)),
                    };
                    parse_status(whole, arena)
                })
            }
            Content::Database(path) => Cell::new(text, |Text { arena, .. }| {
                let (items, fault) = parse_database(&path, arena);
                refused = fault;
                items
            }),
            Content::Nothing(fault) => {
                refused = Some(fault);
                Cell::new(text, |_| Vec::new())
            }
        };
        Self {
            stopped,
            refused,
            is_torn,
            ..Self::of(index, notes, cell)
        }
    }

    /// Its items.
    pub(crate) fn items(&self) -> &[Item<'_>] {
        self.cell.borrow_dependent()
    }

    /// Hands out the items for a change, and the arena that new text of theirs belongs into.
    pub(crate) fn change<R>(
        &mut self,
        change: impl for<'a> FnOnce(&mut [Item<'a>], &'a Arena) -> R,
    ) -> R {
        self.cell
            .with_dependent_mut(|text, items| change(items, &text.arena))
    }

    /// Leaves out what is not settled, and takes in the lines that waited elsewhere; returns the sources of these, which
    /// stand last.
    pub(crate) fn take_in(&mut self) -> Vec<usize> {
        let late = std::mem::take(&mut self.late);
        let sources = late.iter().map(|line| line.source).collect();
        let settled = self.settled;
        self.cell.with_dependent_mut(|text, items| {
            items.truncate(settled);
            items.extend(late.into_iter().map(|line| line.into_item(&text.arena)));
        });
        sources
    }

    /// Takes what is suspicious from events that are known to be nothing, once lines that waited elsewhere are taken in.
    pub(crate) fn calm(&mut self, harmless: &Harmless<'_>) {
        let first = self.first;
        self.change(|items, _| {
            for item in items.get_mut(first..).unwrap_or_default() {
                if let Reading::Event(event) = &mut item.line.reading
                    && event.suspicious
                    && harmless(event, item.micros)
                {
                    event.suspicious = false;
                    event.attempts = 0;
                    event.reason = None;
                }
            }
        });
    }

    /// Replaces user names by hashes.
    pub(crate) fn hide(&mut self, hidden: &Redaction) {
        self.change(|items, arena| hidden.hide(items, arena));
    }

    /// Gives its memory back.
    pub(crate) fn into_spare(mut self) -> Spare {
        let list = self
            .cell
            .with_dependent_mut(|_, items| emptied(std::mem::take(items)));
        Spare {
            text: self.cell.into_owner(),
            list,
        }
    }
}

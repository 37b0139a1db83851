//! The one pass over all sources: threads take runs of lines, parse them, wait for their turn to settle them, and roll
//! up what came out.

use std::collections::HashSet;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use rapsheet_parse::{
    Arena, Head, Input, Line, Reading, Understood, fail2ban_status, journal_export, parse_line,
};
use rapsheet_schema::Stamp;

use crate::activity::Rollup;
use crate::event_batch::{EventBatch, Placed};
use crate::fail2ban_database;
use crate::fault::Fault;
use crate::feed::{Content, Feed, Unit};
use crate::settle::{ChunkNotes, Item, Settle, unborrowed};
use crate::source::Source;
use crate::spill::Spill;
use crate::stream::Chunk;

/// Rows in one batch of events.
const EVENT_ROWS: usize = 8192;

/// Which events are wanted one by one, beside the roll-up.
#[derive(Clone, Default)]
pub enum EventsWish {
    /// None.
    #[default]
    None,
    /// All, with or without the raw line.
    All {
        /// Whether the raw lines are wanted.
        message: bool,
    },
    /// Those of some addresses, with their raw lines.
    Of(Arc<dyn Fn(IpAddr) -> bool + Send + Sync>),
}

/// What a thread needs to know.
pub(crate) struct Plan<'a> {
    pub(crate) sources: &'a [Source],
    pub(crate) input: Input,
    pub(crate) since: Option<i64>,
    pub(crate) until: Option<i64>,
    pub(crate) events: &'a EventsWish,
    pub(crate) progress: &'a (dyn Fn(u64) + Sync),
    pub(crate) spill: &'a Spill,
}

/// What a thread made.
#[derive(Default)]
pub(crate) struct Yield {
    pub(crate) rollup: Rollup,
    pub(crate) events: Vec<RecordBatch>,
}

/// The threads' shared state: the work, and the turn-taking.
pub(crate) struct Shared<'a> {
    feed: Mutex<Feed<'a>>,
    settle: Mutex<Settle<'a>>,
    turned: Condvar,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Shared<'a> {
    pub(crate) const fn new(feed: Feed<'a>, settle: Settle<'a>) -> Self {
        Self {
            feed: Mutex::new(feed),
            settle: Mutex::new(settle),
            turned: Condvar::new(),
        }
    }

    pub(crate) fn into_settle(self) -> Settle<'a> {
        self.settle
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Works until there is no more to do.
    pub(crate) fn work(&self, plan: &Plan<'_>) -> Yield {
        let mut done = Yield::default();
        let mut batch = EventBatch::new(matches!(
            plan.events,
            EventsWish::All { message: true } | EventsWish::Of(_)
        ));
        let mut buffer = Vec::new();
        let mut arena = Arena::new();
        loop {
            let unit = lock(&self.feed).next_unit(buffer);
            let Some(unit) = unit else { break };
            arena.reset();
            buffer = self.work_unit(plan, unit, &arena, &mut done, &mut batch);
            plan.spill.relieve(&mut done);
        }
        if batch.rows() > 0 {
            done.events.extend(batch.finish());
        }
        done
    }

    /// Parses, settles and rolls up one piece of work; returns its buffer.
    fn work_unit(
        &self,
        plan: &Plan<'_>,
        unit: Unit,
        arena: &Arena,
        done: &mut Yield,
        batch: &mut EventBatch,
    ) -> Vec<u8> {
        let Unit {
            turn,
            source,
            content,
        } = unit;
        let mut stopped = None;
        let mut refused = None;
        let mut notes = ChunkNotes::default();
        let modified = plan.sources[source].modified();
        let text;
        let status;
        let mut items = match content {
            Content::Lines(Chunk {
                bytes,
                cut_lines,
                fault: cause,
            }) => {
                notes.cut = u64::from(cut_lines);
                stopped = cause;
                (plan.progress)(bytes.len() as u64);
                text = bytes;
                parse_lines(&text, plan.input, arena, &mut notes)
            }
            Content::Export(Chunk {
                bytes,
                fault: cause,
                ..
            }) => {
                stopped = cause;
                (plan.progress)(bytes.len() as u64);
                text = bytes;
                parse_export(&text, arena)
            }
            Content::Status(whole) => {
                status = whole;
                text = Vec::new();
                parse_status(&status, modified, arena)
            }
            Content::Database(path) => {
                text = Vec::new();
                let (items, fault) = parse_database(&path, arena);
                refused = fault;
                items
            }
            Content::Nothing(error) => {
                text = Vec::new();
                refused = Some(error);
                Vec::new()
            }
        };
        let mut settle = lock(&self.settle);
        while settle.turn != turn {
            settle = self
                .turned
                .wait(settle)
                .unwrap_or_else(PoisonError::into_inner);
        }
        settle.run(turn, source, &mut items, notes, arena);
        if let Some(cause) = stopped {
            let name = plan.sources[source].name.clone();
            let lines = settle.coverage.sources[source].lines;
            refused = Some(match lines {
                0 => Fault::Unreadable { name, cause },
                _ => Fault::Truncated { name, lines, cause },
            });
        }
        if let Some(fault) = refused {
            settle.fault(source, fault);
        }
        settle.turn += 1;
        drop(settle);
        self.turned.notify_all();
        fold(plan, source, &items, done, batch);
        drop(items);
        text
    }
}

/// Rolls up settled events, and keeps those that are wanted one by one.
fn fold(
    plan: &Plan<'_>,
    source: usize,
    items: &[Item<'_>],
    done: &mut Yield,
    batch: &mut EventBatch,
) {
    let path = plan.sources[source].name.as_str();
    for item in items {
        let Reading::Event(event) = &item.line.reading else {
            continue;
        };
        let in_time = match item.micros {
            Some(at) => {
                plan.since.is_none_or(|since| at >= since)
                    && plan.until.is_none_or(|until| at < until)
            }
            None => plan.since.is_none() && plan.until.is_none(),
        };
        if !in_time {
            continue;
        }
        done.rollup.add(
            item.micros,
            item.line.head.host_name,
            item.logins_before,
            event,
        );
        let wanted = match plan.events {
            EventsWish::None => false,
            EventsWish::All { .. } => true,
            EventsWish::Of(is_wanted) => event.source_ip.is_some_and(|ip| is_wanted(ip)),
        };
        if wanted {
            batch.add(&Placed {
                event,
                micros: item.micros,
                host_name: item.line.head.host_name,
                process_pid: item.line.head.process_pid,
                log_file_path: path,
                log_line: item.log_line,
                message: item.raw,
            });
            if batch.rows() >= EVENT_ROWS {
                done.events.extend(batch.finish());
            }
        }
    }
}

/// Parses a run of lines.
fn parse_lines<'a>(
    bytes: &'a [u8],
    input: Input,
    arena: &'a Arena,
    notes: &mut ChunkNotes,
) -> Vec<Item<'a>> {
    let mut items = Vec::with_capacity(bytes.len() / 90 + 1);
    let whole = std::str::from_utf8(bytes).ok();
    let mut from = 0;
    let mut offset = 0;
    while from < bytes.len() {
        let end = memchr::memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |length| from + length);
        let line = match whole {
            Some(text) => &text[from..end],
            None => match std::str::from_utf8(&bytes[from..end]) {
                Ok(line) => line,
                Err(_) => {
                    notes.bad_utf8 += 1;
                    &*arena.alloc_str(&String::from_utf8_lossy(&bytes[from..end]))
                }
            },
        };
        push_line(
            line.trim_end_matches('\r'),
            input,
            offset,
            arena,
            &mut items,
        );
        offset += 1;
        from = end + 1;
    }
    items
}

fn push_line<'a>(
    line: &'a str,
    input: Input,
    offset: u64,
    arena: &'a Arena,
    items: &mut Vec<Item<'a>>,
) {
    let item = |line: Line<'a>, raw, lines| Item {
        line,
        raw,
        lines,
        offset,
        micros: None,
        log_line: 0,
        logins_before: 0,
    };
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

/// Parses records of the journal's export format.
fn parse_export<'a>(bytes: &'a [u8], arena: &'a Arena) -> Vec<Item<'a>> {
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
        items.push(Item {
            line,
            raw,
            lines,
            offset,
            micros: None,
            log_line: 0,
            logins_before: 0,
        });
        offset += u64::from(lines);
        from += extent.len;
    }
    items
}

/// Parses what `fail2ban-client` prints; addresses without a time are of the time at which it was written down.
fn parse_status<'a>(text: &'a str, modified: i64, arena: &'a Arena) -> Vec<Item<'a>> {
    let reading = fail2ban_status::parse(text, arena);
    let mut raws: Vec<&str> = text.lines().collect();
    raws.push("");
    let mut items = Vec::new();
    let mut told = vec![false; raws.len() + 1];
    for (number, mut head, event) in reading.events {
        if head.stamp == Stamp::Absent {
            head.stamp = Stamp::Utc(modified);
        }
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
        items.push(Item {
            line,
            raw,
            lines,
            offset: index as u64,
            micros: None,
            log_line: 0,
            logins_before: 0,
        });
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
            items.push(Item {
                line,
                raw,
                lines: 1,
                offset: index as u64,
                micros: None,
                log_line: 0,
                logins_before: 0,
            });
        }
    }
    items
}

/// Reads fail2ban's database: a row is a line.
fn parse_database<'a>(path: &Path, arena: &'a Arena) -> (Vec<Item<'a>>, Option<Fault>) {
    let mut items = Vec::new();
    let item = |reading, head, raw, offset| {
        let line = Line {
            head,
            reading,
            message: raw,
        };
        Item {
            line,
            raw,
            lines: 1,
            offset,
            micros: None,
            log_line: 0,
            logins_before: 0,
        }
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
            for _ in 0..summary.understood {
                let offset = items.len() as u64;
                items.push(item(
                    Reading::Understood(Understood::NoAddress),
                    head,
                    "",
                    offset,
                ));
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

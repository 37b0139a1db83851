//! The one pass over all sources: threads take runs of lines, parse them, wait for their turn to settle them, and roll
//! up what came out.

use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use rapsheet_parse::{Arena, Input, Reading};

use crate::activity::{ActivityPart, Rollup};
use crate::event_batch::{EventBatch, Placed};
use crate::evidence::Evidence;
use crate::fault::Fault;
use crate::feed::{Content, Feed, Unit};
use crate::hidden::Hidden;
use crate::items::{
    emptied, parse_database, parse_export, parse_lines, parse_status, push_line, tear_last,
};
use crate::records;
use crate::rollup::RollUps;
use crate::settle::{ChunkNotes, Item, Settle};
use crate::source::Source;
use crate::spill::Spill;

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
    /// A few of each address, with their raw lines: at most so many attempts, and as many logins and bans.
    Evidence {
        /// How many.
        per_address: u32,
    },
}

/// What a thread needs to know.
pub(crate) struct Plan<'a> {
    pub(crate) sources: &'a [Source],
    pub(crate) input: Input,
    pub(crate) since: Option<i64>,
    pub(crate) until: Option<i64>,
    /// Whether the wide roll-up is wanted.
    pub(crate) activity: bool,
    pub(crate) events: &'a EventsWish,
    pub(crate) progress: &'a (dyn Fn(u64) + Sync),
    pub(crate) spill: &'a Spill,
    pub(crate) hidden: Option<&'a Hidden>,
}

impl Plan<'_> {
    /// Whether an event at this time is asked for.
    fn is_in_time(&self, micros: Option<i64>) -> bool {
        match micros {
            Some(at) => {
                self.since.is_none_or(|since| at >= since)
                    && self.until.is_none_or(|until| at < until)
            }
            None => self.since.is_none() && self.until.is_none(),
        }
    }
}

/// What a thread made.
#[derive(Default)]
pub(crate) struct Yield {
    /// The declared roll-ups.
    pub(crate) roll_ups: RollUps,
    /// The wide one, where it is wanted.
    pub(crate) rollup: Rollup,
    pub(crate) events: Vec<RecordBatch>,
    /// Roll-ups that were too much and found no room on disk.
    pub(crate) unwritten: Vec<ActivityPart>,
}

/// The threads' shared state: the work, and the turn-taking.
pub(crate) struct Shared<'a> {
    feed: Mutex<Feed<'a>>,
    settle: Mutex<Settle<'a>>,
    evidence: Mutex<Evidence>,
    turned: Condvar,
}

/// A turn to come. It is waited for and passed on when it is dropped, so that a thread that fails, wherever it does, never
/// leaves the others waiting.
struct Turn<'s, 'a> {
    shared: &'s Shared<'a>,
    number: u64,
    settle: Option<MutexGuard<'s, Settle<'a>>>,
}

impl<'s, 'a> Turn<'s, 'a> {
    const fn new(shared: &'s Shared<'a>, number: u64) -> Self {
        Self {
            shared,
            number,
            settle: None,
        }
    }

    /// Waits for it.
    fn settle(&mut self) -> &mut Settle<'a> {
        let (shared, number) = (self.shared, self.number);
        self.settle.get_or_insert_with(|| {
            let mut settle = lock(&shared.settle);
            while settle.turn != number {
                settle = shared
                    .turned
                    .wait(settle)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            settle
        })
    }
}

impl Drop for Turn<'_, '_> {
    fn drop(&mut self) {
        self.settle().turn += 1;
        self.settle = None;
        self.shared.turned.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Shared<'a> {
    pub(crate) fn new(feed: Feed<'a>, settle: Settle<'a>, wish: &EventsWish) -> Self {
        let per_address = match wish {
            EventsWish::Evidence { per_address } => *per_address,
            _ => 0,
        };
        Self {
            feed: Mutex::new(feed),
            settle: Mutex::new(settle),
            evidence: Mutex::new(Evidence::new(per_address)),
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
            EventsWish::All { message: true } | EventsWish::Of(_) | EventsWish::Evidence { .. }
        ));
        let mut buffer = Vec::new();
        let mut items = Vec::new();
        let mut arena = Arena::new();
        loop {
            let unit = lock(&self.feed).next_unit(buffer);
            let Some(unit) = unit else { break };
            arena.reset();
            (buffer, items) = self.work_unit(plan, unit, &arena, items, &mut done, &mut batch);
            plan.spill.relieve(&mut done);
        }
        if batch.rows() > 0 {
            done.events.extend(batch.finish());
        }
        done
    }

    /// Parses, settles and rolls up one piece of work; returns its buffer and the list, emptied.
    fn work_unit(
        &self,
        plan: &Plan<'_>,
        unit: Unit,
        arena: &Arena,
        list: Vec<Item<'static>>,
        done: &mut Yield,
        batch: &mut EventBatch,
    ) -> (Vec<u8>, Vec<Item<'static>>) {
        let Unit {
            turn: number,
            source,
            content,
        } = unit;
        let mut turn = Turn::new(self, number);
        let mut stopped = None;
        let mut refused = None;
        let mut is_torn = false;
        let mut notes = ChunkNotes::default();
        let modified = plan.sources[source].modified();
        let text;
        let status;
        let mut items = match content {
            Content::Lines(chunk) => {
                is_torn = chunk.is_torn();
                let is_cut = chunk.cut_lines > 0;
                notes.cut = u64::from(chunk.cut_lines);
                let bytes = chunk.bytes;
                stopped = chunk.fault;
                (plan.progress)(bytes.len() as u64);
                text = bytes;
                let parse = |line, offset, items: &mut Vec<_>| {
                    push_line(line, plan.input, offset, arena, items);
                };
                let mut items = parse_lines(&text, &parse, arena, &mut notes, emptied(list));
                if plan.sources[source].probe.web.is_nginx_error() {
                    records::join(&mut items, arena);
                }
                if is_torn || is_cut {
                    tear_last(&mut items, plan.input);
                }
                items
            }
            Content::Export(chunk) => {
                is_torn = chunk.is_torn();
                notes.cut = u64::from(chunk.cut_lines);
                stopped = chunk.fault;
                (plan.progress)(chunk.bytes.len() as u64);
                text = chunk.bytes;
                let mut items = parse_export(&text, arena);
                if is_torn {
                    tear_last(&mut items, Input::Auto);
                }
                items
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
        let settle = turn.settle();
        settle.run(number, source, &mut items, notes, arena);
        if let Some(cause) = stopped {
            let name = plan.sources[source].name.clone();
            let lines = settle.coverage.sources[source]
                .lines
                .saturating_sub(u64::from(is_torn));
            refused = Some(match lines {
                0 => Fault::Unreadable { name, cause },
                _ => Fault::Truncated { name, lines, cause },
            });
        }
        if let Some(fault) = refused {
            settle.fault(source, fault);
        }
        if notes.defects > 0 {
            settle.defects[source] += notes.defects;
        }
        if matches!(plan.events, EventsWish::Evidence { .. }) {
            lock(&self.evidence).choose(&mut items, |at| plan.is_in_time(at));
        }
        drop(turn);
        if let Some(hidden) = plan.hidden {
            hidden.hide(&mut items, arena);
        }
        fold(plan, source, &items, done, batch);
        let list = emptied(items);
        (text, list)
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
        if !plan.is_in_time(item.micros) {
            continue;
        }
        let host_name = item.line.head.host_name;
        done.roll_ups
            .add(item.micros, host_name, item.before, event);
        if plan.activity {
            done.rollup
                .add(item.micros, host_name, item.before.logins, event);
        }
        let wanted = match plan.events {
            EventsWish::None => false,
            EventsWish::All { .. } => true,
            EventsWish::Of(is_wanted) => event.source_ip.is_some_and(|ip| is_wanted(ip)),
            EventsWish::Evidence { .. } => item.is_evidence,
        };
        if wanted {
            batch.add(&Placed {
                event,
                micros: item.micros,
                host_name: item.line.head.host_name,
                process_pid: item.line.head.process_pid,
                log_file_path: path,
                log_line: item.log_line,
                message: Some(item.raw),
            });
            if batch.rows() >= EVENT_ROWS {
                done.events.extend(batch.finish());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Zone;

    #[test]
    fn a_thread_that_fails_before_its_turn_passes_it_on() {
        let zone = Zone::new(jiff::tz::TimeZone::UTC);
        let shared = Shared::new(
            Feed::new(&[], None),
            Settle::new(&[], &zone),
            &EventsWish::None,
        );
        std::thread::scope(|scope| {
            let failing = scope.spawn(|| {
                let _turn = Turn::new(&shared, 1);
                std::panic::resume_unwind(Box::new("a parser's defect"));
            });
            let waiting = scope.spawn(|| Turn::new(&shared, 2).settle().turn);
            assert_eq!(Turn::new(&shared, 0).settle().turn, 0);
            assert!(failing.join().is_err());
            assert_eq!(waiting.join().unwrap(), 2);
        });
        assert_eq!(shared.into_settle().turn, 3);
    }
}

//! The threads of a run: each does what the scheduler gives it, reads and parses chunks, merges them, and rolls up what came
//! out.

use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use rapsheet_parse::{Input, Reading};
use rapsheet_schema::EventColumn;

use crate::Harmless;
use crate::activity::{ActivityPart, Rollup};
use crate::chunk::{Chunk, Spare};
use crate::event_batch::{EventBatch, Placed};
use crate::evidence::is_in_time;
use crate::item::Item;
use crate::redaction::Redaction;
use crate::rollup::RollUps;
use crate::scheduler::{Content, Job, Scheduler, Took, take_first};
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

impl EventsWish {
    /// Returns the columns that these events have. Raw lines that are kept as evidence are many, and few of their columns are
    /// asked for.
    #[must_use]
    pub const fn columns(&self) -> &'static [EventColumn] {
        match self {
            Self::None | Self::All { .. } | Self::Of(_) => EventColumn::ALL,
            Self::Evidence { .. } => &[
                EventColumn::Timestamp,
                EventColumn::ServiceName,
                EventColumn::SourceIp,
                EventColumn::LogFilePath,
                EventColumn::LogLine,
                EventColumn::Message,
            ],
        }
    }
}

/// What a thread needs to know.
pub(crate) struct Plan<'a> {
    pub(crate) sources: &'a [Source],
    pub(crate) input: Input,
    pub(crate) since: Option<i64>,
    pub(crate) until: Option<i64>,
    /// Whether the wide roll-up is wanted.
    pub(crate) activity: bool,
    /// Whether the roll-up by facets is wanted.
    pub(crate) facets: bool,
    pub(crate) events: &'a EventsWish,
    pub(crate) progress: &'a (dyn Fn(u64) + Sync),
    pub(crate) spill: &'a Spill,
    pub(crate) hidden: Option<&'a Redaction>,
    pub(crate) harmless: Option<&'a Harmless<'a>>,
    /// How many sources overlap in time, at most.
    pub(crate) overlapping: usize,
}

impl Plan<'_> {
    /// Whether an event at this time is asked for.
    fn is_in_time(&self, micros: Option<i64>) -> bool {
        is_in_time(micros, self.since, self.until)
    }
}

impl Plan<'_> {
    /// Whether an event at this time comes before what is asked for.
    fn is_before(&self, micros: Option<i64>) -> bool {
        matches!((micros, self.since), (Some(at), Some(since)) if at < since)
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

impl Yield {
    fn new(plan: &Plan<'_>) -> Self {
        Self {
            roll_ups: RollUps::new(plan.facets),
            ..Self::default()
        }
    }
}

/// What the threads share.
pub(crate) struct Shared {
    scheduler: Mutex<Scheduler>,
    changed: Condvar,
}

/// Makes all threads stop where one fails: it may have held what they wait for.
struct Alarm<'s>(&'s Shared);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().fail();
            self.0.changed.notify_all();
        }
    }
}

impl Shared {
    pub(crate) const fn new(scheduler: Scheduler) -> Self {
        Self {
            scheduler: Mutex::new(scheduler),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Scheduler> {
        self.scheduler
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn into_scheduler(self) -> Scheduler {
        self.scheduler
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Works until there is no more to do.
    pub(crate) fn work(&self, plan: &Plan<'_>) -> Yield {
        let _alarm = Alarm(self);
        let mut done = Yield::new(plan);
        let mut batch = batch_for(plan.events);
        let mut scheduler = self.lock();
        loop {
            match scheduler.next_job() {
                Job::Stop => break,
                Job::Wait => {
                    scheduler = self
                        .changed
                        .wait(scheduler)
                        .unwrap_or_else(PoisonError::into_inner);
                    continue;
                }
                Job::Merge(mut merge, arrived) => {
                    drop(scheduler);
                    let chunk = merge.run(arrived);
                    self.lock().has_merged(merge, u64::from(chunk.is_some()));
                    self.changed.notify_all();
                    let spare = chunk.map(|chunk| roll_up(plan, chunk, &mut done, &mut batch));
                    scheduler = self.lock();
                    if let Some(spare) = spare {
                        scheduler.take_spare(spare);
                    }
                }
                Job::Open(source, from, parked, mut spare) => {
                    let pipe = scheduler.take_pipe(&plan.sources[source].name);
                    drop(scheduler);
                    let buffer = std::mem::take(&mut spare.text.bytes);
                    let took = take_first(
                        &plan.sources[source],
                        pipe,
                        from,
                        parked,
                        plan.overlapping,
                        buffer,
                    );
                    scheduler = self.parse(plan, source, took, from.items, spare);
                }
                Job::Read(source, stream, mut spare) => {
                    drop(scheduler);
                    let took = stream.take_next(std::mem::take(&mut spare.text.bytes));
                    scheduler = self.parse(plan, source, took, 0, spare);
                }
            }
        }
        drop(scheduler);
        if batch.rows() > 0 {
            done.events.extend(batch.finish());
        }
        done
    }

    /// Gives the stream back, so that others can read on, and parses what was read, of which some items were settled before.
    fn parse(
        &self,
        plan: &Plan<'_>,
        source: usize,
        took: Took,
        settled: usize,
        spare: Spare,
    ) -> MutexGuard<'_, Scheduler> {
        let any = took.content.is_some();
        let number = self.lock().has_read(source, took.stream, any);
        self.changed.notify_all();
        let Some(content) = took.content else {
            return self.lock();
        };
        if let Content::Lines(chunk) | Content::Export(chunk) = &content {
            (plan.progress)(chunk.bytes.len() as u64);
        }
        let mut chunk = Chunk::parse(content, &plan.sources[source], source, plan.input, spare);
        (chunk.number, chunk.position, chunk.end) = (number, took.position, took.end);
        (chunk.first, chunk.settled) = (settled, settled);
        let mut scheduler = self.lock();
        scheduler.has_parsed(chunk);
        self.changed.notify_all();
        scheduler
    }
}

fn batch_for(wish: &EventsWish) -> EventBatch {
    let with_message = matches!(
        wish,
        EventsWish::All { message: true } | EventsWish::Of(_) | EventsWish::Evidence { .. }
    );
    EventBatch::new(wish.columns(), with_message)
}

/// Rolls up what is settled of chunks that are read no further.
pub(crate) fn roll_up_unfinished(plan: &Plan<'_>, chunks: Vec<Chunk>) -> Yield {
    let mut done = Yield::new(plan);
    let mut batch = batch_for(plan.events);
    for chunk in chunks {
        roll_up(plan, chunk, &mut done, &mut batch);
    }
    if batch.rows() > 0 {
        done.events.extend(batch.finish());
    }
    done
}

/// Rolls up the settled lines of a chunk; returns its memory.
fn roll_up(plan: &Plan<'_>, mut chunk: Chunk, done: &mut Yield, batch: &mut EventBatch) -> Spare {
    let late = chunk.take_in();
    if let Some(harmless) = plan.harmless {
        chunk.calm(harmless);
    }
    if let Some(hidden) = plan.hidden {
        chunk.hide(hidden);
    }
    let (first, settled) = (chunk.first, chunk.settled);
    let items = chunk.items().get(first..settled).unwrap_or_default();
    fold(plan, chunk.source, items, done, batch);
    let late_items = chunk.items().get(settled..).unwrap_or_default();
    for (source, item) in late.into_iter().zip(late_items.chunks(1)) {
        fold(plan, source, item, done, batch);
    }
    plan.spill.relieve(done);
    chunk.into_spare()
}

/// Rolls up settled events, and keeps those that are wanted one by one.
fn fold(
    plan: &Plan<'_>,
    source: usize,
    items: &[Item<'_>],
    done: &mut Yield,
    batch: &mut EventBatch,
) {
    // A chunk that brings late lines alone has no lines of its own, and there may be no source at all.
    let path = plan.sources.get(source).map_or("", |one| one.name.as_str());
    for item in items {
        let Reading::Event(event) = &item.line.reading else {
            continue;
        };
        if item.is_held {
            continue;
        }
        let host_name = item.line.head.host_name;
        if !plan.is_in_time(item.micros) {
            if event.is_login() && plan.is_before(item.micros) {
                let (roll_ups, login) = (&mut done.roll_ups, item.before.login);
                roll_ups.add_earlier_login(item.micros, host_name, login, event);
            }
            continue;
        }
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

//! What needs a memory, in the order of the lines: times, connections, copies, repetitions, and the count of every line.
//!
//! Lines are parsed on many threads and settled one run of lines after the other, so the answer never depends on the
//! number of threads.

use std::net::IpAddr;
use std::sync::Arc;

use rapsheet_parse::{Arena, Line, Reading, Understood};
use rapsheet_schema::{Action, Dataset, Event, Outcome, Reason};

use crate::chunk::Chunk;
use crate::clock::{Clock, Zone};
use crate::coverage::{Coverage, SourceCoverage};
use crate::deduplication::{Copies, Record};
use crate::echo::Echoes;
use crate::evidence::Evidence;
use crate::fault::{Assumption, Fault};
use crate::session::{Now, Patch, Place, Sessions};
use crate::source::Source;
use crate::watermark::{MergeKey, Watermark, lags};

/// So many lines at most are of a clock that was wrong for a moment.
const LONGEST_MOMENT: usize = 256;

/// One parsed line on its way.
pub(crate) struct Item<'a> {
    pub(crate) line: Line<'a>,
    /// The line as it stands in the source.
    pub(crate) raw: &'a str,
    /// How many lines of the source it stands for: 1, more for a record of several lines, 0 for a further event of the
    /// line before.
    pub(crate) lines: u32,
    /// How many lines of the run come before it.
    pub(crate) offset: u64,
    /// When, once it is settled.
    pub(crate) micros: Option<i64>,
    /// Its line in the source, from 1.
    pub(crate) log_line: u64,
    /// How many successful logins of its address came before it: what failed before a login is kept apart from what
    /// failed after it.
    pub(crate) logins_before: u32,
    /// Whether its raw line is kept as evidence.
    pub(crate) is_evidence: bool,
}

/// Counts of a run that the parser made.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ChunkNotes {
    pub(crate) bad_utf8: u64,
    pub(crate) cut: u64,
    /// Lines on which the parser failed.
    pub(crate) defects: u64,
}

/// What is remembered of one source.
struct SourceState {
    clock: Clock,
    watermark: Watermark,
    /// Lines before the chunk.
    base: u64,
    /// The item of the chunk that was its last event.
    last_event: Option<usize>,
    /// The last line of the chunk before, where that was an event.
    event_before: Option<OwnedEvent>,
    /// Of each of a container's two streams: whether the last line goes on.
    unfinished: [bool; 2],
    /// Lines on which a parser failed.
    defects: u64,
}

/// The memory of a run.
pub(crate) struct Settle {
    sources: Arc<[Source]>,
    states: Vec<SourceState>,
    sessions: Sessions,
    copies: Copies,
    echoes: Echoes,
    pub(crate) coverage: Coverage,
    pub(crate) faults: Vec<Fault>,
    evidence: Evidence,
    logins: hashbrown::HashMap<IpAddr, u32>,
    hasher: hashbrown::DefaultHashBuilder,
}

impl Settle {
    pub(crate) fn new(sources: Arc<[Source]>, zone: &Zone, evidence: Evidence) -> Self {
        let mut coverage = Coverage::default();
        for source in sources.iter() {
            coverage.sources.push(SourceCoverage::of(&source.name));
        }
        let states = sources
            .iter()
            .zip(lags(&sources))
            .map(|(source, lag)| SourceState {
                clock: Clock::new(zone.clone(), source.first_year).up_to(source.newest),
                watermark: if source.is_last() {
                    Watermark::last()
                } else {
                    Watermark::new(lag)
                },
                base: 0,
                last_event: None,
                event_before: None,
                unfinished: [false; 2],
                defects: 0,
            });
        Self {
            states: states.collect(),
            sessions: Sessions::default(),
            copies: Copies::new(&sources),
            echoes: Echoes::new(&sources),
            sources,
            coverage,
            faults: Vec::new(),
            evidence,
            logins: hashbrown::HashMap::default(),
            hasher: hashbrown::DefaultHashBuilder::default(),
        }
    }

    /// Takes a chunk's first line into view; returns its key, if there is a line.
    pub(crate) fn begin(&mut self, chunk: &mut Chunk) -> Option<i64> {
        let state = &mut self.states[chunk.source];
        state.base = self.coverage.sources[chunk.source].lines;
        state.last_event = None;
        chunk.change(|items, _| (!items.is_empty()).then(|| state.time(items, 0)))
    }

    /// Settles the lines of a chunk whose keys are below the limit, of which the first has this key; returns the key of the
    /// next line, if there is one. Items that are no event in the end are marked as understood.
    pub(crate) fn run(
        &mut self,
        chunk: &mut Chunk,
        micros: i64,
        limit: Option<MergeKey>,
    ) -> Option<i64> {
        let (source, first) = (chunk.source, chunk.settled);
        // A number that no other chunk of the run has.
        let number = (source as u64) << 32 | chunk.number;
        let (settled, next) = chunk.change(|items, arena| {
            let mut micros = micros;
            for index in first..items.len() {
                let place = Place {
                    chunk: number,
                    index,
                };
                let patch = self.settle_one(source, place, micros, items, arena);
                if let Some(Patch { index, source_ip }) = patch
                    && let Reading::Event(event) = &mut items[index].line.reading
                {
                    event.source_ip = Some(source_ip);
                }
                if index + 1 == items.len() {
                    break;
                }
                micros = self.states[source].time(items, index + 1);
                if limit.is_some_and(|limit| limit < MergeKey { micros, source }) {
                    return (index + 1, Some(micros));
                }
            }
            (items.len(), None)
        });
        chunk.settled = settled;
        next
    }

    /// Puts a chunk's end on record, once all of its lines are settled.
    pub(crate) fn finish(&mut self, chunk: &mut Chunk) {
        let index = chunk.source;
        let state = &mut self.states[index];
        let items = chunk.items();
        if let Some(last) = items.last() {
            let is_last = state.last_event == Some(items.len() - 1);
            state.event_before = match &last.line.reading {
                Reading::Event(event) if is_last => Some(OwnedEvent::of(event, &last.line)),
                _ => None,
            };
        }
        state.defects += chunk.notes.defects;
        let coverage = &mut self.coverage.sources[index];
        coverage.bad_utf8 += chunk.notes.bad_utf8;
        coverage.cut += chunk.notes.cut;
        let mut fault = chunk.refused.take();
        if let Some(cause) = chunk.stopped.take() {
            let name = self.sources[index].name.clone();
            let lines = coverage.lines.saturating_sub(u64::from(chunk.is_torn));
            fault = Some(match lines {
                0 => Fault::Unreadable { name, cause },
                _ => Fault::Truncated { name, lines, cause },
            });
        }
        if let Some(fault) = fault {
            coverage.fault = Some(fault.to_string());
            self.faults.push(fault);
        }
    }

    /// How many things are remembered that time makes forgotten: sessions, copies and what may be echoed.
    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.sessions.remembered() + self.copies.remembered() + self.echoes.remembered()
    }

    /// Of each source on whose lines a parser failed: their number.
    pub(crate) fn defects(&self) -> impl Iterator<Item = (&Source, u64)> {
        let sources = self.sources.iter().zip(&self.states);
        sources
            .map(|(source, state)| (source, state.defects))
            .filter(|(_, lines)| *lines > 0)
    }

    fn settle_one<'a>(
        &mut self,
        source: usize,
        place: Place,
        watermark: i64,
        items: &mut [Item<'a>],
        arena: &'a Arena,
    ) -> Option<Patch> {
        let index = place.index;
        self.take_back(source, &mut items[index]);
        if let Reading::Understood(Understood::Repeated(times)) = items[index].line.reading {
            self.repeat(source, times, index, items, arena);
        }
        let item = &mut items[index];
        if let Reading::Event(event) = &item.line.reading
            && event.event_dataset == Dataset::AddressList
            && !self.sources[source].probe.has_lists
        {
            item.line.reading = Reading::Unknown;
        }
        item.log_line = self.states[source].base + item.offset + 1;
        let mut patch = None;
        let mut duplicate = false;
        if matches!(
            item.line.reading,
            Reading::Event(_) | Reading::Understood(Understood::Connection(..))
        ) {
            let head = item.line.head;
            let message = item.line.message;
            let record = Record {
                host_name: head.host_name,
                process_pid: head.process_pid,
                message,
            };
            if let Reading::Event(event) = &mut item.line.reading
                && self
                    .copies
                    .settle(source, item.micros, watermark, &record, event)
            {
                duplicate = true;
            } else {
                let host = host_number(&self.hasher, head.host_name);
                patch = self.sessions.settle(
                    host,
                    process_of(&item.line),
                    Now {
                        micros: item.micros.unwrap_or(0),
                        watermark,
                    },
                    place,
                    &mut item.line.reading,
                );
                if let Reading::Event(event) = &mut item.line.reading {
                    duplicate = self.echoes.settle(item.micros, watermark, event);
                }
            }
        }
        if duplicate {
            item.line.reading = Reading::Understood(Understood::NoAddress);
        } else if let Reading::Event(event) = &item.line.reading {
            self.states[source].last_event = Some(index);
            item.logins_before = self.logins_before(event);
            self.evidence.mark(item);
        }
        self.count(source, item, duplicate);
        patch
    }

    /// Takes back what a line seems to say where it is no line of its own: a further piece of a container's long line, or
    /// a client's imitation in a web server's file.
    fn take_back(&mut self, source: usize, item: &mut Item<'_>) {
        if let Some(piece) = item.line.head.piece {
            let unfinished = &mut self.states[source].unfinished[usize::from(piece.is_stderr)];
            if std::mem::replace(unfinished, piece.goes_on) {
                item.line.reading = Reading::Understood(Understood::Filler);
                return;
            }
        }
        let source = &self.sources[source];
        // Standard input is what somebody put together.
        if source.place != crate::source::Place::Stdin
            && source.probe.web.is_imitation(&item.line, item.raw)
        {
            item.line.reading = Reading::Unknown;
        }
    }

    fn logins_before(&mut self, event: &Event<'_>) -> u32 {
        let Some(ip) = event.source_ip else { return 0 };
        if event.event_action == Action::Login && event.event_outcome == Outcome::Success {
            let logins = self.logins.entry(ip).or_default();
            *logins += 1;
            return *logins - 1;
        }
        if self.logins.is_empty() {
            0
        } else {
            self.logins.get(&ip).copied().unwrap_or(0)
        }
    }

    fn count(&mut self, source: usize, item: &Item<'_>, duplicate: bool) {
        let lines = u64::from(item.lines);
        let coverage = &mut self.coverage.sources[source];
        coverage.lines += lines;
        coverage.note_host(item.line.head.host_name);
        match &item.line.reading {
            Reading::Event(event) => {
                // Of a record of several lines, one is the event and the rest belong to it.
                coverage.events += lines.min(1);
                coverage.understood += lines.saturating_sub(1);
                coverage.note_event(event.event_dataset, item.micros);
            }
            Reading::Understood(understood) => {
                coverage.understood += lines;
                coverage.duplicates += if duplicate { lines } else { 0 };
                match understood {
                    Understood::Filler => coverage.blank += lines,
                    Understood::OtherProgram(program) => self.coverage.note_program(program),
                    _ => {}
                }
            }
            Reading::Unknown => {
                coverage.unknown += lines;
                let name = self.sources[source].name.as_str();
                self.coverage.note_unknown(item.raw, name, item.log_line);
            }
        }
    }

    /// Syslog's `last message repeated N times` tells the event before again: of the same process, so that other lines of its
    /// connection count none of these attempts twice.
    fn repeat<'a>(
        &self,
        source: usize,
        times: u32,
        index: usize,
        items: &mut [Item<'a>],
        arena: &'a Arena,
    ) {
        let state = &self.states[source];
        // Only an event right before, of the same host, is what was repeated: anything between was the last message.
        let host_name = items[index].line.head.host_name;
        let is_of = |of: Option<&str>| host_name.is_none() || host_name == of;
        let before = match index.checked_sub(1) {
            Some(before) => match &items[before].line {
                line @ Line {
                    reading: Reading::Event(event),
                    ..
                } if state.last_event == Some(before) && is_of(line.head.host_name) => {
                    Some((event.clone(), process_of(line)))
                }
                _ => None,
            },
            None => match &state.event_before {
                Some(event) if is_of(event.host_name.as_deref()) => {
                    Some((event.borrow(arena), event.process_pid))
                }
                _ => None,
            },
        };
        if let Some((mut event, process_pid)) = before {
            event.attempts = if event.suspicious { times } else { 0 };
            let line = &mut items[index].line;
            line.head.process_pid = process_pid;
            line.reading = Reading::Event(event);
        }
    }

    /// Says what was assumed about times and bytes.
    pub(crate) fn assumptions(&self, zone: &Zone) -> Vec<Assumption> {
        let mut assumptions = Vec::new();
        if self.states.iter().any(|state| state.clock.assumed_zone) {
            assumptions.push(Assumption::Zone { zone: zone.name() });
        }
        for (index, source) in self.sources.iter().enumerate() {
            let (clock, coverage) = (&self.states[index].clock, &self.coverage.sources[index]);
            let name = || source.name.clone();
            if clock.assumed_year {
                assumptions.push(Assumption::Years {
                    name: name(),
                    first: source.first_year,
                    last: clock.year(),
                });
            }
            if coverage.cut > 0 {
                assumptions.push(Assumption::CutLines {
                    name: name(),
                    lines: coverage.cut,
                });
            }
            if coverage.bad_utf8 > 0 {
                assumptions.push(Assumption::BadUtf8 {
                    name: name(),
                    lines: coverage.bad_utf8,
                });
            }
        }
        assumptions
    }
}

impl SourceState {
    /// Finds the time of a source's next line; returns its key.
    fn time(&mut self, items: &mut [Item<'_>], index: usize) -> i64 {
        let micros = self.clock.resolve(items[index].line.head.stamp);
        items[index].micros = micros;
        if micros
            .is_some_and(|at| self.watermark.is_leap(at) && self.goes_back(at, &items[index..]))
        {
            return self.watermark.micros();
        }
        self.watermark.rise(micros)
    }

    /// Whether one of the next lines goes back from a leap ahead: a clock was wrong for a moment, and must not hold back all that
    /// follows.
    fn goes_back(&self, at: i64, items: &[Item<'_>]) -> bool {
        let mut clock = self.clock.clone();
        items[1..].iter().take(LONGEST_MOMENT).any(|item| {
            let next = clock.resolve(item.line.head.stamp);
            next.is_some_and(|next| Watermark::at(next).is_leap(at))
        })
    }
}

fn host_number(hasher: &hashbrown::DefaultHashBuilder, host_name: Option<&str>) -> u64 {
    use std::hash::BuildHasher;
    host_name.map_or(0, |host| hasher.hash_one(host))
}

/// The process that a line is about. That is not always the one that wrote it: since OpenSSH 9.8 the listener tells of a
/// connection that timed out.
fn process_of(line: &Line<'_>) -> Option<u32> {
    let told = match &line.reading {
        Reading::Event(event) if event.reason == Some(Reason::LoginTimeout) => {
            let process_pid = line.message.trim_end().rsplit_once(", pid = ");
            process_pid.and_then(|(_, process_pid)| process_pid.parse().ok())
        }
        _ => None,
    };
    told.or(line.head.process_pid)
}

/// An event that outlives its run of lines.
#[derive(Clone, Debug)]
struct OwnedEvent {
    event: Event<'static>,
    process_pid: Option<u32>,
    host_name: Option<String>,
    source_domain: Option<String>,
    user_name: Option<String>,
    openssh_auth_method: Option<String>,
    fail2ban_jail: Option<String>,
}

impl OwnedEvent {
    fn of(event: &Event<'_>, line: &Line<'_>) -> Self {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Self {
            event: unborrowed(event),
            process_pid: process_of(line),
            host_name: own(line.head.host_name),
            source_domain: own(event.source_domain),
            user_name: own(event.user_name),
            openssh_auth_method: own(event.openssh_auth_method),
            fail2ban_jail: own(event.fail2ban_jail),
        }
    }

    fn borrow<'a>(&self, arena: &'a Arena) -> Event<'a> {
        let lend = |text: &Option<String>| text.as_deref().map(|text| &*arena.alloc_str(text));
        Event {
            source_domain: lend(&self.source_domain),
            user_name: lend(&self.user_name),
            openssh_auth_method: lend(&self.openssh_auth_method),
            fail2ban_jail: lend(&self.fail2ban_jail),
            ..self.event.clone()
        }
    }
}

/// Copies an event that borrows nothing.
pub(crate) fn unborrowed(event: &Event<'_>) -> Event<'static> {
    let mut copy = Event::new(event.event_dataset, event.event_action, event.event_outcome);
    copy.suspicious = event.suspicious;
    copy.attempts = event.attempts;
    copy.teller = event.teller;
    copy.reason = event.reason;
    copy.source_ip = event.source_ip;
    copy.source_port = event.source_port;
    copy.user_exists = event.user_exists;
    copy.fail2ban_bantime = event.fail2ban_bantime;
    copy.fail2ban_bancount = event.fail2ban_bancount;
    copy
}

//! What needs a memory, in the order of the lines: times, connections, copies, repetitions, and the count of every line.
//!
//! Lines are parsed on many threads and settled one run of lines after the other, so the answer never depends on the
//! number of threads.

mod save;

use std::sync::Arc;

use rapsheet_parse::{Arena, Head, Line, Reading, Understood, tells_of_login};
use rapsheet_schema::{Dataset, Event};

use crate::chunk::Chunk;
use crate::clock::{Clock, Zone};
use crate::coverage::{Coverage, SourceCoverage};
use crate::deduplication::{Copies, Record};
use crate::echo::Echoes;
use crate::evidence::Evidence;
use crate::fail2ban_file::{self, Quotes};
use crate::fault::{Assumption, Fault};
use crate::fingerprint::Fingerprints;
use crate::http_logins::HttpLogins;
use crate::item::{Item, OwnedEvent, process_of};
use crate::logins::{Before, Logins};
use crate::saved::Position;
use crate::session::{Fate, Now, Sessions};
use crate::source::Source;
use crate::waiting::{Held, HeldLine, Wait};
use crate::watermark::{AFTER_ALL, MergeKey, Watermark, lags};

/// So many lines at most are of a clock that was wrong for a moment.
const LONGEST_MOMENT: usize = 256;

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
    /// What of its lines is quoted, in a file of fail2ban's own.
    quotes: Option<Quotes>,
    /// When the fail2ban that writes there was started last.
    fail2ban_start: Option<i64>,
    /// Lines on which a parser failed.
    defects: u64,
    /// Where its next chunk stands.
    position: Position,
    /// The first item of the chunk that this reader settles.
    first: usize,
}

/// The memory of a run.
pub(crate) struct Resolver {
    sources: Arc<[Source]>,
    states: Vec<SourceState>,
    sessions: Sessions,
    copies: Copies,
    echoes: Echoes,
    http_logins: HttpLogins,
    pub(crate) coverage: Coverage,
    pub(crate) faults: Vec<Fault>,
    evidence: Evidence,
    pub(crate) logins: Logins,
    fingerprints: Fingerprints,
    /// Lines that were taken out of their chunks and are decided.
    late: Vec<HeldLine>,
    /// Whether raw lines are asked for.
    keeps_raw: bool,
}

impl Resolver {
    pub(crate) fn new(
        sources: Arc<[Source]>,
        zone: &Zone,
        evidence: Evidence,
        keeps_raw: bool,
        fingerprints: Fingerprints,
    ) -> Self {
        let mut coverage = Coverage::default();
        for source in sources.iter() {
            coverage.sources.push(SourceCoverage::of(&source.name));
        }
        let states = sources
            .iter()
            .zip(lags(&sources))
            .map(|(source, lag)| SourceState {
                clock: Clock::new(zone.clone(), source.first_year)
                    .up_to(source.newest)
                    .skewed(source.skew),
                watermark: if source.is_last() {
                    Watermark::last()
                } else {
                    Watermark::new(lag)
                },
                base: 0,
                last_event: None,
                event_before: None,
                unfinished: [false; 2],
                quotes: source.probe.fail2ban_file.quotes(),
                fail2ban_start: None,
                defects: 0,
                position: Position::default(),
                first: 0,
            });
        Self {
            states: states.collect(),
            sessions: Sessions::new(fingerprints.clone()),
            copies: Copies::new(&sources, fingerprints.clone()),
            echoes: Echoes::new(&sources, fingerprints.clone()),
            http_logins: HttpLogins::new(fingerprints.clone()),
            sources,
            coverage,
            faults: Vec::new(),
            evidence,
            logins: Logins::new(fingerprints.clone()),
            fingerprints,
            late: Vec::new(),
            keeps_raw,
        }
    }

    /// Tells which time is asked for.
    pub(crate) fn of_time(mut self, since: Option<i64>, until: Option<i64>) -> Self {
        self.logins.of_time(since, until);
        self
    }

    /// Takes a chunk's first line into view; returns its key, if there is a line.
    pub(crate) fn begin(&mut self, chunk: &mut Chunk) -> Option<i64> {
        let state = &mut self.states[chunk.source];
        // Of a chunk that is read again, some lines are settled.
        state.first = chunk.settled;
        if chunk.settled == 0 {
            state.base = self.coverage.sources[chunk.source].lines;
        }
        state.last_event = None;
        state.position = Position {
            bytes: chunk.position,
            chunk: chunk.number,
            items: chunk.settled,
        };
        let first = chunk.settled;
        chunk.change(|items, arena| (first < items.len()).then(|| state.time(items, first, arena)))
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
        let (settled, next) = chunk.change(|items, arena| {
            let mut micros = micros;
            let mut end = (items.len(), None);
            for index in first..items.len() {
                self.settle_one(source, index, micros, items, arena);
                if index + 1 == items.len() {
                    break;
                }
                micros = self.states[source].time(items, index + 1, arena);
                if limit.is_some_and(|limit| limit < MergeKey { micros, source }) {
                    end = (index + 1, Some(micros));
                    break;
                }
            }
            self.sessions.leave(items, source, self.keeps_raw);
            end
        });
        chunk.settled = settled;
        self.states[source].position.items = settled;
        next
    }

    /// Puts a chunk's end on record, once all of its lines are settled.
    pub(crate) fn finish(&mut self, chunk: &mut Chunk) {
        let index = chunk.source;
        let state = &mut self.states[index];
        let items = chunk.items();
        state.position = Position {
            bytes: chunk.end,
            chunk: chunk.number + 1,
            items: 0,
        };
        if let Some(last) = items.get(state.first..).and_then(<[_]>::last) {
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

    /// Puts what is settled of an unfinished chunk on record, so that it can be read again from its next line.
    pub(crate) fn interrupt(&mut self, chunk: &Chunk) {
        let state = &mut self.states[chunk.source];
        let items = &chunk.items()[state.first..chunk.settled];
        if let Some(last) = items.last() {
            let is_last = state.last_event == Some(chunk.settled - 1);
            state.event_before = match &last.line.reading {
                Reading::Event(event) if is_last => Some(OwnedEvent::of(event, &last.line)),
                _ => None,
            };
        }
    }

    /// How far a source was read, and the key that its next line has at least.
    pub(crate) fn come_to(&self, source: usize) -> (Position, i64) {
        let state = &self.states[source];
        (state.position, state.watermark.micros())
    }

    /// How many things are remembered that time makes forgotten: sessions, copies and what may be echoed.
    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.sessions.remembered()
            + self.copies.remembered()
            + self.echoes.remembered()
            + self.http_logins.remembered()
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
        index: usize,
        watermark: i64,
        items: &mut [Item<'a>],
        arena: &'a Arena,
    ) {
        while self.sessions.expire(watermark) {
            self.tell_decided(watermark, source, items);
        }
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
        let (mut fate, mut duplicate) = (Fate::Told, false);
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
                let host = head.host_name.map_or(0, |host| self.fingerprints.of(host));
                fate = self.sessions.settle(
                    host,
                    process_of(&item.line),
                    Now {
                        micros: item.micros.unwrap_or(0),
                        watermark,
                    },
                    index,
                    &mut item.line.reading,
                );
                if self.sessions.has_decided() {
                    self.tell_decided(watermark, source, items);
                }
            }
        } else if fail2ban_file::is_start(&item.line) {
            self.states[source].fail2ban_start = item.micros;
        }
        let item = &mut items[index];
        if fate == Fate::Told && !duplicate {
            duplicate = self.tell(source, watermark, item);
        }
        // A line that waits for its address counts as one about nobody until it has one.
        let is_nobodys = match &item.line.reading {
            Reading::Event(event) => fate == Fate::Waits && is_about_nobody(event),
            _ => false,
        };
        if duplicate || fate == Fate::Nobody {
            item.line.reading = Reading::Understood(Understood::NoAddress);
        } else if !is_nobodys && matches!(item.line.reading, Reading::Event(_)) {
            self.states[source].last_event = Some(index);
        }
        self.count(source, item, duplicate, is_nobodys);
    }

    /// Notes an event that is told; returns whether another log told of it.
    fn tell(&mut self, source: usize, watermark: i64, item: &mut Item<'_>) -> bool {
        let Reading::Event(event) = &mut item.line.reading else {
            return false;
        };
        let start = self.states[source].fail2ban_start;
        let duplicate = self.echoes.settle(item.micros, watermark, start, event);
        self.http_logins.settle(watermark, event);
        if !duplicate {
            let host_name = item.line.head.host_name;
            item.before = self.logins.note(host_name, item.micros, event);
            item.is_evidence = self.evidence.keeps(item.micros, event);
        }
        duplicate
    }

    /// Tells of the lines whose wait is over. They stand among these items of a source, or outside of any chunk.
    fn tell_decided(&mut self, watermark: i64, source: usize, items: &mut [Item<'_>]) {
        let decided = self.sessions.take_decided();
        for number in &decided {
            let Some((wait, held)) = self.sessions.take(*number) else {
                continue;
            };
            match held {
                Held::Here(index) => {
                    let item = &mut items[index];
                    let Reading::Event(event) = &mut item.line.reading else {
                        continue;
                    };
                    wait.put(event);
                    let place = (source, item.line.head.host_name, item.micros);
                    match self.tell_late(watermark, place, &wait, event) {
                        Some(told) => (item.before, item.is_evidence) = told,
                        None => item.line.reading = Reading::Understood(Understood::NoAddress),
                    }
                }
                Held::Out(mut line) => {
                    line.put(&wait);
                    let host_name = line.event.host_name.as_deref();
                    let place = (line.source, host_name, line.micros);
                    let told = self.tell_late(watermark, place, &wait, &mut line.event.view());
                    if let Some(told) = told {
                        (line.before, line.is_evidence) = told;
                        self.late.push(*line);
                    }
                }
                Held::Nowhere => {}
            }
        }
        self.sessions.give_back(decided);
    }

    /// Notes a line that waited, where it turned out to be about somebody.
    fn tell_late(
        &mut self,
        watermark: i64,
        (source, host_name, micros): (usize, Option<&str>, Option<i64>),
        wait: &Wait,
        event: &mut Event<'_>,
    ) -> Option<(Before, bool)> {
        if is_about_nobody(event) {
            return None;
        }
        if wait.was_about_nobody {
            let coverage = &mut self.coverage.sources[source];
            coverage.understood -= 1;
            coverage.events += 1;
            coverage.note_event(event.event_dataset, micros);
        }
        self.echoes.settle(micros, watermark, None, event);
        let before = self.logins.note(host_name, micros, event);
        Some((before, self.evidence.keeps(micros, event)))
    }

    /// Decides about all lines that wait: no more is to come.
    pub(crate) fn end_waits(&mut self) {
        self.sessions.expire_all();
        self.tell_decided(AFTER_ALL, 0, &mut []);
    }

    /// Hands out the lines that were taken out of their chunks and are decided.
    pub(crate) fn take_late(&mut self) -> Vec<HeldLine> {
        std::mem::take(&mut self.late)
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

    fn count(&mut self, source: usize, item: &Item<'_>, duplicate: bool, is_nobodys: bool) {
        let lines = u64::from(item.lines);
        let coverage = &mut self.coverage.sources[source];
        coverage.lines += lines;
        coverage.note_host(item.line.head.host_name);
        match &item.line.reading {
            Reading::Event(_) if is_nobodys => coverage.understood += lines,
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
                    Understood::NoAddress if !duplicate && self.sources[source].is_database() => {
                        coverage.note_no_address(item.raw);
                    }
                    Understood::OtherProgram(program) => {
                        if program.contains("ssh") && tells_of_login(item.raw) {
                            coverage.note_unread_login(lines, item.raw);
                        }
                        self.coverage.note_program(program);
                    }
                    _ => {}
                }
            }
            Reading::Unknown => {
                coverage.unknown += lines;
                // What stands in a web server's own file is its clients' text.
                if tells_of_login(item.raw) && !self.sources[source].probe.web.is_alone() {
                    coverage.note_unread_login(lines, item.raw);
                }
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
        let before = match index.checked_sub(1).filter(|before| *before >= state.first) {
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
            if let (rows @ 1.., names) = &coverage.no_addresses {
                assumptions.push(Assumption::NoAddresses {
                    name: name(),
                    rows: *rows,
                    names: names.clone(),
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

/// Whether an event's peer is told by no line so far.
fn is_about_nobody(event: &Event<'_>) -> bool {
    event.source_ip.is_none() && event.source_domain.is_none()
}

impl SourceState {
    /// Finds the time of a source's next line; returns its key.
    #[inline]
    fn time<'a>(&mut self, items: &mut [Item<'a>], index: usize, arena: &'a Arena) -> i64 {
        if let Some(quotes) = &mut self.quotes
            && quotes.is_quoted(&items[index].line, items[index].raw, arena)
        {
            let item = &mut items[index];
            item.line = Line {
                head: Head::default(),
                reading: Reading::Understood(Understood::Filler),
                message: item.raw,
            };
        }
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
    #[cold]
    fn goes_back(&self, at: i64, items: &[Item<'_>]) -> bool {
        let mut clock = self.clock.clone();
        items[1..].iter().take(LONGEST_MOMENT).any(|item| {
            let next = clock.resolve(item.line.head.stamp);
            next.is_some_and(|next| Watermark::at(next).is_leap(at))
        })
    }
}

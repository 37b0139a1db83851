//! What needs a memory, in the order of the lines: times, connections, copies, repetitions, and the count of every line.
//!
//! Lines are parsed on many threads and settled one run of lines after the other, so the answer never depends on the
//! number of threads.

use rapsheet_parse::{Arena, Line, Reading, Understood};
use rapsheet_schema::{Dataset, Event, Reason};

use crate::clock::{Clock, Zone};
use crate::connection::{Connections, Patch, Place};
use crate::copies::{Copies, Record};
use crate::coverage::{Coverage, SourceCoverage};
use crate::fault::{Assumption, Fault};
use crate::logins::{Before, Logins};
use crate::probe::Kind;
use crate::source::Source;
use crate::told::Told;

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
    /// What its address and its network did before it.
    pub(crate) before: Before,
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

/// The memory of a run.
pub(crate) struct Settle<'s> {
    sources: &'s [Source],
    /// The run of lines whose turn it is.
    pub(crate) turn: u64,
    clocks: Vec<Clock>,
    connections: Connections,
    copies: Copies,
    told: Told,
    pub(crate) coverage: Coverage,
    pub(crate) faults: Vec<Fault>,
    /// Of each source: lines on which a parser failed.
    pub(crate) defects: Vec<u64>,
    last_event: Option<(usize, OwnedEvent)>,
    /// Of each source and each of a container's two streams: whether the last line goes on.
    unfinished: Vec<[bool; 2]>,
    logins: Logins,
    hasher: hashbrown::DefaultHashBuilder,
}

impl<'s> Settle<'s> {
    pub(crate) fn new(sources: &'s [Source], zone: &Zone) -> Self {
        let has = |dataset| {
            sources
                .iter()
                .any(|source| source.probe.dataset == Some(dataset))
        };
        let repeated = has(Dataset::Fail2banDatabase) || has(Dataset::Fail2banStatus);
        // A syslog or a journal may hold fail2ban's lines beside sshd's. Those of one source alone are met in time
        // (`told.rs`); a journal that cannot be looked into may hold what repeats another source.
        let watched = repeated
            || sources.iter().any(|source| {
                source.probe.fail2ban
                    || source.probe.kind == Kind::JournalExport
                    || source.place == crate::source::Place::Stdin
                    || source.place == crate::source::Place::Journal && sources.len() > 1
            });
        let logs_errors = has(Dataset::ApacheError) || has(Dataset::NginxError);
        let mut coverage = Coverage::default();
        for source in sources {
            coverage.sources.push(SourceCoverage::of(&source.name));
        }
        Self {
            sources,
            turn: 0,
            clocks: sources
                .iter()
                .map(|source| Clock::new(zone.clone(), source.first_year).up_to(source.newest))
                .collect(),
            connections: Connections::default(),
            copies: Copies::new(sources),
            told: Told::new(watched, repeated, logs_errors),
            coverage,
            faults: Vec::new(),
            defects: vec![0; sources.len()],
            last_event: None,
            unfinished: vec![[false; 2]; sources.len()],
            logins: Logins::default(),
            hasher: hashbrown::DefaultHashBuilder::default(),
        }
    }

    /// Settles a run of lines: items that are no event in the end are marked as understood.
    pub(crate) fn run<'a>(
        &mut self,
        chunk: u64,
        source: usize,
        items: &mut [Item<'a>],
        notes: ChunkNotes,
        arena: &'a Arena,
    ) {
        let base = self.coverage.sources[source].lines;
        let mut last_event = None;
        for index in 0..items.len() {
            let patch = self.settle_one(chunk, source, base, index, items, &mut last_event, arena);
            if let Some(Patch { index, source_ip }) = patch
                && let Reading::Event(event) = &mut items[index].line.reading
            {
                event.source_ip = Some(source_ip);
            }
        }
        if let Some(last) = items.last() {
            let is_last = last_event == Some(items.len() - 1);
            self.last_event = match &last.line.reading {
                Reading::Event(event) if is_last => {
                    Some((source, OwnedEvent::of(event, &last.line)))
                }
                _ => None,
            };
        }
        let coverage = &mut self.coverage.sources[source];
        coverage.bad_utf8 += notes.bad_utf8;
        coverage.cut += notes.cut;
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one line's whole context, used in one place"
    )]
    fn settle_one<'a>(
        &mut self,
        chunk: u64,
        source: usize,
        base: u64,
        index: usize,
        items: &mut [Item<'a>],
        last_event: &mut Option<usize>,
        arena: &'a Arena,
    ) -> Option<Patch> {
        self.take_back(source, &mut items[index]);
        if let Reading::Understood(Understood::Repeated(times)) = items[index].line.reading {
            self.repeat(source, times, index, items, *last_event, arena);
        }
        let item = &mut items[index];
        if let Reading::Event(event) = &item.line.reading
            && event.event_dataset == Dataset::AddressList
            && !self.sources[source].probe.has_lists
        {
            item.line.reading = Reading::Unknown;
        }
        item.log_line = base + item.offset + 1;
        item.micros = self.clocks[source].resolve(item.line.head.stamp);
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
                && self.copies.settle(source, item.micros, &record, event)
            {
                duplicate = true;
            } else {
                let host = host_number(&self.hasher, head.host_name);
                let place = Place { chunk, index };
                patch = self.connections.settle(
                    host,
                    process_of(&item.line),
                    item.micros.unwrap_or(0),
                    place,
                    &mut item.line.reading,
                );
                if let Reading::Event(event) = &mut item.line.reading {
                    duplicate = self.told.settle(item.micros, event);
                }
            }
        }
        if duplicate {
            item.line.reading = Reading::Understood(Understood::NoAddress);
        } else if let Reading::Event(event) = &item.line.reading {
            *last_event = Some(index);
            item.before = self.logins.note(event);
        }
        self.count(source, item, duplicate);
        patch
    }

    /// Takes back what a line seems to say where it is no line of its own: a further piece of a container's long line, or
    /// a client's imitation in a web server's file.
    fn take_back(&mut self, source: usize, item: &mut Item<'_>) {
        if let Some(piece) = item.line.head.piece {
            let unfinished = &mut self.unfinished[source][usize::from(piece.is_stderr)];
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
        last_event: Option<usize>,
        arena: &'a Arena,
    ) {
        // Only an event right before, of the same host, is what was repeated: anything between was the last message.
        let host_name = items[index].line.head.host_name;
        let is_of = |of: Option<&str>| host_name.is_none() || host_name == of;
        let before = match index.checked_sub(1) {
            Some(before) => match &items[before].line {
                line @ Line {
                    reading: Reading::Event(event),
                    ..
                } if last_event == Some(before) && is_of(line.head.host_name) => {
                    Some((event.clone(), process_of(line)))
                }
                _ => None,
            },
            None => match &self.last_event {
                Some((of, event)) if *of == source && is_of(event.host_name.as_deref()) => {
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

    /// Notes a source's end, or that nothing of it could be read.
    pub(crate) fn fault(&mut self, source: usize, fault: Fault) {
        self.coverage.sources[source].fault = Some(fault.to_string());
        self.faults.push(fault);
    }

    /// Says what was assumed about times and bytes.
    pub(crate) fn assumptions(&self, zone: &Zone) -> Vec<Assumption> {
        let mut assumptions = Vec::new();
        if self.clocks.iter().any(|clock| clock.assumed_zone) {
            assumptions.push(Assumption::Zone { zone: zone.name() });
        }
        for (index, source) in self.sources.iter().enumerate() {
            let (clock, coverage) = (&self.clocks[index], &self.coverage.sources[index]);
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

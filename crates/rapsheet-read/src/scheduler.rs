//! The scheduler gives each thread its next piece of work: to merge, or to read and parse a chunk of a source that the merge
//! needs soon. It opens a source when the merge comes to its time, and a few ahead, so that no more files are open than
//! overlap in time.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read};
use std::path::PathBuf;

use crate::chunk::{Chunk, Spare};
use crate::enclosed::Envelope;
use crate::fault::Fault;
use crate::journal::Journal;
use crate::merge::Merge;
use crate::probe::Kind;
use crate::saved::Position;
use crate::source::{Pipes, Place, Source};
use crate::stream::{self, Boundary, Chunks};

/// What `fail2ban-client` prints is read whole, up to this size.
const LARGEST_STATUS: u64 = 64 * 1024 * 1024;
/// Files that stay open between two reads. Beyond that, each read opens its file anew: systems allow 256 open files or more.
const MOST_HANDLES: usize = 96;

/// What is to be parsed.
pub(crate) enum Content {
    /// Whole lines.
    Lines(stream::Chunk),
    /// Whole records of the journal's export format.
    Export(stream::Chunk),
    /// All that `fail2ban-client` printed.
    Status(Vec<u8>),
    /// fail2ban's database.
    Database(PathBuf),
    /// Nothing could be read.
    Nothing(Fault),
}

/// An open source.
pub(crate) struct Stream {
    chunks: Chunks,
    kind: Kind,
    journal: Option<Journal>,
}

/// A source's stream, as the scheduler sees it.
enum Lane {
    /// Nobody has opened it.
    Unopened,
    /// It waits for somebody to read on.
    Idle(Box<Stream>),
    /// A thread opens it or reads from it.
    Busy,
    /// It was read to its end.
    Ended,
}

/// Chunks of one source on their way from its stream to the merge.
struct Queue {
    lane: Lane,
    parsed: BTreeMap<u64, Chunk>,
    /// The number of the next chunk that is read.
    next_read: u64,
    /// The number of the next chunk that is merged.
    next_merged: u64,
    /// Chunks that a thread parses.
    parsing: usize,
    /// Where it is read on.
    from: Position,
    /// Whether it stands in the list of those that may be read ahead.
    is_hungry: bool,
}

impl Queue {
    fn ahead(&self) -> usize {
        self.parsed.len() + self.parsing
    }

    /// Whether the merge has taken nothing of it.
    const fn is_untouched(&self) -> bool {
        self.next_merged == self.from.chunk
    }

    fn is_drained(&self) -> bool {
        matches!(self.lane, Lane::Ended) && self.ahead() == 0
    }
}

/// What a thread does next.
pub(crate) enum Job {
    /// Merge, now that the chunk has come for which the merge waited; `None` is the end of that source.
    Merge(Box<Merge>, Option<Chunk>),
    /// Open a source where it was read up to, and read its next chunk; whether to keep no handle between reads.
    Open(usize, Position, bool, Spare),
    /// Read and parse a source's next chunk.
    Read(usize, Box<Stream>, Spare),
    /// Wait for others.
    Wait,
    /// There is no more to do.
    Stop,
}

/// What opening or reading gave.
pub(crate) struct Took {
    pub(crate) content: Option<Content>,
    /// How many unpacked bytes come before it, and before what follows it.
    pub(crate) position: u64,
    pub(crate) end: u64,
    /// The stream, where more is to come.
    pub(crate) stream: Option<Box<Stream>>,
}

/// Who reads what next.
pub(crate) struct Scheduler {
    queues: Vec<Queue>,
    /// The merge, while no thread has it.
    merge: Option<Box<Merge>>,
    /// The source whose chunk the merge waits for.
    wanted: Option<usize>,
    /// Sources that may be read ahead.
    hungry: VecDeque<usize>,
    /// The order in which sources are opened, and how many of them were.
    order: Vec<usize>,
    opened: usize,
    /// Sources that the merge has come to, and that have more to come.
    active: usize,
    /// Streams that cannot be opened twice.
    pipes: Pipes,
    spares: Vec<Spare>,
    threads: usize,
    /// Chunks that may still be merged before everybody stops.
    allowance: u64,
    failed: bool,
    /// Sources that are open, now and at most.
    open: usize,
    pub(crate) most_open: usize,
}

impl Scheduler {
    pub(crate) fn new(merge: Box<Merge>, pipes: Pipes, threads: usize) -> Self {
        let queue = |source| {
            let (from, _) = merge.resolver.come_to(source);
            Queue {
                lane: Lane::Unopened,
                parsed: BTreeMap::new(),
                next_read: from.chunk,
                next_merged: from.chunk,
                parsing: 0,
                from,
                is_hungry: false,
            }
        };
        Self {
            queues: (0..merge.order().len()).map(queue).collect(),
            order: merge.order().to_vec(),
            wanted: merge.wanted(),
            merge: Some(merge),
            hungry: VecDeque::new(),
            opened: 0,
            active: 0,
            pipes,
            spares: Vec::new(),
            threads,
            allowance: 0,
            failed: false,
            open: 0,
            most_open: 0,
        }
    }

    /// Allows so many chunks more to be merged.
    pub(crate) const fn allow(&mut self, chunks: u64) {
        self.allowance = chunks;
    }

    /// Makes everybody stop: a thread failed.
    pub(crate) const fn fail(&mut self) {
        self.failed = true;
    }

    /// The merge, while no thread works.
    pub(crate) fn merge(&mut self) -> Option<&mut Merge> {
        self.merge.as_deref_mut()
    }

    pub(crate) fn into_merge(self) -> Option<Box<Merge>> {
        self.merge
    }

    /// Finds the next piece of work.
    pub(crate) fn next_job(&mut self) -> Job {
        if self.failed || self.allowance == 0 {
            return Job::Stop;
        }
        let Some(wanted) = self.wanted else {
            return if self.merge.is_some() {
                Job::Stop
            } else {
                self.read_ahead()
            };
        };
        let queue = &mut self.queues[wanted];
        let number = queue.next_merged;
        if self.merge.is_some() && (queue.parsed.contains_key(&number) || queue.is_drained()) {
            let chunk = queue.parsed.remove(&number);
            queue.next_merged += u64::from(chunk.is_some());
            self.wanted = None;
            self.make_hungry(wanted);
            if let Some(merge) = self.merge.take() {
                return Job::Merge(merge, chunk);
            }
        }
        if self.queues[wanted].ahead() == 0
            && let Some(job) = self.read(wanted)
        {
            return job;
        }
        self.read_ahead()
    }

    /// Reads from a source that runs dry soon, or opens one to which the merge comes soon.
    fn read_ahead(&mut self) -> Job {
        while let Some(source) = self.hungry.pop_front() {
            self.queues[source].is_hungry = false;
            if self.has_room(source)
                && let Some(job) = self.read(source)
            {
                return job;
            }
        }
        let waiting = |source: &&usize| matches!(self.queues[**source].lane, Lane::Unopened);
        while self.opened < self.order.len()
            && self.order.get(self.opened).filter(waiting).is_none()
        {
            self.opened += 1;
        }
        let ahead = self.order[..self.opened]
            .iter()
            .rev()
            .take(self.threads + 1)
            .filter(|source| self.queues[**source].is_untouched())
            .filter(|source| !self.queues[**source].is_drained())
            .count();
        if ahead < self.threads
            && let Some(source) = self.order.get(self.opened).copied()
            && let Some(job) = self.read(source)
        {
            return job;
        }
        Job::Wait
    }

    fn has_room(&self, source: usize) -> bool {
        let depth = (self.threads / self.active.max(1)).max(1);
        self.queues[source].ahead() < depth
    }

    fn make_hungry(&mut self, source: usize) {
        let has_room = self.has_room(source);
        let queue = &mut self.queues[source];
        if has_room && !queue.is_hungry && matches!(queue.lane, Lane::Idle(_)) {
            queue.is_hungry = true;
            self.hungry.push_back(source);
        }
    }

    /// Takes a source's stream for a read, if nobody has it.
    fn read(&mut self, source: usize) -> Option<Job> {
        let queue = &mut self.queues[source];
        let job = match std::mem::replace(&mut queue.lane, Lane::Busy) {
            Lane::Unopened => {
                let parked = self.open >= MOST_HANDLES;
                self.open += 1;
                self.most_open = self.most_open.max(self.open);
                Job::Open(source, queue.from, parked, Spare::default())
            }
            Lane::Idle(stream) => Job::Read(source, stream, Spare::default()),
            lane => {
                queue.lane = lane;
                return None;
            }
        };
        queue.parsing += 1;
        Some(match job {
            Job::Open(source, from, parked, _) => Job::Open(source, from, parked, self.spare()),
            Job::Read(source, stream, _) => Job::Read(source, stream, self.spare()),
            job => job,
        })
    }

    fn spare(&mut self) -> Spare {
        self.spares.pop().unwrap_or_default()
    }

    /// Takes back the memory of a chunk that is done.
    pub(crate) fn take_spare(&mut self, spare: Spare) {
        if self.spares.len() <= self.threads {
            self.spares.push(spare);
        }
    }

    /// Hands out the stream of a source that cannot be opened twice.
    pub(crate) fn take_pipe(&mut self, name: &str) -> Option<Box<dyn Read + Send>> {
        self.pipes.remove(name)
    }

    /// Takes a stream back from the thread that read; returns the number of the chunk that it read.
    pub(crate) fn has_read(
        &mut self,
        source: usize,
        stream: Option<Box<Stream>>,
        any: bool,
    ) -> u64 {
        let queue = &mut self.queues[source];
        if let Some(stream) = stream {
            queue.lane = Lane::Idle(stream);
        } else {
            queue.lane = Lane::Ended;
            self.open -= 1;
        }
        let number = queue.next_read;
        queue.next_read += u64::from(any);
        queue.parsing -= usize::from(!any);
        self.make_hungry(source);
        number
    }

    /// Takes a parsed chunk.
    pub(crate) fn has_parsed(&mut self, chunk: Chunk) {
        let queue = &mut self.queues[chunk.source];
        queue.parsing -= 1;
        queue.parsed.insert(chunk.number, chunk);
    }

    /// Takes the merge back from the thread that merged, and notes how many chunks are done.
    pub(crate) fn has_merged(&mut self, merge: Box<Merge>, chunks: u64) {
        self.allowance = self.allowance.saturating_sub(chunks);
        self.wanted = merge.wanted();
        self.active = merge.active();
        self.merge = Some(merge);
    }
}

/// Opens a source, up to what was read of it before.
fn open(
    source: &Source,
    pipe: Option<Box<dyn Read + Send>>,
    parked: bool,
    chunk_bytes: &dyn Fn(Boundary) -> usize,
) -> Result<Result<Box<Stream>, Content>, Fault> {
    let refuse = |cause| Fault::Unreadable {
        name: source.name.clone(),
        cause,
    };
    let mut journal = None;
    let stream: Box<dyn Read + Send> = match (&source.place, pipe) {
        (Place::File(path), _) if source.probe.kind == Kind::Database => {
            return Ok(Err(Content::Database(path.clone())));
        }
        (Place::File(_) | Place::Stdin, Some(pipe)) => pipe,
        (Place::File(path), None) if parked => {
            stream::open_parked(path, source.seen).map_err(refuse)?
        }
        (Place::File(path), None) => stream::open(path, source.seen).map_err(refuse)?,
        (Place::Stdin, None) => Box::new(io::empty()),
        (Place::Journal, _) => {
            let (opened, stream) = Journal::open()?;
            journal = Some(opened);
            stream
        }
    };
    let boundary = match source.probe.kind {
        Kind::Status => {
            let mut text = Vec::new();
            stream
                .take(LARGEST_STATUS)
                .read_to_end(&mut text)
                .map_err(refuse)?;
            return Ok(Err(Content::Status(text)));
        }
        Kind::JournalExport => Boundary::JournalRecord,
        Kind::Lines | Kind::Database => match source.probe.envelope() {
            Envelope::None if source.probe.web.is_nginx_error() => Boundary::NginxRecord,
            Envelope::None => Boundary::Line,
            envelope => Boundary::Enclosed(envelope),
        },
    };
    Ok(Ok(Box::new(Stream {
        chunks: Chunks::new(stream, boundary, chunk_bytes(boundary)),
        kind: source.probe.kind,
        journal,
    })))
}

/// Opens a source and reads its first chunk.
pub(crate) fn take_first(
    source: &Source,
    pipe: Option<Box<dyn Read + Send>>,
    from: Position,
    parked: bool,
    overlapping: usize,
    buffer: Vec<u8>,
) -> Took {
    // What is read in one piece was read whole.
    if from.chunk > 0 && matches!(source.probe.kind, Kind::Status | Kind::Database) {
        return Took {
            content: None,
            position: from.bytes,
            end: from.bytes,
            stream: None,
        };
    }
    let chunk_bytes = |boundary| stream::chunk_bytes(overlapping, boundary);
    let content = match open(source, pipe, parked, &chunk_bytes) {
        Ok(Ok(mut stream)) => match stream.chunks.skip(from.bytes) {
            Ok(()) => return stream.take_next(buffer),
            Err(cause) => Content::Nothing(Fault::Unreadable {
                name: source.name.clone(),
                cause,
            }),
        },
        Ok(Err(content)) => content,
        Err(fault) => Content::Nothing(fault),
    };
    Took {
        content: Some(content),
        position: from.bytes,
        end: from.bytes,
        stream: None,
    }
}

impl Stream {
    /// Reads the next chunk.
    pub(crate) fn take_next(mut self: Box<Self>, buffer: Vec<u8>) -> Took {
        let position = self.chunks.position();
        if let Some(chunk) = self.chunks.next_chunk(buffer) {
            let content = match self.kind {
                Kind::JournalExport => Content::Export(chunk),
                _ => Content::Lines(chunk),
            };
            // Nothing is kept open that has nothing more to say, but journalctl has not told yet how it ended.
            let is_done = self.chunks.is_ended() && self.journal.is_none();
            return Took {
                content: Some(content),
                position,
                end: self.chunks.position(),
                stream: (!is_done).then_some(self),
            };
        }
        let fault = self.journal.take().and_then(Journal::finish);
        Took {
            content: fault.map(Content::Nothing),
            position,
            end: position,
            stream: None,
        }
    }
}

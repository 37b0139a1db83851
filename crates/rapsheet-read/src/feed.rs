//! Hands out the sources' bytes, run of lines by run of lines, in the order in which they are to be settled.

use std::io::{self, Read};
use std::path::PathBuf;

use crate::fault::Fault;
use crate::journal::Journal;
use crate::probe::Kind;
use crate::source::{Place, Source};
use crate::stream::{self, Boundary, Chunk, Chunks};

/// What `fail2ban-client` prints is read whole, up to this size.
const LARGEST_STATUS: u64 = 64 * 1024 * 1024;

/// A piece of work: where it stands in the order of all, and which source it is of.
pub(crate) struct Unit {
    pub(crate) turn: u64,
    pub(crate) source: usize,
    pub(crate) content: Content,
}

/// What is to be read.
pub(crate) enum Content {
    /// Whole lines.
    Lines(Chunk),
    /// Whole records of the journal's export format.
    Export(Chunk),
    /// All that `fail2ban-client` printed.
    Status(String),
    /// fail2ban's database.
    Database(PathBuf),
    /// Nothing could be read.
    Nothing(Fault),
}

/// The sources, opened one after the other.
pub(crate) struct Feed<'a> {
    sources: &'a [Source],
    stdin: Option<Box<dyn Read + Send>>,
    next_source: usize,
    open: Option<(usize, Chunks, Kind)>,
    journal: Option<Journal>,
    turn: u64,
}

impl<'a> Feed<'a> {
    pub(crate) const fn new(sources: &'a [Source], stdin: Option<Box<dyn Read + Send>>) -> Self {
        Self {
            sources,
            stdin,
            next_source: 0,
            open: None,
            journal: None,
            turn: 0,
        }
    }

    /// Returns the next piece of work; `buffer` is used again for its bytes.
    pub(crate) fn next_unit(&mut self, buffer: Vec<u8>) -> Option<Unit> {
        let mut buffer = buffer;
        loop {
            if let Some((source, chunks, kind)) = &mut self.open {
                let (source, kind) = (*source, *kind);
                if let Some(chunk) = chunks.next_chunk(std::mem::take(&mut buffer)) {
                    let content = if kind == Kind::JournalExport {
                        Content::Export(chunk)
                    } else {
                        Content::Lines(chunk)
                    };
                    return Some(self.unit(source, content));
                }
                self.open = None;
                if let Some(fault) = self.journal.take().and_then(Journal::finish) {
                    return Some(self.unit(source, Content::Nothing(fault)));
                }
                continue;
            }
            let index = self.next_source;
            let source = self.sources.get(index)?;
            self.next_source += 1;
            match self.begin(index, source) {
                Ok(Some(content)) => return Some(self.unit(index, content)),
                Ok(None) => {}
                Err(fault) => return Some(self.unit(index, Content::Nothing(fault))),
            }
        }
    }

    const fn unit(&mut self, source: usize, content: Content) -> Unit {
        self.turn += 1;
        Unit {
            turn: self.turn - 1,
            source,
            content,
        }
    }

    fn begin(&mut self, index: usize, source: &Source) -> Result<Option<Content>, Fault> {
        let refuse = |cause| Fault::Unreadable {
            name: source.name.clone(),
            cause,
        };
        let stream: Box<dyn Read + Send> = match &source.place {
            Place::File(path) if source.probe.kind == Kind::Database => {
                return Ok(Some(Content::Database(path.clone())));
            }
            Place::File(path) => stream::open(path).map_err(refuse)?,
            Place::Stdin => self.stdin.take().unwrap_or_else(|| Box::new(io::empty())),
            Place::Journal => {
                let (journal, stream) = Journal::open()?;
                self.journal = Some(journal);
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
                return Ok(Some(Content::Status(
                    String::from_utf8_lossy(&text).into_owned(),
                )));
            }
            Kind::JournalExport => Boundary::JournalRecord,
            Kind::Lines if source.probe.web.is_nginx_error() => Boundary::NginxRecord,
            Kind::Lines | Kind::Database => Boundary::Line,
        };
        self.open = Some((index, Chunks::new(stream, boundary), source.probe.kind));
        Ok(None)
    }
}

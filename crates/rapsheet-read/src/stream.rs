//! Files to bytes: opens, recognises compression by content, and cuts what comes out into runs of whole lines.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// How many bytes a run of lines holds, about.
const CHUNK_BYTES: usize = 768 * 1024;
/// A line longer than this is cut: nobody's log has them, and a file without line breaks must not fill the memory.
pub(crate) const LONGEST_LINE: usize = 1024 * 1024;

/// How a file's bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
    Xz,
    Bzip2,
}

impl Compression {
    /// Recognises the packing by a file's first bytes.
    pub(crate) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Bzip2,
            _ => Self::None,
        }
    }

    /// Wraps a reader so that plain bytes come out.
    pub(crate) fn unpack(self, packed: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::None => packed,
            Self::Gzip => Box::new(flate2::read::MultiGzDecoder::new(packed)),
            Self::Zstd => Box::new(zstd::stream::read::Decoder::new(packed)?),
            Self::Xz => Box::new(liblzma::read::XzDecoder::new_multi_decoder(packed)),
            Self::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(packed)),
        })
    }
}

/// Opens a file, unpacked.
pub(crate) fn open(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    unpacked(Box::new(File::open(path)?))
}

/// Recognises the packing of a stream and unpacks it.
pub(crate) fn unpacked(mut stream: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let mut head = Vec::with_capacity(8);
    stream.by_ref().take(6).read_to_end(&mut head)?;
    let compression = Compression::of(&head);
    compression.unpack(Box::new(io::Cursor::new(head).chain(stream)))
}

/// Reads as much as there is, up to `most` bytes; a fault ends it, what came before is kept.
pub(crate) fn read_head(stream: &mut dyn Read, most: usize) -> (Vec<u8>, Option<io::Error>) {
    let mut head = Vec::new();
    let fault = stream.take(most as u64).read_to_end(&mut head).err();
    (head, fault)
}

/// Cuts a stream into runs of whole lines.
pub(crate) struct Chunks {
    stream: Box<dyn Read + Send>,
    rest: Vec<u8>,
    ended: bool,
    /// Where a run may end.
    boundary: Boundary,
}

/// Where a run of bytes may be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Boundary {
    /// Behind any line.
    Line,
    /// Behind a record of the journal's export format.
    JournalRecord,
}

/// What a call for the next run gave.
pub(crate) struct Chunk {
    /// Whole lines; the last line of a source may lack its line break.
    pub(crate) bytes: Vec<u8>,
    /// Lines that were longer than [`LONGEST_LINE`] and lost their tails.
    pub(crate) cut_lines: u32,
    /// What stopped the stream, if it was no ordinary end.
    pub(crate) fault: Option<io::Error>,
}

impl Chunks {
    pub(crate) const fn new(stream: Box<dyn Read + Send>, boundary: Boundary) -> Self {
        Self {
            stream,
            rest: Vec::new(),
            ended: false,
            boundary,
        }
    }

    /// Returns the next run of lines, `None` at the end.
    pub(crate) fn next_chunk(&mut self, mut buffer: Vec<u8>) -> Option<Chunk> {
        if self.ended {
            return None;
        }
        buffer.clear();
        buffer.append(&mut self.rest);
        let mut fault = None;
        let mut cut_lines = 0;
        loop {
            let wanted = CHUNK_BYTES.saturating_sub(buffer.len()).max(64 * 1024);
            match self
                .stream
                .by_ref()
                .take(wanted as u64)
                .read_to_end(&mut buffer)
            {
                Ok(read) if read == wanted => {}
                Ok(_) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    fault = Some(error);
                }
            }
            if self.ended {
                break;
            }
            if let Some(end) = self.last_boundary(&buffer) {
                self.rest.extend_from_slice(&buffer[end..]);
                buffer.truncate(end);
                break;
            }
            if buffer.len() > 2 * LONGEST_LINE {
                // One line without an end: keep its beginning and read on to its line break.
                buffer.truncate(LONGEST_LINE);
                cut_lines += 1;
                self.skip_line();
                buffer.push(b'\n');
                break;
            }
        }
        if buffer.is_empty() && fault.is_none() {
            return None;
        }
        Some(Chunk {
            bytes: buffer,
            cut_lines,
            fault,
        })
    }

    fn last_boundary(&self, bytes: &[u8]) -> Option<usize> {
        match self.boundary {
            Boundary::Line => memchr::memrchr(b'\n', bytes).map(|at| at + 1),
            Boundary::JournalRecord => {
                let mut end = 0;
                while let Some(extent) =
                    rapsheet_parse::journal_export::next_record(&bytes[end..], false)
                {
                    end += extent.len;
                }
                (end > 0).then_some(end)
            }
        }
    }

    fn skip_line(&mut self) {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) | Err(_) => {
                    self.ended = true;
                    return;
                }
                Ok(read) => {
                    if let Some(at) = memchr::memchr(b'\n', &buffer[..read]) {
                        self.rest.extend_from_slice(&buffer[at + 1..read]);
                        return;
                    }
                }
            }
        }
    }
}

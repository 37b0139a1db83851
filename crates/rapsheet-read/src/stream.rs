//! Files to bytes: opens, recognises compression by content, and cuts what comes out into runs of whole lines.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::enclosed::{self, Envelope};
use crate::export_field::{self, LongField};
use crate::moved::{self, Seen};
use crate::records;

/// How many bytes a run of lines holds at most, about.
const MOST_CHUNK_BYTES: usize = 768 * 1024;
/// How many bytes it holds at least.
const LEAST_CHUNK_BYTES: usize = 16 * 1024;
/// A record of nginx' error log may span lines, so its runs must be long enough to find where one ends.
const LEAST_RECORD_CHUNK_BYTES: usize = 128 * 1024;
/// How many bytes the runs of all sources that overlap in time hold together, about.
const ALL_CHUNKS_BYTES: usize = 16 * MOST_CHUNK_BYTES;
/// A line longer than this is cut: nobody's log has them, and a file without line breaks must not fill the memory.
pub(crate) const LONGEST_LINE: usize = 1024 * 1024;
/// What is read for one line at most, its cut tail or a hole before it: a device that never ends has no line breaks.
const LONGEST_HOLE: usize = 16 * 1024 * 1024 * 1024;

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

/// How many bytes a run of lines holds where so many sources overlap in time.
pub(crate) fn chunk_bytes(overlapping: usize, boundary: Boundary) -> usize {
    let least = match boundary {
        Boundary::NginxRecord | Boundary::Enclosed(_) => LEAST_RECORD_CHUNK_BYTES,
        Boundary::Line | Boundary::JournalRecord => LEAST_CHUNK_BYTES,
    };
    (ALL_CHUNKS_BYTES / overlapping.max(1)).clamp(least, MOST_CHUNK_BYTES)
}

/// Opens the file that was seen under a path, unpacked. It ends with a fault where it is shorter by then than it was.
pub(crate) fn open(path: &Path, seen: Option<Seen>) -> io::Result<Box<dyn Read + Send>> {
    unpacked(Box::new(Whole::open(path, seen, false)?))
}

/// Opens a file like [`open`], and keeps no handle of it between reads: the system allows only so many at once.
pub(crate) fn open_parked(path: &Path, seen: Option<Seen>) -> io::Result<Box<dyn Read + Send>> {
    unpacked(Box::new(Whole::open(path, seen, true)?))
}

/// A file of which so many bytes are still to come, at least.
struct Whole {
    file: Option<File>,
    left: u64,
    /// Where a file is opened again for each read: its path, the bytes that were read, and which file it is.
    parked: Option<(PathBuf, u64, Seen)>,
}

impl Whole {
    fn open(path: &Path, seen: Option<Seen>, parked: bool) -> io::Result<Self> {
        let (file, path) = moved::open(path, seen)?;
        let meta = file.metadata()?;
        let size = meta.len().max(seen.map_or(0, |seen| seen.size));
        Ok(Self {
            // Nobody can open a pipe twice.
            parked: (parked && meta.is_file()).then(|| (path, 0, Seen::of(&meta))),
            left: if meta.is_file() { size } else { 0 },
            file: Some(file),
        })
    }

    fn read_on(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((path, at, seen)) = &mut self.parked else {
            return self.file.as_mut().map_or(Ok(0), |file| file.read(buffer));
        };
        let mut file = match self.file.take() {
            Some(file) => file,
            None => {
                let (mut file, found) = moved::open(path, Some(*seen))?;
                *path = found;
                file.seek(SeekFrom::Start(*at))?;
                file
            }
        };
        let read = file.read(buffer)?;
        *at += read as u64;
        Ok(read)
    }
}

impl Read for Whole {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.read_on(buffer)?;
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            // Told once: whoever reads on gets the end.
            let lost = std::mem::take(&mut self.left);
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("somebody cut it while it was read, and its last {lost} bytes are lost"),
            ));
        }
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
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

/// Reads the beginning of a log like [`read_head`], behind a hole: a log that somebody cut while its daemon went on writing
/// begins with as many NULs as it had bytes.
pub(crate) fn read_text_head(stream: &mut dyn Read, most: usize) -> (Vec<u8>, Option<io::Error>) {
    let (mut head, mut fault) = read_head(stream, most);
    let mut skipped = 0;
    while fault.is_none() && head.len() == most && is_hole(&head) && skipped < LONGEST_HOLE {
        skipped += most;
        let next;
        (next, fault) = read_head(stream, most);
        if next.is_empty() {
            break;
        }
        head = next;
    }
    (head, fault)
}

fn is_hole(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// Cuts a stream into runs of whole lines.
pub(crate) struct Chunks {
    stream: Counted,
    rest: Vec<u8>,
    ended: bool,
    /// Where a run may end.
    boundary: Boundary,
    /// How many bytes a run holds, about.
    run_bytes: usize,
}

/// A stream of which is known how many bytes were read.
struct Counted {
    stream: Box<dyn Read + Send>,
    read: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.read += read as u64;
        Ok(read)
    }
}

/// Where a run of bytes may be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Boundary {
    /// Behind any line.
    Line,
    /// Behind a record of nginx's error log, which may span lines.
    NginxRecord,
    /// Behind a line that is no piece of one, or of such a record, within an envelope.
    Enclosed(Envelope),
    /// Behind a record of the journal's export format.
    JournalRecord,
}

/// What a call for the next run gave.
pub(crate) struct Chunk {
    /// Whole lines; the last line of a source may lack its line break.
    pub(crate) bytes: Vec<u8>,
    /// Lines that were longer than [`LONGEST_LINE`] and lost their tails, or such fields of a journal's records.
    pub(crate) cut_lines: u32,
    /// What stopped the stream, if it was no ordinary end.
    pub(crate) fault: Option<io::Error>,
}

impl Chunk {
    /// Whether the end of the last line is lost.
    pub(crate) fn is_torn(&self) -> bool {
        self.fault.is_some() && self.bytes.last().is_some_and(|last| *last != b'\n')
    }
}

impl Chunks {
    pub(crate) const fn new(
        stream: Box<dyn Read + Send>,
        boundary: Boundary,
        run_bytes: usize,
    ) -> Self {
        Self {
            stream: Counted { stream, read: 0 },
            rest: Vec::new(),
            ended: false,
            boundary,
            run_bytes,
        }
    }

    /// Leaves out so many bytes at the beginning, which were read before.
    pub(crate) fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.stream.by_ref().take(bytes), &mut io::sink())?;
        if skipped < bytes {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "it is shorter than it was",
            ));
        }
        Ok(())
    }

    /// How many unpacked bytes stand before the next run.
    pub(crate) fn position(&self) -> u64 {
        self.stream.read - self.rest.len() as u64
    }

    /// Whether nothing is left to be read.
    pub(crate) const fn is_ended(&self) -> bool {
        self.ended
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
        let mut skipped = 0;
        loop {
            let wanted = self
                .run_bytes
                .saturating_sub(buffer.len())
                .max(self.run_bytes.min(64 * 1024));
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
            skipped += wanted;
            if skipped > LONGEST_HOLE {
                self.ended = true;
                fault = Some(endless());
                break;
            }
            if self.boundary == Boundary::JournalRecord {
                if let Some(field) = export_field::first_long(&buffer) {
                    cut_lines += 1;
                    fault = self.leave_out(&field, &mut buffer);
                }
                if self.ended {
                    break;
                }
                continue;
            }
            // A hole is none of the line.
            let text = buffer.iter().rposition(|byte| *byte != 0);
            buffer.truncate(text.map_or(0, |last| last + 1));
            if buffer.len() > 2 * LONGEST_LINE {
                // One line without an end: keep its beginning and read on to its line break.
                buffer.truncate(LONGEST_LINE);
                cut_lines += 1;
                fault = self.skip_line();
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
            Boundary::Line => last_line(bytes),
            Boundary::NginxRecord => records::last_start(bytes).or_else(|| last_line(bytes)),
            Boundary::Enclosed(envelope) => {
                enclosed::last_start(bytes, envelope).or_else(|| last_line(bytes))
            }
            Boundary::JournalRecord => {
                let mut end = 0;
                while export_field::first_long(&bytes[end..]).is_none()
                    && let Some(extent) =
                        rapsheet_parse::journal_export::next_record(&bytes[end..], false)
                {
                    end += extent.len;
                }
                (end > 0).then_some(end)
            }
        }
    }

    /// Takes a field out of a record, and off the stream what is still to come of it; returns what stopped the stream.
    fn leave_out(&mut self, field: &LongField, buffer: &mut Vec<u8>) -> Option<io::Error> {
        let Some(end) = field.end else {
            buffer.truncate(field.begin);
            let fault = self.skip_line();
            buffer.append(&mut self.rest);
            return fault;
        };
        if let Some(missing) = end.checked_sub(buffer.len()).filter(|missing| *missing > 0) {
            buffer.truncate(field.begin);
            let mut rest = self.stream.by_ref().take(missing as u64);
            return match io::copy(&mut rest, &mut io::sink()) {
                Ok(read) => {
                    self.ended = read < missing as u64;
                    None
                }
                Err(error) => {
                    self.ended = true;
                    Some(error)
                }
            };
        }
        buffer.drain(field.begin..end);
        None
    }

    /// Reads on to the line break; returns what stopped the stream before it.
    fn skip_line(&mut self) -> Option<io::Error> {
        let mut buffer = vec![0; 64 * 1024];
        let mut skipped = 0;
        while skipped < LONGEST_HOLE {
            match self.stream.read(&mut buffer) {
                Ok(0) => {
                    self.ended = true;
                    return None;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    return Some(error);
                }
                Ok(read) => {
                    skipped += read;
                    if let Some(at) = memchr::memchr(b'\n', &buffer[..read]) {
                        self.rest.extend_from_slice(&buffer[at + 1..read]);
                        return None;
                    }
                }
            }
        }
        self.ended = true;
        Some(endless())
    }
}

/// Where the last whole line ends.
fn last_line(bytes: &[u8]) -> Option<usize> {
    memchr::memrchr(b'\n', bytes).map(|at| at + 1)
}

fn endless() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a line of it has no end")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_that_is_cut_while_it_is_read_ends_with_a_fault() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"one line\nand another\n").unwrap();
        let mut stream = open(file.path(), None).unwrap();
        file.as_file().set_len(9).unwrap();
        let mut text = Vec::new();
        let fault = stream.read_to_end(&mut text).unwrap_err();
        assert_eq!(fault.kind(), io::ErrorKind::UnexpectedEof);
        assert!(fault.to_string().contains("last 12 bytes"), "{fault}");
        // One that grows is whole.
        file.as_file().set_len(0).unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"one line\n").unwrap();
        let mut stream = open(file.path(), None).unwrap();
        file.write_all(b"more\n").unwrap();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        assert_eq!(text, b"one line\nmore\n");
    }

    /// Reads a whole stream: its bytes, and how many lines were cut.
    fn read_all(text: Vec<u8>, boundary: Boundary) -> (Vec<u8>, u32) {
        let mut chunks = Chunks::new(Box::new(io::Cursor::new(text)), boundary, MOST_CHUNK_BYTES);
        let (mut read, mut cut_lines) = (Vec::new(), 0);
        while let Some(chunk) = chunks.next_chunk(Vec::new()) {
            assert!(chunk.fault.is_none());
            cut_lines += chunk.cut_lines;
            read.extend(chunk.bytes);
        }
        (read, cut_lines)
    }

    #[test]
    fn a_long_field_of_the_journal_is_left_out_and_nothing_in_it_is_read() {
        let forged = b"\n\n__REALTIME_TIMESTAMP=1\nSYSLOG_IDENTIFIER=sshd\nMESSAGE=forged\n\n";
        let (before, after) = (b"__CURSOR=1\nA=1\n", b"B=2\n\n__CURSOR=2\nA=3\n\n");
        for length in [LONGEST_LINE + 1, 3 * LONGEST_LINE, 17 * LONGEST_LINE] {
            let content = forged.repeat(length / forged.len() + 1);
            let mut long = b"COREDUMP\n".to_vec();
            long.extend((content.len() as u64).to_le_bytes());
            long.extend(content);
            long.push(b'\n');
            let line = [b"LONG=", &b"x".repeat(length)[..], b"\n"].concat();
            for field in [long, line] {
                // So much behind it that it isn't in the last run.
                let more = b"__CURSOR=3\nA=4\n\n".repeat(200_000);
                let text = [&before[..], &field, after, &more].concat();
                let (read, cut_lines) = read_all(text, Boundary::JournalRecord);
                assert_eq!(cut_lines, 1);
                assert!(read == [&before[..], after, &more].concat(), "{length}");
            }
        }
    }

    #[test]
    fn holes_are_left_out() {
        let hole = vec![0; 5 * LONGEST_LINE];
        let text = [&hole, &b"one\n"[..], &hole, b"two\n"].concat();
        let stream = Box::new(io::Cursor::new(text.clone()));
        let mut chunks = Chunks::new(stream, Boundary::Line, MOST_CHUNK_BYTES);
        let mut read = Vec::<u8>::new();
        while let Some(chunk) = chunks.next_chunk(Vec::new()) {
            assert_eq!(chunk.cut_lines, 0);
            assert!(chunk.fault.is_none());
            assert!(chunk.bytes.len() <= 2 * LONGEST_LINE);
            read.extend(chunk.bytes.iter().filter(|byte| **byte != 0));
        }
        assert_eq!(read, b"one\ntwo\n");
        let (head, fault) = read_text_head(&mut &text[..], 1024);
        assert!(fault.is_none() && head.starts_with(b"one\n"), "{head:?}");
        let (head, _) = read_text_head(&mut &hole[..], 1024);
        assert_eq!(head, vec![0; 1024]);
    }
}

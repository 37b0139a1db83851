//! Looks into a source before it is read: what kind it is, and of which times its lines are.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use rapsheet_parse::{Arena, Input, Line, Reading, Understood, journal_export, parse_line};
use rapsheet_schema::{Dataset, Stamp};

use crate::decode::behind_hole;
use crate::enclosed::{Envelope, Envelopes};
use crate::fail2ban_file::Fail2banFile;
use crate::fault::Fault;
use crate::moved::{self, Seen};
use crate::times::Times;
use crate::web_file::WebFile;
use crate::zone_skew::{self, MOST_SAMPLES, Sample};

/// How much of a source's beginning and end is looked at.
const SAMPLE_BYTES: usize = 64 * 1024;
/// How many places between them, in files large enough.
const PLACES: u64 = 256;
const PLACE_BYTES: usize = 4096;
/// NULs in a row that are a hole in a file, which was never written.
const SHORTEST_HOLE: usize = 16;

/// How a source is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Line by line, each line in any format.
    Lines,
    /// Records of the journal's export format.
    JournalExport,
    /// What `fail2ban-client` prints.
    Status,
    /// fail2ban's SQLite database.
    Database,
}

/// What a look into a source found.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    pub(crate) kind: Kind,
    /// The times of the lines that were looked at.
    pub(crate) times: Times,
    /// The time of the first record, where no others were looked at.
    pub(crate) first: Stamp,
    /// The format of most of the first lines' events.
    pub(crate) dataset: Option<Dataset>,
    /// Whether any of the first lines is of a known format.
    pub(crate) known: bool,
    /// Whether fail2ban wrote any of the lines that were looked at.
    pub(crate) fail2ban: bool,
    /// Whether the first lines are sshd messages without any head.
    pub(crate) bare_sshd: bool,
    /// Whether a bare address on a line stands for itself: not where it is a stray line of a text that nobody knows, such
    /// as an element of a JSON array over several lines.
    pub(crate) has_lists: bool,
    /// What the lines say about the daemon that writes the file.
    pub(crate) web: WebFile,
    pub(crate) fail2ban_file: Fail2banFile,
    /// What some lines tell, to compare with what other logs tell.
    pub(crate) samples: Vec<Sample>,
    /// What stands around the lines.
    pub(crate) envelopes: Envelopes,
    /// Whether a line that nobody read has the words of a login.
    pub(crate) unread_login: bool,
    /// The first lines, by which a copy under another name is known; nothing where there are too few.
    pub(crate) opening: Vec<u8>,
}

impl Probe {
    /// What stands around the lines, where something is put together from these.
    pub(crate) fn envelope(&self) -> Envelope {
        self.envelopes.envelope(self.web.is_nginx_error())
    }
}

/// Lines of a source's beginning that tell it from others.
const OPENING_LINES: usize = 3;

fn opening_of(head: &[u8]) -> &[u8] {
    let ends: Vec<usize> = memchr::memchr_iter(b'\n', head)
        .take(OPENING_LINES)
        .collect();
    match ends.as_slice() {
        [] | [_] => &[],
        [.., end] => &head[..*end],
    }
}

/// Looks into the beginning of a source.
pub(crate) fn probe_head(name: &str, head: &[u8], input: Input) -> Result<Probe, Fault> {
    let mut probe = Probe {
        kind: Kind::Lines,
        times: Times::default(),
        first: Stamp::Absent,
        dataset: None,
        known: false,
        fail2ban: false,
        bare_sshd: false,
        has_lists: true,
        web: WebFile::default(),
        fail2ban_file: Fail2banFile::default(),
        samples: Vec::new(),
        envelopes: Envelopes::default(),
        unread_login: false,
        opening: opening_of(head).to_vec(),
    };
    if crate::fail2ban_database::looks_like(head) {
        probe.kind = Kind::Database;
        probe.dataset = Some(Dataset::Fail2banDatabase);
        probe.known = true;
        return Ok(probe);
    }
    if let Some((what, hint)) = not_text(name, head) {
        return Err(Fault::NotText {
            name: name.to_owned(),
            what,
            hint,
        });
    }
    if input == Input::Auto && journal_export::looks_like(head) {
        probe.kind = Kind::JournalExport;
        probe.first = first_record(head);
        probe.dataset = Some(Dataset::OpensshAuth);
        probe.known = true;
        note_records(head, &mut probe.samples);
        return Ok(probe);
    }
    if input == Input::Auto && rapsheet_parse::fail2ban_status::looks_like(head) {
        probe.kind = Kind::Status;
        probe.dataset = Some(Dataset::Fail2banStatus);
        probe.known = true;
        return Ok(probe);
    }
    if input == Input::Addresses {
        probe.known = true;
        probe.dataset = Some(Dataset::AddressList);
        return Ok(probe);
    }
    note_lines(&mut probe, head);
    Ok(probe)
}

/// Notes what the first lines are.
fn note_lines(probe: &mut Probe, head: &[u8]) {
    let (mut bare, mut lines) = (0_usize, 0_usize);
    let mut counts = [0_u32; Dataset::ALL.len()];
    each_line(head, |line, raw, arena| {
        if probe.fail2ban_file.note(&line, raw, arena) {
            return;
        }
        match &line.reading {
            Reading::Event(event) => {
                counts[event.event_dataset as usize] += 1;
                probe.known = true;
            }
            Reading::Understood(Understood::Filler) => {}
            Reading::Understood(_) => probe.known = true,
            Reading::Unknown => {
                lines += 1;
                bare += usize::from(is_bare_sshd(line.message));
                probe.unread_login |= rapsheet_parse::tells_of_login(raw);
            }
        }
        probe.web.note(&line);
        probe.envelopes.note(&line, raw, arena);
        zone_skew::note(&mut probe.samples, MOST_SAMPLES, &line);
        probe.fail2ban |= is_of_fail2ban(&line);
        probe.times.note(line.head.stamp);
    });
    if head.len() >= SAMPLE_BYTES {
        probe.fail2ban_file.note_more();
    }
    // A text that only quotes sshd here and there is no log of its messages.
    probe.bare_sshd = !probe.known && bare * 3 > lines;
    probe.has_lists = lines <= counts[Dataset::AddressList as usize] as usize;
    if !probe.has_lists {
        counts[Dataset::AddressList as usize] = 0;
    }
    probe.dataset = counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .max_by_key(|(index, count)| (**count, usize::MAX - index))
        .map(|(index, _)| Dataset::ALL[index]);
}

/// Reads the time of a journal's first record.
fn first_record(head: &[u8]) -> Stamp {
    let arena = Arena::new();
    journal_export::next_record(head, true)
        .filter(|extent| extent.len > 0)
        .map_or(Stamp::Absent, |extent| {
            journal_export::parse(&head[..extent.len], &arena)
                .head
                .stamp
        })
}

/// Notes what a journal's first records tell.
fn note_records(head: &[u8], samples: &mut Vec<Sample>) {
    let (mut arena, mut from) = (Arena::new(), 0);
    while let Some(extent) = journal_export::next_record(&head[from..], false)
        && extent.len > 0
    {
        arena.reset();
        let line = journal_export::parse(&head[from..from + extent.len], &arena);
        zone_skew::note(samples, MOST_SAMPLES, &line);
        from += extent.len;
    }
}

/// Looks into the rest of a plain file: its end, and the times at places in between.
pub(crate) fn probe_rest(probe: &mut Probe, path: &Path, seen: Seen) -> std::io::Result<()> {
    if probe.kind != Kind::Lines {
        return Ok(());
    }
    let sample = SAMPLE_BYTES as u64;
    let size = seen.size;
    let (mut file, _) = moved::open(path, Some(seen))?;
    let mut buffer = Vec::new();
    if !probe.times.is_empty() && size > 2 * sample {
        let step = ((size - 2 * sample) / PLACES).max(PLACE_BYTES as u64);
        let mut at = sample;
        while at + sample < size {
            take_at(&mut file, at, PLACE_BYTES, &mut buffer)?;
            // A place shows its first whole line.
            if let Some(from) = memchr::memchr(b'\n', &buffer)
                && let Some(length) = memchr::memchr(b'\n', &buffer[from + 1..])
            {
                each_line(&buffer[from + 1..from + 1 + length], |line, _, _| {
                    probe.fail2ban |= is_of_fail2ban(&line);
                    probe.times.note(line.head.stamp);
                });
            }
            at += step;
        }
    }
    if size > sample {
        // What the first look saw is not looked at again, as it would seem to go back in time.
        let from = (size - sample).max(sample);
        take_at(&mut file, from, SAMPLE_BYTES, &mut buffer)?;
        let from = memchr::memchr(b'\n', &buffer).map_or(0, |at| at + 1);
        each_line(&buffer[from..], |line, raw, arena| {
            if probe.fail2ban_file.note_end(&line, raw, arena) {
                return;
            }
            probe.web.note_end(&line);
            zone_skew::note(&mut probe.samples, 2 * MOST_SAMPLES, &line);
            probe.fail2ban |= is_of_fail2ban(&line);
            probe.times.note(line.head.stamp);
        });
    }
    Ok(())
}

fn take_at(file: &mut File, at: u64, most: usize, buffer: &mut Vec<u8>) -> std::io::Result<()> {
    buffer.clear();
    file.seek(SeekFrom::Start(at))?;
    file.take(most as u64).read_to_end(buffer)?;
    Ok(())
}

fn each_line(bytes: &[u8], mut each: impl FnMut(Line<'_>, &str, &Arena)) {
    let mut arena = Arena::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        arena.reset();
        let text = String::from_utf8_lossy(line);
        let text = behind_hole(text.trim_end_matches('\r'));
        each(parse_line(text, &arena), text, &arena);
    }
}

fn is_of_fail2ban(line: &Line<'_>) -> bool {
    matches!(&line.reading, Reading::Event(event) if event.event_dataset == Dataset::Fail2banLog)
}

/// Whether a line without any head would be an sshd message.
fn is_bare_sshd(message: &str) -> bool {
    if message.starts_with(['{', '[', '"', '<']) {
        return false;
    }
    let arena = Arena::new();
    let dressed = format!("localhost sshd[1]: {message}");
    matches!(
        parse_line(&dressed, &arena).reading,
        Reading::Event(_) | Reading::Understood(Understood::Connection(..))
    )
}

/// Tells what a file is that isn't text, and what to do about it.
fn not_text(name: &str, head: &[u8]) -> Option<(&'static str, &'static str)> {
    if name.ends_with(".mmdb") {
        return Some((
            "a database of places",
            "databases are named with `--geo FILE`",
        ));
    }
    match head {
        [b'P', b'K', 3, 4, ..] => return Some(("a zip archive", "unpack it first: `unzip FILE`")),
        [b'L', b'P', b'K', b'S', b'H', b'H', b'R', b'H', ..] => {
            return Some((
                "a journal file",
                "print it: `journalctl --file FILE -o json | rapsheet -`",
            ));
        }
        [0x37 | 0x50, 0x7a | 0x4b, 0xbc | 3, ..] => return Some(("an archive", "unpack it first")),
        _ => {}
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some(("a tar archive", "unpack it first: `tar xf FILE`"));
    }
    // A log that was cut while its daemon went on writing begins with a hole.
    let start = head.iter().position(|byte| *byte != 0).unwrap_or(0);
    let sample = &head[start..];
    is_binary(&sample[..sample.len().min(8192)]).then_some((
        "binary data",
        "name the text log, not the database or archive",
    ))
}

/// Tells by the bytes that no text has. Holes that a crash or a rotation left in a log read as runs of NUL; around them a log
/// is clean.
fn is_binary(sample: &[u8]) -> bool {
    let (mut odd, mut in_holes, mut run) = (0, 0, 0);
    for byte in sample {
        if *byte == 0 {
            run += 1;
            continue;
        }
        (odd, in_holes) = add_run(odd, in_holes, run);
        run = 0;
        odd += usize::from(*byte < 32 && !matches!(*byte, 9..=13 | 27));
    }
    (odd, in_holes) = add_run(odd, in_holes, run);
    let rest = sample.len() - in_holes;
    if in_holes > 0 {
        return odd * 50 > rest || rest == 0;
    }
    odd * 10 > rest * 3
}

/// Counts a run of NULs as a hole, or as odd bytes.
const fn add_run(odd: usize, in_holes: usize, run: usize) -> (usize, usize) {
    if run < SHORTEST_HOLE {
        (odd + run, in_holes)
    } else {
        (odd, in_holes + run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str =
        "Oct 12 12:00:02 s sshd[7]: Failed password for root from 192.0.2.1 port 5000 ssh2\n";

    #[test]
    fn a_log_with_holes_is_text_and_records_of_numbers_are_not() {
        let hole = "\0".repeat(3000);
        for text in [
            format!("{hole}{LINE}"),
            format!("{LINE}{hole}{LINE}"),
            format!("{LINE}{LINE}{hole}"),
            LINE.to_owned(),
        ] {
            assert!(!is_binary(text.as_bytes()), "{text:?}");
        }
        // A record of a login, as wtmp has them.
        let mut record = vec![7, 0, 0, 0, 0xd2, 4, 0, 0];
        for (text, room) in [("pts/0", 32), ("ts/0", 4), ("root", 32), ("192.0.2.1", 256)] {
            record.extend(text.bytes());
            record.resize(record.len() + room - text.len(), 0);
        }
        record.extend([
            0, 0, 0, 0, 1, 0, 0, 0, 0x10, 0x9a, 0x5f, 0x6e, 0x11, 2, 3, 0,
        ]);
        record.resize(384, 0);
        assert!(is_binary(&record));
        assert!(is_binary(&[0; 4096]));
        let wide: Vec<u8> = LINE.bytes().flat_map(|byte| [byte, 0]).collect();
        assert!(is_binary(&wide));
    }
}

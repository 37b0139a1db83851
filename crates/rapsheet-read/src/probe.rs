//! Looks into a source before it is read: what kind it is, when it begins and ends, and where its New Years are.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use rapsheet_parse::{Arena, Head, Input, Line, Reading, Understood, parse_line};
use rapsheet_schema::{Dataset, Stamp};

use crate::clock::YearDay;
use crate::fault::Fault;
use crate::web_file::WebFile;

/// How much of a source's beginning and end is looked at.
const SAMPLE_BYTES: usize = 64 * 1024;
/// How many places between them, in files large enough.
const PLACES: u64 = 256;
const PLACE_BYTES: usize = 4096;

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
    /// The first line's time.
    pub(crate) first: Option<Stamp>,
    /// The last line's time; absent where the end can't be looked at.
    pub(crate) last: Option<Stamp>,
    /// Days of lines without a year, in the source's order.
    pub(crate) days: Vec<YearDay>,
    /// The format of most of the first lines' events.
    pub(crate) dataset: Option<Dataset>,
    /// Whether any of the first lines is of a known format.
    pub(crate) known: bool,
    /// Whether the first lines are sshd messages without any head.
    pub(crate) bare_sshd: bool,
    /// Whether a bare address on a line stands for itself: not where it is a stray line of a text that nobody knows, such
    /// as an element of a JSON array over several lines.
    pub(crate) has_lists: bool,
    /// What the lines say about the daemon that writes the file.
    pub(crate) web: WebFile,
}

/// Looks into the beginning of a source.
pub(crate) fn probe_head(name: &str, head: &[u8], input: Input) -> Result<Probe, Fault> {
    let mut probe = Probe {
        kind: Kind::Lines,
        first: None,
        last: None,
        days: Vec::new(),
        dataset: None,
        known: false,
        bare_sshd: false,
        has_lists: true,
        web: WebFile::default(),
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
    if input == Input::Auto && rapsheet_parse::journal_export::looks_like(head) {
        probe.kind = Kind::JournalExport;
        probe.dataset = Some(Dataset::OpensshAuth);
        probe.known = true;
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
    let (mut bare, mut lines) = (0_usize, 0_usize);
    let mut counts = [0_u32; Dataset::ALL.len()];
    each_line(head, |line| {
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
            }
        }
        probe.web.note(&line);
        note_time(&mut probe.first, &mut probe.days, &line.head);
    });
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
    Ok(probe)
}

/// Looks into the rest of a plain file: its last line, and the days at places in between.
pub(crate) fn probe_rest(probe: &mut Probe, path: &Path, size: u64) -> std::io::Result<()> {
    if probe.kind != Kind::Lines {
        return Ok(());
    }
    let sample = SAMPLE_BYTES as u64;
    let mut file = File::open(path)?;
    let mut buffer = Vec::new();
    if !probe.days.is_empty() && size > 2 * sample {
        let step = ((size - 2 * sample) / PLACES).max(PLACE_BYTES as u64);
        let mut at = sample;
        while at + sample < size {
            take_at(&mut file, at, PLACE_BYTES, &mut buffer)?;
            let mut ignored = None;
            // A place shows its first whole line.
            if let Some(from) = memchr::memchr(b'\n', &buffer)
                && let Some(length) = memchr::memchr(b'\n', &buffer[from + 1..])
            {
                each_line(&buffer[from + 1..from + 1 + length], |line| {
                    note_time(&mut ignored, &mut probe.days, &line.head);
                });
            }
            at += step;
        }
    }
    if size > sample {
        take_at(
            &mut file,
            size.saturating_sub(sample),
            SAMPLE_BYTES,
            &mut buffer,
        )?;
        let from = memchr::memchr(b'\n', &buffer).map_or(0, |at| at + 1);
        let mut ignored = None;
        let (mut last, days) = (probe.last, &mut probe.days);
        let web = &mut probe.web;
        each_line(&buffer[from..], |line| {
            web.note_end(&line);
            note_time(&mut ignored, days, &line.head);
            if line.head.stamp != Stamp::Absent {
                last = Some(line.head.stamp);
            }
        });
        probe.last = last;
    }
    Ok(())
}

/// Finds the last time in a source that the first look held whole.
pub(crate) fn last_in(head: &[u8]) -> Option<Stamp> {
    let mut last = None;
    each_line(head, |line| {
        if line.head.stamp != Stamp::Absent {
            last = Some(line.head.stamp);
        }
    });
    last
}

fn take_at(file: &mut File, at: u64, most: usize, buffer: &mut Vec<u8>) -> std::io::Result<()> {
    buffer.clear();
    file.seek(SeekFrom::Start(at))?;
    file.take(most as u64).read_to_end(buffer)?;
    Ok(())
}

fn note_time(first: &mut Option<Stamp>, days: &mut Vec<YearDay>, head: &Head<'_>) {
    if head.stamp != Stamp::Absent && first.is_none() {
        *first = Some(head.stamp);
    }
    if let Stamp::Yearless { month, day, .. } = head.stamp {
        let day = YearDay { month, day };
        if days.last() != Some(&day) {
            days.push(day);
        }
    }
}

fn each_line(bytes: &[u8], mut each: impl FnMut(Line<'_>)) {
    let mut arena = Arena::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        arena.reset();
        let text = String::from_utf8_lossy(line);
        each(parse_line(text.trim_end_matches('\r'), &arena));
    }
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
    let sample = &head[..head.len().min(8192)];
    let odd = sample
        .iter()
        .filter(|byte| **byte == 0 || (**byte < 32 && !matches!(**byte, 9..=13 | 27)))
        .count();
    (odd * 10 > sample.len() * 3).then_some((
        "binary data",
        "name the text log, not the database or archive",
    ))
}

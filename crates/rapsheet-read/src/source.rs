//! Paths to sources: folders, patterns, rotated series in their order, each file once.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use jiff::Timestamp;
use rapsheet_parse::Input;
use rapsheet_schema::{Dataset, MICROS_PER_SECOND, Stamp, Telling};

use crate::clock::{Clock, Zone, first_year, year_of};
use crate::enclosed::Envelopes;
use crate::fail2ban_file::Fail2banFile;
use crate::fault::{Assumption, Fault};
use crate::folder::{nearest_name, walk};
use crate::moved::{self, Seen};
use crate::probe::{Kind, Probe, probe_head, probe_rest};
use crate::series::series_of;
use crate::stream::{self, Compression};
use crate::times::Times;
use crate::web_file::WebFile;
use crate::web_server;
use crate::zone_skew;

/// How much of a source's beginning is looked at.
const HEAD_BYTES: usize = 64 * 1024;

/// No log is older than this day of 1990: a file that says so does not know when it was changed.
const EARLIEST_FILE_MICROS: i64 = 20 * 365 * DAY_MICROS;
const DAY_MICROS: i64 = 86_400 * MICROS_PER_SECOND;
/// Where nothing tells when a source's lines are.
const EVER: (i64, i64) = (i64::MIN, i64::MAX);

/// Where a source's bytes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    File(PathBuf),
    Stdin,
    Journal,
}

/// One source: a file, standard input or the journal.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// What it is called in messages and in `log_file_path`.
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) probe: Probe,
    /// The year of its first line without one.
    pub(crate) first_year: i64,
    /// No line without a year is younger, in UTC microseconds.
    pub(crate) newest: i64,
    /// From when to when its lines are, in UTC microseconds, as far as a look into it can tell.
    pub(crate) interval: (i64, i64),
    /// When its first line is, in UTC microseconds, as far as a look into it can tell.
    pub(crate) begins: Option<i64>,
    /// How far a line is behind the latest line before it, at most, as far as it was looked at; in microseconds.
    pub(crate) lateness: i64,
    /// The file as it was found.
    pub(crate) seen: Option<Seen>,
    /// Whose requests an access log holds, where its forms do not tell.
    pub(crate) web_server: Option<Dataset>,
    /// How much later its times without a zone are than the zone says, in microseconds.
    pub(crate) skew: i64,
    /// The rotated series that it belongs to: folder and base name.
    pub(crate) series: String,
    /// Its place in the series, oldest first.
    age: i64,
    modified: i64,
    packed: bool,
}

impl Source {
    /// The journal, as `journalctl` prints it.
    pub(crate) fn journal(now: i64) -> Self {
        Self {
            name: "journal".to_owned(),
            place: Place::Journal,
            probe: Probe {
                kind: Kind::Lines,
                times: Times::default(),
                first: Stamp::Absent,
                dataset: Some(Dataset::OpensshAuth),
                known: true,
                fail2ban: false,
                bare_sshd: false,
                has_lists: true,
                web: WebFile::default(),
                fail2ban_file: Fail2banFile::default(),
                samples: Vec::new(),
                envelopes: Envelopes::default(),
                unread_login: false,
                opening: Vec::new(),
            },
            first_year: year_of(now),
            newest: now,
            interval: EVER,
            begins: None,
            lateness: 0,
            skew: 0,
            seen: None,
            web_server: None,
            series: "journal".to_owned(),
            age: 0,
            modified: now,
            packed: true,
        }
    }

    /// Whether it tells of attempts, or tells of them again; a source of which nothing is known may tell of them.
    pub(crate) fn telling(&self) -> Telling {
        self.probe
            .dataset
            .map_or(Telling::First, |dataset| dataset.descriptor().telling)
    }

    /// Whether a watcher may write into it beside the daemons that it watches.
    pub(crate) fn may_be_mixed(&self) -> bool {
        self.probe.fail2ban
            || self.probe.kind == Kind::JournalExport
            || matches!(self.place, Place::Stdin | Place::Journal)
    }

    /// Takes its times without a zone as so many microseconds earlier.
    pub(crate) fn shift(&mut self, micros: i64) {
        self.skew = micros;
        if self.interval != EVER {
            self.interval.0 = self.interval.0.saturating_sub(micros);
            self.interval.1 = self.interval.1.saturating_sub(micros);
        }
        self.begins = self.begins.map(|at| at.saturating_sub(micros));
    }

    /// Whether it is fail2ban's database.
    pub(crate) fn is_database(&self) -> bool {
        self.probe.kind == Kind::Database
    }

    /// Whether its lines have no place in time: lists, and the state that a client printed.
    pub(crate) fn is_last(&self) -> bool {
        self.probe.kind == Kind::Status
            || self.probe.dataset == Some(Dataset::AddressList) && self.begins.is_none()
    }
}

/// What was found.
#[derive(Default)]
pub(crate) struct Discovery {
    pub(crate) sources: Vec<Source>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) assumptions: Vec<Assumption>,
    /// What cannot be opened twice (standard input, pipes) by its source's name: unpacked, from its beginning.
    pub(crate) pipes: Pipes,
}

/// Open streams by the names of their sources.
pub(crate) type Pipes = HashMap<String, Box<dyn io::Read + Send>>;

impl Discovery {
    /// Looks at the beginning of a stream that cannot be opened twice, and keeps it for the scan, which reads that again.
    fn look_into_pipe(
        &mut self,
        name: &str,
        stream: Box<dyn io::Read + Send>,
    ) -> io::Result<Vec<u8>> {
        let mut stream = stream::unpacked(stream)?;
        let (head, _) = stream::read_text_head(&mut *stream, HEAD_BYTES);
        let whole = Box::new(io::Cursor::new(head.clone()).chain(stream));
        self.pipes.insert(name.to_owned(), whole);
        Ok(head)
    }
}

/// What discovery needs to know.
pub(crate) struct Wishes<'a> {
    pub(crate) input: Input,
    pub(crate) zone: &'a Zone,
    pub(crate) year: Option<i64>,
    pub(crate) now: i64,
}

/// Finds the sources that paths name.
pub(crate) fn discover(paths: &[PathBuf], wishes: &Wishes<'_>) -> Discovery {
    let mut found = Discovery::default();
    let mut seen = HashSet::new();
    for path in paths {
        if path.as_os_str() == "-" {
            add_stdin(|| Box::new(io::stdin()), &mut found, wishes);
            continue;
        }
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => add_folder(path, &mut found, &mut seen, wishes),
            Ok(_) => {
                add_file(path, true, &mut found, &mut seen, wishes);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                add_pattern(path, &mut found, &mut seen, wishes);
            }
            Err(cause) => found.faults.push(Fault::Unreadable {
                name: path.display().to_string(),
                cause,
            }),
        }
    }
    put_in_order(&mut found.sources);
    find_years(&mut found.sources, wishes);
    web_server::find(&mut found.sources);
    let skewed = zone_skew::correct(&mut found.sources, wishes.zone);
    found.assumptions.extend(skewed);
    for source in &mut found.sources {
        source.probe.samples = Vec::new();
    }
    found
}

fn add_stdin(
    stream: impl FnOnce() -> Box<dyn io::Read + Send>,
    found: &mut Discovery,
    wishes: &Wishes<'_>,
) {
    if found.pipes.contains_key("-") {
        found.assumptions.push(Assumption::SameFile {
            name: "-".to_owned(),
        });
        return;
    }
    let head = match found.look_into_pipe("-", stream()) {
        Ok(head) => head,
        Err(cause) => {
            found.faults.push(Fault::Unreadable {
                name: "-".to_owned(),
                cause,
            });
            return;
        }
    };
    match probe_head("standard input", &head, wishes.input) {
        Ok(probe) => found.sources.push(Source {
            name: "-".to_owned(),
            place: Place::Stdin,
            probe,
            first_year: 0,
            newest: i64::MAX,
            interval: EVER,
            begins: None,
            lateness: 0,
            skew: 0,
            seen: None,
            web_server: None,
            series: "-".to_owned(),
            age: 0,
            modified: wishes.now,
            packed: true,
        }),
        Err(fault) => found.faults.push(fault),
    }
}

fn add_pattern(
    path: &Path,
    found: &mut Discovery,
    seen: &mut HashSet<(u64, u64)>,
    wishes: &Wishes<'_>,
) {
    let pattern = path.to_string_lossy().into_owned();
    if !pattern.contains(['*', '?', '[']) {
        found.faults.push(Fault::Missing {
            path: path.to_owned(),
            nearest: nearest_name(path),
        });
        return;
    }
    match glob::glob(&pattern) {
        Ok(paths) => {
            let mut matches = Vec::new();
            let before = found.faults.len();
            for path in paths {
                match path {
                    Ok(path) => matches.push(path),
                    Err(refused) => found.faults.push(Fault::Unreadable {
                        name: refused.path().display().to_string(),
                        cause: refused.into(),
                    }),
                }
            }
            if matches.is_empty() && found.faults.len() == before {
                found.faults.push(Fault::NoMatch { pattern });
            }
            for path in matches {
                if path.is_dir() {
                    add_folder(&path, found, seen, wishes);
                } else {
                    add_file(&path, true, found, seen, wishes);
                }
            }
        }
        Err(error) => found.faults.push(Fault::BadPattern {
            pattern,
            cause: error.msg.to_owned(),
        }),
    }
}

fn add_folder(
    folder: &Path,
    found: &mut Discovery,
    seen: &mut HashSet<(u64, u64)>,
    wishes: &Wishes<'_>,
) {
    let before = found.sources.len() + found.faults.len();
    let (mut skipped, mut is_known) = (Vec::new(), false);
    let mut walked = HashSet::new();
    walk(folder, 0, &mut walked, &mut |path, cause| {
        if let Some(cause) = cause {
            let name = path.display().to_string();
            found.faults.push(Fault::Unreadable { name, cause });
            return;
        }
        let added = add_file(path, false, found, seen, wishes);
        is_known |= added == Added::Before;
        if added == Added::NoLog {
            skipped.push(
                path.strip_prefix(folder)
                    .unwrap_or(path)
                    .display()
                    .to_string(),
            );
        }
    });
    let is_useless = found.sources.len() + found.faults.len() == before;
    if is_useless && is_known {
        let name = folder.display().to_string();
        found.assumptions.push(Assumption::SameFolder { name });
    } else if is_useless {
        found.faults.push(Fault::NoLogs {
            path: folder.to_owned(),
        });
    } else if !skipped.is_empty() {
        found.assumptions.push(Assumption::Skipped {
            folder: folder.to_owned(),
            names: skipped,
        });
    }
}

/// What became of a file that was found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Added {
    /// It is a source, or what is wrong with it is told.
    Yes,
    /// It was found before.
    Before,
    /// It is no log.
    NoLog,
}

/// Adds a file. One that was found in a folder is left out where nothing in it is known; one that was named is not.
fn add_file(
    path: &Path,
    named: bool,
    found: &mut Discovery,
    seen: &mut HashSet<(u64, u64)>,
    wishes: &Wishes<'_>,
) -> Added {
    let name = path.display().to_string();
    let refuse = |cause| Fault::Unreadable {
        name: name.clone(),
        cause,
    };
    let meta = match fs::metadata(path) {
        Ok(meta) => meta,
        Err(cause) => {
            found.faults.push(refuse(cause));
            return Added::Yes;
        }
    };
    if !seen.insert(identity(&meta)) {
        if named {
            found.assumptions.push(Assumption::SameFile { name });
        }
        return Added::Before;
    }
    let regular = meta.is_file();
    let looked = if regular {
        look(path, Seen::of(&meta))
    } else {
        let opened = fs::File::open(path);
        let head = opened.and_then(|pipe| found.look_into_pipe(&name, Box::new(pipe)));
        head.map(|head| (true, head, None))
    };
    let (packed, head, fault) = match looked {
        Ok(looked) => looked,
        Err(cause) => {
            found.faults.push(refuse(cause));
            return Added::Yes;
        }
    };
    let mut probe = match probe_head(&name, &head, wishes.input) {
        Ok(probe) => probe,
        Err(_) if !named => return Added::NoLog,
        Err(fault) => {
            found.faults.push(fault);
            return Added::Yes;
        }
    };
    let is_log = probe.known || probe.bare_sshd || probe.unread_login;
    if !named && !is_log && (fault.is_none() || !head.is_empty()) {
        return Added::NoLog;
    }
    // A pipe cannot be looked at twice, and a packed file not at its end; they are read as they come.
    if regular
        && !packed
        && meta.len() > HEAD_BYTES as u64
        && let Err(cause) = probe_rest(&mut probe, path, Seen::of(&meta))
    {
        found.faults.push(refuse(cause));
        return Added::Yes;
    }
    let modified = modified_micros(&meta).unwrap_or(wishes.now);
    let (series, age, named_day) = series_of(path);
    found.sources.push(Source {
        name,
        place: Place::File(path.to_owned()),
        probe,
        first_year: 0,
        newest: i64::MAX,
        interval: EVER,
        begins: None,
        lateness: 0,
        skew: 0,
        seen: regular.then(|| Seen::of(&meta)),
        web_server: None,
        series,
        age,
        modified: named_day.map_or(modified, |day| day.min(modified)),
        packed: packed || !regular,
    });
    Added::Yes
}

/// When a file was last changed, in UTC microseconds; absent where nothing tells. Archives that are the same whenever they
/// are made bear the time 0, or a day after it.
fn modified_micros(meta: &fs::Metadata) -> Option<i64> {
    let since = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let micros = i64::try_from(since.as_micros()).ok()?;
    (micros >= EARLIEST_FILE_MICROS).then_some(micros)
}

/// Reads a file's beginning, unpacked: whether it is packed, the bytes, and the fault that ended them.
fn look(path: &Path, seen: Seen) -> io::Result<(bool, Vec<u8>, Option<io::Error>)> {
    let (mut file, path) = moved::open(path, Some(seen))?;
    let (magic, fault) = stream::read_head(&mut file, 6);
    if let Some(fault) = fault {
        return Err(fault);
    }
    let packed = Compression::of(&magic) != Compression::None;
    let mut stream = stream::open(&path, Some(seen))?;
    let (head, fault) = stream::read_text_head(&mut *stream, HEAD_BYTES);
    Ok((packed, head, fault))
}

/// Which file it is, whatever it is called: its device and its number there.
#[cfg(unix)]
pub(crate) fn identity(meta: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (meta.dev(), meta.ino())
}

/// Puts sources into the order in which lines of one time are read: what tells of attempts first, each series from old to
/// new.
fn put_in_order(sources: &mut [Source]) {
    let mut telling_of: HashMap<String, Telling> = HashMap::new();
    for source in sources.iter() {
        let telling = telling_of
            .entry(source.series.clone())
            .or_insert(source.telling());
        *telling = (*telling).min(source.telling());
    }
    sources.sort_by(|a, b| {
        let telling = |source: &Source| telling_of.get(&source.series);
        (telling(a), &a.series, a.age, &a.name).cmp(&(telling(b), &b.series, b.age, &b.name))
    });
}

/// Finds the year of each source's first line and the time that it covers, from the youngest of a series to the oldest.
fn find_years(sources: &mut [Source], wishes: &Wishes<'_>) {
    let mut younger: Option<(String, i64)> = None;
    for source in sources.iter_mut().rev() {
        let mut newest = source.modified.min(wishes.now);
        if let Some((series, begins)) = &younger
            && *series == source.series
        {
            newest = newest.min(*begins);
        }
        let days = source.probe.times.days();
        (source.first_year, source.newest) = match wishes.year {
            // Whoever names the year knows better than the file.
            Some(year) => (year, i64::MAX),
            None if days.is_empty() => (year_of(newest), newest),
            None => (first_year(&days, newest), newest),
        };
        let clock = Clock::new(wishes.zone.clone(), source.first_year).up_to(source.newest);
        let span = source.probe.times.span(clock.clone());
        source.interval = span.map_or(EVER, |span| span.interval);
        source.begins = match span {
            Some(span) => Some(span.opens),
            None => clock.clone().resolve(source.probe.first),
        };
        source.lateness = span.map_or(0, |span| span.lateness);
        if source.packed && source.interval != EVER {
            // The end isn't seen. A file was written before it was last changed.
            let written = newest.saturating_add(DAY_MICROS);
            let fits = written > source.interval.0;
            source.interval.1 = if fits { written } else { i64::MAX };
        }
        if let Some(span) = span {
            younger = Some((source.series.clone(), span.begins));
        }
        // They may be many, and nobody asks for them again.
        source.probe.times = Times::default();
    }
}

/// How many sources cover one time, at most.
pub(crate) fn most_overlapping(sources: &[Source]) -> usize {
    let mut ends: Vec<(i64, bool)> = Vec::with_capacity(sources.len() * 2);
    for source in sources.iter().filter(|source| !source.is_last()) {
        let (from, to) = source.interval;
        ends.extend([(from, false), (to, true)]);
    }
    ends.sort_unstable();
    let (mut most, mut covering) = (0, 0_usize);
    for (_, is_end) in ends {
        covering = if is_end { covering - 1 } else { covering + 1 };
        most = most.max(covering);
    }
    most
}

/// Returns the time of the system's clock in UTC microseconds.
#[must_use]
pub fn now_micros() -> i64 {
    Timestamp::now().as_microsecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_input_that_is_named_twice_is_read_once() {
        let zone = Zone::new(jiff::tz::TimeZone::UTC);
        let wishes = Wishes {
            input: Input::Auto,
            zone: &zone,
            year: None,
            now: 0,
        };
        let mut found = Discovery::default();
        for text in ["192.0.2.1\n", "192.0.2.2\n"] {
            add_stdin(|| Box::new(text.as_bytes()), &mut found, &wishes);
        }
        let mut read = String::new();
        let mut stdin = found.pipes.remove("-").unwrap();
        stdin.read_to_string(&mut read).unwrap();
        assert_eq!((read.as_str(), found.sources.len()), ("192.0.2.1\n", 1));
        let name = "-".to_owned();
        assert_eq!(found.assumptions, [Assumption::SameFile { name }]);
    }
}

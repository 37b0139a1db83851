//! Paths to batches of events: finds sources, unpacks them, reads each byte once, and accounts for every line.
//!
//! [`gather`] is the door. Threads parse runs of lines; the merge settles them in the order of time (sessions, copies, echoes),
//! and threads roll them up into `activity`; single events are kept where somebody asked for them. [`Reader`] does the same
//! step by step, and can be saved.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod activity;
mod chunk;
mod clock;
mod coverage;
mod decode;
mod deduplication;
mod echo;
mod enclosed;
mod event_batch;
mod evidence;
mod export_field;
pub mod fail2ban_database;
mod fail2ban_file;
mod fault;
mod fingerprint;
mod folder;
mod http_logins;
mod intern;
mod item;
mod journal;
mod logins;
mod merge;
mod moved;
mod probe;
mod reader;
mod records;
mod redaction;
mod resolve;
mod rollup;
mod saved;
mod scan;
mod scheduler;
mod series;
mod session;
mod source;
mod spill;
mod stream;
mod times;
mod usual_paths;
mod waiting;
mod wall_clock;
mod watermark;
mod web_file;
mod web_server;
mod window;
mod zone_skew;

use std::path::PathBuf;

use arrow::array::RecordBatch;
use jiff::tz::TimeZone;

pub use activity::ActivityPart;
pub use clock::Zone;
pub use coverage::{Coverage, SourceCoverage, UnknownShape};
pub use fault::{Assumption, Fault};
pub use journal::has_journal;
pub use rapsheet_parse::Input;
use rapsheet_schema::Event;
pub use reader::{Reader, Taken};
pub use rollup::{RollUpPart, RolledUp};
pub use saved::Saved;
pub use scan::EventsWish;
pub use source::now_micros;
pub use spill::SpilledFiles;
pub use usual_paths::usual_paths;

/// The most that threads may keep of single events where these are evidence: of most of them nobody reads a line.
const EVIDENCE_BYTES: usize = 48 * 1024 * 1024;

/// Tells whether a suspicious event at a time (UTC microseconds, where it has one) is nothing.
pub type Harmless<'a> = dyn Fn(&Event<'_>, Option<i64>) -> bool + Sync + 'a;

/// What to read, and how.
pub struct Options<'a> {
    /// Files, folders, patterns; `-` is standard input.
    pub paths: Vec<PathBuf>,
    /// Whether to read the journal too.
    pub journal: bool,
    /// How lines are taken.
    pub input: Input,
    /// The zone of lines without one.
    pub timezone: TimeZone,
    /// The zone of days and hours in answers.
    pub show_timezone: TimeZone,
    /// The year of each source's first line without one.
    pub year: Option<i64>,
    /// Events before this time are left out (UTC microseconds).
    pub since: Option<i64>,
    /// Events from this time on are left out (UTC microseconds).
    pub until: Option<i64>,
    /// How many threads work.
    pub threads: usize,
    /// Whether the wide roll-up `activity` is wanted.
    pub activity: bool,
    /// Whether the roll-up by facets is wanted.
    pub facets: bool,
    /// Which events are wanted one by one.
    pub events: EventsWish,
    /// Where temporary files go.
    pub temporary: PathBuf,
    /// How many bytes the roll-ups may take in memory, and as many `activity`, and the events: more goes to temporary files.
    pub memory: usize,
    /// The present, in UTC microseconds: nothing is younger.
    pub now: i64,
    /// Whether user names are replaced by hashes.
    pub hide_users: bool,
    /// Says which suspicious events are nothing, because whoever they are of is known: they stay, and are no evidence.
    pub harmless: Option<&'a Harmless<'a>>,
    /// Is told how many unpacked bytes were read.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

impl Options<'_> {
    /// What is in these paths, all of it, as one thread reads it in UTC, and no single events. `now` is the present, in UTC
    /// microseconds.
    #[must_use]
    pub fn new(paths: Vec<PathBuf>, now: i64) -> Self {
        Self {
            paths,
            journal: false,
            input: Input::Auto,
            timezone: TimeZone::UTC,
            show_timezone: TimeZone::UTC,
            year: None,
            since: None,
            until: None,
            threads: 1,
            activity: false,
            facets: false,
            events: EventsWish::None,
            temporary: std::env::temp_dir(),
            memory: 256 << 20,
            now,
            hide_users: false,
            harmless: None,
            progress: &|_| (),
        }
    }
}

/// What a run gathered.
pub struct Gathered {
    /// The declared roll-ups, and the texts of their ids.
    pub rolled_up: RolledUp,
    /// The wide roll-up, where it was wanted: one part a thread, and what found no room on disk.
    pub activity: Vec<ActivityPart>,
    /// Single events, where they were wanted: one part a thread.
    pub events: Vec<Vec<RecordBatch>>,
    /// Parts of both that did not fit into memory.
    pub spilled: SpilledFiles,
    /// What became of every line.
    pub coverage: Coverage,
    /// What could not be read.
    pub faults: Vec<Fault>,
    /// What was assumed.
    pub assumptions: Vec<Assumption>,
}

/// Reads all sources once.
#[must_use]
pub fn gather(options: &Options<'_>) -> Gathered {
    let mut reader = Reader::new(options);
    reader.advance(u64::MAX);
    reader.finish()
}

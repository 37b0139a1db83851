//! Paths to batches of events: finds sources, unpacks them, reads each byte once, and accounts for every line.
//!
//! [`gather`] is the door. Threads take runs of lines from the [`feed`](self), parse them, settle them in order (times,
//! connections, copies) and roll them up into `activity`; single events are kept where somebody asked for them.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod activity;
mod clock;
mod connection;
mod copies;
mod coverage;
mod event_batch;
mod evidence;
mod export_field;
pub mod fail2ban_database;
mod fault;
mod feed;
mod hidden;
mod intern;
mod items;
mod journal;
mod logins;
mod probe;
mod records;
mod rollup;
mod scan;
mod series;
mod settle;
mod source;
mod spill;
mod stream;
mod times;
mod told;
mod wall_clock;
mod web_file;

use std::path::PathBuf;

use arrow::array::RecordBatch;
use jiff::tz::TimeZone;

pub use activity::ActivityPart;
pub use clock::Zone;
pub use coverage::{Coverage, SourceCoverage, UnknownShape};
pub use fault::{Assumption, Fault};
pub use journal::has_journal;
pub use rapsheet_parse::Input;
pub use rollup::RolledUp;
pub use scan::EventsWish;
pub use source::{now_micros, usual_paths};
pub use spill::SpilledFiles;

/// What one thread may keep of a table before it is written to temporary files.
const MEMORY_BYTES: usize = 256 * 1024 * 1024;

/// What to read, and how.
pub struct Options<'a> {
    /// Files, folders, patterns; `-` is standard input.
    pub paths: Vec<PathBuf>,
    /// Whether to read the journal too.
    pub journal: bool,
    /// How lines are taken.
    pub input: Input,
    /// The zone of lines without one, and of days and hours in answers.
    pub timezone: TimeZone,
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
    /// Which events are wanted one by one.
    pub events: EventsWish,
    /// Where temporary files go.
    pub temporary: PathBuf,
    /// The present, in UTC microseconds: nothing is younger.
    pub now: i64,
    /// Whether user names are replaced by hashes.
    pub hide_users: bool,
    /// Is told how many unpacked bytes were read.
    pub progress: &'a (dyn Fn(u64) + Sync),
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
    let zone = Zone::new(options.timezone.clone());
    let wishes = source::Wishes {
        input: options.input,
        zone: &zone,
        year: options.year,
        now: options.now,
    };
    let mut found = source::discover(&options.paths, &wishes);
    if options.journal {
        found.sources.push(source::Source::journal(options.now));
    }
    let threads = options.threads.max(1);
    let spill = spill::Spill::new(
        options.temporary.clone(),
        zone.clone(),
        MEMORY_BYTES / threads,
    );
    let hidden = options.hide_users.then(hidden::Hidden::default);
    let plan = scan::Plan {
        sources: &found.sources,
        input: options.input,
        since: options.since,
        until: options.until,
        activity: options.activity,
        events: &options.events,
        progress: options.progress,
        spill: &spill,
        hidden: hidden.as_ref(),
    };
    let feed = feed::Feed::new(&found.sources, found.stdin.take());
    let shared = scan::Shared::new(
        feed,
        settle::Settle::new(&found.sources, &zone),
        &options.events,
    );
    let yields: Vec<scan::Yield> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads)
            .map(|_| scope.spawn(|| shared.work(&plan)))
            .collect();
        let mut yields = vec![shared.work(&plan)];
        for thread in others {
            match thread.join() {
                Ok(made) => yields.push(made),
                // What it had rolled up is lost, so there is no answer to give.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        yields
    });
    let mut settle = shared.into_settle();
    let mut assumptions = std::mem::take(&mut found.assumptions);
    assumptions.extend(settle.assumptions(&zone));
    let mut faults = std::mem::take(&mut found.faults);
    faults.append(&mut settle.faults);
    let defects = settle.defects.iter().zip(&found.sources);
    for (lines, source) in defects.filter(|(lines, _)| **lines > 0) {
        faults.push(Fault::Defect {
            name: source.name.clone(),
            lines: *lines,
        });
    }
    let coverage = std::mem::take(&mut settle.coverage);
    drop(settle);
    for covered in coverage
        .sources
        .iter()
        .filter(|covered| covered.lines == 0 && covered.fault.is_none())
    {
        assumptions.push(Assumption::Empty {
            name: covered.log_file_path.clone(),
        });
    }
    faults.extend(useless_sources(&found.sources, &coverage));
    let (spilled, fault) = spill.finish();
    faults.extend(fault);
    let (mut activity, mut events, mut roll_ups) = (Vec::new(), Vec::new(), Vec::new());
    for part in yields {
        activity.extend(part.unwritten);
        if options.activity {
            activity.push(ActivityPart::new(part.rollup, zone.clone()));
        }
        events.push(part.events);
        roll_ups.push(part.roll_ups);
    }
    let rolled_up = rollup::finish(roll_ups, &zone).unwrap_or_else(|cause| {
        faults.push(Fault::Table {
            cause: cause.to_string(),
        });
        RolledUp::default()
    });
    Gathered {
        rolled_up,
        activity,
        events,
        spilled,
        coverage,
        faults,
        assumptions,
    }
}

/// Sources that were read and gave nothing, with the reason.
fn useless_sources(sources: &[source::Source], coverage: &Coverage) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (source, covered) in sources.iter().zip(&coverage.sources) {
        if covered.events > 0 || covered.unknown == 0 || covered.fault.is_some() {
            continue;
        }
        let name = source.name.clone();
        if source.probe.bare_sshd {
            faults.push(Fault::NoTime { name });
        } else if covered.unknown * 10 >= (covered.lines - covered.blank) * 9 {
            faults.push(Fault::UnknownFormat {
                name,
                lines: covered.lines,
                unknown: covered.unknown,
            });
        }
    }
    faults
}

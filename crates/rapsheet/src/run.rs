//! From a plan to a session that answers: reads the logs once, looks each address up once, and fills the tables.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::bail;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use indicatif::{ProgressBar, ProgressStyle};
use rapsheet_geo::{Geo, GeoNotice};
use rapsheet_query::{LazyPart, Session, SessionOptions};
use rapsheet_read::{
    Assumption, Coverage, EventsWish, Gathered, Harmless, Input, Options, SpilledFiles,
};
use rapsheet_schema::{Column, Event, activity, schema_of};
use tempfile::TempDir;

use crate::known;
use crate::plan::{Plan, geo_options};
use crate::printer::Printer;

/// A run whose logs were read.
pub(crate) struct Run {
    pub(crate) session: Session,
    pub(crate) coverage: Coverage,
    pub(crate) plan: Plan,
    /// The databases that details come from; absent with `--no-geo`.
    pub(crate) geo: Option<Geo>,
    /// The addresses of the run, each once.
    pub(crate) addresses: Vec<IpAddr>,
    /// What was assumed of the logs.
    pub(crate) assumptions: Vec<Assumption>,
    /// Temporary files live as long as the run.
    spilled: SpilledFiles,
    /// Where queries put what finds no room; absent where no folder could be made.
    scratch: Option<TempDir>,
}

impl Run {
    /// Ends the last run of the process. Its temporary files go; its memory, which is many small pieces, the system takes back
    /// faster.
    pub(crate) fn leave(mut self) {
        drop(std::mem::take(&mut self.spilled));
        drop(self.scratch.take());
        std::mem::forget(self);
    }
}

/// What is wanted beside the declared roll-ups.
#[derive(Clone, Default)]
pub(crate) struct Wish {
    /// Whether the wide roll-up is.
    pub(crate) activity: bool,
    /// Whether the roll-up by facets is.
    pub(crate) facets: bool,
    /// Which events are.
    pub(crate) events: EventsWish,
}

impl From<EventsWish> for Wish {
    fn from(events: EventsWish) -> Self {
        Self {
            activity: false,
            facets: false,
            events,
        }
    }
}

/// Opens the databases that details come from.
pub(crate) fn open_geo(plan: &Plan, printer: &Printer) -> Option<Geo> {
    if plan.no_geo {
        return None;
    }
    let locale = plan.locale.as_deref();
    let (geo, notices) = Geo::open(&geo_options(
        &plan.geo,
        plan.cache.clone(),
        plan.answers_from.clone(),
        locale,
    ));
    tell_notices(&notices, &plan.geo, printer);
    Some(geo)
}

/// Tells of databases that can't be used: an error where a person named it, a warning where it was found.
pub(crate) fn tell_notices(notices: &[GeoNotice], named: &[PathBuf], printer: &Printer) {
    for notice in notices {
        let is_named = named.iter().any(|path| notice.path.starts_with(path));
        let message = format!("`{}`: {}", notice.path.display(), notice.message);
        if is_named {
            printer.error(&message, notice.hint.as_deref());
        } else {
            printer.warning(&message);
        }
    }
}

/// Reads the logs and fills the tables.
pub(crate) fn run(
    plan: Plan,
    geo: Option<Geo>,
    wish: impl Into<Wish>,
    progress: bool,
    printer: &Printer,
) -> anyhow::Result<Run> {
    let wish = wish.into();
    let scratch = tempfile::Builder::new().prefix("rapsheet-").tempdir().ok();
    let options = SessionOptions {
        threads: plan.threads,
        memory_limit: Some(plan.memory.of_queries),
        temp_dir: scratch.as_ref().map(|folder| folder.path().to_owned()),
    };
    // The session is made ready while the logs are read.
    let (gathered, session) = std::thread::scope(|scope| {
        let session = scope.spawn(|| Session::new(&options));
        let gathered = gather(&plan, wish.clone(), progress);
        let session = session.join().unwrap_or_else(|_| Session::new(&options));
        (gathered, session)
    });
    let Gathered {
        rolled_up,
        activity: parts,
        events: single,
        spilled,
        coverage,
        faults,
        assumptions,
    } = gathered;
    say(printer, &faults, &assumptions);
    if coverage.sources.is_empty() || coverage.totals().0 == 0 {
        if printer.faulty.get() {
            bail!("nothing could be read");
        }
        bail!("there is nothing to read");
    }
    for note in &plan.known.notes {
        printer.warning(note);
    }
    let session = session?;
    let addresses = rolled_up.addresses;
    let peers = rolled_up.tables.iter().find(|(name, ..)| *name == "peers");
    let peers = peers.map_or(&[][..], |(_, _, parts)| parts);
    known::register(&session, &plan.known, peers)?;
    for (name, schema, parts) in rolled_up.roll_ups {
        let parts = parts.into_iter().map(|part| Arc::new(RollUp(part)) as _);
        session.register_lazy(name, schema, parts.collect(), &[])?;
    }
    for (name, schema, parts) in rolled_up.tables {
        session.register(name, schema, parts)?;
    }
    if wish.activity {
        let parts = parts
            .into_iter()
            .map(|part| Arc::new(Part(part)) as Arc<dyn LazyPart>)
            .collect();
        session.register_lazy("activity", schema_of(&activity()), parts, &spilled.activity)?;
    }
    if !matches!(wish.events, EventsWish::None) {
        let columns = wish.events.columns().iter();
        let columns: Vec<Column> = columns.map(|column| column.column()).collect();
        session.register_parts("events", schema_of(&columns), single, &spilled.events)?;
    }
    let batch = coverage.to_batch()?;
    session.register("coverage", batch.schema(), vec![vec![batch]])?;
    let batch = coverage.unknown_batch()?;
    session.register("unknown_lines", batch.schema(), vec![vec![batch]])?;
    if let Some(geo) = &geo {
        let batch = geo.details_batch(&addresses)?;
        session.register("details", batch.schema(), vec![vec![batch]])?;
        for notice in geo.lookup_notices() {
            printer.error(
                &format!("`{}`: {}", notice.path.display(), notice.message),
                notice.hint.as_deref(),
            );
        }
    }
    Ok(Run {
        session,
        coverage,
        plan,
        geo,
        addresses,
        assumptions,
        spilled,
        scratch,
    })
}

/// A part of a declared roll-up, as queries read it.
#[derive(Debug)]
struct RollUp(rapsheet_read::RollUpPart);

impl LazyPart for RollUp {
    fn rows(&self) -> usize {
        self.0.rows()
    }

    fn batches(&self) -> usize {
        self.0.batches()
    }

    fn batch(&self, index: usize, projection: &[usize]) -> Result<RecordBatch, ArrowError> {
        self.0.batch(index, projection)
    }
}

/// A part of the wide roll-up, as queries read it.
#[derive(Debug)]
struct Part(rapsheet_read::ActivityPart);

impl LazyPart for Part {
    fn rows(&self) -> usize {
        self.0.rows()
    }

    fn batches(&self) -> usize {
        self.0.batches()
    }

    fn batch(&self, index: usize, projection: &[usize]) -> Result<RecordBatch, ArrowError> {
        self.0.batch(index, projection)
    }
}

fn gather(plan: &Plan, wish: Wish, progress: bool) -> Gathered {
    let bar = progress.then(|| {
        let bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("{spinner} reading: {bytes} at {bytes_per_sec}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar
    });
    let read = AtomicU64::new(0);
    let report = |bytes: u64| {
        let total = read.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if let Some(bar) = &bar {
            bar.set_position(total);
        }
    };
    let harmless =
        |event: &Event<'_>, at: Option<i64>| known::is_harmless(&plan.known.list, event, at);
    let gathered = rapsheet_read::gather(&Options {
        paths: plan.paths.clone(),
        journal: plan.journal,
        input: if plan.addresses_only {
            Input::Addresses
        } else {
            Input::Auto
        },
        timezone: plan.read_timezone.clone(),
        show_timezone: plan.timezone.clone(),
        year: plan.year,
        since: plan.since,
        until: plan.until,
        threads: plan.threads,
        activity: wish.activity,
        facets: wish.facets,
        events: wish.events,
        temporary: std::env::temp_dir(),
        memory: plan.memory.of_a_table,
        now: plan.now,
        hide_users: plan.hide_users,
        harmless: plan
            .known
            .list
            .has_monitoring()
            .then_some(&harmless as &Harmless<'_>),
        progress: &report,
    });
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    gathered
}

/// Says what could not be read, and what was assumed.
fn say(printer: &Printer, faults: &[rapsheet_read::Fault], assumptions: &[Assumption]) {
    for fault in faults {
        printer.error(&fault.to_string(), fault.hint().as_deref());
    }
    let years: Vec<&Assumption> = assumptions
        .iter()
        .filter(|assumption| matches!(assumption, Assumption::Years { .. }))
        .collect();
    for assumption in assumptions {
        match assumption {
            Assumption::Years { .. } if years.len() > 1 => printer.detail(&assumption.to_string()),
            Assumption::Zone { .. }
            | Assumption::Years { .. }
            | Assumption::Empty { .. }
            | Assumption::SameFile { .. }
            | Assumption::SameFolder { .. }
            | Assumption::NoAddresses { .. } => {
                printer.note(&format!("note: {assumption}"));
            }
            Assumption::Skipped { .. } => printer.note(&format!("note: {assumption}")),
            Assumption::CutLines { .. } | Assumption::BadUtf8 { .. } | Assumption::Skew { .. } => {
                printer.warning(&assumption.to_string())
            }
        }
    }
    if years.len() > 1 {
        let span = years.iter().fold(
            None,
            |span: Option<(i64, i64)>, assumption| match assumption {
                Assumption::Years { first, last, .. } => {
                    Some(span.map_or((*first, *last), |(from, to)| {
                        (from.min(*first), to.max(*last))
                    }))
                }
                _ => span,
            },
        );
        if let Some((from, to)) = span {
            let years = if from == to {
                from.to_string()
            } else {
                format!("{from} to {to}")
            };
            printer.note(&format!(
                "note: lines without a year are taken as {years} in {} files (`--year` overrides, `-v` lists them)",
                years_count(assumptions)
            ));
        }
    }
}

fn years_count(assumptions: &[Assumption]) -> usize {
    assumptions
        .iter()
        .filter(|assumption| matches!(assumption, Assumption::Years { .. }))
        .count()
}

/// The last line on stderr: what became of every line.
pub(crate) fn closing_line(run: &Run, printer: &Printer) {
    use rapsheet_output::number::{count, several};
    let (lines, events, understood, unknown) = run.coverage.totals();
    let programs = run.coverage.other_programs();
    if !programs.is_empty() {
        let shown: Vec<String> = programs
            .iter()
            .take(5)
            .map(|(name, lines)| {
                format!(
                    "{} {}",
                    if name.is_empty() { "(no name)" } else { name },
                    count(*lines)
                )
            })
            .collect();
        let more = if programs.len() > 5 {
            format!(" and {} more", programs.len() - 5)
        } else {
            String::new()
        };
        printer.note(&format!(
            "note: lines of programs that rapsheet does not read: {}{more}",
            shown.join(", ")
        ));
    }
    let copies: u64 = run
        .coverage
        .sources
        .iter()
        .map(|source| source.duplicates)
        .sum();
    let copies = if copies > 0 {
        format!(", of which {}", several(copies, "copy", "copies"))
    } else {
        String::new()
    };
    printer.note(&format!(
        "{} = {} + {} understood{copies} + {} unknown",
        several(lines, "line", "lines"),
        several(events, "event", "events"),
        count(understood),
        count(unknown)
    ));
}

#[cfg(test)]
mod tests;

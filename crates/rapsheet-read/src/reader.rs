//! The reader of a run: sources that were found, and how far they are read. It can be advanced by a few chunks, asked for what
//! was gathered so far, finished, or stopped and carried on later.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use crate::activity::ActivityPart;
use crate::clock::Zone;
use crate::coverage::Coverage;
use crate::evidence::Evidence;
use crate::fault::{Assumption, Fault};
use crate::fingerprint::Fingerprints;
use crate::logins::Past;
use crate::merge::Merge;
use crate::redaction::Redaction;
use crate::resolve::Resolver;
use crate::rollup::{self, RolledUp};
use crate::saved::Saved;
use crate::scan::{EventsWish, Plan, Shared, Yield, roll_up_unfinished};
use crate::scheduler::Scheduler;
use crate::source::{self, Source};
use crate::spill::Spill;
use crate::{EVIDENCE_BYTES, Gathered, Options};

/// Reads sources, chunk by chunk.
pub struct Reader<'a> {
    options: &'a Options<'a>,
    zone: Zone,
    /// The zone of days and hours in answers.
    show_zone: Zone,
    sources: Arc<[Source]>,
    faults: Vec<Fault>,
    assumptions: Vec<Assumption>,
    spill: Spill,
    hidden: Option<Redaction>,
    overlapping: usize,
    shared: Shared,
    yields: Vec<Yield>,
}

impl<'a> Reader<'a> {
    /// Finds the sources; nothing is read yet but what tells their formats and times.
    #[must_use]
    pub fn new(options: &'a Options<'a>) -> Self {
        Self::begin(options, None)
    }

    /// Finds the sources, and carries on where another reader stopped: what it read of a source of the same name is not read
    /// again. What another version saved is ignored.
    #[must_use]
    pub fn carry_on(options: &'a Options<'a>, saved: Saved) -> Self {
        Self::begin(options, Some(saved).filter(Saved::is_current))
    }

    fn begin(options: &'a Options<'a>, saved: Option<Saved>) -> Self {
        let zone = Zone::new(options.timezone.clone());
        let show_zone = Zone::new(options.show_timezone.clone());
        let wishes = source::Wishes {
            input: options.input,
            zone: &zone,
            year: options.year,
            now: options.now,
        };
        let mut found = source::discover(&options.paths, &wishes);
        if options.journal {
            found.sources.push(Source::journal(options.now));
        }
        let sources: Arc<[Source]> = found.sources.into();
        let per_address = match options.events {
            EventsWish::Evidence { per_address } => per_address,
            _ => 0,
        };
        let threads = options.threads.max(1);
        let evidence = Evidence::new(per_address, options.since, options.until);
        let fingerprints = saved.as_ref().map_or_else(Fingerprints::new, |saved| {
            Fingerprints::with_seed(saved.seed)
        });
        let keeps_raw = !matches!(options.events, EventsWish::None);
        let mut resolver = Resolver::new(
            Arc::clone(&sources),
            &zone,
            evidence,
            keeps_raw,
            fingerprints,
        )
        .of_time(options.since, options.until);
        if let Some(saved) = saved {
            resolver.restore(saved);
        }
        let merge = Box::new(Merge::new(&sources, resolver));
        let of_events = match options.events {
            EventsWish::Evidence { .. } => options.memory.min(EVIDENCE_BYTES),
            EventsWish::None | EventsWish::All { .. } | EventsWish::Of(_) => options.memory,
        };
        let scheduler = Scheduler::new(merge, found.pipes, threads);
        Self {
            spill: Spill::new(
                options.temporary.clone(),
                show_zone.clone(),
                options.memory / threads,
                of_events / threads,
            ),
            hidden: options.hide_users.then(Redaction::default),
            overlapping: source::most_overlapping(&sources),
            shared: Shared::new(scheduler),
            yields: Vec::new(),
            options,
            zone,
            show_zone,
            sources,
            faults: found.faults,
            assumptions: found.assumptions,
        }
    }

    /// Reads on, until so many chunks more are done or all is read; returns whether more is to come.
    pub fn advance(&mut self, chunks: u64) -> bool {
        self.shared.lock().allow(chunks);
        let (plan, shared) = (self.plan(), &self.shared);
        let mut yields = Vec::new();
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..self.options.threads.max(1))
                .map(|_| scope.spawn(|| shared.work(&plan)))
                .collect();
            yields.push(shared.work(&plan));
            for thread in others {
                match thread.join() {
                    Ok(made) => yields.push(made),
                    // What it had rolled up is lost, so there is no answer to give.
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        self.yields.append(&mut yields);
        let mut scheduler = self.shared.lock();
        scheduler
            .merge()
            .is_some_and(|merge| merge.wanted().is_some())
    }

    fn plan(&self) -> Plan<'_> {
        Plan {
            sources: &self.sources,
            input: self.options.input,
            since: self.options.since,
            until: self.options.until,
            activity: self.options.activity,
            facets: self.options.facets,
            events: &self.options.events,
            progress: self.options.progress,
            spill: &self.spill,
            hidden: self.hidden.as_ref(),
            harmless: self.options.harmless,
            overlapping: self.overlapping,
        }
    }

    /// What became of every line so far.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let mut scheduler = self.shared.lock();
        let merge = scheduler.merge();
        merge.map_or_else(Coverage::default, |merge| merge.resolver.coverage.clone())
    }

    /// Hands out what was rolled up since the last time: parts add up.
    ///
    /// # Errors
    ///
    /// Fails where a column doesn't have the type that its table declares, which is a defect.
    pub fn take(&mut self) -> Result<Taken, ArrowError> {
        let mut taken = Taken::default();
        let mut roll_ups = Vec::new();
        for part in std::mem::take(&mut self.yields) {
            taken.activity.extend(part.unwritten);
            if self.options.activity {
                let part = ActivityPart::new(part.rollup, self.show_zone.clone());
                taken.activity.push(part);
            }
            taken.events.push(part.events);
            roll_ups.push(part.roll_ups);
        }
        let mut scheduler = self.shared.lock();
        let merge = scheduler.merge();
        let past = merge.map_or_else(Past::default, |merge| merge.resolver.logins.past());
        drop(scheduler);
        taken.rolled_up = rollup::finish(roll_ups, &past, &self.show_zone)?;
        Ok(taken)
    }

    /// Ends the run where it stands; returns all that was gathered, and what it takes to carry on.
    ///
    /// Lines that wait for later ones are told by the reader that carries on.
    #[must_use]
    pub fn stop(mut self) -> (Gathered, Option<Saved>) {
        let mut scheduler = self.shared.lock();
        let stopped = scheduler.merge().map(|merge| {
            let chunks = merge.interrupt();
            (chunks, merge.resolver.save())
        });
        drop(scheduler);
        let saved = stopped.map(|(chunks, saved)| {
            let done = roll_up_unfinished(&self.plan(), chunks);
            self.yields.push(done);
            saved
        });
        (self.gathered(), saved)
    }

    /// Ends the run; returns all that was gathered.
    #[must_use]
    pub fn finish(mut self) -> Gathered {
        let last = self.shared.lock().merge().map(Merge::end_waits);
        if let Some(chunk) = last {
            let done = roll_up_unfinished(&self.plan(), vec![chunk]);
            self.yields.push(done);
        }
        self.gathered()
    }

    fn gathered(mut self) -> Gathered {
        let taken = self.take();
        let Self {
            zone,
            sources,
            mut faults,
            mut assumptions,
            ..
        } = self;
        let merge = self.shared.into_scheduler().into_merge();
        let mut coverage = Coverage::default();
        if let Some(merge) = merge {
            let mut resolver = merge.resolver;
            assumptions.extend(resolver.assumptions(&zone));
            if self.options.hide_users {
                for assumption in &mut assumptions {
                    assumption.hide_names();
                }
            }
            faults.append(&mut resolver.faults);
            faults.extend(resolver.defects().map(|(source, lines)| Fault::Defect {
                name: source.name.clone(),
                lines,
            }));
            coverage = resolver.coverage;
        }
        for covered in coverage
            .sources
            .iter()
            .filter(|covered| covered.lines == 0 && covered.fault.is_none())
        {
            assumptions.push(Assumption::Empty {
                name: covered.log_file_path.clone(),
            });
        }
        faults.extend(useless_sources(&sources, &coverage));
        let (spilled, fault) = self.spill.finish();
        faults.extend(fault);
        let taken = taken.unwrap_or_else(|cause| {
            faults.push(Fault::Table {
                cause: cause.to_string(),
            });
            Taken::default()
        });
        Gathered {
            rolled_up: taken.rolled_up,
            activity: taken.activity,
            events: taken.events,
            spilled,
            coverage,
            faults,
            assumptions,
        }
    }
}

/// What a reader gathered since it was last asked.
#[derive(Debug, Default)]
pub struct Taken {
    /// The declared roll-ups, and the texts of their ids.
    pub rolled_up: RolledUp,
    /// The wide roll-up, where it is wanted.
    pub activity: Vec<ActivityPart>,
    /// Single events, where they are wanted.
    pub events: Vec<Vec<RecordBatch>>,
}

/// Sources that were read and gave nothing, with the reason.
fn useless_sources(sources: &[Source], coverage: &Coverage) -> Vec<Fault> {
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

#[cfg(test)]
mod tests;

//! The reader of a run: sources that were found, and how far they are read. It can be advanced by a few chunks, asked for what
//! was gathered so far, and finished.

use std::sync::Arc;

use crate::activity::ActivityPart;
use crate::clock::Zone;
use crate::coverage::Coverage;
use crate::evidence::Evidence;
use crate::fault::{Assumption, Fault};
use crate::hidden::Hidden;
use crate::merge::Merge;
use crate::scan::{EventsWish, Plan, Shared, Yield};
use crate::scheduler::Scheduler;
use crate::settle::Settle;
use crate::source::{self, Source};
use crate::spill::Spill;
use crate::{Gathered, MEMORY_BYTES, Options};

/// Reads sources, chunk by chunk.
pub struct Reader<'a> {
    options: &'a Options<'a>,
    zone: Zone,
    sources: Arc<[Source]>,
    faults: Vec<Fault>,
    assumptions: Vec<Assumption>,
    spill: Spill,
    hidden: Option<Hidden>,
    overlapping: usize,
    shared: Shared,
    yields: Vec<Yield>,
}

impl<'a> Reader<'a> {
    /// Finds the sources; nothing is read yet but what tells their formats and times.
    #[must_use]
    pub fn new(options: &'a Options<'a>) -> Self {
        let zone = Zone::new(options.timezone.clone());
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
        let settle = Settle::new(Arc::clone(&sources), &zone, evidence);
        let merge = Box::new(Merge::new(&sources, settle));
        let scheduler = Scheduler::new(merge, found.stdin, threads);
        Self {
            spill: Spill::new(
                options.temporary.clone(),
                zone.clone(),
                MEMORY_BYTES / threads,
            ),
            hidden: options.hide_users.then(Hidden::default),
            overlapping: source::most_overlapping(&sources),
            shared: Shared::new(scheduler),
            yields: Vec::new(),
            options,
            zone,
            sources,
            faults: found.faults,
            assumptions: found.assumptions,
        }
    }

    /// Reads on, until so many chunks more are done or all is read; returns whether more is to come.
    pub fn advance(&mut self, chunks: u64) -> bool {
        self.shared.lock().allow(chunks);
        let plan = Plan {
            sources: &self.sources,
            input: self.options.input,
            since: self.options.since,
            until: self.options.until,
            events: &self.options.events,
            progress: self.options.progress,
            spill: &self.spill,
            hidden: self.hidden.as_ref(),
            overlapping: self.overlapping,
        };
        let shared = &self.shared;
        let yields = &mut self.yields;
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
        let mut scheduler = self.shared.lock();
        scheduler
            .merge()
            .is_some_and(|merge| merge.wanted().is_some())
    }

    /// Ends the run; returns all that was gathered.
    #[must_use]
    pub fn finish(self) -> Gathered {
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
            let mut settle = merge.settle;
            assumptions.extend(settle.assumptions(&zone));
            faults.append(&mut settle.faults);
            faults.extend(settle.defects().map(|(source, lines)| Fault::Defect {
                name: source.name.clone(),
                lines,
            }));
            coverage = settle.coverage;
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
        let (mut activity, mut events) = (Vec::new(), Vec::new());
        for part in self.yields {
            activity.extend(part.unwritten);
            activity.push(ActivityPart::new(part.rollup, zone.clone()));
            events.push(part.events);
        }
        Gathered {
            activity,
            events,
            spilled,
            coverage,
            faults,
            assumptions,
        }
    }
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

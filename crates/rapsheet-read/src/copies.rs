//! Copies of one log count once: overlapping rotations, a backup beside the log, the same lines in auth.log and in the
//! journal. Equal lines within one source all count.
//!
//! A line is looked at only where another source covers its time. There, each record (its second, host, process and
//! message) counts as often as the source that has it most often, so the order of sources changes nothing.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap};
use rapsheet_schema::MICROS_PER_SECOND;

use crate::source::Source;

/// How often a record was met: in the source that has it most often, and in the one that is being read.
#[derive(Clone, Copy, Debug, Default)]
struct Met {
    most: u32,
    here: u32,
    source: u32,
}

/// What remembers records that two sources may both hold.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    /// For each source, the times that others cover as well.
    shared: Vec<Vec<(i64, i64)>>,
    met: HashMap<u64, Met>,
    /// Seeded, so that nobody can write a line that passes for a copy of another.
    hasher: DefaultHashBuilder,
}

/// What makes a record, beside its second.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Record<'a> {
    pub(crate) host_name: Option<&'a str>,
    pub(crate) process_pid: Option<u32>,
    pub(crate) message: &'a str,
}

impl Copies {
    /// Finds which times of which sources others cover too.
    pub(crate) fn new(sources: &[Source]) -> Self {
        let shared = sources
            .iter()
            .enumerate()
            .map(|(index, source)| {
                let others = sources
                    .iter()
                    .enumerate()
                    .filter(|(other, _)| *other != index);
                others
                    .filter(|(_, other)| may_copy(source, other))
                    .filter_map(|(_, other)| overlap(source, other))
                    .collect()
            })
            .collect();
        Self {
            shared,
            ..Self::default()
        }
    }

    /// Tells whether a record was told by another source already.
    pub(crate) fn is_copy(
        &mut self,
        source: usize,
        micros: Option<i64>,
        record: &Record<'_>,
    ) -> bool {
        let Some(spans) = self.shared.get(source).filter(|spans| !spans.is_empty()) else {
            return false;
        };
        let at = micros.unwrap_or(0);
        if micros.is_some() && !spans.iter().any(|(from, to)| (*from..=*to).contains(&at)) {
            return false;
        }
        let source = u32::try_from(source).unwrap_or(u32::MAX);
        let second = micros.map(|micros| micros.div_euclid(MICROS_PER_SECOND));
        let met = self
            .met
            .entry(self.hasher.hash_one((second, record)))
            .or_default();
        if met.source != source {
            met.here = 0;
            met.source = source;
        }
        met.here += 1;
        let copy = met.here <= met.most;
        met.most = met.most.max(met.here);
        copy
    }
}

/// Whether two sources can hold the same record. A web server's lines name neither host nor process, so two sites'
/// logs may truly hold equal lines: only files of one name are compared.
fn may_copy(a: &Source, b: &Source) -> bool {
    use rapsheet_schema::Dataset as D;
    let is_web = |source: &Source| {
        matches!(
            source.probe.dataset,
            Some(D::ApacheAccess | D::ApacheError | D::NginxAccess | D::NginxError | D::WebAccess)
        )
    };
    let base = |source: &Source| {
        source
            .series
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    match (is_web(a), is_web(b)) {
        (true, true) => base(a) == base(b),
        (false, false) => {
            a.probe.dataset != Some(D::AddressList) || b.probe.dataset != Some(D::AddressList)
        }
        _ => false,
    }
}

fn overlap(a: &Source, b: &Source) -> Option<(i64, i64)> {
    // Sub-seconds are cut off in some copies.
    let from = a
        .interval
        .0
        .max(b.interval.0)
        .saturating_sub(MICROS_PER_SECOND);
    let to = a
        .interval
        .1
        .min(b.interval.1)
        .saturating_add(MICROS_PER_SECOND);
    (from <= to).then_some((from, to))
}

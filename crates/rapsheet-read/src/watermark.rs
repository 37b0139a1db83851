//! The order of time in which sources are merged: the key of a line, and how far watchers of other logs are held back.
//!
//! A watermark is the promise that nothing with a smaller key is still to come. That of a source is the latest time among
//! its lines so far, so lines of a source never change places, whatever their times are; that of the run is the smallest
//! of its sources'.

use rapsheet_schema::{MICROS_PER_SECOND, Telling};

use crate::source::Source;

const SECOND: i64 = MICROS_PER_SECOND;
const MINUTE: i64 = 60 * SECOND;

/// A source in which a watcher writes beside daemons (a syslog, the journal): its daemons' lines may be told to the second in
/// another file, and its watcher's lines repeat those.
const MIXED_LAG: i64 = 5 * SECOND;
/// An access log's line is written when the request ends, the error log's before.
const ERRORS_LAG: i64 = 2 * MINUTE;
/// A watcher's line comes after the one that it found, but clocks are coarse, and logs are flushed late.
const WATCHER_LAG: i64 = 4 * MINUTE;
/// A ban in a database bears the time of the failure that led to it; the log's line comes ten minutes later at most.
const STATE_LAG: i64 = 20 * MINUTE;
/// Lines of daemons that come late hold watchers back by as much, up to a day.
const LONGEST_LAG: i64 = 24 * 60 * MINUTE;

/// A clock that is wrong is so far ahead at least.
const FAR: i64 = 31 * LONGEST_LAG;

/// What lies between the key of a line and the key of any other line that a window compares it with, at most, where no line
/// comes late.
pub(crate) const LAG_SPAN: i64 = STATE_LAG;

/// Where a line stands in the merged order: by time, and at the same time by its source. Sources are numbered in the order in
/// which they tell of things, then by their series, then by their place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MergeKey {
    /// UTC microseconds, with the lag.
    pub(crate) micros: i64,
    /// The number of the source.
    pub(crate) source: usize,
}

/// Before all times: sources that show no time are read first, one after the other.
pub(crate) const BEFORE_ALL: i64 = i64::MIN;
/// After all times: lists and printed states are read last.
pub(crate) const AFTER_ALL: i64 = i64::MAX;

/// The watermark of one source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watermark {
    /// The latest time so far.
    latest: i64,
    /// How far its lines are held back.
    lag: i64,
}

impl Watermark {
    /// Makes the watermark of a source of which nothing was read.
    pub(crate) const fn new(lag: i64) -> Self {
        Self {
            latest: BEFORE_ALL,
            lag,
        }
    }

    /// Makes the watermark of a source that has come to this time.
    pub(crate) const fn at(latest: i64) -> Self {
        Self { latest, lag: 0 }
    }

    /// Makes the watermark of a source that is read after all others.
    pub(crate) const fn last() -> Self {
        Self {
            latest: AFTER_ALL,
            lag: 0,
        }
    }

    /// The latest time so far, as it is saved.
    pub(crate) const fn latest(self) -> i64 {
        self.latest
    }

    /// Makes it know how far the source had come.
    pub(crate) fn restore(&mut self, latest: i64) {
        self.latest = self.latest.max(latest);
    }

    /// Whether a time is far ahead of all before: the clock was wrong, if what follows goes back.
    pub(crate) fn is_leap(self, at: i64) -> bool {
        self.latest != BEFORE_ALL && at > self.latest.saturating_add(FAR)
    }

    /// Takes note of a line's time; returns the line's key without its source.
    pub(crate) fn rise(&mut self, micros: Option<i64>) -> i64 {
        if let Some(at) = micros {
            self.latest = self.latest.max(at);
        }
        self.micros()
    }

    /// How far the source has come, with its lag.
    pub(crate) const fn micros(self) -> i64 {
        match self.latest {
            BEFORE_ALL => BEFORE_ALL,
            latest => latest.saturating_add(self.lag),
        }
    }
}

/// How far lines of daemons come late, at most, as far as it was looked at; up to a day.
pub(crate) fn lateness(sources: &[Source]) -> i64 {
    sources
        .iter()
        .filter(|source| source.telling() == Telling::First)
        .map(|source| source.lateness)
        .max()
        .unwrap_or(0)
        .min(LONGEST_LAG)
}

/// How far each source is held back.
pub(crate) fn lags(sources: &[Source]) -> Vec<i64> {
    let late = lateness(sources);
    sources
        .iter()
        .map(|source| match source.telling() {
            Telling::First if source.may_be_mixed() => MIXED_LAG,
            Telling::First => 0,
            Telling::Errors => ERRORS_LAG + late,
            Telling::Watcher => WATCHER_LAG + late,
            Telling::WatcherState => STATE_LAG + late,
        })
        .collect()
}

/// The key of a source's first line, without its number, as far as a look into it can tell.
pub(crate) fn first_key(source: &Source, lag: i64) -> i64 {
    if source.is_last() {
        return AFTER_ALL;
    }
    match source.begins {
        None => BEFORE_ALL,
        Some(at) => at.saturating_add(lag),
    }
}

//! Copies of one log count once: overlapping rotations, a backup beside the log, the same lines in auth.log and in the
//! journal. Equal lines within one source all count.
//!
//! A line is looked at only where another source of its kind covers its time, or where it stands outside the times that a
//! look into its own source found. There, each record (its second, host, process and message) counts as often as the source
//! that has it most often, so the order of sources changes nothing.
//!
//! rsyslog writes `message repeated N times: [ … ]` in place of N lines that the journal holds one by one. Such a line tells
//! of the N records since the same source's last one.

use hashbrown::HashMap;
use rapsheet_schema::{CopyKey, Dataset, Event, MICROS_PER_SECOND};
use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprints;
use crate::source::Source;
use crate::window::{SavedWindow, Window};

/// Records that rsyslog counts together are of one connection, and that lasts no longer.
const LONGEST_REPEAT_SECONDS: i64 = 120;

/// A copy of a record is met this long after the first one at most, where neither comes late.
const WINDOW: i64 = 30 * 60 * MICROS_PER_SECOND;

/// How often a record was met: in the source that has it most often, and in each.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Met {
    most: u32,
    /// By source. Few records stand in more than two.
    first: (u32, u32),
    others: Vec<(u32, u32)>,
}

impl Met {
    /// How often this source had it.
    fn here(&mut self, source: u32) -> &mut u32 {
        if self.first.1 == 0 {
            self.first.0 = source;
        }
        if self.first.0 == source {
            return &mut self.first.1;
        }
        let known = self.others.iter().position(|(other, _)| *other == source);
        let index = known.unwrap_or(self.others.len());
        if known.is_none() {
            self.others.push((source, 0));
        }
        &mut self.others[index].1
    }
}

/// Records that a source counted together, and that no other has told yet.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Together {
    source: u32,
    /// From which second to which they were.
    span: (i64, i64),
    left: u32,
}

/// What remembers records that two sources may both hold.
#[derive(Debug)]
pub(crate) struct Copies {
    /// Of each source: its times, and the number of its kind, where others are of the same.
    sources: Vec<Option<((i64, i64), usize)>>,
    /// Of each kind: the times that two sources or more cover, in order.
    shared: Vec<Vec<(i64, i64)>>,
    met: Window<u64, Met>,
    /// By host, process and message.
    together: Window<u64, Vec<Together>>,
    fingerprints: Fingerprints,
}

/// What is remembered of copies, as it is saved.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedCopies {
    met: SavedWindow<u64, Met>,
    together: SavedWindow<u64, Vec<Together>>,
}

/// What makes a record, beside its second.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Record<'a> {
    pub(crate) host_name: Option<&'a str>,
    pub(crate) process_pid: Option<u32>,
    pub(crate) message: &'a str,
}

/// A host's name up to the first dot; an address has no first name.
fn first_name(host_name: &str) -> &str {
    match host_name.split_once('.') {
        Some((first, _)) if !first.bytes().all(|byte| byte.is_ascii_digit()) => first,
        _ => host_name,
    }
}

impl Copies {
    /// Finds which times of which sources others cover too.
    pub(crate) fn new(sources: &[Source], fingerprints: Fingerprints) -> Self {
        let mut spans: HashMap<Comparable<'_>, Vec<(i64, i64)>> = HashMap::new();
        let names = names_of(sources);
        for (source, name) in sources.iter().zip(&names) {
            if let Some(kind) = comparable(source, name) {
                spans
                    .entry(kind)
                    .or_default()
                    .push(widened(source.interval));
            }
        }
        let mut numbers = HashMap::new();
        let mut shared = Vec::new();
        for (kind, spans) in spans {
            if spans.len() > 1 {
                numbers.insert(kind, shared.len());
                shared.push(covered_twice(spans));
            }
        }
        let number_of = |(source, name): (&Source, &&str)| {
            let number = numbers.get(&comparable(source, name)?)?;
            Some((widened(source.interval), *number))
        };
        // Where lines come late, their copies need not.
        let late = sources.iter().map(|source| source.lateness).max();
        let length = WINDOW.saturating_add(late.unwrap_or(0));
        Self {
            sources: sources.iter().zip(&names).map(number_of).collect(),
            shared,
            met: Window::new(length),
            together: Window::new(length),
            fingerprints,
        }
    }

    /// What it remembers.
    pub(crate) fn save(&self) -> SavedCopies {
        SavedCopies {
            met: self.met.save(),
            together: self.together.save(),
        }
    }

    /// Makes it remember what was saved, under the sources' numbers of this run.
    pub(crate) fn restore(&mut self, saved: SavedCopies, number: &dyn Fn(u32) -> u32) {
        self.met.restore(saved.met);
        self.together.restore(saved.together);
        self.met.each(|met| {
            met.first.0 = number(met.first.0);
            for (source, _) in &mut met.others {
                *source = number(*source);
            }
        });
        self.together.each(|together| {
            for record in together {
                record.source = number(record.source);
            }
        });
    }

    /// Lowers the attempts of an event that another source told in part; returns whether another told all of it.
    pub(crate) fn settle(
        &mut self,
        source: usize,
        micros: Option<i64>,
        watermark: i64,
        record: &Record<'_>,
        event: &mut Event<'_>,
    ) -> bool {
        if !self.is_shared(source, micros) {
            return false;
        }
        self.met.advance(watermark);
        self.together.advance(watermark);
        // A syslog has a host's first name, where the journal has all of it.
        let record = &Record {
            host_name: record.host_name.map(first_name),
            ..*record
        };
        let source = u32::try_from(source).unwrap_or(u32::MAX);
        let second = micros.map(|micros| micros.div_euclid(MICROS_PER_SECOND));
        let met = self.met.entry(self.fingerprints.of((second, record)));
        let here = met.here(source);
        *here += 1;
        let here = *here;
        let is_copy = here <= met.most;
        met.most = met.most.max(here);
        let Some(second) = second.filter(|_| !is_copy) else {
            return is_copy;
        };
        if let Some((times, message)) = repeated(record.message) {
            let known = self.told_singly(source, second, times, &Record { message, ..*record });
            event.attempts = event.attempts / times * (times - known);
            return known == times;
        }
        self.told_together(source, second, record)
    }

    /// How many records are remembered.
    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.met.len() + self.together.len()
    }

    /// Whether another source may hold a record of this time.
    fn is_shared(&self, source: usize, micros: Option<i64>) -> bool {
        let Some(((from, to), kind)) = self.sources.get(source).copied().flatten() else {
            return false;
        };
        let shared = &self.shared[kind];
        let Some(at) = micros else {
            return !shared.is_empty();
        };
        if at < from || at > to {
            // What the look into this source did not see, it did not see in a copy of it.
            return true;
        }
        let next = shared.partition_point(|(_, to)| *to < at);
        shared.get(next).is_some_and(|(from, _)| *from <= at)
    }

    /// How many of the records that this source counts together another source told one by one; the others are remembered.
    fn told_singly(&mut self, source: u32, second: i64, times: u32, record: &Record<'_>) -> u32 {
        let mut known = 0;
        let mut from = second - LONGEST_REPEAT_SECONDS;
        for at in (from..=second).rev() {
            let Some(met) = self.met.get_mut(&self.fingerprints.of((Some(at), record))) else {
                continue;
            };
            let most = met.most;
            let here = met.here(source);
            let is_own = *here > 0;
            let taken = (most - *here).min(times - known);
            *here += taken;
            known += taken;
            if is_own || known == times {
                from = at;
                break;
            }
        }
        if known < times {
            let together = self.together.entry(self.fingerprints.of(record));
            together.push(Together {
                source,
                span: (from, second),
                left: times - known,
            });
        }
        known
    }

    /// Whether another source counted this record together with others.
    fn told_together(&mut self, source: u32, second: i64, record: &Record<'_>) -> bool {
        if self.together.is_empty() {
            return false;
        }
        let Some(together) = self.together.get_mut(&self.fingerprints.of(record)) else {
            return false;
        };
        let found = together.iter_mut().find(|together| {
            let (from, to) = together.span;
            together.source != source && together.left > 0 && (from..=to).contains(&second)
        });
        if let Some(together) = found {
            together.left -= 1;
            return true;
        }
        false
    }
}

/// Reads `message repeated N times: [ MESSAGE]`.
fn repeated(message: &str) -> Option<(u32, &str)> {
    let rest = message.trim_start().strip_prefix("message repeated ")?;
    let (times, rest) = rest.split_once(" times: [")?;
    let times = times.parse().ok().filter(|times| *times > 0)?;
    let message = rest.strip_prefix(' ').unwrap_or(rest);
    Some((times, message.strip_suffix(']').unwrap_or(message)))
}

/// What sources must share to hold the same records: how these are recognised, the dataset and the name, where that matters.
type Comparable<'s> = (CopyKey, Option<Dataset>, &'s str);

/// Finds the name of the log that each source is of: its base name. Base names under which the same first lines stand are one.
fn names_of(sources: &[Source]) -> Vec<&str> {
    let mut first: HashMap<&[u8], &str> = HashMap::new();
    let mut same_as: HashMap<&str, &str> = HashMap::new();
    for source in sources {
        let name = base_of(&source.series);
        if source.probe.opening.is_empty() {
            continue;
        }
        let other = *first.entry(&source.probe.opening).or_insert(name);
        let (name, other) = (named_as(name, &same_as), named_as(other, &same_as));
        if name != other {
            same_as.insert(name, other);
        }
    }
    sources
        .iter()
        .map(|source| named_as(base_of(&source.series), &same_as))
        .collect()
}

/// Follows a name to the one that stands for all of the same log.
fn named_as<'s>(mut name: &'s str, same_as: &HashMap<&'s str, &'s str>) -> &'s str {
    while let Some(other) = same_as.get(name) {
        name = other;
    }
    name
}

/// Whether a file begins as fail2ban writes its own: no other daemon's lines are among these.
/// `2018-12-16 06:33:23,594 fail2ban.actions`
fn is_fail2bans_own(opening: &[u8]) -> bool {
    let at = |place| opening.get(place);
    at(4) == Some(&b'-') && at(10) == Some(&b' ') && at(19) == Some(&b',')
}

fn base_of(series: &str) -> &str {
    series.rsplit('/').next().unwrap_or_default()
}

/// With which sources' records a source's are compared; with none those of a list of addresses.
fn comparable<'s>(source: &Source, name: &'s str) -> Option<Comparable<'s>> {
    let dataset = source.probe.dataset;
    match dataset.map_or(CopyKey::Record, |dataset| dataset.descriptor().copies) {
        CopyKey::None => None,
        // These name neither host nor process, so other servers' logs are full of equal lines.
        CopyKey::SameName => Some((CopyKey::SameName, None, name)),
        CopyKey::SameDataset => Some((CopyKey::SameDataset, dataset, "")),
        // Beside an auth.log of the same weeks, each of its many lines would have to be remembered.
        CopyKey::OwnFile if is_fail2bans_own(&source.probe.opening) => {
            Some((CopyKey::OwnFile, None, ""))
        }
        CopyKey::OwnFile | CopyKey::Record => Some((CopyKey::Record, None, "")),
    }
}

/// An interval and a second around it: some copies cut what is less than a second off.
const fn widened((from, to): (i64, i64)) -> (i64, i64) {
    (
        from.saturating_sub(MICROS_PER_SECOND),
        to.saturating_add(MICROS_PER_SECOND),
    )
}

/// Finds the times that at least two of the spans cover, in order.
fn covered_twice(spans: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    // A span that begins where another ends meets it, so beginnings go first.
    let mut ends: Vec<(i64, bool)> = Vec::with_capacity(spans.len() * 2);
    for (from, to) in spans {
        ends.extend([(from, false), (to, true)]);
    }
    ends.sort_unstable();
    let mut twice = Vec::new();
    let (mut covering, mut since) = (0_usize, 0);
    for (at, is_end) in ends {
        if is_end {
            covering -= 1;
            if covering == 1 {
                twice.push((since, at));
            }
        } else {
            covering += 1;
            if covering == 2 {
                since = at;
            }
        }
    }
    twice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fail2bans_own_file_is_known_by_its_first_line() {
        assert!(is_fail2bans_own(
            b"2018-12-16 06:33:23,594 fail2ban.actions: NOTICE [sshd] Ban 192.0.2.1\n"
        ));
        for other in [
            &b""[..],
            b"Dec 16 06:33:23 web1 fail2ban.actions[7]: NOTICE [sshd] Ban 192.0.2.1",
            b"2018-12-16T06:33:23.594000+00:00 web1 sshd[7]: Failed password",
        ] {
            assert!(!is_fail2bans_own(other));
        }
    }

    #[test]
    fn times_that_two_cover_are_put_together() {
        assert_eq!(covered_twice(vec![(0, 10)]), []);
        assert_eq!(covered_twice(vec![(0, 10), (11, 20)]), []);
        assert_eq!(covered_twice(vec![(10, 20), (0, 10)]), [(10, 10)]);
        assert_eq!(
            covered_twice(vec![(0, 100), (0, 30), (20, 40), (60, 70), (i64::MIN, 5)]),
            [(0, 40), (60, 70)]
        );
        let many: Vec<(i64, i64)> = (0..8000).map(|at| (at, at + 100)).collect();
        assert_eq!(covered_twice(many), [(1, 8098)]);
    }

    #[test]
    fn hosts_have_first_names_and_addresses_have_none() {
        for (host_name, first) in [
            ("leaf", "leaf"),
            ("leaf.example.org", "leaf"),
            ("192.0.2.7", "192.0.2.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("7up.example.org", "7up"),
        ] {
            assert_eq!(first_name(host_name), first);
        }
    }

    #[test]
    fn repetitions_are_read() {
        for (message, expected) in [
            (
                "message repeated 2 times: [ Failed x]",
                Some((2, "Failed x")),
            ),
            (
                " message repeated 3 times: [Failed x]]",
                Some((3, "Failed x]")),
            ),
            ("message repeated 0 times: [ Failed x]", None),
            ("Failed message repeated 2 times: [ x]", None),
        ] {
            assert_eq!(repeated(message), expected, "{message}");
        }
    }
}

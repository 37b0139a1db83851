//! Zone skew: logs of one server whose clocks show different zones. fail2ban.log has local times without a zone, its database counts
//! seconds since 1970; an error log has local times, the access log beside it names its zone. Read in a wrong zone, what both tell
//! would count twice.
//!
//! A few events of each source are compared before anything is read. Where most of what a log without a zone tells was told by
//! others just then, but for the same whole number of quarters of an hour, and no other number fits nearly as well, the others are
//! right. A log that nobody else confirms goes along with a log without a zone that it agrees with.

use std::collections::HashMap;
use std::net::IpAddr;

use rapsheet_parse::{Line, Reading};
use rapsheet_schema::{Action, Category, MICROS_PER_SECOND, Stamp, Telling};

use crate::clock::{Clock, Zone};
use crate::fail2ban_database;
use crate::fault::Assumption;
use crate::source::{Place, Source};

const SECOND: i64 = MICROS_PER_SECOND;
const QUARTER: i64 = 900 * SECOND;
/// Zones are at most so many quarters of an hour apart: from -12:00 to +14:00.
const MOST_QUARTERS: i64 = 26 * 4;
/// A source's events that are looked at, at its beginning and at its end.
pub(crate) const MOST_SAMPLES: usize = 512;
/// Fewer pairs than this are chance.
const FEWEST: usize = 3;
/// What is told a little earlier than by the other log.
const EARLY: i64 = 2 * SECOND;
/// What is told later: a line in a watcher's log, and a ban, which takes its time.
const LATE: i64 = 5 * SECOND;
const BAN_LATE: i64 = 60 * SECOND;

/// What a log tells of an address at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    ip: IpAddr,
    stamp: Stamp,
    fact: Fact,
}

/// What is compared with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fact {
    /// A ban: in fail2ban's log and in its database.
    Ban,
    /// An attempt that fail2ban found.
    Found,
    /// What a daemon tells itself.
    Told(Category),
}

impl Fact {
    fn is_like(self, other: Self) -> bool {
        match (self, other) {
            (Self::Ban, Self::Ban) => true,
            (Self::Ban, _) | (_, Self::Ban) => false,
            (Self::Found, _) | (_, Self::Found) => true,
            (Self::Told(one), Self::Told(other)) => one == other,
        }
    }
}

/// Notes what a line tells, if it is something to compare, and there are not so many of them yet.
pub(crate) fn note(samples: &mut Vec<Sample>, most: usize, line: &Line<'_>) {
    let (Reading::Event(event), stamp) = (&line.reading, line.head.stamp) else {
        return;
    };
    let Some(ip) = event.source_ip.filter(|_| stamp != Stamp::Absent) else {
        return;
    };
    let dataset = event.event_dataset.descriptor();
    let fact = match (dataset.telling, event.event_action) {
        (Telling::Watcher | Telling::WatcherState, Action::Ban) => Fact::Ban,
        (Telling::Watcher, Action::Found) => Fact::Found,
        (Telling::First | Telling::Errors, _)
            if event.suspicious || dataset.event_category == Category::Web =>
        {
            Fact::Told(dataset.event_category)
        }
        _ => return,
    };
    if samples.len() < most {
        samples.push(Sample { ip, stamp, fact });
    }
}

/// What is told of whom, and when, in UTC microseconds.
type Events = Vec<(i64, IpAddr, Fact)>;

/// What is told at which times, by whom.
#[derive(Default)]
struct Truth {
    /// UTC microseconds, in order, and the number of the source.
    times: HashMap<(IpAddr, Fact), Vec<(i64, usize)>>,
}

impl Truth {
    fn add(&mut self, at: i64, ip: IpAddr, fact: Fact, source: usize) {
        self.times.entry((ip, fact)).or_default().push((at, source));
    }

    fn sort(&mut self) {
        for times in self.times.values_mut() {
            times.sort_unstable();
            times.dedup_by_key(|(at, _)| *at / SECOND);
        }
    }

    /// Hands out when, and by which sources, something like this was told of an address.
    fn each(&self, ip: IpAddr, fact: Fact, mut take: impl FnMut(i64, usize)) {
        const FACTS: [Fact; 4] = [
            Fact::Ban,
            Fact::Found,
            Fact::Told(Category::Authentication),
            Fact::Told(Category::Web),
        ];
        for other in FACTS.into_iter().filter(|other| fact.is_like(*other)) {
            for (told, source) in self.times.get(&(ip, other)).into_iter().flatten() {
                take(*told, *source);
            }
        }
    }
}

/// How the times of a series differ from those of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Skew {
    micros: i64,
    than: usize,
}

/// The events of the sources of one series whose times have no zone, in UTC as far as is known.
struct Unzoned {
    sources: Vec<usize>,
    events: Events,
}

/// Finds logs whose times are in another zone than was assumed, and takes their times as those others tell; says which.
pub(crate) fn correct(sources: &mut [Source], zone: &Zone) -> Vec<Assumption> {
    let (mut truth, mut open) = (Truth::default(), Vec::<Unzoned>::new());
    for index in 0..sources.len() {
        let (zoned, unzoned) = events_of(&sources[index], zone);
        for (at, ip, fact) in zoned {
            truth.add(at, ip, fact, index);
        }
        if unzoned.is_empty() {
            continue;
        }
        let series = &sources[index].series;
        match open
            .iter_mut()
            .find(|known| sources[known.sources[0]].series == *series)
        {
            Some(known) => {
                known.sources.push(index);
                known.events.extend(unzoned);
            }
            None => open.push(Unzoned {
                sources: vec![index],
                events: unzoned,
            }),
        }
    }
    let has_watcher = |known: &Unzoned| known.events.iter().any(|(_, _, fact)| *fact == Fact::Ban);
    if open.iter().any(has_watcher) {
        for (index, source) in sources.iter().enumerate() {
            add_database(source, index, &mut truth);
        }
    }
    let mut said = Vec::new();
    let mut is_decided = true;
    while is_decided && !truth.times.is_empty() && !open.is_empty() {
        is_decided = false;
        truth.sort();
        let mut left = Vec::new();
        for mut series in open {
            series.events.sort_unstable_by_key(|(at, ..)| *at);
            series.events.dedup();
            let Some(skew) = skew_of(&series.events, &truth) else {
                left.push(series);
                continue;
            };
            is_decided = true;
            for (at, ip, fact) in &series.events {
                truth.add(at - skew.micros, *ip, *fact, series.sources[0]);
            }
            if skew.micros != 0 {
                let than = sources[skew.than].name.clone();
                for index in &series.sources {
                    let source = &mut sources[*index];
                    source.shift(skew.micros);
                    said.push(Assumption::Skew {
                        name: source.name.clone(),
                        than: than.clone(),
                        minutes: skew.micros / (60 * SECOND),
                    });
                }
            }
        }
        open = left;
    }
    said
}

/// What was seen of a source: with a zone, and without.
fn events_of(source: &Source, zone: &Zone) -> (Events, Events) {
    let mut clock = Clock::new(zone.clone(), source.first_year).up_to(source.newest);
    let (mut zoned, mut unzoned) = (Vec::new(), Vec::new());
    for sample in &source.probe.samples {
        let Some(at) = clock.resolve(sample.stamp) else {
            continue;
        };
        let list = match sample.stamp {
            Stamp::Utc(_) => &mut zoned,
            _ => &mut unzoned,
        };
        list.push((at, sample.ip, sample.fact));
    }
    (zoned, unzoned)
}

/// Adds the bans of fail2ban's database. What is wrong with it is told where it is read.
fn add_database(source: &Source, index: usize, truth: &mut Truth) {
    let Place::File(path) = &source.place else {
        return;
    };
    if source.is_database() {
        let mut add = |row: fail2ban_database::DatabaseRow| {
            if let Some(at) = row.time_micros {
                truth.add(at, row.ip, Fact::Ban, index);
            }
        };
        drop(fail2ban_database::read(path, &mut add));
    }
}

/// Finds how far events are from what is true; `None` where nothing says it.
fn skew_of(events: &[(i64, IpAddr, Fact)], truth: &Truth) -> Option<Skew> {
    let mut votes = vec![0_usize; 2 * MOST_QUARTERS as usize + 1];
    // For which event each number had its last vote: an event has one vote for each.
    let mut voted = vec![usize::MAX; votes.len()];
    let mut tellers: HashMap<(usize, usize), usize> = HashMap::new();
    let mut paired = 0;
    for (event, (at, ip, fact)) in events.iter().enumerate() {
        let late = if *fact == Fact::Ban { BAN_LATE } else { LATE };
        let mut any = false;
        truth.each(*ip, *fact, |told, source| {
            let quarters = (at - told + EARLY).div_euclid(QUARTER);
            let rest = at - told - quarters * QUARTER;
            let Ok(number) = usize::try_from(quarters + MOST_QUARTERS) else {
                return;
            };
            if rest > late || number >= votes.len() || voted[number] == event {
                return;
            }
            (votes[number], voted[number], any) = (votes[number] + 1, event, true);
            *tellers.entry((number, source)).or_default() += 1;
        });
        paired += usize::from(any);
    }
    let (number, best) = votes
        .iter()
        .copied()
        .enumerate()
        .max_by_key(|(number, vote)| (*vote, -(*number as i64 - MOST_QUARTERS).abs()))?;
    let is_peak = votes
        .iter()
        .enumerate()
        .all(|(other, vote)| other == number || vote * 3 < best * 2);
    let quarters = number as i64 - MOST_QUARTERS;
    let than = tellers
        .into_iter()
        .filter(|((other, _), _)| *other == number)
        .max_by_key(|((_, source), votes)| (*votes, usize::MAX - source))
        .map(|((_, source), _)| source)?;
    (best >= FEWEST && best * 2 > paired && is_peak).then_some(Skew {
        micros: quarters * QUARTER,
        than,
    })
}

//! Who comes when: the visits of all addresses, planned ahead.
//!
//! Each address has a habit, and a share of the lines. The shares of those who attack are drawn so that each doubling is as likely as
//! the one before: most have a few lines, and a few have most of them. An address spreads its share over some visits.

use crate::civil::DAY;
use crate::random::Random;
use crate::stream::is_special;
use std::collections::BTreeSet;

const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// All visits lie within six weeks.
pub(super) const SPAN: u64 = 42 * DAY.unsigned_abs() * SECOND;

/// Lines for each address: 2,258 addresses in 2.85 million lines.
const LINES_OF_AN_ADDRESS: u64 = 1_262;

/// Of a thousand lines, those of addresses that log in: one line of 41 is a login, which takes five lines with its session.
const LOGIN_SHARE: u64 = 127;

/// Lines of one connection, on the average.
const LINES_OF_A_CONNECTION: u64 = 5;

/// What an address does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// Connects, and says nothing or nonsense.
    Scan,
    /// Tries a list of names, for minutes or hours, and comes back some days later.
    Guess,
    /// Tries many passwords, mostly root's, in several connections at the same time, for hours.
    Hammer,
    /// Tries one password each few minutes, for days.
    Drip,
    /// Logs in on a schedule, for weeks; now and then with a wrong password first.
    Work,
    /// Is no address, but the server's own chores.
    Chore,
}

/// A stretch of work of one address.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) address: usize,
    pub(super) habit: Habit,
    /// When it begins, in microseconds from the beginning of the log.
    pub(super) start: u64,
    /// Lines that are left to write.
    pub(super) lines: u64,
    /// Microseconds between two connections, on the average.
    pub(super) step: u64,
    /// The first of the user names that it tries, and how many.
    pub(super) names: (usize, usize),
}

/// An address with what it does, and its weight among those that share lines with it.
struct Guest {
    habit: Habit,
    weight: u64,
}

/// Addresses as texts, and all their visits.
pub(super) struct Guests {
    pub(super) texts: Vec<String>,
    guests: Vec<Guest>,
}

impl Guests {
    /// Draws so many addresses, or as many as suit so many lines.
    pub(super) fn draw(lines: u64, wanted: Option<u64>, random: &mut Random) -> Self {
        let count = wanted.unwrap_or(lines / LINES_OF_AN_ADDRESS);
        let count = usize::try_from(count).unwrap_or(usize::MAX).max(16);
        let guests: Vec<Guest> = (0..count).map(|index| Guest::draw(index, random)).collect();
        let mut places = Places::default();
        let texts = guests
            .iter()
            .map(|guest| {
                let [a, b, c, d] = places.draw(guest.habit, random).to_be_bytes();
                format!("{a}.{b}.{c}.{d}")
            })
            .collect();
        Self { texts, guests }
    }

    /// Plans visits that write so many lines together, or a few more.
    pub(super) fn visits(&self, lines: u64, random: &mut Random) -> Vec<Visit> {
        let sum = |works: bool| -> u64 {
            let some = |guest: &&Guest| (guest.habit == Habit::Work) == works;
            self.guests
                .iter()
                .filter(some)
                .map(|guest| guest.weight)
                .sum()
        };
        let (work, attack) = (sum(true).max(1), sum(false).max(1));
        let mut visits = vec![chores(lines)];
        for (address, guest) in self.guests.iter().enumerate() {
            let (share, all) = match guest.habit {
                Habit::Work => (LOGIN_SHARE, work),
                _ => (1_000 - LOGIN_SHARE, attack),
            };
            let own =
                u128::from(lines) * u128::from(share * guest.weight) / u128::from(1_000 * all);
            let own = u64::try_from(own).unwrap_or(u64::MAX) + 1;
            plan(address, guest.habit, own, &mut visits, random);
        }
        visits
    }
}

impl Guest {
    /// The first two are those without whom there would be neither a login nor a guess in a short log.
    fn draw(index: usize, random: &mut Random) -> Self {
        let habit = match (index, random.below(1_000)) {
            (0, _) | (2.., 0..40) => Habit::Work,
            (1, _) | (2.., 40..70) => Habit::Hammer,
            (_, 70..100) => Habit::Drip,
            (_, 100..350) => Habit::Scan,
            _ => Habit::Guess,
        };
        let weight = match habit {
            Habit::Scan => random.between(1, 12),
            Habit::Guess => doublings(8, 8, random),
            Habit::Drip => doublings(256, 4, random),
            Habit::Hammer => doublings(8_192, 3, random),
            Habit::Work | Habit::Chore => doublings(64, 6, random),
        };
        Self { habit, weight }
    }
}

/// A number from `least` to `least` doubled so many times; each doubling is as likely as the one before.
fn doublings(least: u64, times: u64, random: &mut Random) -> u64 {
    let low = least << random.below(times);
    low + random.below(low)
}

/// The chores' lines are one in seven hundred.
fn chores(lines: u64) -> Visit {
    let lines = lines / 700;
    Visit {
        address: 0,
        habit: Habit::Chore,
        start: HOUR / 3,
        lines,
        step: SPAN / (lines / 2).max(1),
        names: (0, 1),
    }
}

/// Adds the visits of one address.
fn plan(address: usize, habit: Habit, lines: u64, visits: &mut Vec<Visit>, random: &mut Random) {
    let count = match habit {
        Habit::Scan | Habit::Drip => random.between(1, 2),
        Habit::Guess => random.between(1, 6),
        Habit::Hammer => random.between(3, 10),
        Habit::Work | Habit::Chore => 1,
    };
    let count = count.min(lines.div_ceil(LINES_OF_A_CONNECTION));
    let names = match habit {
        Habit::Guess => (random.zipf(2_000), doublings(1, 7, random)),
        Habit::Hammer => (random.zipf(500), doublings(64, 4, random)),
        _ => (random.zipf(1_000), random.between(1, 8)),
    };
    let names = (names.0, usize::try_from(names.1).unwrap_or(1));
    // The first visit leaves a week, lest it fall out where the log is cut to its length.
    let mut start = random.below(SPAN - SPAN / 6);
    let mut left = lines;
    for number in (1..=count).rev() {
        let length = length_of(habit, random);
        let lines = match number {
            1 => left,
            _ => (left / number / 2 + random.below(left / number + 1)).clamp(1, left),
        };
        if lines == 0 {
            return;
        }
        if start + length > SPAN {
            start = random.below((SPAN - SPAN / 6).saturating_sub(length).max(1));
        }
        let at_once = match habit {
            Habit::Hammer | Habit::Work => 2,
            _ => 1,
        };
        let connections = lines / LINES_OF_A_CONNECTION / at_once;
        visits.push(Visit {
            address,
            habit,
            start,
            lines,
            step: length / connections.max(1),
            names,
        });
        left -= lines;
        start += length + random.between(20, 220) * HOUR;
    }
}

/// How long a visit takes.
fn length_of(habit: Habit, random: &mut Random) -> u64 {
    match habit {
        Habit::Scan => MINUTE,
        Habit::Guess => doublings(4, 7, random) * MINUTE,
        Habit::Hammer => doublings(120, 4, random) * MINUTE,
        Habit::Drip => random.between(72, 400) * HOUR,
        Habit::Work => random.between(SPAN / 4 / HOUR, SPAN / HOUR) * HOUR,
        Habit::Chore => SPAN,
    }
}

/// Where addresses lie: each somewhere, or beside another one.
#[derive(Default)]
struct Places {
    taken: BTreeSet<u32>,
    /// Networks of those who log in.
    worked: Vec<u32>,
    /// Networks of the others.
    others: Vec<u32>,
}

impl Places {
    fn draw(&mut self, habit: Habit, random: &mut Random) -> u32 {
        // Those who hammer do it from where servers are rented, and so do many who log in.
        let beside = match habit {
            Habit::Hammer => 80,
            _ => 30,
        };
        loop {
            let network = match random.below(100) {
                percent if percent < beside && !self.worked.is_empty() => {
                    *random.pick(&self.worked)
                }
                percent if percent < beside + 20 && !self.others.is_empty() => {
                    *random.pick(&self.others)
                }
                _ => public_network(random),
            };
            let address = network | u32::try_from(random.between(1, 254)).unwrap_or(1);
            // A full network is no trouble: the next draw takes another one sooner or later.
            if self.taken.insert(address) {
                match habit {
                    Habit::Work => self.worked.push(network),
                    _ => self.others.push(network),
                }
                return address;
            }
        }
    }
}

/// A /24 that looks public.
fn public_network(random: &mut Random) -> u32 {
    loop {
        let [a, b, c, _] = (random.next() as u32).to_be_bytes();
        if !is_special(a) {
            return u32::from_be_bytes([a, b, c, 0]);
        }
    }
}

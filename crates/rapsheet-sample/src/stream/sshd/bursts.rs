//! sshd's lines as a real server has them: addresses come in bursts, go, and come back some days later.
//!
//! An address works for minutes or hours with many connections in a row, beside a few others. Some drip, for days; some hammer, in
//! several connections at the same time. A share of addresses logs in on a schedule, with a wrong password now and then, and some
//! of their neighbours attack. The lines of connections stand among those of others, in order of time.
//!
//! The figures are those of a log of real servers with 2.85 million lines in six weeks: 2,258 addresses, 68,928 logins, 119 bytes a line.

use super::SshdExpected;
use super::connection::{Connection, Fact, Line};
use super::visit::{Guests, Habit, SPAN, Visit};
use crate::civil::Civil;
use crate::random::Random;
use crate::stream::{Digits, LineSink, START, user_name};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io::{self, Write};

/// Writes `lines` lines of sshd from a seed, of addresses that come in bursts: of so many, or of as many as suit so many lines.
///
/// # Errors
/// Where writing fails.
pub fn sshd_bursts(
    out: &mut dyn Write,
    lines: u64,
    addresses: Option<u64>,
    seed: u64,
) -> io::Result<SshdExpected> {
    let mut random = Random::new(seed);
    let guests = Guests::draw(lines, addresses, &mut random);
    let mut stream = Stream {
        out: Ordered::new(LineSink::new(out, lines), guests.texts.len()),
        texts: &guests.texts,
        random,
        pid: 1_200,
    };
    // One round is enough, but nothing depends on it: a second one would follow in time.
    let mut begin = 0;
    while !stream.out.sink.is_full() {
        let left = lines - stream.out.sink.lines;
        let visits = guests.visits(left, &mut stream.random);
        stream.work(visits, begin);
        begin += SPAN;
    }
    let Ordered {
        sink,
        failed,
        told,
        expected,
        ..
    } = stream.out;
    let expected = SshdExpected {
        lines: sink.lines,
        addresses: told.iter().filter(|told| **told).count() as u64,
        ..expected
    };
    sink.finish()?;
    Ok(expected.with_failed(&failed, &guests.texts))
}

struct Stream<'a> {
    out: Ordered<'a>,
    texts: &'a [String],
    random: Random,
    pid: u64,
}

impl Stream<'_> {
    /// Makes the connections of all visits in order of time.
    fn work(&mut self, mut visits: Vec<Visit>, begin: u64) {
        let mut due: BinaryHeap<Reverse<(u64, usize)>> = visits
            .iter()
            .enumerate()
            .map(|(index, visit)| Reverse((begin + visit.start, index)))
            .collect();
        while let Some(Reverse((at, index))) = due.pop() {
            self.out.write_before(at);
            if self.out.sink.is_full() {
                return;
            }
            let visit = &mut visits[index];
            self.connect(at, visit);
            if visit.lines > 0 {
                due.push(Reverse((self.next(at, visit), index)));
            }
        }
        self.out.write_before(u64::MAX);
    }

    /// When the next connection of a visit is due: a schedule is kept, an attack is not that even.
    fn next(&mut self, at: u64, visit: &Visit) -> u64 {
        let jitter = match visit.habit {
            Habit::Work | Habit::Chore => visit.step / 16,
            _ => visit.step,
        };
        at + visit.step - jitter / 2 + self.random.below(jitter + 1)
    }

    /// One connection of a visit, or several at the same time.
    fn connect(&mut self, at: u64, visit: &mut Visit) {
        let count = match visit.habit {
            Habit::Hammer => self.random.between(1, 3),
            // Many copies, or builds, one after the other.
            Habit::Work if self.random.percent(4) => self.random.between(10, 40),
            _ => 1,
        };
        for number in 0..count {
            if visit.lines == 0 {
                return;
            }
            let at = at + number * self.random.between(50_000, 900_000);
            let address = &self.texts[visit.address];
            let mut connection = Connection::new(at, address, &mut self.random);
            attempt(&mut connection, visit, &mut self.random);
            visit.lines = visit.lines.saturating_sub(connection.lines.len() as u64);
            self.pid = if self.pid > 4_000_000 {
                1_200
            } else {
                self.pid + self.random.between(1, 9)
            };
            self.out.add(self.pid, visit.address, connection.lines);
        }
    }
}

/// Writes what a client of this habit does in one connection.
fn attempt(connection: &mut Connection<'_>, visit: &Visit, random: &mut Random) {
    let (first, count) = visit.names;
    let name = |random: &mut Random| user_name(first + random.index(count));
    match (visit.habit, random.below(100)) {
        (Habit::Chore, _) => connection.chore(),
        (Habit::Scan, _) | (Habit::Guess | Habit::Hammer, 0..3) => connection.scan(random),
        (Habit::Hammer, 3..50) | (Habit::Drip, 0..60) | (Habit::Guess, 3..20) => {
            connection.wrong_password("root", random);
        }
        // Those who work there have accounts that no list of names has.
        (Habit::Work, percent) => {
            let number = visit.address % 40;
            let user = format!("{}{number:02}", ["build", "sync", "anna"][number % 3]);
            match percent {
                0 => connection.invalid_user(&format!("{user}x"), random),
                1 => connection.wrong_password(&user, random),
                2..5 => connection.login(&user, 1_000 + number, random.between(1, 2), random),
                _ => connection.login(&user, 1_000 + number, 0, random),
            }
        }
        _ => connection.invalid_user(&name(random), random),
    }
}

/// Puts the lines of connections that overlap in order of time, and counts those that are written.
struct Ordered<'a> {
    sink: LineSink<'a>,
    /// Lines that wait, by time and by the order in which they came.
    waiting: BTreeMap<(u64, u64), (u64, usize, Line)>,
    came: u64,
    /// The text of the second `time_of`.
    time: String,
    time_of: i64,
    failed: Vec<u64>,
    told: Vec<bool>,
    expected: SshdExpected,
}

impl<'a> Ordered<'a> {
    fn new(sink: LineSink<'a>, addresses: usize) -> Self {
        Self {
            sink,
            waiting: BTreeMap::new(),
            came: 0,
            time: String::new(),
            time_of: i64::MIN,
            failed: vec![0; addresses],
            told: vec![false; addresses],
            expected: SshdExpected::default(),
        }
    }

    fn add(&mut self, pid: u64, address: usize, lines: Vec<Line>) {
        for line in lines {
            self.came += 1;
            self.waiting
                .insert((line.at, self.came), (pid, address, line));
        }
    }

    /// Writes the lines before a time; none that is added later may be earlier.
    fn write_before(&mut self, at: u64) {
        while let Some(first) = self.waiting.first_entry()
            && first.key().0 < at
        {
            let (pid, address, line) = first.remove();
            self.write(pid, address, &line);
        }
    }

    fn write(&mut self, pid: u64, address: usize, line: &Line) {
        let seconds = START + (line.at / 1_000_000).cast_signed();
        if seconds != self.time_of {
            self.time_of = seconds;
            self.time = Civil::of(seconds).syslog();
        }
        let program: &[u8] = match line.fact {
            Fact::Other => b" bench-west-01 CRON[",
            _ => b" bench-west-01 sshd[",
        };
        let pid = Digits::of(pid);
        let parts = [program, pid.text(), b"]: ", line.text.as_bytes()];
        if !self.sink.line(self.time.as_bytes(), &parts) {
            return;
        }
        match line.fact {
            Fact::Nameless => return,
            Fact::Other => {
                self.expected.other_lines += 1;
                return;
            }
            Fact::Named => {}
            Fact::Accepted => self.expected.accepted_lines += 1,
            Fact::Failed(times) => {
                self.expected.failed_password_lines += 1;
                self.expected.failed_passwords += times;
                self.failed[address] += 1;
            }
        }
        self.told[address] = true;
    }
}

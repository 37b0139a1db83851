//! Streams of log lines of any length: what they share.

pub(crate) mod access;
pub(crate) mod address_list;
pub(crate) mod error_log;
pub(crate) mod fail2ban;
pub(crate) mod sshd;

use crate::civil::{DAY, midnight};
use crate::random::Random;
use std::io::{self, Write};

/// Lines are collected to this many bytes before they are written.
const CHUNK: usize = 1 << 18;

/// The first second of every stream. A stream spans about thirty days, so it crosses neither a
/// New Year nor a leap day: a reader finds the year whatever the file's time is.
const START: i64 = midnight(2025, 2, 3);

/// Collects lines, writes them in large pieces, and stops at the wanted number.
struct LineSink<'a> {
    out: &'a mut dyn Write,
    buffer: Vec<u8>,
    wanted: u64,
    lines: u64,
    result: io::Result<()>,
}

impl<'a> LineSink<'a> {
    fn new(out: &'a mut dyn Write, wanted: u64) -> Self {
        Self {
            out,
            buffer: Vec::with_capacity(CHUNK + 4_096),
            wanted,
            lines: 0,
            result: Ok(()),
        }
    }

    /// Writes one line; false where the stream is full (or broken) and nothing was written.
    fn line(&mut self, head: &[u8], parts: &[&[u8]]) -> bool {
        if self.is_full() {
            return false;
        }
        self.buffer.extend_from_slice(head);
        for part in parts {
            self.buffer.extend_from_slice(part);
        }
        self.buffer.push(b'\n');
        self.lines += 1;
        if self.buffer.len() >= CHUNK {
            self.result = self.out.write_all(&self.buffer);
            self.buffer.clear();
        }
        true
    }

    const fn is_full(&self) -> bool {
        self.lines == self.wanted || self.result.is_err()
    }

    /// Writes what is left.
    fn finish(self) -> io::Result<()> {
        self.result?;
        self.out.write_all(&self.buffer)?;
        self.out.flush()
    }
}

/// A clock that goes forward, so that any number of happenings spans about thirty days.
struct LogClock {
    micros: i64,
    step: u64,
}

impl LogClock {
    fn new(happenings: u64) -> Self {
        let span = 30 * DAY.unsigned_abs() * 1_000_000;
        Self {
            micros: START * 1_000_000,
            step: span / happenings.max(30),
        }
    }

    /// Goes on by a random step.
    fn tick(&mut self, random: &mut Random) {
        self.micros += random.below(2 * self.step).cast_signed();
    }

    const fn seconds(&self) -> i64 {
        self.micros.div_euclid(1_000_000)
    }

    const fn millis(&self) -> i64 {
        self.micros.div_euclid(1_000) % 1_000
    }
}

/// Whether addresses with this first number may be none of the public ones.
fn is_special(first: u8) -> bool {
    [0, 10, 100, 127, 169, 172, 192, 198, 203].contains(&first) || first >= 224
}

/// Distinct public-looking IPv4 addresses, the loudest first, and which of them were told.
struct Addresses {
    texts: Vec<String>,
    told: Vec<bool>,
    /// Those before it were told.
    untold: usize,
}

impl Addresses {
    /// One address for each two hundred lines.
    fn new(lines: u64, random: &mut Random) -> Self {
        Self::of(lines / 200, random)
    }

    fn of(wanted: u64, random: &mut Random) -> Self {
        let count = usize::try_from(wanted).unwrap_or(usize::MAX).max(16);
        let mut candidate = random.next() as u32;
        let mut texts = Vec::with_capacity(count);
        while texts.len() < count {
            // An odd step visits each of the 2^32 addresses once before it comes back.
            candidate = candidate.wrapping_add(0x9e37_79b9);
            let [a, b, c, d] = candidate.to_be_bytes();
            if !is_special(a) && d != 0 && d != 255 {
                texts.push(format!("{a}.{b}.{c}.{d}"));
            }
        }
        Self {
            told: vec![false; count],
            untold: 0,
            texts,
        }
    }

    fn pick(&self, random: &mut Random) -> usize {
        random.zipf(self.texts.len())
    }

    /// The first that no line has named yet.
    fn fresh(&mut self) -> Option<usize> {
        while self.told.get(self.untold).copied()? {
            self.untold += 1;
        }
        Some(self.untold)
    }

    fn text(&self, index: usize) -> &[u8] {
        self.texts[index].as_bytes()
    }

    fn count_told(&self) -> u64 {
        self.told.iter().filter(|told| **told).count() as u64
    }
}

/// A number as text, without an allocation.
struct Digits {
    bytes: [u8; 20],
    start: usize,
}

impl Digits {
    fn of(mut number: u64) -> Self {
        let mut digits = Self {
            bytes: [0; 20],
            start: 20,
        };
        loop {
            digits.start -= 1;
            digits.bytes[digits.start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                return digits;
            }
        }
    }

    fn text(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

/// Names that word lists begin with.
const FIRST_NAMES: [&str; 48] = [
    "admin",
    "test",
    "ubuntu",
    "user",
    "oracle",
    "postgres",
    "pi",
    "ftpuser",
    "guest",
    "git",
    "support",
    "deploy",
    "hadoop",
    "mysql",
    "nagios",
    "tomcat",
    "jenkins",
    "www",
    "minecraft",
    "teamspeak",
    "student",
    "dev",
    "steam",
    "web",
    "administrator",
    "ubnt",
    "debian",
    "centos",
    "ec2-user",
    "vagrant",
    "ansible",
    "zabbix",
    "odoo",
    "es",
    "elastic",
    "spark",
    "kafka",
    "docker",
    "backup",
    "operator",
    "default",
    "info",
    "demo",
    "svn",
    "server",
    "tech",
    "sales",
    "a",
];

/// About five thousand user names, as word lists have them, the commonest first.
fn user_names() -> Vec<String> {
    (0..105 * FIRST_NAMES.len()).map(user_name).collect()
}

/// The user name of this rank in an endless word list.
fn user_name(rank: usize) -> String {
    let first = FIRST_NAMES[rank % FIRST_NAMES.len()];
    match rank / FIRST_NAMES.len() {
        0 => first.to_owned(),
        number => format!("{first}{number}"),
    }
}

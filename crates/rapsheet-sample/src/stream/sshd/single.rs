//! sshd's lines that stand alone: one line of each connection, a wrong password.
//!
//! Both shapes are worst cases of tables that have a row for each address and user name: [`sshd_drawn`] has many combinations
//! of few of both, [`sshd_unique`] has a new address and a new name in each line, as an attacker can choose both.
//!
//! ```text
//! Feb  3 00:00:09 bench sshd[21203]: Failed password for invalid user oracle7 from 84.17.46.9 port 50112 ssh2
//! Feb  3 00:00:10 bench sshd[21207]: Failed password for invalid user 2c4x9ko1hf from 2a5c:9e07:31b4:77d2:5f0c:e2a9:114d:8bc3 port 40222 ssh2
//! ```

use super::SshdExpected;
use crate::civil::Civil;
use crate::random::Random;
use crate::stream::{Addresses, Digits, LineSink, LogClock, user_name};
use std::io::{self, Write};
use std::net::Ipv6Addr;

/// Writes `lines` lines of sshd from a seed: each of an address and with a user name that are drawn from so many of both.
///
/// # Errors
/// Where writing fails.
pub fn sshd_drawn(
    out: &mut dyn Write,
    lines: u64,
    addresses: u64,
    users: u64,
    seed: u64,
) -> io::Result<SshdExpected> {
    let mut random = Random::new(seed);
    let mut addresses = Addresses::of(addresses, &mut random);
    let users: Vec<String> = (0..usize::try_from(users).unwrap_or(usize::MAX).max(1))
        .map(user_name)
        .collect();
    let mut failed = vec![0_u64; addresses.texts.len()];
    let mut stream = Stream::new(out, lines, random);
    while !stream.sink.is_full() {
        let address = stream.random.index(addresses.texts.len());
        let user = stream.random.index(users.len());
        if stream.line(users[user].as_bytes(), addresses.text(address)) {
            failed[address] += 1;
            addresses.told[address] = true;
        }
    }
    let expected = SshdExpected {
        addresses: addresses.count_told(),
        ..stream.finish()?
    };
    Ok(expected.with_failed(&failed, &addresses.texts))
}

/// Writes `lines` lines of sshd from a seed: each of an IPv6 address, in a /64 of its own, and with a user name that no other line has.
///
/// # Errors
/// Where writing fails.
pub fn sshd_unique(out: &mut dyn Write, lines: u64, seed: u64) -> io::Result<SshdExpected> {
    let mut random = Random::new(seed);
    let (first_network, first_user) = (random.next(), random.next());
    let mut stream = Stream::new(out, lines, random);
    let mut loudest = None;
    while !stream.sink.is_full() {
        let number = stream.sink.lines;
        // An odd factor gives each number another one, whatever the number of bits that are kept.
        let network = number
            .wrapping_add(first_network)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let user = number
            .wrapping_add(first_user)
            .wrapping_mul(0xd1b5_4a32_d192_ed03);
        let network = (0x2a << 56) | (network & 0x00ff_ffff_ffff_ffff);
        let bits = (u128::from(network) << 64) | u128::from(stream.random.next());
        let address = Ipv6Addr::from_bits(bits).to_string();
        let user = base_36(user & 0xffff_ffff_ffff);
        if stream.line(user.as_bytes(), address.as_bytes()) && loudest.is_none() {
            loudest = Some((address, 1));
        }
    }
    let expected = stream.finish()?;
    Ok(SshdExpected {
        failed_password_addresses: expected.lines,
        addresses: expected.lines,
        loudest,
        ..expected
    })
}

/// A number in digits and letters.
fn base_36(mut number: u64) -> String {
    let mut text = String::new();
    while text.is_empty() || number > 0 {
        let digit = u32::try_from(number % 36).unwrap_or(0);
        text.extend(char::from_digit(digit, 36));
        number /= 36;
    }
    text
}

/// What both shapes share.
struct Stream<'a> {
    sink: LineSink<'a>,
    clock: LogClock,
    random: Random,
    head: String,
    head_of: i64,
    pid: u64,
}

impl<'a> Stream<'a> {
    fn new(out: &'a mut dyn Write, lines: u64, random: Random) -> Self {
        Self {
            sink: LineSink::new(out, lines),
            clock: LogClock::new(lines),
            random,
            head: String::new(),
            head_of: i64::MIN,
            pid: 1_200,
        }
    }

    /// Writes the line of one connection; false where the stream is full.
    fn line(&mut self, user: &[u8], address: &[u8]) -> bool {
        self.clock.tick(&mut self.random);
        if self.clock.seconds() != self.head_of {
            self.head_of = self.clock.seconds();
            self.head = format!("{} bench sshd[", Civil::of(self.head_of).syslog());
        }
        self.pid = if self.pid > 4_000_000 {
            1_200
        } else {
            self.pid + self.random.between(1, 9)
        };
        let (pid, port) = (
            Digits::of(self.pid),
            Digits::of(self.random.between(1_024, 65_535)),
        );
        let parts: [&[u8]; 8] = [
            pid.text(),
            b"]: Failed password for invalid user ",
            user,
            b" from ",
            address,
            b" port ",
            port.text(),
            b" ssh2",
        ];
        self.sink.line(self.head.as_bytes(), &parts)
    }

    /// Every line tells of one wrong password.
    fn finish(self) -> io::Result<SshdExpected> {
        let lines = self.sink.lines;
        self.sink.finish()?;
        Ok(SshdExpected {
            lines,
            failed_password_lines: lines,
            failed_passwords: lines,
            ..SshdExpected::default()
        })
    }
}

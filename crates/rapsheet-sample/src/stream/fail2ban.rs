//! fail2ban's log: found, ban, unban, and the odd restart.
//!
//! ```text
//! 2025-02-03 00:00:09,120 fail2ban.actions        [812]: NOTICE  [sshd] Ban 84.17.46.9
//! ```

use super::{Addresses, Digits, LineSink, LogClock};
use crate::civil::Civil;
use crate::random::Random;
use std::io::{self, Write};

/// What a stream of fail2ban lines holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fail2banExpected {
    /// Lines written.
    pub lines: u64,
    /// Lines of the filter that say `Found`.
    pub found: u64,
    /// Lines that say `Ban`.
    pub bans: u64,
    /// Lines that say `Unban`.
    pub unbans: u64,
    /// Lines that name no address.
    pub other_lines: u64,
    /// Distinct addresses in all lines.
    pub addresses: u64,
}

/// Writes `lines` lines of fail2ban from a seed.
///
/// # Errors
/// Where writing fails.
pub fn fail2ban_log(out: &mut dyn Write, lines: u64, seed: u64) -> io::Result<Fail2banExpected> {
    let mut random = Random::new(seed);
    let mut addresses = Addresses::new(lines, &mut random);
    let mut clock = LogClock::new(lines);
    let mut sink = LineSink::new(out, lines);
    let mut expected = Fail2banExpected::default();
    // Bans that wait to be lifted, the oldest first; few enough to search.
    let mut banned: std::collections::VecDeque<(usize, &[u8])> = std::collections::VecDeque::new();
    while !sink.is_full() {
        let jail: &[u8] = match random.below(20) {
            0 => b"nginx-http-auth",
            1 => b"recidive",
            2 => b"nginx-botsearch",
            _ => b"sshd",
        };
        let index = addresses.pick(&mut random);
        let head = tick(&mut clock, &mut random);
        if random.below(2_000) == 0 {
            let wrote = sink.line(&head, &[b"fail2ban.server         [812]: INFO    rollover performed on /var/log/fail2ban.log"]);
            expected.other_lines += u64::from(wrote);
            continue;
        }
        if banned
            .iter()
            .any(|(other, held_by)| *other == index && *held_by == jail)
        {
            if let Some((other, jail)) = banned.pop_front() {
                expected.unbans += acts(&mut sink, &head, jail, b"] Unban ", addresses.text(other));
            }
            continue;
        }
        let date = &head[..19];
        for _ in 0..random.between(1, 5) {
            let text: [&[u8]; 6] = [
                b"fail2ban.filter         [812]: INFO    [",
                jail,
                b"] Found ",
                addresses.text(index),
                b" - ",
                date,
            ];
            if sink.line(&head, &text) {
                expected.found += 1;
                addresses.told[index] = true;
            }
        }
        if random.percent(30) {
            let head = tick(&mut clock, &mut random);
            expected.bans += acts(&mut sink, &head, jail, b"] Ban ", addresses.text(index));
            banned.push_back((index, jail));
        }
        if banned.len() > 40
            && let Some((other, jail)) = banned.pop_front()
        {
            let head = tick(&mut clock, &mut random);
            expected.unbans += acts(&mut sink, &head, jail, b"] Unban ", addresses.text(other));
        }
    }
    expected.lines = sink.lines;
    expected.addresses = addresses.count_told();
    sink.finish()?;
    Ok(expected)
}

/// Writes a line of an action; returns how many lines were written: one, or none where the stream is full.
fn acts(sink: &mut LineSink<'_>, head: &[u8], jail: &[u8], action: &[u8], address: &[u8]) -> u64 {
    let notice: &[u8] = b"fail2ban.actions        [812]: NOTICE  [";
    u64::from(sink.line(head, &[notice, jail, action, address]))
}

/// Goes on in time; returns the head of a line.
fn tick(clock: &mut LogClock, random: &mut Random) -> Vec<u8> {
    clock.tick(random);
    let mut head = Civil::of(clock.seconds()).dashed('-').into_bytes();
    head.push(b',');
    let millis = Digits::of(1_000 + clock.millis().unsigned_abs());
    head.extend_from_slice(&millis.text()[1..]);
    head.push(b' ');
    head
}

//! A list of addresses as people pass them on: bare ones, counts of `uniq -c`, networks, comments.
//!
//! ```text
//! # reported in February
//! 84.17.46.9
//!      12 84.17.46.10
//! 84.17.47.0/24 ; SBL1234
//! ```

use super::{Addresses, LineSink};
use crate::random::Random;
use std::io::{self, Write};

/// What a list holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListExpected {
    /// Lines written.
    pub lines: u64,
    /// Lines that name an address.
    pub listed: u64,
    /// Lines that name a network.
    pub networks: u64,
    /// Lines that are only a comment.
    pub comments: u64,
}

/// Writes `lines` lines of a list from a seed. An address may stand in it several times, as in lists that were put together.
///
/// # Errors
/// Where writing fails.
pub fn address_list(out: &mut dyn Write, lines: u64, seed: u64) -> io::Result<ListExpected> {
    let mut random = Random::new(seed);
    let addresses = Addresses::new(lines, &mut random);
    let mut sink = LineSink::new(out, lines);
    let mut expected = ListExpected::default();
    while !sink.is_full() {
        let address = &addresses.texts[addresses.pick(&mut random)];
        let (line, count) = match random.below(20) {
            0 => ("# reported in February".to_owned(), &mut expected.comments),
            1..3 => {
                let network = address.rsplit_once('.').map_or("", |(network, _)| network);
                let number = random.below(1_000_000);
                (
                    format!("{network}.0/24 ; SBL{number}"),
                    &mut expected.networks,
                )
            }
            3..5 => {
                let (high, low) = (random.below(0x1_0000), random.below(0x1_0000));
                (format!("2001:db8:{high:x}::{low:x}"), &mut expected.listed)
            }
            5..8 => {
                let count = random.between(1, 9_999);
                (format!("{count:>7} {address}"), &mut expected.listed)
            }
            _ => (address.clone(), &mut expected.listed),
        };
        if sink.line(line.as_bytes(), &[]) {
            *count += 1;
        }
    }
    expected.lines = sink.lines;
    sink.finish()?;
    Ok(expected)
}

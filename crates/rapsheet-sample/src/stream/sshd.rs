//! sshd's lines in auth.log, in several shapes.
//!
//! - [`uniform`] draws the address of each connection anew: all of them are there all the time, the worst case for whatever keeps
//!   something for each address and hour.
//! - [`bursts`] has addresses that come, work for a while and go, as on real servers, and some that log in.
//! - [`single`] has lines that stand alone: drawn from so many addresses and user names, or each with both of its own.

pub(crate) mod bursts;
pub(crate) mod single;
pub(crate) mod uniform;

mod connection;
mod visit;

/// What a stream of sshd lines holds, so that a benchmark can assert its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SshdExpected {
    /// Lines written.
    pub lines: u64,
    /// Lines that say `Failed password`, those in `message repeated` among them.
    pub failed_password_lines: u64,
    /// Wrong passwords: as the lines, but `message repeated N times` counts N.
    pub failed_passwords: u64,
    /// Distinct addresses in lines that say `Failed password`.
    pub failed_password_addresses: u64,
    /// Distinct addresses in all lines.
    pub addresses: u64,
    /// The address with the most lines that say `Failed password`, and how many it has.
    pub loudest: Option<(String, u64)>,
    /// Lines that say `Accepted`.
    pub accepted_lines: u64,
    /// Lines of other programs (CRON).
    pub other_lines: u64,
}

impl SshdExpected {
    /// Adds what is known of the addresses: `failed` has the `Failed password` lines of each of them, in the order of `texts`.
    fn with_failed(self, failed: &[u64], texts: &[String]) -> Self {
        let loudest = failed
            .iter()
            .enumerate()
            .max_by_key(|(index, count)| (**count, usize::MAX - index))
            .filter(|(_, count)| **count > 0);
        Self {
            failed_password_addresses: failed.iter().filter(|count| **count > 0).count() as u64,
            loudest: loudest.map(|(index, count)| (texts[index].clone(), *count)),
            ..self
        }
    }
}

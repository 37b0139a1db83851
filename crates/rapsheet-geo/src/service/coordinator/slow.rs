//! 429: who gets it. As a rule it is about everybody, and all wait. Where the service answers others and always refuses the same
//! address, that address waits alone, and is given up after its share, while the others go on.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::service::backoff::LONGEST_WAIT;
use crate::service::coordinator::outcome::Answered;
use crate::service::coordinator::{Coordinator, Done};

/// The longest wait that is honoured for one address alone: the run is not held for longer.
const LONGEST_WAIT_ALONE: Duration = Duration::from_secs(60);

/// An address is meant itself where at most one in so many others was refused since its last refusal.
const FEW: u64 = 4;

/// How many notes are made: whoever reads them needs no more.
const MOST_NOTES: usize = 50;

/// Which addresses got a 429.
#[derive(Debug, Default)]
pub(super) struct SlowAddresses {
    of: HashMap<usize, SlowAddress>,
    /// How many there were, of any address that is not known to be meant itself.
    all: u64,
}

#[derive(Clone, Copy, Debug)]
struct SlowAddress {
    times: u32,
    /// How many addresses were answered, and how many 429 there were, at its last one.
    answered: usize,
    all: u64,
    is_meant: bool,
}

impl SlowAddresses {
    /// Notes a 429, and returns how many the address had, where it is the address that is meant.
    fn see(&mut self, index: usize, answered: usize) -> Option<u32> {
        let before = self.of.get(&index).copied();
        let is_meant = before.is_some_and(|before| {
            let answers = answered.saturating_sub(before.answered) as u64;
            before.is_meant || answers > 0 && (self.all - before.all) * FEW <= answers
        });
        if !is_meant {
            self.all += 1;
        }
        let times = before.map_or(0, |before| before.times) + 1;
        let now = SlowAddress {
            times,
            answered,
            all: self.all,
            is_meant,
        };
        self.of.insert(index, now);
        is_meant.then_some(times)
    }
}

impl Coordinator {
    /// The service wants fewer requests.
    pub(super) fn slow_down(
        &mut self,
        done: &Done,
        wait: Option<Duration>,
        now: i64,
    ) -> rusqlite::Result<()> {
        let index = done.index;
        self.tries[index] = self.tries[index].saturating_add(1);
        let asked = wait.map_or_else(String::new, |wait| {
            format!(", and asks to wait {}", duration_in_words(wait))
        });
        let reason = format!("HTTP status 429, too many requests{asked}");
        if let Some(times) = self.slow.see(index, self.tally.answered) {
            return self.wait_alone(done, wait, times, now);
        }
        self.gate.close();
        self.unclaim(index, &reason, &Answered::of(done), now)?;
        // Another address goes ahead, in case this one is meant.
        self.queue.push_back(index);
        let ip = self.addresses[index];
        let slow = self.backoff.slow_down(self.sent_in[index], wait);
        if !slow.goes_on {
            let hint = if self.options.service.is_free() {
                "GeoLite answers 1,000 questions a day; run the same command tomorrow"
            } else {
                "run the same command later: it goes on where it stopped"
            };
            self.stop(
                &format!(
                    "the service answers 429, too many requests, the last time about {ip}{asked}"
                ),
                hint,
            );
        } else if let Some(pause) = slow.pause {
            let pause = duration_in_words(pause.min(LONGEST_WAIT));
            self.tell(format!(
                "429, too many requests, about {ip}{asked}: all wait {pause}"
            ));
        }
        Ok(())
    }

    /// An address gets 429 while others are answered: only it waits.
    fn wait_alone(
        &mut self,
        done: &Done,
        wait: Option<Duration>,
        times: u32,
        now: i64,
    ) -> rusqlite::Result<()> {
        let index = done.index;
        let ip = self.addresses[index];
        // The slot had closed it, not knowing whom the service means.
        if self.tally.stopped.is_none() && self.backoff.paused_until(Instant::now()).is_none() {
            self.gate.open();
        }
        let last = wait.map_or_else(String::new, |wait| {
            format!("; the last asks to wait {}", duration_in_words(wait))
        });
        let pause = wait.map_or_else(
            || self.backoff.back_off(times),
            |wait| wait.max(self.backoff.back_off(times)),
        );
        if times >= self.options.tries || pause > LONGEST_WAIT_ALONE {
            let reason = format!(
                "HTTP status 429, too many requests, {times} times while others were answered{last}"
            );
            return self.give_up(index, &reason, &Answered::of(done), now);
        }
        let reason = format!("HTTP status 429, too many requests{last}");
        self.unclaim(index, &reason, &Answered::of(done), now)?;
        self.delayed.push((Instant::now() + pause, index));
        let pause = duration_in_words(pause);
        self.tell(format!(
            "429, too many requests, about {ip} again while others are answered{last}: it waits {pause} alone"
        ));
        Ok(())
    }

    fn tell(&mut self, note: String) {
        if self.tally.notes.len() < MOST_NOTES {
            self.tally.notes.push(note);
        }
    }
}

/// Writes a wait for people.
fn duration_in_words(wait: Duration) -> String {
    let seconds = wait.as_secs_f64();
    if seconds < 9.95 && wait.subsec_nanos() > 0 {
        return format!("{seconds:.1} s");
    }
    match seconds.ceil() as u64 {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds.div_ceil(60)),
        seconds @ 7_200..172_800 => format!("{} h", seconds.div_ceil(3_600)),
        seconds => format!("{} days", seconds.div_ceil(86_400)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_meant_where_others_are_answered_and_everybody_where_many_are_refused() {
        let mut slow = SlowAddresses::default();
        assert_eq!(slow.see(7, 0), None, "the first says nothing");
        assert_eq!(slow.see(7, 0), None, "nobody was answered");
        assert_eq!(slow.see(7, 1), Some(3));
        assert_eq!(slow.see(7, 1), Some(4), "it stays so");

        let mut slow = SlowAddresses::default();
        for index in 0..8 {
            assert_eq!(slow.see(index, 0), None);
        }
        for index in 0..8 {
            assert_eq!(slow.see(index, 2), None, "two of ten are let through");
        }
        // Two that are always refused beside fifty that are not.
        let mut slow = SlowAddresses::default();
        for (index, answered, times) in [
            (0, 0, None),
            (1, 0, None),
            (0, 50, Some(2)),
            (1, 50, Some(2)),
        ] {
            assert_eq!(slow.see(index, answered), times, "{index}");
        }
    }

    #[test]
    fn waits_are_read_at_a_glance() {
        for (seconds, text) in [
            (0.25, "0.2 s"),
            (5.0, "5 s"),
            (120.0, "2 min"),
            (7_200.0, "2 h"),
            (86_400.0 * 3.0, "3 days"),
        ] {
            assert_eq!(duration_in_words(Duration::from_secs_f64(seconds)), text);
        }
    }
}

//! Backoff: pauses that the service asks for, pauses while it is out of order, and the single request that probes before anything
//! sensible was answered.
//!
//! Requests that are under way fail together, so what was sent before the latest pause says nothing that the pause doesn't know: it
//! starts no further one. Only pauses in a row end a run, never a burst of answers.

use std::time::{Duration, Instant};

/// The longest wait that is honoured; a longer one stops the run, to be taken up later.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// How often in a row the service may ask for a pause.
const MOST_SLOW: u32 = 6;

/// What comes of a wish for fewer requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SlowDown {
    /// How long all wait; absent where the latest pause knew already.
    pub(crate) pause: Option<Duration>,
    /// Whether it is worth to go on.
    pub(crate) goes_on: bool,
}

#[derive(Debug)]
pub(crate) struct Backoff {
    /// The first pause after a fault.
    first_pause: Duration,
    /// How many pauses in a row a service that has never answered gets; one that has gets twice as many.
    tries: u32,
    concurrency: usize,
    until: Option<Instant>,
    round: u32,
    slow: u32,
    outages: u32,
    /// Requests in a row that failed, and the addresses that they were about.
    faults: u32,
    faulty: Vec<usize>,
    alone: bool,
    has_answered: bool,
}

impl Backoff {
    pub(crate) const fn new(first_pause: Duration, tries: u32, concurrency: usize) -> Self {
        Self {
            first_pause,
            tries,
            concurrency,
            until: None,
            round: 0,
            slow: 0,
            outages: 0,
            faults: 0,
            faulty: Vec::new(),
            alone: true,
            has_answered: false,
        }
    }

    /// How many pauses there were. A request remembers it, to tell what was sent since the latest.
    pub(crate) const fn round(&self) -> u32 {
        self.round
    }

    /// Whether one request goes alone: the service has said nothing sensible yet, or not since it went out of order.
    pub(crate) const fn is_alone(&self) -> bool {
        self.alone
    }

    /// Until when nothing may go out.
    pub(crate) fn paused_until(&self, now: Instant) -> Option<Instant> {
        self.until.filter(|until| now < *until)
    }

    /// Ends a pause that is over; returns whether there was one.
    pub(crate) const fn resume(&mut self) -> bool {
        self.until.take().is_some()
    }

    /// Requests in a row that failed.
    pub(crate) const fn faults(&self) -> u32 {
        self.faults
    }

    /// The service has said something sensible.
    pub(crate) fn answered(&mut self) {
        (self.alone, self.has_answered) = (false, true);
        (self.slow, self.outages, self.faults) = (0, 0, 0);
        self.faulty.clear();
    }

    /// The service wants fewer requests. Returns how long all wait, where that is a new pause, and whether it is worth to go on.
    pub(crate) fn slow_down(&mut self, sent_in: u32, wait: Option<Duration>) -> SlowDown {
        let is_new = sent_in == self.round;
        if is_new {
            self.slow += 1;
            self.round += 1;
        }
        let own = self.back_off(self.slow);
        let wait = wait.map_or(own * 10, |wait| wait.max(own));
        self.prolong(wait.min(LONGEST_WAIT));
        SlowDown {
            pause: is_new.then_some(wait),
            goes_on: self.slow <= MOST_SLOW && wait <= LONGEST_WAIT,
        }
    }

    /// A request failed. Where as many addresses in a row did as are asked at once, it is the service and not an address: all wait,
    /// and one goes ahead. Returns whether it is worth to go on.
    pub(crate) fn fault(&mut self, index: usize, sent_in: u32) -> bool {
        if sent_in != self.round {
            return true;
        }
        self.faults += 1;
        if !self.faulty.contains(&index) {
            self.faulty.push(index);
        }
        if !self.alone && self.faulty.len() < self.concurrency.max(2) {
            return true;
        }
        self.outages += 1;
        self.round += 1;
        self.alone = true;
        self.prolong(self.back_off(self.outages));
        let most = if self.has_answered {
            self.tries * 2
        } else {
            self.tries
        };
        self.outages < most
    }

    /// How long to wait before the next try: twice as long each time, up to a limit, and never quite the same.
    pub(crate) fn back_off(&self, tries: u32) -> Duration {
        let factor = 1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(60);
        self.first_pause
            .mul_f64(f64::from(factor.min(60)) * (0.5 + fastrand::f64() / 2.0))
    }

    fn prolong(&mut self, wait: Duration) {
        self.until = self.until.max(Some(Instant::now() + wait));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backoff() -> Backoff {
        Backoff::new(Duration::from_millis(1), 3, 4)
    }

    #[test]
    fn a_burst_is_one_pause_and_only_pauses_in_a_row_end_the_run() {
        let mut backoff = backoff();
        backoff.answered();
        for _ in 0..20 {
            assert!(backoff.slow_down(0, Some(Duration::ZERO)).goes_on);
        }
        assert_eq!(backoff.round(), 1);
        for round in 1..MOST_SLOW {
            assert!(backoff.slow_down(round, None).goes_on, "{round}");
        }
        assert!(!backoff.slow_down(MOST_SLOW, None).goes_on);
        assert!(!self::backoff().slow_down(0, Some(LONGEST_WAIT * 2)).goes_on);
    }

    #[test]
    fn a_service_out_of_order_makes_all_wait_and_one_goes_ahead() {
        let mut backoff = backoff();
        backoff.answered();
        assert!((0..3).all(|index| backoff.fault(index, 0)));
        assert!(
            !backoff.is_alone(),
            "three faulty addresses of four at once"
        );
        assert!(
            backoff.fault(2, 0) && !backoff.is_alone(),
            "the same address"
        );
        assert!(backoff.fault(3, 0) && backoff.is_alone());
        assert!(backoff.paused_until(Instant::now()).is_some());
        // What was under way says nothing new.
        assert!((4..40).all(|index| backoff.fault(index, 0)));
        for round in 1..5 {
            assert!(backoff.fault(50, round), "{round}");
        }
        assert!(!backoff.fault(50, 5), "six pauses");
        backoff.answered();
        assert!(!backoff.is_alone());
    }

    #[test]
    fn a_service_that_never_answered_gets_as_many_pauses_as_an_address_gets_tries() {
        let mut backoff = backoff();
        assert!(backoff.fault(0, 0) && backoff.fault(1, 1));
        assert!(!backoff.fault(2, 2));
    }
}

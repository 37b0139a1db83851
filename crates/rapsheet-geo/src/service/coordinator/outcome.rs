//! What became of a request: written down, counted, and tried again where that may help.

use std::time::Instant;

use rapsheet_schema::format_network;

use crate::cache::claims::{self, Failure};
use crate::cache::known::ABOUT_ANOTHER;
use crate::cache::{self, Kept};
use crate::service::coordinator::{Coordinator, Done};
use crate::service::response::ResponseClass;

/// How many answers in a row may be about other addresses before something in between is to blame.
const MOST_ABOUT_OTHERS: u32 = 3;

/// What came last about an address that has no answer.
pub(super) struct Answered<'a> {
    status: u16,
    body: &'a [u8],
}

impl Answered<'_> {
    pub(super) const NOTHING: Answered<'static> = Answered {
        status: 0,
        body: &[],
    };

    pub(super) fn of(done: &Done) -> Answered<'_> {
        Answered {
            status: done.status,
            body: &done.body,
        }
    }
}

impl Coordinator {
    /// Writes down what a request gave.
    pub(super) fn record(&mut self, done: &Done, now: i64) -> rusqlite::Result<()> {
        let ip = self.addresses[done.index];
        self.in_flight.retain(|index| *index != done.index);
        let price = self.options.price;
        let sensible = matches!(
            done.verdict,
            ResponseClass::Answer { .. }
                | ResponseClass::Negative { .. }
                | ResponseClass::Refused { .. }
        );
        if sensible {
            self.backoff.answered();
        }
        match &done.verdict {
            ResponseClass::Answer { network, remaining } => {
                self.keep(done, None, network.map(|network| network.to_string()), now)?;
                self.about_others = 0;
                self.tally.answered += 1;
                self.tally.spent.0 += price.0;
                self.tally.queries_remaining = remaining.or(self.tally.queries_remaining);
            }
            ResponseClass::AboutAnother { about } => self.keep_apart(done, about, now)?,
            ResponseClass::Negative { code } => {
                self.keep(done, Some(code), None, now)?;
                self.tally.answered += 1;
                self.tally.not_found += 1;
            }
            ResponseClass::Again { reason, billed } => {
                if *billed {
                    self.tally.perhaps_billed += 1;
                    self.tally.spent.0 += price.0;
                }
                // Without a status and a bill there was no connection.
                self.again(done, reason, done.status != 0 || *billed, now)?;
            }
            ResponseClass::Slow { wait } => self.slow_down(done, *wait, now)?,
            ResponseClass::Unsent => {
                claims::release(&self.cache.connection, &self.endpoint, ip)?;
                self.tally.sent -= 1;
                self.queue.push_front(done.index);
            }
            ResponseClass::Refused { reason } => {
                self.tries[done.index] = self.tries[done.index].saturating_add(1);
                self.give_up(done.index, reason, &Answered::of(done), now)?;
            }
            ResponseClass::Stop { reason, hint } => {
                self.unclaim(done.index, reason, &Answered::of(done), now)?;
                self.stop(reason, hint.text(self.options.service.is_free()));
            }
        }
        let block = format_network(ip);
        for index in self.held.remove(&block).into_iter().flatten().rev() {
            self.queue.push_front(index);
        }
        Ok(())
    }

    fn keep(
        &self,
        done: &Done,
        code: Option<&str>,
        network: Option<String>,
        now: i64,
    ) -> rusqlite::Result<()> {
        let service = self.options.service;
        cache::keep(
            &self.cache.connection,
            &Kept {
                endpoint: &self.endpoint,
                ip: self.addresses[done.index],
                asked_micros: now,
                status: done.status,
                code,
                serves_network: network.is_some()
                    && (service.shares_networks() || self.options.share_networks),
                network,
                body: &done.body,
            },
        )
    }

    /// Keeps an answer about another address apart. It was billed, and another try would be too, so there is none.
    fn keep_apart(&mut self, done: &Done, about: &str, now: i64) -> rusqlite::Result<()> {
        self.keep(done, Some(ABOUT_ANOTHER), None, now)?;
        let ip = self.addresses[done.index];
        self.tally.perhaps_billed += 1;
        self.tally.spent.0 += self.options.price.0;
        self.tally.about_another += 1;
        self.tally.failed.push((
            ip,
            format!("the answer is about `{about}`; it is kept apart, and not asked for again"),
        ));
        self.about_others += 1;
        if self.about_others >= MOST_ABOUT_OTHERS {
            self.stop(
                &format!(
                    "{} answers in a row are about other addresses than were asked about, the last about `{about}` and not {ip}",
                    self.about_others
                ),
                "a proxy or cache between here and the service may mix answers up: check `--host` and the proxy, then run the same command",
            );
        }
        Ok(())
    }

    /// An address is tried again later. It is counted here already, so nobody must inherit it.
    fn again(
        &mut self,
        done: &Done,
        reason: &str,
        is_reached: bool,
        now: i64,
    ) -> rusqlite::Result<()> {
        let index = done.index;
        self.tries[index] = self.tries[index].saturating_add(1);
        let tries = u32::from(self.tries[index]);
        if tries >= self.options.tries {
            self.give_up(index, reason, &Answered::of(done), now)?;
        } else {
            self.unclaim(index, reason, &Answered::of(done), now)?;
            let pause = self.backoff.back_off(tries);
            self.delayed.push((Instant::now() + pause, index));
        }
        let goes_on = self.backoff.fault(index, self.sent_in[index]);
        if self.backoff.paused_until(Instant::now()).is_some() {
            self.gate.close();
        }
        if goes_on {
            return Ok(());
        }
        if is_reached {
            let faults = self.backoff.faults();
            self.stop(
                &format!("{faults} requests in a row failed, the last: {reason}"),
                "wait until the service answers, then run the same command: it goes on where it stopped",
            );
        } else {
            self.stop(
                &format!("nobody answers at {}: {reason}", self.options.host),
                "check the network, proxies and `--host`, then run the same command again",
            );
        }
        Ok(())
    }

    /// Gives the claim on an address back, with the reason why there is no answer.
    pub(super) fn unclaim(
        &self,
        index: usize,
        reason: &str,
        answered: &Answered<'_>,
        now: i64,
    ) -> rusqlite::Result<()> {
        claims::fail(
            &self.cache.connection,
            &self.endpoint,
            self.addresses[index],
            &Failure {
                reason,
                tries: u32::from(self.tries[index]),
                status: answered.status,
                answer: answered.body,
                now_micros: now,
            },
        )
    }

    pub(super) fn give_up(
        &mut self,
        index: usize,
        reason: &str,
        answered: &Answered<'_>,
        now: i64,
    ) -> rusqlite::Result<()> {
        self.unclaim(index, reason, answered, now)?;
        self.tally
            .failed
            .push((self.addresses[index], reason.to_owned()));
        Ok(())
    }

    /// Stops the run; the first reason stays.
    pub(super) fn stop(&mut self, reason: &str, hint: &str) {
        self.gate.close();
        self.tally
            .stopped
            .get_or_insert_with(|| (reason.to_owned(), hint.to_owned()));
    }
}

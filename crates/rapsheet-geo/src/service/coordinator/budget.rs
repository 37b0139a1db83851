//! What may still be spent, and what is left when it is not enough. What killed runs had sent was perhaps billed, so it counts.

use std::net::IpAddr;

use crate::cache::claims;
use crate::cache::lock::{Life, life_of};
use crate::service::coordinator::Coordinator;
use crate::service::{Amount, separated};

/// How long a run may have sent nothing and still be alive, where its lock can't be looked at: no request takes that long.
const LONGEST_SILENCE_MICROS: i64 = 10 * 60 * 1_000_000;

impl Coordinator {
    /// Whether a run has ended. Of one whose lock says nothing, what it sent long ago does.
    pub(super) fn is_dead(&self, owner: &str) -> rusqlite::Result<bool> {
        Ok(match life_of(&self.cache.path, owner) {
            Life::Alive => false,
            Life::Dead => true,
            Life::Unknown => {
                let sent = claims::last_sent(&self.cache.connection, owner)?;
                let now = jiff::Timestamp::now().as_microsecond();
                sent.is_none_or(|sent| now.saturating_sub(sent) > LONGEST_SILENCE_MICROS)
            }
        })
    }

    /// Takes over from a dead run, and counts what it had sent.
    pub(super) fn inherit(&mut self, owner: &str) -> rusqlite::Result<()> {
        let sent = claims::take_over(&self.cache.connection, &self.endpoint, owner)?;
        let price = self.options.price.times(sent);
        self.tally.perhaps_billed += sent;
        self.tally.spent.0 += price.0;
        self.tally.inherited.0 += price.0;
        Ok(())
    }

    /// Which living run asks about an address right now. What a dead one claimed is freed, and counts as perhaps billed.
    pub(super) fn owner_of(
        &mut self,
        ip: IpAddr,
        block: Option<&str>,
    ) -> rusqlite::Result<Option<String>> {
        loop {
            let connection = &self.cache.connection;
            let own = &self.lock.owner;
            let owner = claims::claimed_by(connection, &self.endpoint, ip, block, own)?;
            match owner {
                Some(owner) if self.is_dead(&owner)? => self.inherit(&owner)?,
                owner => return Ok(owner),
            }
        }
    }

    /// Whether one more request fits, if all that are under way are billed: into the budget, and without what killed runs had sent
    /// into what was allowed.
    pub(super) fn can_pay(&self) -> bool {
        self.fits_budget()
            && self.options.allowed.is_none_or(|most| {
                let own = self.with_one_more().0 - self.tally.inherited.0;
                own <= most.0
            })
    }

    fn fits_budget(&self) -> bool {
        let budget = self.options.budget;
        budget.is_none_or(|budget| self.with_one_more() <= budget)
    }

    fn with_one_more(&self) -> Amount {
        let flying = self.options.price.times(self.in_flight.len() as u64 + 1);
        Amount(self.tally.spent.0.saturating_add(flying.0))
    }

    /// Stops for want of money. What an answer of this run serves already is not left.
    pub(super) fn stop_for_budget(&mut self, now: i64) {
        let mut left: Vec<usize> = self.queue.drain(..).collect();
        left.extend(self.delayed.drain(..).map(|(_, index)| index));
        left.extend(self.held.drain().flat_map(|(_, indexes)| indexes));
        left.append(&mut self.foreign);
        left.sort_unstable();
        let all = left.len();
        left.retain(|index| !self.is_answered(self.addresses[*index], now));
        self.tally.saved += all - left.len();
        self.tally.over_budget = left.len();
        let number = match left.len() {
            1 => "1 address is left".to_owned(),
            number => format!("{} addresses are left", separated(number as u64)),
        };
        if !self.fits_budget() {
            let budget = self.options.budget.unwrap_or_default();
            self.stop(
                &format!("the budget of {budget} is used up, {number}"),
                "run the same command with another `--budget`: it goes on where it stopped",
            );
            return;
        }
        self.tally.left = left.iter().map(|index| self.addresses[*index]).collect();
        let allowed = self.options.allowed.unwrap_or_default();
        self.stop(
            &format!(
                "the {allowed} that were allowed are used up, since requests without an answer may have been billed; {number}"
            ),
            "run the same command again: it says what the rest costs and goes on there",
        );
    }
}

//! The coordinator: the one thread that owns the cache, the queue and the budget, and decides what each slot asks next.
//!
//! A slot hands in what it got together with its wish for more. What several slots hand in at the same time is committed in one
//! transaction, with the claims of what they ask next, and only then do they get their orders. So each answer is on disk before its
//! slot asks again, at the price of one commit a round and not one a request.

mod budget;
mod outcome;
mod slow;

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rapsheet_schema::format_network;
use tokio::sync::oneshot;

use crate::cache::claims;
use crate::cache::known::{Covered, Known};
use crate::cache::lock::RunLock;
use crate::cache::spending::{self, SpendingSoFar};
use crate::cache::{self, Cache, CacheError};
use crate::service::ask::{AskOptions, Gate, Tally, Watch};
use crate::service::backoff::Backoff;
use crate::service::coordinator::outcome::Answered;
use crate::service::coordinator::slow::SlowAddresses;
use crate::service::endpoint::{AnswerHost, Endpoint};
use crate::service::response::ResponseClass;

/// What a slot says.
pub(crate) struct SlotMessage {
    pub(crate) done: Option<Done>,
    pub(crate) reply: oneshot::Sender<Order>,
}

/// What a slot got.
pub(crate) struct Done {
    pub(crate) index: usize,
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) verdict: ResponseClass,
}

/// Why a run has ended that somebody ended.
const INTERRUPTED: &str = "stopped, as was asked for";

/// How to go on after a run that somebody ended.
const GOES_ON: &str = "run the same command: it goes on where it stopped";

/// What a slot does next.
pub(crate) enum Order {
    Ask(usize, IpAddr),
    Stop,
}

/// What can be done right now.
enum Pick {
    Ask(usize),
    Later,
    Nothing,
}

/// How long to wait at most before looking again at what other runs do.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

pub(crate) struct Coordinator {
    cache: Cache,
    known: Known,
    lock: RunLock,
    options: AskOptions,
    endpoint: Endpoint,
    watch: Watch,
    gate: Arc<Gate>,
    addresses: Vec<IpAddr>,
    tally: Tally,
    tries: Vec<u8>,
    /// After how many pauses each was last sent.
    sent_in: Vec<u32>,
    queue: VecDeque<usize>,
    /// Faulty ones, and when they are tried again.
    delayed: Vec<(Instant, usize)>,
    /// Waiting for the first answer of their block.
    held: HashMap<String, Vec<usize>>,
    /// Claimed by other runs.
    foreign: Vec<usize>,
    in_flight: Vec<usize>,
    backoff: Backoff,
    slow: SlowAddresses,
    /// Answers in a row that were about other addresses.
    about_others: u32,
    waiting: Vec<oneshot::Sender<Order>>,
    /// Why the cache can't be written any more: nothing is asked from then on, and what is under way is still taken in.
    refused: Option<rusqlite::Error>,
    /// Answers that came and could not be written.
    unkept: usize,
}

impl Coordinator {
    pub(crate) fn new(
        cache: Cache,
        lock: RunLock,
        addresses: &[IpAddr],
        from: &AnswerHost,
        options: AskOptions,
        watch: Watch,
        gate: Arc<Gate>,
    ) -> Result<Self, CacheError> {
        let known = cache.known(from)?;
        let backoff = Backoff::new(options.pause, options.tries, options.concurrency);
        let mut coordinator = Self {
            known,
            lock,
            endpoint: Endpoint::new(options.service, &options.host),
            options,
            watch,
            gate,
            addresses: addresses.to_vec(),
            tally: Tally {
                all: addresses.len(),
                ..Tally::default()
            },
            tries: vec![0; addresses.len()],
            sent_in: vec![0; addresses.len()],
            queue: (0..addresses.len()).collect(),
            delayed: Vec::new(),
            held: HashMap::new(),
            foreign: Vec::new(),
            in_flight: Vec::new(),
            backoff,
            slow: SlowAddresses::default(),
            about_others: 0,
            waiting: Vec::new(),
            refused: None,
            unkept: 0,
            cache,
        };
        coordinator
            .take_over_the_dead()
            .map_err(|source| coordinator.cache.error(source))?;
        Ok(coordinator)
    }

    /// Frees what killed runs had claimed. What they had sent may have been billed, so it counts against this budget.
    fn take_over_the_dead(&mut self) -> rusqlite::Result<()> {
        self.committed(|coordinator| {
            let service = coordinator.options.service;
            for owner in claims::owners(&coordinator.cache.connection)? {
                if owner != coordinator.lock.owner && coordinator.is_dead(&owner)? {
                    coordinator.inherit(&owner)?;
                }
            }
            if coordinator.options.share_networks && !service.shares_networks() {
                cache::share(&coordinator.cache.connection, &coordinator.endpoint)?;
            }
            Ok(())
        })
    }

    /// Serves the slots until the last has gone.
    pub(crate) fn run(mut self, messages: &Receiver<SlotMessage>) -> Tally {
        loop {
            let first = if self.waiting.is_empty() {
                messages.recv().ok()
            } else {
                match messages.recv_timeout(self.until_next()) {
                    Ok(message) => Some(message),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            };
            if first.is_none() && self.waiting.is_empty() {
                break;
            }
            let batch: Vec<SlotMessage> = first.into_iter().chain(messages.try_iter()).collect();
            self.serve(batch);
            (self.watch)(&self.tally);
        }
        if self.options.interrupt.is_asked() && self.tally.done() < self.tally.all {
            self.stop(INTERRUPTED, GOES_ON);
        }
        self.end_what_is_under_way();
        if let Some(error) = &self.refused {
            // It goes before any other reason.
            self.tally.stopped = Some(self.cache.refusal(error, self.unkept));
        }
        if self.tally.over_budget == 0 && self.tally.stopped.is_none() {
            debug_assert_eq!(self.tally.done(), self.tally.all);
        }
        (self.watch)(&self.tally);
        self.tally
    }

    /// How long nothing can happen unless a slot says something.
    fn until_next(&self) -> Duration {
        let now = Instant::now();
        let next = match self.backoff.paused_until(now) {
            Some(until) => Some(until),
            None if self.backoff.is_alone() && !self.in_flight.is_empty() => None,
            None => self.delayed.iter().map(|(at, _)| *at).min(),
        };
        let next = next.map_or(LOOK_AGAIN, |at| at.saturating_duration_since(now));
        next.clamp(Duration::from_millis(1), LOOK_AGAIN)
    }

    /// One round: remembers, decides, commits, then answers.
    fn serve(&mut self, batch: Vec<SlotMessage>) {
        let now = jiff::Timestamp::now().as_microsecond();
        let mut done = Vec::new();
        for message in batch {
            done.extend(message.done);
            self.waiting.push(message.reply);
        }
        if self.options.interrupt.is_asked() {
            self.stop(INTERRUPTED, GOES_ON);
        } else if done.is_empty() && self.backoff.paused_until(Instant::now()).is_some() {
            // Nothing but a pause: the disk is left alone.
            return;
        }
        if self.refused.is_none() {
            let sent = self.in_flight.clone();
            let decided = self.committed(|coordinator| {
                let orders = coordinator.decide(&done, now)?;
                coordinator.note_spending(now)?;
                Ok(orders)
            });
            match decided {
                Ok(orders) => {
                    for (reply, order) in orders {
                        // A slot that is gone asks for nothing.
                        let _ = reply.send(order);
                    }
                    return;
                }
                Err(error) => {
                    self.gate.close();
                    // Whoever was to be asked next is not asked.
                    self.in_flight = sent;
                    self.refused = Some(error);
                }
            }
        }
        self.rescue(&done, now);
        for reply in self.waiting.drain(..) {
            let _ = reply.send(Order::Stop);
        }
    }

    /// Does something in one transaction. Where that fails, the tally is as it was before.
    fn committed<T>(
        &mut self,
        act: impl FnOnce(&mut Self) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let failed = std::mem::take(&mut self.tally.failed);
        let mut before = self.tally.clone();
        let failures = failed.len();
        self.tally.failed = failed;
        let result = self
            .cache
            .connection
            .execute_batch("BEGIN IMMEDIATE")
            .and_then(|()| act(self))
            .and_then(|value| {
                self.cache.connection.execute_batch("COMMIT")?;
                Ok(value)
            });
        if result.is_err() {
            // SQLite may have rolled back by itself.
            let _ = self.cache.connection.execute_batch("ROLLBACK");
            before.failed = std::mem::take(&mut self.tally.failed);
            before.failed.truncate(failures);
            self.tally = before;
        }
        result
    }

    /// Writes down what still came, each answer by itself, after the cache has refused: a small one may fit where a round did not,
    /// the more so when the log of writes is folded into the file.
    fn rescue(&mut self, done: &[Done], now: i64) {
        if self.refused.as_ref().is_some_and(cache::is_about_the_disk) {
            let fold = "PRAGMA wal_checkpoint(TRUNCATE)";
            let _ = self.cache.connection.query_row(fold, [], |_| Ok(()));
        }
        for done in done {
            if self
                .committed(|coordinator| coordinator.record(done, now))
                .is_ok()
            {
                continue;
            }
            match done.verdict {
                ResponseClass::Answer { .. } | ResponseClass::AboutAnother { .. } => {
                    self.unkept += 1;
                    self.tally.perhaps_billed += 1;
                    self.tally.spent.0 += self.options.price.0;
                }
                ResponseClass::Again { billed: true, .. } => {
                    self.tally.perhaps_billed += 1;
                    self.tally.spent.0 += self.options.price.0;
                }
                ResponseClass::Unsent => self.tally.sent -= 1,
                _ => {}
            }
        }
        // It may find no room either, and then the next run tells less.
        let _ = self.committed(|coordinator| coordinator.note_spending(now));
    }

    /// Writes down what was spent so far.
    fn note_spending(&self, now: i64) -> rusqlite::Result<()> {
        let tally = &self.tally;
        if tally.sent == 0 && tally.spent.0 == 0 {
            return Ok(());
        }
        let so_far = SpendingSoFar {
            price: self.options.price,
            sent: tally.sent,
            answered: tally.answered as u64,
            perhaps_billed: tally.perhaps_billed,
            spent: tally.spent,
        };
        let connection = &self.cache.connection;
        spending::note(connection, &self.endpoint, &self.lock.owner, &so_far, now)
    }

    /// Counts the requests that nobody waits for any more. They may be billed, and no later run has to count them again.
    fn end_what_is_under_way(&mut self) {
        let left = std::mem::take(&mut self.in_flight);
        if left.is_empty() {
            return;
        }
        let now = jiff::Timestamp::now().as_microsecond();
        let price = self.options.price.times(left.len() as u64);
        let noted = self.committed(|coordinator| {
            for index in &left {
                coordinator.tries[*index] = coordinator.tries[*index].saturating_add(1);
                let reason = "the run ended before the answer came";
                coordinator.give_up(*index, reason, &Answered::NOTHING, now)?;
            }
            coordinator.tally.perhaps_billed += left.len() as u64;
            coordinator.tally.spent.0 += price.0;
            coordinator.note_spending(now)
        });
        if noted.is_err() {
            // Their claims stay, and the next run counts them.
            self.tally.perhaps_billed += left.len() as u64;
            self.tally.spent.0 += price.0;
        }
    }

    fn decide(
        &mut self,
        done: &[Done],
        now: i64,
    ) -> rusqlite::Result<Vec<(oneshot::Sender<Order>, Order)>> {
        for done in done {
            self.record(done, now)?;
        }
        self.known.sync(&self.cache.connection)?;
        let mut orders = Vec::new();
        while orders.len() < self.waiting.len() {
            match self.pick(now)? {
                Pick::Ask(index) => orders.push(Order::Ask(index, self.addresses[index])),
                Pick::Nothing => orders.push(Order::Stop),
                Pick::Later => break,
            }
        }
        let replies = self.waiting.split_off(self.waiting.len() - orders.len());
        Ok(replies.into_iter().rev().zip(orders).collect())
    }

    /// Finds what can be asked now, and claims it.
    fn pick(&mut self, now: i64) -> rusqlite::Result<Pick> {
        if self.tally.stopped.is_some() {
            return Ok(Pick::Nothing);
        }
        let instant = Instant::now();
        if self.backoff.paused_until(instant).is_some()
            || (self.backoff.is_alone() && !self.in_flight.is_empty())
        {
            return Ok(Pick::Later);
        }
        if self.backoff.resume() {
            self.gate.open();
        }
        while let Some(index) = self.candidate(instant)? {
            let ip = self.addresses[index];
            match self.covered(ip, now) {
                Some(Covered::AboutAnother) => {
                    let reason = "an answer that is kept apart is about another address; asking again may be billed again";
                    self.tally.failed.push((ip, reason.to_owned()));
                    continue;
                }
                Some(_) => {
                    claims::release(&self.cache.connection, &self.endpoint, ip)?;
                    self.tally.saved += 1;
                    continue;
                }
                None => {}
            }
            let block = format_network(ip);
            let share = self.options.share_networks;
            let is_asked = share
                && self
                    .in_flight
                    .iter()
                    .any(|other| format_network(self.addresses[*other]) == block);
            if is_asked {
                self.held.entry(block).or_default().push(index);
                continue;
            }
            // It may find what a dead run had sent, which is paid for first.
            let owner = self.owner_of(ip, share.then_some(block.as_str()))?;
            if owner.is_some() {
                self.foreign.push(index);
                continue;
            }
            if !self.can_pay() {
                self.queue.push_front(index);
                if !self.in_flight.is_empty() {
                    return Ok(Pick::Later);
                }
                self.stop_for_budget(now);
                return Ok(Pick::Nothing);
            }
            claims::claim(
                &self.cache.connection,
                &self.endpoint,
                ip,
                &block,
                &self.lock.owner,
                now,
            )?;
            self.in_flight.push(index);
            self.sent_in[index] = self.backoff.round();
            self.tally.sent += 1;
            return Ok(Pick::Ask(index));
        }
        let nothing = self.in_flight.is_empty()
            && self.delayed.is_empty()
            && self.foreign.is_empty()
            && self.held.is_empty();
        Ok(if nothing { Pick::Nothing } else { Pick::Later })
    }

    /// Returns the next address to ask about: a retry that is due, else the head of the queue, else one that another run had claimed. Each
    /// retry probes with a different address, in case one address causes the error.
    fn candidate(&mut self, instant: Instant) -> rusqlite::Result<Option<usize>> {
        let due = self.delayed.iter().position(|(at, _)| *at <= instant);
        let may_retry = !self.backoff.is_alone() || self.queue.is_empty();
        if let Some(due) = due.filter(|_| may_retry) {
            return Ok(Some(self.delayed.swap_remove(due).1));
        }
        if let Some(index) = self.queue.pop_front() {
            return Ok(Some(index));
        }
        for at in 0..self.foreign.len() {
            let ip = self.addresses[self.foreign[at]];
            let now = jiff::Timestamp::now().as_microsecond();
            let block = self.options.share_networks.then(|| format_network(ip));
            if self.is_answered(ip, now) || self.owner_of(ip, block.as_deref())?.is_none() {
                return Ok(Some(self.foreign.swap_remove(at)));
            }
        }
        Ok(None)
    }

    fn is_answered(&self, ip: IpAddr, now: i64) -> bool {
        self.covered(ip, now).is_some()
    }

    fn covered(&self, ip: IpAddr, now: i64) -> Option<Covered> {
        let options = &self.options;
        self.known.covers(
            options.service,
            ip,
            options.share_networks,
            now,
            options.max_age_micros,
        )
    }
}

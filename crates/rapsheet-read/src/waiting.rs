//! Lines that wait: a later line of the same session may still tell whose they are, which user was tried, or that what a PAM
//! module called a failure was none.
//!
//! A line waits until it is decided, and no longer than [`LONGEST_WAIT`]: sshd hangs up on whoever takes longer to log in. As long
//! as the reader goes through its chunk, the line waits where it stands; after that it is taken out of the chunk, and is told
//! behind the lines of the chunk in which it is decided. So memory holds the undecided lines of the last minutes, and the answer
//! does not depend on where chunks end.

use std::collections::VecDeque;
use std::net::IpAddr;

use rapsheet_parse::{Arena, Head, Line, Reading};
use rapsheet_schema::{Event, MICROS_PER_SECOND, Outcome};
use serde::{Deserialize, Serialize};

use crate::item::{Item, OwnedEvent, SavedEvent, UNKNOWN};
use crate::logins::Before;
use crate::session::SessionId;

/// sshd's `LoginGraceTime`.
const LONGEST_WAIT: i64 = 120 * MICROS_PER_SECOND;
/// Lines that wait at once, at most.
const MOST_WAITING: usize = 65_536;

/// What a line waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wants {
    /// The address: the line has none, or a host name.
    pub(crate) address: bool,
    /// The user's name: the line has none.
    pub(crate) name: bool,
    /// sshd's own word on what a PAM module called a failure.
    pub(crate) witness: bool,
}

impl Wants {
    pub(crate) const fn nothing(self) -> bool {
        !self.address && !self.name && !self.witness
    }
}

/// What is known of a line that waits.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Wait {
    pub(crate) session: SessionId,
    /// The line of the session that waited before it.
    pub(crate) before: Option<u64>,
    pub(crate) wants: Wants,
    /// Whether it was told, or is about to be.
    pub(crate) is_over: bool,
    pub(crate) micros: i64,
    /// The watermark at which it waits no longer.
    pub(crate) until: i64,
    /// The number of its dataset.
    pub(crate) dataset: u8,
    /// The number of its kind of line, and how many attempts this kind had told of with it.
    pub(crate) teller: u8,
    pub(crate) rank: u32,
    /// Whether a PAM module wrote it.
    pub(crate) is_pam: bool,
    /// How many attempts it told of, and how many of these it counts.
    pub(crate) told: u32,
    pub(crate) attempts: u32,
    /// The user's number; 0 is none.
    pub(crate) user: u64,
    pub(crate) user_exists: Option<bool>,
    pub(crate) source_ip: Option<IpAddr>,
    pub(crate) source_port: Option<u16>,
    /// Whether it had neither address nor host name, so that it was counted as a line about nobody.
    pub(crate) was_about_nobody: bool,
    /// Whether it was no failure.
    pub(crate) is_cancelled: bool,
}

impl Wait {
    pub(crate) fn new(event: &Event<'_>, session: SessionId, micros: i64) -> Self {
        Self {
            session,
            before: None,
            wants: Wants::default(),
            is_over: false,
            micros,
            until: 0,
            dataset: event.event_dataset as u8,
            teller: event.teller as u8,
            rank: 0,
            is_pam: event.teller.is_pam(),
            told: 0,
            attempts: event.attempts,
            user: 0,
            user_exists: event.user_exists,
            source_ip: event.source_ip,
            source_port: event.source_port,
            was_about_nobody: event.source_ip.is_none() && event.source_domain.is_none(),
            is_cancelled: false,
        }
    }

    /// Puts what was decided into the line's event.
    pub(crate) fn put(&self, event: &mut Event<'_>) {
        event.source_ip = self.source_ip;
        event.source_port = self.source_port;
        event.user_exists = self.user_exists;
        event.attempts = self.attempts;
        if event.is_login() && event.source_ip.is_none() && event.source_domain.is_none() {
            // Somebody is in, from wherever: the line must not pass for one that tells of nobody.
            event.source_domain = Some(UNKNOWN);
        }
        if self.is_cancelled {
            event.suspicious = false;
            event.attempts = 0;
            event.reason = None;
            event.event_outcome = Outcome::Unknown;
        }
    }
}

/// A line that was taken out of its chunk.
#[derive(Clone, Debug)]
pub(crate) struct HeldLine {
    pub(crate) source: usize,
    pub(crate) event: OwnedEvent,
    pub(crate) micros: Option<i64>,
    log_line: u64,
    raw: Option<Box<str>>,
    pub(crate) before: Before,
    pub(crate) is_evidence: bool,
}

/// A held line as it is saved.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedLine {
    source: usize,
    event: SavedEvent,
    micros: Option<i64>,
    log_line: u64,
    raw: Option<Box<str>>,
}

impl HeldLine {
    fn of(item: &Item<'_>, source: usize, keeps_raw: bool) -> Option<Box<Self>> {
        let Reading::Event(event) = &item.line.reading else {
            return None;
        };
        Some(Box::new(Self {
            source,
            event: OwnedEvent::of(event, &item.line),
            micros: item.micros,
            log_line: item.log_line,
            raw: keeps_raw.then(|| item.raw.into()),
            before: Before::NOTHING,
            is_evidence: false,
        }))
    }

    /// Puts what was decided about it into its event.
    pub(crate) fn put(&mut self, wait: &Wait) {
        self.event.change(|event| wait.put(event));
    }

    /// Makes an item of it.
    pub(crate) fn into_item(self, arena: &Arena) -> Item<'_> {
        let lend = |text: Option<&str>| text.map(|text| &*arena.alloc_str(text));
        let head = Head {
            host_name: lend(self.event.host_name.as_deref()),
            process_pid: self.event.process_pid,
            ..Head::default()
        };
        let line = Line {
            head,
            reading: Reading::Event(self.event.borrow(arena)),
            message: "",
        };
        Item {
            micros: self.micros,
            log_line: self.log_line,
            before: self.before,
            is_evidence: self.is_evidence,
            ..Item::new(line, lend(self.raw.as_deref()).unwrap_or(""), 0, 0)
        }
    }

    fn save(&self) -> SavedLine {
        SavedLine {
            source: self.source,
            event: self.event.save(),
            micros: self.micros,
            log_line: self.log_line,
            raw: self.raw.clone(),
        }
    }

    fn restore(saved: SavedLine, number: &dyn Fn(usize) -> Option<usize>) -> Option<Box<Self>> {
        Some(Box::new(Self {
            source: number(saved.source)?,
            event: saved.event.restore()?,
            micros: saved.micros,
            log_line: saved.log_line,
            raw: saved.raw,
            before: Before::NOTHING,
            is_evidence: false,
        }))
    }
}

/// Where a line waits.
#[derive(Debug)]
pub(crate) enum Held {
    /// In the chunk that is being settled, at this index.
    Here(usize),
    /// Outside of it.
    Out(Box<HeldLine>),
    /// Nowhere: it was told.
    Nowhere,
}

/// The lines that wait, in the order in which they were read. Each has a number.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    queue: VecDeque<(Wait, Held)>,
    /// The number of the first.
    first: u64,
    /// How many lines of PAM's modules wait.
    pam: usize,
    /// How many wait in the chunk that is being settled.
    here: usize,
}

/// The lines that wait, as they are saved.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedWaiting {
    queue: Vec<(Wait, Option<SavedLine>)>,
    first: u64,
}

impl Waiting {
    /// Lets a line wait that stands at an index of the chunk; returns its number.
    pub(crate) fn push(&mut self, mut wait: Wait, watermark: i64, index: usize) -> u64 {
        wait.until = watermark.saturating_add(LONGEST_WAIT);
        self.pam += usize::from(wait.is_pam);
        self.here += 1;
        self.queue.push_back((wait, Held::Here(index)));
        self.first + self.queue.len() as u64 - 1
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut Wait> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.queue.get_mut(at).map(|(wait, _)| wait)
    }

    /// Whether any line waits.
    pub(crate) fn has_any(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Whether a line of a PAM module waits.
    pub(crate) const fn has_pam(&self) -> bool {
        self.pam > 0
    }

    /// Ends a line's wait.
    pub(crate) fn end(&mut self, number: u64) {
        let Some(wait) = self.get_mut(number).filter(|wait| !wait.is_over) else {
            return;
        };
        wait.is_over = true;
        let was_pam = wait.is_pam;
        self.pam -= usize::from(was_pam);
    }

    /// The number of the first line, where it has waited too long.
    #[inline]
    pub(crate) fn due(&self, watermark: i64) -> Option<u64> {
        let (wait, _) = self.queue.front()?;
        let is_due = wait.until <= watermark || self.queue.len() > MOST_WAITING;
        is_due.then_some(self.first)
    }

    /// The numbers of all that wait.
    pub(crate) fn numbers(&self) -> std::ops::Range<u64> {
        self.first..self.first + self.queue.len() as u64
    }

    /// Takes a line whose wait is over.
    pub(crate) fn take(&mut self, number: u64) -> Option<(Wait, Held)> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let (wait, held) = self.queue.get_mut(at)?;
        let taken = (*wait, std::mem::replace(held, Held::Nowhere));
        self.here -= usize::from(matches!(taken.1, Held::Here(_)));
        while let Some((_, Held::Nowhere)) = self.queue.front() {
            self.queue.pop_front();
            self.first += 1;
        }
        Some(taken)
    }

    /// Takes the lines that still wait out of a chunk.
    pub(crate) fn leave(&mut self, items: &mut [Item<'_>], source: usize, keeps_raw: bool) {
        let mut held = self.queue.iter_mut().rev().map(|(_, held)| held);
        while self.here > 0
            && let Some(held) = held.next()
        {
            if let Held::Here(index) = held {
                self.here -= 1;
                let item = &mut items[*index];
                item.is_held = true;
                *held = match HeldLine::of(item, source, keeps_raw) {
                    Some(line) => Held::Out(line),
                    None => Held::Nowhere,
                };
            }
        }
    }

    pub(crate) fn save(&self) -> SavedWaiting {
        let queue = self.queue.iter().map(|(wait, held)| match held {
            Held::Out(line) => (*wait, Some(line.save())),
            _ => (*wait, None),
        });
        SavedWaiting {
            queue: queue.collect(),
            first: self.first,
        }
    }

    /// Makes it know the lines that waited. Those of a source that is there no more are left out.
    pub(crate) fn restore(&mut self, saved: SavedWaiting, number: &dyn Fn(usize) -> Option<usize>) {
        self.first = saved.first;
        self.queue = saved
            .queue
            .into_iter()
            .map(|(mut wait, line)| {
                let line = line.and_then(|line| HeldLine::restore(line, number));
                wait.is_over |= line.is_none();
                (wait, line.map_or(Held::Nowhere, Held::Out))
            })
            .collect();
        let waiting = self.queue.iter().filter(|(wait, _)| !wait.is_over);
        self.pam = waiting.filter(|(wait, _)| wait.is_pam).count();
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }
}

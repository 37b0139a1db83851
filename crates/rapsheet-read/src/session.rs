//! A session is the lines of one connection of a daemon, put together: of one process, of the daemon's own name for it, or, where
//! lines have neither, of one remote port. Each attempt counts once, under the address and the name that any of its lines tells.
//!
//! sshd tells of one attempt in several lines (`Invalid user`, PAM's failure, `Failed password`, how the connection
//! ended). The attempts of a connection are as many as the kind of line that told most: each kind is counted by itself,
//! and a line adds only what raises the maximum.
//!
//! What a line says may hang on a later one: its address (a host name stands in it, or its end is lost), the user's name, and, for
//! a PAM module's failure, whether sshd says so too or lets the user in. Such a line waits (`waiting.rs`). The later line
//! takes over what it tells better, or ends the wait; where none comes, the line is told as it stands.

use std::net::IpAddr;

use hashbrown::HashMap;
use rapsheet_parse::{Reading, Understood};
use rapsheet_schema::{
    Action, Dataset, Event, MICROS_PER_SECOND, Outcome, Reason, SessionKey, Teller,
};
use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprints;
use crate::waiting::{Held, SavedWaiting, Wait, Waiting, Wants};
use crate::window::pairs;

mod logins;
mod neighbours;

use logins::{Logins, SavedLogins};
use neighbours::{Neighbours, SavedNeighbours};

/// A process number is used again after a while; lines further apart than this are of two connections.
const LONGEST_SILENCE_MICROS: i64 = 3_600 * MICROS_PER_SECOND;
/// Sessions that are remembered before the old ones are dropped.
const MOST_SESSIONS: usize = 65_536;
/// Sessions that are remembered before those are dropped that nothing can belong to any more: a small table stays in
/// the processor's cache, and each line looks into it.
const MANY_SESSIONS: usize = 4_096;
/// A failure that waits is told before a login of its address, if it is older than a login takes.
const LOGIN_TAKES: i64 = 10 * MICROS_PER_SECOND;

/// A session: its host's number, and its process or the number of its name.
pub(crate) type SessionId = (u64, u64);

/// A name's number has this bit, which no process has.
const NAMED: u64 = 1 << 63;

/// What is remembered of one session.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Session {
    last_micros: i64,
    /// The watermark at its last line.
    watermark: i64,
    source_ip: Option<IpAddr>,
    source_port: Option<u16>,
    told: [u32; Teller::COUNT],
    most: u32,
    accepted: bool,
    /// Whether an attempt was counted under a name.
    is_named: bool,
    /// A fault in the protocol was met in a line that has no address.
    #[serde(with = "crate::saved::reason")]
    faulty: Option<Reason>,
    /// The last of its lines that wait.
    waiting: Option<u64>,
}

/// When a line is: its own time, and the watermark.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) micros: i64,
    pub(crate) watermark: i64,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is told as it is.
    Told,
    /// It waits.
    Waits,
    /// It is about nobody.
    Nobody,
}

/// The sessions of the servers' daemons.
#[derive(Debug)]
pub(crate) struct Sessions {
    open: OpenSessions,
    waiting: Waiting,
    neighbours: Neighbours,
    logins: Logins,
    /// Lines whose wait is over, in the order in which they are to be told.
    decided: Vec<u64>,
    /// The lines of one session that wait; kept for its memory.
    chain: Vec<u64>,
    fingerprints: Fingerprints,
}

/// What is remembered of each session.
#[derive(Debug)]
struct OpenSessions {
    sessions: HashMap<SessionId, Session>,
    /// At how many entries the table is looked through again.
    crowded: usize,
}

/// What is remembered of sessions, as it is saved.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedSessions {
    open: Vec<(SessionId, Session)>,
    crowded: usize,
    waiting: SavedWaiting,
    neighbours: SavedNeighbours,
    logins: SavedLogins,
}

impl Sessions {
    pub(crate) fn new(fingerprints: Fingerprints) -> Self {
        Self {
            open: OpenSessions {
                sessions: HashMap::default(),
                crowded: MANY_SESSIONS,
            },
            waiting: Waiting::default(),
            neighbours: Neighbours::default(),
            logins: Logins::new(fingerprints.clone()),
            decided: Vec::new(),
            chain: Vec::new(),
            fingerprints,
        }
    }

    /// What it remembers.
    pub(crate) fn save(&self) -> SavedSessions {
        SavedSessions {
            open: pairs(&self.open.sessions),
            crowded: self.open.crowded,
            waiting: self.waiting.save(),
            neighbours: self.neighbours.save(),
            logins: self.logins.save(),
        }
    }

    /// Makes it remember what was saved, under the sources' numbers of this run.
    pub(crate) fn restore(
        &mut self,
        saved: SavedSessions,
        number: &dyn Fn(usize) -> Option<usize>,
    ) {
        self.open.sessions = saved.open.into_iter().collect();
        self.open.crowded = saved.crowded;
        self.waiting.restore(saved.waiting, number);
        self.neighbours.restore(saved.neighbours);
        self.logins.restore(saved.logins);
    }

    /// Puts a line into its session; may fill in its address, change its attempts, or find that it says nothing. `index` is its
    /// place in its chunk.
    pub(crate) fn settle(
        &mut self,
        host: u64,
        process_pid: Option<u32>,
        now: Now,
        index: usize,
        reading: &mut Reading<'_>,
    ) -> Fate {
        let process = process_pid.map(u64::from);
        let id = match reading {
            Reading::Understood(Understood::Connection(ip, port)) => {
                process.or_else(|| self.place(Some(*ip), *port))
            }
            Reading::Event(event) => match event.event_dataset.descriptor().session {
                SessionKey::None => return Fate::Told,
                SessionKey::Process => process.or_else(|| self.place_of(event)),
                SessionKey::Name => match event.session {
                    Some(name) => Some(self.fingerprints.of(name) | NAMED),
                    None => process,
                },
            },
            _ => return Fate::Told,
        };
        let Some(id) = id else {
            return match reading {
                Reading::Event(event) if !has_source(event) => Fate::Nobody,
                _ => Fate::Told,
            };
        };
        let id = (host, id);
        match reading {
            Reading::Understood(Understood::Connection(ip, port)) => {
                *self.open.of(id, now) = Session {
                    last_micros: now.micros,
                    watermark: now.watermark,
                    source_ip: Some(*ip),
                    source_port: *port,
                    ..Session::default()
                };
                Fate::Told
            }
            // The listener turned it away: no line of its process belongs to it.
            Reading::Event(event)
                if event.event_action == Action::Refused
                    && event.teller == Teller::Sole
                    && has_source(event) =>
            {
                Fate::Told
            }
            Reading::Event(event) => self.settle_event(id, now, index, event),
            _ => Fate::Told,
        }
    }

    /// The session of a line without a process: a remote port is one connection's.
    fn place(&self, ip: Option<IpAddr>, port: Option<u16>) -> Option<u64> {
        Some(self.fingerprints.of((ip?, port?)) | NAMED)
    }

    /// PAM names no port: its lines about one address are one session.
    fn place_of(&self, event: &Event<'_>) -> Option<u64> {
        let ip = event.source_ip?;
        if event.teller.is_pam() {
            return Some(self.fingerprints.of(ip) | NAMED);
        }
        self.place(Some(ip), event.source_port)
    }

    fn settle_event(
        &mut self,
        id: SessionId,
        now: Now,
        index: usize,
        event: &mut Event<'_>,
    ) -> Fate {
        let session = self.open.of(id, now);
        session.give_address(event);
        if !has_source(event) && !may_be_somebodys(event) {
            if event.suspicious {
                session.faulty = event.reason;
            }
            return Fate::Nobody;
        }
        let is_accepted = event.teller == Teller::Accepted;
        let is_opened =
            event.event_action == Action::SessionOpen && event.event_outcome == Outcome::Success;
        if is_accepted || is_opened {
            let was_accepted = std::mem::replace(&mut session.accepted, true);
            let is_told = !is_accepted && self.logins.is_told(id.0, now, event);
            let is_again = was_accepted || is_told;
            if is_again && !has_source(event) {
                return Fate::Nobody;
            }
            // Two factors are one login, and Postfix tells of it again with each mail of a connection. Where no line tells of a
            // login, the session does that PAM opened.
            event.event_action = if is_again {
                Action::SessionOpen
            } else {
                self.logins.note(id.0, now, event);
                Action::Login
            };
        }
        let told = event.attempts;
        let covered = session.count(event);
        let mut wants = session.wants_of(event);
        if self.waiting.has_any() {
            if self.waiting.has_pam() && session.pam_told() == 0 {
                let user = self.fingerprints.of_user(event.user_name);
                self.neighbours.note(id.0, now, told, user, event);
            }
            if session.waiting.is_some() {
                let (waiting, chain) = (&mut self.waiting, &mut self.chain);
                decide(session, waiting, chain, &mut self.decided, covered, event);
                wants.name &= event.attempts > 0;
            }
            if event.is_login() {
                tell_before_login(
                    &mut self.waiting,
                    &mut self.decided,
                    id,
                    now,
                    event.source_ip,
                );
            }
        }
        if wants.nothing() {
            return Fate::Told;
        }
        let wait = Wait {
            wants,
            before: session.waiting,
            told,
            rank: session.told[event.teller as usize],
            user: self.fingerprints.of_user(event.user_name),
            ..Wait::new(event, id, now.micros)
        };
        session.waiting = Some(self.waiting.push(wait, now.watermark, index));
        Fate::Waits
    }

    /// Ends the wait of the first line, where that has lasted long enough; returns whether it did.
    #[inline]
    pub(crate) fn expire(&mut self, watermark: i64) -> bool {
        let due = self.waiting.due(watermark);
        if let Some(number) = due {
            self.waiting.end(number);
            self.decided.push(number);
        }
        due.is_some()
    }

    /// Ends all waits.
    pub(crate) fn expire_all(&mut self) {
        for number in self.waiting.numbers() {
            if self
                .waiting
                .get_mut(number)
                .is_some_and(|wait| !wait.is_over)
            {
                self.waiting.end(number);
                self.decided.push(number);
            }
        }
    }

    /// Whether lines are to be told whose wait is over.
    pub(crate) const fn has_decided(&self) -> bool {
        !self.decided.is_empty()
    }

    /// Hands out the lines whose wait is over.
    pub(crate) fn take_decided(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.decided)
    }

    /// Takes the list's memory back.
    pub(crate) fn give_back(&mut self, mut decided: Vec<u64>) {
        decided.clear();
        self.decided = decided;
    }

    /// Takes a line whose wait is over, with all that was decided about it.
    pub(crate) fn take(&mut self, number: u64) -> Option<(Wait, Held)> {
        let (mut wait, held) = self.waiting.take(number)?;
        if wait.wants.witness {
            let session = self.open.sessions.get(&wait.session);
            if session.is_none_or(|session| session.witnessed() == 0) {
                self.neighbours.settle(&mut wait);
            }
        }
        Some((wait, held))
    }

    /// Takes the lines that wait out of a chunk.
    pub(crate) fn leave(
        &mut self,
        items: &mut [crate::item::Item<'_>],
        source: usize,
        keeps_raw: bool,
    ) {
        self.waiting.leave(items, source, keeps_raw);
    }
}

#[cfg(test)]
impl Sessions {
    pub(crate) fn remembered(&self) -> usize {
        self.open.sessions.len() + self.neighbours.len() + self.waiting.len() + self.logins.len()
    }
}

impl OpenSessions {
    fn of(&mut self, id: SessionId, now: Now) -> &mut Session {
        let silence = |known: &Session| now.watermark.saturating_sub(known.watermark);
        if self.sessions.len() > self.crowded {
            self.sessions
                .retain(|_, known| silence(known) <= LONGEST_SILENCE_MICROS);
            self.crowded = (self.sessions.len() * 2).max(MANY_SESSIONS);
        }
        if self.sessions.len() > MOST_SESSIONS {
            self.sessions
                .retain(|_, known| silence(known) < LONGEST_SILENCE_MICROS / 4);
            if self.sessions.len() > MOST_SESSIONS {
                self.sessions.clear();
            }
        }
        let session = self.sessions.entry(id).or_default();
        if (now.micros - session.last_micros).abs() > LONGEST_SILENCE_MICROS {
            *session = Session::default();
        }
        session.last_micros = now.micros;
        session.watermark = now.watermark;
        session
    }
}

fn has_source(event: &Event<'_>) -> bool {
    event.source_ip.is_some() || event.source_domain.is_some()
}

/// Whether a later line may tell whose a line without an address is: somebody tried to log in, or did.
fn may_be_somebodys(event: &Event<'_>) -> bool {
    event.is_failed_login()
        || event.event_dataset == Dataset::OpensshAuth
            && event.event_outcome == Outcome::Success
            && matches!(event.event_action, Action::Login | Action::SessionOpen)
}

/// Failures of an address that wait are told before its login, unless they may belong to a login that goes on beside it.
fn tell_before_login(
    waiting: &mut Waiting,
    decided: &mut Vec<u64>,
    id: SessionId,
    now: Now,
    ip: Option<IpAddr>,
) {
    for number in waiting.numbers() {
        let is_before = waiting.get_mut(number).is_some_and(|wait| {
            !wait.is_over
                && wait.source_ip == ip
                && wait.session != id
                && wait.micros <= now.micros - LOGIN_TAKES
        });
        if is_before {
            waiting.end(number);
            decided.push(number);
        }
    }
}

/// Whether a line is the last that is said about a connection before a login.
fn is_end(event: &Event<'_>) -> bool {
    event.teller == Teller::Closed
        || matches!(event.event_action, Action::SessionClose)
        || event.is_login()
}

/// Decides about the lines of a session that wait, now that it tells of an event of which so many attempts were told before.
fn decide(
    session: &mut Session,
    waiting: &mut Waiting,
    chain: &mut Vec<u64>,
    decided: &mut Vec<u64>,
    covered: u32,
    event: &mut Event<'_>,
) {
    chain.clear();
    let mut next = session.waiting;
    while let Some(number) = next
        && let Some(wait) = waiting.get_mut(number)
    {
        next = wait.before;
        if !wait.is_over {
            chain.push(number);
        }
    }
    let (mut left, had) = (covered, event.attempts);
    session.waiting = None;
    for number in chain.iter().rev().copied() {
        let Some(wait) = waiting.get_mut(number) else {
            continue;
        };
        session.decide_one(wait, &mut left, event);
        if wait.wants.nothing() {
            waiting.end(number);
            decided.push(number);
        } else {
            wait.before = session.waiting;
            session.waiting = Some(number);
        }
    }
    // What it took over bears its name.
    session.is_named |= event.attempts > had && event.user_name.is_some();
}

impl Session {
    /// Gives an event the session's address, or the session the event's.
    fn give_address(&mut self, event: &mut Event<'_>) {
        let other_port = matches!(
            (event.source_port, self.source_port),
            (Some(port), Some(known)) if port != known
        );
        match (event.source_ip, self.source_ip) {
            (Some(ip), Some(known)) if ip != known || other_port => {
                // The number was given to a new process.
                *self = Self {
                    last_micros: self.last_micros,
                    watermark: self.watermark,
                    ..Self::default()
                };
            }
            (None, Some(known)) => {
                event.source_ip = Some(known);
                event.source_port = event.source_port.or(self.source_port);
            }
            _ => {}
        }
        self.source_ip = event.source_ip.or(self.source_ip);
        self.source_port = event.source_port.or(self.source_port);
    }

    /// Counts the attempts that the event adds to those already told; returns how many of its own were.
    fn count(&mut self, event: &mut Event<'_>) -> u32 {
        if event.event_action == Action::SessionClose
            && !self.accepted
            && let Some(reason) = self.faulty.take()
        {
            // OpenSSH 8 leaves `[preauth]` out behind a fault in the key exchange.
            event.event_action = Action::PreauthClose;
            event.event_outcome = Outcome::Failure;
            *event = event.clone().suspect(reason, 1, Teller::Closed);
        }
        if !event.suspicious || event.teller == Teller::Sole {
            return 0;
        }
        let told = &mut self.told[event.teller as usize];
        *told = told.saturating_add(event.attempts);
        let most = self.most.max(*told);
        let adds = most - self.most;
        if self.accepted && event.teller.is_pam() && adds > 0 {
            // sshd tells of each failure before a login; a module that doesn't know the user fails beside one that does.
            *told -= event.attempts;
            not_a_failure(event);
            return 0;
        }
        let covered = event.attempts - adds;
        event.attempts = adds;
        self.most = most;
        self.is_named |= adds > 0 && event.user_name.is_some();
        covered
    }

    /// How many attempts PAM's modules told of.
    fn pam_told(&self) -> u32 {
        most(Teller::PAM.iter(), &self.told)
    }

    /// How many attempts the daemon itself told of.
    fn witnessed(&self) -> u32 {
        most(Teller::OWN.iter(), &self.told)
    }

    /// What a line, which is counted, has to wait for.
    fn wants_of(&self, event: &Event<'_>) -> Wants {
        let is_failure = event.suspicious && event.teller != Teller::Sole;
        Wants {
            address: event.source_ip.is_none(),
            name: is_failure
                && event.attempts > 0
                && event.user_name.is_none()
                && !self.is_named
                && event.event_dataset == Dataset::OpensshAuth
                && !matches!(
                    event.teller,
                    Teller::Closed | Teller::Protocol | Teller::Accepted
                ),
            witness: is_failure
                && event.teller.is_pam()
                && !self.accepted
                && self.told[event.teller as usize] > self.witnessed(),
        }
    }

    /// Decides about a line that waits. `left` is how many attempts the event tells again.
    fn decide_one(&mut self, wait: &mut Wait, left: &mut u32, event: &mut Event<'_>) {
        if wait.source_ip.is_none() && self.source_ip.is_some() {
            wait.source_ip = self.source_ip;
            wait.source_port = self.source_port;
        }
        wait.wants.address &= wait.source_ip.is_none();
        if wait.wants.witness && event.is_login() {
            wait.is_cancelled = true;
            let told = &mut self.told[usize::from(wait.teller)];
            *told = told.saturating_sub(wait.told);
            self.most = self.told.iter().copied().max().unwrap_or(0);
            wait.wants = Wants {
                address: wait.wants.address,
                ..Wants::default()
            };
            return;
        }
        let is_named = event.user_name.is_some();
        let is_witnessed = wait.wants.witness && wait.rank <= self.witnessed();
        if wait.wants.name && is_named || is_witnessed && is_own_word(event.teller) {
            let moved = wait.attempts.min(*left);
            wait.attempts -= moved;
            event.attempts += moved;
            *left -= moved;
        }
        if is_named && wait.user != 0 && event.suspicious {
            wait.user_exists = wait.user_exists.or(event.user_exists);
        }
        let ends = is_end(event);
        wait.wants.name &= wait.attempts > 0 && !ends;
        wait.wants.witness &= !is_witnessed && !ends;
    }
}

/// The most attempts that one of these kinds of lines told of.
fn most<'t>(tellers: impl Iterator<Item = &'t Teller>, told: &[u32; Teller::COUNT]) -> u32 {
    tellers
        .map(|teller| told[*teller as usize])
        .max()
        .unwrap_or(0)
}

/// Whether a line is the daemon's own word about a credential or a user.
const fn is_own_word(teller: Teller) -> bool {
    matches!(
        teller,
        Teller::Failed
            | Teller::SshdPam
            | Teller::InvalidUser
            | Teller::NotAllowed
            | Teller::TooManyFailures
    )
}

/// Takes back that a line tells of a failure.
fn not_a_failure(event: &mut Event<'_>) {
    event.suspicious = false;
    event.attempts = 0;
    event.reason = None;
    event.event_outcome = Outcome::Unknown;
}

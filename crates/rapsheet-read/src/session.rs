//! A session is the lines of one connection of a daemon, put together: of one process, or of the daemon's own name for it. Each
//! attempt counts once, and an address that only an earlier line names is filled in.
//!
//! sshd tells of one attempt in several lines (`Invalid user`, PAM's failure, `Failed password`, how the connection
//! ended). The attempts of a connection are as many as the kind of line that told most: each kind is counted by itself,
//! and a line adds only what raises the maximum.

use std::net::IpAddr;

use hashbrown::HashMap;
use rapsheet_parse::{Reading, Understood};
use rapsheet_schema::{
    Action, Dataset, Event, MICROS_PER_SECOND, Outcome, Reason, SessionKey, Teller,
};
use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprints;
use crate::window::pairs;

/// A process number is used again after a while; lines further apart than this are of two connections.
const LONGEST_SILENCE_MICROS: i64 = 3_600 * MICROS_PER_SECOND;
/// PAM's conversation runs in a process of its own; its line is this close to sshd's.
const PAM_NEIGHBOUR_MICROS: i64 = 5 * MICROS_PER_SECOND;
/// Sessions that are remembered before the old ones are dropped.
const MOST_SESSIONS: usize = 65_536;
/// Sessions that are remembered before those are dropped that nothing can belong to any more: a small table stays in
/// the processor's cache, and each line looks into it.
const MANY_SESSIONS: usize = 4_096;

/// PAM processes of one address that are remembered at once.
const MOST_NEIGHBOURS: usize = 64;

/// A session: its host's number, and its process or the number of its name.
type SessionId = (u64, u64);

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
    /// A fault in the protocol was met in a line that has no address.
    #[serde(with = "crate::saved::reason")]
    faulty: Option<Reason>,
    /// The line of this run of lines that has only a host name, and waits for its address.
    nameless: Option<Place>,
}

/// When a line is: its own time, and the watermark.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) micros: i64,
    pub(crate) watermark: i64,
}

/// A line's place: its run of lines, and its index in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) chunk: u64,
    pub(crate) index: usize,
}

impl Place {
    /// No chunk has this number.
    const OUT_OF_REACH: Self = Self {
        chunk: u64::MAX,
        index: 0,
    };
}

/// An address that an earlier line of the same run of lines lacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patch {
    pub(crate) index: usize,
    pub(crate) source_ip: IpAddr,
}

/// PAM failures that another process' line may tell again.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct PamTold {
    last_micros: i64,
    /// The process.
    id: u64,
    pending: u32,
}

impl PamTold {
    const fn is_near(&self, micros: i64) -> bool {
        (micros - self.last_micros).abs() <= PAM_NEIGHBOUR_MICROS
    }
}

/// The sessions of the servers' daemons.
#[derive(Debug)]
pub(crate) struct Sessions {
    open: OpenSessions,
    neighbours: Neighbours,
    fingerprints: Fingerprints,
}

/// What is remembered of each session.
#[derive(Debug)]
struct OpenSessions {
    sessions: HashMap<SessionId, Session>,
    /// At how many entries the table is looked through again.
    crowded: usize,
}

impl Default for OpenSessions {
    fn default() -> Self {
        Self {
            sessions: HashMap::default(),
            crowded: MANY_SESSIONS,
        }
    }
}

/// What PAM told of each host's addresses a moment ago, by dataset and process.
#[derive(Debug)]
struct Neighbours {
    told: HashMap<(u64, Dataset, IpAddr), Vec<PamTold>>,
    /// At how many entries the table is looked through again.
    crowded: usize,
}

impl Default for Neighbours {
    fn default() -> Self {
        Self {
            told: HashMap::default(),
            crowded: MANY_SESSIONS,
        }
    }
}

/// What is remembered of sessions, as it is saved.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedSessions {
    open: Vec<(SessionId, Session)>,
    crowded: usize,
    neighbours: Vec<((u64, String, IpAddr), Vec<PamTold>)>,
    neighbours_crowded: usize,
}

impl Sessions {
    pub(crate) fn new(fingerprints: Fingerprints) -> Self {
        Self {
            open: OpenSessions::default(),
            neighbours: Neighbours::default(),
            fingerprints,
        }
    }

    /// What it remembers. A line that waits for its address is out of reach by the time that the rest is read.
    pub(crate) fn save(&self) -> SavedSessions {
        let mut open = pairs(&self.open.sessions);
        for (_, session) in &mut open {
            session.nameless = session.nameless.map(|_| Place::OUT_OF_REACH);
        }
        let neighbours = self.neighbours.told.iter();
        SavedSessions {
            open,
            crowded: self.open.crowded,
            neighbours: neighbours
                .map(|((host, dataset, ip), told)| {
                    ((*host, dataset.as_str().to_owned(), *ip), told.clone())
                })
                .collect(),
            neighbours_crowded: self.neighbours.crowded,
        }
    }

    /// Makes it remember what was saved.
    pub(crate) fn restore(&mut self, saved: SavedSessions) {
        self.open.sessions = saved.open.into_iter().collect();
        self.open.crowded = saved.crowded;
        let neighbours = saved.neighbours.into_iter();
        self.neighbours.told = neighbours
            .filter_map(|((host, dataset, ip), told)| {
                Some(((host, Dataset::from_word(&dataset)?, ip), told))
            })
            .collect();
        self.neighbours.crowded = saved.neighbours_crowded;
    }

    /// Puts a line into its session; may fill in its address, lower its attempts, or find that it says nothing.
    pub(crate) fn settle(
        &mut self,
        host: u64,
        process_pid: Option<u32>,
        now: Now,
        place: Place,
        reading: &mut Reading<'_>,
    ) -> Option<Patch> {
        let id = match reading {
            Reading::Understood(Understood::Connection(..)) => process_pid.map(u64::from),
            Reading::Event(event) => match event.event_dataset.descriptor().session {
                SessionKey::None => return None,
                SessionKey::Process => process_pid.map(u64::from),
                SessionKey::Name => match event.session {
                    Some(name) => Some(self.fingerprints.of(name) | NAMED),
                    None => process_pid.map(u64::from),
                },
            },
            _ => return None,
        };
        let Some(id) = id else {
            if matches!(reading, Reading::Event(event) if !has_source(event)) {
                *reading = Reading::Understood(Understood::NoAddress);
            }
            return None;
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
                None
            }
            // The listener turned it away: no line of its process belongs to it.
            Reading::Event(event)
                if event.event_action == Action::Refused
                    && event.teller == Teller::Sole
                    && has_source(event) =>
            {
                None
            }
            Reading::Event(event) => {
                let session = self.open.of(id, now);
                let patch = session.give_address(event, place);
                if !has_source(event) {
                    if event.suspicious {
                        session.faulty = event.reason;
                    }
                    *reading = Reading::Understood(Understood::NoAddress);
                    return patch;
                }
                let asked_pam = session.told[Teller::Pam as usize] > 0;
                let pam = self.neighbours.take(id, now.micros, asked_pam, event);
                session.count(event, pam);
                if event.teller == Teller::Pam && event.attempts > 0 {
                    self.neighbours.remember(id, now.micros, event);
                }
                patch
            }
            _ => None,
        }
    }
}

#[cfg(test)]
impl Sessions {
    pub(crate) fn remembered(&self) -> usize {
        self.open.sessions.len() + self.neighbours.told.len()
    }
}

impl Neighbours {
    /// How many attempts of this address other processes' PAM lines told a moment before; they are taken off the list. A
    /// process that asked PAM itself tells its own attempts again.
    fn take(&mut self, id: SessionId, micros: i64, asked_pam: bool, event: &Event<'_>) -> u32 {
        if !matches!(event.teller, Teller::Failed | Teller::SshdPam)
            || event.attempts == 0
            || self.told.is_empty()
        {
            return 0;
        }
        let Some(told) = event
            .source_ip
            .and_then(|ip| self.told.get_mut(&(id.0, event.event_dataset, ip)))
        else {
            return 0;
        };
        let mut left = event.attempts;
        for told in told.iter_mut() {
            if told.is_near(micros) && (told.id == id.1) == asked_pam {
                let taken = told.pending.min(left);
                told.pending -= taken;
                left -= taken;
            }
        }
        told.retain(|told| told.pending > 0);
        if asked_pam { 0 } else { event.attempts - left }
    }

    fn remember(&mut self, id: SessionId, micros: i64, event: &Event<'_>) {
        let Some(ip) = event.source_ip else { return };
        let attempts = event.attempts;
        if self.told.len() > self.crowded {
            self.told
                .retain(|_, told| told.iter().any(|told| told.is_near(micros)));
            self.crowded = (self.told.len() * 2).max(MANY_SESSIONS);
        }
        let told = self
            .told
            .entry((id.0, event.event_dataset, ip))
            .or_default();
        told.retain(|told| told.is_near(micros));
        if let Some(told) = told.iter_mut().find(|told| told.id == id.1) {
            told.last_micros = micros;
            told.pending = told.pending.saturating_add(attempts);
            return;
        }
        if told.len() == MOST_NEIGHBOURS {
            told.remove(0);
        }
        told.push(PamTold {
            last_micros: micros,
            id: id.1,
            pending: attempts,
        });
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

impl Session {
    /// Gives an event the session's address, or the session the event's.
    fn give_address(&mut self, event: &mut Event<'_>, place: Place) -> Option<Patch> {
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
        let learned = self.source_ip.is_none() && event.source_ip.is_some();
        self.source_ip = event.source_ip.or(self.source_ip);
        self.source_port = event.source_port.or(self.source_port);
        if event.source_ip.is_none() && event.source_domain.is_some() {
            self.nameless = Some(place);
            return None;
        }
        let waiting = self.nameless.take_if(|_| learned)?;
        if waiting.chunk != place.chunk {
            // That line is out of reach: it keeps its host name and its attempt, and this one counts for the address.
            self.told = [0; Teller::COUNT];
            self.most = 0;
            return None;
        }
        event.source_ip.map(|source_ip| Patch {
            index: waiting.index,
            source_ip,
        })
    }

    /// Counts the attempts that the event adds to those already told.
    fn count(&mut self, event: &mut Event<'_>, told_by_others: u32) {
        if event.teller == Teller::Accepted {
            // Postfix tells of the login again with each mail of a connection; sshd's line names the port and stands once.
            if self.accepted && event.source_port.is_none() {
                event.event_action = Action::SessionOpen;
            }
            self.accepted = true;
        }
        if event.event_action == Action::SessionOpen
            && event.event_outcome == Outcome::Success
            && !self.accepted
        {
            // Where no line tells of the login, the session that PAM opened does.
            event.event_action = Action::Login;
            self.accepted = true;
        }
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
            return;
        }
        let told = &mut self.told[event.teller as usize];
        *told = told.saturating_add(event.attempts);
        let most = self.most.max(*told);
        event.attempts = (most - self.most).saturating_sub(told_by_others);
        self.most = most;
    }
}

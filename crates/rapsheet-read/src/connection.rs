//! Lines of one sshd process belong to one connection: counts each attempt once, and fills in the address that only an
//! earlier line names.
//!
//! sshd tells of one attempt in several lines (`Invalid user`, PAM's failure, `Failed password`, how the connection
//! ended). The attempts of a connection are as many as the kind of line that told most: each kind is counted by itself,
//! and a line adds only what raises the maximum.

use std::net::IpAddr;

use hashbrown::HashMap;
use rapsheet_parse::{Reading, Understood};
use rapsheet_schema::{Action, Dataset, Event, MICROS_PER_SECOND, Outcome, Reason, Teller};

/// A process number is used again after a while; lines further apart than this are of two connections.
const LONGEST_SILENCE_MICROS: i64 = 3_600 * MICROS_PER_SECOND;
/// PAM's conversation runs in a process of its own; its line is this close to sshd's.
const PAM_NEIGHBOUR_MICROS: i64 = 5 * MICROS_PER_SECOND;
/// Connections that are remembered before the old ones are dropped.
const MOST_CONNECTIONS: usize = 65_536;
/// Connections that are remembered before those are dropped that nothing can belong to any more: a small table stays in
/// the processor's cache, and each line looks into it.
const MANY_CONNECTIONS: usize = 4_096;

/// PAM processes of one address that are remembered at once.
const MOST_NEIGHBOURS: usize = 64;

/// What is remembered of one connection.
#[derive(Clone, Debug, Default)]
struct Connection {
    last_micros: i64,
    source_ip: Option<IpAddr>,
    source_port: Option<u16>,
    told: [u32; Teller::COUNT],
    most: u32,
    accepted: bool,
    /// A fault in the protocol was met in a line that has no address.
    faulty: Option<Reason>,
    /// The line of this run of lines that has only a host name, and waits for its address.
    nameless: Option<Place>,
}

/// A line's place: its run of lines, and its index in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) chunk: u64,
    pub(crate) index: usize,
}

/// An address that an earlier line of the same run of lines lacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patch {
    pub(crate) index: usize,
    pub(crate) source_ip: IpAddr,
}

/// PAM failures that another process' line may tell again.
#[derive(Clone, Copy, Debug)]
struct PamTold {
    last_micros: i64,
    process_pid: u32,
    pending: u32,
}

impl PamTold {
    const fn is_near(&self, micros: i64) -> bool {
        (micros - self.last_micros).abs() <= PAM_NEIGHBOUR_MICROS
    }
}

/// The connections of the servers' sshd processes.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    processes: Processes,
    neighbours: Neighbours,
}

/// What is remembered of each process.
#[derive(Debug)]
struct Processes {
    connections: HashMap<(u64, u32), Connection>,
    /// At how many entries the table is looked through again.
    crowded: usize,
}

impl Default for Processes {
    fn default() -> Self {
        Self {
            connections: HashMap::default(),
            crowded: MANY_CONNECTIONS,
        }
    }
}

/// What PAM told of each host's addresses a moment ago, by process.
#[derive(Debug)]
struct Neighbours {
    told: HashMap<(u64, IpAddr), Vec<PamTold>>,
    /// At how many entries the table is looked through again.
    crowded: usize,
}

impl Default for Neighbours {
    fn default() -> Self {
        Self {
            told: HashMap::default(),
            crowded: MANY_CONNECTIONS,
        }
    }
}

impl Connections {
    /// Puts a line into its connection; may fill in its address, lower its attempts, or find that it says nothing.
    pub(crate) fn settle(
        &mut self,
        host: u64,
        process_pid: Option<u32>,
        micros: i64,
        place: Place,
        reading: &mut Reading<'_>,
    ) -> Option<Patch> {
        let is_ours = match reading {
            Reading::Understood(Understood::Connection(..)) => true,
            Reading::Event(event) => event.event_dataset == Dataset::OpensshAuth,
            _ => false,
        };
        if !is_ours {
            return None;
        }
        let Some(pid) = process_pid else {
            if matches!(reading, Reading::Event(event) if !has_source(event)) {
                *reading = Reading::Understood(Understood::NoAddress);
            }
            return None;
        };
        match reading {
            Reading::Understood(Understood::Connection(ip, port)) => {
                *self.processes.of(host, pid, micros) = Connection {
                    last_micros: micros,
                    source_ip: Some(*ip),
                    source_port: *port,
                    ..Connection::default()
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
                let connection = self.processes.of(host, pid, micros);
                let patch = connection.give_address(event, place);
                if !has_source(event) {
                    if event.suspicious {
                        connection.faulty = event.reason;
                    }
                    *reading = Reading::Understood(Understood::NoAddress);
                    return patch;
                }
                let asked_pam = connection.told[Teller::Pam as usize] > 0;
                let pam = self.neighbours.take(host, pid, micros, asked_pam, event);
                connection.count(event, pam);
                if event.teller == Teller::Pam
                    && event.attempts > 0
                    && let Some(ip) = event.source_ip
                {
                    self.neighbours
                        .remember(host, ip, pid, micros, event.attempts);
                }
                patch
            }
            _ => None,
        }
    }
}

impl Neighbours {
    /// How many attempts of this address other processes' PAM lines told a moment before; they are taken off the list. A
    /// process that asked PAM itself tells its own attempts again.
    fn take(
        &mut self,
        host: u64,
        pid: u32,
        micros: i64,
        asked_pam: bool,
        event: &Event<'_>,
    ) -> u32 {
        if !matches!(event.teller, Teller::Failed | Teller::SshdPam)
            || event.attempts == 0
            || self.told.is_empty()
        {
            return 0;
        }
        let Some(told) = event
            .source_ip
            .and_then(|ip| self.told.get_mut(&(host, ip)))
        else {
            return 0;
        };
        let mut left = event.attempts;
        for told in told.iter_mut() {
            if told.is_near(micros) && (told.process_pid == pid) == asked_pam {
                let taken = told.pending.min(left);
                told.pending -= taken;
                left -= taken;
            }
        }
        told.retain(|told| told.pending > 0);
        if asked_pam { 0 } else { event.attempts - left }
    }

    fn remember(&mut self, host: u64, ip: IpAddr, pid: u32, micros: i64, attempts: u32) {
        if self.told.len() > self.crowded {
            self.told
                .retain(|_, told| told.iter().any(|told| told.is_near(micros)));
            self.crowded = (self.told.len() * 2).max(MANY_CONNECTIONS);
        }
        let told = self.told.entry((host, ip)).or_default();
        told.retain(|told| told.is_near(micros));
        if let Some(told) = told.iter_mut().find(|told| told.process_pid == pid) {
            told.last_micros = micros;
            told.pending = told.pending.saturating_add(attempts);
            return;
        }
        if told.len() == MOST_NEIGHBOURS {
            told.remove(0);
        }
        told.push(PamTold {
            last_micros: micros,
            process_pid: pid,
            pending: attempts,
        });
    }
}

impl Processes {
    fn of(&mut self, host: u64, pid: u32, micros: i64) -> &mut Connection {
        if self.connections.len() > self.crowded {
            self.connections
                .retain(|_, known| (micros - known.last_micros).abs() <= LONGEST_SILENCE_MICROS);
            self.crowded = (self.connections.len() * 2).max(MANY_CONNECTIONS);
        }
        if self.connections.len() > MOST_CONNECTIONS {
            self.connections
                .retain(|_, known| (micros - known.last_micros).abs() < LONGEST_SILENCE_MICROS / 4);
            if self.connections.len() > MOST_CONNECTIONS {
                self.connections.clear();
            }
        }
        let connection = self.connections.entry((host, pid)).or_default();
        if (micros - connection.last_micros).abs() > LONGEST_SILENCE_MICROS {
            *connection = Connection::default();
        }
        connection.last_micros = micros;
        connection
    }
}

fn has_source(event: &Event<'_>) -> bool {
    event.source_ip.is_some() || event.source_domain.is_some()
}

impl Connection {
    /// Gives an event the connection's address, or the connection the event's.
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

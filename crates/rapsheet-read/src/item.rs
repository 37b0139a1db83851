//! An item is one parsed line on its way from the parser to the roll-up, with its place and what the reader finds out about it.

use std::net::IpAddr;

use rapsheet_parse::{Arena, Line, Reading};
use rapsheet_schema::{Action, Dataset, Event, Outcome, Reason, Teller};
use serde::{Deserialize, Serialize};

use crate::logins::Before;

/// What sshd writes where it doesn't know the address of its peer.
pub(crate) const UNKNOWN: &str = "UNKNOWN";

/// One parsed line on its way.
pub(crate) struct Item<'a> {
    pub(crate) line: Line<'a>,
    /// The line as it stands in the source.
    pub(crate) raw: &'a str,
    /// How many lines of the source it stands for: 1, more for a record of several lines, 0 for a further event of the
    /// line before.
    pub(crate) lines: u32,
    /// How many lines of the run come before it.
    pub(crate) offset: u64,
    /// When, once it is settled.
    pub(crate) micros: Option<i64>,
    /// Its line in the source, from 1.
    pub(crate) log_line: u64,
    /// What its address and its network did before it.
    pub(crate) before: Before,
    /// Whether its raw line is kept as evidence.
    pub(crate) is_evidence: bool,
    /// Whether it was taken out of its chunk, because it waits: it is told elsewhere.
    pub(crate) is_held: bool,
}

impl<'a> Item<'a> {
    /// Makes an item of a line about which nothing was found out yet.
    pub(crate) const fn new(line: Line<'a>, raw: &'a str, lines: u32, offset: u64) -> Self {
        Self {
            line,
            raw,
            lines,
            offset,
            micros: None,
            log_line: 0,
            before: Before::NOTHING,
            is_evidence: false,
            is_held: false,
        }
    }
}

/// Counts of a run that the parser made.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ChunkNotes {
    pub(crate) bad_utf8: u64,
    pub(crate) cut: u64,
    /// Lines on which the parser failed.
    pub(crate) defects: u64,
}

/// The process that a line is about. That is not always the one that wrote it: since OpenSSH 9.8 the listener tells of a
/// connection that timed out.
pub(crate) fn process_of(line: &Line<'_>) -> Option<u32> {
    let told = match &line.reading {
        Reading::Event(event) if event.reason == Some(Reason::LoginTimeout) => {
            let process_pid = line.message.trim_end().rsplit_once(", pid = ");
            process_pid.and_then(|(_, process_pid)| process_pid.parse().ok())
        }
        _ => None,
    };
    told.or(line.head.process_pid)
}

/// An event that outlives its run of lines.
#[derive(Clone, Debug)]
pub(crate) struct OwnedEvent {
    event: Event<'static>,
    pub(crate) process_pid: Option<u32>,
    pub(crate) host_name: Option<String>,
    source_domain: Option<String>,
    user_name: Option<String>,
    openssh_auth_method: Option<String>,
    openssh_auth_key: Option<String>,
    session: Option<String>,
    fail2ban_jail: Option<String>,
}

/// An event as it is saved: words in place of variants.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SavedEvent {
    event_dataset: String,
    event_action: String,
    event_outcome: String,
    suspicious: bool,
    attempts: u32,
    teller: usize,
    reason: Option<String>,
    source_ip: Option<IpAddr>,
    source_port: Option<u16>,
    user_exists: Option<bool>,
    fail2ban_bantime: Option<i64>,
    fail2ban_bancount: Option<u32>,
    process_pid: Option<u32>,
    host_name: Option<String>,
    source_domain: Option<String>,
    user_name: Option<String>,
    openssh_auth_method: Option<String>,
    openssh_auth_key: Option<String>,
    session: Option<String>,
    fail2ban_jail: Option<String>,
}

/// The kinds of lines that tell of an attempt, by their numbers.
const TELLERS: [Teller; Teller::COUNT] = [
    Teller::Sole,
    Teller::Failed,
    Teller::Pam,
    Teller::PamSss,
    Teller::PamLdap,
    Teller::PamKerberos,
    Teller::PamOther,
    Teller::SshdPam,
    Teller::InvalidUser,
    Teller::NotAllowed,
    Teller::Disconnecting,
    Teller::TooManyFailures,
    Teller::ReceivedDisconnect,
    Teller::Closed,
    Teller::Protocol,
    Teller::Accepted,
];

impl SavedEvent {
    /// Makes the event again; absent where this version knows a word no more.
    pub(crate) fn restore(self) -> Option<OwnedEvent> {
        let mut event = Event::new(
            Dataset::from_word(&self.event_dataset)?,
            Action::from_word(&self.event_action)?,
            Outcome::from_word(&self.event_outcome)?,
        );
        event.suspicious = self.suspicious;
        event.attempts = self.attempts;
        event.teller = *TELLERS.get(self.teller)?;
        event.reason = match self.reason {
            Some(word) => Some(Reason::from_word(&word)?),
            None => None,
        };
        event.source_ip = self.source_ip;
        event.source_port = self.source_port;
        event.user_exists = self.user_exists;
        event.fail2ban_bantime = self.fail2ban_bantime;
        event.fail2ban_bancount = self.fail2ban_bancount;
        Some(OwnedEvent {
            event,
            process_pid: self.process_pid,
            host_name: self.host_name,
            source_domain: self.source_domain,
            user_name: self.user_name,
            openssh_auth_method: self.openssh_auth_method,
            openssh_auth_key: self.openssh_auth_key,
            session: self.session,
            fail2ban_jail: self.fail2ban_jail,
        })
    }
}

impl OwnedEvent {
    pub(crate) fn save(&self) -> SavedEvent {
        let event = &self.event;
        SavedEvent {
            event_dataset: event.event_dataset.as_str().to_owned(),
            event_action: event.event_action.as_str().to_owned(),
            event_outcome: event.event_outcome.as_str().to_owned(),
            suspicious: event.suspicious,
            attempts: event.attempts,
            teller: event.teller as usize,
            reason: event.reason.map(|reason| reason.as_str().to_owned()),
            source_ip: event.source_ip,
            source_port: event.source_port,
            user_exists: event.user_exists,
            fail2ban_bantime: event.fail2ban_bantime,
            fail2ban_bancount: event.fail2ban_bancount,
            process_pid: self.process_pid,
            host_name: self.host_name.clone(),
            source_domain: self.source_domain.clone(),
            user_name: self.user_name.clone(),
            openssh_auth_method: self.openssh_auth_method.clone(),
            openssh_auth_key: self.openssh_auth_key.clone(),
            session: self.session.clone(),
            fail2ban_jail: self.fail2ban_jail.clone(),
        }
    }

    pub(crate) fn of(event: &Event<'_>, line: &Line<'_>) -> Self {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Self {
            event: unborrowed(event),
            process_pid: process_of(line),
            host_name: own(line.head.host_name),
            source_domain: own(event.source_domain),
            user_name: own(event.user_name),
            openssh_auth_method: own(event.openssh_auth_method),
            openssh_auth_key: own(event.openssh_auth_key),
            session: own(event.session),
            fail2ban_jail: own(event.fail2ban_jail),
        }
    }

    /// Changes the event; of its texts, only a host name may be added.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Event<'_>)) {
        let mut event = self.view();
        change(&mut event);
        let changed = unborrowed(&event);
        let domain = event.source_domain.map(str::to_owned);
        self.event = changed;
        self.source_domain = domain;
    }

    /// The event, as long as this lives.
    pub(crate) fn view(&self) -> Event<'_> {
        Event {
            source_domain: self.source_domain.as_deref(),
            user_name: self.user_name.as_deref(),
            openssh_auth_method: self.openssh_auth_method.as_deref(),
            openssh_auth_key: self.openssh_auth_key.as_deref(),
            session: self.session.as_deref(),
            fail2ban_jail: self.fail2ban_jail.as_deref(),
            ..self.event.clone()
        }
    }

    pub(crate) fn borrow<'a>(&self, arena: &'a Arena) -> Event<'a> {
        let lend = |text: &Option<String>| text.as_deref().map(|text| &*arena.alloc_str(text));
        Event {
            source_domain: lend(&self.source_domain),
            user_name: lend(&self.user_name),
            openssh_auth_method: lend(&self.openssh_auth_method),
            openssh_auth_key: lend(&self.openssh_auth_key),
            session: lend(&self.session),
            fail2ban_jail: lend(&self.fail2ban_jail),
            ..self.event.clone()
        }
    }
}

/// Copies an event that borrows nothing.
pub(crate) fn unborrowed(event: &Event<'_>) -> Event<'static> {
    let mut copy = Event::new(event.event_dataset, event.event_action, event.event_outcome);
    copy.suspicious = event.suspicious;
    copy.attempts = event.attempts;
    copy.teller = event.teller;
    copy.reason = event.reason;
    copy.source_ip = event.source_ip;
    copy.source_port = event.source_port;
    copy.user_exists = event.user_exists;
    copy.fail2ban_bantime = event.fail2ban_bantime;
    copy.fail2ban_bancount = event.fail2ban_bancount;
    copy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_has_its_number() {
        for (number, teller) in TELLERS.iter().enumerate() {
            assert_eq!(*teller as usize, number);
        }
    }
}

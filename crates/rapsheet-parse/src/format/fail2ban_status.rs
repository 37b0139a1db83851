//! What `fail2ban-client` prints of bans: `status`, `status JAIL`, `banned`, `get JAIL banip --with-time`.
//!
//! Source: <https://github.com/fail2ban/fail2ban>, `fail2ban/client/beautifier.py` and
//! `fail2ban/server/banmanager.py`.
//!
//! `   `- Banned IP list: 192.0.2.1 2001:db8::1`
//!
//! The outputs of several commands may follow each other in one file, with the commands between them. An address that
//! two of them name under one jail is one ban; the form with a time wins.
//!
//! # Not supported
//!
//! `banned ADDRESS` (it names jails, no addresses) and banned networks: understood, no event.

mod literal;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use rapsheet_schema::{
    Action, Dataset, Event, Outcome, Reason, Stamp, Teller, civil_micros, parse_address,
    parse_single_address,
};

use crate::line::{Arena, Head};
use crate::text::{clock, digits};

/// What a text of `fail2ban-client` says.
#[derive(Debug, Default)]
pub struct StatusReading<'a> {
    /// Each ban: the line (from 1), its time where the text has one, and the event.
    pub events: Vec<(u64, Head<'a>, Event<'a>)>,
    /// How many lines there are.
    pub lines: u64,
    /// How many of them gave an event.
    pub event_lines: u64,
    /// How many of them were understood without one.
    pub understood: u64,
    /// The others: the line (from 1) and its text. A list that breaks off stands here, and what it gave before in `events`.
    pub unknown: Vec<(u64, &'a str)>,
}

/// Tells whether a text begins like an output of `fail2ban-client`.
#[must_use]
pub fn looks_like(head: &[u8]) -> bool {
    let head = &head[..head.len().min(64 * 1024)];
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => match std::str::from_utf8(&head[..error.valid_up_to()]) {
            Ok(text) => text,
            Err(_) => return false,
        },
    };
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut is_banip = false;
    lines
        .by_ref()
        .take(8)
        .find_map(|line| {
            if line == "Status"
                || line.starts_with("Status for the jail: ")
                || with_time(line).is_some()
            {
                return Some(true);
            }
            if line.starts_with("[{'") || line.starts_with("[{\"") || line == "[]" {
                // The list may be longer than what is looked at.
                return Some(line.contains("': [") || line.contains("\": [") || line == "[]");
            }
            // A prompt, a command or a heading may stand before it; anything else is another kind of text.
            if is_heading(line) {
                is_banip |= line.contains(" banip");
                return None;
            }
            Some(
                is_addresses(line) && (is_banip || count_addresses(line) > 2)
                    || is_pair(line, text),
            )
        })
        .unwrap_or(false)
}

/// Tells whether `get JAIL banip` printed two addresses, which it does on one line. In a list, such lines are ranges, and there
/// are several of them.
fn is_pair(line: &str, text: &str) -> bool {
    count_addresses(line) == 2
        && line.split(' ').count() == 2
        && text.lines().filter(|line| !line.trim().is_empty()).count() == 1
}

fn count_addresses(line: &str) -> usize {
    line.split([' ', '\t', ','])
        .filter(|word| parse_single_address(word).is_some())
        .count()
}

/// Reads a whole text. Text that the events hold is the text's own, or lives in the arena.
#[must_use]
pub fn parse<'a>(text: &'a str, arena: &'a Arena) -> StatusReading<'a> {
    let mut reader = Reader {
        arena,
        jail: None,
        bans: Vec::new(),
        places: HashMap::new(),
        jails_of: HashMap::new(),
    };
    let mut reading = StatusReading::default();
    let mut understood = HashSet::new();
    for line in text.lines() {
        reading.lines += 1;
        if reader.line(reading.lines, line) {
            understood.insert(reading.lines);
        } else {
            reading.unknown.push((reading.lines, line));
        }
    }
    for ban in &reader.bans {
        understood.remove(&ban.line);
    }
    reading.understood = understood.len() as u64;
    reading.event_lines = reading.lines - reading.understood - reading.unknown.len() as u64;
    reading.events = reader
        .bans
        .into_iter()
        .map(|ban| {
            let head = Head {
                stamp: ban.stamp,
                ..Head::default()
            };
            let mut event = Event::new(Dataset::Fail2banStatus, Action::Ban, Outcome::Unknown)
                .suspect(Reason::Banned, 0, Teller::Sole);
            event.source_ip = Some(ban.ip);
            event.fail2ban_jail = ban.jail;
            event.fail2ban_bantime = ban.bantime;
            (ban.line, head, event)
        })
        .collect();
    reading.events.sort_by_key(|(line, _, _)| *line);
    reading
}

/// One ban as it is collected.
struct Ban<'a> {
    line: u64,
    ip: IpAddr,
    jail: Option<&'a str>,
    stamp: Stamp,
    bantime: Option<i64>,
}

/// What is known while the lines go by.
struct Reader<'a> {
    arena: &'a Arena,
    /// The jail that the last heading named.
    jail: Option<&'a str>,
    bans: Vec<Ban<'a>>,
    /// Where in `bans` an address of a jail stands.
    places: HashMap<(Option<&'a str>, IpAddr), usize>,
    /// The places of each address, for rows that name no jail.
    jails_of: HashMap<IpAddr, Vec<usize>>,
}

impl<'a> Reader<'a> {
    /// Reads one line; false where nobody knows it.
    fn line(&mut self, number: u64, line: &'a str) -> bool {
        let text = line.trim();
        if text.is_empty() {
            return true;
        }
        if let Some(jail) = text.strip_prefix("Status for the jail:") {
            self.jail = Some(jail.trim());
            return true;
        }
        if let Some((ip, stamp, bantime)) = with_time(text) {
            if let Some(ip) = ip {
                self.ban(number, ip, self.jail, stamp, Some(bantime));
            }
            return true;
        }
        if text.starts_with('[') {
            return self.literal(number, text);
        }
        if let Some(known) = self.tree(number, text) {
            return known;
        }
        if text == "Status" {
            self.jail = None;
            return true;
        }
        if is_heading(text) {
            self.jail = jail_of_command(text);
            return true;
        }
        // `get JAIL banip` prints nothing but addresses; a long list may go on over several lines.
        if is_addresses(text) {
            self.addresses(number, text, self.jail);
            return true;
        }
        text.starts_with("Sorry but the jail ")
    }

    /// Reads a line of the tree of `status`: `|  |- Currently failed: 22`. `None` where it isn't one.
    fn tree(&mut self, number: u64, text: &'a str) -> Option<bool> {
        let inner = text.trim_start_matches(['|', '`', '-', ' ', '\t']);
        if inner.len() == text.len() {
            return None;
        }
        let Some((name, value)) = inner.split_once(':') else {
            let name = inner.trim();
            return Some(
                ["filter", "actions", "action"].contains(&name.to_ascii_lowercase().as_str()),
            );
        };
        let value = value.trim();
        match name.trim() {
            "Banned IP list" | "IP list" => {
                self.addresses(number, value, self.jail);
                Some(true)
            }
            "Currently failed"
            | "Total failed"
            | "Currently banned"
            | "Total banned"
            | "File list"
            | "Journal matches"
            | "Number of jail"
            | "Jail list"
            | "Banned ASN list"
            | "Banned Country list"
            | "Banned RIR list" => Some(true),
            _ => Some(false),
        }
    }

    /// Reads what `banned` prints: `[{'sshd': ['192.0.2.1']}, {'recidive': []}]`.
    fn literal(&mut self, number: u64, text: &'a str) -> bool {
        let arena = self.arena;
        let mut found = Vec::new();
        let whole = literal::each_ban(text, arena, &mut |jail, address| {
            if let Some(ip) = parse_single_address(address) {
                found.push((jail, ip));
            }
        });
        for (jail, ip) in found {
            self.ban(number, ip, Some(jail), Stamp::Absent, None);
        }
        whole
    }

    /// Takes every address of a list.
    fn addresses(&mut self, number: u64, list: &str, jail: Option<&'a str>) {
        for word in list.split([' ', '\t', ',']) {
            if let Some(ip) = parse_single_address(word) {
                self.ban(number, ip, jail, Stamp::Absent, None);
            }
        }
    }

    /// Notes a ban, once for each jail and address.
    fn ban(
        &mut self,
        line: u64,
        ip: IpAddr,
        jail: Option<&'a str>,
        stamp: Stamp,
        bantime: Option<i64>,
    ) {
        let known = self.places.get(&(jail, ip)).copied().or_else(|| {
            // A row without a jail is the ban that one jail is known to have.
            match (jail, self.jails_of.get(&ip).map(Vec::as_slice)) {
                (None, Some([place])) => Some(*place),
                _ => None,
            }
        });
        let Some(place) = known else {
            self.places.insert((jail, ip), self.bans.len());
            self.jails_of.entry(ip).or_default().push(self.bans.len());
            self.bans.push(Ban {
                line,
                ip,
                jail,
                stamp,
                bantime,
            });
            return;
        };
        let ban = &mut self.bans[place];
        if ban.stamp == Stamp::Absent && stamp != Stamp::Absent {
            (ban.line, ban.stamp, ban.bantime) = (line, stamp, bantime);
        }
    }
}

/// Reads `192.0.2.1  2026-01-01 00:00:00 + 600 = 2026-01-01 00:10:00`: no address where it is a network or a name.
fn with_time(text: &str) -> Option<(Option<IpAddr>, Stamp, i64)> {
    let (start, until) = text.rsplit_once(" = ")?;
    local(until.trim())?;
    let (start, seconds) = start.rsplit_once(" + ")?;
    let seconds = match seconds.trim().strip_prefix('-') {
        Some(_) => -1,
        None => digits(seconds.trim().as_bytes())?,
    };
    let start = start.trim_end();
    let at = start.len().checked_sub(19)?;
    let stamp = local(start.get(at..)?)?;
    let address = start.get(..at)?;
    if !address.ends_with([' ', '\t']) {
        return None;
    }
    Some((parse_single_address(address.trim()), stamp, seconds))
}

/// Reads `2026-01-01 00:00:00`.
fn local(text: &str) -> Option<Stamp> {
    let bytes = text.as_bytes();
    if bytes.len() != 19 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let day = civil_micros(
        digits::<i64>(&bytes[..4])?,
        digits(&bytes[5..7])?,
        digits(&bytes[8..10])?,
        0,
        0,
        0,
        0,
    )?;
    Some(Stamp::Local(day + clock(&bytes[11..])?))
}

/// Tells whether a text consists of addresses and networks alone.
fn is_addresses(text: &str) -> bool {
    text.split([' ', '\t', ','])
        .filter(|word| !word.is_empty())
        .all(|word| {
            let address = word.split_once('/').map_or(word, |(address, _)| address);
            parse_address(address).is_some()
        })
}

/// Tells whether a line stands between outputs: a command, a prompt, a comment, a heading.
fn is_heading(text: &str) -> bool {
    text.starts_with(['#', '$'])
        || text.starts_with("==")
        || text.starts_with("--")
        || text.contains("fail2ban-client ")
}

/// Finds the jail of a command in a heading: `$ fail2ban-client get sshd banip --with-time`.
fn jail_of_command(text: &str) -> Option<&str> {
    let (_, command) = text.split_once("fail2ban-client ")?;
    let (_, rest) = command
        .split_once("get ")
        .or_else(|| command.split_once("status "))?;
    let jail = match rest.split_once(" banip") {
        Some((jail, _)) => jail,
        None => rest,
    };
    let jail = jail.trim().trim_matches(['"', '\'', '`']);
    (!jail.is_empty()).then_some(jail)
}

#[cfg(test)]
mod tests;

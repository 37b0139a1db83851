//! The other end of a connection, as sshd names it.

use std::net::IpAddr;

use rapsheet_schema::{Event, parse_address};

use crate::text::digits;

/// An address, or the name that stands where one belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Host<'a> {
    pub(super) ip: Option<IpAddr>,
    pub(super) domain: Option<&'a str>,
    pub(super) port: Option<u16>,
}

/// Reads an address or a host name. sshd's `UNKNOWN` is neither.
pub(super) fn host(text: &str) -> Option<Host<'_>> {
    if let Some(ip) = parse_address(text) {
        return Some(Host {
            ip: Some(ip),
            ..Host::default()
        });
    }
    let named = !text.is_empty()
        && text.len() <= 255
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-:%@=+/".contains(&b));
    let domain = Some(text).filter(|text| !matches!(*text, "UNKNOWN" | "unknown" | "?"));
    named.then_some(Host {
        domain,
        ..Host::default()
    })
}

impl<'a> Host<'a> {
    /// Puts the address into an event.
    pub(super) fn put(self, event: &mut Event<'a>) {
        event.source_ip = self.ip;
        event.source_domain = self.domain;
        event.source_port = self.port;
    }
}

/// Reads `ADDRESS port N` or `ADDRESS` at the start: the host and what follows it. A `:` that closes the address
/// (`192.0.2.7: reason`) stays in what follows.
pub(super) fn at_start(text: &str) -> Option<(Host<'_>, &str)> {
    let end = text.find(' ').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let bare = word.strip_suffix([':', ',', '.']).unwrap_or(word);
    let mut found = host(bare)?;
    let rest = if bare.len() < word.len() {
        &text[bare.len()..]
    } else {
        rest
    };
    if let Some(after) = rest.strip_prefix(" port ") {
        let length = after.bytes().take_while(u8::is_ascii_digit).count();
        if let Some(port) = digits(&after.as_bytes()[..length]) {
            found.port = Some(port);
            return Some((found, &after[length..]));
        }
    }
    Some((found, rest))
}

/// Reads `ADDRESS port N` or `ADDRESS` as the whole text.
pub(super) fn whole(text: &str) -> Option<Host<'_>> {
    let (found, rest) = at_start(text)?;
    rest.is_empty().then_some(found)
}

/// Reads `…ADDRESS port N` or `…ADDRESS` at the end, behind the last `before`: what precedes it, and the host. What
/// stands before may be anything; nothing follows that a client could have written.
pub(super) fn behind_last<'a>(text: &'a str, before: &str) -> Option<(&'a str, Host<'a>)> {
    let at = memchr::memmem::rfind(text.as_bytes(), before.as_bytes())?;
    let found = whole(text[at + before.len()..].trim_end())?;
    Some((&text[..at], found))
}

/// What sshd knows of a user before and after the login, as it stands before an address.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Phase {
    /// `invalid user NAME `
    Invalid,
    /// `authenticating user NAME `
    Authenticating,
    /// `user NAME `: logged in.
    LoggedIn,
    /// Nothing.
    Nobody,
}

/// The other end with its user: `invalid user NAME ADDRESS port N`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Peer<'a> {
    pub(super) phase: Phase,
    pub(super) user: Option<&'a str>,
    pub(super) host: Host<'a>,
}

impl<'a> Peer<'a> {
    /// Puts user and address into an event.
    pub(super) fn put(self, event: &mut Event<'a>) {
        self.host.put(event);
        event.user_name = self.user;
        event.user_exists = match self.phase {
            Phase::Invalid => Some(false),
            Phase::Authenticating | Phase::LoggedIn => Some(true),
            Phase::Nobody => None,
        };
    }
}

/// Takes the words before a user's name off.
fn phase(text: &str) -> (Phase, &str) {
    for (words, phase) in [
        ("invalid user ", Phase::Invalid),
        ("illegal user ", Phase::Invalid),
        ("authenticating user ", Phase::Authenticating),
        ("user ", Phase::LoggedIn),
    ] {
        if let Some(rest) = text.strip_prefix(words) {
            return (phase, rest);
        }
    }
    (Phase::Nobody, text)
}

/// Reads a peer that is the whole text: the address is at the very end, whatever the user's name holds.
pub(super) fn peer(text: &str) -> Option<Peer<'_>> {
    let (phase, rest) = phase(text);
    if phase == Phase::Nobody {
        let host = whole(text)?;
        return Some(Peer {
            phase,
            user: None,
            host,
        });
    }
    let (before, port) = rest.rsplit_once(" port ")?;
    let port = digits(port.as_bytes())?;
    let (user, address) = before.rsplit_once(' ').unwrap_or(("", before));
    let mut host = host(address)?;
    host.port = Some(port);
    Some(Peer {
        phase,
        user: Some(user),
        host,
    })
}

/// Reads a peer that is followed by `: ` and a text. Without a user the address comes first and is certain. With one,
/// the place is where ` ADDRESS port N` stands before a text that `known` accepts; if there are two such places, the
/// user's name or the text imitates the message, and the peer has no address.
pub(super) fn peer_before<'a>(
    text: &'a str,
    known: fn(&str) -> bool,
) -> Option<(Peer<'a>, &'a str)> {
    let (phase, rest) = phase(text);
    if phase == Phase::Nobody {
        let (host, after) = at_start(text)?;
        let peer = Peer {
            phase,
            user: None,
            host,
        };
        return Some((peer, after.strip_prefix(": ")?));
    }
    let mut found: Option<(Peer<'a>, &'a str)> = None;
    for at in memchr::memmem::find_iter(rest.as_bytes(), b" port ").take(MAX_PLACES) {
        let after = &rest[at + 6..];
        let length = after.bytes().take_while(u8::is_ascii_digit).count();
        let Some(port) = digits(&after.as_bytes()[..length]) else {
            continue;
        };
        let Some(tail) = after[length..]
            .strip_prefix(": ")
            .filter(|tail| known(tail))
        else {
            continue;
        };
        let (user, address) = rest[..at].rsplit_once(' ').unwrap_or(("", &rest[..at]));
        let Some(mut host) = host(address) else {
            continue;
        };
        host.port = Some(port);
        if let Some((first, tail)) = found {
            let peer = Peer {
                user: None,
                host: Host::default(),
                ..first
            };
            return Some((peer, tail));
        }
        let peer = Peer {
            phase,
            user: Some(user),
            host,
        };
        found = Some((peer, tail));
    }
    found
}

/// How many places are looked at in one line. sshd cuts names at 100 bytes; more places than that are an attack.
pub(super) const MAX_PLACES: usize = 16;

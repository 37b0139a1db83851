//! The other end of a connection, as sshd names it.

use std::net::IpAddr;

use rapsheet_schema::{Event, parse_address};

use crate::text::{digits, rsplit_word};

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
            .all(|b| b.is_ascii_alphanumeric() || b"._-:%@=+/".contains(&b))
        && has_no_colon_but_a_ports(text);
    let domain = Some(text).filter(|text| !matches!(*text, "UNKNOWN" | "unknown" | "?"));
    named.then_some(Host {
        domain,
        ..Host::default()
    })
}

/// A name with colons is an address that isn't one: nobody may be known by it.
fn has_no_colon_but_a_ports(text: &str) -> bool {
    text.split_once(':')
        .is_none_or(|(_, port)| digits::<u16>(port.as_bytes()).is_some())
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
    let end = text
        .bytes()
        .position(|byte| byte == b' ')
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let bare = without_sign(word);
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

/// Takes the sign off that closes an address, unless it is the address' own, as in `2001:db8::`.
fn without_sign(word: &str) -> &str {
    match word.strip_suffix([':', ',', '.']) {
        Some(bare) if parse_address(word).is_none() => bare,
        _ => word,
    }
}

/// Reads `ADDRESS port N` or `ADDRESS` as the whole text.
pub(super) fn whole(text: &str) -> Option<Host<'_>> {
    let (found, rest) = at_start(text)?;
    rest.is_empty().then_some(found)
}

/// Reads `…ADDRESS port N` or `…ADDRESS` at the end, behind the last `before`: what precedes it, and the host. What
/// stands before may be anything; nothing follows that a client could have written.
pub(super) fn behind_last<'a>(text: &'a str, before: &str) -> Option<(&'a str, Host<'a>)> {
    let at = rfind_iter(text.as_bytes(), before.as_bytes()).next()?;
    let found = whole(text[at + before.len()..].trim_end())?;
    Some((&text[..at], found))
}

/// Finds the places of a word between blanks (` from `), the last one first. A search engine costs more to set up than
/// the short way back to the address takes.
pub(super) fn rfind_iter<'t>(text: &'t [u8], word: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    memchr::memrchr_iter(b' ', text).filter(move |at| text[*at..].starts_with(word))
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
pub(super) fn phase(text: &str) -> (Phase, &str) {
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
    let (before, port) = rsplit_word(rest, " port ")?;
    let port = digits(port.as_bytes())?;
    let (user, address) = rsplit_word(before, " ").unwrap_or(("", before));
    let mut host = host(address)?;
    host.port = Some(port);
    Some(Peer {
        phase,
        user: Some(user),
        host,
    })
}

/// What a text behind a peer can be.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Text {
    /// sshd's own words: no other place of a peer follows in it.
    Own,
    /// sshd's words with a client's in them.
    Mixed,
    /// Nothing that sshd says there.
    Foreign,
}

/// Reads a peer that is followed by `: ` and a text. Without a user the address comes first and is certain. With one, it
/// is where ` ADDRESS port N` stands before a text that `kind` finds right there: sshd's own at the end, or a mixed one.
/// If there are several such places with different hosts, the user's name or the text imitates the message, and the
/// peer has no address.
pub(super) fn peer_before<'a>(
    text: &'a str,
    kind: fn(&str) -> Text,
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
    let (mut fitting, mut loose) = (Places::default(), Places::default());
    let mut last = None;
    for (count, at) in memchr::memmem::find_iter(rest.as_bytes(), b" port ").enumerate() {
        let Some((user, host, tail)) = place(rest, at) else {
            continue;
        };
        let peer = Peer {
            phase,
            user: Some(user),
            host,
        };
        loose.add(peer, tail);
        last = None;
        match kind(tail) {
            Text::Own => last = Some((peer, tail)),
            Text::Mixed => fitting.add(peer, tail),
            Text::Foreign => {}
        }
        if count >= MAX_PLACES {
            loose.differ = true;
            return loose.only();
        }
    }
    if let Some((peer, tail)) = last {
        fitting.add(peer, tail);
    }
    fitting.only().or_else(|| loose.only())
}

/// Reads the place around a ` port `: the user before it, the host, the text behind it.
fn place(rest: &str, at: usize) -> Option<(&str, Host<'_>, &str)> {
    let after = &rest[at + 6..];
    let length = after.bytes().take_while(u8::is_ascii_digit).count();
    let port = digits(&after.as_bytes()[..length])?;
    let tail = after[length..].strip_prefix(": ")?;
    let (user, address) = rest[..at].rsplit_once(' ').unwrap_or(("", &rest[..at]));
    let mut host = host(address)?;
    host.port = Some(port);
    Some((user, host, tail))
}

/// The places where a peer was found.
#[derive(Default)]
struct Places<'a> {
    first: Option<(Peer<'a>, &'a str)>,
    several: bool,
    differ: bool,
}

impl<'a> Places<'a> {
    fn add(&mut self, peer: Peer<'a>, tail: &'a str) {
        self.several |= self.first.is_some();
        let (first, _) = *self.first.get_or_insert((peer, tail));
        self.differ |= first.host != peer.host;
    }

    /// The peer; of several no name, and of different ones the phase alone.
    fn only(self) -> Option<(Peer<'a>, &'a str)> {
        let (peer, tail) = self.first?;
        if !self.several && !self.differ {
            return Some((peer, tail));
        }
        let host = if self.differ {
            Host::default()
        } else {
            peer.host
        };
        let peer = Peer {
            user: None,
            host,
            ..peer
        };
        Some((peer, tail))
    }
}

/// How many places are looked at in one line. sshd cuts names at 100 bytes; more places than that are an attack.
pub(super) const MAX_PLACES: usize = 16;

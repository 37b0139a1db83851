//! How connections begin and end.

use rapsheet_schema::{Action, Event, Outcome, Reason, Teller};

use super::login;
use super::peer::{self, Host, Peer, Phase, Text};
use super::{Message, event, no_address};
use crate::line::{Reading, Understood};
use crate::text::{digits, find_word, rsplit_word, split_word};

/// A connection that ended before a login.
fn before_login<'a>(reason: Reason, teller: Teller) -> Event<'a> {
    event(Action::PreauthClose, Outcome::Failure).suspect(reason, 1, teller)
}

/// The end of a peer's connection. It is suspicious if sshd says that nobody was logged in.
pub(super) fn ended<'a>(
    peer: Peer<'a>,
    preauth: bool,
    reason: Reason,
    teller: Teller,
) -> Reading<'a> {
    let unfinished = match peer.phase {
        Phase::Invalid | Phase::Authenticating => true,
        Phase::LoggedIn => false,
        Phase::Nobody => preauth,
    };
    let mut event = if unfinished {
        before_login(reason, teller)
    } else {
        let mut event = event(Action::SessionClose, Outcome::Unknown);
        event.teller = teller;
        event
    };
    peer.put(&mut event);
    Reading::Event(event)
}

/// `Connection from …`, `Connection closed by …`, `Connection reset by …`, `Connection … timed out`.
pub(super) fn connection<'a>(message: Message<'a>, rest: &'a str) -> Option<Reading<'a>> {
    let closed = rest
        .strip_prefix("closed by ")
        .or_else(|| rest.strip_prefix("reset by "));
    if let Some(text) = closed {
        let Some(peer) = peer::peer(text) else {
            // `Connection reset by peer`, `Connection closed by remote host.`
            return matches!(text, "peer" | "remote host" | "remote host.").then(no_address)?;
        };
        return Some(ended(
            peer,
            message.preauth,
            Reason::PreauthClose,
            Teller::Closed,
        ));
    }
    if let Some(text) = rest.strip_suffix(" timed out") {
        let text = text.strip_prefix("with ").unwrap_or(text);
        let peer = peer::peer(text.strip_prefix("from ").unwrap_or(text))?;
        return Some(ended(
            peer,
            message.preauth,
            Reason::LoginTimeout,
            Teller::Closed,
        ));
    }
    let text = rest.strip_prefix("from ")?;
    let (host, tail) = peer::at_start(text)?;
    if !(tail.is_empty() || tail.starts_with(" on ")) {
        return None;
    }
    match host.ip {
        Some(ip) => Some(Reading::Understood(Understood::Connection(ip, host.port))),
        None => no_address(),
    }
}

/// `Disconnected from [invalid user|authenticating user|user NAME ]ADDRESS port N`
pub(super) fn disconnected<'a>(message: Message<'a>, rest: &'a str) -> Option<Reading<'a>> {
    let peer = peer::peer(rest.strip_prefix("from ")?)?;
    Some(ended(
        peer,
        message.preauth,
        Reason::PreauthClose,
        Teller::Closed,
    ))
}

/// `Disconnecting [… user NAME ]ADDRESS port N: REASON`; versions before 7.5 leave the peer out:
/// `Disconnecting: Too many authentication failures for root`.
pub(super) fn disconnecting<'a>(
    message: Message<'a>,
    word: &str,
    rest: &'a str,
) -> Option<Reading<'a>> {
    if word != "Disconnecting:" {
        let (peer, text) = peer::peer_before(rest, disconnect_text)?;
        let preauth = message.preauth || disconnect_reason(text) == Reason::TooManyFailures;
        return Some(ended(
            peer,
            preauth,
            disconnect_reason(text),
            Teller::Disconnecting,
        ));
    }
    let reason = disconnect_reason(rest);
    if reason == Reason::PreauthClose && !message.preauth {
        return no_address();
    }
    let mut event = before_login(reason, Teller::Disconnecting);
    if let Some(who) = rest.strip_prefix("Too many authentication failures for ") {
        // 6.8 names the address, other versions leave it out.
        let (invalid, who) = login::strip_invalid(who);
        event.user_exists = invalid.then_some(false);
        event.user_name = Some(who);
        if who.ends_with(" ssh2")
            && let Some((user, host)) = login::user_and_host("password", who)
        {
            host.put(&mut event);
            event.user_name = user;
        }
    } else if let Some(pair) = rest.strip_prefix("Change of username or service not allowed: (") {
        event.user_name = pair.split_once(',').map(|(user, _)| user);
    }
    Some(Reading::Event(event))
}

/// The texts that sshd sends with a disconnect (`ssh_packet_disconnect`). One of them holds names that the client chose,
/// in brackets to the end of the line, and no other ends so.
fn disconnect_text(text: &str) -> Text {
    if !text.ends_with(')') {
        Text::Own
    } else if text.starts_with("Change of username or service not allowed: (") {
        Text::Mixed
    } else {
        Text::Foreign
    }
}

fn disconnect_reason(text: &str) -> Reason {
    if text.starts_with("Too many authentication failures") {
        Reason::TooManyFailures
    } else if [
        "bad ",
        "Bad ",
        "Packet",
        "Protocol",
        "Corrupted",
        "Change of",
        "Received bad",
        "kex",
        "type ",
        "protocol",
    ]
    .iter()
    .any(|known| text.starts_with(known))
    {
        Reason::ProtocolError
    } else {
        Reason::PreauthClose
    }
}

/// `Received disconnect from ADDRESS port N:CODE: TEXT`; older `from ADDRESS: CODE: TEXT`. The text is the client's
/// and comes last.
pub(super) fn received_disconnect<'a>(message: Message<'a>, rest: &'a str) -> Option<Reading<'a>> {
    let Some(text) = rest.strip_prefix("disconnect from ") else {
        return rest.starts_with("signal ").then(no_address)?;
    };
    let (host, tail) = peer::at_start(text).or_else(|| glued_code(text))?;
    let tail = tail.strip_prefix(':')?.trim_start_matches(' ');
    let (code, said) = split_colon(tail);
    // RFC 4253: 13 is a cancelled authentication, 14 is no more methods. Java's library says so in words.
    let no_login = matches!(code, "13" | "14") || find_word(said, "Auth fail").is_some();
    let mut event = if message.preauth || no_login {
        before_login(Reason::PreauthClose, Teller::ReceivedDisconnect)
    } else {
        let mut event = event(Action::SessionClose, Outcome::Unknown);
        event.teller = Teller::ReceivedDisconnect;
        event
    };
    host.put(&mut event);
    Some(Reading::Event(event))
}

fn split_colon(text: &str) -> (&str, &str) {
    match text.bytes().position(|byte| byte == b':') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, ""),
    }
}

/// `ADDRESS:CODE: TEXT`, with no blank.
fn glued_code(text: &str) -> Option<(Host<'_>, &str)> {
    let end = text.find(": ")?;
    let (address, _) = text[..end].rsplit_once(':')?;
    Some((peer::host(address)?, &text[address.len()..]))
}

/// `Timeout before authentication for ADDRESS[ port N]`, `… for connection from ADDRESS to ADDRESS, pid = N`;
/// `Timeout, client not responding[ from user NAME ADDRESS port N]` ends a session.
pub(super) fn timeout(rest: &str) -> Option<Reading<'_>> {
    if let Some(text) = rest.strip_prefix("client not responding") {
        let text = text.trim_start_matches([' ', '.']);
        let Some(text) = text.strip_prefix("from ") else {
            return no_address();
        };
        return Some(ended(
            peer::peer(text)?,
            false,
            Reason::LoginTimeout,
            Teller::Closed,
        ));
    }
    let text = rest.strip_prefix("before authentication for ")?;
    let text = text.strip_prefix("connection from ").unwrap_or(text);
    let (host, _) = peer::at_start(text)?;
    let mut event = before_login(Reason::LoginTimeout, Teller::Closed);
    host.put(&mut event);
    Some(Reading::Event(event))
}

/// `Read from socket failed: …`, `Read error from remote host ADDRESS: …`, `Write failed: …`,
/// `Closing connection to ADDRESS port N`.
pub(super) fn broken<'a>(message: Message<'a>, word: &str, rest: &'a str) -> Option<Reading<'a>> {
    if let Some(text) = rest
        .strip_prefix("error from remote host ")
        .or_else(|| rest.strip_prefix("connection to "))
    {
        let (host, _) = peer::at_start(text)?;
        let peer = Peer {
            phase: Phase::Nobody,
            user: None,
            host,
        };
        return Some(ended(
            peer,
            message.preauth,
            Reason::PreauthClose,
            Teller::Closed,
        ));
    }
    let failed = rest.starts_with("from socket failed")
        || (word == "Write" && (rest.starts_with("failed") || rest.starts_with("error")));
    if !failed {
        return None;
    }
    if !message.preauth {
        return no_address();
    }
    Some(Reading::Event(before_login(
        Reason::PreauthClose,
        Teller::Closed,
    )))
}

/// `Starting session: shell on pts/0 for NAME from ADDRESS port N id 0`,
/// `Close session: user NAME from ADDRESS port N id 0`.
pub(super) fn session<'a>(word: &str, rest: &'a str) -> Option<Reading<'a>> {
    let text = rest.strip_prefix("session: ")?;
    let (text, id) = text.rsplit_once(" id ").unwrap_or((text, "0"));
    digits::<u32>(id.as_bytes())?;
    let (before, host) = peer::behind_last(text, " from ")?;
    let (action, outcome, user) = if word == "Starting" {
        let user = before.rsplit_once(" for ").map(|(_, user)| user);
        (Action::SessionOpen, Outcome::Success, user)
    } else {
        let user = before.strip_prefix("user ");
        (Action::SessionClose, Outcome::Unknown, user)
    };
    let mut event = event(action, outcome);
    host.put(&mut event);
    event.user_name = user;
    event.user_exists = Some(true);
    Some(Reading::Event(event))
}

/// `drop connection #0 from [ADDRESS]:N on [ADDRESS]:22 penalty: failed authentication`, `… past MaxStartups`.
pub(super) fn dropped(rest: &str) -> Option<Reading<'_>> {
    let (_, text) = rest.strip_prefix("connection #")?.split_once(" from [")?;
    let (address, tail) = text.split_once(']')?;
    let mut host = peer::host(address)?;
    if let Some(tail) = tail.strip_prefix(':') {
        let length = tail.bytes().take_while(u8::is_ascii_digit).count();
        host.port = digits(&tail.as_bytes()[..length]);
    }
    let mut event = event(Action::Refused, Outcome::Failure);
    // A full server turns away whoever comes: that says nothing about them.
    if !tail.to_ascii_lowercase().ends_with(" past maxstartups") {
        event = event.suspect(Reason::Penalty, 1, Teller::Sole);
    }
    host.put(&mut event);
    Some(Reading::Event(event))
}

/// `Session process N unpriv child crash for connection from ADDRESS to ADDRESS`, `session process N for connection from …
/// killed by signal N`, `… terminated abnormally, status=N`: the client's process fell over. The second address is the server's.
pub(super) fn session_process(rest: &str) -> Option<Reading<'_>> {
    let (_, place) = split_word(rest, " for connection from ")?;
    let (host, tail) = peer::at_start(place)?;
    tail.strip_prefix(" to ")?;
    let mut event =
        event(Action::Probe, Outcome::Failure).suspect(Reason::ProtocolError, 1, Teller::Sole);
    host.put(&mut event);
    Some(Reading::Event(event))
}

/// `refused connect from NAME (ADDRESS)`, `refused connect from ADDRESS`: TCP wrappers.
pub(super) fn refused(rest: &str) -> Option<Reading<'_>> {
    let text = rest.strip_prefix("connect from ")?.trim_end();
    let mut event =
        event(Action::Refused, Outcome::Failure).suspect(Reason::RefusedAddress, 1, Teller::Sole);
    match text.strip_suffix(')').and_then(|t| rsplit_word(t, " (")) {
        Some((name, address)) => {
            peer::host(address)?.put(&mut event);
            // An ident user may stand before the name: `user@name`.
            let name = name.rsplit_once('@').map_or(name, |(_, name)| name);
            if let Some(domain) = peer::host(name).and_then(|host| host.domain) {
                event.source_domain = Some(domain);
            }
        }
        None => {
            let name = text.rsplit_once('@').map_or(text, |(_, name)| name);
            peer::host(name)?.put(&mut event);
        }
    }
    Some(Reading::Event(event))
}

/// `SSH: Server;Ltype: Version;Remote: ADDRESS-PORT;Protocol: 2.0;Client: TEXT` of the HPN patches.
pub(super) fn server_report(rest: &str) -> Option<Reading<'_>> {
    let text = rest.strip_prefix("Server;Ltype: ")?;
    let (_, text) = text.split_once(";Remote: ")?;
    let place = text.split(';').next()?;
    let (address, port) = place.rsplit_once('-')?;
    match peer::host(address)?.ip {
        Some(ip) => Some(Reading::Understood(Understood::Connection(
            ip,
            digits(port.as_bytes()),
        ))),
        None => no_address(),
    }
}

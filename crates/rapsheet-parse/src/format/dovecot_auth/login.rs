//! The login processes: `MESSAGE: user=<NAME>, method=MECHANISM, rip=ADDRESS, lip=ADDRESS, …, session=<NAME>`.

use std::net::IpAddr;

use rapsheet_schema::{Action, Event, Outcome, Reason, Teller, parse_address};

use super::{NO_ADDRESS, event, failure, session_name};
use crate::format::sasl;
use crate::line::Reading;
use crate::text::{digits, find_word, rsplit_word, split_word};

/// How a login process' message about a client begins.
const ENDS: [&str; 9] = [
    "Disconnected",
    "Aborted login",
    "Login aborted",
    "Remote closed connection",
    "Client has quit the connection",
    "Connection closed",
    "Logged out",
    "Login failed",
    "Maximum number of connections from user+IP exceeded",
];

/// What stands behind the message.
#[derive(Clone, Copy)]
struct Elements<'a> {
    user: Option<&'a str>,
    method: Option<&'static str>,
    source_ip: IpAddr,
    session: Option<&'a str>,
    is_handshaking: bool,
}

impl<'a> Elements<'a> {
    fn put(self, event: &mut Event<'a>) {
        event.user_name = self.user;
        event.openssh_auth_method = self.method;
        event.source_ip = Some(self.source_ip);
        event.session = self.session;
    }
}

/// Reads what follows `imap-login: `.
pub(super) fn read(text: &str) -> Reading<'_> {
    let text = super::bare(text);
    let Some((message, elements)) = split(text) else {
        let quiet = text.starts_with("Error: ")
            || find_word(text, " rip=").is_none() && find_word(text, " user=<").is_none();
        return if quiet { NO_ADDRESS } else { Reading::Unknown };
    };
    let Some(mut event) = what(message, elements.is_handshaking) else {
        return Reading::Unknown;
    };
    elements.put(&mut event);
    Reading::Event(event)
}

/// Splits message and elements. The name is the client's, and holds whatever it likes: the message ends where the first
/// `user=<` begins, and the address stands behind the last `rip=`.
fn split(text: &str) -> Option<(&str, Elements<'_>)> {
    let (before, rest) = rsplit_word(text, " rip=")?;
    let (address, rest) = rest.split_once(',').unwrap_or((rest, ""));
    let source_ip = parse_address(address.trim_end())?;
    let (message, user, method) = before_address(before)?;
    // In another order of the elements, a name may hold this address.
    if [message, rest]
        .iter()
        .any(|text| find_word(text, " user=<").is_some())
        || find_word(message, " rip=").is_some()
    {
        return None;
    }
    let session = rsplit_word(rest, " session=<")
        .and_then(|(_, name)| name.split_once('>'))
        .and_then(|(name, _)| session_name(name));
    let elements = Elements {
        user: user.filter(|user| !user.is_empty()),
        method: method.and_then(sasl::mechanism),
        source_ip,
        session,
        is_handshaking: find_word(rest, " TLS handshaking").is_some(),
    };
    Some((message, elements))
}

/// `MESSAGE: [user=<NAME>, ][method=MECHANISM,]`, before ` rip=`.
fn before_address(text: &str) -> Option<(&str, Option<&str>, Option<&str>)> {
    if let Some(message) = text.strip_suffix(':') {
        return Some((message, None, None));
    }
    let text = text.strip_suffix(',')?;
    let (text, method) = match rsplit_word(text, " method=") {
        Some((text, method)) if !method.contains([' ', '>']) => (text, Some(method)),
        _ => (text, None),
    };
    if let Some(message) = text.strip_suffix(':') {
        return Some((message, None, method));
    }
    let text = text.strip_suffix(',').unwrap_or(text);
    let (message, user) = split_word(text.strip_suffix('>')?, ": user=<")?;
    Some((message, Some(user), method))
}

/// What a message says: an event without its address, or `None` for a message that nobody knows.
fn what<'a>(message: &str, is_handshaking: bool) -> Option<Event<'a>> {
    let is_proxied = message.starts_with("Started proxying to ")
        || message.starts_with("proxy(") && message.contains("): started proxying to ");
    if is_proxied || matches!(message, "Login" | "Logged in") {
        let mut event = event(Action::Login, Outcome::Success);
        event.user_exists = Some(true);
        event.teller = Teller::Accepted;
        return Some(event);
    }
    if message.starts_with("proxy(") {
        let mut event = event(Action::SessionClose, Outcome::Unknown);
        event.teller = Teller::Closed;
        return message.contains("): disconnect").then_some(event);
    }
    if !ENDS.iter().any(|start| message.starts_with(start)) {
        return None;
    }
    let mut remarks = message;
    while let Some((_, rest)) = split_word(remarks, " (") {
        if let Some(event) = remark(message, rest, is_handshaking) {
            return Some(event);
        }
        remarks = rest;
    }
    Some(closed(Weight::None))
}

/// Whether a connection that ended before a login is evidence of an attempt.
#[derive(Clone, Copy, PartialEq)]
enum Weight {
    None,
    Attempt,
}

fn closed<'a>(weight: Weight) -> Event<'a> {
    let mut event = event(Action::PreauthClose, Outcome::Failure);
    event.teller = Teller::Closed;
    if weight == Weight::Attempt {
        return event.suspect(Reason::PreauthClose, 1, Teller::Closed);
    }
    event
}

/// Reads a remark in brackets, `auth failed, 3 attempts in 16 secs`; `client_get_extra_disconnect_reason`.
fn remark<'a>(message: &str, text: &str, is_handshaking: bool) -> Option<Event<'a>> {
    let begins = |starts: &[&str]| starts.iter().any(|start| text.starts_with(start));
    if begins(&["auth failed", "proxy dest auth"]) {
        return Some(failure(
            Reason::FailedPassword,
            attempts(text),
            Teller::Closed,
        ));
    }
    if begins(&["tried to use "]) {
        // The secret came over a line that anybody can listen to, or by a mechanism that isn't offered.
        return Some(failure(Reason::FailedMethod, 1, Teller::Closed));
    }
    if begins(&["user disabled", "password expired", "authorization failed"]) {
        return Some(failure(
            Reason::UserNotAllowed,
            attempts(text),
            Teller::Closed,
        ));
    }
    if begins(&[
        "client didn't finish SASL auth",
        "disconnected while authenticating",
        "disconnected while finishing login",
        "aborted authentication",
        "auth aborted by client",
    ]) {
        return Some(closed(Weight::Attempt));
    }
    if !begins(&["no auth attempts"]) {
        return None;
    }
    if message.contains("Too many invalid ") || message.contains("Too many bad ") {
        let event = event(Action::Probe, Outcome::Failure);
        return Some(event.suspect(Reason::BadProtocol, 1, Teller::Protocol));
    }
    // Monitors log out or say nothing, and mail programs that don't like a certificate hang up.
    let is_weak = is_handshaking
        || ["Inactivity", "ogged out", "logging out", "SSL", "TLS"]
            .iter()
            .any(|word| message.contains(word));
    Some(closed(if is_weak {
        Weight::None
    } else {
        Weight::Attempt
    }))
}

/// Reads `, 3 attempts`.
fn attempts(text: &str) -> u32 {
    let count = text.split_once(')').map_or(text, |(inner, _)| inner);
    let count = split_word(count, ", ").and_then(|(_, rest)| {
        let (count, _) = rest.split_once(" attempts")?;
        digits(count.as_bytes())
    });
    count.unwrap_or(1).max(1)
}

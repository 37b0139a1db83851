//! The authentication process: `auth: DRIVER(NAME,ADDRESS,<SESSION>): TEXT`; 2.4 writes
//! `auth(NAME,ADDRESS,sasl:MECHANISM)<SESSION>: DRIVER: TEXT`.

use std::net::IpAddr;

use rapsheet_schema::{Event, Reason, Teller, parse_address};

use super::{NO_ADDRESS, bare, failure, session_name};
use crate::format::sasl;
use crate::line::Reading;
use crate::text::{digits, find_word, split_word};

/// How many brackets are looked at in one line. Dovecot cuts names at 64 bytes; more brackets than that are an attack.
const MAX_PLACES: usize = 32;

/// Reads what follows `auth` or `auth-worker`.
pub(super) fn read(rest: &str) -> Reading<'_> {
    let text = behind_service(rest);
    match request(text) {
        Some(Found::One(event)) => Reading::Event(event),
        Some(Found::Several) => NO_ADDRESS,
        None if is_strange(text) => Reading::Unknown,
        None => NO_ADDRESS,
    }
}

/// Tells a failure behind a request that we can't read. A request without a comma is the server's own: it has no address.
fn is_strange(text: &str) -> bool {
    text.rsplit_once("): ")
        .is_some_and(|(request, text)| request.contains(',') && failed(text, false).is_some())
}

/// Takes `: `, `(PID): ` and what a worker says of its connection off. The brackets of 2.4 stay: they hold the request.
fn behind_service(rest: &str) -> &str {
    let after = match rest
        .strip_prefix('(')
        .and_then(|rest| split_word(rest, ")"))
    {
        Some((pid, after)) if digits::<u32>(pid.as_bytes()).is_some() || pid == "default" => after,
        _ => rest,
    };
    let Some(text) = after.strip_prefix(": ") else {
        return rest;
    };
    let text = bare(text);
    // `conn unix:auth-worker (pid=1,uid=97): auth-worker<7>: `
    let Some((_, behind)) = text
        .strip_prefix("conn ")
        .and_then(|text| split_word(text, "): auth"))
    else {
        return text;
    };
    match behind.split_once(">: ") {
        Some((number, behind)) if !number.contains([' ', '(']) => behind,
        _ => text,
    }
}

/// The places of a line at which a request's address may stand.
enum Found<'a> {
    One(Event<'a>),
    /// Places that disagree: a name or a password was made to look like one.
    Several,
}

/// Finds the address: it stands before a bracket that a known text follows to the end of the line.
fn request(text: &str) -> Option<Found<'_>> {
    let open = text.find('(')?;
    if !text.as_bytes()[..open]
        .iter()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
    {
        return None;
    }
    let mut found: Option<Event<'_>> = None;
    let closes = memchr::memchr_iter(b')', text.as_bytes()).skip_while(|at| *at < open);
    for (count, close) in closes.enumerate() {
        if count >= MAX_PLACES {
            return Some(Found::Several);
        }
        let Some(event) = place(&text[open + 1..close], &text[close + 1..]) else {
            continue;
        };
        match &found {
            Some(other) if other.source_ip != event.source_ip || other.session != event.session => {
                return Some(Found::Several);
            }
            Some(_) => {}
            None => found = Some(event),
        }
    }
    found.map(Found::One)
}

/// Reads `NAME,ADDRESS[,…]` before a bracket, and what follows the bracket.
fn place<'a>(inner: &'a str, after: &'a str) -> Option<Event<'a>> {
    let (user, source_ip, mut session, method) = who(inner)?;
    let (after, is_new) = if let Some(after) = after.strip_prefix('<') {
        let (first, mut after) = after.split_once('>')?;
        let mut name = digits::<u32>(first.as_bytes()).is_none().then_some(first);
        if let Some(second) = after.strip_prefix('<') {
            let (second, behind) = second.split_once('>')?;
            (name, after) = (Some(second), behind);
        }
        session = name.and_then(session_name);
        (after, true)
    } else {
        (after, method.is_some())
    };
    let mut text = after.strip_prefix(": ")?;
    if let Some(rest) = text.strip_prefix("request [") {
        let (number, rest) = rest.split_once("]: ")?;
        digits::<u32>(number.as_bytes())?;
        text = rest;
    }
    let mut event = failed(bare(text), is_new)?;
    event.source_ip = Some(source_ip);
    event.session = session;
    event.user_name = event.user_name.or(Some(user).filter(|user| *user != "?"));
    if method.is_some() {
        event.openssh_auth_method = method;
    }
    Some(event)
}

type Who<'a> = (&'a str, IpAddr, Option<&'a str>, Option<&'static str>);

/// Reads `NAME,ADDRESS`, `NAME,ADDRESS,<SESSION>` and `NAME,ADDRESS,sasl:MECHANISM[,master]` from the end.
fn who(inner: &str) -> Option<Who<'_>> {
    let inner = inner.strip_suffix(",master").unwrap_or(inner);
    let (mut rest, last) = inner.rsplit_once(',')?;
    let (mut session, mut method) = (None, None);
    let mut address = last;
    if let Some(name) = last.strip_prefix('<') {
        session = session_name(name.strip_suffix('>')?);
        (rest, address) = rest.rsplit_once(',')?;
    } else if let Some(name) = last.strip_prefix("sasl:") {
        method = sasl::mechanism(name);
        (rest, address) = rest.rsplit_once(',')?;
    } else if last.is_empty() {
        (rest, address) = rest.rsplit_once(',')?;
    }
    Some((rest, parse_address(address)?, session, method))
}

/// Reads what a password database says of a request: an event, if the login failed.
fn failed(text: &str, is_new: bool) -> Option<Event<'_>> {
    let text = match text.split_once(": ") {
        // The driver, or the name that the configuration gives it.
        Some((driver, text)) if is_new && !driver.contains([' ', '(']) => text,
        _ => text,
    };
    let text = text.trim_end();
    if let Some(rest) = text.strip_prefix("pam_authenticate() failed: ") {
        let mut event = failure(Reason::FailedPam, 1, Teller::SshdPam);
        event.openssh_auth_method = Some("pam");
        return is_pam_text(rest).then_some(event);
    }
    if let Some(rest) = text.strip_prefix("pam_acct_mgmt() failed: ") {
        let mut event = failure(Reason::UserNotAllowed, 1, Teller::NotAllowed);
        event.user_exists = Some(true);
        return is_pam_text(rest).then_some(event);
    }
    if let Some(rest) =
        text.strip_prefix("Username character disallowed by auth_username_chars: 0x")
    {
        let (_, user) = rest.strip_suffix(')')?.split_once(" (username: ")?;
        let mut event = failure(Reason::InvalidUser, 1, Teller::InvalidUser);
        event.user_name = Some(user);
        event.user_exists = Some(false);
        return Some(event);
    }
    match without_password(text) {
        "unknown user" | "Unknown user" => {
            let mut event = failure(Reason::InvalidUser, 1, Teller::InvalidUser);
            event.user_exists = Some(false);
            Some(event)
        }
        "Password mismatch"
        | "password mismatch"
        | "Password mismatch (for LDAP bind)"
        | "Invalid credentials"
        | "invalid credentials"
        | "Invalid credentials (for LDAP bind)" => {
            let mut event = failure(Reason::FailedPassword, 1, Teller::Failed);
            event.user_exists = Some(true);
            Some(event)
        }
        "allow_nets check failed: IP not in allowed networks" => {
            Some(failure(Reason::RefusedAddress, 1, Teller::NotAllowed))
        }
        _ => None,
    }
}

/// Takes ` (given password: TEXT)` and ` (SHA1 of given password: TEXT)` off: with `auth_verbose_passwords`, the client's
/// text stands there to the end of the line.
fn without_password(text: &str) -> &str {
    if !text.ends_with(')') {
        return text;
    }
    let at = find_word(text, " (given password: ")
        .or_else(|| find_word(text, " (SHA1 of given password: "))
        .or_else(|| find_word(text, " (SHA512 of given password: "));
    at.map_or(text, |at| &text[..at])
}

/// Tells the texts of libpam (`pam_strerror`), and what Dovecot adds: letters to the end, or to a bracket.
fn is_pam_text(text: &str) -> bool {
    let text = without_password(text);
    let text = text.split_once(": ").map_or(text, |(text, count)| {
        let is_count = count
            .strip_suffix(" Time(s)")
            .is_some_and(|count| digits::<u32>(count.as_bytes()).is_some());
        if is_count { text } else { "" }
    });
    let text = text
        .strip_suffix(" (password mismatch?)")
        .or_else(|| text.strip_suffix(" (Password mismatch?)"))
        .unwrap_or(text);
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'-' | b'\'' | b'.'))
}

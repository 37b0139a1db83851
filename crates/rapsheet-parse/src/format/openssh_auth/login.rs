//! Logins that were tried: `Failed …`, `Accepted …`, `Invalid user …`, `User … not allowed …`.

use rapsheet_schema::{Action, Event, Outcome, Reason, Teller};

use super::peer::{self, Host, MAX_PLACES};
use super::{event, no_address};
use crate::line::Reading;
use crate::text::{rsplit_word, split_blank};

/// What sshd writes where it doesn't know the address of its peer.
pub(super) const UNKNOWN: &str = "UNKNOWN";

/// `Failed METHOD for [invalid user ]NAME from ADDRESS port N ssh2[: TEXT]`, `Accepted …`; `auth_log` in `auth.c`.
pub(super) fn method(accepted: bool, rest: &str) -> Option<Reading<'_>> {
    let (method, rest) = split_blank(rest)?;
    let rest = rest.strip_prefix("for ")?;
    // PAM's google_authenticator takes a code: the login is told in sshd's own words.
    if method == "google_authenticator" {
        return no_address();
    }
    // `Accepted certificate ID "…" …` holds what a client wrote: a method is one word.
    if !is_method(method) {
        return None;
    }
    let (invalid, rest) = strip_invalid(rest);
    let (user, host) = user_and_host(method, rest)?;
    let mut event = if accepted {
        let mut event = event(Action::Login, Outcome::Success);
        event.teller = Teller::Accepted;
        event
    } else {
        failed(method, invalid)
    };
    host.put(&mut event);
    if accepted && event.source_ip.is_none() && event.source_domain.is_none() {
        // Somebody is in, from wherever: the line must not pass for one that tells of nobody.
        event.source_domain = Some(UNKNOWN);
    }
    event.user_name = user.filter(|user| *user != "<invalid username>");
    event.user_exists = Some(!invalid && user != Some("<invalid username>"));
    event.openssh_auth_method = Some(method);
    if accepted && method.starts_with("publickey") && event.source_ip.is_some() {
        event.openssh_auth_key = fingerprint(rest);
    }
    Some(Reading::Event(event))
}

/// The fingerprint in `… ssh2: TYPE FINGERPRINT`, and in a certificate's `… ssh2: TYPE[ FINGERPRINT] ID NAME (serial N) CA TYPE
/// FINGERPRINT`. Whoever is in has an account or a certificate that the server trusts, so the text is no stranger's.
fn fingerprint(rest: &str) -> Option<&str> {
    let (_, text) = rsplit_word(rest, " ssh2: ")?;
    let mut words = text.split(' ').filter(|word| !word.is_empty());
    words.next()?;
    let first = words.next()?;
    [Some(first), words.next_back()]
        .into_iter()
        .flatten()
        .find(|word| is_fingerprint(word))
}

/// `SHA256:…`, `MD5:…`, and the pairs of digits that versions before 6.8 write.
fn is_fingerprint(word: &str) -> bool {
    const PAIRS: usize = 16;
    word.starts_with("SHA256:")
        || word.starts_with("MD5:")
        || word.starts_with("SHA512:")
        || word.len() == 3 * PAIRS - 1
            && word
                .split(':')
                .all(|pair| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

pub(super) fn failed<'a>(method: &str, invalid: bool) -> Event<'a> {
    let failed = event(Action::Login, Outcome::Failure);
    match method {
        // Every client asks `none` for the list of methods. sshd has told of the invalid user before it.
        "none" if invalid => failed.suspect(Reason::InvalidUser, 0, Teller::Failed),
        "publickey" if invalid => failed.suspect(Reason::FailedPublickey, 1, Teller::Failed),
        // A client offers its keys one after the other: that one of them fits no user's list means nothing.
        "none" | "publickey" => {
            let mut failed = failed;
            failed.teller = Teller::Failed;
            failed
        }
        "password" => failed.suspect(Reason::FailedPassword, 1, Teller::Failed),
        _ => failed.suspect(Reason::FailedMethod, 1, Teller::Failed),
    }
}

/// Takes `invalid user ` off; versions before 4 say `illegal user `.
pub(super) fn strip_invalid(rest: &str) -> (bool, &str) {
    match rest
        .strip_prefix("invalid user ")
        .or_else(|| rest.strip_prefix("illegal user "))
    {
        Some(rest) => (true, rest),
        None => (false, rest),
    }
}

fn is_method(word: &str) -> bool {
    !word.is_empty()
        && word.len() <= 64
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_/.@".contains(&b))
}

/// Finds the address in `NAME from ADDRESS port N ssh2[: TEXT]`.
///
/// The name is the client's, and so may be the text (a certificate's ID, a host-based client's user). What fits the
/// grammar of the method counts; if it fits in two places, nothing does.
pub(super) fn user_and_host<'a>(
    method: &str,
    rest: &'a str,
) -> Option<(Option<&'a str>, Host<'a>)> {
    let mut fitting: Option<(&'a str, Host<'a>)> = None;
    let mut loose: Option<(&'a str, Host<'a>)> = None;
    let (mut places, mut ambiguous) = (0, false);
    for at in peer::rfind_iter(rest.as_bytes(), b" from ") {
        places += 1;
        if places > MAX_PLACES {
            ambiguous = true;
            break;
        }
        let Some((host, tail)) = peer::at_start(&rest[at + 6..]) else {
            continue;
        };
        if host.port.is_none() {
            continue;
        }
        let found = (&rest[..at], host);
        let version1 = tail.starts_with(" ssh1");
        let text = tail
            .strip_prefix(" ssh2")
            .or_else(|| tail.strip_prefix(" ssh1"))
            .or_else(|| tail.strip_prefix("  ssh2"))
            .unwrap_or(tail);
        if text.trim_end().is_empty() && has_no_text(method) && !version1 {
            // Nothing ever follows these methods: the end of the line is sshd's.
            return Some((Some(found.0), host));
        }
        if is_text_of(method, version1, text) {
            ambiguous |= fitting.replace(found).is_some();
        } else {
            ambiguous |= loose.replace(found).is_some() && fitting.is_none();
        }
    }
    if let Some((user, host)) = fitting.filter(|_| !ambiguous) {
        return Some((Some(user), host));
    }
    match (fitting, loose) {
        (None, Some((user, host))) if !ambiguous => Some((Some(user), host)),
        (None, None) => without_port(rest),
        _ => Some((None, Host::default())),
    }
}

/// Methods behind whose address sshd writes no text.
fn has_no_text(method: &str) -> bool {
    method == "password"
        || matches!(
            method.split('/').next(),
            Some("password" | "none" | "keyboard-interactive" | "unknown")
        )
}

/// Tells whether a text can stand behind the address: nothing, a key (`: RSA SHA256:…`), a certificate, a host-based
/// client, a Kerberos principal, version 1's `: ruser …`.
fn is_text_of(method: &str, version1: bool, text: &str) -> bool {
    let text = text.trim_end();
    if text.is_empty() {
        return true;
    }
    let Some(text) = text.strip_prefix(": ") else {
        return false;
    };
    if version1 {
        return text.starts_with("ruser ") || !text.contains(' ');
    }
    let is_key = |text: &str| text.split(' ').count() == 2 && !text.contains('"');
    match method {
        "hostbased" => {
            text.ends_with('"')
                && memchr::memmem::find(text.as_bytes(), b", client user \"")
                    .is_some_and(|end| is_key(&text[..end]) || text[..end].contains(" ID "))
        }
        _ if has_no_text(method) => false,
        "publickey" => {
            is_key(text)
                || (text.contains(" ID ") && text.contains(" (serial ") && text.contains(") CA "))
                // A security key's counter and flags may follow.
                || text.split(' ').count() <= 4 && !text.contains(" port ")
        }
        _ => !text.contains(' '),
    }
}

/// Versions and patches that leave the port out: `NAME from ADDRESS`, at the end of the line.
fn without_port(rest: &str) -> Option<(Option<&str>, Host<'_>)> {
    let rest = rest
        .strip_suffix(" ssh2")
        .or_else(|| rest.strip_suffix(" ssh1"))
        .unwrap_or(rest);
    let (user, host) = peer::behind_last(rest, " from ")?;
    Some((Some(user), host))
}

/// `Invalid user NAME from ADDRESS[ port N]`: nothing follows the address.
pub(super) fn invalid_user(rest: &str) -> Option<Reading<'_>> {
    let rest = rest.strip_prefix("user ")?;
    let (user, host) = peer::behind_last(rest, " from ").or_else(|| {
        // An empty name may lose its blank on the way.
        peer::whole(rest.strip_prefix("from ")?).map(|host| ("", host))
    })?;
    let mut event =
        event(Action::Login, Outcome::Failure).suspect(Reason::InvalidUser, 1, Teller::InvalidUser);
    host.put(&mut event);
    event.user_name = Some(user);
    event.user_exists = Some(false);
    Some(Reading::Event(event))
}

/// `User NAME from ADDRESS not allowed because REASON`, `User NAME not allowed because account is locked`; and
/// `User child is on pid N`, which is nobody's.
pub(super) fn not_allowed(rest: &str) -> Option<Reading<'_>> {
    let Some((who, _)) = rsplit_word(rest, " not allowed because ") else {
        let quiet = rest.starts_with("child is on pid ") || rest.contains(" password has expired");
        return quiet.then(no_address)?;
    };
    let mut event = event(Action::Refused, Outcome::Failure).suspect(
        Reason::UserNotAllowed,
        1,
        Teller::NotAllowed,
    );
    match peer::behind_last(who, " from ") {
        Some((user, host)) => {
            host.put(&mut event);
            event.user_name = Some(user);
        }
        None => event.user_name = Some(who),
    }
    event.user_exists = Some(true);
    Some(Reading::Event(event))
}

/// `ROOT LOGIN REFUSED FROM ADDRESS[ port N]`
pub(super) fn root_refused(rest: &str) -> Option<Reading<'_>> {
    let host = peer::whole(rest.strip_prefix("LOGIN REFUSED FROM ")?)?;
    let mut event = event(Action::Refused, Outcome::Failure).suspect(
        Reason::RootRefused,
        1,
        Teller::NotAllowed,
    );
    host.put(&mut event);
    event.user_name = Some("root");
    event.user_exists = Some(true);
    Some(Reading::Event(event))
}

/// `maximum authentication attempts exceeded for [invalid user ]NAME from ADDRESS port N ssh2`
pub(super) fn too_many(rest: &str) -> Option<Reading<'_>> {
    let rest = rest.strip_prefix("authentication attempts exceeded for ")?;
    let (invalid, rest) = strip_invalid(rest);
    let (user, host) = user_and_host("password", rest)?;
    let mut event = event(Action::Refused, Outcome::Failure).suspect(
        Reason::TooManyFailures,
        1,
        Teller::TooManyFailures,
    );
    host.put(&mut event);
    event.user_name = user;
    event.user_exists = Some(!invalid);
    Some(Reading::Event(event))
}

/// `Access denied for user NAME by PAM account configuration`: the address stands on another line.
pub(super) fn access_denied(rest: &str) -> Option<Reading<'_>> {
    let rest = rest.strip_prefix("denied for user ")?;
    let (user, _) = rest.rsplit_once(" by PAM account configuration")?;
    let mut event = event(Action::Refused, Outcome::Failure).suspect(
        Reason::UserNotAllowed,
        1,
        Teller::NotAllowed,
    );
    event.user_name = Some(user);
    event.user_exists = Some(true);
    Some(Reading::Event(event))
}

/// `Authentication tried for NAME with correct key but not from a permitted host (host=NAME, ip=ADDRESS)`.
pub(super) fn wrong_host(rest: &str) -> Option<Reading<'_>> {
    let rest = rest.strip_prefix("tried for ")?;
    let (user, place) =
        rest.split_once(" with correct key but not from a permitted host (host=")?;
    let (_, place) = place.rsplit_once(", ip=")?;
    let end = place.find([',', ')', ' ']).unwrap_or(place.len());
    let host = peer::host(&place[..end])?;
    let mut event = event(Action::Refused, Outcome::Failure).suspect(
        Reason::RefusedAddress,
        1,
        Teller::NotAllowed,
    );
    host.put(&mut event);
    event.user_name = Some(user);
    event.user_exists = Some(true);
    event.openssh_auth_method = Some("publickey");
    Some(Reading::Event(event))
}

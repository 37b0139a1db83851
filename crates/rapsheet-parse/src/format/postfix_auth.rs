//! What Postfix' SMTP servers say of logins: SASL failures, mail of somebody who is logged in, and how connections end.
//!
//! Postfix 2 to 3.11, whatever `syslog_name` is in front (`postfix/smtpd`, `postfix/submission/smtpd`,
//! `postfix-incoming/smtpd`). The messages stand in <https://github.com/vdukhovni/postfix>: `src/smtpd/smtpd.c`,
//! `smtpd_sasl_glue.c`, `smtpd_sasl_proto.c`.
//!
//! ```text
//! warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=info
//! ```
//!
//! Who connects chooses the commands, the mechanism's name, the user and the HELO, and whoever owns an address chooses its
//! host name, in which Postfix takes letters, digits, dots and dashes only. The client stands in its place near the
//! beginning of each message, before everything that it wrote: no address is searched for further on.
//!
//! A login is told when its first mail is (`client=…, sasl_username=…`). Somebody who only tries whether a password is
//! right sends none: then `disconnect from … auth=1 …` tells the login, without a name.
//!
//! # Not supported
//!
//! Lines about mail, which are understood and no events: `reject:` (relaying, block lists, HELO, recipients), `milter-reject:`,
//! `lost connection after` and `too many errors after` anything but `AUTH`, and all that `cleanup`, `qmgr`, `smtp`,
//! `postscreen` and the other programs write. Whoever sends spam doesn't try to get in. A connection that closes without an
//! `AUTH` is another mail server's as a rule, so it is no event either. Postfix tells no port unless
//! `smtpd_client_port_logging` is on, and never whether it has a user.

mod client;

use rapsheet_schema::{Action, Dataset, Event, Outcome, Reason, Teller};

use super::{sasl, syslog};
use crate::line::{Reading, Understood};
use crate::text::{digits, split_blank, split_word};
use client::{Client, at_start};

/// Reads a message of Postfix; `None` where the program is none of its.
pub(crate) fn parse<'a>(program: &str, message: &'a str) -> Option<Reading<'a>> {
    if !program.starts_with("postfix") || !program.contains('/') {
        return None;
    }
    if !program.ends_with("/smtpd") {
        // Its other programs know nothing of logins.
        return Some(NO_ADDRESS);
    }
    Some(syslog::counted(message, read))
}

/// The reading of a known line that tells of nobody.
const NO_ADDRESS: Reading<'static> = Reading::Understood(Understood::NoAddress);

fn read(text: &str) -> Reading<'_> {
    let Some((word, rest)) = split_blank(text) else {
        return if text.is_empty() {
            Reading::Understood(Understood::Filler)
        } else {
            Reading::Unknown
        };
    };
    let found = match word {
        "warning:" => Some(warning(rest)),
        "connect" => rest.strip_prefix("from ").and_then(connected),
        "disconnect" => rest.strip_prefix("from ").and_then(disconnected),
        _ if is_queue(word) => Some(queued(rest)),
        _ => after_auth(text),
    };
    found.unwrap_or_else(|| {
        if QUIET.iter().any(|start| text.starts_with(start)) {
            NO_ADDRESS
        } else {
            Reading::Unknown
        }
    })
}

/// How messages begin that tell of no login.
const QUIET: [&str; 26] = [
    "Anonymous TLS connection established from ",
    "SSL3 alert ",
    "SSL_accept",
    "SSL_read",
    "SSL_shutdown",
    "SSL_write",
    "Trusted TLS connection established from ",
    "Untrusted TLS connection established from ",
    "Verified TLS connection established from ",
    "connection closed",
    "connection established",
    "discarding EHLO keywords",
    "error: ",
    "fatal: ",
    "improper command pipelining after ",
    "info: ",
    "initializing the server-side TLS engine",
    "looking for session ",
    "lost connection after ",
    "panic: ",
    "setting up TLS connection from ",
    "statistics: ",
    "table ",
    "timeout after ",
    "too many errors after ",
    "using backwards-compatible default setting ",
];

/// Tells `NOQUEUE:` and the queue's name of a mail.
fn is_queue(word: &str) -> bool {
    word.strip_suffix(':').is_some_and(|name| {
        !name.is_empty() && name.len() <= 24 && name.bytes().all(|b| b.is_ascii_alphanumeric())
    }) && !matches!(
        word,
        "error:" | "fatal:" | "panic:" | "info:" | "statistics:"
    )
}

/// `client=NAME[ADDRESS], sasl_method=MECHANISM, sasl_username=NAME[, sasl_sender=TEXT]`; other lines of a mail are nobody's
/// login.
fn queued(rest: &str) -> Reading<'_> {
    let Some((client, rest)) = rest.strip_prefix("client=").and_then(at_start) else {
        return NO_ADDRESS;
    };
    let Some(rest) = rest.strip_prefix(", sasl_method=") else {
        return NO_ADDRESS;
    };
    let (method, rest) = rest.split_once(',').unwrap_or((rest, ""));
    let mut event = logged_in(client);
    event.openssh_auth_method = sasl::mechanism(method);
    event.user_name = rest.strip_prefix(" sasl_username=").map(|user| {
        split_word(user, ", sasl_sender=")
            .or_else(|| split_word(user, ", orig_queue_id="))
            .or_else(|| split_word(user, ", orig_client="))
            .map_or(user, |(user, _)| user)
    });
    Reading::Event(event)
}

fn logged_in<'a>(client: Client) -> Event<'a> {
    let mut event = event(Action::Login, Outcome::Success);
    event.teller = Teller::Accepted;
    event.user_exists = Some(true);
    client.put(&mut event);
    event
}

/// `NAME[ADDRESS]: SASL MECHANISM authentication failed: TEXT[, sasl_username=NAME]`, and clients that don't speak SMTP or
/// try too often. All other warnings tell of no login.
fn warning(rest: &str) -> Reading<'_> {
    if let Some(rest) = rest.strip_prefix("non-SMTP command from ") {
        let Some((client, _)) = at_start(rest) else {
            return Reading::Unknown;
        };
        return suspect(
            client,
            Action::Probe,
            Reason::BadProtocol,
            1,
            Teller::Protocol,
        );
    }
    if let Some(rest) = rest.strip_prefix("AUTH command rate limit exceeded: ") {
        let client = split_word(rest, " from ")
            .filter(|(count, _)| digits::<u32>(count.as_bytes()).is_some())
            .and_then(|(_, rest)| at_start(rest));
        return match client {
            Some((client, _)) => suspect(
                client,
                Action::Refused,
                Reason::Penalty,
                1,
                Teller::NotAllowed,
            ),
            None => Reading::Unknown,
        };
    }
    match at_start(rest).and_then(|(client, rest)| Some((client, rest.strip_prefix(": SASL ")?))) {
        Some((client, rest)) => sasl_failure(client, rest),
        None => NO_ADDRESS,
    }
}

/// `MECHANISM authentication failed: TEXT[, sasl_username=NAME]`, `MECHANISM authentication aborted`.
fn sasl_failure(client: Client, rest: &str) -> Reading<'_> {
    let Some((method, rest)) = split_word(rest, " authentication ") else {
        return Reading::Unknown;
    };
    let method = sasl::mechanism(method);
    let Some(text) = rest.strip_prefix("failed: ") else {
        let mut reading = suspect(
            client,
            Action::PreauthClose,
            Reason::PreauthClose,
            1,
            Teller::Closed,
        );
        if let Reading::Event(event) = &mut reading {
            event.openssh_auth_method = method;
        }
        return reading;
    };
    let (text, user) = match split_word(text, ", sasl_username=") {
        Some((text, user)) => (text, Some(user).filter(|user| *user != "(unavailable)")),
        None => (text, None),
    };
    if text.starts_with("Connection lost to authentication server")
        || text.starts_with("Temporary authentication failure")
    {
        // The server's own fault.
        return NO_ADDRESS;
    }
    let mut event = event(Action::Login, Outcome::Failure);
    event.teller = Teller::Failed;
    if !text.starts_with("Invalid authentication mechanism") {
        event = event.suspect(Reason::FailedPassword, 1, Teller::Failed);
    }
    client.put(&mut event);
    event.openssh_auth_method = method;
    event.user_name = user;
    Reading::Event(event)
}

fn connected(rest: &str) -> Option<Reading<'_>> {
    let (client, _) = at_start(rest)?;
    Some(match client.ip {
        Some(ip) => Reading::Understood(Understood::Connection(ip, client.port)),
        None => NO_ADDRESS,
    })
}

/// `disconnect from NAME[ADDRESS] ehlo=1 auth=0/1 quit=1 commands=2/3`: of two numbers the first are those that worked.
fn disconnected(rest: &str) -> Option<Reading<'_>> {
    let (client, rest) = at_start(rest)?;
    if !(rest.is_empty() || rest.starts_with(' ')) {
        return None;
    }
    let counts = |command: &str| {
        rest.split(' ')
            .find_map(|word| word.strip_prefix(command)?.strip_prefix('='))
            .and_then(|counts| {
                let (good, all) = counts.split_once('/').unwrap_or((counts, counts));
                Some((
                    digits::<u32>(good.as_bytes())?,
                    digits::<u32>(all.as_bytes())?,
                ))
            })
            .unwrap_or((0, 0))
    };
    let (good, all) = counts("auth");
    if all == 0 {
        return Some(NO_ADDRESS);
    }
    if good == 0 {
        return Some(suspect(
            client,
            Action::Login,
            Reason::FailedPassword,
            all,
            Teller::ReceivedDisconnect,
        ));
    }
    let (recipients, _) = counts("rcpt");
    if recipients == 0 {
        // No mail was begun, so no line has told of this login.
        return Some(Reading::Event(logged_in(client)));
    }
    let mut event = event(Action::SessionClose, Outcome::Unknown);
    event.teller = Teller::ReceivedDisconnect;
    client.put(&mut event);
    Some(Reading::Event(event))
}

/// What may happen after `AUTH`, and what it says.
const AFTER_AUTH: [(&str, Action, Reason, Teller); 4] = [
    (
        "lost connection after AUTH ",
        Action::PreauthClose,
        Reason::PreauthClose,
        Teller::Closed,
    ),
    (
        "timeout after AUTH ",
        Action::PreauthClose,
        Reason::LoginTimeout,
        Teller::Closed,
    ),
    (
        "too many errors after AUTH ",
        Action::Refused,
        Reason::TooManyFailures,
        Teller::TooManyFailures,
    ),
    (
        "improper command pipelining after AUTH ",
        Action::Probe,
        Reason::ProtocolError,
        Teller::Protocol,
    ),
];

/// `lost connection after AUTH from NAME[ADDRESS]`; the bytes that came may stand before the client, `AUTH (7 bytes) from …`.
fn after_auth(text: &str) -> Option<Reading<'_>> {
    let (start, action, reason, teller) = AFTER_AUTH
        .into_iter()
        .find(|(start, ..)| text.starts_with(start))?;
    let rest = &text[start.len()..];
    let rest = match rest.strip_prefix('(') {
        Some(bytes) => split_word(bytes, ") ")?.1,
        None => rest,
    };
    let (client, _) = at_start(rest.strip_prefix("from ")?)?;
    Some(suspect(client, action, reason, 1, teller))
}

/// Starts an event of this dataset.
fn event<'a>(action: Action, outcome: Outcome) -> Event<'a> {
    Event::new(Dataset::PostfixAuth, action, outcome)
}

/// Evidence against a client.
fn suspect<'a>(
    client: Client,
    action: Action,
    reason: Reason,
    attempts: u32,
    teller: Teller,
) -> Reading<'a> {
    let mut event = event(action, Outcome::Failure).suspect(reason, attempts, teller);
    client.put(&mut event);
    Reading::Event(event)
}

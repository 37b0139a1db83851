//! What Dovecot's login processes and its authentication process write, behind syslog or in Dovecot's own log file.
//!
//! Dovecot 2.0 to 2.4. The messages stand in <https://github.com/dovecot/core>: `src/login-common/client-common.c` (the
//! elements `user=<…>, method=…, rip=…` and how a login ended), `src/login-common/sasl-server.c`,
//! `src/auth/auth-request.c` and `src/auth/passdb-*.c`; PAM's in <https://github.com/linux-pam/linux-pam>
//! (`modules/pam_unix/support.c`).
//!
//! ```text
//! imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<info>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1, session=<fz2BwdpbqNg7mREh>
//! ```
//!
//! User names are chosen by whoever connects, and nothing in them is quoted: `user=<x>, rip=198.51.100.7, …>`. What
//! stands behind the last `rip=` is Dovecot's own; in lines of the authentication process, what a client writes
//! stands before the address, or in brackets to the end of the line. A line that can be read in two ways has no address.
//!
//! # Not supported
//!
//! A `login_log_format_elements` in which anything but `method=` stands between `user=<…>` and `rip=`: such a line is
//! unknown. Lines of several password databases about one attempt: each kind of line is counted by itself, so two
//! databases that both say `unknown user` tell of two attempts. Heads of daemontools (`@400000004c91b044077a9e94`).

mod auth;
mod login;
mod pam;

use rapsheet_schema::{Action, Dataset, Event, Outcome, Reason, Teller};

use super::syslog;
use crate::line::{Reading, Understood};
use crate::text::{digits, split_word};

/// The services that write to Dovecot's log, without the login processes, whose names end in `-login`.
const SERVICES: [&str; 29] = [
    "anvil",
    "auth",
    "auth-worker",
    "config",
    "dict",
    "dict-async",
    "director",
    "dns-client",
    "doveadm",
    "dsync",
    "fts",
    "health-check",
    "imap",
    "imap-hibernate",
    "imap-urlauth",
    "indexer",
    "indexer-worker",
    "lda",
    "lmtp",
    "log",
    "managesieve",
    "master",
    "old-stats",
    "pop3",
    "quota-status",
    "replicator",
    "ssl-params",
    "stats",
    "submission",
];

const LEVELS: [&str; 6] = [
    "Info: ",
    "Warning: ",
    "Error: ",
    "Fatal: ",
    "Panic: ",
    "Debug: ",
];

/// Reads a message of Dovecot, or of PAM in its name; `None` where the program is neither.
pub(crate) fn parse<'a>(program: &'a str, message: &'a str) -> Option<Reading<'a>> {
    match program {
        "dovecot" => Some(syslog::counted(message, read)),
        "auth" | "auth-worker" | "dovecot-auth" if pam::is_ours(message) => {
            Some(syslog::counted(message, read))
        }
        _ => None,
    }
}

/// Tells a line of Dovecot's own log file behind its time: `imap-login: Info: …`, `auth(NAME,…)<…>: …`. It names neither
/// host nor program, and what stands in the brackets may be a client's name.
pub(super) fn is_own_line(text: &str) -> bool {
    let (service, rest) = service(text);
    match rest.as_bytes().first() {
        Some(b'(') => is_service(service),
        Some(b':') => {
            is_service(service)
                && rest
                    .strip_prefix(": ")
                    .is_some_and(|rest| without_level(rest).is_some())
        }
        _ => false,
    }
}

/// Splits the service's name off.
fn service(text: &str) -> (&str, &str) {
    let end = text
        .bytes()
        .position(|byte| !(byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
    text.split_at(end.unwrap_or(text.len()))
}

fn is_service(name: &str) -> bool {
    is_login(name) || SERVICES.contains(&name)
}

fn is_login(name: &str) -> bool {
    matches!(
        name,
        "imap-login"
            | "pop3-login"
            | "managesieve-login"
            | "sieve-login"
            | "submission-login"
            | "imap-urlauth-login"
    )
}

/// Takes `Info: ` and the like off.
fn without_level(text: &str) -> Option<&str> {
    LEVELS.iter().find_map(|level| text.strip_prefix(level))
}

/// Takes a level off, where one stands.
fn bare(text: &str) -> &str {
    without_level(text).unwrap_or(text)
}

fn read(text: &str) -> Reading<'_> {
    if text.is_empty() {
        return Reading::Understood(Understood::Filler);
    }
    if let Some(reading) = pam::read(text) {
        return reading;
    }
    let text = bare(text);
    let (service, rest) = service(text);
    if is_login(service) {
        return match rest.strip_prefix(": ") {
            Some(rest) => login::read(rest),
            None => Reading::Unknown,
        };
    }
    match service {
        "auth" | "auth-worker" => auth::read(rest),
        "imap" | "pop3" | "managesieve" | "submission" => {
            session_close(rest).map_or(NO_ADDRESS, Reading::Event)
        }
        // The master process of versions before 2.0 writes without a name.
        _ if SERVICES.contains(&service) || text.starts_with("Dovecot v") => NO_ADDRESS,
        _ => Reading::Unknown,
    }
}

/// The reading of a known line that tells of nobody.
const NO_ADDRESS: Reading<'static> = Reading::Understood(Understood::NoAddress);

/// `(NAME)<PID><SESSION>: Disconnected: Logged out in=…`: the address stands on the login process' line.
fn session_close(rest: &str) -> Option<Event<'_>> {
    let rest = rest.strip_prefix('(')?;
    let (user, rest) = split_word(rest, ")<")?;
    let (pid, rest) = rest.split_once("><")?;
    digits::<u32>(pid.as_bytes())?;
    let (session, rest) = rest.split_once(">: ")?;
    let is_end = ["Disconnected", "Connection closed", "Logged out"]
        .iter()
        .any(|start| bare(rest).starts_with(start));
    if !is_end {
        return None;
    }
    let mut event = event(Action::SessionClose, Outcome::Unknown);
    event.teller = Teller::Closed;
    event.user_name = Some(user);
    event.user_exists = Some(true);
    event.session = Some(session_name(session)?);
    Some(event)
}

/// Tells a session's name from other texts: base64 as a rule, and whatever a trusted proxy passes on.
fn session_name(text: &str) -> Option<&str> {
    let is_name = !text.is_empty()
        && text.len() <= 128
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b','));
    is_name.then_some(text)
}

/// Starts an event of this dataset.
fn event<'a>(action: Action, outcome: Outcome) -> Event<'a> {
    Event::new(Dataset::DovecotAuth, action, outcome)
}

/// A login that failed.
fn failure<'a>(reason: Reason, attempts: u32, teller: Teller) -> Event<'a> {
    let action = match reason {
        Reason::UserNotAllowed | Reason::RefusedAddress => Action::Refused,
        _ => Action::Login,
    };
    event(action, Outcome::Failure).suspect(reason, attempts, teller)
}

//! What dropbear, the small SSH server of routers and initial ramdisks, writes to syslog or, with `-E`, to standard error.
//!
//! dropbear: <https://github.com/mkj/dropbear>, `src/svr-auth.c`, `svr-authpasswd.c`, `svr-authpam.c`, `svr-authpubkey.c`,
//! `svr-main.c`, and `svr_dropbear_exit` in `svr-session.c`. Versions before 2013 begin their messages in lower case.
//!
//! ```text
//! Bad password attempt for 'root' from 192.0.2.7:51280
//! ```
//!
//! A user's name stands in a message only where the server has that user, but for versions before 2013, which name unknown
//! ones. The address stands at the end of such a message, or in angle brackets before the name: what a name holds is neither.
//!
//! # Not supported
//!
//! The names of unknown users, which dropbear doesn't write; what `-v` prints.

use std::net::IpAddr;

use rapsheet_schema::{Action, Dataset, Event, Outcome, Reason, Stamp, Teller, parse_address};

use crate::format::syslog;
use crate::line::{Head, Reading, Understood};
use crate::text::{digits, find_word, rsplit_word, split_word, trim};

/// Tells whether a program's name is dropbear's.
pub(crate) fn is_dropbear(program: &str) -> bool {
    program == "dropbear"
}

/// Reads a message of dropbear; `None` where the program isn't dropbear.
pub(crate) fn parse<'a>(program: &str, message: &'a str) -> Option<Reading<'a>> {
    is_dropbear(program).then(|| {
        let message = trim(message);
        let message = strip_process(message).map_or(message, |(_, _, behind)| behind);
        read(message)
    })
}

/// Takes the head of standard error off, `[1182] Mar 02 11:44:09 `, where a message that names an address follows.
pub(crate) fn open(line: &str) -> Option<(Head<'_>, &str)> {
    let (process_pid, stamp, message) = strip_process(line)?;
    let is_certain = match read(trim(message)) {
        Reading::Event(event) => event.source_ip.is_some(),
        Reading::Understood(Understood::Connection(..)) => true,
        _ => false,
    };
    let head = Head {
        stamp,
        program: Some("dropbear"),
        process_pid: Some(process_pid),
        ..Head::default()
    };
    is_certain.then_some((head, message))
}

fn strip_process(text: &str) -> Option<(u32, Stamp, &str)> {
    let (process_pid, behind) = text.strip_prefix('[')?.split_once("] ")?;
    let (stamp, message) = syslog::open_stamp(behind)?;
    Some((digits(process_pid.as_bytes())?, stamp, message))
}

fn read(text: &str) -> Reading<'_> {
    if text.is_empty() {
        return Reading::Understood(Understood::Filler);
    }
    if let Some(reading) = dispatch(text) {
        return reading;
    }
    if QUIET.iter().any(|start| strip(text, start).is_some()) {
        return Reading::Understood(Understood::NoAddress);
    }
    Reading::Unknown
}

/// How messages begin that tell of nobody.
const QUIET: &[&str] = &[
    "Running in background",
    "Not backgrounding",
    "Failed ",
    "Terminated by signal",
    "Early exit: ",
    "Premature exit",
    "Aiee, segfault!",
    "Error ",
    "Couldn't ",
    "Can't ",
    "Could not ",
    "Bad buf_",
    "Generated ",
    "Deprecated ",
    "Warning: ",
    "Port forwarding ",
    "Remote port forwarding ",
    "Forward ",
    "Forwarding ",
    "Ignoring ",
    "No ",
    "Pubkey options ",
    "Bad public key options",
    "Unrecognised public key options",
    "Too many groups for user ",
    "lastlog_",
    "login_",
    "syslogin_",
    "utmp_",
    "wtmp_",
    "pam_",
    "chown(",
    "chmod(",
    "ioctl(",
    "successfully loaded and initialized pubkey plugin",
    "plugin ",
    "/",
];

/// Takes a beginning off, whose first letter may be a small one.
fn strip<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(start.len())?;
    let is_same = head
        .bytes()
        .zip(start.bytes())
        .enumerate()
        .all(|(at, (one, other))| one == other || at == 0 && one.eq_ignore_ascii_case(&other));
    is_same.then_some(rest)
}

fn dispatch(text: &str) -> Option<Reading<'_>> {
    if let Some(rest) = strip(text, "Child connection from ") {
        return match address_and_port(rest) {
            Some((ip, port)) => Some(Reading::Understood(Understood::Connection(ip, port))),
            None => Some(Reading::Understood(Understood::NoAddress)),
        };
    }
    if let Some(rest) = strip(text, "Auth succeeded with blank password for '") {
        return succeeded("none", rest);
    }
    if let Some(rest) = strip(text, "Pubkey auth succeeded for '") {
        return succeeded("publickey", rest);
    }
    for start in [
        "Password auth succeeded for '",
        "PAM password auth succeeded for '",
    ] {
        if let Some(rest) = strip(text, start) {
            return succeeded("password", rest);
        }
    }
    for start in [
        "Bad password attempt for '",
        "Bad PAM password attempt for '",
    ] {
        if let Some(rest) = strip(text, start) {
            return failed("password", Some(Reason::FailedPassword), rest);
        }
    }
    if let Some(rest) = strip(text, "Pubkey auth bad signature for '") {
        return failed("publickey", Some(Reason::FailedPublickey), rest);
    }
    // A client offers its keys one after the other.
    for start in [
        "Pubkey auth attempt with unknown algo for '",
        "Pubkey auth attempt with an unknown algo for '",
    ] {
        if let Some(rest) = strip(text, start) {
            return failed("publickey", None, rest);
        }
    }
    if let Some(rest) = strip(text, "Login attempt for nonexistent user") {
        return nonexistent(rest);
    }
    if let Some(rest) = strip(text, "Login attempt with wrong user ") {
        let (user, address) = rsplit_word(rest, " from ")?;
        let mut event = not_allowed(Reason::UserNotAllowed, Some(user));
        put(&mut event, address);
        return Some(Reading::Event(event));
    }
    if let Some(rest) = strip(text, "Exit before auth").or_else(|| strip(text, "Early exit from "))
    {
        return exit_before_auth(text, rest);
    }
    if let Some(rest) = strip(text, "Exit after auth").or_else(|| strip(text, "Exit (")) {
        return Some(exit(text, rest));
    }
    rejected(text)
}

fn event<'a>(action: Action, outcome: Outcome) -> Event<'a> {
    Event::new(Dataset::DropbearAuth, action, outcome)
}

/// `NAME'[ with TYPE key FINGERPRINT] from ADDRESS:PORT[, extra auth required]`
fn succeeded<'a>(method: &'static str, rest: &'a str) -> Option<Reading<'a>> {
    let (who, address) = rsplit_word(rest, " from ")?;
    if let Some(address) = address.strip_suffix(", extra auth required") {
        let (ip, port) = address_and_port(address)?;
        return Some(Reading::Understood(Understood::Connection(ip, port)));
    }
    let mut event = event(Action::Login, Outcome::Success);
    event.teller = Teller::Accepted;
    event.user_name = Some(name(who));
    event.user_exists = Some(true);
    event.openssh_auth_method = Some(method);
    put(&mut event, address);
    if event.source_ip.is_none() {
        // Somebody is in, from wherever: the line must not pass for one that tells of nobody.
        event.source_domain = Some("UNKNOWN");
    }
    Some(Reading::Event(event))
}

/// `NAME'[ with key FINGERPRINT] from ADDRESS:PORT`; without a reason it is no evidence.
fn failed<'a>(method: &'static str, reason: Option<Reason>, rest: &'a str) -> Option<Reading<'a>> {
    let (who, address) = rsplit_word(rest, " from ")?;
    let mut event = event(Action::Login, Outcome::Failure);
    event.teller = Teller::Failed;
    if let Some(reason) = reason {
        event = event.suspect(reason, 1, Teller::Failed);
    }
    event.user_name = Some(name(who));
    event.user_exists = Some(true);
    event.openssh_auth_method = Some(method);
    put(&mut event, address);
    Some(Reading::Event(event))
}

/// The name in front of the quote that closes it, which a key may follow.
fn name(who: &str) -> &str {
    let end = find_word(who, "' with ").unwrap_or(who.len());
    let name = &who[..end];
    name.strip_suffix('\'').unwrap_or(name)
}

/// `[ 'NAME'] from ADDRESS:PORT`
fn nonexistent(rest: &str) -> Option<Reading<'_>> {
    let (who, address) = rsplit_word(rest, " from ")?;
    let mut event =
        event(Action::Login, Outcome::Failure).suspect(Reason::InvalidUser, 1, Teller::InvalidUser);
    event.user_name = who
        .strip_prefix(" '")
        .and_then(|name| name.strip_suffix('\''));
    event.user_exists = Some(false);
    put(&mut event, address);
    Some(Reading::Event(event))
}

/// `[ from <ADDRESS:PORT>]: [(user 'NAME', N fails): ]TEXT`, or `<ADDRESS:PORT>: TEXT` of an early exit.
fn exit_before_auth<'a>(text: &'a str, rest: &'a str) -> Option<Reading<'a>> {
    let place = rest.strip_prefix(" from ").unwrap_or(rest);
    let (address, said) = bracketed(place).unwrap_or(("", place));
    let said = said.strip_prefix(": ").or_else(|| said.strip_prefix(' '))?;
    let (who, said) = match said.strip_prefix("(user '") {
        // The text behind the name is dropbear's, the name an account's.
        Some(behind) => {
            let (before, said) = rsplit_word(behind, " fails): ")?;
            (before.rsplit_once("', ").map(|(name, _)| name), said)
        }
        None => (None, said),
    };
    let reason = exit_reason(said);
    // A connection that a scanner or a monitor closes before it says anything is told as any other.
    let action = match reason {
        Reason::NoIdentification
        | Reason::BadProtocol
        | Reason::NoMatchingAlgorithm
        | Reason::ProtocolError => Action::Probe,
        _ => Action::PreauthClose,
    };
    let mut event = event(action, Outcome::Failure).suspect(reason, 1, Teller::Closed);
    event.user_name = who;
    event.user_exists = who.map(|_| true);
    put(&mut event, address);
    let is_early = strip(text, "Early").is_some();
    (!is_early || event.source_ip.is_some()).then_some(Reading::Event(event))
}

fn exit_reason(said: &str) -> Reason {
    const KNOWN: &[(&str, Reason)] = &[
        ("Max auth tries reached", Reason::TooManyFailures),
        ("Timeout before auth", Reason::LoginTimeout),
        ("Failed to get remote version", Reason::NoIdentification),
        ("Incompatible remote version", Reason::BadProtocol),
        ("Bad remote version", Reason::BadProtocol),
        ("No matching algo", Reason::NoMatchingAlgorithm),
        ("Integrity error", Reason::ProtocolError),
        ("Bad packet size", Reason::ProtocolError),
        ("Unexpected packet type", Reason::ProtocolError),
        ("String too long", Reason::ProtocolError),
        ("Bad buf_", Reason::ProtocolError),
        ("Bad kex", Reason::ProtocolError),
        ("Bad len", Reason::ProtocolError),
        ("Bad mac", Reason::ProtocolError),
        ("Attempted username with a null byte", Reason::ProtocolError),
        ("Client trying multiple usernames", Reason::ProtocolError),
        ("Unknown service in auth", Reason::ProtocolError),
    ];
    KNOWN
        .iter()
        .find(|(start, _)| strip(said, start).is_some())
        .map_or(Reason::PreauthClose, |(_, reason)| *reason)
}

/// `NAME)[ from <ADDRESS:PORT>]: TEXT`, and ` (NAME): TEXT` of older versions.
fn exit<'a>(text: &'a str, rest: &'a str) -> Reading<'a> {
    let rest = rest.strip_prefix(" (").unwrap_or(rest);
    let mut event = event(Action::SessionClose, Outcome::Unknown);
    event.teller = Teller::Closed;
    // An account's name has no bracket.
    if let Some((user, behind)) = split_word(rest, ")")
        && text.contains('(')
    {
        event.user_name = Some(user);
        event.user_exists = Some(true);
        if let Some((address, _)) = behind.strip_prefix(" from ").and_then(bracketed) {
            put(&mut event, address);
        }
    }
    Reading::Event(event)
}

/// Users that the configuration turns away: the address stands on another line of the process.
fn rejected(text: &str) -> Option<Reading<'_>> {
    if strip(text, "Root login rejected").is_some() {
        return Some(Reading::Event(not_allowed(
            Reason::RootRefused,
            Some("root"),
        )));
    }
    let user = if let Some(rest) = strip(text, "User account '") {
        rest.strip_suffix("' is locked")?
    } else if let Some(rest) = strip(text, "User '") {
        rest.strip_suffix("' has invalid shell, rejected")
            .or_else(|| rest.strip_suffix("' has blank password, rejected"))?
    } else if let Some(rest) = strip(text, "Logins are restricted to the group ") {
        let (_, user) = rest
            .strip_suffix("' is not a member")?
            .split_once(" but user '")?;
        user
    } else {
        return None;
    };
    Some(Reading::Event(not_allowed(
        Reason::UserNotAllowed,
        Some(user),
    )))
}

fn not_allowed<'a>(reason: Reason, user: Option<&'a str>) -> Event<'a> {
    let mut event = event(Action::Refused, Outcome::Failure).suspect(reason, 1, Teller::NotAllowed);
    event.user_name = user;
    event.user_exists = Some(true);
    event
}

fn put(event: &mut Event<'_>, address: &str) {
    if let Some((ip, port)) = address_and_port(address) {
        event.source_ip = Some(ip);
        event.source_port = port;
    }
}

/// Takes `<ADDRESS:PORT>` off.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('<')?.split_once('>')
}

/// Reads `ADDRESS:PORT`, of IPv6 too without brackets: a port is always there.
fn address_and_port(text: &str) -> Option<(IpAddr, Option<u16>)> {
    let (address, port) = trim(text).rsplit_once(':')?;
    let port = digits::<u16>(port.as_bytes())?;
    Some((parse_address(address)?, Some(port)))
}

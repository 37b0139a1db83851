//! What sshd, and PAM in its name, write to auth.log, secure or the journal.
//!
//! OpenSSH 4 to 10, where the work is done by `sshd`, `sshd-session` and `sshd-auth`. The messages stand in
//! <https://github.com/openssh/openssh-portable>: `auth.c`, `auth2.c`, `auth-pam.c`, `packet.c`, `kex.c`,
//! `monitor.c`, `session.c`, `sshd.c`, `sshd-session.c`, `srclimit.c`; PAM's in
//! <https://github.com/linux-pam/linux-pam> (`modules/pam_unix/support.c`); `refused connect` is libwrap's.
//!
//! ```text
//! Failed password for invalid user admin from 192.0.2.7 port 51280 ssh2
//! ```
//!
//! User names, disconnect texts, banners, host names and key comments are chosen by whoever connects. Each message is
//! read by its own grammar from the end that the client cannot write; where both a user name and a text behind the
//! address are the client's and the line can be read in two ways, the event has no address, and the reader takes the
//! one that the process is known to serve.
//!
//! # Not supported
//!
//! Messages of other SSH servers (Tectia), and what `-ddd` prints beyond the lines that tell of attempts.

mod close;
mod cut;
mod login;
mod pam;
mod peer;
mod probe;
mod quiet;

use rapsheet_schema::{Action, Dataset, Event, Outcome};

use super::syslog;
use crate::line::{Head, Reading, Understood};
use crate::text::split_blank;

/// Tells whether a program's name is one of sshd's, or of a PAM module that writes in its name.
pub(crate) fn is_sshd(program: &str) -> bool {
    matches!(
        program,
        "sshd" | "sshd-session" | "sshd-auth" | "ssh.service" | "sshd.service" | "in.sshd"
    ) || pam_module(program).is_some()
}

/// The PAM module that writes in sshd's name: `sshd(pam_unix)`.
fn pam_module(program: &str) -> Option<&str> {
    let (name, module) = program.strip_suffix(')')?.split_once('(')?;
    let is_module = module.starts_with("pam_")
        && module
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_module && is_sshd(name)).then_some(module)
}

/// Reads a message of sshd; `None` where the program isn't sshd. `line_bytes` is how long the message's line is, or 0 where
/// that says nothing.
pub(crate) fn parse<'a>(
    program: &'a str,
    head: &Head<'_>,
    message: &'a str,
    line_bytes: usize,
) -> Option<Reading<'a>> {
    if !is_sshd(program) {
        return None;
    }
    if let Some(module) = pam_module(program) {
        return Some(syslog::counted(message, |text| {
            let known = pam::module(Some(module), text);
            let known = known.unwrap_or(Reading::Understood(Understood::NoAddress));
            // Other modules put names into any place of their lines; what this one writes begins with words of its own.
            if module == "pam_unix"
                && matches!(known, Reading::Understood(_))
                && let reading @ Reading::Event(_) = read_one(text, false)
            {
                return reading;
            }
            known
        }));
    }
    if cut::may_be_cut(head, message, line_bytes) {
        return Some(read(message, true));
    }
    Some(read(message, false))
}

/// Reads a message that sshd wrote to its standard error: no head says whose it is, so it counts only where it names an
/// address, or says what no other daemon does.
pub(crate) fn parse_headless(message: &str) -> Option<Reading<'_>> {
    const QUIET: [&str; 6] = [
        "Server listening on ",
        "Received signal ",
        "Received SIGHUP",
        "Accepted key ",
        "Postponed ",
        "User child is on pid ",
    ];
    let head = Head::default();
    let reading = read(message, cut::may_be_cut(&head, message, 0));
    let is_sshds = match &reading {
        Reading::Event(event) => event.source_ip.is_some() || event.source_domain.is_some(),
        Reading::Understood(Understood::Connection(..)) => true,
        Reading::Understood(Understood::NoAddress) => {
            QUIET.iter().any(|start| message.starts_with(start))
        }
        _ => false,
    };
    is_sshds.then_some(reading)
}

/// A message of sshd without what surrounds it.
#[derive(Clone, Copy)]
struct Message<'a> {
    /// The text, without level and phase.
    text: &'a str,
    /// Whether ` [preauth]` stood behind it.
    preauth: bool,
}

/// Reads a message, also one that rsyslog counted.
fn read(message: &str, is_cut: bool) -> Reading<'_> {
    syslog::counted(message, |text| read_one(text, is_cut))
}

fn read_one(text: &str, is_cut: bool) -> Reading<'_> {
    if text.is_empty() {
        return Reading::Understood(Understood::Filler);
    }
    let (text, preauth, postauth) = if !text.ends_with(']') {
        (text, false, false)
    } else if let Some(head) = text.strip_suffix(" [preauth]") {
        (head, true, false)
    } else {
        let head = text.strip_suffix(" [postauth]");
        (head.unwrap_or(text), false, head.is_some())
    };
    let text = strip_level(text);
    if is_cut && let Some(reading) = cut::read(text) {
        return reading;
    }
    let message = Message { text, preauth };
    if let Some(reading) = dispatch(message) {
        return reading;
    }
    // Whoever is logged in makes sftp write, about files.
    if postauth || quiet::is_known(text) {
        return Reading::Understood(Understood::NoAddress);
    }
    Reading::Unknown
}

/// Takes `error: ` and `fatal: ` off, and what FreeBSD puts before the names of functions.
fn strip_level(text: &str) -> &str {
    let text = text
        .strip_prefix("error: ")
        .or_else(|| text.strip_prefix("fatal: "))
        .unwrap_or(text);
    text.strip_prefix("Fssh_").unwrap_or(text)
}

/// Finds the grammar by the first word.
fn dispatch(message: Message<'_>) -> Option<Reading<'_>> {
    let text = message.text;
    let (word, rest) = split_blank(text).unwrap_or((text, ""));
    if word.starts_with("pam_") || word.starts_with("(pam_") {
        return pam::prefixed(word, rest);
    }
    match word {
        "Failed" | "Accepted" => login::method(word == "Accepted", rest),
        "Invalid" | "Illegal" => login::invalid_user(rest),
        "User" | "Login" => login::not_allowed(rest),
        "ROOT" => login::root_refused(rest),
        "maximum" => login::too_many(rest),
        "Access" => login::access_denied(rest),
        "Authentication" => login::wrong_host(rest),
        "Connection" => close::connection(message, rest),
        "Disconnected" => close::disconnected(message, rest),
        "Disconnecting" | "Disconnecting:" => close::disconnecting(message, word, rest),
        "Received" => close::received_disconnect(message, rest),
        "Timeout" | "Timeout," => close::timeout(rest),
        "Read" | "Write" | "Closing" => close::broken(message, word, rest),
        "Starting" | "Close" => close::session(word, rest),
        "drop" => close::dropped(rest),
        "refused" => close::refused(rest),
        "SSH:" => close::server_report(rest),
        "Session" | "session" if rest.starts_with("process ") => close::session_process(rest),
        "PAM:" => pam::sshd_error(rest),
        "PAM" | "authentication" | "session" => pam::module(None, text),
        _ if word.as_bytes().first().is_some_and(u8::is_ascii_digit) => pam::module(None, text),
        _ => probe::read(message, word, rest),
    }
}

/// Starts an event of this dataset.
fn event<'a>(action: Action, outcome: Outcome) -> Event<'a> {
    Event::new(Dataset::OpensshAuth, action, outcome)
}

/// The reading of a known line that tells of nobody.
#[allow(clippy::unnecessary_wraps, reason = "the arms of a match agree")]
fn no_address<'a>() -> Option<Reading<'a>> {
    Some(Reading::Understood(Understood::NoAddress))
}

//! Messages that lost their end.
//!
//! sshd writes the first 500 bytes of a message (`do_log` in `log.c`: `syslog(pri, "%.500s", fmtbuf)`), after it has escaped what
//! a client sent, so that a name may fill all of them; busybox' syslogd reads 255 bytes of a record (`MAX_READ` in
//! `sysklogd/syslogd.c`). What is left may end in an address that the client put into its name, or in the first half of its own.
//! So behind a client's text nothing of such a message is an address: the beginning tells what happened, and to whom the
//! process belongs.

use rapsheet_schema::{Action, Event, Outcome, Reason, Teller};

use super::peer::{self, Host, Peer, Phase};
use super::{close, event, login, probe};
use crate::line::{Head, Reading};
use crate::text::{split_blank, split_word};

/// The longest message of sshd.
const LONGEST: usize = 500;

/// The tag and the message of the longest record that busybox' syslogd reads, behind `<38>Oct 12 12:36:01 `.
const LONGEST_OF_BUSYBOX: usize = 255 - 20;

/// The longest lines that logs of 256 bytes a line have, with and without their line break.
const LONGEST_LINES: [usize; 2] = [255, 256];

/// Tells whether a message may have lost its end. `line_bytes` is how long its line is, or 0 where that says nothing.
pub(super) fn may_be_cut(head: &Head<'_>, message: &str, line_bytes: usize) -> bool {
    // sshd's messages are shorter, but for those of whoever wants them to be long.
    const SHORTEST: usize = 160;
    message.len() >= SHORTEST
        && (message.len() >= LONGEST
            || LONGEST_LINES.contains(&line_bytes)
            || tag_bytes(head) + message.len() == LONGEST_OF_BUSYBOX)
}

/// How long `sshd[15919]: ` is.
fn tag_bytes(head: &Head<'_>) -> usize {
    let number = head
        .process_pid
        .map_or(0, |pid| 3 + pid.checked_ilog10().unwrap_or(0) as usize);
    head.program.map_or(0, str::len) + number + ": ".len()
}

/// Reads a message without its level by its beginning, where a client's text follows that; `None` where sshd names the
/// address first, or names none.
pub(super) fn read(text: &str) -> Option<Reading<'_>> {
    let (word, rest) = split_blank(text)?;
    if word == "Accepted" {
        return accepted(rest);
    }
    let event = tried(word, rest).or_else(|| other(word, rest));
    event.map(Reading::Event).or_else(|| connection(word, rest))
}

/// Logins that were tried.
fn tried<'a>(word: &str, rest: &'a str) -> Option<Event<'a>> {
    let failure =
        |reason, teller| event(Action::Login, Outcome::Failure).suspect(reason, 1, teller);
    let refused =
        |reason, teller| event(Action::Refused, Outcome::Failure).suspect(reason, 1, teller);
    Some(match word {
        "Failed" => {
            let (method, rest) = split_blank(rest)?;
            let (invalid, _) = login::strip_invalid(rest.strip_prefix("for ")?);
            let mut event = login::failed(method, invalid);
            event.user_exists = Some(!invalid);
            event.openssh_auth_method = Some(method);
            event
        }
        "Invalid" | "Illegal" => {
            rest.strip_prefix("user ")?;
            let mut event = failure(Reason::InvalidUser, Teller::InvalidUser);
            event.user_exists = Some(false);
            event
        }
        "PAM:" => {
            split_word(rest, " for ")?;
            let mut event = failure(Reason::FailedPam, Teller::SshdPam);
            event.openssh_auth_method = Some("pam");
            event
        }
        "User" | "Login" => refused(Reason::UserNotAllowed, Teller::NotAllowed),
        "Access" => {
            rest.strip_prefix("denied for user ")?;
            refused(Reason::UserNotAllowed, Teller::NotAllowed)
        }
        "Authentication" => {
            rest.strip_prefix("tried for ")?;
            refused(Reason::RefusedAddress, Teller::NotAllowed)
        }
        "maximum" => {
            let who = rest.strip_prefix("authentication attempts exceeded for ")?;
            let mut event = refused(Reason::TooManyFailures, Teller::TooManyFailures);
            event.user_exists = Some(!login::strip_invalid(who).0);
            event
        }
        _ => return None,
    })
}

/// What else a client's text stands in.
fn other<'a>(word: &str, rest: &str) -> Option<Event<'a>> {
    Some(match word {
        "refused" => {
            rest.strip_prefix("connect from ")?;
            event(Action::Refused, Outcome::Failure).suspect(
                Reason::RefusedAddress,
                1,
                Teller::Sole,
            )
        }
        "Bad" => {
            rest.strip_prefix("protocol version identification '")?;
            probe::probe(Reason::BadProtocol, Teller::Protocol)
        }
        "Starting" => {
            rest.strip_prefix("session: ")?;
            event(Action::SessionOpen, Outcome::Success)
        }
        "Close" => {
            rest.strip_prefix("session: ")?;
            event(Action::SessionClose, Outcome::Unknown)
        }
        _ => return None,
    })
}

/// Connections, with whose peer a user's name stands.
fn connection<'a>(word: &str, rest: &'a str) -> Option<Reading<'a>> {
    match word {
        "Connection" => {
            let rest = rest
                .strip_prefix("closed by ")
                .or_else(|| rest.strip_prefix("reset by "))
                .or_else(|| rest.strip_prefix("with "))
                .or_else(|| rest.strip_prefix("from "))?;
            ended(rest, Teller::Closed)
        }
        "Disconnected" => ended(rest.strip_prefix("from ")?, Teller::Closed),
        "Disconnecting" => ended(rest, Teller::Disconnecting),
        "Timeout," => ended(
            rest.strip_prefix("client not responding from ")?,
            Teller::Closed,
        ),
        "Unable" => {
            let peer = somebody(rest.strip_prefix("to negotiate with ")?)?;
            let mut event = probe::probe(Reason::NoMatchingAlgorithm, Teller::Protocol);
            peer.put(&mut event);
            Some(Reading::Event(event))
        }
        _ if word.ends_with(':') => {
            let peer = somebody(rest.strip_prefix("Connection from ")?)?;
            Some(probe::broken(peer, peer.phase != Phase::LoggedIn))
        }
        _ => None,
    }
}

/// `Accepted METHOD for NAME from ADDRESS port N ssh2…`: whoever is in has an account, whose name is one word, so that the
/// first address is sshd's.
fn accepted(rest: &str) -> Option<Reading<'_>> {
    let (method, rest) = split_blank(rest)?;
    let rest = rest.strip_prefix("for ")?;
    let (user, rest) = split_blank(rest).unwrap_or((rest, ""));
    let mut event = event(Action::Login, Outcome::Success);
    event.teller = Teller::Accepted;
    event.user_exists = Some(true);
    event.openssh_auth_method = Some(method);
    let place = rest.strip_prefix("from ").and_then(peer::at_start);
    match place {
        Some((host, tail)) if host.port.is_some() && tail.starts_with(" ssh") => {
            host.put(&mut event);
            event.user_name = Some(user);
        }
        _ => event.source_domain = Some(login::UNKNOWN),
    }
    Some(Reading::Event(event))
}

/// The end of a connection that a user's name stands in.
fn ended(rest: &str, teller: Teller) -> Option<Reading<'_>> {
    let peer = somebody(rest)?;
    Some(close::ended(peer, false, Reason::PreauthClose, teller))
}

/// Somebody of whom the phase is known alone; `None` where no name follows.
fn somebody(rest: &str) -> Option<Peer<'_>> {
    let (phase, _) = peer::phase(rest);
    (phase != Phase::Nobody).then_some(Peer {
        phase,
        user: None,
        host: Host::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_reaches_a_limit_may_be_cut() {
        let head = Head {
            program: Some("sshd"),
            process_pid: Some(4242),
            ..Head::default()
        };
        let cut = |message: usize, line: usize| may_be_cut(&head, &"x".repeat(message), line);
        assert!(cut(500, 0) && cut(501, 0) && !cut(499, 0));
        // `sshd[4242]: ` are twelve bytes.
        assert!(cut(223, 0) && !cut(222, 0) && !cut(224, 0));
        assert!(cut(200, 255) && cut(200, 256) && !cut(200, 254) && !cut(200, 257));
        assert!(!cut(100, 256));
    }
}

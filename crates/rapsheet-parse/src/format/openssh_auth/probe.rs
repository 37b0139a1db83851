//! Clients that don't get as far as a login: no banner, a wrong one, nothing in common, broken packets.

use rapsheet_schema::{Action, Event, Outcome, Reason, Teller};

use super::peer::{self, Host, Peer, Phase, Text};
use super::{Message, event};
use crate::line::{Reading, Understood};

pub(super) fn probe<'a>(reason: Reason, teller: Teller) -> Event<'a> {
    event(Action::Probe, Outcome::Failure).suspect(reason, 1, teller)
}

fn probed<'a>(reason: Reason, teller: Teller, host: Host<'a>) -> Option<Reading<'a>> {
    let mut event = probe(reason, teller);
    host.put(&mut event);
    Some(Reading::Event(event))
}

/// Reads what [`super::dispatch`] has no word of its own for.
pub(super) fn read<'a>(message: Message<'a>, word: &str, rest: &'a str) -> Option<Reading<'a>> {
    use Teller::Protocol;
    match word {
        "Did" => {
            let text = rest
                .strip_prefix("not receive identification string from ")
                .or_else(|| rest.strip_prefix("not receive ident string from "))?;
            probed(Reason::NoIdentification, Protocol, peer::whole(text)?)
        }
        "Could" => {
            let text = rest.strip_prefix("not write ident string to ")?;
            probed(Reason::NoIdentification, Protocol, peer::whole(text)?)
        }
        "Bad" => bad(message, rest),
        "Protocol" if rest.starts_with("major versions differ: ") => {
            Some(Reading::Event(probe(Reason::BadProtocol, Protocol)))
        }
        "Protocol" => {
            let text = rest.strip_prefix("major versions differ for ")?;
            probed(Reason::BadProtocol, Protocol, peer::at_start(text)?.0)
        }
        "banner" => {
            let text = rest.strip_prefix("exchange: Connection from ")?;
            let (host, said) = peer::at_start(text)?;
            // `kex_exchange_identification: …` has told of the same fault.
            let reason = match said.strip_prefix(": ")? {
                "invalid format" | "could not read protocol version" => Reason::BadProtocol,
                _ => Reason::NoIdentification,
            };
            probed(reason, Teller::Closed, host)
        }
        "scanned" | "probed" => {
            let text = rest.strip_prefix("from ")?;
            probed(Reason::NoIdentification, Protocol, peer::at_start(text)?.0)
        }
        "Unable" => unable_to_negotiate(rest),
        "no" if rest.starts_with("matching ") => {
            Some(Reading::Event(probe(Reason::NoMatchingAlgorithm, Protocol)))
        }
        "kex_exchange_identification:" | "ssh_exchange_identification:" => {
            let reason = if rest.starts_with("client sent") || rest.starts_with("banner line") {
                Reason::BadProtocol
            } else {
                Reason::NoIdentification
            };
            Some(Reading::Event(probe(reason, Protocol)))
        }
        "Corrupted"
        | "padding"
        | "Hm,"
        | "kex"
        | "message"
        | "Packet"
        | "kex_protocol_error:"
        | "invalid" => broken_packet(message),
        _ if word.ends_with(':') => broken_connection(message, word, rest),
        _ => None,
    }
}

/// `Bad protocol version identification 'TEXT' from ADDRESS[ port N]`, `Bad packet length N.`
fn bad<'a>(message: Message<'a>, rest: &'a str) -> Option<Reading<'a>> {
    if rest.starts_with("protocol version identification ") {
        let (_, host) = peer::behind_last(rest, " from ")?;
        return probed(Reason::BadProtocol, Teller::Protocol, host);
    }
    if rest.starts_with("remote protocol version identification") {
        return Some(Reading::Event(probe(Reason::BadProtocol, Teller::Protocol)));
    }
    if rest.starts_with("packet length ") {
        return Some(Reading::Event(probe(
            Reason::ProtocolError,
            Teller::Protocol,
        )));
    }
    broken_packet(message)
}

/// `Unable to negotiate with PEER: no matching … found. Their offer: LIST`; the list is the client's and comes last.
fn unable_to_negotiate(rest: &str) -> Option<Reading<'_>> {
    let mut event = probe(Reason::NoMatchingAlgorithm, Teller::Protocol);
    if let Some(text) = rest.strip_prefix("to negotiate with ") {
        let (peer, _) = peer::peer_before(text, |text| {
            // The client's offer ends it.
            if text.starts_with("no matching ") {
                Text::Mixed
            } else {
                Text::Foreign
            }
        })?;
        peer.put(&mut event);
    } else if !rest.starts_with("to negotiate a ") {
        return None;
    }
    Some(Reading::Event(event))
}

/// `ssh_dispatch_run_fatal: Connection from PEER: TEXT`, `packet_write_wait: …`; the text is one of sshd's own.
fn broken_connection<'a>(message: Message<'a>, word: &str, rest: &'a str) -> Option<Reading<'a>> {
    let text = rest.strip_prefix("Connection from ")?;
    let (peer, _) = peer::peer_before(text, |_| Text::Own)?;
    let unfinished = match peer.phase {
        Phase::Invalid | Phase::Authenticating => true,
        Phase::LoggedIn => false,
        Phase::Nobody => message.preauth || word.ends_with("dispatch_run_fatal:"),
    };
    Some(broken(peer, unfinished))
}

/// A connection that broke, before or after the login.
pub(super) fn broken(peer: Peer<'_>, unfinished: bool) -> Reading<'_> {
    let mut event = if unfinished {
        probe(Reason::ProtocolError, Teller::Protocol)
    } else {
        event(Action::SessionClose, Outcome::Unknown)
    };
    event.teller = Teller::Protocol;
    peer.put(&mut event);
    Reading::Event(event)
}

/// A packet that is broken. Before the login it is a probe; after it, a fault of the network.
fn broken_packet(message: Message<'_>) -> Option<Reading<'_>> {
    const KNOWN: [&str; 10] = [
        "Corrupted MAC on input",
        "Corrupted check bytes",
        "padding error",
        "Hm, kex protocol error",
        "kex protocol error",
        "message authentication code incorrect",
        "Packet corrupt",
        "kex_protocol_error",
        "Packet integrity error",
        "invalid public DH value",
    ];
    if !KNOWN.iter().any(|known| message.text.starts_with(known)) {
        return None;
    }
    if !message.preauth {
        return Some(Reading::Understood(Understood::NoAddress));
    }
    Some(Reading::Event(probe(
        Reason::ProtocolError,
        Teller::Protocol,
    )))
}

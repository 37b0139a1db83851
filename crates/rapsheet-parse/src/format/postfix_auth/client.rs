//! The client as Postfix names it: `NAME[ADDRESS]`, and `NAME[ADDRESS]:PORT`.

use std::net::IpAddr;

use rapsheet_schema::{Event, parse_address};

use crate::text::digits;

/// A client's address and port. `unknown[unknown]` has neither.
#[derive(Clone, Copy)]
pub(super) struct Client {
    pub(super) ip: Option<IpAddr>,
    pub(super) port: Option<u16>,
}

impl Client {
    /// Puts the address into an event.
    pub(super) fn put(self, event: &mut Event<'_>) {
        event.source_ip = self.ip;
        event.source_port = self.port;
    }
}

/// Reads a client at the start: it and what follows it. A name holds what a host's name may hold, so the first bracket
/// is Postfix' own.
pub(super) fn at_start(text: &str) -> Option<(Client, &str)> {
    let (name, rest) = text.split_once('[')?;
    let is_name = !name.is_empty()
        && name.len() <= 255
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_') || b >= 0x80);
    if !is_name {
        return None;
    }
    let (address, rest) = rest.split_once(']')?;
    let ip = parse_address(address);
    if ip.is_none() && address != "unknown" {
        return None;
    }
    let (port, rest) = match rest.strip_prefix(':') {
        Some(after) => {
            let length = after.bytes().take_while(u8::is_ascii_digit).count();
            match digits(&after.as_bytes()[..length]) {
                Some(port) => (Some(port), &after[length..]),
                None => (None, rest),
            }
        }
        None => (None, rest),
    };
    Some((Client { ip, port }, rest))
}

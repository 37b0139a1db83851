//! Which of the addresses on a web server's line is the client.
//!
//! The peer is the machine at the other end of the connection: nobody can forge it. `X-Forwarded-For` is a list that
//! each proxy appends to, and whose left end the client writes as it likes. So the client is the peer; where the peer
//! is one of our own proxies (a private address, loopback, a socket), it is the rightmost public address of the list,
//! which that proxy appended.

use std::net::IpAddr;

use rapsheet_schema::{Scope, parse_address, scope_of};

/// Who sent a request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Client<'a> {
    pub(crate) ip: Option<IpAddr>,
    pub(crate) port: Option<u16>,
    pub(crate) domain: Option<&'a str>,
}

/// Tells whether an address can be one of our own proxies.
pub(crate) fn is_inner(ip: IpAddr) -> bool {
    !matches!(scope_of(ip), Scope::Global | Scope::Documentation)
}

/// Reads an address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
pub(crate) fn address_and_port(text: &str) -> Option<(IpAddr, Option<u16>)> {
    let first = *text.as_bytes().first()?;
    if !(first.is_ascii_hexdigit() || first == b':' || first == b'[') {
        return None;
    }
    if let Some(ip) = parse_address(text) {
        return Some((ip, None));
    }
    let (address, port) = text.rsplit_once(':')?;
    if address.contains(':') && !address.starts_with('[') {
        return None;
    }
    Some((parse_address(address)?, Some(port.parse().ok()?)))
}

/// Returns the rightmost public address of a list that consists of addresses and nothing else (`unknown` and `-` may
/// stand for one).
pub(crate) fn forwarded(list: &str) -> Option<IpAddr> {
    let mut best = None;
    for word in list.rsplit(',').map(str::trim) {
        match address_and_port(word) {
            Some((ip, _)) if best.is_none() && !is_inner(ip) => best = Some(ip),
            Some(_) => {}
            None if matches!(word, "unknown" | "-" | "") => {}
            None => return None,
        }
    }
    best
}

impl Client<'_> {
    /// Tells whether the list of a proxy is to be asked: the peer is inside, or is a socket.
    pub(crate) fn is_proxy(&self) -> bool {
        match self.ip {
            Some(ip) => is_inner(ip),
            None => self.domain.is_none(),
        }
    }

    /// Takes the client from a proxy's list where the peer is one of our own proxies.
    pub(crate) fn through(self, list: &str) -> Self {
        if !self.is_proxy() {
            return self;
        }
        match forwarded(list) {
            Some(ip) => Self {
                ip: Some(ip),
                port: None,
                domain: None,
            },
            None => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_counts_only_behind_a_proxy() {
        let peer = |text| Client {
            ip: parse_address(text),
            ..Client::default()
        };
        let name = |client: Client<'_>| client.ip.map(|ip| ip.to_string()).unwrap_or_default();
        assert_eq!(name(peer("203.0.113.5").through("8.8.8.8")), "203.0.113.5");
        assert_eq!(
            name(peer("10.0.0.1").through("8.8.8.8, 203.0.113.5, 10.0.0.9")),
            "203.0.113.5"
        );
        assert_eq!(name(peer("10.0.0.1").through("x, 203.0.113.5")), "10.0.0.1");
        assert_eq!(name(peer("10.0.0.1").through("-")), "10.0.0.1");
        assert_eq!(
            name(peer("unix:").through("unknown, 203.0.113.5:4711")),
            "203.0.113.5"
        );
        assert_eq!(address_and_port("[2001:db8::1]:80").unwrap().1, Some(80));
    }
}

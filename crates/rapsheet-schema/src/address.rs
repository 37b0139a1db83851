//! Addresses: their canonical form, the network that each belongs to, and which of them are nobody's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Reads an address as logs write it: dotted quad (zero-padded parts are decimal, as daemons print them), IPv6 with or
/// without brackets or zone, v4-mapped IPv6 as the IPv4 address that it is.
#[must_use]
pub fn parse_address(text: &str) -> Option<IpAddr> {
    let bytes = text.as_bytes();
    if bytes.len() < 2 || bytes.len() > 64 {
        return None;
    }
    if let Some(v4) = parse_v4(bytes) {
        return Some(IpAddr::V4(v4));
    }
    if !bytes.contains(&b':') {
        return None;
    }
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let inner = match inner.split_once('%') {
        None => inner,
        // The zone is an interface's name; anything else is text that somebody hung on an address.
        Some((address, zone)) if is_zone(zone) => address,
        Some(_) => return None,
    };
    if let Some(mapped) = inner
        .strip_prefix("::ffff:")
        .or_else(|| inner.strip_prefix("::FFFF:"))
        && let Some(v4) = parse_v4(mapped.as_bytes())
    {
        return Some(IpAddr::V4(v4));
    }
    inner
        .parse::<Ipv6Addr>()
        .ok()
        .map(|v6| IpAddr::V6(v6).to_canonical())
}

/// Whether a text can be the name of an interface.
fn is_zone(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~'))
}

/// Reads an address, also one that is written as a network of one: `192.0.2.1/32`, `2001:db8::1/128`.
#[must_use]
pub fn parse_single_address(text: &str) -> Option<IpAddr> {
    let Some((address, prefix)) = text.rsplit_once('/') else {
        return parse_address(text);
    };
    let whole = if address.contains(':') { "128" } else { "32" };
    (prefix == whole).then(|| parse_address(address)).flatten()
}

/// Reads four decimal parts, each of one to three digits.
fn parse_v4(bytes: &[u8]) -> Option<Ipv4Addr> {
    let mut parts = [0_u8; 4];
    let (mut index, mut value, mut digits) = (0, 0_u16, 0);
    for &byte in bytes {
        match byte {
            b'0'..=b'9' if digits < 3 => {
                value = value * 10 + u16::from(byte - b'0');
                digits += 1;
            }
            b'.' if digits > 0 && index < 3 => {
                parts[index] = u8::try_from(value).ok()?;
                (index, value, digits) = (index + 1, 0, 0);
            }
            _ => return None,
        }
    }
    if index != 3 || digits == 0 {
        return None;
    }
    parts[3] = u8::try_from(value).ok()?;
    Some(Ipv4Addr::from(parts))
}

/// Returns the first address of the network that an address belongs to, and the network's prefix length.
#[must_use]
pub fn network_of(ip: IpAddr, v4_prefix: u8, v6_prefix: u8) -> (IpAddr, u8) {
    match ip {
        IpAddr::V4(v4) => {
            let prefix = v4_prefix.min(32);
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            (IpAddr::V4(Ipv4Addr::from(u32::from(v4) & mask)), prefix)
        }
        IpAddr::V6(v6) => {
            let prefix = v6_prefix.min(128);
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            (IpAddr::V6(Ipv6Addr::from(u128::from(v6) & mask)), prefix)
        }
    }
}

/// Writes the /24 (IPv4) or /64 (IPv6) that an address belongs to.
#[must_use]
pub fn format_network(ip: IpAddr) -> String {
    let (first, prefix) = network_of(ip, 24, 64);
    format!("{first}/{prefix}")
}

/// What kind of place an address is, after the IANA special-purpose registries (RFC 6890).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Somewhere on the internet.
    Global,
    /// RFC 1918, RFC 4193, RFC 6598 (carrier NAT).
    Private,
    /// The machine itself.
    Loopback,
    /// One link.
    LinkLocal,
    /// Many receivers.
    Multicast,
    /// For examples (RFC 5737, RFC 3849) and benchmarks (RFC 2544).
    Documentation,
    /// Everything else that is nobody's.
    Reserved,
}

impl Scope {
    /// Returns the word for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Private => "private",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::Multicast => "multicast",
            Self::Documentation => "documentation",
            Self::Reserved => "reserved",
        }
    }
}

/// Tells what kind of place an address is.
#[must_use]
pub fn scope_of(ip: IpAddr) -> Scope {
    match ip.to_canonical() {
        IpAddr::V4(v4) => scope_of_v4(v4),
        IpAddr::V6(v6) => scope_of_v6(v6),
    }
}

const fn scope_of_v4(ip: Ipv4Addr) -> Scope {
    match ip.octets() {
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Scope::Private,
        [127, ..] => Scope::Loopback,
        [169, 254, ..] => Scope::LinkLocal,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [198, 18..=19, ..] => {
            Scope::Documentation
        }
        // 192.0.0.9 and .10 are the two anycast addresses of 192.0.0.0/24 that are reachable.
        [192, 0, 0, 9 | 10] => Scope::Global,
        [0, ..] | [192, 0, 0, _] | [240..=255, ..] => Scope::Reserved,
        [224..=239, ..] => Scope::Multicast,
        _ => Scope::Global,
    }
}

const fn scope_of_v6(ip: Ipv6Addr) -> Scope {
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Scope::Loopback,
        [0xfc00..=0xfdff, ..] => Scope::Private,
        [0xfe80..=0xfebf, ..] => Scope::LinkLocal,
        [0xff00..=0xffff, ..] => Scope::Multicast,
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] | [0x2001, 0x0002, 0, ..] => {
            Scope::Documentation
        }
        [0x2001, 0x0000..=0x01ff, ..] => match ip.segments() {
            // Teredo and the globally reachable parts of the IETF's block.
            [0x2001, 0 | 1 | 3 | 0x20..=0x3f, ..] | [0x2001, 4, 0x0112, ..] => Scope::Global,
            _ => Scope::Reserved,
        },
        [0x2000..=0x3fff, ..] | [0x0064, 0xff9b, 0, ..] => Scope::Global,
        _ => Scope::Reserved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_logs_write_them() {
        for (text, canonical) in [
            ("192.030.0.6", Some("192.30.0.6")),
            ("::ffff:1.2.3.4", Some("1.2.3.4")),
            ("[2001:DB8::1]", Some("2001:db8::1")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("fe80::1%", None),
            ("3::ffff:12%- 2 x] Found 192.0.2.1", None),
            ("2001:db8:0:0:0:0:0:1", Some("2001:db8::1")),
            ("1.2.3", None),
            ("1.2.3.4.5", None),
            ("1.2.3.256", None),
            ("1.2.3.", None),
            ("example.org", None),
            ("", None),
            (":", None),
        ] {
            assert_eq!(
                parse_address(text).map(|ip| ip.to_string()).as_deref(),
                canonical,
                "{text}"
            );
        }
    }

    #[test]
    fn a_network_of_one_is_an_address() {
        for (text, canonical) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1/32", Some("192.0.2.1")),
            ("2001:db8::1/128", Some("2001:db8::1")),
            ("192.0.2.0/24", None),
            ("2001:db8::/32", None),
            ("/32", None),
            ("192.0.2.1/32/32", None),
        ] {
            assert_eq!(
                parse_single_address(text)
                    .map(|ip| ip.to_string())
                    .as_deref(),
                canonical,
                "{text}"
            );
        }
    }

    #[test]
    fn networks_and_scopes() {
        let ip = |text: &str| parse_address(text).unwrap();
        assert_eq!(format_network(ip("203.0.113.77")), "203.0.113.0/24");
        assert_eq!(
            format_network(ip("2001:db8:1:2:3:4:5:6")),
            "2001:db8:1:2::/64"
        );
        assert_eq!(network_of(ip("1.2.3.4"), 0, 0).0, ip("0.0.0.0"));
        assert_eq!(network_of(ip("2001:db8::1"), 0, 0).0, ip("::"));
        for (text, scope) in [
            ("8.8.8.8", Scope::Global),
            ("10.1.1.1", Scope::Private),
            ("100.64.0.1", Scope::Private),
            ("192.0.2.1", Scope::Documentation),
            ("198.19.255.255", Scope::Documentation),
            ("255.255.255.255", Scope::Reserved),
            ("0.0.0.0", Scope::Reserved),
            ("2001:db8::1", Scope::Documentation),
            ("2001:4860:4860::8888", Scope::Global),
            ("2001:2::1", Scope::Documentation),
            ("fd00::1", Scope::Private),
            ("::1", Scope::Loopback),
            ("::", Scope::Reserved),
        ] {
            assert_eq!(scope_of(ip(text)), scope, "{text}");
        }
    }
}

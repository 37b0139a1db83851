//! Whose rap sheet is asked for: one address, a network or an autonomous system.

use std::net::IpAddr;

use anyhow::Result;
use rapsheet_schema::{network_of, parse_address};

/// Whose rap sheet.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Subject {
    Address(IpAddr),
    Network(IpAddr, u8),
    System(i64),
}

impl Subject {
    /// Reads an address, a network or a number of an autonomous system.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            anyhow::anyhow!(
                "`{text}` is no address, network or AS\nhint: write `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/48` or `AS64496`"
            )
        };
        if let Some(number) = text.strip_prefix("AS").or_else(|| text.strip_prefix("as")) {
            return number
                .parse::<u32>()
                .map(|number| Self::System(i64::from(number)))
                .map_err(|_| wrong());
        }
        if let Some((address, prefix)) = text.split_once('/') {
            let address = parse_address(address).ok_or_else(wrong)?;
            let prefix: u8 = prefix.parse().map_err(|_| wrong())?;
            if prefix > if address.is_ipv4() { 32 } else { 128 } {
                return Err(wrong());
            }
            return Ok(Self::Network(network_of(address, prefix, prefix).0, prefix));
        }
        parse_address(text).map(Self::Address).ok_or_else(wrong)
    }

    /// Returns its name, however it was typed.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Network(first, prefix) => format!("{first}/{prefix}"),
            Self::System(number) => format!("AS{number}"),
        }
    }

    /// Returns the SQL condition that its addresses meet, for those who want to see all of a list.
    pub(super) fn condition(&self) -> String {
        match self {
            Self::Address(address) => format!("source_ip = '{address}'"),
            Self::Network(first, prefix) => format!("ip_in(source_ip, '{first}/{prefix}')"),
            Self::System(number) => format!(
                "source_ip IN (SELECT source_ip FROM details WHERE traits_autonomous_system_number = {number})"
            ),
        }
    }

    /// Whether an address belongs to it; `system_of` is asked for the address's autonomous system.
    pub(super) fn holds(&self, ip: IpAddr, system_of: impl FnOnce(IpAddr) -> Option<i64>) -> bool {
        match self {
            Self::Address(address) => *address == ip,
            Self::Network(first, prefix) => {
                ip.is_ipv4() == first.is_ipv4() && network_of(ip, *prefix, *prefix).0 == *first
            }
            Self::System(number) => system_of(ip) == Some(*number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_an_address_a_network_or_a_system() {
        let ip = |text: &str| parse_address(text).unwrap();
        assert_eq!(
            Subject::parse("192.0.2.1").unwrap(),
            Subject::Address(ip("192.0.2.1"))
        );
        assert_eq!(
            Subject::parse("192.0.2.77/24").unwrap(),
            Subject::Network(ip("192.0.2.0"), 24)
        );
        assert_eq!(Subject::parse("AS64496").unwrap(), Subject::System(64_496));
        for wrong in [
            "",
            "AS",
            "ASx",
            "192.0.2.0/33",
            "2001:db8::/129",
            "host.example.org",
        ] {
            assert!(Subject::parse(wrong).is_err(), "{wrong}");
        }
        let network = Subject::parse("2001:db8::/48").unwrap();
        assert!(network.holds(ip("2001:db8:0:1::5"), |_| None));
        assert!(!network.holds(ip("2001:db8:1::5"), |_| None));
        assert_eq!(
            Subject::parse("192.0.2.77/24").unwrap().name(),
            "192.0.2.0/24"
        );
        assert_eq!(Subject::parse("as64496").unwrap().name(), "AS64496");
        assert!(
            !Subject::parse("0.0.0.0/0")
                .unwrap()
                .holds(ip("2001:db8::1"), |_| None)
        );
    }
}

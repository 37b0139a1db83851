//! What came before a login: earlier logins of its address, and failures of the other addresses of its network.
//!
//! Counts are kept for each address and each network, so memory grows with these and not with lines. Lines must be
//! noted in the order of time.

use std::net::IpAddr;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use rapsheet_schema::{Event, network_of};
use serde::{Deserialize, Serialize};

/// Fewer failures than this before a login look like somebody who mistyped: they count for nothing against the network.
const MISTYPED: u32 = 3;

/// What came before an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Before {
    /// Successful logins of the address.
    pub(crate) logins: u32,
    /// Failures of the other addresses of the network, for a login; of those who mistyped and then logged in, none.
    pub(crate) network_failures: u32,
    /// How many addresses these came from.
    pub(crate) network_addresses: u32,
}

impl Before {
    /// Nothing came before.
    pub(crate) const NOTHING: Self = Self {
        logins: 0,
        network_failures: 0,
        network_addresses: 0,
    };
}

/// What an address did so far.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Address {
    logins: u32,
    /// Failures since the last login.
    open: u32,
    /// Failures that count against its network.
    hostile: u32,
    network: u32,
}

/// What the addresses of a network did so far.
#[derive(Clone, Copy, Debug, Default)]
struct Network {
    hostile: u32,
    /// Addresses with any of these failures.
    addresses: u32,
}

/// What a reader that stops leaves to the one that carries on: each address; networks are counted again from these.
pub(crate) type SavedLogins = Vec<(IpAddr, Address)>;

/// The logins and failures of all addresses.
#[derive(Debug, Default)]
pub(crate) struct Logins {
    addresses: HashMap<IpAddr, Address>,
    networks: Vec<Network>,
    network_ids: HashMap<IpAddr, u32>,
}

impl Logins {
    /// Notes an event, and tells what came before it.
    pub(crate) fn note(&mut self, event: &Event<'_>) -> Before {
        let Some(ip) = event.source_ip else {
            return Before::default();
        };
        let is_login = event.is_login();
        let failures = if is_login || !event.is_failure_before_login() {
            0
        } else {
            event.attempts
        };
        if !is_login && failures == 0 {
            let known = self.addresses.get(&ip);
            return Before {
                logins: known.map_or(0, |known| known.logins),
                ..Before::default()
            };
        }
        let address = match self.addresses.entry(ip) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Address {
                logins: 0,
                open: 0,
                hostile: 0,
                network: network_number(&mut self.network_ids, &mut self.networks, ip),
            }),
        };
        let network = &mut self.networks[address.network as usize];
        let mut before = Before {
            logins: address.logins,
            ..Before::default()
        };
        if is_login {
            if address.open < MISTYPED {
                network.hostile -= address.open;
                let was_hostile = address.hostile > 0;
                address.hostile -= address.open;
                network.addresses -= u32::from(was_hostile && address.hostile == 0);
            }
            address.open = 0;
            address.logins = address.logins.saturating_add(1);
            before.network_failures = network.hostile - address.hostile;
            before.network_addresses = network.addresses - u32::from(address.hostile > 0);
        } else if let (Some(open), Some(hostile), Some(total)) = (
            address.open.checked_add(failures),
            address.hostile.checked_add(failures),
            network.hostile.checked_add(failures),
        ) {
            network.addresses += u32::from(address.hostile == 0);
            (address.open, address.hostile, network.hostile) = (open, hostile, total);
        }
        before
    }

    /// Hands out what is remembered.
    pub(crate) fn save(&self) -> SavedLogins {
        let mut saved: SavedLogins = self
            .addresses
            .iter()
            .map(|(ip, known)| (*ip, *known))
            .collect();
        saved.sort_unstable_by_key(|(ip, _)| *ip);
        saved
    }

    /// Remembers what was saved, and nothing else.
    pub(crate) fn restore(&mut self, saved: SavedLogins) {
        *self = Self::default();
        for (ip, mut address) in saved {
            address.network = network_number(&mut self.network_ids, &mut self.networks, ip);
            let network = &mut self.networks[address.network as usize];
            network.hostile = network.hostile.saturating_add(address.hostile);
            network.addresses += u32::from(address.hostile > 0);
            self.addresses.insert(ip, address);
        }
    }
}

/// Returns the number of an address' network, which it gets if it has none.
fn network_number(ids: &mut HashMap<IpAddr, u32>, networks: &mut Vec<Network>, ip: IpAddr) -> u32 {
    *ids.entry(network_of(ip, 24, 64).0).or_insert_with(|| {
        networks.push(Network::default());
        u32::try_from(networks.len() - 1).unwrap_or(u32::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapsheet_schema::{Action, Dataset, Outcome, Reason, Teller};

    fn fail(ip: &str) -> Event<'static> {
        let mut event = Event::new(Dataset::OpensshAuth, Action::Login, Outcome::Failure).suspect(
            Reason::FailedPassword,
            1,
            Teller::Failed,
        );
        event.source_ip = ip.parse().ok();
        event
    }

    fn login(ip: &str) -> Event<'static> {
        let mut event = Event::new(Dataset::OpensshAuth, Action::Login, Outcome::Success);
        event.source_ip = ip.parse().ok();
        event
    }

    #[test]
    fn the_others_failures_count_and_mistyped_passwords_do_not() {
        let mut logins = Logins::default();
        for _ in 0..4 {
            logins.note(&fail("192.0.2.1"));
        }
        for _ in 0..2 {
            logins.note(&fail("192.0.2.2"));
        }
        let before = |logins: &mut Logins, ip: &str| {
            let before = logins.note(&login(ip));
            (
                before.logins,
                before.network_failures,
                before.network_addresses,
            )
        };
        // Its own two are left out, whatever they look like.
        assert_eq!(before(&mut logins, "192.0.2.2"), (0, 4, 1));
        // They were mistyped, so they count for nobody.
        assert_eq!(before(&mut logins, "192.0.2.3"), (0, 4, 1));
        assert_eq!(before(&mut logins, "192.0.2.1"), (0, 0, 0));
        // Four failures are not forgiven by a login.
        assert_eq!(before(&mut logins, "192.0.2.3"), (1, 4, 1));
        assert_eq!(before(&mut logins, "198.51.100.1"), (0, 0, 0));
        // Whoever carries on knows the same.
        let mut carried_on = Logins::default();
        carried_on.restore(logins.save());
        for ip in ["192.0.2.1", "192.0.2.4"] {
            assert_eq!(before(&mut carried_on, ip), before(&mut logins, ip), "{ip}");
        }
    }
}

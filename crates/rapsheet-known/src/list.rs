//! All entries together, and which of them hold for an address.

use std::collections::HashMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::entry::{KnownEntry, KnownScope, Whom};

/// Entries, by whom they are about.
#[derive(Clone, Debug, Default)]
pub struct KnownList {
    entries: Vec<KnownEntry>,
    addresses: HashMap<IpAddr, Vec<usize>>,
    networks: Vec<(IpNet, usize)>,
    hosts: HashMap<String, Vec<usize>>,
}

impl KnownList {
    /// Puts entries into order.
    #[must_use]
    pub fn new(entries: Vec<KnownEntry>) -> Self {
        let mut list = Self::default();
        for (index, entry) in entries.iter().enumerate() {
            match &entry.whom {
                Whom::Address(ip) => list.addresses.entry(*ip).or_default().push(index),
                Whom::Network(network) => list.networks.push((*network, index)),
                Whom::Host(name) => list.hosts.entry(name.clone()).or_default().push(index),
                _ => {}
            }
        }
        list.entries = entries;
        list
    }

    /// The entries, in the order of their files.
    #[must_use]
    pub fn entries(&self) -> &[KnownEntry] {
        &self.entries
    }

    /// Whether nobody is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Finds the entries that name an address, or a network that it is of, by their places among all.
    pub fn of_address(&self, ip: IpAddr) -> impl Iterator<Item = usize> {
        let exact = self.addresses.get(&ip).into_iter().flatten().copied();
        let networks = self.networks.iter();
        exact.chain(
            networks
                .filter(move |(network, _)| network.contains(&ip))
                .map(|(_, index)| *index),
        )
    }

    /// Finds the entries that name a host.
    pub fn of_host(&self, name: &str) -> impl Iterator<Item = usize> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        self.hosts
            .get(&name)
            .cloned()
            .unwrap_or_default()
            .into_iter()
    }

    /// Whether anybody watches this server.
    #[must_use]
    pub fn has_monitoring(&self) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.scope == Some(KnownScope::Monitoring))
    }

    /// Finds the entries of `monitoring` for an address or a host.
    pub fn monitors<'l>(
        &'l self,
        ip: Option<IpAddr>,
        host: Option<&str>,
    ) -> impl Iterator<Item = &'l KnownEntry> {
        let by_address = ip.into_iter().flat_map(move |ip| self.of_address(ip));
        let by_host = host.into_iter().flat_map(|host| self.of_host(host));
        by_address
            .chain(by_host.collect::<Vec<_>>())
            .map(move |index| &self.entries[index])
            .filter(|entry| entry.scope == Some(KnownScope::Monitoring))
    }
}

//! Numbers for the remote sides and names that events bear: roll-ups count by these.

use std::net::IpAddr;

use hashbrown::HashMap;
use rapsheet_schema::Event;

use crate::intern::{TextId, Texts};

/// The remote side of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Peer {
    /// An address.
    Address(IpAddr),
    /// A host name without an address.
    Domain(TextId),
}

/// What names and remote sides one thread met. Id 0 is none.
#[derive(Debug, Default)]
pub(super) struct Ids {
    pub(super) names: Texts,
    pub(super) peers: Vec<Peer>,
    addresses: HashMap<IpAddr, u32>,
    domains: HashMap<TextId, u32>,
    last_address: Option<(IpAddr, u32)>,
    last_jail: Option<(String, TextId)>,
}

impl Ids {
    /// Returns the id of an event's remote side.
    pub(super) fn address(&mut self, event: &Event<'_>) -> u32 {
        let Some(ip) = event.source_ip else {
            return match event.source_domain {
                None => 0,
                domain => {
                    let name = self.name(domain);
                    self.domain_id(name)
                }
            };
        };
        if let Some((last, id)) = self.last_address
            && last == ip
        {
            return id;
        }
        let id = self.address_id(ip);
        self.last_address = Some((ip, id));
        id
    }

    /// Returns the id of an address.
    pub(super) fn address_id(&mut self, ip: IpAddr) -> u32 {
        let peers = &mut self.peers;
        *self.addresses.entry(ip).or_insert_with(|| {
            peers.push(Peer::Address(ip));
            u32::try_from(peers.len()).unwrap_or(0)
        })
    }

    /// Returns the id of a host name, which is the name of this id.
    pub(super) fn domain_id(&mut self, name: TextId) -> u32 {
        let peers = &mut self.peers;
        *self.domains.entry(name).or_insert_with(|| {
            peers.push(Peer::Domain(name));
            u32::try_from(peers.len()).unwrap_or(0)
        })
    }

    /// Returns the id of a name.
    pub(super) fn name(&mut self, name: Option<&str>) -> TextId {
        self.names.intern_name(name)
    }

    /// Returns the id of a jail: lines of one stand together.
    pub(super) fn jail(&mut self, jail: Option<&str>) -> TextId {
        let Some(name) = jail else { return 0 };
        if let Some((last, id)) = &self.last_jail
            && last == name
        {
            return *id;
        }
        let id = self.name(jail);
        self.last_jail = Some((name.to_owned(), id));
        id
    }
}

//! What the cache knows, in memory and without the bodies: which address and which network has an answer, and from when.

use std::net::IpAddr;

use ipnet::IpNet;
use rapsheet_schema::network_of;
use rusqlite::Connection;
use rustc_hash::FxHashMap;

use crate::service::Service;

const DAY_MICROS: i64 = 86_400 * 1_000_000;

/// How long "not found" holds: databases grow.
const NOT_FOUND_MICROS: i64 = 7 * DAY_MICROS;

/// The latest answer about something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) id: i64,
    pub(crate) asked_micros: i64,
    pub(crate) verdict: Kind,
    pub(crate) prefix: Option<u8>,
    pub(crate) serves_network: bool,
}

/// What an answer said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Details.
    Details,
    /// That the address is not in the data, so far.
    NotFound,
    /// That it will never be.
    Never,
}

/// How an address is answered already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covered {
    /// By an answer about itself.
    Itself,
    /// By an answer about its network.
    Network,
}

/// The answers of one service.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) exact: FxHashMap<IpAddr, Hit>,
    pub(crate) networks: FxHashMap<(IpAddr, u8), Hit>,
    /// Which prefix lengths occur, in IPv4 and IPv6.
    lengths: [Vec<u8>; 2],
}

impl Answers {
    /// Finds the narrowest network with an answer that an address lies in.
    pub(crate) fn network(&self, ip: IpAddr) -> Option<(Hit, u8)> {
        self.lengths[usize::from(ip.is_ipv6())]
            .iter()
            .find_map(|length| {
                let (first, length) = network_of(ip, *length, *length);
                Some((*self.networks.get(&(first, length))?, length))
            })
    }

    /// Copies the answers that are wanted; networks only where their answers serve them.
    pub(crate) fn only(&self, wanted: impl Fn(&Hit) -> bool) -> Self {
        let exact = self.exact.iter().filter(|(_, hit)| wanted(hit));
        let networks = self
            .networks
            .iter()
            .filter(|(_, hit)| hit.serves_network && wanted(hit));
        Self {
            exact: exact.map(|(ip, hit)| (*ip, *hit)).collect(),
            networks: networks.map(|(network, hit)| (*network, *hit)).collect(),
            lengths: self.lengths.clone(),
        }
    }

    fn add(&mut self, ip: IpAddr, network: Option<IpNet>, hit: Hit) {
        // An answer that was paid for is not given up for a later "not found".
        let loses = hit.verdict != Kind::Details
            && self
                .exact
                .get(&ip)
                .is_some_and(|before| before.verdict == Kind::Details);
        if !loses {
            self.exact.insert(ip, hit);
        }
        if let Some(network) = network.filter(|_| hit.verdict == Kind::Details) {
            let length = network.prefix_len();
            self.networks.insert((network.addr(), length), hit);
            let lengths = &mut self.lengths[usize::from(ip.is_ipv6())];
            if !lengths.contains(&length) {
                lengths.push(length);
                lengths.sort_unstable_by(|a, b| b.cmp(a));
            }
        }
    }
}

/// All that is known.
#[derive(Debug, Default)]
pub struct Known {
    pub(crate) services: FxHashMap<Service, Answers>,
    last: i64,
}

impl Known {
    /// Reads what was added since the last time, by whichever run.
    pub(crate) fn sync(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare(
            "SELECT id, service, ip, asked_micros, status, code, network, serves_network FROM answers WHERE id > ?1 ORDER BY id",
        )?;
        let mut rows = statement.query([self.last])?;
        while let Some(row) = rows.next()? {
            self.last = row.get(0)?;
            let (service, ip): (String, String) = (row.get(1)?, row.get(2)?);
            let (Some(service), Ok(ip)) = (Service::of_name(&service), ip.parse::<IpAddr>()) else {
                continue;
            };
            let code: Option<String> = row.get(5)?;
            let network: Option<String> = row.get(6)?;
            let network = network.and_then(|network| network.parse::<IpNet>().ok());
            let hit = Hit {
                id: self.last,
                asked_micros: row.get(3)?,
                verdict: match code.as_deref() {
                    None => Kind::Details,
                    Some("IP_ADDRESS_NOT_FOUND") => Kind::NotFound,
                    Some(_) => Kind::Never,
                },
                prefix: network.map(|network| network.prefix_len()),
                serves_network: row.get(7)?,
            };
            self.services
                .entry(service)
                .or_default()
                .add(ip, network, hit);
        }
        Ok(())
    }

    /// Whether a question to a service is answered already, by an answer of its own or of a richer one that is young enough.
    #[must_use]
    pub fn covers(
        &self,
        service: Service,
        ip: IpAddr,
        share: bool,
        now_micros: i64,
        max_age_micros: i64,
    ) -> Option<Covered> {
        let fresh = |hit: &Hit| {
            let age = now_micros.saturating_sub(hit.asked_micros);
            match hit.verdict {
                Kind::Details => age <= max_age_micros,
                Kind::NotFound => age <= NOT_FOUND_MICROS.min(max_age_micros),
                Kind::Never => true,
            }
        };
        let by = || {
            let services = service.answered_by().iter();
            services.filter_map(|by| Some((by, self.services.get(by)?)))
        };
        if by().any(|(_, answers)| answers.exact.get(&ip).is_some_and(fresh)) {
            return Some(Covered::Itself);
        }
        // A richer answer about a single address doesn't serve its network, in `details` neither.
        let serves = |by: Service, hit: &Hit| share && (by == service || hit.serves_network);
        by().any(|(by, answers)| {
            let found = answers.network(ip);
            found.is_some_and(|(hit, _)| serves(*by, &hit) && fresh(&hit))
        })
        .then_some(Covered::Network)
    }

    /// How many answers there are, of any service.
    #[must_use]
    pub fn answers(&self) -> usize {
        self.services
            .values()
            .map(|answers| answers.exact.len())
            .sum()
    }
}

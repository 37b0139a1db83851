//! What the cache knows, in memory and without the bodies: which address and which network has an answer, and from when.

use std::net::IpAddr;

use ipnet::IpNet;
use rapsheet_schema::network_of;
use rusqlite::Connection;
use rustc_hash::FxHashMap;

use crate::cache::tables::Version;
use crate::service::Service;
use crate::service::endpoint::AnswerHost;

const DAY_MICROS: i64 = 86_400 * 1_000_000;

/// How long "not found" holds: databases grow.
const NOT_FOUND_MICROS: i64 = 7 * DAY_MICROS;

/// How far ahead of this machine's clock an answer may be dated: clocks differ, also by a time zone. What is dated later was kept
/// under a wrong clock, so its age is unknown, and it counts as old.
pub(crate) const CLOCK_SKEW_MICROS: i64 = DAY_MICROS;

/// The code under which an answer about another address than was asked about is kept.
pub(crate) const ABOUT_ANOTHER: &str = "ANSWER_ABOUT_ANOTHER_ADDRESS";

/// The latest answer about something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) id: i64,
    pub(crate) asked_micros: i64,
    pub(crate) verdict: AnswerClass,
    pub(crate) prefix: Option<u8>,
    pub(crate) serves_network: bool,
}

/// What an answer said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnswerClass {
    /// Details.
    Details,
    /// That the address is not in the data, so far.
    NotFound,
    /// That it will never be.
    Never,
    /// Something about another address, which is no answer. Asking again may be billed again.
    AboutAnother,
}

/// How an address is answered already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covered {
    /// By an answer about itself.
    Itself,
    /// By an answer about its network.
    Network,
    /// Not at all: the answer that came is about another address, and asking again may be billed again.
    AboutAnother,
}

/// The answers of one service.
#[derive(Debug, Default)]
pub(crate) struct CachedAnswers {
    pub(crate) exact: FxHashMap<IpAddr, Hit>,
    /// Networks that an answer serves.
    pub(crate) networks: FxHashMap<(IpAddr, u8), Hit>,
    /// Networks of answers that were asked for single addresses.
    alone: FxHashMap<(IpAddr, u8), Hit>,
    /// That an address is not in the data, said after its details were.
    negative: FxHashMap<IpAddr, Hit>,
    /// Which prefix lengths occur, in IPv4 and IPv6.
    lengths: [Vec<u8>; 2],
}

impl CachedAnswers {
    /// Finds the narrowest network that an address lies in and that an answer serves.
    pub(crate) fn network(&self, ip: IpAddr) -> Option<(Hit, u8)> {
        self.networks_of(ip)
            .find_map(|network| Some((*self.networks.get(&network)?, network.1)))
    }

    /// Whether any network that an address lies in has an answer like this, one for a single address too where that is `alone`.
    fn has_network(&self, ip: IpAddr, alone: bool, wanted: impl Fn(&Hit) -> bool) -> bool {
        self.networks_of(ip).any(|network| {
            let others = self.alone.get(&network).filter(|_| alone);
            self.networks.get(&network).is_some_and(&wanted) || others.is_some_and(&wanted)
        })
    }

    /// The networks that an address lies in, the narrowest first, of all lengths that occur.
    fn networks_of(&self, ip: IpAddr) -> impl Iterator<Item = (IpAddr, u8)> {
        self.lengths[usize::from(ip.is_ipv6())]
            .iter()
            .map(move |length| network_of(ip, *length, *length))
    }

    /// Copies the answers that are wanted.
    pub(crate) fn only(&self, wanted: impl Fn(&Hit) -> bool) -> Self {
        let exact = self.exact.iter().filter(|(_, hit)| wanted(hit));
        let networks = self.networks.iter().filter(|(_, hit)| wanted(hit));
        Self {
            exact: exact.map(|(ip, hit)| (*ip, *hit)).collect(),
            networks: networks.map(|(network, hit)| (*network, *hit)).collect(),
            lengths: self.lengths.clone(),
            ..Self::default()
        }
    }

    fn add(&mut self, ip: IpAddr, network: Option<IpNet>, hit: Hit) {
        // An answer that was paid for is not given up for a later "not found".
        let loses = hit.verdict != AnswerClass::Details
            && self
                .exact
                .get(&ip)
                .is_some_and(|before| before.verdict == AnswerClass::Details);
        if loses {
            self.negative.insert(ip, hit);
        } else {
            self.exact.insert(ip, hit);
            self.negative.remove(&ip);
        }
        if let Some(network) = network.filter(|_| hit.verdict == AnswerClass::Details) {
            let length = network.prefix_len();
            // An answer for a single address takes nothing from one that serves the network.
            let networks = if hit.serves_network {
                &mut self.networks
            } else {
                &mut self.alone
            };
            networks.insert((network.addr(), length), hit);
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
    pub(crate) services: FxHashMap<Service, CachedAnswers>,
    from: AnswerHost,
    version: Option<Version>,
    last: i64,
    /// The last answer that was there at first: later ones are of this run, or of one beside it.
    begun: Option<i64>,
}

impl Known {
    pub(crate) fn new(from: AnswerHost, version: Version) -> Self {
        Self {
            from,
            version: Some(version),
            ..Self::default()
        }
    }

    /// Reads what was added since the last time, by whichever run.
    pub(crate) fn sync(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let host = self.version.unwrap_or(Version::CURRENT).host_sql();
        let mut statement = connection.prepare(&format!(
            "SELECT id, service, ip, asked_micros, status, code, network, serves_network, {host} FROM answers \
             WHERE id > ?1 ORDER BY id",
        ))?;
        let mut rows = statement.query([self.last])?;
        while let Some(row) = rows.next()? {
            self.last = row.get(0)?;
            let (service, ip): (String, String) = (row.get(1)?, row.get(2)?);
            let (Some(service), Ok(ip)) = (Service::of_name(&service), ip.parse::<IpAddr>()) else {
                continue;
            };
            if !self.from.counts(service, row.get_ref(8)?.as_str()?) {
                continue;
            }
            let code: Option<String> = row.get(5)?;
            let network: Option<String> = row.get(6)?;
            let network = network.and_then(|network| network.parse::<IpNet>().ok());
            let hit = Hit {
                id: self.last,
                asked_micros: row.get(3)?,
                verdict: match code.as_deref() {
                    None => AnswerClass::Details,
                    Some("IP_ADDRESS_NOT_FOUND") => AnswerClass::NotFound,
                    Some(ABOUT_ANOTHER) => AnswerClass::AboutAnother,
                    Some(_) => AnswerClass::Never,
                },
                prefix: network.map(|network| network.prefix_len()),
                serves_network: row.get(7)?,
            };
            self.services
                .entry(service)
                .or_default()
                .add(ip, network, hit);
        }
        self.begun.get_or_insert(self.last);
        Ok(())
    }

    /// Whether a question to a service is answered already, by an answer of its own or of a richer one that is young enough. What was
    /// answered during the run is, whatever the limit.
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
            if self.begun.is_some_and(|begun| hit.id > begun) {
                return true;
            }
            let age = now_micros.saturating_sub(hit.asked_micros);
            let most = match hit.verdict {
                AnswerClass::Details | AnswerClass::AboutAnother => max_age_micros,
                AnswerClass::NotFound => NOT_FOUND_MICROS.min(max_age_micros),
                AnswerClass::Never if max_age_micros > 0 => return true,
                AnswerClass::Never => 0,
            };
            most > 0 && age <= most && !is_ahead(hit.asked_micros, now_micros)
        };
        let by = || {
            let services = service.answered_by().iter();
            services.filter_map(|by| Some((by, self.services.get(by)?)))
        };
        let itself = |answers: &CachedAnswers| {
            let says = |hit: &Hit| hit.verdict != AnswerClass::AboutAnother && fresh(hit);
            let negative = answers.negative.get(&ip);
            answers.exact.get(&ip).is_some_and(says) || negative.is_some_and(says)
        };
        if by().any(|(_, answers)| itself(answers)) {
            return Some(Covered::Itself);
        }
        // A richer answer about a single address doesn't serve its network, in `details` neither.
        if share && by().any(|(by, answers)| answers.has_network(ip, *by == service, fresh)) {
            return Some(Covered::Network);
        }
        let answers = self.services.get(&service)?;
        let last = [answers.negative.get(&ip), answers.exact.get(&ip)];
        let is_about_another = |hit: &&Hit| hit.verdict == AnswerClass::AboutAnother && fresh(hit);
        last.into_iter()
            .flatten()
            .find(is_about_another)
            .map(|_| Covered::AboutAnother)
    }

    /// How many answers are dated ahead of the clock, so that they count as old.
    #[must_use]
    pub fn ahead_of(&self, now_micros: i64) -> usize {
        let all = self.services.values();
        all.flat_map(|answers| answers.exact.values())
            .filter(|hit| is_ahead(hit.asked_micros, now_micros))
            .count()
    }

    /// Whether a service's answers hold for single addresses only, so that sharing would change something.
    #[must_use]
    pub fn serves_less_than_shared(&self, service: Service) -> bool {
        let answers = self.services.get(&service);
        answers.is_some_and(|answers| !answers.alone.is_empty())
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

/// Whether an answer is dated so far ahead that a clock must have been wrong.
pub(crate) const fn is_ahead(asked_micros: i64, now_micros: i64) -> bool {
    asked_micros.saturating_sub(now_micros) > CLOCK_SKEW_MICROS
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: Service = Service::Insights;
    const MINUTE: i64 = 60 * 1_000_000;

    struct Cached(Connection, Known);

    impl Cached {
        fn new() -> Self {
            let connection = Connection::open_in_memory().unwrap();
            connection
                .execute_batch(
                    "CREATE TABLE answers (id INTEGER PRIMARY KEY, service, ip, asked_micros, status, code, network, serves_network, host)",
                )
                .unwrap();
            Self(connection, Known::default())
        }

        fn add(
            &self,
            ip: &str,
            asked: i64,
            code: Option<&str>,
            network: Option<&str>,
            serves: bool,
        ) {
            let row = (
                SERVICE.as_str(),
                ip,
                asked,
                code,
                network,
                serves,
                SERVICE.host_name(),
            );
            self.0
                .execute(
                    "INSERT INTO answers (service, ip, asked_micros, status, code, network, serves_network, host) VALUES (?1, ?2, ?3, 200, ?4, ?5, ?6, ?7)",
                    row,
                )
                .unwrap();
        }

        fn covers(&mut self, ip: &str, now: i64, max_age: i64) -> Option<Covered> {
            self.1.sync(&self.0).unwrap();
            let ip = ip.parse().unwrap();
            self.1.covers(SERVICE, ip, true, now, max_age)
        }
    }

    #[test]
    fn an_answer_for_one_address_takes_nothing_from_one_that_serves_the_network() {
        let mut cached = Cached::new();
        let network = Some("81.2.69.0/24");
        cached.add("81.2.69.1", 1, None, network, true);
        cached.add("81.2.69.2", 2, None, network, false);
        cached.covers("81.2.69.1", 3, MINUTE);
        let answers = &cached.1.services[&SERVICE];
        let (hit, length) = answers.network("81.2.69.9".parse().unwrap()).unwrap();
        assert_eq!((hit.id, length), (1, 24));
        assert!(cached.1.serves_less_than_shared(SERVICE));
    }

    #[test]
    fn a_wide_network_with_a_fresh_answer_covers_what_a_narrow_one_with_an_old_answer_does_not() {
        let mut cached = Cached::new();
        cached.add("81.2.69.1", 0, None, Some("81.2.69.0/24"), true);
        cached.add("81.2.70.1", 9 * MINUTE, None, Some("81.2.0.0/16"), true);
        let covered = cached.covers("81.2.69.9", 10 * MINUTE, 2 * MINUTE);
        assert_eq!(covered, Some(Covered::Network));
        assert_eq!(cached.covers("81.2.69.9", 20 * MINUTE, 2 * MINUTE), None);
    }

    #[test]
    fn what_was_answered_during_the_run_is_never_too_old_for_it() {
        let mut cached = Cached::new();
        cached.add("81.2.69.1", 0, None, None, false);
        assert_eq!(cached.covers("81.2.69.1", MINUTE, 0), None);
        cached.add("89.160.20.1", 0, None, Some("89.160.0.0/16"), true);
        let covered = cached.covers("89.160.20.9", MINUTE, 0);
        assert_eq!(covered, Some(Covered::Network));
    }

    #[test]
    fn not_found_after_old_details_is_remembered_and_the_details_are_kept() {
        let mut cached = Cached::new();
        cached.add("81.2.69.1", 0, None, None, false);
        let not_found = Some("IP_ADDRESS_NOT_FOUND");
        cached.add("81.2.69.1", 9 * MINUTE, not_found, None, false);
        let covered = cached.covers("81.2.69.1", 10 * MINUTE, 2 * MINUTE);
        assert_eq!(covered, Some(Covered::Itself));
        let kept = cached.1.services[&SERVICE].exact[&"81.2.69.1".parse().unwrap()];
        assert_eq!(kept.verdict, AnswerClass::Details);
        assert_eq!(cached.covers("81.2.69.1", 20 * MINUTE, 2 * MINUTE), None);
    }

    #[test]
    fn what_is_dated_ahead_of_the_clock_is_old_and_nothing_is_young_enough_for_no_age_at_all() {
        let mut cached = Cached::new();
        let now = 1_000 * DAY_MICROS;
        cached.add("81.2.69.1", now + 10 * 365 * DAY_MICROS, None, None, false);
        cached.add("81.2.69.2", now + MINUTE, None, None, false);
        cached.add(
            "81.2.69.3",
            now - MINUTE,
            Some("IP_ADDRESS_RESERVED"),
            None,
            false,
        );
        let month = 30 * DAY_MICROS;
        assert_eq!(cached.covers("81.2.69.1", now, month), None);
        assert_eq!(
            cached.covers("81.2.69.2", now, month),
            Some(Covered::Itself)
        );
        assert_eq!(
            cached.covers("81.2.69.3", now, month),
            Some(Covered::Itself)
        );
        for ip in ["81.2.69.1", "81.2.69.2", "81.2.69.3"] {
            assert_eq!(cached.covers(ip, now, 0), None, "{ip}");
        }
        assert_eq!(cached.1.ahead_of(now), 1);
    }

    #[test]
    fn an_answer_about_another_address_is_none_and_is_not_asked_for_again() {
        let mut cached = Cached::new();
        let now = 100 * DAY_MICROS;
        cached.add("81.2.69.1", now, Some(ABOUT_ANOTHER), None, false);
        let another = Some(Covered::AboutAnother);
        assert_eq!(
            cached.covers("81.2.69.1", now + MINUTE, DAY_MICROS),
            another
        );
        let later = now + 2 * DAY_MICROS;
        assert_eq!(cached.covers("81.2.69.1", later, DAY_MICROS), None);
        // What was known before stays known.
        cached.add("81.2.69.2", now - DAY_MICROS, None, None, false);
        cached.add("81.2.69.2", now, Some(ABOUT_ANOTHER), None, false);
        cached.covers("81.2.69.2", now, DAY_MICROS);
        let kept = cached.1.services[&SERVICE].exact[&"81.2.69.2".parse().unwrap()];
        assert_eq!(kept.verdict, AnswerClass::Details);
    }
}

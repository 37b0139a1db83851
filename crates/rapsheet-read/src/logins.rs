//! What came before a login: failures of its address, told apart by user and by server, and those of the other addresses of
//! its network; all within 31 days, whatever time is asked for.
//!
//! Each address keeps a list of counts by user, server and day, so memory grows with these and not with lines. Lines must be
//! noted in the order of time, but for those of a watcher, which come some minutes late and count for the login that
//! followed them.

use std::net::IpAddr;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use rapsheet_schema::{Action, Event, Reason, network_of};

use crate::evidence::is_in_time;
use crate::fingerprint::Fingerprints;

mod address;

pub(crate) use address::Address;
use address::{CLOSED, DAYS, DONE, FORGIVEN, Noting, SEEN, Tries, WANTED, day_of, is_same};

/// So many failures of a user at most, which a login of the same user follows, look like somebody who mistyped.
const MISTYPED: u32 = 3;

/// What came before an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Before {
    /// Successful logins of the address.
    pub(crate) logins: u32,
    /// Of a login: its number among all, from 1.
    pub(crate) login: u32,
}

impl Before {
    /// Nothing came before.
    pub(crate) const NOTHING: Self = Self {
        logins: 0,
        login: 0,
    };
}

/// What came before a login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LoginPast {
    /// Successful logins of the address.
    pub(crate) logins: u32,
    /// Those of the same user.
    pub(crate) user_logins: u32,
    /// Failures of the address on that server since its previous login there; of the same user since that user's.
    pub(crate) failures: u32,
    /// Those of the same user.
    pub(crate) user_failures: u32,
    /// How many users they named.
    pub(crate) user_names: u32,
    pub(crate) first_failure: Option<i64>,
    /// Failures of the address on other servers since its previous login on any.
    pub(crate) failures_elsewhere: u32,
    /// Failures of the other addresses of the network; of those who mistyped and then logged in, none.
    pub(crate) network_failures: u32,
    /// How many addresses these came from.
    pub(crate) network_addresses: u32,
}

/// What is known of the past when rows are made of the logins.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// In the order of the logins' numbers.
    pub(crate) logins: Vec<LoginPast>,
    /// Failures of each address in the wanted time after which the same user logged in from the same network.
    pub(crate) mistyped: Vec<(IpAddr, u32)>,
}

/// A login that was noted, as far as a late line needs it.
#[derive(Clone, Copy, Debug)]
struct Noted {
    is_web: bool,
    micros: Option<i64>,
    user: u32,
    host: u32,
    /// The number of the same address' login before.
    previous: u32,
}

/// What a reader that stops leaves to the one that carries on: each address; networks are put together again from these.
pub(crate) type SavedLogins = Vec<(IpAddr, Address)>;

/// The logins and failures of all addresses.
#[derive(Debug)]
pub(crate) struct Logins {
    numbers: HashMap<IpAddr, u32>,
    addresses: Vec<Address>,
    /// The addresses of each network.
    networks: Vec<Vec<u32>>,
    network_ids: HashMap<IpAddr, u32>,
    past: Vec<LoginPast>,
    noted: Vec<Noted>,
    /// The latest day so far: that of lines without a time.
    latest_day: u16,
    since: Option<i64>,
    until: Option<i64>,
    fingerprints: Fingerprints,
}

/// Tries of a user or a password that a web server turned away: with Basic authentication, and at WordPress' form, which shows
/// itself again.
fn web_failures(event: &Event<'_>) -> u32 {
    let Some(http) = event.http else { return 0 };
    if event.reason == Some(Reason::HttpAuthFailure) {
        return event.attempts;
    }
    let is_form = event.event_action == Action::Request
        && http.http_request_method == Some("POST")
        && http.http_response_status_code == Some(200)
        && event
            .url_path()
            .is_some_and(|path| path.ends_with("/wp-login.php"));
    u32::from(is_form)
}

impl Logins {
    pub(crate) fn new(fingerprints: Fingerprints) -> Self {
        Self {
            numbers: HashMap::new(),
            addresses: Vec::new(),
            networks: Vec::new(),
            network_ids: HashMap::new(),
            past: Vec::new(),
            noted: Vec::new(),
            latest_day: 0,
            since: None,
            until: None,
            fingerprints,
        }
    }

    /// Tells which time is asked for.
    pub(crate) const fn of_time(&mut self, since: Option<i64>, until: Option<i64>) {
        (self.since, self.until) = (since, until);
    }

    /// Notes an event, and tells what came before it.
    pub(crate) fn note(
        &mut self,
        host_name: Option<&str>,
        micros: Option<i64>,
        event: &Event<'_>,
    ) -> Before {
        let Some(ip) = event.source_ip else {
            return Before::NOTHING;
        };
        let is_login = event.is_login();
        let found = !is_login && event.is_failure_that_a_watcher_found();
        let failed = !is_login && event.attempts > 0 && event.is_failure_before_login();
        let failures = if found || failed {
            event.attempts
        } else {
            web_failures(event)
        };
        if !is_login && failures == 0 {
            let known = self.numbers.get(&ip);
            let logins = known.map_or(0, |number| self.addresses[*number as usize].logins);
            return Before { logins, login: 0 };
        }
        let day = micros.map_or(self.latest_day, day_of);
        self.latest_day = self.latest_day.max(day);
        let noting = Noting {
            is_web: event.http.is_some(),
            micros,
            user: self.short(event.user_name.filter(|_| !found)),
            host: self.short(host_name.filter(|_| !found)),
            day,
        };
        let number = self.number(ip);
        let logins = self.addresses[number as usize].logins;
        let mut login = 0;
        if is_login {
            login = self.note_login(number, noting);
        } else {
            self.note_failures(number, noting, failures);
        }
        Before { logins, login }
    }

    fn short(&self, name: Option<&str>) -> u32 {
        // 0 is no name.
        name.map_or(0, |name| (self.fingerprints.of(name) >> 32) as u32 | 1)
    }

    /// Returns the number of an address, which it gets if it has none.
    fn number(&mut self, ip: IpAddr) -> u32 {
        match self.numbers.entry(ip) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let number = u32::try_from(self.addresses.len()).unwrap_or(u32::MAX);
                new.insert(number);
                let network = *self
                    .network_ids
                    .entry(network_of(ip, 24, 64).0)
                    .or_insert_with(|| {
                        self.networks.push(Vec::new());
                        u32::try_from(self.networks.len() - 1).unwrap_or(u32::MAX)
                    });
                self.networks[network as usize].push(number);
                self.addresses.push(Address {
                    network,
                    ..Address::default()
                });
                number
            }
        }
    }

    fn note_failures(&mut self, number: u32, noting: Noting, count: u32) {
        let wanted = is_in_time(noting.micros, self.since, self.until);
        let mut tries = Tries {
            user: noting.user,
            host: noting.host,
            day: noting.day,
            marks: noting.web() | if wanted { WANTED } else { 0 },
            count,
        };
        // A line of a watcher, or one that waited, may come after the login that it tells about.
        if let Some(login) = self.login_after(number, noting) {
            let place = login as usize - 1;
            let past = &mut self.past[place];
            past.failures = past.failures.saturating_add(count);
            if noting.user != 0 {
                past.user_names = past.user_names.max(1);
                if noting.user == self.noted[place].user {
                    past.user_failures = past.user_failures.saturating_add(count);
                }
            }
            if past
                .first_failure
                .is_none_or(|first| noting.micros.is_some_and(|at| at < first))
            {
                past.first_failure = noting.micros;
            }
            tries.marks |= CLOSED | DONE | SEEN;
        }
        let address = &mut self.addresses[number as usize];
        address.last_day = address.last_day.max(noting.day);
        if tries.marks & SEEN == 0 && address.first_failure.is_none() {
            address.first_failure = noting.micros;
        }
        address.add(tries, self.latest_day);
    }

    /// The first login of the address after a time, where there is one within the days that count.
    fn login_after(&self, number: u32, noting: Noting) -> Option<u32> {
        let at = noting.micros?;
        let mut found = None;
        let mut login = self.addresses[number as usize].last_login;
        while login > 0 {
            let noted = self.noted[login as usize - 1];
            let after = noted.micros.is_some_and(|login_at| login_at > at);
            if !after {
                break;
            }
            if is_same(noting.host, noted.host) && noting.is_web == noted.is_web {
                found = Some(login);
            }
            login = noted.previous;
        }
        found
    }

    fn note_login(&mut self, number: u32, noting: Noting) -> u32 {
        let from = noting.day.saturating_sub(DAYS);
        let mut past = self.addresses[number as usize].before(noting, from);
        let of_network = self.forgive(number, noting, from, past.user_failures);
        let address = &mut self.addresses[number as usize];
        address.close(noting, from, of_network);
        let previous = address.last_login;
        address.logins = address.logins.saturating_add(1);
        (past.network_failures, past.network_addresses) = self.network_before(number, noting, from);
        let micros = noting.micros;
        self.past.push(past);
        self.noted.push(Noted {
            is_web: noting.is_web,
            micros,
            user: noting.user,
            host: noting.host,
            previous,
        });
        let login = u32::try_from(self.past.len()).unwrap_or(u32::MAX);
        self.addresses[number as usize].last_login = login;
        login
    }

    /// Forgives the failures of a user whom a login of the same user from the same network shows to be a person who
    /// mistyped; returns whether they are few enough. Those of the address itself are left to it.
    fn forgive(&mut self, number: u32, noting: Noting, from: u16, own: u32) -> bool {
        if noting.user == 0 {
            return own > 0 && own <= MISTYPED;
        }
        let network = self.addresses[number as usize].network as usize;
        let is_open = |tries: &Tries| {
            tries.user == noting.user && tries.is_hostile(from, noting.is_web) && !tries.is(DONE)
        };
        let others = self.networks[network]
            .iter()
            .filter(|other| **other != number);
        let others: Vec<u32> = others
            .copied()
            .filter(|other| {
                let other = &self.addresses[*other as usize];
                other.last_day >= from && other.tries.iter().any(is_open)
            })
            .collect();
        let tries = others
            .iter()
            .flat_map(|other| &self.addresses[*other as usize].tries);
        let sum = tries
            .filter(|tries| is_open(tries))
            .fold(own, |sum, tries| sum.saturating_add(tries.count));
        if sum > MISTYPED {
            return false;
        }
        for other in others {
            let other = &mut self.addresses[other as usize];
            for tries in other.tries.iter_mut().filter(|tries| is_open(tries)) {
                tries.marks |= FORGIVEN | DONE;
                other.mistyped += if tries.is(WANTED) { tries.count } else { 0 };
            }
        }
        true
    }

    /// Failures of the other addresses of the network, and how many addresses these are.
    fn network_before(&self, number: u32, noting: Noting, from: u16) -> (u32, u32) {
        let network = self.addresses[number as usize].network as usize;
        let mut before = (0_u32, 0);
        for other in &self.networks[network] {
            let address = &self.addresses[*other as usize];
            if *other == number || address.last_day < from {
                continue;
            }
            let hostile = address.tries.iter();
            let hostile = hostile.filter(|tries| tries.is_hostile(from, noting.is_web));
            let failures = hostile.fold(0_u32, |sum, tries| sum.saturating_add(tries.count));
            before.0 = before.0.saturating_add(failures);
            before.1 += u32::from(failures > 0);
        }
        before
    }

    /// What came before the logins so far, and what was mistyped since this was asked last.
    pub(crate) fn past(&mut self) -> Past {
        let mut mistyped = Vec::new();
        for (ip, number) in &self.numbers {
            let failures = std::mem::take(&mut self.addresses[*number as usize].mistyped);
            if failures > 0 {
                mistyped.push((*ip, failures));
            }
        }
        mistyped.sort_unstable();
        Past {
            logins: self.past.clone(),
            mistyped,
        }
    }

    /// Hands out what is remembered.
    pub(crate) fn save(&self) -> SavedLogins {
        let addresses = self.numbers.iter();
        let mut saved: SavedLogins = addresses
            .map(|(ip, number)| {
                let address = &self.addresses[*number as usize];
                let last_login = 0;
                let address = Address {
                    last_login,
                    ..address.clone()
                };
                (*ip, address)
            })
            .collect();
        saved.sort_unstable_by_key(|(ip, _)| *ip);
        saved
    }

    /// Remembers what was saved, and nothing else.
    pub(crate) fn restore(&mut self, saved: SavedLogins) {
        let (since, until) = (self.since, self.until);
        *self = Self::new(self.fingerprints.clone());
        self.of_time(since, until);
        for (ip, address) in saved {
            let number = self.number(ip) as usize;
            let network = self.addresses[number].network;
            self.latest_day = self.latest_day.max(address.last_day);
            self.addresses[number] = Address { network, ..address };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::address::SHORT;
    use super::*;
    use rapsheet_schema::{Dataset, Http, Outcome, Teller};

    const DAY: i64 = super::address::DAY_MICROS;

    fn fail(ip: &str, user: &'static str) -> Event<'static> {
        let mut event = Event::new(Dataset::OpensshAuth, Action::Login, Outcome::Failure).suspect(
            Reason::FailedPassword,
            1,
            Teller::Failed,
        );
        event.source_ip = ip.parse().ok();
        event.user_name = Some(user);
        event
    }

    fn login(ip: &str, user: &'static str) -> Event<'static> {
        let mut event = Event::new(Dataset::OpensshAuth, Action::Login, Outcome::Success);
        event.source_ip = ip.parse().ok();
        event.user_name = Some(user);
        event
    }

    fn found(ip: &str, jail: &'static str) -> Event<'static> {
        let mut event = Event::new(Dataset::Fail2banLog, Action::Found, Outcome::Unknown).suspect(
            Reason::Found,
            1,
            Teller::Sole,
        );
        event.source_ip = ip.parse().ok();
        event.fail2ban_jail = Some(jail);
        event
    }

    /// Notes events of one server, each with its day (and thousandths of it).
    struct Story(Logins);

    impl Story {
        fn new() -> Self {
            Self(Logins::new(Fingerprints::with_seed(7)))
        }

        fn at(&mut self, host: &str, day: i64, event: &Event<'_>) -> LoginPast {
            let before = self.0.note(Some(host), Some(day * DAY / 1_000), event);
            self.of(before)
        }

        fn of(&self, before: Before) -> LoginPast {
            let place = (before.login as usize).checked_sub(1);
            place.map_or_else(LoginPast::default, |place| self.0.past[place])
        }
    }

    #[test]
    fn the_others_failures_count_and_mistyped_passwords_do_not() {
        let mut story = Story::new();
        for _ in 0..4 {
            story.at("s", 1_000, &fail("192.0.2.1", "bob"));
        }
        for _ in 0..2 {
            story.at("s", 1_000, &fail("192.0.2.2", "eva"));
        }
        let before = |story: &mut Story, ip: &str, user| {
            let past = story.at("s", 1_000, &login(ip, user));
            (past.logins, past.network_failures, past.network_addresses)
        };
        // Its own two are left out, whatever they look like.
        assert_eq!(before(&mut story, "192.0.2.2", "eva"), (0, 4, 1));
        // They were mistyped, so they count for nobody.
        assert_eq!(before(&mut story, "192.0.2.3", "joe"), (0, 4, 1));
        assert_eq!(before(&mut story, "192.0.2.1", "bob"), (0, 0, 0));
        // Four failures are not forgiven by a login.
        assert_eq!(before(&mut story, "192.0.2.3", "joe"), (1, 4, 1));
        assert_eq!(before(&mut story, "198.51.100.1", "joe"), (0, 0, 0));
        assert_eq!(story.0.past().mistyped, [("192.0.2.2".parse().unwrap(), 2)]);
        // Whoever carries on knows the same.
        let mut carried_on = Story::new();
        carried_on.0.restore(story.0.save());
        for ip in ["192.0.2.1", "192.0.2.4"] {
            assert_eq!(
                before(&mut carried_on, ip, "x"),
                before(&mut story, ip, "x"),
                "{ip}"
            );
        }
    }

    #[test]
    fn failures_are_told_apart_by_user_and_by_server() {
        let mut story = Story::new();
        let ip = "192.0.2.1";
        for user in ["bob", "bob", "eva", "root"] {
            story.at("one", 1_000, &fail(ip, user));
        }
        for _ in 0..5 {
            story.at("two", 1_001, &fail(ip, "bob"));
        }
        let past = story.at("one", 1_002, &login(ip, "bob"));
        let counts = (past.failures, past.user_failures, past.user_names);
        assert_eq!(counts, (4, 2, 3));
        assert_eq!(past.failures_elsewhere, 5);
        assert_eq!(past.first_failure, Some(DAY));
        // What failed on the other server is left to a login there.
        let past = story.at("two", 1_003, &login(ip, "bob"));
        assert_eq!((past.failures, past.failures_elsewhere), (5, 0));
        assert_eq!((past.logins, past.user_logins), (1, 1));
        // Those of another user wait for that user's own login.
        let past = story.at("one", 1_004, &login(ip, "eva"));
        assert_eq!((past.failures, past.user_failures), (1, 1));
        let past = story.at("one", 1_005, &login(ip, "eva"));
        assert_eq!((past.failures, past.user_logins), (0, 1));
    }

    #[test]
    fn failures_count_for_a_month() {
        let ip = "192.0.2.1";
        for (day, failures) in [(31_000, 1), (40_000, 0)] {
            let mut story = Story::new();
            story.at("s", 0, &fail(ip, "bob"));
            story.at("s", 0, &fail("192.0.2.2", "bob"));
            let past = story.at("s", day, &login(ip, "joe"));
            assert_eq!((past.failures, past.network_failures), (failures, failures));
        }
        // Many names of many days leave counts of a month.
        let mut story = Story::new();
        for day in 0..400 {
            for user in ["a", "b", "c", "d", "e", "f"] {
                story.at("s", day * 1_000, &fail(ip, user));
                story.at("s", day * 1_000 + 1, &fail(ip, user));
            }
        }
        assert!(story.0.addresses[0].tries.len() < 2 * 32 * 6 + SHORT);
        let past = story.at("s", 399_000, &login(ip, "a"));
        assert_eq!((past.failures, past.user_failures), (32 * 12, 32 * 2));
    }

    #[test]
    fn what_fail2ban_found_counts_for_the_login_that_follows_it() {
        let ip = "192.0.2.1";
        let mut story = Story::new();
        let first = story.0.note(Some("s"), Some(DAY), &login(ip, "bob"));
        let second = story.0.note(Some("s"), Some(DAY + 60), &login(ip, "bob"));
        // They come late, and without a server's name.
        for (at, jail) in [
            (-9, "sshd"),
            (30, "sshd"),
            (31, "nginx-botsearch"),
            (32, "recidive"),
        ] {
            story.0.note(None, Some(DAY + at), &found(ip, jail));
        }
        assert_eq!(story.of(first).failures, 1);
        assert_eq!(story.of(second).failures, 1);
        story.0.note(None, Some(DAY + 90), &found(ip, "sshd"));
        let past = story.at("s", 1_002, &login(ip, "bob"));
        assert_eq!(
            (past.failures, past.user_failures, past.user_names),
            (1, 0, 0)
        );
    }

    #[test]
    fn the_webs_failures_are_kept_apart() {
        let http = Http::default();
        let ip = "192.0.2.1";
        let mut refused = fail(ip, "eva");
        refused.event_dataset = Dataset::NginxAccess;
        refused.event_action = Action::Request;
        refused.reason = Some(Reason::HttpAuthFailure);
        refused.http = Some(&http);
        let mut story = Story::new();
        for _ in 0..5 {
            story.at("s", 1_000, &refused);
        }
        let past = story.at("s", 1_001, &login(ip, "eva"));
        assert_eq!((past.failures, past.failures_elsewhere), (0, 0));
        let mut served = login(ip, "eva");
        served.http = Some(&http);
        let past = story.at("s", 1_002, &served);
        let counts = (past.failures, past.user_failures, past.user_logins);
        assert_eq!(counts, (5, 5, 0));
    }

    #[test]
    fn a_neighbour_in_the_network_may_be_the_same_person() {
        let mut story = Story::new();
        story.at("s", 1_000, &fail("2001:db8::1", "eva"));
        story.at("s", 1_000, &fail("2001:db8::1", "root"));
        story.at("s", 1_001, &login("2001:db8::2", "eva"));
        let mistyped = story.0.past().mistyped;
        assert_eq!(mistyped, [("2001:db8::1".parse().unwrap(), 1)]);
        for _ in 0..4 {
            story.at("s", 1_002, &fail("2001:db8::1", "eva"));
        }
        story.at("s", 1_003, &login("2001:db8::2", "eva"));
        assert_eq!(story.0.past().mistyped, []);
    }
}

//! The declared roll-ups: narrow tables of counts that are made while logs are read.
//!
//! A roll-up is a table with one row for each combination of its keys, in which its measures count events. [`ROLL_UPS`]
//! is the one list of them. The reader folds events into these tables, the SQL files ask them, and a store may keep them:
//! nothing in them depends on one run, except that names are ids ([`Key::Address`], [`Key::User`], …) whose texts stand
//! in the tables `peers` and `names`. Ids are compared with each other and joined; they have no order and no meaning.
//!
//! Rows may repeat a combination of keys, so every question adds up what it reads.

use arrow_schema::DataType;

use crate::columns::{SHORT_TEXT, time};
use crate::{Action, Category, Column, Event, Outcome, Reason, SessionKey};

/// What rows of a roll-up are kept apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The remote side: an address, or a host name where a log has no address.
    Address,
    /// The server that wrote the line.
    Host,
    /// Dataset, action, outcome, reason, and whether it is suspicious: there are few combinations of them.
    Kind,
    /// Daemon and kind of log.
    Dataset,
    /// What fail2ban did.
    Action,
    /// Why it is suspicious.
    Reason,
    /// The hour in UTC.
    Hour,
    /// The user name that was tried.
    User,
    /// The path without its query.
    Path,
    /// fail2ban's jail.
    Jail,
    /// All that the report's page filters by beside address and time: there are few combinations of it.
    Facet,
    /// Why a request is suspicious, and the status of its answer.
    Answer,
    /// The size of the answer.
    AnswerBytes,
}

/// What a roll-up counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// How many events.
    Events,
    /// How many attempts.
    Attempts,
    /// Attempts that are failed logins ([`Event::is_failed_login`]).
    FailedLogins,
    /// How many successful logins.
    Successes,
    /// How many bans.
    Bans,
    /// Events to which the server gave an answer.
    Answered,
    /// Bytes of bodies that a web server sent.
    Bytes,
    /// The first event's time.
    FirstSeen,
    /// The last event's time.
    LastSeen,
    /// Whether the server has the user: yes where any line says so.
    UserExists,
}

/// A declared roll-up.
#[derive(Clone, Copy, Debug)]
pub struct RollUp {
    /// The table's name.
    pub name: &'static str,
    /// What it counts, in one sentence.
    pub meaning: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// Its measures.
    pub measures: &'static [Measure],
    /// Whether an event counts in it.
    pub takes: fn(&Event<'_>) -> bool,
    /// Whether its rows belong to a time that passes: rows of old hours are seldom met again.
    pub passes: bool,
    /// Whether it is kept only where a question names it.
    pub on_demand: bool,
}

/// Every roll-up.
pub const ROLL_UPS: &[RollUp] = &[
    RollUp {
        name: "rollup_kind",
        meaning: "events of each address by what they are",
        keys: &[Key::Address, Key::Host, Key::Kind],
        measures: &[
            Measure::Events,
            Measure::Attempts,
            Measure::FailedLogins,
            Measure::FirstSeen,
            Measure::LastSeen,
        ],
        takes: |_| true,
        passes: false,
        on_demand: false,
    },
    RollUp {
        name: "rollup_hour",
        meaning: "events of each address by hour",
        keys: &[Key::Address, Key::Host, Key::Hour],
        measures: &[Measure::Events, Measure::Attempts, Measure::Successes],
        takes: |_| true,
        passes: true,
        on_demand: false,
    },
    RollUp {
        name: "rollup_service",
        meaning: "events of each daemon by hour",
        keys: &[Key::Host, Key::Dataset, Key::Hour],
        measures: &[
            Measure::Events,
            Measure::Attempts,
            Measure::Successes,
            Measure::Bans,
        ],
        takes: |_| true,
        passes: true,
        on_demand: false,
    },
    RollUp {
        name: "rollup_user",
        meaning: "tries and logins of each address by user name",
        keys: &[Key::Address, Key::Host, Key::User],
        measures: &[
            Measure::Attempts,
            Measure::Successes,
            Measure::FirstSeen,
            Measure::LastSeen,
            Measure::UserExists,
        ],
        takes: |event| event.tells_of_user(),
        passes: false,
        on_demand: false,
    },
    RollUp {
        name: "rollup_path",
        meaning: "suspicious requests of each address by path and reason",
        keys: &[Key::Address, Key::Host, Key::Path, Key::Reason],
        measures: &[
            Measure::Attempts,
            Measure::Answered,
            Measure::FirstSeen,
            Measure::LastSeen,
        ],
        takes: |event| event.suspicious && event.url_path().is_some(),
        passes: false,
        on_demand: false,
    },
    RollUp {
        name: "rollup_answer",
        meaning: "what the web server sent to suspicious requests of each address",
        keys: &[Key::Address, Key::Path, Key::Answer, Key::AnswerBytes],
        measures: &[Measure::Attempts, Measure::FirstSeen, Measure::LastSeen],
        takes: |event| event.suspicious && event.is_answered_request(),
        passes: false,
        on_demand: false,
    },
    RollUp {
        name: "rollup_front",
        meaning: "what the web server sent to visitors of its front page",
        keys: &[Key::Answer, Key::AnswerBytes],
        measures: &[Measure::Events],
        takes: |event| {
            !event.suspicious
                && event
                    .http
                    .is_some_and(|http| http.url_original == Some("/"))
                && event.is_answered_request()
        },
        passes: false,
        on_demand: false,
    },
    RollUp {
        name: "rollup_jail",
        meaning: "what fail2ban did to each address by jail",
        keys: &[Key::Address, Key::Host, Key::Jail, Key::Action],
        measures: &[Measure::Events],
        takes: |event| {
            event.fail2ban_jail.is_some()
                && matches!(
                    event.event_dataset.event_category(),
                    Category::IntrusionDetection
                )
        },
        passes: false,
        on_demand: false,
    },
    RollUp {
        name: "rollup_facet",
        meaning: "events of each address by hour and by all that the report's page filters by; kept only where a question names it",
        keys: &[Key::Address, Key::Facet, Key::Hour],
        measures: &[Measure::Events, Measure::Attempts, Measure::Bytes],
        takes: |_| true,
        passes: true,
        on_demand: true,
    },
];

/// Ids and counts of a roll-up.
const ID: DataType = DataType::Int32;

impl Key {
    /// Returns the columns in which this key stands.
    #[must_use]
    pub fn columns(self) -> Vec<Column> {
        let id = |name, meaning| Column::new(name, ID, meaning);
        let word = |name, meaning| Column::new(name, SHORT_TEXT, meaning);
        let service = || word("service_name", "the daemon").ecs("service.name");
        let dataset = || word("event_dataset", "daemon and kind of log").ecs("event.dataset");
        let category = || word("event_category", "what the log is about").ecs("event.category");
        let action = || word("event_action", "what happened").ecs("event.action");
        let reason = || word("reason", "why it is suspicious").ecs("event.reason");
        match self {
            Self::Address => vec![id("address_id", "the remote side, in `peers`")],
            Self::Host => vec![id("host_id", "the server, in `names`")],
            Self::Kind => vec![
                service(),
                dataset(),
                category(),
                action(),
                word("event_outcome", "how it ended").ecs("event.outcome"),
                reason(),
                Column::new(
                    "suspicious",
                    DataType::Boolean,
                    "whether it is evidence of attempts",
                ),
            ],
            Self::Dataset => vec![service(), dataset(), category()],
            Self::Action => vec![action()],
            Self::Reason => vec![reason()],
            Self::Hour => vec![id("hour_id", "the hour, in `clock`")],
            Self::User => vec![id("user_id", "the user name, in `names`")],
            Self::Path => vec![id("path_id", "the path without its query, in `names`")],
            Self::Jail => vec![id("jail_id", "the jail, in `names`")],
            Self::Facet => vec![id("facet_id", "what it is and names, in `facets`")],
            Self::Answer => vec![
                reason(),
                id("http_response_status_code", "the status").ecs("http.response.status_code"),
            ],
            Self::AnswerBytes => vec![
                id(
                    "http_response_body_bytes",
                    "the size of the answer, where the log tells",
                )
                .ecs("http.response.body.bytes"),
            ],
        }
    }
}

impl Measure {
    /// Returns the column in which this measure stands.
    #[must_use]
    pub fn column(self) -> Column {
        let count = |name, meaning| Column::new(name, ID, meaning);
        let at = |name, meaning| Column::new(name, time(), meaning);
        match self {
            Self::Events => count("events", "how many events"),
            Self::Attempts => count("attempts", "how many attempts"),
            Self::FailedLogins => count(
                "failed_logins",
                "attempts in which a user or a credential was tried and refused",
            ),
            Self::Successes => count("successes", "how many successful logins"),
            Self::Bans => count("bans", "how many bans"),
            Self::Answered => count("answered", "requests that the server answered"),
            Self::Bytes => Column::new(
                "http_response_body_bytes",
                DataType::Int64,
                "bytes of bodies that a web server sent",
            )
            .ecs("http.response.body.bytes"),
            Self::FirstSeen => at("first_seen", "the first of these events"),
            Self::LastSeen => at("last_seen", "the last of these events"),
            Self::UserExists => Column::new(
                "user_exists",
                DataType::Boolean,
                "whether the server has that user, where a line tells",
            ),
        }
    }
}

impl RollUp {
    /// Returns the table's columns.
    #[must_use]
    pub fn columns(&self) -> Vec<Column> {
        let keys = self.keys.iter().flat_map(|key| key.columns());
        let measures = self.measures.iter().map(|measure| measure.column());
        keys.chain(measures).collect()
    }
}

impl<'a> Event<'a> {
    /// Whether it is a successful login.
    #[must_use]
    pub const fn is_login(&self) -> bool {
        matches!(self.event_action, Action::Login) && matches!(self.event_outcome, Outcome::Success)
    }

    /// Whether the line only tells again of an attempt that another line of its session told: user name and reason stand
    /// in that other line.
    #[must_use]
    pub fn is_repetition(&self) -> bool {
        self.suspicious
            && self.attempts == 0
            && self.event_dataset.descriptor().session != SessionKey::None
    }

    /// Whether it tells of a failed login: somebody tried a user or a credential. A connection that ended, was turned away or spoke no
    /// proper protocol is none, unless a user had been named in it.
    #[must_use]
    pub fn is_failed_login(&self) -> bool {
        self.suspicious
            && self.event_dataset.event_category() == Category::Authentication
            && self.event_outcome != Outcome::Success
            && (matches!(self.event_action, Action::Login)
                || self.user_name.is_some()
                || self.user_exists.is_some()
                || matches!(
                    self.reason,
                    Some(Reason::TooManyFailures | Reason::RootRefused | Reason::UserNotAllowed)
                ))
    }

    /// Whether it counts as a failure before a login: a failed login, but for a failed key, because a client offers all its
    /// keys in turn.
    #[must_use]
    pub fn is_failure_before_login(&self) -> bool {
        self.is_failed_login() && self.reason != Some(Reason::FailedPublickey)
    }

    /// Whether it names a user who was tried or came in.
    #[must_use]
    pub fn tells_of_user(&self) -> bool {
        !self.is_repetition()
            && self.user_name.is_some()
            && (self.suspicious || matches!(self.event_action, Action::Login))
    }

    /// Whether fail2ban's line tells of failures before a login, where no line of the daemon does: of a jail that may watch
    /// logins. What watches web pages, or bans, tells of none.
    #[must_use]
    pub fn is_failure_that_a_watcher_found(&self) -> bool {
        self.attempts > 0
            && matches!(self.event_action, Action::Found | Action::Ban)
            && self.fail2ban_jail.is_some_and(watches_logins)
    }

    /// Whether it is a request to which the server sent something.
    #[must_use]
    pub fn is_answered_request(&self) -> bool {
        self.event_action == Action::Request
            && self.http.is_some_and(|http| {
                http.url_original.is_some()
                    && matches!(http.http_response_status_code, Some(200..300))
            })
    }

    /// The path of a request, without its query.
    #[must_use]
    pub fn url_path(&self) -> Option<&'a str> {
        let target = self.http?.url_original?;
        target.split(['?', '#']).next()
    }

    /// The host of the referrer: `example.org` of `https://example.org/page`. What is no address of a page has none.
    #[must_use]
    pub fn referrer_host(&self) -> Option<&'a str> {
        let (_, rest) = self.http?.http_referrer?.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?;
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        (!host.is_empty()).then_some(host)
    }
}

/// Whether a jail of this name may watch logins. Those of web servers do where their names speak of it.
fn watches_logins(jail: &str) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| jail.contains(word));
    if has(&["auth", "login", "ssh"]) {
        return true;
    }
    !has(&[
        "recidive",
        "nginx",
        "apache",
        "httpd",
        "lighttpd",
        "php",
        "bot",
        "scan",
        "http",
        "web",
        "url",
        "overflows",
        "modsec",
        "404",
        "403",
        "wordpress",
        "named",
        "portsentry",
    ])
}

/// The columns of `peers`: one row per remote side.
#[must_use]
pub fn peers() -> Vec<Column> {
    vec![
        Column::new("address_id", ID, "the id in roll-ups"),
        Column::new("source_ip", SHORT_TEXT, "the remote address").ecs("source.ip"),
        Column::new("source_network", SHORT_TEXT, "its /24 (IPv4) or /64 (IPv6)"),
        Column::new(
            "source_domain",
            SHORT_TEXT,
            "the remote host's name, where the log has no address",
        )
        .ecs("source.domain"),
    ]
}

/// The columns of `names`: the texts of users, paths, jails and servers.
#[must_use]
pub fn names() -> Vec<Column> {
    vec![
        Column::new("name_id", ID, "the id in roll-ups"),
        Column::new("name", SHORT_TEXT, "the text"),
    ]
}

/// The columns of `facets`: one row for each combination of what an event is and the names that it bears. A line that only
/// repeats an attempt bears no user name and no reason. A path stands only with requests that are suspicious or were not found: the
/// paths of all others are without number.
#[must_use]
pub fn facets() -> Vec<Column> {
    let name = |name, meaning| Column::new(name, ID, meaning);
    let mut columns = vec![name("facet_id", "the id in roll-ups")];
    columns.extend(Key::Kind.columns());
    columns.push(Column::new(
        "failed_login",
        DataType::Boolean,
        "whether it tells of failed logins: a user or a credential was tried and refused",
    ));
    columns.extend([
        name("host_id", "the server, in `names`"),
        name("user_id", "the user name, in `names`"),
        name("jail_id", "fail2ban's jail, in `names`"),
        name("path_id", "the path without its query, in `names`"),
        name("agent_id", "what the client says of itself, in `names`"),
        name(
            "referrer_id",
            "the site that the request came from, in `names`: its host without scheme and path",
        ),
        Column::new("http_response_status_code", ID, "the status").ecs("http.response.status_code"),
    ]);
    columns
}

/// The columns of `clock`: what clocks in the wanted zone show at the beginning of each hour that events are of.
#[must_use]
pub fn clock() -> Vec<Column> {
    vec![
        Column::new("hour_id", ID, "the id in roll-ups"),
        Column::new("hour", time(), "the hour in UTC"),
        Column::new(
            "day",
            SHORT_TEXT,
            "the day in the wanted zone, as `2026-01-31`",
        ),
        Column::new(
            "weekday",
            DataType::Int64,
            "1 (Monday) to 7, in the wanted zone",
        ),
        Column::new(
            "hour_of_day",
            DataType::Int64,
            "0 to 23, in the wanted zone",
        ),
    ]
}

/// The columns of `exact_logins`: one row per successful login, in no order.
#[must_use]
pub fn exact_logins() -> Vec<Column> {
    vec![
        Column::new("address_id", ID, "the remote side, in `peers`"),
        Column::new("host_id", ID, "the server, in `names`"),
        Column::new("user_id", ID, "the user, in `names`"),
        Column::new("service_name", SHORT_TEXT, "the daemon").ecs("service.name"),
        Column::new(
            "openssh_auth_method",
            SHORT_TEXT,
            "`password`, `publickey`, …",
        ),
        Column::new(
            "openssh_auth_key",
            SHORT_TEXT,
            "the fingerprint of the key: `SHA256:…`",
        ),
        Column::new("logged_in_at", time(), "when"),
        Column::new(
            "wanted",
            DataType::Boolean,
            "whether it is of the wanted time; if not, it came before",
        ),
        Column::new(
            "logins_before",
            ID,
            "successful logins of the address that came before",
        ),
        Column::new("user_logins", ID, "of these: logins of the same user"),
        Column::new(
            "failures",
            ID,
            "failures of the address on that server since its previous login there, within 31 days",
        ),
        Column::new(
            "user_failures",
            ID,
            "of these: failures of the same user, since that user's previous login",
        ),
        Column::new("user_names", ID, "how many user names failed"),
        Column::new("first_failure", time(), "when the first of them failed"),
        Column::new(
            "failures_elsewhere",
            ID,
            "failures of the address on other servers since its previous login on any, within 31 days",
        ),
        Column::new(
            "network_failures",
            ID,
            "failures of the network's other addresses within 31 days",
        ),
        Column::new(
            "network_addresses",
            ID,
            "how many addresses these came from",
        ),
    ]
}

/// The columns of `mistyped`: failures of each address after which the same user logged in from the same network, three at
/// most at a time.
#[must_use]
pub fn mistyped() -> Vec<Column> {
    vec![
        Column::new("address_id", ID, "the remote side, in `peers`"),
        Column::new("failures", ID, "how many failures"),
    ]
}

/// The columns of `exact_bans`: one row for each thing that fail2ban did about a ban, in no order.
#[must_use]
pub fn exact_bans() -> Vec<Column> {
    vec![
        Column::new("address_id", ID, "the remote side, in `peers`"),
        Column::new("host_id", ID, "the server, in `names`"),
        Column::new("jail_id", ID, "the jail, in `names`"),
        Column::new("event_dataset", SHORT_TEXT, "log, database or status").ecs("event.dataset"),
        Column::new(
            "event_action",
            SHORT_TEXT,
            "`ban`, `restore_ban`, `increase_ban` or `unban`",
        )
        .ecs("event.action"),
        Column::new("done_at", time(), "when"),
        Column::new(
            "fail2ban_bantime",
            DataType::Int64,
            "the ban's length in seconds; -1 is for ever",
        ),
        Column::new(
            "fail2ban_bancount",
            DataType::Int64,
            "how often the address had been banned",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema_of;

    #[test]
    fn roll_ups_have_distinct_names_and_columns() {
        let mut names = std::collections::HashSet::new();
        for roll_up in ROLL_UPS {
            assert!(names.insert(roll_up.name), "{}", roll_up.name);
            let columns = roll_up.columns();
            let distinct: std::collections::HashSet<_> =
                columns.iter().map(|column| column.name).collect();
            assert_eq!(distinct.len(), columns.len(), "{}", roll_up.name);
            assert_eq!(schema_of(&columns).fields().len(), columns.len());
        }
    }
}

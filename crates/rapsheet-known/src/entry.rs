//! One entry: whom it is about, and what is said of them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use rapsheet_schema::days_from_civil;

/// Whom an entry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// One address, canonical.
    Address(IpAddr),
    /// A network.
    Network(IpNet),
    /// An autonomous system, by its number.
    System(u32),
    /// A country, by its two letters.
    Country(String),
    /// A user of the server.
    User(String),
    /// A key of sshd's, by its fingerprint.
    Key(String),
    /// A remote host by its name, where a log has the name and no address.
    Host(String),
}

impl Whom {
    /// The words of the kinds, as settings and the table `known` have them.
    pub const KINDS: [&'static str; 7] =
        ["address", "network", "as", "country", "user", "key", "host"];

    /// Reads a value of a kind. The error says what the value is not.
    ///
    /// # Errors
    ///
    /// Fails where the value is none of that kind.
    pub fn parse(kind: &str, value: &str) -> Result<Self, &'static str> {
        let value = value.trim();
        match kind {
            "address" => value
                .parse::<IpAddr>()
                .map(|ip| Self::Address(ip.to_canonical()))
                .map_err(|_| "no address"),
            "network" => network(value).ok_or("no network"),
            "as" => {
                let digits = value
                    .strip_prefix("AS")
                    .or_else(|| value.strip_prefix("as"));
                let digits = digits.unwrap_or(value);
                digits
                    .parse()
                    .map(Self::System)
                    .map_err(|_| "no number of an autonomous system")
            }
            "country"
                if value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_alphabetic()) =>
            {
                Ok(Self::Country(value.to_ascii_uppercase()))
            }
            "country" => Err("no code of a country"),
            "key" if is_fingerprint(value) => Ok(Self::Key(value.to_owned())),
            "key" => Err("no fingerprint of a key"),
            "user" if !value.is_empty() => Ok(Self::User(value.to_owned())),
            "user" => Err("no user"),
            "host" if is_host(value) => {
                Ok(Self::Host(value.trim_end_matches('.').to_ascii_lowercase()))
            }
            _ => Err("no host name"),
        }
    }

    /// Reads what a person types: an address, a network, `AS64496` or a fingerprint as it is; others as `user=NAME`.
    #[must_use]
    pub fn guess(text: &str) -> Option<Self> {
        if let Some((kind, value)) = text.split_once('=')
            && Self::KINDS.contains(&kind)
        {
            return Self::parse(kind, value).ok();
        }
        let is_system = text
            .get(..2)
            .is_some_and(|start| start.eq_ignore_ascii_case("as"));
        ["address", "network", "key"]
            .into_iter()
            .find_map(|kind| Self::parse(kind, text).ok())
            .or_else(|| is_system.then(|| Self::parse("as", text).ok()).flatten())
    }

    /// The word of its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Address(_) => "address",
            Self::Network(_) => "network",
            Self::System(_) => "as",
            Self::Country(_) => "country",
            Self::User(_) => "user",
            Self::Key(_) => "key",
            Self::Host(_) => "host",
        }
    }

    /// How many it may be about, for the order of entries: the smallest is the most exact.
    #[must_use]
    pub fn breadth(&self) -> i64 {
        match self {
            Self::Network(network) => i64::from(network.max_prefix_len() - network.prefix_len()),
            Self::System(_) => 200,
            Self::Country(_) => 300,
            _ => 0,
        }
    }
}

impl fmt::Display for Whom {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(ip) => ip.fmt(out),
            Self::Network(network) => network.fmt(out),
            Self::System(number) => write!(out, "AS{number}"),
            Self::Country(text) | Self::User(text) | Self::Key(text) | Self::Host(text) => {
                out.write_str(text)
            }
        }
    }
}

/// A network; one of a single address is that address.
fn network(text: &str) -> Option<Whom> {
    let network: IpNet = text.parse().ok()?;
    let network = network.trunc();
    if network.prefix_len() == network.max_prefix_len() {
        return Some(Whom::Address(network.addr().to_canonical()));
    }
    Some(Whom::Network(network))
}

/// Whether a text is how ssh-keygen writes a key's hash: `SHA256:` and base64, or `MD5:` and bytes.
fn is_fingerprint(text: &str) -> bool {
    match text.split_once(':') {
        Some(("SHA256", hash)) => {
            hash.len() >= 40
                && hash
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
        }
        Some(("MD5", hash)) => hash.split(':').count() == 16,
        _ => false,
    }
}

fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.parse::<IpAddr>().is_err()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

/// What whoever is known may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownScope {
    /// It looks whether the server lives: bare connections, and requests for its paths, are nothing.
    Monitoring,
    /// People who work here: their failures are notices.
    Staff,
    /// The server's own address.
    Own,
    /// fail2ban never bans it.
    Ignored,
}

impl KnownScope {
    /// The word, as settings and the table `known` have it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Monitoring => "monitoring",
            Self::Staff => "staff",
            Self::Own => "own",
            Self::Ignored => "ignored",
        }
    }
}

impl FromStr for KnownScope {
    type Err = ();

    /// Reads a scope that settings may name; `ignored` is fail2ban's to say.
    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Monitoring, Self::Staff, Self::Own]
            .into_iter()
            .find(|scope| scope.word() == word)
            .ok_or(())
    }
}

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// The year.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Day {
    /// When the day is over, in UTC microseconds.
    #[must_use]
    pub fn end_micros(self) -> i64 {
        (days_from_civil(self.year, self.month, self.day) + 1) * 86_400_000_000
    }
}

impl FromStr for Day {
    type Err = ();

    /// Reads `2027-01-31`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.trim().split('-');
        let mut next = || parts.next().ok_or(());
        let (year, month, day) = (next()?, next()?, next()?);
        let is_whole = year.len() == 4 && month.len() == 2 && day.len() == 2;
        if !is_whole || parts.next().is_some() {
            return Err(());
        }
        let read = Self {
            year: year.parse().map_err(|_| ())?,
            month: month.parse().map_err(|_| ())?,
            day: day.parse().map_err(|_| ())?,
        };
        let last = match read.month {
            2 if read.year % 4 == 0 && (read.year % 100 != 0 || read.year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        if (1..=last).contains(&read.day) {
            Ok(read)
        } else {
            Err(())
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownEntry {
    /// Whom it is about.
    pub whom: Whom,
    /// What a person wrote about them.
    pub note: Option<String>,
    /// What they may do; absent where nothing but the note is said.
    pub scope: Option<KnownScope>,
    /// The last day on which it holds; for ever where absent.
    pub until: Option<Day>,
    /// With `monitoring`: what their requests may ask for; each also stands for all paths beneath it.
    pub paths: Vec<String>,
    /// The file that it stands in.
    pub origin: String,
    /// The line there.
    pub line: usize,
}

impl KnownEntry {
    /// Whether it says that requests for a path are nothing.
    #[must_use]
    pub fn allows_path(&self, path: &str) -> bool {
        self.paths.iter().any(|allowed| {
            path.strip_prefix(allowed.trim_end_matches('/'))
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

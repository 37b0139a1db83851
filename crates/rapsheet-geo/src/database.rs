//! One open database: a MaxMind DB file in memory, or the built-in tables.
//!
//! A file is read whole and not mapped: mapping needs `unsafe`, and a file that is replaced in place under a map would
//! end the program. Files packed with gzip are unpacked in memory.
//!
//! # Not supported
//!
//! The older binary format of GeoIP (`.dat`), MaxMind's CSV files.

use std::fs;
use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use maxminddb::Reader;
use serde::de::{Deserialize, DeserializeSeed, Deserializer};

use crate::built_in::{self, BuiltIn};
use crate::cache::{Cache, CacheError};
use crate::database_kind::DatabaseKind;
use crate::decode::{Raw, RecordSeed};
use crate::licence::{attribution, publisher_of};
use crate::normalise::{DetailsRecord, RecordRules, normalise};
use crate::notice::GeoNotice;
use crate::service::Service;
use crate::service::endpoint::AnswerHost;
use crate::web_answers::{self, WebAnswers};

/// Larger than any address database on the market; a gzip bomb ends here.
const MOST_BYTES: u64 = 4 << 30;

/// What is known of an open database, for status lines.
#[derive(Clone, Debug)]
pub struct DatabaseInfo {
    /// The `database_type` of the file, or `built-in`.
    pub edition: String,
    /// The file; `None` for the built-in tables.
    pub path: Option<PathBuf>,
    /// When it was built, as microseconds since 1970 in UTC.
    pub built_micros: i64,
    /// What it is about.
    pub kind: DatabaseKind,
    /// 4 or 6. A file with 6 holds IPv4 too, as a rule.
    pub ip_version: u8,
    /// How many nodes its tree has: a measure of its size.
    pub nodes: u64,
    /// What its licence wants to be shown beside its answers.
    pub attribution: Option<&'static str>,
    /// Whether a person named it, rather than that it was found.
    pub explicit: bool,
    /// How many answers of the web service it stands for; absent for files and for the built-in tables.
    pub answers: Option<u64>,
}

/// Turns of databases.
const FRESH_ANSWERS: u8 = 0;
const FILES: u8 = 1;
const OLD_ANSWERS: u8 = 2;

/// An open database.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) info: DatabaseInfo,
    /// Whether it may answer for documentation addresses.
    pub(crate) is_demo: bool,
    /// Whether an address that it doesn't list is an answer.
    pub(crate) silence_answers: bool,
    /// Its turn among the others: fresh answers of the web service first, files next, old answers last.
    pub(crate) turn: u8,
    store: Store,
    rules: RecordRules,
    locale: String,
    fault: Mutex<Option<(u64, String)>>,
}

#[derive(Debug)]
enum Store {
    File(Box<Reader<Vec<u8>>>),
    Web(Box<WebAnswers>),
    BuiltIn(Box<BuiltIn>),
}

/// What a lookup found: nothing, or the key of a record; and the network for which that holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DatabaseHit {
    pub(crate) key: Option<u64>,
    pub(crate) prefix: Option<u8>,
}

/// The keys of a record.
struct TopLevelKeys(Vec<String>);

impl<'de> Deserialize<'de> for TopLevelKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map =
            std::collections::BTreeMap::<String, serde::de::IgnoredAny>::deserialize(deserializer)?;
        Ok(Self(map.into_keys().collect()))
    }
}

thread_local! {
    /// The locale of the record that this thread decodes: the reader makes values only of types without a seed.
    static LOCALE: std::cell::RefCell<String> = const { std::cell::RefCell::new(String::new()) };
}

/// A record decoded in this thread's locale.
struct Localised<'a>(Raw<'a>);

impl<'de> Deserialize<'de> for Localised<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        LOCALE.with_borrow(|locale| RecordSeed { locale }.deserialize(deserializer).map(Self))
    }
}

impl Database {
    /// Opens a file.
    pub(crate) fn open(path: &Path, explicit: bool, locale: &str) -> Result<Self, GeoNotice> {
        let bytes = read_file(path)?;
        let keys = FlagKeys::of(&bytes);
        let reader = Reader::from_source(bytes).map_err(|error| why_not(path, &error))?;
        let metadata = reader.metadata();
        let edition = metadata.database_type.clone();
        let ip_version = if metadata.ip_version == 4 { 4 } else { 6 };
        let nodes = u64::from(metadata.node_count);
        let built_micros = i64::try_from(metadata.build_epoch)
            .ok()
            .and_then(|seconds| seconds.checked_mul(rapsheet_schema::MICROS_PER_SECOND))
            .unwrap_or(0);
        let kind = DatabaseKind::of_type(&edition).or_else(|| kind_by_content(&reader));
        let Some(kind) = kind else {
            return Err(GeoNotice::new(
                path,
                format!(
                    "database of type `{edition}` holds nothing about addresses that rapsheet knows"
                ),
            ));
        };
        let rules = rules_of(kind, keys);
        Ok(Self {
            is_demo: edition.starts_with("rapsheet-demo"),
            silence_answers: rules.tells_anonymity,
            info: DatabaseInfo {
                attribution: attribution(&publisher_of(&edition, Some(path))),
                edition,
                path: Some(path.to_owned()),
                built_micros,
                kind,
                ip_version,
                nodes,
                explicit,
                answers: None,
            },
            turn: FILES,
            store: Store::File(Box::new(reader)),
            rules,
            locale: locale.to_owned(),
            fault: Mutex::new(None),
        })
    }

    /// Opens the cache of the web service's answers: a database for each service, and one more for its old answers.
    pub(crate) fn of_cache(
        path: &Path,
        from: &AnswerHost,
        fresh_since_micros: i64,
        locale: &str,
    ) -> Result<Vec<Self>, GeoNotice> {
        let notice = |error: CacheError| {
            let text = error.to_string();
            let (message, hint) = text.split_once("\nhint: ").unwrap_or((&text, ""));
            let notice = GeoNotice::new(path, message);
            if hint.is_empty() {
                notice
            } else {
                notice.hint(hint)
            }
        };
        let Some(cache) = Cache::open_read_only(path).map_err(notice)? else {
            return Ok(Vec::new());
        };
        let known = cache.known(from).map_err(notice)?;
        let parts = web_answers::parts(cache, known, fresh_since_micros);
        Ok(parts
            .into_iter()
            .map(|part| Self::of_answers(part, from, path, locale))
            .collect())
    }

    fn of_answers(
        part: web_answers::AnswerSet,
        from: &AnswerHost,
        path: &Path,
        locale: &str,
    ) -> Self {
        let kind = match part.service {
            Service::Insights => DatabaseKind::Insights,
            Service::City | Service::GeoLiteCity => DatabaseKind::City,
            Service::Country | Service::GeoLiteCountry => DatabaseKind::Country,
        };
        Self {
            info: DatabaseInfo {
                edition: from.source(part.service),
                path: Some(path.to_owned()),
                built_micros: part.newest_micros,
                kind,
                ip_version: 6,
                nodes: 0,
                attribution: part
                    .service
                    .is_free()
                    .then(|| attribution("geolite2"))
                    .flatten(),
                explicit: false,
                answers: Some(part.count),
            },
            is_demo: false,
            silence_answers: false,
            // A country alone goes with the files: the city of a file is worth more than it.
            turn: match (part.fresh, kind) {
                (false, _) => OLD_ANSWERS,
                (true, DatabaseKind::Country) => FILES,
                (true, _) => FRESH_ANSWERS,
            },
            store: Store::Web(Box::new(part.answers)),
            rules: RecordRules {
                tells_union: true,
                tells_anycast: true,
                tells_anonymity: kind == DatabaseKind::Insights,
                ..RecordRules::default()
            },
            locale: locale.to_owned(),
            fault: Mutex::new(None),
        }
    }

    /// Whether it holds answers of the web service.
    pub(crate) const fn is_web(&self) -> bool {
        matches!(self.store, Store::Web(_))
    }

    /// From when a record is: the build of the file, or the time at which the service was asked.
    pub(crate) fn built_micros(&self, key: Option<u64>) -> i64 {
        match (&self.store, key) {
            (Store::Web(answers), Some(key)) => answers.asked_micros(key),
            _ => None,
        }
        .unwrap_or(self.info.built_micros)
    }

    /// Opens the database that the binary carries.
    pub(crate) fn built_in() -> Result<Self, GeoNotice> {
        let tables = BuiltIn::open()
            .map_err(|error| GeoNotice::new("built-in", format!("cannot be read: {error}")))?;
        Ok(Self {
            info: DatabaseInfo {
                edition: "built-in".to_owned(),
                path: None,
                built_micros: tables.built_micros,
                kind: DatabaseKind::BuiltIn,
                ip_version: 6,
                nodes: 0,
                attribution: Some(built_in::ATTRIBUTION),
                explicit: false,
                answers: None,
            },
            is_demo: false,
            silence_answers: false,
            turn: FILES,
            store: Store::BuiltIn(Box::new(tables)),
            rules: RecordRules::default(),
            locale: String::new(),
            fault: Mutex::new(None),
        })
    }

    /// Looks an address up; `None` where the database can say nothing of such addresses.
    #[inline]
    pub(crate) fn find(&self, ip: IpAddr) -> Option<DatabaseHit> {
        match &self.store {
            Store::BuiltIn(tables) => {
                let (key, prefix) = tables.find(ip);
                Some(DatabaseHit {
                    key,
                    prefix: Some(prefix),
                })
            }
            Store::Web(answers) => {
                let found = answers.find(ip);
                // What nobody asked about says nothing of any network.
                found.map(|(key, prefix)| DatabaseHit {
                    key: Some(key),
                    prefix: Some(prefix),
                })
            }
            Store::File(reader) => {
                if self.info.ip_version == 4 && ip.is_ipv6() {
                    return None;
                }
                match reader.lookup(ip) {
                    Ok(result) => Some(DatabaseHit {
                        key: result.offset().map(|offset| offset as u64),
                        // A file without IPv4 answers with a network of IPv6.
                        prefix: result
                            .network()
                            .ok()
                            .filter(|network| network.is_ipv4() == ip.is_ipv4())
                            .map(|network| network.prefix()),
                    }),
                    Err(error) => self.fail(&error.to_string()),
                }
            }
        }
    }

    /// Decodes the record that a lookup of this address found.
    pub(crate) fn record(&self, ip: IpAddr, key: u64) -> Option<DetailsRecord<'_>> {
        match &self.store {
            Store::BuiltIn(tables) => Some(tables.record(key)),
            Store::Web(answers) => match answers.record(key, self.rules, &self.locale) {
                Ok(record) => Some(record),
                Err(error) => self.fail(&error),
            },
            Store::File(reader) => {
                LOCALE.with_borrow_mut(|locale| {
                    if *locale != self.locale {
                        locale.clone_from(&self.locale);
                    }
                });
                let raw = reader
                    .lookup(ip)
                    .and_then(|result| result.decode::<Localised<'_>>());
                match raw {
                    Ok(Some(Localised(raw))) => Some(normalise(raw, self.rules)),
                    Ok(None) => None,
                    Err(error) => self.fail(&error.to_string()),
                }
            }
        }
    }

    /// Shows some of the records, each once, to `see`; the built-in tables have none to show.
    pub(crate) fn sample(&self, most: usize, mut see: impl FnMut(&DetailsRecord<'_>)) {
        let reader = match &self.store {
            Store::File(reader) => reader,
            Store::Web(answers) => {
                for key in answers.keys().take(most) {
                    if let Ok(record) = answers.record(key, self.rules, &self.locale) {
                        see(&record);
                    }
                }
                return;
            }
            Store::BuiltIn(_) => return,
        };
        LOCALE.with_borrow_mut(|locale| locale.clone_from(&self.locale));
        let mut seen = std::collections::HashSet::new();
        let networks = reader.networks(maxminddb::WithinOptions::default());
        for result in networks.into_iter().flatten().take(most * 20).flatten() {
            if seen.len() >= most {
                return;
            }
            if result.offset().is_some_and(|offset| seen.insert(offset))
                && let Ok(Some(Localised(raw))) = result.decode::<Localised<'_>>()
            {
                see(&normalise(raw, self.rules));
            }
        }
    }

    /// What a database whose silence is an answer says of an address that it doesn't list.
    pub(crate) fn silence(&self) -> DetailsRecord<'static> {
        normalise(Raw::default(), self.rules)
    }

    /// Notes a fault of the file that showed at a lookup.
    fn fail<T>(&self, message: &str) -> Option<T> {
        if let Ok(mut fault) = self.fault.lock() {
            let fault = fault.get_or_insert_with(|| (0, message.to_owned()));
            fault.0 += 1;
        }
        None
    }

    /// Tells of the faults that showed at lookups, if any.
    pub(crate) fn lookup_notice(&self) -> Option<GeoNotice> {
        let fault = self.fault.lock().ok()?;
        let (times, message) = fault.as_ref()?;
        let path = self.info.path.clone().unwrap_or_else(|| "built-in".into());
        Some(
            GeoNotice::new(
                path,
                format!("damaged: {times} lookups without an answer: {message}"),
            )
            .hint("download the file again"),
        )
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, GeoNotice> {
    let bytes = fs::read(path)
        .map_err(|error| GeoNotice::new(path, format!("cannot be read: {}", said(&error))))?;
    if bytes.is_empty() {
        return Err(GeoNotice::new(path, "empty file").hint("download the file again"));
    }
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice())
        .take(MOST_BYTES)
        .read_to_end(&mut plain)
        .map_err(|error| {
            GeoNotice::new(path, format!("damaged gzip file: {}", said(&error)))
                .hint("download the file again")
        })?;
    if plain.get(257..262) == Some(b"ustar") {
        return Err(GeoNotice::new(path, "an archive, not a database")
            .hint("unpack it with `tar xzf` and name the `.mmdb` file in it"));
    }
    Ok(plain)
}

/// An error's text without the number that std appends.
fn said(error: &std::io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}

/// Says why a file is no database.
fn why_not(path: &Path, error: &maxminddb::MaxMindDbError) -> GeoNotice {
    let is_dat = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("dat"));
    if is_dat {
        return legacy(path);
    }
    let message = match error {
        maxminddb::MaxMindDbError::Io(cause) => format!("cannot be read: {}", said(cause)),
        _ => "not a usable MaxMind DB file".to_owned(),
    };
    GeoNotice::new(path, message)
        .hint("it may be cut off or another kind of file; download the `.mmdb` again")
}

/// Tells of a file in the format that MaxMind gave up in 2019.
pub(crate) fn legacy(path: &Path) -> GeoNotice {
    GeoNotice::new(path, "GeoIP Legacy (`.dat`) is not read")
        .hint("get the same edition as `.mmdb`: GeoLite2 from MaxMind, or DB-IP Lite")
}

/// Looks at the first records for keys that tell what the database is about.
fn kind_by_content(reader: &Reader<Vec<u8>>) -> Option<DatabaseKind> {
    let networks = reader.networks(maxminddb::WithinOptions::default()).ok()?;
    networks
        .take(64)
        .filter_map(|result| result.ok()?.decode::<TopLevelKeys>().ok()?)
        .filter_map(|TopLevelKeys(keys)| DatabaseKind::of_record(&keys))
        .min()
}

/// Which of the newer flags stand as keys anywhere in a file. Older files of the same kind don't speak of them.
#[derive(Clone, Copy)]
struct FlagKeys {
    union: bool,
    anycast: bool,
    legitimate_proxy: bool,
}

impl FlagKeys {
    fn of(bytes: &[u8]) -> Self {
        let has = |key: &str| memchr::memmem::find(bytes, key.as_bytes()).is_some();
        Self {
            union: has("is_in_european_union"),
            anycast: has("is_anycast"),
            legitimate_proxy: has("is_legitimate_proxy"),
        }
    }
}

/// Finds out which flags a database speaks of, so that their absence from a record means false.
fn rules_of(kind: DatabaseKind, keys: FlagKeys) -> RecordRules {
    let is_place = matches!(
        kind,
        DatabaseKind::Enterprise | DatabaseKind::City | DatabaseKind::Country
    );
    RecordRules {
        tells_union: is_place && keys.union,
        tells_anycast: is_place && keys.anycast,
        tells_legitimate_proxy: is_place && keys.legitimate_proxy,
        tells_anonymity: matches!(
            kind,
            DatabaseKind::AnonymousIp | DatabaseKind::AnonymousPlus | DatabaseKind::IpRisk
        ),
        is_residential: kind == DatabaseKind::ResidentialProxy,
        is_static_score: kind == DatabaseKind::StaticIpScore,
    }
}

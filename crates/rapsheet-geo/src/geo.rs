//! All databases together: which are used, in which order, and what they say of one address.

use std::collections::HashSet;
use std::net::IpAddr;
use std::path::PathBuf;

use rapsheet_schema::{Scope, network_of, scope_of};

use crate::database::{Database, DatabaseHit, DatabaseInfo};
use crate::details_row::{DatabaseAnswer, DetailsRow};
use crate::discovery;
use crate::field::{Field, FieldValue};
use crate::normalise::DetailsRecord;
use crate::notice::GeoNotice;
use crate::service::endpoint::AnswerHost;

/// Which databases to use, and in which language.
#[derive(Clone, Debug)]
pub struct GeoOptions {
    /// Files and folders that a person named. They go before what is found.
    pub paths: Vec<PathBuf>,
    /// Folders in which to look for more.
    pub folders: Vec<PathBuf>,
    /// The locale of names (`de`, `en`, `pt-BR`, …); `en` stands in where a name is missing.
    pub locale: String,
    /// Whether the built-in database answers what the others don't.
    pub built_in: bool,
    /// The cache of the web service's answers; it need not exist.
    pub cache: Option<PathBuf>,
    /// Whose answers count.
    pub answers_from: AnswerHost,
    /// Answers from before this time, in microseconds since 1970, are old: they go after the files.
    pub fresh_since_micros: i64,
}

impl Default for GeoOptions {
    /// Whatever is installed, then the built-in database, in English.
    fn default() -> Self {
        Self {
            paths: Vec::new(),
            folders: discovery::usual_folders(),
            locale: "en".to_owned(),
            built_in: true,
            cache: None,
            answers_from: AnswerHost::MaxMind,
            fresh_since_micros: i64::MIN,
        }
    }
}

/// A value of [`Details`].
#[derive(Clone, Debug, PartialEq)]
pub enum DetailValue {
    /// Text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// A flag.
    Flag(bool),
}

impl std::fmt::Display for DetailValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Whole(whole) => whole.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
        }
    }
}

/// One column of [`Details`].
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    /// The column's name.
    pub name: &'static str,
    /// Its value.
    pub value: DetailValue,
    /// The number of the database in [`Geo::databases`] that it comes from.
    pub source: usize,
}

/// What is known of one address: only the columns that have a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Details {
    /// The address.
    pub ip: IpAddr,
    /// What kind of place it is. Only global addresses are looked up.
    pub scope: Scope,
    /// The network for which the answer holds.
    pub network: Option<(IpAddr, u8)>,
    /// The columns, in the order of the table.
    pub columns: Vec<Detail>,
    /// The databases that answered (their editions with a comma), as in `details_source`.
    pub source: Option<String>,
    /// The build date of the oldest of them, in microseconds since 1970.
    pub as_of_micros: Option<i64>,
}

impl Details {
    /// Returns the value of a column.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&DetailValue> {
        self.columns
            .iter()
            .find(|detail| detail.name == name)
            .map(|detail| &detail.value)
    }

    /// Returns the text in a column.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            DetailValue::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The open databases, in the order in which they fill a row.
#[derive(Debug)]
pub struct Geo {
    pub(crate) databases: Vec<Database>,
    infos: Vec<DatabaseInfo>,
    passed_over: Vec<DatabaseInfo>,
}

impl Geo {
    /// Opens what the options name. Reports databases that can't be used and goes on with the rest.
    #[must_use]
    pub fn open(options: &GeoOptions) -> (Self, Vec<GeoNotice>) {
        let mut notices = Vec::new();
        let mut databases: Vec<Database> = Vec::new();
        let mut passed_over = Vec::new();
        let mut seen = HashSet::new();
        let named: Vec<_> = options
            .paths
            .iter()
            .flat_map(|path| discovery::expand(path, &mut notices))
            .collect();
        let found: Vec<_> = options
            .folders
            .iter()
            .flat_map(|folder| discovery::found_in(folder, &mut notices))
            .collect();
        let named = named.into_iter().map(|path| (path, true));
        for (path, explicit) in named.chain(found.into_iter().map(|path| (path, false))) {
            let same = path.canonicalize().unwrap_or_else(|_| path.clone());
            if !seen.insert(same) {
                continue;
            }
            match Database::open(&path, explicit, &options.locale) {
                Ok(database) => passed_over.extend(add(&mut databases, database)),
                Err(notice) => notices.push(notice),
            }
        }
        if options.built_in {
            match Database::built_in() {
                Ok(database) => databases.push(database),
                Err(notice) => notices.push(notice),
            }
        }
        if let Some(path) = &options.cache {
            match Database::of_cache(
                path,
                &options.answers_from,
                options.fresh_since_micros,
                &options.locale,
            ) {
                Ok(answers) => databases.extend(answers),
                Err(notice) => notices.push(notice),
            }
        }
        databases.sort_by_key(|database| {
            let info = &database.info;
            (
                info.path.is_none(),
                database.turn,
                !info.explicit,
                info.kind,
                !database.is_web(),
                std::cmp::Reverse(info.built_micros),
            )
        });
        let infos = databases
            .iter()
            .map(|database| database.info.clone())
            .collect();
        let geo = Self {
            databases,
            infos,
            passed_over,
        };
        (geo, notices)
    }

    /// Lists the databases that were found but are not used, because another of the same edition is newer or was named.
    #[must_use]
    pub fn passed_over(&self) -> &[DatabaseInfo] {
        &self.passed_over
    }

    /// Says what a database of [`Geo::databases`] answers, in a few words (`country`, `city`, `coordinates`, …), by looking at
    /// some of its records.
    #[must_use]
    pub fn topics(&self, database: usize) -> Vec<&'static str> {
        self.databases
            .get(database)
            .map(crate::contents::contents_of)
            .unwrap_or_default()
    }

    /// Lists the open databases in the order in which they fill a row.
    #[must_use]
    pub fn databases(&self) -> &[DatabaseInfo] {
        &self.infos
    }

    /// Tells of faults in the files that showed only at lookups, one notice for each file.
    #[must_use]
    pub fn lookup_notices(&self) -> Vec<GeoNotice> {
        self.databases
            .iter()
            .filter_map(Database::lookup_notice)
            .collect()
    }

    /// Says what is known of one address.
    #[must_use]
    pub fn lookup(&self, ip: IpAddr) -> Details {
        let ip = ip.to_canonical();
        let scope = scope_of(ip);
        let mut narrowest = Narrowest::default();
        let mut records: Vec<(usize, DetailsRecord<'_>, i64)> = Vec::new();
        for (number, database) in self.asked(scope) {
            let Some(found) = database.find(ip) else {
                continue;
            };
            narrowest.see(found);
            let record = match found.key {
                Some(key) => database.record(ip, key),
                None if database.silence_answers => Some(database.silence()),
                None => None,
            };
            let built = database.built_micros(found.key);
            records.extend(record.map(|record| (number, record, built)));
        }
        let answers: Vec<_> = records
            .iter()
            .map(|(number, record, built)| self.answer(*number, record, *built))
            .collect();
        let row = DetailsRow::merge(&answers);
        let columns = Field::ALL
            .iter()
            .filter_map(|field| {
                let (value, source) = row.cells[*field as usize]?;
                Some(Detail {
                    name: field.name(),
                    value: match value {
                        FieldValue::Text(text) => DetailValue::Text(text.clone().into_owned()),
                        FieldValue::Whole(whole) => DetailValue::Whole(*whole),
                        FieldValue::Number(number) => DetailValue::Number(*number),
                        FieldValue::Flag(flag) => DetailValue::Flag(*flag),
                    },
                    source,
                })
            })
            .collect();
        let answered = !row.used.is_empty();
        Details {
            ip,
            scope,
            network: narrowest.network(ip).filter(|_| answered),
            columns,
            source: answered.then(|| self.source_of(&row.used)),
            as_of_micros: row.as_of,
        }
    }

    /// Lists the databases that are asked about addresses of a scope.
    pub(crate) fn asked(&self, scope: Scope) -> impl Iterator<Item = (usize, &Database)> {
        self.databases
            .iter()
            .enumerate()
            .filter(move |(_, database)| match scope {
                Scope::Global => true,
                Scope::Documentation => database.is_demo,
                _ => false,
            })
    }

    pub(crate) fn answer<'r, 'a>(
        &self,
        database: usize,
        record: &'r DetailsRecord<'a>,
        built_micros: i64,
    ) -> DatabaseAnswer<'r, 'a> {
        DatabaseAnswer {
            database,
            built_in: self.infos[database].path.is_none(),
            record,
            built_micros,
        }
    }

    /// Names the editions that gave values.
    pub(crate) fn source_of(&self, used: &[usize]) -> String {
        let mut names: Vec<&str> = Vec::new();
        for database in used {
            let name = self.infos[*database].edition.as_str();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(", ")
    }
}

/// Adds a database, unless a newer file of the same edition was found elsewhere; then that one stays. The other is returned.
fn add(databases: &mut Vec<Database>, database: Database) -> Option<DatabaseInfo> {
    let new = &database.info;
    let twin = databases.iter().position(|other| {
        let other = &other.info;
        !new.explicit
            && other.edition == new.edition
            && other.ip_version == new.ip_version
            && !new.edition.is_empty()
    });
    match twin {
        None => {
            databases.push(database);
            None
        }
        Some(at)
            if databases[at].info.explicit
                || databases[at].info.built_micros >= new.built_micros =>
        {
            Some(database.info)
        }
        Some(at) => Some(std::mem::replace(&mut databases[at], database).info),
    }
}

/// The narrowest of the networks that the asked databases gave: the answer as a whole holds for that one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Narrowest(Option<u8>);

impl Narrowest {
    pub(crate) fn see(&mut self, found: DatabaseHit) {
        self.0 = self.0.max(found.prefix);
    }

    pub(crate) fn network(self, ip: IpAddr) -> Option<(IpAddr, u8)> {
        self.0.map(|prefix| network_of(ip, prefix, prefix))
    }
}

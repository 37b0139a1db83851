//! fail2ban's SQLite database, versions 1 to 4: every ban that it remembers.
//!
//! Source: <https://github.com/fail2ban/fail2ban>, `fail2ban/server/database.py`.
//!
//! `bans(jail, ip, timeofban, bantime, bancount, data)`: `sshd|192.0.2.1|1769840000|600|1|{"matches": […], "failures": 5}`
//!
//! The daemon may be writing. The database is opened for reading alone and read in one transaction, whose rows are
//! collected before anyone sees them, so that the daemon never waits for what is done with a row.
//!
//! # Not supported
//!
//! The matched lines in `data` (the log that they come from tells more).

mod open;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rapsheet_parse::Head;
use rapsheet_schema::{
    Action, Dataset, Event, MICROS_PER_SECOND, Outcome, Reason, Stamp, Teller, parse_single_address,
};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// Why a database could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Fail2banDatabaseError {
    /// The file can't be read at all.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// SQLite can't open it.
    #[error("cannot open the database `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },
    /// It isn't a SQLite database.
    #[error("`{}` is not a SQLite database", path.display())]
    NotSqlite {
        /// The file.
        path: PathBuf,
    },
    /// It is a SQLite database, of something else.
    #[error("`{}` is a SQLite database, but not fail2ban's: it has no table `{missing}`", path.display())]
    NotFail2ban {
        /// The file.
        path: PathBuf,
        /// What is missing.
        missing: &'static str,
    },
    /// Another process keeps it locked.
    #[error("`{}` is locked by another process", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("the database `{}` is damaged", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite found.
        source: rusqlite::Error,
    },
    /// A query failed.
    #[error("cannot read the table `{table}` of `{}`", path.display())]
    Query {
        /// The file.
        path: PathBuf,
        /// The table.
        table: &'static str,
        /// The cause.
        source: rusqlite::Error,
    },
}

impl Fail2banDatabaseError {
    /// Returns the way out, where there is one to name.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
                Some("run it as root")
            }
            Self::Busy { .. } => Some("try again when the other process is done, or name a copy"),
            Self::Corrupt { .. } | Self::Query { .. } => {
                Some("recover what is left with `sqlite3 FILE .recover`, or copy the file again")
            }
            Self::NotFail2ban { .. } => Some(
                "fail2ban's is `/var/lib/fail2ban/fail2ban.sqlite3`, if `dbfile` says nothing else",
            ),
            Self::Io { .. } | Self::Open { .. } | Self::NotSqlite { .. } => None,
        }
    }
}

/// Which table a row comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Every ban, until fail2ban purges it.
    Bans,
    /// The last ban of each address in each jail, kept longer (version 4).
    Bips,
}

/// One ban as the database has it.
#[derive(Clone, Debug, PartialEq)]
pub struct DatabaseRow {
    /// The table.
    pub table: Table,
    /// SQLite's number of the row in it.
    pub row: i64,
    /// The jail.
    pub jail: String,
    /// The address.
    pub ip: IpAddr,
    /// When the ban began, in microseconds since 1970 UTC.
    pub time_micros: Option<i64>,
    /// Its length in seconds, -1 for ever; absent where the version doesn't say.
    pub bantime: Option<i64>,
    /// How often the address had been banned.
    pub bancount: Option<u32>,
    /// How many failures led to it.
    pub failures: Option<u32>,
}

impl DatabaseRow {
    /// Makes the event of this ban.
    #[must_use]
    pub fn event(&self) -> Event<'_> {
        let mut event = Event::new(Dataset::Fail2banDatabase, Action::Ban, Outcome::Unknown)
            .suspect(Reason::Banned, 0, Teller::Sole);
        event.source_ip = Some(self.ip);
        event.fail2ban_jail = Some(&self.jail);
        event.fail2ban_bantime = self.bantime;
        event.fail2ban_bancount = self.bancount;
        event
    }

    /// Makes the head of this ban: its time.
    #[must_use]
    pub fn head(&self) -> Head<'static> {
        Head {
            stamp: self.time_micros.map_or(Stamp::Absent, Stamp::Utc),
            ..Head::default()
        }
    }

    /// Names the ban so that its copy in a log can be found: jail, address, second.
    #[must_use]
    pub fn key(&self) -> (&str, IpAddr, Option<i64>) {
        let second = self
            .time_micros
            .map(|micros| micros.div_euclid(MICROS_PER_SECOND));
        (&self.jail, self.ip, second)
    }
}

/// What a database held.
#[derive(Debug, Default)]
pub struct DatabaseSummary {
    /// The version that it gives itself; absent where it has none.
    pub version: Option<i64>,
    /// Rows seen; `rows = given + understood + unknown`.
    pub rows: u64,
    /// Rows that were handed out.
    pub given: u64,
    /// Rows that ban a network or a name in place of an address.
    pub understood: u64,
    /// What these ban.
    pub no_addresses: Vec<String>,
    /// Rows that nobody could read.
    pub unknown: u64,
    /// The logs that the daemon watches: jail and path.
    pub logs: Vec<(String, String)>,
    /// What stopped the reading, if anything; the rows before it were handed out.
    pub fault: Option<Fail2banDatabaseError>,
}

/// Tells whether a file begins like a SQLite database.
#[must_use]
pub fn looks_like(head: &[u8]) -> bool {
    head.starts_with(b"SQLite format 3\0")
}

/// Reads every ban of a database, in the order of the tables.
///
/// # Errors
///
/// Where the file can't be opened, isn't fail2ban's, or is locked. Damage that is met after the first row is no error:
/// the rows before it are handed out and the summary names it.
pub fn read(
    path: &Path,
    each: &mut dyn FnMut(DatabaseRow),
) -> Result<DatabaseSummary, Fail2banDatabaseError> {
    let (rows, summary) = open::with_snapshot(path, |connection| collect(path, connection))?;
    for row in rows {
        each(row);
    }
    Ok(summary)
}

/// Collects everything within one transaction.
fn collect(
    path: &Path,
    connection: &Connection,
) -> Result<(Vec<DatabaseRow>, DatabaseSummary), Fail2banDatabaseError> {
    let mut summary = DatabaseSummary::default();
    let mut rows = Vec::new();
    let bans = columns(path, connection, "bans")?;
    let bips = columns(path, connection, "bips")?;
    if !["jail", "ip", "timeofban"]
        .iter()
        .all(|name| has(&bans, name))
    {
        return Err(Fail2banDatabaseError::NotFail2ban {
            path: path.to_owned(),
            missing: "bans",
        });
    }
    // A database without these is still readable: nothing hangs on them.
    summary.version = connection
        .query_row("SELECT version FROM fail2banDb LIMIT 1", [], |row| {
            row.get(0)
        })
        .ok();
    summary.logs = logs(connection).unwrap_or_default();
    let mut tables = vec![(Table::Bans, "bans", query("bans", &bans, ""))];
    if has(&bips, "ip") && has(&bips, "jail") && has(&bips, "timeofban") {
        let only_new = "WHERE NOT EXISTS (SELECT 1 FROM bans b WHERE b.jail = t.jail AND b.ip = t.ip \
            AND CAST(b.timeofban AS INTEGER) = CAST(t.timeofban AS INTEGER))";
        tables.push((Table::Bips, "bips", query("bips", &bips, only_new)));
    }
    for (table, name, sql) in tables {
        if let Err(source) = collect_table(connection, table, &sql, &mut rows, &mut summary) {
            let error = error_of(path, name, source);
            if summary.rows == 0 {
                return Err(error);
            }
            summary.fault = Some(error);
            break;
        }
    }
    Ok((rows, summary))
}

/// Lists the columns of a table; none where there is no such table.
fn columns(
    path: &Path,
    connection: &Connection,
    table: &'static str,
) -> Result<Vec<String>, Fail2banDatabaseError> {
    let list = || -> rusqlite::Result<Vec<String>> {
        let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
        let names = statement.query_map([table], |row| row.get(0))?;
        names.collect()
    };
    list().map_err(|source| error_of(path, table, source))
}

fn has(columns: &[String], name: &str) -> bool {
    columns
        .iter()
        .any(|column| column.eq_ignore_ascii_case(name))
}

/// Writes the query of a table, with NULL for columns that its version lacks.
fn query(table: &str, columns: &[String], condition: &str) -> String {
    let column = |name: &'static str| {
        if has(columns, name) {
            format!("t.{name}")
        } else {
            "NULL".to_owned()
        }
    };
    format!(
        "SELECT t.rowid, t.jail, t.ip, t.timeofban, {}, {}, {} FROM {table} t {condition}",
        column("bantime"),
        column("bancount"),
        column("data")
    )
}

fn logs(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let mut statement = connection.prepare("SELECT jail, path FROM logs WHERE path IS NOT NULL")?;
    let logs = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    logs.collect()
}

fn collect_table(
    connection: &Connection,
    table: Table,
    sql: &str,
    rows: &mut Vec<DatabaseRow>,
    summary: &mut DatabaseSummary,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut cursor = statement.query([])?;
    while let Some(row) = cursor.next()? {
        summary.rows += 1;
        let (Some(jail), Some(name)) = (text(row.get_ref(1)?), text(row.get_ref(2)?)) else {
            summary.unknown += 1;
            continue;
        };
        let Some(ip) = parse_single_address(&name) else {
            summary.understood += 1;
            summary.no_addresses.push(name);
            continue;
        };
        summary.given += 1;
        rows.push(DatabaseRow {
            table,
            row: row.get(0)?,
            jail,
            ip,
            time_micros: micros(row.get_ref(3)?),
            // -2 stands where an upgrade did not know the length.
            bantime: whole(row.get_ref(4)?).filter(|seconds| *seconds >= -1),
            bancount: whole(row.get_ref(5)?).and_then(|count| u32::try_from(count).ok()),
            failures: failures(row.get_ref(6)?),
        });
    }
    Ok(())
}

/// Takes text, also where a writer stored it as a blob.
fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        _ => None,
    }
}

/// Takes a whole number; SQLite columns may hold anything.
fn whole(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(number) => Some(number),
        ValueRef::Real(number) if number.is_finite() && number.abs() < 9e15 => {
            Some(number.trunc() as i64)
        }
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok()?.trim().parse().ok(),
        _ => None,
    }
}

/// Takes seconds since 1970, whole or not, as microseconds, where they are a time of this era.
fn micros(value: ValueRef<'_>) -> Option<i64> {
    const LAST_SECOND: i64 = 253_402_300_799;
    let micros = match value {
        ValueRef::Real(number) if number.is_finite() && number.abs() < 1e12 => {
            (number * 1e6).round() as i64
        }
        other => whole(other)?.checked_mul(MICROS_PER_SECOND)?,
    };
    (0..=LAST_SECOND * MICROS_PER_SECOND)
        .contains(&micros)
        .then_some(micros)
}

/// Takes the number of failures out of `data`, whatever else stands there.
fn failures(value: ValueRef<'_>) -> Option<u32> {
    #[derive(serde::Deserialize)]
    struct Data {
        failures: Option<u32>,
    }
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            serde_json::from_slice::<Data>(bytes).ok()?.failures
        }
        _ => None,
    }
}

/// Gives an error of SQLite its place and its meaning.
fn error_of(path: &Path, table: &'static str, source: rusqlite::Error) -> Fail2banDatabaseError {
    use rusqlite::ErrorCode;
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => Fail2banDatabaseError::NotSqlite { path },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Fail2banDatabaseError::Busy { path }
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::SystemIoFailure) => {
            Fail2banDatabaseError::Corrupt { path, source }
        }
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            Fail2banDatabaseError::Open { path, source }
        }
        _ => Fail2banDatabaseError::Query {
            path,
            table,
            source,
        },
    }
}

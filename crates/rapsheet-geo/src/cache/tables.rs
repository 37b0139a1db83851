//! The tables of the cache, and how a cache of an older version gets them.
//!
//! Version 1 knew answers by service and address, and kept the host without its port. Version 2 knows them by service, host and
//! address, notes what runs have spent, and remembers the last answer of whoever failed.

use rusqlite::Connection;

use crate::service::Service;

/// Which tables a cache has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// Answers by service and address.
    First,
    /// Answers by service, host and address.
    Second,
}

impl Version {
    /// What this program writes.
    pub(crate) const CURRENT: Self = Self::Second;

    /// The version behind SQLite's number; a file without tables has none yet. `None` for what a later program wrote.
    pub(crate) const fn of(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::First),
            0 | 2 => Some(Self::Second),
            _ => None,
        }
    }

    /// The host of an answer, as SQL of this version.
    pub(crate) const fn host_sql(self) -> &'static str {
        match self {
            Self::First => FIRST_HOST,
            Self::Second => "host",
        }
    }
}

/// What stands behind a host of version 1 in place of its port.
const ANY_PORT: &str = ":*";

/// A host of version 1: MaxMind's own as they are, of others no port is known.
const FIRST_HOST: &str =
    "CASE WHEN host IN ('geoip.maxmind.com', 'geolite.info') THEN host ELSE host || ':*' END";

/// How version 1 kept a host that has a port.
pub(crate) fn of_other_ports(host: &str) -> String {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match host.rsplit_once(':') {
        Some((name, port)) if digits(port) => format!("{name}{ANY_PORT}"),
        _ => format!("{host}{ANY_PORT}"),
    }
}

const ANSWERS: &str = "
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY,
    service TEXT NOT NULL,
    ip TEXT NOT NULL,
    asked_micros INTEGER NOT NULL,
    status INTEGER NOT NULL,
    code TEXT,
    network TEXT,
    serves_network INTEGER NOT NULL,
    host TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS answers_by_ip ON answers (ip, service);
";

const CLAIMS: &str = "
CREATE TABLE IF NOT EXISTS pending (
    service TEXT NOT NULL,
    host TEXT NOT NULL,
    ip TEXT NOT NULL,
    block TEXT NOT NULL,
    owner TEXT,
    sent_micros INTEGER,
    failure TEXT,
    failed_micros INTEGER,
    tries INTEGER NOT NULL DEFAULT 0,
    status INTEGER,
    answer BLOB,
    PRIMARY KEY (service, host, ip)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pending_by_block ON pending (service, host, block);
";

const SPENDING: &str = "
CREATE TABLE IF NOT EXISTS runs (
    owner TEXT PRIMARY KEY,
    service TEXT NOT NULL,
    host TEXT NOT NULL,
    begun_micros INTEGER NOT NULL,
    last_micros INTEGER NOT NULL,
    price_nanos INTEGER,
    sent INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    perhaps_billed INTEGER NOT NULL,
    spent_nanos INTEGER
) STRICT;
";

/// Makes the tables where there are none, and gives those of an older version what they lack.
pub(crate) fn make(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let made = make_all(connection).and_then(|()| connection.execute_batch("COMMIT"));
    if made.is_err() {
        // SQLite may have rolled back by itself.
        let _ = connection.execute_batch("ROLLBACK");
    }
    made
}

fn make_all(connection: &Connection) -> rusqlite::Result<()> {
    // Another run may have been here in the meantime.
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found == 2 {
        return Ok(());
    }
    if found == 1 {
        return from_first(connection);
    }
    connection.execute_batch(&format!(
        "{ANSWERS}{CLAIMS}{SPENDING}PRAGMA user_version = 2;"
    ))
}

/// Turns a cache of version 1 into one of version 2. What was spent before is told by the answers of each day, without a price.
fn from_first(connection: &Connection) -> rusqlite::Result<()> {
    // Who asked for what did not name the host: what was sent counts against the service's own.
    let free = Service::GeoLiteCity.host_name();
    let paid = Service::City.host_name();
    connection.execute_batch(&format!(
        "UPDATE answers SET host = {FIRST_HOST};
         ALTER TABLE pending RENAME TO pending_of_first;
         DROP INDEX IF EXISTS pending_by_block;
         {CLAIMS}
         INSERT INTO pending (service, host, ip, block, owner, sent_micros, failure)
         SELECT service, CASE WHEN service LIKE 'geolite-%' THEN '{free}' ELSE '{paid}' END,
                ip, block, owner, sent_micros, failure
         FROM pending_of_first;
         DROP TABLE pending_of_first;
         {SPENDING}
         INSERT INTO runs (owner, service, host, begun_micros, last_micros, sent, answered, perhaps_billed)
         SELECT 'before ' || min(id), service, host, min(asked_micros), max(asked_micros),
                count(*), count(*), 0
         FROM answers WHERE status = 200 AND code IS NULL
         GROUP BY service, host, asked_micros / 86400000000;
         PRAGMA user_version = 2;"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_of_version_1_stands_for_all_its_ports() {
        for (host, first) in [
            ("127.0.0.1:8080", "127.0.0.1:*"),
            ("mirror.example", "mirror.example:*"),
            ("[::1]:80", "[::1]:*"),
            ("[::1]", "[::1]:*"),
        ] {
            assert_eq!(of_other_ports(host), first);
        }
    }
}

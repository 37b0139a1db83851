//! What the web service has answered, in one SQLite file: the raw bytes, so that new columns need no new queries.
//!
//! `answers` grows by one row for each answer, and the latest one counts. `pending` holds one row for each address that somebody is
//! asking about, or could not get an answer for. A run that is killed leaves rows whose owner's lock is free; the next takes them
//! over.

pub(crate) mod claims;
pub(crate) mod forget;
pub(crate) mod known;
pub(crate) mod lock;
pub(crate) mod spending;
pub(crate) mod tables;
pub(crate) mod unanswered;

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, params};

use crate::cache::known::Known;
use crate::cache::tables::{Version, of_other_ports};
use crate::service::endpoint::{AnswerHost, Endpoint};

/// Why the cache can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// Its folder or a file beside it can't be made.
    #[error("cannot write beside `{}`: {source}", path.display())]
    Folder {
        /// The cache.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite refuses.
    #[error("the cache `{}` cannot be used: {source}\nhint: name another with `--cache FILE`; answers in this one are kept", path.display())]
    Sqlite {
        /// The cache.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A later version wrote it.
    #[error("the cache `{}` was written by a later rapsheet (version {found} of its tables)\nhint: update rapsheet, or name another with `--cache FILE`", path.display())]
    Later {
        /// The cache.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
}

/// How long to wait for other runs.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open cache.
#[derive(Debug)]
pub struct Cache {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
    version: Version,
}

/// An answer to keep.
pub(crate) struct Kept<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) ip: IpAddr,
    pub(crate) asked_micros: i64,
    pub(crate) status: u16,
    pub(crate) code: Option<&'a str>,
    pub(crate) network: Option<String>,
    pub(crate) serves_network: bool,
    pub(crate) body: &'a [u8],
}

impl Cache {
    /// Returns where the cache lies unless somebody says otherwise: `$XDG_DATA_HOME/rapsheet/answers.sqlite`.
    #[must_use]
    pub fn usual_path() -> Option<PathBuf> {
        let set = |name: &str| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let data = set("XDG_DATA_HOME").or_else(|| Some(set("HOME")?.join(".local/share")))?;
        Some(data.join("rapsheet/answers.sqlite"))
    }

    /// Opens the cache for writing, and makes it where there is none.
    ///
    /// # Errors
    ///
    /// The file can't be made, is no cache, or was written by a later version.
    pub fn open(path: &Path) -> Result<Self, CacheError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|source| CacheError::Folder {
                path: path.to_owned(),
                source,
            })?;
        }
        let wrong = |source| CacheError::Sqlite {
            path: path.to_owned(),
            source,
        };
        let connection = Connection::open(path).map_err(wrong)?;
        let cache = Self {
            connection,
            path: path.to_owned(),
            version: Version::CURRENT,
        };
        cache.prepare().map_err(wrong)?;
        cache.check_version()?;
        tables::make(&cache.connection).map_err(wrong)?;
        Ok(cache)
    }

    fn prepare(&self) -> rusqlite::Result<()> {
        self.connection.busy_timeout(PATIENCE)?;
        // An answer that was paid for must outlive a power cut.
        self.write_ahead()?;
        self.connection
            .execute_batch("PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;")
    }

    /// Turns the write-ahead log on. SQLite doesn't wait for others here, so two runs that make the cache at once must.
    fn write_ahead(&self) -> rusqlite::Result<()> {
        let begun = Instant::now();
        loop {
            let turned = self
                .connection
                .query_row("PRAGMA journal_mode = WAL", [], |row| {
                    row.get::<_, String>(0)
                });
            match turned {
                Err(error)
                    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
                        && begun.elapsed() < PATIENCE =>
                {
                    std::thread::sleep(Duration::from_millis(10));
                }
                turned => return turned.map(|_| ()),
            }
        }
    }

    fn check_version(&self) -> Result<Version, CacheError> {
        let found: i64 = self
            .connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(|source| self.error(source))?;
        Version::of(found).ok_or_else(|| CacheError::Later {
            path: self.path.clone(),
            found,
        })
    }

    /// Opens the cache for reading; `None` where there is none.
    ///
    /// # Errors
    ///
    /// The file is no cache, or was written by a later version.
    pub fn open_read_only(path: &Path) -> Result<Option<Self>, CacheError> {
        if !path.is_file() {
            return Ok(None);
        }
        let wrong = |source| CacheError::Sqlite {
            path: path.to_owned(),
            source,
        };
        let open = |connection: rusqlite::Result<Connection>| -> rusqlite::Result<Connection> {
            let connection = connection?;
            connection.busy_timeout(Duration::from_secs(10))?;
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
            Ok(connection)
        };
        let plain = open(Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_ONLY,
        ));
        let connection = match plain {
            Ok(connection) => connection,
            // A folder in which nobody may write can't hold SQLite's shared memory; nobody changes the file either then.
            Err(first) => open(Connection::open_with_flags(
                immutable(path),
                OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
            ))
            .map_err(|_| wrong(first))?,
        };
        let mut cache = Self {
            connection,
            path: path.to_owned(),
            version: Version::CURRENT,
        };
        cache.version = cache.check_version()?;
        let has_tables = cache
            .connection
            .query_row(
                "SELECT count(*) FROM sqlite_schema WHERE name = 'answers'",
                [],
                |row| row.get::<_, i64>(0),
            )
            .map_err(wrong)?;
        Ok((has_tables > 0).then_some(cache))
    }

    /// Reads what is known of a host's answers, without the bodies.
    ///
    /// # Errors
    ///
    /// SQLite refuses.
    pub fn known(&self, from: &AnswerHost) -> Result<Known, CacheError> {
        let mut known = Known::new(from.clone(), self.version);
        known
            .sync(&self.connection)
            .map_err(|source| self.error(source))?;
        Ok(known)
    }

    /// Whether the tables are of this version, and have what older ones lack.
    pub(crate) fn is_current(&self) -> bool {
        self.version == Version::CURRENT
    }

    /// Lets the answers of a service serve their networks from here on.
    ///
    /// # Errors
    ///
    /// SQLite refuses.
    pub fn share_networks(&self, endpoint: &Endpoint) -> Result<(), CacheError> {
        share(&self.connection, endpoint).map_err(|source| self.error(source))
    }

    /// Reads the body of an answer.
    pub(crate) fn body(&self, id: i64) -> rusqlite::Result<Vec<u8>> {
        self.connection
            .prepare("SELECT body FROM answers WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
    }

    /// Says that it can't be written any more, and the way out.
    pub(crate) fn refusal(&self, error: &rusqlite::Error, unkept: usize) -> (String, String) {
        let mut reason = format!(
            "the cache `{}` cannot be written: {error}",
            self.path.display()
        );
        if unkept > 0 {
            reason.push_str(&format!(
                "; answers that came and could not be kept: {unkept}, counted as spent"
            ));
        }
        let hint = if is_about_the_disk(error) {
            "make room on that disk, then run the same command: it goes on where it stopped"
        } else {
            "run the same command again: it goes on where it stopped"
        };
        (reason, hint.to_owned())
    }

    pub(crate) fn error(&self, source: rusqlite::Error) -> CacheError {
        CacheError::Sqlite {
            path: self.path.clone(),
            source,
        }
    }
}

/// Whether the disk is full, or refuses for another reason of its own.
pub(crate) fn is_about_the_disk(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DiskFull | rusqlite::ErrorCode::SystemIoFailure)
    )
}

fn immutable(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(*byte));
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    uri
}

/// Keeps an answer, in a transaction of the caller's.
pub(crate) fn keep(connection: &Connection, kept: &Kept<'_>) -> rusqlite::Result<()> {
    connection
        .prepare(
            "INSERT INTO answers (service, ip, asked_micros, status, code, network, serves_network, host, body) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            kept.endpoint.service.as_str(),
            kept.ip.to_string(),
            kept.asked_micros,
            kept.status,
            kept.code,
            kept.network,
            kept.serves_network,
            kept.endpoint.host,
            kept.body,
        ])?;
    claims::release(connection, kept.endpoint, kept.ip)
}

/// Lets the answers of a service serve their networks: somebody asks for it, so that they are used in the same way later.
pub(crate) fn share(connection: &Connection, endpoint: &Endpoint) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE answers SET serves_network = 1 \
         WHERE service = ?1 AND host IN (?2, ?3) AND network IS NOT NULL AND serves_network = 0",
        params![
            endpoint.service.as_str(),
            endpoint.host,
            of_other_ports(&endpoint.host)
        ],
    )?;
    Ok(())
}

//! Opening a database without leaving a trace beside it.
//!
//! A database in WAL mode makes SQLite create `-wal` and `-shm` even for a reader. So:
//! - not in WAL mode: `mode=ro`, which takes a shared lock while the rows are collected;
//! - in WAL mode with both files there (a writer is at work): `mode=ro`, which takes part in what exists;
//! - in WAL mode with nothing in the log: everything is in the file itself, and `immutable=1` reads just that;
//! - in WAL mode with a log whose writer is gone, or with a journal that must be rolled back: a private copy of the
//!   files, where SQLite may repair what it likes.
//!
//! See <https://www.sqlite.org/uri.html> and <https://www.sqlite.org/wal.html#read_only_databases>.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::Fail2banDatabaseError;

/// How long to wait for a writer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a database is to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    ReadOnly,
    Immutable,
    Copy,
}

/// Runs `work` on one consistent state of the database.
pub(super) fn with_snapshot<T>(
    path: &Path,
    work: impl Fn(&Connection) -> Result<T, Fail2banDatabaseError>,
) -> Result<T, Fail2banDatabaseError> {
    let way = way_of(path)?;
    match run(path, way, &work) {
        // A journal to roll back, or a directory in which SQLite wants to write and may not.
        Err(Fail2banDatabaseError::Open { .. }) if way != Way::Copy => run(path, Way::Copy, &work),
        other => other,
    }
}

/// Looks at the file's head and at what lies beside it.
fn way_of(path: &Path) -> Result<Way, Fail2banDatabaseError> {
    let io = |source| Fail2banDatabaseError::Io {
        path: path.to_owned(),
        source,
    };
    let mut head = Vec::with_capacity(100);
    File::open(path)
        .and_then(|file| file.take(100).read_to_end(&mut head))
        .map_err(io)?;
    if !super::looks_like(&head) {
        return Err(Fail2banDatabaseError::NotSqlite {
            path: path.to_owned(),
        });
    }
    // Bytes 18 and 19 are the versions for writing and reading: 2 is WAL.
    if head.get(19) != Some(&2) {
        return Ok(Way::ReadOnly);
    }
    let log_bytes = std::fs::metadata(beside(path, "-wal")).map_or(0, |log| log.len());
    Ok(if log_bytes == 0 {
        Way::Immutable
    } else if beside(path, "-shm").exists() {
        Way::ReadOnly
    } else {
        Way::Copy
    })
}

fn run<T>(
    path: &Path,
    way: Way,
    work: &impl Fn(&Connection) -> Result<T, Fail2banDatabaseError>,
) -> Result<T, Fail2banDatabaseError> {
    let open_error = |source| Fail2banDatabaseError::Open {
        path: path.to_owned(),
        source,
    };
    let no_mutex = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // The copy must outlive its connection.
    let copy;
    let connection = match way {
        Way::ReadOnly | Way::Immutable => {
            let flags = no_mutex | OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(uri_of(path, way), flags)
        }
        Way::Copy => {
            copy = copy_of(path).map_err(|source| Fail2banDatabaseError::Io {
                path: path.to_owned(),
                source,
            })?;
            let flags = no_mutex | OpenFlags::SQLITE_OPEN_READ_WRITE;
            Connection::open_with_flags(copy.path().join(COPY_NAME), flags)
        }
    }
    .map_err(open_error)?;
    connection.busy_timeout(PATIENCE).map_err(open_error)?;
    connection
        .execute_batch("PRAGMA trusted_schema = OFF; BEGIN DEFERRED")
        .map_err(|source| super::error_of(path, "bans", source))?;
    work(&connection)
    // Dropping the connection ends the transaction; nothing was written.
}

const COPY_NAME: &str = "copy.sqlite3";

/// Copies the database and what lies beside it into a directory of our own.
fn copy_of(path: &Path) -> std::io::Result<tempfile::TempDir> {
    let directory = tempfile::tempdir()?;
    let target = directory.path().join(COPY_NAME);
    std::fs::write(&target, std::fs::read(path)?)?;
    for suffix in ["-wal", "-journal"] {
        let companion = beside(path, suffix);
        if companion.exists() {
            std::fs::write(beside(&target, suffix), std::fs::read(companion)?)?;
        }
    }
    Ok(directory)
}

/// Names a file beside the database.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(suffix);
    PathBuf::from(name)
}

/// Writes SQLite's URI of a path; every byte that could mean something else is escaped.
fn uri_of(path: &Path, way: Way) -> String {
    let mut uri = String::from("file:");
    if path.is_absolute() {
        // An empty authority, so that a path of `//…` isn't taken for one.
        uri.push_str("//");
    }
    for &byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_') {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri.push_str("?mode=ro");
    if way == Way::Immutable {
        uri.push_str("&immutable=1");
    }
    uri
}

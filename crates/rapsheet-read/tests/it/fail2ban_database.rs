//! Every version of fail2ban's database, also while it is written, damaged, or in a directory that is read-only.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rapsheet_read::fail2ban_database::{
    DatabaseRow, DatabaseSummary, Fail2banDatabaseError, Table, looks_like, read,
};
use rusqlite::Connection;

const JAILS: &str = "CREATE TABLE fail2banDb(version INTEGER);
    CREATE TABLE jails(name TEXT NOT NULL UNIQUE, enabled INTEGER NOT NULL DEFAULT 1);
    CREATE TABLE logs(jail TEXT NOT NULL, path TEXT, firstlinemd5 TEXT, lastfilepos INTEGER DEFAULT 0);
    INSERT INTO jails(name) VALUES ('my jail');
    INSERT INTO logs VALUES ('my jail', '/var/log/auth.log', 'x', 0);";

/// Writes a database of a version, with two bans or three.
fn make(path: &Path, version: i64) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(JAILS).unwrap();
    connection
        .execute("INSERT INTO fail2banDb VALUES (?1)", [version])
        .unwrap();
    let old = "CREATE TABLE bans(jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, data JSON);
        INSERT INTO bans VALUES ('my jail', '192.0.2.1', 1388009242.25932, '{\"matches\": [\"abc\\n\", [\"a\", \"b\"]], \"failures\": 3}');
        INSERT INTO bans VALUES ('my jail', '2001:db8::1', 1388009243, '{}');";
    let new = "CREATE TABLE bans(jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL,
            bancount INTEGER NOT NULL default 1, data JSON);
        INSERT INTO bans VALUES ('my jail', '192.0.2.1', 1388009242, 600, 1, '{\"failures\": 3}');
        INSERT INTO bans VALUES ('my jail', '2001:db8::1', 1388009243, -1, 4, NULL);
        INSERT INTO bans VALUES ('my jail', '198.51.100.0/24', 1388009243, -2, 1, 'no json');";
    let bips = "CREATE TABLE bips(ip TEXT NOT NULL, jail TEXT NOT NULL, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL,
            bancount INTEGER NOT NULL default 1, data JSON, PRIMARY KEY(ip, jail));
        INSERT INTO bips VALUES ('192.0.2.1', 'my jail', 1388009242, 600, 1, NULL);
        INSERT INTO bips VALUES ('203.0.113.5', 'my jail', 1380000000, -2, 2, '{\"failures\": 9}');";
    connection
        .execute_batch(if version < 3 { old } else { new })
        .unwrap();
    if version >= 4 {
        connection.execute_batch(bips).unwrap();
    }
}

fn rows_of(path: &Path) -> Result<(Vec<DatabaseRow>, DatabaseSummary), Fail2banDatabaseError> {
    let mut rows = Vec::new();
    let summary = read(path, &mut |row| rows.push(row))?;
    assert_eq!(
        summary.rows,
        summary.given + summary.understood + summary.unknown
    );
    assert_eq!(summary.given, rows.len() as u64);
    Ok((rows, summary))
}

fn names_in(directory: &Path) -> BTreeSet<PathBuf> {
    fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect()
}

#[test]
fn every_version_is_read() {
    let directory = tempfile::tempdir().unwrap();
    for version in 1..=4 {
        // A name that a URI would take apart.
        let path = directory.path().join(format!("f2b?{version} #%41.sqlite3"));
        make(&path, version);
        let before = names_in(directory.path());
        let (rows, summary) = rows_of(&path).unwrap();
        assert_eq!(
            before,
            names_in(directory.path()),
            "nothing is left beside it"
        );
        assert_eq!(summary.version, Some(version));
        assert_eq!(
            summary.logs,
            [("my jail".to_owned(), "/var/log/auth.log".to_owned())]
        );
        assert!(summary.fault.is_none());
        assert_eq!(rows[0].jail, "my jail");
        assert_eq!(rows[0].ip.to_string(), "192.0.2.1");
        assert_eq!(rows[0].failures, Some(3));
        assert_eq!(rows[0].key().2, Some(1_388_009_242));
        let event = rows[0].event();
        assert!(event.suspicious);
        assert_eq!((event.attempts, event.fail2ban_jail), (0, Some("my jail")));
        if version < 3 {
            assert_eq!(rows.len(), 2);
            assert_eq!(rows[0].time_micros, Some(1_388_009_242_259_320));
            assert_eq!((rows[0].bantime, rows[0].bancount), (None, None));
        } else {
            assert_eq!((rows[0].bantime, rows[0].bancount), (Some(600), Some(1)));
            assert_eq!((rows[1].bantime, rows[1].bancount), (Some(-1), Some(4)));
            assert_eq!(summary.understood, 1, "the network");
        }
        if version == 4 {
            assert_eq!(rows.len(), 3);
            assert_eq!(
                (rows[2].table, rows[2].ip.to_string().as_str()),
                (Table::Bips, "203.0.113.5")
            );
            assert_eq!((rows[2].bantime, rows[2].failures), (None, Some(9)));
        }
    }
}

#[test]
fn columns_may_hold_anything() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("odd.sqlite3");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE bans(jail, ip, timeofban, bantime, bancount, data);
             INSERT INTO bans VALUES (NULL, '192.0.2.1', 1, 1, 1, NULL);
             INSERT INTO bans VALUES ('j', 7, 1, 1, 1, NULL);
             INSERT INTO bans VALUES (x'6aff', x'3139322e302e322e31', 'soon', 'long', -5, x'00');
             INSERT INTO bans VALUES ('j', '192.0.2.2', 9e300, 1e300, 99999999999, '[]');
             INSERT INTO bans VALUES ('j', 'root', 1, 1, 1, NULL);",
        )
        .unwrap();
    let (rows, summary) = rows_of(&path).unwrap();
    assert_eq!(
        (summary.rows, summary.unknown, summary.understood),
        (5, 2, 1)
    );
    assert_eq!(rows[0].jail, "j\u{fffd}");
    assert_eq!(rows[0].time_micros, None);
    assert_eq!(
        (rows[1].time_micros, rows[1].bantime, rows[1].bancount),
        (None, None, None)
    );
    assert_eq!(summary.version, None);
}

#[test]
fn a_database_that_is_being_written_is_read() {
    let directory = tempfile::tempdir().unwrap();
    for mode in ["DELETE", "WAL", "MEMORY"] {
        let path = directory.path().join(format!("{mode}.sqlite3"));
        make(&path, 4);
        let writer = Connection::open(&path).unwrap();
        writer
            .query_row(&format!("PRAGMA journal_mode = {mode}"), [], |_| Ok(()))
            .unwrap();
        writer
            .execute(
                "INSERT INTO bans VALUES ('late', '203.0.113.77', 1388009300, 600, 1, NULL)",
                [],
            )
            .unwrap();
        // A transaction that is open and not committed.
        writer
            .execute_batch("BEGIN IMMEDIATE; INSERT INTO bans VALUES ('later', '203.0.113.78', 1388009301, 600, 1, NULL)")
            .unwrap();
        let before = names_in(directory.path());
        let (rows, _) = rows_of(&path).unwrap();
        assert_eq!(before, names_in(directory.path()), "{mode}");
        let seen = |jail: &str| rows.iter().any(|row| row.jail == jail);
        assert!(seen("late") && !seen("later"), "{mode}");
        writer.execute_batch("COMMIT").unwrap();
        let (rows, _) = rows_of(&path).unwrap();
        assert!(rows.iter().any(|row| row.jail == "later"), "{mode}");
    }
}

#[test]
fn a_database_whose_writer_is_gone_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let live = directory.path().join("live.sqlite3");
    make(&live, 4);
    let writer = Connection::open(&live).unwrap();
    writer
        .query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
        .unwrap();
    writer
        .execute(
            "INSERT INTO bans VALUES ('late', '203.0.113.77', 1388009300, 600, 1, NULL)",
            [],
        )
        .unwrap();
    // The database and its log without the index that the writer shares: what a backup holds.
    let backup = directory.path().join("backup");
    fs::create_dir(&backup).unwrap();
    fs::copy(&live, backup.join("b.sqlite3")).unwrap();
    fs::copy(
        directory.path().join("live.sqlite3-wal"),
        backup.join("b.sqlite3-wal"),
    )
    .unwrap();
    drop(writer);
    let before = names_in(&backup);
    let (rows, _) = rows_of(&backup.join("b.sqlite3")).unwrap();
    assert!(rows.iter().any(|row| row.jail == "late"));
    assert_eq!(before, names_in(&backup));
    // Closed cleanly: nothing beside it, still in WAL mode.
    let before = names_in(directory.path());
    let (rows, _) = rows_of(&live).unwrap();
    assert!(rows.iter().any(|row| row.jail == "late"));
    assert_eq!(before, names_in(directory.path()));
}

#[test]
fn a_directory_that_is_read_only_is_no_hindrance() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    for mode in ["DELETE", "WAL"] {
        let inner = directory.path().join(mode);
        fs::create_dir(&inner).unwrap();
        let path = inner.join("f.sqlite3");
        make(&path, 4);
        Connection::open(&path)
            .unwrap()
            .query_row(&format!("PRAGMA journal_mode = {mode}"), [], |_| Ok(()))
            .unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o555)).unwrap();
        let (rows, _) = rows_of(&path).unwrap();
        assert_eq!(rows.len(), 3, "{mode}");
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    assert!(looks_like(b"SQLite format 3\0..."));
    assert!(!looks_like(b"SQLite"));

    fs::write(path("text"), "hello").unwrap();
    fs::write(path("empty"), "").unwrap();
    for name in ["text", "empty"] {
        let error = rows_of(&path(name)).unwrap_err();
        assert!(
            matches!(error, Fail2banDatabaseError::NotSqlite { .. }),
            "{error}"
        );
    }
    let error = rows_of(&path("missing")).unwrap_err();
    assert!(matches!(error, Fail2banDatabaseError::Io { .. }), "{error}");

    Connection::open(path("other"))
        .unwrap()
        .execute_batch("CREATE TABLE cookies(name TEXT)")
        .unwrap();
    let error = rows_of(&path("other")).unwrap_err();
    assert!(
        matches!(
            error,
            Fail2banDatabaseError::NotFail2ban {
                missing: "bans",
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("other"), "{error}");

    // The head alone, and a page of noise in the middle of many rows.
    make(&path("whole"), 4);
    let writer = Connection::open(path("whole")).unwrap();
    writer.execute_batch("BEGIN").unwrap();
    for number in 0..5_000 {
        let ip = format!("198.18.{}.{}", number / 250, number % 250);
        writer
            .execute(
                "INSERT INTO bans VALUES ('j', ?1, 1388009300, 600, 1, NULL)",
                [ip],
            )
            .unwrap();
    }
    writer.execute_batch("COMMIT").unwrap();
    drop(writer);
    let bytes = fs::read(path("whole")).unwrap();
    fs::write(path("head"), &bytes[..100]).unwrap();
    let error = rows_of(&path("head")).unwrap_err();
    assert!(
        matches!(
            error,
            Fail2banDatabaseError::Corrupt { .. } | Fail2banDatabaseError::NotSqlite { .. }
        ),
        "{error:?}"
    );
    fs::write(path("cut"), &bytes[..bytes.len() / 2]).unwrap();
    let mut noise = bytes.clone();
    let middle = noise.len() / 2 / 4096 * 4096;
    noise[middle..middle + 4096].fill(0xa5);
    fs::write(path("noise"), noise).unwrap();
    for name in ["cut", "noise"] {
        match rows_of(&path(name)) {
            Ok((rows, summary)) => {
                assert!(!rows.is_empty());
                let fault = summary.fault.expect("a fault is named");
                assert!(
                    matches!(fault, Fail2banDatabaseError::Corrupt { .. }),
                    "{fault:?}"
                );
            }
            Err(error) => {
                assert!(
                    matches!(error, Fail2banDatabaseError::Corrupt { .. }),
                    "{error:?}"
                );
            }
        }
    }
}

#[test]
fn the_corpus_database_is_read() {
    let Some(corpus) = crate::corpus() else {
        return;
    };
    let (rows, summary) = rows_of(&corpus.join("fail2ban/database_v1.db")).unwrap();
    assert_eq!(summary.version, Some(1));
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].ip.to_string(), "127.0.0.1");
    assert_eq!(rows[0].key().2, Some(1_388_009_242));
    assert!(rows[0].jail.contains(' '));
    println!(
        "corpus database: {} row, {} logs",
        rows.len(),
        summary.logs.len()
    );
}

#[test]
fn a_ban_of_a_network_or_a_name_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fail2ban.sqlite3");
    make(&path, 3);
    let connection = Connection::open(&path).unwrap();
    let names = "INSERT INTO bans VALUES ('mail', 'eve@example.com', 1388009243, 600, 1, NULL)";
    connection.execute_batch(names).unwrap();
    drop(connection);
    let gathered = crate::settling::read(folder.path(), &["."]);
    let said: Vec<String> = gathered
        .assumptions
        .iter()
        .map(ToString::to_string)
        .collect();
    let said = said.join("\n");
    assert!(said.contains("2 bans"), "{said}");
    assert!(
        said.contains("198.51.100.0/24") && said.contains("eve@example.com"),
        "{said}"
    );
}

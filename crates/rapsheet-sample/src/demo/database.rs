//! fail2ban's database, schema version 4
//! (<https://github.com/fail2ban/fail2ban/blob/1.0.2/fail2ban/server/database.py>).

use super::world::DemoBan;
use rusqlite::{Connection, params};
use std::io;
use std::path::Path;

const SCHEMA: &str = "
CREATE TABLE fail2banDb(version INTEGER);
CREATE TABLE jails(name TEXT NOT NULL UNIQUE, enabled INTEGER NOT NULL DEFAULT 1);
CREATE INDEX jails_name ON jails(name);
CREATE TABLE logs(jail TEXT NOT NULL, path TEXT, firstlinemd5 TEXT, lastfilepos INTEGER DEFAULT 0,
  FOREIGN KEY(jail) REFERENCES jails(name) ON DELETE CASCADE,
  UNIQUE(jail, path), UNIQUE(jail, path, firstlinemd5));
CREATE INDEX logs_path ON logs(path);
CREATE INDEX logs_jail_path ON logs(jail, path);
CREATE TABLE bans(jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL,
  bancount INTEGER NOT NULL default 1, data JSON, FOREIGN KEY(jail) REFERENCES jails(name));
CREATE INDEX bans_jail_timeofban_ip ON bans(jail, timeofban);
CREATE INDEX bans_jail_ip ON bans(jail, ip);
CREATE INDEX bans_ip ON bans(ip);
CREATE TABLE bips(ip TEXT NOT NULL, jail TEXT NOT NULL, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL,
  bancount INTEGER NOT NULL default 1, data JSON, PRIMARY KEY(ip, jail),
  FOREIGN KEY(jail) REFERENCES jails(name));
CREATE INDEX bips_timeofban ON bips(timeofban);
CREATE INDEX bips_ip ON bips(ip);
INSERT INTO fail2banDb VALUES(4);
INSERT INTO jails VALUES('sshd', 1), ('nginx-botsearch', 1);
INSERT INTO logs VALUES
  ('sshd', '/var/log/auth.log', 'd41d8cd98f00b204e9800998ecf8427e', 0),
  ('nginx-botsearch', '/var/log/nginx/access.log', 'd41d8cd98f00b204e9800998ecf8427e', 0);
";

/// Writes the database anew.
pub(super) fn write(path: &Path, bans: &[DemoBan]) -> io::Result<()> {
    if path.exists() {
        std::fs::remove_file(path)?;
    }
    fill(path, bans).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
}

fn fill(path: &Path, bans: &[DemoBan]) -> rusqlite::Result<()> {
    let mut connection = Connection::open(path)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    for ban in bans {
        let row = params![
            ban.jail,
            ban.address,
            ban.at,
            ban.seconds,
            ban.count,
            data(ban)
        ];
        transaction.execute(
            "INSERT INTO bans(jail, ip, timeofban, bantime, bancount, data) VALUES(?, ?, ?, ?, ?, ?)",
            row,
        )?;
        transaction.execute(
            "INSERT OR REPLACE INTO bips(jail, ip, timeofban, bantime, bancount, data) VALUES(?, ?, ?, ?, ?, ?)",
            row,
        )?;
    }
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)
}

/// The ticket's data: the lines that matched and how many failures there were.
fn data(ban: &DemoBan) -> String {
    let matches: Vec<String> = ban.matches.iter().map(|line| quoted(line)).collect();
    format!(
        "{{\"matches\": [{}], \"failures\": {}}}",
        matches.join(", "),
        ban.failures
    )
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

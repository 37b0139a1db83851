//! One small made-up server: three weeks of its logs, over a New Year, as files in a folder.
//!
//! The server is called `harbor`. What happens there:
//! - 203.0.113.66 asks the web server for `/.env`, then tries passwords slowly enough to stay
//!   under fail2ban's threshold, 57 times over nine names, and **gets in** as `deploy`.
//! - 198.19.40.77 logs in as alice **with her password**, from a country where she never was. Nothing failed before.
//! - 198.18.66.31 asks the web server for `/.git/config` and **gets it**.
//! - A whole /24 (198.51.100.0/24) tries passwords, each address a few times a week: none is banned.
//! - 192.0.2.144 is banned, comes back when the ban ends, and is banned for longer.
//! - Others try word lists and get banned, look for WordPress and the like, talk something that
//!   isn't SSH, only look at keys, or bring user names that would frame 192.0.2.8, colour a
//!   terminal, or run in a spreadsheet.
//! - alice, bob and a robot work there. alice, bob and the office have mailboxes: 203.0.113.91 guesses at the office's, 24
//!   times in five days, and **opens it**; others guess at mailboxes that mostly don't exist.
//!
//! Addresses come from documentation and benchmark ranges only (RFC 5737, RFC 2544, RFC 3849); all
//! times are UTC. The RFC 3164 lines have no year: the files' times (set to the last line's) tell it.

mod database;
mod facts;
mod fail2ban;
mod mail;
mod places;
mod sshd;
mod story;
mod web;
mod world;

pub use facts::{Facts, Intruder};
pub use places::{DemoPlace, places};

use crate::civil::midnight;
use flate2::{Compression, GzBuilder};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};
use world::{Entry, World};

/// The first second of the story.
const START: i64 = midnight(2025, 12, 14);
/// When the oldest auth.log was rotated away.
const FIRST_ROTATION: i64 = midnight(2025, 12, 21);
/// When each log was rotated last.
const ROTATION: i64 = midnight(2025, 12, 28);
/// The second after the last of the story.
const END: i64 = midnight(2026, 1, 4);

/// Marks a folder as one that may be written again.
const MARKER: &str = ".made-up-server";

/// What was written, and what is in it.
#[derive(Clone, Debug)]
pub struct DemoServer {
    /// The files, in the order of writing.
    pub files: Vec<PathBuf>,
    /// Numbers that a test can assert.
    pub facts: Facts,
}

/// One file of the server, before it is written.
struct DemoFile {
    name: &'static str,
    entries: Vec<Entry>,
}

/// Writes the server's files into a folder, which is made where it doesn't exist.
///
/// The files: `auth.log`, `auth.log.1`, `auth.log.2.gz`, `fail2ban.log`, `fail2ban.log.1`,
/// `fail2ban.sqlite3`, `mail.log`, `mail.log.1`, `nginx/access.log`, `nginx/access.log.1.gz`, `nginx/error.log`.
///
/// # Errors
/// Where a file can't be written; and [`io::ErrorKind::AlreadyExists`] where the folder holds a file of
/// one of these names that this function has not written: a real log is never overwritten.
pub fn write_server(folder: &Path) -> io::Result<DemoServer> {
    let mut world = story::tell();
    let mut facts = std::mem::take(&mut world.facts);
    let bans = std::mem::take(&mut world.bans);
    let mail = mail::tell(&mut facts);
    let pieces = pieces(world, mail);

    let database = folder.join("fail2ban.sqlite3");
    let mut files: Vec<PathBuf> = pieces.iter().map(|piece| folder.join(piece.name)).collect();
    files.push(database.clone());
    claim(folder, &files)?;

    for (piece, path) in pieces.iter().zip(&files) {
        write_piece(piece, path)?;
        facts.lines.insert(piece.name, piece.entries.len() as u64);
    }
    database::write(&database, &bans)?;
    touch(&database, END - 600)?;
    Ok(DemoServer { files, facts })
}

/// Makes the folder ours, or refuses where it holds somebody else's logs.
fn claim(folder: &Path, files: &[PathBuf]) -> io::Result<()> {
    let marker = folder.join(MARKER);
    if !marker.exists()
        && let Some(other) = files.iter().find(|path| path.exists())
    {
        let reason = format!(
            "{} exists and is not of the made-up server",
            other.display()
        );
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, reason));
    }
    fs::create_dir_all(folder.join("nginx"))?;
    fs::write(
        marker,
        "The logs in this folder are made up and may be written again.\n",
    )
}

/// Sorts the lines by time, and cuts them where the logs were rotated.
fn pieces(world: World, mail: Vec<Entry>) -> Vec<DemoFile> {
    let logs = [world.auth, world.fail2ban, world.access, world.errors, mail];
    let [auth, fail2ban, access, errors, mail] = logs.map(|mut log| {
        log.sort_by_key(|entry| entry.at);
        log
    });
    let (auth_old, auth) = split(auth, FIRST_ROTATION);
    let (auth_1, auth) = split(auth, ROTATION);
    let (fail2ban_1, fail2ban) = split(fail2ban, ROTATION);
    let (access_1, access) = split(access, ROTATION);
    let (mail_1, mail) = split(mail, ROTATION);
    [
        ("auth.log", auth),
        ("auth.log.1", auth_1),
        ("auth.log.2.gz", auth_old),
        ("fail2ban.log", fail2ban),
        ("fail2ban.log.1", fail2ban_1),
        ("mail.log", mail),
        ("mail.log.1", mail_1),
        ("nginx/access.log", access),
        ("nginx/access.log.1.gz", access_1),
        ("nginx/error.log", errors),
    ]
    .map(|(name, entries)| DemoFile { name, entries })
    .into()
}

/// Splits a sorted log at a second.
fn split(mut log: Vec<Entry>, second: i64) -> (Vec<Entry>, Vec<Entry>) {
    let later = log.split_off(log.partition_point(|entry| entry.at < second * 1_000));
    (log, later)
}

fn write_piece(piece: &DemoFile, path: &Path) -> io::Result<()> {
    let mut text = String::new();
    for entry in &piece.entries {
        text.push_str(&entry.text);
        text.push('\n');
    }
    let last = piece.entries.last().map_or(START, |entry| entry.at / 1_000);
    let mut file = File::create(path)?;
    if piece.name.ends_with(".gz") {
        // The time in gzip's head would otherwise be a reason for other bytes.
        let mut packed = GzBuilder::new()
            .mtime(0)
            .write(file, Compression::default());
        packed.write_all(text.as_bytes())?;
        file = packed.finish()?;
    } else {
        file.write_all(text.as_bytes())?;
    }
    drop(file);
    touch(path, last)
}

/// Sets a file's time of modification.
fn touch(path: &Path, seconds: i64) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds.unsigned_abs()))
}

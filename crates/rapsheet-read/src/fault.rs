//! What can be wrong with an input: each fault names the thing, and its hint the way out.

use std::io;
use std::path::PathBuf;

/// A source, or a part of one, that could not be read. The run goes on with the rest.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// There is no such file.
    #[error("`{}` does not exist", .path.display())]
    Missing {
        /// What was asked for.
        path: PathBuf,
        /// A name in the same folder that is like it.
        nearest: Option<String>,
    },
    /// A pattern that no file has.
    #[error("`{pattern}` matches no file")]
    NoMatch {
        /// The pattern.
        pattern: String,
    },
    /// A pattern that cannot be read.
    #[error("`{pattern}` is not a pattern: {cause}")]
    BadPattern {
        /// The pattern.
        pattern: String,
        /// What is wrong.
        cause: String,
    },
    /// The system refuses to open or read it.
    #[error("`{name}` cannot be read: {cause}")]
    Unreadable {
        /// The source.
        name: String,
        /// Why.
        cause: io::Error,
    },
    /// Reading stopped before the end.
    #[error("`{name}` ends early after line {lines}: {cause}; the {lines} lines before were used")]
    Truncated {
        /// The source.
        name: String,
        /// Whole lines that were read.
        lines: u64,
        /// What stopped it.
        cause: io::Error,
    },
    /// Not text.
    #[error("`{name}` is {what}, not a log in text")]
    NotText {
        /// The source.
        name: String,
        /// What it seems to be.
        what: &'static str,
        /// The way out.
        hint: &'static str,
    },
    /// A folder without logs.
    #[error("`{}` holds no log that rapsheet reads", .path.display())]
    NoLogs {
        /// The folder.
        path: PathBuf,
    },
    /// `journalctl -o cat` leaves the time out.
    #[error(
        "`{name}` has sshd messages without time, host and process (as `journalctl -o cat` prints them)"
    )]
    NoTime {
        /// The source.
        name: String,
    },
    /// fail2ban's database.
    #[error(transparent)]
    Database(#[from] crate::fail2ban_database::Fail2banDatabaseError),
    /// The journal.
    #[error("journalctl failed: {cause}")]
    Journal {
        /// What it said.
        cause: String,
    },
    /// A log whose lines are all unknown, but for blank ones and chance.
    #[error(
        "`{name}`: {unknown} of its {lines} lines are of no known format, and none tells of an address"
    )]
    UnknownFormat {
        /// The source.
        name: String,
        /// How many lines it has.
        lines: u64,
        /// How many of them nobody knows.
        unknown: u64,
    },
    /// Lines on which a parser failed, which is a defect of ours.
    #[error("`{name}`: {lines} lines made the parser fail and count as unknown")]
    Defect {
        /// The source.
        name: String,
        /// How many.
        lines: u64,
    },
    /// A temporary file for what does not fit into memory.
    #[error("cannot write temporary data in `{}`, so it stays in memory: {cause}", .folder.display())]
    Spill {
        /// Where.
        folder: PathBuf,
        /// Why.
        cause: String,
    },
    /// What was read does not fit its table, which is a defect.
    #[error("what was read makes no table: {cause}")]
    Table {
        /// Why.
        cause: String,
    },
}

impl Fault {
    /// Returns the way out, where there is one to name.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            Self::Missing { .. } | Self::NoMatch { .. } => Some("check the spelling, or name a folder".to_owned()),
            Self::BadPattern { .. } => Some("`*`, `?`, `[…]` and `**` are understood".to_owned()),
            Self::Unreadable { cause, .. } if cause.kind() == io::ErrorKind::PermissionDenied => {
                Some("run it as root, or as a member of group `adm`".to_owned())
            }
            Self::Truncated { .. } => Some("test the file with `gzip -t` or its like, or copy it again".to_owned()),
            Self::NotText { hint, .. } => Some((*hint).to_owned()),
            Self::NoLogs { .. } => {
                Some("logs of sshd, Apache, nginx and fail2ban are found by content; name a file to insist".to_owned())
            }
            Self::NoTime { .. } => Some("export it with `journalctl -o short-iso` or `-o json`".to_owned()),
            Self::Journal { .. } => Some("run it as root or as a member of `systemd-journal`, or name a log".to_owned()),
            Self::UnknownFormat { .. } => {
                Some("see the unknown lines with `rapsheet export unknown_lines`; take bare addresses with `--input-format addresses`".to_owned())
            }
            Self::Defect { .. } | Self::Table { .. } => Some("this is a defect of rapsheet: please report it with the lines, which `rapsheet export unknown_lines` shows".to_owned()),
            Self::Spill { .. } => Some("set `TMPDIR` to a folder with room".to_owned()),
            Self::Database(error) => error.hint().map(str::to_owned),
            Self::Unreadable { .. } => None,
        }
    }
}

/// Something that the run assumed or left out, and that its reader should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assumption {
    /// Lines without a zone were taken as of this one.
    Zone {
        /// The zone's name.
        zone: String,
    },
    /// Lines without a year: the years that were given to a source.
    Years {
        /// The source.
        name: String,
        /// The first line's year.
        first: i64,
        /// The last line's year.
        last: i64,
    },
    /// There is nothing in it.
    Empty {
        /// The source.
        name: String,
    },
    /// The same file was named twice.
    SameFile {
        /// The source that was left out.
        name: String,
    },
    /// A folder whose logs were all named already.
    SameFolder {
        /// The folder.
        name: String,
    },
    /// Files of a folder that are no logs of ours.
    Skipped {
        /// The folder.
        folder: PathBuf,
        /// Their names.
        names: Vec<String>,
    },
    /// Times without a zone that others, which name theirs, tell as of another.
    Skew {
        /// The source.
        name: String,
        /// The source that is right.
        than: String,
        /// How much later its times are.
        minutes: i64,
    },
    /// Bans of networks and names in fail2ban's database, which count for no address.
    NoAddresses {
        /// The source.
        name: String,
        /// How many.
        rows: u64,
        /// The first of what they ban.
        names: Vec<String>,
    },
    /// Lines that were longer than any log's.
    CutLines {
        /// The source.
        name: String,
        /// How many.
        lines: u64,
    },
    /// Lines that were no UTF-8 and were read with replacement characters.
    BadUtf8 {
        /// The source.
        name: String,
        /// How many.
        lines: u64,
    },
}

impl Assumption {
    /// Leaves out the names of users.
    pub(crate) fn hide_names(&mut self) {
        if let Self::NoAddresses { names, .. } = self {
            for name in names.iter_mut().filter(|name| name.contains('@')) {
                "a name".clone_into(name);
            }
        }
    }
}

impl std::fmt::Display for Assumption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Zone { zone } => write!(
                f,
                "times without a zone are taken as {zone} (`--timezone` overrides)"
            ),
            Self::Years { name, first, last } if first == last => {
                write!(
                    f,
                    "`{name}`: lines without a year are taken as {first} (`--year` overrides)"
                )
            }
            Self::Years { name, first, last } => {
                write!(
                    f,
                    "`{name}`: lines without a year are taken as {first} to {last} (`--year` overrides)"
                )
            }
            Self::Empty { name } => write!(f, "`{name}` is empty"),
            Self::SameFile { name } => write!(
                f,
                "`{name}` is a file that was named already, and is read once"
            ),
            Self::SameFolder { name } => write!(
                f,
                "`{name}` holds logs that were named already, and they are read once"
            ),
            Self::Skipped { folder, names } => {
                let shown = names
                    .iter()
                    .take(4)
                    .cloned()
                    .collect::<Vec<_>>()
                    .join("`, `");
                let more = if names.len() > 4 {
                    format!(" and {} more", names.len() - 4)
                } else {
                    String::new()
                };
                write!(
                    f,
                    "`{}`: not a log that rapsheet reads: `{shown}`{more}",
                    folder.display()
                )
            }
            Self::Skew {
                name,
                than,
                minutes,
            } => write_skew(f, name, than, *minutes),
            Self::NoAddresses { name, rows, names } => write_no_addresses(f, name, *rows, names),
            Self::CutLines { name, lines } => {
                write!(f, "`{name}`: {lines} lines over 1 MiB were cut")
            }
            Self::BadUtf8 { name, lines } => {
                write!(
                    f,
                    "`{name}`: {lines} lines are not UTF-8 and were read with replacement characters"
                )
            }
        }
    }
}

/// Says by how much the times of a source differ from those of one that is right.
fn write_skew(
    f: &mut std::fmt::Formatter<'_>,
    name: &str,
    than: &str,
    minutes: i64,
) -> std::fmt::Result {
    let ahead = if minutes > 0 { "ahead of" } else { "behind" };
    let apart = match (minutes.abs() / 60, minutes.abs() % 60) {
        (0, rest) => format!("{rest} minutes"),
        (1, 0) => "1 hour".to_owned(),
        (hours, 0) => format!("{hours} hours"),
        (hours, rest) => format!("{hours}:{rest:02} hours"),
    };
    write!(
        f,
        "times in `{name}` have no zone and are {apart} {ahead} those in `{than}`, so they are taken as of the zone that fits \
         (`--timezone` names it)"
    )
}

/// Says what a database bans that is no address.
fn write_no_addresses(
    f: &mut std::fmt::Formatter<'_>,
    name: &str,
    rows: u64,
    names: &[String],
) -> std::fmt::Result {
    let (bans, are) = if rows == 1 {
        ("ban", "is")
    } else {
        ("bans", "are")
    };
    let more = match rows.saturating_sub(names.len() as u64) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = names.join("`, `");
    write!(
        f,
        "`{name}`: {rows} {bans} {are} of no single address and counted for none: `{shown}`{more}"
    )
}

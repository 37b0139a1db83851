//! fail2ban's own log, whose records may span lines: what stands on the further lines of one is quoted, and happened elsewhere.
//!
//! fail2ban writes the mail that an action failed to send line by line, with lines of the log that it watches. In its own file
//! they say nothing, whatever they look like. A file that somebody made of several logs has many lines of others that no record
//! of fail2ban's follows.

use rapsheet_parse::{Arena, Line, Reading, Understood, fail2ban_record, open_envelope};
use serde::{Deserialize, Serialize};

/// So many lines of others, and a third as many as fail2ban's, are no quote.
const MANY: u32 = 8;
/// The most lines that a record is made of: a mail quotes a thousand of a log.
const LONGEST_RECORD: u32 = 1_100;

/// What a look into a file found of fail2ban's lines.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fail2banFile {
    begins: bool,
    head: Counts,
    end: Counts,
    quotes: Quotes,
}

/// Lines of a part of a file.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    own: u32,
    other: u32,
    /// Lines of others since the last record of fail2ban's began, which may be quoted in it.
    open: u32,
}

impl Counts {
    fn note(&mut self, kind: Kind) {
        match kind {
            Kind::Record => (self.own, self.open) = (self.own + 1, 0),
            Kind::Quoted => self.open += 1,
            Kind::Other => self.other += 1,
            Kind::Nobodys => {}
        }
    }

    const fn are_mixed(self) -> bool {
        let other = self.other + self.open;
        other >= MANY && other.saturating_mul(3) >= self.own
    }
}

/// What a line of such a file is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Record,
    Quoted,
    Other,
    Nobodys,
}

impl Fail2banFile {
    /// Notes one of the first lines; returns whether it is quoted.
    pub(crate) fn note(&mut self, line: &Line<'_>, raw: &str, arena: &Arena) -> bool {
        let is_first = self.head.own + self.head.other == 0;
        let kind = self.kind_of(line, raw, arena);
        self.begins |= is_first && kind == Kind::Record;
        self.head.note(kind);
        kind == Kind::Quoted
    }

    /// Notes that more lines follow the first ones: a record that they do not end may end behind them.
    pub(crate) const fn note_more(&mut self) {
        self.head.open = 0;
    }

    /// Notes one of the last lines of a large file; returns whether it is quoted.
    pub(crate) fn note_end(&mut self, line: &Line<'_>, raw: &str, arena: &Arena) -> bool {
        let kind = self.kind_of(line, raw, arena);
        // The last lines may begin within a record.
        let may_be_within = kind == Kind::Other && self.end.own == 0;
        self.end
            .note(if may_be_within { Kind::Quoted } else { kind });
        kind == Kind::Quoted
    }

    fn kind_of(&mut self, line: &Line<'_>, raw: &str, arena: &Arena) -> Kind {
        if self.quotes.is_quoted(line, raw, arena) {
            return match line.reading {
                Reading::Event(_) | Reading::Understood(Understood::OtherProgram(_)) => {
                    Kind::Quoted
                }
                _ => Kind::Nobodys,
            };
        }
        match &line.reading {
            Reading::Understood(Understood::Filler) | Reading::Unknown => Kind::Nobodys,
            _ if is_fail2bans(line) => Kind::Record,
            _ => Kind::Other,
        }
    }

    /// What is to be remembered of such a file's lines; nothing where others write there too.
    pub(crate) fn quotes(&self) -> Option<Quotes> {
        (self.begins && !self.head.are_mixed() && !self.end.are_mixed()).then(Quotes::default)
    }
}

/// Whether the record that a source has come to goes on.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Quotes {
    /// How many lines it may still have.
    left: u32,
}

impl Quotes {
    /// Takes the next line; returns whether it is a further one of a record. A line that is taken twice gives the same.
    pub(crate) fn is_quoted(&mut self, line: &Line<'_>, raw: &str, arena: &Arena) -> bool {
        if self.left == 0 && !may_go_on(line) {
            return false;
        }
        let text = match line.head.piece {
            Some(_) => open_envelope(raw, arena).map_or(raw, |enclosed| enclosed.inner),
            None => raw,
        };
        let is_further = self.left > 0 && !fail2ban_record::begins(text);
        self.left = if is_further {
            self.left - 1
        } else if fail2ban_record::may_go_on(text) {
            LONGEST_RECORD
        } else {
            0
        };
        is_further
    }
}

/// Whether a line may begin a record of several, by what its parser found.
fn may_go_on(line: &Line<'_>) -> bool {
    !matches!(line.reading, Reading::Event(_)) && is_fail2bans(line)
}

fn is_fail2bans(line: &Line<'_>) -> bool {
    let program = line.head.program;
    program.is_some_and(|program| program.starts_with("fail2ban"))
}

/// Whether a line says that fail2ban, or a jail of it, was started.
pub(crate) fn is_start(line: &Line<'_>) -> bool {
    let says_little = line.reading == Reading::Understood(Understood::NoAddress);
    says_little
        && is_fail2bans(line)
        && (line.message.starts_with("Starting Fail2ban")
            || line.message.starts_with("Jail ") && line.message.ends_with(" started"))
}

//! Whether a file is a web server's own, so that no other daemon writes into it.
//!
//! What web servers log is mostly their clients' text. Where a format begins with a header, or a record spans lines, a
//! client can write a line that looks like sshd's or fail2ban's. So in a web server's own file such a line is unknown, and
//! told of. A file that somebody made of several logs has many lines of the others, and a line of sshd's has no request
//! behind it.

use rapsheet_parse::{Line, Reading, Understood, nginx_record};
use rapsheet_schema::Stamp;

/// So many lines of others, and a third as many as the web server's, are no single client's doing.
const MANY: u32 = 8;

/// Lines of a part of a file.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    web: u32,
    other: u32,
}

impl Counts {
    const fn are_mixed(self) -> bool {
        self.other >= MANY && self.other.saturating_mul(3) >= self.web
    }
}

/// What a look into a file found of web servers' lines.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WebFile {
    head: Counts,
    end: Counts,
    begins: bool,
    begins_with_nginx: bool,
    access: u32,
    nginx: u32,
}

/// Whose a line is.
enum Writer {
    Web,
    Other,
    Nobody,
}

impl WebFile {
    /// Notes one of the first lines.
    pub(crate) fn note(&mut self, line: &Line<'_>) {
        let begins = self.head.web + self.head.other == 0;
        match writer_of(line) {
            Writer::Web => {
                let is_nginx = nginx_record::begins(line.message);
                self.begins |= begins;
                self.begins_with_nginx |= is_nginx && self.head.web == 0;
                self.head.web += 1;
                self.nginx += u32::from(is_nginx);
                self.access += u32::from(!is_nginx);
            }
            Writer::Other => self.head.other += 1,
            Writer::Nobody => {}
        }
    }

    /// Notes one of the last lines of a large file.
    pub(crate) fn note_end(&mut self, line: &Line<'_>) {
        match writer_of(line) {
            Writer::Web => self.end.web += 1,
            Writer::Other => self.end.other += 1,
            Writer::Nobody => {}
        }
    }

    /// Whether nobody but a web server writes the file.
    pub(crate) const fn is_alone(self) -> bool {
        let Counts { web, other } = self.head;
        (web > other || web == other && self.begins)
            && !self.head.are_mixed()
            && !self.end.are_mixed()
    }

    /// Whether it is nginx's error log, whose records may span lines: access lines in it may be a client's.
    pub(crate) const fn is_nginx_error(self) -> bool {
        self.begins_with_nginx || self.nginx > self.access
    }

    /// Whether nginx writes its errors into it.
    pub(crate) const fn has_nginx(self) -> bool {
        self.nginx > 0
    }

    /// Tells whether a line of such a file is a client's imitation of another daemon's.
    pub(crate) fn is_imitation(self, line: &Line<'_>, raw: &str) -> bool {
        self.head.web > 0
            && match &line.reading {
                Reading::Event(event) => {
                    !event.event_dataset.is_web() && (self.is_alone() || has_request(raw))
                }
                Reading::Understood(
                    Understood::Connection(..)
                    | Understood::Repeated(_)
                    | Understood::OtherProgram(_),
                ) => self.is_alone(),
                _ => false,
            }
    }
}

fn writer_of(line: &Line<'_>) -> Writer {
    // Behind a head of syslog's there is a program; that file is syslog's.
    let is_bare = line.head.program.is_none();
    match &line.reading {
        Reading::Event(event) if is_bare && event.event_dataset.is_web() => Writer::Web,
        Reading::Understood(Understood::NoAddress)
            if is_bare && line.head.stamp != Stamp::Absent =>
        {
            Writer::Web
        }
        Reading::Understood(Understood::Filler) | Reading::Unknown => Writer::Nobody,
        Reading::Event(_) | Reading::Understood(_) => Writer::Other,
    }
}

/// Tells whether a line holds the time of an access line, `[10/Oct/2025:13:55:36 `, which no other daemon writes.
fn has_request(raw: &str) -> bool {
    const SHAPE: &[u8] = b"00/aaa/0000:00:00:00 ";
    memchr::memchr_iter(b'[', raw.as_bytes()).any(|at| {
        let time = raw.as_bytes().get(at + 1..at + 1 + SHAPE.len());
        time.is_some_and(|time| {
            time.iter().zip(SHAPE).all(|(byte, shape)| match shape {
                b'0' => byte.is_ascii_digit(),
                b'a' => byte.is_ascii_alphabetic(),
                sign => byte == sign,
            })
        })
    })
}

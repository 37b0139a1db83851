//! One line: its envelopes, its daemon, what it says.

use std::net::IpAddr;

use rapsheet_schema::{Event, Stamp};

use crate::format;

/// Where text lives that a line holds only in escaped form: it is dropped with the chunk of lines.
pub type Arena = bumpalo::Bump;

/// What stands before the message: time, host, program and process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Head<'a> {
    /// The line's time as it stands there.
    pub stamp: Stamp,
    /// The server that wrote it.
    pub host_name: Option<&'a str>,
    /// The program's name, without path, process and unit suffix.
    pub program: Option<&'a str>,
    /// The process.
    pub process_pid: Option<u32>,
}

/// A line after it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Line<'a> {
    /// Time, host, program, process.
    pub head: Head<'a>,
    /// What it says.
    pub reading: Reading<'a>,
    /// The message behind head and envelopes: two copies of one record have the same, whatever is around it.
    pub message: &'a str,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading<'a> {
    /// One fact about a remote address.
    Event(Event<'a>),
    /// Nothing to count, and we know why.
    Understood(Understood<'a>),
    /// Nobody knows this line.
    Unknown,
}

/// Why an understood line is no event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Understood<'a> {
    /// A known line of a known daemon that isn't about a remote address.
    NoAddress,
    /// sshd names the other end of a process' connection; later lines of that process may leave it out.
    Connection(IpAddr, Option<u16>),
    /// Another program's line, which no format reads.
    OtherProgram(&'a str),
    /// Syslog's `last message repeated N times`.
    Repeated(u32),
    /// A blank line, a comment, a heading, a line that belongs to the one before.
    Filler,
}

/// What the reader knows of a source before it reads a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// Find the format by content.
    #[default]
    Auto,
    /// Take every address that stands anywhere in the text (`--input-format addresses`).
    Addresses,
}

/// Reads one line, without its line break.
#[must_use]
pub fn parse_line<'a>(line: &'a str, input: Input, arena: &'a Arena) -> Line<'a> {
    let _ = input;
    let line = line.trim_end_matches('\r');
    let understood = |understood, message| Line {
        head: Head::default(),
        reading: Reading::Understood(understood),
        message,
    };
    if line.trim().is_empty() || format::syslog::is_heading(line) {
        return understood(Understood::Filler, line);
    }
    if let Some((head, message)) =
        format::journal_json::open(line, arena).or_else(|| format::syslog::open(line))
    {
        let reading = read_message(&head, message, arena);
        return Line {
            head,
            reading,
            message,
        };
    }
    Line {
        head: Head::default(),
        reading: Reading::Unknown,
        message: line,
    }
}

/// Hands a message to the format of its program.
pub(crate) fn read_message<'a>(head: &Head<'a>, message: &'a str, arena: &'a Arena) -> Reading<'a> {
    let _ = arena;
    if let Some(repeated) = format::syslog::repeated(message) {
        return Reading::Understood(repeated);
    }
    match head.program {
        Some(program) => format::openssh_auth::parse(program, message)
            .unwrap_or(Reading::Understood(Understood::OtherProgram(program))),
        None => Reading::Unknown,
    }
}

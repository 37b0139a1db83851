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
    let _ = (input, format::MODULES);
    let mut outer = Head::default();
    let mut inner = line;
    if let Some((head, text)) = format::docker_json::open(inner, arena) {
        (outer, inner) = (head, text);
    }
    if let Some((head, text)) = format::cri::open(inner, arena) {
        (outer, inner) = (head, text);
    }
    let (mut head, reading) = format::apache_error::parse(inner, arena)
        .or_else(|| format::nginx_error::parse(inner, arena))
        .or_else(|| format::web_json::parse(inner, arena))
        .or_else(|| format::web_access::parse(inner, arena))
        .or_else(|| format::apache_error::parse_message(inner, arena))
        .or_else(|| format::nginx_error::parse_message(inner, arena))
        .unwrap_or((Head::default(), Reading::Unknown));
    if head.stamp == Stamp::Absent {
        head.stamp = outer.stamp;
    }
    Line {
        head,
        reading,
        message: inner,
    }
}

//! One line: its envelopes, its daemon, what it says.

use std::net::IpAddr;

use rapsheet_schema::{Dataset, Event, Stamp};

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
    /// What a container's runtime says of it.
    pub piece: Option<Piece>,
}

/// A line as a container's runtime got it, which cuts a long one into pieces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// On which of its two streams.
    pub is_stderr: bool,
    /// Whether the next piece of this stream belongs to the same line.
    pub goes_on: bool,
    /// Whether the runtime saw the line's end. A short line without one may be a piece, or the last that a container
    /// wrote, or come from a shipper that takes all of them off.
    pub has_break: bool,
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
    /// sshd, dropbear or Postfix names the other end of a process' connection; later lines of that process may leave it out.
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

/// Envelopes within envelopes that are opened: a container's JSON around a syslog head around a message.
const DEEPEST: u8 = 3;

/// Reads one line, without its line break.
///
/// [`Input::Addresses`] is not for this function: see [`crate::each_address`].
#[must_use]
pub fn parse_line<'a>(line: &'a str, arena: &'a Arena) -> Line<'a> {
    parse_at(line, arena, 0)
}

impl<'a> Line<'a> {
    const fn new(head: Head<'a>, reading: Reading<'a>, message: &'a str) -> Self {
        Self {
            head,
            reading,
            message,
        }
    }

    const fn filler(line: &'a str) -> Self {
        Self::bare(Reading::Understood(Understood::Filler), line)
    }

    const fn unknown(line: &'a str) -> Self {
        Self::bare(Reading::Unknown, line)
    }

    const fn bare(reading: Reading<'a>, line: &'a str) -> Self {
        let head = Head {
            stamp: Stamp::Absent,
            host_name: None,
            program: None,
            process_pid: None,
            piece: None,
        };
        Self {
            head,
            reading,
            message: line,
        }
    }

    /// Puts an envelope's head around the line: what the line says itself goes first, but a time with a zone goes
    /// before one without, and one with a year before one without.
    fn within(mut self, outer: Head<'a>) -> Self {
        let is_better = match outer.stamp {
            Stamp::Absent => false,
            Stamp::Yearless { .. } => !matches!(self.head.stamp, Stamp::Utc(_) | Stamp::Local(_)),
            _ => !matches!(self.head.stamp, Stamp::Utc(_)),
        };
        if is_better {
            self.head.stamp = outer.stamp;
        }
        self.head.host_name = self.head.host_name.or(outer.host_name);
        self.head.program = self.head.program.or(outer.program);
        self.head.process_pid = self.head.process_pid.or(outer.process_pid);
        self.head.piece = outer.piece.or(self.head.piece);
        self
    }
}

/// Finds the format of a line. Heads with a date go first: what follows them is somebody's text, and may look like
/// anything.
fn parse_at<'a>(line: &'a str, arena: &'a Arena, depth: u8) -> Line<'a> {
    if line.as_bytes().first().is_some_and(u8::is_ascii_graphic) {
        return parse_text(line, line, arena, depth);
    }
    // A record of `journalctl -o json-seq` begins with RS.
    let text = line.trim_start_matches(['\u{feff}', '\u{1e}', ' ', '\t']);
    let found = parse_text(line, text, arena, depth);
    if is_continuation(&line[..line.len() - text.len()], &found.reading) {
        return Line::filler(line);
    }
    found
}

/// Tells the further lines of a message, which journalctl and some daemons indent as far as the head reaches, or with a
/// tab: what looks like a record there is somebody's text. Less is how people quote a log, and lists are indented by
/// counts.
fn is_continuation(indent: &str, reading: &Reading<'_>) -> bool {
    /// No head of journalctl's is shorter.
    const SHORTEST_HEAD: usize = 16;
    let is_deep = indent.len() >= SHORTEST_HEAD || indent.contains('\t');
    is_deep
        && match reading {
            Reading::Event(event) => event.event_dataset != Dataset::AddressList,
            Reading::Understood(understood) => matches!(
                understood,
                Understood::Connection(..) | Understood::Repeated(_)
            ),
            Reading::Unknown => false,
        }
}

/// Reads the text of a line, which stands behind its indentation.
fn parse_text<'a>(line: &'a str, text: &'a str, arena: &'a Arena, depth: u8) -> Line<'a> {
    let Some(&first) = text.as_bytes().first() else {
        return Line::filler(line);
    };
    if depth > DEEPEST {
        return Line::unknown(line);
    }
    if let Some((head, message)) = format::syslog::open_plain(text) {
        return parse_logged(head, message, text.len(), arena);
    }
    if first == b'{' {
        return parse_json(text, arena, depth);
    }
    if let Some((head, inner)) = format::svlogd::open(text) {
        return parse_enclosed(head, inner, arena, depth);
    }
    if first.is_ascii_digit()
        && let Some(found) = parse_numbers(line, text, arena, depth)
    {
        return found;
    }
    if let Some(event) = text.strip_prefix("data: {") {
        // `journalctl -o json-sse`
        return parse_json(&text[text.len() - event.len() - 1..], arena, depth);
    }
    let opened = format::syslog::open(text);
    if let Some((head, message)) = opened
        && head.stamp != Stamp::Absent
    {
        return parse_logged(head, message, text.len(), arena);
    }
    if let Some((head, message)) =
        format::nxos::open(text).or_else(|| format::dropbear_auth::open(text))
    {
        return parse_message(head, message, arena);
    }
    let web = || {
        format::apache_error::parse(text, arena)
            .or_else(|| format::web_access::parse(text, arena))
            .or_else(|| bracketed(text, arena))
    };
    if let Some((head, reading)) = web() {
        return Line::new(head, reading, text);
    }
    if let Some(found) = parse_fail2ban(text) {
        return found;
    }
    if let Some((head, message)) = opened {
        return parse_logged(head, message, text.len(), arena);
    }
    if format::apache_error::is_of_start(text) {
        return Line::bare(Reading::Understood(Understood::NoAddress), line);
    }
    if format::syslog::is_heading(text)
        || format::grep::is_filler(text)
        || format::nginx_record::is_filler(text)
    {
        return Line::filler(line);
    }
    if let Some((_, rest)) = format::grep::strip_grep_prefix(text) {
        return parse_at(rest, arena, depth + 1);
    }
    if let Some(reading) = format::address_list::parse_list_line(text) {
        return Line::bare(reading, text);
    }
    if format::fail2ban_log::is_continuation(line) {
        return Line::filler(line);
    }
    Line::unknown(line)
}

/// Reads a line that begins with a date in numbers, or an address.
fn parse_numbers<'a>(
    line: &'a str,
    text: &'a str,
    arena: &'a Arena,
    depth: u8,
) -> Option<Line<'a>> {
    if format::web_access::is_plain(text)
        && let Some((head, reading)) = format::web_access::parse(text, arena)
    {
        return Some(Line::new(head, reading, text));
    }
    if let Some((head, inner)) = format::cri::open(text, arena) {
        return Some(parse_enclosed(head, inner, arena, depth));
    }
    if let Some(found) = parse_fail2ban(text) {
        return Some(found);
    }
    if let Some((head, reading)) = format::nginx_error::parse(text, arena) {
        return Some(Line::new(head, reading, text));
    }
    // nginx's date and a level that nginx doesn't have.
    let is_nginx = text.as_bytes().get(4) == Some(&b'/') && text.as_bytes().get(20) == Some(&b'[');
    is_nginx.then(|| Line::unknown(line))
}

/// Reads what an envelope holds. Where sshd itself may have written there, whose standard error has no head, its messages
/// are read too.
pub(crate) fn parse_enclosed<'a>(
    head: Head<'a>,
    inner: &'a str,
    arena: &'a Arena,
    depth: u8,
) -> Line<'a> {
    let found = parse_at(inner, arena, depth + 1);
    // Containers tell which of the two streams it was; a supervisor's logger is given one of them. grep has no time.
    let may_be_sshd = head.stamp != Stamp::Absent && head.piece.is_none_or(|piece| piece.is_stderr);
    if may_be_sshd
        && found.reading == Reading::Unknown
        && let Some(reading) = format::openssh_auth::parse_headless(inner)
    {
        let head = Head {
            program: Some("sshd"),
            ..head
        };
        return Line::new(head, reading, inner.trim_end());
    }
    found.within(head)
}

/// Reads a line of an error log that lacks its date.
fn bracketed<'a>(text: &'a str, arena: &'a Arena) -> Option<(Head<'a>, Reading<'a>)> {
    if !text.starts_with('[') {
        return None;
    }
    format::nginx_error::parse_message(text, arena)
        .or_else(|| format::apache_error::parse_message(text, arena))
}

/// Reads a line of fail2ban's own log.
fn parse_fail2ban(text: &str) -> Option<Line<'_>> {
    let (head, message) = format::fail2ban_log::open(text)?;
    if head.stamp == Stamp::Absent
        && message.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && let Some(found) = parse_fail2ban(message)
    {
        // What a unit prints, without the journal's time: `fail2ban-server[5773]: 2018-03-31 15:00:05,345 fail2ban.actions …`.
        return Some(found.within(head));
    }
    let program = head.program.unwrap_or("fail2ban");
    let reading = format::fail2ban_log::parse(program, message)?;
    Some(Line::new(
        head,
        reading,
        format::fail2ban_log::bare(message),
    ))
}

/// Reads a JSON object: a container's line, a journal's record, or an access log's.
fn parse_json<'a>(text: &'a str, arena: &'a Arena, depth: u8) -> Line<'a> {
    if let Some((head, inner)) = format::docker_json::open(text, arena) {
        return parse_enclosed(head, inner, arena, depth);
    }
    if let Some((head, message)) = format::journal_json::open(text, arena) {
        return match message {
            Some(message) => parse_message(head, message, arena),
            // The record has a message that journalctl didn't print.
            None => Line::new(head, Reading::Unknown, text),
        };
    }
    if let Some((head, reading)) = format::web_json::parse(text, arena) {
        return Line::new(head, reading, text);
    }
    // A command of the shell may begin with a brace.
    if format::fail2ban_log::is_continuation(text) {
        return Line::filler(text);
    }
    Line::unknown(text)
}

/// Hands a message to its daemon's format.
pub(crate) fn parse_message<'a>(head: Head<'a>, message: &'a str, arena: &'a Arena) -> Line<'a> {
    parse_logged(head, message, 0, arena)
}

/// Hands the message of a line to its daemon's format. How long the line is tells whether it was cut.
fn parse_logged<'a>(
    head: Head<'a>,
    message: &'a str,
    line_bytes: usize,
    arena: &'a Arena,
) -> Line<'a> {
    let done = |reading| Line::new(head, reading, message);
    if let Some(understood) = format::syslog::repeated(message)
        && !head.program.is_some_and(is_web_server)
    {
        return done(Reading::Understood(understood));
    }
    let Some(program) = head.program else {
        return match parse_fail2ban(message) {
            Some(found) => found.within(head),
            None if format::syslog::hides_daemon(message) => done(Reading::Unknown),
            None => done(Reading::Understood(Understood::OtherProgram(""))),
        };
    };
    if let Some(reading) = format::openssh_auth::parse(program, &head, message, line_bytes) {
        return done(reading);
    }
    if let Some(reading) = format::dropbear_auth::parse(program, message) {
        return done(reading);
    }
    if format::fail2ban_log::is_program(program)
        && message.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && let Some(found) = parse_fail2ban(message)
    {
        // What a unit prints has fail2ban's own head behind the journal's.
        return found.within(head);
    }
    if let Some(reading) = format::fail2ban_log::parse(program, message) {
        return Line::new(head, reading, format::fail2ban_log::bare(message));
    }
    if let Some(reading) = format::dovecot_auth::parse(program, message)
        .or_else(|| format::postfix_auth::parse(program, message))
    {
        return done(reading);
    }
    if is_web_server(program) {
        let error = || {
            format::nginx_error::parse_message(message, arena)
                .or_else(|| format::apache_error::parse_message(message, arena))
        };
        // Nothing but what such a server writes: a client's text may look like any other daemon's line.
        let access = || {
            if message.starts_with('{') {
                format::web_json::parse(message, arena)
            } else {
                format::web_access::parse(message, arena)
            }
        };
        if let Some((inner, mut reading)) = error().or_else(access) {
            if let Reading::Event(event) = &mut reading
                && event.event_dataset == Dataset::WebAccess
            {
                event.event_dataset = access_log_of(program);
            }
            return Line::new(inner, reading, message).within(head);
        }
    }
    done(Reading::Understood(Understood::OtherProgram(program)))
}

/// The dataset of a program's requests.
fn access_log_of(program: &str) -> Dataset {
    let servers = [Dataset::NginxAccess, Dataset::ApacheAccess];
    servers
        .into_iter()
        .find(|server| {
            let mut names = server.descriptor().identifiers.iter();
            names.any(|name| format::syslog::names(program, name))
        })
        .unwrap_or(Dataset::WebAccess)
}

/// How many identifiers the web servers' datasets name.
const WEB_IDENTIFIERS: usize = {
    let (mut count, mut at) = (0, 0);
    while at < Dataset::ALL.len() {
        if Dataset::ALL[at].is_web() {
            count += Dataset::ALL[at].descriptor().identifiers.len();
        }
        at += 1;
    }
    count
};

/// The identifiers of the web servers' datasets, put together once: nearly every line of another program is held against them.
const WEB_SERVERS: [&str; WEB_IDENTIFIERS] = {
    let mut names = [""; WEB_IDENTIFIERS];
    let (mut count, mut at) = (0, 0);
    while at < Dataset::ALL.len() {
        let identifiers = Dataset::ALL[at].descriptor().identifiers;
        let mut index = 0;
        while Dataset::ALL[at].is_web() && index < identifiers.len() {
            names[count] = identifiers[index];
            count += 1;
            index += 1;
        }
        at += 1;
    }
    names
};

/// Programs behind whose syslog heads an access or error log may stand: the servers themselves, others that write the same
/// forms, and what passes on a container's output.
fn is_web_server(program: &str) -> bool {
    const OTHERS: [&str; 5] = ["apache", "caddy", "traefik", "docker", "dockerd"];
    WEB_SERVERS
        .iter()
        .chain(&OTHERS)
        .any(|name| format::syslog::names(program, name))
}

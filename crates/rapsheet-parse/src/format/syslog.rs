//! The heads that syslog daemons and journalctl put before a message.
//!
//! RFC 3164 and its dialects, RFC 5424, RFC 3339 heads of rsyslog and syslog-ng, and journalctl's `short`,
//! `short-iso`, `short-precise`, `short-full`, `short-unix`, `short-monotonic` and `with-unit`; also heads without a
//! date (`host sshd[1]: …`, `sshd[1]: …`).
//! See <https://www.rfc-editor.org/rfc/rfc3164>, <https://www.rfc-editor.org/rfc/rfc5424> and
//! <https://github.com/systemd/systemd/blob/main/src/shared/logs-show.c>.
//!
//! ```text
//! Oct 12 12:36:01 leaf sshd[15919]: refused connect from 192.0.2.7 (192.0.2.7)
//! ```
//!
//! The server writes the head, and clients choose the message: so a program's name is taken only from the place where
//! a head has it, never searched for further on in the line.
//!
//! # Not supported
//!
//! A line without both a date and a `name[pid]:` (what `journalctl -o cat` prints) has no head; `open` returns `None`.

mod stamp;
mod tag;

pub(super) use tag::{is_level, program};

use rapsheet_schema::{Dataset, Stamp};

use crate::line::{Head, Reading, Understood};
use crate::text::{digits, split_word, trim};

/// Takes the head off a line.
pub(crate) fn open(line: &str) -> Option<(Head<'_>, &str)> {
    let line = line.strip_prefix('\u{feff}').unwrap_or(line);
    let line = line.trim_start_matches(' ');
    let (has_priority, rest) = strip_priority(line);
    if let Some(found) = open_rfc5424(rest) {
        return Some(found);
    }
    let Some((stamp, length)) = stamp::read(rest.as_bytes()) else {
        return open_dateless(rest, has_priority);
    };
    let after = rest.get(length..)?;
    let after = after.strip_prefix(':').unwrap_or(after);
    if !after.starts_with([' ', '\t']) {
        return None;
    }
    let after = after.trim_start_matches([' ', '\t']);
    if super::dovecot_auth::is_own_line(after) {
        let head = Head {
            stamp,
            program: Some("dovecot"),
            ..Head::default()
        };
        return Some((head, after));
    }
    match tag::read_host_and_tag(after) {
        Some((head, message)) => Some((Head { stamp, ..head }, without_remark(message))),
        None if matches!(stamp, Stamp::Yearless { .. }) || has_priority => {
            Some(without_tag(stamp, after))
        }
        None => None,
    }
}

/// Takes off the head that nearly every line of syslog has, `Oct 12 12:36:01 leaf sshd[15919]: `, byte by byte.
///
/// `None` says nothing: whatever is not quite like this is for [`open`], which reads these heads no differently.
pub(crate) fn open_plain(line: &str) -> Option<(Head<'_>, &str)> {
    let bytes = line.as_bytes();
    if !bytes.first()?.is_ascii_alphabetic() {
        return None;
    }
    let stamp = stamp::read_plain(bytes)?;
    let is_host = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_program = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/');
    let host_end = 16 + run(&bytes[16..], is_host);
    // A digit may begin a year.
    if host_end > 80 || !bytes.get(16)?.is_ascii_alphabetic() || bytes.get(host_end) != Some(&b' ')
    {
        return None;
    }
    let tag = host_end + 1;
    let name_end = tag + run(&bytes[tag..], is_program);
    // What is in front of a path is taken off.
    if name_end == tag
        || bytes[tag] == b'/'
        || name_end - tag > 64
        || bytes.get(name_end) != Some(&b'[')
    {
        return None;
    }
    let (mut pid, mut at) = (0_u32, name_end + 1);
    while let Some(byte @ b'0'..=b'9') = bytes.get(at) {
        pid = pid * 10 + u32::from(byte - b'0');
        at += 1;
        if at - name_end > 9 {
            return None;
        }
    }
    if at == name_end + 1 || !bytes[at..].starts_with(b"]: ") {
        return None;
    }
    // What `without_remark` takes off, and more blanks.
    if matches!(bytes.get(at + 3), Some(b' ' | b'[' | b'k')) {
        return None;
    }
    let head = Head {
        stamp,
        host_name: Some(&line[16..host_end]),
        program: Some(&line[tag..name_end]),
        process_pid: Some(pid),
        piece: None,
    };
    Some((head, &line[at + 3..]))
}

fn run(bytes: &[u8], is_part: impl Fn(&u8) -> bool) -> usize {
    bytes
        .iter()
        .position(|byte| !is_part(byte))
        .unwrap_or(bytes.len())
}

/// Reads a time that a message follows: the time, and the message.
pub(super) fn open_stamp(text: &str) -> Option<(Stamp, &str)> {
    let (stamp, length) = stamp::read(text.as_bytes())?;
    Some((stamp, text.get(length..)?.strip_prefix(' ')?))
}

/// Reads what a switch of Cisco's puts before a message, `<187>HOST: 2026 Feb  6 09:35:02.059 CET:`: the host, where it is
/// named, and the time.
pub(super) fn open_switch(front: &str) -> Option<(Option<&str>, Stamp)> {
    let (_, rest) = strip_priority(front);
    let rest = rest.trim_start_matches([':', ' ']);
    if let Some(stamp) = stamp::read_switch(rest.as_bytes()) {
        return Some((None, stamp));
    }
    // `HOST: TIME`, or `TIME HOST` where another host wrote it down.
    let (host, time) = rest.split_once(": ").or_else(|| {
        let (time, host) = rest.rsplit_once(' ')?;
        Some((host, time))
    })?;
    let stamp = stamp::read_switch(time.as_bytes())?;
    let is_name = !host.is_empty() && !host.contains(' ');
    is_name.then_some((Some(host), stamp))
}

/// Tells a line that journalctl prints between records: `-- Logs begin at …`, `-- Boot … --`, `-- No entries --`, and
/// the catalogue's explanations (`-- Subject: …`).
pub(crate) fn is_heading(line: &str) -> bool {
    let line = line.trim_end();
    line == "--" || line.starts_with("-- ")
}

/// Reads syslog's `last message repeated N times`, in the forms that the daemons give it.
pub(crate) fn repeated(message: &str) -> Option<Understood<'static>> {
    // Nearly every message begins otherwise.
    if !message.starts_with(['l', '-', ' ']) {
        return None;
    }
    let message = message.trim().trim_matches('-').trim();
    let count = message
        .strip_prefix("last message repeated ")
        .or_else(|| message.strip_prefix("last message buffered "))?;
    let count = count
        .strip_suffix(" times")
        .or_else(|| count.strip_suffix(" time"))?;
    digits(count.as_bytes()).map(Understood::Repeated)
}

/// Reads a message, also one that rsyslog counted: `message repeated 2 times: [ MESSAGE]`.
pub(super) fn counted<'a>(message: &'a str, read: impl Fn(&'a str) -> Reading<'a>) -> Reading<'a> {
    let message = trim(message);
    if let Some(rest) = message.strip_prefix("message repeated ")
        && let Some((count, inner)) = split_word(rest, " times: [")
        && let Some(count) = digits::<u32>(count.as_bytes())
    {
        let inner = inner.trim_start().strip_suffix(']').unwrap_or(inner);
        return match read(trim(inner)) {
            Reading::Event(mut event) => {
                event.attempts = event.attempts.saturating_mul(count);
                Reading::Event(event)
            }
            other => other,
        };
    }
    read(message)
}

/// Tells a message without a tag in front that has one of the daemons whose word counts among its first words: a head that
/// nobody knows stands before it, so that it isn't another program's.
pub(crate) fn hides_daemon(message: &str) -> bool {
    const WORDS: usize = 6;
    let mut rest = message;
    for _ in 0..WORDS {
        if let Some(name) = tag::program_of_tag(rest)
            && trusted(name).is_some()
        {
            return true;
        }
        let Some((_, behind)) = rest.split_once(' ') else {
            return false;
        };
        rest = behind.trim_start_matches(' ');
    }
    false
}

/// Finds the dataset of a program whose lines are believed: they say who got in and who is banned.
pub(super) fn trusted(program: &str) -> Option<Dataset> {
    if super::openssh_auth::is_sshd(program) {
        return Some(Dataset::OpensshAuth);
    }
    Dataset::ALL.iter().copied().find(|dataset| {
        let facts = dataset.descriptor();
        facts.trusted_writer
            && facts
                .identifiers
                .iter()
                // Postfix' programs bear the name of their instance: `postfix-incoming/smtpd`.
                .any(|name| names(program, name.split('/').next().unwrap_or(name)))
    })
}

/// Tells whether a program's name is this one, or this one and more behind a sign: `fail2ban.actions`, `sshd-session`.
pub(crate) fn names(program: &str, name: &str) -> bool {
    program
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '/', ':', '.']))
}

/// A stamp, a host, and no program: `Oct 12 12:36:01 leaf last message repeated 2 times`.
fn without_tag(stamp: Stamp, after: &str) -> (Head<'_>, &str) {
    let is_remark = |text: &str| text.starts_with("last message ") || text.starts_with("---");
    if is_remark(after) {
        let head = Head {
            stamp,
            ..Head::default()
        };
        return (head, after);
    }
    let (host, message) = after.split_once(' ').unwrap_or((after, ""));
    let head = Head {
        stamp,
        host_name: Some(host),
        ..Head::default()
    };
    (head, message.trim_start_matches(' '))
}

/// Takes `<34>` off.
fn strip_priority(line: &str) -> (bool, &str) {
    let Some(inner) = line.strip_prefix('<') else {
        return (false, line);
    };
    match inner.find('>') {
        Some(end @ 1..=3) if inner.as_bytes()[..end].iter().all(u8::is_ascii_digit) => {
            (true, inner[end + 1..].trim_start_matches(' '))
        }
        _ => (false, line),
    }
}

/// `1 TIME host app pid msgid [sd] message`, behind the priority.
fn open_rfc5424(rest: &str) -> Option<(Head<'_>, &str)> {
    let rest = rest.strip_prefix("1 ")?.trim_start_matches(' ');
    let (stamp, after) = match rest.strip_prefix("- ") {
        Some(after) => (Stamp::Absent, after),
        None => {
            let (stamp, length) = stamp::read_iso(rest.as_bytes())?;
            (stamp, rest.get(length..)?.strip_prefix(' ')?)
        }
    };
    let mut rest = after;
    let mut fields = [""; 4];
    for field in &mut fields {
        let (word, tail) = rest.split_once(' ').unwrap_or((rest, ""));
        if word.is_empty() {
            return None;
        }
        (*field, rest) = (word, tail.trim_start_matches(' '));
    }
    let present = |field: &'static str| move |text: &str| text != field;
    let [host, app, pid, _id] = fields;
    let program = Some(app).filter(|app| present("-")(app)).map(tag::program);
    let head = Head {
        stamp,
        host_name: Some(host).filter(|host| present("-")(host)),
        program,
        process_pid: digits(pid.as_bytes()),
        piece: None,
    };
    let message = strip_structured_data(rest);
    let message = message.trim_start_matches(' ');
    let message = message.strip_prefix('\u{feff}').unwrap_or(message);
    // Some senders repeat the RFC 3164 tag in the message.
    let message = match (tag::read_tag(message), program) {
        (Some((name, _, tail)), Some(program)) if name == program => tail,
        _ => message,
    };
    Some((head, without_remark(message)))
}

/// Takes `-` or `[id name="value"]…` off; a `]` inside quotes ends nothing.
fn strip_structured_data(rest: &str) -> &str {
    if let Some(message) = rest.strip_prefix('-')
        && (message.is_empty() || message.starts_with(' '))
    {
        return message;
    }
    let bytes = rest.as_bytes();
    let mut end = 0;
    while bytes.get(end) == Some(&b'[') {
        let (mut at, mut quoted) = (end + 1, false);
        loop {
            match bytes.get(at) {
                None => return &rest[end..],
                Some(b'\\') if quoted => at += 1,
                Some(b'"') => quoted = !quoted,
                Some(b']') if !quoted => break,
                Some(_) => {}
            }
            at += 1;
        }
        end = at + 1;
    }
    rest.get(end..).unwrap_or(rest)
}

/// `host sshd[1]: …` and `sshd[1]: …`. Only with a process number, or with sshd's own name: a bare `word:` begins too
/// many other texts.
fn open_dateless(rest: &str, has_priority: bool) -> Option<(Head<'_>, &str)> {
    let rest = rest.trim_start_matches(' ');
    let (head, message) = tag::read_host_and_tag(rest)?;
    let program = head.program?;
    let certain =
        head.process_pid.is_some() || has_priority || super::openssh_auth::is_sshd(program);
    certain.then(|| (head, without_remark(message)))
}

/// Takes off what some systems put between head and message: Solaris' `[ID 800047 auth.info] `, and the time since the
/// start, `kernel:[  970.699396]: `.
fn without_remark(message: &str) -> &str {
    if let Some(inner) = message.strip_prefix("kernel:")
        && let Some((Stamp::Absent, length)) = stamp::read(inner.as_bytes())
        && let Some(tail) = inner[length..].strip_prefix(": ")
    {
        return tail;
    }
    let inner = message.strip_prefix("[ID ").and_then(|inner| {
        let (id, tail) = inner.split_once("] ")?;
        let (number, facility) = id.split_once(' ')?;
        let known = number.bytes().all(|b| b.is_ascii_digit()) && !facility.contains(' ');
        known.then_some(tail)
    });
    inner.unwrap_or(message)
}

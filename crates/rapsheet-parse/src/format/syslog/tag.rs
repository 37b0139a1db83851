//! Host, program and process: `leaf sshd[15919]:`.

use rapsheet_schema::Stamp;

use crate::line::Head;
use crate::text::digits;

/// Reads `host tag: message`, `tag: message`, and what some daemons put between host and tag.
pub(super) fn read_host_and_tag(text: &str) -> Option<(Head<'_>, &str)> {
    let head = |host_name, program, process_pid| Head {
        stamp: Stamp::Absent,
        host_name,
        program: Some(program),
        process_pid,
        piece: None,
    };
    let text = without_level(text);
    if let Some((name, pid, message)) = read_tag(text) {
        return Some((head(None, name, pid), message));
    }
    let (host, mut rest) = split_word(text)?;
    // Not more than two words: a level (`<auth.info>`, `auth.info`, `auth|security:info`), the host's name again, a unit.
    for _ in 0..3 {
        if let Some((name, pid, message)) = read_tag(rest) {
            return Some((head(Some(host), name, pid), message));
        }
        let (word, tail) = split_word(rest)?;
        if !is_interlude(word, host) {
            return None;
        }
        rest = tail;
    }
    None
}

/// Takes off the level that BSD and AIX write before the host, in signs that no host's name has, and OpenWrt in the host's
/// place, before the tag.
fn without_level(text: &str) -> &str {
    const FACILITIES: [&str; 10] = [
        "auth", "authpriv", "cron", "daemon", "kern", "lpr", "news", "syslog", "user", "uucp",
    ];
    // Nearly every first word is a host's name, most often without a dot.
    let (mut is_marked, mut facility) = (false, None);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b' ' => break,
            b'<' | b'|' => is_marked = true,
            b'.' if facility.is_none() => facility = Some(&text[..at]),
            _ => {}
        }
    }
    // A host may be called `mail.info`, but none `authpriv.notice`.
    if !is_marked && !facility.is_some_and(|name| FACILITIES.contains(&name)) {
        return text;
    }
    match split_word(text) {
        Some((word, rest)) if is_level(word) && (is_marked || read_tag(rest).is_some()) => rest,
        _ => text,
    }
}

/// What may stand between host and tag.
fn is_interlude(word: &str, host: &str) -> bool {
    word == host || word.ends_with(".service") || word.ends_with(".scope") || is_level(word)
}

/// Tells facility and severity: `<auth.info>`, `auth.info`, BSD's `<4.6>`, and AIX' `auth|security:info`.
pub(in crate::format) fn is_level(word: &str) -> bool {
    let between = |open, close| {
        word.strip_prefix(open)
            .and_then(|inner: &str| inner.strip_suffix(close))
    };
    let angled = between('<', '>');
    let inner = angled.or_else(|| between('[', ']')).unwrap_or(word);
    if angled.is_some()
        && let Some((facility, severity)) = inner.split_once('.')
        && let (Some(facility), Some(severity)) = (
            digits::<u8>(facility.as_bytes()),
            digits::<u8>(severity.as_bytes()),
        )
    {
        return facility < 24 && severity < 8;
    }
    let split = match inner.split_once(':') {
        Some((facilities, severity)) if facilities.contains('|') => Some((facilities, severity)),
        _ => inner.split_once('.'),
    };
    split.is_some_and(|(facility, severity)| {
        is_severity(severity)
            && facility
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'|')
    })
}

fn is_severity(word: &str) -> bool {
    matches!(
        word,
        "emerg"
            | "alert"
            | "crit"
            | "err"
            | "error"
            | "warn"
            | "warning"
            | "notice"
            | "info"
            | "debug"
    )
}

/// Reads `name[pid]: `, `name: `, `name[pid] <Info>: `, `name [pid]: ` and `[name]: ` at the start: program, process
/// and message.
pub(super) fn read_tag(text: &str) -> Option<(&str, Option<u32>, &str)> {
    let bytes = text.as_bytes();
    let limit = bytes.len().min(256);
    let end = memchr::memchr(b' ', &bytes[..limit]).unwrap_or(limit);
    let word = text.get(..end)?;
    let rest = &text[end..];
    if let Some(tag) = word.strip_suffix(':') {
        let (name, pid) = split_pid(tag)?;
        return Some((name, pid, rest.trim_start_matches(' ')));
    }
    if let Some(close) = memchr::memmem::find(word.as_bytes(), b"]:") {
        let (name, pid) = split_pid(&word[..=close])?;
        pid?;
        return Some((name, pid, &text[close + 2..]));
    }
    let rest = rest.trim_start_matches(' ');
    if word.ends_with(']') {
        // macOS: `sshd[123] <Info>: message`
        let (name, pid) = split_pid(word)?;
        pid?;
        if let Some(level) = rest.strip_prefix('<')
            && let Some((_, message)) = level.split_once(">: ")
        {
            return Some((name, pid, message));
        }
        return None;
    }
    // fail2ban: `fail2ban.actions [123]: message`
    let inner = rest.strip_prefix('[')?;
    let close = inner.find("]:")?;
    let pid = digits(&inner.as_bytes()[..close])?;
    let name = program(word);
    is_name(name).then(|| (name, Some(pid), inner[close + 2..].trim_start_matches(' ')))
}

/// Reads the program of a tag at the start, also of one that lacks its colon: `sshd[15919] message`.
pub(super) fn program_of_tag(text: &str) -> Option<&str> {
    if let Some((name, _, _)) = read_tag(text) {
        return Some(name);
    }
    let (word, _) = split_word(text)?;
    let (name, pid) = split_pid(word)?;
    pid.map(|_| name)
}

/// Splits `sshd[15919]`, `sshd(pam_unix)[15919]`, `[sshd]` and `sshd`.
fn split_pid(tag: &str) -> Option<(&str, Option<u32>)> {
    if let Some(inner) = tag.strip_prefix('[') {
        let name = inner.strip_suffix(']')?;
        let named = is_name(name) && !name.bytes().all(|b| b.is_ascii_digit());
        return named.then(|| (program(name), None));
    }
    let (name, pid) = match tag.strip_suffix(']').and_then(|t| t.rsplit_once('[')) {
        Some((name, pid)) => (name, digits(pid.as_bytes())),
        None => (tag, None),
    };
    let name = program(name);
    let base = name.find('(').map_or(name, |end| &name[..end]);
    is_name(base).then_some((name, pid))
}

/// Tells a program's name from other words that end in a colon. Signs alone are no name.
fn is_name(name: &str) -> bool {
    name.len() <= 128
        && name.bytes().any(|b| b.is_ascii_alphanumeric() || b >= 0x80)
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-/@+#:\\~".contains(&b) || b >= 0x80)
}

/// Takes path, PAM module and unit suffix off a program's name: `/usr/sbin/sshd`, `login(pam_unix)`, `ssh.service`
/// and `sshd@3-192.0.2.1:22-192.0.2.2:5.service` are sshd and login. Of sshd's modules the name stays: they say what sshd does not.
pub(in crate::format) fn program(name: &str) -> &str {
    let name = match name.find('(') {
        Some(_) if crate::format::openssh_auth::is_sshd(name) => return name,
        Some(end) if end > 0 && name.ends_with(')') => &name[..end],
        _ => name,
    };
    let unit = name.strip_suffix(".service");
    let name = unit.unwrap_or(name);
    let name = match (unit, name.find('@')) {
        (Some(_), Some(at)) if at > 0 => &name[..at],
        _ => name,
    };
    let name = if name.starts_with('/') {
        name.rsplit('/').next().unwrap_or(name)
    } else {
        name
    };
    if unit.is_some() && name == "ssh" {
        return "sshd";
    }
    name
}

fn split_word(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_once(' ')?;
    (!word.is_empty()).then(|| (word, rest.trim_start_matches(' ')))
}

//! fail2ban's own log, from 0.8 to 1.1: in its file, behind a syslog head, and in the journal.
//!
//! Source: <https://github.com/fail2ban/fail2ban>, `fail2ban/server/{actions,filter,observer}.py` for what it says of
//! addresses and `fail2ban/helpers.py` for the head.
//!
//! `2026-01-31 06:33:23,594 fail2ban.actions        [1234]: NOTICE  [sshd] Ban 192.0.2.1`
//!
//! Only a line that says `Found` tells of an attempt. Whatever follows from it (a ban, its prolongation, its end) has
//! `attempts` 0. The text between a jail's closing bracket and the end of the line may be chosen by an attacker (a
//! filter can ban a user name instead of an address), so an address counts only where it is the whole of what
//! fail2ban names, and only behind the first bracket that is followed by one of fail2ban's verbs.
//!
//! # Not supported
//!
//! The date that stands behind `Found` (the time of the line that was matched); banned networks (`Ban 192.0.2.0/24`
//! names no address); heads of a `format` of one's own.
//!
//! What a jail `recidive` finds are bans that this log tells of already: its `Found` is an event without an attempt.

mod continuation;
mod phrases;

use rapsheet_schema::{
    Action, Dataset, Event, Outcome, Reason, Stamp, Teller, civil_micros, parse_address,
    parse_single_address,
};

use crate::line::{Head, Reading, Understood};
use crate::text::{clock, digits, fraction_micros, rsplit_word, split_blank};

pub(crate) use continuation::is_continuation;

/// The levels of fail2ban's log, and the ones that Python adds.
const LEVELS: [&str; 16] = [
    "NOTICE",
    "INFO",
    "WARNING",
    "WARN",
    "ERROR",
    "CRITICAL",
    "MSG",
    "DEBUG",
    "TRACEDEBUG",
    "HEAVYDEBUG",
    "EXCEPTION",
    // The verbose modes cut them at five letters.
    "NOTIC",
    "WARNI",
    "CRITI",
    "TRACE",
    "HEAVY",
];

/// Tells whether a jail's filter reads fail2ban's own log, as `recidive` does and what is made after it: it finds bans.
#[must_use]
pub fn is_about_bans(jail: &str) -> bool {
    jail.contains("recidiv")
}

/// Takes the head off a line of fail2ban.log; the time is absent where the line has none. The program is the logger
/// (`fail2ban.actions`), what is left begins with the level.
pub(crate) fn open(line: &str) -> Option<(Head<'_>, &str)> {
    let (stamp, rest) = match date_time(line) {
        Some((stamp, rest)) => (stamp, rest.trim_start_matches(' ')),
        None => (Stamp::Absent, line),
    };
    // `journalctl -o short` without its date leaves the host in front of the program.
    let (host_name, rest) = match split_blank(rest) {
        Some((host, behind))
            if stamp == Stamp::Absent && behind.starts_with("fail2ban") && is_label(host) =>
        {
            (Some(host), behind)
        }
        _ => (None, rest),
    };
    let (program, process_pid, message) = match logger(rest) {
        Some(found) => found,
        None if stamp != Stamp::Absent => ("fail2ban", None, verbose(rest)?),
        None => return None,
    };
    Some((
        Head {
            stamp,
            host_name,
            program: Some(program),
            process_pid,
            piece: None,
        },
        message,
    ))
}

/// Tells whether a program is fail2ban's server or one of its loggers.
pub(crate) fn is_program(name: &str) -> bool {
    matches!(name, "fail2ban" | "fail2ban-server") || name.starts_with("fail2ban.")
}

/// Takes logger, process and level off a message, so that every copy of a record is left with the same text.
pub(crate) fn bare(message: &str) -> &str {
    peel("", message).2
}

/// Reads a message of fail2ban. `program` is a logger (`fail2ban.actions`), or the daemon's name where syslog or the
/// journal put that in its place; the message may still begin with logger, process and level.
pub(crate) fn parse<'a>(program: &str, message: &'a str) -> Option<Reading<'a>> {
    if !is_program(program) {
        return None;
    }
    let (logger, level, message) = peel(program, message);
    let text = message.trim_matches(' ');
    if text.is_empty() {
        return Some(Reading::Understood(Understood::Filler));
    }
    // What other programs print, and what fail2ban was told to run, is free text.
    if phrases::is_free_text(logger, text) {
        return Some(Reading::Understood(Understood::NoAddress));
    }
    if let Some(reading) = of_jail(text).or_else(|| without_jail(text)) {
        return Some(reading);
    }
    if level.ends_with("DEBUG") || matches!(level, "TRACE" | "HEAVY") || phrases::is_known(text) {
        return Some(Reading::Understood(Understood::NoAddress));
    }
    Some(Reading::Unknown)
}

/// Reads `2026-01-31 06:33:23,594`, with `T` or a space, any fraction or none, and a zone if there is one.
fn date_time(line: &str) -> Option<(Stamp, &str)> {
    let bytes = line.as_bytes();
    if bytes.len() < 20 || bytes[4] != b'-' || bytes[7] != b'-' || !matches!(bytes[10], b' ' | b'T')
    {
        return None;
    }
    let (year, month, day) = (
        digits::<i64>(&bytes[..4])?,
        digits(&bytes[5..7])?,
        digits(&bytes[8..10])?,
    );
    let since_midnight = clock(&bytes[11..])?;
    let mut at = 19;
    let mut micros = 0;
    if matches!(bytes[at], b',' | b'.') {
        let end = at
            + 1
            + bytes[at + 1..]
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .count();
        micros = fraction_micros(&bytes[at + 1..end])?;
        at = end;
    }
    let local = civil_micros(year, month, day, 0, 0, 0, 0)? + since_midnight + i64::from(micros);
    let rest = line.get(at..)?;
    match zone_micros(rest) {
        Some((offset, rest)) => Some((Stamp::Utc(local - offset), rest)),
        None if rest.starts_with(' ') => Some((Stamp::Local(local), rest)),
        None => None,
    }
}

/// Reads a zone: `Z`, `+0200`, `+02:00`, with or without a space before it.
fn zone_micros(text: &str) -> Option<(i64, &str)> {
    let text = text.strip_prefix(' ').unwrap_or(text);
    if let Some(rest) = text.strip_prefix('Z') {
        return rest.starts_with(' ').then_some((0, rest));
    }
    let bytes = text.as_bytes();
    let sign = match bytes.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let width = if bytes.get(3) == Some(&b':') { 6 } else { 5 };
    let hours = digits::<i64>(bytes.get(1..3)?)?;
    let minutes = digits::<i64>(bytes.get(width - 2..width)?)?;
    let rest = text.get(width..)?;
    if hours > 15 || minutes > 59 || !rest.starts_with(' ') {
        return None;
    }
    Some((sign * (hours * 3600 + minutes * 60) * 1_000_000, rest))
}

/// Reads `fail2ban.actions        [1234]: ` and its kin: the logger, the process, and what follows.
fn logger(text: &str) -> Option<(&str, Option<u32>, &str)> {
    let end = text
        .bytes()
        .take(64)
        .position(|byte| matches!(byte, b' ' | b':' | b'['))?;
    let (name, rest) = text.split_at(end);
    if !is_program(name) {
        return None;
    }
    let (process_pid, rest) = process(rest)?;
    Some((name, process_pid, rest))
}

/// Reads what the verbose modes put in the logger's place (`getVerbosityFormat` in `helpers.py`), up to the level: the thread
/// (`148402BC3B08 NOTIC `), and before it the milliseconds since the start (`+  133 `).
fn verbose(text: &str) -> Option<&str> {
    // Nearly every line has a host there, whose name begins otherwise.
    if !matches!(text.as_bytes().first()?, b'+' | b'0'..=b'9' | b'A'..=b'F') {
        return None;
    }
    let text = match text.strip_prefix('+') {
        Some(since) => {
            let since = since.trim_start_matches(' ');
            let (since, rest) = split_blank(since)?;
            digits::<u64>(since.as_bytes())?;
            rest
        }
        None => text,
    };
    let (thread, message) = split_blank(text)?;
    let is_thread = (4..=16).contains(&thread.len())
        && thread
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
    let level = || split_blank(message).map_or(message, |(level, _)| level);
    (is_thread && LEVELS.contains(&level())).then_some(message)
}

/// Takes off what the most verbose modes put behind the level: `|         actions-25: __checkBan           | `.
fn without_place(text: &str) -> &str {
    let inner = text.strip_prefix('|').and_then(|inner| {
        let (place, message) = inner.split_once('|')?;
        let is_place = place.len() <= 64
            && place
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b" -_:.<>".contains(&byte));
        is_place.then(|| message.trim_start_matches(' '))
    });
    inner.unwrap_or(text)
}

/// Tells whether a message is what a program printed, what it was told to do, or why that failed: any text at all, over any
/// number of lines.
pub(crate) fn is_free_text(program: &str, message: &str) -> bool {
    let (logger, level, text) = peel(program, message);
    let failed = matches!(level, "ERROR" | "EXCEPTION" | "CRITICAL");
    failed || phrases::is_free_text(logger, text)
}

/// Reads `  [1234]: ` or `  : `.
fn process(text: &str) -> Option<(Option<u32>, &str)> {
    let text = text.trim_start_matches(' ');
    let (process_pid, rest) = match text.strip_prefix('[') {
        Some(inner) => {
            let (number, rest) = inner.split_once(']')?;
            // A terminal's line break may have become blanks within the number.
            let is_torn = number
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b' ');
            let number = digits(number.as_bytes());
            (number.is_some() || is_torn).then_some((number, rest))?
        }
        None => (None, text),
    };
    let rest = rest.trim_start_matches(' ').strip_prefix(':')?;
    Some((process_pid, rest.trim_start_matches(' ')))
}

/// Takes logger, process and level off: the last logger that is named, the level (or nothing), what is left.
fn peel<'a: 'b, 'b>(program: &'b str, message: &'a str) -> (&'b str, &'a str, &'a str) {
    let mut rest = message.trim_start_matches(' ');
    let mut name = program;
    if let Some((_, behind)) = process(rest) {
        rest = behind;
    }
    if let Some((logger, _, behind)) = logger(rest) {
        (name, rest) = (logger, behind);
    }
    let (word, behind) = split_blank(rest).unwrap_or((rest, ""));
    let level = word.strip_suffix(':').unwrap_or(word);
    let behind = behind.trim_start_matches(' ');
    if LEVELS.contains(&level) {
        (name, level, without_place(behind))
    } else if level == "Level" || level == "Lev" {
        // Python's name of a level that has none: `Level 7`.
        (name, "DEBUG", behind)
    } else {
        (name, "", rest)
    }
}

/// Reads `[JAIL] …`. A jail's name may hold brackets, so each closing one is tried, the first that fits holds.
fn of_jail(text: &str) -> Option<Reading<'_>> {
    let inner = text.strip_prefix('[')?;
    let bytes = inner.as_bytes();
    for at in memchr::memchr_iter(b']', bytes).filter(|at| bytes.get(at + 1) == Some(&b' ')) {
        let (jail, said) = (&inner[..at], inner[at + 2..].trim_start_matches(' '));
        if let Some(reading) = verb(Some(jail), said) {
            return Some(reading);
        }
        if phrases::is_known_of_jail(said) {
            return Some(Reading::Understood(Understood::NoAddress));
        }
    }
    None
}

/// Reads the few verbs that 0.8 logged without a jail.
fn without_jail(text: &str) -> Option<Reading<'_>> {
    if text.starts_with("Found ") || text.starts_with("Ignore ") {
        let operand = split_blank(text)?.1;
        parse_address(operand)?;
        return verb(None, text);
    }
    None
}

/// Reads what fail2ban says of an address: `None` where that isn't one of its verbs.
fn verb<'a>(jail: Option<&'a str>, said: &'a str) -> Option<Reading<'a>> {
    let (word, operand) = split_blank(said)?;
    if let Some(tail) = operand.strip_prefix("already banned") {
        if tail.is_empty() {
            return Some(told(jail, Action::AlreadyBanned, word));
        }
        // A tail that nobody knows: a bracket in it must not make a jail's name of all that stands before.
        if parse_single_address(word).is_some() {
            return Some(Reading::Unknown);
        }
    }
    let operand = operand.trim_matches(' ');
    Some(match word {
        "Ban" => told(jail, Action::Ban, operand),
        "Unban" => told(jail, Action::Unban, operand),
        "Restore" => told(jail, Action::RestoreBan, operand.strip_prefix("Ban ")?),
        "Reban" => {
            let address = operand
                .split_once(", action ")
                .map_or(operand, |(ip, _)| ip);
            told(jail, Action::Reban, address)
        }
        "Found" | "Attempt" => found(jail, operand),
        "Ignore" => ignored(jail, operand),
        "Increase" => increased(jail, operand.strip_prefix("Ban ")?),
        _ => return None,
    })
}

/// Makes the event of an action upon an address that is the whole operand.
fn told<'a>(jail: Option<&'a str>, action: Action, operand: &'a str) -> Reading<'a> {
    let mut event = Event::new(Dataset::Fail2banLog, action, Outcome::Unknown);
    event.fail2ban_jail = jail;
    if matches!(
        action,
        Action::Ban
            | Action::RestoreBan
            | Action::Reban
            | Action::IncreaseBan
            | Action::AlreadyBanned
    ) {
        event = event.suspect(Reason::Banned, 0, Teller::Sole);
    }
    if let Some(ip) = parse_single_address(operand) {
        event.source_ip = Some(ip);
        return Reading::Event(event);
    }
    if is_host(operand) {
        event.source_domain = Some(operand);
        return Reading::Event(event);
    }
    match split_blank(operand) {
        // An address with a tail that nobody knows: a form of a version to come, or a name that plays one.
        Some((first, _)) if parse_single_address(first).is_some() => Reading::Unknown,
        // A network, or another kind of name (a user, a session): nothing to hold against an address.
        _ => Reading::Understood(Understood::NoAddress),
    }
}

/// Reads `Found ADDRESS`, `Found ADDRESS - DATE`; the observer's `Found ADDRESS, bad - …` repeats another line.
fn found<'a>(jail: Option<&'a str>, operand: &'a str) -> Reading<'a> {
    if let Some((address, _)) = operand.split_once(", bad - ")
        && parse_single_address(address).is_some()
    {
        return Reading::Understood(Understood::NoAddress);
    }
    let address = match rsplit_word(operand, " - ") {
        Some((address, date)) if is_date(date) => address,
        _ => operand,
    };
    match told(jail, Action::Found, address) {
        Reading::Event(mut event) => {
            event.event_outcome = Outcome::Failure;
            let attempts = u32::from(!jail.is_some_and(is_about_bans));
            Reading::Event(event.suspect(Reason::Found, attempts, Teller::Sole))
        }
        other => other,
    }
}

/// Reads `Ignore ADDRESS by SOURCE`, and 0.8's `Ignore ADDRESS`.
fn ignored<'a>(jail: Option<&'a str>, operand: &'a str) -> Reading<'a> {
    let address = operand.split_once(" by ").map_or(operand, |(ip, _)| ip);
    if address.contains(' ')
        || (parse_single_address(address).is_none() && !operand.contains(" by "))
    {
        return Reading::Understood(Understood::NoAddress);
    }
    told(jail, Action::Ignore, address)
}

/// Reads `Increase Ban ADDRESS (COUNT # LENGTH -> DATE)`.
fn increased<'a>(jail: Option<&'a str>, operand: &'a str) -> Reading<'a> {
    let parts = operand
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once(" ("))
        .and_then(|(address, inner)| Some((address, inner.split_once(" # ")?)));
    let Some((address, (count, length))) = parts else {
        return Reading::Unknown;
    };
    match told(jail, Action::IncreaseBan, address) {
        Reading::Event(mut event) => {
            event.fail2ban_bancount = digits(count.as_bytes());
            event.fail2ban_bantime = length
                .split_once(" -> ")
                .and_then(|(length, _)| seconds_of(length));
            Reading::Event(event)
        }
        other => other,
    }
}

/// Reads a length of time as fail2ban prints it: `7:57:25`, `1 day, 0:00:00`, `2w 6d`, `59m 50s`, `permanent` (-1).
fn seconds_of(text: &str) -> Option<i64> {
    if text == "permanent" {
        return Some(-1);
    }
    let (days, rest) = match text.split_once(" day") {
        Some((days, rest)) => (
            digits::<i64>(days.as_bytes())?,
            rest.strip_prefix('s')
                .unwrap_or(rest)
                .trim_start_matches([',', ' ']),
        ),
        None => (0, text),
    };
    let mut seconds = days.checked_mul(86_400)?;
    if rest.contains(':') {
        let mut of_day = 0_i64;
        for part in rest.split(':') {
            let number: i64 = digits(part.split('.').next()?.as_bytes())?;
            of_day = of_day.checked_mul(60)?.checked_add(number)?;
        }
        return seconds.checked_add(of_day);
    }
    for part in rest.split_ascii_whitespace() {
        let unit = match part.as_bytes().last()? {
            b'y' => 31_536_000,
            b'w' => 604_800,
            b'd' => 86_400,
            b'h' => 3_600,
            b'm' => 60,
            b's' => 1,
            b'0'..=b'9' => return seconds.checked_add(digits::<i64>(part.as_bytes())?),
            _ => return None,
        };
        let number: i64 = digits(&part.as_bytes()[..part.len() - 1])?;
        seconds = seconds.checked_add(number.checked_mul(unit)?)?;
    }
    Some(seconds)
}

/// Tells whether text can be a host's name: labels of letters, digits and hyphens, at least one letter, one dot or not.
fn is_host(text: &str) -> bool {
    text.len() <= 253
        && text.contains('.')
        && text.bytes().any(|b| b.is_ascii_alphabetic())
        && text.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        })
}

/// Tells whether text can be the name of a machine in a syslog head.
fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && !text.starts_with("fail2ban.")
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// Tells whether text is a date and a time.
fn is_date(text: &str) -> bool {
    text.len() >= 19
        && text.len() <= 40
        && text.as_bytes()[0].is_ascii_digit()
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || b" -:,.TZ+".contains(&b))
}

#[cfg(test)]
mod tests;

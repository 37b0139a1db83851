//! Apache's error log, 2.0 to 2.4.
//!
//! Apache: <https://httpd.apache.org/docs/2.4/mod/core.html#errorlogformat>, `server/log.c`, `modules/aaa/`.
//!
//! ```text
//! [Sat Jul 20 21:34:49.453232 2013] [auth_basic:error] [pid 17512:tid 1401] [client 192.0.2.7:51380] AH01617: user al: …
//! ```
//!
//! Apache writes the client's address in brackets before the message, and escapes neither brackets nor much else in
//! it: a path may hold `[client 198.51.100.1]`. Only brackets in the head count.
//!
//! # Not supported
//!
//! Heads of a site's own `ErrorLogFormat` without brackets; the lines of a backtrace behind a line.

use rapsheet_schema::{
    Action, Dataset, Event, Http, Outcome, Reason, Stamp, Teller, parse_address,
};

use crate::format::http_request::{request_line, unquote};
use crate::format::request_rules::{self, Request};
use crate::format::tls_fault;
use crate::format::web_client::{Client, address_and_port};
use crate::format::web_time;
use crate::line::{Arena, Head, Reading, Understood};
use crate::text::digits;

/// Reads one line of an error log; `None` where it isn't one.
pub(crate) fn parse<'a>(line: &'a str, arena: &'a Arena) -> Option<(Head<'a>, Reading<'a>)> {
    let bytes = line.as_bytes();
    if bytes.len() < 20 || bytes[0] != b'[' || !bytes[1].is_ascii_alphabetic() {
        return None;
    }
    let (head, behind) = read_head(line.trim_end_matches(['\r', ' ']))?;
    // Without a time, only the client's brackets tell that it is Apache's.
    if head.stamp == Stamp::Absent && !behind.names_client {
        return None;
    }
    Some(finish(&head, &behind, arena))
}

/// Reads a message that another envelope (syslog, the journal) delivered: a line without its time, where the program
/// is known to be Apache.
pub(crate) fn parse_message<'a>(
    message: &'a str,
    arena: &'a Arena,
) -> Option<(Head<'a>, Reading<'a>)> {
    if !message.starts_with('[') {
        return None;
    }
    let (head, behind) = read_head(message.trim_end_matches(['\r', ' ']))?;
    // nginx' `[error] 12#12: …` has a level in brackets too.
    let word = behind.message.split(' ').next().unwrap_or_default();
    if head.stamp == Stamp::Absent
        && !behind.names_client
        && word.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && word.ends_with(':')
    {
        return None;
    }
    Some(finish(&head, &behind, arena))
}

/// Tells what Apache says before it has opened its log, to the standard error and without a date:
/// `AH00558: apache2: Could not reliably determine the server's fully qualified domain name, using 127.0.1.1`.
pub(crate) fn is_of_start(text: &str) -> bool {
    const PROGRAMS: [&str; 3] = ["apache2: ", "httpd: ", "apachectl: "];
    let said = without_code(text);
    said.len() < text.len() && PROGRAMS.iter().any(|program| said.starts_with(program))
}

/// What stands in front of the message, and the message.
struct Behind<'a> {
    client: Client<'a>,
    /// A bracket names a client, whether or not as an address.
    names_client: bool,
    message: &'a str,
}

fn finish<'a>(head: &Head<'a>, behind: &Behind<'a>, arena: &'a Arena) -> (Head<'a>, Reading<'a>) {
    if behind.client.ip.is_none() && behind.client.domain.is_none() {
        return (*head, Reading::Understood(Understood::NoAddress));
    }
    let mut event = Event::new(Dataset::ApacheError, Action::Error, Outcome::Failure);
    event.source_ip = behind.client.ip;
    event.source_port = behind.client.port;
    event.source_domain = behind.client.domain;
    (
        *head,
        Reading::Event(read_message(event, behind.message, arena)),
    )
}

/// Reads the groups in brackets: time, level, process, client.
fn read_head(line: &str) -> Option<(Head<'_>, Behind<'_>)> {
    let mut head = Head::default();
    let (mut rest, mut has_level, mut has_pid) = (line, false, false);
    let mut is_of_tls = false;
    let mut behind = None;
    for _ in 0..6 {
        let Some((group, after)) = bracket_group(rest) else {
            break;
        };
        if let Some(client) = client_group(group, has_pid) {
            let is_backend = group.starts_with("remote ") && (is_of_tls || !is_visitor(&client));
            let client = if is_backend {
                Client::default()
            } else {
                client
            };
            behind = Some((client, after));
            break;
        }
        if let Some(pid) = group.strip_prefix("pid ") {
            has_pid = true;
            head.process_pid = digits(pid.split(':').next().unwrap_or(pid).as_bytes());
        } else if head.stamp == Stamp::Absent && !has_level && group.len() >= 24 {
            head.stamp = web_time::apache_error(group)?;
        } else if !has_level && is_level(group) {
            has_level = true;
            is_of_tls = group.starts_with("ssl:");
        } else if !(has_level && group.starts_with("tid ")) {
            // The message itself starts with a bracket.
            break;
        }
        rest = after;
    }
    if !has_level {
        return None;
    }
    let (client, message) = behind
        .or_else(|| client_after_error(rest, has_pid))
        .map_or((None, rest), |(client, message)| (Some(client), message));
    Some((
        head,
        Behind {
            client: client.unwrap_or_default(),
            names_client: client.is_some(),
            message: skip_second_client(message),
        },
    ))
}

/// Takes `[group] ` off; a group may hold one address in brackets.
fn bracket_group(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('[')?;
    let limit = inner.len().min(300);
    let window = inner.as_bytes().get(..limit)?;
    let mut close = memchr::memchr(b']', window)?;
    if memchr::memchr(b'[', &window[..close]).is_some() {
        close += 1 + memchr::memchr(b']', window.get(close + 1..)?)?;
    }
    Some((&inner[..close], inner[close + 1..].trim_start_matches(' ')))
}

/// Reads `client A` or `remote A`, with or without a port.
fn client_group(group: &str, has_pid: bool) -> Option<Client<'_>> {
    let text = group
        .strip_prefix("client ")
        .or_else(|| group.strip_prefix("remote "))?
        .trim();
    if text.contains(' ') {
        return None;
    }
    // 2.4 writes `address:port` for IPv6 too, without brackets, and always a port.
    if has_pid
        && text.matches(':').count() > 2
        && !text.starts_with('[')
        && let Some((address, port)) = text.rsplit_once(':')
        && (port == "0" || !port.starts_with('0'))
        && let Some(port) = digits::<u16>(port.as_bytes())
        && let Some(ip) = parse_address(address)
    {
        return Some(Client {
            ip: Some(ip),
            port: Some(port),
            domain: None,
        });
    }
    if let Some((ip, port)) = address_and_port(text) {
        return Some(Client {
            ip: Some(ip),
            port,
            domain: None,
        });
    }
    let is_name = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    Some(Client {
        domain: (is_name && !text.is_empty() && text != "-").then_some(text),
        ..Client::default()
    })
}

/// Tells a visitor from a server behind the proxy, where Apache says `remote`, as it does of connections that have no place in its
/// scoreboard: those to servers behind it, and a visitor's by HTTP/2. No server listens where visitors come from.
fn is_visitor(client: &Client<'_>) -> bool {
    const LOWEST_PORT: u16 = 10_000;
    client.port.is_some_and(|port| port >= LOWEST_PORT)
}

/// Reads `util.c(123): (13)Permission denied: [client A] message`: 2.4 writes place and system error before the client.
fn client_after_error(text: &str, has_pid: bool) -> Option<(Client<'_>, &str)> {
    let open = memchr::memmem::find(text.as_bytes().get(..200.min(text.len()))?, b"[client ")?;
    let before = text.get(..open)?.strip_suffix(": ")?;
    let system = match before.split_once(": ") {
        Some((place, system)) if is_place(place) => system,
        _ if is_place(before) => "",
        _ => before,
    };
    let known = system.is_empty()
        || system.strip_prefix('(').is_some_and(|inner| {
            inner.split_once(')').is_some_and(|(number, words)| {
                digits::<u32>(number.as_bytes()).is_some()
                    && words
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b" '-_,./()".contains(&byte))
            })
        });
    if !known {
        return None;
    }
    let (group, after) = bracket_group(&text[open..])?;
    Some((client_group(group, has_pid)?, after))
}

/// Tells whether a text is `file.c(123)`.
fn is_place(text: &str) -> bool {
    text.strip_suffix(')')
        .and_then(|inner| inner.split_once(".c("))
        .is_some_and(|(file, line)| !file.contains(' ') && digits::<u32>(line.as_bytes()).is_some())
}

/// ModSecurity repeats the client; the first one is Apache's.
fn skip_second_client(message: &str) -> &str {
    match bracket_group(message) {
        Some((group, after)) if group.starts_with("client ") => after,
        _ => message,
    }
}

fn is_level(group: &str) -> bool {
    let level = group.rsplit_once(':').map_or(group, |(_, level)| level);
    let level = level.strip_prefix("trace").map_or(level, |_| "debug");
    matches!(
        level,
        "emerg" | "alert" | "crit" | "error" | "warn" | "notice" | "info" | "debug"
    )
}

/// Says what a message about a client means.
fn read_message<'a>(mut event: Event<'a>, message: &'a str, arena: &'a Arena) -> Event<'a> {
    // `AH01617: `, and what a second module puts before its own text.
    let text = without_code(message);
    let text = text.strip_prefix("Digest: ").unwrap_or(text);
    if let Some(rest) = text.strip_prefix("user ")
        && let Some((user, url)) = auth_failure(rest)
    {
        event.user_name = Some(unquote(user, arena));
        event.http = url.map(|url| {
            &*arena.alloc(Http {
                url_original: Some(url),
                ..Http::default()
            })
        });
        return event.suspect(Reason::HttpAuthFailure, 1, Teller::Sole);
    }
    if let Some(rest) = text.strip_prefix("Authorization of user ") {
        let user = rest.rsplit_once(" to access ").map(|(user, _)| user);
        event.user_name = user.map(|user| unquote(user, arena));
        return event.suspect(Reason::HttpAuthFailure, 1, Teller::Sole);
    }
    if text.starts_with("ModSecurity: ") {
        return read_modsecurity(event, text, arena);
    }
    match reason_of(text) {
        Some(reason) => event.suspect(reason, 1, Teller::Sole),
        None => read_missing(event, text),
    }
}

fn without_code(message: &str) -> &str {
    match message.split_once(": ") {
        Some((code, rest))
            if code.len() == 7
                && code.starts_with("AH")
                && code[2..].bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            rest
        }
        _ => message,
    }
}

/// Reads what follows `user `: the name, and the address that was asked for. Basic names hold no colon; digest names
/// stand in quotes.
fn auth_failure(text: &str) -> Option<(&str, Option<&str>)> {
    if let Some(quoted) = text.strip_prefix('`') {
        let (user, rest) = quoted.split_once("' in realm `")?;
        let (_, url) = rest.rsplit_once("' not found: ")?;
        return Some((user, Some(without_referrer(url))));
    }
    let (front, behind) = text.split_once(": ")?;
    if let Some(user) = front.strip_suffix(" not found") {
        return Some((user, Some(without_referrer(behind))));
    }
    if let Some(url) = behind.strip_prefix("password mismatch: ") {
        return Some((front, Some(without_referrer(url))));
    }
    for words in [
        "authentication failure for \"",
        "authorization failure for \"",
    ] {
        if let Some(rest) = behind.strip_prefix(words) {
            let url = rest.rsplit_once("\":").map(|(url, _)| url);
            return Some((front, url));
        }
    }
    // mod_authnz_ldap, mod_authn_dbd and others: `auth_ldap authenticate: user X authentication failed`.
    let known = [
        "password mismatch",
        "authentication failed",
        "nonce expired",
        "invalid nonce",
        "uri mismatch",
    ];
    known
        .iter()
        .any(|words| behind.starts_with(words))
        .then_some((front, None))
}

fn without_referrer(text: &str) -> &str {
    text.rsplit_once(", referer: ")
        .map_or(text, |(text, _)| text)
}

/// Messages that say by themselves what happened.
fn reason_of(text: &str) -> Option<Reason> {
    const STARTS: &[(&str, Reason)] = &[
        (
            "client denied by server configuration",
            Reason::HttpForbidden,
        ),
        ("Directory index forbidden by ", Reason::HttpForbidden),
        ("Cannot serve directory ", Reason::HttpForbidden),
        (
            "client used wrong authentication scheme",
            Reason::HttpAuthFailure,
        ),
        ("realm mismatch - got ", Reason::HttpAuthFailure),
        ("unknown algorithm ", Reason::HttpAuthFailure),
        ("invalid nonce ", Reason::HttpAuthFailure),
        ("invalid uri <", Reason::HttpAuthFailure),
        ("uri mismatch - ", Reason::HttpAuthFailure),
        ("invalid qop ", Reason::HttpAuthFailure),
        ("access to ", Reason::HttpForbidden),
        (
            "script not found or unable to stat",
            Reason::ProbeMissingFile,
        ),
        ("stderr from ", Reason::ProbeMissingFile),
        ("Invalid URI in request ", Reason::ProbeNonHttp),
        ("Invalid method in request ", Reason::ProbeNonHttp),
        ("request failed: ", Reason::ProbeNonHttp),
        ("Client sent malformed Host header", Reason::ProbeNonHttp),
        (
            "client sent HTTP/1.1 request without hostname",
            Reason::ProbeNonHttp,
        ),
        ("client sent invalid HTTP", Reason::ProbeNonHttp),
        (
            "erroneous characters after protocol string",
            Reason::ProbeNonHttp,
        ),
        ("invalid URI path ", Reason::ProbeTraversal),
        ("No hostname was provided via SNI", Reason::ProbeNonHttp),
        ("client denied by mod_evasive", Reason::HttpRateLimit),
    ];
    if text.starts_with("Hostname ") && text.contains(" provided via SNI") {
        return Some(Reason::ProbeNonHttp);
    }
    if text.starts_with("request failed: error reading the headers") {
        return None;
    }
    if text.starts_with("SSL Library Error") {
        return tls_fault::is_no_tls(text).then_some(Reason::ProbeNonHttp);
    }
    if text.starts_with("/bin/") && text.contains("function definition") {
        return Some(Reason::ProbeShell);
    }
    let (_, reason) = STARTS.iter().find(|(start, _)| text.starts_with(start))?;
    match *reason {
        Reason::ProbeNonHttp if text.starts_with("Invalid URI in request ") => {
            let line = request_line(&text["Invalid URI in request ".len()..]);
            Some(rules_on(line.target.unwrap_or_default(), 400).unwrap_or(Reason::ProbeNonHttp))
        }
        Reason::ProbeMissingFile if text.starts_with("stderr from ") => text
            .contains("script not found or unable to stat")
            .then_some(Reason::ProbeMissingFile),
        Reason::ProbeMissingFile => Some(
            text.split_once(": ")
                .and_then(|(_, path)| path_reason(without_referrer(path)))
                .unwrap_or(Reason::ProbeMissingFile),
        ),
        Reason::HttpForbidden if text.starts_with("access to ") => {
            // `access to / failed, reason: require directives …`, `access to / denied …`: refused by rule or rights.
            (text.contains(" denied") || text.contains(" failed, reason: "))
                .then_some(Reason::HttpForbidden)
        }
        reason => Some(reason),
    }
}

/// Reads the two messages about a file that isn't there. A missing picture is a broken link; what the rules know by its
/// path, and any missing script, is a probe.
fn read_missing<'a>(mut event: Event<'a>, text: &'a str) -> Event<'a> {
    let reason = if let Some(path) = text.strip_prefix("File does not exist: ") {
        path_reason(without_referrer(path))
    } else if let Some(rest) = text.strip_prefix("script '") {
        rest.split_once("' not found or unable to stat")
            .map(|(path, _)| path_reason(path).unwrap_or(Reason::ProbeMissingFile))
    } else if text.starts_with("Attempt to serve directory: ") {
        Some(Reason::HttpForbidden)
    } else {
        None
    };
    if let Some(reason) = reason {
        event = event.suspect(reason, 1, Teller::Sole);
    }
    event
}

/// Asks the rules about a path in the file system, whose document root nobody knows: each end of it may be the path
/// that was asked for.
fn path_reason(path: &str) -> Option<Reason> {
    let path = path.get(..1024).unwrap_or(path);
    if path.ends_with("/~") {
        return Some(Reason::ProbeMissingFile);
    }
    let mut best: Option<Reason> = None;
    for slash in memchr::memchr_iter(b'/', path.as_bytes()).take(24) {
        let found = rules_on(&path[slash..], 404);
        best = match (best, found) {
            // The weakest reason gives way to whatever a shorter end says.
            (None | Some(Reason::ProbeMissingFile), Some(_)) => found,
            _ => best,
        };
    }
    best
}

fn rules_on(target: &str, status: u16) -> Option<Reason> {
    request_rules::classify(&Request {
        method: Some("GET"),
        target: Some(target),
        status: Some(status),
        ..Request::default()
    })
}

/// Reads ModSecurity's message: what it refused or warned of, and the address that was asked for.
fn read_modsecurity<'a>(mut event: Event<'a>, text: &'a str, arena: &'a Arena) -> Event<'a> {
    let rest = &text["ModSecurity: ".len()..];
    // Its own troubles (audit log, mutex, start) name a client too.
    let denied = rest.contains("Access denied with ");
    let warned = rest.starts_with("Warning. ") || rest.contains("] Warning. ");
    if !denied && !warned {
        return event;
    }
    let field = |name: &str| {
        let start = rest.rfind(name)? + name.len();
        let end = rest[start..].find("\"]")? + start;
        Some(&rest[start..end])
    };
    let status = denied
        .then(|| rest.split_once("Access denied with code "))
        .flatten()
        .and_then(|(_, code)| digits(code.as_bytes().get(..3)?));
    event.http = Some(arena.alloc(Http {
        url_original: field("[uri \"").map(|text| unquote(text, arena)),
        url_domain: field("[hostname \"").map(|text| unquote(text, arena)),
        http_response_status_code: status,
        ..Http::default()
    }));
    event.suspect(Reason::HttpFirewall, 1, Teller::Sole)
}

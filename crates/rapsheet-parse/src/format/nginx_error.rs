//! nginx's error log.
//!
//! nginx: <https://nginx.org/en/docs/ngx_core_module.html#error_log>, `src/core/ngx_log.c`,
//! `src/http/ngx_http_request.c` (`ngx_http_log_error_handler`).
//!
//! ```text
//! 2025/10/10 13:55:36 [error] 12#12: *3 user "al": password mismatch, client: 192.0.2.7, server: x, request: "GET / HTTP/1.1"
//! ```
//!
//! nginx escapes nothing here, not even line breaks. It adds `, client: …, server: …, request: "…"` behind its message, so a
//! path or a user name can forge a client before the real one, and a request or a referrer behind it. A client counts
//! where what precedes it is a whole message of nginx's; where two different ones remain possible, none is taken. Of a
//! record that nginx cut, the real client may be what is missing.
//!
//! # Not supported
//!
//! A record of several lines is put together by the reader, with [`super::nginx_record`]; a line of it alone is none.

use std::net::IpAddr;

use rapsheet_schema::{Action, Dataset, Event, Http, Outcome, Reason, Stamp, Teller};

use crate::format::http_request::{RequestLine, judge, present, request_line};
use crate::format::nginx_record::LONGEST;
use crate::format::tls_fault;
use crate::format::web_client::address_and_port;
use crate::format::web_time;
use crate::line::{Arena, Head, Reading, Understood};
use crate::text::digits;

/// Reads one line of an error log; `None` where it isn't one.
pub(crate) fn parse<'a>(line: &'a str, arena: &'a Arena) -> Option<(Head<'a>, Reading<'a>)> {
    let bytes = line.as_bytes();
    if bytes.len() < 27 || !bytes[0].is_ascii_digit() || bytes[4] != b'/' || bytes[20] != b'[' {
        return None;
    }
    let stamp = match web_time::iso(line.get(..19)?)? {
        Stamp::Utc(micros) => Stamp::Local(micros),
        stamp => stamp,
    };
    let (head, reading) = parse_message(&line[20..], arena)?;
    Some((Head { stamp, ..head }, reading))
}

/// Reads a line without its time, as syslog delivers it: `[error] 12#12: *3 …`. A line that still has it is read too.
pub(crate) fn parse_message<'a>(
    message: &'a str,
    arena: &'a Arena,
) -> Option<(Head<'a>, Reading<'a>)> {
    if message.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        return parse(message, arena);
    }
    let is_cut = may_be_cut(message);
    let inner = message.strip_prefix('[')?.trim_end_matches(['\r', ' ']);
    let (level, rest) = inner.split_once("] ")?;
    if !matches!(
        level,
        "emerg" | "alert" | "crit" | "error" | "warn" | "notice" | "info" | "debug"
    ) {
        return None;
    }
    // `12#12: `; very old versions wrote `12:34 ` or nothing.
    let (process, rest) = rest.split_once(' ')?;
    let pid = process.split(['#', ':']).next().unwrap_or(process);
    let head = Head {
        process_pid: Some(digits(pid.as_bytes())?),
        ..Head::default()
    };
    let text = match rest.strip_prefix('*').and_then(|rest| rest.split_once(' ')) {
        Some((number, text)) if digits::<u64>(number.as_bytes()).is_some() => text,
        _ => rest,
    };
    Some((head, read_text(text, is_cut, arena)))
}

/// Tells whether nginx may have cut a record, whose time is taken off here as in syslog. A sign that stands for broken
/// text is as long as the longest such text, so that nobody makes a record look shorter than it is.
fn may_be_cut(message: &str) -> bool {
    const TIME: usize = "2025/10/10 13:55:36 ".len();
    // One byte for the line break, one for a carriage return at the end, which a reader takes off.
    TIME + message.len() + 2 >= LONGEST
}

/// What nginx adds behind its message.
#[derive(Clone, Copy, Default)]
struct Context<'a> {
    message: &'a str,
    ip: Option<IpAddr>,
    port: Option<u16>,
    request: Option<&'a str>,
    host: Option<&'a str>,
    referrer: Option<&'a str>,
    /// Whether it is of nginx's shape to the end of the line, and no value but the referrer holds a quote.
    is_clean: bool,
}

fn read_text<'a>(text: &'a str, is_cut: bool, arena: &'a Arena) -> Reading<'a> {
    let Some(context) = find_context(text, is_cut) else {
        return Reading::Understood(Understood::NoAddress);
    };
    let mut event = Event::new(Dataset::NginxError, Action::Error, Outcome::Failure);
    event.source_ip = context.ip;
    event.source_port = context.port;
    let line = context.request.map(request_line).unwrap_or_default();
    let status = status_of(context.message);
    event.http = Some(arena.alloc(Http {
        http_request_method: line.method,
        url_original: line.target,
        url_domain: context.host,
        http_referrer: context.referrer,
        ..Http::default()
    }));
    Reading::Event(read_message(event, &context, &line, status, arena))
}

/// Finds the context that nginx added.
///
/// Whatever stands before the first candidate is nginx's alone where the message is one of its own that holds nothing of a
/// client's; a module's text may be anybody's. Otherwise those count whose message ends as nginx ends one of that kind; if they name several addresses, none does, and none
/// either where nginx may have cut its own off.
fn find_context(text: &str, is_cut: bool) -> Option<Context<'_>> {
    const MARK: &str = ", client: ";
    // More clients than these on one line are somebody's game.
    const MOST: usize = 8;
    if let Some(context) = modsecurity_client(text) {
        return Some(context);
    }
    let (mut whole, mut any) = (Candidates::default(), Candidates::default());
    let is_user = text.starts_with("user \"");
    for at in memchr::memmem::find_iter(text.as_bytes(), MARK.as_bytes()) {
        let Some(context) = read_context(text, at, at + MARK.len()) else {
            continue;
        };
        // A user's name of Basic authentication has no colon, so the first one follows it, where that one is in order.
        let is_first = any.count == 0;
        if is_first
            && (is_nginx_alone(context.message)
                || is_user && context.is_clean && is_whole(context.message))
        {
            return Some(context);
        }
        if any.count == MOST {
            whole.differ = true;
            any.differ = true;
            break;
        }
        if is_whole(context.message) {
            whole.add(context);
        }
        any.add(context);
    }
    whole.differ |= is_cut;
    any.differ |= is_cut;
    whole.only().or_else(|| any.only())
}

/// Contexts of which one is nginx's.
#[derive(Default)]
struct Candidates<'a> {
    first: Option<Context<'a>>,
    count: usize,
    differ: bool,
}

impl<'a> Candidates<'a> {
    fn add(&mut self, context: Context<'a>) {
        self.count += 1;
        let first = *self.first.get_or_insert(context);
        self.differ |= first.ip != context.ip;
    }

    /// The first; without its address where others name another one.
    fn only(self) -> Option<Context<'a>> {
        let first = self.first?;
        if !self.differ {
            return Some(first);
        }
        Some(Context {
            ip: None,
            port: None,
            host: None,
            referrer: None,
            ..first
        })
    }
}

/// Tells a message of nginx's that holds nothing of a client's: a zone's name is the administrator's. What a module or a
/// script prints may be what it got.
fn is_nginx_alone(message: &str) -> bool {
    const STARTS: [&str; 30] = [
        "SSL_",
        "a client request body is buffered",
        "access forbidden by rule",
        "an upstream response is buffered",
        "auth request unexpected status",
        "client closed ",
        "client intended ",
        "client prematurely ",
        "client sent ",
        "client timed out",
        "connect() ",
        "delaying ",
        "epoll_",
        "ignore long locked ",
        "kevent() ",
        "limiting ",
        "no live upstreams ",
        "no user/password was provided",
        "peer closed ",
        "peer shutdown ",
        "readv() ",
        "recv() ",
        "recvmsg() ",
        "rewrite or internal redirection cycle",
        "send() ",
        "sendfile",
        "sendmsg() ",
        "upstream ",
        "write",
        "zero size buf",
    ];
    let quotes_nothing = || memchr::memchr(b'"', message.as_bytes()).is_none();
    STARTS.iter().any(|start| message.starts_with(start))
        && (quotes_nothing()
            || message.starts_with("limiting ")
            || message.starts_with("delaying "))
}

/// Tells whether a message that quotes a path or a user ends as nginx ends it. A path that forges a client leaves the
/// message unfinished there, and a request or a referrer that does so stands behind a quote of its own.
fn is_whole(message: &str) -> bool {
    let bytes = message.as_bytes();
    let (Some(first), Some(last)) = (memchr::memchr(b'"', bytes), memchr::memrchr(b'"', bytes))
    else {
        return true;
    };
    if first == last {
        return false;
    }
    let (start, before, end) = (&message[..first], &message[..last], &message[last + 1..]);
    match start {
        "user " => {
            end == ": password mismatch"
                || end.is_empty()
                    && before
                        .rsplit_once('"')
                        .is_some_and(|(before, _)| before.ends_with(" was not found in "))
        }
        "directory index of " => end == " is forbidden",
        "" => end.starts_with(" is "),
        // `open() "PATH" failed (2: No such file or directory)`
        _ if start.ends_with("() ") => end
            .strip_prefix(" failed (")
            .is_some_and(|cause| cause.ends_with(')') || cause.contains(") while ")),
        _ => true,
    }
}

/// ModSecurity's connector writes the client in front, where nothing can forge it; nginx may have no context yet.
fn modsecurity_client(text: &str) -> Option<Context<'_>> {
    let (client, message) = text.strip_prefix("[client ")?.split_once("] ")?;
    let (ip, port) = address_and_port(client)?;
    if !message.starts_with("ModSecurity: ") {
        return None;
    }
    let added = memchr::memmem::find_iter(text.as_bytes(), b", client: ")
        .take(8)
        .filter_map(|at| read_context(text, at, at + 10))
        .find(|context| context.ip == Some(ip));
    Some(added.unwrap_or(Context {
        message,
        ip: Some(ip),
        port,
        ..Context::default()
    }))
}

/// Reads `client: A, server: S, request: "R", …` from `start`.
fn read_context(text: &str, at: usize, start: usize) -> Option<Context<'_>> {
    let rest = &text[start..];
    let (word, mut rest) = match rest.find(", ") {
        Some(comma) => (&rest[..comma], &rest[comma..]),
        None => (rest, ""),
    };
    let (ip, port) = match address_and_port(word) {
        Some((ip, port)) => (Some(ip), port),
        None if word == "unix:" => (None, None),
        None => return None,
    };
    let mut context = Context {
        message: &text[..at],
        ip,
        port,
        ..Context::default()
    };
    context.is_clean = true;
    if let Some(behind) = rest.strip_prefix(", server: ") {
        let end = behind.find(", ").unwrap_or(behind.len());
        context.is_clean = memchr::memchr(b'"', &behind.as_bytes()[..end]).is_none();
        rest = &behind[end..];
    }
    for name in FIELDS {
        let Some(behind) = quoted_start(rest, name) else {
            continue;
        };
        // The referrer is last and may hold anything.
        let end = if name == "referrer" {
            behind.strip_suffix('"').map(str::len)
        } else {
            value_end(behind)
        };
        let Some(end) = end else { break };
        let value = &behind[..end];
        context.is_clean &= name == "referrer" || memchr::memchr(b'"', value.as_bytes()).is_none();
        match name {
            "request" => context.request = Some(value),
            "host" => context.host = present(value),
            "referrer" => context.referrer = present(value),
            _ => {}
        }
        rest = &behind[end + 1..];
    }
    context.is_clean &= rest.is_empty();
    Some(context)
}

/// What nginx adds in quotes, in its order.
const FIELDS: [&str; 5] = ["request", "subrequest", "upstream", "host", "referrer"];

/// Finds the quote that ends a value: a request may hold quotes, and the line or another field follows the last one.
fn value_end(text: &str) -> Option<usize> {
    memchr::memchr_iter(b'"', text.as_bytes()).find(|at| {
        let behind = &text[at + 1..];
        behind.is_empty()
            || FIELDS
                .iter()
                .any(|name| quoted_start(behind, name).is_some())
    })
}

fn quoted_start<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.strip_prefix(", ")?
        .strip_prefix(name)?
        .strip_prefix(": \"")
}

/// The status that nginx answers where it writes a message.
fn status_of(message: &str) -> Option<u16> {
    let has = |words: &str| message.contains(words);
    if has("(2: No such file or directory)")
        || has("(20: Not a directory)")
        || has("Primary script unknown")
    {
        Some(404)
    } else if has("(13: Permission denied)")
        || has(" is forbidden")
        || has("access forbidden by rule")
    {
        Some(403)
    } else if message.starts_with("client sent ") || has("(36: File name too long)") {
        Some(400)
    } else {
        None
    }
}

/// Says what a message about a client means.
fn read_message<'a>(
    mut event: Event<'a>,
    context: &Context<'a>,
    line: &RequestLine<'a>,
    status: Option<u16>,
    arena: &'a Arena,
) -> Event<'a> {
    let message = context.message;
    if let Some(user) = auth_failure(message) {
        event.user_name = Some(user);
        return event.suspect(Reason::HttpAuthFailure, 1, Teller::Sole);
    }
    let reason = reason_of(message);
    if let Some(reason) = reason {
        if matches!(reason, Reason::HttpFirewall) {
            event = with_status(event, modsecurity_status(message), arena);
        }
        return event.suspect(reason, 1, Teller::Sole);
    }
    // Otherwise the request itself tells, as it would in the access log.
    let judged = judge(with_status(event, status, arena), line);
    let weak = matches!(judged.reason, None | Some(Reason::ProbeMissingFile));
    if weak && message.contains("Primary script unknown") {
        return judged.suspect(Reason::ProbeMissingFile, 1, Teller::Sole);
    }
    if judged.reason.is_none() && status == Some(403) && message.contains("is forbidden") {
        return judged.suspect(Reason::HttpForbidden, 1, Teller::Sole);
    }
    if judged.reason.is_none() && message.starts_with("client sent ") {
        return judged.suspect(Reason::ProbeNonHttp, 1, Teller::Sole);
    }
    judged
}

fn with_status<'a>(mut event: Event<'a>, status: Option<u16>, arena: &'a Arena) -> Event<'a> {
    event.http = event.http.map(|http| {
        &*arena.alloc(Http {
            http_response_status_code: status,
            ..*http
        })
    });
    event
}

/// Reads the user of a failed login: `user "X": password mismatch`, `user "X" was not found in "FILE"`, PAM's and
/// LDAP's own words.
fn auth_failure(message: &str) -> Option<&str> {
    if let Some(rest) = message.strip_prefix("user \"") {
        return rest
            .rfind("\": password mismatch")
            .or_else(|| rest.rfind("\" was not found in \""))
            .or_else(|| rest.rfind("\": was not found in \""))
            .map(|end| &rest[..end]);
    }
    let rest = message.strip_prefix("PAM: user '")?;
    rest.rfind("' - not authenticated").map(|end| &rest[..end])
}

/// Messages that say by themselves what happened.
fn reason_of(message: &str) -> Option<Reason> {
    if message.contains("ModSecurity: ") {
        let said =
            message.contains("Access denied with ") || message.contains("ModSecurity: Warning. ");
        return said.then_some(Reason::HttpFirewall);
    }
    if message.starts_with("access forbidden by rule") {
        return Some(Reason::HttpForbidden);
    }
    let limited = [
        "limiting requests",
        "limiting connections",
        "delaying request",
    ];
    if limited.iter().any(|start| message.starts_with(start)) {
        return Some(Reason::HttpRateLimit);
    }
    if message.starts_with("SSL_do_handshake() failed") {
        return tls_fault::is_no_tls(message).then_some(Reason::ProbeNonHttp);
    }
    if message.contains("NAXSI_FMT") {
        return Some(Reason::HttpFirewall);
    }
    None
}

fn modsecurity_status(message: &str) -> Option<u16> {
    let (_, code) = message.split_once("Access denied with code ")?;
    digits(code.as_bytes().get(..3)?)
}

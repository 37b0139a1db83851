//! nginx's error log.
//!
//! nginx: <https://nginx.org/en/docs/ngx_core_module.html#error_log>, `src/core/ngx_log.c`,
//! `src/http/ngx_http_request.c` (`ngx_http_log_error_handler`).
//!
//! ```text
//! 2025/10/10 13:55:36 [error] 12#12: *3 user "al": password mismatch, client: 192.0.2.7, server: x, request: "GET / HTTP/1.1"
//! ```
//!
//! nginx escapes nothing here. It adds `, client: …, server: …, request: "…"` behind its message, so a path or a user name
//! can forge a client before the real one, and a referrer behind it. A client counts only where what follows it is
//! of nginx's own shape to the end of the line; where two different ones remain possible, none is taken.
//!
//! # Not supported
//!
//! Messages of a module that themselves span lines.

use std::net::IpAddr;

use rapsheet_schema::{Action, Dataset, Event, Http, Outcome, Reason, Stamp, Teller};

use crate::format::http_request::{RequestLine, judge, present, request_line};
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
    Some((head, read_text(text, arena)))
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
}

fn read_text<'a>(text: &'a str, arena: &'a Arena) -> Reading<'a> {
    let Some(context) = find_context(text) else {
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
fn find_context(text: &str) -> Option<Context<'_>> {
    const MARK: &str = ", client: ";
    let mut chosen: Option<Context<'_>> = None;
    let mut fallback: Option<Context<'_>> = None;
    let user_message = text.starts_with("user \"");
    // More clients than these on one line are somebody's game; the cost stays linear.
    for at in memchr::memmem::find_iter(text.as_bytes(), MARK.as_bytes()).take(8) {
        let Some((context, well_formed)) = read_context(text, at, at + MARK.len()) else {
            continue;
        };
        if !well_formed {
            fallback = Some(context);
            continue;
        }
        match chosen {
            None => chosen = Some(context),
            Some(first) if first.ip == context.ip => {}
            // A Basic user name holds no colon, so its forged client can't stand before the real one; and a message
            // without quotes holds nothing of the client's.
            Some(first) if user_message || !first.message.contains('"') => break,
            Some(mut first) => {
                first.ip = None;
                first.port = None;
                chosen = Some(first);
                break;
            }
        }
    }
    chosen.or(fallback).or_else(|| modsecurity_client(text))
}

/// ModSecurity's connector writes the client in front where nginx has no context yet.
fn modsecurity_client(text: &str) -> Option<Context<'_>> {
    let (client, message) = text.strip_prefix("[client ")?.split_once("] ")?;
    let (ip, port) = address_and_port(client)?;
    message.starts_with("ModSecurity: ").then_some(Context {
        message,
        ip: Some(ip),
        port,
        ..Context::default()
    })
}

/// Reads `client: A, server: S, request: "R", …` from `start`; tells whether the rest of the line is of that shape.
fn read_context(text: &str, at: usize, start: usize) -> Option<(Context<'_>, bool)> {
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
    if let Some(behind) = rest.strip_prefix(", server: ") {
        let end = behind.find(", ").unwrap_or(behind.len());
        if behind[..end].contains('"') {
            return Some((context, false));
        }
        rest = &behind[end..];
    }
    for name in ["request", "subrequest", "upstream", "host", "referrer"] {
        let Some(behind) = quoted_start(rest, name) else {
            continue;
        };
        // The referrer is last and may hold anything; the others end at their first quote.
        let end = if name == "referrer" {
            behind.strip_suffix('"').map(str::len)
        } else {
            behind.find('"')
        };
        let Some(end) = end else {
            return Some((context, false));
        };
        let value = &behind[..end];
        match name {
            "request" => context.request = Some(value),
            "host" => context.host = present(value),
            "referrer" => context.referrer = present(value),
            _ => {}
        }
        rest = &behind[end + 1..];
    }
    Some((context, rest.is_empty() || is_known_rest(rest)))
}

fn quoted_start<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.strip_prefix(", ")?
        .strip_prefix(name)?
        .strip_prefix(": \"")
}

/// Fields of the mail and stream modules, which hold nothing of the client's but the login.
fn is_known_rest(rest: &str) -> bool {
    rest.starts_with(", login: \"")
        || rest.starts_with(", upstream: ")
        || rest.starts_with(", bytes from/to client:")
        || rest.starts_with(", udp, ")
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
        // What isn't TLS at all, or nothing that this server speaks; a client that doesn't trust the certificate
        // (an alert of its own) is a normal one.
        return (!message.contains(" alert ")).then_some(Reason::ProbeNonHttp);
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

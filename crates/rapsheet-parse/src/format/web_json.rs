//! Access logs with one JSON object a line: nginx' and Apache's own formats in JSON, Caddy, Traefik, Fastly, ECS.
//!
//! nginx: `log_format … escape=json`; Caddy: <https://caddyserver.com/docs/caddyfile/directives/log>; Traefik:
//! <https://doc.traefik.io/traefik/observability/access-logs/>.
//!
//! ```text
//! {"time_iso8601":"2025-10-10T13:55:36+02:00","remote_addr":"192.0.2.7","request":"GET / HTTP/1.1","status":200}
//! ```
//!
//! There is no standard: a field is found by any of the names that these servers and common recipes use. An object
//! is an access line where it has a status and a request (or a target); any other object is left to other formats.
//!
//! # Not supported
//!
//! Objects over several lines; field names of a site's own.

use rapsheet_schema::{Action, Dataset, Event, Http, Stamp};
use serde_json::Value;

use crate::format::http_request::{RequestLine, judge, outcome_of, present, request_line};
use crate::format::web_client::{Client, address_and_port};
use crate::format::web_time;
use crate::line::{Arena, Head, Reading, Understood};

/// Where the peer stands. What the client writes is not among them: `host` is its header in nginx' and Apache's recipes.
const ADDRESS: &[&str] = &[
    "request.client_ip",
    "client_ip",
    "ClientAddr",
    "remote_addr",
    "request.remote_ip",
    "request.remote_addr",
    "remote_ip",
    "remoteIp",
    "remoteIP",
    "remoteAddr",
    "remote_host",
    "remote_address",
    "clientip",
    "clientIp",
    "clientIP",
    "client.ip",
    "client.address",
    "source.ip",
    "source.address",
    "httpRequest.remoteIp",
    "c-ip",
    "client_addr",
    "client",
    "remoteip",
    "ClientHost",
    "ip",
];
/// Names of [`ADDRESS`] that other things have as well: a text there that is no address doesn't end the search.
const VAGUE: &[&str] = &["client", "ip", "clientip", "clientIp", "clientIP"];
const FORWARDED: &[&str] = &[
    // Traefik puts the header's text there; `ClientAddr` is the peer.
    "ClientHost",
    "http_x_forwarded_for",
    "x_forwarded_for",
    "request.headers.X-Forwarded-For",
    "request_X-Forwarded-For",
    "X-Forwarded-For",
    "x-forwarded-for",
    "forwarded_for",
    "xff",
    "x_forwarded",
    "forwardedfor",
    "http_x_real_ip",
];
const STATUS: &[&str] = &[
    "status",
    "DownstreamStatus",
    "response_status",
    "http.response.status_code",
    "status_code",
    "statusCode",
    "response.status",
    "httpRequest.status",
    "sc-status",
    "response_code",
    "response",
    "http_status",
    "OriginStatus",
    "code",
];
const BYTES: &[&str] = &[
    "body_bytes_sent",
    "DownstreamContentSize",
    "response_body_size",
    "http.response.body.bytes",
    "bytes_sent",
    "size",
    "bytes",
    "response_size",
    "responseSize",
    "httpRequest.responseSize",
    "sc-bytes",
    "bytes_out",
    "response_bytes",
];
const LINE: &[&str] = &["request", "request_line", "requestLine", "first_line"];
const METHOD: &[&str] = &[
    "request_method",
    "method",
    "RequestMethod",
    "request.method",
    "http.request.method",
    "http_method",
    "requestMethod",
    "verb",
    "httpRequest.requestMethod",
    "cs-method",
];
/// The target as the client sent it.
const TARGET: &[&str] = &[
    "request_uri",
    "RequestPath",
    "request.uri",
    "url.original",
    "requestUri",
    "request_url",
    "httpRequest.requestUrl",
];
/// The target as the server may have rewritten it: nginx' `$uri` is that of an `error_page` or a `try_files`.
const REWRITTEN_TARGET: &[&str] = &[
    "uri",
    "url",
    "request_path",
    "path",
    "cs-uri-stem",
    "url.path",
    "target",
];
const QUERY: &[&str] = &[
    "query_string",
    "args",
    "query",
    "cs-uri-query",
    "queryString",
    "url.query",
];
const AGENT: &[&str] = &[
    "http_user_agent",
    "user_agent",
    "user_agent.original",
    "request_User-Agent",
    "request.headers.User-Agent",
    "request_user_agent",
    "userAgent",
    "useragent",
    "User-Agent",
    "agent",
    "httpRequest.userAgent",
    "http.useragent",
    "cs(User-Agent)",
];
const REFERRER: &[&str] = &[
    "http_referer",
    "http_referrer",
    "referer",
    "referrer",
    "http.request.referrer",
    "request_Referer",
    "request.headers.Referer",
    "request_referer",
    "Referer",
    "httpRequest.referer",
    "cs(Referer)",
];
const USER: &[&str] = &[
    "remote_user",
    "ClientUsername",
    "user_id",
    "user.name",
    "auth_user",
    "remoteUser",
    "user",
];
const VHOST: &[&str] = &[
    "server_name",
    "vhost",
    "virtual_host",
    "RequestHost",
    "request.host",
    "url.domain",
    "http_host",
    "serverName",
    "x-host-header",
    "cs-host",
    "host",
];
const TIME: &[&str] = &[
    "time_iso8601",
    "@timestamp",
    "time_local",
    "StartUTC",
    "start_time",
    "ts",
    "msec",
    "timestamp",
    "time",
    "date_time",
    "datetime",
    "date",
    "httpRequest.time",
];

/// Reads one object; `None` where it isn't of an access log.
pub(crate) fn parse<'a>(line: &'a str, arena: &'a Arena) -> Option<(Head<'a>, Reading<'a>)> {
    let text = line.trim();
    if !text.starts_with('{') || !text.ends_with('}') {
        return None;
    }
    let object: Value = match serde_json::from_str(text) {
        Ok(object) => object,
        // nginx without `escape=json` writes `\x22`, which isn't JSON.
        Err(_) if text.contains("\\x") => {
            serde_json::from_str(&text.replace("\\x", "\\u00")).ok()?
        }
        Err(_) => return None,
    };
    let status_value = find(&object, STATUS)?;
    let request_text = find(&object, LINE).and_then(Value::as_str);
    let sent = find(&object, TARGET).and_then(Value::as_str);
    let rewritten = find(&object, REWRITTEN_TARGET).and_then(Value::as_str);
    request_text.or(sent).or(rewritten)?;
    let head = Head {
        stamp: find(&object, TIME).map_or(Stamp::Absent, stamp_of),
        ..Head::default()
    };
    let client = client_of(&object, arena);
    if client.ip.is_none() && client.domain.is_none() {
        return Some((head, Reading::Understood(Understood::NoAddress)));
    }
    let status = number(status_value)
        .and_then(|status| u16::try_from(status).ok())
        .filter(|status| (100..1000).contains(status));
    let text_of = |names| {
        find(&object, names)
            .and_then(text_value)
            .and_then(present)
            .map(|text| &*arena.alloc_str(text))
    };
    let whole = request_text.map(|text| request_line(arena.alloc_str(text)));
    let line = match (whole, sent, rewritten) {
        (Some(line), _, _) if line.method.is_some() => line,
        (_, Some(target), _) => from_parts(&object, target, arena),
        // What came was no request, and the server says so; other texts under that name are a request's number or the like.
        (Some(line), None, _) if status == Some(400) => line,
        (_, None, Some(target)) => from_parts(&object, target, arena),
        (line, None, None) => line.unwrap_or_default(),
    };
    let mut event = Event::new(Dataset::WebAccess, Action::Request, outcome_of(status));
    event.source_ip = client.ip;
    event.source_port = client.port;
    event.source_domain = client.domain;
    event.user_name = text_of(USER);
    event.http = Some(arena.alloc(Http {
        http_request_method: line.method,
        url_original: line.target,
        url_domain: text_of(VHOST),
        http_response_status_code: status,
        http_response_body_bytes: find(&object, BYTES).and_then(number),
        http_referrer: text_of(REFERRER),
        user_agent_original: text_of(AGENT),
    }));
    Some((head, Reading::Event(judge(event, &line))))
}

/// Makes the request of its parts.
fn from_parts<'a>(object: &Value, target: &str, arena: &'a Arena) -> RequestLine<'a> {
    let method = find(object, METHOD)
        .and_then(Value::as_str)
        .and_then(present)
        .map(|text| &*arena.alloc_str(text));
    let query = find(object, QUERY)
        .and_then(Value::as_str)
        .and_then(present)
        .filter(|_| !target.contains('?'));
    let target: &'a str = match query {
        Some(query) => {
            let query = query.strip_prefix('?').unwrap_or(query);
            bumpalo::format!(in arena, "{}?{}", target, query).into_bump_str()
        }
        None => arena.alloc_str(target),
    };
    RequestLine {
        method,
        target: present(target),
        not_http: false,
        empty: present(target).is_none(),
    }
}

/// Finds who sent the request: the peer as the server has it, or what its proxies' list says behind a proxy of ours. The
/// first field of a peer's decides: where it holds a socket or nothing, another field's address is not the peer's.
fn client_of<'a>(object: &Value, arena: &'a Arena) -> Client<'a> {
    let mut client = Client::default();
    for name in ADDRESS {
        let Some(text) = lookup(object, name).and_then(text_value) else {
            continue;
        };
        // A list as the peer: nginx' realip and recipes that put the header there.
        if text.contains(',') {
            client = client.through(text);
        } else if let Some((ip, port)) = address_and_port(text) {
            client.ip = Some(ip);
            client.port = port;
        } else if matches!(*name, "remote_addr" | "remote_host" | "ClientHost") && is_name(text) {
            client.domain = Some(arena.alloc_str(text));
        }
        if client.ip.is_some() || client.domain.is_some() || !VAGUE.contains(name) {
            break;
        }
    }
    match find(object, FORWARDED).and_then(text_value) {
        Some(list) => client.through(list),
        None => client,
    }
}

fn is_name(text: &str) -> bool {
    text.len() > 1
        && text.len() < 256
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

/// Returns the first of these fields that the object has.
fn find<'v>(object: &'v Value, names: &[&str]) -> Option<&'v Value> {
    names
        .iter()
        .find_map(|name| lookup(object, name))
        .filter(|value| !value.is_null())
}

/// Looks a name up as it is, then along its dots.
fn lookup<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    if let Some(value) = object.get(name) {
        // An object under the name of a text (`request`, `user_agent`) is not that text.
        return (!value.is_object() && !value.is_null()).then_some(value);
    }
    let mut value = object;
    for part in name.split('.') {
        value = value.get(part)?;
    }
    (!value.is_object()).then_some(value)
}

/// Returns a text, or the last text of a list (headers are lists, and a proxy appends).
fn text_value(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Array(list) => list.last().and_then(Value::as_str),
        _ => None,
    }
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn stamp_of(value: &Value) -> Stamp {
    let read = |text: &str| {
        web_time::iso(text)
            .or_else(|| web_time::bracketed(text.trim_matches(['[', ']'])))
            .or_else(|| web_time::epoch(text))
            .or_else(|| web_time::apache_error(text))
    };
    match value {
        Value::String(text) => read(text).unwrap_or_default(),
        Value::Number(number) => web_time::epoch(&number.to_string()).unwrap_or_default(),
        _ => Stamp::Absent,
    }
}

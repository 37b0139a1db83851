//! Access lines of Apache and nginx: common, combined, with a virtual host or a proxy's list in front, with more behind.
//!
//! Apache: <https://httpd.apache.org/docs/2.4/mod/mod_log_config.html>, `modules/loggers/mod_log_config.c`;
//! nginx: <https://nginx.org/en/docs/http/ngx_http_log_module.html>.
//!
//! ```text
//! 192.0.2.7 - alice [10/Oct/2025:13:55:36 +0200] "GET /private HTTP/1.1" 401 381 "-" "curl/8.5.0"
//! ```
//!
//! Both daemons write the same combined format, so the data set is `web.access`, but behind a virtual host with its port, as
//! Apache's `vhost_combined` has it: a reader that knows the file's name may know better. Whatever the client chose (user, request, referrer, agent) stands behind the address or in
//! quotes; what a client may put in front of the peer's address (`Host`, `X-Forwarded-For`) loses against the peer. Where
//! the peer can't be told from such a word, as in `198.51.100.1 - 192.0.2.1 - - […`, the request has no address.
//!
//! # Not supported
//!
//! IIS and W3C extended logs; formats without the time in brackets or without the request in quotes.

use rapsheet_schema::{Action, Dataset, Event, Http};

use crate::format::http_request::{self, outcome_of, present, quoted_request_line, unquote};
use crate::format::web_client::{Client, address_and_port};
use crate::format::web_time;
use crate::line::{Arena, Head, Reading, Understood};
use crate::text::digits;

/// Reads one access line; `None` where it isn't one.
pub(crate) fn parse<'a>(line: &'a str, arena: &'a Arena) -> Option<(Head<'a>, Reading<'a>)> {
    let line = line.trim_end_matches(['\r', ' ']);
    let first = *line.as_bytes().first()?;
    match first {
        b'{' | b'<' | b' ' | b'#' => None,
        b'[' => parse_ssl_request(line, arena),
        b'"' => parse_plain(line, arena).or_else(|| parse_quoted(line, arena)),
        _ => parse_plain(line, arena),
    }
}

/// Tells a line that begins as nearly all do, `192.0.2.7 - `. No other format has such a line: a bracket behind it
/// might be a process, so that is left to the general way.
pub(crate) fn is_plain(line: &str) -> bool {
    let bytes = line.as_bytes();
    let is_quad = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let end = bytes
        .iter()
        .take(16)
        .take_while(|byte| is_quad(byte))
        .count();
    (7..=15).contains(&end)
        && bytes[..4].contains(&b'.')
        && bytes[end..].starts_with(b" - ")
        && !matches!(bytes.get(end + 3), Some(b'[' | b' '))
}

/// Reads a line that stands in quotes as a whole.
fn parse_quoted<'a>(line: &'a str, arena: &'a Arena) -> Option<(Head<'a>, Reading<'a>)> {
    let inner = line.strip_prefix('"')?;
    // With inner quotes escaped, the whole was quoted once more; the first one that isn't ends it. A proxy's list in front
    // of a line may look like that too, but doesn't end there.
    if memchr::memmem::find(inner.as_bytes(), b"] \\\"").is_some() {
        let close = closing_quote(inner.as_bytes())?;
        let is_whole = close + 1 == inner.len();
        return is_whole.then(|| parse_plain(unquote(&inner[..close], arena), arena))?;
    }
    // The first inner quote begins the request; behind one that ends a header stands a blank.
    let first = memchr::memchr(b'"', inner.as_bytes())?;
    if inner.as_bytes().get(first + 1) == Some(&b' ') {
        return None;
    }
    parse_plain(inner.strip_suffix('"').unwrap_or(inner), arena)
}

fn parse_plain<'a>(line: &'a str, arena: &'a Arena) -> Option<(Head<'a>, Reading<'a>)> {
    let (open, stamp, rest) = find_time(line)?;
    let front = line[..open].trim_end();
    let mut who = read_front(front)?;
    // A format may have one more word between time and request, such as the virtual host.
    let quote = memchr::memchr(b'"', rest.as_bytes())?;
    let between = rest[..quote].trim();
    if between.contains(' ') || between.len() > 255 {
        return None;
    }
    let may_be_host = between.bytes().any(|byte| !byte.is_ascii_digit()) && between != "-";
    if may_be_host && who.vhost.is_none() {
        who.vhost = Some(between);
    }
    let (request, rest) = take_request(&rest[quote + 1..])?;
    let line_of_request = quoted_request_line(request, arena);
    let tail = read_tail(rest, arena);
    if let Some(list) = tail.list
        && !who.is_doubtful
    {
        who.client = who.client.through(list);
    }
    let head = Head {
        stamp,
        ..Head::default()
    };
    if who.client.ip.is_none() && who.client.domain.is_none() && !who.is_doubtful {
        return Some((head, Reading::Understood(Understood::NoAddress)));
    }
    // Apache's `vhost_combined`, `%v:%p %h %l %u …`.
    let (word, _) = split_word(front);
    let is_apache = !who.is_doubtful && has_port(word) && address_and_port(word).is_none();
    let dataset = [Dataset::WebAccess, Dataset::ApacheAccess][usize::from(is_apache)];
    let mut event = Event::new(dataset, Action::Request, outcome_of(tail.status));
    event.source_ip = who.client.ip;
    event.source_port = who.client.port;
    event.source_domain = who.client.domain;
    event.user_name = who.user.map(|user| unquote(user, arena));
    event.http = Some(arena.alloc(Http {
        http_request_method: line_of_request.method,
        url_original: line_of_request.target,
        url_domain: who.vhost,
        http_response_status_code: tail.status,
        http_response_body_bytes: tail.bytes,
        http_referrer: tail.referrer,
        user_agent_original: tail.agent,
    }));
    let event = http_request::judge(event, &line_of_request);
    Some((head, Reading::Event(event)))
}

/// Reads Apache's `ssl_request_log`: `[time] address protocol cipher "request" bytes`. Apache's stock configuration
/// writes the same requests to an access log too, so these lines tell of no attempt of their own.
fn parse_ssl_request<'a>(line: &'a str, arena: &'a Arena) -> Option<(Head<'a>, Reading<'a>)> {
    let inner = line.strip_prefix('[')?;
    let close = memchr::memchr(b']', inner.as_bytes().get(..40.min(inner.len()))?)?;
    let stamp = web_time::bracketed(&inner[..close])?;
    let rest = inner[close + 1..].trim_start();
    let quote = memchr::memchr(b'"', rest.as_bytes())?;
    let mut words = rest[..quote].split_ascii_whitespace();
    let (ip, port) = address_and_port(words.next()?)?;
    if !words
        .next()
        .is_some_and(|word| word == "-" || word.starts_with("TLS") || word.starts_with("SSL"))
    {
        return None;
    }
    let (request, rest) = rest[quote + 1..].rsplit_once('"')?;
    let line_of_request = quoted_request_line(request, arena);
    let mut event = Event::new(Dataset::ApacheAccess, Action::Request, outcome_of(None));
    event.source_ip = Some(ip);
    event.source_port = port;
    event.http = Some(arena.alloc(Http {
        http_request_method: line_of_request.method,
        url_original: line_of_request.target,
        http_response_body_bytes: digits(rest.trim().as_bytes()),
        ..Http::default()
    }));
    let mut event = http_request::judge(event, &line_of_request);
    event.attempts = 0;
    let head = Head {
        stamp,
        ..Head::default()
    };
    Some((head, Reading::Event(event)))
}

/// Finds the time in brackets: where it opens, what it says, what follows it.
///
/// A user name may hold a bracket and even a time, but no quote that isn't escaped, so the time is the first one that a
/// quote follows.
fn find_time(line: &str) -> Option<(usize, rapsheet_schema::Stamp, &str)> {
    let bytes = line.as_bytes();
    // What stands in quotes in front is a header of the client's.
    let mut from = match bytes.first() {
        Some(b'"') => 2 + closing_quote(&bytes[1..])?,
        _ => 0,
    };
    // Each step looks at a few bytes alone, so that no number of brackets makes this long.
    loop {
        let open = from + memchr::memchr(b'[', bytes.get(from..)?)?;
        from = open + 1;
        let window = bytes.get(from..(from + 40).min(bytes.len()))?;
        let Some(close) = memchr::memchr(b']', window).map(|at| from + at) else {
            continue;
        };
        if !bytes[from].is_ascii_digit() {
            continue;
        }
        let Some(stamp) = web_time::bracketed(&line[from..close]) else {
            continue;
        };
        let rest = &line[close + 1..];
        let next = rest.trim_start();
        // Only a word may stand between time and request; a user name's forged time is followed by the real one.
        let quote = memchr::memchr2(b'"', b'[', next.as_bytes())?;
        if next.as_bytes()[quote] == b'"' && !is_escaped(next.as_bytes(), quote) {
            return Some((open, stamp, rest));
        }
    }
}

/// What stands in front of the time.
#[derive(Default)]
struct Front<'a> {
    client: Client<'a>,
    vhost: Option<&'a str>,
    user: Option<&'a str>,
    /// Two of its words may be the client: a request was sent, but by whom nobody can say.
    is_doubtful: bool,
}

impl<'a> Front<'a> {
    fn doubtful(vhost: Option<&'a str>) -> Self {
        Self {
            vhost: vhost.map(without_port),
            is_doubtful: true,
            ..Self::default()
        }
    }
}

/// Reads `[vhost] [list] client ident user`.
fn read_front(front: &str) -> Option<Front<'_>> {
    // The plain case: an address, then identity and user.
    let (word, rest) = split_word(front);
    let (next, behind) = split_word(rest);
    if let Some((ip, port)) = address_and_port(word) {
        if next == "-" || next.is_empty() {
            if is_front(behind) {
                return Some(Front::doubtful(None));
            }
            return Some(Front {
                client: Client {
                    ip: Some(ip),
                    port,
                    domain: None,
                },
                user: user_of(behind),
                ..Front::default()
            });
        }
        let peer = Client {
            ip: Some(ip),
            port,
            domain: None,
        };
        return bracketed_front(peer, rest).or_else(|| read_long_front(front));
    }
    // A list that isn't there in front of the peer: `- 192.0.2.1 - -`.
    if word == "-" && is_front(rest) {
        return read_front(rest);
    }
    // What can't be a client and is set off by a dash: `example.org:443 - 192.0.2.1 - -`, `_ - 192.0.2.1 - -`.
    let is_no_client =
        !word.starts_with("unix:") && !word.contains(['"', '\\', ',']) && !is_host_name(word);
    if next == "-" && word != "-" && is_no_client && is_front(behind) {
        let inner = read_front(behind)?;
        return Some(Front {
            vhost: inner.vhost.or(Some(without_port(word))),
            ..inner
        });
    }
    read_long_front(front)
}

/// Reads `[A, B] - user` behind the peer: a proxy's list in brackets, or `[-]`.
fn bracketed_front<'a>(peer: Client<'a>, rest: &'a str) -> Option<Front<'a>> {
    let (list, behind) = rest.strip_prefix('[')?.split_once("] ")?;
    let is_list = list == "-"
        || list
            .split(',')
            .all(|word| address_and_port(word.trim()).is_some());
    let (identity, user) = split_word(behind);
    if !is_list || identity != "-" {
        return None;
    }
    if is_front(user) {
        return Some(Front::doubtful(None));
    }
    Some(Front {
        client: peer.through(list),
        user: user_of(user),
        ..Front::default()
    })
}

/// Tells whether a text begins with an address that two words follow, as a client is followed by identity and user. Where
/// a user belongs it may be a name that somebody chose, or the peer behind a header that the format has in front.
fn is_front(text: &str) -> bool {
    let (word, behind) = split_word(text);
    address_and_port(word).is_some() && !split_word(behind).1.is_empty()
}

/// Tells whether what follows a client may name another one.
fn may_name_another(behind: &str) -> bool {
    let (identity, user) = split_word(behind);
    identity == "-" && is_front(user)
}

/// Reads a front with more than one word before the identity.
fn read_long_front(front: &str) -> Option<Front<'_>> {
    let (mut list, mut rest) = take_list(front)?;
    let mut vhost = None;
    let mut addresses = [None; 4];
    let mut count = 0;
    let mut first_word = None;
    while count < addresses.len() {
        let (word, behind) = split_word(rest);
        let Some(found) = address_and_port(word) else {
            // A name in front of an address is the virtual host, and so is one with a port in front of anything.
            let may_be_host = !word.is_empty() && word != "-" && !word.contains(['"', '\\']);
            if count == 0 && first_word.is_none() && may_be_host {
                let (next, after) = split_word(behind);
                if list.is_none() && next.ends_with(',') {
                    let (inner, behind) = take_list(behind)?;
                    (list, vhost, rest) = (inner, Some(word), behind);
                    first_word = Some(word);
                    continue;
                }
                let more = !after.is_empty();
                let named = more && next != "-" && (has_port(word) || next.contains('.'));
                if address_and_port(next).is_some() || named {
                    (vhost, rest, first_word) = (Some(word), behind, Some(word));
                    if named && address_and_port(next).is_none() {
                        break;
                    }
                    continue;
                }
            }
            break;
        };
        addresses[count] = Some((found, behind));
        count += 1;
        rest = behind;
    }
    let Some((first, behind_first)) = addresses[0] else {
        return read_named_front(list, vhost, rest);
    };
    let (last, behind_last) = addresses[count - 1].unwrap_or((first, behind_first));
    // Identity and user must be left behind the client; where they aren't, the later addresses are those words.
    let enough = !split_word(behind_last).1.is_empty() || list.is_some() || vhost.is_some();
    let ((ip, port), behind) = if enough {
        (last, behind_last)
    } else {
        (first, behind_first)
    };
    // Two addresses and words behind: the second may be an identity, and the words a user's name.
    let unsure = enough && count > 1 && split_word(behind).0 != "-";
    if unsure || may_name_another(behind) {
        return Some(Front::doubtful(vhost));
    }
    let mut client = Client {
        ip: Some(ip),
        port,
        domain: None,
    };
    if let Some(list) = list {
        client = client.through(list);
    }
    if enough && client.is_proxy() {
        // `list peer` without a comma: the rightmost public one before the peer.
        let before = addresses[..count - 1].iter().rev().flatten();
        if let Some(((ip, port), _)) = before
            .copied()
            .find(|((ip, _), _)| !super::web_client::is_inner(*ip))
        {
            client = Client {
                ip: Some(ip),
                port,
                domain: None,
            };
        }
    }
    Some(Front {
        client,
        vhost: vhost.map(without_port),
        user: user_of(split_word(behind).1),
        is_doubtful: false,
    })
}

/// Reads a front whose client is a name, a socket, or missing.
fn read_named_front<'a>(
    list: Option<&'a str>,
    vhost: Option<&'a str>,
    rest: &'a str,
) -> Option<Front<'a>> {
    let (word, behind) = split_word(rest);
    let known = vhost.is_some() || list.is_some();
    let names_another = may_name_another(behind) || word == "-" && is_front(behind);
    if !word.starts_with("unix:") && names_another {
        return Some(Front::doubtful(vhost));
    }
    let mut client = Client::default();
    if is_host_name(word) {
        client.domain = Some(word);
    } else if !(word == "-" || word.starts_with("unix:") || (word.is_empty() && known)) {
        return None;
    }
    // A list of names and no peer: the last of them is nearest to us.
    if client.domain.is_none()
        && let Some(list) = list
    {
        client = client.through(list);
        if client.ip.is_none() {
            client.domain = list
                .rsplit(',')
                .map(str::trim)
                .find(|name| is_host_name(name));
        }
    }
    Some(Front {
        client,
        vhost: vhost.map(without_port),
        user: user_of(split_word(behind).1),
        is_doubtful: false,
    })
}

/// Takes a list of addresses off the front: in quotes, or words that end in commas. The word behind the last comma is
/// the list's last, which is also the peer where nothing else is.
fn take_list(front: &str) -> Option<(Option<&str>, &str)> {
    if let Some(inner) = front.strip_prefix('"') {
        let close = closing_quote(inner.as_bytes())?;
        return Some((Some(&inner[..close]), inner[close + 1..].trim_start()));
    }
    let (word, _) = split_word(front);
    if !word.ends_with(',') {
        return Some((None, front));
    }
    let mut rest = front;
    let mut end = 0;
    // The client may have written a list as long as its server lets a header be.
    loop {
        let (word, behind) = split_word(rest);
        if !word.ends_with(',') {
            break;
        }
        end = front.len() - behind.len();
        rest = behind;
    }
    Some((Some(front[..end].trim_end().trim_end_matches(',')), rest))
}

fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches(' ');
    match memchr::memchr(b' ', text.as_bytes()) {
        Some(space) => (&text[..space], text[space + 1..].trim_start_matches(' ')),
        None => (text, ""),
    }
}

/// Returns the user: everything up to the time, for names have spaces. Quotes and dashes around nothing are nothing.
fn user_of(text: &str) -> Option<&str> {
    let user = text.trim();
    let user = user
        .strip_prefix('"')
        .and_then(|inner| inner.strip_suffix('"'))
        .unwrap_or(user);
    if user.bytes().all(|byte| matches!(byte, b'-' | b' ')) {
        return None;
    }
    // More words than a user: a request's number in front, and then no user.
    if user.ends_with(" -") {
        return None;
    }
    Some(user.strip_prefix("- ").unwrap_or(user))
}

fn has_port(word: &str) -> bool {
    word.rsplit_once(':')
        .is_some_and(|(name, port)| !name.is_empty() && digits::<u16>(port.as_bytes()).is_some())
}

fn without_port(word: &str) -> &str {
    match word.rsplit_once(':') {
        Some((name, _)) if has_port(word) => name,
        _ => word,
    }
}

fn is_host_name(word: &str) -> bool {
    !word.is_empty()
        && word.len() <= 255
        && word.as_bytes()[0].is_ascii_alphanumeric()
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

/// Splits at the quote that closes the request: the first that isn't escaped and that a status or a dash follows.
/// A server that doesn't escape (a format with `escape=none`) leaves quotes in the request.
fn take_request(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let mut escaped = None;
    for quote in memchr::memchr_iter(b'"', bytes) {
        let behind = &bytes[quote + 1..];
        let closes = match behind {
            [b' ', status @ ..] => {
                let len = status
                    .iter()
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
                len >= 1 && matches!(status.get(len), None | Some(b' '))
                    || matches!(status, [b'-'] | [b'-', b' ', ..])
            }
            _ => false,
        };
        if !closes {
            continue;
        }
        if !is_escaped(bytes, quote) {
            return Some((&text[..quote], text[quote + 1..].trim_start()));
        }
        escaped = escaped.or(Some(quote));
    }
    let quote = escaped?;
    Some((&text[..quote], text[quote + 1..].trim_start()))
}

/// Tells whether a sign stands behind an odd run of `\`, which makes it a part of the text.
fn is_escaped(bytes: &[u8], at: usize) -> bool {
    let slashes = bytes[..at].iter().rev().take_while(|byte| **byte == b'\\');
    slashes.count() % 2 == 1
}

/// Finds the first quote that isn't escaped.
fn closing_quote(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'"', bytes).find(|at| !is_escaped(bytes, *at))
}

/// What stands behind the request.
#[derive(Default)]
struct Tail<'a> {
    status: Option<u16>,
    bytes: Option<u64>,
    referrer: Option<&'a str>,
    agent: Option<&'a str>,
    /// The first quoted field behind the agent, which may be a proxy's list. Further ones are cookies and languages,
    /// which the client writes.
    list: Option<&'a str>,
}

fn read_tail<'a>(text: &'a str, arena: &'a Arena) -> Tail<'a> {
    let mut tail = Tail::default();
    let (status, rest) = split_word(text);
    tail.status = digits(status.as_bytes()).filter(|status| (100..1000).contains(status));
    let (bytes, mut rest) = split_word(rest);
    if bytes.starts_with('"') {
        // No size at all.
        rest = split_word(text).1;
    } else {
        tail.bytes = digits(bytes.as_bytes());
    }
    // Numbers may stand between size and referrer (`%D`).
    for _ in 0..4 {
        if rest.is_empty() || rest.starts_with('"') {
            break;
        }
        rest = split_word(rest).1;
    }
    let mut index = 0;
    while let Some(inner) = rest.strip_prefix('"') {
        let (field, behind) = take_field(inner);
        match index {
            0 => tail.referrer = present(field).map(|text| unquote(text, arena)),
            1 => tail.agent = present(field).map(|text| unquote(text, arena)),
            _ => {
                tail.list =
                    Some(field).filter(|field| field.bytes().next().is_some_and(is_list_byte))
            }
        }
        index += 1;
        rest = behind;
        for _ in 0..8 {
            if rest.is_empty() || rest.starts_with('"') || index < 2 {
                break;
            }
            rest = split_word(rest).1;
        }
        if index > 2 {
            break;
        }
    }
    tail
}

const fn is_list_byte(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b':' | b'[')
}

/// Splits at the quote that closes a field; a cut line has none.
fn take_field(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    for quote in memchr::memchr_iter(b'"', bytes) {
        if !matches!(bytes.get(quote + 1), None | Some(b' ')) {
            continue;
        }
        if !is_escaped(bytes, quote) {
            return (&text[..quote], text[quote + 1..].trim_start());
        }
    }
    (text.trim_end_matches('"'), "")
}

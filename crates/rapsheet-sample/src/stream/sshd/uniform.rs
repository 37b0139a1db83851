//! sshd's lines in the mix that the corpus' servers show, the address of each connection drawn anew.
//!
//! One connection after another, each with a pid of its own and one to eight lines: a wrong
//! password (told by PAM and by sshd), an invalid user, TCP wrappers, closes before the login,
//! too many failures, and now and then somebody who belongs there.
//!
//! ```text
//! Feb  3 00:00:09 bench sshd[21203]: Failed password for root from 84.17.46.9 port 50112 ssh2
//! ```

use super::SshdExpected;
use crate::civil::Civil;
use crate::random::Random;
use crate::stream::{Addresses, Digits, LineSink, LogClock, user_names};
use std::io::{self, Write};

/// Writes `lines` lines of sshd from a seed, as RFC 3164 syslog.
///
/// # Errors
/// Where writing fails.
pub fn sshd_log(out: &mut dyn Write, lines: u64, seed: u64) -> io::Result<SshdExpected> {
    let mut random = Random::new(seed);
    let addresses = Addresses::new(lines, &mut random);
    write(out, lines, addresses, None, random)
}

/// Writes the same of so many addresses, each of which comes at least once where there are lines enough (twenty for each).
///
/// # Errors
/// Where writing fails.
pub fn sshd_log_of(
    out: &mut dyn Write,
    lines: u64,
    addresses: u64,
    seed: u64,
) -> io::Result<SshdExpected> {
    let mut random = Random::new(seed);
    let addresses = Addresses::of(addresses, &mut random);
    // A connection takes about four lines: some are left over for those that come again.
    let every = lines / 5 / (addresses.texts.len() as u64);
    write(out, lines, addresses, Some(every.max(1)), random)
}

fn write(
    out: &mut dyn Write,
    lines: u64,
    addresses: Addresses,
    fresh_every: Option<u64>,
    random: Random,
) -> io::Result<SshdExpected> {
    let mut stream = Stream {
        sink: LineSink::new(out, lines),
        clock: LogClock::new(lines / 4),
        users: user_names(),
        failed: vec![0; addresses.texts.len()],
        addresses,
        random,
        time: Vec::new(),
        time_of: i64::MIN,
        head: Vec::new(),
        pid: 1_200,
        fresh_every,
        connections: 0,
        expected: SshdExpected::default(),
    };
    while !stream.sink.is_full() {
        stream.connection();
    }
    stream.finish()
}

/// One client: whom the lines of a connection name.
struct Client {
    address: usize,
    port: Digits,
}

struct Stream<'a> {
    sink: LineSink<'a>,
    clock: LogClock,
    users: Vec<String>,
    addresses: Addresses,
    /// `Failed password` lines of each address.
    failed: Vec<u64>,
    random: Random,
    /// The text of the second `time_of`.
    time: Vec<u8>,
    time_of: i64,
    /// Time, host, program and pid of the connection at hand.
    head: Vec<u8>,
    pid: u64,
    /// Each so many connections one is of an address that has not come yet.
    fresh_every: Option<u64>,
    connections: u64,
    expected: SshdExpected,
}

const PAM: &[u8] =
    b"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=";

impl Stream<'_> {
    fn connection(&mut self) {
        self.clock.tick(&mut self.random);
        self.begin(b"sshd");
        let client = Client {
            address: self.address(),
            port: Digits::of(self.random.between(1_024, 65_535)),
        };
        match self.random.below(1_000) {
            0..500 => self.wrong_password(&client),
            500..710 => self.invalid_user(&client),
            710..790 => self.refused(&client),
            790..860 => {
                let _ = self.says(&client, &[b"Connection closed by "], &[b" [preauth]"]);
            }
            860..920 => {
                let _ = self.says(
                    &client,
                    &[b"error: Received disconnect from "],
                    &[b": 14: No more user authentication methods available. [preauth]"],
                );
            }
            920..945 => {
                let _ = self.says(
                    &client,
                    &[b"Did not receive identification string from "],
                    &[],
                );
            }
            945..960 => self.too_many(&client),
            960..985 => self.not_allowed(&client),
            985..990 => self.accepted(client.port),
            _ => self.cron(),
        }
    }

    fn address(&mut self) -> usize {
        self.connections += 1;
        let fresh = self
            .fresh_every
            .filter(|every| self.connections.is_multiple_of(*every))
            .and_then(|_| self.addresses.fresh());
        fresh.unwrap_or_else(|| self.addresses.pick(&mut self.random))
    }

    /// Makes the head of the next lines: the time now, a new pid.
    fn begin(&mut self, program: &[u8]) {
        self.pid = if self.pid > 4_000_000 {
            1_200
        } else {
            self.pid + self.random.between(1, 9)
        };
        let seconds = self.clock.seconds();
        if seconds != self.time_of {
            self.time = Civil::of(seconds).syslog().into_bytes();
            self.time_of = seconds;
        }
        self.head.clear();
        self.head.extend_from_slice(&self.time);
        self.head.extend_from_slice(b" bench ");
        self.head.extend_from_slice(program);
        self.head.push(b'[');
        self.head.extend_from_slice(Digits::of(self.pid).text());
        self.head.extend_from_slice(b"]: ");
    }

    /// Time passes within a connection: the same pid, a later head.
    fn wait(&mut self, seconds: i64) {
        self.clock.micros += seconds * 1_000_000;
        let at = self.clock.seconds();
        self.time = Civil::of(at).syslog().into_bytes();
        self.time_of = at;
        self.head[..15].copy_from_slice(&self.time);
    }

    /// Writes a line that names the client's address between two texts.
    fn says(&mut self, client: &Client, before: &[&[u8]], after: &[&[u8]]) -> bool {
        let mut parts: [&[u8]; 12] = [b""; 12];
        let all = before
            .iter()
            .copied()
            .chain([self.addresses.text(client.address)])
            .chain(after.iter().copied());
        for (slot, part) in parts.iter_mut().zip(all) {
            *slot = part;
        }
        let written = self.sink.line(&self.head, &parts);
        if written {
            self.addresses.told[client.address] = true;
        }
        written
    }

    /// Writes a line that names no address.
    fn mutters(&mut self, parts: &[&[u8]]) -> bool {
        self.sink.line(&self.head, parts)
    }

    /// `Failed password for …`, once or as a repetition; sshd tells how often.
    fn failed(&mut self, client: &Client, user: &[&[u8]], times: u64) {
        let count = Digits::of(times);
        let (open, close): ([&[u8]; 3], &[u8]) = if times > 1 {
            ([b"message repeated ", count.text(), b" times: [ "], b"]")
        } else {
            ([b"", b"", b""], b"")
        };
        let before: [&[u8]; 7] = [
            open[0],
            open[1],
            open[2],
            b"Failed password for ",
            user[0],
            user[1],
            b" from ",
        ];
        if self.says(
            client,
            &before,
            &[b" port ", client.port.text(), b" ssh2", close],
        ) {
            self.failed[client.address] += 1;
            self.expected.failed_password_lines += 1;
            self.expected.failed_passwords += times;
        }
    }

    /// A user that the server has: root nearly always.
    fn known_user(&mut self) -> &'static [u8] {
        if self.random.percent(94) {
            return b"root";
        }
        self.random.pick::<&[u8]>(&[
            b"mysql",
            b"git",
            b"ftp",
            b"uucp",
            b"www-data",
            b"sshd",
            b"backup",
        ])
    }

    fn reverse_mapping(&mut self, client: &Client, percent: u64) {
        if self.random.percent(percent) {
            let number = Digits::of(self.random.below(250));
            let before: [&[u8]; 3] = [
                b"reverse mapping checking getaddrinfo for host-",
                number.text(),
                b".example.net [",
            ];
            let _ = self.says(client, &before, &[b"] failed - POSSIBLE BREAK-IN ATTEMPT!"]);
        }
    }

    fn wrong_password(&mut self, client: &Client) {
        self.reverse_mapping(client, 16);
        let user = self.known_user();
        let _ = self.says(client, &[PAM], &[b"  user=", user]);
        self.wait(2);
        self.failed(client, &[user, b""], 1);
        if self.random.percent(3) {
            let times = self.random.between(2, 5);
            self.failed(client, &[user, b""], times);
            let count = Digits::of(times);
            let before: [&[u8]; 3] = [
                b"PAM ",
                count.text(),
                b" more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=",
            ];
            let _ = self.says(client, &before, &[b"  user=", user]);
        }
        self.bye(client);
    }

    fn bye(&mut self, client: &Client) {
        if self.random.percent(88) {
            let _ = self.says(
                client,
                &[b"Received disconnect from "],
                &[b": 11: Bye Bye [preauth]"],
            );
        } else {
            let _ = self.says(client, &[b"Connection closed by "], &[b" [preauth]"]);
        }
    }

    fn invalid_user(&mut self, client: &Client) {
        self.reverse_mapping(client, 8);
        let users = std::mem::take(&mut self.users);
        let user = users[self.random.zipf(users.len())].as_bytes();
        let _ = self.says(client, &[b"Invalid user ", user, b" from "], &[]);
        let _ = self.mutters(&[
            b"input_userauth_request: invalid user ",
            user,
            b" [preauth]",
        ]);
        let _ = self.mutters(&[b"pam_unix(sshd:auth): check pass; user unknown"]);
        let _ = self.says(client, &[PAM], &[b" "]);
        self.wait(2);
        self.failed(client, &[b"invalid user ", user], 1);
        self.users = users;
        self.bye(client);
    }

    fn refused(&mut self, client: &Client) {
        if self.random.percent(60) {
            let number = Digits::of(self.random.below(250));
            let _ = self.mutters(&[
                b"warning: /etc/hosts.deny, line 20: can't verify hostname: getaddrinfo(host-",
                number.text(),
                b".example.net, AF_INET) failed",
            ]);
        }
        let address = self.addresses.text(client.address).to_vec();
        let _ = self.says(
            client,
            &[b"refused connect from "],
            &[b" (", &address, b")"],
        );
    }

    fn too_many(&mut self, client: &Client) {
        let user = self.known_user();
        let _ = self.says(client, &[PAM], &[b"  user=", user]);
        self.wait(2);
        self.failed(client, &[user, b""], 1);
        self.wait(9);
        self.failed(client, &[user, b""], 5);
        let _ = self.mutters(&[
            b"Disconnecting: Too many authentication failures for ",
            user,
            b" [preauth]",
        ]);
        let before: [&[u8]; 1] =
            [b"PAM 5 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost="];
        let _ = self.says(client, &before, &[b"  user=", user]);
        let _ = self.mutters(&[b"PAM service(sshd) ignoring max retries; 6 > 3"]);
    }

    fn not_allowed(&mut self, client: &Client) {
        let _ = self.says(
            client,
            &[b"User root from "],
            &[b" not allowed because none of user's groups are listed in AllowGroups"],
        );
        let _ = self.mutters(&[b"input_userauth_request: invalid user root [preauth]"]);
        let _ = self.says(client, &[PAM], &[b"  user=root"]);
        self.wait(2);
        self.failed(client, &[b"invalid user ", b"root"], 1);
        self.bye(client);
    }

    /// Somebody who works there logs in, from one of four addresses that seldom fail.
    fn accepted(&mut self, port: Digits) {
        let last = self.addresses.texts.len() - 1;
        let address = last - usize::try_from(self.random.below(4)).unwrap_or(0);
        let client = &Client { address, port };
        let before: [&[u8]; 1] = [b"Accepted publickey for alice from "];
        let after: [&[u8]; 3] = [
            b" port ",
            client.port.text(),
            b" ssh2: ED25519 SHA256:q0eXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXA",
        ];
        if self.says(client, &before, &after) {
            self.expected.accepted_lines += 1;
        }
        let _ = self.mutters(&[
            b"pam_unix(sshd:session): session opened for user alice(uid=1001) by (uid=0)",
        ]);
        self.wait(4);
        let _ = self.says(
            client,
            &[b"Received disconnect from "],
            &[b": 11: disconnected by user"],
        );
        let _ = self.mutters(&[b"pam_unix(sshd:session): session closed for user alice"]);
    }

    fn cron(&mut self) {
        self.begin(b"CRON");
        for text in [
            "opened for user root(uid=0) by (uid=0)",
            "closed for user root",
        ] {
            if self.mutters(&[b"pam_unix(cron:session): session ", text.as_bytes()]) {
                self.expected.other_lines += 1;
            }
        }
    }

    fn finish(self) -> io::Result<SshdExpected> {
        let expected = SshdExpected {
            lines: self.sink.lines,
            addresses: self.addresses.count_told(),
            ..self.expected
        };
        self.sink.finish()?;
        Ok(expected.with_failed(&self.failed, &self.addresses.texts))
    }
}

//! What the mail server writes: Dovecot 2.3 and Postfix 3.6 to mail.log, with a story of their own.
//!
//! alice, bob and the office read and send their mail. Others guess at mailboxes, most of which don't exist. 203.0.113.91
//! guesses at the office's, three or four times a day, and **opens it**; two hours later it sends mail from there.

use super::facts::{Facts, Intruder};
use super::world::Entry;
use super::{END, ROTATION, START};
use crate::civil::{Civil, DAY};
use crate::random::Random;

/// The seed of this part: what else happens on the server doesn't depend on it.
const SEED: u64 = 3_501;

const INTRUDER: &str = "203.0.113.91";
const OFFICE: &str = "office@harbor.example";

/// Mailboxes that are guessed at, the commonest first; the server has the last two.
const MAILBOXES: [&str; 10] = [
    "info",
    "admin",
    "test",
    "sales",
    "postmaster",
    "support",
    "contact",
    "scan",
    "office@harbor.example",
    "alice@harbor.example",
];

/// The server's part that handles mail.
struct Mail<'a> {
    random: Random,
    log: Vec<Entry>,
    facts: &'a mut Facts,
    pid: u32,
    mails: u32,
}

/// Writes the lines of mail.log, in no order.
pub(super) fn tell(facts: &mut Facts) -> Vec<Entry> {
    let mut mail = Mail {
        random: Random::new(SEED),
        log: Vec::new(),
        facts,
        pid: 20_117,
        mails: 0x4f2a,
    };
    mail.people();
    mail.other_servers();
    mail.monitor();
    mail.guessers();
    mail.intruder();
    mail.log
}

impl Mail<'_> {
    fn write(&mut self, at: i64, program: &str, text: &str) {
        let text = format!(
            "{} harbor {program}: {text}",
            Civil::of(at.div_euclid(1_000)).syslog()
        );
        self.log.push(Entry { at, text });
    }

    fn saw(&mut self, address: &str) {
        self.facts.addresses.insert(address.to_owned());
    }

    fn next_pid(&mut self) -> u32 {
        self.pid += self.random.between(1, 30) as u32;
        self.pid
    }

    /// A mail's name in the queue.
    fn next_mail(&mut self) -> String {
        self.mails += self.random.between(1, 900) as u32;
        format!("{:X}C0{:X}", self.mails, self.random.between(16, 255))
    }

    /// A second of the story between two seconds, with its milliseconds.
    fn between(&mut self, from: i64, to: i64) -> i64 {
        let span = (to - from).unsigned_abs() * 1_000;
        from * 1_000 + self.random.below(span).cast_signed()
    }

    /// Somebody reads mail, and leaves after `seconds`.
    fn read_mail(&mut self, at: i64, address: &str, user: &str, seconds: i64) {
        self.saw(address);
        let session = session_name(at, self.random.between(32_768, 60_999), address);
        let pid = self.next_pid();
        self.write(
            at,
            "dovecot",
            &format!(
                "imap-login: Login: user=<{user}>, method=PLAIN, rip={address}, lip=192.0.2.25, mpid={pid}, TLS, session=<{session}>"
            ),
        );
        let (sent, got) = (
            self.random.between(100, 900),
            self.random.between(900, 90_000),
        );
        self.write(
            at + seconds * 1_000,
            "dovecot",
            &format!(
                "imap({user})<{pid}><{session}>: Disconnected: Logged out in={sent} out={got} deleted=0 expunged=0 trashed=0 hdr_count=0 hdr_bytes=0 body_count=0 body_bytes=0"
            ),
        );
        *self
            .facts
            .mail_logins
            .entry(address.to_owned())
            .or_default() += 1;
    }

    /// Somebody sends a mail.
    fn send_mail(&mut self, at: i64, address: &str, user: &str) {
        self.saw(address);
        let smtpd = format!("postfix/submission/smtpd[{}]", self.next_pid());
        let name = self.next_mail();
        self.write(at, &smtpd, &format!("connect from unknown[{address}]"));
        let client =
            format!("{name}: client=unknown[{address}], sasl_method=PLAIN, sasl_username={user}");
        self.write(at + 400, &smtpd, &client);
        self.deliver(at + 500, &name, user);
        self.write(
            at + 900,
            &smtpd,
            &format!(
                "disconnect from unknown[{address}] ehlo=2 starttls=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=8"
            ),
        );
        *self
            .facts
            .mail_logins
            .entry(address.to_owned())
            .or_default() += 1;
    }

    /// What Postfix' other programs say of a mail.
    fn deliver(&mut self, at: i64, name: &str, from: &str) {
        let size = self.random.between(900, 60_000);
        self.write(
            at,
            "postfix/cleanup[1702]",
            &format!("{name}: message-id=<{name}@harbor.example>"),
        );
        self.write(
            at + 60,
            "postfix/qmgr[1188]",
            &format!("{name}: from=<{from}>, size={size}, nrcpt=1 (queue active)"),
        );
        self.write(at + 900, "postfix/qmgr[1188]", &format!("{name}: removed"));
    }

    /// Tries passwords in one IMAP connection.
    fn guess_imap(&mut self, at: i64, address: &str, user: &str, tries: u64) {
        self.saw(address);
        let session = session_name(at, self.random.between(32_768, 60_999), address);
        let said = if user.ends_with("@harbor.example") {
            "Password mismatch"
        } else {
            "unknown user"
        };
        let mut now = at;
        for _ in 0..tries {
            self.write(
                now,
                "dovecot",
                &format!("auth: passwd-file({user},{address},<{session}>): {said}"),
            );
            now += 2_400;
        }
        let seconds = (now - at) / 1_000;
        self.write(
            now,
            "dovecot",
            &format!(
                "imap-login: Disconnected (auth failed, {tries} attempts in {seconds} secs): user=<{user}>, method=PLAIN, rip={address}, lip=192.0.2.25, session=<{session}>"
            ),
        );
        *self
            .facts
            .mail_failed
            .entry(address.to_owned())
            .or_default() += tries;
    }

    /// Tries passwords in one SMTP connection.
    fn guess_smtp(&mut self, at: i64, address: &str, tries: u64) {
        self.saw(address);
        let smtpd = format!("postfix/submission/smtpd[{}]", self.next_pid());
        self.write(at, &smtpd, &format!("connect from unknown[{address}]"));
        let mut now = at + 900;
        for _ in 0..tries {
            self.write(
                now,
                &smtpd,
                &format!(
                    "warning: unknown[{address}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6"
                ),
            );
            now += 1_700;
        }
        self.write(
            now,
            &smtpd,
            &format!("lost connection after AUTH from unknown[{address}]"),
        );
        self.write(
            now,
            &smtpd,
            &format!(
                "disconnect from unknown[{address}] ehlo=1 auth=0/{tries} commands=1/{}",
                tries + 1
            ),
        );
        *self
            .facts
            .mail_failed
            .entry(address.to_owned())
            .or_default() += tries;
    }

    /// alice, bob and the office.
    fn people(&mut self) {
        for day in 0..21 {
            let midnight = START + day * DAY;
            for (from, to) in [(7, 9), (12, 14), (18, 22)] {
                let at = self.between(midnight + from * 3_600, midnight + to * 3_600);
                let home = if day % 7 == 6 {
                    "2001:db8:5::2a"
                } else {
                    "198.18.5.20"
                };
                self.read_mail(at, home, "alice@harbor.example", 900);
                if self.random.percent(30) {
                    self.send_mail(at + 300_000, home, "alice@harbor.example");
                }
            }
            if day % 2 == 0 {
                let at = self.between(midnight + 9 * 3_600, midnight + 20 * 3_600);
                self.read_mail(at, "198.18.5.77", "bob@harbor.example", 240);
            }
            // The office is closed at the end of the week.
            if day % 7 < 5 {
                for hour in [8, 13] {
                    let at = self.between(midnight + hour * 3_600, midnight + (hour + 1) * 3_600);
                    self.read_mail(at, "198.18.128.60", OFFICE, 3_000);
                    self.send_mail(at + 600_000, "198.18.128.60", OFFICE);
                }
            }
        }
    }

    /// Other servers bring mail.
    fn other_servers(&mut self) {
        for number in 0..60 {
            let at = self.between(START + 3_600, END - 3_600);
            let address = format!("198.18.160.{}", 30 + number % 4);
            self.saw(&address);
            let smtpd = format!("postfix/smtpd[{}]", self.next_pid());
            let client = format!("mx{}.example.net[{address}]", number % 4);
            self.write(at, &smtpd, &format!("connect from {client}"));
            let name = self.next_mail();
            self.write(at + 300, &smtpd, &format!("{name}: client={client}"));
            self.deliver(at + 400, &name, "news@example.net");
            self.write(
                at + 700,
                &smtpd,
                &format!(
                    "disconnect from {client} ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7"
                ),
            );
        }
    }

    /// The robot looks whether the server answers.
    fn monitor(&mut self) {
        let mut at = START + 1_800;
        while at < END {
            self.saw("198.18.200.10");
            let session = session_name(
                at * 1_000,
                self.random.between(32_768, 60_999),
                "198.18.200.10",
            );
            self.write(
                at * 1_000,
                "dovecot",
                &format!(
                    "imap-login: Aborted login by logging out (no auth attempts in 0 secs): user=<>, rip=198.18.200.10, lip=192.0.2.25, session=<{session}>"
                ),
            );
            at += 21_600;
        }
    }

    /// Those who try common names everywhere.
    fn guessers(&mut self) {
        for number in 0..26_u64 {
            let address = format!("198.19.{}.{}", 10 + number % 6 * 10, 201 + number);
            for _ in 0..self.random.between(1, 3) {
                let mut at = self.between(START + 3_600, END - 7_200);
                for _ in 0..self.random.between(2, 5) {
                    if self.random.percent(40) {
                        let tries = self.random.between(1, 2);
                        self.guess_smtp(at, &address, tries);
                    } else {
                        let user = MAILBOXES[self.random.zipf(MAILBOXES.len())];
                        let tries = self.random.between(1, 3);
                        self.guess_imap(at, &address, user, tries);
                    }
                    at += self.random.between(20_000, 400_000).cast_signed();
                }
            }
        }
    }

    /// Fails 24 times over a week, and opens the office's mailbox.
    fn intruder(&mut self) {
        let mut at = (ROTATION - 5 * DAY) * 1_000 + 7_000_000;
        for number in 0..20 {
            if number % 5 == 4 {
                self.guess_smtp(at, INTRUDER, 2);
            } else {
                self.guess_imap(at, INTRUDER, OFFICE, 1);
            }
            at += self.random.between(20_000_000, 28_000_000).cast_signed();
        }
        self.facts.mail_intruder = Intruder {
            address: INTRUDER,
            user: OFFICE,
            failed_before: self.facts.mail_failed[INTRUDER],
            users_tried: [OFFICE.to_owned()].into(),
            at: at.div_euclid(1_000),
            session_seconds: 411,
        };
        self.read_mail(at, INTRUDER, OFFICE, 411);
        for number in 0..3 {
            self.send_mail(at + 7_200_000 + number * 40_000, INTRUDER, OFFICE);
        }
    }
}

/// Dovecot's name of a session: the time's lower 48 bits in microseconds, the client's port and its address, in base64.
fn session_name(at: i64, port: u64, address: &str) -> String {
    let micros = at.unsigned_abs() * 1_000;
    let mut bytes = micros.to_le_bytes()[..6].to_vec();
    bytes.extend(&port.to_le_bytes()[..2]);
    match address.parse() {
        Ok(std::net::IpAddr::V4(address)) => bytes.extend(address.octets()),
        Ok(std::net::IpAddr::V6(address)) => bytes.extend(address.octets()),
        Err(_) => {}
    }
    base64(&bytes)
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, at| {
            bits << 8 | u32::from(group.get(at).copied().unwrap_or(0))
        });
        for place in 0..4 {
            let sign = SIGNS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() {
                char::from(sign)
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_everybody() {
        assert_eq!(base64(b"harbor"), "aGFyYm9y");
        assert_eq!(base64(b"pi"), "cGk=");
        assert_eq!(base64(b"alice"), "YWxpY2U=");
    }

    #[test]
    fn a_session_of_ipv4_has_sixteen_signs() {
        assert_eq!(
            session_name(1_766_000_000_123, 51_280, "192.0.2.7").len(),
            16
        );
    }
}

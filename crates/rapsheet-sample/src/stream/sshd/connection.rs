//! The lines of one connection, as sshd 9 writes them, each with its time.
//!
//! ```text
//! Feb  3 00:00:09 bench-west-01 sshd[21203]: Invalid user oracle from 84.17.46.9 port 50112
//! Feb  3 00:00:11 bench-west-01 sshd[21203]: Failed password for invalid user oracle from 84.17.46.9 port 50112 ssh2
//! Feb  3 00:00:11 bench-west-01 sshd[21203]: Disconnected from invalid user oracle 84.17.46.9 port 50112 [preauth]
//! ```

use crate::random::Random;

/// What a line is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    /// It names the address, and nothing more is counted.
    Named,
    /// It tells of so many wrong passwords of the address.
    Failed(u64),
    /// It tells of a login of the address.
    Accepted,
    /// It names no address.
    Nameless,
    /// It is of another program.
    Other,
}

/// One line, without its head.
pub(super) struct Line {
    /// Microseconds from the beginning of the log.
    pub(super) at: u64,
    pub(super) fact: Fact,
    pub(super) text: String,
}

/// One connection: whom its lines name, and what it has written.
pub(super) struct Connection<'a> {
    at: u64,
    address: &'a str,
    port: u64,
    pub(super) lines: Vec<Line>,
}

const PAM: &str =
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=";

const SECOND: u64 = 1_000_000;

impl<'a> Connection<'a> {
    pub(super) fn new(at: u64, address: &'a str, random: &mut Random) -> Self {
        Self {
            at,
            address,
            port: random.between(1_024, 65_535),
            lines: Vec::with_capacity(8),
        }
    }

    fn wait(&mut self, least: u64, most: u64, random: &mut Random) {
        self.at += random.between(least, most);
    }

    fn says(&mut self, fact: Fact, text: String) {
        let at = self.at;
        self.lines.push(Line { at, fact, text });
    }

    fn failed(&mut self, user: &str) {
        let text = format!(
            "Failed password for {user} from {} port {} ssh2",
            self.address, self.port
        );
        self.says(Fact::Failed(1), text);
    }

    /// The end of a connection that never got in; `who` stands before the user's name.
    fn bye(&mut self, who: &str, user: &str, random: &mut Random) {
        let (address, port) = (self.address, self.port);
        if random.percent(70) {
            self.says(
                Fact::Named,
                format!("Received disconnect from {address} port {port}:11: Bye Bye [preauth]"),
            );
            self.says(
                Fact::Named,
                format!("Disconnected from {who} user {user} {address} port {port} [preauth]"),
            );
        } else {
            self.says(
                Fact::Named,
                format!("Connection closed by {who} user {user} {address} port {port} [preauth]"),
            );
        }
    }

    /// Says nothing that sshd understands.
    pub(super) fn scan(&mut self, random: &mut Random) {
        let (address, port) = (self.address, self.port);
        let texts = match random.below(4) {
            0 => vec![
                "error: kex_exchange_identification: Connection closed by remote host".to_owned(),
                format!("Connection closed by {address} port {port}"),
            ],
            1 => vec![format!(
                "banner exchange: Connection from {address} port {port}: invalid format"
            )],
            2 => vec![format!(
                "Unable to negotiate with {address} port {port}: no matching host key type found. Their offer: ssh-rsa,ssh-dss [preauth]"
            )],
            _ => vec![format!(
                "Connection closed by {address} port {port} [preauth]"
            )],
        };
        for text in texts {
            let fact = if text.contains(address) {
                Fact::Named
            } else {
                Fact::Nameless
            };
            self.says(fact, text);
        }
    }

    /// A wrong password, or several, of a user that the server has.
    pub(super) fn wrong_password(&mut self, user: &str, random: &mut Random) {
        let (address, port) = (self.address, self.port);
        self.says(Fact::Named, format!("{PAM}{address}  user={user}"));
        self.wait(SECOND, 3 * SECOND, random);
        self.failed(user);
        match random.below(20) {
            // As often as sshd lets one try.
            0 => {
                self.wait(8 * SECOND, 12 * SECOND, random);
                self.says(
                    Fact::Failed(5),
                    format!("message repeated 5 times: [ Failed password for {user} from {address} port {port} ssh2]"),
                );
                self.says(
                    Fact::Named,
                    format!("error: maximum authentication attempts exceeded for {user} from {address} port {port} ssh2 [preauth]"),
                );
                self.says(
                    Fact::Named,
                    format!("Disconnecting authenticating user {user} {address} port {port}: Too many authentication failures [preauth]"),
                );
                self.more_failures(5, user);
            }
            1 => {
                self.wait(2 * SECOND, 4 * SECOND, random);
                self.failed(user);
                self.bye("authenticating", user, random);
                self.more_failures(1, user);
            }
            _ => self.bye("authenticating", user, random),
        }
    }

    fn more_failures(&mut self, count: u64, user: &str) {
        let (address, s) = (self.address, if count == 1 { "" } else { "s" });
        self.says(
            Fact::Named,
            format!("PAM {count} more authentication failure{s}; logname= uid=0 euid=0 tty=ssh ruser= rhost={address}  user={user}"),
        );
    }

    /// A wrong password of a user that the server doesn't have.
    pub(super) fn invalid_user(&mut self, user: &str, random: &mut Random) {
        let (address, port) = (self.address, self.port);
        self.says(
            Fact::Named,
            format!("Invalid user {user} from {address} port {port}"),
        );
        self.says(
            Fact::Nameless,
            "pam_unix(sshd:auth): check pass; user unknown".to_owned(),
        );
        self.says(Fact::Named, format!("{PAM}{address} "));
        self.wait(SECOND, 3 * SECOND, random);
        self.failed(&format!("invalid user {user}"));
        self.bye("invalid", user, random);
    }

    /// A login; `mistyped` times with a wrong password first.
    pub(super) fn login(&mut self, user: &str, uid: usize, mistyped: u64, random: &mut Random) {
        let (address, port) = (self.address, self.port);
        for number in 0..mistyped {
            if number == 0 {
                self.says(Fact::Named, format!("{PAM}{address}  user={user}"));
            }
            self.wait(SECOND, 4 * SECOND, random);
            self.failed(user);
        }
        // Who types a password has no key.
        let has_key = mistyped == 0 && !uid.is_multiple_of(3);
        let (how, key) = if has_key {
            let key = ": ED25519 SHA256:q0eXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXA";
            ("publickey", key)
        } else {
            ("password", "")
        };
        self.says(
            Fact::Accepted,
            format!("Accepted {how} for {user} from {address} port {port} ssh2{key}"),
        );
        self.says(
            Fact::Nameless,
            format!("pam_unix(sshd:session): session opened for user {user}(uid={uid}) by (uid=0)"),
        );
        self.wait(SECOND / 2, 90 * SECOND, random);
        self.says(
            Fact::Named,
            format!("Received disconnect from {address} port {port}:11: disconnected by user"),
        );
        self.says(
            Fact::Named,
            format!("Disconnected from user {user} {address} port {port}"),
        );
        self.says(
            Fact::Nameless,
            format!("pam_unix(sshd:session): session closed for user {user}"),
        );
    }

    /// A chore of the server itself, by another program.
    pub(super) fn chore(&mut self) {
        for text in [
            "opened for user root(uid=0) by (uid=0)",
            "closed for user root",
        ] {
            self.says(
                Fact::Other,
                format!("pam_unix(cron:session): session {text}"),
            );
        }
    }
}

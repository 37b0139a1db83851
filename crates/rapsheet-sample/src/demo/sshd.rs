//! What sshd (OpenSSH 8.9), PAM, logind, cron and sudo write.

use super::world::World;

/// How a connection ends that never logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionEnd {
    /// The client says good-bye.
    Bye,
    /// It just closes.
    Close,
    /// sshd has had enough.
    TooMany,
}

/// Several wrong passwords in one connection.
#[derive(Clone, Debug)]
pub(super) struct Passwords {
    pub(super) user: String,
    /// Whether the server has that user.
    pub(super) exists: bool,
    pub(super) tries: u64,
    pub(super) end: ConnectionEnd,
}

/// A login of somebody who may.
#[derive(Clone, Copy, Debug)]
pub(super) struct Login {
    pub(super) user: &'static str,
    pub(super) uid: u32,
    /// By key; else by password.
    pub(super) key: Option<&'static str>,
    pub(super) seconds: i64,
}

/// What isn't a login at all.
#[derive(Clone, Debug)]
pub(super) enum Knock {
    /// Connects and closes.
    Silent,
    /// Talks HTTP.
    Http,
    /// Offers only old algorithms.
    OldAlgorithms,
    /// Tries keys, never a password; the user and whether the server has it.
    Keys(&'static str, bool),
}

const PAM: &str =
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=";

impl World {
    /// Tries passwords that are wrong, in one connection.
    pub(super) fn passwords(&mut self, at: i64, address: &str, what: &Passwords) {
        self.saw(address);
        let sshd = format!("sshd[{}]", self.next_pid());
        let port = self.port();
        let user = &what.user;
        let named = if what.exists {
            user.clone()
        } else {
            format!("invalid user {user}")
        };
        if !what.exists {
            self.auth(
                at,
                &sshd,
                &format!("Invalid user {user} from {address} port {port}"),
            );
            self.auth(
                at + 90,
                &sshd,
                "pam_unix(sshd:auth): check pass; user unknown",
            );
        }
        let tail = if what.exists {
            format!(" user={user}")
        } else {
            String::new()
        };
        self.auth(at + 91, &sshd, &format!("{PAM}{address} {tail}"));
        *self
            .facts
            .failed_passwords
            .entry(address.to_owned())
            .or_default() += what.tries;

        let mut now = at + self.random.between(1_700, 2_600).cast_signed();
        let failed = format!("Failed password for {named} from {address} port {port} ssh2");
        let line = self.auth(now, &sshd, &failed);
        self.found(now, "sshd", address, &line);
        let more = what.tries - 1;
        if more > 0 {
            now += more.cast_signed() * 2_900;
            let text = if more > 1 {
                format!("message repeated {more} times: [ {failed}]")
            } else {
                failed.clone()
            };
            let line = self.auth(now, &sshd, &text);
            // fail2ban's filter knows no `message repeated`.
            if more == 1 {
                self.found(now, "sshd", address, &line);
            }
        }
        self.end(now + 400, &sshd, address, port, &named, what);
    }

    fn end(
        &mut self,
        at: i64,
        sshd: &str,
        address: &str,
        port: u64,
        named: &str,
        what: &Passwords,
    ) {
        let whom = if what.exists {
            format!("authenticating user {named}")
        } else {
            named.to_owned()
        };
        match what.end {
            ConnectionEnd::Bye => {
                self.auth(
                    at,
                    sshd,
                    &format!(
                        "Received disconnect from {address} port {port}:11: Bye Bye [preauth]"
                    ),
                );
                self.auth(
                    at,
                    sshd,
                    &format!("Disconnected from {whom} {address} port {port} [preauth]"),
                );
            }
            ConnectionEnd::Close => {
                self.auth(
                    at,
                    sshd,
                    &format!("Connection closed by {whom} {address} port {port} [preauth]"),
                );
            }
            ConnectionEnd::TooMany => {
                let text = format!(
                    "error: maximum authentication attempts exceeded for {named} from {address} port {port} ssh2 [preauth]"
                );
                let line = self.auth(at, sshd, &text);
                self.found(at, "sshd", address, &line);
                let text = format!(
                    "Disconnecting {whom} {address} port {port}: Too many authentication failures [preauth]"
                );
                self.auth(at, sshd, &text);
            }
        }
        let more = what.tries - 1;
        if more > 0 {
            let plural = if more == 1 { "" } else { "s" };
            let tail = if what.exists {
                format!(" user={}", what.user)
            } else {
                String::new()
            };
            let text = format!(
                "PAM {more} more authentication failure{plural}; logname= uid=0 euid=0 tty=ssh ruser= rhost={address} {tail}"
            );
            self.auth(at + 2, sshd, &text);
        }
    }

    /// Somebody logs in, works, and leaves. A wrong password before it is a try of [`World::passwords`]'s
    /// kind within the same connection: `typos` of them.
    pub(super) fn login(&mut self, at: i64, address: &str, login: &Login, typos: u64) {
        self.saw(address);
        let pid = self.next_pid();
        let sshd = format!("sshd[{pid}]");
        let port = self.port();
        let Login {
            user,
            uid,
            key,
            seconds,
        } = *login;
        let mut now = at;
        for _ in 0..typos {
            self.auth(now, &sshd, &format!("{PAM}{address}  user={user}"));
            now += 2_100;
            let line = self.auth(
                now,
                &sshd,
                &format!("Failed password for {user} from {address} port {port} ssh2"),
            );
            *self
                .facts
                .failed_passwords
                .entry(address.to_owned())
                .or_default() += 1;
            self.found(now, "sshd", address, &line);
            now += 5_300;
        }
        let accepted = match key {
            Some(print) => format!(
                "Accepted publickey for {user} from {address} port {port} ssh2: ED25519 SHA256:{print}"
            ),
            None => format!("Accepted password for {user} from {address} port {port} ssh2"),
        };
        self.auth(now, &sshd, &accepted);
        *self.facts.accepted.entry(address.to_owned()).or_default() += 1;
        self.sessions += 1;
        let session = self.sessions;
        self.auth(
            now + 8,
            &sshd,
            &format!(
                "pam_unix(sshd:session): session opened for user {user}(uid={uid}) by (uid=0)"
            ),
        );
        self.auth(
            now + 20,
            "systemd-logind[612]",
            &format!("New session {session} of user {user}."),
        );
        // The child that serves the session speaks of its end; its parent closes PAM's session.
        let child = format!("sshd[{}]", self.next_pid());
        let end = now + 8 + seconds * 1_000;
        self.auth(
            end - 5,
            &child,
            &format!("Received disconnect from {address} port {port}:11: disconnected by user"),
        );
        self.auth(
            end - 4,
            &child,
            &format!("Disconnected from user {user} {address} port {port}"),
        );
        self.auth(
            end,
            &sshd,
            &format!("pam_unix(sshd:session): session closed for user {user}"),
        );
        self.auth(
            end + 30,
            "systemd-logind[612]",
            &format!("Session {session} logged out. Waiting for processes to exit."),
        );
        self.auth(
            end + 40,
            "systemd-logind[612]",
            &format!("Removed session {session}."),
        );
    }

    /// Something that never comes to a password.
    pub(super) fn knock(&mut self, at: i64, address: &str, knock: &Knock) {
        self.saw(address);
        let sshd = format!("sshd[{}]", self.next_pid());
        let port = self.port();
        let closed = format!("Connection closed by {address} port {port}");
        match knock {
            Knock::Silent => {
                self.auth(
                    at,
                    &sshd,
                    "error: kex_exchange_identification: Connection closed by remote host",
                );
                self.auth(at, &sshd, &closed);
            }
            Knock::Http => {
                let text = "error: kex_exchange_identification: client sent invalid protocol identifier \"GET / HTTP/1.1\"";
                self.auth(at, &sshd, text);
                self.auth(
                    at,
                    &sshd,
                    &format!(
                        "banner exchange: Connection from {address} port {port}: invalid format"
                    ),
                );
            }
            Knock::OldAlgorithms => {
                let text = format!(
                    "Unable to negotiate with {address} port {port}: no matching key exchange method found. Their offer: diffie-hellman-group14-sha1,diffie-hellman-group1-sha1 [preauth]"
                );
                self.auth(at, &sshd, &text);
            }
            Knock::Keys(user, true) => {
                let text = format!(
                    "Connection closed by authenticating user {user} {address} port {port} [preauth]"
                );
                self.auth(at, &sshd, &text);
            }
            Knock::Keys(user, false) => {
                self.auth(
                    at,
                    &sshd,
                    &format!("Invalid user {user} from {address} port {port}"),
                );
                let text = format!(
                    "Connection closed by invalid user {user} {address} port {port} [preauth]"
                );
                self.auth(at + 700, &sshd, &text);
            }
        }
    }

    /// A job of cron.
    pub(super) fn cron(&mut self, at: i64) {
        let cron = format!("CRON[{}]", self.next_pid());
        self.auth(
            at,
            &cron,
            "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)",
        );
        self.auth(
            at + 40,
            &cron,
            "pam_unix(cron:session): session closed for user root",
        );
    }

    /// alice becomes root for one command.
    pub(super) fn sudo(&mut self, at: i64, command: &str) {
        let text =
            format!("   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND={command}");
        self.auth(at, "sudo", &text);
        self.auth(
            at + 5,
            "sudo",
            "pam_unix(sudo:session): session opened for user root(uid=0) by alice(uid=1001)",
        );
        self.auth(
            at + 9_000,
            "sudo",
            "pam_unix(sudo:session): session closed for user root",
        );
    }
}

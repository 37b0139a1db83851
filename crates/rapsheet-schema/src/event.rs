//! The event: one fact about one remote address, read from one log line or database row.

use std::net::IpAddr;

use crate::{Action, Dataset, Outcome, Reason};

/// Which kind of line tells of an attempt.
///
/// A daemon writes several lines about one attempt; sshd: `Invalid user`, PAM's failure, `Failed password`, and how the
/// connection ended. Within one connection the attempts are as many as the kind of line that told most of them, so
/// each kind is counted by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum Teller {
    /// The line stands alone: no other line tells of this attempt.
    #[default]
    Sole,
    /// The daemon's own line of a credential that it refused: `Failed METHOD for …`; Dovecot's `Password mismatch`; Postfix'
    /// `SASL METHOD authentication failed: …`.
    Failed,
    /// pam_unix' `authentication failure; …` and its `N more authentication failures`, or those of a module that isn't named.
    Pam,
    /// The same of pam_sss, which may be asked about the same secret behind pam_unix.
    PamSss,
    /// The same of pam_ldap.
    PamLdap,
    /// The same of pam_krb5.
    PamKerberos,
    /// The same of another module.
    PamOther,
    /// The daemon's own line of what PAM answered: sshd's `error: PAM: …`, Dovecot's `pam_authenticate() failed: …`.
    SshdPam,
    /// `Invalid user …`, Dovecot's `unknown user`.
    InvalidUser,
    /// `User … not allowed …`, `ROOT LOGIN REFUSED …`, and other refusals by rule.
    NotAllowed,
    /// `Disconnecting …`.
    Disconnecting,
    /// `maximum authentication attempts exceeded …`, which a `Disconnecting …` follows; Postfix' `too many errors after AUTH …`.
    TooManyFailures,
    /// `Received disconnect from …`; Postfix' `disconnect from …`, which counts what the connection asked for.
    ReceivedDisconnect,
    /// `Disconnected from …`, `Connection closed by …`, `Connection reset by …`, timeouts; Dovecot's line at the end of a
    /// connection, which counts its attempts; Postfix' `lost connection after AUTH …`.
    Closed,
    /// A fault in the protocol: no banner, a bad banner, no common algorithm, a bad packet.
    Protocol,
    /// A login, `Accepted METHOD for …`: what failed before it in this connection stays told.
    Accepted,
}

impl Teller {
    /// How many kinds there are.
    pub const COUNT: usize = 16;

    /// The lines of PAM's modules.
    pub const PAM: [Self; 5] = [
        Self::Pam,
        Self::PamSss,
        Self::PamLdap,
        Self::PamKerberos,
        Self::PamOther,
    ];

    /// The daemons' own lines.
    pub const OWN: [Self; 10] = [
        Self::Failed,
        Self::SshdPam,
        Self::InvalidUser,
        Self::NotAllowed,
        Self::Disconnecting,
        Self::TooManyFailures,
        Self::ReceivedDisconnect,
        Self::Closed,
        Self::Protocol,
        Self::Accepted,
    ];

    /// Whether a PAM module wrote the line.
    #[must_use]
    pub const fn is_pam(self) -> bool {
        matches!(
            self,
            Self::Pam | Self::PamSss | Self::PamLdap | Self::PamKerberos | Self::PamOther
        )
    }

    /// The kind of a PAM module's lines. Each module is counted by itself, because several may be asked about one secret.
    #[must_use]
    pub fn of_pam(module: Option<&str>) -> Self {
        match module {
            None | Some("pam_unix") => Self::Pam,
            Some("pam_sss") => Self::PamSss,
            Some("pam_ldap") => Self::PamLdap,
            Some("pam_krb5") => Self::PamKerberos,
            Some(_) => Self::PamOther,
        }
    }
}

/// One fact about one remote address.
///
/// Time, host and process stand in the line's head, the place (`log_file_path`, `log_line`) with the reader.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'a> {
    /// Daemon and kind of log.
    pub event_dataset: Dataset,
    /// What happened.
    pub event_action: Action,
    /// How it ended.
    pub event_outcome: Outcome,
    /// Whether it is evidence of an attempt.
    pub suspicious: bool,
    /// How many tries the line tells of. The reader sets 0 where an earlier line told of the same one.
    pub attempts: u32,
    /// Which kind of line this is, for the rule that counts an attempt once.
    pub teller: Teller,
    /// Why it is suspicious.
    pub reason: Option<Reason>,
    /// The remote address, canonical; absent where the line has a host name, or where an earlier line of the same
    /// process names it (the reader fills it in).
    pub source_ip: Option<IpAddr>,
    /// The remote port.
    pub source_port: Option<u16>,
    /// The remote host's name, where the log has one.
    pub source_domain: Option<&'a str>,
    /// The user name that was tried, as the log has it; `Some("")` is an empty name.
    pub user_name: Option<&'a str>,
    /// Whether the server has that user, where the line tells.
    pub user_exists: Option<bool>,
    /// sshd's `password`, `publickey`, `keyboard-interactive/pam`, …; of servers of mail the mechanism of SASL in lower case.
    pub openssh_auth_method: Option<&'a str>,
    /// The fingerprint of the key that let somebody in, as sshd writes it: `SHA256:…`; of a certificate without one, its authority's.
    pub openssh_auth_key: Option<&'a str>,
    /// The daemon's own name of the session, where its lines bear one ([`crate::SessionKey::Name`]).
    pub session: Option<&'a str>,
    /// fail2ban's jail.
    pub fail2ban_jail: Option<&'a str>,
    /// The ban's length in seconds; -1 is for ever.
    pub fail2ban_bantime: Option<i64>,
    /// How many times this address has been banned.
    pub fail2ban_bancount: Option<u32>,
    /// What a web server's line says beyond this; elsewhere, because it is as large as the rest, and most lines have none.
    pub http: Option<&'a Http<'a>>,
}

impl<'a> Event<'a> {
    /// Makes an event that says no more than this; the rest is added field by field.
    #[must_use]
    pub const fn new(dataset: Dataset, action: Action, outcome: Outcome) -> Self {
        Self {
            event_dataset: dataset,
            event_action: action,
            event_outcome: outcome,
            suspicious: false,
            attempts: 0,
            teller: Teller::Sole,
            reason: None,
            source_ip: None,
            source_port: None,
            source_domain: None,
            user_name: None,
            user_exists: None,
            openssh_auth_method: None,
            openssh_auth_key: None,
            session: None,
            fail2ban_jail: None,
            fail2ban_bantime: None,
            fail2ban_bancount: None,
            http: None,
        }
    }

    /// Marks the event as evidence of `attempts` tries, for this reason, told by this kind of line.
    #[must_use]
    pub const fn suspect(mut self, reason: Reason, attempts: u32, teller: Teller) -> Self {
        self.suspicious = true;
        self.reason = Some(reason);
        self.attempts = attempts;
        self.teller = teller;
        self
    }
}

/// What an access or error log says about one request. Fields are as the client sent them, unescaped from the log's
/// own quoting and otherwise untouched.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Http<'a> {
    /// `GET`, `POST`, …; absent where the request isn't one.
    pub http_request_method: Option<&'a str>,
    /// The request target: path and query, as sent.
    pub url_original: Option<&'a str>,
    /// The virtual host.
    pub url_domain: Option<&'a str>,
    /// The status.
    pub http_response_status_code: Option<u16>,
    /// The size of the body that was sent.
    pub http_response_body_bytes: Option<u64>,
    /// The referrer.
    pub http_referrer: Option<&'a str>,
    /// The user agent.
    pub user_agent_original: Option<&'a str>,
}

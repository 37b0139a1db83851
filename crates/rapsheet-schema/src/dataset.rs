//! The datasets: each kind of log, with the facts about it that other crates ask for.
//!
//! Questions ask for a [`Category`], never for a daemon, so that a new daemon of a known category is counted everywhere
//! without a change to any question.

use crate::words::words;

words! {
    /// What a dataset is about (ECS `event.category`).
    Category {
        /// Somebody logs in, or tries to.
        Authentication = "authentication",
        /// Somebody asks a web server for something.
        Web = "web",
        /// A program that watches other logs says what it found and did.
        IntrusionDetection = "intrusion_detection",
        /// A list of addresses that somebody made.
        Threat = "threat",
    }
}

words! {
    /// Where an event comes from: the daemon and the kind of its log (ECS `event.dataset`).
    Dataset {
        /// sshd's lines in auth.log, secure or the journal.
        OpensshAuth = "openssh.auth",
        /// fail2ban.log, or the same lines in syslog.
        Fail2banLog = "fail2ban.log",
        /// fail2ban's SQLite database.
        Fail2banDatabase = "fail2ban.database",
        /// What `fail2ban-client` prints.
        Fail2banStatus = "fail2ban.status",
        /// Apache's access log.
        ApacheAccess = "apache.access",
        /// Apache's error log.
        ApacheError = "apache.error",
        /// nginx's access log.
        NginxAccess = "nginx.access",
        /// nginx's error log.
        NginxError = "nginx.error",
        /// An access log in common or combined form of which Apache and nginx write the same.
        WebAccess = "web.access",
        /// Logins that an access log shows: its requests of which one is served that failed before.
        HttpAuth = "http.auth",
        /// A plain list of addresses.
        AddressList = "address.list",
        /// Dovecot's login processes (IMAP, POP3, ManageSieve, submission) and its authentication process.
        DovecotAuth = "dovecot.auth",
        /// Postfix' SMTP servers: SASL logins and how their connections end.
        PostfixAuth = "postfix.auth",
        /// dropbear's lines in auth.log, messages or the journal.
        DropbearAuth = "dropbear.auth",
    }
}

/// How the lines of one connection are put together into a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKey {
    /// Lines stand alone.
    None,
    /// Lines of one process on one host, as long as it serves one connection.
    Process,
    /// Lines that bear the daemon's own name of the session; the process where a line has none.
    Name,
}

/// What the log does: whether it tells of what happened first, or of what another log told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Telling {
    /// The daemon itself, when it happens.
    First,
    /// An error log of a server that also has an access log.
    Errors,
    /// A program that reads the logs of daemons.
    Watcher,
    /// What a watcher keeps beside its log.
    WatcherState,
}

/// How a record that stands in two sources is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CopyKey {
    /// By second, host, process and message, whatever the files are called.
    Record,
    /// By second and message, in files of one base name: the lines name neither host nor process.
    SameName,
    /// By second and message, in the daemon's own files.
    OwnFile,
    /// Only against sources of the same dataset.
    SameDataset,
    /// Never.
    None,
}

/// The facts about a dataset that the reader and the questions build on.
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    /// The daemon's name (ECS `service.name`).
    pub service_name: &'static str,
    /// What it is about (ECS `event.category`).
    pub event_category: Category,
    /// How its lines form sessions.
    pub session: SessionKey,
    /// Whether it tells of things first.
    pub telling: Telling,
    /// How copies of its records are recognised.
    pub copies: CopyKey,
    /// Whether the log's writer can be told from others: in the journal, lines under these identifiers are believed only of
    /// programs that do not run as an ordinary user.
    pub trusted_writer: bool,
    /// Whether user names in it are accounts of the server, and not any text that a client sent.
    pub trusted_users: bool,
    /// The journal's identifiers of the programs that write it.
    pub identifiers: &'static [&'static str],
    /// Where a server keeps it, as patterns below the root folder.
    pub usual_paths: &'static [&'static str],
}

const WEB: Descriptor = Descriptor {
    service_name: "web",
    event_category: Category::Web,
    session: SessionKey::None,
    telling: Telling::First,
    copies: CopyKey::SameName,
    trusted_writer: false,
    trusted_users: false,
    identifiers: &[],
    usual_paths: &[],
};

const FAIL2BAN: Descriptor = Descriptor {
    service_name: "fail2ban",
    event_category: Category::IntrusionDetection,
    session: SessionKey::None,
    telling: Telling::Watcher,
    copies: CopyKey::OwnFile,
    trusted_writer: true,
    trusted_users: false,
    identifiers: &["fail2ban-server", "fail2ban"],
    usual_paths: &["var/log/fail2ban.log*"],
};

const MAIL_LOGS: &[&str] = &["var/log/mail.log*", "var/log/maillog*"];

const OPENSSH: Descriptor = Descriptor {
    service_name: "sshd",
    event_category: Category::Authentication,
    session: SessionKey::Process,
    telling: Telling::First,
    copies: CopyKey::Record,
    trusted_writer: true,
    trusted_users: false,
    identifiers: &["sshd", "sshd-session", "sshd-auth"],
    usual_paths: &["var/log/auth.log*", "var/log/secure*"],
};

const DOVECOT: Descriptor = Descriptor {
    service_name: "dovecot",
    event_category: Category::Authentication,
    session: SessionKey::Name,
    telling: Telling::First,
    copies: CopyKey::Record,
    trusted_writer: true,
    trusted_users: false,
    // PAM writes in the name of the process that asks it.
    identifiers: &["dovecot", "dovecot-auth", "auth"],
    usual_paths: MAIL_LOGS,
};

const POSTFIX: Descriptor = Descriptor {
    service_name: "postfix",
    event_category: Category::Authentication,
    session: SessionKey::Process,
    telling: Telling::First,
    copies: CopyKey::Record,
    trusted_writer: true,
    trusted_users: false,
    identifiers: &[
        "postfix/smtpd",
        "postfix/submission/smtpd",
        "postfix/smtps/smtpd",
        "postfix/submissions/smtpd",
    ],
    usual_paths: MAIL_LOGS,
};

impl Dataset {
    /// Returns the facts about it.
    #[must_use]
    pub const fn descriptor(self) -> &'static Descriptor {
        match self {
            Self::OpensshAuth => &OPENSSH,
            Self::DropbearAuth => &Descriptor {
                service_name: "dropbear",
                identifiers: &["dropbear"],
                ..OPENSSH
            },
            Self::Fail2banLog => &FAIL2BAN,
            Self::Fail2banDatabase => &Descriptor {
                telling: Telling::WatcherState,
                copies: CopyKey::SameDataset,
                identifiers: &[],
                usual_paths: &["var/lib/fail2ban/fail2ban.sqlite3"],
                ..FAIL2BAN
            },
            Self::Fail2banStatus => &Descriptor {
                telling: Telling::WatcherState,
                copies: CopyKey::SameDataset,
                identifiers: &[],
                usual_paths: &[],
                ..FAIL2BAN
            },
            Self::NginxAccess => &Descriptor {
                service_name: "nginx",
                identifiers: &["nginx"],
                usual_paths: &["var/log/nginx/*access*"],
                ..WEB
            },
            Self::NginxError => &Descriptor {
                service_name: "nginx",
                telling: Telling::Errors,
                usual_paths: &["var/log/nginx/*error*"],
                ..WEB
            },
            Self::ApacheAccess => &Descriptor {
                service_name: "apache",
                identifiers: &["httpd", "apache2"],
                usual_paths: &["var/log/apache2/*access*", "var/log/httpd/*access*"],
                ..WEB
            },
            Self::ApacheError => &Descriptor {
                service_name: "apache",
                telling: Telling::Errors,
                usual_paths: &["var/log/apache2/*error*", "var/log/httpd/*error*"],
                ..WEB
            },
            Self::WebAccess => &WEB,
            Self::HttpAuth => &Descriptor {
                service_name: "http",
                event_category: Category::Authentication,
                ..WEB
            },
            Self::AddressList => &Descriptor {
                service_name: "list",
                event_category: Category::Threat,
                copies: CopyKey::None,
                ..WEB
            },
            Self::DovecotAuth => &DOVECOT,
            Self::PostfixAuth => &POSTFIX,
        }
    }

    /// Returns the daemon's name (ECS `service.name`).
    #[must_use]
    pub const fn service_name(self) -> &'static str {
        self.descriptor().service_name
    }

    /// Returns what it is about (ECS `event.category`).
    #[must_use]
    pub const fn event_category(self) -> Category {
        self.descriptor().event_category
    }

    /// Whether it is a web server's log.
    #[must_use]
    pub const fn is_web(self) -> bool {
        matches!(self.event_category(), Category::Web)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_is_of_one_category() {
        for one in Dataset::ALL {
            for other in Dataset::ALL {
                assert!(
                    one.service_name() != other.service_name()
                        || one.event_category() == other.event_category(),
                    "{one} and {other}"
                );
            }
        }
    }

    #[test]
    fn datasets_of_logins_end_in_auth() {
        // The report's page tells by this whether any login was read.
        for dataset in Dataset::ALL {
            assert_eq!(
                dataset.as_str().ends_with(".auth"),
                dataset.event_category() == Category::Authentication,
                "{dataset}"
            );
        }
    }
}

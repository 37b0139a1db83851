//! The closed vocabularies: each value is one word that stands in a column as text.

/// Declares an enum whose variants are words, with the text of each.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every value, in the order of the declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// Returns the word as it stands in a column.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }

            /// Finds the value that a word names.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($text => Some($name::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use words;

words! {
    /// What happened (ECS `event.action`).
    Action {
        /// A login was tried; the outcome says how it ended.
        Login = "login",
        /// The daemon turned the client away by rule before or instead of asking for a secret.
        Refused = "refused",
        /// The connection ended before anybody was logged in.
        PreauthClose = "preauth_close",
        /// The client did not speak the protocol, or only looked whether somebody answers.
        Probe = "probe",
        /// A session of a logged-in user was opened.
        SessionOpen = "session_open",
        /// A session, or the connection of a logged-in user, ended.
        SessionClose = "session_close",
        /// fail2ban saw a failure.
        Found = "found",
        /// fail2ban banned an address.
        Ban = "ban",
        /// fail2ban lifted a ban.
        Unban = "unban",
        /// fail2ban put a ban back after a restart.
        RestoreBan = "restore_ban",
        /// fail2ban repeated a ban's action because the firewall had lost it.
        Reban = "reban",
        /// fail2ban prolonged a ban.
        IncreaseBan = "increase_ban",
        /// fail2ban was told to ban what is banned.
        AlreadyBanned = "already_banned",
        /// fail2ban saw a failure of an address that it never bans.
        Ignore = "ignore",
        /// A line of an access log.
        Request = "request",
        /// A line of an error log.
        Error = "error",
        /// An address that a list names, with nothing said about it.
        Listed = "listed",
    }
}

words! {
    /// How it ended (ECS `event.outcome`).
    Outcome {
        /// It worked for whoever tried.
        Success = "success",
        /// It did not.
        Failure = "failure",
        /// The line doesn't tell.
        Unknown = "unknown",
    }
}

words! {
    /// Why an event is suspicious.
    Reason {
        /// A wrong password.
        FailedPassword = "failed_password",
        /// A key that sshd did not take.
        FailedPublickey = "failed_publickey",
        /// Another method of authentication failed (`none`, `keyboard-interactive`, `hostbased`, GSSAPI, one that the server doesn't offer).
        FailedMethod = "failed_method",
        /// PAM reported a failure.
        FailedPam = "failed_pam",
        /// A user that this server doesn't have.
        InvalidUser = "invalid_user",
        /// A user whom the configuration doesn't let in.
        UserNotAllowed = "user_not_allowed",
        /// root, where root may not log in.
        RootRefused = "root_refused",
        /// An address that TCP wrappers or a rule refuse.
        RefusedAddress = "refused_address",
        /// An address that tried too often: one of sshd's penalties, a rate limit.
        Penalty = "penalty",
        /// More tries in one connection than allowed.
        TooManyFailures = "too_many_failures",
        /// The connection ended before a login.
        PreauthClose = "preauth_close",
        /// No time left to log in.
        LoginTimeout = "login_timeout",
        /// The client sent nothing that names it.
        NoIdentification = "no_identification",
        /// The client sent something that isn't the daemon's protocol.
        BadProtocol = "bad_protocol",
        /// Client and server share no algorithm.
        NoMatchingAlgorithm = "no_matching_algorithm",
        /// A packet or key exchange that is broken.
        ProtocolError = "protocol_error",
        /// fail2ban's filter matched.
        Found = "found",
        /// fail2ban banned it.
        Banned = "banned",
        /// A web user's wrong password, or an unknown web user.
        HttpAuthFailure = "http_auth_failure",
        /// The server's configuration, or a rule, denies it.
        HttpForbidden = "http_forbidden",
        /// More requests than the server allows.
        HttpRateLimit = "http_rate_limit",
        /// A firewall for the web (ModSecurity) matched.
        HttpFirewall = "http_firewall",
        /// After failures with a password in the web, a request with a name was served, or a login form sent its visitor on.
        HttpLogin = "http_login",
        /// Looks for WordPress.
        ProbeWordpress = "probe_wordpress",
        /// Looks for PHP programs or holes (phpMyAdmin, PHPUnit, CGI).
        ProbePhp = "probe_php",
        /// Looks for secrets (`.env`, `.git`, keys, backups, configuration).
        ProbeSecrets = "probe_secrets",
        /// Climbs out of the document root.
        ProbeTraversal = "probe_traversal",
        /// Injects SQL, a template, a script or a look-up.
        ProbeInjection = "probe_injection",
        /// Looks for a shell or runs a command.
        ProbeShell = "probe_shell",
        /// A published hole of a product.
        ProbeCve = "probe_cve",
        /// Looks for an administration page or a device.
        ProbeAdmin = "probe_admin",
        /// A scanner that says so in its user agent.
        ProbeScanner = "probe_scanner",
        /// Tries to use the server as a proxy.
        ProbeProxy = "probe_proxy",
        /// Bytes that aren't HTTP.
        ProbeNonHttp = "probe_non_http",
        /// A script, or a file, that isn't there.
        ProbeMissingFile = "probe_missing_file",
        /// A list names it.
        Listed = "listed",
    }
}

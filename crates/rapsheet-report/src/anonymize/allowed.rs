//! What an anonymous report may show: the columns whose texts are rapsheet's own or public, and the words of requests and of
//! programs that everybody uses. Whatever is not in these lists is hidden.

/// What becomes of the texts of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// They stay: words of rapsheet's, public facts about networks, names that were hashed before.
    Keep,
    /// An address becomes its network and a number.
    Address,
    /// A network becomes as wide as a reader may see.
    Network,
    /// Each text becomes this word and a number.
    Number(&'static str),
    /// A name of fail2ban's own stays, others become numbers.
    Jail,
    /// Of a path those parts stay that requests everywhere have.
    Path,
    /// Of a user agent the program's name stays where it is a common one.
    Agent,
    /// Of a sentence the words stay that rapsheet's questions are written in.
    Sentence,
}

/// Columns and what becomes of them; all others are sentences.
const COLUMNS: &[(&str, Policy)] = &[
    ("source_ip", Policy::Address),
    ("source_network", Policy::Network),
    ("network", Policy::Network),
    ("host_name", Policy::Number("host")),
    ("log_file_path", Policy::Number("log")),
    ("source_domain", Policy::Number("name")),
    ("http_referrer", Policy::Number("site")),
    ("openssh_auth_key", Policy::Number("key")),
    ("fail2ban_jail", Policy::Jail),
    ("url_path", Policy::Path),
    ("url_original", Policy::Path),
    ("user_agent_original", Policy::Agent),
    // The reader has put hashes in the place of user names.
    ("user_name", Policy::Keep),
    ("severity", Policy::Keep),
    ("kind", Policy::Keep),
    ("question", Policy::Keep),
    ("ended", Policy::Keep),
    ("event_action", Policy::Keep),
    ("event_category", Policy::Keep),
    ("event_dataset", Policy::Keep),
    ("event_outcome", Policy::Keep),
    ("service_name", Policy::Keep),
    ("reason", Policy::Keep),
    ("openssh_auth_method", Policy::Keep),
    ("new_place", Policy::Keep),
    ("table_name", Policy::Keep),
    ("column_name", Policy::Keep),
    ("present", Policy::Keep),
    ("anonymous_kind", Policy::Keep),
    ("continent_code", Policy::Keep),
    ("continent_name", Policy::Keep),
    ("country_iso_code", Policy::Keep),
    ("country_name", Policy::Keep),
    ("subdivisions_0_name", Policy::Keep),
    ("city_name", Policy::Keep),
    ("scope", Policy::Keep),
    ("details_source", Policy::Keep),
    ("known_scope", Policy::Keep),
    ("traits_autonomous_system_organization", Policy::Keep),
    ("traits_connection_type", Policy::Keep),
    ("traits_user_type", Policy::Keep),
    ("traits_isp", Policy::Keep),
    ("traits_organization", Policy::Keep),
    ("day", Policy::Keep),
    ("hour", Policy::Keep),
];

/// Returns what becomes of a column's texts.
pub(super) fn policy(column: &str) -> Policy {
    let known = COLUMNS.iter().find(|(name, _)| *name == column);
    known.map_or(Policy::Sentence, |(_, policy)| *policy)
}

/// Words of sentences that stand in tables and not in the questions: daemons, and methods of logging in.
pub(super) const OWN_WORDS: &[&str] = &[
    "CRAM-MD5",
    "LOGIN",
    "PLAIN",
    "apache",
    "cram-md5",
    "digest-md5",
    "dovecot",
    "dropbear",
    "fail2ban",
    "gssapi-with-mic",
    "hostbased",
    "keyboard-interactive",
    "keyboard-interactive/pam",
    "login",
    "nginx",
    "oauthbearer",
    "password",
    "plain",
    "postfix",
    "publickey",
    "scram-sha-256",
    "sshd",
    "web",
    "xoauth2",
];

/// Jails that fail2ban ships.
const JAILS: &[&str] = &[
    "apache-auth",
    "apache-badbots",
    "apache-botsearch",
    "apache-fakegooglebot",
    "apache-modsecurity",
    "apache-nohome",
    "apache-noscript",
    "apache-overflows",
    "apache-shellshock",
    "dovecot",
    "dropbear",
    "nginx-bad-request",
    "nginx-botsearch",
    "nginx-forbidden",
    "nginx-http-auth",
    "nginx-limit-req",
    "pam-generic",
    "php-url-fopen",
    "postfix",
    "postfix-rbl",
    "postfix-sasl",
    "proftpd",
    "pure-ftpd",
    "recidive",
    "selinux-ssh",
    "sendmail-auth",
    "sendmail-reject",
    "sieve",
    "ssh",
    "sshd",
    "sshd-ddos",
    "vsftpd",
];

/// Whether a jail is one of fail2ban's own.
pub(super) fn is_common_jail(name: &str) -> bool {
    JAILS.binary_search(&name).is_ok()
}

/// Parts of paths that scanners ask for everywhere.
const PARTS: &[&str] = &[
    "",
    ".aws",
    ".ds_store",
    ".env",
    ".git",
    ".htaccess",
    ".htpasswd",
    ".ssh",
    ".svn",
    ".vscode",
    ".well-known",
    "actuator",
    "admin",
    "api",
    "app",
    "assets",
    "authorized_keys",
    "backup",
    "bin",
    "boaform",
    "cgi-bin",
    "composer.json",
    "conf",
    "config",
    "config.json",
    "config.php",
    "console",
    "credentials",
    "css",
    "dana-na",
    "data",
    "db",
    "docker-compose.yml",
    "eval-stdin.php",
    "favicon.ico",
    "gateway",
    "head",
    "health",
    "hudson",
    "id_rsa",
    "images",
    "img",
    "index.html",
    "index.php",
    "info.php",
    "jenkins",
    "js",
    "login",
    "login.php",
    "manager",
    "mysql",
    "owa",
    "phpinfo.php",
    "phpmyadmin",
    "phpunit",
    "pma",
    "public",
    "remote",
    "robots.txt",
    "server-status",
    "setup.php",
    "sftp.json",
    "shell",
    "shell.php",
    "sitemap.xml",
    "solr",
    "src",
    "static",
    "storage",
    "system",
    "test.php",
    "tmp",
    "uploads",
    "user",
    "users",
    "util",
    "v1",
    "v2",
    "vendor",
    "version",
    "web",
    "wordpress",
    "wp-admin",
    "wp-config.php",
    "wp-config.php.bak",
    "wp-content",
    "wp-includes",
    "wp-json",
    "wp-login.php",
    "wp-plain.php",
    "xmlrpc.php",
];

/// Hides each part of a path that not everybody has; what follows a `?` is hidden whole.
pub(super) fn path(text: &str) -> String {
    let (path, query) = match text.split_once(['?', '#']) {
        Some((path, _)) => (path, "?*"),
        None => (text, ""),
    };
    let parts = path.split('/').map(|part| {
        let known = PARTS.binary_search(&part.to_ascii_lowercase().as_str());
        known.map_or("*", |_| part)
    });
    format!("{}{query}", parts.collect::<Vec<_>>().join("/"))
}

/// Names with which clients begin what they say of themselves.
const AGENTS: &[&str] = &[
    "apache-httpclient",
    "axios",
    "bingbot",
    "censysinspect",
    "curl",
    "dalvik",
    "expanse",
    "facebookexternalhit",
    "fasthttp",
    "git",
    "go-http-client",
    "googlebot",
    "httpx",
    "java",
    "l9explore",
    "l9tcpid",
    "libwww-perl",
    "masscan",
    "mozilla",
    "nikto",
    "nmap",
    "node-fetch",
    "nuclei",
    "okhttp",
    "opera",
    "postmanruntime",
    "python",
    "python-requests",
    "python-urllib",
    "ruby",
    "sqlmap",
    "wget",
    "wordpress",
    "wpscan",
    "zgrab",
];

/// The name of a common program, without its version and what it says beside; others are hidden.
pub(super) fn agent(text: &str) -> String {
    if matches!(text, "" | "-" | "(other)") {
        return text.to_owned();
    }
    let end = text.find(['/', ' ', '(', ';']).unwrap_or(text.len());
    let name = &text[..end];
    match AGENTS.binary_search(&name.to_ascii_lowercase().as_str()) {
        Ok(_) => name.to_owned(),
        Err(_) => "(hidden)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        assert!(JAILS.is_sorted() && PARTS.is_sorted() && AGENTS.is_sorted());
    }

    #[test]
    fn a_path_keeps_what_everybody_has() {
        assert_eq!(path("/users/alice/.env"), "/users/*/.env");
        assert_eq!(path("/wp-login.php?user=alice"), "/wp-login.php?*");
        assert_eq!(path("/192.0.2.7/"), "/*/");
        assert_eq!(path("/~alice/WP-Admin"), "/*/WP-Admin");
    }

    #[test]
    fn an_agent_is_a_common_program_or_hidden() {
        assert_eq!(agent("Mozilla/5.0 (X11; alice-laptop)"), "Mozilla");
        assert_eq!(agent("python-requests/2.31"), "python-requests");
        assert_eq!(agent("alice@example.com"), "(hidden)");
    }
}

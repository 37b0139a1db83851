//! What fail2ban says that is not about an address' fate: beginnings of its messages, from 0.8 to 1.1.

/// Loggers that write what programs print or what was to be run: any text at all.
const FREE_TEXT_LOGGERS: [&str; 5] = [
    "fail2ban.utils",
    "fail2ban.actions.action",
    "fail2ban.action",
    "fail2ban.CommandAction",
    "fail2ban.asyncserver",
];

/// Messages that begin like this are known, whoever logs them.
const KNOWN: &[&str] = &[
    // server.py
    "--------",
    "Starting Fail2ban",
    "Start Fail2ban",
    "Starting in daemon mode",
    "Daemon started",
    "Changed logging target to ",
    "Logging to previous target",
    "rollover performed on ",
    "flush performed on ",
    "Stopping all jails",
    "Shutdown in progress",
    "Exiting Fail2ban",
    "Caught signal ",
    "Reload ",
    "Restart ",
    "Removed PID file ",
    "Set ",
    "Setting ",
    "Using ",
    "Created ",
    "Add ",
    "Adding ",
    "Remove ",
    "Removing ",
    "Updat",
    "Syslog socket file",
    "Syslog socket is",
    "Fail2ban seems to be ",
    "Forcing execution of the server",
    "Loaded jails",
    "Server already running",
    "Server ready",
    "There is no directory ",
    "New thread stack size",
    "Thread ",
    // jail.py
    "Creating new jail ",
    "Jail ",
    "Initiated ",
    "Could only initiated ",
    "Backend ",
    "Restore ticket failed",
    "Restore bans failed",
    "Stop ",
    "ban time increment is not available",
    "date pattern ",
    // filter*.py
    "Added logfile",
    "Removed logfile",
    "Added journal match",
    "Removed journal match",
    "maxRetry:",
    "maxLines:",
    "findtime:",
    "banTime:",
    "encoding:",
    "usedns:",
    "logfile:",
    "ignoreip:",
    "datepattern:",
    "failregex:",
    "prefregex:",
    "jail operation ",
    "Log ",
    "Logfile ",
    "Unable to ",
    "Error ",
    "Consider setting logencoding",
    "Determined IP using DNS Lookup",
    "Determine IP ",
    "Retrieving own ",
    "Ignore duplicate ",
    "Ignore line",
    "Cannot remove regular expression",
    "Incorrect value ",
    "findFailure failed ",
    "Failed to ",
    "Found a match ",
    "Found no accessible config",
    "Match without a timestamp",
    "Please try setting a custom date pattern",
    "Please check ",
    "Detected a log entry",
    "Ignoring all log entries older",
    "Simulate NOW ",
    "Too many errors",
    "Internal error ",
    "Close journal failed",
    "Caught unhandled exception",
    "Unhandled exception",
    "Gamin ",
    "Files monitored",
    "No file is ",
    "No such file",
    "No file(s) found",
    "No filter set",
    "No actions were defined",
    "No data from ",
    "File ",
    "Have not found any log file",
    "[Errno ",
    "No module named ",
    "Monitor",
    // actions.py, action.py, banmanager.py
    "Invariant check failed",
    "No flush occurred",
    "Flush ban list",
    "Unsupported extended jail status",
    "dnspython package ",
    "DNSException ",
    "Unhandled Exception ",
    "Lookup",
    "HINT on ",
    "Actions: ",
    "Action ",
    "Nothing to do",
    "Ban/",
    // observer.py
    "Observer ",
    // database.py
    "Connected to fail2ban persistent database",
    "Connection to database closed",
    "New database created",
    "Database ",
    "Upgrade database",
    "Trying to repair database",
    "Repair seems ",
    "json dumps failed",
    "json loads failed",
    // transmitter.py, asyncserver.py, client
    "Command ",
    "PROTO-error",
    "Server connection was closed",
    "Accept socket error",
    "Too many acceptor errors",
    "dbmaxmatches setting",
    "dbpurgeage setting",
    "Invalid command",
    "Loading files",
    "Loading config",
    "Could not ",
    "Errors in jail ",
    "Wrong ",
    "Initial start attempt failed",
    "Failed during configuration",
    "Exception ",
    "Exiting Fail2Ban",
    "Permission denied to socket",
    "Init jail ",
    "Reading configs for ",
    "Reading config files",
    "Beautif",
    "NOK: ",
    "Total # of detected failures",
    "Received ",
    "Resolv",
    "FailManager",
    "Configuration ",
    "Unexpected ",
    "Unknown ",
    "Traceback ",
    "Sorry but ",
    "'", // a name in quotes: `'findtime' not defined in 'Definition'. Using default one: 600`
    "ERROR ",
    "WARNING ",
    "Deprecated ",
    "DeprecationWarning",
    "Skip ",
    "asyncore: ",
    "bad handler",
    "uncaptured python exception",
    "warning: unhandled ",
];

/// Messages about a jail that begin like this, behind `[JAIL] `.
const KNOWN_OF_JAIL: &[&str] = &[
    "Added journal match",
    "Removed journal match",
    "Jail ",
    "Flush ",
    "IP ",
    "unhandled error in actions thread",
    "Consistency check",
    "Detected a log entry",
    "Please check ",
    "Please try setting ",
    "Ignoring all log entries older",
    "Found a match but no valid date/time",
    "Match without a timestamp",
    "Simulate NOW ",
    "Error ",
    "Unable to ",
    "Failed to ",
    "Invariant check failed",
    "Observer",
    "Expire",
    "Prolong ",
    "Unexpected ",
    "Too many errors",
    "date pattern ",
    "Invalid ",
    "No ",
    "Read systemd journal",
    "Seek to ",
    "Journal ",
    "Log ",
    "Restore ticket",
    "Restored ",
    "maxRetry",
    "findtime",
    "Backend ",
    "Monitor",
    "Using ",
    "Set ",
    "Wait ",
];

/// Tells whether a message is free text: the output of a program, or the command that fail2ban ran.
pub(super) fn is_free_text(logger: &str, text: &str) -> bool {
    FREE_TEXT_LOGGERS.contains(&logger) || logger.starts_with("fail2ban.plugin") || is_command(text)
}

/// `7f2b5c0e9d30 -- exec: iptables …`, ` -- stderr: …`, `iptables … returned 100`, ` ... -- failed to read stdout`.
fn is_command(text: &str) -> bool {
    let (first, rest) = crate::text::split_blank(text).unwrap_or((text, ""));
    if rest.starts_with("-- ") && !first.is_empty() {
        return first == "..." || first.bytes().all(|b| b.is_ascii_hexdigit());
    }
    [
        "iptables",
        "ip6tables",
        "ipset",
        "nft",
        "ufw",
        "firewall-cmd",
        "printf",
        "echo",
        "pfctl",
        "ipfw",
        "shorewall",
        "route",
        "sendmail",
        "mail",
    ]
    .contains(&first)
        || (!text.starts_with('[')
            && text.rsplit_once(" returned ").is_some_and(|(_, code)| {
                code.len() <= 4 && code.bytes().all(|b| b.is_ascii_hexdigit())
            }))
}

/// Tells whether a message without a jail in front is known.
pub(super) fn is_known(text: &str) -> bool {
    KNOWN.iter().any(|known| text.starts_with(known))
}

/// Tells whether what is said of a jail is known.
pub(super) fn is_known_of_jail(said: &str) -> bool {
    KNOWN_OF_JAIL.iter().any(|known| said.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_phrase_hides_another() {
        for table in [KNOWN, KNOWN_OF_JAIL] {
            for (at, phrase) in table.iter().enumerate() {
                let hidden = table
                    .iter()
                    .enumerate()
                    .find(|(other, beginning)| *other != at && phrase.starts_with(**beginning));
                assert_eq!(hidden, None, "{phrase}");
            }
        }
    }

    #[test]
    fn no_phrase_hides_a_verb() {
        for verb in [
            "Ban ",
            "Unban ",
            "Restore Ban ",
            "Reban ",
            "Found 1",
            "Attempt ",
            "Increase Ban ",
            "Ignore 1",
        ] {
            assert!(!is_known(verb) && !is_known_of_jail(verb), "{verb}");
        }
    }
}

//! Records of fail2ban.log that span lines.
//!
//! fail2ban writes what a command printed, and the command itself, as it is (`fail2ban/server/utils.py`, `executeCmd`): a mail
//! that quotes lines of other logs stands there line by line, and each of them looks like a record of its own. A record goes on
//! to the next line that begins one.
//!
//! ```text
//! 2026-01-01 00:00:01,100 fail2ban.utils           [1]: ERROR   7f39a0 -- exec: printf %b "Subject: banned 192.0.2.3
//! Jan  1 00:00:00 leaf sshd[2102]: Accepted password for root from 198.51.100.66 port 40100 ssh2
//! Regards," | /usr/sbin/sendmail root
//! ```
//!
//! # Not supported
//!
//! A quoted line of another fail2ban.log: nothing tells it from the next record.

use super::fail2ban_log;
use rapsheet_schema::Stamp;

/// Tells whether a line begins a record: date, logger and process.
#[must_use]
pub fn begins(line: &str) -> bool {
    fail2ban_log::open(line.trim_start_matches(' '))
        .is_some_and(|(head, _)| head.stamp != Stamp::Absent)
}

/// Tells whether further lines of a record may follow this line, which begins one: it holds what a program printed, what it
/// was told to do, or a cause.
#[must_use]
pub fn may_go_on(line: &str) -> bool {
    let opened = fail2ban_log::open(line.trim_start_matches(' '));
    opened.is_some_and(|(head, message)| {
        head.stamp != Stamp::Absent
            && fail2ban_log::is_free_text(head.program.unwrap_or_default(), message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_goes_on_to_the_next() {
        let error = "2026-01-01 00:00:01,100 fail2ban.utils           [1]: ERROR   7f39a0 -- exec: printf %b \"Subject: x";
        assert!(begins(error) && may_go_on(error));
        for line in [
            "2026-01-01 00:00:01,100 fail2ban.actions         [1]: ERROR   Failed to execute ban jail 'sshd' action 'x' info",
            "2026-01-01 00:00:01,100 fail2ban.action          [1]: ERROR   printf %b \"Subject: x",
        ] {
            assert!(begins(line) && may_go_on(line), "{line}");
        }
        let ban =
            "2026-01-01 00:00:01,000 fail2ban.actions         [1]: NOTICE  [sshd] Ban 192.0.2.3";
        assert!(begins(ban) && !may_go_on(ban));
        for line in [
            "Hi,",
            "Jan  1 00:00:00 leaf sshd[2102]: Accepted password for root from 192.0.2.3 port 40100 ssh2",
            "192.0.2.77 - - [01/Jan/2026:00:00:00 +0000] \"GET /.env HTTP/1.1\" 404 1 \"-\" \"x\"",
            "",
        ] {
            assert!(!begins(line) && !may_go_on(line), "{line}");
        }
    }
}

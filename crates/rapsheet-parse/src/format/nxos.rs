//! The head of Cisco's NX-OS, whose sshd is OpenSSH: the program stands at the end of the line.
//!
//! Cisco: *NX-OS System Messages Reference*, `%DAEMON-3-SYSTEM_MSG`.
//!
//! ```text
//! 2026 Feb  6 09:35:02.059 CET: %DAEMON-3-SYSTEM_MSG: error: PAM: Authentication failure for root from 192.0.2.1 - dcos_sshd[27487]
//! ```
//!
//! # Not supported
//!
//! Messages of the switch's own (`%AUTHPRIV-…`) and of IOS (`%SEC_LOGIN-…`).

use crate::format::syslog;
use crate::line::Head;
use crate::text::{digits, rsplit_word, split_word};

/// Takes head and tag off.
pub(crate) fn open(line: &str) -> Option<(Head<'_>, &str)> {
    const MARK: &str = "-SYSTEM_MSG: ";
    // Nearly every line ends otherwise.
    let (before, tag) = rsplit_word(line.strip_suffix(']')?, " ")?;
    let (name, pid) = tag.split_once('[')?;
    let before = before.strip_suffix(" -")?;
    let program = name.strip_prefix("dcos_").unwrap_or(name);
    if program != "sshd" {
        return None;
    }
    let process_pid = Some(digits(pid.as_bytes())?);
    let (front, message) = split_word(before, MARK)?;
    // What a client chose stands behind the mark, so its first place is the switch's.
    let (front, facility) = rsplit_word(front, " %")?;
    if facility.contains(' ') {
        return None;
    }
    let (host_name, stamp) = syslog::open_switch(front)?;
    let head = Head {
        stamp,
        host_name,
        program: Some(program),
        process_pid,
        piece: None,
    };
    Some((head, message))
}

//! Straight from the journal: `journalctl` as a subprocess, one JSON object a line.

use std::io::Read;
use std::process::{Child, Command, Stdio};

use crate::fault::Fault;

/// The fields that are read; the rest of the journal's is not asked for.
const FIELDS: &str = "MESSAGE,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_HOSTNAME,_COMM,_UID";
/// The programs whose lines are read.
const IDENTIFIERS: &[&str] = &[
    "sshd",
    "sshd-session",
    "sshd-auth",
    "fail2ban-server",
    "fail2ban",
    "nginx",
    "httpd",
    "apache2",
];

/// A running `journalctl`.
pub(crate) struct Journal {
    child: Child,
}

impl Journal {
    /// Starts `journalctl`.
    pub(crate) fn open() -> Result<(Self, Box<dyn Read + Send>), Fault> {
        let mut command = Command::new("journalctl");
        command.args([
            "--output=json",
            "--no-pager",
            "--quiet",
            "--output-fields",
            FIELDS,
        ]);
        for identifier in IDENTIFIERS {
            command.arg("--identifier").arg(identifier);
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Fault::Journal {
                cause: error.to_string(),
            })?;
        let stdout = child.stdout.take().ok_or_else(|| Fault::Journal {
            cause: "it has no output".to_owned(),
        })?;
        Ok((Self { child }, Box::new(stdout)))
    }

    /// Waits for its end; returns the fault that it ended with.
    pub(crate) fn finish(mut self) -> Option<Fault> {
        let mut said = String::new();
        if let Some(stderr) = self.child.stderr.take() {
            let _ = stderr.take(4096).read_to_string(&mut said);
        }
        match self.child.wait() {
            Ok(status) if status.success() => None,
            Ok(status) => {
                let cause = said
                    .lines()
                    .next()
                    .map_or_else(|| status.to_string(), str::to_owned);
                Some(Fault::Journal { cause })
            }
            Err(error) => Some(Fault::Journal {
                cause: error.to_string(),
            }),
        }
    }
}

/// Whether this machine has a `journalctl`.
#[must_use]
pub fn has_journal() -> bool {
    Command::new("journalctl")
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

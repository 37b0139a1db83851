//! Straight from the journal: `journalctl` as a subprocess, one JSON object a line.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use rapsheet_schema::Dataset;

use crate::fault::Fault;

/// The fields that are read; the rest of the journal's is not asked for.
const FIELDS: &str = "MESSAGE,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_HOSTNAME,_COMM,_UID";
/// How much of what it complains about is kept.
const MOST_COMPLAINTS: u64 = 4096;

/// A running `journalctl`.
pub(crate) struct Journal {
    child: Child,
    /// What it complains about is read beside its output: it waits while nobody takes that from it.
    complaints: Option<JoinHandle<String>>,
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
        let descriptors = Dataset::ALL.iter().map(|dataset| dataset.descriptor());
        let identifiers: BTreeSet<_> = descriptors.flat_map(|known| known.identifiers).collect();
        for identifier in identifiers {
            command.arg("--identifier").arg(identifier);
        }
        Self::start(&mut command)
    }

    fn start(command: &mut Command) -> Result<(Self, Box<dyn Read + Send>), Fault> {
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
        let complaints = child
            .stderr
            .take()
            .map(|stderr| std::thread::spawn(move || beginning_of(stderr)));
        Ok((Self { child, complaints }, Box::new(stdout)))
    }

    /// Waits for its end; returns the fault that it ended with.
    pub(crate) fn finish(mut self) -> Option<Fault> {
        let complaints = self.complaints.take().map(JoinHandle::join);
        let said = complaints.and_then(Result::ok).unwrap_or_default();
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

/// Reads to the end and keeps the beginning.
fn beginning_of(mut stream: impl Read) -> String {
    let mut kept = Vec::new();
    let _ = stream.by_ref().take(MOST_COMPLAINTS).read_to_end(&mut kept);
    let _ = io::copy(&mut stream, &mut io::sink());
    String::from_utf8_lossy(&kept).into_owned()
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn complaints_that_fill_a_pipe_stop_nothing() {
        let script =
            "head -c 500000 /dev/zero | tr '\\0' '\\n' >&2; echo one; echo bad >&2; exit 1";
        let mut command = Command::new("sh");
        let (journal, mut stdout) = Journal::start(command.args(["-c", script])).unwrap();
        let mut read = String::new();
        stdout.read_to_string(&mut read).unwrap();
        assert_eq!(read, "one\n");
        assert!(journal.finish().is_some());
        let script = "echo no journal >&2; exit 1";
        let mut command = Command::new("sh");
        let (journal, _stdout) = Journal::start(command.args(["-c", script])).unwrap();
        let fault = journal.finish().unwrap();
        assert_eq!(fault.to_string(), "journalctl failed: no journal");
    }
}

//! The envelope of Kubernetes' container runtimes (containerd, CRI-O): time, stream and a tag before each line.
//!
//! Kubernetes: <https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md>,
//! `pkg/kubelet/kuberuntime/logs/logs.go`.
//!
//! ```text
//! 2025-10-10T11:55:36.123456789Z stdout F 192.0.2.7 - - […] "GET / HTTP/1.1" 200 5
//! ```
//!
//! # Not supported
//!
//! Pieces of a long line (tag `P`) are not put together here: the first is read as a line that was cut, and the head says
//! that it goes on, so that the reader puts them together ([`crate::open_envelope`]), or takes no other piece for a line of its
//! own.

use crate::format::web_time;
use crate::line::{Arena, Head, Piece};

/// Opens the envelope: the time at which the runtime got the line, and the line.
pub(crate) fn open<'a>(line: &'a str, _arena: &'a Arena) -> Option<(Head<'a>, &'a str)> {
    let bytes = line.as_bytes();
    if bytes.len() < 30 || !bytes[0].is_ascii_digit() || bytes[10] != b'T' {
        return None;
    }
    let space = memchr::memchr(b' ', &bytes[..40.min(bytes.len())])?;
    let behind = &line[space + 1..];
    let (is_stderr, behind) = match behind.strip_prefix("stdout ") {
        Some(behind) => (false, behind),
        None => (true, behind.strip_prefix("stderr ")?),
    };
    let (tags, inner) = behind.split_once(' ').unwrap_or((behind, ""));
    // Tags may be followed by more tags, split by colons.
    if !matches!(tags.split(':').next(), Some("F" | "P")) {
        return None;
    }
    let head = Head {
        stamp: web_time::iso(&line[..space])?,
        piece: Some(Piece {
            is_stderr,
            goes_on: tags.starts_with('P'),
            has_break: !tags.starts_with('P'),
        }),
        ..Head::default()
    };
    Some((head, inner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapsheet_schema::Stamp;

    #[test]
    fn opens_the_runtimes_envelope_and_no_other() {
        let arena = Arena::new();
        let line = "2025-10-10T11:55:36.500000000Z stderr F 2025/10/10 11:55:36 [notice] 1#1: x";
        let (head, inner) = open(line, &arena).unwrap();
        assert_eq!(inner, "2025/10/10 11:55:36 [notice] 1#1: x");
        assert_eq!(head.stamp, Stamp::Utc(1_760_097_336_500_000));
        assert_eq!(
            open("2025-10-10T13:55:36.5+02:00 stdout P:x part", &arena)
                .unwrap()
                .1,
            "part"
        );
        assert_eq!(
            open("2025-10-10T11:55:36.5Z stdlog F xxxxxxxxxxxxxx", &arena),
            None
        );
        assert_eq!(
            open("2025-10-10T11:55:36.5Z stdout X xxxxxxxxxxxxxx", &arena),
            None
        );
        assert_eq!(
            open(
                "2025-10-10T11:55:36.123456 host sshd[1]: Connection",
                &arena
            ),
            None
        );
    }
}

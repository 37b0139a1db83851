//! Docker's `json-file` envelope: one JSON object around each line that a container wrote.
//!
//! Docker: <https://docs.docker.com/engine/logging/drivers/json-file/>, `daemon/logger/jsonfilelog`.
//!
//! ```text
//! {"log":"192.0.2.7 - - […] \"GET / HTTP/1.1\" 200 5\n","stream":"stdout","time":"2025-10-10T11:55:36.123456789Z"}
//! ```
//!
//! # Not supported
//!
//! A line of more than 16 KiB, which Docker cuts, is not put together here: the first piece is read as a line that was cut,
//! and the head says that it goes on, so that the reader puts the pieces together ([`crate::open_envelope`]), or takes no
//! other piece for a line of its own. sshd's lines on the standard output, where `docker run -t` puts both streams.

use std::borrow::Cow;

use serde::Deserialize;

use crate::format::web_time;
use crate::line::{Arena, Head, Piece};

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow, default)]
    stream: Cow<'a, str>,
}

/// The least that a piece of a line has. Docker's have 16 KiB; a short line without a line break is one whose container
/// ended, or went through a shipper that took it off.
const PIECE_BYTES: usize = 4096;

/// Opens the envelope: the time at which Docker got the line, and the line.
pub(crate) fn open<'a>(line: &'a str, arena: &'a Arena) -> Option<(Head<'a>, &'a str)> {
    if !line.starts_with('{') || memchr::memmem::find(line.as_bytes(), b"\"log\":").is_none() {
        return None;
    }
    let envelope: Envelope<'_> = serde_json::from_str(line).ok()?;
    let inner: &'a str = match envelope.log {
        Cow::Borrowed(text) => text,
        Cow::Owned(text) => arena.alloc_str(&text),
    };
    let head = Head {
        stamp: web_time::iso(&envelope.time)?,
        piece: Some(Piece {
            is_stderr: envelope.stream == "stderr",
            goes_on: inner.len() >= PIECE_BYTES && !inner.ends_with('\n'),
            has_break: inner.ends_with('\n'),
        }),
        ..Head::default()
    };
    Some((head, inner.trim_end_matches(['\n', '\r'])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapsheet_schema::Stamp;

    #[test]
    fn opens_dockers_envelope_and_no_other() {
        let arena = Arena::new();
        let line = r#"{"log":"say \"hi\"\n","stream":"stdout","time":"2025-10-10T11:55:36.5Z"}"#;
        let (head, inner) = open(line, &arena).unwrap();
        assert_eq!(inner, "say \"hi\"");
        assert_eq!(head.stamp, Stamp::Utc(1_760_097_336_500_000));
        assert_eq!(
            open(r#"{"message":"x","time":"2025-10-10T11:55:36Z"}"#, &arena),
            None
        );
        assert_eq!(open(r#"{"log":"x","time":"yesterday"}"#, &arena), None);
        assert_eq!(open(r#"{"log":"x","#, &arena), None);
        assert_eq!(open("log", &arena), None);
    }
}

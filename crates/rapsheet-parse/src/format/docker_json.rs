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
//! A line of more than 16 KiB that Docker cut in pieces is not put together: each piece is a line.

use std::borrow::Cow;

use serde::Deserialize;

use crate::format::web_time;
use crate::line::{Arena, Head};

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
}

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

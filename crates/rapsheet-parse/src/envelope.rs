//! The doors for a line that is a piece of something: what stands around it is taken off, so that a reader can put pieces
//! together and hand in the whole.

use crate::format;
use crate::line::{Arena, Head, Line, parse_enclosed};

/// What stands around a line, and the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Enclosed<'a> {
    /// What the envelope says: the time, and for a container's line whether it is a piece.
    pub head: Head<'a>,
    /// The line without its envelope and its line break.
    pub inner: &'a str,
    /// The file that grep names before its lines; empty where it prints their numbers alone. `None` behind other envelopes.
    pub grep_path: Option<&'a str>,
}

/// Takes a container's envelope (Docker's JSON, CRI) or grep's prefix off; `None` where there is neither.
///
/// Pieces of a long line, and lines of a record of nginx's that spans some ([`crate::nginx_record`]), are put together from what
/// this returns, and read with [`parse_inner`].
#[must_use]
pub fn open_envelope<'a>(line: &'a str, arena: &'a Arena) -> Option<Enclosed<'a>> {
    let container =
        format::docker_json::open(line, arena).or_else(|| format::cri::open(line, arena));
    if let Some((head, inner)) = container {
        return Some(Enclosed {
            head,
            inner,
            grep_path: None,
        });
    }
    let (path, inner) = format::grep::strip_grep_prefix(line)?;
    Some(Enclosed {
        head: Head::default(),
        inner,
        grep_path: Some(path),
    })
}

/// Takes grep's prefix off a further line of a record, whose beginning gave `path` ([`Enclosed::grep_path`]): such a line doesn't
/// look like a log's.
#[must_use]
pub fn strip_grep_path<'a>(line: &'a str, path: &str) -> Option<&'a str> {
    format::grep::strip_path(line, path)
}

/// Reads what was put together from the insides of envelopes; `head` is that of the first of them.
#[must_use]
pub fn parse_inner<'a>(head: Head<'a>, text: &'a str, arena: &'a Arena) -> Line<'a> {
    parse_enclosed(head, text, arena, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{Reading, parse_line};

    #[test]
    fn pieces_put_together_are_one_line() {
        let arena = Arena::new();
        for [first, second] in [
            [
                "2021-10-09T01:55:52.526852807+03:00 stdout P 192.0.2.15 - - [08/Oct/2021:22:55:52 +0000] \"GET /wp-login.php?q=AAAA",
                "2021-10-09T01:55:52.526950000+03:00 stdout F 198.51.100.23 HTTP/1.1\" 404 153 \"-\" \"curl\" \"-\"",
            ],
            [
                r#"{"log":"192.0.2.15 - - [08/Oct/2021:22:55:52 +0000] \"GET /wp-login.php?q=AAAA","stream":"stdout","time":"2021-10-08T23:00:00.1Z"}"#,
                r#"{"log":"198.51.100.23 HTTP/1.1\" 404 153 \"-\" \"curl\" \"-\"\n","stream":"stdout","time":"2021-10-08T23:00:00.2Z"}"#,
            ],
        ] {
            let begin = open_envelope(first, &arena).unwrap();
            let end = open_envelope(second, &arena).unwrap();
            let (begin_piece, end_piece) = (begin.head.piece.unwrap(), end.head.piece.unwrap());
            assert!(!begin_piece.has_break && end_piece.has_break);
            let whole = format!("{}{}", begin.inner, end.inner);
            let line = parse_inner(begin.head, &whole, &arena);
            let Reading::Event(event) = line.reading else {
                panic!("{line:?}");
            };
            assert_eq!(
                event.http.unwrap().http_response_status_code,
                Some(404),
                "{whole}"
            );
            assert_eq!(event.source_ip.unwrap().to_string(), "192.0.2.15");
        }
    }

    #[test]
    fn a_record_of_several_lines_is_found_behind_envelopes() {
        let arena = Arena::new();
        let record = [
            "2025/04/07 20:21:45 [error] 16234#0: *88661 FastCGI sent in stderr: \"PHP message: x",
            "Stack trace:",
            "  thrown in /x.php on line 19\" while reading response header from upstream, client: 192.0.2.117, server: a.example, request: \"GET /wp-login.php HTTP/2.0\", host: \"a.example\"",
        ];
        let whole = record.join("\n");
        for prefix in [
            "2021-10-09T01:55:52.526852807Z stderr F ",
            "/var/log/nginx/error.log:",
        ] {
            let first = format!("{prefix}{}", record[0]);
            let opened = open_envelope(&first, &arena).unwrap();
            assert!(crate::nginx_record::begins(opened.inner), "{first}");
            if let Some(path) = opened.grep_path {
                for more in ["", "12:", "12-"] {
                    let separator = if more.ends_with('-') { '-' } else { ':' };
                    let line = format!("{path}{separator}{more}{}", record[1]);
                    assert_eq!(strip_grep_path(&line, path), Some(record[1]), "{line}");
                }
                assert_eq!(strip_grep_path("other.log:Stack trace:", path), None);
            }
            let line = parse_inner(opened.head, &whole, &arena);
            assert!(matches!(line.reading, Reading::Event(_)), "{line:?}");
        }
    }

    #[test]
    fn a_whole_line_reads_the_same_either_way() {
        let arena = Arena::new();
        for line in [
            r#"{"log":"Accepted password for root from 192.0.2.7 port 40022 ssh2\r\n","stream":"stderr","time":"2021-01-20T09:15:08.2Z"}"#,
            "2021-01-20T09:15:08.2000000Z stdout F 192.0.2.15 - - [08/Oct/2021:22:55:52 +0000] \"GET / HTTP/1.1\" 404 153",
            "auth.log:Oct 12 12:36:01 leaf sshd[15919]: Failed password for root from 192.0.2.7 port 40022 ssh2",
        ] {
            let opened = open_envelope(line, &arena).unwrap();
            assert_eq!(
                parse_inner(opened.head, opened.inner, &arena),
                parse_line(line, &arena)
            );
        }
        assert_eq!(
            open_envelope("Oct 12 12:36:01 leaf sshd[1]: x", &arena),
            None
        );
    }
}

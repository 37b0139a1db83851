//! Pieces of containers' lines are put together, and so are records of nginx's behind envelopes, wherever a run of lines ends.

use std::fmt::Write as _;

use crate::facts::facts;
use crate::settling::{read, write};

fn docker(inner: &str, stream: &str, nanos: u32) -> String {
    let log = serde_json::to_string(inner).unwrap();
    format!(
        "{{\"log\":{log},\"stream\":\"{stream}\",\"time\":\"2026-11-20T09:00:00.{nanos:09}Z\"}}\n"
    )
}

fn cri(inner: &str, stream: &str, tag: &str) -> String {
    format!("2026-11-20T09:00:00.5Z {stream} {tag} {inner}\n")
}

/// What the files' events say.
fn told(name: &str, text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join(name), text);
    let gathered = read(folder.path(), &[name]);
    let (lines, events, understood, unknown) = gathered.coverage.totals();
    assert_eq!(lines, events + understood + unknown);
    facts(
        &gathered,
        &["source_ip", "http_response_status_code", "event_dataset"],
    )
}

const BEGIN: &str = "192.0.2.15 - - [20/Nov/2026:09:00:00 +0000] \"GET /wp-login.php?q=AAAA";
const END: &str = "198.51.100.23 - - [20/Nov/2026:09:00:00 +0000] \\x22GET / HTTP/1.1\\x22 200 1 HTTP/1.1\" 404 153 \"-\" \"curl\"";
const ERROR: &str = "2026/11/20 09:00:00 [error] 31#31: *7 access forbidden by rule, client: 192.0.2.16, server: x, request: \"GET /.env HTTP/1.1\", host: \"x\"";

#[test]
fn pieces_of_a_line_are_one_request() {
    let whole =
        "192.0.2.17 - - [20/Nov/2026:09:00:01 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"curl\"";
    let expected = [
        "192.0.2.15 404 web.access",
        "192.0.2.16 - nginx.error",
        "192.0.2.17 200 web.access",
    ]
    .map(|row| row.replace("web.", "nginx."));
    let text = cri(BEGIN, "stdout", "P")
        + &cri(ERROR, "stderr", "F")
        + &cri(END, "stdout", "F")
        + &cri(whole, "stdout", "F");
    assert_eq!(told("0.log", &text), expected);
    let text = docker(BEGIN, "stdout", 1)
        + &docker(&format!("{ERROR}\n"), "stderr", 2)
        + &docker(&format!("{END}\n"), "stdout", 3)
        + &docker(&format!("{whole}\r\n"), "stdout", 4);
    assert_eq!(told("c0ffee-json.log", &text), expected);
    // Three pieces.
    let (middle, end) = END.split_at(30);
    let text = cri(BEGIN, "stdout", "P") + &cri(middle, "stdout", "P") + &cri(end, "stdout", "F");
    assert_eq!(told("0.log", &text), ["192.0.2.15 404 web.access"]);
}

#[test]
fn lines_without_breaks_are_lines_where_none_has_one() {
    let whole =
        "192.0.2.17 - - [20/Nov/2026:09:00:01 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"curl\"";
    let text = docker(whole, "stdout", 1) + &docker(whole, "stdout", 2);
    assert_eq!(told("x-json.log", &text).len(), 2);
    // The last line of a container that stopped, and the first of the next.
    let text = docker(&format!("{whole}\n"), "stdout", 1)
        + &docker(whole, "stdout", 2)
        + &docker(&format!("{whole}\n"), "stdout", 3).replace("09:00:00", "11:00:00");
    assert_eq!(told("x-json.log", &text).len(), 3);
}

const RECORD: [&str; 3] = [
    "2026/11/20 09:00:00 [error] 16234#0: *88661 FastCGI sent in stderr: \"PHP message: PHP Fatal error:  x",
    "Stack trace:",
    "  thrown in /x.php on line 19\" while reading response header from upstream, client: 192.0.2.117, server: a.example, request: \"GET /wp-login.php HTTP/2.0\", upstream: \"fastcgi://unix:/s:\", host: \"a.example\"",
];

#[test]
fn records_of_several_lines_are_found_behind_envelopes() {
    let access =
        "192.0.2.17 - - [20/Nov/2026:09:00:01 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"curl\"";
    let (mut in_docker, mut in_cri, mut in_grep) = (String::new(), String::new(), String::new());
    for line in RECORD {
        in_docker += &docker(&format!("{line}\n"), "stderr", 1);
        in_docker += &docker(&format!("{access}\n"), "stdout", 2);
        in_cri += &cri(line, "stderr", "F");
        let _ = writeln!(in_grep, "/var/log/nginx/error.log:{line}");
    }
    assert_eq!(
        told("x-json.log", &in_docker)[0],
        "192.0.2.117 - nginx.error"
    );
    assert_eq!(told("x-json.log", &in_docker).len(), 4);
    assert_eq!(told("0.log", &in_cri), ["192.0.2.117 - nginx.error"]);
    assert_eq!(told("found.txt", &in_grep), ["192.0.2.117 - nginx.error"]);
}

#[test]
fn no_run_of_lines_ends_within_what_belongs_together() {
    let filler = "x".repeat(180);
    let (mut text, mut records) = (String::new(), 0_u32);
    for number in 0..9000_u32 {
        text += &docker(&BEGIN.replace("AAAA", &filler), "stdout", number);
        if number % 3 == 0 {
            records += 1;
            for line in RECORD {
                text += &docker(&format!("{line}\n"), "stderr", number);
            }
        }
        text += &docker(&format!("{END}\n"), "stdout", number);
    }
    assert!(text.len() > 5 * 768 * 1024, "{}", text.len());
    let told = told("x-json.log", &text);
    let requests = told
        .iter()
        .filter(|row| row.starts_with("192.0.2.15 404"))
        .count();
    let errors = told
        .iter()
        .filter(|row| row.starts_with("192.0.2.117"))
        .count();
    assert_eq!((requests, errors), (9000, records as usize));
    assert_eq!(told.len(), requests + errors);
}

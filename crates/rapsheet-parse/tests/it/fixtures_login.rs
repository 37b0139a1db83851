//! The fixtures of other SSH servers than OpenSSH, and of the envelopes that sshd's lines come in: one snapshot each.
//!
//! In `framing/`, 203.0.113.9 is the innocent address that somebody tries to frame.

use std::fmt::Write as _;
use std::path::Path;

use rapsheet_parse::{Arena, Reading, Understood, parse_line, tells_of_login};
use rapsheet_schema::Outcome;

const INNOCENT: &str = "203.0.113.9";

fn check(kind: &str, reading: &Reading<'_>, line: &str) {
    let fits = match (kind, reading) {
        ("event", Reading::Event(_))
        | ("ignored", Reading::Understood(_))
        | ("unknown", Reading::Unknown) => true,
        ("framing", Reading::Event(event)) => {
            let ip = event.source_ip.map(|ip| ip.to_string());
            ip.as_deref() != Some(INNOCENT) && event.event_outcome != Outcome::Success
        }
        ("framing", Reading::Understood(Understood::Connection(ip, _))) => {
            ip.to_string() != INNOCENT
        }
        ("framing", _) => true,
        _ => false,
    };
    assert!(fits, "{kind}: {line}\n{reading:?}");
}

/// Writes what an event says, without what it leaves out.
fn shown(reading: &Reading<'_>) -> String {
    let Reading::Event(event) = reading else {
        return format!("{reading:?}");
    };
    let mut text = format!(
        "{} {} {} attempts={} teller={:?}",
        event.event_dataset, event.event_action, event.event_outcome, event.attempts, event.teller
    );
    let fields = [
        ("reason", event.reason.map(|reason| reason.to_string())),
        ("ip", event.source_ip.map(|ip| ip.to_string())),
        ("port", event.source_port.map(|port| port.to_string())),
        ("domain", event.source_domain.map(str::to_owned)),
        ("user", event.user_name.map(|user| format!("{user:?}"))),
        ("exists", event.user_exists.map(|exists| exists.to_string())),
        ("method", event.openssh_auth_method.map(str::to_owned)),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            write!(text, " {name}={value}").unwrap();
        }
    }
    text
}

fn check_all(format: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(format);
    for kind in ["event", "ignored", "unknown", "framing"] {
        let mut paths: Vec<_> = std::fs::read_dir(root.join(kind))
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        paths.sort();
        assert!(!paths.is_empty(), "{format} has no fixture of {kind}");
        for path in paths {
            let text = std::fs::read_to_string(&path).unwrap();
            let arena = Arena::new();
            let mut out = String::new();
            for line in text.lines() {
                let read = parse_line(line, &arena);
                check(kind, &read.reading, line);
                let head = read.head;
                writeln!(
                    out,
                    "{line}\n  {:?} host={:?} program={:?} pid={:?}\n  {}",
                    head.stamp,
                    head.host_name,
                    head.program,
                    head.process_pid,
                    shown(&read.reading)
                )
                .unwrap();
            }
            let stem = path.file_stem().unwrap().to_str().unwrap();
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(format!("{format}__{kind}__{stem}"), out);
            });
        }
    }
}

#[test]
fn dropbear_auth() {
    check_all("dropbear_auth");
}

#[test]
fn svlogd() {
    check_all("svlogd");
}

#[test]
fn nxos() {
    check_all("nxos");
}

#[test]
fn lines_that_end_anywhere_do_no_harm() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let arena = Arena::new();
    for format in [
        "openssh_auth",
        "dropbear_auth",
        "svlogd",
        "nxos",
        "fail2ban_log",
    ] {
        for kind in ["event", "ignored", "unknown", "framing"] {
            for file in std::fs::read_dir(root.join(format).join(kind)).unwrap() {
                let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
                for line in text.lines().filter(|line| line.len() < 300) {
                    for end in (0..line.len()).filter(|end| line.is_char_boundary(*end)) {
                        let _ = parse_line(&line[..end], &arena);
                        let _ = tells_of_login(&line[..end]);
                    }
                }
            }
        }
    }
}

/// Whatever a fixture calls a login has the words by which an unread line is told to be one.
#[test]
fn every_login_has_the_words_of_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut logins = 0;
    for format in ["openssh_auth", "dropbear_auth", "svlogd", "nxos"] {
        for file in std::fs::read_dir(root.join(format).join("event")).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let arena = Arena::new();
            for line in text.lines() {
                if let Reading::Event(event) = parse_line(line, &arena).reading
                    && event.event_action == rapsheet_schema::Action::Login
                    && event.event_outcome == Outcome::Success
                    && line.contains(" from ")
                {
                    assert!(tells_of_login(line), "{line}");
                    logins += 1;
                }
            }
        }
    }
    assert!(logins > 10, "{logins}");
}

#[test]
fn months_of_other_languages_are_read() {
    let arena = Arena::new();
    let message = "sshd[37240]: Accepted password for root from 192.0.2.7 port 4242 ssh2";
    for (month, number) in [
        ("мар", 3),
        ("ноя", 11),
        ("paź", 10),
        ("říj", 10),
        ("Ağu", 8),
        ("3月", 3),
        ("12月", 12),
        ("1월", 1),
        ("févr.", 2),
        ("okt", 10),
    ] {
        let line = format!("{month} 02 10:53:25 leaf {message}");
        let read = parse_line(&line, &arena);
        assert!(matches!(read.reading, Reading::Event(_)), "{line}");
        assert_eq!(read.head.host_name, Some("leaf"), "{line}");
        assert!(
            matches!(read.head.stamp, rapsheet_schema::Stamp::Yearless { month, day: 2, .. } if month == number),
            "{line}: {:?}",
            read.head.stamp
        );
    }
}

#[test]
fn a_record_of_json_seq_is_a_record() {
    let arena = Arena::new();
    let line = concat!(
        "\u{1e}{\"__REALTIME_TIMESTAMP\":\"1413117361000137\",\"_HOSTNAME\":\"leaf\",\"SYSLOG_IDENTIFIER\":\"sshd\",",
        "\"_PID\":\"15919\",\"MESSAGE\":\"Accepted password for root from 192.0.2.7 port 4242 ssh2\"}"
    );
    let read = parse_line(line, &arena);
    assert_eq!(read, parse_line(&line[1..], &arena));
    assert!(matches!(read.reading, Reading::Event(_)), "{read:?}");
}

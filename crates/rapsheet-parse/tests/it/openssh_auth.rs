//! sshd's messages: one snapshot for each fixture, and what nobody may do to an innocent address.

use std::fmt::Write as _;

use rapsheet_parse::{Arena, Reading, Understood, parse_line};
use rapsheet_schema::{Action, Event, Outcome};

const INNOCENT: &str = "203.0.113.9";

/// Writes what a line says in one line.
fn describe(reading: &Reading<'_>) -> String {
    match reading {
        Reading::Unknown => "unknown".to_owned(),
        Reading::Understood(understood) => format!("{understood:?}"),
        Reading::Event(event) => describe_event(event),
    }
}

fn describe_event(event: &Event<'_>) -> String {
    let mut text = format!("{} {}", event.event_action, event.event_outcome);
    if event.suspicious {
        let reason = event.reason.map_or("", |reason| reason.as_str());
        write!(text, " SUSPICIOUS {reason}").unwrap();
    }
    write!(
        text,
        " attempts={} teller={:?}",
        event.attempts, event.teller
    )
    .unwrap();
    if let Some(ip) = event.source_ip {
        write!(text, " ip={ip}").unwrap();
    }
    if let Some(port) = event.source_port {
        write!(text, " port={port}").unwrap();
    }
    if let Some(domain) = event.source_domain {
        write!(text, " domain={domain}").unwrap();
    }
    if let Some(user) = event.user_name {
        write!(text, " user={user:?}").unwrap();
    }
    if let Some(exists) = event.user_exists {
        write!(text, " exists={exists}").unwrap();
    }
    if let Some(method) = event.openssh_auth_method {
        write!(text, " method={method}").unwrap();
    }
    text
}

fn snapshot(text: &str) -> String {
    let arena = Arena::new();
    text.lines().fold(String::new(), |mut all, line| {
        let parsed = parse_line(line, &arena);
        writeln!(all, "{line}\n    {}", describe(&parsed.reading)).unwrap();
        all
    })
}

#[test]
fn fixtures() {
    insta::glob!("../../fixtures/openssh_auth", "*/*.log", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let folder = path.parent().unwrap().file_name().unwrap();
        let arena = Arena::new();
        for line in text.lines() {
            let reading = parse_line(line, &arena).reading;
            let good = match folder.to_str().unwrap() {
                "event" => matches!(reading, Reading::Event(_)),
                "ignored" => matches!(reading, Reading::Understood(_)),
                "unknown" => matches!(reading, Reading::Unknown),
                _ => true,
            };
            assert!(good, "{line}: {reading:?}");
        }
        insta::assert_snapshot!(snapshot(&text));
    });
}

#[test]
fn no_client_frames_an_innocent_address() {
    let text = include_str!("../../fixtures/openssh_auth/framing/names.log");
    let arena = Arena::new();
    for line in text.lines() {
        assert!(line.contains(INNOCENT), "{line}");
        match parse_line(line, &arena).reading {
            Reading::Event(event) => {
                let ip = event.source_ip.map(|ip| ip.to_string());
                assert!(ip.as_deref() != Some(INNOCENT), "{line}");
                assert!(event.event_outcome != Outcome::Success, "{line}");
                assert!(event.event_action != Action::SessionOpen, "{line}");
            }
            Reading::Understood(Understood::Connection(ip, _)) => {
                assert_ne!(ip.to_string(), INNOCENT, "{line}");
            }
            _ => {}
        }
    }
}

#[test]
fn a_blank_behind_the_level_is_no_first_word() {
    let arena = rapsheet_parse::Arena::new();
    for message in [
        "error:  text",
        "fatal:  ",
        "error:  [preauth]",
        "error:  x [preauth]",
    ] {
        let line = format!("Oct 12 12:36:01 leaf sshd[1]: {message}");
        let _ = rapsheet_parse::parse_line(&line, &arena);
    }
}

#[test]
fn the_short_way_and_the_long_way_agree_on_heads() {
    let arena = rapsheet_parse::Arena::new();
    let message = "Failed password for root from 192.0.2.7 port 40080 ssh2";
    for head in [
        "Oct 12 12:36:01 leaf sshd[15919]: ",
        "oct  2 23:59:60 leaf-1.example.org sshd-session[1]: ",
        "Feb 29 00:00:00 leaf sshd[123456789]: ",
        "Feb 30 00:00:00 leaf sshd[1]: ",
        "Oct 12 12:36:01 2014 leaf sshd[1]: ",
        "Oct 12 24:36:01 leaf sshd[1]: ",
        "Oct 02 12:36:01 leaf auth.info sshd[1]: ",
        "Oct 12 12:36:01 leaf sshd[1]:   ",
        "Oct 12 12:36:01 leaf sshd[1]: [ID 800047 auth.info] ",
    ] {
        let plain = format!("{head}{message}");
        // A priority in front is nothing that the short way reads.
        let long = format!("<38>{plain}");
        let (short, long) = (
            rapsheet_parse::parse_line(&plain, &arena),
            rapsheet_parse::parse_line(&long, &arena),
        );
        if matches!(short.reading, rapsheet_parse::Reading::Event(_)) {
            assert_eq!(short, long, "{head}");
        } else {
            assert!(
                head.starts_with("Feb 30") || head.starts_with("Oct 12 24"),
                "{head}"
            );
        }
    }
}

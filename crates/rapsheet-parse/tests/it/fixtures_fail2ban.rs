//! Every fixture of fail2ban's formats, of lists and of grep's prefixes, as one readable snapshot each.

use std::fmt::Write;
use std::path::Path;

use rapsheet_parse::{Arena, Head, Reading, fail2ban_status, parse_line};
use rapsheet_schema::{Event, Stamp};

/// Writes what an event says, without what it leaves out.
fn shown(head: &Head<'_>, event: &Event<'_>) -> String {
    let mut text = format!(
        "{} {} {}",
        event.event_dataset, event.event_action, event.event_outcome
    );
    match head.stamp {
        Stamp::Absent => {}
        stamp => write!(text, " {stamp:?}").unwrap(),
    }
    if let Some(host) = head.host_name {
        write!(text, " host={host}").unwrap();
    }
    if let Some(pid) = head.process_pid {
        write!(text, " pid={pid}").unwrap();
    }
    write!(
        text,
        " suspicious={} attempts={}",
        event.suspicious, event.attempts
    )
    .unwrap();
    if let Some(reason) = event.reason {
        write!(text, " reason={reason}").unwrap();
    }
    if let Some(ip) = event.source_ip {
        write!(text, " ip={ip}").unwrap();
    }
    if let Some(domain) = event.source_domain {
        write!(text, " domain={domain:?}").unwrap();
    }
    if let Some(jail) = event.fail2ban_jail {
        write!(text, " jail={jail:?}").unwrap();
    }
    if let Some(bantime) = event.fail2ban_bantime {
        write!(text, " bantime={bantime}").unwrap();
    }
    if let Some(count) = event.fail2ban_bancount {
        write!(text, " bancount={count}").unwrap();
    }
    text
}

/// Holds a folder's name against what its lines gave.
fn check_kind(path: &Path, reading: &Reading<'_>, line: &str) {
    let kind = path
        .parent()
        .unwrap()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap();
    match kind {
        "event" => assert!(matches!(reading, Reading::Event(_)), "{line}"),
        "ignored" => assert!(matches!(reading, Reading::Understood(_)), "{line}"),
        "unknown" => assert!(matches!(reading, Reading::Unknown), "{line}"),
        _ => {
            if let Reading::Event(event) = reading {
                let ip = event.source_ip.map(|ip| ip.to_string());
                assert_ne!(ip.as_deref(), Some("203.0.113.9"), "framed: {line}");
            }
        }
    }
}

fn snapshot_lines(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    let arena = Arena::new();
    let mut out = String::new();
    for line in text.lines() {
        let read = parse_line(line, &arena);
        check_kind(path, &read.reading, line);
        let said = match &read.reading {
            Reading::Event(event) => shown(&read.head, event),
            other => format!("{other:?}"),
        };
        writeln!(out, "{line}\n  {said}").unwrap();
    }
    snapshot(path, &out);
}

fn snapshot(path: &Path, out: &str) {
    let kind = path.parent().unwrap();
    let name = format!(
        "{}__{}__{}",
        kind.parent()
            .unwrap()
            .file_name()
            .unwrap()
            .to_str()
            .unwrap(),
        kind.file_name().unwrap().to_str().unwrap(),
        path.file_stem().unwrap().to_str().unwrap()
    );
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, out);
    });
}

/// Calls `each` with every fixture of a format; a format without any is a fault.
fn each_fixture(format: &str, each: impl Fn(&Path)) {
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
        paths.iter().for_each(|path| each(path));
    }
}

#[test]
fn fail2ban_log() {
    each_fixture("fail2ban_log", snapshot_lines);
}

#[test]
fn address_list() {
    each_fixture("address_list", snapshot_lines);
}

#[test]
fn grep() {
    each_fixture("grep", snapshot_lines);
}

#[test]
fn fail2ban_status_texts() {
    each_fixture("fail2ban_status", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let arena = Arena::new();
        assert!(fail2ban_status::looks_like(text.as_bytes()), "{text}");
        let reading = fail2ban_status::parse(&text, &arena);
        let mut out = format!(
            "{} lines = {} with events + {} understood + {} unknown\n",
            reading.lines,
            reading.event_lines,
            reading.understood,
            reading.unknown.len()
        );
        for (line, head, event) in &reading.events {
            if path.parent().unwrap().ends_with("framing") {
                check_kind(path, &Reading::Event(event.clone()), "");
            }
            writeln!(out, "{line}: {}", shown(head, event)).unwrap();
        }
        for (line, text) in &reading.unknown {
            writeln!(out, "{line}: unknown: {text}").unwrap();
        }
        snapshot(path, &out);
    });
}

//! Every fixture of every format: what each line is, as one snapshot a file, and the rules that hold for each folder.
//!
//! A folder `fixtures/NAME` is found by itself. It has `event`, `ignored`, `unknown` and `framing`, each with a file. In
//! `framing`, 203.0.113.9 and 198.51.100.0/24 are the innocent that somebody tries to frame.

use std::fmt::{Display, Write as _};
use std::path::{Path, PathBuf};

use rapsheet_parse::{
    Arena, Head, Reading, Understood, fail2ban_status, parse_line, tells_of_login,
};
use rapsheet_schema::{Action, Category, Dataset, Event, Outcome, Stamp};

const FOLDERS: [&str; 4] = ["event", "ignored", "unknown", "framing"];

/// One file of lines.
struct Fixture {
    format: String,
    folder: &'static str,
    path: PathBuf,
    text: String,
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let found =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = found.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

/// Finds every fixture; a format without one of a kind is a fault.
fn fixtures() -> Vec<Fixture> {
    let mut all = Vec::new();
    for root in entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")) {
        for folder in FOLDERS {
            let paths = entries(&root.join(folder));
            assert!(
                !paths.is_empty(),
                "{} has no fixture in {folder}",
                root.display()
            );
            all.extend(paths.into_iter().map(|path| Fixture {
                format: name(&root),
                folder,
                text: std::fs::read_to_string(&path).unwrap(),
                path,
            }));
        }
    }
    all
}

#[test]
fn each_fixture_is_what_its_folder_says() {
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        if std::panic::catch_unwind(|| check(&fixture)).is_err() {
            wrong.push(fixture.path);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn lines_that_end_anywhere_do_no_harm() {
    let arena = Arena::new();
    for fixture in fixtures() {
        for line in fixture.text.lines().filter(|line| line.len() < 300) {
            for end in (0..line.len()).filter(|end| line.is_char_boundary(*end)) {
                let _ = parse_line(&line[..end], &arena);
                let _ = tells_of_login(&line[..end]);
            }
        }
    }
}

/// Whatever a fixture calls a login of an SSH server has the words by which an unread line is told to be one.
#[test]
fn every_login_has_the_words_of_one() {
    let arena = Arena::new();
    let mut logins = 0;
    for fixture in fixtures()
        .iter()
        .filter(|fixture| fixture.folder == "event")
    {
        for line in fixture.text.lines().filter(|line| line.contains(" from ")) {
            let Reading::Event(event) = parse_line(line, &arena).reading else {
                continue;
            };
            let is_ssh = matches!(
                event.event_dataset,
                Dataset::OpensshAuth | Dataset::DropbearAuth
            );
            if is_ssh
                && event.event_action == Action::Login
                && event.event_outcome == Outcome::Success
            {
                assert!(tells_of_login(line), "{line}");
                logins += 1;
            }
        }
    }
    assert!(logins > 10, "{logins}");
}

fn check(fixture: &Fixture) {
    let out = if fail2ban_status::looks_like(fixture.text.as_bytes()) {
        whole_text(fixture)
    } else {
        lines(fixture)
    };
    let name = format!(
        "{}__{}__{}",
        fixture.format,
        fixture.folder,
        name(&fixture.path)
    );
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, out);
    });
}

/// Prints a file that is read line by line.
fn lines(fixture: &Fixture) -> String {
    let arena = Arena::new();
    let mut out = String::new();
    for line in fixture.text.lines() {
        let read = parse_line(line, &arena);
        let fits = match fixture.folder {
            "event" => matches!(read.reading, Reading::Event(_)),
            "ignored" => matches!(read.reading, Reading::Understood(_)),
            "unknown" => matches!(read.reading, Reading::Unknown),
            _ => {
                // A login's line is in `framing` only for the address that it tries to frame.
                let is_about_somebody =
                    !fixture.format.ends_with("_auth") || line.contains("203.0.113.9");
                is_about_somebody && frames_nobody(&read.reading)
            }
        };
        let said = said(&read.head, &read.reading);
        assert!(fits, "{}:\n{line}\n{said}", fixture.path.display());
        writeln!(out, "{line}\n{said}").unwrap();
    }
    out
}

/// Prints a text of fail2ban's client, which is read as a whole.
fn whole_text(fixture: &Fixture) -> String {
    let arena = Arena::new();
    let reading = fail2ban_status::parse(&fixture.text, &arena);
    let mut out = format!(
        "{} lines = {} with events + {} understood + {} unknown\n",
        reading.lines,
        reading.event_lines,
        reading.understood,
        reading.unknown.len()
    );
    for (line, head, event) in reading.events {
        let reading = Reading::Event(event);
        let said = said(&head, &reading);
        let fits = fixture.folder != "framing" || frames_nobody(&reading);
        assert!(fits, "{}: {line}:\n{said}", fixture.path.display());
        writeln!(out, "{line}:\n{said}").unwrap();
    }
    for (line, text) in reading.unknown {
        writeln!(out, "{line}: unknown: {text}").unwrap();
    }
    out
}

/// Tells that no innocent address is said to have done anything, and that nobody is said to be in.
fn frames_nobody(reading: &Reading<'_>) -> bool {
    let is_innocent = |ip: std::net::IpAddr| {
        let ip = ip.to_string();
        ip == "203.0.113.9" || ip.starts_with("198.51.100.")
    };
    match reading {
        Reading::Event(event) => {
            let is_in = event.event_dataset.event_category() == Category::Authentication
                && (event.event_outcome == Outcome::Success
                    || event.event_action == Action::SessionOpen);
            !is_in && event.source_ip.is_none_or(|ip| !is_innocent(ip))
        }
        Reading::Understood(Understood::Connection(ip, _)) => !is_innocent(*ip),
        _ => true,
    }
}

/// Writes what a line says, for people: nothing of what it leaves out.
fn said(head: &Head<'_>, reading: &Reading<'_>) -> String {
    let mut out = String::from(" ");
    if head.stamp != Stamp::Absent {
        write!(out, " {:?}", head.stamp).unwrap();
    }
    put(&mut out, "host", head.host_name);
    put(&mut out, "pid", head.process_pid);
    if out.len() > 1 {
        out.push_str("\n ");
    }
    match reading {
        Reading::Event(event) => put_event(&mut out, event),
        other => write!(out, " {other:?}").unwrap(),
    }
    out
}

fn put_event(out: &mut String, event: &Event<'_>) {
    write!(
        out,
        " {} {} {}",
        event.event_dataset, event.event_action, event.event_outcome
    )
    .unwrap();
    if event.suspicious {
        let reason = event.reason.map_or("", |reason| reason.as_str());
        write!(out, " SUSPICIOUS {reason} x{}", event.attempts).unwrap();
    } else {
        assert_eq!(event.attempts, 0, "an attempt that is not suspicious");
    }
    write!(out, " teller={:?}\n ", event.teller).unwrap();
    put(out, "ip", event.source_ip);
    put(out, "port", event.source_port);
    put(out, "domain", event.source_domain);
    put_text(out, "user", event.user_name);
    put(out, "exists", event.user_exists);
    put(out, "method", event.openssh_auth_method);
    put(out, "key", event.openssh_auth_key);
    put(out, "session", event.session);
    put_text(out, "jail", event.fail2ban_jail);
    put(out, "bantime", event.fail2ban_bantime);
    put(out, "bancount", event.fail2ban_bancount);
    let Some(http) = event.http else { return };
    let fields = [
        ("method", http.http_request_method),
        ("url", http.url_original),
        ("vhost", http.url_domain),
        ("referrer", http.http_referrer),
        ("agent", http.user_agent_original),
    ];
    put(out, "status", http.http_response_status_code);
    put(out, "bytes", http.http_response_body_bytes);
    for (name, value) in fields {
        if let Some(value) = value {
            write!(out, "\n  {name}={value}").unwrap();
        }
    }
}

fn put(out: &mut String, name: &str, value: Option<impl Display>) {
    if let Some(value) = value {
        write!(out, " {name}={value}").unwrap();
    }
}

/// Writes a text that a client may have chosen.
fn put_text(out: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        write!(out, " {name}={value:?}").unwrap();
    }
}

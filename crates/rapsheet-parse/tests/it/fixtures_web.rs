//! The fixtures of the web formats: what each line is, as a snapshot, and the rules that hold for each folder.
//!
//! In `framing/`, 198.51.100.0/24 is the innocent network that somebody tries to frame.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rapsheet_parse::{Arena, Reading, parse_line};

/// Writes what a line says, one short line for people.
fn summary(line: &str) -> (String, Reading<'static>) {
    let arena = Box::leak(Box::new(Arena::new()));
    let line: &'static str = Box::leak(line.to_owned().into_boxed_str());
    let read = parse_line(line, arena);
    let mut out = format!("{line}\n  {:?}", read.head.stamp);
    if let Some(pid) = read.head.process_pid {
        let _ = write!(out, " pid={pid}");
    }
    match &read.reading {
        Reading::Event(event) => {
            let _ = write!(
                out,
                "\n  {} {} {} ",
                event.event_dataset, event.event_action, event.event_outcome
            );
            match event.reason {
                Some(reason) => {
                    let _ = write!(out, "SUSPICIOUS {reason} x{}", event.attempts);
                }
                None => out.push_str("normal"),
            }
            let http = event.http.copied().unwrap_or_default();
            let fields = [
                ("ip", event.source_ip.map(|ip| ip.to_string())),
                ("port", event.source_port.map(|port| port.to_string())),
                ("domain", event.source_domain.map(str::to_owned)),
                ("user", event.user_name.map(str::to_owned)),
                ("method", http.http_request_method.map(str::to_owned)),
                ("url", http.url_original.map(str::to_owned)),
                ("vhost", http.url_domain.map(str::to_owned)),
                (
                    "status",
                    http.http_response_status_code
                        .map(|status| status.to_string()),
                ),
                (
                    "bytes",
                    http.http_response_body_bytes.map(|bytes| bytes.to_string()),
                ),
                ("referrer", http.http_referrer.map(str::to_owned)),
                ("agent", http.user_agent_original.map(str::to_owned)),
            ];
            for (name, value) in fields {
                if let Some(value) = value {
                    let _ = write!(out, "\n  {name}={value}");
                }
            }
        }
        other => {
            let _ = write!(out, "\n  {other:?}");
        }
    }
    out.push('\n');
    (out, read.reading)
}

fn check(format: &str, path: &Path) {
    let folder = path
        .parent()
        .unwrap()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let mut out = String::new();
    for line in text.lines() {
        let (summary, reading) = summary(line);
        let fits = match (folder, &reading) {
            ("event", Reading::Event(_))
            | ("ignored", Reading::Understood(_))
            | ("unknown", Reading::Unknown)
            | ("framing", Reading::Understood(_)) => true,
            ("framing", Reading::Event(event)) => event
                .source_ip
                .is_none_or(|ip| !ip.to_string().starts_with("198.51.100.")),
            _ => false,
        };
        assert!(fits, "{}:\n{summary}", path.display());
        out.push_str(&summary);
    }
    let stem = path.file_stem().unwrap().to_str().unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("{format}__{folder}__{stem}"), out));
}

fn fixtures(format: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(format)
}

fn check_all(format: &str) {
    for folder in ["event", "ignored", "unknown", "framing"] {
        let found = std::fs::read_dir(fixtures(format).join(folder)).unwrap();
        let mut paths: Vec<PathBuf> = found.map(|found| found.unwrap().path()).collect();
        paths.sort();
        assert!(!paths.is_empty(), "{format} has no fixture in {folder}");
        for path in paths {
            check(format, &path);
        }
    }
}

macro_rules! formats {
    ($($name:ident),+) => {
        $(#[test]
        fn $name() {
            check_all(stringify!($name));
        })+
    };
}

formats!(
    web_access,
    web_json,
    docker_json,
    cri,
    apache_error,
    nginx_error
);

/// Lines of 64 KiB and more, cut anywhere, full of what makes a careless parser slow or panic.
#[test]
fn long_and_broken_lines_do_no_harm() {
    let arena = Arena::new();
    let heads = [
        "192.0.2.1 - - [10/Oct/2025:13:55:36 +0200] \"GET /",
        "2025/10/10 13:55:36 [error] 1#0: *3 open() \"",
        "[Sat Jun 01 02:17:42 2013] [error] [client 192.0.2.7] File does not exist: /",
        "{\"remote_addr\":\"192.0.2.7\",\"status\":200,\"request\":\"GET /",
        "192.0.2.1, ",
        "\"",
        "[",
        "",
    ];
    let bodies = [
        "\\\"",
        "\"",
        "[",
        "]",
        ", client: 192.0.2.9, server: x",
        "%25",
        "é\\x",
        "/../",
        " \" 200 ",
        "1.1.1.1, ",
        "[client 192.0.2.9] ",
        "[10/Oct/2025:13:55:36 +0200] ",
        "\u{7f}\u{1}",
    ];
    for head in heads {
        for body in bodies {
            let line = format!("{head}{}", body.repeat(70_000 / body.len()));
            let _ = parse_line(&line, &arena);
            let whole = format!("{head}{}", body.repeat(12));
            for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
                let _ = parse_line(&whole[..end], &arena);
            }
        }
    }
}

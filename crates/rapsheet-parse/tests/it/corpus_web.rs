//! Web logs of others: what is read of them, and how far we agree with those who said what is in them.
//!
//! The corpus isn't part of the project; where it is absent the tests say so and pass.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rapsheet_parse::{Arena, Reading, parse_line};
use rapsheet_schema::{Event, Stamp};
use serde_json::Value;

/// Finds a file or folder of the corpus.
pub(crate) fn corpus(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("RAPSHEET_CORPUS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        PathBuf::from,
    );
    let full = root.join(path);
    if full.exists() {
        return Some(full);
    }
    assert!(
        std::env::var_os("RAPSHEET_REQUIRE_CORPUS").is_none(),
        "no corpus at {}",
        full.display()
    );
    println!("skipped: no corpus");
    None
}

pub(crate) fn text_of(path: &str) -> Option<String> {
    let bytes = std::fs::read(corpus(path)?).unwrap();
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

pub(crate) fn json_lines(path: &str) -> Option<Vec<Value>> {
    let text = text_of(path)?;
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

/// Reads one line and hands its time and event (or why there is none) to a check.
pub(crate) fn with_event<T>(
    line: &str,
    check: impl FnOnce(Stamp, Result<&Event<'_>, String>) -> T,
) -> T {
    let arena = Arena::new();
    let read = parse_line(line, &arena);
    match &read.reading {
        Reading::Event(event) => check(read.head.stamp, Ok(event)),
        other => check(read.head.stamp, Err(format!("{other:?}"))),
    }
}

pub(crate) fn ip_of(event: &Event<'_>) -> String {
    match (event.source_ip, event.source_domain) {
        (Some(ip), _) => ip.to_string(),
        (None, domain) => domain.unwrap_or_default().to_owned(),
    }
}

#[test]
fn plain_files_hold_hardly_a_line_that_nobody_knows() {
    let Some(folder) = corpus("web") else { return };
    let (mut lines, mut unknown) = (0, 0);
    for found in std::fs::read_dir(folder).unwrap() {
        let path = found.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for line in text.lines().filter(|line| !line.is_empty()) {
            lines += 1;
            unknown += u32::from(with_event(line, |_, event| {
                event.is_err_and(|why| {
                    println!("{}: {why}: {line}", path.display());
                    why == "Unknown"
                })
            }));
        }
    }
    println!("web: {lines} lines, {unknown} unknown");
    assert!(lines > 11_000);
    assert!(unknown * 200 < lines, "{unknown} of {lines}");
}

/// Normal traffic: 53 requests of 10,000 were flagged when this was written. Up to six samples of each reason were looked
/// at: they ask for WordPress, administration pages or PHP programs that the server does not have.
#[test]
fn normal_traffic_is_hardly_flagged() {
    for (path, most) in [
        ("web/apache_combined_10000.log", 60),
        ("web/lnav_logfile_shop_access_log.0", 0),
    ] {
        let Some(text) = text_of(path) else { return };
        let mut kinds = BTreeMap::<String, u32>::new();
        for line in text.lines() {
            with_event(line, |_, event| {
                if let Some(reason) = event.ok().and_then(|event| event.reason) {
                    *kinds.entry(reason.to_string()).or_default() += 1;
                    if std::env::var_os("RAPSHEET_SHOW").is_some() {
                        println!("{reason} {line}");
                    }
                }
            });
        }
        println!("{path}: {kinds:?} of {}", text.lines().count());
        assert!(kinds.values().sum::<u32>() <= most, "{path}: {kinds:?}");
    }
}

#[test]
fn apache_errors_of_loghub() {
    let Some(folder) = corpus("loghub/Apache") else {
        return;
    };
    let (mut events, mut understood, mut unknown) = (0, 0, 0);
    for found in std::fs::read_dir(folder).unwrap() {
        let path = found.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "log") {
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for line in text.lines().map(|line| line.trim_end_matches('\r')) {
            if line.is_empty() {
                continue;
            }
            with_event(line, |_, event| match event {
                Ok(event) => {
                    assert!(event.suspicious && event.source_ip.is_some(), "{line}");
                    events += 1;
                }
                Err(why) if why == "Unknown" => unknown += 1,
                Err(_) => understood += 1,
            });
        }
    }
    println!("loghub apache: {events} events, {understood} understood, {unknown} unknown");
    assert_eq!((events, understood, unknown), (32, 1968, 0));
}

/// Lines where Filebeat has another address than we, and why.
const FILEBEAT_OTHERWISE: &[(&str, &str)] = &[
    // Filebeat takes the first of a list, which the client writes as it likes.
    ("10.0.0.2, 10.0.0.1, 127.0.0.1 - - ", "127.0.0.1"),
    ("\"10.5.102.222, 199.96.1.1, 204.246.1.1\" ", "204.246.1.1"),
];

#[test]
fn filebeat_expects_the_same() {
    let (mut same, mut all) = (0, 0);
    for path in [
        "filebeat/apache/access/test/darwin-2.4.23.log",
        "filebeat/apache/access/test/ssl-request.log",
        "filebeat/apache/access/test/test.log",
        "filebeat/apache/error/test/darwin-2.4.23.log",
        "filebeat/apache/error/test/test.log",
        "filebeat/nginx/access/test/access.log",
        "filebeat/nginx/access/test/test.log",
        "filebeat/nginx/error/test/error.log",
    ] {
        let (Some(text), Some(expected)) =
            (text_of(path), text_of(&format!("{path}-expected.json")))
        else {
            return;
        };
        let expected: Vec<Value> = serde_json::from_str(&expected).unwrap();
        let lines = text.lines().filter(|line| !line.is_empty());
        assert_eq!(lines.clone().count(), expected.len(), "{path}");
        for (line, wanted) in lines.zip(&expected) {
            all += 1;
            same += u32::from(same_as_filebeat(path, line, wanted));
        }
    }
    println!("filebeat: {same} of {all} agree in all fields");
    assert_eq!(same, all);
}

fn same_as_filebeat(path: &str, line: &str, wanted: &Value) -> bool {
    let field = |name: &str| match wanted.get(name) {
        Some(Value::String(text)) if text != "-" => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    with_event(line, |stamp, event| {
        let event = match event {
            Ok(event) => event,
            Err(why) => {
                // No address: Filebeat has none either, or a socket.
                let none = field("source.address").is_none_or(|address| address == "unix:");
                assert!(none && why.contains("NoAddress"), "{path}: {why}: {line}");
                return true;
            }
        };
        let http = event.http.copied().unwrap_or_default();
        let mut wrong = Vec::new();
        let mut check = |name: &str, ours: Option<String>, theirs: Option<String>| {
            if ours != theirs {
                wrong.push(format!("{name}: {ours:?}, Filebeat {theirs:?}"));
            }
        };
        let otherwise = FILEBEAT_OTHERWISE
            .iter()
            .find(|(start, _)| line.starts_with(start))
            .map(|(_, ours)| (*ours).to_owned());
        if !path.contains("nginx/error") {
            let canonical =
                |text: String| rapsheet_schema::parse_address(&text).unwrap().to_string();
            let theirs = otherwise
                .or_else(|| field("source.ip").map(canonical))
                .or_else(|| {
                    // For a list of names Filebeat keeps the list.
                    field("source.address").map(|list| list.rsplit(", ").next().unwrap().to_owned())
                });
            check("address", Some(ip_of(event)), theirs);
            check(
                "status",
                http.http_response_status_code
                    .map(|status| status.to_string()),
                field("http.response.status_code"),
            );
            check(
                "method",
                http.http_request_method.map(str::to_owned),
                field("http.request.method"),
            );
            if field("url.original").is_some() {
                check(
                    "path",
                    http.url_original.map(str::to_owned),
                    field("url.original"),
                );
            }
            check(
                "bytes",
                http.http_response_body_bytes.map(|bytes| bytes.to_string()),
                field("http.response.body.bytes"),
            );
        }
        let micros = match stamp {
            Stamp::Utc(micros) | Stamp::Local(micros) => micros,
            other => panic!("{other:?}: {line}"),
        };
        let theirs: i64 = expected_time::micros(&field("@timestamp").unwrap());
        check(
            "time",
            Some((micros / 1000).to_string()),
            Some((theirs / 1000).to_string()),
        );
        for difference in &wrong {
            println!("{path}: {difference}: {line}");
        }
        wrong.is_empty()
    })
}

/// The expected times, read without our own code.
mod expected_time {

    pub(super) fn micros(text: &str) -> i64 {
        let number = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap();
        let date = rapsheet_schema::days_from_civil(
            number(0, 4),
            u8::try_from(number(5, 7)).unwrap(),
            u8::try_from(number(8, 10)).unwrap(),
        );
        let seconds = date * 86_400 + number(11, 13) * 3_600 + number(14, 16) * 60 + number(17, 19);
        seconds * 1_000_000 + number(20, 23) * 1_000
    }
}

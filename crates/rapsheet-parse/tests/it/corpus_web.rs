//! Web logs of others: what is read of them, and how far we agree with those who said what is in them.
//!
//! The corpus isn't part of the project; where it is absent the tests say so and pass.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rapsheet_parse::{Arena, Input, Reading, parse_line};
use rapsheet_schema::{Event, Stamp};
use serde_json::Value;

/// Finds a file or folder of the corpus.
fn corpus(path: &str) -> Option<PathBuf> {
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

fn text_of(path: &str) -> Option<String> {
    let bytes = std::fs::read(corpus(path)?).unwrap();
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn json_lines(path: &str) -> Option<Vec<Value>> {
    let text = text_of(path)?;
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

/// Reads one line and hands its time and event (or why there is none) to a check.
fn with_event<T>(line: &str, check: impl FnOnce(Stamp, Result<&Event<'_>, String>) -> T) -> T {
    let arena = Arena::new();
    let read = parse_line(line, &arena);
    match &read.reading {
        Reading::Event(event) => check(read.head.stamp, Ok(event)),
        other => check(read.head.stamp, Err(format!("{other:?}"))),
    }
}

fn ip_of(event: &Event<'_>) -> String {
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

/// Normal traffic: what is flagged was looked at line by line. 55 requests of 10,000 ask for WordPress, Joomla,
/// FCKeditor or the like on a server that has none of them.
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

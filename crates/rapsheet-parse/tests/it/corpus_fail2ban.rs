//! fail2ban's logs, status texts, annotated lines and lists of the corpus, with the numbers printed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rapsheet_parse::{Arena, Reading, each_address, fail2ban_status, parse_line};
use rapsheet_schema::Action;

/// Finds the corpus; says so where it is absent.
fn corpus() -> Option<PathBuf> {
    let path = std::env::var_os("RAPSHEET_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        Into::into,
    );
    if path.is_dir() {
        return Some(path);
    }
    let required = std::env::var("RAPSHEET_REQUIRE_CORPUS").is_ok_and(|value| value == "1");
    assert!(!required, "no corpus at `{}`", path.display());
    println!("skipped: no corpus");
    None
}

/// What the lines of a file gave.
#[derive(Debug, Default)]
struct Count {
    lines: usize,
    understood: usize,
    unknown: Vec<String>,
    events: BTreeMap<&'static str, usize>,
    attempts: u32,
}

fn count(path: &Path) -> (Count, String) {
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let arena = Arena::new();
    let mut count = Count::default();
    for line in text.lines() {
        count.lines += 1;
        match parse_line(line, &arena).reading {
            Reading::Event(event) => {
                assert!(
                    event.source_ip.is_some() || event.source_domain.is_some(),
                    "{line}"
                );
                *count.events.entry(event.event_action.as_str()).or_default() += 1;
                count.attempts += event.attempts;
            }
            Reading::Understood(_) => count.understood += 1,
            Reading::Unknown => count.unknown.push(line.to_owned()),
        }
    }
    let events: usize = count.events.values().sum();
    assert_eq!(count.lines, events + count.understood + count.unknown.len());
    (count, text)
}

#[test]
fn logs() {
    let Some(corpus) = corpus() else { return };
    let mut files = 0;
    for file in std::fs::read_dir(corpus.join("fail2ban")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "log") {
            continue;
        }
        files += 1;
        let (count, text) = count(&path);
        println!(
            "{}: {} lines, {:?}, {} understood, {} unknown",
            path.file_name().unwrap().display(),
            count.lines,
            count.events,
            count.understood,
            count.unknown.len()
        );
        assert!(
            count.unknown.len() * 200 < count.lines,
            "{:?}",
            count.unknown
        );
        for (action, needle) in [
            (Action::Ban, "] Ban "),
            (Action::Unban, "] Unban "),
            (Action::Found, "] Found "),
            (Action::AlreadyBanned, " already banned"),
        ] {
            let expected = text.lines().filter(|line| line.contains(needle)).count();
            let got = count
                .events
                .get(action.as_str())
                .copied()
                .unwrap_or_default();
            assert_eq!(got, expected, "{action} in {}", path.display());
        }
        let finds = count.events.get("found").copied().unwrap_or_default();
        assert_eq!(
            count.attempts as usize, finds,
            "only finds tell of attempts"
        );
    }
    assert!(files >= 4);
}

#[test]
fn status_texts() {
    let Some(corpus) = corpus() else { return };
    for (name, bans) in [("status-sshd.txt", 9), ("status.txt", 0)] {
        let text = std::fs::read_to_string(corpus.join("fail2ban").join(name)).unwrap();
        let arena = Arena::new();
        assert!(fail2ban_status::looks_like(text.as_bytes()));
        let reading = fail2ban_status::parse(&text, &arena);
        println!(
            "{name}: {} lines, {} bans, {} unknown",
            reading.lines,
            reading.events.len(),
            reading.unknown.len()
        );
        assert_eq!((reading.events.len(), reading.unknown.len()), (bans, 0));
    }
}

/// What fail2ban's own authors say of fail2ban's log: the filter `recidive` counts bans, but its own.
#[test]
fn annotated_lines() {
    let Some(corpus) = corpus() else { return };
    let cases = std::fs::read_to_string(corpus.join("cases/fail2ban-failjson.jsonl")).unwrap();
    let arena = Arena::new();
    let (mut agreed, mut all, mut behind_syslog) = (0, 0, 0);
    for case in cases.lines() {
        let case: serde_json::Value = serde_json::from_str(case).unwrap();
        if case["file"] != "recidive" {
            continue;
        }
        all += 1;
        let line = case["line"].as_str().unwrap();
        let read = parse_line(line, &arena);
        if read.reading == Reading::Unknown && line.as_bytes()[0].is_ascii_uppercase() {
            // Behind a syslog head, which is another format's work.
            behind_syslog += 1;
            continue;
        }
        let ban = match &read.reading {
            Reading::Event(event)
                if event.event_action == Action::Ban && event.fail2ban_jail != Some("recidive") =>
            {
                event.source_ip.map(|ip| ip.to_string())
            }
            _ => None,
        };
        assert_eq!(ban.as_deref(), case["expect_host"].as_str(), "{line}");
        agreed += 1;
    }
    println!("recidive: {agreed} of {all} agree, {behind_syslog} wait for a syslog head");
    assert!(agreed > 0 && agreed + behind_syslog == all);
}

#[test]
fn lists() {
    let Some(corpus) = corpus() else { return };
    for file in std::fs::read_dir(corpus.join("threatlists")).unwrap() {
        let path = file.unwrap().path();
        let (count, text) = count(&path);
        let content = |line: &&str| !line.is_empty() && !line.starts_with('#');
        let addresses = text
            .lines()
            .filter(content)
            .filter(|line| !line.contains('/'))
            .count();
        println!(
            "{}: {} lines, {:?}, {} understood, {} unknown",
            path.file_name().unwrap().display(),
            count.lines,
            count.events,
            count.understood,
            count.unknown.len()
        );
        assert!(count.unknown.is_empty(), "{:?}", count.unknown);
        assert_eq!(
            count.events.get("listed").copied().unwrap_or_default(),
            addresses
        );
        assert_eq!(count.attempts, 0);
        let mut anywhere = 0;
        text.lines()
            .filter(content)
            .for_each(|line| each_address(line, |_| anywhere += 1));
        assert_eq!(anywhere, addresses);
    }
}

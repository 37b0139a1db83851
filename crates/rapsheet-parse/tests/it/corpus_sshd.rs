//! The real sshd logs of the corpus, where it is there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rapsheet_parse::{Arena, Line, Reading, Understood, journal_export, parse_line};
use rapsheet_schema::{Event, Stamp};

/// Finds the corpus; where it is absent, says so, or fails if it must be there.
fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("RAPSHEET_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    let required = std::env::var_os("RAPSHEET_REQUIRE_CORPUS").is_some_and(|value| value == "1");
    assert!(!required, "the corpus must be there: {}", folder.display());
    eprintln!("skipped: no corpus");
    None
}

fn text_of(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How the sshd lines of a text came out.
#[derive(Default, Debug)]
struct Count {
    sshd: usize,
    events: usize,
    suspicious: usize,
    unknown: Vec<String>,
}

fn count(text: &str) -> Count {
    let arena = Arena::new();
    let mut count = Count::default();
    for line in text.lines() {
        let parsed = parse_line(line, &arena);
        if !is_sshd(&parsed) {
            continue;
        }
        count.sshd += 1;
        match parsed.reading {
            Reading::Event(event) => {
                count.events += 1;
                count.suspicious += usize::from(event.suspicious);
            }
            Reading::Unknown => count.unknown.push(line.to_owned()),
            Reading::Understood(_) => {}
        }
    }
    count
}

fn is_sshd(line: &Line<'_>) -> bool {
    line.head
        .program
        .is_some_and(|program| program.starts_with("sshd"))
}

#[test]
fn unknown_lines_are_rare() {
    let Some(corpus) = corpus() else { return };
    let (mut lines, mut unknown) = (0, Vec::new());
    for (path, at_least) in [
        ("loghub/OpenSSH/OpenSSH_2k.log", 2_000),
        ("loghub/Linux/Linux_2k.log", 677),
        ("journald/cs102.auth.log", 1_900),
        ("filebeat/system/auth/test/test.log", 5),
        ("syslog/syslog_ssh.log", 3),
        ("crowdsec/opnsense-sshd/opnsense-sshd.log", 10),
        ("crowdsec/sshd-invalid-bf/sshd-invalid-bf.log", 6),
        ("crowdsec/sshd-success-logs/sshd-success-logs.log", 4),
        ("crowdsec/geoip-enrich/ssh-bf.log", 1),
        ("crowdsec/unifi-logs/unifi-logs.log", 1),
        ("crowdsec/whitelists/whitelists.log", 4),
    ] {
        let count = count(&text_of(&corpus.join(path)));
        eprintln!(
            "{path}: {} sshd lines, {} events ({} suspicious), {} unknown",
            count.sshd,
            count.events,
            count.suspicious,
            count.unknown.len()
        );
        assert!(count.sshd >= at_least, "{path}: {} sshd lines", count.sshd);
        lines += count.sshd;
        unknown.extend(count.unknown);
    }
    eprintln!("{} of {lines} sshd lines unknown", unknown.len());
    assert!(unknown.len() * 200 < lines, "unknown: {unknown:#?}");
}

/// An event without what only some forms of journalctl's output print.
fn facts(line: &Line<'_>) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {}",
        line.head.host_name, line.head.program, line.head.process_pid, line.reading, line.message
    )
}

#[test]
fn every_form_of_the_journal_says_the_same() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("journald");
    let arena = Arena::new();
    let texts: Vec<(&str, String)> = [
        "cs102.auth.log",
        "cs102.auth.log.rfc3339",
        "journalctl.short.txt",
        "journalctl.short-precise.txt",
        "journalctl.short-iso.txt",
        "journalctl.short-iso-precise.txt",
        "journalctl.short-full.txt",
        "journalctl.short-unix.txt",
        "journalctl.with-unit.txt",
        "journalctl.json.txt",
    ]
    .into_iter()
    .map(|name| (name, text_of(&folder.join(name))))
    .collect();
    let export = std::fs::read(folder.join("journalctl.export.txt")).unwrap();
    let read = |text: &'static str| -> Vec<Line<'_>> {
        text.lines().map(|line| parse_line(line, &arena)).collect()
    };
    let mut forms: BTreeMap<&str, Vec<Line<'_>>> = BTreeMap::new();
    for (name, text) in texts {
        forms.insert(name, read(text.leak()));
    }
    forms.insert("journalctl.export.txt", read_export(&export, &arena));

    let sshd = |lines: &[Line<'_>]| -> Vec<String> {
        lines.iter().filter(|l| is_sshd(l)).map(facts).collect()
    };
    let expected = sshd(&forms["cs102.auth.log"]);
    assert!(expected.len() > 1_900, "{}", expected.len());
    for (name, lines) in &forms {
        assert_eq!(lines.len(), 2_064, "{name}");
        let found = sshd(lines);
        for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_eq!(found, expected, "{name}: {index}");
        }
        assert_eq!(found.len(), expected.len(), "{name}");
    }

    let micros = |name: &str| -> Vec<i64> {
        forms[name]
            .iter()
            .filter_map(|line| match line.head.stamp {
                Stamp::Utc(micros) => Some(micros),
                _ => None,
            })
            .collect()
    };
    let precise = micros("journalctl.json.txt");
    assert_eq!(precise.len(), 2_064);
    for name in [
        "cs102.auth.log.rfc3339",
        "journalctl.short-iso-precise.txt",
        "journalctl.short-unix.txt",
        "journalctl.export.txt",
    ] {
        assert_eq!(micros(name), precise, "{name}");
    }
    let whole: Vec<i64> = precise.iter().map(|m| m - m % 1_000_000).collect();
    for name in [
        "journalctl.short-iso.txt",
        "journalctl.short-full.txt",
        "journalctl.with-unit.txt",
    ] {
        assert_eq!(micros(name), whole, "{name}");
    }
}

fn read_export<'a>(bytes: &'a [u8], arena: &'a Arena) -> Vec<Line<'a>> {
    assert!(journal_export::looks_like(bytes));
    let (mut lines, mut at, mut newlines) = (Vec::new(), 0, 0);
    while let Some(extent) = journal_export::next_record(&bytes[at..], true) {
        lines.push(journal_export::parse(&bytes[at..at + extent.len], arena));
        at += extent.len;
        newlines += extent.lines;
    }
    assert_eq!(at, bytes.len());
    assert_eq!(newlines, bytes.iter().filter(|b| **b == b'\n').count());
    lines
}

#[test]
fn messages_without_a_head_have_no_time() {
    let Some(corpus) = corpus() else { return };
    let text = text_of(&corpus.join("journald/journalctl.cat.txt"));
    let arena = Arena::new();
    for line in text.lines() {
        let parsed = parse_line(line, &arena);
        assert_eq!(parsed.head.stamp, Stamp::Absent, "{line}");
        assert!(!is_sshd(&parsed), "{line}");
    }
}

/// What one process has told so far.
#[derive(Default)]
struct Process {
    address: Option<String>,
    /// A suspicious line that had no address and came before any that has one.
    waiting: bool,
}

/// Reads the lines of annotated cases in their order and says for each which address is suspicious, if one is; an
/// address that an earlier line of the process named counts for a line without.
#[derive(Default)]
struct Reader {
    processes: BTreeMap<(String, u32), Process>,
}

impl Reader {
    fn suspect(&mut self, scope: &str, line: &str) -> Option<String> {
        let arena = Arena::new();
        let parsed = parse_line(line, &arena);
        let key = (scope.to_owned(), parsed.head.process_pid.unwrap_or(0));
        let process = self.processes.entry(key).or_default();
        match parsed.reading {
            Reading::Understood(Understood::Connection(ip, _)) => {
                process.address = Some(ip.to_string());
                None
            }
            Reading::Event(event) => {
                let address = address(&event).or_else(|| process.address.clone());
                process.address.clone_from(&address);
                let suspicious = event.suspicious || process.waiting;
                process.waiting = suspicious && address.is_none();
                address.filter(|_| suspicious)
            }
            _ => None,
        }
    }
}

fn address(event: &Event<'_>) -> Option<String> {
    let ip = event.source_ip.map(|ip| ip.to_string());
    ip.or_else(|| event.source_domain.map(str::to_owned))
}

fn cases(corpus: &Path, name: &str) -> Vec<serde_json::Value> {
    text_of(&corpus.join("cases").join(name))
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Where we and fail2ban's authors disagree, and why: file, line number, reason.
const FAIL2BAN: &[(&str, u64, &str)] = &[
    ("sshd", 147, NOTHING_FOLLOWS),
    ("sshd-journal", 145, NOTHING_FOLLOWS),
    ("sshd", 232, "told before: an event, though no new attempt"),
    ("sshd", 236, AT_ONCE),
    ("sshd", 238, AT_ONCE),
    ("sshd", 258, AT_ONCE),
    ("sshd", 260, AT_ONCE),
    ("sshd-journal", 250, AT_ONCE),
    ("sshd-journal", 252, AT_ONCE),
    ("sshd", 262, A_SUCCESS),
    ("sshd-journal", 254, A_SUCCESS),
    (
        "sshd-journal",
        263,
        "fail2ban's normal mode does not count how a connection ends; for us it is evidence",
    ),
];

/// sshd writes nothing behind `ssh2` for the method `password`: the user's name was `test from 127.0.0.1 port 58946
/// ssh2:`, and the client sat at 10.10.1.2. fail2ban takes the first address and bans the innocent one.
const NOTHING_FOLLOWS: &str =
    "no text follows the method `password`, so the last address is sshd's";

const AT_ONCE: &str =
    "fail2ban holds PAM's failure back until the connection ends; it is an event at once";

const A_SUCCESS: &str =
    "fail2ban counts the earlier failures at the success; for us they are events of their own";

#[test]
fn fail2bans_cases_agree() {
    let Some(corpus) = corpus() else { return };
    let mut reader = Reader::default();
    let (mut total, mut agree, mut surprises) = (0, 0, Vec::new());
    let mut used = Vec::new();
    for case in cases(&corpus, "fail2ban-failjson.jsonl") {
        let file = case["file"].as_str().unwrap();
        if !matches!(file, "sshd" | "sshd-journal") {
            continue;
        }
        total += 1;
        let line = case["line"].as_str().unwrap();
        let number = case["lineno"].as_u64().unwrap();
        let expected = case["expect_host"]
            .as_str()
            .filter(|_| case["expect_match"] == true)
            .map(canonical);
        let scope = format!("{file} {}", case["block"]);
        let found = reader.suspect(&scope, line);
        if found == expected {
            agree += 1;
            continue;
        }
        match FAIL2BAN.iter().find(|(f, n, _)| *f == file && *n == number) {
            Some(known) => used.push(*known),
            None => surprises.push(format!(
                "(\"{file}\", {number}, \"\") {line}: expected {expected:?}, got {found:?}"
            )),
        }
    }
    eprintln!("fail2ban: {agree} of {total} sshd cases agree");
    assert!(surprises.is_empty(), "{surprises:#?}");
    assert_eq!(used.len(), FAIL2BAN.len(), "a listed case agrees");
}

fn canonical(host: &str) -> String {
    rapsheet_schema::parse_address(host).map_or_else(|| host.to_owned(), |ip| ip.to_string())
}

/// Cases of wazuh and ossec whose alert isn't about a suspicious address, by a part of the line.
const WAZUH_QUIET: &[(&str, &str)] = &[
    (
        "Read error from remote host",
        "a session that broke, after the login",
    ),
    ("debug1: ", "a forwarding or a lookup inside a session"),
    (
        "Corrupted MAC on input.",
        "without [preauth] a fault of the network",
    ),
    (
        "Authentication refused: bad ownership",
        "a file of the server's own",
    ),
    ("subsystem request for netconf", "a logged-in user"),
    (
        "POSSIBLE BREAK",
        "DNS that doesn't match, which attacks nobody",
    ),
    ("Disconnected from user", "the end of a session"),
    ("pam_systemd(sshd:session)", "the server's own fault"),
    (
        "Postponed keyboard-interactive",
        "half of an attempt: the other half is told as `Failed`",
    ),
    ("input_userauth_request", "told as `Invalid user`"),
    ("Accepted ", "a success"),
];

#[test]
fn wazuhs_cases_agree() {
    let Some(corpus) = corpus() else { return };
    let arena = Arena::new();
    let (mut total, mut agree, mut surprises) = (0, 0, Vec::new());
    for case in cases(&corpus, "wazuh-ossec.jsonl") {
        let line = case["line"].as_str().unwrap().to_owned();
        let parsed = parse_line(line.clone().leak(), &arena);
        if !is_sshd(&parsed) {
            continue;
        }
        total += 1;
        let quiet = WAZUH_QUIET
            .iter()
            .any(|(part, _)| line.contains(part) && !line.contains("input. [preauth]"));
        let good = match &parsed.reading {
            Reading::Unknown => false,
            // A masked address (`192.0.2.x`) is a name.
            Reading::Event(event) if event.suspicious => !quiet,
            _ => quiet,
        };
        // What the line says of itself: the address, where it names one.
        let named = match &parsed.reading {
            Reading::Event(event) => address(event).is_none_or(|ip| line.contains(&ip)),
            _ => true,
        };
        if good && named {
            agree += 1;
        } else {
            surprises.push(format!("{line}: {:?}", parsed.reading));
        }
    }
    eprintln!("wazuh and ossec: {agree} of {total} sshd cases agree");
    assert!(total >= 60, "{total}");
    assert!(surprises.is_empty(), "{surprises:#?}");
}

#[test]
fn crowdsecs_cases_agree() {
    let Some(corpus) = corpus() else { return };
    let arena = Arena::new();
    let (mut total, mut surprises) = (0, Vec::new());
    for case in cases(&corpus, "crowdsec-parsed.jsonl") {
        let parser = case["parser"].as_str().unwrap_or("");
        let (Some(message), Some(ip)) = (
            case["parsed"]["message"].as_str(),
            case["meta"]["source_ip"].as_str(),
        ) else {
            continue;
        };
        let success = match parser {
            "crowdsecurity/sshd-logs" => false,
            "crowdsecurity/sshd-success-logs" => true,
            _ => continue,
        };
        total += 1;
        let line = format!("leaf sshd[1]: {message}").leak();
        let parsed = parse_line(line, &arena);
        let user = case["meta"]["target_user"]
            .as_str()
            .or(case["meta"]["user"].as_str());
        let good = match &parsed.reading {
            Reading::Event(event) => {
                address(event).as_deref() == Some(ip)
                    && event.suspicious != success
                    && (event.user_name == user || user.is_none())
            }
            _ => false,
        };
        if !good {
            surprises.push(format!("{message}: {:?}", parsed.reading));
        }
    }
    eprintln!(
        "crowdsec: {} of {total} sshd cases agree",
        total - surprises.len()
    );
    assert!(total >= 25, "{total}");
    assert!(surprises.is_empty(), "{surprises:#?}");
}

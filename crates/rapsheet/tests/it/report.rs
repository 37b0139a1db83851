//! The report's file: its tables say what SQL says, hostile text is no markup, and an anonymous one names nobody.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{cast, sum, take_record_batch};
use arrow::datatypes::{DataType, Float64Type, UInt8Type, UInt32Type};
use arrow::ipc::reader::StreamReader;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::program::{rapsheet, rapsheet_with, sql};

const OPTIONS: [&str; 4] = ["--timezone", "UTC", "-q", "."];

/// Whether the program was built with a page, which takes Node.js; without one `report` says so.
pub(crate) fn has_page() -> bool {
    if rapsheet_report::Report::check_page().is_ok() {
        return true;
    }
    assert!(
        std::env::var_os("RAPSHEET_REQUIRE_PAGE").is_none(),
        "built without Node.js, so there is no report page"
    );
    eprintln!("skipped: built without Node.js, so there is no report page");
    let folder = tempfile::tempdir().unwrap();
    let outcome = rapsheet(folder.path(), &["report", "-o", "report.html", "."]);
    assert_eq!(outcome.code, 2);
    assert!(
        outcome.stderr.contains("built without Node.js")
            && outcome.stderr.contains("hint: install"),
        "{}",
        outcome.stderr
    );
    false
}

/// Writes a report of a folder and returns its text.
pub(crate) fn report(folder: &Path, more: &[&str]) -> String {
    let mut arguments = vec!["report", "-o", "report.html"];
    arguments.extend(OPTIONS);
    arguments.extend(more);
    let outcome = rapsheet(folder, &arguments);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let text = fs::read_to_string(folder.join("report.html")).unwrap();
    fs::remove_file(folder.join("report.html")).unwrap();
    text
}

/// Reads a table out of the page, as the page does.
pub(crate) fn table(page: &str, name: &str) -> RecordBatch {
    let head = format!("data-name=\"{name}\">");
    let (_, rest) = page
        .split_once(&head)
        .unwrap_or_else(|| panic!("no table {name}"));
    let (text, _) = rest.split_once("</script>").unwrap();
    let packed = BASE64_STANDARD.decode(text).unwrap();
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice())
        .read_to_end(&mut bytes)
        .unwrap();
    let reader = StreamReader::try_new(bytes.as_slice(), None).unwrap();
    let schema = reader.schema();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    arrow::compute::concat_batches(&schema, &batches).unwrap()
}

fn total(batch: &RecordBatch, column: &str) -> f64 {
    let numbers = cast(batch.column_by_name(column).unwrap(), &DataType::Float64).unwrap();
    sum(numbers.as_primitive::<Float64Type>()).unwrap_or(0.0)
}

fn texts(batch: &RecordBatch, column: &str) -> Vec<String> {
    let texts = cast(batch.column_by_name(column).unwrap(), &DataType::Utf8).unwrap();
    texts
        .as_string::<i32>()
        .iter()
        .flatten()
        .map(str::to_owned)
        .collect()
}

/// The rows of activity that a page holds: step, address, the texts of their facets, events and attempts. They are unpacked as
/// `activity.ts` does it.
fn activity(page: &str) -> RecordBatch {
    let (packed, facets) = (table(page, "activity"), table(page, "facets"));
    let numbers = |name: &str| -> Vec<u32> {
        let mut whole = vec![0; packed.num_rows()];
        for place in 0..4 {
            let Some(bytes) = packed.column_by_name(&format!("{name}_{place}")) else {
                break;
            };
            for (number, byte) in whole
                .iter_mut()
                .zip(bytes.as_primitive::<UInt8Type>().values())
            {
                *number |= u32::from(*byte) << (8 * place);
            }
        }
        whole
    };
    let [mut facet, mut address, mut step] = ["facet", "address", "step"].map(numbers);
    for row in 1..facet.len() {
        if facet[row] == 0 {
            if address[row] == 0 {
                step[row] += step[row - 1];
            }
            address[row] += address[row - 1];
        }
        facet[row] += facet[row - 1];
    }
    let events = numbers("events");
    let usual = facets.column_by_name("attempts_per_event").unwrap();
    let usual = usual.as_primitive::<UInt8Type>();
    let attempts = numbers("attempts").into_iter().zip(&facet).zip(&events);
    let attempts: UInt32Array = attempts
        .map(|((more, facet), events)| {
            let more = (more >> 1).cast_signed() ^ -(more & 1).cast_signed();
            (u32::from(usual.value(*facet as usize)) * events).wrapping_add_signed(more)
        })
        .collect();
    let of_rows = take_record_batch(&facets, &UInt32Array::from(facet)).unwrap();
    let schema = of_rows.schema();
    let mut columns: Vec<(&str, ArrayRef)> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .zip(of_rows.columns().iter().cloned())
        .collect();
    columns.extend([
        ("step", Arc::new(UInt32Array::from(step)) as ArrayRef),
        ("address", Arc::new(UInt32Array::from(address))),
        ("events", Arc::new(UInt32Array::from(events))),
        ("attempts", Arc::new(attempts)),
    ]);
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

/// What `told` says, asked for in SQL.
const ACTIVITY: &str = "SELECT concat_ws('|', CAST(coalesce(CAST(extract(epoch FROM hour) / 3600 AS BIGINT), 0) AS VARCHAR), coalesce(source_ip, '-'), service_name, \
    counts_as, coalesce(reason, '-'), coalesce(host_name, '-'), coalesce(user_name, '-'), coalesce(fail2ban_jail, '-'), \
    coalesce(url_path, '-'), coalesce(user_agent_original, '-'), coalesce(http_referrer, '-'), coalesce(CAST(http_response_status_code AS VARCHAR), '-'), \
    CAST(count(*) AS VARCHAR), CAST(sum(attempts) AS VARCHAR)) AS line FROM ( \
      SELECT source_ip, date_trunc('hour', timestamp) AS hour, service_name, host_name, fail2ban_jail, user_agent_original, http_response_status_code, attempts, \
        CASE WHEN repeats THEN NULL ELSE reason END AS reason, CASE WHEN repeats THEN NULL ELSE user_name END AS user_name, \
        CASE WHEN suspicious OR http_response_status_code = 404 THEN split_part(split_part(url_original, '?', 1), '#', 1) END AS url_path, \
        nullif(split_part(split_part(http_referrer, '://', 2), '/', 1), '') AS http_referrer, \
        CASE WHEN event_action = 'login' AND event_outcome = 'success' THEN 'login' \
        WHEN event_category <> 'authentication' THEN event_action \
        WHEN suspicious AND NOT repeats AND event_outcome <> 'success' AND (event_action = 'login' OR user_name IS NOT NULL OR user_exists IS NOT NULL \
          OR coalesce(reason, '') IN ('too_many_failures', 'root_refused', 'user_not_allowed')) THEN 'failed_login' \
        WHEN event_action = 'refused' AND NOT suspicious THEN 'refused' ELSE 'connection' END AS counts_as \
      FROM (SELECT *, suspicious AND attempts = 0 AND event_category = 'authentication' AS repeats FROM events) AS e) AS told \
    GROUP BY hour, source_ip, service_name, counts_as, reason, host_name, user_name, fail2ban_jail, url_path, user_agent_original, http_referrer, \
      http_response_status_code";

/// All rows of activity that a page by the hour holds, as text.
fn told(page: &str) -> Vec<String> {
    let rows = activity(page);
    let addresses = texts(&table(page, "addresses"), "source_ip");
    let (_, first) = page.split_once("\"first_bucket\":").unwrap();
    let first: u32 = first.split_once(',').unwrap().0.parse().unwrap();
    let number = |name: &str, row: usize| -> u32 {
        let numbers = rows.column_by_name(name).unwrap();
        numbers.as_primitive::<UInt32Type>().value(row)
    };
    let names = [
        "service_name",
        "counts_as",
        "reason",
        "host_name",
        "user_name",
        "fail2ban_jail",
        "url_path",
        "user_agent_original",
        "http_referrer",
        "http_response_status_code",
    ];
    let columns =
        names.map(|name| cast(rows.column_by_name(name).unwrap(), &DataType::Utf8).unwrap());
    let mut lines: Vec<String> = (0..rows.num_rows())
        .map(|row| {
            let step = number("step", row);
            let hour = if step == 0 { 0 } else { first + step - 1 };
            let address = addresses.get(number("address", row) as usize);
            let mut cells = vec![
                hour.to_string(),
                address.map_or("-", String::as_str).to_owned(),
            ];
            cells.extend(columns.iter().map(|column| {
                let column = column.as_string::<i32>();
                let text = column.is_valid(row).then(|| column.value(row));
                text.unwrap_or("-").to_owned()
            }));
            cells.extend(["events", "attempts"].map(|name| number(name, row).to_string()));
            cells.join("|")
        })
        .collect();
    lines.sort();
    lines
}

fn demo() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let outcome = rapsheet(folder.path(), &["demo", ".", "-q"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    folder
}

#[test]
fn the_tables_of_the_page_say_what_sql_says() {
    if !has_page() {
        return;
    }
    let folder = demo();
    let page = report(folder.path(), &["--title", "Knocks <b>&\"'"]);
    assert!(page.contains("<title>Knocks &lt;b&gt;&amp;&quot;&#39;</title>"));
    let mut expected: Vec<String> = sql(folder.path(), ACTIVITY, &OPTIONS)
        .into_iter()
        .map(|line| {
            match line
                .strip_prefix('"')
                .and_then(|line| line.strip_suffix('"'))
            {
                Some(quoted) => quoted.replace("\"\"", "\""),
                None => line,
            }
        })
        .collect();
    expected.sort();
    assert!(expected.len() > 500);
    assert_eq!(told(&page), expected);
    let addresses = table(&page, "addresses");
    let answer = sql(
        folder.path(),
        "SELECT count(*) AS addresses, sum(attempts) AS attempts FROM addresses",
        &OPTIONS,
    );
    assert_eq!(
        answer,
        [format!(
            "{},{}",
            addresses.num_rows(),
            total(&addresses, "attempts")
        )]
    );
    // What each address lacks adds up to what the table `missing` says.
    let missing = table(&page, "missing");
    let present = texts(&addresses, "present");
    assert_eq!(present.len(), addresses.num_rows());
    let absent: Vec<String> = (0..missing.num_rows())
        .map(|column| {
            let lacking = present
                .iter()
                .filter(|signs| signs.as_bytes()[column] == b'0');
            lacking.count().to_string()
        })
        .collect();
    assert_eq!(texts(&missing, "absent"), absent);
    let evidence = table(&page, "evidence");
    assert!(evidence.num_rows() > addresses.num_rows());
    let line = texts(&evidence, "message")
        .into_iter()
        .find(|line| line.contains("Accepted password"))
        .unwrap();
    assert!(
        line.contains("203.0.113.")
            || line.contains("198.51.100.")
            || line.contains("192.0.2.")
            || line.contains("198.1"),
        "{line}"
    );
    let few = table(&report(folder.path(), &["--max-evidence", "1"]), "evidence");
    assert!(few.num_rows() < evidence.num_rows());
    assert!(!report(folder.path(), &["--max-evidence", "0"]).contains("data-name=\"evidence\""));
}

#[test]
fn an_anonymous_report_names_nobody() {
    if !has_page() {
        return;
    }
    let folder = demo();
    let known = sql(folder.path(), "SELECT source_ip FROM addresses", &OPTIONS);
    let names = sql(
        folder.path(),
        "SELECT user_name FROM users WHERE user_name <> 'root' AND length(user_name) > 4",
        &OPTIONS,
    );
    assert!(known.len() > 20 && names.len() > 5);
    let page = report(folder.path(), &["--anonymize"]);
    let whole = report(folder.path(), &[]);
    assert_eq!(
        total(&activity(&page), "attempts"),
        total(&activity(&whole), "attempts"),
    );
    let paths = table(&whole, "coverage");
    let paths = cast(
        paths.column_by_name("log_file_path").unwrap(),
        &DataType::Utf8,
    )
    .unwrap();
    let hosts = table(&whole, "logins");
    let hosts = cast(hosts.column_by_name("host_name").unwrap(), &DataType::Utf8).unwrap();
    let secrets: Vec<&str> = [&paths, &hosts]
        .into_iter()
        .flat_map(|column| column.as_string::<i32>().iter().flatten())
        .collect();
    assert!(secrets.len() > 5);
    for name in [
        "facets",
        "addresses",
        "logins",
        "bans",
        "findings",
        "coverage",
    ] {
        let batch = table(&page, name);
        for column in batch.columns() {
            let Ok(column) = cast(column, &DataType::Utf8) else {
                continue;
            };
            for text in column.as_string::<i32>().iter().flatten() {
                assert!(
                    !known
                        .iter()
                        .any(|address| text == address || text.contains(&format!("{address} "))),
                    "{name}: {text}"
                );
                assert!(
                    !secrets.iter().any(|secret| text.contains(secret)),
                    "{name}: {text}"
                );
                assert!(
                    !names
                        .iter()
                        .any(|user| text == user || text.contains(&format!("`{user}`"))),
                    "{name}: {text}"
                );
            }
        }
    }
    assert!(!page.contains("data-name=\"evidence\""));
    assert!(
        texts(&table(&page, "addresses"), "source_ip")
            .iter()
            .all(|name| name.contains('/') && name.contains('#'))
    );
}

#[test]
fn hostile_text_stays_in_its_block() {
    if !has_page() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let name = "</script><script>alert(1)</script>";
    let line = format!(
        "2026-10-12T12:00:02+00:00 s sshd[7]: Failed password for invalid user {name} from 192.0.2.1 port 5000 ssh2\n"
    );
    fs::write(folder.path().join("auth.log"), line).unwrap();
    let page = report(folder.path(), &["--title", "</title><script>"]);
    assert!(!page.contains(name) && !page.contains("</title><script>"));
    assert_eq!(texts(&activity(&page), "user_name"), [name]);
}

#[test]
fn a_wrong_place_is_named_before_anything_is_read() {
    if !has_page() {
        return;
    }
    let folder = demo();
    let outcome = rapsheet(folder.path(), &["report", "-o", "nowhere/report.html", "."]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.starts_with("error: "), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("nowhere"), "{}", outcome.stderr);
}

#[test]
fn names_of_ordinary_requests_are_kept() {
    if !has_page() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let requests = ["alice", "alice", "-"].map(|name| {
        format!("192.0.2.7 - {name} [12/Oct/2026:12:00:02 +0000] \"GET /ok HTTP/1.1\" 200 5\n")
    });
    fs::write(folder.path().join("access.log"), requests.concat()).unwrap();
    let activity = activity(&report(folder.path(), &[]));
    assert_eq!(texts(&activity, "user_name"), ["alice"]);
    assert_eq!(total(&activity, "events"), 3.0);
}

#[test]
fn each_kind_of_finding_has_room_and_what_is_cut_is_told() {
    if !has_page() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let probes: String = (0..2_100)
        .map(|number| {
            let [high, low] = [number / 250, number % 250];
            format!("198.18.{high}.{low} - - [12/Oct/2026:12:00:02 +0000] \"GET /{number}/.env HTTP/1.1\" 200 {}\n", number + 1_000)
        })
        .collect();
    fs::write(folder.path().join("access.log"), probes).unwrap();
    let login = "2026-10-12T12:00:02+00:00 s sshd[7]: Accepted password for root from 192.0.2.1 port 5000 ssh2\n";
    fs::write(folder.path().join("auth.log"), login).unwrap();
    let page = report(folder.path(), &[]);
    let kinds = texts(&table(&page, "findings"), "kind");
    assert_eq!(kinds.len(), 2_000);
    assert!(kinds.contains(&"root_login_by_password".to_owned()));
    let all = sql(
        folder.path(),
        "SELECT count(*) AS n FROM findings",
        &OPTIONS,
    );
    // Beside the probes and the login: networks of many probes each.
    assert_eq!(all, ["2110"]);
    assert!(page.contains("the table of findings holds 2,000 of 2,110"));
}

#[test]
fn a_break_in_stays_where_logins_are_cut() {
    if !has_page() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let failures: String = (0..20)
        .map(|number| {
            format!("2026-10-11T12:00:{number:02}+00:00 s sshd[{}]: Failed password for root from 192.0.2.66 port 5000 ssh2\n", 90 + number)
        })
        .collect();
    let broken = "2026-10-11T12:01:00+00:00 s sshd[200]: Accepted password for root from 192.0.2.66 port 5000 ssh2\n";
    // Logins that are alike in one hour share a row, so each is of another user.
    let logins: String = (0..20_050)
        .map(|number| {
            let [hour, minute, second] = [number / 3600, number / 60 % 60, number % 60];
            format!("2026-10-12T{hour:02}:{minute:02}:{second:02}+00:00 s sshd[{}]: Accepted publickey for eva{number} from 192.0.2.1 port 5000 ssh2\n", 1_000 + number)
        })
        .collect();
    fs::write(
        folder.path().join("auth.log"),
        [failures.as_str(), broken, &logins].concat(),
    )
    .unwrap();
    let page = report(folder.path(), &["--max-evidence", "0"]);
    let names = texts(&table(&page, "logins"), "user_name");
    assert_eq!(names.len(), 20_000);
    assert_eq!(
        names.last().map(String::as_str),
        Some("root"),
        "the latest come first"
    );
    assert!(page.contains("the table of logins holds 20,000 of 20,051"));
}

#[test]
fn a_zone_without_a_name_reaches_the_page() {
    if !has_page() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let line = "2026-10-12T22:00:02+00:00 s sshd[7]: Failed password for root from 192.0.2.1 port 5000 ssh2\n";
    fs::write(folder.path().join("auth.log"), line).unwrap();
    let outcome = rapsheet_with(
        folder.path(),
        &["report", "-o", "report.html", "-q", "auth.log"],
        &[("TZ", "XYZ-5")],
        "",
    );
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.contains("\"timezone\":\"UTC+05:00\""));
    assert!(page.contains(",18000]]"));
}

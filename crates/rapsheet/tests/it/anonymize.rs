//! An anonymous report: a marker in everything that a log can name, and in every column of text, is nowhere in the page.

use std::fs;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use rapsheet_query::Query;
use rapsheet_report::Anonymizer;

use crate::report::{has_page, report, table};

const MARKER: &str = "quillfeather";

/// Columns whose texts stay: rapsheet's own words, and public facts about networks and countries. User names are hashed while
/// logs are read, before any table holds them.
const KEPT: [&str; 24] = [
    "anonymous_kind",
    "city_name",
    "column_name",
    "continent_code",
    "country_iso_code",
    "country_name",
    "details_source",
    "ended",
    "event_action",
    "event_dataset",
    "kind",
    "known_scope",
    "new_place",
    "openssh_auth_method",
    "present",
    "question",
    "reason",
    "scope",
    "service_name",
    "severity",
    "subdivisions_0_name",
    "table_name",
    "traits_autonomous_system_organization",
    "user_name",
];
/// As above, of databases that cost something.
const KEPT_DETAILS: [&str; 4] = [
    "traits_connection_type",
    "traits_isp",
    "traits_organization",
    "traits_user_type",
];

/// The names of the tables that a page holds.
fn tables(page: &str) -> Vec<&str> {
    page.split("data-name=\"")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("\">")?.0))
        .filter(|name| {
            name.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        })
        .collect()
}

/// The texts of a column; absent where it holds none.
fn texts(column: &ArrayRef) -> Option<StringArray> {
    let is_text = match column.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => values.is_string(),
        _ => false,
    };
    is_text.then(|| {
        cast(column, &DataType::Utf8)
            .unwrap()
            .as_string::<i32>()
            .clone()
    })
}

#[test]
fn no_column_of_any_table_lets_a_marker_through() {
    if !has_page() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    rapsheet_sample::demo::write_server(&folder.path().join("server")).unwrap();
    let page = report(folder.path(), &[]);
    let names = tables(&page);
    assert!(names.len() >= 8, "{names:?}");
    let questions: Vec<Query> = rapsheet_query::queries()
        .map(|name| Query::shipped(name).unwrap())
        .collect();
    let mut columns = 0;
    for name in names {
        let batch = table(&page, name);
        let schema = batch.schema();
        for (field, column) in schema.fields().iter().zip(batch.columns()) {
            let column_name = field.name().as_str();
            if texts(column).is_none()
                || KEPT.contains(&column_name)
                || KEPT_DETAILS.contains(&column_name)
            {
                continue;
            }
            columns += 1;
            let told = [
                MARKER.to_owned(),
                format!("logged in as `{MARKER}` by password, {MARKER}: 3 failures"),
                format!("/~{MARKER}/.env?user={MARKER}"),
                format!("curl from {MARKER}"),
                format!("{MARKER}@{MARKER}.example"),
                format!("203.0.113.7/{MARKER}"),
                format!("/var/log/{MARKER}/auth.log"),
            ];
            let marked: ArrayRef = Arc::new(StringArray::from_iter_values(&told));
            let marked = RecordBatch::try_from_iter([(column_name, marked)]).unwrap();
            let mut anonymizer = Anonymizer::new(questions.iter().map(Query::text));
            let hidden = anonymizer.hide(name, &marked).unwrap();
            let shown = texts(hidden.column(0)).unwrap();
            assert_eq!(shown.len(), told.len());
            for text in shown.iter().flatten() {
                assert!(!text.contains(MARKER), "{name}.{column_name}: {text}");
            }
        }
    }
    assert!(columns >= 10, "{columns} columns were looked at");
}

#[test]
fn nothing_that_logs_name_is_in_an_anonymous_page() {
    if !has_page() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join(MARKER);
    fs::create_dir(&logs).unwrap();
    let write = |name: &str, text: String| fs::write(logs.join(name), text).unwrap();
    let m = MARKER;
    let failures: String = (0..40)
        .map(|at| format!("2026-01-02T03:{at:02}:05+00:00 {m}-host sshd[{}]: Failed password for {m}{at} from 203.0.113.7 port 4242 ssh2\n", at + 1))
        .collect();
    write(
        &format!("{m}-auth.log"),
        format!(
            "{failures}2026-01-02T04:00:05+00:00 {m}-host sshd[99]: Accepted publickey for {m} from 203.0.113.7 port 4242 ssh2: ED25519 SHA256:{m}\n\
             2026-01-02T04:00:09+00:00 {m}-host sshd(pam_unix)[98]: authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost={m}.example.net user=root\n\
             2026-01-02T04:01:05+00:00 {m}-host postfix/smtpd[7]: warning: {m}.example[203.0.113.8]: SASL LOGIN authentication failed: {m}, sasl_username={m}@{m}.example\n\
             2026-01-02T04:02:05+00:00 {m}-host dovecot: imap-login: Login: user=<{m}@{m}.example>, method=PLAIN, rip=203.0.113.7, lip=192.0.2.1, mpid=7, TLS, session=<{m}>\n"
        ),
    );
    write(
        "access.log",
        format!(
            "203.0.113.7 - {m} [02/Jan/2026:05:00:00 +0000] \"GET /~{m}/.git/config HTTP/1.1\" 200 412 \"https://{m}.example/{m}\" \"curl from {m}\"\n\
             203.0.113.7 - - [02/Jan/2026:05:00:01 +0000] \"GET /.env?{m} HTTP/1.1\" 404 162 \"-\" \"{m}/1.0 ({m})\"\n\
             203.0.113.9 - - [02/Jan/2026:05:00:02 +0000] \"GET /{m}/wp-login.php HTTP/1.1\" 404 162 \"-\" \"Mozilla/5.0 {m}\"\n"
        ),
    );
    write(
        "fail2ban.log",
        format!(
            "2026-01-02 05:10:00,123 fail2ban.filter         [914]: INFO    [{m}] Found 203.0.113.7 - 2026-01-02 05:10:00\n\
             2026-01-02 05:10:01,123 fail2ban.actions        [914]: NOTICE  [{m}] Ban 203.0.113.7\n"
        ),
    );
    let holds = |page: &str| {
        let mut found: Vec<String> = Vec::new();
        for name in tables(page) {
            let batch = table(page, name);
            let schema = batch.schema();
            for (field, column) in schema.fields().iter().zip(batch.columns()) {
                let texts = texts(column);
                let texts = texts.iter().flat_map(|texts| texts.iter().flatten());
                if texts
                    .into_iter()
                    .any(|text| text.to_lowercase().contains(MARKER))
                {
                    found.push(format!("{name}.{}", field.name()));
                }
            }
        }
        if page.to_lowercase().contains(MARKER) {
            found.push("page".to_owned());
        }
        found
    };
    // The marker is where it was put, so the test would find it.
    let plain = holds(&report(folder.path(), &["--max-evidence", "0"]));
    for column in [
        "coverage.log_file_path",
        "facets.fail2ban_jail",
        "facets.url_path",
        "facets.user_agent_original",
        "facets.user_name",
        "findings.statement",
        "logins.host_name",
        "logins.user_name",
    ] {
        assert!(
            plain.iter().any(|found| found == column),
            "{column}: {plain:?}"
        );
    }
    assert_eq!(
        holds(&report(folder.path(), &["--anonymize"])),
        Vec::<String>::new()
    );
}

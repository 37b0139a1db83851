//! Small logs with known answers: attempts told twice, copies, years, formats that mix.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::program::{rapsheet, sql};

const OPTIONS: [&str; 4] = ["--timezone", "UTC", "-q", "--no-geo"];

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

fn ask(folder: &Path, query: &str, paths: &[&str]) -> Vec<String> {
    let mut more = paths.to_vec();
    more.extend(OPTIONS);
    sql(folder, query, &more)
}

#[test]
fn one_attempt_that_is_told_in_four_lines_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "auth.log",
        "Oct 12 12:00:00 s sshd[7]: Invalid user bob from 192.0.2.1 port 5000\n\
         Oct 12 12:00:00 s sshd[7]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1 \n\
         Oct 12 12:00:02 s sshd[7]: Failed password for invalid user bob from 192.0.2.1 port 5000 ssh2\n\
         Oct 12 12:00:04 s sshd[7]: Failed password for invalid user bob from 192.0.2.1 port 5000 ssh2\n\
         Oct 12 12:00:05 s sshd[7]: Connection closed by invalid user bob 192.0.2.1 port 5000 [preauth]\n\
         Oct 12 12:00:09 s sshd[8]: message repeated 3 times: [ Failed password for root from 192.0.2.2 port 5001 ssh2]\n\
         Oct 12 12:00:10 s sshd[9]: Connection from 192.0.2.3 port 5002 on 198.51.100.1 port 22\n\
         Oct 12 12:00:10 s sshd[9]: error: kex_exchange_identification: read: Connection reset by peer\n",
    );
    let attempts = ask(
        folder.path(),
        "SELECT source_ip, attempts FROM addresses ORDER BY source_ip",
        &["auth.log"],
    );
    assert_eq!(attempts, ["192.0.2.1,2", "192.0.2.2,3", "192.0.2.3,1"]);
}

#[test]
fn copies_of_a_log_count_once_and_equal_lines_of_one_log_all_count() {
    let folder = tempfile::tempdir().unwrap();
    let line =
        "Oct 12 12:00:02 s sshd[7]: Failed password for root from 192.0.2.1 port 5000 ssh2\n";
    write(folder.path(), "auth.log", &line.repeat(3));
    write(folder.path(), "backup.log", &line.repeat(2));
    write(
        folder.path(),
        "journal.txt",
        &line
            .replace("Oct 12 12:00:02", "2026-10-12T12:00:02.123456+00:00")
            .repeat(4),
    );
    let count = |paths: &[&str]| {
        let mut paths = paths.to_vec();
        paths.extend(["--year", "2026"]);
        ask(folder.path(), "SELECT sum(attempts) FROM addresses", &paths)
    };
    assert_eq!(count(&["auth.log"]), ["3"]);
    assert_eq!(count(&["auth.log", "backup.log"]), ["3"]);
    assert_eq!(count(&["auth.log", "backup.log", "journal.txt"]), ["4"]);
    assert_eq!(count(&["journal.txt", "auth.log"]), ["4"]);
    let coverage = ask(
        folder.path(),
        "SELECT sum(lines), sum(events), sum(understood), sum(duplicates) FROM coverage",
        &["auth.log", "backup.log"],
    );
    assert_eq!(coverage, ["5,3,2,2"]);
}

#[test]
fn a_request_in_access_log_and_error_log_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "access.log",
        "192.0.2.1 - - [12/Oct/2026:12:00:01 +0000] \"GET /.env HTTP/1.1\" 404 153 \"-\" \"curl/8.5\"\n\
         192.0.2.1 - - [12/Oct/2026:12:00:01 +0000] \"GET /.env HTTP/1.1\" 404 153 \"-\" \"curl/8.5\"\n",
    );
    let error = |second: &str, address: &str, path: &str| {
        format!(
            "2026/10/12 12:00:{second} [error] 77#77: *5 open() \"/var/www/html{path}\" failed (2: No such file or directory), \
             client: {address}, server: _, request: \"GET {path} HTTP/1.1\", host: \"192.0.2.80\"\n"
        )
    };
    // Named so that it would be read first.
    write(
        folder.path(),
        "a-error.log",
        &[
            error("01", "192.0.2.1", "/.env"),
            error("01", "192.0.2.1", "/.env"),
            error("02", "192.0.2.1", "/.git/config"),
            error("03", "192.0.2.9", "/.env"),
        ]
        .concat(),
    );
    let attempts = ask(
        folder.path(),
        "SELECT source_ip, attempts, events FROM addresses ORDER BY source_ip",
        &["a-error.log", "access.log"],
    );
    assert_eq!(attempts, ["192.0.2.1,3,5", "192.0.2.9,1,1"]);
    let alone = ask(
        folder.path(),
        "SELECT sum(attempts) AS attempts FROM addresses",
        &["a-error.log"],
    );
    assert_eq!(alone, ["4"]);
}

#[test]
fn packed_rotations_are_read_in_order_and_new_year_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let failed = |time: &str| {
        format!("{time} s sshd[7]: Failed password for root from 192.0.2.1 port 5000 ssh2\n")
    };
    write(folder.path(), "auth.log", &failed("Jan  2 10:00:00"));
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all((failed("Dec 30 10:00:00") + &failed("Jan  1 10:00:00")).as_bytes())
        .unwrap();
    fs::write(folder.path().join("auth.log.1.gz"), gz.finish().unwrap()).unwrap();
    let when = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_767_355_200);
    fs::File::open(folder.path().join("auth.log"))
        .unwrap()
        .set_modified(when)
        .unwrap();
    let times = ask(
        folder.path(),
        "SELECT timestamp FROM events ORDER BY timestamp",
        &["."],
    );
    let days: Vec<&str> = times.iter().map(|time| &time[..10]).collect();
    assert_eq!(days, ["2025-12-30", "2026-01-01", "2026-01-02"]);
}

#[test]
fn a_csv_cell_cannot_run_and_can_be_had_raw() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "auth.log",
        "Oct 12 12:00:02 s sshd[7]: Invalid user =HYPERLINK(1) from 192.0.2.1 port 5000\n",
    );
    let query = "SELECT user_name FROM events";
    assert_eq!(ask(folder.path(), query, &["auth.log"]), ["'=HYPERLINK(1)"]);
    assert_eq!(
        ask(folder.path(), query, &["auth.log", "--csv-raw"]),
        ["=HYPERLINK(1)"]
    );
}

#[test]
fn a_file_that_mixes_formats_is_read_in_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "mixed.log",
        "Oct 12 12:00:02 s sshd[7]: Failed password for root from 192.0.2.1 port 5000 ssh2\n\
         192.0.2.2 - - [12/Oct/2026:13:55:36 +0000] \"GET /.env HTTP/1.1\" 404 12 \"-\" \"x\"\n\
         2026-10-12 12:00:00,000 fail2ban.actions [1]: NOTICE [sshd] Ban 192.0.2.3\n\
         /var/log/nginx/error.log:2026/10/12 12:00:00 [error] 1#0: *1 access forbidden by rule, client: 192.0.2.4, server: x, request: \"GET /a HTTP/1.1\", host: \"x\"\n",
    );
    let found = ask(
        folder.path(),
        "SELECT source_ip, service_name FROM events ORDER BY source_ip",
        &["mixed.log"],
    );
    assert_eq!(
        found,
        [
            "192.0.2.1,sshd",
            "192.0.2.2,web",
            "192.0.2.3,fail2ban",
            "192.0.2.4,nginx"
        ]
    );
}

#[test]
fn exports_read_back() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "auth.log",
        "Oct 12 12:00:02 s sshd[7]: Failed password for root from 192.0.2.1 port 5000 ssh2\n",
    );
    for (name, magic) in [
        ("a.parquet", &b"PAR1"[..]),
        ("a.arrow", b"ARROW1"),
        ("a.csv", b"source_ip"),
        ("a.ndjson", b"{"),
    ] {
        let outcome = rapsheet(
            folder.path(),
            &["export", "addresses", "auth.log", "-o", name, "-q"],
        );
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        assert!(
            fs::read(folder.path().join(name))
                .unwrap()
                .starts_with(magic),
            "{name}"
        );
    }
    let outcome = rapsheet(
        folder.path(),
        &["export", "missing", "auth.log", "-q", "--format", "ndjson"],
    );
    assert!(outcome.stdout.contains(r#"{"table_name":"events","column_name":"http_referrer","rows":1,"absent":1,"percent":100"#), "{}", outcome.stdout);
}

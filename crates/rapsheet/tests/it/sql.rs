//! `rapsheet sql` and `export` as a person meets them: what tables there are, what is told, and in which order.

use std::fs;
use std::path::Path;

use crate::program::{rapsheet, sql};

const LOG: &str = "2026-07-12T12:00:02+00:00 s sshd[7]: Failed password for root from 192.0.2.1 port 5000 ssh2\n\
                   2026-07-12T22:30:05+00:00 s sshd[8]: Failed password for bob from 192.0.2.1 port 5002 ssh2\n";

fn server(folder: &Path) {
    fs::write(folder.join("auth.log"), LOG).unwrap();
}

#[test]
fn tables_are_told_without_any_log() {
    let folder = tempfile::tempdir().unwrap();
    let tables = rapsheet(folder.path(), &["sql", "SHOW TABLES"]);
    assert_eq!((tables.code, tables.stderr.as_str()), (0, ""));
    for table in ["addresses", "events", "missing", "rollup_kind"] {
        let line = format!("\n{table},");
        assert!(tables.stdout.contains(&line), "{}", tables.stdout);
    }
    for question in ["DESCRIBE events", "desc events", "SHOW COLUMNS FROM events"] {
        let columns = rapsheet(folder.path(), &["sql", question]);
        assert_eq!(columns.code, 0, "{}", columns.stderr);
        assert!(
            columns
                .stdout
                .starts_with("column_name,data_type,is_nullable,meaning\ntimestamp,timestamp with time zone,true,"),
            "{}",
            columns.stdout
        );
    }
    for (table, column) in [
        ("addresses", "threat_score,bigint,"),
        ("countries", "country_name,text,"),
        ("missing", "percent,double,"),
    ] {
        let columns = rapsheet(folder.path(), &["sql", &format!("DESCRIBE {table}")]);
        assert_eq!(columns.code, 0, "{}", columns.stderr);
        assert!(columns.stdout.contains(column), "{}", columns.stdout);
    }
    let unknown = rapsheet(folder.path(), &["sql", "DESCRIBE adresses"]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.stderr.contains("did you mean `addresses`?"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn missing_is_a_table() {
    let folder = tempfile::tempdir().unwrap();
    server(folder.path());
    let rows = sql(
        folder.path(),
        "SELECT column_name, rows, absent FROM missing WHERE table_name = 'events' AND column_name IN ('url_original', 'user_name') ORDER BY column_name",
        &["auth.log"],
    );
    assert_eq!(rows, ["url_original,2,2", "user_name,2,0"]);
    let exported = rapsheet(folder.path(), &["export", "missing", "auth.log"]);
    assert!(
        exported
            .stdout
            .starts_with("table_name,column_name,rows,absent,percent\ndetails,source_ip,1,0,"),
        "{}",
        exported.stdout
    );
}

#[test]
fn a_zone_that_was_asked_for_is_shown_by_its_clocks() {
    let folder = tempfile::tempdir().unwrap();
    server(folder.path());
    assert_eq!(
        sql(
            folder.path(),
            "SELECT timestamp AT TIME ZONE 'Europe/Zurich' AS at FROM events ORDER BY at",
            &["auth.log"],
        ),
        [
            "2026-07-12T14:00:02.000000+02:00",
            "2026-07-13T00:30:05.000000+02:00"
        ]
    );
    assert_eq!(
        sql(
            folder.path(),
            "SELECT date_trunc('day', timestamp AT TIME ZONE 'Europe/Zurich') AS day, count(*) FROM events GROUP BY 1 ORDER BY 1",
            &["auth.log"],
        ),
        [
            "2026-07-12T00:00:00.000000+02:00,1",
            "2026-07-13T00:00:00.000000+02:00,1"
        ]
    );
    let unknown = rapsheet(
        folder.path(),
        &[
            "sql",
            "SELECT timestamp AT TIME ZONE 'Mars' FROM events",
            "auth.log",
        ],
    );
    assert_eq!(unknown.code, 2, "{}", unknown.stdout);
    assert!(
        unknown.stderr.contains("error: unknown time zone `Mars`\n"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn text_in_double_quotes_gets_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    server(folder.path());
    let outcome = rapsheet(
        folder.path(),
        &[
            "sql",
            "SELECT * FROM users WHERE user_name = \"root\"",
            "auth.log",
        ],
    );
    assert_eq!(outcome.code, 2);
    assert!(
        outcome.stderr.contains("error: unknown column `root`\n")
            && outcome
                .stderr
                .contains("hint: text stands in single quotes, as in 'root'"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_file_that_was_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    server(folder.path());
    for arguments in [
        &["export", "events", "auth.log", "-o", "out.csv"][..],
        &["sql", "SELECT * FROM events", "auth.log", "-o", "out.csv"],
    ] {
        let outcome = rapsheet(folder.path(), arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""));
        assert!(
            outcome.stderr.contains("wrote `out.csv`: 2 rows\n"),
            "{}",
            outcome.stderr
        );
        let silent = rapsheet(folder.path(), &[arguments, &["-q"]].concat());
        assert_eq!(silent.stderr, "");
    }
}

#[test]
fn rows_have_one_order_however_many_threads_read() {
    let folder = tempfile::tempdir().unwrap();
    let demo = rapsheet(folder.path(), &["demo", "logs", "-q"]);
    assert_eq!(demo.code, 0, "{}", demo.stderr);
    for table in ["activity", "events_details", "rollup_kind", "rollup_user"] {
        let export = |threads: &str| {
            let arguments = ["export", table, "logs", "--threads", threads, "-q"];
            rapsheet(folder.path(), &arguments).stdout
        };
        let one = export("1");
        assert!(one.lines().count() > 100, "{table}");
        assert!(one == export("4"), "{table}");
    }
}

#[test]
fn all_commands_stand_in_the_help() {
    let folder = tempfile::tempdir().unwrap();
    let help = rapsheet(folder.path(), &["--help"]).stdout;
    for command in ["completions", "manual", "sql"] {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
    }
}

#[test]
fn settings_that_are_wrong_are_told_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    server(folder.path());
    for (settings, said) in [
        (
            "timezone = 'UTC'\nthread = 2\n",
            "line 2: unknown setting `thread`; there are `paths`, ",
        ),
        (
            "threads = \"two\"\n",
            "line 1: a whole number belongs here, not string \"two\"",
        ),
        ("threads = \n", "line 1: this is no TOML"),
    ] {
        fs::write(folder.path().join("own.toml"), settings).unwrap();
        let outcome = rapsheet(folder.path(), &["auth.log", "--config", "own.toml"]);
        assert_eq!(outcome.code, 2);
        assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
        assert!(!outcome.stderr.contains("TOML parse"), "{}", outcome.stderr);
    }
    let absent = rapsheet(folder.path(), &["auth.log", "--config", "none.toml"]).stderr;
    assert_eq!(
        absent,
        "error: cannot read `none.toml`: No such file or directory\n"
    );
}

#[test]
fn arguments_are_told_without_their_control_characters() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = rapsheet(folder.path(), &["sql", "--\x1b[31mred"]);
    assert_eq!(outcome.code, 2);
    assert!(
        outcome.stderr.contains("red' found") && !outcome.stderr.contains('\x1b'),
        "{}",
        outcome.stderr
    );
}

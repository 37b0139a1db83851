//! What somebody is told whose SQL is wrong.

use rapsheet_query::{Engine, Query, Session, SessionOptions};

use crate::rows::{server, session};

fn told(sql: &str) -> String {
    session(&server())
        .run(&Query::sql(sql))
        .unwrap_err()
        .to_string()
}

#[test]
fn names_that_do_not_exist_get_the_nearest_one() {
    let table = told("SELECT * FROM adresses");
    assert!(
        table.starts_with("unknown table `adresses`, did you mean `addresses`?"),
        "{table}"
    );
    let column = told("SELECT sorce_ip FROM addresses");
    assert!(
        column.starts_with("unknown column `sorce_ip`, did you mean `source_ip`?"),
        "{column}"
    );
}

#[test]
fn a_syntax_error_has_a_place() {
    let message = told("SELECT\n * FRM addresses");
    assert!(
        message.starts_with("syntax error at line 2, column "),
        "{message}"
    );
}

#[test]
fn whatever_changes_something_is_refused() {
    for sql in [
        "CREATE TABLE t AS SELECT 1 AS a",
        "DROP TABLE activity",
        "INSERT INTO activity SELECT * FROM activity",
        "COPY activity TO '/tmp/never-written.csv'",
        "SET datafusion.execution.batch_size = 1",
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
    ] {
        let message = told(sql);
        assert!(
            message.starts_with("only questions are allowed"),
            "{sql}: {message}"
        );
    }
    assert!(told("SELECT 1; SELECT 2").starts_with("one statement at a time"));
    assert_eq!(told(""), "the query is empty");
}

#[test]
fn a_table_that_was_not_filled_is_told_apart_from_one_that_does_not_exist() {
    let session = Session::new(&SessionOptions::default()).unwrap();
    let error = session
        .run(&Query::sql("SELECT * FROM addresses"))
        .unwrap_err();
    assert_eq!(error.to_string(), "the table `clock` has not been filled");
    assert_eq!(
        session.sources_of("SELECT * FROM findings").unwrap(),
        [
            "clock",
            "coverage",
            "details",
            "exact_bans",
            "exact_logins",
            "jail_settings",
            "known",
            "known_matches",
            "mistyped",
            "names",
            "peers",
            "rollup_answer",
            "rollup_front",
            "rollup_hour",
            "rollup_jail",
            "rollup_kind",
            "rollup_path",
            "rollup_user",
        ]
    );
    assert_eq!(
        session
            .tables_in("WITH a AS (SELECT 1 AS x FROM bans) SELECT * FROM a, users")
            .unwrap(),
        ["bans", "users"]
    );
}

#[test]
fn text_in_double_quotes_is_told_to_be_a_column() {
    let error = session(&server())
        .run(&Query::sql(
            "SELECT * FROM users WHERE user_name = \"o'neil\"",
        ))
        .unwrap_err();
    assert_eq!(error.to_string(), "unknown column `o'neil`");
    let hint = error.hint().unwrap();
    assert!(
        hint.starts_with("text stands in single quotes, as in 'o''neil'"),
        "{hint}"
    );
    let misspelt = told("SELECT \"sorce_ip\" FROM addresses");
    assert!(misspelt.contains("did you mean `source_ip`?"), "{misspelt}");
}

#[test]
fn no_library_speaks() {
    for (sql, said) in [
        (
            "SELECT cuont(1)",
            "unknown function `cuont`, did you mean `count`?",
        ),
        (
            "SELECT user_name, count(*) FROM users",
            "`users.user_name` must stand in GROUP BY",
        ),
        (
            "SELECT sum(user_name) FROM users",
            "`sum` cannot be asked of (text)",
        ),
        (
            "SELECT source_ip FROM addresses, bans",
            "`source_ip` stands in more than one of the tables",
        ),
        ("SELECT attempts / 0 FROM users", "division by zero"),
        ("SELECT CAST('a' AS INT)", "'a'"),
        ("SELECT lpad()", "`lpad` needs values"),
        (
            "SELECT * FROM users WHERE regexp_like(user_name, '(')",
            "no regular expression: unclosed group",
        ),
        ("SELECT user_name + 1 FROM users", ""),
        ("SELECT * FROM users LIMIT -1", "LIMIT"),
        (
            "SELECT x.source_ip FROM addresses",
            "unknown column `x.source_ip`",
        ),
        ("SELECT $1", "`$1` stands for nothing"),
        ("SELECT user_name FROM users UNION SELECT 1, 2", "UNION"),
        ("SELECT sum(1, 2)", "`sum` cannot be asked of"),
    ] {
        let message = told(sql);
        assert!(message.contains(said), "{sql}: {message}");
        for word in [
            "Arrow",
            "DataFusion",
            "Utf8",
            "Int64",
            "Internal",
            "Execution",
            "planning",
            "github",
            "Schema",
            "Candidate",
        ] {
            assert!(!message.contains(word), "{sql}: {message}");
        }
    }
}

//! What the shipped queries answer, against answers made by hand.

use rapsheet_query::{Query, derived_tables, missing, present, queries};

use crate::rows::{Row, accepted, failed, lines, probed, select, server, session, sql};

#[test]
fn every_query_runs_and_an_empty_activity_gives_empty_tables() {
    let session = session(&[]);
    select(&session, &["192.0.2.7"]);
    for name in queries() {
        let query = Query::shipped(name).unwrap();
        let lines = lines(&session, &query);
        if name == "summary/totals" {
            assert_eq!(lines, ["0|0|0|0|0|0|0|0|0|0|0|0|0|0|∅|∅|0|0|0|0|0|0|0|0"]);
        } else if name == "summary/lists" {
            assert_eq!(lines, ["0|0|0|0|0|0|0|0|0|0"]);
        } else if name == "summary/verdict" {
            assert_eq!(lines, ["0|0|0|∅|∅|0|0|0|0|0|0|0|0|0|0|0|0"]);
        } else if name == "summary/severities" {
            assert_eq!(lines, ["0|0"]);
        } else if name == "summary/details" {
            assert_eq!(lines, ["0|0|0|0|0|0|0"]);
        } else if name == "report/lists" {
            assert_eq!(lines, ["0|0|0"]);
        } else if name == "report/names" {
            assert_eq!(
                lines,
                ["1|web1"],
                "the server has its name without any event"
            );
        } else if name == "show/events" {
            assert_eq!(lines, ["0"]);
        } else if name == "show/totals" {
            assert_eq!(lines, ["0|0|∅|∅|0|0|0|0|0|0|0|0|0|0|0|0|∅|0|∅|∅"]);
        } else if name == "plot/totals" {
            assert_eq!(lines, ["0|0|0|∅|∅|0|0|∅|∅"]);
        } else {
            assert_eq!(lines, Vec::<String>::new(), "{name}");
        }
        assert!(query.answers().len() > 20, "{name} says what it answers");
    }
    assert!(derived_tables().count() > 10);
}

#[test]
fn the_record_of_an_address() {
    let session = session(&server());
    let found = sql(
        &session,
        "SELECT source_ip, attempts, users_tried, top_users, bans, restored, longest_ban, successes, failures_before_success, \
         got_in, jails, threat_reasons FROM addresses WHERE attempts >= 5 ORDER BY source_ip",
    );
    assert_eq!(
        found,
        [
            "192.0.2.7|42|2|root, admin|0|0|∅|1|42|true|∅|got in after 42 failed logins; 2 user names",
            "198.51.100.9|5|1|root|2|1|86400|0|0|false|sshd 3|5 failed logins; banned 2 times",
        ]
    );
}

#[test]
fn what_a_web_server_refused_is_told() {
    let refused = |at| probed("192.0.2.7", "/admin", "http_firewall", "failure", at);
    let text = "SELECT threat_reasons FROM addresses";
    assert_eq!(
        sql(&session(&[refused(10), refused(20)]), text),
        ["2 web requests refused"]
    );
    assert_eq!(
        sql(&session(&[refused(10)]), text),
        ["1 web request refused"]
    );
}

#[test]
fn failures_are_told_once_where_all_came_before_the_login() {
    let reasons = |rows: &[Row]| {
        let text = "SELECT threat_reasons FROM addresses";
        sql(&session(rows), text)
    };
    let before = failed("192.0.2.7", "root", 40, 3_600);
    let login = accepted("192.0.2.7", "root", "password", 3_900);
    let after = failed("192.0.2.7", "root", 1, 9_000);
    assert_eq!(
        reasons(&[before.clone(), login.clone()]),
        ["got in after 40 failed logins"]
    );
    assert_eq!(
        reasons(&[before.clone(), login, after.clone()]),
        ["got in after 40 failed logins; 41 failed logins in all"]
    );
    assert_eq!(reasons(&[before, after]), ["41 failed logins"]);
    let once = failed("192.0.2.7", "root", 1, 3_600);
    assert_eq!(reasons(&[once]), ["1 failed login"]);
}

#[test]
fn bans_have_a_beginning_an_end_and_a_reason() {
    let session = session(&server());
    let found = sql(
        &session,
        "SELECT banned_at, unbanned_at, ended_by, kind FROM bans ORDER BY banned_at",
    );
    assert_eq!(
        found,
        [
            "2026-01-05T00:01:50Z|2026-01-05T00:11:50Z|unban|new",
            "2026-01-05T00:16:40Z|2026-01-05T00:33:20Z|restarted|new",
            "2026-01-05T00:33:20Z|∅|still banned|restored",
        ]
    );
}

#[test]
fn findings_lead_with_who_got_in() {
    let session = session(&server());
    let found = lines(&session, &Query::shipped("summary/findings").unwrap());
    let found: Vec<String> = found
        .iter()
        .map(|line| line.split('|').take(4).collect::<Vec<_>>().join("|"))
        .collect();
    assert_eq!(
        found,
        [
            "critical|got_in|after_failures|logged in as admin by password after 42 failures, 2 of them for admin",
            "critical|probed_secret_answered|handed_out|asked for /.env and was answered with 200 and 105 bytes",
            "warning|got_in_network|after_failures|logged in as eva by password after 15 failures from 5 other addresses of 203.0.113.0/24",
            "warning|distributed|∅|6 addresses of 203.0.113.0/24 tried 16 times, each too seldom to be banned",
            "notice|got_in|after_failures|logged in as eva by password after 1 failure: a mistyped password?",
            "notice|returns_after_ban|∅|was banned 2 times and comes back: a longer ban is due",
        ]
    );
}

#[test]
fn failures_count_since_the_previous_login() {
    let session = session(&[
        failed("192.0.2.1", "eva", 2, 100),
        accepted("192.0.2.1", "eva", "password", 200),
        failed("192.0.2.1", "eva", 1, 4_000),
        accepted("192.0.2.1", "eva", "password", 4_100),
        failed("192.0.2.1", "eva", 9, 8_000),
    ]);
    let found = sql(
        &session,
        "SELECT logins_before, failures_before, user_names_before FROM logins ORDER BY at",
    );
    assert_eq!(found, ["0|2|1", "1|1|1"]);
}

#[test]
fn root_by_password_and_slow_tries_are_found() {
    let mut rows = vec![accepted("192.0.2.1", "root", "password", 10)];
    for day in 0..5 {
        rows.push(failed("192.0.2.2", "root", 2, day * 86_400));
    }
    let session = session(&rows);
    let found = sql(
        &session,
        "SELECT kind, source_ip FROM findings ORDER BY kind, source_ip",
    );
    assert_eq!(
        found,
        [
            "root_login_by_password|192.0.2.1",
            "slow_brute_force|192.0.2.2"
        ]
    );
}

#[test]
fn missing_counts_against_the_table_itself() {
    let session = session(&server());
    let columns = ["source_ip".to_owned(), "longest_ban".to_owned()];
    let table = missing(&session, "addresses", &columns).unwrap();
    session
        .register("missing", table.schema(), vec![vec![table]])
        .unwrap();
    assert_eq!(
        sql(&session, "SELECT * FROM missing"),
        [
            "addresses|source_ip|9|0|0.0",
            "addresses|longest_ban|9|8|88.88888888888889"
        ]
    );
}

#[test]
fn present_tells_what_each_row_has() {
    let session = session(&server());
    let columns = ["source_ip".to_owned(), "longest_ban".to_owned()];
    let batches = present(&session, "addresses", &columns).unwrap();
    session
        .register("present", batches[0].schema(), vec![batches])
        .unwrap();
    assert_eq!(
        sql(
            &session,
            "SELECT present, count(*) FROM present GROUP BY present ORDER BY present"
        ),
        ["10|8", "11|1"]
    );
}

//! Logins that an access log shows.

use std::fmt::Write as _;

use crate::facts::facts;
use crate::settling::{read, write};

fn request(minute: usize, ip: &str, user: &str, request: &str, status: u16) -> String {
    let (hour, minute) = (minute / 60, minute % 60);
    format!(
        "{ip} - {user} [20/Nov/2026:{hour:02}:{minute:02}:00 +0000] \"{request} HTTP/1.1\" {status} 381 \"-\" \"x\"\n"
    )
}

/// What is no plain request: dataset, action, user and reason.
fn told(log: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("site.log"), log);
    let gathered = read(folder.path(), &["."]);
    let mut rows = facts(
        &gathered,
        &[
            "event_dataset",
            "event_action",
            "source_ip",
            "user_name",
            "reason",
        ],
    );
    rows.retain(|row| !row.contains(" request "));
    rows
}

#[test]
fn a_name_that_is_served_after_failures_logged_in() {
    let mut log = request(0, "192.0.2.9", "eve", "GET /admin/", 200);
    for minute in 1..=50 {
        log += &request(minute, "192.0.2.7", "admin", "GET /admin/", 401);
    }
    log += &request(51, "192.0.2.9", "eve", "GET /admin/", 200);
    log += &request(52, "192.0.2.7", "admin", "GET /admin/", 200);
    log += &request(53, "192.0.2.7", "admin", "GET /admin/x", 200);
    let login = "http.auth login 192.0.2.7 admin http_login";
    assert_eq!(told(&log), [login]);
}

#[test]
fn many_names_and_then_another_logged_in() {
    let mut log = String::new();
    for (minute, name) in ["a", "b", "c", "d", "e"].iter().enumerate() {
        log += &request(minute, "192.0.2.7", name, "GET /", 401);
    }
    log += &request(10, "192.0.2.7", "bob", "GET /", 200);
    log += &request(11, "192.0.2.7", "bob", "GET /", 200);
    assert_eq!(told(&log), ["http.auth login 192.0.2.7 bob http_login"]);
}

#[test]
fn a_challenge_and_a_page_without_a_name_are_no_login() {
    let mut log = String::new();
    for minute in 0..20 {
        log += &request(minute, "192.0.2.7", "-", "GET /", 401);
        log += &request(minute, "192.0.2.7", "reader", "GET /", 200);
        log += &request(minute, "192.0.2.8", "bob", "GET /", 401);
        log += &request(minute, "192.0.2.8", "-", "GET /robots.txt", 200);
        log += &request(minute, "192.0.2.8", "bob", "GET /", 404);
    }
    assert_eq!(told(&log), Vec::<String>::new());
}

#[test]
fn a_form_that_sends_on_logged_somebody_in() {
    let form = "POST /blog/wp-login.php";
    let mut log = String::new();
    for minute in 0..9 {
        let _ = write!(log, "{}", request(minute, "192.0.2.7", "-", form, 200));
    }
    let lost = format!("{form}?action=lostpassword");
    let login = "http.auth login 192.0.2.7 - http_login";
    for (target, expected) in [(form, vec![login]), (lost.as_str(), Vec::new())] {
        let log = format!("{log}{}", request(10, "192.0.2.7", "-", target, 302));
        assert_eq!(told(&log), expected, "{target}");
    }
    assert_eq!(
        told(&request(10, "192.0.2.7", "-", form, 302)),
        Vec::<String>::new()
    );
}

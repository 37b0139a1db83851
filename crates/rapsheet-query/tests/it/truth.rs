//! Numbers that must say the same wherever they stand, and words that must not say more than is known.

use rapsheet_query::{Query, Session};
use rapsheet_schema::{coverage, details, jail_settings};

use crate::rows::{
    Row, accepted, failed, fill, jailed, lines, probed, select, select_of, server, session, sql,
    under_name,
};

/// One column of the only row of a shipped query.
fn total(session: &Session, column: &str) -> String {
    let text = Query::shipped("summary/totals").unwrap().text().to_owned();
    sql(session, &format!("SELECT {column} FROM ({text}) AS totals")).remove(0)
}

/// Says that fail2ban's log was read, and from when to when it reaches.
fn watch(session: &Session, first: &str, last: &str) {
    let row: &[(&str, &str)] = &[
        ("log_file_path", "fail2ban.log"),
        ("event_dataset", "fail2ban.log"),
        ("first", first),
        ("last", last),
    ];
    fill(session, "coverage", &coverage(), &[row]);
}

fn kinds(session: &Session) -> Vec<String> {
    sql(
        session,
        "SELECT kind, source_ip FROM findings ORDER BY kind, source_ip NULLS LAST",
    )
}

#[test]
fn attempts_under_host_names_count_in_every_total() {
    let mut login = under_name(failed("192.0.2.1", "root", 5, 7_300), "one.example.org");
    login.exists = Some(true);
    let probe = probed("192.0.2.1", "/.env", "probe_secrets", "failure", 7_400);
    let session = session(&[
        failed("192.0.2.9", "root", 3, 100),
        failed("192.0.2.9", "eva", 1, 200),
        probed("192.0.2.9", "/.env", "probe_secrets", "failure", 300),
        login,
        under_name(failed("192.0.2.1", "oracle", 2, 7_300), "two.example.org"),
        under_name(probe, "two.example.org"),
    ]);
    assert_eq!(
        total(
            &session,
            "attempts, events, addresses, attackers, domains, domain_attempts, domain_successes, \
             sshd_attempts, web_attempts, user_names, paths"
        ),
        "13|13|1|1|2|8|0|11|2|3|1"
    );
    for table in ["timeline", "hours"] {
        let question = format!("SELECT sum(attempts), sum(events) FROM {table}");
        assert_eq!(sql(&session, &question), ["13|13"], "{table}");
    }
    assert_eq!(
        sql(
            &session,
            "SELECT user_name, user_exists, attempts, addresses FROM users ORDER BY user_name"
        ),
        ["eva|∅|1|1", "oracle|∅|2|0", "root|true|8|1"]
    );
    assert_eq!(
        sql(&session, "SELECT url_path, requests, addresses FROM paths"),
        ["/.env|2|1"]
    );
    assert_eq!(
        sql(
            &session,
            "SELECT source_domain, attempts, sshd_attempts, web_attempts FROM domains ORDER BY source_domain"
        ),
        ["one.example.org|5|5|0", "two.example.org|3|2|1"]
    );
}

#[test]
fn a_request_that_two_logs_tell_of_is_one() {
    let told_again = Row {
        service: "nginx",
        action: "error",
        attempts: 0,
        ..probed("192.0.2.1", "/.env", "probe_secrets", "failure", 100)
    };
    let session = session(&[
        probed("192.0.2.1", "/.env", "probe_secrets", "failure", 100),
        told_again,
    ]);
    let question = "SELECT url_path, requests FROM address_paths";
    assert_eq!(sql(&session, question), ["/.env|1"]);
    select(&session, &["192.0.2.1"]);
    let shown = lines(&session, &Query::shipped("show/paths").unwrap());
    assert!(
        shown[0].starts_with("/.env|probe_secrets|1|1|0|"),
        "{shown:?}"
    );
}

#[test]
fn countries_in_the_totals_are_those_of_who_tried() {
    let visit = Row {
        suspicious: false,
        attempts: 0,
        path: None,
        reason: None,
        ..probed("203.0.113.1", "/", "probe_shell", "success", 50)
    };
    let session = session(&[failed("192.0.2.1", "root", 3, 100), visit]);
    let place = |ip, country, system| {
        [
            ("source_ip", ip),
            ("country_iso_code", country),
            ("traits_autonomous_system_number", system),
        ]
    };
    fill(
        &session,
        "details",
        &details(),
        &[
            &place("192.0.2.1", "NA", "64496"),
            &place("203.0.113.1", "CH", "64497"),
        ],
    );
    assert_eq!(
        total(
            &session,
            "addresses, attackers, countries, autonomous_systems"
        ),
        "2|1|1|1"
    );
}

#[test]
fn a_continent_is_no_country_and_its_addresses_are_no_other_continents() {
    let ips = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"];
    let session = session(&ips.map(|ip| failed(ip, "root", 1, 100)));
    let columns = [
        "source_ip",
        "country_iso_code",
        "registered_country_iso_code",
        "continent_code",
        "continent_name",
    ];
    let row = |cells: [&'static str; 5]| -> Vec<(&'static str, &'static str)> {
        let filled = columns.into_iter().zip(cells);
        filled.filter(|(_, cell)| !cell.is_empty()).collect()
    };
    let rows = [
        row(["192.0.2.1", "", "DE", "EU", "Europe"]),
        row(["192.0.2.2", "", "AU", "", ""]),
        row(["192.0.2.3", "AT", "DE", "EU", "Europe"]),
        row(["192.0.2.4", "", "", "AS", "Asia"]),
    ];
    let rows: Vec<&[_]> = rows.iter().map(Vec::as_slice).collect();
    fill(&session, "details", &details(), &rows);
    assert_eq!(
        sql(
            &session,
            "SELECT country_iso_code, continent_code, addresses FROM countries ORDER BY country_iso_code, continent_code",
        ),
        ["∅|∅|1", "∅|AS|1", "∅|EU|1", "AT|EU|1"]
    );
    for name in ["summary/countries", "plot/countries"] {
        let shown = lines(&session, &Query::shipped(name).unwrap());
        assert_eq!(shown.len(), 4, "{shown:?}");
    }
}

#[test]
fn a_mistyped_password_is_not_getting_in() {
    let mistyped = session(&[
        failed("192.0.2.1", "eva", 1, 100),
        accepted("192.0.2.1", "eva", "password", 130),
    ]);
    let record = "SELECT got_in, successes, failures_before_success FROM addresses";
    assert_eq!(sql(&mistyped, record), ["false|1|1"]);
    assert_eq!(total(&mistyped, "got_in"), "0");
    assert_eq!(sql(&mistyped, "SELECT grade FROM logins"), ["1"]);

    let server = session(&server());
    assert_eq!(
        sql(
            &server,
            "SELECT source_ip FROM addresses WHERE got_in ORDER BY source_ip"
        ),
        ["192.0.2.7", "203.0.113.200"],
        "after guessing of its own, and after guessing of its network"
    );
    let headline = "SELECT count(DISTINCT source_ip) FROM findings WHERE kind IN ('got_in', 'got_in_network') AND severity <> 'notice'";
    assert_eq!(sql(&server, headline), [total(&server, "got_in")]);
}

#[test]
fn an_answered_attack_is_a_finding_but_not_on_the_front_page() {
    let session = session(&[
        probed("192.0.2.1", "/evil.php", "probe_shell", "success", 100),
        probed("192.0.2.4", "/evil.php", "probe_shell", "success", 150),
        probed("192.0.2.1", "/index.php", "probe_injection", "success", 200),
        probed("192.0.2.2", "/", "probe_injection", "success", 100),
        probed("192.0.2.3", "/bad.php", "probe_shell", "failure", 100),
    ]);
    assert_eq!(
        sql(
            &session,
            "SELECT severity, kind, question, source_ip, addresses, statement, evidence FROM findings"
        ),
        [
            "critical|attack_answered|handed_out|∅|2|/evil.php was asked for, and answered with 200 and 109 bytes|2 requests of 2 addresses; 1 other probed path was turned away",
            "notice|attack_answered|∅|192.0.2.1|1|1 path answered to attacks (probe_injection), most /index.php|1 request: look whether the server answers so to anything",
        ]
    );
}

#[test]
fn what_anything_gets_is_not_handed_out() {
    let page = |ip, path, reason, bytes, at| Row {
        bytes,
        ..probed(ip, path, reason, "success", at)
    };
    let secret = |path, bytes, at| page("192.0.2.1", path, "probe_secrets", bytes, at);
    let found = |rows: &[Row]| {
        let session = session(rows);
        sql(
            &session,
            "SELECT severity, statement FROM findings WHERE question = 'handed_out'",
        )
    };
    // Whatever it is asked for, it shows its front page.
    let front = Row {
        suspicious: false,
        attempts: 0,
        reason: None,
        ..page("198.51.100.7", "/", "probe_secrets", Some(612), 5)
    };
    let only = [front, secret("/.env", Some(612), 10)];
    assert_eq!(found(&only), Vec::<String>::new());
    assert_eq!(found(&only[1..]).len(), 1);
    // One size for all, but one file has its own; nothing at all is no file.
    let mut rows = vec![
        secret("/.env", Some(612), 10),
        secret("/.env.bak", Some(612), 20),
        page(
            "192.0.2.1",
            "/wp-login.php",
            "probe_wordpress",
            Some(612),
            30,
        ),
        secret("/.aws/credentials", Some(0), 40),
    ];
    assert_eq!(found(&rows), Vec::<String>::new());
    rows.push(secret("/.git/config", Some(1_412), 50));
    assert_eq!(
        found(&rows),
        ["warning|asked for /.git/config and was answered with 200 and 1,412 bytes"],
        "a server that turns nothing away proves little"
    );
    rows.push(probed(
        "192.0.2.9",
        "/backup.sql",
        "probe_secrets",
        "failure",
        60,
    ));
    assert_eq!(
        found(&rows),
        ["critical|asked for /.git/config and was answered with 200 and 1,412 bytes"]
    );
}

#[test]
fn who_mistypes_now_and_then_tries_nothing_slowly() {
    let mut rows = Vec::new();
    for day in 0..9 {
        let at = day * 86_400;
        rows.push(failed("192.0.2.1", "eva", 3, at));
        rows.push(accepted("192.0.2.1", "eva", "password", at + 60));
        rows.push(failed("198.51.100.1", "root", 2, at));
        rows.push(failed("198.51.100.2", "root", 2, at));
    }
    let session = session(&rows);
    let question = "SELECT kind, source_ip, source_network, addresses, statement FROM findings WHERE severity = 'warning'";
    assert_eq!(
        sql(&session, question),
        [
            "slow_brute_force|∅|198.51.100.0/24|2|2 addresses of 198.51.100.0/24 try slowly: 36 failed logins on up to 9 days"
        ],
        "those of one network are one finding, and nothing tells of fail2ban's threshold"
    );
}

#[test]
fn a_login_from_elsewhere_is_told_once_there_is_a_week_to_compare_with() {
    const DAY: i64 = 86_400;
    let mut rows: Vec<Row> = (0..9)
        .map(|day| accepted("192.0.2.1", "eva", "publickey", day * DAY))
        .collect();
    rows.push(accepted("192.0.2.77", "eva", "publickey", 8 * DAY + 9));
    rows.push(accepted("198.51.100.1", "eva", "publickey", 3 * DAY));
    rows.push(accepted("203.0.113.1", "eva", "publickey", 9 * DAY));
    rows.push(accepted("203.0.113.2", "eva", "password", 10 * DAY));
    rows.push(accepted("203.0.113.3", "joe", "password", 10 * DAY));
    let read = |session: &Session| {
        let row: &[(&str, &str)] = &[
            ("log_file_path", "auth.log"),
            ("event_dataset", "openssh.auth"),
            ("first", "2026-01-05T00:00:00Z"),
            ("last", "2026-01-25T00:00:00Z"),
        ];
        fill(session, "coverage", &coverage(), &[row]);
    };
    let question = "SELECT severity, source_ip, statement FROM findings WHERE question = 'new_place' ORDER BY at, source_ip";
    let nowhere = session(&rows);
    read(&nowhere);
    assert_eq!(
        sql(&nowhere, question),
        [
            "notice|203.0.113.1|logged in as eva by publickey from 203.0.113.0/24, a network new for that user after 11 logins",
            "warning|203.0.113.2|logged in as eva by password, which is new for that user after 12 logins",
            "notice|203.0.113.3|logged in as joe by password: the first login of that user in these logs",
        ]
    );
    let placed = session(&rows);
    read(&placed);
    let place = |ip, country, name| {
        [
            ("source_ip", ip),
            ("country_iso_code", country),
            ("country_name", name),
        ]
    };
    fill(
        &placed,
        "details",
        &details(),
        &[
            &place("192.0.2.1", "CH", "Switzerland"),
            &place("203.0.113.1", "CH", "Switzerland"),
            &place("203.0.113.2", "BR", "Brazil"),
        ],
    );
    assert_eq!(
        sql(&placed, question),
        [
            "notice|203.0.113.1|logged in as eva by publickey from 203.0.113.0/24, a network new for that user after 11 logins",
            "critical|203.0.113.2|logged in as eva by password from Brazil, a country new for that user after 12 logins",
            "notice|203.0.113.3|logged in as joe by password: the first login of that user in these logs",
        ]
    );
    // A name that many try, with a password, from where its user never was.
    let mut tried = vec![
        accepted("192.0.2.1", "root", "password", 0),
        accepted("203.0.113.1", "root", "password", 9 * DAY),
    ];
    for ip in [
        "198.51.100.1",
        "198.51.100.2",
        "198.51.100.3",
        "198.51.100.4",
        "198.51.100.5",
        "198.51.100.6",
        "198.51.100.7",
        "198.51.100.8",
        "198.51.100.9",
        "198.51.100.10",
    ] {
        tried.push(failed(ip, "root", 1, DAY));
    }
    let tried = session(&tried);
    read(&tried);
    assert_eq!(
        sql(&tried, &question.replace("statement", "evidence")),
        ["critical|203.0.113.1|on web1; 10 addresses tried that user"]
    );
}

#[test]
fn never_banned_is_said_only_where_bans_are_known() {
    let mut rows = vec![
        failed("192.0.2.2", "root", 30, 200),
        jailed("ban", "192.0.2.2", "sshd", 300),
        failed("192.0.2.3", "root", 30, 40 * 86_400),
    ];
    rows.extend((0..14).map(|day| failed("192.0.2.1", "root", 11, day * 86_400)));
    let unknown = session(&rows);
    assert_eq!(kinds(&unknown), Vec::<String>::new());
    let watched = session(&rows);
    watch(&watched, "2026-01-05T00:00:00Z", "2026-01-25T00:00:00Z");
    assert_eq!(kinds(&watched), ["never_banned|192.0.2.1"]);
    assert_eq!(
        sql(&watched, "SELECT statement, evidence FROM findings"),
        [
            "was never banned for 154 failed logins on 14 days|1 user name: root; fail2ban never found it: does it ignore the address, or not see such failures?"
        ]
    );
    // Its own settings are said, and tell slow from loud.
    let set = session(&rows);
    watch(&set, "2026-01-05T00:00:00Z", "2026-01-25T00:00:00Z");
    fill(
        &set,
        "jail_settings",
        &jail_settings(),
        &[
            &[
                ("fail2ban_jail", "apache"),
                ("maxretry", "2"),
                ("bantime_increment", "false"),
            ],
            &[
                ("fail2ban_jail", "sshd"),
                ("maxretry", "12"),
                ("findtime", "600"),
                ("bantime_increment", "false"),
                ("mode", "normal"),
            ],
        ],
    );
    assert_eq!(
        sql(&set, "SELECT statement, evidence FROM findings"),
        [
            "tries slowly, below what fail2ban bans: 154 failed logins on 14 days|1 user name: root; never banned; \
             jail sshd bans after 12 failures within 10 min (mode normal)"
        ]
    );
}

#[test]
fn evidence_says_something_else_than_the_statement() {
    let session = session(&server());
    for line in sql(&session, "SELECT statement, evidence FROM findings") {
        let (statement, evidence) = line.split_once('|').unwrap();
        for part in evidence.split("; ") {
            assert!(!statement.contains(part), "{line}");
        }
    }
}

#[test]
fn a_rap_sheet_shows_what_matters_first_and_how_much_there_is() {
    let mut rows = server();
    rows.extend((0..60).map(|minute| failed("198.51.100.8", "root", 1, minute * 60)));
    rows.push(failed("198.51.100.8", "eva", 70, 200));
    let session = session(&rows);
    let everybody = sql(&session, "SELECT source_ip FROM addresses");
    let everybody: Vec<&str> = everybody.iter().map(String::as_str).collect();
    select_of(&session, &everybody, &["203.0.113.0/24"]);
    let shown = |name: &str, limit: i64| {
        lines(
            &session,
            &Query::shipped(name).unwrap().with("limit", limit),
        )
    };
    let findings = shown("show/findings", 4);
    let starts: Vec<String> = findings
        .iter()
        .map(|line| line.split('|').take(2).collect::<Vec<_>>().join("|"))
        .collect();
    assert_eq!(
        starts,
        [
            "critical|got_in",
            "critical|probed_secret_answered",
            "warning|got_in_network",
            "warning|distributed",
        ]
    );
    assert!(findings[0].ends_with("|6"), "{findings:?}");
    let bans = shown("show/bans", 1);
    assert!(
        bans[0].contains("|2026-01-05T00:33:20Z|∅|still banned|"),
        "{bans:?}"
    );
    assert!(bans[0].ends_with("|3"), "{bans:?}");
    let logins = shown("show/logins", 1);
    assert!(logins[0].starts_with("203.0.113.200|"), "{logins:?}");
    let users = shown("show/users", 1);
    assert!(users[0].starts_with("root|∅|105|3|"), "{users:?}");
    assert!(users[0].ends_with("|4"), "{users:?}");
}

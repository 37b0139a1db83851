//! Single web lines of others, each with what its authors say of it.

use rapsheet_parse::{Arena, Reading, parse_line};
use serde_json::Value;

use crate::corpus_web::{ip_of, json_lines, text_of, with_event};

/// Where fail2ban's filter says otherwise, by the start of the file's name and a part of the line, and why.
const FAIL2BAN_OTHERWISE: &[(&str, &str, &str)] = &[
    (
        "apache-auth",
        "AH01776: invalid nonce",
        "the filter's own comment doubts it; a bad nonce is an answer that the server refused",
    ),
    (
        "apache-botsearch",
        "/var/www/forum/mail.php",
        "the filter lists names; any missing script is a probe for us",
    ),
    (
        "apache-fakegooglebot",
        "Googlebot/2.1",
        "needs a reverse look-up; the agent by itself is a search engine",
    ),
    (
        "apache-pass",
        "/knocking/",
        "port knocking: the filter bans whom its owner wants to let in",
    ),
    (
        "nginx-http-auth",
        "\"localhost:8443\"\": was not found in",
        "nginx takes no user name with a colon; a request may hold the same text, so nobody is named",
    ),
    (
        "traefik-auth",
        "[18/Nov/2018:21:34:30",
        "a filter option leaves out this request; the password was wrong all the same",
    ),
];

#[test]
fn fail2ban_expects_the_same() {
    let Some(cases) = json_lines("cases/fail2ban-failjson.jsonl") else {
        return;
    };
    let (mut same, mut all, mut wrong) = (0, 0, Vec::new());
    for case in &cases {
        let file = case["file"].as_str().unwrap();
        let ours = ["apache-", "nginx-", "traefik-", "php-url"];
        if !ours.iter().any(|start| file.starts_with(start)) {
            continue;
        }
        let line = case["line"].as_str().unwrap();
        let line = without_syslog(line);
        let expected = case["expect_match"].as_bool().unwrap();
        let host = case["expect_host"].as_str();
        all += 1;
        let found = with_event(line, |_, event| match event {
            Ok(event) => Some((event.suspicious, ip_of(event))),
            Err(_) => None,
        });
        let agrees = match &found {
            Some((suspicious, ip)) => {
                *suspicious == expected && (!expected || Some(ip.as_str()) == host)
            }
            None => !expected,
        };
        if agrees {
            same += 1;
        } else if !FAIL2BAN_OTHERWISE
            .iter()
            .any(|(start, part, _)| file.starts_with(start) && line.contains(part))
        {
            wrong.push(format!(
                "{file}: wanted {expected} {host:?}, found {found:?}: {line}"
            ));
        }
    }
    println!(
        "fail2ban: {same} of {all} agree; {} are argued",
        all - same - wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Takes off what syslog put before the line; that envelope has its own tests.
fn without_syslog(line: &str) -> &str {
    for mark in ["]: host nginx: ", "]: "] {
        if (line.starts_with("host nginx[") || line.starts_with("<171>1 "))
            && let Some((_, rest)) = line.split_once(mark)
        {
            return rest;
        }
    }
    if let Some(rest) = line.strip_prefix("Jan 11 10:13:05 web01 apache: ") {
        return rest;
    }
    if let Some((_, rest)) = line.split_once(" nginx - - - ") {
        return rest;
    }
    line
}

/// Where wazuh's and ossec's rules say otherwise (`expect_pass` of a rule with a level of 5 or more), and why.
const WAZUH_OTHERWISE: &[(&str, &str)] = &[
    (
        "MJ12bot",
        "a search engine's robot that obeys robots.txt, though a hungry one",
    ),
    ("PHP Notice", "a fault in the site's own program"),
    ("failed (36: File name too long)", "no address on the line"),
    ("yadda", "no address on the line"),
    (
        "showmail.pl",
        "a low level there; any missing script is a probe for us",
    ),
    (
        "POST /example/wp-login.php",
        "a low level there, for a single login; counting is not the rule's work here",
    ),
    (
        "POST /administrator ",
        "a low level there, for a single login; counting is not the rule's work here",
    ),
    (
        "/example.php/login.php",
        "a path that only osCommerce takes wrongly; the refusal is in the status",
    ),
];

#[test]
fn wazuh_expects_the_same() {
    let Some(cases) = json_lines("cases/wazuh-ossec.jsonl") else {
        return;
    };
    let (mut same, mut all, mut wrong) = (0, 0, Vec::new());
    for case in &cases {
        let decoder = case["decoder"].as_str().unwrap_or_default();
        if !["web-accesslog", "apache-errorlog", "nginx-errorlog"].contains(&decoder) {
            continue;
        }
        let line = without_syslog(case["line"].as_str().unwrap());
        // IIS has its own decoder; ossec names it as the others.
        if line.contains("W3SVC") {
            continue;
        }
        all += 1;
        let level: u32 = case["alert"].as_str().unwrap().parse().unwrap();
        let expected = case["expect_pass"].as_bool().unwrap() && level >= 5;
        let arena = Arena::new();
        let reading = parse_line(line, &arena).reading;
        let agrees = match &reading {
            Reading::Event(event) => event.suspicious == expected,
            Reading::Understood(_) => !expected,
            Reading::Unknown => false,
        };
        if agrees {
            same += 1;
        } else if !WAZUH_OTHERWISE.iter().any(|(part, _)| line.contains(part)) {
            wrong.push(format!("{}: wanted {expected}: {line}", case["case"]));
        }
    }
    println!(
        "wazuh: {same} of {all} agree; {} are argued",
        all - same - wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Where crowdsec has another address, and why.
const CROWDSEC_OTHERWISE: &[(&str, &str)] = &[(
    "192.168.1.100,10.0.0.50",
    "the list holds private addresses only; the peer is public, so it is the client",
)];

#[test]
fn crowdsec_expects_the_same() {
    let Some(cases) = json_lines("cases/crowdsec-parsed.jsonl") else {
        return;
    };
    let tests = [
        "base-upsun-httplog-logs",
        "bunkerweb-http-malformed",
        "caddy-logs",
        "cpanel-logs",
        "fastly-logs",
        "overseerr-whitelist",
        "pfsense-rfc5424-nginx",
        "rocketchat-whitelist",
        "spring4shell_cve-2022-22965",
        "traefik_clf",
        "traefik_json",
        "modsecurity-logs-nginx",
    ];
    let (mut same, mut all, mut wrong) = (0, 0, Vec::new());
    for case in &cases {
        let test = case["test"].as_str().unwrap();
        let kind = case["meta"]["log_type"].as_str().unwrap_or_default();
        if !tests.contains(&test)
            || !["http_access-log", "http_error-log", "modsecurity"].contains(&kind)
        {
            continue;
        }
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let Some(mut message) = text(&case["parsed"]["message"]) else {
            continue;
        };
        if kind == "http_error-log" {
            // Its parser keeps the message only; the line is in the log.
            let Some(log) = text_of("crowdsec/pfsense-rfc5424-nginx/pfsense-rfc5424-nginx.log")
            else {
                return;
            };
            message = without_syslog(log.lines().next().unwrap()).to_owned();
        }
        all += 1;
        let found = with_event(message.trim(), |_, event| {
            let event = event?;
            let http = event.http.copied().unwrap_or_default();
            Ok::<_, String>((
                ip_of(event),
                http.http_response_status_code
                    .map(|status| status.to_string()),
                http.http_request_method.map(str::to_owned),
                http.url_original.map(str::to_owned),
            ))
        });
        let wanted = (
            text(&case["meta"]["source_ip"]),
            text(&case["meta"]["http_status"]).filter(|status| status != "0" && status != "-"),
            text(&case["meta"]["http_verb"]).or_else(|| text(&case["meta"]["verb"])),
            text(&case["meta"]["http_path"]),
        );
        let agrees = match &found {
            Ok((ip, status, verb, path)) if kind == "http_access-log" => {
                Some(ip) == wanted.0.as_ref()
                    && *status == wanted.1
                    && *verb == wanted.2
                    && (*path == wanted.3 || path.is_none())
            }
            Ok((ip, ..)) => Some(ip) == wanted.0.as_ref(),
            Err(_) => false,
        };
        if agrees {
            same += 1;
        } else if !CROWDSEC_OTHERWISE
            .iter()
            .any(|(part, _)| message.contains(part))
        {
            wrong.push(format!(
                "{test}: wanted {wanted:?}, found {found:?}: {message}"
            ));
        }
    }
    println!(
        "crowdsec: {same} of {all} agree; {} are argued",
        all - same - wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

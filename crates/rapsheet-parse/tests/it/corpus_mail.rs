//! The annotated cases of Dovecot and Postfix in the corpus, where it is there: which address is suspicious, if one is.
//!
//! Each disagreement stands with its reason, and a reason that no case needs is a fault.

use rapsheet_parse::{Arena, Reading, parse_line};
use rapsheet_schema::{Dataset, parse_address};
use serde_json::Value;

use crate::corpus_web::json_lines;

/// A part of the lines on which we disagree, and why.
type Argued = (&'static str, &'static str);

/// What one set of cases came to.
struct Agreement {
    name: &'static str,
    argued: &'static [Argued],
    needed: Vec<bool>,
    all: usize,
    same: usize,
    wrong: Vec<String>,
}

impl Agreement {
    fn new(name: &'static str, argued: &'static [Argued]) -> Self {
        Self {
            name,
            argued,
            needed: vec![false; argued.len()],
            all: 0,
            same: 0,
            wrong: Vec::new(),
        }
    }

    fn compare(&mut self, line: &str, expected: Option<&str>) {
        self.all += 1;
        let found = suspect(line);
        let expected = expected.map(canonical);
        if found == expected {
            self.same += 1;
            return;
        }
        match self.argued.iter().position(|(part, _)| line.contains(part)) {
            Some(at) => self.needed[at] = true,
            None => self.wrong.push(format!(
                "{line}: expected {expected:?}, got {found:?}: {:?}",
                parse_line(line, &Arena::new()).reading
            )),
        }
    }

    fn finish(self, at_least: usize) {
        println!(
            "{}: {} of {} agree; {} are argued",
            self.name,
            self.same,
            self.all,
            self.all - self.same - self.wrong.len()
        );
        assert!(self.wrong.is_empty(), "{:#?}", self.wrong);
        assert!(self.all >= at_least, "{}: {} cases", self.name, self.all);
        for ((part, _), needed) in self.argued.iter().zip(self.needed) {
            assert!(needed, "{}: no case needs {part:?}", self.name);
        }
    }
}

/// The address that a line makes suspicious.
fn suspect(line: &str) -> Option<String> {
    let arena = Arena::new();
    match parse_line(line, &arena).reading {
        Reading::Event(event)
            if event.suspicious
                && matches!(
                    event.event_dataset,
                    Dataset::DovecotAuth | Dataset::PostfixAuth
                ) =>
        {
            event.source_ip.map(|ip| ip.to_string())
        }
        _ => None,
    }
}

fn canonical(host: &str) -> String {
    parse_address(host).map_or_else(|| host.to_owned(), |ip| ip.to_string())
}

const TAI64N: &str = "daemontools' time is no head that we read";
const NO_ATTEMPT: &str = "a connection that ends without a login: fail2ban's normal mode lets it pass, for us it is evidence, as of sshd";
const NOT_A_LOGIN: &str =
    "the handshake did not end, or Dovecot was not ready: no client's fault, and no login";
const MAIL: &str = "it is about mail: whoever sends spam does not try to get in";
const NO_AUTH: &str = "a connection without AUTH is another mail server's as a rule";

const FAIL2BAN_DOVECOT: &[Argued] = &[
    ("@400000004c91b044", TAI64N),
    (
        "platypus dovecot: pop3-login: Disconnected (no auth attempts): rip=",
        NO_ATTEMPT,
    ),
    ("(no auth attempts in 58 secs)", NO_ATTEMPT),
    (
        "Connection reset by peer (no auth attempts in 1 secs)",
        NO_ATTEMPT,
    ),
    (
        "managesieve-login: Disconnected: Too many invalid commands. (no auth attempts",
        "a client that does not speak the protocol is a probe",
    ),
    ("disconnected before auth was ready", NOT_A_LOGIN),
    (
        "(no auth attempts in 4 secs): user=<>, rip=192.0.2.7",
        NOT_A_LOGIN,
    ),
];

const FAIL2BAN_POSTFIX: &[Argued] = &[
    (" reject: ", MAIL),
    ("milter-reject: ", MAIL),
    ("after RCPT from ", MAIL),
    ("pipelining after DATA from ", MAIL),
    ("pipelining after RSET from ", MAIL),
    ("pipelining after NOOP from ", MAIL),
    ("lost connection after CONNECT from ", NO_AUTH),
    ("lost connection after STARTTLS from ", NO_AUTH),
    (
        "does not resolve to address",
        "a name that does not fit its address attacks nobody",
    ),
    (
        "postfix/postscreen",
        "postscreen tells whether a client is a mail server, not whether it tries to log in",
    ),
];

#[test]
fn fail2bans_cases_of_mail_agree() {
    let Some(cases) = json_lines("cases/fail2ban-failjson.jsonl") else {
        return;
    };
    for (file, argued, at_least) in [
        ("dovecot", FAIL2BAN_DOVECOT, 44),
        ("postfix", FAIL2BAN_POSTFIX, 43),
    ] {
        let mut agreement = Agreement::new(file, argued);
        for case in cases.iter().filter(|case| case["file"] == file) {
            let expected = case["expect_host"]
                .as_str()
                .filter(|_| case["expect_match"] == true);
            agreement.compare(case["line"].as_str().unwrap(), expected);
        }
        agreement.finish(at_least);
    }
}

const CROWDSEC: &[Argued] = &[
    ("NOQUEUE: reject: ", MAIL),
    (
        "PREGREET",
        "postscreen tells whether a client is a mail server, not whether it tries to log in",
    ),
];

#[test]
fn crowdsecs_cases_of_mail_agree() {
    let Some(cases) = json_lines("cases/crowdsec-parsed.jsonl") else {
        return;
    };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut agreement = Agreement::new("crowdsec", CROWDSEC);
    for case in &cases {
        let parser = case["parser"].as_str().unwrap_or_default();
        let is_dovecot = parser == "crowdsecurity/dovecot-logs";
        if !is_dovecot
            && ![
                "crowdsecurity/postfix-logs",
                "crowdsecurity/postscreen-logs",
            ]
            .contains(&parser)
        {
            continue;
        }
        let Some(ip) = text(&case["meta"]["source_ip"]) else {
            continue;
        };
        let parsed = &case["parsed"];
        // Some cases keep the fields only: the elements of the line.
        let message = text(&parsed["message"]).or_else(|| {
            Some(format!(
                "{}-login: {}: user=<{}>, method=PLAIN, rip={}, lip={}",
                text(&parsed["protocol"])?,
                text(&parsed["dovecot_login_message"])
                    .unwrap_or_else(|| "Disconnected (auth failed, 1 attempts)".to_owned()),
                text(&parsed["dovecot_user"])?,
                text(&parsed["dovecot_remote_ip"])?,
                text(&parsed["dovecot_local_ip"]).unwrap_or_else(|| "10.0.0.1".to_owned()),
            ))
        });
        let program = text(&parsed["program"]).unwrap_or_else(|| "dovecot".to_owned());
        let line = format!("leaf {program}[1]: {}", message.unwrap());
        agreement.compare(&line, Some(&ip));
    }
    agreement.finish(21);
}

#[test]
fn wazuhs_cases_of_mail_agree() {
    let Some(cases) = json_lines("cases/wazuh-ossec.jsonl") else {
        return;
    };
    let mut agreement = Agreement::new("wazuh and ossec", &[]);
    for case in &cases {
        let line = case["line"].as_str().unwrap();
        if !line.contains("dovecot") && !line.contains("postfix") {
            continue;
        }
        // Its alert names the rule, not the address: PAM's stands at the end.
        let address = line.rsplit_once("rhost=").map(|(_, address)| address);
        agreement.compare(line, address.filter(|_| case["expect_pass"] == true));
    }
    agreement.finish(1);
}

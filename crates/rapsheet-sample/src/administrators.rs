//! Typical servers, as their administrators know them: each a few weeks of logs, and the sentence that its administrator
//! would write about them by hand. What the program says of them is kept as a snapshot that a person can judge.
//!
//! Addresses come from documentation ranges (RFC 5737, RFC 3849) and private networks; times are UTC and have their year.

use crate::civil::{Civil, DAY, midnight};

/// One server, or a few.
#[derive(Clone, Debug)]
pub struct Administrator {
    /// A name, good for a file's.
    pub name: &'static str,
    /// What a person would say about these logs.
    pub sentence: &'static str,
    /// Paths within a folder, and what stands in the files.
    pub files: Vec<(String, String)>,
    /// Arguments of the run beside the folder.
    pub arguments: Vec<&'static str>,
}

/// The first day of the stories that have a date.
const MARCH: i64 = midnight(2026, 3, 1);
const HOUR: i64 = 3_600;

/// A log that is being written.
#[derive(Default)]
struct Log {
    lines: Vec<(i64, String)>,
    pid: u32,
}

impl Log {
    /// A line of sshd's, with RFC 3339's time and its head of syslog.
    fn sshd(&mut self, at: i64, host: &str, pid: u32, message: &str) {
        let time = Civil::of(at).dashed('-').replace(' ', "T");
        self.lines
            .push((at, format!("{time}+00:00 {host} sshd[{pid}]: {message}")));
    }

    fn next_pid(&mut self) -> u32 {
        self.pid += 7;
        1_000 + self.pid
    }

    /// A wrong password.
    fn failed(&mut self, at: i64, host: &str, user: &str, ip: &str) {
        let pid = self.next_pid();
        let message = format!(
            "Failed password for {user} from {ip} port {} ssh2",
            30_000 + pid
        );
        self.sshd(at, host, pid, &message);
    }

    /// A login and its session.
    fn accepted(&mut self, at: i64, host: &str, user: &str, ip: &str, key: Option<&str>) {
        let pid = self.next_pid();
        let port = 30_000 + pid;
        let message = match key {
            Some(key) => format!(
                "Accepted publickey for {user} from {ip} port {port} ssh2: ED25519 SHA256:{key}"
            ),
            None => format!("Accepted password for {user} from {ip} port {port} ssh2"),
        };
        self.sshd(at, host, pid, &message);
        let message = format!("pam_unix(sshd:session): session opened for user {user} by (uid=0)");
        self.sshd(at, host, pid, &message);
        let message = format!("Disconnected from user {user} {ip} port {port}");
        self.sshd(at + 600, host, pid, &message);
    }

    /// Somebody whom sshd turns away without a password, as it does where only keys are let in.
    fn turned_away(&mut self, at: i64, host: &str, user: &str, ip: &str) {
        let pid = self.next_pid();
        let port = 30_000 + pid;
        let message = format!("Received disconnect from {ip} port {port}:11: Bye Bye [preauth]");
        self.sshd(at, host, pid, &message);
        let message =
            format!("Disconnected from authenticating user {user} {ip} port {port} [preauth]");
        self.sshd(at, host, pid, &message);
    }

    /// A line that stands as it is.
    fn line(&mut self, at: i64, text: String) {
        self.lines.push((at, text));
    }

    /// A request in the combined form.
    fn request(&mut self, at: i64, client: &str, request: &str, status: u16, bytes: u32) {
        let time = Civil::of(at).access();
        let text = format!(
            "{client} - - [{time}] \"{request} HTTP/1.1\" {status} {bytes} \"-\" \"Mozilla/5.0\""
        );
        self.line(at, text);
    }

    /// The lines in the order of time, as one text.
    fn text(mut self) -> String {
        self.lines.sort_by_key(|(at, _)| *at);
        let lines = self.lines.into_iter().map(|(_, line)| line + "\n");
        lines.collect()
    }

    /// The lines of some seconds, as one text.
    fn part(&self, from: i64, until: i64) -> String {
        let lines = self
            .lines
            .iter()
            .filter(|(at, _)| (from..until).contains(at));
        let lines = lines.cloned().collect();
        Self { lines, pid: 0 }.text()
    }
}

/// The address at which alice lives.
const HOME: &str = "192.0.2.20";
const KEY: &str = "aliceEXAMPLEaliceEXAMPLEaliceEXAMPLEaliceEX";

/// alice comes every morning, with her key.
fn mornings(log: &mut Log, host: &str, days: i64) {
    for day in 0..days {
        log.accepted(
            MARCH + day * DAY + 8 * HOUR + day * 61,
            host,
            "alice",
            HOME,
            Some(KEY),
        );
    }
}

fn one(name: &str, log: Log) -> Vec<(String, String)> {
    vec![(name.to_owned(), log.text())]
}

/// All of them. `now` is the end of the one story that is about the last day, in seconds since 1970.
#[must_use]
pub fn administrators(now: i64) -> Vec<Administrator> {
    vec![
        key_only(),
        sssd(),
        use_dns(),
        monitor(),
        balancer(),
        several_hosts(),
        fail2ban_only(),
        web_only(),
        containers(),
        rotated_daily(now),
    ]
}

fn key_only() -> Administrator {
    let mut log = Log::default();
    mornings(&mut log, "web", 20);
    for number in 0..300 {
        let ip = format!("203.0.113.{}", 1 + number % 40);
        let user = ["root", "admin", "ubuntu", "git"][(number % 4) as usize];
        log.turned_away(MARCH + number * 5_700, "web", user, &ip);
    }
    Administrator {
        name: "key_only",
        sentence: "Only alice came in, with her key, from home; whoever else knocked had no key.",
        files: one("auth.log", log),
        arguments: Vec::new(),
    }
}

fn sssd() -> Administrator {
    let mut log = Log::default();
    for hour in 0..24 * 14 {
        let (at, pid) = (MARCH + hour * HOUR, log.next_pid());
        let rhost = "logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.123";
        for message in [
            format!("pam_unix(sshd:auth): authentication failure; {rhost}  user=backup"),
            format!("pam_sss(sshd:auth): authentication success; {rhost} user=backup"),
            "Accepted password for backup from 192.0.2.123 port 50000 ssh2".to_owned(),
        ] {
            log.sshd(at, "files", pid, &message);
        }
    }
    Administrator {
        name: "sssd",
        sentence: "The backup logs in every hour, over SSSD; nothing failed, nobody else came.",
        files: one("secure", log),
        arguments: Vec::new(),
    }
}

fn use_dns() -> Administrator {
    let mut log = Log::default();
    mornings(&mut log, "old", 10);
    for number in 0..30 {
        let (at, pid) = (MARCH + 11 * DAY + number * 40, log.next_pid());
        for message in [
            "User root from evil.example.com not allowed because not listed in AllowUsers",
            "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=evil.example.com  user=root",
            "Failed password for invalid user root from 203.0.113.5 port 53996 ssh2",
        ] {
            log.sshd(at, "old", pid, message);
        }
    }
    Administrator {
        name: "use_dns",
        sentence: "203.0.113.5, which calls itself evil.example.com, tried root 30 times and did not get in; only alice did.",
        files: one("auth.log", log),
        arguments: Vec::new(),
    }
}

fn monitor() -> Administrator {
    let mut log = Log::default();
    mornings(&mut log, "shop", 7);
    for minute in 0..7 * 24 * 60 {
        let (at, pid) = (MARCH + minute * 60, log.next_pid());
        let message = format!(
            "Connection closed by 192.0.2.104 port {} [preauth]",
            30_000 + minute % 20_000
        );
        log.sshd(at, "shop", pid, &message);
    }
    Administrator {
        name: "monitor",
        sentence: "192.0.2.104 looks every minute whether sshd is there, 10,080 times; that is the monitoring, and nobody tried a password.",
        files: one("auth.log", log),
        arguments: Vec::new(),
    }
}

fn balancer() -> Administrator {
    let mut log = Log::default();
    for number in 0..400 {
        let at = MARCH + number * 2_000;
        let client = format!("10.72.154.34 [198.51.100.{}]", 1 + number % 90);
        log.request(at, &client, "GET /", 200, 4_312);
        if number % 10 == 0 {
            log.request(at + 1, "10.72.154.34 [203.0.113.77]", "GET /.env", 404, 162);
            log.request(
                at + 2,
                "10.72.154.34 [203.0.113.77]",
                "GET /wp-login.php",
                404,
                162,
            );
        }
    }
    Administrator {
        name: "balancer",
        sentence: "Behind the balancer 203.0.113.77 looked for .env and WordPress and got nothing; the balancer itself did nothing.",
        files: one("access.log", log),
        arguments: Vec::new(),
    }
}

fn several_hosts() -> Administrator {
    let mut files = Vec::new();
    for (number, host) in [(0, "web1"), (1, "web2"), (2, "web3")] {
        let mut log = Log::default();
        mornings(&mut log, host, 12);
        let night = MARCH + 12 * DAY + 2 * HOUR + number * 300;
        for attempt in 0..40 {
            log.failed(night + attempt * 6, host, "deploy", "203.0.113.66");
        }
        if host != "web2" {
            log.accepted(night + 250, host, "deploy", "203.0.113.66", None);
        }
        files.push((format!("{host}/auth.log"), log.text()));
    }
    Administrator {
        name: "several_hosts",
        sentence: "In the night of 13 March 203.0.113.66 guessed the password of deploy: it is in on web1 and web3, and tried web2.",
        files,
        arguments: Vec::new(),
    }
}

fn fail2ban_only() -> Administrator {
    let mut log = Log::default();
    for number in 0..24 {
        let ip = format!("203.0.113.{}", 1 + number % 8);
        let start = MARCH + number * 20_000;
        for attempt in 0..5 {
            let at = start + attempt * 7;
            let time = Civil::of(at).dashed('-');
            log.line(
                at,
                format!(
                    "{time},120 fail2ban.filter         [77]: INFO    [sshd] Found {ip} - {time}"
                ),
            );
        }
        for (after, act) in [(29, "Ban"), (629, "Unban")] {
            let at = start + after;
            let time = Civil::of(at).dashed('-');
            log.line(
                at,
                format!("{time},300 fail2ban.actions        [77]: NOTICE  [sshd] {act} {ip}"),
            );
        }
    }
    Administrator {
        name: "fail2ban_only",
        sentence: "Nobody can say from fail2ban's log alone whether anyone got in; it banned 8 addresses three times each.",
        files: one("fail2ban.log", log),
        arguments: Vec::new(),
    }
}

fn web_only() -> Administrator {
    let mut log = Log::default();
    for number in 0..200 {
        let client = format!("198.51.100.{}", 1 + number % 100);
        log.request(MARCH + number * 3_000, &client, "GET /", 200, 9_120);
    }
    let at = MARCH + 3 * DAY;
    for (after, path, status, bytes) in [
        (0, "/.env", 404, 162),
        (2, "/.aws/credentials", 404, 162),
        (4, "/.git/config", 200, 287),
        (6, "/.git/HEAD", 200, 23),
        (8, "/backup.sql", 404, 162),
        (10, "/wp-login.php", 404, 162),
    ] {
        log.request(
            at + after,
            "203.0.113.9",
            &format!("GET {path}"),
            status,
            bytes,
        );
    }
    Administrator {
        name: "web_only",
        sentence: "The repository of the site lies open: 203.0.113.9 fetched /.git/config and /.git/HEAD on 4 March.",
        files: one("access.log", log),
        arguments: Vec::new(),
    }
}

fn containers() -> Administrator {
    let mut log = Log::default();
    let stderr = |log: &mut Log, at: i64, message: &str| {
        let time = Civil::of(at).dashed('-').replace(' ', "T");
        let text = format!(
            "{{\"log\":\"{message}\\r\\n\",\"stream\":\"stderr\",\"time\":\"{time}.120000000Z\"}}"
        );
        log.line(at, text);
    };
    for attempt in 0..60 {
        let message = format!(
            "Failed password for root from 203.0.113.7 port {} ssh2",
            40_000 + attempt
        );
        stderr(&mut log, MARCH + attempt * 9, &message);
    }
    stderr(
        &mut log,
        MARCH + 600,
        "Accepted password for root from 203.0.113.7 port 40100 ssh2",
    );
    let name = "0123abcd-json.log";
    Administrator {
        name: "containers",
        sentence: "203.0.113.7 guessed root's password in the container after 60 failures.",
        files: one(name, log),
        arguments: Vec::new(),
    }
}

fn rotated_daily(now: i64) -> Administrator {
    let mut log = Log::default();
    let today = now - 20 * HOUR;
    for day in 0..14 {
        log.accepted(now - day * DAY - HOUR, "mail", "alice", HOME, Some(KEY));
    }
    // The failures end before the last day begins.
    for attempt in 0..54 {
        log.failed(
            now - 24 * HOUR - 700 + attempt * 9,
            "mail",
            "bob",
            "203.0.113.31",
        );
    }
    log.accepted(today, "mail", "bob", "203.0.113.31", None);
    let mut files = vec![("auth.log".to_owned(), log.part(now - DAY, now + DAY))];
    for day in 1..14 {
        let text = log.part(now - (day + 1) * DAY, now - day * DAY);
        files.push((format!("auth.log.{day}"), text));
    }
    Administrator {
        name: "rotated_daily",
        sentence: "Today 203.0.113.31 got in as bob, after 54 failures that end before yesterday's log does; alice came as ever.",
        files,
        arguments: vec!["--last", "24h"],
    }
}

//! A real fail2ban: it is fed with lines, and its log, its database and its answers must name the same addresses.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rapsheet_parse::{Arena, Reading, fail2ban_status, parse_line};
use rapsheet_read::fail2ban_database;
use rapsheet_schema::{Action, Reason, Stamp};

/// A name with blanks, as people do choose them.
const JAIL: &str = "my ssh jail";
const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon of our own, in a directory of its own; it ends with the test.
struct Daemon {
    directory: PathBuf,
    child: Child,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.command().arg("stop").output();
        let ended = wait_for(Duration::from_secs(10), || {
            matches!(self.child.try_wait(), Ok(Some(_))).then_some(())
        });
        if ended.is_none() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

impl Daemon {
    fn start(directory: &Path) -> Self {
        let write = |name: &str, text: &str| {
            let path = directory.join("config").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text.replace("@DIR@", directory.to_str().unwrap())).unwrap();
        };
        write(
            "fail2ban.conf",
            "[Definition]\nloglevel = INFO\nlogtarget = @DIR@/fail2ban.log\nsyslogsocket = auto\nsocket = @DIR@/socket\n\
             pidfile = @DIR@/pid\ndbfile = @DIR@/fail2ban.sqlite3\ndbpurgeage = 1d\ndbmaxmatches = 10\n",
        );
        write(
            "jail.conf",
            &format!(
                "[DEFAULT]\nbackend = polling\nusedns = no\nignoreself = false\nignoreip = 192.0.2.250\nmaxretry = 3\n\
                 findtime = 1h\nbantime = 1h\nbantime.increment = true\n\n[{JAIL}]\nenabled = true\nfilter = knock\naction = dummy\n\
                 logpath = @DIR@/auth.log\n\n[short]\nenabled = true\nfilter = knock\naction = dummy\nbantime = 2s\n\
                 logpath = @DIR@/short.log\n"
            ),
        );
        write(
            "filter.d/knock.conf",
            "[Definition]\nfailregex = ^.*sshd\\[\\d+\\]: Failed password for .* from <HOST> port \\d+ ssh2$\nignoreregex =\n",
        );
        write(
            "action.d/dummy.conf",
            "[Definition]\nactionstart =\nactionstop =\nactioncheck =\nactionban = echo ban <ip> >> @DIR@/acted\n\
             actionunban = echo unban <ip> >> @DIR@/acted\n",
        );
        for log in ["auth.log", "short.log"] {
            fs::write(directory.join(log), "").unwrap();
        }
        let child = Command::new("fail2ban-server")
            .args(Self::arguments(directory))
            .args(["-f", "start"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let daemon = Self {
            directory: directory.to_owned(),
            child,
        };
        wait_for(PATIENCE, || {
            daemon
                .ask(&["status", JAIL])
                .contains("Status for")
                .then_some(())
        })
        .unwrap_or_else(|| panic!("no daemon:\n{}", daemon.log()));
        daemon
    }

    fn arguments(directory: &Path) -> Vec<String> {
        let path = |name: &str| directory.join(name).to_str().unwrap().to_owned();
        vec![
            "-c".into(),
            path("config"),
            "-s".into(),
            path("socket"),
            "-p".into(),
            path("pid"),
        ]
    }

    fn command(&self) -> Command {
        let mut command = Command::new("fail2ban-client");
        command.args(Self::arguments(&self.directory));
        command
    }

    /// Asks the daemon something and returns what is printed.
    fn ask(&self, what: &[&str]) -> String {
        let output = self.command().args(what).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.join("fail2ban.log")).unwrap_or_default()
    }

    /// Feeds failed logins into a log.
    fn knock(&self, log: &str, ip: &str, times: u32) {
        let mut log = OpenOptions::new()
            .append(true)
            .open(self.directory.join(log))
            .unwrap();
        let now = Command::new("date")
            .arg("+%b %e %H:%M:%S")
            .output()
            .unwrap();
        let now = String::from_utf8(now.stdout).unwrap();
        for port in 0..times {
            writeln!(
                log,
                "{} host sshd[77]: Failed password for invalid user x from 203.0.113.254 port 1 ssh2 from {ip} port {} ssh2",
                now.trim_end(),
                4000 + port
            )
            .unwrap();
        }
    }
}

fn wait_for<T>(patience: Duration, mut what: impl FnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    loop {
        if let Some(value) = what() {
            return Some(value);
        }
        if started.elapsed() > patience {
            return None;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// What the log tells: action, address, jail, in its order.
fn told(log: &str) -> Vec<(Action, String, String)> {
    let arena = Arena::new();
    let mut told = Vec::new();
    for text in log.lines() {
        let line = parse_line(text, &arena);
        match line.reading {
            Reading::Event(event) => {
                assert!(matches!(line.head.stamp, Stamp::Local(_)), "{text}");
                assert!(line.head.process_pid.is_some(), "{text}");
                told.push((
                    event.event_action,
                    event.source_ip.unwrap().to_string(),
                    event.fail2ban_jail.unwrap_or_default().to_owned(),
                ));
            }
            Reading::Understood(_) => {}
            Reading::Unknown => panic!("not understood: {text}"),
        }
    }
    told
}

fn status_of(text: &str) -> BTreeSet<String> {
    let arena = Arena::new();
    assert!(fail2ban_status::looks_like(text.as_bytes()), "{text}");
    let reading = fail2ban_status::parse(text, &arena);
    assert!(reading.unknown.is_empty(), "{:?}", reading.unknown);
    for (_, _, event) in &reading.events {
        assert_eq!(event.reason, Some(Reason::Banned));
    }
    reading
        .events
        .iter()
        .map(|(_, _, event)| event.source_ip.unwrap().to_string())
        .collect()
}

#[test]
fn log_database_and_status_of_a_real_fail2ban_agree() {
    if Command::new("fail2ban-server")
        .arg("--version")
        .output()
        .is_err()
    {
        let required = std::env::var("RAPSHEET_REQUIRE_FAIL2BAN").is_ok_and(|value| value == "1");
        assert!(!required, "fail2ban is not installed");
        println!("skipped: fail2ban is not installed");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(directory.path());

    let banned = ["192.0.2.1", "192.0.2.2", "198.51.100.7", "2001:db8::5"];
    for ip in banned {
        daemon.knock("auth.log", ip, 3);
    }
    daemon.knock("auth.log", "203.0.113.9", 2); // stays under the threshold
    daemon.knock("auth.log", "192.0.2.250", 3); // is never banned
    daemon.ask(&["set", JAIL, "banip", "203.0.113.77"]);
    let expected: BTreeSet<String> = banned
        .iter()
        .chain(&["203.0.113.77"])
        .map(|ip| (*ip).to_owned())
        .collect();
    let of = |action: Action| -> BTreeSet<String> {
        told(&daemon.log())
            .into_iter()
            .filter(|(what, _, jail)| *what == action && jail == JAIL)
            .map(|(_, ip, _)| ip)
            .collect()
    };
    wait_for(PATIENCE, || {
        (of(Action::Ban) == expected
            && of(Action::Ignore).len() == 1
            && of(Action::Found).contains("203.0.113.9"))
        .then_some(())
    })
    .unwrap_or_else(|| panic!("the log never told all:\n{}", daemon.log()));

    // The log.
    let log = daemon.log();
    let finds = told(&log)
        .iter()
        .filter(|(action, _, _)| *action == Action::Found)
        .count();
    assert_eq!(finds, 3 * banned.len() + 2, "{log}");
    let ignored: Vec<String> = of(Action::Ignore).into_iter().collect();
    assert_eq!(ignored, ["192.0.2.250"]);
    assert!(
        !log.contains("203.0.113.254"),
        "the user name is no address"
    );

    // The database, while the daemon holds it.
    let mut rows = Vec::new();
    let database = directory.path().join("fail2ban.sqlite3");
    let summary = wait_for(PATIENCE, || {
        rows.clear();
        let summary = fail2ban_database::read(&database, &mut |row| rows.push(row)).unwrap();
        (rows.len() == expected.len()).then_some(summary)
    })
    .expect("all bans reach the database");
    assert_eq!(summary.version, Some(4));
    assert_eq!(summary.logs.len(), 2);
    let in_database: BTreeSet<String> = rows.iter().map(|row| row.ip.to_string()).collect();
    assert_eq!(in_database, expected);
    for row in &rows {
        assert_eq!((row.jail.as_str(), row.bantime), (JAIL, Some(3600)));
        assert!(row.time_micros.is_some());
        if row.ip.to_string() != "203.0.113.77" {
            assert_eq!(row.failures, Some(3), "{row:?}");
        }
    }

    // The answers, each alone and all in one text.
    let status = daemon.ask(&["status", JAIL]);
    let list = daemon.ask(&["banned"]);
    let times = daemon.ask(&["get", JAIL, "banip", "--with-time"]);
    let jails = daemon.ask(&["status"]);
    for text in [&status, &list, &times] {
        assert_eq!(status_of(text), expected, "{text}");
    }
    assert!(status_of(&jails).is_empty());
    let all = format!("{jails}{status}{list}{times}");
    let arena = Arena::new();
    let reading = fail2ban_status::parse(&all, &arena);
    assert_eq!(
        reading.events.len(),
        expected.len(),
        "each ban once:\n{all}"
    );
    for (_, head, event) in &reading.events {
        assert_eq!(event.fail2ban_bantime, Some(3600));
        assert!(matches!(head.stamp, Stamp::Local(_)));
    }

    // An end, and a ban that outlives a restart.
    daemon.ask(&["set", JAIL, "unbanip", "203.0.113.77"]);
    daemon.ask(&["restart", JAIL]);
    let restored: BTreeSet<String> = banned.iter().map(|ip| (*ip).to_owned()).collect();
    wait_for(PATIENCE, || {
        (of(Action::RestoreBan) == restored).then_some(())
    })
    .unwrap_or_else(|| panic!("bans were not restored:\n{}", daemon.log()));
    assert!(of(Action::Unban).contains("203.0.113.77"));
    assert_eq!(status_of(&daemon.ask(&["status", JAIL])), restored);

    // Who comes back is banned for longer, and the observer's own finds are no finds.
    let in_short = |action: Action| {
        told(&daemon.log())
            .iter()
            .any(|(what, _, jail)| *what == action && jail == "short")
    };
    daemon.knock("short.log", "192.0.2.1", 3);
    for action in [Action::Unban, Action::IncreaseBan] {
        wait_for(PATIENCE, || in_short(action).then_some(()))
            .unwrap_or_else(|| panic!("never {action}:\n{}", daemon.log()));
        daemon.knock("short.log", "192.0.2.1", 3);
    }
    let log = daemon.log();
    let arena = Arena::new();
    let increased = log
        .lines()
        .find_map(|line| match parse_line(line, &arena).reading {
            Reading::Event(event) if event.event_action == Action::IncreaseBan => Some(event),
            _ => None,
        })
        .unwrap();
    assert_eq!(
        (increased.fail2ban_bancount, increased.fail2ban_bantime),
        (Some(2), Some(4)),
        "{log}"
    );
    println!(
        "real fail2ban: {} bans, {finds} finds, {} lines of log, all understood",
        expected.len(),
        daemon.log().lines().count()
    );
}

use super::*;

fn read(line: &str) -> Option<Reading<'_>> {
    let (head, message) = open(line)?;
    parse(head.program?, message)
}

fn event(line: &str) -> Event<'_> {
    match read(line) {
        Some(Reading::Event(event)) => event,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn heads_of_every_age() {
    for (line, stamp, pid) in [
        (
            "2018-12-16 06:33:23,594 fail2ban.actions        [1234]: NOTICE  [sshd] Ban 192.0.2.1",
            Stamp::Local(1_544_942_003_594_000),
            Some(1234),
        ),
        (
            "2018-12-16 06:33:23,594 fail2ban.actions: WARNING [ssh] Ban 192.0.2.1",
            Stamp::Local(1_544_942_003_594_000),
            None,
        ),
        (
            "2018-12-16T06:33:23 fail2ban.actions : WARNING [ssh] Ban 192.0.2.1",
            Stamp::Local(1_544_942_003_000_000),
            None,
        ),
        (
            "2018-12-16T06:33:23.5+01:30 fail2ban.actions[7]: NOTICE [ssh] Ban 192.0.2.1",
            Stamp::Utc(1_544_936_603_500_000),
            Some(7),
        ),
        (
            "2018-12-16 06:33:23,594 +0130 fail2ban.actions[7]: NOTICE [ssh] Ban 192.0.2.1",
            Stamp::Utc(1_544_936_603_594_000),
            Some(7),
        ),
        (
            "2018-12-16T06:33:23Z fail2ban.actions[7]: NOTICE [ssh] Ban 192.0.2.1",
            Stamp::Utc(1_544_942_003_000_000),
            Some(7),
        ),
        (
            "fail2ban.actions: WARNING [ssh] Ban 192.0.2.1",
            Stamp::Absent,
            None,
        ),
        (
            "host fail2ban[15]: [ssh] Ban 192.0.2.1",
            Stamp::Absent,
            Some(15),
        ),
    ] {
        let (head, message) = open(line).unwrap_or_else(|| panic!("{line}"));
        assert_eq!((head.stamp, head.process_pid), (stamp, pid), "{line}");
        assert!(bare(message).ends_with("] Ban 192.0.2.1"), "{message}");
        assert!(bare(message).starts_with("[ssh"), "{message}");
        let event = event(line);
        assert_eq!(event.event_action, Action::Ban);
        assert_eq!(event.source_ip, parse_address("192.0.2.1"));
    }
    for line in [
        "2018-12-16 06:33:23,594 sshd[1]: Ban",
        "2018-13-16 06:33:23,594 fail2ban.actions: WARNING [ssh] Ban 192.0.2.1",
        "2018-12-16 06:33:23,594",
        "2018-12-16 06:33:23,fail2ban.actions: x",
        "fail2ban.actions",
        "é018-12-16 06:33:23,594 fail2ban.actions: x",
        "",
    ] {
        assert_eq!(open(line), None, "{line}");
    }
}

#[test]
fn the_same_behind_syslog_and_in_the_journal() {
    for (program, message) in [
        ("fail2ban.actions", "NOTICE  [sshd] Ban 192.0.2.1"),
        ("fail2ban.actions", "[12]: NOTICE  [sshd] Ban 192.0.2.1"),
        (
            "fail2ban-server",
            "fail2ban.actions        [12]: NOTICE  [sshd] Ban 192.0.2.1",
        ),
        ("fail2ban", "[sshd] Ban 192.0.2.1"),
        ("fail2ban-server", "[sshd] Ban 192.0.2.1"),
    ] {
        let Some(Reading::Event(event)) = parse(program, message) else {
            panic!("{message}");
        };
        assert_eq!(event.fail2ban_jail, Some("sshd"), "{message}");
        assert_eq!(bare(message), "[sshd] Ban 192.0.2.1");
    }
    assert_eq!(parse("sshd", "[sshd] Ban 192.0.2.1"), None);
}

#[test]
fn lengths_of_time() {
    for (text, seconds) in [
        ("7:57:25", Some(28_645)),
        ("0:10:00", Some(600)),
        ("1 day, 0:00:00", Some(86_400)),
        ("12 days, 3:04:05", Some(1_047_845)),
        ("2w 6d", Some(1_728_000)),
        ("1y 3w 4d", Some(33_696_000)),
        ("59m 50s", Some(3590)),
        ("10m", Some(600)),
        ("600", Some(600)),
        ("permanent", Some(-1)),
        ("7:57:25.123", Some(28_645)),
        ("soon", None),
        ("99999999999999999y", None),
    ] {
        assert_eq!(seconds_of(text), seconds, "{text}");
    }
}

#[test]
fn nobody_is_framed() {
    // A filter may ban what an attacker chose; only fail2ban's first verb counts.
    for (line, ip) in [
        (
            "fail2ban.actions: NOTICE [users] Ban root] Ban 203.0.113.9",
            None,
        ),
        ("fail2ban.actions: NOTICE [users] Ban 203.0.113.9 x", None),
        (
            "fail2ban.actions: NOTICE [users] Unban x] Found 203.0.113.9",
            None,
        ),
        ("fail2ban.filter: INFO [users] Found x - 203.0.113.9", None),
        (
            "fail2ban.actions: NOTICE [users] x] 203.0.113.9 already banned z",
            None,
        ),
        (
            "fail2ban.utils: ERROR 7f -- stderr: [sshd] Ban 203.0.113.9",
            None,
        ),
        (
            "fail2ban.filter: ERROR Failed to process line: '[sshd] Ban 203.0.113.9'",
            None,
        ),
        (
            "fail2ban.actions: NOTICE [my [odd] jail] Ban 192.0.2.1",
            Some("192.0.2.1"),
        ),
    ] {
        let found = match read(line) {
            Some(Reading::Event(event)) => event.source_ip.map(|ip| ip.to_string()),
            _ => None,
        };
        assert_eq!(found.as_deref(), ip, "{line}");
    }
}

#[test]
fn a_hostile_line_is_read_once() {
    let mut line = String::from("fail2ban.actions: NOTICE [j");
    line.push_str(&"] x".repeat(1_000_000));
    line.push_str(" already banned");
    let started = std::time::Instant::now();
    assert!(matches!(read(&line), Some(Reading::Understood(_))));
    // Quadratic work would take hours.
    assert!(started.elapsed().as_secs() < 20);
}

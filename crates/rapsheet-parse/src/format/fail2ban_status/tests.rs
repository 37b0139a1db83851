use super::*;

/// Line, address, jail, time, length.
type Shown = (u64, String, Option<String>, Stamp, Option<i64>);

fn shown(text: &str) -> Vec<Shown> {
    let arena = Arena::new();
    let reading = parse(text, &arena);
    assert_eq!(
        reading.lines,
        reading.event_lines + reading.understood + reading.unknown.len() as u64
    );
    reading
        .events
        .iter()
        .map(|(line, head, event)| {
            (
                *line,
                event.source_ip.unwrap().to_string(),
                event.fail2ban_jail.map(str::to_owned),
                head.stamp,
                event.fail2ban_bantime,
            )
        })
        .collect()
}

#[test]
fn several_outputs_in_one_text_tell_of_a_ban_once() {
    let text = "Status for the jail: my jail\n\
        |- Filter\n|  |- Currently failed:\t1\n|  |- Total failed:\t5\n|  `- Journal matches:\t_COMM=sshd\n\
        `- Actions\n   |- Currently banned:\t2\n   |- Total banned:\t2\n   `- Banned IP list:\t192.0.2.1 2001:db8::1\n\
        $ fail2ban-client get 'my jail' banip --with-time\n\
        192.0.2.1 \t2026-01-01 00:00:00 + 600 = 2026-01-01 00:10:00\n\
        192.0.2.9 \t2026-01-01 00:00:00 + -1 = 9999-12-31 23:59:59\n\
        [{'my jail': ['192.0.2.1', '192.0.2.0/24']}, {\"it's\": ['198.51.100.7']}, {'empty': []}]\n";
    let jail = Some("my jail".to_owned());
    let time = Stamp::Local(1_767_225_600_000_000);
    assert_eq!(
        shown(text),
        [
            (9, "2001:db8::1".into(), jail.clone(), Stamp::Absent, None),
            (11, "192.0.2.1".into(), jail.clone(), time, Some(600)),
            (12, "192.0.2.9".into(), jail, time, Some(-1)),
            (
                13,
                "198.51.100.7".into(),
                Some("it's".into()),
                Stamp::Absent,
                None
            ),
        ]
    );
}

#[test]
fn texts_are_told_apart() {
    for text in [
        "Status\n|- Number of jail:\t1\n`- Jail list:\tsshd\n",
        "\n$ fail2ban-client status sshd\nStatus for the jail: sshd\n",
        "[{'sshd': ['192.0.2.1']}]",
        "192.0.2.1 \t2026-01-01 00:00:00 + 600 = 2026-01-01 00:10:00\n",
    ] {
        assert!(looks_like(text.as_bytes()), "{text}");
    }
    for text in [
        "",
        "192.0.2.1\n192.0.2.2\n",
        "Oct 12 12:36:01 host sshd[1]: Status for the jail: x\n",
        "Status quo\n",
        "[{\"log\":\"x\"}]",
        "\u{1}\u{2}",
    ] {
        assert!(!looks_like(text.as_bytes()), "{text}");
    }
    assert!(!looks_like(b"\xff\xfe"));
}

#[test]
fn old_forms_and_thousands_of_addresses() {
    let old = "Status for the jail: ssh\n|- filter\n|  |- File list:\t/var/log/auth.log \n|  |- Currently failed:\t0\n\
        |  `- Total failed:\t5\n`- action\n   |- Currently banned:\t1\n   |  `- IP list:\t192.0.2.1 \n   `- Total banned:\t1\n";
    assert_eq!(shown(old).len(), 1);
    let mut long = String::from("Status for the jail: sshd\n   `- Banned IP list: ");
    for number in 0..5_000_u32 {
        long.push_str(&format!("198.18.{}.{} ", number / 250, number % 250));
    }
    assert_eq!(shown(&long).len(), 5_000);
    assert_eq!(
        shown("Status for the jail: sshd\n   `- Banned IP list:\t\n").len(),
        0
    );
}

#[test]
fn faults_are_not_silent() {
    let arena = Arena::new();
    let reading = parse(
        "Status for the jail: sshd\nhello\n[{'sshd': ['192.0.2.1'\n|- Novelty:\t1\n",
        &arena,
    );
    assert_eq!(reading.events.len(), 1);
    let lines: Vec<u64> = reading.unknown.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 4]);
}

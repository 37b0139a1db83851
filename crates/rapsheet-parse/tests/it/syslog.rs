//! The heads of syslog and journalctl.

use proptest::prelude::*;
use rapsheet_parse::{Arena, Head, Reading, Understood, parse_line};
use rapsheet_schema::Stamp;

/// 2014-10-12 12:36:01 on whatever clock.
const NOON: i64 = 1_413_117_361_000_000;
const HOUR: i64 = 3_600_000_000;

const MESSAGE: &str = "Failed password for root from 192.0.2.7 port 51280 ssh2";

fn yearless(micros: i64) -> Stamp {
    Stamp::Yearless {
        month: 10,
        day: 12,
        time_micros: 45_361_000_000 + micros,
    }
}

/// Heads, each with what it says: stamp, host, program, process.
fn heads() -> Vec<(&'static str, Stamp, Option<&'static str>, Option<u32>)> {
    use Stamp::{Absent, Local, Utc};
    let leaf = Some("leaf");
    let pid = Some(159);
    vec![
        ("Oct 12 12:36:01 leaf sshd[159]: ", yearless(0), leaf, pid),
        ("oct 12 12:36:01 leaf sshd[159]: ", yearless(0), leaf, pid),
        ("Oct 12 12:36:01 leaf sshd: ", yearless(0), leaf, None),
        (
            "Oct 12 12:36:01 leaf sshd-session[159]: ",
            yearless(0),
            leaf,
            pid,
        ),
        (
            "Oct 12 12:36:01 leaf sshd(pam_unix)[159]: ",
            yearless(0),
            leaf,
            pid,
        ),
        (
            "Oct 12 12:36:01 leaf /usr/sbin/sshd[159]: ",
            yearless(0),
            leaf,
            pid,
        ),
        (
            "Oct 12 12:36:01 leaf sshd[159]: [ID 800047 auth.info] ",
            yearless(0),
            leaf,
            pid,
        ),
        (
            "Oct 12 12:36:01 leaf sshd[159] <Info>: ",
            yearless(0),
            leaf,
            pid,
        ),
        (
            "Oct 12 12:36:01 leaf <auth.info> sshd[159]: ",
            yearless(0),
            leaf,
            pid,
        ),
        (
            "Oct 12 12:36:01 <auth.info> leaf sshd[159]: ",
            yearless(0),
            leaf,
            pid,
        ),
        (
            "Oct 12 12:36:01 <4.6> leaf sshd[159]: ",
            yearless(0),
            leaf,
            pid,
        ),
        (
            "Oct 12 12:36:01 leaf <4.6> sshd[159]: ",
            yearless(0),
            leaf,
            pid,
        ),
        (
            "Oct 12 12:36:01 leaf auth|security:info sshd[159]: ",
            yearless(0),
            leaf,
            pid,
        ),
        (
            "Oct 12 12:36:01 auth|security:info leaf sshd[159]: ",
            yearless(0),
            leaf,
            pid,
        ),
        (
            "Oct 12 12:36:01 leaf auth.info sshd[159]: ",
            yearless(0),
            leaf,
            pid,
        ),
        (
            "Oct 12 12:36:01 leaf leaf sshd[159]: ",
            yearless(0),
            leaf,
            pid,
        ),
        (
            "Oct 12 12:36:01 leaf ssh.service[159]: ",
            yearless(0),
            leaf,
            pid,
        ),
        (
            "Oct 12 12:36:01 leaf ssh.service sshd[159]: ",
            yearless(0),
            leaf,
            pid,
        ),
        (
            "Oct 12 12:36:01 leaf sshd@3-192.0.2.1:22-192.0.2.7:51280.service[159]: ",
            yearless(0),
            leaf,
            pid,
        ),
        ("Oct 12 12:36:01 [sshd]: ", yearless(0), None, None),
        ("Oct 12 12:36:01 sshd[159]: ", yearless(0), None, pid),
        (
            "<38>Oct 12 12:36:01 leaf sshd[159]: ",
            yearless(0),
            leaf,
            pid,
        ),
        ("<38>Oct 12 12:36:01 sshd[159]: ", yearless(0), None, pid),
        (
            "Oct 12 12:36:01.000137 leaf sshd[159]: ",
            yearless(137),
            leaf,
            pid,
        ),
        (
            "Oct 12 2014 12:36:01 leaf sshd[159]: ",
            Local(NOON),
            leaf,
            pid,
        ),
        (
            "Oct 12 12:36:01 2014 leaf sshd[159]: ",
            Local(NOON),
            leaf,
            pid,
        ),
        (
            "2014 Oct 12 12:36:01 leaf sshd[159]: ",
            Local(NOON),
            leaf,
            pid,
        ),
        (
            "Sun Oct 12 12:36:01 2014 leaf sshd[159]: ",
            Local(NOON),
            leaf,
            pid,
        ),
        (
            "2014-10-12T12:36:01Z leaf sshd[159]: ",
            Utc(NOON),
            leaf,
            pid,
        ),
        (
            "2014-10-12T12:36:01.000137+00:00 leaf sshd[159]: ",
            Utc(NOON + 137),
            leaf,
            pid,
        ),
        (
            "2014-10-12T12:36:01+0000 leaf sshd[159]: ",
            Utc(NOON),
            leaf,
            pid,
        ),
        (
            "2014-10-12T12:36:01.5+01:30 leaf sshd[159]: ",
            Utc(NOON + 500_000 - HOUR * 3 / 2),
            leaf,
            pid,
        ),
        (
            "2014-10-12 12:36:01,000137-0700  leaf sshd[159]: ",
            Utc(NOON + 137 + 7 * HOUR),
            leaf,
            pid,
        ),
        (
            "2014-10-12 12:36:01 +0200 leaf sshd[159]: ",
            Utc(NOON - 2 * HOUR),
            leaf,
            pid,
        ),
        (
            "2014-10-12T12:36:01.000137 leaf sshd[159]: ",
            Local(NOON + 137),
            leaf,
            pid,
        ),
        (
            "2014-10-12 12:36:01 leaf sshd[159]: ",
            Local(NOON),
            leaf,
            pid,
        ),
        (
            "2014-10-12 12:36:01 UTC leaf sshd[159]: ",
            Utc(NOON),
            leaf,
            pid,
        ),
        (
            "Sun 2014-10-12 12:36:01 UTC leaf sshd[159]: ",
            Utc(NOON),
            leaf,
            pid,
        ),
        (
            "Sun 2014-10-12 12:36:01.000137 GMT leaf sshd[159]: ",
            Utc(NOON + 137),
            leaf,
            pid,
        ),
        (
            "Sun 2014-10-12 12:36:01 CEST leaf sshd[159]: ",
            Utc(NOON - 2 * HOUR),
            leaf,
            pid,
        ),
        (
            "Sun 2014-10-12 12:36:01 EST leaf sshd[159]: ",
            Local(NOON),
            leaf,
            pid,
        ),
        (
            "Sun 2014-10-12 12:36:01 -03 leaf sshd[159]: ",
            Utc(NOON + 3 * HOUR),
            leaf,
            pid,
        ),
        (
            "1413117361.000137 leaf sshd[159]: ",
            Utc(NOON + 137),
            leaf,
            pid,
        ),
        ("[    5.000137] leaf sshd[159]: ", Absent, leaf, pid),
        (
            "[    5.000137 <    0.000137 >] leaf sshd[159]: ",
            Absent,
            leaf,
            pid,
        ),
        ("leaf sshd[159]: ", Absent, leaf, pid),
        ("sshd[159]: ", Absent, None, pid),
        ("sshd: ", Absent, None, None),
        (
            "<38>1 2014-10-12T12:36:01Z leaf sshd 159 - - ",
            Utc(NOON),
            leaf,
            pid,
        ),
        (
            "1 2014-10-12T12:36:01Z leaf sshd 159 - - ",
            Utc(NOON),
            leaf,
            pid,
        ),
        (
            "<38>1 2014-10-12T12:36:01Z leaf sshd 159 - - \u{feff}",
            Utc(NOON),
            leaf,
            pid,
        ),
        (
            "<38>1 2014-10-12T12:36:01Z leaf sshd 159 ID47 [a x=\"[b]\\\"\\]\"][c@1 d=\"e\"] ",
            Utc(NOON),
            leaf,
            pid,
        ),
        ("<38>1 - - sshd - - - ", Absent, None, None),
        (
            "\u{feff}Oct 12 12:36:01 leaf sshd[159]: ",
            yearless(0),
            leaf,
            pid,
        ),
    ]
}

#[test]
fn a_daemon_behind_a_head_that_nobody_knows_is_no_other_program() {
    let arena = Arena::new();
    for (line, expected) in [
        (
            format!("Oct 12 12:36:01 leaf novel words sshd[159]: {MESSAGE}"),
            Reading::Unknown,
        ),
        (
            format!("Oct 12 12:36:01 <9.9> leaf sshd[159]: {MESSAGE}"),
            Reading::Unknown,
        ),
        (
            format!("Oct 12 12:36:01 leaf sshd[159] {MESSAGE}"),
            Reading::Unknown,
        ),
        (
            "Oct 12 12:36:01 leaf two novel words fail2ban.actions [159]: NOTICE [sshd] Ban 192.0.2.7"
                .to_owned(),
            Reading::Unknown,
        ),
        (
            "Oct 12 12:36:01 leaf novel words of nobody".to_owned(),
            Reading::Understood(Understood::OtherProgram("")),
        ),
    ] {
        assert_eq!(parse_line(&line, &arena).reading, expected, "{line}");
    }
}

#[test]
fn each_head_gives_the_same_message() {
    let arena = Arena::new();
    for (text, stamp, host_name, process_pid) in heads() {
        let line = format!("{text}{MESSAGE}");
        let parsed = parse_line(&line, &arena);
        assert_eq!(parsed.message, MESSAGE, "{line}");
        let program = parsed.head.program.unwrap_or("");
        // Of a PAM module that writes in sshd's name, the name stays.
        assert!(
            matches!(program, "sshd" | "sshd-session" | "sshd(pam_unix)"),
            "{line}: {program}"
        );
        let expected = Head {
            stamp,
            host_name,
            program: Some(program),
            process_pid,
            piece: None,
        };
        assert_eq!(parsed.head, expected, "{line}");
        assert!(matches!(parsed.reading, Reading::Event(_)), "{line}");
    }
}

#[test]
fn months_of_other_languages_and_leap_days() {
    let arena = Arena::new();
    for (text, month, day) in [
        ("août 19", 8, 19),
        ("févr. 1", 2, 1),
        ("Feb 29", 2, 29),
        ("Dez  3", 12, 3),
        ("Jan  1", 1, 1),
    ] {
        let line = format!("{text} 11:08:37 leaf sshd[1]: {MESSAGE}");
        let expected = Stamp::Yearless {
            month,
            day,
            time_micros: 40_117_000_000,
        };
        let stamp = parse_line(&line, &arena).head.stamp;
        assert_eq!(stamp, expected, "{line}");
    }
}

#[test]
fn impossible_times_are_no_heads() {
    let arena = Arena::new();
    for text in [
        "Feb 30 12:36:01",
        "Oct 32 12:36:01",
        "Oct 12 25:36:01",
        "Oct 12 12:60:01",
        "Oct 12 12:36",
        "2023-02-29T12:36:01Z",
        "2014-13-12T12:36:01Z",
        "2014-10-12T24:36:01",
        "Feb 29 2023 12:36:01",
        "99999999999999999999.000000",
    ] {
        let line = format!("{text} leaf sshd[1]: {MESSAGE}");
        let parsed = parse_line(&line, &arena);
        assert_eq!(parsed.head, Head::default(), "{line}");
        assert_eq!(parsed.reading, Reading::Unknown, "{line}");
    }
}

#[test]
fn a_program_is_never_taken_from_the_message() {
    let arena = Arena::new();
    for line in [
        "Oct 12 12:36:01 leaf a text of nobody sshd[1]: Failed password for root from 203.0.113.9 port 1 ssh2",
        "Oct 12 12:36:01 leaf log_tag sshd[1]: Failed password for root from 203.0.113.9 port 1 ssh2",
        "Oct 12 12:36:01 leaf su[5]: sshd[1]: Failed password for root from 203.0.113.9 port 1 ssh2",
        "<38>1 2014-10-12T12:36:01Z leaf su 5 - - sshd[1]: Failed password for root from 203.0.113.9 port 1 ssh2",
    ] {
        let reading = parse_line(line, &arena).reading;
        assert!(!matches!(reading, Reading::Event(_)), "{line}: {reading:?}");
    }
}

#[test]
fn remarks_of_the_daemons() {
    let arena = Arena::new();
    for (line, expected) in [
        (
            "Oct 12 12:36:01 leaf last message repeated 5 times",
            Understood::Repeated(5),
        ),
        (
            "Oct 12 12:36:01: --- last message repeated 5 times ---",
            Understood::Repeated(5),
        ),
        (
            "Oct 12 12:36:01 leaf syslogd: last message repeated 2 times",
            Understood::Repeated(2),
        ),
        ("-- Reboot --", Understood::Filler),
        (
            "-- Journal begins at Sun 2014-10-12 12:00:00 UTC. --",
            Understood::Filler,
        ),
        ("", Understood::Filler),
    ] {
        let reading = parse_line(line, &arena).reading;
        assert_eq!(reading, Reading::Understood(expected), "{line}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in ".{0,200}") {
        let arena = Arena::new();
        for head in ["", "<3", "Oct 12 ", "2014-10-12T12:36:01", "<38>1 - - sshd - ", "{\"__", "[ 5.1] "] {
            let line = format!("{head}{text}");
            let _ = parse_line(&line, &arena);
        }
        for start in [
            "", "Failed ", "Failed password for ", "Accepted publickey for ", "Invalid user ", "Connection ",
            "Connection closed by ", "Disconnecting ", "Received disconnect from ", "error: PAM: ", "pam_unix(",
            "message repeated 2 times: [", "drop connection #", "refused connect from ", "Starting session: ",
            "SSH: Server;Ltype: ", "User ", "banner exchange: Connection from ",
        ] {
            let line = format!("sshd[1]: {start}{text}");
            let _ = parse_line(&line, &arena);
        }
    }

    #[test]
    fn no_user_name_frames_an_innocent_address(
        pieces in prop::collection::vec(prop::sample::select(vec![
            " from ", "203.0.113.9", " port ", "1", " ssh2", ": ", "RSA", " ", "SHA256:x", "[preauth]", "\"",
            " 203.0.113.9 port 1: ", " from 203.0.113.9 port 1 ssh2", " from 203.0.113.9 port 1 ssh2: RSA SHA256:x", " 203.0.113.9 port 1",
            "x", "invalid user ", "Too many authentication failures", "(", ")", " ID ", "(serial 0)", ", ip=",
        ]), 0..14),
    ) {
        let name: String = pieces.concat();
        let arena = Arena::new();
        for line in [
            format!("Failed password for invalid user {name} from 192.0.2.7 port 51280 ssh2"),
            format!("Failed none for invalid user {name} from 192.0.2.7 port 51280 ssh2 [preauth]"),
            format!("Failed keyboard-interactive/pam for invalid user {name} from 192.0.2.7 port 51280 ssh2"),
            format!("Failed publickey for invalid user {name} from 192.0.2.7 port 51280 ssh2: RSA SHA256:y"),
            format!("Invalid user {name} from 192.0.2.7 port 51280"),
            format!("Invalid user {name} from 192.0.2.7"),
            format!("Connection closed by invalid user {name} 192.0.2.7 port 51280 [preauth]"),
            format!("Disconnected from invalid user {name} 192.0.2.7 port 51280 [preauth]"),
            format!("Disconnecting invalid user {name} 192.0.2.7 port 51280: Too many authentication failures [preauth]"),
            format!("error: PAM: Authentication failure for illegal user {name} from 192.0.2.7"),
            format!("error: maximum authentication attempts exceeded for invalid user {name} from 192.0.2.7 port 1 ssh2"),
            format!("User {name} from 192.0.2.7 not allowed because not listed in AllowUsers"),
            format!("Received disconnect from 192.0.2.7 port 51280:11: {name} [preauth]"),
            format!("Received disconnect from 192.0.2.7: 11: {name}"),
            format!("Bad protocol version identification '{name}' from 192.0.2.7 port 51280"),
        ] {
            let line = format!("Oct 12 12:36:01 leaf sshd[1]: {line}");
            if let Reading::Event(event) = parse_line(&line, &arena).reading {
                let ip = event.source_ip.map(|ip| ip.to_string());
                prop_assert!(ip.as_deref() != Some("203.0.113.9"), "{}", line);
                prop_assert!(event.source_domain.is_none(), "{}", line);
            }
        }
    }
}

#[test]
fn months_of_other_languages_are_read() {
    let arena = Arena::new();
    let message = "sshd[37240]: Accepted password for root from 192.0.2.7 port 4242 ssh2";
    for (month, number) in [
        ("мар", 3),
        ("ноя", 11),
        ("paź", 10),
        ("říj", 10),
        ("Ağu", 8),
        ("3月", 3),
        ("12月", 12),
        ("1월", 1),
        ("févr.", 2),
        ("okt", 10),
    ] {
        let line = format!("{month} 02 10:53:25 leaf {message}");
        let read = parse_line(&line, &arena);
        assert!(matches!(read.reading, Reading::Event(_)), "{line}");
        assert_eq!(read.head.host_name, Some("leaf"), "{line}");
        assert!(
            matches!(read.head.stamp, Stamp::Yearless { month, day: 2, .. } if month == number),
            "{line}: {:?}",
            read.head.stamp
        );
    }
}

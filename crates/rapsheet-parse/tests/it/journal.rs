//! The journal as JSON and in its export format.

use proptest::prelude::*;
use rapsheet_parse::journal_export::{self, RecordExtent};
use rapsheet_parse::{Arena, Reading, parse_line};
use rapsheet_schema::Stamp;

const MESSAGE: &str = "Invalid user a\u{e4} from 192.0.2.7 port 51280";

#[test]
fn json_in_its_variants() {
    let arena = Arena::new();
    let bytes: Vec<u8> = MESSAGE.bytes().collect();
    for line in [
        format!(
            r#"{{"__REALTIME_TIMESTAMP":"1413117361000137","_SOURCE_REALTIME_TIMESTAMP":"5","_HOSTNAME":"leaf","SYSLOG_IDENTIFIER":"sshd","_COMM":"x","_PID":"159","MESSAGE":"{MESSAGE}"}}"#
        ),
        format!(
            r#"{{ "MESSAGE" : {bytes:?}, "_PID" : 7, "SYSLOG_PID" : 159, "__REALTIME_TIMESTAMP" : 1413117361000137, "_COMM" : "sshd", "_HOSTNAME" : "leaf", "N" : null, "O" : {{"a":[1]}} }}"#
        ),
        format!(
            r#"{{"__REALTIME_TIMESTAMP":"1413117361000137","_HOSTNAME":["leaf","b"],"_SYSTEMD_UNIT":"ssh.service","SYSLOG_IDENTIFIER":null,"_PID":"159","_PID":"8","MESSAGE":"{}"}}"#,
            MESSAGE.replace('\u{e4}', "\\u00e4")
        ),
        format!(
            "data: {{\"__REALTIME_TIMESTAMP\":\"1413117361000137\",\"_HOSTNAME\":\"leaf\",\"_COMM\":\"sshd\",\"_PID\":\"159\",\"MESSAGE\":\"{MESSAGE}\"}}"
        ),
    ] {
        let parsed = parse_line(&line, &arena);
        assert_eq!(parsed.message, MESSAGE, "{line}");
        assert_eq!(
            parsed.head.stamp,
            Stamp::Utc(1_413_117_361_000_137),
            "{line}"
        );
        assert_eq!(parsed.head.host_name, Some("leaf"), "{line}");
        assert_eq!(parsed.head.program, Some("sshd"), "{line}");
        assert_eq!(parsed.head.process_pid, Some(159), "{line}");
        let Reading::Event(event) = parsed.reading else {
            panic!("{line}")
        };
        assert_eq!(event.user_name, Some("a\u{e4}"), "{line}");
    }
}

#[test]
fn a_name_that_an_ordinary_user_borrowed_is_not_believed() {
    let arena = Arena::new();
    for (identifier, command, uid, program) in [
        ("sshd", "logger", "1000", "logger"),
        ("fail2ban.actions", "python3", "1001", "python3"),
        ("dropbear", "logger", "1000", "logger"),
        // Names that are sshd's without what is around them.
        ("sshd(pam_unix)", "logger", "1000", "logger"),
        ("/tmp/sshd", "logger", "1000", "logger"),
        ("ssh.service", "logger", "1000", "logger"),
        ("in.sshd", "logger", "1000", "logger"),
        // Accounts of homed and of directories, at the ends of the gap in which are systemd's dynamic users.
        ("sshd", "logger", "60001", "logger"),
        ("sshd", "logger", "61183", "logger"),
        ("sshd", "logger", "65520", "logger"),
        ("sshd", "logger", "1668600500", "logger"),
        ("sshd", "relay", "61184", "sshd"),
        ("sshd", "relay", "65519", "sshd"),
        ("sshd", "relay", "65534", "sshd"),
        // What sshd runs under a user's account, and what passes on lines of other machines.
        ("sshd", "sshd", "1000", "sshd"),
        ("sshd-session", "sshd-session", "1000", "sshd-session"),
        ("sshd", "rsyslogd", "104", "sshd"),
        ("sshd", "logger", "0", "sshd"),
        ("app", "conmon", "1000", "app"),
    ] {
        let line = format!(
            r#"{{"__REALTIME_TIMESTAMP":"1413117361000137","SYSLOG_IDENTIFIER":"{identifier}","_COMM":"{command}","_UID":"{uid}","MESSAGE":"{MESSAGE}"}}"#
        );
        let parsed = parse_line(&line, &arena);
        assert_eq!(parsed.head.program, Some(program), "{line}");
        let is_event = matches!(parsed.reading, Reading::Event(_));
        assert_eq!(is_event, program.starts_with("sshd"), "{line}");
    }
}

#[test]
fn json_that_is_no_record_of_the_journal() {
    let arena = Arena::new();
    for line in [
        r#"{"MESSAGE":"Invalid user a from 192.0.2.7"}"#,
        r#"{"__X":1}"#,
        r#"{"__REALTIME_TIMESTAMP":"1413117361000137""#,
        r#"{"log":"x","time":"y"}"#,
        "{\"",
    ] {
        assert_eq!(parse_line(line, &arena).reading, Reading::Unknown, "{line}");
    }
}

fn record(message: &[u8], binary: bool) -> Vec<u8> {
    let mut record = b"__REALTIME_TIMESTAMP=1413117361000137\n_HOSTNAME=leaf\nSYSLOG_IDENTIFIER=sshd\n_PID=159\nMESSAGE".to_vec();
    if binary {
        record.push(b'\n');
        record.extend(u64::try_from(message.len()).unwrap().to_le_bytes());
    } else {
        record.push(b'=');
    }
    record.extend(message);
    record.extend(b"\n\n");
    record
}

#[test]
fn export_records_text_and_binary() {
    let arena = Arena::new();
    for binary in [false, true] {
        let bytes = record(MESSAGE.as_bytes(), binary);
        assert!(journal_export::looks_like(&bytes));
        let extent = journal_export::next_record(&bytes, false).unwrap();
        assert_eq!(extent.len, bytes.len());
        assert_eq!(extent.lines, bytes.iter().filter(|b| **b == b'\n').count());
        let line = journal_export::parse(&bytes, &arena);
        assert_eq!(line.message, MESSAGE);
        assert_eq!(line.head.program, Some("sshd"));
        assert!(matches!(line.reading, Reading::Event(_)));
    }
}

#[test]
fn a_binary_value_ends_no_record_and_forges_no_field() {
    let arena = Arena::new();
    let hostile = b"Invalid user x\n\n__REALTIME_TIMESTAMP=1\nMESSAGE=Invalid user y from 203.0.113.9\n\n from 192.0.2.7";
    let bytes = record(hostile, true);
    let extent = journal_export::next_record(&bytes, false).unwrap();
    assert_eq!(extent.len, bytes.len());
    let line = journal_export::parse(&bytes, &arena);
    let Reading::Event(event) = line.reading else {
        panic!("{line:?}")
    };
    assert_eq!(event.source_ip.unwrap().to_string(), "192.0.2.7");
    assert_eq!(line.head.stamp, Stamp::Utc(1_413_117_361_000_137));
}

#[test]
fn a_record_that_is_not_whole_waits_or_ends() {
    let arena = Arena::new();
    let bytes = record(MESSAGE.as_bytes(), true);
    for cut in 1..bytes.len() {
        let part = &bytes[..cut];
        assert_eq!(journal_export::next_record(part, false), None, "{cut}");
        // A broken field's name ends a record, and what is left of its value is another one.
        let first = journal_export::next_record(part, true).unwrap().len;
        let rest = journal_export::next_record(&part[first..], true).map_or(0, |next| next.len);
        assert_eq!(first + rest, cut);
        for piece in [&part[..first], &part[first..]] {
            let line = journal_export::parse(piece, &arena);
            // All but the empty line that closes the record.
            let is_event = !piece.is_empty() && cut + 1 == bytes.len();
            assert_eq!(matches!(line.reading, Reading::Event(_)), is_event, "{cut}");
        }
    }
    assert_eq!(journal_export::next_record(b"", true), None);
}

#[test]
fn a_length_beyond_reason_ends_the_record() {
    let mut bytes = b"MESSAGE\n".to_vec();
    bytes.extend([0xff; 8]);
    bytes.extend(b"\nA=b\n\n");
    assert_eq!(
        journal_export::next_record(&bytes, false),
        Some(RecordExtent { len: 8, lines: 1 })
    );
}

#[test]
fn a_broken_field_takes_no_other_record_with_it() {
    let arena = Arena::new();
    for claim in [1_000, 1 << 30, u64::MAX - 20, u64::MAX] {
        let mut bytes =
            b"__REALTIME_TIMESTAMP=1413117361000137\nSYSLOG_IDENTIFIER=cron\nMESSAGE\n".to_vec();
        bytes.extend(claim.to_le_bytes());
        bytes.extend(b"x\n\n");
        for _ in 0..3 {
            bytes.extend(record(MESSAGE.as_bytes(), true));
        }
        let (mut at, mut events, mut unknown) = (0, 0, 0);
        while let Some(extent) = journal_export::next_record(&bytes[at..], true) {
            match journal_export::parse(&bytes[at..at + extent.len], &arena).reading {
                Reading::Event(_) => events += 1,
                Reading::Unknown => unknown += 1,
                Reading::Understood(other) => panic!("{claim}: {other:?}"),
            }
            at += extent.len;
        }
        assert_eq!((at, events, unknown), (bytes.len(), 3, 2), "{claim}");
    }
}

#[test]
fn a_record_of_json_seq_is_a_record() {
    let arena = Arena::new();
    let line = concat!(
        "\u{1e}{\"__REALTIME_TIMESTAMP\":\"1413117361000137\",\"_HOSTNAME\":\"leaf\",\"SYSLOG_IDENTIFIER\":\"sshd\",",
        "\"_PID\":\"15919\",\"MESSAGE\":\"Accepted password for root from 192.0.2.7 port 4242 ssh2\"}"
    );
    let read = parse_line(line, &arena);
    assert_eq!(read, parse_line(&line[1..], &arena));
    assert!(matches!(read.reading, Reading::Event(_)), "{read:?}");
}

proptest! {
    #[test]
    fn every_byte_is_in_one_record(bytes in prop::collection::vec(
        prop_oneof![Just(b'\n'), Just(b'='), Just(b'A'), Just(0_u8), any::<u8>()], 0..400)) {
        let arena = Arena::new();
        let mut at = 0;
        while let Some(extent) = journal_export::next_record(&bytes[at..], true) {
            prop_assert!(extent.len > 0);
            let _ = journal_export::parse(&bytes[at..at + extent.len], &arena);
            at += extent.len;
        }
        prop_assert_eq!(at, bytes.len());
    }
}

#[test]
fn a_message_that_journalctl_left_out_is_unknown() {
    let arena = Arena::new();
    for (message, known) in [
        ("null", false),
        ("true", false),
        ("\"\"", true),
        ("[]", true),
        ("\"Server listening on :: port 22.\"", true),
    ] {
        let line = format!(
            "{{\"__REALTIME_TIMESTAMP\":\"1413117361000137\",\"SYSLOG_IDENTIFIER\":\"sshd\",\"MESSAGE\":{message}}}"
        );
        let read = rapsheet_parse::parse_line(&line, &arena);
        assert_eq!(
            matches!(read.reading, Reading::Understood(_)),
            known,
            "{line}: {read:?}"
        );
        assert_eq!(read.head.program, Some("sshd"), "{line}");
    }
}

#[test]
fn bytes_of_a_name_are_its_escapes() {
    let arena = Arena::new();
    let message = b"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=\xf1\xf2";
    let numbers: Vec<String> = message.iter().map(u8::to_string).collect();
    let json = format!(
        "{{\"__REALTIME_TIMESTAMP\":\"1413117361000137\",\"SYSLOG_IDENTIFIER\":\"sshd\",\"MESSAGE\":[{}]}}",
        numbers.join(",")
    );
    let mut export =
        b"__REALTIME_TIMESTAMP=1413117361000137\nSYSLOG_IDENTIFIER=sshd\nMESSAGE\n".to_vec();
    export.extend((message.len() as u64).to_le_bytes());
    export.extend(message);
    export.extend(b"\n\n");
    for read in [
        rapsheet_parse::parse_line(&json, &arena),
        journal_export::parse(&export, &arena),
    ] {
        let Reading::Event(event) = read.reading else {
            panic!("{read:?}");
        };
        assert_eq!(event.user_name, Some(r"\361\362"));
        assert_eq!(event.source_ip.unwrap().to_string(), "192.0.2.7");
    }
}

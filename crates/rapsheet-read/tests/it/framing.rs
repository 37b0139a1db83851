//! What a client writes into a web server's log frames nobody, however it is cut into lines.
//!
//! 198.51.100.0/24 is the innocent network that somebody tries to frame.

use std::fmt::Write as _;

use arrow::array::{Array, AsArray, RecordBatch};
use rapsheet_read::{EventsWish, Gathered, Input, Options, gather};

const ACCESS: &str =
    "192.0.2.1 - - [10/Oct/2025:13:55:36 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"curl\"\n";
const LOGIN: &str =
    "Oct 10 10:00:00 leaf sshd[15919]: Accepted password for root from 198.51.100.1 port 22 ssh2";
const FAILURE: &str =
    "Oct 10 10:00:00 leaf sshd[7]: Failed password for root from 192.0.2.9 port 22 ssh2\n";

fn read(text: &str) -> Gathered {
    read_bytes(text.as_bytes())
}

fn read_bytes(bytes: &[u8]) -> Gathered {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some.log");
    std::fs::write(&path, bytes).unwrap();
    gather(&Options {
        paths: vec![path],
        journal: false,
        input: Input::Auto,
        timezone: jiff::tz::TimeZone::UTC,
        show_timezone: jiff::tz::TimeZone::UTC,
        year: Some(2025),
        since: None,
        until: None,
        threads: 1,
        activity: true,
        facets: true,
        events: EventsWish::All { message: true },
        temporary: std::env::temp_dir(),
        now: 1_780_000_000_000_000,
        hide_users: false,
        harmless: None,
        progress: &|_| {},
    })
}

fn column(batch: &RecordBatch, name: &str) -> Vec<String> {
    let array = arrow::compute::cast(
        batch.column_by_name(name).unwrap(),
        &arrow::datatypes::DataType::Utf8,
    )
    .unwrap();
    let texts = array.as_string::<i32>();
    (0..texts.len())
        .map(|row| texts.is_valid(row).then(|| texts.value(row)))
        .map(|text| text.unwrap_or("-").to_owned())
        .collect()
}

/// Returns dataset and address of each event, and the counts of lines: events, understood, unknown.
fn events(text: &str) -> (Vec<String>, (u64, u64, u64)) {
    let gathered = read(text);
    let (lines, events, understood, unknown) = gathered.coverage.totals();
    assert_eq!(lines, events + understood + unknown);
    let mut all = Vec::new();
    for batch in gathered.events.iter().flatten() {
        let (datasets, addresses) = (column(batch, "event_dataset"), column(batch, "source_ip"));
        for (dataset, address) in datasets.iter().zip(addresses) {
            assert!(!address.starts_with("198.51.100."), "{dataset}: {text}");
            all.push(format!("{dataset} {address}"));
        }
    }
    (all, (events, understood, unknown))
}

#[test]
fn the_second_piece_of_a_containers_line_is_no_line() {
    let agent = format!("{:x<16000}", ACCESS.trim_end().trim_end_matches('"'));
    let cri = format!(
        "2025-10-10T13:55:36.5Z stdout P {agent}\n2025-10-10T13:55:36.5Z stderr F 2025/10/10 13:55:36 [error] 1#1: *1 access \
         forbidden by rule, client: 192.0.2.2, server: x\n2025-10-10T13:55:36.5Z stdout P {LOGIN}\n2025-10-10T13:55:36.5Z \
         stdout F {LOGIN}\n2025-10-10T13:55:37.5Z stdout F {ACCESS}"
    );
    let (found, counts) = events(&cri);
    assert_eq!(
        found,
        [
            "nginx.access 192.0.2.1",
            "nginx.error 192.0.2.2",
            "nginx.access 192.0.2.1"
        ]
    );
    assert_eq!(counts, (3, 2, 0));

    let escaped = |text: &str| text.replace('"', "\\\"").replace('\n', "\\n");
    let docker = |log: &str| {
        format!(
            "{{\"log\":\"{}\",\"stream\":\"stdout\",\"time\":\"2025-10-10T13:55:36.5Z\"}}\n",
            escaped(log)
        )
    };
    let pieces = docker(&agent) + &docker(&format!("{LOGIN}\"\n")) + &docker(ACCESS);
    let (found, counts) = events(&pieces);
    assert_eq!(found, ["web.access 192.0.2.1", "web.access 192.0.2.1"]);
    assert_eq!(counts, (2, 1, 0));
    // Shippers take the line break off: a short line is whole all the same.
    let short = docker(ACCESS.trim_end()).repeat(3);
    assert_eq!(events(&short).1, (3, 0, 0));
}

#[test]
fn a_web_servers_file_has_no_lines_of_other_daemons() {
    // A format that begins with a header of the client's.
    let headed = format!("{LOGIN} - - [10/Oct/2025:13:55:36 +0000] \"GET / HTTP/1.1\" 404 236\n");
    for imitation in [
        headed.as_str(),
        "2025-10-10 10:00:00,000 fail2ban.actions [1]: NOTICE [sshd] Ban 198.51.100.1\n",
        "198.51.100.1\n",
        "Oct 10 10:00:00 leaf sshd[7]: Connection from 198.51.100.1 port 5 on 192.0.2.3 port 22\n",
        "Oct 10 10:00:00 leaf last message repeated 500 times\n",
        "Oct 10 10:00:00 leaf cron[7]: x\n",
    ] {
        let (found, counts) = events(&format!("{ACCESS}{imitation}{ACCESS}"));
        assert_eq!(found, ["web.access 192.0.2.1"; 2], "{imitation}");
        assert_eq!(counts, (2, 0, 1), "{imitation}");
    }
    // However many of them somebody sends.
    let flood = ACCESS.to_owned() + &headed.repeat(200);
    assert_eq!(events(&flood).1, (1, 0, 200));
}

#[test]
fn a_file_that_was_made_of_several_logs_is_read_whole() {
    let access: String = ACCESS.repeat(2000);
    let sshd: String = (0..2000).fold(String::new(), |mut all, index| {
        let _ = write!(
            all,
            "{}",
            FAILURE.replace("port 22", &format!("port {index}"))
        );
        all
    });
    for text in [access.clone() + &sshd, sshd.clone() + &access] {
        let (found, counts) = events(&text);
        assert_eq!(counts, (4000, 0, 0));
        assert_eq!(
            found
                .iter()
                .filter(|event| event.starts_with("openssh"))
                .count(),
            2000
        );
    }
    // Syslog's file holds what all daemons say.
    let syslog = format!("Oct 10 10:00:00 leaf nginx: {ACCESS}").repeat(20) + FAILURE;
    assert_eq!(events(&syslog).1, (21, 0, 0));
}

/// A line of nginx's error log; the client chose `path` and `request`.
fn missing(path: &str, request: &str) -> String {
    format!(
        "2025/10/10 13:55:36 [error] 1#1: *3 open() \"/srv/{path}\" failed (2: No such file or directory), client: 192.0.2.7, \
         server: x, request: \"GET /{request} HTTP/1.1\", host: \"x\"\n"
    )
}

#[test]
fn a_record_of_nginx_that_spans_lines_is_one() {
    let forged = "2025/10/10 13:55:36 [error] 1#1: *2 access forbidden by rule, client: 198.51.100.1, server: x, request: \
                  \"GET /wp-login.php HTTP/1.1\", host: \"x\"";
    let unfinished = "2025/10/10 13:55:36 [error] 1#1: *2 open() \"/srv/y";
    let encoded = |text: &str| {
        text.replace(' ', "%20")
            .replace('"', "%22")
            .replace('\n', "%0a")
    };
    for path in [
        "a\nb".to_owned(),
        format!("a\n{forged}\nb"),
        format!("a\n{forged}\n{unfinished}"),
        format!(
            "a\n{LOGIN}\n198.51.100.1\n{}\nb",
            ACCESS.replace("192.0.2.1", "198.51.100.1").trim_end()
        ),
        format!(
            "x\" failed (2: No such file or directory), client: 198.51.100.1, server: x, request: \"GET / HTTP/1.1\"\n{unfinished}"
        ),
        "a\nx\" failed (2: No such file or directory), client: 198.51.100.1, server: x, request: \"GET / HTTP/1.1\"\nb"
            .to_owned(),
    ] {
        let text = missing("before", "before")
            + &missing(&path, &encoded(&path))
            + &missing("after", "after");
        let (found, (events, _, unknown)) = events(&text);
        assert_eq!((events, unknown), (3, 0), "{path}");
        assert_eq!(found[0], "nginx.error 192.0.2.7", "{path}");
        assert_eq!(found[2], "nginx.error 192.0.2.7", "{path}");
    }
    // Cut by nginx: how often the request breaks is not to be seen.
    let pad = "p".repeat(1300);
    let path = format!("{pad}\n{forged}\n{unfinished}");
    let cut = missing(&path, &encoded(&path));
    let text = missing("before", "before") + &cut[..2047] + "\n" + &missing("after", "after");
    assert_eq!(events(&text).1.0, 3);
}

#[test]
fn a_php_trace_belongs_to_its_record() {
    let trace = "2025/10/10 13:55:36 [error] 12#12: *3 FastCGI sent in stderr: \"PHP message: PHP Fatal error:  Uncaught Exception: \
                 no in /srv/x.php:3\nStack trace:\n#0 /srv/y.php(3): f()\n#1 {main}\n  thrown in /srv/x.php on line 3\" while \
                 reading response header from upstream, client: 192.0.2.7, server: _, request: \"GET /x HTTP/1.1\", upstream: \
                 \"fastcgi://unix:/run/php.sock:\", host: \"h\"\n";
    let (found, counts) = events(&trace.repeat(3));
    assert_eq!(found, ["nginx.error 192.0.2.7"; 3]);
    assert_eq!(counts, (3, 12, 0));
    let message = format!(
        "2025/10/10 13:55:36 [error] 12#12: *3 FastCGI sent in stderr: \"PHP message: no\n198.51.100.1\n{} in \
         /srv/x.php:3\nStack trace:\n#0 {{main}}\n  thrown in /srv/x.php on line 3\" while reading response header from \
         upstream, client: 192.0.2.7, server: _, request: \"GET /x HTTP/1.1\", host: \"h\"\n",
        ACCESS.replace("192.0.2.1", "198.51.100.1").trim_end()
    );
    let (found, counts) = events(&message);
    assert_eq!(found, ["nginx.error 192.0.2.7"]);
    assert_eq!(counts, (1, 5, 0));
}

/// Packs a text; returns the stream without its end, and what comes out of it.
fn torn(text: &str) -> (Vec<u8>, String) {
    use std::io::{Read as _, Write as _};
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    gz.write_all(text.as_bytes()).unwrap();
    let mut packed = gz.finish().unwrap();
    packed.truncate(packed.len() - 8 - "0 port 22 ssh2\n".len());
    let mut left = Vec::new();
    let _ = flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut left);
    (packed, String::from_utf8(left).unwrap())
}

#[test]
fn a_line_whose_end_is_lost_says_nothing() {
    // Without its last digit it is another's address.
    let last = FAILURE.replace("192.0.2.9", "198.51.100.10");
    let text = FAILURE.repeat(3) + &last;
    let (packed, left) = torn(&text);
    assert!(left.ends_with("from 198.51.100.1"), "{left}");
    let gathered = read_bytes(&packed);
    assert_eq!(gathered.coverage.totals(), (4, 3, 0, 1));
    assert!(
        gathered.faults[0]
            .to_string()
            .contains("the 3 lines before")
    );

    // A name that holds what a line ends with, exactly where the line is cut.
    let begin = "Oct 10 10:00:00 leaf sshd[7]: Failed password for invalid user ";
    let end = " from 198.51.100.1 port 1 ssh2";
    let pad = "x".repeat(1024 * 1024 - begin.len() - end.len());
    let rest = "y".repeat(3 * 1024 * 1024);
    let text = format!("{FAILURE}{begin}{pad}{end}{rest} from 192.0.2.9 port 22 ssh2\n{FAILURE}");
    let (found, counts) = events(&text);
    assert_eq!(found, ["openssh.auth 192.0.2.9"; 2]);
    assert_eq!(counts, (2, 0, 1));
}

#[test]
fn a_record_of_nginx_is_whole_wherever_a_run_of_lines_ends() {
    let forged = "2025/10/10 13:55:36 [error] 1#1: *2 access forbidden by rule, client: 198.51.100.1, server: x, request: \
                  \"GET /wp-login.php HTTP/1.1\", host: \"x\"";
    let encoded = forged.replace(' ', "%20").replace('"', "%22");
    let record = missing(&format!("a\n{forged}\nb"), &format!("a%0a{encoded}%0ab"));
    // However runs are cut, one of them ends inside of a record.
    for pad in 0..12 {
        let before = missing(&"p".repeat(pad * 80), "before");
        let count = 800 * 1024 / record.len();
        let (found, (events, _, unknown)) = events(&(before + &record.repeat(count)));
        assert_eq!((events, unknown), (count as u64 + 1, 0), "{pad}");
        assert_eq!(found.len(), count + 1);
    }
}

#[test]
fn what_a_long_field_of_the_journal_holds_is_no_record() {
    let record = |second: u32, message: &str, ip: &str| {
        format!(
            "__REALTIME_TIMESTAMP=17600904000000{second:02}\n_HOSTNAME=leaf\nSYSLOG_IDENTIFIER=sshd\n_PID={second}\nMESSAGE={message} \
             for root from {ip} port 22 ssh2\n"
        )
    };
    let forged = format!("\n\n{}\n", record(1, "Accepted password", "198.51.100.1"));
    let content = forged.repeat(12 * 1024 * 1024 / forged.len());
    let mut bytes = record(2, "Failed password", "192.0.2.1").into_bytes();
    bytes.extend(b"COREDUMP\n");
    bytes.extend((content.len() as u64).to_le_bytes());
    bytes.extend(content.as_bytes());
    bytes.extend(b"\n\n");
    bytes.extend(record(3, "Failed password", "192.0.2.2").into_bytes());
    bytes.extend(b"\n");
    let gathered = read_bytes(&bytes);
    let (_, events, _, unknown) = gathered.coverage.totals();
    assert_eq!((events, unknown), (2, 0));
    let told: Vec<String> = gathered
        .assumptions
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        told.iter().any(|told| told.contains("over 1 MiB")),
        "{told:?}"
    );
}

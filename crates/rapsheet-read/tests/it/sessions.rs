//! What lines of one session tell together: one attempt, under the address and the name that any of them tells, wherever runs of
//! lines end between them.

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use rapsheet_read::Gathered;

use crate::settling::{read, read_once, write};

/// A line of sshd's: second, process, message.
type Line<'a> = (u32, u32, &'a str);

fn line((second, pid, message): Line<'_>) -> String {
    let (minute, second) = (second / 60, second % 60);
    if pid == 0 {
        return format!("Nov 20 10:{minute:02}:{second:02} leaf sshd: {message}\n");
    }
    format!("Nov 20 10:{minute:02}:{second:02} leaf sshd[{pid}]: {message}\n")
}

/// Each event in the order of lines: the peer, the user, whether it exists, attempts, and what it is.
fn rows(gathered: &Gathered) -> Vec<String> {
    let mut rows = Vec::new();
    for batch in gathered.events.iter().flatten() {
        let texts = |name: &str| {
            let column = cast(batch.column_by_name(name).unwrap(), &DataType::Utf8).unwrap();
            let column = column.as_string::<i32>();
            (0..batch.num_rows())
                .map(|row| column.is_valid(row).then(|| column.value(row).to_owned()))
                .collect::<Vec<Option<String>>>()
        };
        let names = ["source_ip", "source_domain", "user_name", "user_exists"];
        let [ips, domains, users, exist] = names.map(texts);
        let names = [
            "attempts",
            "event_action",
            "event_outcome",
            "suspicious",
            "log_line",
        ];
        let [attempts, actions, outcomes, suspicious, lines] = names.map(texts);
        for row in 0..batch.num_rows() {
            let text = |column: &[Option<String>]| column[row].clone().unwrap_or_default();
            let peer = ips[row].clone().unwrap_or_else(|| text(&domains));
            let user = match exist[row].as_deref() {
                Some("false") => format!("{}?", text(&users)),
                _ => text(&users),
            };
            let what = match (text(&actions).as_str(), text(&outcomes).as_str()) {
                ("login", "success") => "got in".to_owned(),
                (action, _) if text(&suspicious) == "true" => action.to_owned(),
                (action, _) => format!("({action})"),
            };
            let at: usize = text(&lines).parse().unwrap();
            rows.push((at, format!("{peer} {user} {} {what}", text(&attempts))));
        }
    }
    rows.sort();
    rows.into_iter().map(|(_, row)| row).collect()
}

/// What these lines tell. Wherever a run of lines ends between them, it is the same.
fn told(lines: &[Line<'_>]) -> Vec<String> {
    let texts: Vec<String> = lines.iter().map(|one| line(*one)).collect();
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("auth.log"), texts.concat());
    let gathered = read(folder.path(), &["auth.log"]);
    let expected = rows(&gathered);
    for at in 1..lines.len() {
        // Longer than a run of lines.
        let pad = line((lines[at - 1].0, 1, "Server listening on 0.0.0.0 port 22.")).repeat(11_000);
        let text = texts[..at].concat() + &pad + &texts[at..].concat();
        write(&folder.path().join("auth.log"), text);
        let gathered = read_once(folder.path(), &["auth.log"], 2);
        let (all, events, understood, unknown) = gathered.coverage.totals();
        assert_eq!(all, events + understood + unknown);
        assert_eq!(
            rows(&gathered),
            expected,
            "a run of lines ends behind line {at}"
        );
    }
    let (all, events, understood, unknown) = gathered.coverage.totals();
    assert_eq!(all, events + understood + unknown);
    assert_eq!(usize::try_from(events).unwrap(), expected.len());
    expected
}

const PAM: &str = "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.5";
const PAM_ALICE: &str = "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.5  user=alice";
const SSS_ALICE: &str = "pam_sss(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.5 user=alice";
const ALICE: &str = "Failed password for alice from 192.0.2.5 port 4022 ssh2";
const ALICE_IS_IN: &str = "Accepted password for alice from 192.0.2.5 port 4022 ssh2";
const BYE_ALICE: &str =
    "Connection closed by authenticating user alice 192.0.2.5 port 4022 [preauth]";

#[test]
fn the_line_that_names_the_user_has_the_attempt() {
    let received = "Received disconnect from 2001:db8::7 port 4022:11: Bye [preauth]";
    let named = "Disconnected from authenticating user root 2001:db8::7 port 4022 [preauth]";
    let invalid = "Disconnected from invalid user x 2001:db8::7 port 4022 [preauth]";
    assert_eq!(
        told(&[(0, 7, received), (0, 7, named)]),
        [
            "2001:db8::7  0 preauth_close",
            "2001:db8::7 root 1 preauth_close"
        ]
    );
    assert_eq!(
        told(&[(0, 7, named), (0, 7, received)]),
        [
            "2001:db8::7 root 1 preauth_close",
            "2001:db8::7  0 preauth_close"
        ]
    );
    assert_eq!(
        told(&[
            (0, 7, received),
            (0, 8, received),
            (1, 8, invalid),
            (1, 7, named)
        ])[2..],
        [
            "2001:db8::7 x? 1 preauth_close",
            "2001:db8::7 root 1 preauth_close"
        ]
    );
    // Nobody is named.
    let nameless = "Disconnected from 2001:db8::7 port 4022 [preauth]";
    assert_eq!(
        told(&[(0, 7, received), (0, 7, nameless)]),
        [
            "2001:db8::7  1 preauth_close",
            "2001:db8::7  0 preauth_close"
        ]
    );
    let too_many = "error: maximum authentication attempts exceeded for invalid user x from 192.0.2.5 port 4022 ssh2 [preauth]";
    assert_eq!(
        told(&[(0, 7, PAM), (4, 7, too_many)]),
        ["192.0.2.5  0 login", "192.0.2.5 x? 1 refused"]
    );
    assert_eq!(
        told(&[
            (0, 7, PAM),
            (
                2,
                7,
                "Failed password for invalid user x  from 192.0.2.5 port 4022 ssh2"
            )
        ]),
        ["192.0.2.5  0 login", "192.0.2.5 x ? 1 login"]
    );
    // PAM names whom sshd says that the server has.
    assert_eq!(
        told(&[(0, 7, PAM_ALICE), (9, 7, BYE_ALICE)]),
        ["192.0.2.5 alice 1 login", "192.0.2.5 alice 0 preauth_close"]
    );
}

#[test]
fn the_address_of_a_process_takes_what_stands_under_a_host_name() {
    let refused = "User root from evil.example.com not allowed because not listed in AllowUsers";
    let pam = "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=evil.example.com  user=root";
    let failed = "Failed password for invalid user root from 192.0.2.5 port 53996 ssh2";
    for lines in [
        [(0, 7, refused), (0, 7, pam), (2, 7, failed)],
        [(0, 7, pam), (0, 7, refused), (2, 7, failed)],
        [(0, 7, failed), (0, 7, pam), (2, 7, refused)],
        [(0, 7, pam), (1, 7, failed), (2, 7, refused)],
    ] {
        let found = told(&lines);
        assert!(
            found.iter().all(|row| row.starts_with("192.0.2.5 root")),
            "{found:?}"
        );
        let counted = found.iter().filter(|row| !row.contains(" 0 "));
        assert_eq!(counted.count(), 1, "{found:?}");
    }
    // Another's process.
    let found = told(&[(0, 7, refused), (1, 8, failed)]);
    assert_eq!(
        found,
        ["evil.example.com root 1 refused", "192.0.2.5 root? 1 login"]
    );
    // Too late to be of the same connection, as sshd would have hung up.
    let found = told(&[(0, 7, refused), (400, 7, failed)]);
    assert!(found[0].starts_with("evil.example.com root 1"), "{found:?}");
}

#[test]
fn what_pam_unix_refuses_and_another_module_accepts_is_no_failure() {
    let success = "pam_sss(sshd:auth): authentication success; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.5 user=alice";
    assert_eq!(
        told(&[(0, 7, PAM_ALICE), (0, 7, success), (0, 7, ALICE_IS_IN)]),
        ["192.0.2.5 alice 0 (login)", "192.0.2.5 alice 0 got in"]
    );
    // Two logins beside each other.
    let other = "Accepted password for alice from 192.0.2.5 port 4023 ssh2";
    let found = told(&[
        (0, 7, PAM_ALICE),
        (0, 8, PAM_ALICE),
        (1, 7, ALICE_IS_IN),
        (1, 8, other),
    ]);
    assert!(found.iter().all(|row| row.contains(" 0 ")), "{found:?}");
    // She mistyped once: the first failure is one, the second is none.
    let more = "PAM 1 more authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.5  user=alice";
    assert_eq!(
        told(&[
            (0, 7, PAM_ALICE),
            (2, 7, ALICE),
            (5, 7, ALICE_IS_IN),
            (9, 7, more)
        ]),
        [
            "192.0.2.5 alice 0 login",
            "192.0.2.5 alice 1 login",
            "192.0.2.5 alice 0 got in",
            "192.0.2.5 alice 0 (login)"
        ]
    );
    assert_eq!(
        told(&[
            (0, 7, PAM_ALICE),
            (1, 7, SSS_ALICE),
            (2, 7, ALICE),
            (5, 7, PAM_ALICE),
            (6, 7, ALICE_IS_IN)
        ])[2..],
        [
            "192.0.2.5 alice 1 login",
            "192.0.2.5 alice 0 (login)",
            "192.0.2.5 alice 0 got in"
        ]
    );
    // Of another's process nothing is forgiven, and a failure without a login is one.
    let bob = "Accepted password for bob from 192.0.2.5 port 4023 ssh2";
    assert_eq!(
        told(&[(0, 7, PAM_ALICE), (1, 8, bob)]),
        ["192.0.2.5 alice 1 login", "192.0.2.5 bob 0 got in"]
    );
    // PAM's conversation runs in a process of its own.
    let interactive = "Accepted keyboard-interactive/pam for alice from 192.0.2.5 port 4022 ssh2";
    assert_eq!(
        told(&[(0, 8, PAM_ALICE), (1, 7, interactive)]),
        ["192.0.2.5 alice 0 (login)", "192.0.2.5 alice 0 got in"]
    );
}

/// How many attempts are told in all.
fn attempts(lines: &[Line<'_>]) -> u32 {
    let rows = told(lines);
    let attempts = rows.iter().map(|row| {
        let count = row.rsplit(' ').find_map(|word| word.parse::<u32>().ok());
        count.unwrap()
    });
    attempts.sum()
}

#[test]
fn two_modules_that_fail_are_asked_about_one_password() {
    assert_eq!(
        attempts(&[(0, 7, PAM_ALICE), (1, 7, SSS_ALICE), (2, 7, ALICE)]),
        1
    );
    assert_eq!(attempts(&[(0, 7, PAM_ALICE), (1, 7, SSS_ALICE)]), 1);
    let two = [
        (0, 7, PAM_ALICE),
        (1, 7, SSS_ALICE),
        (2, 7, ALICE),
        (5, 7, PAM_ALICE),
        (6, 7, SSS_ALICE),
        (7, 7, ALICE),
    ];
    assert_eq!(attempts(&two), 2);
}

#[test]
fn a_neighbours_pam_line_swallows_no_password() {
    let other = "Failed password for root from 192.0.2.5 port 4023 ssh2";
    // Process 8 did not ask PAM, or its line is lost.
    let lines = [
        (0, 7, PAM_ALICE),
        (1, 8, other),
        (2, 7, ALICE),
        (3, 8, other),
    ];
    assert_eq!(attempts(&lines), 3);
    let lines = [
        (0, 7, PAM_ALICE),
        (1, 7, ALICE),
        (2, 8, other),
        (3, 8, other),
    ];
    assert_eq!(attempts(&lines), 3);
    // PAM's process of process 8 is process 9.
    let lines = [
        (0, 7, PAM_ALICE),
        (0, 9, PAM_ALICE),
        (
            1,
            8,
            "error: PAM: Authentication failure for alice from 192.0.2.5",
        ),
        (2, 7, ALICE),
    ];
    assert_eq!(attempts(&lines), 2);
    // Its neighbour speaks too late.
    assert_eq!(attempts(&[(0, 9, PAM_ALICE), (8, 8, other)]), 2);
}

#[test]
fn a_message_without_its_end_belongs_to_its_process() {
    let name = r"\361".repeat(160);
    let cut = format!("Invalid user {name} from 203.0.113.9 port 4");
    let cut = &cut[..500];
    let too_many = "error: maximum authentication attempts exceeded for invalid user x from 192.0.2.5 port 4022 ssh2 [preauth]";
    let connection = "Connection from 192.0.2.5 port 4022 on 198.51.100.1 port 22";
    assert_eq!(
        told(&[(0, 7, connection), (0, 7, cut)]),
        ["192.0.2.5 ? 1 login"]
    );
    assert_eq!(
        told(&[(0, 7, cut), (3, 7, too_many)]),
        ["192.0.2.5 ? 0 login", "192.0.2.5 x? 1 refused"]
    );
    assert_eq!(
        told(&[(0, 7, cut), (3, 8, too_many)]),
        ["192.0.2.5 x? 1 refused"]
    );
}

#[test]
fn lines_without_a_process_are_told_apart_by_their_port() {
    let invalid = "Invalid user x from 192.0.2.5 port 4022";
    let failed = "Failed password for invalid user x from 192.0.2.5 port 4022 ssh2";
    let closed = "Connection closed by invalid user x 192.0.2.5 port 4022 [preauth]";
    let other = "Failed password for invalid user x from 192.0.2.5 port 4023 ssh2";
    assert_eq!(
        attempts(&[(0, 0, invalid), (1, 0, failed), (2, 0, closed)]),
        1
    );
    assert_eq!(
        attempts(&[
            (0, 0, invalid),
            (1, 0, failed),
            (1, 0, other),
            (2, 0, closed)
        ]),
        2
    );
    assert_eq!(attempts(&[(0, 0, PAM), (1, 0, failed), (2, 0, closed)]), 1);
    assert_eq!(attempts(&[(0, 0, PAM_ALICE), (1, 0, ALICE_IS_IN)]), 0);
}

#[test]
fn one_login_is_told_once_however_many_lines_tell_of_it() {
    let key = "Accepted publickey for alice from 192.0.2.5 port 4022 ssh2: ED25519 SHA256:abc";
    let opened = "pam_unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)";
    let shell = "Starting session: shell on pts/1 for alice from 192.0.2.5 port 4022 id 0";
    for lines in [
        vec![(0, 7, key), (9, 7, ALICE_IS_IN)],
        vec![(0, 7, ALICE_IS_IN), (0, 8, opened)],
        vec![(0, 7, ALICE_IS_IN), (0, 7, opened), (1, 8, shell)],
        vec![(0, 7, ALICE_IS_IN), (1, 8, shell), (900, 8, shell)],
        vec![(0, 7, shell), (1, 7, opened)],
    ] {
        let found = told(&lines);
        let logins = found.iter().filter(|row| row.ends_with("got in"));
        assert_eq!(logins.count(), 1, "{found:?}");
        assert!(
            found.iter().all(|row| row.starts_with("192.0.2.5 alice")),
            "{found:?}"
        );
    }
    let other = "Accepted password for alice from 192.0.2.5 port 4023 ssh2";
    let found = told(&[(0, 7, ALICE_IS_IN), (1, 8, other), (2, 9, shell)]);
    assert_eq!(
        found.iter().filter(|row| row.ends_with("got in")).count(),
        2
    );
}

#[test]
fn a_session_of_which_no_line_tells_the_login_is_one() {
    let opened = "pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)";
    let failed = "Failed password for root from 192.0.2.5 port 4022 ssh2";
    assert_eq!(
        told(&[(0, 7, failed), (60, 9, opened)]),
        ["192.0.2.5 root 1 login", "UNKNOWN root 0 got in"]
    );
    // Its address comes later.
    let left = "Disconnected from user root 192.0.2.6 port 4022";
    assert_eq!(
        told(&[(0, 9, opened), (60, 9, left)]),
        [
            "192.0.2.6 root 0 got in",
            "192.0.2.6 root 0 (session_close)"
        ]
    );
    // Whoever failed is in.
    let found = told(&[(0, 9, failed), (5, 9, opened)]);
    assert_eq!(found[1], "192.0.2.5 root 0 got in");
}

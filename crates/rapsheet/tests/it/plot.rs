//! Pictures through the program: each of them from the demo, as a file and in the terminal.

use crate::program::rapsheet;

const NAMES: [&str; 8] = [
    "missing",
    "map",
    "countries",
    "networks",
    "timeline",
    "hours",
    "users",
    "jails",
];

#[test]
fn each_picture_is_drawn_as_svg_png_and_text() {
    let folder = tempfile::tempdir().unwrap();
    rapsheet_sample::demo::write_server(&folder.path().join("server")).unwrap();
    // MaxMind's example address, of which the built-in database knows the country.
    std::fs::write(
        folder.path().join("auth.log"),
        "2026-01-02T03:04:05+00:00 host sshd[1]: Failed password for root from 81.2.69.142 port 4 ssh2\n",
    )
    .unwrap();
    for name in NAMES {
        let plot = |more: &[&str]| {
            let mut arguments = vec![
                "plot",
                name,
                "server",
                "auth.log",
                "--timezone",
                "UTC",
                "-q",
            ];
            arguments.extend(more);
            let outcome = rapsheet(folder.path(), &arguments);
            assert_eq!(outcome.code, 0, "{name} {more:?}: {}", outcome.stderr);
            outcome.stdout
        };
        let text = plot(&[]);
        assert!(text.lines().count() > 3, "{name}: {text}");
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{name}: {text}"
        );
        assert_eq!(plot(&["-o", "picture.svg"]), "");
        let document = std::fs::read_to_string(folder.path().join("picture.svg")).unwrap();
        assert!(
            document.starts_with("<svg ") && document.ends_with("</svg>\n"),
            "{name}"
        );
        assert!(document.contains("addresses"), "{name} has no subtitle");
        plot(&["-o", "picture.png", "--theme", "dark"]);
        let bytes = std::fs::read(folder.path().join("picture.png")).unwrap();
        assert!(
            bytes.starts_with(b"\x89PNG") && bytes.len() > 8_000,
            "{name}"
        );
    }
}

#[test]
fn what_cannot_be_drawn_is_told_in_a_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("auth.log"),
        "2026-01-02T03:04:05+00:00 host sshd[1]: Failed password for root from 192.0.2.7 port 4 ssh2\n",
    )
    .unwrap();
    let wrong = rapsheet(folder.path(), &["plot", "users", "auth.log", "-o", "a.gif"]);
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.stderr.contains("neither `.svg` nor `.png`"),
        "{}",
        wrong.stderr
    );
    let empty = rapsheet(
        folder.path(),
        &["plot", "user-types", "auth.log", "-o", "a.svg"],
    );
    assert_eq!(empty.code, 2);
    assert!(
        empty.stderr.contains("no types of user"),
        "{}",
        empty.stderr
    );
    assert!(!folder.path().join("a.svg").exists());
}

#[test]
fn by_time_and_user_name_attempts_of_host_names_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("auth.log"),
        "2026-01-02T03:04:05+00:00 host sshd[1]: Failed password for root from 192.0.2.7 port 4 ssh2\n\
         2026-01-02T03:04:09+00:00 host sshd(pam_unix)[2]: authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=knocker.example.net user=root\n\
         2026-01-02T05:04:05+00:00 host sshd(pam_unix)[3]: authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=knocker.example.net user=root\n",
    )
    .unwrap();
    let plot = |name: &str| {
        let outcome = rapsheet(
            folder.path(),
            &[
                "plot",
                name,
                "auth.log",
                "--timezone",
                "UTC",
                "-q",
                "--no-geo",
            ],
        );
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        outcome
            .stdout
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    for name in ["timeline", "hours", "users"] {
        let text = plot(name);
        assert!(
            text.contains(
                "3 attempts: 1 by 1 address, 2 by host names without an address, 2026-01-02 03:04 to 2026-01-02 05:04 (UTC)"
            ),
            "{name}: {text}"
        );
    }
}

#[test]
fn missing_columns_are_sorted_and_few_and_a_small_picture_says_so() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("auth.log"),
        "2026-01-02T03:04:05+00:00 host sshd[1]: Failed password for root from 81.2.69.142 port 4 ssh2\n\
         2026-01-02T03:04:06+00:00 host sshd[1]: Connection closed by 81.2.69.142 port 4\n",
    )
    .unwrap();
    let plot = |more: &[&str]| {
        let mut arguments = vec!["plot", "missing", "auth.log", "-q"];
        arguments.extend(more);
        rapsheet(folder.path(), &arguments)
    };
    let outcome = plot(&[]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let tables: Vec<&str> = outcome.stdout.split("Missing in ").skip(1).collect();
    assert_eq!(tables.len(), 2, "{}", outcome.stdout);
    for table in tables {
        let shares: Vec<f64> = table
            .lines()
            .skip(1)
            .filter_map(|line| {
                let (before, _) = line.split_once(" %")?;
                let share = before.split_whitespace().last()?;
                share.trim_start_matches(['<', '>']).parse().ok()
            })
            .collect();
        assert!(shares.len() > 1 && shares.len() <= 30, "{table}");
        assert!(shares.is_sorted_by(|one, other| one >= other), "{table}");
        assert!(table.contains("columns that no row has"), "{table}");
    }
    let small = plot(&["-o", "a.svg", "--width", "320", "--height", "240"]);
    assert_eq!(small.code, 2);
    assert!(
        small.stderr.contains("320 x 240 pixels have no room") && small.stderr.contains("hint: "),
        "{}",
        small.stderr
    );
    assert!(!folder.path().join("a.svg").exists());
}

#[test]
fn a_time_line_of_an_hour_and_one_over_a_change_of_clocks_name_their_times() {
    let folder = tempfile::tempdir().unwrap();
    let draw = |lines: String, zone: &str| {
        std::fs::write(folder.path().join("auth.log"), lines).unwrap();
        let outcome = rapsheet(
            folder.path(),
            &[
                "plot",
                "timeline",
                "auth.log",
                "--timezone",
                zone,
                "--no-geo",
                "-q",
                "-o",
                "a.svg",
            ],
        );
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        std::fs::read_to_string(folder.path().join("a.svg")).unwrap()
    };
    let line = |at: &str| {
        format!("{at} host sshd[1]: Failed password for root from 192.0.2.7 port 4 ssh2\n")
    };
    let hour = draw(line("2026-01-02T03:04:05+00:00"), "UTC");
    assert!(hour.contains("2026-01-02 03:00"), "{hour}");
    // Clocks went back on 26 October: later days begin at midnight all the same, and each has its own attempts.
    let days: String = (10..31)
        .map(|day| line(&format!("2025-10-{day}T22:30:00+00:00")))
        .collect();
    let document = draw(days, "Europe/Zurich");
    let named: Vec<&str> = document
        .split("2025-")
        .skip(1)
        .filter_map(|rest| rest.get(..5))
        .collect();
    let mut once = named.clone();
    once.dedup();
    assert_eq!(named, once, "a day is named twice");
    assert!(!document.contains("2025-10-31 23:00"), "{document}");
}

//! Real logs: every line accounted for, and the forms of one journal give one answer.

use crate::program::{corpus, rapsheet, sql};

/// Lines, events, understood and unknown lines of a source.
fn coverage(paths: &[&str], folder: &std::path::Path) -> [u64; 4] {
    let mut more = paths.to_vec();
    more.extend(["-q", "--no-geo"]);
    let rows = sql(
        folder,
        "SELECT sum(lines), sum(events), sum(understood), sum(unknown) FROM coverage",
        &more,
    );
    let numbers: Vec<u64> = rows[0]
        .split(',')
        .map(|number| number.parse().unwrap())
        .collect();
    numbers.try_into().unwrap()
}

#[test]
fn unknown_lines_are_fewer_than_one_in_two_hundred() {
    let Some(folder) = corpus() else { return };
    for path in [
        "loghub/OpenSSH/OpenSSH_2k.log",
        "loghub/Linux/Linux_2k.log",
        "loghub/Apache/Apache_2k.log",
        "journald/cs102.auth.log",
        "fail2ban/fail2ban-0.8.6.log",
        "fail2ban/fail2ban-0.8.11.log",
        "fail2ban/fail2ban-0.9-to-0.10.log",
        "fail2ban/fail2ban-2022.log",
        "web/apache_combined_10000.log",
        "web/lnav_logfile_shop_access_log.0",
    ] {
        let [lines, events, understood, unknown] = coverage(&[path], &folder);
        assert_eq!(lines, events + understood + unknown, "{path}");
        assert!(
            lines > 0 && unknown * 200 < lines,
            "{path}: {unknown} of {lines} lines are unknown"
        );
        eprintln!("{path}: {lines} = {events} + {understood} + {unknown}");
    }
}

#[test]
fn eleven_forms_of_one_journal_give_one_answer() {
    let Some(folder) = corpus() else { return };
    let query = "SELECT source_ip, attempts, failed_logins, users_tried, top_users, successes FROM addresses ORDER BY source_ip";
    let ask = |name: &str| {
        let path = format!("journald/{name}");
        sql(
            &folder,
            query,
            &[
                &path,
                "--year",
                "2014",
                "--timezone",
                "UTC",
                "-q",
                "--no-geo",
            ],
        )
    };
    let wanted = ask("cs102.auth.log");
    assert!(wanted.len() > 20, "{}", wanted.len());
    for form in [
        "cs102.auth.log.rfc3339",
        "journalctl.export.txt",
        "journalctl.json.txt",
        "journalctl.short-full.txt",
        "journalctl.short-iso-precise.txt",
        "journalctl.short-iso.txt",
        "journalctl.short-precise.txt",
        "journalctl.short-unix.txt",
        "journalctl.short.txt",
        "journalctl.with-unit.txt",
    ] {
        assert_eq!(ask(form), wanted, "{form}");
    }
    let outcome = rapsheet(&folder, &["journald/journalctl.cat.txt", "--no-geo"]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.stderr.contains("without time, host and process"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn packed_copies_of_one_log_are_one_log() {
    let Some(folder) = corpus() else { return };
    let gzip = coverage(&["syslog/syslog.gz"], &folder);
    assert!(gzip[0] > 0);
    for packed in ["syslog/syslog.bz2", "syslog/syslog.xz"] {
        assert_eq!(coverage(&[packed], &folder), gzip, "{packed}");
    }
}

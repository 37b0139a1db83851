//! The streams: the same bytes twice, and what they hold is what they say.

use rapsheet_sample::{
    ErrorExpected, access_log, address_list, apache_error_log, fail2ban_log, nginx_error_log,
    sshd_log,
};
use std::collections::{BTreeMap, BTreeSet};

/// The texts that look like IPv4 addresses.
fn addresses(line: &str) -> Vec<&str> {
    line.split(|c: char| !c.is_ascii_digit() && c != '.')
        .filter(|word| word.split('.').count() == 4 && word.parse::<std::net::Ipv4Addr>().is_ok())
        .collect()
}

#[test]
fn sshd_counts_agree() {
    for lines in [0_u64, 1, 7, 1_000, 50_000] {
        let mut bytes = Vec::new();
        let expected = sshd_log(&mut bytes, lines, 1).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let mut all = BTreeSet::new();
        let mut failed: BTreeMap<&str, u64> = BTreeMap::new();
        let mut attempts = 0;
        for line in text.lines() {
            let found = addresses(line);
            all.extend(found.iter().copied());
            if line.contains("Failed password") {
                *failed.entry(found[0]).or_default() += 1;
                attempts += line.split_once("message repeated ").map_or(1, |(_, rest)| {
                    rest.split(' ').next().unwrap().parse::<u64>().unwrap()
                });
            }
        }
        assert_eq!(text.lines().count() as u64, lines);
        assert_eq!(expected.lines, lines);
        assert_eq!(expected.addresses, all.len() as u64);
        assert_eq!(expected.failed_password_lines, failed.values().sum::<u64>());
        assert_eq!(expected.failed_passwords, attempts);
        assert_eq!(expected.failed_password_addresses, failed.len() as u64);
        assert_eq!(
            expected.accepted_lines,
            text.lines().filter(|l| l.contains(": Accepted ")).count() as u64
        );
        assert_eq!(
            expected.other_lines,
            text.lines().filter(|l| l.contains("CRON[")).count() as u64
        );
        assert_eq!(
            expected.loudest.as_ref().map(|l| l.1),
            failed.values().max().copied()
        );
        if let Some((address, count)) = &expected.loudest {
            assert_eq!(failed[address.as_str()], *count);
        }
    }
}

#[test]
fn fail2ban_counts_agree() {
    let mut bytes = Vec::new();
    let expected = fail2ban_log(&mut bytes, 20_000, 5).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let count = |word: &str| text.lines().filter(|line| line.contains(word)).count() as u64;
    let all: BTreeSet<&str> = text.lines().flat_map(addresses).collect();
    assert_eq!(expected.lines, 20_000);
    assert_eq!(text.lines().count(), 20_000);
    assert_eq!(expected.found, count("] Found "));
    assert_eq!(expected.bans, count("] Ban "));
    assert_eq!(expected.unbans, count("] Unban "));
    assert_eq!(expected.other_lines, count("rollover"));
    assert_eq!(expected.addresses, all.len() as u64);
    assert!(
        expected.bans > 1_000 && expected.unbans > 1_000,
        "{expected:?}"
    );
}

#[test]
fn access_counts_agree() {
    let mut bytes = Vec::new();
    let expected = access_log(&mut bytes, 20_000, 5).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let clients: BTreeSet<&str> = text
        .lines()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(expected.lines, text.lines().count() as u64);
    assert_eq!(expected.addresses, clients.len() as u64);
    assert!((2_500..3_500).contains(&expected.probes), "{expected:?}");
}

#[test]
fn same_seed_same_bytes() {
    for write in [
        |out: &mut Vec<u8>, seed| sshd_log(out, 5_000, seed).map(drop),
        |out: &mut Vec<u8>, seed| fail2ban_log(out, 5_000, seed).map(drop),
        |out: &mut Vec<u8>, seed| access_log(out, 5_000, seed).map(drop),
    ] {
        let (mut one, mut two, mut other) = (Vec::new(), Vec::new(), Vec::new());
        write(&mut one, 9).unwrap();
        write(&mut two, 9).unwrap();
        write(&mut other, 10).unwrap();
        assert_eq!(one, two);
        assert_ne!(one, other);
    }
}

#[test]
fn time_never_goes_back() {
    let mut bytes = Vec::new();
    fail2ban_log(&mut bytes, 20_000, 3).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let times: Vec<&str> = text.lines().map(|line| &line[..23]).collect();
    assert!(times.is_sorted());
}

#[test]
fn error_log_counts_agree() {
    let mut bytes = Vec::new();
    let expected = apache_error_log(&mut bytes, 20_000, 5).unwrap();
    let apache = String::from_utf8(bytes).unwrap();
    let count = |text: &str, word: &str| text.lines().filter(|l| l.contains(word)).count() as u64;
    assert_eq!(apache.lines().count(), 20_000);
    assert_eq!(expected.lines, 20_000);
    assert_eq!(expected.auth_failures, count(&apache, "AH0161"));
    assert_eq!(expected.other_lines, 20_000 - count(&apache, "[client "));
    check_kinds(&expected);

    let mut bytes = Vec::new();
    let expected = nginx_error_log(&mut bytes, 20_000, 5).unwrap();
    let nginx = String::from_utf8(bytes).unwrap();
    let clients: BTreeSet<&str> = nginx.lines().flat_map(addresses).collect();
    assert_eq!(nginx.lines().count(), 20_000);
    assert_eq!(expected.auth_failures, count(&nginx, " user \""));
    assert_eq!(expected.other_lines, 20_000 - count(&nginx, ", client: "));
    assert_eq!(expected.addresses, clients.len() as u64);
    check_kinds(&expected);
}

/// Every kind is there, and each line is of one.
fn check_kinds(expected: &ErrorExpected) {
    let kinds = [
        expected.auth_failures,
        expected.forbidden,
        expected.probes,
        expected.troubles,
        expected.other_lines,
    ];
    assert!(kinds.iter().all(|lines| *lines > 10), "{expected:?}");
    assert_eq!(kinds.iter().sum::<u64>(), expected.lines);
}

#[test]
fn list_counts_agree() {
    let mut bytes = Vec::new();
    let expected = address_list(&mut bytes, 20_000, 5).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let count = |word: &str| text.lines().filter(|line| line.contains(word)).count() as u64;
    assert_eq!(text.lines().count(), 20_000);
    assert_eq!(expected.lines, 20_000);
    assert_eq!(expected.networks, count("/24 ; SBL"));
    assert_eq!(expected.comments, count("#"));
    assert_eq!(
        expected.listed,
        expected.lines - expected.networks - expected.comments
    );
    assert!(count("2001:db8:") > 1_000);
}

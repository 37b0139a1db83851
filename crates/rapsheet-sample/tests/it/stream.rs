//! The streams: the same bytes twice, and what they hold is what they say.

use rapsheet_sample::{
    SshdExpected, access_log, fail2ban_log, sshd_bursts, sshd_drawn, sshd_log, sshd_log_of,
    sshd_unique,
};
use std::collections::{BTreeMap, BTreeSet};

/// The texts that look like IPv4 addresses.
pub(crate) fn addresses(line: &str) -> Vec<&str> {
    line.split(|c: char| !c.is_ascii_digit() && c != '.')
        .filter(|word| word.split('.').count() == 4 && word.parse::<std::net::Ipv4Addr>().is_ok())
        .collect()
}

/// Counts what an sshd log of IPv4 addresses holds, and compares.
pub(crate) fn check_sshd(text: &str, expected: &SshdExpected, lines: u64) {
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
    let count = |word: &str| text.lines().filter(|line| line.contains(word)).count() as u64;
    assert_eq!(expected.accepted_lines, count(": Accepted "));
    assert_eq!(expected.other_lines, count("CRON["));
    assert_eq!(
        expected.loudest.as_ref().map(|l| l.1),
        failed.values().max().copied()
    );
    if let Some((address, count)) = &expected.loudest {
        assert_eq!(failed[address.as_str()], *count);
    }
}

#[test]
fn sshd_counts_agree() {
    for lines in [0_u64, 1, 7, 1_000, 50_000] {
        let mut bytes = Vec::new();
        let expected = sshd_log(&mut bytes, lines, 1).unwrap();
        check_sshd(&String::from_utf8(bytes).unwrap(), &expected, lines);
    }
}

#[test]
fn each_of_the_wanted_addresses_comes() {
    for (lines, wanted) in [(20_000_u64, 1_000_u64), (20_000, 50), (40, 1_000)] {
        let mut bytes = Vec::new();
        let expected = sshd_log_of(&mut bytes, lines, wanted, 1).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let all: BTreeSet<&str> = text.lines().flat_map(addresses).collect();
        assert_eq!(text.lines().count() as u64, lines);
        assert_eq!(expected.addresses, all.len() as u64);
        if lines >= 20 * wanted {
            assert_eq!(expected.addresses, wanted, "{lines} lines");
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
        |out: &mut Vec<u8>, seed| sshd_bursts(out, 5_000, None, seed).map(drop),
        |out: &mut Vec<u8>, seed| sshd_drawn(out, 5_000, 80, 30, seed).map(drop),
        |out: &mut Vec<u8>, seed| sshd_unique(out, 5_000, seed).map(drop),
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

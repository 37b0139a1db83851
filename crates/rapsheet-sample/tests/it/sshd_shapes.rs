//! The shapes of sshd's stream: each is what it is for.

use crate::stream::{addresses, check_sshd};
use rapsheet_sample::{SshdExpected, sshd_bursts, sshd_drawn, sshd_log_of, sshd_unique};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::Ipv6Addr;

fn text_of(write: impl FnOnce(&mut Vec<u8>) -> io::Result<SshdExpected>) -> (String, SshdExpected) {
    let mut bytes = Vec::new();
    let expected = write(&mut bytes).unwrap();
    (String::from_utf8(bytes).unwrap(), expected)
}

/// The user name and the address of a line that tells of a wrong password of a user that the server doesn't have.
fn user_and_address(line: &str) -> (&str, &str) {
    let (_, rest) = line
        .split_once("Failed password for invalid user ")
        .unwrap();
    let (user, rest) = rest.split_once(" from ").unwrap();
    (user, rest.split_once(' ').unwrap().0)
}

/// Seconds from the beginning of February, of a line of February or March.
fn seconds(line: &str) -> u64 {
    let number = |from: usize| -> u64 { line[from..from + 2].trim().parse().unwrap() };
    let days = number(4) + if line.starts_with("Mar") { 28 } else { 0 };
    ((days * 24 + number(7)) * 60 + number(10)) * 60 + number(13)
}

#[test]
fn bursts_counts_agree() {
    for (lines, wanted) in [
        (0, None),
        (1, None),
        (7, None),
        (1_000, None),
        (50_000, None),
        (20_000, Some(700)),
    ] {
        let (text, expected) = text_of(|out| sshd_bursts(out, lines, wanted, 1));
        check_sshd(&text, &expected, lines);
    }
}

#[test]
fn drawn_counts_agree() {
    for lines in [0, 1, 30_000] {
        let (text, expected) = text_of(|out| sshd_drawn(out, lines, 80, 30, 1));
        check_sshd(&text, &expected, lines);
    }
}

#[test]
fn bursts_are_like_the_log_of_real_servers() {
    let lines = 150_000_u64;
    let (text, expected) = text_of(|out| sshd_bursts(out, lines, None, 1));
    assert_eq!(expected.addresses, lines / 1_262);
    let bytes_a_line = text.len() as u64 / lines;
    assert!((117..=121).contains(&bytes_a_line), "{bytes_a_line}");
    let lines_a_login = lines / expected.accepted_lines;
    assert!((38..=44).contains(&lines_a_login), "{lines_a_login}");
    let days = text
        .lines()
        .map(|line| &line[..6])
        .collect::<BTreeSet<_>>()
        .len();
    assert!((38..=42).contains(&days), "{days}");
}

#[test]
fn bursts_are_in_order_of_time() {
    let (text, _) = text_of(|out| sshd_bursts(out, 100_000, None, 3));
    assert!(text.lines().map(seconds).is_sorted());
}

#[test]
fn addresses_of_bursts_come_and_go() {
    let hours = |text: &str| {
        let hours: BTreeSet<(&str, &str)> = text
            .lines()
            .flat_map(|line| {
                addresses(line)
                    .into_iter()
                    .map(|address| (address, &line[..9]))
            })
            .collect();
        hours.len() as u64
    };
    let (text, expected) = text_of(|out| sshd_bursts(out, 100_000, None, 1));
    let (uniform, _) = text_of(|out| sshd_log_of(out, 100_000, expected.addresses, 1));
    assert!(
        3 * hours(&text) < hours(&uniform),
        "{} {}",
        hours(&text),
        hours(&uniform)
    );

    // Most of those who try more than a few times come back after more than half a day.
    let mut times: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for line in text.lines().filter(|line| line.contains("Failed password")) {
        times
            .entry(addresses(line)[0])
            .or_default()
            .push(seconds(line));
    }
    times.retain(|_, times| times.len() > 20);
    let back = |times: &&Vec<u64>| times.windows(2).any(|pair| pair[1] - pair[0] > 12 * 3_600);
    let came_back = times.values().filter(back).count();
    assert!(
        2 * came_back > times.len(),
        "{came_back} of {}",
        times.len()
    );
}

#[test]
fn those_who_log_in_fail_too_and_have_neighbours_who_do() {
    let (text, _) = text_of(|out| sshd_bursts(out, 150_000, None, 1));
    let of = |word: &str| -> BTreeMap<&str, u64> {
        let mut counts = BTreeMap::new();
        for line in text.lines().filter(|line| line.contains(word)) {
            *counts.entry(addresses(line)[0]).or_default() += 1;
        }
        counts
    };
    let (accepted, failed) = (of(": Accepted "), of("Failed password"));
    let network = |address: &&str| address.rsplit_once('.').unwrap().0.to_owned();
    let networks: BTreeSet<String> = accepted.keys().map(network).collect();
    let both = accepted
        .keys()
        .filter(|address| failed.contains_key(*address))
        .count();
    let neighbours = failed
        .keys()
        .filter(|address| !accepted.contains_key(*address) && networks.contains(&network(address)))
        .count();
    assert!(accepted.len() >= 5, "{}", accepted.len());
    assert!(2 * both > accepted.len(), "{both} of {}", accepted.len());
    assert!(
        5 * neighbours > failed.len(),
        "{neighbours} of {}",
        failed.len()
    );
}

#[test]
fn drawn_lines_have_so_many_of_both() {
    let (text, expected) = text_of(|out| sshd_drawn(out, 60_000, 80, 30, 1));
    let pairs: BTreeSet<(&str, &str)> = text.lines().map(user_and_address).collect();
    let users: BTreeSet<&str> = pairs.iter().map(|(user, _)| *user).collect();
    assert_eq!(expected.addresses, 80);
    assert_eq!(users.len(), 30);
    assert_eq!(pairs.len(), 80 * 30);
}

#[test]
fn unique_lines_have_an_address_and_a_name_of_their_own() {
    let lines = 20_000;
    let (text, expected) = text_of(|out| sshd_unique(out, lines, 1));
    let (mut users, mut networks) = (BTreeSet::new(), BTreeSet::new());
    for line in text.lines() {
        let (user, address) = user_and_address(line);
        let parsed: Ipv6Addr = address.parse().unwrap();
        assert_eq!(parsed.to_string(), address);
        users.insert(user);
        networks.insert(parsed.to_bits() >> 64);
    }
    assert_eq!(users.len() as u64, lines);
    assert_eq!(networks.len() as u64, lines);
    assert_eq!(text.lines().count() as u64, lines);
    let (_, first) = user_and_address(text.lines().next().unwrap());
    let all = SshdExpected {
        lines,
        failed_password_lines: lines,
        failed_passwords: lines,
        failed_password_addresses: lines,
        addresses: lines,
        loudest: Some((first.to_owned(), 1)),
        ..SshdExpected::default()
    };
    assert_eq!(expected, all);
}

//! Properties of fail2ban's formats and of lists: no text panics, what is printed is read back, nobody is framed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use rapsheet_parse::{Arena, Reading, each_address, fail2ban_status, parse_line};

fn any_ip() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<u32>().prop_map(|bits| IpAddr::V4(Ipv4Addr::from(bits))),
        // Never v4-mapped, which is the IPv4 address that it is.
        any::<u128>().prop_map(|bits| IpAddr::V6(Ipv6Addr::from(bits >> 4 | 2 << 124))),
    ]
}

/// Text as an attacker may choose it, built from the pieces that the formats look for.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(|c| c.to_string()),
        prop::sample::select(vec![
            "[",
            "]",
            "] ",
            " ",
            ":",
            "-",
            "/",
            ",",
            "'",
            "{",
            "}",
            "\t",
            "Ban ",
            "Unban ",
            "Found ",
            "Restore Ban ",
            "Increase Ban ",
            " (2 # 1h -> x)",
            " already banned",
            ", bad - ",
            "203.0.113.9",
            "2001:db8::9",
            "/24",
            "fail2ban.actions",
            "[1]: ",
            "NOTICE ",
            "2026-01-31 06:33:23,594 ",
            "a.log:",
            "Oct  2 12:36:01 ",
            "Status for the jail: ",
            "Banned IP list:",
            " = ",
            " + ",
            "é",
            "\u{feff}",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_panics_and_every_line_is_accounted_for(text in prop::collection::vec(hostile(), 0..6)) {
        let text = text.join("\n");
        let arena = Arena::new();
        for line in text.lines() {
            let _ = parse_line(line, &arena);
        }
        each_address(&text, |_| ());
        let _ = fail2ban_status::looks_like(text.as_bytes());
        let reading = fail2ban_status::parse(&text, &arena);
        prop_assert_eq!(reading.lines, text.lines().count() as u64);
        prop_assert_eq!(
            reading.lines,
            reading.event_lines + reading.understood + reading.unknown.len() as u64
        );
    }

    #[test]
    fn a_ban_is_read_back(ip in any_ip(), jail in "[a-z0-9_.\\[\\]-]([a-z0-9 _.\\[\\]-]{0,20}[a-z0-9_.\\[\\]-])?") {
        let line = format!("2026-01-31 06:33:23,594 fail2ban.actions        [7]: NOTICE  [{jail}] Ban {ip}");
        let arena = Arena::new();
        let Reading::Event(event) = parse_line(&line, &arena).reading else {
            return Err(TestCaseError::fail(line));
        };
        prop_assert_eq!(event.source_ip, Some(ip));
        prop_assert_eq!(event.fail2ban_jail, Some(jail.as_str()));
    }

    #[test]
    fn what_is_banned_instead_of_an_address_frames_nobody(name in hostile(), verb in prop::sample::select(vec!["Ban", "Unban", "Found", "Ignore", "Reban"])) {
        // An identifier that holds anything but an address, chosen by whoever is banned.
        prop_assume!(!name.contains(['\n', '\r']));
        let line = format!("2026-01-31 06:33:23,594 fail2ban.actions        [7]: NOTICE  [users] {verb} x{name}");
        let arena = Arena::new();
        if let Reading::Event(event) = parse_line(&line, &arena).reading {
            prop_assert_eq!(event.source_ip, None, "{}", line);
        }
    }

    #[test]
    fn addresses_are_found_between_anything(ips in prop::collection::vec(any_ip(), 0..8), gap in "[ ,;=()<>\"'|]{1,3}") {
        let ips: Vec<IpAddr> = ips.into_iter().filter(|ip| ip.to_string().bytes().any(|b| b.is_ascii_digit())).collect();
        let text: Vec<String> = ips.iter().map(ToString::to_string).collect();
        let mut found = Vec::new();
        each_address(&text.join(&gap), |ip| found.push(ip));
        prop_assert_eq!(found, ips);
    }
}

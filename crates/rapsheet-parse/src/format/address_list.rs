//! Lists of addresses: one a line, or anywhere in a text.
//!
//! The shapes: bare lists, `uniq -c`, netsets (<https://github.com/firehol/blocklist-ipsets>), score lists.
//!
//! `     12 192.0.2.1`
//!
//! A list says nothing of an address but that it stands there: its events aren't suspicious and tell of no attempt.
//!
//! # Not supported
//!
//! Networks and ranges: they are understood and give no event. CSV whose first column isn't the address.

use std::net::IpAddr;

use rapsheet_schema::{Action, Dataset, Event, Outcome, Reason, parse_address};

use crate::line::{Reading, Understood};

/// The longest word that can hold an address, with a port and a key before it.
const LONGEST_WORD: usize = 160;

/// Makes the event of an address that a list names.
#[must_use]
pub fn listed(ip: IpAddr) -> Event<'static> {
    let mut event = Event::new(Dataset::AddressList, Action::Listed, Outcome::Unknown);
    event.reason = Some(Reason::Listed);
    event.source_ip = Some(ip);
    event
}

/// Reads one line of a list; `None` where it is not one.
pub(crate) fn parse_list_line(line: &str) -> Option<Reading<'static>> {
    let line = line.trim_start_matches('\u{feff}').trim();
    if line.is_empty() || line.starts_with(['#', ';']) || line.starts_with("//") {
        return Some(Reading::Understood(Understood::Filler));
    }
    let text = line.split(['#', ';']).next().unwrap_or(line).trim();
    let mut words = text
        .split([' ', '\t', ','])
        .map(|word| word.trim_matches(['"', '\'']))
        .filter(|word| !word.is_empty());
    let mut first = words.next()?;
    // `uniq -c` puts the count before it.
    if first.bytes().all(|b| b.is_ascii_digit()) && first.len() <= 18 {
        first = words.next()?;
    }
    let reading = match place_of(first)? {
        Place::Address(ip) => Reading::Event(listed(ip)),
        Place::Network => Reading::Understood(Understood::NoAddress),
    };
    let mut rest = words.take(17).peekable();
    // Two addresses are the ends of a range.
    let range = match rest.peek() {
        Some(&"-") => {
            rest.next();
            place_of(rest.next()?)?;
            true
        }
        Some(next) if place_of(next).is_some() => {
            rest.next();
            true
        }
        _ => false,
    };
    let mut columns = 0;
    for word in rest {
        columns += 1;
        // More addresses than a range has: one line tells of no more than one.
        if columns > 12 || !is_column(word) || parse_address(word).is_some() {
            return None;
        }
    }
    Some(if range {
        Reading::Understood(Understood::NoAddress)
    } else {
        reading
    })
}

/// What stands where a list's address belongs.
enum Place {
    Address(IpAddr),
    Network,
}

/// Reads an address, an address with a port, a network, or a range that is written without blanks.
fn place_of(word: &str) -> Option<Place> {
    if word.len() > LONGEST_WORD {
        return None;
    }
    if let Some((address, prefix)) = word.split_once('/') {
        let ip = parse_address(address)?;
        let whole = if ip.is_ipv4() { 32 } else { 128 };
        return match prefix.parse::<u8>() {
            Ok(prefix) if prefix == whole => Some(Place::Address(ip)),
            Ok(prefix) if prefix < whole => Some(Place::Network),
            Ok(_) => None,
            Err(_) => parse_address(prefix).map(|_| Place::Network),
        };
    }
    if let Some((first, last)) = word.split_once('-') {
        return (parse_address(first).is_some() && parse_address(last).is_some())
            .then_some(Place::Network);
    }
    if let Some(ip) = parse_address(word) {
        return Some(Place::Address(ip));
    }
    let (address, port) = word.rsplit_once(':')?;
    (port.parse::<u16>().is_ok() && (!address.contains(':') || address.starts_with('[')))
        .then(|| parse_address(address))
        .flatten()
        .map(Place::Address)
}

/// Tells whether a word can be a list's further column: a number, a date, a time, a country's code, an AS.
fn is_column(word: &str) -> bool {
    let bytes = word.as_bytes();
    let numeric = bytes
        .iter()
        .all(|b| b.is_ascii_digit() || b".-:+%/TZ".contains(b))
        && bytes.iter().any(u8::is_ascii_digit);
    let code = bytes.len() <= 3 && bytes.iter().all(u8::is_ascii_uppercase);
    let autonomous_system = word
        .strip_prefix("AS")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
    bytes.len() <= 40 && (numeric || code || autonomous_system)
}

/// Calls `each` with every address that stands anywhere in a text, in its order, repeats included.
///
/// A word that is longer than an address is none: versions with five parts, times, MAC addresses, host names that hold
/// one (`192.0.2.1.example.org`), products (`Thing/1.2.3.4`, `thing-1.2.3.4`). Neither is a network; the two ends of a
/// range are.
pub fn each_address(text: &str, mut each: impl FnMut(IpAddr)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_word_byte(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && is_word_byte(bytes[at]) {
            at += 1;
        }
        if at - start >= 2 && at - start <= LONGEST_WORD {
            addresses_of_word(text, start, at, &mut each);
        }
    }
}

/// Bytes of a word; everything else parts words.
fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'%' | b'-' | b'_') || byte >= 0x80
}

/// Finds the addresses of one word of a text.
fn addresses_of_word(text: &str, start: usize, end: usize, each: &mut impl FnMut(IpAddr)) {
    let bytes = text.as_bytes();
    let word = &text[start..end];
    if !word.contains(['.', ':']) || !word.bytes().any(|b| b.is_ascii_digit()) {
        return;
    }
    let before = start.checked_sub(1).map(|index| bytes[index]);
    let two_before = start.checked_sub(2).map(|index| bytes[index]);
    if before == Some(b'/') && two_before.is_some_and(|b| b.is_ascii_alphanumeric()) {
        // `Thing/1.2.3.4`, `/srv/1.2.3.4/x`.
        return;
    }
    let in_url = before == Some(b'/') && two_before == Some(b'/');
    if !in_url && bytes.get(end) == Some(&b'/') {
        let prefix = bytes[end + 1..]
            .iter()
            .take(4)
            .take_while(|b| b.is_ascii_digit())
            .count();
        let whole: &[u8] = if word.contains(':') { b"128" } else { b"32" };
        if prefix > 0 && &bytes[end + 1..end + 1 + prefix] != whole {
            return;
        }
    }
    if let Some(ip) = address_of_word(word) {
        each(ip);
    } else if let Some((first, last)) = word.split_once('-')
        && let (Some(first), Some(last)) = (address_of_word(first), address_of_word(last))
    {
        each(first);
        each(last);
    }
}

/// Reads a word that is an address, with a port behind or a key before it.
fn address_of_word(word: &str) -> Option<IpAddr> {
    if let Some(ip) = plain(word) {
        return Some(ip);
    }
    let word = word.trim_end_matches(['.', ':', '-', '%']);
    if let Some(ip) = plain(word) {
        return Some(ip);
    }
    let word = word.trim_start_matches(['.', '-']);
    // `client:192.0.2.1`, `rhost:2001:db8::1`: a key isn't hexadecimal.
    let word = match word.split_once(':') {
        Some((key, rest))
            if key.bytes().any(|b| !b.is_ascii_hexdigit()) && plain(key).is_none() =>
        {
            rest
        }
        _ => word,
    };
    plain(word).or_else(|| {
        let (address, port) = word.split_once(':')?;
        port.parse::<u16>().ok()?;
        plain(address)
    })
}

/// Reads an address that is the whole word, and isn't a MAC or a path of names (`a::b`).
fn plain(word: &str) -> Option<IpAddr> {
    let ip = parse_address(word)?;
    if word.contains(':') {
        let groups = word.split(':');
        let eui = groups.clone().count() == 8 && groups.clone().all(|group| group.len() == 2);
        if eui || !word.bytes().any(|b| b.is_ascii_digit()) {
            return None;
        }
    }
    Some(ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        each_address(text, |ip| found.push(ip.to_string()));
        found
    }

    #[test]
    fn addresses_anywhere() {
        for (text, expected) in [
            (
                "from 192.0.2.1 port 22, then 198.51.100.2.",
                &["192.0.2.1", "198.51.100.2"][..],
            ),
            (
                "192.0.2.1:443 [2001:db8::1]:443 2001:db8::2",
                &["192.0.2.1", "2001:db8::1", "2001:db8::2"],
            ),
            (
                "rhost=192.0.2.1 client:192.0.2.2,IP:192.0.2.3:22",
                &["192.0.2.1", "192.0.2.2", "192.0.2.3"],
            ),
            ("ip:2001:db8::1 2001:db8::", &["2001:db8::1", "2001:db8::"]),
            (
                "https://192.0.2.1/24 /192.0.2.2:80",
                &["192.0.2.1", "192.0.2.2"],
            ),
            (
                "192.0.2.0/24 192.0.2.1/32 2001:db8::/32 2001:db8::1/128",
                &["192.0.2.1", "2001:db8::1"],
            ),
            ("192.0.2.1-192.0.2.9", &["192.0.2.1", "192.0.2.9"]),
            (
                "(192.0.2.1) <192.0.2.2> \"192.0.2.3\" user@192.0.2.4",
                &["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"],
            ),
            ("::ffff:192.0.2.1 fe80::1%eth0", &["192.0.2.1", "fe80::1"]),
            (
                "1.2.3.4.5 12:36:01 00:1a:2b:3c:4d:5e 00:1a:2b:ff:fe:3c:4d:5e a::b std::io",
                &[],
            ),
            (
                "Thing/1.2.3.4 thing-1.2.3.4 1.2.3.4-rc1 v1.2.3.4 1.2.3.4.example.org",
                &[],
            ),
            (
                "1.2.3 256.1.1.1 2018-12-16 06:33:23,594 2025-01-01T00:00:00Z",
                &[],
            ),
            ("é192.0.2.1 é 192.0.2.2é 192.0.2.3", &["192.0.2.3"]),
            ("", &[]),
        ] {
            assert_eq!(all(text), expected, "{text}");
        }
    }

    #[test]
    fn lines_of_lists() {
        let ip_of = |line: &str| match parse_list_line(line) {
            Some(Reading::Event(event)) => event.source_ip.map(|ip| ip.to_string()),
            _ => None,
        };
        for line in [
            "192.0.2.1",
            "  192.0.2.1  ",
            "192.0.2.1 # a scanner of 198.51.100.1",
            "192.0.2.1;SBL1",
            "    12 192.0.2.1",
            "192.0.2.1\t12\t0.8",
            "192.0.2.1,12,US,2025-01-01T00:00:00Z",
            "\"192.0.2.1\",",
            "192.0.2.1/32",
            "192.0.2.1:22",
            "\u{feff}192.0.2.1",
        ] {
            assert_eq!(ip_of(line).as_deref(), Some("192.0.2.1"), "{line}");
        }
        for line in [
            "192.0.2.0/24 ; SBL",
            "192.0.2.1-192.0.2.9",
            "192.0.2.0 - 192.0.2.255",
            "192.0.2.0\t192.0.2.255\t24\t100",
        ] {
            assert_eq!(
                parse_list_line(line),
                Some(Reading::Understood(Understood::NoAddress)),
                "{line}"
            );
        }
        for line in ["", "# 192.0.2.1", "; x"] {
            assert_eq!(
                parse_list_line(line),
                Some(Reading::Understood(Understood::Filler)),
                "{line}"
            );
        }
        for line in [
            "192.0.2.1 - - [10/Oct/2025:13:55:36 +0000] \"GET / HTTP/1.1\" 200 1",
            "192.0.2.1 said hello",
            "hello 192.0.2.1",
            "12",
            "12 13",
            "1.2.3.4.5",
        ] {
            assert_eq!(parse_list_line(line), None, "{line}");
        }
    }
}

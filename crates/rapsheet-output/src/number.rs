//! Numbers, shares and spans of time as people read them.

/// Writes a count with thousands separators: `12,345`.
#[must_use]
pub fn count(value: u64) -> String {
    group(&value.to_string())
}

/// Writes a count and what is counted: `1 attempt`, `2,345 attempts`.
#[must_use]
pub fn several(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// Puts separators into the digits of a number: `-12345.678` becomes `-12,345.678`. Other text comes back as it is.
#[must_use]
pub fn group(number: &str) -> String {
    let digits_from = usize::from(number.starts_with('-'));
    let digits = number[digits_from..].bytes().take_while(u8::is_ascii_digit);
    let digits = digits.count();
    let mut out = String::with_capacity(number.len() + digits / 3);
    for (index, character) in number.char_indices() {
        let place = index.wrapping_sub(digits_from);
        if place > 0 && place < digits && (digits - place) % 3 == 0 {
            out.push(',');
        }
        out.push(character);
    }
    out
}

/// Writes a count in at most three digits and a unit: `950`, `1.2 k`, `34 M`.
#[must_use]
pub fn compact(value: u64) -> String {
    const UNITS: [&str; 6] = ["k", "M", "G", "T", "P", "E"];
    if value < 1000 {
        return value.to_string();
    }
    let mut tenths = value / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1000;
        unit += 1;
    }
    match tenths {
        0..100 => format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit]),
        _ => format!("{} {}", tenths / 10, UNITS[unit]),
    }
}

/// Writes a span of time in its two largest units: `3 d 4 h`, `5 min`, `0 s`.
#[must_use]
pub fn duration(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let Some(largest) = UNITS.iter().position(|(unit, _)| seconds >= *unit) else {
        return "0 s".to_owned();
    };
    let (unit, name) = UNITS[largest];
    let head = format!("{} {name}", count(seconds / unit));
    match UNITS.get(largest + 1) {
        Some((smaller, name)) if seconds % unit / smaller > 0 => {
            format!("{head} {} {name}", seconds % unit / smaller)
        }
        _ => head,
    }
}

/// Writes a part of a whole in percent: `12.3 %`. Only nothing is `0 %` and only all is `100 %`.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 || part == 0 {
        return "0 %".to_owned();
    }
    if part >= whole {
        return match part == whole {
            true => "100 %".to_owned(),
            false => ">100 %".to_owned(),
        };
    }
    let tenths = (u128::from(part) * 1000 + u128::from(whole) / 2) / u128::from(whole);
    match tenths {
        0 => "<0.1 %".to_owned(),
        1000.. => ">99.9 %".to_owned(),
        _ => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(12_345), "12,345");
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(group("-123456.7890"), "-123,456.7890");
        assert_eq!(group("inf"), "inf");
        assert_eq!(compact(999), "999");
        assert_eq!(compact(1_250), "1.2 k");
        assert_eq!(compact(999_999), "999 k");
        assert_eq!(compact(1_200_000), "1.2 M");
        assert_eq!(compact(u64::MAX), "18 E");
    }

    #[test]
    fn spans() {
        assert_eq!(duration(0), "0 s");
        assert_eq!(duration(59), "59 s");
        assert_eq!(duration(3_600), "1 h");
        assert_eq!(duration(3 * 86_400 + 4 * 3_600 + 5), "3 d 4 h");
        assert_eq!(duration(86_400 + 59), "1 d");
    }

    #[test]
    fn shares() {
        assert_eq!(share(0, 0), "0 %");
        assert_eq!(share(1, 3), "33.3 %");
        assert_eq!(share(1, 100_000), "<0.1 %");
        assert_eq!(share(99_999, 100_000), ">99.9 %");
        assert_eq!(share(7, 7), "100 %");
        assert_eq!(share(u64::MAX - 1, u64::MAX), ">99.9 %");
    }
}

//! Small tools for reading text: cursors over words, numbers, dates. Shared by the formats.

use rapsheet_schema::civil_micros;

/// Returns the month (1 to 12) of a three-letter English name, whatever its case.
pub(crate) fn month_of(name: &[u8]) -> Option<u8> {
    const NAMES: [&[u8; 3]; 12] = [
        b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov",
        b"dec",
    ];
    let name: [u8; 3] = name.try_into().ok()?;
    let lower = name.map(|b| b.to_ascii_lowercase());
    NAMES
        .iter()
        .position(|known| **known == lower)
        .and_then(|index| u8::try_from(index + 1).ok())
}

/// Reads a number that consists of nothing but digits.
pub(crate) fn digits<T: TryFrom<u64>>(text: &[u8]) -> Option<T> {
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    let mut value = 0_u64;
    for &byte in text {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + u64::from(byte - b'0');
    }
    T::try_from(value).ok()
}

/// Reads `HH:MM:SS` at the start: the microseconds since midnight.
pub(crate) fn clock(text: &[u8]) -> Option<i64> {
    if text.len() < 8 || text[2] != b':' || text[5] != b':' {
        return None;
    }
    let (hour, minute, second) = (
        digits(&text[..2])?,
        digits(&text[3..5])?,
        digits(&text[6..8])?,
    );
    civil_micros(1970, 1, 1, hour, minute, second, 0)
}

/// Reads a decimal fraction's digits as microseconds: `5` is 500,000; digits after the sixth are dropped.
pub(crate) fn fraction_micros(text: &[u8]) -> Option<u32> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut value = 0_u32;
    for index in 0..6 {
        value = value * 10 + text.get(index).map_or(0, |byte| u32::from(byte - b'0'));
    }
    Some(value)
}

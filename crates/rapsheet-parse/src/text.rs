//! Small tools for reading text: cursors over words, numbers, dates. Shared by the formats.

use rapsheet_schema::MICROS_PER_SECOND;

/// Returns the month (1 to 12) of a three-letter English name, whatever its case.
pub(crate) fn month_of(name: &[u8]) -> Option<u8> {
    let name: [u8; 3] = name.try_into().ok()?;
    Some(match &name.map(|byte| byte.to_ascii_lowercase()) {
        b"jan" => 1,
        b"feb" => 2,
        b"mar" => 3,
        b"apr" => 4,
        b"may" => 5,
        b"jun" => 6,
        b"jul" => 7,
        b"aug" => 8,
        b"sep" => 9,
        b"oct" => 10,
        b"nov" => 11,
        b"dec" => 12,
        _ => return None,
    })
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
    let hour = two_digits(text[0], text[1])?;
    let minute = two_digits(text[3], text[4])?;
    let second = two_digits(text[6], text[7])?;
    // A leap second (60) is taken as the second after 59.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = u32::from(hour) * 3_600 + u32::from(minute) * 60 + u32::from(second);
    Some(i64::from(seconds) * MICROS_PER_SECOND)
}

/// Reads a number of two digits.
pub(crate) const fn two_digits(tens: u8, units: u8) -> Option<u8> {
    let (tens, units) = (tens.wrapping_sub(b'0'), units.wrapping_sub(b'0'));
    if tens > 9 || units > 9 {
        return None;
    }
    Some(tens * 10 + units)
}

/// Splits at the first blank. Words are short: a plain loop is done before a search engine has begun.
pub(crate) fn split_blank(text: &str) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == b' ')?;
    Some((&text[..at], &text[at + 1..]))
}

/// Finds the first place of a word that begins with a rare ASCII byte or a blank. Setting up a general searcher costs
/// more than most messages are long.
pub(crate) fn find_word(text: &str, word: &str) -> Option<usize> {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    memchr::memchr_iter(*word.first()?, text).find(|at| text[*at..].starts_with(word))
}

/// Splits at the first place of a word, as `str::split_once` does; see [`find_word`].
pub(crate) fn split_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let at = find_word(text, word)?;
    Some((&text[..at], &text[at + word.len()..]))
}

/// Splits at the last place of a word, as `str::rsplit_once` does; see [`find_word`].
pub(crate) fn rsplit_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let (bytes, first) = (text.as_bytes(), *word.as_bytes().first()?);
    let at =
        memchr::memrchr_iter(first, bytes).find(|at| bytes[*at..].starts_with(word.as_bytes()))?;
    Some((&text[..at], &text[at + word.len()..]))
}

/// Trims, which nearly every text doesn't need.
pub(crate) fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [0x21..=0x7e] | [0x21..=0x7e, .., 0x21..=0x7e] => text,
        _ => text.trim(),
    }
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

/// Makes text of bytes. What is no UTF-8 gets sshd's own escapes (`\361`; `strnvis` with `VIS_OCTAL`), so that a name is the
/// same, whether sshd wrote it or a PAM module.
pub(crate) fn escaped(bytes: Vec<u8>) -> String {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return text,
        Err(error) => error.into_bytes(),
    };
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        if byte.is_ascii() {
            text.push(char::from(byte));
        } else {
            text.push('\\');
            for shift in [6, 3, 0] {
                text.push(char::from(b'0' + (byte >> shift & 7)));
            }
        }
    }
    text
}

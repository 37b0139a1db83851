//! Fields of the journal's export format that are too long to be kept, such as a memory dump.
//!
//! A field that may hold anything bears its length, so it is left out by that: whoever reads on behind a line break inside of
//! it takes its content for records.

use crate::stream::LONGEST_LINE;

/// The journal keeps no longer field (systemd, `src/shared/journal-importer.h`, `DATA_SIZE_MAX`): what claims to be longer is
/// no length.
const LONGEST_FIELD: u64 = 768 * 1024 * 1024;
/// The journal has no longer names.
const LONGEST_NAME: usize = 64;

/// Where a long field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LongField {
    pub(crate) begin: usize,
    /// Behind its line break; absent where that is still to be looked for.
    pub(crate) end: Option<usize>,
}

/// Finds the first long field of the first record.
pub(crate) fn first_long(bytes: &[u8]) -> Option<LongField> {
    let (mut begin, mut is_begun) = (0, false);
    loop {
        let rest = &bytes[begin..];
        let Some(length) = memchr::memchr(b'\n', rest) else {
            let is_long = rest.len() > LONGEST_LINE;
            return is_long.then_some(LongField { begin, end: None });
        };
        let line = &rest[..length];
        let mut end = begin + length + 1;
        if line.is_empty() || line == b"\r" {
            if is_begun {
                return None;
            }
        } else if is_name(line) {
            let number = *bytes.get(end..)?.first_chunk::<8>()?;
            let number = u64::from_le_bytes(number);
            if number <= LONGEST_FIELD {
                end += 9 + usize::try_from(number).unwrap_or(usize::MAX);
                if number > LONGEST_LINE as u64 {
                    let end = Some(end);
                    return Some(LongField { begin, end });
                }
                if end > bytes.len() {
                    return None;
                }
            }
            is_begun = true;
        } else if length > LONGEST_LINE {
            let end = Some(end);
            return Some(LongField { begin, end });
        } else {
            is_begun = true;
        }
        begin = end;
    }
}

/// Whether a line is the name of a field whose length and value follow.
fn is_name(line: &[u8]) -> bool {
    line.len() <= LONGEST_NAME
        && line
            .iter()
            .all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
}

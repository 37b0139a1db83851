//! Rotated files of one log: which series a file's name puts it into, and where in that.

use std::path::Path;

use rapsheet_schema::{MICROS_PER_SECOND, civil_micros};

const DAY_MICROS: i64 = 86_400 * MICROS_PER_SECOND;

/// Finds the rotated series of a file: its base name, its place in it (oldest first), and the end of the day in its name.
///
/// `auth.log`, `auth.log.1`, `auth.log.2.gz`, `secure-20181216`, `access.log-2018-12-16.gz`, `access.2018-12-16.log`.
pub(crate) fn series_of(path: &Path) -> (String, i64, Option<i64>) {
    let folder = path
        .parent()
        .map(|folder| folder.display().to_string())
        .unwrap_or_default();
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let mut base = name.as_str();
    for packing in [".gz", ".zst", ".xz", ".bz2", ".zstd"] {
        base = base.strip_suffix(packing).unwrap_or(base);
    }
    if let Some((stem, number)) = base.rsplit_once('.')
        && number.len() <= 4
        && let Ok(number) = number.parse::<i64>()
    {
        return (format!("{folder}/{stem}"), -number, None);
    }
    let bytes = base.as_bytes();
    for start in 0..bytes.len() {
        if let Some((length, micros)) = day_at(&bytes[start..])
            && start > 0
            && matches!(bytes[start - 1], b'-' | b'.' | b'_')
        {
            let stem = format!("{}{}", &base[..start - 1], &base[start + length..]);
            return (
                format!("{folder}/{stem}"),
                micros / MICROS_PER_SECOND - (1 << 40),
                Some(micros + 2 * DAY_MICROS),
            );
        }
    }
    (format!("{folder}/{base}"), 0, None)
}

/// Reads `20181216` or `2018-12-16` at the start: its length and its midnight.
fn day_at(bytes: &[u8]) -> Option<(usize, i64)> {
    let digits = |from: usize, to: usize| -> Option<i64> {
        let part = bytes.get(from..to)?;
        part.iter().all(u8::is_ascii_digit).then(|| {
            part.iter()
                .fold(0, |value, byte| value * 10 + i64::from(byte - b'0'))
        })
    };
    let (year, month, day, length) = if bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-') {
        (digits(0, 4)?, digits(5, 7)?, digits(8, 10)?, 10)
    } else {
        (digits(0, 4)?, digits(4, 6)?, digits(6, 8)?, 8)
    };
    let micros = civil_micros(
        year,
        u8::try_from(month).ok()?,
        u8::try_from(day).ok()?,
        0,
        0,
        0,
        0,
    )?;
    Some((length, micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_names_fall_into_their_series() {
        let series = |name: &str| {
            let (series, age, _) = series_of(Path::new(name));
            (series, age)
        };
        assert_eq!(series("/l/auth.log"), ("/l/auth.log".to_owned(), 0));
        assert_eq!(series("/l/auth.log.1"), ("/l/auth.log".to_owned(), -1));
        assert_eq!(series("/l/auth.log.12.gz"), ("/l/auth.log".to_owned(), -12));
        let (name, old) = series("/l/secure-20181216");
        let (_, new) = series("/l/secure-20181223.gz");
        assert_eq!(name, "/l/secure");
        assert!(old < new && new < 0, "{old} {new}");
        assert_eq!(series("/l/access.2018-12-16.log").0, "/l/access.log");
    }
}

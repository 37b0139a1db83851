//! How much memory a run may take for rows: `--memory`.

use anyhow::{Result, bail};

/// Bytes, where nobody says otherwise.
const USUAL: usize = 2 << 30;
/// Below this, a query can't even sort the addresses of an ordinary day.
const LEAST: usize = 64 << 20;

/// What rows may take, in bytes; the rest goes to temporary files. Texts (addresses, names, paths), each once, come on top.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// What each table may take while logs are read.
    pub(crate) of_a_table: usize,
    /// What sorts and groups of queries may take together.
    pub(crate) of_queries: usize,
}

impl Memory {
    /// Reads a size such as `512M`; the usual one where there is none.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self> {
        let Some(text) = text else {
            return Ok(Self::shared_out(USUAL));
        };
        let digits = text.trim().trim_end_matches(|c: char| !c.is_ascii_digit());
        let shift = match text.trim()[digits.len()..].to_ascii_uppercase().as_str() {
            "K" | "KB" | "KIB" => 10,
            "M" | "MB" | "MIB" => 20,
            "G" | "GB" | "GIB" => 30,
            _ => bail!("`{text}` is no size of memory\nhint: write `512M` or `2G`"),
        };
        let bytes = digits.parse::<usize>().ok();
        let bytes = bytes.and_then(|number| number.checked_mul(1 << shift));
        match bytes {
            Some(bytes) if bytes >= LEAST => Ok(Self::shared_out(bytes)),
            Some(_) => bail!("`{text}` is too little memory\nhint: 64M is the least"),
            None => bail!("`{text}` is no size of memory\nhint: write `512M` or `2G`"),
        }
    }

    const fn shared_out(bytes: usize) -> Self {
        Self {
            of_a_table: bytes / 8,
            of_queries: bytes / 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_what_is_none_is_refused() {
        let bytes = |text: &str| Memory::parse(Some(text)).map(|memory| memory.of_queries * 2);
        assert_eq!(bytes("64M").unwrap(), 64 << 20);
        assert_eq!(bytes("512mb").unwrap(), 512 << 20);
        assert_eq!(bytes("3GiB").unwrap(), 3 << 30);
        for wrong in [
            "",
            "G",
            "12",
            "-1G",
            "1.5G",
            "9999999999999999999G",
            "1M",
            "0G",
            "2T",
            "3 GiB",
        ] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Memory::parse(None).unwrap().of_queries, 1 << 30);
    }
}

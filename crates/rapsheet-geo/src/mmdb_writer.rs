//! Writes small MaxMind DB files (format 2.0): for the demo, and for tests.
//!
//! See <https://maxmind.github.io/MaxMind-DB/>. Values are JSON: whole numbers become `uint32` (`uint64` or `int32` where they
//! don't fit, `uint16` where MaxMind's own files have that), other numbers become `double`. Keys and equal records are written once.
//!
//! # Not supported
//!
//! Bytes and `uint128`; the aliases of IPv4 (`::ffff:0:0/96`, `2002::/16`); more than 2²⁸ nodes.

use std::collections::HashMap;
use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Value, json};
use thiserror::Error;

/// What stands in the head of a file.
#[derive(Clone, Debug)]
pub struct MmdbHead<'a> {
    /// What the file is, such as `rapsheet-demo-City`. Types that begin with `GeoIP` are reserved for MaxMind.
    pub database_type: &'a str,
    /// One sentence in English; empty for none.
    pub description: &'a str,
    /// When it was built, as seconds since 1970.
    pub build_epoch: u64,
    /// 4, or 6 (in which IPv4 lies under `::/96`).
    pub ip_version: u8,
}

/// Why a file can't be written.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum MmdbWriteError {
    /// An IPv6 network in a file for IPv4.
    #[error("{0} is IPv6, the file is for IPv4")]
    Family(IpNet),
    /// A number that the format has no type for.
    #[error("number out of range: {0}")]
    Number(String),
    /// More than the format can hold.
    #[error("too large for one file")]
    TooLarge,
}

const UINT16: u8 = 5;
const UINT32: u8 = 6;
const MAP: u8 = 7;
const UINT64: u8 = 9;

/// Keys whose numbers MaxMind's files hold as `uint16`.
const SHORT: [&str; 3] = ["accuracy_radius", "confidence", "metro_code"];

/// Where a branch of the tree leads.
#[derive(Clone, Copy)]
enum Branch {
    Nothing,
    Node(usize),
    Data(usize),
}

/// Makes the bytes of a file. A later network wins over an earlier one that it overlaps.
///
/// # Errors
///
/// A network or a value that the file can't hold.
pub fn write_mmdb(
    head: &MmdbHead<'_>,
    networks: &[(IpNet, Value)],
) -> Result<Vec<u8>, MmdbWriteError> {
    let mut nodes = vec![[Branch::Nothing; 2]];
    let mut data = Section::default();
    let mut offsets: HashMap<String, usize> = HashMap::new();
    for (network, record) in networks {
        let text = record.to_string();
        let offset = match offsets.get(&text) {
            Some(offset) => *offset,
            None => {
                let offset = data.bytes.len();
                data.write(record)?;
                offsets.insert(text, offset);
                offset
            }
        };
        let (bits, depth) = bits_of(*network, head.ip_version)?;
        insert(&mut nodes, bits, depth, offset);
    }
    let record_size = 28_u16;
    let mut out = Vec::new();
    for [left, right] in &nodes {
        let number = |branch: Branch| -> Result<u32, MmdbWriteError> {
            let value = match branch {
                Branch::Nothing => nodes.len(),
                Branch::Node(node) => node,
                Branch::Data(offset) => nodes.len() + 16 + offset,
            };
            u32::try_from(value)
                .ok()
                .filter(|value| *value < 1 << 28)
                .ok_or(MmdbWriteError::TooLarge)
        };
        let (left, right) = (number(*left)?.to_be_bytes(), number(*right)?.to_be_bytes());
        out.extend_from_slice(&left[1..]);
        out.push(left[0] << 4 | right[0]);
        out.extend_from_slice(&right[1..]);
    }
    out.extend_from_slice(&[0; 16]);
    out.extend_from_slice(&data.bytes);
    out.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    let metadata = metadata(head, nodes.len(), record_size)?;
    out.extend_from_slice(&metadata.bytes);
    Ok(out)
}

/// Makes the metadata. Other readers want exactly the types of the specification.
fn metadata(
    head: &MmdbHead<'_>,
    node_count: usize,
    record_size: u16,
) -> Result<Section, MmdbWriteError> {
    let mut out = Section::default();
    let description = if head.description.is_empty() {
        json!({})
    } else {
        json!({ "en": head.description })
    };
    out.control(MAP, 9);
    for (key, kind, value) in [
        ("binary_format_major_version", UINT16, 2),
        ("binary_format_minor_version", UINT16, 0),
        ("build_epoch", UINT64, head.build_epoch),
        ("ip_version", UINT16, u64::from(head.ip_version)),
        ("node_count", UINT32, node_count as u64),
        ("record_size", UINT16, u64::from(record_size)),
    ] {
        out.text(key);
        out.unsigned(kind, value);
    }
    out.text("database_type");
    out.text(head.database_type);
    out.text("description");
    out.write(&description)?;
    out.text("languages");
    out.write(&json!(["en"]))?;
    Ok(out)
}

/// Returns a network's bits from the top of 128, and how many of them count.
fn bits_of(network: IpNet, ip_version: u8) -> Result<(u128, u8), MmdbWriteError> {
    let depth = network.prefix_len();
    match (network.network(), ip_version) {
        (IpAddr::V4(v4), 4) => Ok((u128::from(u32::from(v4)) << 96, depth)),
        (IpAddr::V4(v4), _) => Ok((u128::from(u32::from(v4)), depth + 96)),
        (IpAddr::V6(_), 4) => Err(MmdbWriteError::Family(network)),
        (IpAddr::V6(v6), _) => Ok((u128::from(v6), depth)),
    }
}

fn insert(nodes: &mut Vec<[Branch; 2]>, bits: u128, depth: u8, offset: usize) {
    if depth == 0 {
        nodes[0] = [Branch::Data(offset); 2];
        return;
    }
    let mut node = 0;
    for level in 0..depth {
        let side = usize::from(bits >> (127 - level) & 1 == 1);
        if level + 1 == depth {
            nodes[node][side] = Branch::Data(offset);
            return;
        }
        node = match nodes[node][side] {
            Branch::Node(next) => next,
            // A wider network lies here: its record goes down into both halves.
            other => {
                nodes.push([other; 2]);
                let next = nodes.len() - 1;
                nodes[node][side] = Branch::Node(next);
                next
            }
        };
    }
}

/// The data section, with the places of the keys that stand in it.
#[derive(Default)]
struct Section {
    bytes: Vec<u8>,
    keys: HashMap<String, usize>,
}

impl Section {
    fn write(&mut self, value: &Value) -> Result<(), MmdbWriteError> {
        match value {
            // The format has no null; an empty text says as much.
            Value::Null => self.control(2, 0),
            Value::Bool(flag) => self.control(14, usize::from(*flag)),
            Value::Number(number) => {
                if let Some(value) = number.as_u64() {
                    let kind = if u32::try_from(value).is_ok() {
                        UINT32
                    } else {
                        UINT64
                    };
                    self.unsigned(kind, value);
                } else if let Some(value) = number.as_i64() {
                    let value = i32::try_from(value)
                        .map_err(|_| MmdbWriteError::Number(number.to_string()))?;
                    self.control(8, 4);
                    self.bytes.extend_from_slice(&value.to_be_bytes());
                } else {
                    let value = number
                        .as_f64()
                        .ok_or_else(|| MmdbWriteError::Number(number.to_string()))?;
                    self.control(3, 8);
                    self.bytes.extend_from_slice(&value.to_be_bytes());
                }
            }
            Value::String(text) => self.text(text),
            Value::Array(list) => {
                self.control(11, list.len());
                for value in list {
                    self.write(value)?;
                }
            }
            Value::Object(map) => {
                self.control(MAP, map.len());
                for (key, value) in map {
                    self.key(key);
                    match value.as_u64() {
                        Some(short) if SHORT.contains(&key.as_str()) && short < 1 << 16 => {
                            self.unsigned(UINT16, short);
                        }
                        _ => self.write(value)?,
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes the type and the size of a value.
    fn control(&mut self, kind: u8, size: usize) {
        let (top, extended) = if kind < 8 {
            (kind << 5, None)
        } else {
            (0, Some(kind - 7))
        };
        let (low, more): (u8, &[u8]) = match size {
            0..29 => (size as u8, &[]),
            29..285 => (29, &((size - 29) as u8).to_be_bytes()),
            285..65_821 => (30, &((size - 285) as u16).to_be_bytes()),
            _ => (31, &((size - 65_821) as u32).to_be_bytes()[1..]),
        };
        self.bytes.push(top | low);
        self.bytes.extend(extended);
        self.bytes.extend_from_slice(more);
    }

    fn text(&mut self, text: &str) {
        self.control(2, text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Writes a key, or a pointer to where it stands already.
    fn key(&mut self, key: &str) {
        match self.keys.get(key) {
            Some(at) => {
                self.bytes.push(0b0011_1000);
                self.bytes.extend_from_slice(&(*at as u32).to_be_bytes());
            }
            None => {
                self.keys.insert(key.to_owned(), self.bytes.len());
                self.text(key);
            }
        }
    }

    fn unsigned(&mut self, kind: u8, value: u64) {
        let bytes = value.to_be_bytes();
        let skip = (value.leading_zeros() / 8) as usize;
        self.control(kind, bytes.len() - skip);
        self.bytes.extend_from_slice(&bytes[skip..]);
    }
}

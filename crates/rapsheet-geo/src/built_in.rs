//! The database that the binary carries: country and autonomous system of every routed IPv4 and IPv6 range.
//!
//! `data/built_in.bin` is one zstd frame. In it stand, all numbers as LEB128:
//!
//! ```text
//! "rapsheet-geo 1\n"
//! length, JSON header with `country_date` and `asn_date`
//! count, two-letter country codes                                 value n is the nth code, 0 is none
//! count, steps of the AS numbers, lengths of the names, the names  likewise
//! four times (IPv4 country, IPv4 system, IPv6 country, IPv6 system):
//!     count, steps of the starts, values                           IPv6 as the upper 64 bits
//! ```
//!
//! A start's value holds until the next start. It is unpacked at the first lookup.
//!
//! # Not supported
//!
//! Cities, coordinates, and IPv6 boundaries within a /64.

use std::io;
use std::net::IpAddr;
use std::ops::{BitXor, Range};
use std::sync::OnceLock;

use crate::field::{Field, Value};
use crate::normalise::{Reading, Record, normalise};

static PACKED: &[u8] = include_bytes!("../data/built_in.bin");
const MAGIC: &[u8] = b"rapsheet-geo 1\n";

/// What the licences of the data want to be shown.
pub(crate) const ATTRIBUTION: &str = "IP Geolocation by DB-IP (https://db-ip.com); autonomous systems from \
     RouteViews (https://www.routeviews.org), NRO (https://www.nro.net) and DB-IP, by ip-location-db; CC BY 4.0";

/// The unpacked tables.
#[derive(Debug)]
pub(crate) struct BuiltIn {
    codes: String,
    numbers: Vec<u32>,
    names: String,
    name_ends: Vec<u32>,
    v4: Family<u32>,
    v6: Family<u64>,
}

#[derive(Debug)]
struct Family<A> {
    country: Ranges<A>,
    system: Ranges<A>,
}

/// Starts in rising order, the value of each, and for each value of the upper 16 bits where to search.
#[derive(Debug)]
struct Ranges<A> {
    starts: Vec<A>,
    values: Vec<u32>,
    index: Vec<u32>,
}

/// An address, or the part of it that the tables know.
trait Address: Copy + Ord + BitXor<Output = Self> {
    const BITS: u32;
    fn from_wide(wide: u64) -> Option<Self>;
    fn top(self) -> usize;
    fn zeros(self) -> u32;
    fn before(self) -> Self;
}

impl Address for u32 {
    const BITS: u32 = 32;
    fn from_wide(wide: u64) -> Option<Self> {
        u32::try_from(wide).ok()
    }
    fn top(self) -> usize {
        (self >> 16) as usize
    }
    fn zeros(self) -> u32 {
        self.leading_zeros()
    }
    fn before(self) -> Self {
        self.wrapping_sub(1)
    }
}

impl Address for u64 {
    const BITS: u32 = 64;
    fn from_wide(wide: u64) -> Option<Self> {
        Some(wide)
    }
    fn top(self) -> usize {
        (self >> 48) as usize
    }
    fn zeros(self) -> u32 {
        self.leading_zeros()
    }
    fn before(self) -> Self {
        self.wrapping_sub(1)
    }
}

impl<A: Address> Ranges<A> {
    /// Finds the value at an address and the prefix length of the largest block around it that shares the value.
    fn find(&self, address: A) -> (u32, u8) {
        let top = address.top();
        let low = self.index[top] as usize;
        let high = self.index[top + 1] as usize;
        let at = low + self.starts[low..high].partition_point(|start| *start <= address);
        // The first start is 0, so at least one is not above the address.
        let at = at.saturating_sub(1);
        let mut prefix = 0;
        if at > 0 {
            let outside = self.starts[at].before();
            prefix = (address ^ outside).zeros() + 1;
        }
        if let Some(outside) = self.starts.get(at + 1) {
            prefix = prefix.max((address ^ *outside).zeros() + 1);
        }
        (self.values[at], prefix.min(A::BITS) as u8)
    }
}

impl BuiltIn {
    /// Returns the tables, unpacked at the first call.
    ///
    /// # Errors
    ///
    /// The data that the binary carries is damaged.
    pub(crate) fn get() -> Result<&'static Self, &'static str> {
        static TABLES: OnceLock<Result<BuiltIn, String>> = OnceLock::new();
        TABLES
            .get_or_init(|| unpack(PACKED).map_err(|error| error.to_string()))
            .as_ref()
            .map_err(String::as_str)
    }

    /// Finds what is known of an address, as a key for [`record`](Self::record), and the prefix length of the network.
    pub(crate) fn find(&self, ip: IpAddr) -> (Option<u64>, u8) {
        let ((country, first), (system, second)) = match ip {
            IpAddr::V4(v4) => {
                let address = u32::from(v4);
                (self.v4.country.find(address), self.v4.system.find(address))
            }
            IpAddr::V6(v6) => {
                let address = (u128::from(v6) >> 64) as u64;
                (self.v6.country.find(address), self.v6.system.find(address))
            }
        };
        let key = u64::from(country) << 32 | u64::from(system);
        ((key != 0).then_some(key), first.max(second))
    }

    /// Makes the record that a key stands for.
    pub(crate) fn record(&self, key: u64) -> Record<'_> {
        let mut raw = crate::decode::Raw::default();
        let country = ((key >> 32) as usize).checked_sub(1);
        if let Some(code) = country.and_then(|n| self.codes.get(n * 2..n * 2 + 2)) {
            raw.fill(Field::CountryIsoCode, Value::Text(code.into()));
        }
        let system = ((key & 0xffff_ffff) as usize).checked_sub(1);
        if let Some(n) = system
            && let Some(number) = self.numbers.get(n)
        {
            raw.fill(Field::AsNumber, Value::Whole(i64::from(*number)));
            if let Some(name) = self.names.get(self.name_range(n)) {
                raw.fill(Field::AsOrganization, Value::Text(name.into()));
            }
        }
        normalise(raw, Reading::default())
    }

    fn name_range(&self, n: usize) -> Range<usize> {
        let start = n.checked_sub(1).map_or(0, |before| self.name_ends[before]);
        start as usize..self.name_ends[n] as usize
    }
}

/// Returns the older of the dates in the header, as microseconds since 1970, without unpacking the tables.
///
/// # Errors
///
/// The data that the binary carries is damaged.
pub(crate) fn built_micros() -> io::Result<i64> {
    let mut head = vec![0; 256];
    let mut decoder = zstd::stream::read::Decoder::with_buffer(PACKED)?;
    let mut filled = 0;
    while filled < head.len() {
        match io::Read::read(&mut decoder, &mut head[filled..])? {
            0 => break,
            more => filled += more,
        }
    }
    head.truncate(filled);
    Reader(&head).header()
}

/// Reads the unpacked bytes from the front.
struct Reader<'a>(&'a [u8]);

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("bad {what}"))
}

impl<'a> Reader<'a> {
    fn header(&mut self) -> io::Result<i64> {
        if self.bytes(MAGIC.len())? != MAGIC {
            return Err(damaged("magic"));
        }
        let length = self.count()?;
        let header: serde_json::Value = serde_json::from_slice(self.bytes(length)?)?;
        ["country_date", "asn_date"]
            .iter()
            .map(|key| {
                let day: jiff::civil::Date = header[*key]
                    .as_str()
                    .and_then(|text| text.parse().ok())
                    .ok_or_else(|| damaged(key))?;
                let at = rapsheet_schema::civil_micros(
                    i64::from(day.year()),
                    day.month().unsigned_abs(),
                    day.day().unsigned_abs(),
                    0,
                    0,
                    0,
                    0,
                );
                at.ok_or_else(|| damaged(key))
            })
            .try_fold(i64::MAX, |oldest, day| Ok(oldest.min(day?)))
    }

    fn bytes(&mut self, length: usize) -> io::Result<&'a [u8]> {
        let (bytes, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| damaged("length"))?;
        self.0 = rest;
        Ok(bytes)
    }

    fn number(&mut self) -> io::Result<u64> {
        let mut value = 0_u64;
        for (at, byte) in self.0.iter().enumerate().take(10) {
            value |= u64::from(byte & 0x7f) << (7 * at as u32);
            if byte & 0x80 == 0 {
                self.0 = &self.0[at + 1..];
                return Ok(value);
            }
        }
        Err(damaged("number"))
    }

    fn narrow(&mut self) -> io::Result<u32> {
        u32::try_from(self.number()?).map_err(|_| damaged("number"))
    }

    /// A count of things that take at least one byte each.
    fn count(&mut self) -> io::Result<usize> {
        let count = usize::try_from(self.number()?).map_err(|_| damaged("count"))?;
        if count > self.0.len() {
            return Err(damaged("count"));
        }
        Ok(count)
    }

    fn text(&mut self, length: usize) -> io::Result<String> {
        String::from_utf8(self.bytes(length)?.to_vec()).map_err(|_| damaged("text"))
    }

    fn ranges<A: Address>(&mut self) -> io::Result<Ranges<A>> {
        let count = self.count()?;
        let mut starts = Vec::with_capacity(count);
        let mut start = 0_u64;
        for _ in 0..count {
            start = start.wrapping_add(self.number()?);
            starts.push(A::from_wide(start).ok_or_else(|| damaged("start"))?);
        }
        let values = (0..count)
            .map(|_| self.narrow())
            .collect::<io::Result<Vec<u32>>>()?;
        if starts.first().is_none_or(|first| first.top() != 0) || !starts.is_sorted() {
            return Err(damaged("order"));
        }
        // Block n is searched from the last start before it, because that one reaches into it.
        let mut index = Vec::with_capacity(65_537);
        let mut at = 0;
        for top in 0..65_537_usize {
            while at < starts.len() && starts[at].top() < top {
                at += 1;
            }
            index.push(at as u32);
        }
        Ok(Ranges {
            starts,
            values,
            index,
        })
    }
}

fn unpack(packed: &[u8]) -> io::Result<BuiltIn> {
    let plain = zstd::stream::decode_all(packed)?;
    let mut reader = Reader(&plain);
    reader.header()?;
    let count = reader.count()?;
    let codes = reader.text(count * 2)?;
    let count = reader.count()?;
    let mut number = 0_u32;
    let mut numbers = Vec::with_capacity(count);
    for _ in 0..count {
        number = number.wrapping_add(reader.narrow()?);
        numbers.push(number);
    }
    let mut end = 0_u32;
    let mut name_ends = Vec::with_capacity(count);
    for _ in 0..count {
        end = end.saturating_add(reader.narrow()?);
        name_ends.push(end);
    }
    Ok(BuiltIn {
        codes,
        numbers,
        names: reader.text(end as usize)?,
        name_ends,
        v4: Family {
            country: reader.ranges()?,
            system: reader.ranges()?,
        },
        v6: Family {
            country: reader.ranges()?,
            system: reader.ranges()?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_unpack_and_know_well_known_addresses() {
        let tables = BuiltIn::get().unwrap();
        assert!(built_micros().unwrap() > 1_750_000_000_000_000);
        for (ip, code, number) in [
            ("8.8.8.8", "US", 15169),
            ("2a01:4f8::1", "DE", 24940),
            ("193.0.6.139", "NL", 3333),
        ] {
            let (key, prefix) = tables.find(ip.parse().unwrap());
            let record = tables.record(key.expect(ip));
            assert!(prefix > 8, "{ip}/{prefix}");
            assert!(record.contains(&(Field::CountryIsoCode, Value::Text(code.into()))));
            assert!(record.contains(&(Field::AsNumber, Value::Whole(number))));
            assert!(
                record
                    .iter()
                    .any(|(field, _)| *field == Field::ContinentName)
            );
        }
        let (key, _) = tables.find("127.0.0.1".parse().unwrap());
        assert_eq!(key, None);
    }

    #[test]
    fn every_address_of_a_found_network_shares_its_values() {
        let ranges: Ranges<u32> = {
            // Starts 0, 5, 8, 65536 + 3 with values 0, 1, 2, 0.
            let mut bytes = vec![4, 0, 5, 3];
            bytes.extend([0xfb, 0xff, 0x03]);
            bytes.extend([0, 1, 2, 0]);
            Reader(&bytes).ranges().unwrap()
        };
        for address in (0..40_u32).chain(65_530..65_560) {
            let (value, prefix) = ranges.find(address);
            let expected = match address {
                0..5 => 0,
                5..8 => 1,
                8..65_539 => 2,
                _ => 0,
            };
            assert_eq!(value, expected, "{address}");
            let size = 1_u64 << (32 - u32::from(prefix));
            let first = u64::from(address) / size * size;
            for other in first..(first + size).min(70_000) {
                assert_eq!(ranges.find(other as u32).0, value, "{address}/{prefix}");
            }
        }
    }

    #[test]
    fn damaged_data_is_an_error() {
        assert!(unpack(b"nonsense").is_err());
        assert!(unpack(&PACKED[..1000]).is_err());
    }
}

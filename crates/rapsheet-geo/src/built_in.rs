//! The database that the binary carries: country and autonomous system of every routed IPv4 and IPv6 range.
//!
//! `data/built_in.bin` is searched where it lies in the binary: nothing is unpacked or copied, and only the pages that a
//! search touches are read. In it stand, all numbers little-endian, counts and lengths in four bytes:
//!
//! ```text
//! "rapsheet-geo 2\n"
//! length, JSON header with `country_date` and `asn_date`
//! count, two-letter country codes                   value n is the nth code, 0 is none
//! count, numbers of the systems (4 bytes), where the name of each ends (4 bytes), length, the names    likewise
//! four times (IPv4 country, IPv4 system, IPv6 country, IPv6 system):
//!     count, upper halves of starts, each once, rising; for each, which start is its first (4 bytes)
//!     count, lower halves of all starts, values (country 1 byte, system 3 bytes)
//! ```
//!
//! A start is an IPv4 address (halves of two bytes) or the upper 64 bits of an IPv6 address (halves of four bytes). Its value
//! holds until the next start; the first start is 0.
//!
//! # Not supported
//!
//! Cities, coordinates, and IPv6 boundaries within a /64.

use std::fmt;
use std::io;
use std::net::IpAddr;

use crate::field::{Field, FieldValue};
use crate::normalise::{DetailsRecord, RecordRules, normalise};

static DATA: &[u8] = include_bytes!("../data/built_in.bin");
const MAGIC: &[u8] = b"rapsheet-geo 2\n";

/// What the licences of the data want to be shown.
pub(crate) const ATTRIBUTION: &str = "IP Geolocation by DB-IP (https://db-ip.com); autonomous systems from \
     RouteViews (https://www.routeviews.org), NRO (https://www.nro.net) and DB-IP, by ip-location-db; CC BY 4.0";

/// The tables, as parts of the binary's data.
pub(crate) struct BuiltIn {
    /// The older of the dates of the data, as microseconds since 1970.
    pub(crate) built_micros: i64,
    codes: &'static [[u8; 2]],
    numbers: &'static [[u8; 4]],
    name_ends: &'static [[u8; 4]],
    names: &'static [u8],
    v4: Family<2>,
    v6: Family<4>,
}

struct Family<const HALF: usize> {
    country: Ranges<HALF, 1>,
    system: Ranges<HALF, 3>,
}

/// Starts in rising order, cut into halves so that the upper ones stand once, and the value of each.
struct Ranges<const HALF: usize, const VALUE: usize> {
    uppers: &'static [[u8; HALF]],
    /// For each upper half the number of its first start.
    firsts: &'static [[u8; 4]],
    lowers: &'static [[u8; HALF]],
    values: &'static [[u8; VALUE]],
}

impl fmt::Debug for BuiltIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BuiltIn")
            .field("built_micros", &self.built_micros)
            .finish_non_exhaustive()
    }
}

/// A little-endian number of at most eight bytes.
#[inline]
fn number<const N: usize>(bytes: [u8; N]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}

impl<const HALF: usize, const VALUE: usize> Ranges<HALF, VALUE> {
    const HALF_BITS: u32 = HALF as u32 * 8;

    /// The starts that share an upper half.
    fn group(&self, at: usize) -> std::ops::Range<usize> {
        let first = |at: usize| self.firsts.get(at).map(|first| number(*first) as usize);
        let end = self.lowers.len();
        first(at).unwrap_or(end)..first(at + 1).unwrap_or(end)
    }

    fn start(&self, group: usize, at: usize) -> Option<u64> {
        let upper = number(*self.uppers.get(group)?);
        Some(upper << Self::HALF_BITS | number(*self.lowers.get(at)?))
    }

    /// Finds the value at an address and the prefix length of the largest block around it that shares the value.
    fn find(&self, address: u64) -> (u32, u8) {
        let (upper, lower) = (
            address >> Self::HALF_BITS,
            address & ((1 << Self::HALF_BITS) - 1),
        );
        // The first start is 0, so a group is not above the address; were the data damaged, nothing is found.
        let groups = self.uppers.partition_point(|other| number(*other) <= upper);
        let Some(mut group) = groups.checked_sub(1) else {
            return (0, 0);
        };
        let range = self.group(group);
        let starts = self.lowers.get(range.clone()).unwrap_or_default();
        let next = if self.uppers.get(group).map(|half| number(*half)) == Some(upper) {
            range.start + starts.partition_point(|other| number(*other) <= lower)
        } else {
            range.end
        };
        let Some(at) = next.checked_sub(1) else {
            return (0, 0);
        };
        let next_group = group + usize::from(next >= range.end);
        if at < range.start {
            group = group.saturating_sub(1);
        }
        let surplus = 64 - 2 * Self::HALF_BITS;
        let apart = |outside: u64| (address ^ outside).leading_zeros() - surplus + 1;
        let before = (at > 0)
            .then(|| self.start(group, at)?.checked_sub(1))
            .flatten();
        let prefix = before
            .into_iter()
            .chain(self.start(next_group, next))
            .map(apart)
            .max();
        let value = self.values.get(at).map_or(0, |value| number(*value) as u32);
        (value, prefix.unwrap_or(0) as u8)
    }
}

impl BuiltIn {
    /// Finds the tables in the data.
    ///
    /// # Errors
    ///
    /// The data that the binary carries is damaged.
    pub(crate) fn open() -> io::Result<Self> {
        TableReader(DATA).tables()
    }

    /// Finds what is known of an address, as a key for [`record`](Self::record), and the prefix length of the network.
    pub(crate) fn find(&self, ip: IpAddr) -> (Option<u64>, u8) {
        let ((country, first), (system, second)) = match ip {
            IpAddr::V4(v4) => self.v4.find(u64::from(u32::from(v4))),
            IpAddr::V6(v6) => self.v6.find((u128::from(v6) >> 64) as u64),
        };
        let key = u64::from(country) << 32 | u64::from(system);
        ((key != 0).then_some(key), first.max(second))
    }

    /// Makes the record that a key stands for.
    pub(crate) fn record(&self, key: u64) -> DetailsRecord<'_> {
        let mut raw = crate::decode::Raw::default();
        let country = ((key >> 32) as usize).checked_sub(1);
        let code = country.and_then(|n| self.codes.get(n));
        if let Some(code) = code.and_then(|code| str::from_utf8(code).ok()) {
            raw.fill(Field::CountryIsoCode, FieldValue::Text(code.into()));
        }
        let system = ((key & 0xffff_ffff) as usize).checked_sub(1);
        if let Some(n) = system
            && let Some(system) = self.numbers.get(n)
        {
            raw.fill(Field::AsNumber, FieldValue::Whole(number(*system) as i64));
            if let Some(name) = self.name(n) {
                raw.fill(Field::AsOrganization, FieldValue::Text(name.into()));
            }
        }
        normalise(raw, RecordRules::default())
    }

    fn name(&self, n: usize) -> Option<&'static str> {
        let end = |n: usize| self.name_ends.get(n).map(|end| number(*end) as usize);
        let start = n.checked_sub(1).map_or(Some(0), end)?;
        str::from_utf8(self.names.get(start..end(n)?)?).ok()
    }
}

impl<const HALF: usize> Family<HALF> {
    fn find(&self, address: u64) -> ((u32, u8), (u32, u8)) {
        (self.country.find(address), self.system.find(address))
    }
}

/// Reads the data from the front.
struct TableReader(&'static [u8]);

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("bad {what}"))
}

impl TableReader {
    fn tables(&mut self) -> io::Result<BuiltIn> {
        if self.bytes(MAGIC.len())? != MAGIC {
            return Err(damaged("magic"));
        }
        let built_micros = self.header()?;
        let count = self.count()?;
        let codes = self.list(count)?;
        let count = self.count()?;
        let numbers = self.list(count)?;
        let name_ends = self.list(count)?;
        let length = self.count()?;
        Ok(BuiltIn {
            built_micros,
            codes,
            numbers,
            name_ends,
            names: self.bytes(length)?,
            v4: self.family()?,
            v6: self.family()?,
        })
    }

    fn header(&mut self) -> io::Result<i64> {
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

    fn bytes(&mut self, length: usize) -> io::Result<&'static [u8]> {
        let (bytes, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| damaged("length"))?;
        self.0 = rest;
        Ok(bytes)
    }

    fn count(&mut self) -> io::Result<usize> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or_else(|| damaged("count"))?;
        self.0 = rest;
        Ok(number::<4>(*bytes) as usize)
    }

    fn list<const N: usize>(&mut self, count: usize) -> io::Result<&'static [[u8; N]]> {
        let length = count.checked_mul(N).ok_or_else(|| damaged("count"))?;
        Ok(self.bytes(length)?.as_chunks().0)
    }

    fn family<const HALF: usize>(&mut self) -> io::Result<Family<HALF>> {
        Ok(Family {
            country: self.ranges()?,
            system: self.ranges()?,
        })
    }

    fn ranges<const HALF: usize, const VALUE: usize>(&mut self) -> io::Result<Ranges<HALF, VALUE>> {
        let count = self.count()?;
        let uppers = self.list(count)?;
        let firsts = self.list(count)?;
        let count = self.count()?;
        Ok(Ranges {
            uppers,
            firsts,
            lowers: self.list(count)?,
            values: self.list(count)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_know_well_known_addresses() {
        let tables = BuiltIn::open().unwrap();
        assert!(tables.built_micros > 1_750_000_000_000_000);
        for (ip, code, number) in [
            ("8.8.8.8", "US", 15169),
            ("2a01:4f8::1", "DE", 24940),
            ("193.0.6.139", "NL", 3333),
        ] {
            let (key, prefix) = tables.find(ip.parse().unwrap());
            let record = tables.record(key.expect(ip));
            assert!(prefix > 8, "{ip}/{prefix}");
            assert!(record.contains(&(Field::CountryIsoCode, FieldValue::Text(code.into()))));
            assert!(record.contains(&(Field::AsNumber, FieldValue::Whole(number))));
            assert!(
                record
                    .iter()
                    .any(|(field, _)| *field == Field::ContinentName)
            );
        }
        let (key, _) = tables.find("127.0.0.1".parse().unwrap());
        assert_eq!(key, None);
    }

    /// The starts of a table, after a look at what its search relies on.
    fn starts<const HALF: usize, const VALUE: usize>(ranges: &Ranges<HALF, VALUE>) -> Vec<u64> {
        assert_eq!(ranges.uppers.len(), ranges.firsts.len());
        assert_eq!(ranges.lowers.len(), ranges.values.len());
        let starts: Vec<u64> = (0..ranges.uppers.len())
            .flat_map(|group| {
                assert!(!ranges.group(group).is_empty());
                ranges
                    .group(group)
                    .map(move |at| ranges.start(group, at).unwrap())
            })
            .collect();
        assert_eq!(starts.len(), ranges.lowers.len());
        assert_eq!(starts[0], 0);
        assert!(starts.is_sorted_by(|one, other| one < other));
        starts
    }

    /// Compares the search with the plain list, at the edges of every range and in its middle.
    fn search_agrees<const HALF: usize, const VALUE: usize>(ranges: &Ranges<HALF, VALUE>) {
        let starts = starts(ranges);
        let bits = HALF as u32 * 16;
        let end = if bits == 64 {
            u64::MAX
        } else {
            (1 << bits) - 1
        };
        for (at, start) in starts.iter().enumerate() {
            let last = starts.get(at + 1).map_or(end, |next| next - 1);
            for address in [*start, start + (last - start) / 2, last] {
                let (value, prefix) = ranges.find(address);
                assert_eq!(u64::from(value), number(ranges.values[at]), "{address:x}");
                let within = 64 - bits + u32::from(prefix);
                let mask = u64::MAX.checked_shr(within).unwrap_or(0);
                let mask = if within == 0 { u64::MAX } else { mask };
                // The block lies in the range, and the block around it does not.
                assert!(
                    address & !mask >= *start && address | mask <= last,
                    "{address:x}/{prefix}"
                );
                if prefix > 0 {
                    let wider = mask << 1 | 1;
                    let fits = address & !wider >= *start && (address | wider) <= last;
                    assert!(!fits, "{address:x}/{prefix} could be wider");
                }
            }
        }
    }

    #[test]
    fn every_range_is_found_with_the_largest_block_in_it() {
        let tables = BuiltIn::open().unwrap();
        search_agrees(&tables.v4.country);
        search_agrees(&tables.v4.system);
        search_agrees(&tables.v6.country);
        search_agrees(&tables.v6.system);
    }

    #[test]
    fn every_name_and_value_is_there() {
        let tables = BuiltIn::open().unwrap();
        assert!(tables.numbers.is_sorted_by_key(|system| number(*system)));
        for n in 0..tables.numbers.len() {
            assert!(tables.name(n).is_some(), "{n}");
        }
        assert_eq!(tables.name(tables.numbers.len()), None);
        let highest = |values: &[[u8; 3]]| values.iter().map(|value| number(*value)).max();
        assert!(highest(tables.v4.system.values) <= Some(tables.numbers.len() as u64));
        assert!(highest(tables.v6.system.values) <= Some(tables.numbers.len() as u64));
    }

    #[test]
    fn damaged_data_is_an_error() {
        assert!(TableReader(b"nonsense").tables().is_err());
        for length in [0, 20, 1_000, DATA.len() / 2, DATA.len() - 1] {
            assert!(TableReader(&DATA[..length]).tables().is_err(), "{length}");
        }
    }
}

//! `cargo xtask built-in-geo`: makes the database of countries and autonomous systems that the binary carries.
//!
//! It reads the CSV ranges of `@ip-location-db/dbip-country` and `@ip-location-db/asn` (`first,last,value…`, numbers)
//! and writes the layout that `crates/rapsheet-geo/src/built_in.rs` describes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

const MAGIC: &[u8] = b"rapsheet-geo 2\n";

/// One range: its first address, the address after its last (`None` at the end of the space), its value (0 is nothing).
type Range = (u64, Option<u64>, u32);

/// Runs the task with its arguments.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (mut country, mut asn, mut output) = (None, None, None);
    let mut rest = arguments.iter();
    while let Some(flag) = rest.next() {
        let value = rest
            .next()
            .with_context(|| format!("`{flag}` needs a value"))?;
        match flag.as_str() {
            "--country" => country = Some(PathBuf::from(value)),
            "--asn" => asn = Some(PathBuf::from(value)),
            "-o" => output = Some(PathBuf::from(value)),
            _ => bail!("unknown argument `{flag}`"),
        }
    }
    let (Some(country), Some(asn), Some(output)) = (country, asn, output) else {
        bail!("usage: cargo xtask built-in-geo --country DIR --asn DIR -o FILE");
    };
    let data = build(&country, &asn)?;
    fs::write(&output, &data).with_context(|| format!("cannot write {}", output.display()))?;
    eprintln!("{} bytes", data.len());
    Ok(())
}

fn build(country: &Path, asn: &Path) -> Result<Vec<u8>> {
    let mut codes: BTreeMap<String, u32> = BTreeMap::new();
    let mut names: BTreeMap<u32, String> = BTreeMap::new();
    let mut sections = Vec::new();
    for family in ["ipv4", "ipv6"] {
        let rows = read_rows(country, family)?;
        for row in &rows {
            codes.entry(row.2.clone()).or_default();
        }
        sections.push(rows);
        let rows = read_rows(asn, family)?;
        for (_, _, number, name) in &rows {
            names.entry(number.parse()?).or_insert_with(|| name.clone());
        }
        sections.push(rows);
    }
    codes.remove("");
    for (index, value) in (1..).zip(codes.values_mut()) {
        *value = index;
    }
    let numbers: BTreeMap<u32, u32> = names.keys().copied().zip(1..).collect();

    let mut out = MAGIC.to_vec();
    let header = serde_json::json!({
        "country_date": package_date(country)?,
        "asn_date": package_date(asn)?,
    })
    .to_string();
    write_count(&mut out, header.len())?;
    out.extend_from_slice(header.as_bytes());
    write_count(&mut out, codes.len())?;
    for code in codes.keys() {
        ensure!(code.len() == 2, "`{code}` is not a country code");
        out.extend_from_slice(code.as_bytes());
    }
    write_count(&mut out, names.len())?;
    for number in names.keys() {
        out.extend_from_slice(&number.to_le_bytes());
    }
    let mut end = 0;
    for name in names.values() {
        end += name.len();
        write_count(&mut out, end)?;
    }
    write_count(&mut out, end)?;
    for name in names.values() {
        out.extend_from_slice(name.as_bytes());
    }
    for (index, rows) in sections.into_iter().enumerate() {
        let wide = index >= 2;
        let mut ranges = Vec::with_capacity(rows.len());
        for (first, last, value, _) in rows {
            let value = if index % 2 == 0 {
                codes.get(&value).copied().unwrap_or(0)
            } else {
                numbers[&value.parse()?]
            };
            let after = last.checked_add(1);
            ranges.push(if wide {
                // The part below the /64 is cut off: such a range takes the whole /64.
                (
                    (first >> 64) as u64,
                    ((last >> 64) as u64).checked_add(1),
                    value,
                )
            } else {
                (
                    u64::try_from(first)?,
                    after.map(u64::try_from).transpose()?,
                    value,
                )
            });
        }
        let half = if wide { 4 } else { 2 };
        let value = if index % 2 == 0 { 1 } else { 3 };
        write_section(&mut out, &flatten(ranges), half, value)?;
    }
    Ok(out)
}

/// Turns ranges with gaps into starts with values; neighbours with one value become one.
fn flatten(mut ranges: Vec<Range>) -> Vec<(u64, u32)> {
    ranges.sort_by_key(|range| range.0);
    let mut starts: Vec<(u64, u32)> = vec![(0, 0)];
    for (first, after, value) in ranges {
        // The last start is where the range before ended; a range that begins earlier (cut to a /64) begins there.
        let open = starts.last().map_or(0, |last| last.0);
        let first = first.max(open);
        if after.is_some_and(|after| after <= first) {
            continue;
        }
        starts.push((first, value));
        if let Some(after) = after {
            starts.push((after, 0));
        }
    }
    let mut out: Vec<(u64, u32)> = Vec::with_capacity(starts.len());
    for (start, value) in starts {
        if out.last().is_some_and(|last| last.0 == start) {
            out.pop();
        }
        if out.last().is_none_or(|last| last.1 != value) {
            out.push((start, value));
        }
    }
    out
}

/// Writes starts as halves of `half` bytes and their values in `value` bytes.
fn write_section(
    out: &mut Vec<u8>,
    starts: &[(u64, u32)],
    half: usize,
    value: usize,
) -> Result<()> {
    let bits = 8 * half;
    let mut groups: Vec<(u64, usize)> = Vec::new();
    for (at, (start, _)) in starts.iter().enumerate() {
        let upper = start >> bits;
        if groups.last().is_none_or(|(last, _)| *last != upper) {
            groups.push((upper, at));
        }
    }
    write_count(out, groups.len())?;
    for (upper, _) in &groups {
        write_number(out, *upper, half)?;
    }
    for (_, first) in &groups {
        write_count(out, *first)?;
    }
    write_count(out, starts.len())?;
    for (start, _) in starts {
        write_number(out, start & ((1 << bits) - 1), half)?;
    }
    for (_, number) in starts {
        write_number(out, u64::from(*number), value)?;
    }
    Ok(())
}

fn write_count(out: &mut Vec<u8>, count: usize) -> Result<()> {
    write_number(out, count as u64, 4)
}

/// Writes a number in so many bytes, the lowest first.
fn write_number(out: &mut Vec<u8>, number: u64, bytes: usize) -> Result<()> {
    let all = number.to_le_bytes();
    ensure!(
        all[bytes..].iter().all(|byte| *byte == 0),
        "{number} needs more than {bytes} bytes"
    );
    out.extend_from_slice(&all[..bytes]);
    Ok(())
}

/// Reads `first,last,value[,name]` of the one file for a family.
fn read_rows(folder: &Path, family: &str) -> Result<Vec<(u128, u128, String, String)>> {
    let suffix = format!("-{family}-num.csv");
    let path = fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .filter_map(|file| file.ok().map(|file| file.path()))
        .find(|path| path.to_string_lossy().ends_with(&suffix))
        .with_context(|| format!("no file `*{suffix}` in {}", folder.display()))?;
    let text = fs::read_to_string(&path)?;
    let mut rows = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let place = || format!("{}:{number}", path.display());
        let mut parts = line.splitn(4, ',');
        let mut next = || parts.next().with_context(place);
        let (first, last, value) = (next()?, next()?, next()?);
        let name = parts.next().unwrap_or("").trim();
        let name = name
            .strip_prefix('"')
            .and_then(|name| name.strip_suffix('"'))
            .map_or_else(|| name.to_owned(), |name| name.replace("\"\"", "\""));
        rows.push((
            first.parse().with_context(place)?,
            last.parse().with_context(place)?,
            value.to_owned(),
            name,
        ));
    }
    Ok(rows)
}

/// Reads the day out of a version such as `2.3.2026060120`.
fn package_date(folder: &Path) -> Result<String> {
    let package: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join("package.json"))?)?;
    let version = package["version"].as_str().unwrap_or_default();
    let day = version.rsplit('.').next().unwrap_or_default();
    ensure!(day.len() >= 8, "no date in version `{version}`");
    Ok(format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..8]))
}

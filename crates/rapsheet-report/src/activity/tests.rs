//! What is packed is unpacked again, as the page does it, and is what came in.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int32Array, Int64Array, StringArray, UInt32Array};
use arrow::datatypes::UInt8Type;
use arrow::ipc::reader::StreamReader;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::read::GzDecoder;

use super::*;

/// Address, facet, hour, events, attempts, as ids from 1.
type IdRow = [i32; 5];

/// 2026-01-05 00:00 UTC, as the id of an hour.
const MONDAY: i32 = 490_992 + 1;
const NAMES: [&str; 4] = ["(other)", "admin", "root", "sshd-jail"];
/// The rows of the page's addresses; the third has none.
const ADDRESSES: [Option<u32>; 3] = [Some(1), Some(0), None];

fn ids(values: &[i32]) -> ArrayRef {
    Arc::new(
        values
            .iter()
            .map(|id| (*id != 0).then_some(*id))
            .collect::<Int32Array>(),
    )
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn rows_of(rows: &[IdRow]) -> RecordBatch {
    let names = ["address_id", "facet_id", "hour_id", "events", "attempts"];
    let column = |at: usize| ids(&rows.iter().map(|row| row[at]).collect::<Vec<_>>());
    let named = names.into_iter().enumerate();
    let mut columns: Vec<(&str, ArrayRef)> = named.map(|(at, name)| (name, column(at))).collect();
    // A web server would have sent a billion bytes for each event.
    columns.push(("bytes", Arc::new(bytes_of(rows))));
    batch(columns)
}

fn bytes_of(rows: &[IdRow]) -> Int64Array {
    let bytes = rows.iter().map(|row| i64::from(row[3]) * 10_000_000_000);
    Int64Array::from_iter_values(bytes)
}

/// Five facets: a failed password of `root`, one of `admin`, one of a user called `(other)`, a line without a name, and a ban.
fn facets() -> RecordBatch {
    let none = || Arc::new(Int32Array::new_null(5)) as ArrayRef;
    batch(vec![
        ("facet_id", ids(&[1, 2, 3, 4, 5])),
        (
            "service_name",
            texts(&[
                Some("sshd"),
                Some("sshd"),
                Some("sshd"),
                Some("sshd"),
                Some("fail2ban"),
            ]),
        ),
        (
            "counts_as",
            texts(&[
                Some("failed_login"),
                Some("failed_login"),
                Some("failed_login"),
                Some("connection"),
                Some("ban"),
            ]),
        ),
        (
            "reason",
            texts(&[
                Some("failed_password"),
                Some("failed_password"),
                Some("failed_password"),
                None,
                None,
            ]),
        ),
        ("suspicious", Arc::new(BooleanArray::from(vec![true; 5]))),
        ("user_name", ids(&[3, 2, 1, 0, 0])),
        ("fail2ban_jail", ids(&[0, 0, 0, 0, 4])),
        ("url_path", none()),
        ("user_agent_original", none()),
    ])
}

/// Packs rows as they come in batches; gives them back as the page has them: step, address, texts of the facet, counts.
fn page(batches: &[RecordBatch], bucket: Bucket, names: usize) -> Vec<String> {
    let name_ids: Vec<i32> = (1..=4).collect();
    let addresses: UInt32Array = ADDRESSES.into_iter().collect();
    let hours: Vec<i32> = (0..60).map(|hour| MONDAY + hour).collect();
    let days: Vec<String> = (0..60)
        .map(|hour| format!("2026-01-{:02}", 5 + hour / 24))
        .collect();
    let sources = ActivitySources {
        rows: batches,
        facets: &facets(),
        names: &batch(vec![
            ("name_id", ids(&name_ids)),
            ("name", texts(&NAMES.map(Some))),
        ]),
        peers: &batch(vec![
            ("address_id", ids(&[1, 2, 3])),
            ("address", Arc::new(addresses)),
        ]),
        clock: &batch(vec![
            ("hour_id", ids(&hours)),
            (
                "day",
                texts(
                    &days
                        .iter()
                        .map(|day| Some(day.as_str()))
                        .collect::<Vec<_>>(),
                ),
            ),
        ]),
        addresses: 2,
    };
    let activity = Activity::new(&sources).unwrap();
    assert!(activity.pack(bucket, names, 10).unwrap().is_none());
    assert!(activity.is_cut(2) && !activity.is_cut(3));
    let packed = activity.pack(bucket, names, usize::MAX).unwrap().unwrap();
    let first = match bucket {
        Bucket::Hour => MONDAY - 1,
        Bucket::Day => (MONDAY - 1) / 24,
    };
    assert_eq!(packed.first, first);
    let [facets, rows] = packed.tables.map(|table| unpacked(&table));
    told(&facets, &rows)
}

/// The rows of a page: step, address, texts of the facet, counts.
fn told(facets: &RecordBatch, rows: &RecordBatch) -> Vec<String> {
    let numbers = |name: &str| -> Vec<u32> {
        let planes = (0..4).filter_map(|place| {
            let bytes = rows.column_by_name(&format!("{name}_{place}"))?;
            Some((place, cast(bytes, &DataType::UInt32).unwrap()))
        });
        let mut whole = vec![0; rows.num_rows()];
        for (place, bytes) in planes {
            for (number, byte) in whole
                .iter_mut()
                .zip(bytes.as_primitive::<UInt32Type>().values())
            {
                *number |= byte << (8 * place);
            }
        }
        whole
    };
    let [facet, address, step, events, more] =
        ["facet", "address", "step", "events", "attempts"].map(numbers);
    let bytes = |row: usize| -> u64 {
        let planes = (0..8).filter_map(|place| {
            let bytes = rows.column_by_name(&format!("bytes_{place}"))?;
            let byte = bytes.as_primitive::<UInt8Type>().value(row);
            Some(u64::from(byte) << (8 * place))
        });
        planes.sum()
    };
    for (row, events) in events.iter().enumerate() {
        assert_eq!(bytes(row), u64::from(*events) * 10_000_000_000);
    }
    let usual = whole_numbers("facets", facets, "attempts_per_event").unwrap();
    let (mut at, mut who, mut when) = (0, 0, 0);
    (0..rows.num_rows())
        .map(|row| {
            if facet[row] > 0 {
                (at, who, when) = (at + facet[row], 0, 0);
            }
            if address[row] > 0 {
                when = 0;
            }
            (who, when) = (who + address[row], when + step[row]);
            let more = (more[row] >> 1).cast_signed() ^ -(more[row] & 1).cast_signed();
            let usual = usual.value(at as usize).cast_unsigned() * events[row];
            let attempts = usual.wrapping_add_signed(more);
            let texts: Vec<String> = ["service_name", "counts_as", "user_name", "fail2ban_jail"]
                .map(|name| {
                    let texts =
                        cast(facets.column_by_name(name).unwrap(), &DataType::Utf8).unwrap();
                    let texts = texts.as_string::<i32>();
                    let text = texts
                        .is_valid(at as usize)
                        .then(|| texts.value(at as usize));
                    text.unwrap_or("∅").to_owned()
                })
                .to_vec();
            format!(
                "{when} {who} {} {} {attempts}",
                texts.join(" "),
                events[row]
            )
        })
        .collect()
}

fn unpacked(packed: &Packed) -> RecordBatch {
    let bytes = BASE64_STANDARD.decode(&packed.base64).unwrap();
    let mut reader = StreamReader::try_new(GzDecoder::new(bytes.as_slice()), None).unwrap();
    reader.next().unwrap().unwrap()
}

const ROWS: [IdRow; 9] = [
    [1, 1, MONDAY, 3, 3],
    [2, 1, MONDAY + 40, 300, 70_000],
    [1, 2, MONDAY + 1, 2, 0],
    [1, 3, MONDAY + 2, 1, 1],
    [2, 4, 0, 7, 0],
    [3, 4, MONDAY, 1, 0],
    [0, 4, MONDAY, 1, 0],
    [1, 5, MONDAY + 50, 1, 1],
    [1, 1, MONDAY + 3, 1, 1],
];

#[test]
fn what_is_packed_comes_back() {
    let mut found = page(&[rows_of(&ROWS)], Bucket::Hour, 100);
    found.sort();
    // Addresses without a row are one.
    let mut expected = [
        "1 1 sshd failed_login root ∅ 3 3",
        "41 0 sshd failed_login root ∅ 300 70000",
        "2 1 sshd failed_login admin ∅ 2 0",
        "3 1 sshd failed_login (other) ∅ 1 1",
        "0 0 sshd connection ∅ ∅ 7 0",
        "1 2 sshd connection ∅ ∅ 2 0",
        "51 1 fail2ban ban ∅ sshd-jail 1 1",
        "4 1 sshd failed_login root ∅ 1 1",
    ];
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn days_and_rare_names_are_put_together() {
    let mut found = page(&[rows_of(&ROWS)], Bucket::Day, 1);
    found.sort();
    let mut expected = [
        "1 1 sshd failed_login root ∅ 4 4",
        "2 0 sshd failed_login root ∅ 300 70000",
        // Who is called `(other)` is among the rare names; these bear a name of their own.
        "1 1 sshd failed_login (other names 2) ∅ 3 1",
        "0 0 sshd connection ∅ ∅ 7 0",
        "1 2 sshd connection ∅ ∅ 2 0",
        "3 1 fail2ban ban ∅ sshd-jail 1 1",
    ];
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn parts_of_rows_are_added_up_in_any_order() {
    let whole = page(&[rows_of(&ROWS)], Bucket::Hour, 100);
    let mut parts: BTreeMap<usize, Vec<IdRow>> = BTreeMap::new();
    for (at, row) in ROWS.into_iter().rev().enumerate() {
        let [address, facet, hour, events, attempts] = row;
        let one = [address, facet, hour, 1, attempts.min(1)];
        let other = [address, facet, hour, events - 1, attempts - attempts.min(1)];
        parts.entry(at % 2).or_default().push(one);
        if events > 1 {
            parts.entry(at % 3).or_default().insert(0, other);
        }
    }
    let batches: Vec<RecordBatch> = parts.values().map(|rows| rows_of(rows)).collect();
    assert_eq!(page(&batches, Bucket::Hour, 100), whole);
}

#[test]
fn a_log_without_rows_has_tables() {
    let none = batch(vec![("name_id", ids(&[])), ("name", texts(&[]))]);
    let peers = batch(vec![
        ("address_id", ids(&[])),
        ("address", Arc::new(UInt32Array::from(Vec::<u32>::new()))),
    ]);
    let sources = ActivitySources {
        rows: &[],
        facets: &facets().slice(0, 0),
        names: &none,
        peers: &peers,
        clock: &batch(vec![("hour_id", ids(&[])), ("day", texts(&[]))]),
        addresses: 0,
    };
    let activity = Activity::new(&sources).unwrap();
    let packed = activity
        .pack(Bucket::Hour, 100, usize::MAX)
        .unwrap()
        .unwrap();
    assert_eq!(packed.first, 0);
    let [_, rows] = packed.tables.map(|table| unpacked(&table));
    assert_eq!(rows.num_rows(), 0);
}

#[test]
fn a_missing_column_is_named() {
    let sources = ActivitySources {
        rows: &[batch(vec![("address_id", ids(&[1]))])],
        facets: &facets(),
        names: &facets(),
        peers: &facets(),
        clock: &facets(),
        addresses: 0,
    };
    let missing = Activity::new(&sources).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "table `activity` of the report has no column `facet_id`"
    );
}

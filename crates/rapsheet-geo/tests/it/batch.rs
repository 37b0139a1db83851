//! Many addresses as one record batch.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use proptest::prelude::*;
use rapsheet_geo::{DetailValue, Geo, GeoOptions, details_schema};
use std::net::IpAddr;

use crate::{corpus, ip};

/// Reads a cell back.
fn cell(batch: &RecordBatch, name: &str, row: usize) -> Option<DetailValue> {
    let column = batch.column_by_name(name).unwrap();
    if column.is_null(row) {
        return None;
    }
    Some(match column.data_type() {
        arrow::datatypes::DataType::Utf8View => {
            DetailValue::Text(column.as_string_view().value(row).to_owned())
        }
        arrow::datatypes::DataType::Int64 => {
            DetailValue::Whole(column.as_primitive::<Int64Type>().value(row))
        }
        arrow::datatypes::DataType::Float64 => {
            DetailValue::Number(column.as_primitive::<Float64Type>().value(row))
        }
        arrow::datatypes::DataType::Boolean => DetailValue::Flag(column.as_boolean().value(row)),
        _ => DetailValue::Whole(column.as_primitive::<TimestampMicrosecondType>().value(row)),
    })
}

/// Every row of the batch says what a single lookup says.
fn agrees(geo: &Geo, ips: &[IpAddr]) {
    let batch = geo.details_batch(ips).unwrap();
    assert_eq!(batch.schema(), details_schema());
    assert_eq!(batch.num_rows(), ips.len());
    for (row, ip) in ips.iter().enumerate() {
        let details = geo.lookup(*ip);
        for field in batch.schema().fields() {
            let name = field.name();
            let expected = match name.as_str() {
                "source_ip" => Some(DetailValue::Text(details.ip.to_string())),
                "scope" => Some(DetailValue::Text(details.scope.as_str().to_owned())),
                "network" => details
                    .network
                    .map(|(first, prefix)| DetailValue::Text(format!("{first}/{prefix}"))),
                "details_source" => details.source.clone().map(DetailValue::Text),
                "details_as_of" => details.as_of_micros.map(DetailValue::Whole),
                _ => details.get(name).cloned(),
            };
            assert_eq!(cell(&batch, name, row), expected, "{ip} {name}");
        }
    }
}

fn geo() -> Geo {
    let options = GeoOptions {
        paths: corpus().into_iter().collect(),
        folders: Vec::new(),
        ..GeoOptions::default()
    };
    Geo::open(&options).0
}

#[test]
fn a_batch_says_what_single_lookups_say() {
    let geo = geo();
    let ips = [
        "81.2.69.160",
        "10.0.0.1",
        "2001:db8::1",
        "81.2.69.160",
        "2.125.160.216",
        "::ffff:8.8.8.8",
        "2a02:d500::1",
        "2001:218::1",
        "214.1.1.1",
        "127.0.0.1",
        "216.160.83.56",
        "202.196.224.1",
    ]
    .map(ip);
    agrees(&geo, &ips);
    agrees(&geo, &[]);
}

#[test]
fn na_stays_text() {
    let geo = geo();
    // An address of a provider in Windhoek, and one in the United States.
    let batch = geo
        .details_batch(&["196.44.128.1", "8.8.8.8"].map(ip))
        .unwrap();
    assert_eq!(
        cell(&batch, "country_iso_code", 0),
        Some(DetailValue::Text("NA".to_owned()))
    );
    assert_eq!(
        cell(&batch, "continent_code", 1),
        Some(DetailValue::Text("NA".to_owned()))
    );
}

proptest! {
    #[test]
    fn any_addresses(fours in prop::collection::vec(any::<u32>(), 0..20), sixes in prop::collection::vec(any::<u128>(), 0..20)) {
        let ips: Vec<IpAddr> = fours
            .into_iter()
            .map(|bits| IpAddr::V4(bits.into()))
            .chain(sixes.into_iter().map(|bits| IpAddr::V6((bits >> 3 | 1 << 125).into())))
            .collect();
        thread_local! {
            static GEO: Geo = geo();
        }
        GEO.with(|geo| agrees(geo, &ips));
    }
}

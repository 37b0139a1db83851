//! What the writer writes, the reader reads.

use std::collections::HashMap;
use std::net::IpAddr;

use ipnet::IpNet;
use maxminddb::Reader;
use proptest::prelude::*;
use rapsheet_geo::{MmdbHead, MmdbWriteError, write_mmdb};
use serde_json::{Value, json};

use crate::{database, ip};

#[test]
fn a_file_reads_back_with_all_its_types() {
    let long = "x".repeat(70_000);
    let record = json!({
        "text": "ü", "empty": "", "long": long, "middle": "y".repeat(300), "short": "z".repeat(40),
        "number": 1.5, "negative": -3, "big": u64::MAX, "zero": 0, "flag": true, "no": false,
        "list": [1, "two", {"text": "three"}], "map": {},
    });
    let bytes = database(
        "rapsheet-test",
        1_700_000_000,
        6,
        &[("192.0.2.0/24", record.clone())],
    );
    let reader = Reader::from_source(bytes).unwrap();
    reader.verify().unwrap();
    let metadata = reader.metadata();
    assert_eq!(metadata.database_type, "rapsheet-test");
    assert_eq!(metadata.build_epoch, 1_700_000_000);
    let result = reader.lookup(ip("192.0.2.7")).unwrap();
    assert_eq!(result.network().unwrap().to_string(), "192.0.2.0/24");
    assert_eq!(result.decode::<Value>().unwrap(), Some(record));
    assert!(!reader.lookup(ip("192.0.3.7")).unwrap().has_data());
}

#[test]
fn what_the_format_cannot_hold_is_an_error() {
    let head = MmdbHead {
        database_type: "x",
        description: "",
        build_epoch: 0,
        ip_version: 4,
    };
    let six: IpNet = "2001:db8::/32".parse().unwrap();
    assert_eq!(
        write_mmdb(&head, &[(six, json!({}))]),
        Err(MmdbWriteError::Family(six))
    );
    let four: IpNet = "192.0.2.0/24".parse().unwrap();
    assert!(write_mmdb(&head, &[(four, json!(i64::MIN))]).is_err());
}

proptest! {
    #[test]
    fn the_last_network_that_holds_an_address_answers(networks in prop::collection::vec((any::<u32>(), 0_u8..=32), 1..12), probes in prop::collection::vec(any::<u32>(), 1..12)) {
        let records: Vec<(IpNet, Value)> = networks
            .iter()
            .enumerate()
            .map(|(n, (bits, prefix))| (IpNet::new(IpAddr::V4((*bits).into()), *prefix).unwrap().trunc(), json!({"n": n})))
            .collect();
        let head = MmdbHead { database_type: "x", description: "d", build_epoch: 0, ip_version: 4 };
        let reader = Reader::from_source(write_mmdb(&head, &records).unwrap()).unwrap();
        let starts = networks.iter().map(|(bits, _)| *bits);
        for bits in probes.iter().copied().chain(starts) {
            let address = IpAddr::V4(bits.into());
            let expected = records.iter().rposition(|(network, _)| network.contains(&address));
            let got = reader.lookup(address).unwrap().decode::<HashMap<String, u32>>().unwrap();
            prop_assert_eq!(got.map(|record| record["n"] as usize), expected);
        }
    }
}

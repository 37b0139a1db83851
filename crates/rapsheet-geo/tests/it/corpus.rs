//! MaxMind's test databases against the JSON that they are made from: every field of every record.

use std::collections::BTreeMap;

use ipnet::IpNet;
use rapsheet_geo::{DetailValue, Geo};
use serde_json::Value;

use crate::{corpus, flag, ip, open, told};

/// Flattens a record as the column names say: paths joined with `_`, names in English.
fn flatten(prefix: &str, value: &Value, out: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if key == "names" {
                    if let Some(name) = value.get("en") {
                        out.insert(format!("{prefix}name"), name.clone());
                    }
                } else {
                    flatten(&format!("{prefix}{key}_"), value, out);
                }
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                flatten(&format!("{prefix}{index}_"), value, out);
            }
        }
        value => {
            out.insert(prefix.trim_end_matches('_').to_owned(), value.clone());
        }
    }
}

/// The column of a path: flat files stand under `traits`, flags of anonymity under `anonymizer` too.
fn columns_of(path: &str) -> Vec<String> {
    let nested = ["city_", "continent_", "country_", "location_", "postal_"];
    let more = [
        "registered_country_",
        "represented_country_",
        "subdivisions_",
        "traits_",
    ];
    if nested
        .iter()
        .chain(&more)
        .any(|head| path.starts_with(head))
    {
        vec![path.to_owned()]
    } else if path.starts_with("is_") {
        vec![format!("traits_{path}"), format!("anonymizer_{path}")]
    } else {
        vec![format!("traits_{path}")]
    }
}

fn same(expected: &Value, got: Option<&DetailValue>) -> bool {
    match (expected, got) {
        (Value::String(text), Some(DetailValue::Text(got))) => text == got,
        (Value::Bool(flag), Some(DetailValue::Flag(got))) => flag == got,
        (Value::Number(number), Some(DetailValue::Whole(got))) => number.as_i64() == Some(*got),
        (Value::Number(number), Some(DetailValue::Number(got))) => number.as_f64() == Some(*got),
        _ => false,
    }
}

/// Two retired flags that no column holds.
const RETIRED: [&str; 2] = ["traits_is_anonymous_proxy", "traits_is_satellite_provider"];

fn compare(geo: &Geo, networks: &[(IpNet, Value)]) -> (usize, usize, Vec<String>) {
    let (mut records, mut fields, mut faults) = (0, 0, Vec::new());
    for (network, record) in networks {
        // A record within another one may begin at the same address: then the first address is not this record's.
        let inner = networks.iter().any(|(other, _)| {
            other != network && network.contains(other) && other.network() == network.network()
        });
        if inner {
            continue;
        }
        let details = geo.lookup(network.network());
        if details.scope != rapsheet_schema::Scope::Global {
            continue;
        }
        records += 1;
        let mut expected = BTreeMap::new();
        flatten("", record, &mut expected);
        let mut wanted = std::collections::BTreeSet::new();
        for (path, value) in &expected {
            for column in columns_of(path) {
                if RETIRED.contains(&column.as_str()) || value.as_str() == Some("") {
                    continue;
                }
                wanted.insert(column.clone());
                fields += 1;
                let precise = matches!(
                    details.text("location_precision"),
                    Some("city" | "subdivision")
                );
                let is_point = column == "location_latitude" || column == "location_longitude";
                let good = if is_point && !precise {
                    details.get(&column).is_none()
                } else {
                    same(value, details.get(&column))
                };
                if !good {
                    faults.push(format!(
                        "{network} {column}: {value} got {:?}",
                        details.get(&column)
                    ));
                }
            }
        }
        for detail in &details.columns {
            let derived = detail.value == DetailValue::Flag(false)
                || detail.name == "location_precision"
                || detail.name.ends_with("_name")
                || detail.name.starts_with("continent")
                || wanted.contains(detail.name);
            // A country without any name in the record takes its name from the table.
            if !derived {
                faults.push(format!(
                    "{network} {}: not in the record: {}",
                    detail.name, detail.value
                ));
            }
        }
        // A file joins neighbours with one record; all records in an answer's network are the same.
        if let Some((first, prefix)) = details.network {
            let answered = IpNet::new(first, prefix).unwrap();
            let other = networks
                .iter()
                .find(|(inner, other)| answered.contains(inner) && other != record);
            if let Some((other, _)) = other {
                faults.push(format!(
                    "{network}: answered with {answered}, which holds {other}"
                ));
            }
        }
    }
    (records, fields, faults)
}

#[test]
fn every_field_of_every_record_of_the_test_databases() {
    let Some(folder) = corpus() else { return };
    let mut all = 0;
    for name in [
        "GeoIP2-Anonymous-IP",
        "GeoIP2-City",
        "GeoIP2-Connection-Type",
        "GeoIP2-Country",
        "GeoIP2-Domain",
        "GeoIP2-Enterprise",
        "GeoIP2-ISP",
        "GeoLite2-ASN",
        "GeoLite2-City",
        "GeoLite2-Country",
    ] {
        let (geo, notices) = open(&[folder.join(format!("{name}-Test.mmdb"))]);
        assert_eq!(notices, [], "{name}");
        let text = std::fs::read_to_string(folder.join(format!("{name}-Test.json"))).unwrap();
        let source: Vec<BTreeMap<String, Value>> = serde_json::from_str(&text).unwrap();
        let networks: Vec<(IpNet, Value)> = source
            .into_iter()
            .flatten()
            .map(|(network, record)| (mapped(&network), record))
            .collect();
        let (records, fields, faults) = compare(&geo, &networks);
        eprintln!(
            "{name}: {records} records, {fields} fields, {} differ",
            faults.len()
        );
        assert_eq!(faults, Vec::<String>::new(), "{name}");
        assert!(records > 0 && fields >= records, "{name}");
        all += records;
    }
    eprintln!("{all} records agree");
}

/// `::1.2.3.0/120` is how the source writes `1.2.3.0/24`.
fn mapped(text: &str) -> IpNet {
    match text.strip_prefix("::") {
        Some(rest) if rest.contains('.') => {
            let (address, prefix) = rest.split_once('/').unwrap();
            let prefix: u8 = prefix.parse().unwrap();
            format!("{address}/{}", prefix - 96).parse().unwrap()
        }
        _ => text.parse().unwrap(),
    }
}

#[test]
fn all_test_databases_together_fill_one_row() {
    let Some(folder) = corpus() else { return };
    let (geo, _) = open(&[folder]);
    let details = geo.lookup(ip("81.2.69.160"));
    assert_eq!(details.text("city_name"), Some("London"));
    assert_eq!(details.text("location_precision"), Some("city"));
    assert_eq!(flag(&details, "traits_is_tor_exit_node"), Some(true));
    assert_eq!(flag(&details, "anonymizer_is_tor_exit_node"), Some(true));
    assert_eq!(details.text("traits_domain"), Some("in-addr.arpa"));
    let source = details.source.clone().unwrap();
    assert!(
        source.starts_with("GeoIP2-Enterprise, GeoIP-Anonymous-Plus"),
        "{source}"
    );
    let ordinary = geo.lookup(ip("175.16.199.1"));
    assert_eq!(
        flag(&ordinary, "traits_is_tor_exit_node"),
        Some(false),
        "{:?}",
        told(&ordinary)
    );

    let vpn = geo.lookup(ip("1.2.0.1"));
    assert_eq!(
        vpn.get("anonymizer_confidence"),
        Some(&DetailValue::Whole(30))
    );
    assert_eq!(vpn.text("anonymizer_provider_name"), Some("foo"));
    assert_eq!(flag(&vpn, "traits_is_anonymous_vpn"), Some(true));
}

#[test]
fn places_without_a_city_have_no_point() {
    let Some(folder) = corpus() else { return };
    let (geo, _) = open(&[folder.join("GeoIP2-City-Test.mmdb")]);
    for (address, precision) in [
        ("67.43.156.1", "country"),
        ("2001:218::1", "country"),
        ("2.3.3.1", "continent"),
    ] {
        let details = geo.lookup(ip(address));
        assert_eq!(
            details.text("location_precision"),
            Some(precision),
            "{address}"
        );
        assert_eq!(details.get("location_latitude"), None, "{address}");
        assert_eq!(details.get("location_longitude"), None, "{address}");
    }
    let england = geo.lookup(ip("2.125.160.216"));
    assert_eq!(england.text("subdivisions_0_iso_code"), Some("ENG"));
    assert_eq!(england.text("subdivisions_1_iso_code"), Some("WBK"));
    assert_eq!(flag(&england, "country_is_in_european_union"), Some(false));
    assert_eq!(
        flag(&england, "registered_country_is_in_european_union"),
        Some(true)
    );
    assert_eq!(england.network, Some((ip("2.125.160.216"), 29)));
    assert_eq!(flag(&england, "traits_is_tor_exit_node"), None);
}

#[test]
fn names_come_in_the_wanted_locale_and_else_in_english() {
    let Some(folder) = corpus() else { return };
    let (geo, _) = Geo::open(&rapsheet_geo::GeoOptions {
        paths: vec![folder.join("GeoIP2-City-Test.mmdb")],
        folders: Vec::new(),
        locale: "pt-BR".to_owned(),
        built_in: false,
        ..rapsheet_geo::GeoOptions::default()
    });
    let details = geo.lookup(ip("89.160.20.112"));
    assert_eq!(details.text("country_name"), Some("Suécia"));
    assert_eq!(details.text("city_name"), Some("Linköping"));
}

//! Several databases for one row: their order, and what is never mixed.

use rapsheet_geo::{Geo, GeoOptions};
use serde_json::json;

use crate::{Folder, ip, open};

fn city(name: &str) -> serde_json::Value {
    json!({"country": {"iso_code": "SE", "names": {"en": "Sweden"}}, "city": {"names": {"en": name}}})
}

#[test]
fn the_place_comes_from_one_database() {
    let folder = Folder::new();
    let paths = [
        folder.database(
            "GeoIP2-Enterprise",
            9,
            &[("8.0.0.0/16", json!({"country": {"iso_code": "US"}, "traits": {"autonomous_system_number": 1, "isp": "E"}}))],
        ),
        folder.database("GeoLite2-City", 5, &[("8.0.0.0/8", city("Umeå"))]),
        folder.database(
            "GeoLite2-ASN",
            7,
            &[("8.0.0.0/20", json!({"autonomous_system_number": 2, "autonomous_system_organization": "two"}))],
        ),
    ];
    let (geo, _) = open(&paths);
    let details = geo.lookup(ip("8.0.0.1"));
    assert_eq!(details.text("country_iso_code"), Some("US"));
    assert_eq!(
        details.text("city_name"),
        None,
        "a city of Sweden in the United States"
    );
    assert_eq!(
        details.text("traits_autonomous_system_organization"),
        None,
        "another system's name"
    );
    assert_eq!(details.source.as_deref(), Some("GeoIP2-Enterprise"));
    assert_eq!(details.as_of_micros, Some(9_000_000));
    assert_eq!(details.network, Some((ip("8.0.0.0"), 20)));

    let details = geo.lookup(ip("8.1.0.1"));
    assert_eq!(details.text("city_name"), Some("Umeå"));
    assert_eq!(details.source.as_deref(), Some("GeoLite2-City"));
}

#[test]
fn named_files_go_before_found_ones_and_newer_before_older() {
    let folder = Folder::new();
    folder.database("GeoLite2-City", 5, &[("8.0.0.0/8", city("old"))]);
    folder.database("GeoLite2-City", 6, &[("8.0.0.0/8", city("new"))]);
    let other = Folder::new();
    let named = other.database("GeoLite2-City", 1, &[("8.0.0.0/9", city("named"))]);
    let mut options = GeoOptions {
        paths: Vec::new(),
        folders: vec![folder.path().to_owned()],
        built_in: true,
        ..GeoOptions::default()
    };
    let (geo, notices) = Geo::open(&options);
    assert_eq!(notices, []);
    assert_eq!(
        geo.databases().len(),
        2,
        "the older file of an edition stays out"
    );
    assert_eq!(geo.lookup(ip("8.8.8.8")).text("city_name"), Some("new"));

    options.paths.push(named);
    let (geo, _) = Geo::open(&options);
    assert_eq!(geo.lookup(ip("8.8.8.8")).text("city_name"), Some("named"));
}

#[test]
fn installed_places_win_over_the_built_in_country_and_the_rest_comes_from_it() {
    let folder = Folder::new();
    let path = folder.database("GeoLite2-City", 5, &[("8.0.0.0/8", city("Umeå"))]);
    let (geo, _) = Geo::open(&GeoOptions {
        paths: vec![path],
        folders: Vec::new(),
        ..GeoOptions::default()
    });
    let details = geo.lookup(ip("8.8.8.8"));
    assert_eq!(details.text("country_iso_code"), Some("SE"));
    assert_eq!(
        details.text("traits_autonomous_system_organization"),
        Some("Google LLC")
    );
    assert_eq!(details.source.as_deref(), Some("GeoLite2-City, built-in"));
    let source_of = |name| {
        details
            .columns
            .iter()
            .find(|detail| detail.name == name)
            .unwrap()
            .source
    };
    assert_eq!(
        geo.databases()[source_of("city_name")].edition,
        "GeoLite2-City"
    );
    assert_eq!(
        geo.databases()[source_of("traits_autonomous_system_number")].edition,
        "built-in"
    );
}

#[test]
fn addresses_of_nobody_are_not_looked_up_but_a_demo_may_place_documentation() {
    let folder = Folder::new();
    let all: Vec<_> = [
        "10.0.0.0/8",
        "192.0.2.0/24",
        "198.18.0.0/15",
        "2001:db8::/32",
    ]
    .iter()
    .map(|network| (*network, city("Nowhere")))
    .collect();
    let real = folder.database("GeoLite2-City", 5, &all);
    let demo = folder.database("rapsheet-demo-City", 5, &all);
    let (geo, _) = open(&[real]);
    for address in [
        "10.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "2001:db8::1",
        "127.0.0.1",
    ] {
        assert!(geo.lookup(ip(address)).columns.is_empty(), "{address}");
    }
    let (geo, _) = open(&[demo]);
    for (address, placed) in [
        ("10.0.0.1", false),
        ("192.0.2.1", true),
        ("198.18.0.1", true),
        ("2001:db8::1", true),
    ] {
        assert_eq!(
            !geo.lookup(ip(address)).columns.is_empty(),
            placed,
            "{address}"
        );
    }
}

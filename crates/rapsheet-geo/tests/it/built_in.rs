//! The database in the binary.

use rapsheet_geo::{DatabaseKind, Geo, GeoOptions};

use crate::{ip, told};

#[test]
fn it_says_from_where_and_whose() {
    let (geo, notices) = Geo::open(&GeoOptions {
        folders: Vec::new(),
        ..GeoOptions::default()
    });
    assert_eq!(notices, []);
    let [info] = geo.databases() else { panic!() };
    assert_eq!(
        (info.kind, info.path.as_deref()),
        (DatabaseKind::BuiltIn, None)
    );
    assert!(info.attribution.unwrap().contains("DB-IP"));
    let details = geo.lookup(ip("8.8.8.8"));
    assert_eq!(
        told(&details),
        [
            "continent_code=NA",
            "continent_name=North America",
            "country_iso_code=US",
            "country_name=United States",
            "country_is_in_european_union=false",
            "traits_autonomous_system_number=15169",
            "traits_autonomous_system_organization=Google LLC",
            "location_precision=country",
        ]
    );
    assert_eq!(details.source.as_deref(), Some("built-in"));
    assert_eq!(details.as_of_micros, Some(info.built_micros));
    assert!(!geo.lookup(ip("2a01:4f8::1")).columns.is_empty());
}

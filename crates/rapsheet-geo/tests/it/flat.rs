//! The flat schemas of DB-IP, IPinfo and ip-location-db, written small.

use rapsheet_geo::{DatabaseKind, DetailValue};
use serde_json::json;

use crate::{Folder, flag, ip, open, told};

#[test]
fn ip_location_db_city_has_coordinates_as_text() {
    let folder = Folder::new();
    let path = folder.database(
        "city ipv4",
        1_700_000_000,
        &[
            (
                "1.0.0.0/24",
                json!({"city": "Brisbane", "country_code": "AU", "latitude": "-27.4767", "longitude": "153.017",
                    "postcode": "", "state1": "Queensland", "state2": "", "timezone": ""}),
            ),
            ("1.0.1.0/24", json!({"country_code": "NA", "latitude": "0", "longitude": "0", "city": ""})),
        ],
    );
    let (geo, notices) = open(&[path]);
    assert_eq!(notices, []);
    let details = geo.lookup(ip("1.0.0.9"));
    assert_eq!(
        told(&details),
        [
            "continent_code=OC",
            "continent_name=Oceania",
            "country_iso_code=AU",
            "country_name=Australia",
            "country_is_in_european_union=false",
            "subdivisions_0_name=Queensland",
            "city_name=Brisbane",
            "location_latitude=-27.4767",
            "location_longitude=153.017",
            "location_precision=city",
        ]
    );
    assert_eq!(details.source.as_deref(), Some("city ipv4"));
    let namibia = geo.lookup(ip("1.0.1.1"));
    assert_eq!(namibia.text("country_iso_code"), Some("NA"));
    assert_eq!(namibia.text("country_name"), Some("Namibia"));
    assert_eq!(namibia.text("location_precision"), Some("country"));
    assert_eq!(namibia.get("location_latitude"), None);
}

#[test]
fn db_ip_writes_flags_that_are_false_and_coordinates_as_numbers() {
    let folder = Folder::new();
    let path = folder.database(
        "DBIP-City-Lite",
        1_700_000_000,
        &[(
            "2.0.0.0/24",
            json!({"city": {"names": {"en": "Toronto (Old Toronto)"}},
                "continent": {"code": "NA", "geoname_id": 6255149, "names": {"en": "North America", "fa": "آمریکای شمالی"}},
                "country": {"geoname_id": 6251999, "is_in_european_union": false, "iso_code": "CA", "names": {"en": "Canada"}},
                "location": {"latitude": 43.6532, "longitude": -79.3832},
                "subdivisions": [{"names": {"en": "Ontario"}}]}),
        )],
    );
    let (geo, _) = open(&[path]);
    let details = geo.lookup(ip("2.0.0.1"));
    assert_eq!(details.text("city_name"), Some("Toronto (Old Toronto)"));
    assert_eq!(details.text("continent_code"), Some("NA"));
    assert_eq!(flag(&details, "country_is_in_european_union"), Some(false));
    assert_eq!(
        details.get("location_latitude"),
        Some(&DetailValue::Number(43.6532))
    );
    assert_eq!(
        geo.databases()[0].attribution,
        Some("IP Geolocation by DB-IP (https://db-ip.com)")
    );
}

#[test]
fn ipinfo_means_code_or_name_by_what_stands_beside() {
    let folder = Folder::new();
    let lite = json!({"country": "Germany", "country_code": "DE", "continent": "Europe", "continent_code": "EU",
        "asn": "AS24940", "as_name": "Hetzner Online GmbH", "as_domain": "hetzner.com"});
    let old = json!({"country": "DE", "country_name": "Germany", "continent": "EU", "continent_name": "Europe",
        "asn": "AS24940", "as_name": "Hetzner Online GmbH", "as_domain": "hetzner.com"});
    let path = folder.database(
        "ipinfo bundle_location_lite_sample.mmdb",
        1_700_000_000,
        &[
            ("5.0.0.0/24", lite),
            ("5.0.1.0/24", old),
            (
                "5.0.2.0/24",
                json!({"asn": "AS13335", "name": "Cloudflare", "domain": "cloudflare.com"}),
            ),
            (
                "5.0.3.0/24",
                json!({"country": "FR", "is_hosting": true, "is_vpn": "false"}),
            ),
        ],
    );
    let (geo, notices) = open(&[path]);
    assert_eq!(notices, []);
    assert_eq!(geo.databases()[0].kind, DatabaseKind::Country);
    let expected = [
        "continent_code=EU",
        "continent_name=Europe",
        "country_iso_code=DE",
        "country_name=Germany",
        "country_is_in_european_union=true",
        "traits_autonomous_system_number=24940",
        "traits_autonomous_system_organization=Hetzner Online GmbH",
        "ipinfo_as_domain=hetzner.com",
        "location_precision=country",
    ];
    assert_eq!(told(&geo.lookup(ip("5.0.0.1"))), expected);
    assert_eq!(told(&geo.lookup(ip("5.0.1.1"))), expected);
    assert_eq!(
        told(&geo.lookup(ip("5.0.2.1"))),
        [
            "traits_autonomous_system_number=13335",
            "traits_autonomous_system_organization=Cloudflare",
            "ipinfo_as_domain=cloudflare.com",
        ]
    );
    let hosting = geo.lookup(ip("5.0.3.1"));
    assert_eq!(flag(&hosting, "traits_is_hosting_provider"), Some(true));
    assert_eq!(flag(&hosting, "anonymizer_is_anonymous_vpn"), Some(false));
    assert_eq!(flag(&hosting, "traits_is_tor_exit_node"), None);
}

#[test]
fn a_pair_of_files_for_the_two_families() {
    let folder = Folder::new();
    let four = folder.database(
        "country ipv4",
        1_700_000_000,
        &[("6.0.0.0/8", json!({"country_code": "US"}))],
    );
    let six = folder.database(
        "country ipv6",
        1_700_000_000,
        &[("2a00::/16", json!({"country_code": "SE"}))],
    );
    let (geo, notices) = open(&[four.clone(), six]);
    assert_eq!(notices, []);
    assert_eq!(
        geo.lookup(ip("6.1.1.1")).text("country_iso_code"),
        Some("US")
    );
    assert_eq!(
        geo.lookup(ip("2a00::1")).text("country_iso_code"),
        Some("SE")
    );

    let (geo, _) = open(&[four]);
    let nothing = geo.lookup(ip("2a00::1"));
    assert_eq!((nothing.columns.len(), nothing.network), (0, None));
    assert_eq!(geo.lookup_notices(), []);
}

#[test]
fn scores_and_residential_proxies_stand_in_their_own_columns() {
    let folder = Folder::new();
    let paths = [
        folder.database("GeoIP2-Static-IP-Score", 1, &[("7.0.0.0/8", json!({"score": 12.5}))]),
        folder.database("GeoIP2-User-Count", 1, &[("7.0.0.0/8", json!({"ipv4_24": 9, "ipv4_32": 3}))]),
        folder.database(
            "GeoIP-Residential-Proxy",
            1,
            &[("7.0.0.0/8", json!({"anonymizer_confidence": 95, "provider_name": "p", "network_last_seen": "2026-07-01"}))],
        ),
        folder.database(
            "GeoIP2-DensityIncome",
            1,
            &[("7.0.0.0/8", json!({"average_income": 24626, "population_density": 1341}))],
        ),
    ];
    let (geo, notices) = open(&paths);
    assert_eq!(notices, []);
    assert_eq!(
        told(&geo.lookup(ip("7.1.1.1"))),
        [
            "location_average_income=24626",
            "location_population_density=1341",
            "traits_user_count=3",
            "traits_static_ip_score=12.5",
            "anonymizer_residential_confidence=95",
            "anonymizer_residential_provider_name=p",
            "anonymizer_residential_network_last_seen=2026-07-01",
        ]
    );
}

#[test]
fn a_country_of_nobody_is_no_country_and_hides_no_other() {
    let nobody = [
        json!({"country": "ZZ", "asn": "AS15169"}),
        json!({"country": "--"}),
        json!({"country_code": "ZZ", "country": "Unknown", "city": "-", "latitude": 1.5, "longitude": 2.5}),
        json!({"country_code": "T1", "country_name": "Tor"}),
        json!({"country_code": "xx", "continent_code": "--", "continent": "unknown"}),
        json!({"country": {"iso_code": "ZZ", "names": {"en": "Unknown"}, "geoname_id": 1, "is_in_european_union": false},
            "continent": {"code": "ZZ", "names": {"en": "Unknown"}},
            "location": {"latitude": 1.5, "longitude": 2.5, "time_zone": "Etc/UTC"}, "city": {"names": {"en": "Nowhere"}}}),
        json!({"country": {"iso_code": "", "names": {"en": "N/A"}}, "registered_country": {"iso_code": "--"}}),
    ];
    for record in nobody {
        let (first, second) = (Folder::new(), Folder::new());
        let networks = ["9.0.0.0/8", "2a00::/16"];
        let empty = first.database(
            "DBIP-City-Lite",
            9,
            &networks.map(|network| (network, record.clone())),
        );
        let real = json!({"country": {"iso_code": "se"}, "continent": {"code": "eu"}, "registered_country": {"iso_code": "de"}});
        let full = second.database(
            "GeoLite2-Country",
            1,
            &networks.map(|network| (network, real.clone())),
        );
        let (geo, notices) = open(&[empty, full]);
        assert_eq!(notices, []);
        let details = geo.lookup(ip("9.1.1.1"));
        let place: Vec<String> = told(&details)
            .into_iter()
            .filter(|column| !column.starts_with("traits_"))
            .collect();
        assert_eq!(
            place,
            [
                "continent_code=EU",
                "continent_name=Europe",
                "country_iso_code=SE",
                "country_name=Sweden",
                "country_is_in_european_union=true",
                "registered_country_iso_code=DE",
                "location_precision=country",
            ],
            "{record}"
        );
    }
}

#[test]
fn a_name_is_kept_where_only_the_code_is_none() {
    let folder = Folder::new();
    let path = folder.database(
        "country",
        1,
        &[
            (
                "9.0.0.0/24",
                json!({"country": {"iso_code": "SWE", "names": {"en": "Sweden"}}}),
            ),
            (
                "9.0.1.0/24",
                json!({"country_code": "", "country_name": "Sweden"}),
            ),
            ("9.0.2.0/24", json!({"country_code": "ZZ", "country": "se"})),
            (
                "9.0.3.0/24",
                json!({"country_code": "NA", "country_name": "unknown"}),
            ),
        ],
    );
    let (geo, _) = open(&[path]);
    for (address, code, name) in [
        ("9.0.0.1", None, "Sweden"),
        ("9.0.1.1", None, "Sweden"),
        ("9.0.2.1", Some("SE"), "Sweden"),
        ("9.0.3.1", Some("NA"), "Namibia"),
    ] {
        let details = geo.lookup(ip(address));
        assert_eq!(details.text("country_iso_code"), code, "{address}");
        assert_eq!(details.text("country_name"), Some(name), "{address}");
    }
}

//! Bad files: one clear notice each, and the rest goes on.

use std::path::PathBuf;

use rapsheet_geo::{Geo, GeoOptions};
use serde_json::json;

use crate::{Folder, database, ip, open};

fn good() -> Vec<u8> {
    database(
        "country ipv4",
        1,
        4,
        &[("8.0.0.0/8", json!({"country_code": "US"}))],
    )
}

#[test]
fn each_bad_file_gets_its_notice_and_the_rest_goes_on() {
    let folder = Folder::new();
    let whole = good();
    let empty_folder = folder.path().join("empty");
    std::fs::create_dir(&empty_folder).unwrap();
    for (path, message, hint) in [
        (
            folder.path().join("absent.mmdb"),
            "no such file or folder",
            None,
        ),
        (
            folder.write("empty.mmdb", b""),
            "empty file",
            Some("download"),
        ),
        (
            folder.write("text.mmdb", b"<html>"),
            "not a usable MaxMind DB file",
            Some("download"),
        ),
        (
            folder.write("cut.mmdb", &whole[..whole.len() / 2]),
            "not a usable MaxMind DB file",
            Some("cut off"),
        ),
        (
            folder.write("GeoIP.dat", b"\x01\x02\x03\xff\xff\xff"),
            "GeoIP Legacy",
            Some("`.mmdb`"),
        ),
        (
            folder.write("bad.mmdb.gz", b"\x1f\x8b\x08\x00nonsense"),
            "damaged gzip",
            Some("download"),
        ),
        (
            empty_folder,
            "no `.mmdb` file in this folder",
            Some("name a database"),
        ),
        (
            folder.write(
                "strings.mmdb",
                &database("strange", 1, 4, &[("8.0.0.0/8", json!({"x": "y"}))]),
            ),
            "holds nothing about addresses",
            None,
        ),
    ] {
        let fine = folder.write("fine.mmdb", &whole);
        let (geo, notices) = open(&[path.clone(), fine]);
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert_eq!(notices[0].path, path);
        assert!(notices[0].message.contains(message), "{}", notices[0]);
        match hint {
            Some(hint) => assert!(notices[0].to_string().contains(hint), "{}", notices[0]),
            None => assert_eq!(notices[0].hint, None),
        }
        assert_eq!(
            geo.lookup(ip("8.8.8.8")).text("country_iso_code"),
            Some("US")
        );
    }
}

#[test]
fn a_file_that_fails_only_at_a_lookup_is_told_of_once() {
    let folder = Folder::new();
    // The record's map claims more than there is.
    let mut bytes = database(
        "country ipv4",
        1,
        4,
        &[("8.0.0.0/8", json!({"country_code": "US"}))],
    );
    let at = bytes
        .windows(12)
        .position(|w| w == b"country_code")
        .unwrap();
    bytes[at - 2] = 7 << 5 | 28;
    let bad = folder.write("bad.mmdb", &bytes);
    let fine = folder.write("fine.mmdb", &good());
    let (geo, notices) = open(&[bad.clone(), fine]);
    assert_eq!(notices, []);
    let ips = ["8.8.8.8", "8.8.4.4"].map(ip);
    let batch = geo.details_batch(&ips).unwrap();
    assert_eq!(batch.num_rows(), 2);
    assert_eq!(geo.lookup(ips[0]).text("country_iso_code"), Some("US"));
    let notices = geo.lookup_notices();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].path, bad);
    assert!(
        notices[0].message.starts_with("damaged: "),
        "{}",
        notices[0]
    );
}

#[test]
fn any_bytes_and_any_cut_never_panic() {
    let folder = Folder::new();
    let whole = database(
        "GeoLite2-City",
        1,
        6,
        &[
            (
                "8.0.0.0/8",
                json!({"country": {"iso_code": "US", "names": {"en": "x"}}, "location": {"latitude": 1.5}}),
            ),
            (
                "2a00::/16",
                json!({"subdivisions": [{"iso_code": "A"}, {"iso_code": "B"}, {"iso_code": "C"}]}),
            ),
        ],
    );
    let addresses = ["8.8.8.8", "9.9.9.9", "2a00::1", "::2"].map(ip);
    let mut opened = 0;
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        for bytes in [bytes, whole[..at].to_vec()] {
            let (geo, notices) = open(&[folder.write("x.mmdb", &bytes)]);
            assert_eq!(geo.databases().len() + notices.len(), 1);
            opened += geo.databases().len();
            for address in addresses {
                let _ = geo.lookup(address);
            }
        }
    }
    assert!(opened > 0);
}

#[test]
fn a_packed_database_is_unpacked_and_an_archive_is_told_of() {
    let folder = Folder::new();
    let pack = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, bytes).unwrap();
        encoder.finish().unwrap()
    };
    let mut archive = vec![0; 1024];
    archive[257..262].copy_from_slice(b"ustar");
    let (geo, notices) = open(&[
        folder.write("a.mmdb.gz", &pack(&good())),
        folder.write("b.tar.gz", &pack(&archive)),
    ]);
    assert_eq!(geo.databases().len(), 1);
    assert_eq!(notices.len(), 1);
    assert!(
        notices[0].to_string().contains("hint: unpack it"),
        "{}",
        notices[0]
    );
}

#[test]
fn a_found_folder_with_only_legacy_files_says_so_once() {
    let folder = Folder::new();
    folder.write("GeoIP.dat", b"x");
    folder.write("GeoIPv6.dat", b"x");
    let options = GeoOptions {
        paths: Vec::new(),
        folders: vec![folder.path().to_owned(), PathBuf::from("/does/not/exist")],
        ..GeoOptions::default()
    };
    let (_, notices) = Geo::open(&options);
    assert_eq!(notices.len(), 1);
    folder.write("x.mmdb", &good());
    assert_eq!(Geo::open(&options).1, []);
}

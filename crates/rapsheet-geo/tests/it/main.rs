//! Tests of the crate from outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    missing_docs
)]

mod batch;
mod budget;
mod built_in;
mod corpus;
mod faults;
mod flat;
mod flatten;
mod merge;
mod service;
mod update;
mod writer;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use rapsheet_geo::{DetailValue, Details, Geo, GeoNotice, GeoOptions, MmdbHead, write_mmdb};
use serde_json::Value;
use tempfile::TempDir;

/// Opens exactly these paths.
fn open(paths: &[PathBuf]) -> (Geo, Vec<GeoNotice>) {
    Geo::open(&GeoOptions {
        paths: paths.to_vec(),
        folders: Vec::new(),
        built_in: false,
        ..GeoOptions::default()
    })
}

/// A folder with databases made for one test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn database(&self, database_type: &str, built: u64, records: &[(&str, Value)]) -> PathBuf {
        let version = if records.iter().all(|(network, _)| !network.contains(':')) {
            4
        } else {
            6
        };
        let bytes = database(database_type, built, version, records);
        self.write(&format!("{database_type}-{built}-{version}.mmdb"), &bytes)
    }
}

fn database(
    database_type: &str,
    build_epoch: u64,
    ip_version: u8,
    records: &[(&str, Value)],
) -> Vec<u8> {
    let networks: Vec<(IpNet, Value)> = records
        .iter()
        .map(|(network, record)| (network.parse().unwrap(), record.clone()))
        .collect();
    let head = MmdbHead {
        database_type,
        description: "made for a test",
        build_epoch,
        ip_version,
    };
    write_mmdb(&head, &networks).unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// All columns as `name=value`, which reads well when a test fails.
fn told(details: &Details) -> Vec<String> {
    details
        .columns
        .iter()
        .map(|detail| format!("{}={}", detail.name, detail.value))
        .collect()
}

fn flag(details: &Details, name: &str) -> Option<bool> {
    match details.get(name) {
        Some(DetailValue::Flag(flag)) => Some(*flag),
        None => None,
        other => panic!("{name} is {other:?}"),
    }
}

/// The folder of MaxMind's test databases, where it is there.
fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("RAPSHEET_CORPUS")
        .map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
            PathBuf::from,
        )
        .join("maxmind-db");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var("RAPSHEET_REQUIRE_CORPUS").as_deref() != Ok("1"),
        "no corpus at {}",
        folder.display()
    );
    eprintln!("skipped: no corpus");
    None
}

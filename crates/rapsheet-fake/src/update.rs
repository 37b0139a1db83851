//! The update protocol: which file of an edition is the newest, its archive, and DB-IP's monthly files.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use md5::{Digest, Md5};
use serde_json::json;

use crate::service::is_known;
use crate::{FakeRequest, Reply};

/// The day of every file.
pub const DATE: &str = "2026-02-24";

/// The size of a block of a tar archive.
const BLOCK: usize = 512;

/// Answers as MaxMind's update server would, for one edition; the archive lies behind a redirect where there is a `store`.
#[must_use]
pub fn answer(request: &FakeRequest, edition: &str, database: &[u8], store: Option<&str>) -> Reply {
    if !is_known(request) {
        return Reply::new(401, "text/plain", "Invalid account ID or license key");
    }
    if request.path == format!("/geoip/updates/metadata?edition_id={edition}") {
        return metadata(edition, &md5(database));
    }
    let download = format!("/geoip/databases/{edition}/download?");
    match (request.path.starts_with(&download), store) {
        (true, Some(store)) => Reply::new(302, "text/html", "")
            .header("Location", &format!("{store}/signed?signature=1")),
        (true, None) => Reply::new(200, "application/gzip", archive(edition, database)),
        (false, _) => Reply::new(404, "text/plain", "no such edition"),
    }
}

/// The answer to the question which file is the newest.
#[must_use]
pub fn metadata(edition: &str, md5: &str) -> Reply {
    let databases = json!([{"edition_id": edition, "md5": md5, "date": DATE}]);
    Reply::new(
        200,
        "application/json",
        json!({"databases": databases}).to_string(),
    )
}

/// Packs a file as DB-IP does.
#[must_use]
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Packs a database as MaxMind does: a folder, a text, the database. Its name tries to leave the folder.
#[must_use]
pub fn archive(edition: &str, bytes: &[u8]) -> Vec<u8> {
    let mut tar = Vec::new();
    let mut member = |name: &str, kind: u8, body: &[u8]| {
        let mut head = [0_u8; BLOCK];
        head[..name.len()].copy_from_slice(name.as_bytes());
        let size = format!("{:011o}", body.len());
        head[124..135].copy_from_slice(size.as_bytes());
        head[156] = kind;
        tar.extend_from_slice(&head);
        tar.extend_from_slice(body);
        tar.resize(tar.len().next_multiple_of(BLOCK), 0);
    };
    member(&format!("{edition}_20260224/"), b'5', b"");
    member(&format!("{edition}_20260224/COPYRIGHT.txt"), b'0', b"ours");
    member(&format!("../{edition}.mmdb"), b'0', bytes);
    tar.extend_from_slice(&[0; 2 * BLOCK]);
    gzip(&tar)
}

/// The MD5 of a file in hex.
#[must_use]
pub fn md5(bytes: &[u8]) -> String {
    let digest = Md5::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

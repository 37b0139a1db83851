//! Updates against a local server that speaks MaxMind's update protocol and serves DB-IP's files.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use md5::{Digest, Md5};
use rapsheet_geo::{CredentialSources, Outcome, UpdateError, UpdateOptions, UpdatePlan, Updated};
use serde_json::json;

use crate::database;

/// What the server got: the first line of a request, and whether it had credentials.
type Seen = Arc<Mutex<Vec<(String, bool)>>>;
type Reply = Vec<u8>;

/// Serves on loopback until the test's process ends.
fn serve(reply: impl Fn(&str) -> Reply + Send + 'static) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Seen::default();
    let noted = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap(), &reply, &noted);
        }
    });
    (url, seen)
}

fn answer(mut stream: TcpStream, reply: &impl Fn(&str) -> Reply, seen: &Seen) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let line = head.lines().next().unwrap_or_default().to_owned();
    let authorization = "authorization: basic mti6c2vjcmv0x21taw==";
    let has_credentials = head.to_ascii_lowercase().contains(authorization);
    seen.lock().unwrap().push((line.clone(), has_credentials));
    let _ = stream.write_all(&reply(&line));
}

fn response(status: &str, headers: &str, body: &[u8]) -> Reply {
    let length = body.len();
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An archive as MaxMind packs them: a folder, a text, the database.
fn archive(edition: &str, bytes: &[u8]) -> Vec<u8> {
    let mut tar = Vec::new();
    let mut member = |name: &str, kind: u8, body: &[u8]| {
        let mut head = [0_u8; 512];
        head[..name.len()].copy_from_slice(name.as_bytes());
        let size = format!("{:011o}", body.len());
        head[124..135].copy_from_slice(size.as_bytes());
        head[156] = kind;
        tar.extend_from_slice(&head);
        tar.extend_from_slice(body);
        tar.resize(tar.len().next_multiple_of(512), 0);
    };
    member(&format!("{edition}_20260224/"), b'5', b"");
    member(&format!("{edition}_20260224/COPYRIGHT.txt"), b'0', b"ours");
    member(&format!("../{edition}.mmdb"), b'0', bytes);
    tar.extend_from_slice(&[0; 1024]);
    gzip(&tar)
}

fn md5(bytes: &[u8]) -> String {
    let digest = Md5::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn country(edition: &str, built: u64) -> Vec<u8> {
    database(
        edition,
        built,
        4,
        &[("1.0.0.0/8", json!({"country": {"iso_code": "AU"}}))],
    )
}

fn metadata(edition: &str, md5: &str) -> Reply {
    let body = json!({"databases": [{"edition_id": edition, "md5": md5, "date": "2026-02-24"}]});
    response(
        "200 OK",
        "content-type: application/json\r\n",
        body.to_string().as_bytes(),
    )
}

const EDITION: &str = "GeoLite2-Country";

fn plan(folder: &Path, host: &str, editions: &[&str]) -> Result<UpdatePlan, UpdateError> {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        Some(path)
    };
    UpdatePlan::new(&UpdateOptions {
        directory: Some(folder.join("geo")),
        editions: editions
            .iter()
            .map(|edition| (*edition).to_owned())
            .collect(),
        host: Some(host.to_owned()),
        credentials: CredentialSources {
            account_id_file: write("account", "12\n"),
            license_key_file: write("key", "secret_mmk\n"),
            geoip_conf: write("GeoIP.conf", "RetryFor 3s\nPreserveFileTimes 1\n"),
        },
        extra_roots: Vec::new(),
    })
}

fn run(plan: &UpdatePlan, dry_run: bool) -> Vec<Result<Updated, UpdateError>> {
    let mut all = Vec::new();
    plan.run(dry_run, &mut |result| all.push(result)).unwrap();
    all
}

fn outcome(result: &Result<Updated, UpdateError>) -> &Outcome {
    match result {
        Ok(updated) => &updated.outcome,
        Err(error) => panic!("{error}"),
    }
}

/// A folder in which an old database lies.
fn folder_with(old: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("geo")).unwrap();
    fs::write(folder.path().join(format!("geo/{EDITION}.mmdb")), old).unwrap();
    folder
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder.join("geo"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_newer_edition_replaces_the_old_one_and_the_redirect_gets_no_credentials() {
    let (old, new) = (
        country(EDITION, 1_700_000_000),
        country(EDITION, 1_770_000_000),
    );
    let packed = archive(EDITION, &new);
    let (store, store_seen) = serve(move |_| {
        response(
            "200 OK",
            "last-modified: Tue, 24 Feb 2026 15:00:00 GMT\r\n",
            &packed,
        )
    });
    let hash = md5(&new).to_uppercase();
    let (host, seen) = serve(move |line| match line.contains("metadata") {
        true => metadata(EDITION, &hash),
        false => response(
            "302 Found",
            &format!("location: {store}/signed?x=1\r\n"),
            b"",
        ),
    });
    let folder = folder_with(&old);
    let plan = plan(folder.path(), &host, &[EDITION]).unwrap();
    let path = folder.path().join(format!("geo/{EDITION}.mmdb"));

    assert_eq!(outcome(&run(&plan, true)[0]), &Outcome::Available);
    assert_eq!(fs::read(&path).unwrap(), old);
    assert_eq!(outcome(&run(&plan, false)[0]), &Outcome::Replaced);
    assert_eq!(fs::read(&path).unwrap(), new);
    assert_eq!(outcome(&run(&plan, false)[0]), &Outcome::Current);

    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let seconds = modified
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    assert_eq!(seconds, 1_771_945_200);
    let seen = seen.lock().unwrap();
    let lines: Vec<&str> = seen.iter().map(|(line, _)| line.as_str()).collect();
    let asked = format!("GET /geoip/updates/metadata?edition_id={EDITION} HTTP/1.1");
    let fetched =
        format!("GET /geoip/databases/{EDITION}/download?date=20260224&suffix=tar.gz HTTP/1.1");
    assert_eq!(lines, [&asked, &asked, &fetched, &asked]);
    assert!(
        seen.iter().all(|(_, has_credentials)| *has_credentials),
        "{seen:?}"
    );
    let store_seen = store_seen.lock().unwrap();
    assert_eq!(
        *store_seen,
        [("GET /signed?x=1 HTTP/1.1".to_owned(), false)]
    );
    let names = files(folder.path());
    assert_eq!(
        names,
        [
            ".geoipupdate.lock",
            ".rapsheet-update.json",
            "GeoLite2-Country.mmdb"
        ]
    );
}

#[test]
fn whatever_goes_wrong_leaves_the_old_file() {
    let (old, new) = (
        country(EDITION, 1_700_000_000),
        country(EDITION, 1_770_000_000),
    );
    let good = archive(EDITION, &new);
    let cut = {
        let mut reply = response("200 OK", "", &good);
        reply.truncate(reply.len() - 40);
        reply
    };
    let text = "content-type: text/plain\r\n";
    let cases: Vec<(&str, Reply, &str)> = vec![
        ("cut body", cut, "hint: the old file stays"),
        (
            "cut archive",
            response("200 OK", "", &good[..good.len() / 2]),
            "damaged",
        ),
        (
            "other MD5",
            response("200 OK", "", &archive(EDITION, &old)),
            "MD5",
        ),
        ("no archive", response("200 OK", "", b"<html>"), "damaged"),
        (
            "no database",
            response("200 OK", "", &archive(EDITION, b"junk")),
            "damaged",
        ),
        (
            "401",
            response("401 Unauthorized", text, b"Invalid"),
            "401: Invalid\nhint: check the account ID",
        ),
        (
            "403",
            response("403 Forbidden", "", b"<html>"),
            "403\nhint: the account's subscription",
        ),
        (
            "404",
            response("404 Not Found", text, b"none"),
            "no such edition",
        ),
        (
            "429",
            response("429 Too Many Requests", text, b"Daily limit"),
            "429: Daily limit\nhint: the downloads",
        ),
        ("500", response("500 Oops", "", b""), "500"),
    ];
    for (name, reply, wanted) in cases {
        let hash = md5(&new);
        let (host, seen) = serve(move |line| match line.contains("metadata") {
            true => metadata(EDITION, &hash),
            false => reply.clone(),
        });
        let folder = folder_with(&old);
        let plan = plan(folder.path(), &host, &[EDITION]).unwrap();
        let all = run(&plan, false);
        let error = all[0].as_ref().unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(
            said.contains(wanted) || error.to_string().contains(wanted),
            "{name}: {said}"
        );
        assert!(!said.contains("secret"), "{name}: {said}");
        let kept = fs::read(folder.path().join(format!("geo/{EDITION}.mmdb"))).unwrap();
        assert_eq!(kept, old, "{name}");
        let names = files(folder.path());
        assert!(
            names.iter().all(|file| !file.contains("temporary")),
            "{name}: {names:?}"
        );
        let asked = seen.lock().unwrap().len();
        if name.starts_with('4') {
            assert_eq!(asked, 2, "{name} is final");
        } else {
            assert!(asked > 2, "{name} is tried again");
        }
    }
}

#[test]
fn a_free_account_gets_thirty_downloads_a_day() {
    let old = country(EDITION, 1_700_000_000);
    let (host, seen) = serve(|line| match line.contains("metadata") {
        true => metadata(EDITION, "00"),
        false => response("403 Forbidden", "", b""),
    });
    let folder = folder_with(&old);
    let plan = plan(folder.path(), &host, &[EDITION]).unwrap();
    for _ in 0..30 {
        assert!(matches!(
            run(&plan, false)[0],
            Err(UpdateError::Refused { .. })
        ));
    }
    let all = run(&plan, false);
    assert!(
        matches!(all[0], Err(UpdateError::DailyLimit { count: 30, .. })),
        "{all:?}"
    );
    let seen = seen.lock().unwrap();
    let downloads = seen.iter().filter(|(line, _)| line.contains("/download?"));
    assert_eq!(downloads.count(), 30);
}

#[test]
fn db_ip_gives_the_month_before_while_the_new_one_is_not_out() {
    let new = country("DBIP-City-Lite", 1_770_000_000);
    let packed = gzip(&new);
    let first = Mutex::new(None::<String>);
    let (host, seen) = serve(move |line| {
        let mut first = first.lock().unwrap();
        let line = line.to_owned();
        if first.get_or_insert_with(|| line.clone()) == &line {
            return response("404 Not Found", "", b"");
        }
        response("200 OK", "", &packed)
    });
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(folder.path(), &host, &["dbip-city-lite"]).unwrap();
    assert_eq!(plan.credentials_from(), None);
    assert_eq!(outcome(&run(&plan, false)[0]), &Outcome::Replaced);
    assert_eq!(outcome(&run(&plan, false)[0]), &Outcome::Current);
    let path = folder.path().join("geo/dbip-city-lite.mmdb");
    assert_eq!(fs::read(path).unwrap(), new);
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 3);
    assert!(
        seen[1].0.starts_with("GET /free/dbip-city-lite-2"),
        "{seen:?}"
    );
    assert!(seen.iter().all(|(_, has_credentials)| !has_credentials));
}

#[test]
fn two_updates_at_once_and_wrong_names_are_refused() {
    let (host, _) = serve(|_| response("500 Oops", "", b""));
    let folder = folder_with(b"");
    let lock = fs::File::create(folder.path().join("geo/.geoipupdate.lock")).unwrap();
    lock.lock().unwrap();
    let locked = plan(folder.path(), &host, &[EDITION]).unwrap();
    let result = locked.run(false, &mut |result| panic!("{result:?}"));
    assert!(matches!(result, Err(UpdateError::Locked(_))), "{result:?}");
    assert!(plan(folder.path(), &host, &["../x"]).is_err());
    assert!(plan(folder.path(), "http://192.0.2.1", &[EDITION]).is_err());
}

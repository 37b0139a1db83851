//! `rapsheet geo` as a whole: what it lists, what it looks up, what it fetches.

use std::fs;
use std::path::{Path, PathBuf};

use rapsheet_fake::service::{ACCOUNT, KEY, is_known};
use rapsheet_fake::update::{answer, gzip};
use rapsheet_fake::{FakeServer, Reply};
use rapsheet_geo::{MmdbHead, write_mmdb};
use serde_json::{Value, json};

use crate::program::{Outcome, rapsheet, rapsheet_with};

/// Makes a database of cities: London, in two languages.
fn database(edition: &str, built: u64) -> Vec<u8> {
    let record = json!({
        "city": {"names": {"en": "London", "fr": "Londres"}},
        "country": {"iso_code": "GB", "names": {"en": "United Kingdom", "fr": "Royaume-Uni"}},
        "location": {"latitude": 51.5142, "longitude": -0.0931, "accuracy_radius": 10},
    });
    let head = MmdbHead {
        database_type: edition,
        description: "made for a test",
        build_epoch: built,
        ip_version: 4,
    };
    write_mmdb(&head, &[("81.2.69.0/24".parse().unwrap(), record)]).unwrap()
}

/// The day before which a file is old, whenever the test runs.
const OLD: u64 = 1_530_000_000;

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

/// The folder in which databases of one's own are looked for.
const OWN: &str = ".local/share/rapsheet/geo";

fn installed(folder: &Path) -> PathBuf {
    write(
        folder,
        &format!("{OWN}/GeoLite2-City.mmdb"),
        &database("GeoLite2-City", OLD),
    )
}

fn rows(outcome: &Outcome) -> Vec<Value> {
    serde_json::from_str(&outcome.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", outcome.stdout, outcome.stderr))
}

#[test]
fn status_lists_what_is_used_and_why_the_rest_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let old = installed(folder);
    let damaged = write(folder, &format!("{OWN}/damaged.mmdb"), b"<html>");
    let named = write(
        folder,
        "named/GeoLite2-City.mmdb",
        &database("GeoLite2-City", OLD + 86_400),
    );
    let outcome = rapsheet(
        folder,
        &["geo", "status", "--geo", "named", "--format", "json"],
    );
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let rows = rows(&outcome);
    let of = |path: &Path| {
        let path = path.to_str().unwrap();
        let found = rows.iter().find(|row| {
            let listed = row["path"].as_str().unwrap_or_default();
            listed == path || folder.join(listed) == Path::new(path)
        });
        found.unwrap_or_else(|| panic!("{path} is not in {rows:?}"))
    };
    assert_eq!(of(&named)["position"], 1);
    assert_eq!(of(&named)["edition"], "GeoLite2-City");
    assert_eq!(of(&named)["licence"], "GeoLite EULA");
    assert_eq!(
        of(&named)["answers"],
        "continent, country, city, coordinates"
    );
    for (path, why) in [(&old, "was named and is used"), (&damaged, "not a usable")] {
        assert_eq!(of(path)["is_used"], false);
        let said = of(path)["not_used_because"].as_str().unwrap();
        assert!(said.contains(why), "{said}");
    }
    let built_in = rows.iter().find(|row| row["edition"] == "built-in");
    assert_eq!(built_in.unwrap()["is_used"], true);
    let text = outcome.stderr;
    assert!(
        text.contains("MaxMind wants GeoLite files replaced"),
        "{text}"
    );
    assert!(text.contains("hint: `rapsheet geo update`"), "{text}");

    let page = rapsheet(folder, &["geo", "status"]);
    assert_eq!(page.code, 0, "{}", page.stderr);
    for part in [
        "Databases in use, in the order in which they are asked\n\n1. GeoLite2-City\n",
        "   Answers  continent, country, city, coordinates\n",
        "   Say      This product includes GeoLite Data",
        "\n\nFound, but not used\n",
        "damaged.mmdb\n",
        "\n\nLooked in\n",
        "answers of `enrich`: ",
    ] {
        assert!(page.stdout.contains(part), "{part:?} in {}", page.stdout);
    }
    assert!(!page.stdout.contains("\n\n\n"), "{}", page.stdout);
}

#[test]
fn lookup_shows_the_row_and_which_database_said_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    installed(folder);
    let outcome = rapsheet(
        folder,
        &[
            "geo",
            "lookup",
            "81.2.69.160",
            "10.0.0.1",
            "nonsense",
            "192.0.2.0/24",
            "2001:db8::1",
        ],
    );
    assert_eq!(outcome.code, 1, "two words are no addresses");
    for part in [
        "81.2.69.160\nscope    global\n",
        "from GeoLite2-City of 2018-06-26,",
        "city_name                     London\n",
        "location_latitude             51.5142\n",
        "from built-in of ",
        "10.0.0.1\na private address",
        "2001:db8::1\nan address for examples",
    ] {
        assert!(
            outcome.stdout.contains(part),
            "{part:?} in {}",
            outcome.stdout
        );
    }
    assert_eq!(
        outcome.stderr,
        "error: `nonsense` is not an IP address\nerror: `192.0.2.0/24` is a network, not an address\nhint: name one address of it\n"
    );
    let nothing = rapsheet(folder, &["geo", "lookup", "nonsense"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (2, ""));
    assert!(nothing.stderr.contains("hint: write `192.0.2.1`"));

    let text = b"this is no cache, it is a text that somebody wrote";
    write(folder, "text.sqlite", text);
    for (cache, code, why) in [
        ("text.sqlite", 1, "file is not a database\nhint: "),
        (
            "absent.sqlite",
            2,
            "there is no cache `absent.sqlite`\nhint: ",
        ),
    ] {
        let wrong = rapsheet(folder, &["geo", "lookup", "81.2.69.160", "--cache", cache]);
        assert_eq!(wrong.code, code, "{}", wrong.stderr);
        assert!(
            wrong.stderr.starts_with("error: ") && wrong.stderr.contains(why),
            "{}",
            wrong.stderr
        );
    }
}

#[test]
fn lookup_reads_standard_input_and_writes_documents_and_rows() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    installed(folder);
    let text = "81.2.69.160\r\n\n# a comment\nnot one\n10.0.0.1\n";
    let lines = rapsheet_with(
        folder,
        &["geo", "lookup", "-", "--format", "ndjson", "--locale", "fr"],
        &[],
        text,
    );
    assert_eq!(lines.code, 1);
    assert_eq!(
        lines.stderr,
        "error: `not one` (line 4 of standard input) is not an IP address\n"
    );
    let documents: Vec<Value> = lines
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(documents.len(), 2);
    assert_eq!(documents[0]["city_name"], "Londres");
    assert_eq!(documents[0]["column_sources"]["city_name"], "GeoLite2-City");
    assert_eq!(
        documents[1],
        json!({"ip": "10.0.0.1", "scope": "private", "column_sources": {}})
    );
    let list = rapsheet(
        folder,
        &["geo", "lookup", "81.2.69.160", "--format", "json"],
    );
    assert_eq!(rows(&list)[0]["location_longitude"], json!(-0.0931));
    let csv = rapsheet_with(
        folder,
        &["geo", "lookup", "81.2.69.160", "-o", "rows.csv"],
        &[("RAPSHEET_LOCALE", "fr")],
        "",
    );
    assert_eq!((csv.code, csv.stdout.as_str()), (0, ""), "{}", csv.stderr);
    let written = fs::read_to_string(folder.join("rows.csv")).unwrap();
    let mut lines = written.lines();
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("source_ip,network,scope,")
    );
    assert!(lines.next().unwrap().contains("Royaume-Uni"), "{written}");
}

#[test]
fn the_folder_of_a_named_geoip_conf_is_looked_in() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(
        folder,
        "elsewhere/City.mmdb",
        &database("GeoLite2-City", OLD),
    );
    let text = format!("DatabaseDirectory {}\n", folder.join("elsewhere").display());
    let conf = write(folder, "my.conf", text.as_bytes());
    let arguments = ["geo", "lookup", "81.2.69.160", "--format", "ndjson"];
    let without = rapsheet(folder, &arguments);
    assert!(!without.stdout.contains("London"), "{}", without.stdout);
    let with = rapsheet_with(
        folder,
        &arguments,
        &[("GEOIPUPDATE_CONF_FILE", conf.to_str().unwrap())],
        "",
    );
    assert!(with.stdout.contains("London"), "{}", with.stdout);
}

/// All that lies in a folder, as one run of bytes.
fn contents(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            bytes.extend(contents(&path));
        } else {
            bytes.extend(fs::read(path).unwrap());
        }
    }
    bytes
}

#[test]
fn update_renews_maxminds_editions_over_tls_and_the_key_is_nowhere() {
    let new = database("GeoLite2-City", OLD + 86_400);
    let packed = new.clone();
    let server =
        FakeServer::start_tls(move |request| answer(request, "GeoLite2-City", &packed, None));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let old = installed(folder);
    write(folder, "ca.pem", server.certificate().unwrap().as_bytes());
    let account = [
        ("MAXMIND_ACCOUNT_ID", ACCOUNT),
        ("MAXMIND_LICENSE_KEY", KEY),
        ("GEOIPUPDATE_EDITION_IDS", "GeoLite2-City"),
        ("GEOIPUPDATE_RETRY_FOR", "0"),
    ];
    let url = server.url();
    let update = |more: &[&str]| {
        let arguments = [&["geo", "update", "--host", &url], more].concat();
        rapsheet_with(folder, &arguments, &account, "")
    };
    let stranger = update(&[]);
    assert_eq!(stranger.code, 2);
    assert!(
        stranger.stderr.contains("certificate"),
        "{}",
        stranger.stderr
    );

    let trusted = ["--ca-file", "ca.pem"];
    let dry = update(&[&trusted[..], &["--dry-run"]].concat());
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    let host = url.replace("https://", "");
    let first = format!(
        "asks {host} with the account from MAXMIND_ACCOUNT_ID and MAXMIND_LICENSE_KEY about GeoLite2-City; files go to `"
    );
    assert!(dry.stderr.starts_with(&first), "{}", dry.stderr);
    assert!(
        dry.stderr
            .contains("GeoLite2-City: would be updated to 2026-02-24\n"),
        "{}",
        dry.stderr
    );
    assert_ne!(fs::read(&old).unwrap(), new);
    assert!(
        !server
            .seen()
            .iter()
            .any(|seen| seen.request.path.contains("download"))
    );

    let done = update(&trusted);
    assert_eq!(
        (done.code, done.stdout.as_str()),
        (0, ""),
        "{}",
        done.stderr
    );
    assert_eq!(fs::read(&old).unwrap(), new);
    let again = update(&trusted);
    assert!(
        again
            .stderr
            .ends_with("GeoLite2-City: up to date (2026-02-24)\n"),
        "{}",
        again.stderr
    );
    assert!(server.seen().iter().all(|seen| is_known(&seen.request)));

    let wrong = [&account[..1], &[("MAXMIND_LICENSE_KEY", "wrong_mmk")]].concat();
    let arguments = ["geo", "update", "--host", &url, "--ca-file", "ca.pem"];
    let refused = rapsheet_with(folder, &arguments, &wrong, "");
    assert_eq!(refused.code, 2);
    assert!(
        refused
            .stderr
            .contains("hint: check the account ID and the licence key"),
        "{}",
        refused.stderr
    );
    let outcomes = [stranger, dry, done, again, refused];
    for secret in [&KEY[8..20], "wrong_mmk"] {
        assert_nowhere(secret, folder, &outcomes);
    }
}

/// Neither a file of the folder nor what the program said holds the secret.
fn assert_nowhere(secret: &str, folder: &Path, outcomes: &[Outcome]) {
    let mut written = contents(folder);
    for outcome in outcomes {
        written.extend(outcome.stdout.as_bytes());
        written.extend(outcome.stderr.as_bytes());
    }
    let is_there = written
        .windows(secret.len())
        .any(|part| part == secret.as_bytes());
    assert!(!is_there, "{secret}");
}

#[test]
fn update_without_an_account_fetches_db_ips_free_files_and_shows_their_attribution() {
    let server = FakeServer::start(|request| {
        let edition = match request.path.contains("asn") {
            true => "DBIP-ASN-Lite",
            false => "DBIP-City-Lite",
        };
        Reply::new(200, "application/gzip", gzip(&database(edition, OLD)))
    });
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let arguments = ["geo", "update", "--host", &server.url()];
    let done = rapsheet(folder, &arguments);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let attribution = "IP Geolocation by DB-IP (https://db-ip.com)";
    for part in ["no MaxMind account is known", attribution] {
        assert!(done.stderr.contains(part), "{part} in {}", done.stderr);
    }
    let paths: Vec<String> = server
        .seen()
        .iter()
        .map(|seen| seen.request.path[..20].to_owned())
        .collect();
    assert_eq!(paths, ["/free/dbip-city-lite", "/free/dbip-asn-lite-"]);
    assert!(
        server
            .seen()
            .iter()
            .all(|seen| seen.request.authorization.is_none())
    );
    let lookup = rapsheet(folder, &["geo", "lookup", "81.2.69.160"]);
    assert!(lookup.stdout.contains("London"), "{}", lookup.stdout);
    let status = rapsheet(folder, &["geo", "status"]);
    assert!(status.stdout.contains(attribution), "{}", status.stdout);

    drop(server);
    let gone = rapsheet_with(
        folder,
        &[
            "geo",
            "update",
            "--host",
            "http://127.0.0.1:1",
            "--edition",
            "dbip-country-lite",
        ],
        &[("GEOIPUPDATE_RETRY_FOR", "0")],
        "",
    );
    assert_eq!(gone.code, 2);
    assert!(
        gone.stderr.contains("hint: the old file stays"),
        "{}",
        gone.stderr
    );
}

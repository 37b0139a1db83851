//! Updates against a local server that speaks MaxMind's update protocol and serves DB-IP's files.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rapsheet_fake::service::{ACCOUNT, KEY, is_known};
use rapsheet_fake::update::{answer, archive, gzip, md5, metadata};
use rapsheet_fake::{FakeRequest, FakeServer, Reply, WireFault};
use rapsheet_geo::{
    CredentialSources, HttpOptions, UpdateError, UpdateOptions, UpdateOutcome, UpdatePlan, Updated,
};
use serde_json::json;

use crate::database;

fn country(edition: &str, built: u64) -> Vec<u8> {
    database(
        edition,
        built,
        4,
        &[("1.0.0.0/8", json!({"country": {"iso_code": "AU"}}))],
    )
}

const EDITION: &str = "GeoLite2-Country";

/// An old and a new database of the edition.
fn old_and_new() -> (Vec<u8>, Vec<u8>) {
    (
        country(EDITION, 1_700_000_000),
        country(EDITION, 1_770_000_000),
    )
}

fn options(folder: &Path, host: &str, editions: &[&str]) -> UpdateOptions {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        Some(path)
    };
    UpdateOptions {
        directory: Some(folder.join("geo")),
        editions: editions
            .iter()
            .map(|edition| (*edition).to_owned())
            .collect(),
        host: Some(host.to_owned()),
        credentials: CredentialSources {
            account_id_file: write("account", &format!("{ACCOUNT}\n")),
            license_key_file: write("key", &format!("{KEY}\n")),
            geoip_conf: write("GeoIP.conf", "RetryFor 2s\nPreserveFileTimes 1\n"),
        },
        http: HttpOptions {
            connect_timeout: Duration::from_secs(2),
            read_timeout: Duration::from_millis(400),
            ..HttpOptions::default()
        },
    }
}

fn plan(folder: &Path, host: &str, editions: &[&str]) -> Result<UpdatePlan, UpdateError> {
    UpdatePlan::new(&options(folder, host, editions))
}

fn run(plan: &UpdatePlan, dry_run: bool) -> Vec<Result<Updated, UpdateError>> {
    let mut all = Vec::new();
    plan.run(dry_run, &mut |result| all.push(result)).unwrap();
    all
}

fn outcome(result: &Result<Updated, UpdateError>) -> &UpdateOutcome {
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

fn is_download(request: &FakeRequest) -> bool {
    request.path.contains("/download?")
}

/// What a server was asked, and whether with the right credentials.
fn seen(server: &FakeServer) -> Vec<(String, bool)> {
    let seen = server.seen();
    seen.iter()
        .map(|seen| (seen.request.path.clone(), is_known(&seen.request)))
        .collect()
}

#[test]
fn a_newer_edition_replaces_the_old_one_and_the_redirect_gets_no_credentials() {
    let (old, new) = old_and_new();
    let packed = archive(EDITION, &new);
    let store = FakeServer::start(move |_| {
        Reply::new(200, "application/gzip", packed.clone())
            .header("Last-Modified", "Tue, 24 Feb 2026 15:00:00 GMT")
    });
    let hash = md5(&new).to_uppercase();
    let (told, place) = (new.clone(), store.url());
    let server = FakeServer::start(move |request| match is_download(request) {
        true => answer(request, EDITION, &told, Some(&place)),
        false => metadata(EDITION, &hash),
    });
    let folder = folder_with(&old);
    let plan = plan(folder.path(), &server.url(), &[EDITION]).unwrap();
    let path = folder.path().join(format!("geo/{EDITION}.mmdb"));

    assert_eq!(outcome(&run(&plan, true)[0]), &UpdateOutcome::Available);
    assert_eq!(fs::read(&path).unwrap(), old);
    assert_eq!(outcome(&run(&plan, false)[0]), &UpdateOutcome::Replaced);
    assert_eq!(fs::read(&path).unwrap(), new);
    assert_eq!(outcome(&run(&plan, false)[0]), &UpdateOutcome::Current);

    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let seconds = modified
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    assert_eq!(seconds, 1_771_945_200);
    let asked = format!("/geoip/updates/metadata?edition_id={EDITION}");
    let fetched = format!("/geoip/databases/{EDITION}/download?date=20260224&suffix=tar.gz");
    let known = |path: &str| (path.to_owned(), true);
    assert_eq!(
        seen(&server),
        [known(&asked), known(&asked), known(&fetched), known(&asked)]
    );
    assert_eq!(seen(&store), [("/signed?signature=1".to_owned(), false)]);
    assert_eq!(store.seen()[0].request.authorization, None);
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

/// Serves an edition whose archive lies behind a redirect to the same server under its other name.
fn redirecting(new: &[u8], tls: bool) -> FakeServer {
    // The address is known only when the server runs.
    let place: &'static Mutex<String> = Box::leak(Box::default());
    let new = new.to_vec();
    let handler = move |request: &FakeRequest| match request.path.starts_with("/signed") {
        true => Reply::new(200, "application/gzip", archive(EDITION, &new)),
        false => answer(request, EDITION, &new, Some(&place.lock().unwrap())),
    };
    let server = match tls {
        true => FakeServer::start_tls(handler),
        false => FakeServer::start(handler),
    };
    *place.lock().unwrap() = server.other_url();
    server
}

#[test]
fn another_host_name_gets_no_credentials_even_on_the_same_port() {
    let (old, new) = old_and_new();
    let server = redirecting(&new, false);
    for host in [server.url(), server.other_url()] {
        let folder = folder_with(&old);
        let plan = plan(folder.path(), &host, &[EDITION]).unwrap();
        assert_eq!(outcome(&run(&plan, false)[0]), &UpdateOutcome::Replaced);
    }
    // From `localhost` the redirect leads to the same name, where the credentials belong.
    let signed: Vec<bool> = seen(&server)
        .into_iter()
        .filter(|(path, _)| path.starts_with("/signed"))
        .map(|(_, is_known)| is_known)
        .collect();
    assert_eq!(signed, [false, true]);
}

#[test]
fn tls_is_spoken_and_a_stranger_is_not_trusted() {
    let (old, new) = old_and_new();
    let server = redirecting(&new, true);
    let folder = folder_with(&old);
    let path = folder.path().join(format!("geo/{EDITION}.mmdb"));
    let mut options = options(folder.path(), &server.url(), &[EDITION]);
    let stranger = run(&UpdatePlan::new(&options).unwrap(), false);
    let error = stranger[0].as_ref().unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), old);
    assert!(server.seen().is_empty());

    options.http.extra_roots = vec![server.certificate().unwrap().as_bytes().to_vec()];
    let plan = UpdatePlan::new(&options).unwrap();
    assert_eq!(outcome(&run(&plan, false)[0]), &UpdateOutcome::Replaced);
    assert_eq!(fs::read(&path).unwrap(), new);
    let last = seen(&server).pop().unwrap();
    assert_eq!(last, ("/signed?signature=1".to_owned(), false));
}

#[test]
fn a_hung_server_is_given_up_and_a_slow_one_is_not() {
    let (old, new) = old_and_new();
    for (name, at_download, fault) in [
        ("hung at the question", false, WireFault::Hang),
        ("hung at the file", true, WireFault::Hang),
        ("silent in the middle of the file", true, WireFault::Stall),
    ] {
        let told = new.clone();
        let server = FakeServer::start(move |request| {
            let reply = answer(request, EDITION, &told, None);
            match is_download(request) == at_download {
                true => reply.broken(fault),
                false => reply,
            }
        });
        let folder = folder_with(&old);
        let plan = plan(folder.path(), &server.url(), &[EDITION]).unwrap();
        let begun = Instant::now();
        let all = run(&plan, false);
        let error = all[0].as_ref().unwrap_err();
        assert!(
            matches!(error, UpdateError::Network { .. }),
            "{name}: {error:?}"
        );
        assert!(begun.elapsed() < Duration::from_secs(15), "{name}");
        let kept = fs::read(folder.path().join(format!("geo/{EDITION}.mmdb"))).unwrap();
        assert_eq!(kept, old, "{name}");
    }
    let told = new.clone();
    let slow = FakeServer::start(move |request| {
        answer(request, EDITION, &told, None).after(Duration::from_millis(150))
    });
    let folder = folder_with(&old);
    let plan = plan(folder.path(), &slow.url(), &[EDITION]).unwrap();
    assert_eq!(outcome(&run(&plan, false)[0]), &UpdateOutcome::Replaced);
}

#[test]
fn whatever_goes_wrong_leaves_the_old_file() {
    let (old, new) = old_and_new();
    let good = archive(EDITION, &new);
    let file = |bytes: &[u8]| Reply::new(200, "application/gzip", bytes);
    let said = |status, text: &str| Reply::new(status, "text/plain", text);
    let cases: Vec<(&str, Reply, &str)> = vec![
        (
            "cut body",
            file(&good).broken(WireFault::Cut),
            "hint: the old file stays",
        ),
        ("cut archive", file(&good[..good.len() / 2]), "damaged"),
        ("other MD5", file(&archive(EDITION, &old)), "MD5"),
        ("no archive", file(b"<html>"), "damaged"),
        ("no database", file(&archive(EDITION, b"junk")), "damaged"),
        (
            "401",
            said(401, "Invalid"),
            "401: Invalid\nhint: check the account ID",
        ),
        (
            "403",
            Reply::new(403, "text/html", "<html>"),
            "403\nhint: the account's subscription",
        ),
        ("404", said(404, "none"), "no such edition"),
        (
            "429",
            said(429, "Daily limit"),
            "429: Daily limit\nhint: the downloads",
        ),
        ("500", Reply::new(500, "text/html", ""), "500"),
    ];
    for (name, reply, wanted) in cases {
        let hash = md5(&new);
        let server = FakeServer::start(move |request| match is_download(request) {
            true => reply.clone(),
            false => metadata(EDITION, &hash),
        });
        let folder = folder_with(&old);
        let plan = plan(folder.path(), &server.url(), &[EDITION]).unwrap();
        let all = run(&plan, false);
        let error = all[0].as_ref().unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(
            said.contains(wanted) || error.to_string().contains(wanted),
            "{name}: {said}"
        );
        assert!(!said.contains(&KEY[8..20]), "{name}: {said}");
        let kept = fs::read(folder.path().join(format!("geo/{EDITION}.mmdb"))).unwrap();
        assert_eq!(kept, old, "{name}");
        let names = files(folder.path());
        assert!(
            names.iter().all(|file| !file.contains("temporary")),
            "{name}: {names:?}"
        );
        let asked = server.seen().len();
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
    let server = FakeServer::start(|request| match is_download(request) {
        true => Reply::new(403, "text/html", ""),
        false => metadata(EDITION, "00"),
    });
    let folder = folder_with(&old);
    let plan = plan(folder.path(), &server.url(), &[EDITION]).unwrap();
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
    let seen = server.seen();
    let downloads = seen.iter().filter(|seen| is_download(&seen.request));
    assert_eq!(downloads.count(), 30);
}

#[test]
fn db_ip_gives_the_month_before_while_the_new_one_is_not_out() {
    let new = country("DBIP-City-Lite", 1_770_000_000);
    let packed = gzip(&new);
    let first = Mutex::new(None::<String>);
    let server = FakeServer::start(move |request| {
        let mut first = first.lock().unwrap();
        if first.get_or_insert_with(|| request.path.clone()) == &request.path {
            return Reply::new(404, "text/html", "");
        }
        Reply::new(200, "application/gzip", packed.clone())
    });
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(folder.path(), &server.url(), &["dbip-city-lite"]).unwrap();
    assert_eq!(plan.credentials_from(), None);
    assert_eq!(outcome(&run(&plan, false)[0]), &UpdateOutcome::Replaced);
    assert_eq!(outcome(&run(&plan, false)[0]), &UpdateOutcome::Current);
    let path = folder.path().join("geo/dbip-city-lite.mmdb");
    assert_eq!(fs::read(path).unwrap(), new);
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    for seen in seen {
        let request = seen.request;
        assert!(
            request.path.starts_with("/free/dbip-city-lite-2"),
            "{request:?}"
        );
        assert_eq!(request.authorization, None);
    }
}

#[test]
fn two_updates_at_once_and_wrong_names_are_refused() {
    let server = FakeServer::start(|_| Reply::new(500, "text/html", ""));
    let host = server.url();
    let folder = folder_with(b"");
    let lock = fs::File::create(folder.path().join("geo/.geoipupdate.lock")).unwrap();
    lock.lock().unwrap();
    let locked = plan(folder.path(), &host, &[EDITION]).unwrap();
    let result = locked.run(false, &mut |result| panic!("{result:?}"));
    assert!(matches!(result, Err(UpdateError::Locked(_))), "{result:?}");
    assert!(plan(folder.path(), &host, &["../x"]).is_err());
    assert!(plan(folder.path(), "http://192.0.2.1", &[EDITION]).is_err());
}

const BOTH: [&str; 4] = [
    EDITION,
    "dbip-city-lite",
    "GeoIP2-City",
    "dbip-country-lite",
];

/// What became of each edition, in few words.
fn words(all: &[Result<Updated, UpdateError>]) -> Vec<String> {
    let word = |result: &Result<Updated, UpdateError>| match result {
        Ok(updated) => format!("{} {:?}", updated.edition, updated.outcome),
        Err(UpdateError::Refused {
            edition, status, ..
        }) => format!("{edition} {status}"),
        Err(error) => error.to_string(),
    };
    all.iter().map(word).collect()
}

#[test]
fn a_refusal_of_one_provider_leaves_the_other_alone_and_each_edition_is_told_of() {
    let packed = gzip(&country("DBIP-City-Lite", 1_770_000_000));
    let served = packed.clone();
    let server = FakeServer::start(move |request| match request.path.starts_with("/free") {
        true => Reply::new(200, "application/gzip", served.clone()),
        false => Reply::new(401, "text/plain", "Invalid"),
    });
    let folder = tempfile::tempdir().unwrap();
    let all = run(&plan(folder.path(), &server.url(), &BOTH).unwrap(), false);
    assert_eq!(
        words(&all),
        [
            "GeoLite2-Country 401",
            "dbip-city-lite Replaced",
            "GeoIP2-City: left out, since MaxMind refused GeoLite2-Country\nhint: run this again when that is settled",
            "dbip-country-lite Replaced",
        ]
    );
    assert_eq!(server.seen().len(), 3, "MaxMind is asked once");

    let new = country(EDITION, 1_770_000_000);
    let hash = md5(&new);
    let server = FakeServer::start(move |request| match request.path.starts_with("/free") {
        true => Reply::new(429, "text/plain", "slowly"),
        false if is_download(request) => answer(request, EDITION, &new, None),
        false => metadata(EDITION, &hash),
    });
    let folder = tempfile::tempdir().unwrap();
    let editions = ["dbip-city-lite", EDITION, "dbip-country-lite"];
    let all = run(
        &plan(folder.path(), &server.url(), &editions).unwrap(),
        false,
    );
    assert_eq!(
        words(&all),
        [
            "dbip-city-lite 429",
            "GeoLite2-Country Replaced",
            "dbip-country-lite: left out, since DB-IP refused dbip-city-lite\nhint: run this again when that is settled",
        ]
    );
    let error = all[0].as_ref().unwrap_err().to_string();
    assert!(!error.contains("GeoLite"), "{error}");
}

#[test]
fn the_limit_of_free_editions_holds_back_no_others() {
    let packed = gzip(&country("DBIP-City-Lite", 1_770_000_000));
    let paid = country("GeoIP2-City", 1_770_000_000);
    let server = FakeServer::start(move |request| {
        if request.path.starts_with("/free") {
            Reply::new(200, "application/gzip", packed.clone())
        } else if request.path.contains("GeoIP2-City") {
            answer(request, "GeoIP2-City", &paid, None)
        } else {
            metadata(EDITION, "00")
        }
    });
    let folder = folder_with(&country(EDITION, 1_700_000_000));
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    fs::write(
        folder.path().join("geo/.rapsheet-update.json"),
        json!({"day": today, "downloads": 30}).to_string(),
    )
    .unwrap();
    let all = run(&plan(folder.path(), &server.url(), &BOTH).unwrap(), false);
    assert!(
        matches!(all[0], Err(UpdateError::DailyLimit { .. })),
        "{all:?}"
    );
    assert_eq!(
        words(&all[1..]),
        [
            "dbip-city-lite Replaced",
            "GeoIP2-City Replaced",
            "dbip-country-lite Replaced",
        ]
    );
}

#[test]
fn half_an_account_matters_only_where_an_account_is_needed() {
    let packed = gzip(&country("DBIP-City-Lite", 1_770_000_000));
    let server = FakeServer::start(move |_| Reply::new(200, "application/gzip", packed.clone()));
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path(), &server.url(), &["dbip-city-lite"]);
    options.credentials.license_key_file = None;
    let plan = UpdatePlan::new(&options).unwrap();
    assert_eq!(words(&run(&plan, false)), ["dbip-city-lite Replaced"]);
    for editions in [vec!["dbip-city-lite", EDITION], vec![]] {
        options.editions = editions.into_iter().map(str::to_owned).collect();
        let error = UpdatePlan::new(&options).unwrap_err();
        assert!(
            matches!(error, UpdateError::Credentials(_))
                && error.to_string().contains("licence key"),
            "{error:?}"
        );
    }
}

#[test]
fn endless_answers_are_not_kept_in_memory() {
    let long = |status, kind: &str| {
        let mut body = b"Invalid key\n".to_vec();
        body.resize(64 << 20, b' ');
        Reply::new(status, kind, body)
    };
    for (status, kind, wanted) in [
        (200, "application/json", "the answer is too long"),
        (403, "text/plain", "403: Invalid key\nhint"),
    ] {
        let reply = long(status, kind);
        let server = FakeServer::start(move |_| reply.clone());
        let folder = tempfile::tempdir().unwrap();
        let plan = plan(folder.path(), &server.url(), &[EDITION]).unwrap();
        let error = run(&plan, false).remove(0);
        let error = error.unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
        let seen = server.seen();
        assert!(seen.iter().all(|seen| !seen.answered), "all of it was read");
    }
}

#[test]
fn what_a_run_that_was_stopped_left_is_swept_away() {
    let (old, new) = old_and_new();
    let server = FakeServer::start(move |request| answer(request, EDITION, &new, None));
    let folder = folder_with(&old);
    let geo = folder.path().join("geo");
    for name in [".rapsheet-aBc123.temporary", "notes.temporary"] {
        fs::write(geo.join(name), "half").unwrap();
    }
    fs::create_dir(geo.join(".rapsheet-folder.temporary")).unwrap();
    let plan = plan(folder.path(), &server.url(), &[EDITION]).unwrap();
    assert_eq!(outcome(&run(&plan, true)[0]), &UpdateOutcome::Available);
    assert!(geo.join(".rapsheet-aBc123.temporary").exists());
    assert_eq!(outcome(&run(&plan, false)[0]), &UpdateOutcome::Replaced);
    assert_eq!(
        files(folder.path()),
        [
            ".geoipupdate.lock",
            ".rapsheet-folder.temporary",
            ".rapsheet-update.json",
            "GeoLite2-Country.mmdb",
            "notes.temporary",
        ]
    );
}

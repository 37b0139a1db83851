//! What `enrich` says, what it takes, and what becomes of what it keeps.

use rapsheet_fake::service::{ACCOUNT, KEY, answer, asked, error};
use rapsheet_fake::{FakeServer, Reply};

use crate::enrich::{answers, asked_about, command, run, write_addresses};
use crate::program::rapsheet;

#[test]
fn all_that_failed_can_be_had() {
    let server = FakeServer::start(|request| match asked(request) {
        Some((_, bad)) if bad.to_string().ends_with(".1") => {
            Reply::new(400, "text/html", format!("<html>no {bad}"))
        }
        _ => answer(request, 32),
    });
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_addresses(folder, 75);
    std::fs::write(folder.join("more.txt"), "89.160.20.112\n").unwrap();
    let text = std::fs::read_to_string(folder.join("ips.txt")).unwrap();
    std::fs::write(folder.join("ips.txt"), format!("89.160.20.112\n{text}")).unwrap();
    let (code, said) = run(folder, &server, &["--yes"]);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("error: and 55 more without an answer\n"),
        "{said}"
    );
    assert!(
        said.contains("hint: `rapsheet export unanswered` lists all of them"),
        "{said}"
    );
    let table = rapsheet(folder, &["export", "unanswered"]);
    assert_eq!(table.code, 0, "{}", table.stderr);
    let mut lines = table.stdout.lines();
    assert_eq!(
        lines.next().unwrap(),
        "source_ip,service,host,reason,tries,last_asked,http_response_status_code,last_answer"
    );
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.len(), 75);
    let row = lines
        .iter()
        .find(|line| line.starts_with("81.2.3.1,"))
        .unwrap();
    let host = server.url().replace("http://", "");
    assert!(
        row.starts_with(&format!("81.2.3.1,city,{host},HTTP status 400,1,20")),
        "{row}"
    );
    assert!(row.ends_with(",400,<html>no 81.2.3.1"), "{row}");
    let refused = rapsheet(folder, &["export", "unanswered", "ips.txt"]);
    assert!(refused.code == 2 && refused.stderr.contains("no log is read"));
}

#[test]
fn a_list_may_be_a_csv_and_the_column_is_named() {
    let server = FakeServer::start(|request| answer(request, 32));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // As pandas writes a column with its index.
    let table = ",ip\n0,81.2.69.160\n1,89.160.20.112\n2,\n3,nobody\n";
    std::fs::write(folder.join("ips.txt"), table).unwrap();
    let (code, said) = run(folder, &server, &["--yes"]);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.starts_with("`ips.txt`: takes column 2 of 2, `ip`\n"),
        "{said}"
    );
    assert!(
        said.contains("error: `ips.txt` line 5: `nobody` is no address"),
        "{said}"
    );
    assert_eq!(asked_about(&server), ["81.2.69.160", "89.160.20.112"]);
    std::fs::write(folder.join("ips.txt"), "name,age\nx,1\n").unwrap();
    let (code, said) = run(folder, &server, &["--yes"]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("error: no address in `ips.txt`\nhint: "),
        "{said}"
    );
}

#[test]
fn geolite_has_nothing_to_buy_and_a_price_of_nothing_guards_nothing() {
    let server = FakeServer::start(|_| error(402, "OUT_OF_QUERIES", "no more today"));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_addresses(folder, 3);
    let (code, said) = run(folder, &server, &["--yes", "--geolite"]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("OUT_OF_QUERIES: no more today\nhint: GeoLite answers 1,000"),
        "{said}"
    );
    assert!(
        said.contains("tomorrow") && !said.contains("buy credit"),
        "{said}"
    );
    let (_, said) = run(folder, &server, &["--yes"]);
    assert!(said.contains("hint: buy credit"), "{said}");

    std::fs::write(folder.join("free.toml"), "[prices]\ncity = 0\n").unwrap();
    let (_, said) = run(folder, &server, &["--yes", "--config", "free.toml"]);
    assert!(
        said.contains("warning: the configuration says that `city` costs nothing, so no budget"),
        "{said}"
    );
    assert!(!said.contains("1,000 questions a day"), "{said}");
    assert!(
        said.contains("3 requests at 0.00 USD each: 0.00 USD (your own price)"),
        "{said}"
    );
}

#[test]
fn prices_carry_their_date_and_say_when_they_are_old() {
    let server = FakeServer::start(|request| answer(request, 32));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("ips.txt"), "81.2.69.160\n").unwrap();
    let (code, said) = run(folder, &server, &["--yes", "--service", "insights"]);
    assert_eq!(code, 0, "{said}");
    for part in [
        "0.002 USD each: 0.002 USD (price of 2024-12-31)\n",
        "1 request, 0.002 USD spent (price of 2024-12-31)\n",
        "warning: the price is of 2024-12-31, more than a year ago",
        "hint: MaxMind's prices stand at maxmind.com; `prices` in config.toml",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    std::fs::write(folder.join("mine.toml"), "[prices]\ninsights = 1234.5\n").unwrap();
    std::fs::write(folder.join("ips.txt"), "81.2.69.161\n").unwrap();
    let mine = ["--yes", "--service", "insights", "--config", "mine.toml"];
    let (code, said) = run(folder, &server, &mine);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("1 request, 1,234.50 USD spent (your own price)\n"),
        "{said}"
    );
    assert!(!said.contains("more than a year ago"), "{said}");
}

#[test]
fn a_placeholder_is_no_account() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_addresses(folder, 1);
    let conf = "AccountID 999999\nLicenseKey 000000000000\n";
    std::fs::write(folder.join("GeoIP.conf"), conf).unwrap();
    let arguments = [
        "enrich",
        "--ips",
        "ips.txt",
        "--yes",
        "--geoip-conf",
        "GeoIP.conf",
    ];
    let ask = |account: &[(&str, &str)]| {
        let output = command(folder, &arguments)
            .env_remove("MAXMIND_ACCOUNT_ID")
            .env_remove("MAXMIND_LICENSE_KEY")
            .envs(account.iter().copied())
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, said) = ask(&[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains(
            "`GeoIP.conf` holds the placeholder that the file comes with (AccountID 999999)"
        ),
        "{said}"
    );
    let set = [
        ("MAXMIND_ACCOUNT_ID", "999999"),
        ("MAXMIND_LICENSE_KEY", KEY),
    ];
    let (code, said) = ask(&set);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("MAXMIND_ACCOUNT_ID holds the placeholder"),
        "{said}"
    );
}

#[test]
fn the_proxy_of_geoip_conf_is_used_and_the_key_goes_through_it_unseen() {
    // A proxy that opens no way: what matters is what it was asked.
    let proxy = FakeServer::start(|_| Reply::new(502, "text/plain", ""));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_addresses(folder, 1);
    let place = proxy.url().replace("http://", "");
    let conf = format!(
        "AccountID {ACCOUNT}\nLicenseKey {KEY}\nProxy {place}\nProxyUserPassword me:secretword\n"
    );
    std::fs::write(folder.join("GeoIP.conf"), conf).unwrap();
    let arguments = [
        "enrich",
        "--ips",
        "ips.txt",
        "--yes",
        "--geoip-conf",
        "GeoIP.conf",
        "--host",
        "https://geoip.invalid",
        "--retry-pause-ms",
        "1",
    ];
    let output = command(folder, &arguments).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains(&format!(
            "asks through the proxy http://{place} (`GeoIP.conf`)\n"
        )),
        "{said}"
    );
    assert!(!said.contains("secretword"), "{said}");
    let seen = proxy.seen();
    assert!(!seen.is_empty(), "{said}");
    for seen in seen {
        assert_eq!(seen.request.path, "geoip.invalid:443");
        assert_eq!(seen.request.authorization, None);
        let is_asked_by_me = seen.request.headers.iter().any(|(name, value)| {
            // me:secretword
            name == "proxy-authorization" && value == "Basic bWU6c2VjcmV0d29yZA=="
        });
        assert!(is_asked_by_me, "{:?}", seen.request.headers);
    }
}

#[test]
fn a_stranger_behind_tls_ends_the_run_at_once() {
    let server = FakeServer::start_tls(|request| answer(request, 32));
    let folder = tempfile::tempdir().unwrap();
    write_addresses(folder.path(), 20);
    let (code, said) = run(folder.path(), &server, &["--yes"]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("error: no trusted connection to https://localhost:"),
        "{said}"
    );
    assert!(
        said.contains("certificate") && said.contains("--ca-file FILE"),
        "{said}"
    );
    assert!(said.contains("1 request, 0.00 USD spent"), "{said}");
}

#[test]
fn what_is_kept_is_told_and_forgotten() {
    let server = FakeServer::start(|request| match asked(request) {
        Some((_, bad)) if bad.to_string() == "81.2.1.1" => Reply::new(400, "text/html", "no"),
        _ => answer(request, 32),
    });
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let none = rapsheet(folder, &["enrich", "status"]);
    assert!(
        none.code == 2 && none.stderr.contains("there is no cache"),
        "{}",
        none.stderr
    );
    write_addresses(folder, 4);
    assert_eq!(
        run(folder, &server, &["--yes", "--service", "insights"]).0,
        1
    );
    let host = server.url().replace("http://", "");
    let status = rapsheet(folder, &["enrich", "status"]);
    assert_eq!(status.code, 0, "{}", status.stderr);
    let told = status
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for part in [
        &format!("insights at {host} Kept 3 addresses with details"),
        "(today)",
        &format!("insights at {host}: 0.006 USD for 4 requests in 1 run"),
        "0.00 USD in all at MaxMind's own hosts, at the price of each run's day; shipped prices are of 2024-12-31, more than a year ago",
        "1 address was asked about in vain: `rapsheet export unanswered` lists them",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let forget = |more: &[&str]| rapsheet(folder, &[&["enrich", "forget"], more].concat());
    assert_eq!(forget(&[]).code, 2, "something must be named");
    let asked = forget(&["--address", "81.2.2.1"]);
    assert_eq!(asked.code, 2);
    assert!(
        asked.stderr.contains("1 answer would be forgotten"),
        "{}",
        asked.stderr
    );
    let done = forget(&["--address", "81.2.2.1", "--yes"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let mut kept: Vec<String> = answers(folder).into_iter().collect();
    kept.sort();
    assert_eq!(kept, ["81.2.0.1", "81.2.3.1"]);
    assert_eq!(
        forget(&["--older-than", "1d", "--yes"]).stderr,
        "nothing to forget\n"
    );
    assert_eq!(forget(&["--older-than", "0s", "--yes"]).code, 0);
    assert!(answers(folder).is_empty());
    // Nothing of it is left in the file, and what was spent still is.
    for file in std::fs::read_dir(folder.join(".local/share/rapsheet")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let city = b"City of 81.2";
        assert!(!bytes.windows(city.len()).any(|part| part == city));
    }
    let status = rapsheet(folder, &["enrich", "status"]);
    assert!(
        status.stdout.contains("0.006 USD for 4 requests"),
        "{}",
        status.stdout
    );
}

/// Logs, an answer with a list, and the server that gave it.
fn with_lists(folder: &std::path::Path) -> FakeServer {
    let server = FakeServer::start(|request| {
        let (service, ip) = asked(request).unwrap();
        let mut body = rapsheet_fake::service::body(&service, ip, 32);
        body["subdivisions"] = serde_json::json!([{"iso_code": "E", "names": {"en": "East"}}]);
        if ip.to_string() == "89.160.20.112" {
            body.as_object_mut().unwrap().remove("city");
            body["traits"]["is_anycast"] = true.into();
        }
        Reply::new(200, "application/json", body.to_string())
    });
    let addresses = ["81.2.69.160", "89.160.20.112"];
    let line = |ip: &str| {
        format!("Jan  2 03:04:05 web sshd[77]: Failed password for root from {ip} port 1 ssh2\n")
    };
    std::fs::write(folder.join("auth.log"), addresses.map(line).concat()).unwrap();
    std::fs::write(folder.join("ips.txt"), addresses.join("\n")).unwrap();
    let (code, said) = run(folder, &server, &["--yes"]);
    assert_eq!(code, 0, "{said}");
    server
}

#[test]
fn wide_rows_hold_lists_as_lists_and_what_is_missing_in_them_can_be_had() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let url = with_lists(folder).url();
    let export = |table: &str, more: &[&str]| {
        let dotted = [
            "export",
            table,
            "--columns",
            "dotted",
            "--answers-from",
            &url,
            "auth.log",
        ];
        let outcome = rapsheet(folder, &[&dotted[..], more].concat());
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        outcome
    };
    let ndjson = export("details", &["--format", "ndjson"]).stdout;
    let row: serde_json::Value = serde_json::from_str(ndjson.lines().next().unwrap()).unwrap();
    assert_eq!(row["subdivisions"][0]["names"]["en"], "East", "{row}");
    let rows: serde_json::Value =
        serde_json::from_str(&export("details", &["--format", "json"]).stdout).unwrap();
    assert_eq!(rows[1]["subdivisions"][0]["iso_code"], "E");
    let csv = export("details", &[]).stdout;
    assert!(csv.contains(r#""[{""iso_code"":""E"""#), "{csv}");

    let missing = export("missing", &[]).stdout;
    let rows: Vec<&str> = missing.lines().collect();
    assert_eq!(rows[0], "table_name,column_name,rows,absent,percent");
    assert!(
        rows.contains(&"details,city.names.en,2,1,50.0"),
        "{missing}"
    );
    assert!(
        rows.contains(&"details,traits.is_anycast,2,0,0.0"),
        "a flag: {missing}"
    );
    assert!(rows.contains(&"details,subdivisions,2,0,0.0"), "{missing}");

    let dropped = export("details", &["--drop-translations"]).stderr;
    assert!(
        dropped.contains(
            "note: names in other languages are left out, so code that drops them by name fails"
        ),
        "{dropped}"
    );
    let all = export("details", &["--all-locales"]).stderr;
    assert!(!all.contains("are left out"), "{all}");
}

#[test]
fn a_page_with_paid_data_says_for_whom_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let url = with_lists(folder).url();
    let page = |more: &[&str]| {
        let arguments = [&["report", "auth.log", "-o", "page.html"], more].concat();
        let outcome = rapsheet(folder, &arguments);
        assert!(outcome.code < 2, "{}", outcome.stderr);
        std::fs::read_to_string(folder.join("page.html")).unwrap()
    };
    let internal = "For internal use: MaxMind's terms forbid sharing this data";
    let says_so =
        |page: String| page.contains(internal) || page.contains(&internal.replace('\'', "\\u0027"));
    if rapsheet(folder, &["report", "auth.log", "-o", "page.html"]).code == 2 {
        // Built without the page.
        return;
    }
    assert!(!says_so(page(&[])));
    assert!(says_so(page(&["--answers-from", &url])));
}

/// The line about pandas, as `export`'s page has it.
fn documented() -> &'static str {
    include_str!("../../manual/export.md")
        .lines()
        .find(|line| line.contains("pandas.read_csv("))
        .unwrap()
        .trim()
}

#[test]
fn pandas_reads_na_as_the_page_says() {
    let python = std::env::var("RAPSHEET_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_pandas = std::process::Command::new(&python)
        .args(["-c", "import pandas"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !has_pandas {
        assert!(
            std::env::var("RAPSHEET_REQUIRE_PANDAS").as_deref() != Ok("1"),
            "no pandas in {python}"
        );
        eprintln!("skipped: no pandas");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let head = rapsheet_geo::MmdbHead {
        database_type: "GeoLite2-Country",
        description: "made for a test",
        build_epoch: 1_700_000_000,
        ip_version: 4,
    };
    let namibia = serde_json::json!({"continent": {"code": "NA"}, "country": {"iso_code": "NA"}});
    let network = ("81.2.69.0/24".parse().unwrap(), namibia);
    let database = rapsheet_geo::write_mmdb(&head, &[network]).unwrap();
    std::fs::write(folder.join("Country.mmdb"), database).unwrap();
    let log =
        "Jan  2 03:04:05 web sshd[77]: Failed password for root from 81.2.69.160 port 1 ssh2\n";
    std::fs::write(folder.join("auth.log"), log).unwrap();
    let export = [
        "export",
        "details",
        "--geo",
        "Country.mmdb",
        "-o",
        "details.csv",
        "auth.log",
    ];
    assert_eq!(rapsheet(folder, &export).code, 0);
    let script = format!(
        "import pandas\n{}\nrow = details.iloc[0]\nprint(row['country_iso_code'], row['continent_code'], details['city_name'].isna().sum())",
        documented()
    );
    let output = std::process::Command::new(&python)
        .args(["-c", &script])
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "NA NA 1\n",
        "{said}"
    );
}

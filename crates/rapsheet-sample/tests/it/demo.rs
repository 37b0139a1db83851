//! The made-up server: its files can be read, stand by themselves, and hold what the facts say.

use rapsheet_sample::demo::{DemoServer, places, write_server};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::net::IpAddr;
use std::path::Path;

/// The second after the last of the story.
const END: i64 = 1_767_484_800;
const AUTH: [&str; 3] = ["auth.log.2.gz", "auth.log.1", "auth.log"];
const FAIL2BAN: [&str; 2] = ["fail2ban.log.1", "fail2ban.log"];
const MAIL: [&str; 2] = ["mail.log.1", "mail.log"];
const ACCESS: [&str; 2] = ["nginx/access.log.1.gz", "nginx/access.log"];

fn written() -> (tempfile::TempDir, DemoServer) {
    let folder = tempfile::tempdir().unwrap();
    let server = write_server(folder.path()).unwrap();
    (folder, server)
}

/// The text of several files, one after another.
fn text(folder: &Path, names: &[&str]) -> String {
    let mut all = String::new();
    for name in names {
        let bytes = fs::read(folder.join(name)).unwrap();
        if name.ends_with(".gz") {
            flate2::read::GzDecoder::new(bytes.as_slice())
                .read_to_string(&mut all)
                .unwrap();
        } else {
            all.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
    all
}

fn count(text: &str, word: &str) -> u64 {
    text.lines().filter(|line| line.contains(word)).count() as u64
}

fn is_allowed(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            matches!([a, b, c], [192, 0, 2] | [198, 51, 100] | [203, 0, 113])
                || (a == 198 && b & 0xfe == 18)
        }
        IpAddr::V6(v6) => v6.segments()[..2] == [0x2001, 0xdb8],
    }
}

fn holds(network: &str, address: IpAddr) -> bool {
    let (base, length) = network.split_once('/').unwrap();
    let length: u32 = length.parse().unwrap();
    match (base.parse().unwrap(), address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            (u32::from(base) ^ u32::from(address))
                .checked_shr(32 - length)
                .unwrap_or(0)
                == 0
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => {
            (u128::from(base) ^ u128::from(address))
                .checked_shr(128 - length)
                .unwrap_or(0)
                == 0
        }
        _ => false,
    }
}

#[test]
fn same_bytes_twice() {
    let (one, server) = written();
    let (two, _) = written();
    assert_eq!(server.files.len(), 11);
    for path in &server.files {
        let name = path.strip_prefix(one.path()).unwrap();
        assert!(
            fs::read(path).unwrap() == fs::read(two.path().join(name)).unwrap(),
            "{}",
            name.display()
        );
        let times = [path.clone(), two.path().join(name)]
            .map(|path| fs::metadata(path).unwrap().modified().unwrap());
        assert_eq!(times[0], times[1]);
    }
}

#[test]
fn writes_again_but_never_over_real_logs() {
    let (folder, _) = written();
    write_server(folder.path()).unwrap();
    let real = tempfile::tempdir().unwrap();
    fs::write(real.path().join("auth.log"), "real").unwrap();
    let error = write_server(real.path()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(real.path().join("auth.log")).unwrap(), b"real");
}

#[test]
fn addresses_are_allowed_and_have_one_place() {
    let (folder, server) = written();
    let facts = &server.facts;
    let places = places();
    for address in &facts.addresses {
        let address: IpAddr = address.parse().unwrap();
        assert!(is_allowed(address), "{address}");
        assert_eq!(
            places
                .iter()
                .filter(|place| holds(place.network, address))
                .count(),
            1,
            "{address}"
        );
    }
    assert!(!facts.addresses.contains(facts.framed));
    // Whatever looks like an address anywhere in the text is an allowed one, too.
    let all = text(
        folder.path(),
        &[
            AUTH.as_slice(),
            &FAIL2BAN,
            &MAIL,
            &ACCESS,
            &["nginx/error.log"],
        ]
        .concat(),
    );
    let mut found = BTreeSet::new();
    for word in all.split(|c: char| !c.is_ascii_digit() && c != '.') {
        if let Ok(address) = word.parse::<std::net::Ipv4Addr>() {
            found.insert(address);
        }
    }
    found.retain(|address| !is_allowed(IpAddr::V4(*address)));
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        Vec::<std::net::Ipv4Addr>::new()
    );
}

#[test]
fn lines_agree() {
    let (folder, server) = written();
    let mut total = 0;
    for (name, lines) in &server.facts.lines {
        assert_eq!(
            text(folder.path(), &[name]).lines().count() as u64,
            *lines,
            "{name}"
        );
        total += lines;
    }
    assert!(
        (8_000..=12_000).contains(&total),
        "{total} {:?}",
        server.facts.lines
    );
}

#[test]
fn failed_passwords_agree() {
    let (folder, server) = written();
    let auth = text(folder.path(), &AUTH);
    let mut failed: BTreeMap<String, u64> = BTreeMap::new();
    for line in auth
        .lines()
        .filter(|line| line.contains("Failed password for"))
    {
        let words: Vec<&str> = line.trim_end_matches(']').rsplit(' ').collect();
        let times = line.split_once("message repeated ").map_or(1, |(_, rest)| {
            rest.split(' ').next().unwrap().parse::<u64>().unwrap()
        });
        *failed.entry(words[3].to_owned()).or_default() += times;
    }
    let facts = &server.facts;
    assert_eq!(failed, facts.failed_passwords);
    assert_eq!(facts.intruder.failed_before, 57);
    assert_eq!(failed[facts.intruder.address], 57);
    assert_eq!(facts.intruder.users_tried.len(), 9);
    assert_eq!(facts.accepted[facts.intruder.address], 1);
    assert_eq!(
        count(&auth, ": Accepted "),
        facts.accepted.values().sum::<u64>()
    );
    assert!(auth.contains("Accepted password for deploy from 203.0.113.66 port "));
    let slow: u64 = failed
        .iter()
        .filter(|(a, _)| a.starts_with("198.51.100."))
        .map(|(_, n)| n)
        .sum();
    assert_eq!(slow, facts.slow_failed_passwords);
}

#[test]
fn mailboxes_agree() {
    let (folder, server) = written();
    let mail = text(folder.path(), &MAIL);
    let facts = &server.facts;
    // Each attempt at a mailbox stands in the line that ends its connection.
    let mut failed: BTreeMap<String, u64> = BTreeMap::new();
    for line in mail.lines() {
        if let Some((_, rest)) = line.split_once("(auth failed, ") {
            let tries: u64 = rest.split(' ').next().unwrap().parse().unwrap();
            let (_, rest) = rest.split_once("rip=").unwrap();
            *failed
                .entry(rest[..rest.find(',').unwrap()].to_owned())
                .or_default() += tries;
        } else if let Some((_, rest)) = line.split_once("SASL LOGIN authentication failed")
            && rest.starts_with(": ")
        {
            let (_, address) = line.split_once("unknown[").unwrap();
            *failed
                .entry(address[..address.find(']').unwrap()].to_owned())
                .or_default() += 1;
        }
    }
    assert_eq!(failed, facts.mail_failed);
    let logins = count(&mail, "imap-login: Login: ") + count(&mail, "sasl_username=");
    assert_eq!(logins, facts.mail_logins.values().sum::<u64>());
    let intruder = &facts.mail_intruder;
    assert_eq!(intruder.failed_before, 24);
    assert_eq!(failed[intruder.address], 24);
    assert_eq!(facts.mail_logins[intruder.address], 4);
    assert!(intruder.at < END);
    let opened = format!(
        "imap-login: Login: user=<{}>, method=PLAIN, rip={},",
        intruder.user, intruder.address
    );
    assert_eq!(count(&mail, &opened), 1);
    // It opens it once, after everything that failed.
    let at = mail.find(&opened).unwrap();
    assert_eq!(
        count(&mail[at..], "auth=0/"),
        count(&mail[at..], "lost connection after AUTH")
    );
    assert!(!mail[at..].contains("(office@harbor.example,203.0.113.91,"));
}

#[test]
fn bans_agree() {
    let (folder, server) = written();
    let facts = &server.facts;
    let log = text(folder.path(), &FAIL2BAN);
    let observed = log.lines().filter(|line| line.contains(", bad - ")).count() as u64;
    assert_eq!(count(&log, "] Found ") - observed, facts.found);
    assert_eq!(count(&log, "] Ban "), facts.bans);
    assert_eq!(count(&log, "] Unban "), facts.unbans);
    assert_eq!(count(&log, "] Restore Ban "), facts.restored_bans);
    assert_eq!(count(&log, "] Increase Ban "), facts.increased_bans);
    assert_eq!(count(&log, " already banned"), facts.already_banned);
    assert_eq!(facts.bans_of.values().sum::<u64>(), facts.bans);
    assert!(facts.restored_bans > 0 && facts.already_banned > 0);
    assert!(facts.bans_of["192.0.2.144"] >= 20, "{:?}", facts.bans_of);
    assert!(!facts.bans_of.contains_key(facts.intruder.address));
    assert!(
        !facts
            .bans_of
            .keys()
            .any(|address| address.starts_with("198.51.100."))
    );
    assert!(
        !facts
            .bans_of
            .keys()
            .any(|address| address.starts_with("198.18.5."))
    );
}

#[test]
fn database_holds_the_bans() {
    let (folder, server) = written();
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database =
        rusqlite::Connection::open_with_flags(folder.path().join("fail2ban.sqlite3"), flags)
            .unwrap();
    let number = |sql: &str| {
        database
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(number("SELECT version FROM fail2banDb"), 4);
    assert_eq!(
        number("SELECT count(*) FROM bans"),
        server.facts.bans.cast_signed()
    );
    assert_eq!(
        number("SELECT count(DISTINCT jail || ip) FROM bans"),
        number("SELECT count(*) FROM bips")
    );
    assert_eq!(
        number("SELECT count(*) FROM bans WHERE NOT json_valid(data)"),
        0
    );
    assert_eq!(number("SELECT count(*) FROM jails"), 2);
}

#[test]
fn requests_agree() {
    let (folder, server) = written();
    let access = text(folder.path(), &ACCESS);
    assert_eq!(access.lines().count() as u64, server.facts.requests);
    assert!(server.facts.web_probes > 100);
    assert!(
        access
            .contains("203.0.113.66 - - [29/Dec/2025:18:02:04 +0000] \"GET /.env HTTP/1.1\" 404 ")
    );
}

#[test]
fn logs_are_in_order_and_cross_the_new_year() {
    let (folder, _) = written();
    let months: Vec<String> = text(folder.path(), &["auth.log"])
        .lines()
        .map(|line| line[..3].to_owned())
        .collect();
    assert_eq!(
        (months[0].as_str(), months[months.len() - 1].as_str()),
        ("Dec", "Jan")
    );
    let turn = months.iter().position(|month| month == "Jan").unwrap();
    assert!(months[turn..].iter().all(|month| month == "Jan"));
    let log = text(folder.path(), &FAIL2BAN);
    let times: Vec<&str> = log.lines().map(|line| &line[..23]).collect();
    assert!(times.is_sorted());
}

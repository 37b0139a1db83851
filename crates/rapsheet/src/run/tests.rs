//! Roll-ups are counted while logs are read: here each is counted again from single events.

use arrow::util::display::{ArrayFormatter, FormatOptions};
use jiff::tz::TimeZone;
use rapsheet_known::KnownList;
use rapsheet_query::{Engine, Query, queries};

use super::*;
use crate::known::Known;
use crate::memory::Memory;
use crate::printer::Talk;

const KNOWN_KEY: &str = "[[known]]\nkey = \"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"\n";
const KNOWN: &str =
    "[[known]]\nnetwork = \"203.0.113.0/24\"\nnote = \"a network of the examples\"\n";

fn known_to_somebody() -> Known {
    let mut entries = rapsheet_known::parse(KNOWN, "known.toml").unwrap();
    entries.extend(rapsheet_known::parse(KNOWN_KEY, "known.toml").unwrap());
    Known {
        list: KnownList::new(entries),
        ..Known::default()
    }
}

fn plan(paths: Vec<PathBuf>, threads: usize, memory: Memory) -> Plan {
    Plan {
        paths,
        journal: false,
        addresses_only: false,
        timezone: TimeZone::UTC,
        read_timezone: TimeZone::UTC,
        year: None,
        since: None,
        until: None,
        geo: Vec::new(),
        no_geo: true,
        cache: None,
        answers_from: rapsheet_geo::AnswerHost::MaxMind,
        locale: None,
        threads,
        memory,
        // 2026-02-01, when the made-up server's logs have ended.
        now: 1_769_904_000_000_000,
        hide_users: false,
        // An entry by which nothing counts otherwise.
        known: known_to_somebody(),
    }
}

/// The rows of an answer as text, sorted.
fn rows(session: &Session, query: &Query) -> Vec<String> {
    let options = FormatOptions::default().with_null("∅");
    let mut rows = Vec::new();
    for batch in session.run(query).unwrap() {
        let columns: Vec<ArrayFormatter<'_>> = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &options).unwrap())
            .collect();
        rows.extend((0..batch.num_rows()).map(|row| {
            let values = columns.iter().map(|column| column.value(row).to_string());
            values.collect::<Vec<_>>().join("|")
        }));
    }
    rows.sort();
    rows
}

/// Fills the tables of the addresses and the network that `show` is asked for.
fn select_all(run: &Run) {
    for (table, column) in [
        ("selected", "source_ip"),
        ("selected_network", "source_network"),
    ] {
        let columns = format!("SELECT DISTINCT {column} FROM addresses");
        let batches = run.session.run(&Query::sql(&columns)).unwrap();
        let schema = batches[0].schema();
        run.session.register(table, schema, vec![batches]).unwrap();
    }
}

/// What each roll-up holds, and the same counted from single events.
const COUNTED: &[(&str, &str)] = &[
    (
        "SELECT coalesce(p.source_ip, p.source_domain) AS peer, h.name AS host, k.service_name, k.event_dataset, k.event_category, k.event_action, \
         k.event_outcome, k.suspicious, sum(k.events), sum(k.attempts), sum(k.failed_logins), min(k.first_seen), max(k.last_seen) \
         FROM rollup_kind AS k LEFT JOIN peers AS p ON p.address_id = k.address_id LEFT JOIN names AS h ON h.name_id = k.host_id \
         GROUP BY 1, 2, 3, 4, 5, 6, 7, 8",
        "SELECT coalesce(source_ip, source_domain) AS peer, host_name AS host, service_name, event_dataset, event_category, event_action, \
         event_outcome, suspicious, count(*), sum(attempts), \
         coalesce(sum(CASE WHEN suspicious AND event_category = 'authentication' AND event_outcome <> 'success' AND (event_action = 'login' \
           OR user_name IS NOT NULL OR user_exists IS NOT NULL OR reason IN ('too_many_failures', 'root_refused', 'user_not_allowed')) \
           THEN attempts ELSE 0 END), 0), min(timestamp), max(timestamp) \
         FROM events GROUP BY 1, 2, 3, 4, 5, 6, 7, 8",
    ),
    (
        "SELECT coalesce(p.source_ip, p.source_domain) AS peer, c.hour, sum(k.events), sum(k.attempts), sum(k.successes) \
         FROM rollup_hour AS k LEFT JOIN peers AS p ON p.address_id = k.address_id LEFT JOIN clock AS c ON c.hour_id = k.hour_id GROUP BY 1, 2",
        "SELECT coalesce(source_ip, source_domain) AS peer, date_trunc('hour', timestamp), count(*), sum(attempts), \
         coalesce(sum(CASE WHEN event_action = 'login' AND event_outcome = 'success' THEN 1 ELSE 0 END), 0) FROM events GROUP BY 1, 2",
    ),
    (
        "SELECT h.name, k.event_dataset, c.hour, sum(k.events), sum(k.attempts), sum(k.bans) \
         FROM rollup_service AS k LEFT JOIN names AS h ON h.name_id = k.host_id LEFT JOIN clock AS c ON c.hour_id = k.hour_id GROUP BY 1, 2, 3",
        "SELECT host_name, event_dataset, date_trunc('hour', timestamp), count(*), sum(attempts), \
         coalesce(sum(CASE WHEN event_action = 'ban' THEN 1 ELSE 0 END), 0) FROM events GROUP BY 1, 2, 3",
    ),
    (
        "SELECT coalesce(p.source_ip, p.source_domain) AS peer, n.name, sum(k.attempts), sum(k.successes), bool_or(k.user_exists), \
         min(k.first_seen), max(k.last_seen) FROM rollup_user AS k LEFT JOIN peers AS p ON p.address_id = k.address_id \
         JOIN names AS n ON n.name_id = k.user_id GROUP BY 1, 2",
        "SELECT coalesce(source_ip, source_domain) AS peer, user_name, sum(attempts), \
         coalesce(sum(CASE WHEN event_action = 'login' AND event_outcome = 'success' THEN 1 ELSE 0 END), 0), bool_or(user_exists), \
         min(timestamp), max(timestamp) FROM events \
         WHERE user_name IS NOT NULL AND (suspicious OR event_action = 'login') \
           AND (attempts > 0 OR NOT suspicious OR event_category <> 'authentication') GROUP BY 1, 2",
    ),
    (
        "SELECT coalesce(p.source_ip, p.source_domain) AS peer, n.name, k.reason, sum(k.attempts), sum(k.answered), min(k.first_seen), \
         max(k.last_seen) FROM rollup_path AS k LEFT JOIN peers AS p ON p.address_id = k.address_id JOIN names AS n ON n.name_id = k.path_id GROUP BY 1, 2, 3",
        "SELECT coalesce(source_ip, source_domain) AS peer, split_part(split_part(url_original, '?', 1), '#', 1), reason, sum(attempts), \
         coalesce(sum(CASE WHEN event_outcome = 'success' THEN 1 ELSE 0 END), 0), min(timestamp), max(timestamp) \
         FROM events WHERE suspicious AND url_original IS NOT NULL GROUP BY 1, 2, 3",
    ),
    (
        "SELECT p.source_ip, n.name, k.reason, k.http_response_status_code, k.http_response_body_bytes, sum(k.attempts), min(k.first_seen), max(k.last_seen) \
         FROM rollup_answer AS k JOIN peers AS p ON p.address_id = k.address_id JOIN names AS n ON n.name_id = k.path_id GROUP BY 1, 2, 3, 4, 5",
        "SELECT source_ip, split_part(split_part(url_original, '?', 1), '#', 1), reason, http_response_status_code, http_response_body_bytes, sum(attempts), \
         min(timestamp), max(timestamp) FROM events WHERE suspicious AND event_action = 'request' AND http_response_status_code BETWEEN 200 AND 299 \
         GROUP BY 1, 2, 3, 4, 5",
    ),
    (
        "SELECT http_response_status_code, http_response_body_bytes, sum(events) FROM rollup_front GROUP BY 1, 2",
        "SELECT http_response_status_code, http_response_body_bytes, count(*) FROM events \
         WHERE NOT suspicious AND event_action = 'request' AND url_original = '/' AND http_response_status_code BETWEEN 200 AND 299 GROUP BY 1, 2",
    ),
    (
        "SELECT p.source_ip, n.name, k.event_action, sum(k.events) FROM rollup_jail AS k JOIN peers AS p ON p.address_id = k.address_id \
         JOIN names AS n ON n.name_id = k.jail_id GROUP BY 1, 2, 3",
        "SELECT source_ip, fail2ban_jail, event_action, count(*) FROM events WHERE fail2ban_jail IS NOT NULL GROUP BY 1, 2, 3",
    ),
    (
        "SELECT p.source_ip, u.name, k.logged_in_at FROM exact_logins AS k JOIN peers AS p ON p.address_id = k.address_id LEFT JOIN names AS u ON u.name_id = k.user_id",
        "SELECT source_ip, user_name, timestamp FROM events WHERE event_action = 'login' AND event_outcome = 'success'",
    ),
    (
        "SELECT p.source_ip, j.name, k.event_dataset, k.event_action, k.done_at, k.fail2ban_bantime, k.fail2ban_bancount \
         FROM exact_bans AS k JOIN peers AS p ON p.address_id = k.address_id LEFT JOIN names AS j ON j.name_id = k.jail_id",
        "SELECT source_ip, fail2ban_jail, event_dataset, event_action, timestamp, fail2ban_bantime, fail2ban_bancount \
         FROM events WHERE event_action IN ('ban', 'restore_ban', 'increase_ban', 'unban')",
    ),
    (
        "SELECT coalesce(p.source_ip, p.source_domain) AS peer, c.hour, f.service_name, f.event_dataset, f.event_category, f.event_action, \
         f.event_outcome, f.reason, f.suspicious, f.failed_login, h.name, u.name, j.name, w.name, a.name, r.name, f.http_response_status_code, \
         sum(k.events), sum(k.attempts), sum(k.http_response_body_bytes) \
         FROM rollup_facet AS k JOIN facets AS f ON f.facet_id = k.facet_id LEFT JOIN peers AS p ON p.address_id = k.address_id \
         LEFT JOIN clock AS c ON c.hour_id = k.hour_id LEFT JOIN names AS u ON u.name_id = f.user_id LEFT JOIN names AS j ON j.name_id = f.jail_id \
         LEFT JOIN names AS w ON w.name_id = f.path_id LEFT JOIN names AS a ON a.name_id = f.agent_id LEFT JOIN names AS h ON h.name_id = f.host_id \
         LEFT JOIN names AS r ON r.name_id = f.referrer_id GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17",
        "SELECT coalesce(source_ip, source_domain) AS peer, date_trunc('hour', timestamp), service_name, event_dataset, event_category, event_action, \
         event_outcome, CASE WHEN repeats THEN NULL ELSE reason END, suspicious, \
         suspicious AND NOT repeats AND event_category = 'authentication' AND event_outcome <> 'success' AND (event_action = 'login' \
         OR user_name IS NOT NULL OR user_exists IS NOT NULL OR coalesce(reason, '') IN ('too_many_failures', 'root_refused', 'user_not_allowed')), \
         host_name, CASE WHEN repeats THEN NULL ELSE user_name END, fail2ban_jail, \
         CASE WHEN suspicious OR http_response_status_code = 404 THEN split_part(split_part(url_original, '?', 1), '#', 1) END, user_agent_original, \
         nullif(split_part(split_part(split_part(http_referrer, '://', 2), '/', 1), '?', 1), ''), http_response_status_code, \
         count(*), sum(attempts), coalesce(sum(http_response_body_bytes), 0) \
         FROM (SELECT *, suspicious AND attempts = 0 AND event_category = 'authentication' AS repeats FROM events) AS e \
         GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17",
    ),
    (
        "SELECT sum(events), sum(attempts), min(first_seen), max(last_seen) FROM activity",
        "SELECT count(*), sum(attempts), min(timestamp), max(timestamp) FROM events",
    ),
];

#[test]
fn roll_ups_count_what_the_events_tell() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = rapsheet_sample::demo::write_server(folder.path()).unwrap();
    // The made-up server knows addresses only.
    let names = folder.path().join("names.log");
    let line = |minute, user| {
        format!(
            "Jan 20 10:{minute}:00 web1 sshd[9{minute}]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=host.example.net  user={user}\n"
        )
    };
    std::fs::write(&names, [line(10, "root"), line(20, "eva")].concat()).unwrap();
    server.files.push(names);
    let usual = Memory::parse(None).unwrap();
    // Every row goes to disk as soon as it is there.
    let none = Memory {
        of_a_table: 0,
        ..usual
    };
    for (threads, memory) in [(1, usual), (3, usual), (2, none)] {
        let plan = plan(server.files.clone(), threads, memory);
        let wish = Wish {
            activity: true,
            facets: true,
            events: EventsWish::All { message: false },
        };
        let printer = Printer::new(Talk::Quiet, false);
        let run = run(plan, None, wish, false, &printer).unwrap();
        for (rolled_up, told) in COUNTED {
            let expected = rows(&run.session, &Query::sql(told));
            assert!(!expected.is_empty(), "{told}");
            let found = rows(&run.session, &Query::sql(rolled_up));
            assert_eq!(found, expected, "{rolled_up}, {threads} threads");
        }
        select_all(&run);
        for name in queries().filter(|name| name.starts_with("tables/")) {
            let query = Query::shipped(name).unwrap();
            assert!(!rows(&run.session, &query).is_empty(), "{name} has rows");
        }
    }
}

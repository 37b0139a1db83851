//! A small server made by hand, as the tables that reading makes of it, and answers as text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, StringArray};
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use rapsheet_query::{Engine, Query, Session, SessionOptions};
use rapsheet_schema::{
    Column, ROLL_UPS, activity, clock, exact_bans, exact_logins, facets, mistyped, names, peers,
    schema_of,
};

/// 2026-01-05 (a Monday) 00:00:00 UTC, in seconds.
pub(crate) const MONDAY: i64 = 1_767_571_200;

/// Some events that are alike; times are seconds after [`MONDAY`].
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) service: &'static str,
    pub(crate) action: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) suspicious: bool,
    pub(crate) reason: Option<&'static str>,
    pub(crate) ip: Option<&'static str>,
    pub(crate) domain: Option<&'static str>,
    pub(crate) user: Option<&'static str>,
    pub(crate) exists: Option<bool>,
    pub(crate) method: Option<&'static str>,
    pub(crate) jail: Option<&'static str>,
    pub(crate) bantime: Option<i64>,
    pub(crate) path: Option<&'static str>,
    pub(crate) bytes: Option<i64>,
    pub(crate) events: i64,
    pub(crate) attempts: i64,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

fn row(service: &'static str, action: &'static str, ip: &'static str, first: i64) -> Row {
    Row {
        service,
        action,
        outcome: "unknown",
        suspicious: false,
        reason: None,
        ip: Some(ip),
        domain: None,
        user: None,
        exists: None,
        method: None,
        jail: None,
        bantime: None,
        path: None,
        bytes: None,
        events: 1,
        attempts: 0,
        first,
        last: first,
    }
}

/// Failed passwords of one user within one hour.
pub(crate) fn failed(ip: &'static str, user: &'static str, attempts: i64, first: i64) -> Row {
    Row {
        outcome: "failure",
        suspicious: true,
        reason: Some("failed_password"),
        user: Some(user),
        events: attempts,
        attempts,
        last: first + attempts - 1,
        ..row("sshd", "login", ip, first)
    }
}

/// What a row says where the log has a host name and no address.
pub(crate) fn under_name(row: Row, domain: &'static str) -> Row {
    Row {
        ip: None,
        domain: Some(domain),
        ..row
    }
}

/// A successful login.
pub(crate) fn accepted(ip: &'static str, user: &'static str, method: &'static str, at: i64) -> Row {
    Row {
        outcome: "success",
        user: Some(user),
        exists: Some(true),
        method: Some(method),
        ..row("sshd", "login", ip, at)
    }
}

/// One of fail2ban's events.
pub(crate) fn jailed(action: &'static str, ip: &'static str, jail: &'static str, at: i64) -> Row {
    Row {
        suspicious: action != "unban",
        jail: Some(jail),
        ..row("fail2ban", action, ip, at)
    }
}

/// A suspicious request.
pub(crate) fn probed(
    ip: &'static str,
    path: &'static str,
    reason: &'static str,
    outcome: &'static str,
    at: i64,
) -> Row {
    Row {
        outcome,
        suspicious: true,
        reason: Some(reason),
        path: Some(path),
        // Each path has a page of its own.
        bytes: Some(100 + path.len() as i64),
        attempts: 1,
        ..row("nginx", "request", ip, at)
    }
}

fn network(ip: &str) -> String {
    let ip = rapsheet_schema::parse_address(ip).unwrap();
    rapsheet_schema::format_network(ip)
}

/// One value of a table.
enum Cell {
    Null,
    Number(i64),
    Flag(bool),
    Text(String),
}

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

fn time(second: i64) -> Cell {
    Cell::Number((MONDAY + second) * 1_000_000)
}

/// Makes a batch of cells, column by column.
fn batch_of(columns: &[Column], rows: &[Vec<Cell>]) -> RecordBatch {
    let schema = schema_of(columns);
    let arrays = schema.fields().iter().enumerate().map(|(at, field)| {
        let column = || rows.iter().map(|row| &row[at]);
        let array: ArrayRef = match field.data_type() {
            DataType::Utf8 => Arc::new(
                column()
                    .map(|cell| match cell {
                        Cell::Text(text) => Some(text.as_str()),
                        _ => None,
                    })
                    .collect::<StringArray>(),
            ),
            DataType::Boolean => Arc::new(
                column()
                    .map(|cell| match cell {
                        Cell::Flag(flag) => Some(*flag),
                        _ => None,
                    })
                    .collect::<BooleanArray>(),
            ),
            _ => Arc::new(
                column()
                    .map(|cell| match cell {
                        Cell::Number(number) => Some(*number),
                        _ => None,
                    })
                    .collect::<Int64Array>(),
            ),
        };
        arrow::compute::cast(&array, field.data_type()).unwrap()
    });
    let arrays = arrays.collect();
    RecordBatch::try_new(schema, arrays).unwrap()
}

const HOST: &str = "web1";

impl Row {
    fn category(&self) -> &'static str {
        match self.service {
            "sshd" | "dovecot" | "postfix" => "authentication",
            "fail2ban" => "intrusion_detection",
            _ => "web",
        }
    }

    fn is_login(&self) -> bool {
        self.action == "login" && self.outcome == "success"
    }

    fn failed_logins(&self) -> i64 {
        let refusals = ["too_many_failures", "root_refused", "user_not_allowed"];
        let is_failed = self.suspicious
            && self.category() == "authentication"
            && self.outcome != "success"
            && (self.action == "login"
                || self.user.is_some()
                || self.exists.is_some()
                || self.reason.is_some_and(|reason| refusals.contains(&reason)));
        if is_failed { self.attempts } else { 0 }
    }

    fn failures(&self) -> i64 {
        match self.reason {
            Some("failed_publickey") => 0,
            _ => self.failed_logins(),
        }
    }

    /// Whether it counts in a roll-up.
    fn is_in(&self, roll_up: &str) -> bool {
        match roll_up {
            "rollup_user" => self.user.is_some() && (self.suspicious || self.action == "login"),
            "rollup_path" => self.suspicious && self.path.is_some(),
            "rollup_answer" => self.suspicious && self.path.is_some() && self.outcome == "success",
            "rollup_front" => !self.suspicious && self.path == Some("/"),
            "rollup_jail" => self.jail.is_some(),
            _ => true,
        }
    }

    const fn hour(&self) -> i64 {
        (MONDAY + self.first) / 3_600
    }

    /// What it is, and the names that it bears.
    fn facet(&self) -> impl Ord + use<> {
        let what = (self.service, self.action, self.outcome, self.suspicious);
        (what, self.reason, self.user, self.jail, self.path)
    }
}

/// The ids that rows have for what they name.
struct Ids<'r> {
    rows: &'r [Row],
    peers: Vec<&'static str>,
    names: BTreeSet<&'static str>,
    /// A row of each facet, in the order of the facets.
    facets: Vec<&'r Row>,
}

impl<'r> Ids<'r> {
    fn of(rows: &'r [Row]) -> Self {
        let mut peers = Vec::new();
        let mut names = BTreeSet::from([HOST]);
        for row in rows {
            let peer = row.ip.or(row.domain);
            peers.extend(peer.filter(|peer| !peers.contains(peer)));
            names.extend([row.user, row.path, row.jail].into_iter().flatten());
        }
        peers.sort_unstable();
        let mut facets: Vec<&Row> = rows.iter().collect();
        facets.sort_by_key(|row| row.facet());
        facets.dedup_by_key(|row| row.facet());
        Self {
            rows,
            peers,
            names,
            facets,
        }
    }

    fn peer(&self, row: &Row) -> Cell {
        let place = row
            .ip
            .or(row.domain)
            .and_then(|peer| self.peers.iter().position(|known| *known == peer));
        place.map_or(Cell::Null, |place| Cell::Number(place as i64 + 1))
    }

    fn name(&self, name: Option<&str>) -> Cell {
        let place = name.and_then(|name| self.names.iter().position(|known| *known == name));
        place.map_or(Cell::Null, |place| Cell::Number(place as i64 + 1))
    }

    fn logins_before(&self, row: &Row) -> i64 {
        let earlier = self.rows.iter().filter(|other| {
            other.ip.is_some() && other.ip == row.ip && other.is_login() && other.first < row.first
        });
        earlier.count() as i64
    }

    fn user_logins(&self, row: &Row) -> i64 {
        let earlier = self.rows.iter().filter(|other| {
            other.ip == row.ip
                && other.user == row.user
                && other.is_login()
                && other.first < row.first
        });
        earlier.count() as i64
    }

    /// Failures of a login's address before it: those of the same user since that user's last login, those of others since the
    /// address' last.
    fn failures_before(&self, login: &Row, own: bool) -> Vec<&'r Row> {
        let logins = self
            .rows
            .iter()
            .filter(|row| row.ip == login.ip && row.is_login() && row.first < login.first);
        let since = logins
            .filter(|row| !own || row.user == login.user)
            .map(|row| row.first)
            .max();
        let rows = self.rows.iter().filter(|row| {
            row.ip == login.ip
                && row.failures() > 0
                && (row.user == login.user) == own
                && row.first < login.first
                && since.is_none_or(|since| row.first > since)
        });
        rows.collect()
    }

    fn all_before(&self, login: &Row) -> Vec<&'r Row> {
        [true, false]
            .iter()
            .flat_map(|own| self.failures_before(login, *own))
            .collect()
    }

    /// Failures that a login of the same user shows to be mistyped.
    fn mistyped(&self) -> Vec<Vec<Cell>> {
        let logins = self.rows.iter().filter(|row| row.is_login());
        let rows = logins.filter_map(|login| {
            let own = self.failures_before(login, true);
            let own: i64 = own.iter().map(|row| row.failures()).sum();
            (1..=3)
                .contains(&own)
                .then(|| vec![self.peer(login), Cell::Number(own)])
        });
        rows.collect()
    }

    /// Failures of the other addresses of a login's network, and how many addresses these are.
    fn network_before(&self, login: &Row) -> (i64, i64) {
        let mut of_address: BTreeMap<&str, Vec<(i64, bool, i64)>> = BTreeMap::new();
        for row in self.rows {
            let (Some(ip), Some(own)) = (row.ip, login.ip) else {
                continue;
            };
            if ip != own && network(ip) == network(own) && row.last <= login.first {
                let step = (row.first, row.is_login(), row.failures());
                of_address.entry(ip).or_default().push(step);
            }
        }
        let mut before = (0, 0);
        for steps in of_address.values_mut() {
            steps.sort_unstable();
            let (mut hostile, mut open) = (0, 0);
            for (_, is_login, failures) in steps {
                if *is_login {
                    hostile += if open <= 3 { 0 } else { open };
                    open = 0;
                }
                open += *failures;
            }
            hostile += open;
            before = (before.0 + hostile, before.1 + i64::from(hostile > 0));
        }
        before
    }

    fn cell(&self, column: &str, row: &Row) -> Cell {
        let optional = |word: Option<&str>| word.map_or(Cell::Null, text);
        match column {
            "address_id" => self.peer(row),
            "host_id" => self.name(Some(HOST)),
            "user_id" => self.name(row.user),
            "path_id" => self.name(row.path),
            "jail_id" => self.name(row.jail),
            "agent_id" | "referrer_id" => Cell::Null,
            "facet_id" => {
                let place = self
                    .facets
                    .iter()
                    .position(|known| known.facet() == row.facet());
                place.map_or(Cell::Null, |place| Cell::Number(place as i64 + 1))
            }
            "hour_id" => Cell::Number(row.hour()),
            "service_name" | "event_dataset" => text(row.service),
            "event_category" => text(row.category()),
            "event_action" => text(row.action),
            "event_outcome" => text(row.outcome),
            "suspicious" => Cell::Flag(row.suspicious),
            "reason" => optional(row.reason),
            "openssh_auth_method" => optional(row.method),
            // Each user has a key.
            "openssh_auth_key" => match (row.method, row.user) {
                (Some("publickey"), Some(user)) => text(format!("SHA256:{user}")),
                _ => Cell::Null,
            },
            "user_exists" => row.exists.map_or(Cell::Null, Cell::Flag),
            "logins_before" => Cell::Number(self.logins_before(row)),
            "events" => Cell::Number(row.events),
            "attempts" => Cell::Number(row.attempts),
            "successes" => Cell::Number(if row.is_login() { row.events } else { 0 }),
            "bans" => Cell::Number(if row.action == "ban" { row.events } else { 0 }),
            "wanted" => Cell::Flag(true),
            "user_logins" => Cell::Number(self.user_logins(row)),
            "failures" => {
                let before = self.all_before(row);
                Cell::Number(before.iter().map(|row| row.failures()).sum())
            }
            "user_failures" => {
                let before = self.failures_before(row, true);
                Cell::Number(before.iter().map(|row| row.failures()).sum())
            }
            "user_names" => {
                let before = self.all_before(row);
                let names: BTreeSet<_> = before.iter().filter_map(|row| row.user).collect();
                Cell::Number(names.len() as i64)
            }
            "first_failure" => {
                let before = self.all_before(row);
                let first = before.iter().map(|row| row.first).min();
                first.map_or(Cell::Null, time)
            }
            "failures_elsewhere" => Cell::Number(0),
            "http_response_status_code" => Cell::Number(200),
            "http_response_body_bytes" => row.bytes.map_or(Cell::Null, Cell::Number),
            "failed_logins" => Cell::Number(row.failed_logins()),
            "failed_login" => Cell::Flag(row.failed_logins() > 0),
            "answered" => Cell::Number(if row.outcome == "success" {
                row.events
            } else {
                0
            }),
            "first_seen" | "logged_in_at" | "done_at" => time(row.first),
            "last_seen" => time(row.last),
            "fail2ban_bantime" => row.bantime.map_or(Cell::Null, Cell::Number),
            "fail2ban_bancount" => Cell::Null,
            "network_failures" => Cell::Number(self.network_before(row).0),
            "network_addresses" => Cell::Number(self.network_before(row).1),
            other => panic!("nothing is known of the column {other}"),
        }
    }

    fn table(&self, columns: &[Column], is_in: impl Fn(&Row) -> bool) -> RecordBatch {
        let rows: Vec<Vec<Cell>> = self
            .rows
            .iter()
            .filter(|row| is_in(row))
            .map(|row| {
                let cells = columns.iter().map(|column| self.cell(column.name, row));
                cells.collect()
            })
            .collect();
        batch_of(columns, &rows)
    }
}

/// The tables that reading makes, of these rows.
pub(crate) fn tables(rows: &[Row]) -> Vec<(&'static str, RecordBatch)> {
    let ids = Ids::of(rows);
    let mut tables: Vec<(&str, RecordBatch)> = ROLL_UPS
        .iter()
        .map(|roll_up| {
            let table = ids.table(&roll_up.columns(), |row| row.is_in(roll_up.name));
            (roll_up.name, table)
        })
        .collect();
    let bans = ["ban", "restore_ban", "increase_ban", "unban"];
    tables.push(("exact_logins", ids.table(&exact_logins(), Row::is_login)));
    tables.push((
        "exact_bans",
        ids.table(&exact_bans(), |row| bans.contains(&row.action)),
    ));
    tables.push(("mistyped", batch_of(&mistyped(), &ids.mistyped())));
    let peer_rows: Vec<Vec<Cell>> = (1..)
        .zip(&ids.peers)
        .map(|(id, peer)| match rapsheet_schema::parse_address(peer) {
            Some(_) => vec![
                Cell::Number(id),
                text(*peer),
                text(network(peer)),
                Cell::Null,
            ],
            None => vec![Cell::Number(id), Cell::Null, Cell::Null, text(*peer)],
        })
        .collect();
    tables.push(("peers", batch_of(&peers(), &peer_rows)));
    let facet_rows: Vec<Vec<Cell>> = ids
        .facets
        .iter()
        .map(|row| {
            facets()
                .iter()
                .map(|column| ids.cell(column.name, row))
                .collect()
        })
        .collect();
    tables.push(("facets", batch_of(&facets(), &facet_rows)));
    let name_rows: Vec<Vec<Cell>> = (1..)
        .zip(&ids.names)
        .map(|(id, name)| vec![Cell::Number(id), text(*name)])
        .collect();
    tables.push(("names", batch_of(&names(), &name_rows)));
    let hours: BTreeSet<i64> = rows.iter().map(Row::hour).collect();
    let clock_rows: Vec<Vec<Cell>> = hours
        .into_iter()
        .map(|hour| {
            let since = hour * 3_600 - MONDAY;
            vec![
                Cell::Number(hour),
                time(since),
                text(format!("2026-01-{:02}", 5 + since / 86_400)),
                Cell::Number(1 + since / 86_400 % 7),
                Cell::Number(since / 3_600 % 24),
            ]
        })
        .collect();
    tables.push(("clock", batch_of(&clock(), &clock_rows)));
    tables.push(("activity", activity_of(rows)));
    tables
}

/// The wide roll-up of these rows.
fn activity_of(rows: &[Row]) -> RecordBatch {
    let ids = Ids::of(rows);
    let optional = |word: Option<&str>| word.map_or(Cell::Null, text);
    let columns = activity();
    let cells: Vec<Vec<Cell>> = rows
        .iter()
        .map(|row| {
            let cell = |column: &Column| match column.name {
                "hour" => time(row.first / 3_600 * 3_600),
                "weekday" => Cell::Number(1 + row.first / 86_400 % 7),
                "hour_of_day" => Cell::Number(row.first / 3_600 % 24),
                "day" => text(format!("2026-01-{:02}", 5 + row.first / 86_400)),
                "host_name" => text(HOST),
                "source_ip" => optional(row.ip),
                "source_network" => row.ip.map_or(Cell::Null, |ip| text(network(ip))),
                "source_domain" => optional(row.domain),
                "user_name" => optional(row.user),
                "fail2ban_jail" => optional(row.jail),
                "url_path" => optional(row.path),
                "user_agent_original" => Cell::Null,
                other => ids.cell(other, row),
            };
            columns.iter().map(cell).collect()
        })
        .collect();
    batch_of(&columns, &cells)
}

/// A session that holds these rows, and whose other tables are empty.
pub(crate) fn session(rows: &[Row]) -> Session {
    let session = Session::new(&SessionOptions::default()).unwrap();
    for (name, batch) in tables(rows) {
        session
            .register(name, batch.schema(), vec![vec![batch]])
            .unwrap();
    }
    empty(&session);
    session
}

/// Registers the tables that hold nothing here.
pub(crate) fn empty(session: &Session) {
    let empty = [
        ("coverage", rapsheet_schema::coverage()),
        ("unknown_lines", rapsheet_schema::unknown_lines()),
        ("events", rapsheet_schema::events()),
    ];
    for (name, columns) in empty {
        session
            .register(name, schema_of(&columns), Vec::new())
            .unwrap();
    }
}

/// Fills `selected` with these addresses, which are no network.
pub(crate) fn select(session: &Session, addresses: &[&str]) {
    select_of(session, addresses, &[]);
}

/// Fills `selected` with these addresses, and `selected_network` with their network.
pub(crate) fn select_of(session: &Session, addresses: &[&str], network: &[&str]) {
    use arrow::datatypes::{DataType, Field, Schema};
    for (table, column, values) in [
        ("selected", "source_ip", addresses),
        ("selected_network", "source_network", network),
    ] {
        let schema = Schema::new(vec![Field::new(column, DataType::Utf8, false)]);
        let column: ArrayRef = Arc::new(StringArray::from_iter_values(values));
        let batch = RecordBatch::try_new(Arc::new(schema), vec![column]).unwrap();
        session
            .register(table, batch.schema(), vec![vec![batch]])
            .unwrap();
    }
}

/// Fills a table with rows; what they do not name is absent, or 0 where it may not be.
pub(crate) fn fill(session: &Session, table: &str, columns: &[Column], values: &[&[(&str, &str)]]) {
    let schema = schema_of(columns);
    let made = schema.fields().iter().map(|field| {
        let texts = values.iter().map(|row| {
            let value = row.iter().find(|(name, _)| name == field.name());
            let value = value.map(|(_, value)| *value);
            value.or((!field.is_nullable()).then_some("0"))
        });
        let texts: ArrayRef = Arc::new(texts.collect::<StringArray>());
        arrow::compute::cast(&texts, field.data_type()).unwrap()
    });
    let batch = RecordBatch::try_new(Arc::clone(&schema), made.collect()).unwrap();
    session.register(table, schema, vec![vec![batch]]).unwrap();
}

/// Runs a query and writes each row as its values between bars.
pub(crate) fn lines(session: &Session, query: &Query) -> Vec<String> {
    let options = FormatOptions::default().with_null("∅");
    let mut lines = Vec::new();
    for batch in session
        .run(query)
        .unwrap_or_else(|error| panic!("{}: {error}", query.text()))
    {
        let columns: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &options).unwrap())
            .collect();
        for row in 0..batch.num_rows() {
            let values: Vec<String> = columns
                .iter()
                .map(|column| column.value(row).to_string())
                .collect();
            lines.push(values.join("|"));
        }
    }
    lines
}

/// Runs SQL as [`lines`] does.
pub(crate) fn sql(session: &Session, text: &str) -> Vec<String> {
    lines(session, &Query::sql(text))
}

/// An attacker that gets in, one that returns after bans, a prober that gets a secret, an admin who mistypes, and a
/// network whose addresses try a little each.
pub(crate) fn server() -> Vec<Row> {
    let mut rows = vec![
        failed("192.0.2.7", "root", 40, 3_600),
        failed("192.0.2.7", "admin", 2, 3_700),
        accepted("192.0.2.7", "admin", "password", 3_900),
        failed("198.51.100.9", "root", 5, 100),
        jailed("ban", "198.51.100.9", "sshd", 110),
        jailed("unban", "198.51.100.9", "sshd", 710),
        Row {
            bantime: Some(86_400),
            ..jailed("ban", "198.51.100.9", "sshd", 1_000)
        },
        jailed("restore_ban", "198.51.100.9", "sshd", 2_000),
        probed("2001:db8::5", "/.env", "probe_secrets", "success", 7_200),
        probed(
            "2001:db8::5",
            "/wp-login.php",
            "probe_wordpress",
            "failure",
            7_201,
        ),
        failed("203.0.113.200", "eva", 1, 90_000),
        accepted("203.0.113.200", "eva", "password", 90_030),
    ];
    for ip in [
        "203.0.113.1",
        "203.0.113.2",
        "203.0.113.3",
        "203.0.113.4",
        "203.0.113.5",
    ] {
        rows.push(failed(ip, "backup", 3, 50_000));
    }
    rows
}

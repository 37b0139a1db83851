//! A small hand-made `activity`, and answers as text.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use rapsheet_query::{Engine, Query, Session, SessionOptions};
use rapsheet_schema::{Column, activity, schema_of};

/// 2026-01-05 (a Monday) 00:00:00 UTC, in seconds.
pub(crate) const MONDAY: i64 = 1_767_571_200;

/// One row of `activity`; times are seconds after [`MONDAY`].
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
        attempts: 1,
        ..row("nginx", "request", ip, at)
    }
}

fn network(ip: &str) -> String {
    let ip = rapsheet_schema::parse_address(ip).unwrap();
    rapsheet_schema::format_network(ip)
}

/// Makes the Arrow table.
pub(crate) fn batch(rows: &[Row]) -> RecordBatch {
    let text = |get: &dyn Fn(&Row) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(get).collect::<StringArray>())
    };
    let word = |get: fn(&Row) -> Option<&'static str>| text(&|row| get(row).map(str::to_owned));
    let whole = |get: &dyn Fn(&Row) -> Option<i64>| -> ArrayRef {
        Arc::new(rows.iter().map(get).collect::<Int64Array>())
    };
    let time = |get: &dyn Fn(&Row) -> i64| -> ArrayRef {
        let micros = rows.iter().map(|row| (MONDAY + get(row)) * 1_000_000);
        Arc::new(TimestampMicrosecondArray::from_iter_values(micros).with_timezone("UTC"))
    };
    let schema = schema_of(&activity());
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| match field.name().as_str() {
            "hour" => time(&|row| row.first / 3600 * 3600),
            "weekday" => whole(&|row| Some(1 + row.first / 86_400 % 7)),
            "hour_of_day" => whole(&|row| Some(row.first / 3600 % 24)),
            "day" => text(&|row| Some(format!("2026-01-{:02}", 5 + row.first / 86_400))),
            "host_name" => text(&|_| Some("web1".to_owned())),
            "service_name" => word(|row| Some(row.service)),
            "event_dataset" => word(|row| Some(row.service)),
            "event_action" => word(|row| Some(row.action)),
            "event_outcome" => word(|row| Some(row.outcome)),
            "suspicious" => Arc::new(BooleanArray::from_iter(
                rows.iter().map(|row| Some(row.suspicious)),
            )),
            "reason" => word(|row| row.reason),
            "source_ip" => word(|row| row.ip),
            "source_domain" => word(|row| row.domain),
            "source_network" => text(&|row| row.ip.map(network)),
            "user_name" => word(|row| row.user),
            "user_exists" => Arc::new(rows.iter().map(|row| row.exists).collect::<BooleanArray>()),
            "openssh_auth_method" => word(|row| row.method),
            "fail2ban_jail" => word(|row| row.jail),
            "fail2ban_bantime" => whole(&|row| row.bantime),
            "url_path" => word(|row| row.path),
            "logins_before" => whole(&|row| {
                let earlier = rows.iter().filter(|other| {
                    other.ip.is_some()
                        && other.ip == row.ip
                        && other.action == "login"
                        && other.outcome == "success"
                        && other.first < row.first
                });
                i64::try_from(earlier.count()).ok()
            }),
            "events" => whole(&|row| Some(row.events)),
            "attempts" => whole(&|row| Some(row.attempts)),
            "first_seen" => time(&|row| row.first),
            "last_seen" => time(&|row| row.last),
            _ => arrow::array::new_null_array(field.data_type(), rows.len()),
        })
        .collect();
    RecordBatch::try_new(schema, columns).unwrap()
}

/// A session whose `activity` holds these rows, and whose other tables are empty.
pub(crate) fn session(rows: &[Row]) -> Session {
    let session = Session::new(&SessionOptions::default()).unwrap();
    let batch = batch(rows);
    session
        .register("activity", batch.schema(), vec![vec![batch]])
        .unwrap();
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
    session
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

//! Suspicious events of which somebody says that they are nothing: they stay, and are no evidence.

use arrow::array::AsArray;
use rapsheet_read::{EventsWish, Options, gather};
use rapsheet_schema::Event;

use crate::settling::{attempts, write};

const LOG: &str = "2026-07-12T12:00:00+00:00 s sshd[1]: Failed password for bob from 192.0.2.7 port 5000 ssh2\n\
                   2026-07-12T12:01:00+00:00 s sshd[2]: Failed password for bob from 192.0.2.8 port 5001 ssh2\n\
                   2026-07-12T12:02:00+00:00 s sshd[3]: Failed password for bob from 192.0.2.7 port 5002 ssh2\n";

#[test]
fn what_is_nothing_is_told_and_counts_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("auth.log"), LOG);
    // Those of one address before 12:01:30.
    let harmless = |event: &Event<'_>, at: Option<i64>| {
        event.source_ip == "192.0.2.7".parse().ok() && at < Some(1_783_857_690_000_000)
    };
    let gathered = gather(&Options {
        threads: 2,
        activity: true,
        events: EventsWish::All { message: false },
        harmless: Some(&harmless),
        ..Options::new(vec![folder.path().join("auth.log")], 1_790_000_000_000_000)
    });
    let told: Vec<(i64, bool)> = gathered
        .events
        .iter()
        .flatten()
        .flat_map(|batch| {
            let suspicious = batch.column_by_name("suspicious").unwrap().as_boolean();
            let lines = batch.column_by_name("log_line").unwrap();
            let lines = lines.as_primitive::<arrow::datatypes::Int64Type>();
            (0..batch.num_rows()).map(move |row| (lines.value(row), suspicious.value(row)))
        })
        .collect();
    assert_eq!(told, [(1, false), (2, true), (3, true)]);
    let attempts = attempts(&gathered);
    assert_eq!(attempts["192.0.2.7"], 1);
    assert_eq!(attempts["192.0.2.8"], 1);
}

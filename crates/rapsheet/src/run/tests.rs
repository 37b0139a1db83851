//! Rows of `activity` are put together before they reach a shipped query. Nobody may see that in an answer.

use arrow::util::display::{ArrayFormatter, FormatOptions};
use jiff::tz::TimeZone;
use rapsheet_query::{Engine, Query, queries};

use super::*;
use crate::printer::Talk;

fn plan(paths: Vec<PathBuf>, threads: usize) -> Plan {
    Plan {
        paths,
        journal: false,
        addresses_only: false,
        timezone: TimeZone::UTC,
        year: None,
        since: None,
        until: None,
        geo: Vec::new(),
        no_geo: true,
        cache: None,
        locale: None,
        threads,
        // 2026-02-01, when the made-up server's logs have ended.
        now: 1_769_904_000_000_000,
        hide_users: false,
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

#[test]
fn shipped_queries_answer_the_same_from_merged_rows_and_from_single_ones() {
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
    for threads in [1, 3] {
        let plan = plan(server.files.clone(), threads);
        let wish = EventsWish::All { message: true };
        let printer = Printer::new(Talk::Quiet, false);
        let run = run(plan, None, wish, false, &printer).unwrap();
        select_all(&run);
        for name in queries() {
            let shipped = Query::shipped(name).unwrap();
            // The same text without the name is a person's question, which sees every row.
            let asked = shipped
                .parameters()
                .iter()
                .fold(Query::sql(shipped.text()), |query, (name, value)| {
                    query.with(name, value.clone())
                });
            let merged = rows(&run.session, &shipped);
            assert_eq!(
                merged,
                rows(&run.session, &asked),
                "{name}, {threads} threads"
            );
            if name.starts_with("tables/") {
                assert!(!merged.is_empty(), "{name} has rows to compare");
            }
        }
    }
}

#[test]
fn there_are_rows_that_merge() {
    let folder = tempfile::tempdir().unwrap();
    let server = rapsheet_sample::demo::write_server(folder.path()).unwrap();
    let parts = gather(&plan(server.files, 2), EventsWish::None, false).activity;
    let single: usize = parts.iter().map(rapsheet_read::ActivityPart::rows).sum();
    let merged: usize = parts
        .iter()
        .flat_map(|part| part.merged(&[], &[]).unwrap())
        .map(|batch| batch.num_rows())
        .sum();
    assert!(0 < merged && merged * 2 < single, "{merged} of {single}");
}

//! A row of a roll-up may come in parts, which must not change an answer.

use proptest::prelude::*;
use rapsheet_query::{Query, queries};

use crate::rows::{Row, lines, select, server, session};

/// Splits a row in two with the same key, where it stands for more than one event.
fn split(row: &Row, at: i64) -> Vec<Row> {
    if row.events < 2 {
        return vec![row.clone()];
    }
    let events = 1 + at % (row.events - 1);
    let one = Row {
        events,
        attempts: events.min(row.attempts),
        last: row.first + events - 1,
        ..row.clone()
    };
    let two = Row {
        events: row.events - events,
        attempts: row.attempts - one.attempts,
        first: row.first + events,
        ..row.clone()
    };
    vec![two, one]
}

fn all_answers(rows: &[Row]) -> Vec<(&'static str, Vec<String>)> {
    let session = session(rows);
    select(&session, &["192.0.2.7", "198.51.100.9"]);
    queries()
        // The rows of the roll-up as they are: whoever packs them for the page adds them up, and has a test for that.
        .filter(|name| *name != "report/activity")
        .map(|name| {
            let mut lines = lines(&session, &Query::shipped(name).unwrap());
            // Tables have no order.
            if name.starts_with("tables/") {
                lines.sort();
            }
            (name, lines)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, ..ProptestConfig::default() })]
    #[test]
    fn partial_rows_never_change_an_answer(at in 0_i64..1_000) {
        let whole = server();
        let parts: Vec<Row> = whole.iter().rev().flat_map(|row| split(row, at)).collect();
        for (one, two) in all_answers(&whole).iter().zip(all_answers(&parts)) {
            prop_assert_eq!(one, &two);
        }
    }
}

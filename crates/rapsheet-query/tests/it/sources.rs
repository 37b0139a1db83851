//! Tables that are made on demand: what a join turned out to need reaches whoever makes the rows.

use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::error::ArrowError;
use rapsheet_query::{Query, Session, SessionOptions, Source};
use rapsheet_schema::{Condition, activity, schema_of};

use crate::made::{batch, lines, server, session};

/// `activity` as it stands, and what was asked of it.
#[derive(Debug)]
struct Watched {
    rows: RecordBatch,
    asked: Mutex<Vec<Condition>>,
}

impl Watched {
    /// The distinct values of a column, in their order.
    fn values(&self, column: usize) -> Vec<Option<String>> {
        let mut values = vec![None];
        for value in self.rows.column(column).as_string::<i32>() {
            let value = value.map(str::to_owned);
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values
    }
}

impl Source for Watched {
    fn rows(&self) -> usize {
        self.rows.num_rows()
    }

    fn batches(&self) -> usize {
        1
    }

    fn batch(&self, _: usize, projection: &[usize]) -> Result<RecordBatch, ArrowError> {
        self.rows.project(projection)
    }

    fn estimate(&self, _: &[usize], conditions: &[Condition]) -> usize {
        let successes = Condition::OneOf {
            column: "event_outcome".to_owned(),
            words: vec!["success".to_owned()],
        };
        if conditions.contains(&successes) {
            2
        } else {
            1_000_000
        }
    }

    fn distinct(&self, column: usize) -> Option<ArrayRef> {
        let schema = self.rows.schema();
        (schema.field(column).name() == "source_network").then(|| {
            let values: arrow::array::StringArray = self.values(column).into_iter().collect();
            Arc::new(values) as ArrayRef
        })
    }

    fn merged(
        &self,
        projection: &[usize],
        conditions: &[Condition],
    ) -> Result<Vec<RecordBatch>, ArrowError> {
        self.asked.lock().unwrap().extend_from_slice(conditions);
        Ok(vec![self.rows.project(projection)?])
    }
}

#[test]
fn only_networks_that_logged_in_are_asked_for_their_failures() {
    let rows = server();
    let watched = Arc::new(Watched {
        rows: batch(&rows),
        asked: Mutex::default(),
    });
    let made = Session::new(&SessionOptions::default()).unwrap();
    let source: Arc<dyn Source> = Arc::clone(&watched) as _;
    made.register_sources("activity", schema_of(&activity()), vec![source], &[])
        .unwrap();
    let query = Query::shipped("tables/logins").unwrap();
    let mut answer = lines(&made, &query);
    let mut expected = lines(&session(&rows), &query);
    answer.sort();
    expected.sort();
    assert_eq!(answer, expected);
    assert_eq!(answer.len(), 2);

    let index = watched.rows.schema().index_of("source_network").unwrap();
    let asked = watched.asked.lock().unwrap();
    let kept = asked.iter().find_map(|condition| match condition {
        Condition::Among { column, kept } if column == "source_network" => Some(kept),
        _ => None,
    });
    let values = watched.values(index);
    let kept: Vec<&str> = kept
        .expect("the join's networks reach the source")
        .iter()
        .zip(&values)
        .filter_map(|(kept, value)| value.as_deref().filter(|_| *kept))
        .collect();
    assert_eq!(kept, ["192.0.2.0/24", "203.0.113.0/24"]);
}

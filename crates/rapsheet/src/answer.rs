//! Rows of an answer as values, for the pages that commands write.

use std::collections::HashMap;

use anyhow::{Result, anyhow};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use rapsheet_query::{Engine, Query, Session};

/// The rows of one answer.
pub(crate) struct Answer {
    batch: RecordBatch,
}

/// Answers to several shipped queries, by the queries' names.
pub(crate) struct Answers(HashMap<&'static str, Answer>);

impl Answers {
    /// Runs several shipped queries at the same time; each may have a limit of rows.
    pub(crate) fn shipped(
        session: &Session,
        wanted: &[(&'static str, Option<i64>)],
    ) -> Result<Self> {
        let queries = wanted
            .iter()
            .map(|(name, limit)| shipped(name, *limit))
            .collect::<Result<Vec<_>>>()?;
        let answers = session.run_all(&queries)?;
        let answers = wanted
            .iter()
            .zip(&answers)
            .map(|((name, _), batches)| Ok((*name, Answer::of(batches)?)))
            .collect::<Result<_>>()?;
        Ok(Self(answers))
    }

    /// Returns the answer to one of them.
    pub(crate) fn of(&self, name: &str) -> Result<&Answer> {
        self.0
            .get(name)
            .ok_or_else(|| anyhow!("`{name}` was not asked"))
    }
}

fn shipped(name: &str, limit: Option<i64>) -> Result<Query> {
    let query = Query::shipped(name)?;
    Ok(match limit {
        Some(limit) => query.with("limit", limit),
        None => query,
    })
}

impl Answer {
    /// Runs a shipped query.
    pub(crate) fn shipped(session: &Session, name: &str, limit: Option<i64>) -> Result<Self> {
        Self::of(&session.run(&shipped(name, limit)?)?)
    }

    /// Runs a shipped query whose parameters are set.
    pub(crate) fn query(session: &Session, query: &Query) -> Result<Self> {
        Self::of(&session.run(query)?)
    }

    fn of(batches: &[RecordBatch]) -> Result<Self> {
        let schema = batches
            .first()
            .map(RecordBatch::schema)
            .ok_or_else(|| anyhow!("the answer has no columns"))?;
        Ok(Self {
            batch: arrow::compute::concat_batches(&schema, batches)?,
        })
    }

    /// The rows as record batch.
    pub(crate) const fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// The rows.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.batch.num_rows()).map(|index| Row {
            batch: &self.batch,
            index,
        })
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.batch.num_rows() == 0
    }

    /// The first row.
    pub(crate) fn first(&self) -> Option<Row<'_>> {
        self.rows().next()
    }
}

/// One row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    batch: &'a RecordBatch,
    index: usize,
}

impl Row<'_> {
    fn column(&self, name: &str, wanted: &DataType) -> Option<ArrayRef> {
        let column = self.batch.column_by_name(name)?.slice(self.index, 1);
        if column.is_null(0) {
            return None;
        }
        cast(&column, wanted)
            .ok()
            .filter(|column| !column.is_null(0))
    }

    /// Text; absent where it is null.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.column(name, &DataType::Utf8)
            .map(|column| column.as_string::<i32>().value(0).to_owned())
    }

    /// A whole number; absent where it is null.
    pub(crate) fn whole(&self, name: &str) -> Option<i64> {
        self.column(name, &DataType::Int64)
            .map(|column| column.as_primitive::<Int64Type>().value(0))
    }

    /// A count: what is null or negative is 0.
    pub(crate) fn count(&self, name: &str) -> u64 {
        self.whole(name)
            .and_then(|value| u64::try_from(value).ok())
            .unwrap_or(0)
    }

    /// A flag; null is false.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.column(name, &DataType::Boolean)
            .is_some_and(|column| column.as_boolean().value(0))
    }

    /// A time in UTC microseconds; absent where it is null.
    pub(crate) fn time(&self, name: &str) -> Option<i64> {
        self.column(
            name,
            &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        )
        .map(|column| column.as_primitive::<TimestampMicrosecondType>().value(0))
    }
}

impl Answer {
    /// Takes rows that were made in Rust.
    pub(crate) const fn from_batch(batch: RecordBatch) -> Self {
        Self { batch }
    }
}

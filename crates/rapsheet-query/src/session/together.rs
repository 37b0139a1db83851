//! Several questions at the same time: while one is being planned, which is work for one thread, another runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use arrow::record_batch::RecordBatch;

use super::Session;
use crate::{Engine, Error, Query, catalog};

/// The tables that are being made.
#[derive(Debug, Default)]
pub(super) struct Making {
    tables: Mutex<BTreeSet<String>>,
    ended: Condvar,
}

/// The right to make one table; dropped when it is made, or can't be.
pub(super) struct Turn<'m> {
    making: &'m Making,
    table: String,
}

impl Making {
    /// Waits until nobody else makes this table. Tables need each other in one direction only, so nobody waits in a circle.
    pub(super) fn begin(&self, table: &str) -> Turn<'_> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        while tables.contains(table) {
            tables = self
                .ended
                .wait(tables)
                .unwrap_or_else(PoisonError::into_inner);
        }
        tables.insert(table.to_owned());
        Turn {
            making: self,
            table: table.to_owned(),
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut tables = self
            .making
            .tables
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        tables.remove(&self.table);
        drop(tables);
        self.making.ended.notify_all();
    }
}

/// The answer to one of several questions: its rows, or why there are none.
type Outcome = Result<Vec<RecordBatch>, Error>;

impl Session {
    /// Runs several queries at the same time, and first the tables that they need; the answers come in the queries' order.
    ///
    /// # Errors
    ///
    /// Fails as the first query that fails.
    pub fn run_all(&self, queries: &[Query]) -> Result<Vec<Vec<RecordBatch>>, Error> {
        let tables = self.tables_of(queries)?;
        let next = AtomicUsize::new(0);
        let answers: Mutex<BTreeMap<usize, Outcome>> = Mutex::default();
        let work = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if let Some(table) = tables.get(index) {
                    // What fails here fails again, and is told, where a query needs the table.
                    let _ = self.make(table);
                    continue;
                }
                let Some(query) = queries.get(index - tables.len()) else {
                    return;
                };
                let answer = self.run(query);
                answers
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(index, answer);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.threads {
                scope.spawn(work);
            }
            work();
        });
        let answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
        answers.into_values().collect()
    }

    /// Names the tables that SQL makes for these queries, each behind those that it needs.
    fn tables_of(&self, queries: &[Query]) -> Result<Vec<String>, Error> {
        let mut depths = BTreeMap::new();
        for query in queries {
            self.depth_of(query.text(), &mut depths)?;
        }
        let mut tables: Vec<(usize, String)> = depths
            .into_iter()
            .map(|(table, depth)| (depth, table))
            .collect();
        tables.sort();
        Ok(tables.into_iter().map(|(_, table)| table).collect())
    }

    /// How many tables stand behind each other below this SQL.
    fn depth_of(&self, sql: &str, depths: &mut BTreeMap<String, usize>) -> Result<usize, Error> {
        let mut deepest = 0;
        for table in self.tables_in(sql)? {
            let Some(sql) = catalog::table(&table) else {
                continue;
            };
            let depth = match depths.get(&table) {
                Some(depth) => *depth,
                None => self.depth_of(sql, depths)? + 1,
            };
            depths.insert(table, depth);
            deepest = deepest.max(depth);
        }
        Ok(deepest)
    }
}

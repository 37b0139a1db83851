//! Several questions at the same time: while one is being planned, which is work for one thread, another runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

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
        let plan = self.jobs_of(queries)?;
        let board = Board::new(&plan);
        let answers: Mutex<BTreeMap<usize, Outcome>> = Mutex::default();
        let work = || {
            while let Some(turn) = board.next() {
                match &plan[turn.at].work {
                    // What fails here fails again, and is told, where a query needs the table.
                    Work::Table(table) => drop(self.make(table)),
                    Work::Query(index) => {
                        let answer = self.run(&queries[*index]);
                        answers
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .insert(*index, answer);
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.threads {
                scope.spawn(work);
            }
            work();
        });
        let answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
        // What has no room beside others may have some alone.
        let again = |(index, answer): (usize, Outcome)| match answer {
            Err(Error::Memory { .. }) => {
                self.cramped.store(true, Ordering::Relaxed);
                self.run(&queries[index])
            }
            answer => answer,
        };
        answers.into_iter().map(again).collect()
    }

    /// Lists the tables that SQL makes for these queries, and the queries. First comes what most others wait for behind each other.
    fn jobs_of(&self, queries: &[Query]) -> Result<Vec<Job>, Error> {
        let mut needed: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let made_in = |sql: &str| -> Result<Vec<String>, Error> {
            let mut tables = self.tables_in(sql)?;
            tables.retain(|table| catalog::table(table).is_some());
            Ok(tables)
        };
        let mut asked = Vec::with_capacity(queries.len());
        let mut open = Vec::new();
        for query in queries {
            let tables = made_in(query.text())?;
            open.extend(tables.iter().cloned());
            asked.push(tables);
        }
        while let Some(table) = open.pop() {
            if needed.contains_key(&table) {
                continue;
            }
            let tables = made_in(catalog::table(&table).unwrap_or_default())?;
            open.extend(tables.iter().cloned());
            needed.insert(table, tables);
        }
        let mut heights = BTreeMap::new();
        for tables in &asked {
            for table in tables {
                raise(table, 1, &needed, &mut heights);
            }
        }
        let mut tables: Vec<String> = needed.keys().cloned().collect();
        tables.sort_by_key(|table| std::cmp::Reverse(heights.get(table).copied()));
        let numbers: BTreeMap<&str, usize> = tables.iter().map(String::as_str).zip(0..).collect();
        let number_all = |needs: &[String]| -> Vec<usize> {
            needs
                .iter()
                .filter_map(|table| numbers.get(table.as_str()).copied())
                .collect()
        };
        let tables = tables.iter().map(|table| Job {
            needs: number_all(needed.get(table).map_or(&[], Vec::as_slice)),
            work: Work::Table(table.clone()),
        });
        let queries = asked.iter().enumerate().map(|(index, needs)| Job {
            needs: number_all(needs),
            work: Work::Query(index),
        });
        Ok(tables.chain(queries).collect())
    }
}

/// Notes that so many jobs wait for a table behind each other, and one more for each table that it needs.
fn raise(
    table: &str,
    height: usize,
    needed: &BTreeMap<String, Vec<String>>,
    heights: &mut BTreeMap<String, usize>,
) {
    let known = heights.entry(table.to_owned()).or_default();
    if *known >= height {
        return;
    }
    *known = height;
    for table in needed.get(table).into_iter().flatten() {
        raise(table, height + 1, needed, heights);
    }
}

/// One table to make or one question to answer.
struct Job {
    work: Work,
    /// The jobs that come before it.
    needs: Vec<usize>,
}

enum Work {
    Table(String),
    /// The query's place.
    Query(usize),
}

/// What was begun, and what is done.
struct Board<'j> {
    jobs: &'j [Job],
    states: Mutex<Vec<State>>,
    changed: Condvar,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Begun,
    Done,
}

impl<'j> Board<'j> {
    fn new(jobs: &'j [Job]) -> Self {
        Self {
            jobs,
            states: Mutex::new(vec![State::Open; jobs.len()]),
            changed: Condvar::new(),
        }
    }

    fn states(&self) -> MutexGuard<'_, Vec<State>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the first job for which all is there, waiting for one where others are still at work; `None` when all are begun.
    fn next(&self) -> Option<Begun<'_>> {
        let mut states = self.states();
        loop {
            let mut open = (0..states.len()).filter(|at| states[*at] == State::Open);
            let is_ready = |at: &usize| {
                self.jobs[*at]
                    .needs
                    .iter()
                    .all(|need| states[*need] == State::Done)
            };
            open.clone().next()?;
            if let Some(at) = open.find(is_ready) {
                states[at] = State::Begun;
                return Some(Begun { board: self, at });
            }
            states = self
                .changed
                .wait(states)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A job that somebody is at. When it is dropped, even by a panic, the job is done, so that nobody waits for ever.
struct Begun<'b> {
    board: &'b Board<'b>,
    at: usize,
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.board.states()[self.at] = State::Done;
        self.board.changed.notify_all();
    }
}

//! Forgetting answers: what is old, or what is about an address. MaxMind's terms want old data destroyed.

use std::net::IpAddr;

use rusqlite::params;

use crate::cache::lock::{Life, life_of, owners_beside};
use crate::cache::{Cache, CacheError};

/// Which answers to forget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForgetWhich {
    /// Those that were asked for before this time, in microseconds since 1970.
    OlderThan(i64),
    /// Those about these addresses.
    Addresses(Vec<IpAddr>),
}

/// How much there is to forget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Answers, those about networks too.
    pub answers: u64,
    /// Notes on addresses that were asked about in vain.
    pub failures: u64,
}

impl Cache {
    /// Counts what [`Cache::forget`] would forget.
    ///
    /// # Errors
    ///
    /// SQLite refuses.
    pub fn count_forgettable(&self, which: &ForgetWhich) -> Result<Forgotten, CacheError> {
        let counted = || -> rusqlite::Result<Forgotten> {
            let mut all = Forgotten::default();
            for (table, number) in [
                ("answers", &mut all.answers),
                ("pending", &mut all.failures),
            ] {
                for (condition, value) in conditions(which, table) {
                    let sql = format!("SELECT count(*) FROM {table} WHERE {condition}");
                    let found: i64 = self.connection.query_row(&sql, [value], |row| row.get(0))?;
                    *number += found.unsigned_abs();
                }
            }
            Ok(all)
        };
        counted().map_err(|source| self.error(source))
    }

    /// Whether a run uses the cache right now. Numbers of answers may be given anew after answers are forgotten, which such a run
    /// would not notice.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        owners_beside(&self.path)
            .iter()
            .any(|owner| life_of(&self.path, owner) != Life::Dead)
    }

    /// Forgets answers, so that nothing of them is left in the file.
    ///
    /// # Errors
    ///
    /// SQLite refuses.
    pub fn forget(&self, which: &ForgetWhich) -> Result<Forgotten, CacheError> {
        let wrong = |source| self.error(source);
        let forgotten = || -> rusqlite::Result<Forgotten> {
            // What is deleted is overwritten with zeros.
            self.connection
                .query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
            let mut all = Forgotten::default();
            let mut delete = || -> rusqlite::Result<()> {
                for (table, number) in [
                    ("answers", &mut all.answers),
                    ("pending", &mut all.failures),
                ] {
                    for (condition, value) in conditions(which, table) {
                        let sql = format!("DELETE FROM {table} WHERE {condition}");
                        *number += self.connection.execute(&sql, params![value])? as u64;
                    }
                }
                self.connection.execute_batch("COMMIT")
            };
            if let Err(error) = delete() {
                let _ = self.connection.execute_batch("ROLLBACK");
                return Err(error);
            }
            // The write-ahead log holds pages as they were before.
            self.connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            Ok(all)
        };
        forgotten().map_err(wrong)
    }
}

/// What is to go from a table, as conditions with one value each. What runs have claimed stays.
fn conditions(which: &ForgetWhich, table: &str) -> Vec<(&'static str, rusqlite::types::Value)> {
    let is_answers = table == "answers";
    match which {
        ForgetWhich::OlderThan(micros) => vec![(
            if is_answers {
                "asked_micros < ?1"
            } else {
                "owner IS NULL AND failed_micros < ?1"
            },
            (*micros).into(),
        )],
        ForgetWhich::Addresses(addresses) => addresses
            .iter()
            .map(|ip| {
                let condition = if is_answers {
                    "ip = ?1"
                } else {
                    "owner IS NULL AND ip = ?1"
                };
                (condition, ip.to_canonical().to_string().into())
            })
            .collect(),
    }
}

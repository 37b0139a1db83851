//! What runs have spent: one row a run, written with each answer, so that a killed run's is there too.

use rusqlite::{Connection, params};

use crate::cache::{Cache, CacheError};
use crate::service::endpoint::Endpoint;
use crate::service::{Amount, Service};

/// What one run has spent, so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSpending {
    /// Which service.
    pub service: Service,
    /// Which host.
    pub host: String,
    /// When it sent its first request, in microseconds since 1970.
    pub begun_micros: i64,
    /// When it was last heard of.
    pub last_micros: i64,
    /// Requests sent.
    pub sent: u64,
    /// Answers that came.
    pub answered: u64,
    /// Requests without an answer that may have been billed.
    pub perhaps_billed: u64,
    /// What was spent; absent of runs before spending was noted.
    pub spent: Option<Amount>,
}

/// A run's figures, to be noted.
pub(crate) struct SpendingSoFar {
    pub(crate) price: Amount,
    pub(crate) sent: u64,
    pub(crate) answered: u64,
    pub(crate) perhaps_billed: u64,
    pub(crate) spent: Amount,
}

/// SQLite's numbers have a sign.
fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Notes what a run has spent so far.
pub(crate) fn note(
    connection: &Connection,
    endpoint: &Endpoint,
    owner: &str,
    so_far: &SpendingSoFar,
    now_micros: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare(
            "INSERT INTO runs (owner, service, host, begun_micros, last_micros, price_nanos, sent, answered, perhaps_billed, \
             spent_nanos) VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9) \
             ON CONFLICT (owner) DO UPDATE SET last_micros = ?4, sent = ?6, answered = ?7, perhaps_billed = ?8, spent_nanos = ?9",
        )?
        .execute(params![
            owner,
            endpoint.service.as_str(),
            endpoint.host,
            now_micros,
            whole(so_far.price.0),
            whole(so_far.sent),
            whole(so_far.answered),
            whole(so_far.perhaps_billed),
            whole(so_far.spent.0),
        ])?;
    Ok(())
}

/// Answers of one service and host that are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswers {
    /// Which service.
    pub service: Service,
    /// Which host.
    pub host: String,
    /// Addresses with details.
    pub details: u64,
    /// Addresses of which the service knew nothing.
    pub not_found: u64,
    /// Answers about another address than was asked about.
    pub apart: u64,
    /// When the oldest was asked for, in microseconds since 1970.
    pub oldest_micros: i64,
    /// When the latest was.
    pub newest_micros: i64,
}

/// Requests of killed runs that nobody has counted yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncounted {
    /// Which service.
    pub service: Service,
    /// Which host.
    pub host: String,
    /// Sent without an answer.
    pub requests: u64,
}

impl Cache {
    /// Lists what runs have spent, the first run first.
    ///
    /// # Errors
    ///
    /// SQLite refuses.
    pub fn spending(&self) -> Result<Vec<RunSpending>, CacheError> {
        if !self.is_current() {
            return Ok(Vec::new());
        }
        let rows = || -> rusqlite::Result<Vec<Option<RunSpending>>> {
            self.connection
                .prepare(
                    "SELECT service, host, begun_micros, last_micros, sent, answered, perhaps_billed, spent_nanos FROM runs \
                     ORDER BY begun_micros, owner",
                )?
                .query_map([], |row| {
                    let Some(service) = Service::of_name(&row.get::<_, String>(0)?) else {
                        return Ok(None);
                    };
                    let spent: Option<i64> = row.get(7)?;
                    Ok(Some(RunSpending {
                        service,
                        host: row.get(1)?,
                        begun_micros: row.get(2)?,
                        last_micros: row.get(3)?,
                        sent: row.get::<_, i64>(4)?.unsigned_abs(),
                        answered: row.get::<_, i64>(5)?.unsigned_abs(),
                        perhaps_billed: row.get::<_, i64>(6)?.unsigned_abs(),
                        spent: spent.map(|spent| Amount(spent.unsigned_abs())),
                    }))
                })?
                .collect()
        };
        let rows = rows().map_err(|source| self.error(source))?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// Lists what is kept, by service and host. An address counts once, with its latest answer.
    ///
    /// # Errors
    ///
    /// SQLite refuses.
    pub fn kept(&self) -> Result<Vec<KeptAnswers>, CacheError> {
        let rows = || -> rusqlite::Result<Vec<Option<KeptAnswers>>> {
            self.connection
                .prepare(&format!(
                    "SELECT service, {host}, \
                     count(DISTINCT CASE WHEN code IS NULL THEN ip END), \
                     count(DISTINCT CASE WHEN code = 'IP_ADDRESS_NOT_FOUND' THEN ip END), \
                     count(DISTINCT CASE WHEN code = '{apart}' THEN ip END), \
                     min(asked_micros), max(asked_micros) \
                     FROM answers GROUP BY 1, 2 ORDER BY 1, 2",
                    host = self.version.host_sql(),
                    apart = crate::cache::known::ABOUT_ANOTHER,
                ))?
                .query_map([], |row| {
                    let Some(service) = Service::of_name(&row.get::<_, String>(0)?) else {
                        return Ok(None);
                    };
                    Ok(Some(KeptAnswers {
                        service,
                        host: row.get(1)?,
                        details: row.get::<_, i64>(2)?.unsigned_abs(),
                        not_found: row.get::<_, i64>(3)?.unsigned_abs(),
                        apart: row.get::<_, i64>(4)?.unsigned_abs(),
                        oldest_micros: row.get(5)?,
                        newest_micros: row.get(6)?,
                    }))
                })?
                .collect()
        };
        let rows = rows().map_err(|source| self.error(source))?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// Lists requests that are claimed and have no answer: of runs that are under way, or of killed ones, whose next run counts them.
    ///
    /// # Errors
    ///
    /// SQLite refuses.
    pub fn under_way(&self) -> Result<Vec<Uncounted>, CacheError> {
        if !self.is_current() {
            return Ok(Vec::new());
        }
        let rows = || -> rusqlite::Result<Vec<Option<Uncounted>>> {
            self.connection
                .prepare(
                    "SELECT service, host, count(*) FROM pending WHERE sent_micros IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2",
                )?
                .query_map([], |row| {
                    let Some(service) = Service::of_name(&row.get::<_, String>(0)?) else {
                        return Ok(None);
                    };
                    Ok(Some(Uncounted {
                        service,
                        host: row.get(1)?,
                        requests: row.get::<_, i64>(2)?.unsigned_abs(),
                    }))
                })?
                .collect()
        };
        let rows = rows().map_err(|source| self.error(source))?;
        Ok(rows.into_iter().flatten().collect())
    }
}

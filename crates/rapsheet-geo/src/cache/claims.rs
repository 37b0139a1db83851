//! Who asks about which address right now, and who asked in vain.

use std::net::IpAddr;

use rusqlite::{Connection, params};

use crate::service::endpoint::Endpoint;

/// How much of an answer is kept that was none.
const MOST_OF_ANSWER: usize = 2_000;

/// When a run last sent a request that is under way, as far as its claims tell.
pub(crate) fn last_sent(connection: &Connection, owner: &str) -> rusqlite::Result<Option<i64>> {
    connection.query_row(
        "SELECT max(sent_micros) FROM pending WHERE owner = ?1",
        [owner],
        |row| row.get(0),
    )
}

/// Forgets that somebody asks about an address.
pub(crate) fn release(
    connection: &Connection,
    endpoint: &Endpoint,
    ip: IpAddr,
) -> rusqlite::Result<()> {
    connection
        .prepare("DELETE FROM pending WHERE service = ?1 AND host = ?2 AND ip = ?3")?
        .execute(params![
            endpoint.service.as_str(),
            endpoint.host,
            ip.to_string()
        ])?;
    Ok(())
}

/// Why an address has no answer.
pub(crate) struct Failure<'a> {
    pub(crate) reason: &'a str,
    /// How often it was tried in this run.
    pub(crate) tries: u32,
    /// The status of the last answer; 0 where none came.
    pub(crate) status: u16,
    /// The last answer.
    pub(crate) answer: &'a [u8],
    pub(crate) now_micros: i64,
}

/// Notes that an address could not be answered for.
pub(crate) fn fail(
    connection: &Connection,
    endpoint: &Endpoint,
    ip: IpAddr,
    failure: &Failure<'_>,
) -> rusqlite::Result<()> {
    let answer = &failure.answer[..failure.answer.len().min(MOST_OF_ANSWER)];
    connection
        .prepare(
            "UPDATE pending SET owner = NULL, sent_micros = NULL, failure = ?4, failed_micros = ?5, tries = ?6, \
             status = ?7, answer = ?8 WHERE service = ?1 AND host = ?2 AND ip = ?3",
        )?
        .execute(params![
            endpoint.service.as_str(),
            endpoint.host,
            ip.to_string(),
            failure.reason,
            failure.now_micros,
            failure.tries,
            (failure.status != 0).then_some(failure.status),
            (!answer.is_empty()).then_some(answer),
        ])?;
    Ok(())
}

/// Claims an address and notes that a request is sent now.
pub(crate) fn claim(
    connection: &Connection,
    endpoint: &Endpoint,
    ip: IpAddr,
    block: &str,
    owner: &str,
    now_micros: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare(
            "INSERT INTO pending (service, host, ip, block, owner, sent_micros) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (service, host, ip) DO UPDATE SET owner = ?5, sent_micros = ?6, failure = NULL",
        )?
        .execute(params![
            endpoint.service.as_str(),
            endpoint.host,
            ip.to_string(),
            block,
            owner,
            now_micros
        ])?;
    Ok(())
}

/// Who else is asking about an address, or about its block.
pub(crate) fn claimed_by(
    connection: &Connection,
    endpoint: &Endpoint,
    ip: IpAddr,
    block: Option<&str>,
    owner: &str,
) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare(
        "SELECT owner FROM pending WHERE service = ?1 AND host = ?2 AND (ip = ?3 OR block = ?4) \
         AND owner IS NOT NULL AND owner <> ?5 LIMIT 1",
    )?;
    let mut rows = statement.query(params![
        endpoint.service.as_str(),
        endpoint.host,
        ip.to_string(),
        block,
        owner
    ])?;
    rows.next()?.map(|row| row.get(0)).transpose()
}

/// Frees what a dead run had claimed; returns how many requests it had sent. What it asked of another service or host is left to a
/// run that asks there, whose money it is.
pub(crate) fn take_over(
    connection: &Connection,
    endpoint: &Endpoint,
    owner: &str,
) -> rusqlite::Result<u64> {
    let of_it = params![owner, endpoint.service.as_str(), endpoint.host];
    let sent: i64 = connection.query_row(
        "SELECT count(*) FROM pending WHERE owner = ?1 AND service = ?2 AND host = ?3 AND sent_micros IS NOT NULL",
        of_it,
        |row| row.get(0),
    )?;
    connection.execute(
        "UPDATE pending SET owner = NULL, failed_micros = sent_micros, sent_micros = NULL, tries = 1, status = NULL, \
         answer = NULL, failure = 'the run was killed' WHERE owner = ?1 AND service = ?2 AND host = ?3",
        of_it,
    )?;
    Ok(u64::try_from(sent).unwrap_or(0))
}

/// Lists the runs that claim anything.
pub(crate) fn owners(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare("SELECT DISTINCT owner FROM pending WHERE owner IS NOT NULL")?
        .query_map([], |row| row.get(0))?
        .collect()
}

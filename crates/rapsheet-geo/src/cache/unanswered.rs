//! Which addresses were asked about in vain: why, how often, and what came last.

use std::net::IpAddr;

use crate::cache::known::ABOUT_ANOTHER;
use crate::cache::{Cache, CacheError};
use crate::service::Service;

/// An address without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// The address.
    pub ip: IpAddr,
    /// Which service was asked.
    pub service: Service,
    /// Which host.
    pub host: String,
    /// Why there is no answer.
    pub reason: String,
    /// How often the last run tried; absent where that was not noted.
    pub tries: Option<u32>,
    /// When the last try ended, in microseconds since 1970.
    pub asked_micros: Option<i64>,
    /// The HTTP status of the last answer.
    pub status: Option<u16>,
    /// The beginning of the last answer.
    pub answer: Option<String>,
}

const FAILED: &str = "
SELECT ip, service, host, failure, tries, failed_micros, status, answer FROM pending
WHERE owner IS NULL AND failure IS NOT NULL
UNION ALL
SELECT ip, service, host, NULL, 1, asked_micros, status, body FROM answers AS apart
WHERE code = ?1 AND NOT EXISTS (
    SELECT 1 FROM answers AS later
    WHERE later.ip = apart.ip AND later.service = apart.service AND later.host = apart.host AND later.id > apart.id)
ORDER BY 2, 3, 1";

impl Cache {
    /// Lists the addresses that were asked about in vain.
    ///
    /// # Errors
    ///
    /// SQLite refuses.
    pub fn unanswered(&self) -> Result<Vec<Unanswered>, CacheError> {
        if !self.is_current() {
            return Ok(Vec::new());
        }
        let rows = || -> rusqlite::Result<Vec<Option<Unanswered>>> {
            self.connection
                .prepare(FAILED)?
                .query_map([ABOUT_ANOTHER], |row| {
                    let ip: String = row.get(0)?;
                    let service: String = row.get(1)?;
                    let (Ok(ip), Some(service)) = (ip.parse(), Service::of_name(&service)) else {
                        return Ok(None);
                    };
                    let answer: Option<Vec<u8>> = row.get(7)?;
                    let reason: Option<String> = row.get(3)?;
                    let tries: u32 = row.get(4)?;
                    Ok(Some(Unanswered {
                        ip,
                        service,
                        host: row.get(2)?,
                        reason: reason.unwrap_or_else(|| {
                            "the answer is about another address, and is kept apart".to_owned()
                        }),
                        tries: (tries > 0).then_some(tries),
                        asked_micros: row.get(5)?,
                        status: row.get(6)?,
                        answer: answer.map(|answer| String::from_utf8_lossy(&answer).into_owned()),
                    }))
                })?
                .collect()
        };
        let rows = rows().map_err(|source| self.error(source))?;
        Ok(rows.into_iter().flatten().collect())
    }
}

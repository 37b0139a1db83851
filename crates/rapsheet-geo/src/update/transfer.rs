//! One edition over the wire.

use std::path::PathBuf;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::Date;
use reqwest::{Client, Response, StatusCode, Url, header};
use serde::Deserialize;

use super::file::{Arrived, Arriving, Packing, md5_of};
use super::state::{MOST_DOWNLOADS, UpdateState};
use super::{UpdateError, UpdateOutcome, UpdatePlan, Updated, month};
use crate::http::{authorize, said};

/// Longer than any answer but a file.
const MOST_BYTES: usize = 1 << 20;

/// An answer to the question which file is the newest.
#[derive(Debug, Deserialize)]
struct Newest {
    databases: Vec<NewestDatabase>,
}

#[derive(Debug, Deserialize)]
struct NewestDatabase {
    edition_id: String,
    md5: String,
    date: String,
}

/// One edition, on one try.
pub(super) struct Transfer<'a> {
    pub(super) plan: &'a UpdatePlan,
    pub(super) edition: &'a str,
    pub(super) client: &'a Client,
    pub(super) base: &'a Url,
    pub(super) path: PathBuf,
    pub(super) dry_run: bool,
}

/// A URL's host, with the port where it is not the usual one.
pub(super) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

impl Transfer<'_> {
    /// Asks which file is the newest, and fetches it where ours is another.
    pub(super) async fn maxmind(&self) -> Result<Updated, UpdateError> {
        let old = md5_of(&self.path)?;
        let query = [("edition_id", self.edition)];
        let response = self.get("geoip/updates/metadata", &query, true).await?;
        let response = self.checked(response).await?;
        let (bytes, end) = beginning(response).await;
        match end {
            BodyEnd::Whole => {}
            BodyEnd::TooLong => return Err(self.damaged("the answer is too long".to_owned())),
            BodyEnd::Broken(error) => return Err(self.network(&error)),
        }
        let newest = serde_json::from_slice::<Newest>(&bytes)
            .ok()
            .and_then(|newest| {
                let mut databases = newest.databases.into_iter();
                databases.find(|database| database.edition_id == self.edition)
            })
            .ok_or_else(|| self.damaged("no word of the newest file".to_owned()))?;
        if newest.md5.eq_ignore_ascii_case(&old) {
            return Ok(self.done(newest.date, UpdateOutcome::Current));
        }
        if self.dry_run {
            return Ok(self.done(newest.date, UpdateOutcome::Available));
        }
        self.count_download()?;
        let compact = newest.date.replace('-', "");
        let path = format!("geoip/databases/{}/download", self.edition);
        let query = [("date", compact.as_str()), ("suffix", "tar.gz")];
        let response = self.get(&path, &query, true).await?;
        let response = self.checked(response).await?;
        let time = time_of(&response).filter(|_| self.plan.settings.keeps_times);
        let arrived = self.receive(response, Packing::Tar).await?;
        if !arrived.md5.eq_ignore_ascii_case(&newest.md5) {
            return Err(self.damaged("its MD5 is not the announced one".to_owned()));
        }
        self.settle(arrived, time)?;
        Ok(self.done(newest.date, UpdateOutcome::Replaced))
    }

    /// Fetches the file of the month, or of the month before while the new one is not out yet.
    pub(super) async fn db_ip(&self, today: Date) -> Result<Updated, UpdateError> {
        let directory = &self.plan.directory;
        let mut state = UpdateState::read(directory);
        let before = today.first_of_month().yesterday().unwrap_or(today);
        let (current, previous) = (month(today), month(before));
        for (wanted, is_last) in [(&current, false), (&previous, true)] {
            if state.month(self.edition, &self.path) == Some(wanted) {
                return Ok(self.done(wanted.clone(), UpdateOutcome::Current));
            }
            let path = format!("free/{}-{wanted}.mmdb.gz", self.edition);
            let response = self.get(&path, &[], false).await?;
            if response.status() == StatusCode::NOT_FOUND && !is_last {
                continue;
            }
            let response = self.checked(response).await?;
            if self.dry_run {
                return Ok(self.done(wanted.clone(), UpdateOutcome::Available));
            }
            let time = time_of(&response).filter(|_| self.plan.settings.keeps_times);
            let arrived = self.receive(response, Packing::Bare).await?;
            self.settle(arrived, time)?;
            state.set_month(self.edition, wanted, &self.path, directory)?;
            return Ok(self.done(wanted.clone(), UpdateOutcome::Replaced));
        }
        Err(self.damaged("no file of this month or the last".to_owned()))
    }

    fn done(&self, date: String, outcome: UpdateOutcome) -> Updated {
        Updated {
            edition: self.edition.to_owned(),
            path: self.path.clone(),
            date,
            outcome,
        }
    }

    /// Counts a download of a free edition, unless the day's are used up.
    fn count_download(&self) -> Result<(), UpdateError> {
        if !self.edition.starts_with("GeoLite2") {
            return Ok(());
        }
        let directory = &self.plan.directory;
        let today = Timestamp::now().strftime("%Y-%m-%d").to_string();
        let mut state = UpdateState::read(directory);
        let count = state.downloads(&today);
        if count >= MOST_DOWNLOADS {
            return Err(UpdateError::DailyLimit {
                edition: self.edition.to_owned(),
                count,
            });
        }
        state.count(&today, directory)
    }

    async fn get(
        &self,
        path: &str,
        query: &[(&str, &str)],
        with_credentials: bool,
    ) -> Result<Response, UpdateError> {
        let mut url = self.base.clone();
        url.set_path(&format!(
            "{}/{path}",
            self.base.path().trim_end_matches('/')
        ));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.client.get(url);
        if let Some(credentials) = self.plan.credentials.as_ref().filter(|_| with_credentials) {
            request = authorize(request, credentials);
        }
        request.send().await.map_err(|error| self.network(&error))
    }

    /// Lets answers through that are what was asked for; says why another is not.
    async fn checked(&self, response: Response) -> Result<Response, UpdateError> {
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(response);
        }
        let is_text = response
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.starts_with("text/plain") || kind.contains("json"));
        let host = host_of(response.url());
        // A message says why even if it is not whole.
        let (body, _) = beginning(response).await;
        let body = String::from_utf8_lossy(&body);
        let line = body.trim().lines().next().unwrap_or_default();
        let said = match is_text && !line.is_empty() {
            true => format!(": {}", line.chars().take(200).collect::<String>()),
            false => String::new(),
        };
        Err(UpdateError::Refused {
            edition: self.edition.to_owned(),
            host,
            status: status.as_u16(),
            said,
            hint: hint_of(status.as_u16(), super::is_db_ip(self.edition)),
        })
    }

    async fn receive(
        &self,
        mut response: Response,
        packing: Packing,
    ) -> Result<Arrived, UpdateError> {
        let unusable = |error: std::io::Error| match error.kind() {
            // These come from the bytes, everything else from the disk.
            std::io::ErrorKind::InvalidData
            | std::io::ErrorKind::InvalidInput
            | std::io::ErrorKind::UnexpectedEof
            | std::io::ErrorKind::WriteZero => self.damaged(error.to_string()),
            _ => UpdateError::write(&self.plan.directory, &error),
        };
        let mut arriving = Arriving::new(&self.plan.directory, packing).map_err(unusable)?;
        while let Some(bytes) = response
            .chunk()
            .await
            .map_err(|error| self.network(&error))?
        {
            arriving.take(&bytes).map_err(unusable)?;
        }
        arriving.finish().map_err(unusable)
    }

    fn settle(&self, arrived: Arrived, time: Option<SystemTime>) -> Result<(), UpdateError> {
        arrived
            .settle(&self.path, time)
            .map_err(|error| UpdateError::write(&self.path, &error))
    }

    fn network(&self, error: &reqwest::Error) -> UpdateError {
        UpdateError::Network {
            edition: self.edition.to_owned(),
            host: host_of(error.url().unwrap_or(self.base)),
            message: said(error),
        }
    }

    fn damaged(&self, message: String) -> UpdateError {
        UpdateError::Damaged {
            edition: self.edition.to_owned(),
            host: host_of(self.base),
            message,
        }
    }
}

/// How the reading of an answer ended.
enum BodyEnd {
    Whole,
    TooLong,
    Broken(reqwest::Error),
}

/// Reads an answer that is no file, as far as anybody would write one.
async fn beginning(mut response: Response) -> (Vec<u8>, BodyEnd) {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) => return (body, BodyEnd::Whole),
            Err(error) => return (body, BodyEnd::Broken(error)),
            Ok(Some(part)) => {
                body.extend_from_slice(&part);
                if body.len() > MOST_BYTES {
                    return (body, BodyEnd::TooLong);
                }
            }
        }
    }
}

fn time_of(response: &Response) -> Option<SystemTime> {
    let text = response
        .headers()
        .get(header::LAST_MODIFIED)?
        .to_str()
        .ok()?;
    let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(SystemTime::from(zoned.timestamp()))
}

const fn hint_of(status: u16, is_db_ip: bool) -> &'static str {
    match (status, is_db_ip) {
        (401, _) => "check the account ID and the licence key",
        (403, _) => "the account's subscription has no such edition, or has ended",
        (404, true) => {
            "there is no such file; DB-IP's free editions are `dbip-city-lite`, `dbip-country-lite` and `dbip-asn-lite`"
        }
        (404, false) => "there is no such edition; look at `EditionIDs` or `--edition`",
        (429, true) => "DB-IP gives no more for the time being; run this again later",
        (429, false) => {
            "the downloads of the day are used up (30 for GeoLite); run this again tomorrow"
        }
        (500.., _) => "the other side has a fault; run this again later",
        _ => "run this again, and look at the settings if it stays so",
    }
}

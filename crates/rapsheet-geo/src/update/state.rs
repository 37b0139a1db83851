//! What has to be remembered between updates: how many downloads MaxMind counted today, and which month a DB-IP file is of.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::UpdateError;

/// The downloads that MaxMind allows a free account on one day.
pub(super) const MOST_DOWNLOADS: u32 = 30;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct UpdateState {
    /// The day (UTC) of the count.
    day: String,
    downloads: u32,
    /// The month of each DB-IP file, with the file's size, which shows whether it is still the same.
    months: BTreeMap<String, (String, u64)>,
}

fn path(directory: &Path) -> PathBuf {
    directory.join(".rapsheet-update.json")
}

impl UpdateState {
    /// Reads it. A file that is absent or damaged is an empty one: the worst that follows is one download more.
    pub(super) fn read(directory: &Path) -> Self {
        fs::read(path(directory))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    fn write(&self, directory: &Path) -> Result<(), UpdateError> {
        let path = path(directory);
        let write = || -> std::io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            file.write_all(&serde_json::to_vec(self)?)?;
            file.persist(&path)?;
            Ok(())
        };
        write().map_err(|error| UpdateError::write(&path, &error))
    }

    /// How many downloads there were today.
    pub(super) fn downloads(&self, today: &str) -> u32 {
        if self.day == today { self.downloads } else { 0 }
    }

    /// Counts one more, before it is asked for: a download that fails counts too.
    pub(super) fn count(&mut self, today: &str, directory: &Path) -> Result<(), UpdateError> {
        self.downloads = self.downloads(today) + 1;
        today.clone_into(&mut self.day);
        self.write(directory)
    }

    /// The month of a DB-IP file, if the file is still the one that was fetched.
    pub(super) fn month(&self, edition: &str, file: &Path) -> Option<&str> {
        let (month, size) = self.months.get(edition)?;
        let is_same = fs::metadata(file).is_ok_and(|metadata| metadata.len() == *size);
        is_same.then_some(month)
    }

    /// Notes the month of a DB-IP file.
    pub(super) fn set_month(
        &mut self,
        edition: &str,
        month: &str,
        file: &Path,
        directory: &Path,
    ) -> Result<(), UpdateError> {
        let size = fs::metadata(file).map_or(0, |metadata| metadata.len());
        self.months
            .insert(edition.to_owned(), (month.to_owned(), size));
        self.write(directory)
    }
}

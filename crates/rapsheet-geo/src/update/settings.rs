//! The settings of `geoipupdate`: its `GeoIP.conf` and its `GEOIPUPDATE_…` variables.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::UpdateError;
use crate::discovery::GEOIP_CONFS;

/// What the file and the environment say. Account and key are read elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) editions: Vec<String>,
    pub(super) directory: Option<PathBuf>,
    pub(super) host: Option<String>,
    pub(super) lock_file: Option<PathBuf>,
    pub(super) keeps_times: bool,
    pub(super) retry_for: Duration,
    pub(super) remarks: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            editions: Vec::new(),
            directory: None,
            host: None,
            lock_file: None,
            keeps_times: false,
            retry_for: Duration::from_secs(300),
            remarks: Vec::new(),
        }
    }
}

/// The variables and the keys that they stand for.
const VARIABLES: [(&str, &str); 8] = [
    ("GEOIPUPDATE_EDITION_IDS", "EditionIDs"),
    ("GEOIPUPDATE_DB_DIR", "DatabaseDirectory"),
    ("GEOIPUPDATE_HOST", "Host"),
    ("GEOIPUPDATE_LOCK_FILE", "LockFile"),
    ("GEOIPUPDATE_PRESERVE_FILE_TIMES", "PreserveFileTimes"),
    ("GEOIPUPDATE_RETRY_FOR", "RetryFor"),
    ("GEOIPUPDATE_PARALLELISM", "Parallelism"),
    ("GEOIPUPDATE_PROXY", "Proxy"),
];

/// The keys that `geoipupdate` knows or once knew.
const KEYS: [&str; 16] = [
    "AccountID",
    "UserId",
    "LicenseKey",
    "EditionIDs",
    "ProductIds",
    "DatabaseDirectory",
    "Host",
    "LockFile",
    "PreserveFileTimes",
    "RetryFor",
    "Parallelism",
    "Proxy",
    "ProxyUserPassword",
    "Protocol",
    "SkipPeerVerification",
    "SkipHostnameVerification",
];

impl Settings {
    /// Reads the file that was named, or the first usual one, and then the environment.
    pub(super) fn read(named: Option<&Path>) -> Result<Self, UpdateError> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let mut settings = Self::default();
        let named = named
            .map(Path::to_owned)
            .or_else(|| variable("GEOIPUPDATE_CONF_FILE").map(PathBuf::from));
        let path = named.clone().or_else(|| {
            let mut usual = GEOIP_CONFS.iter().map(PathBuf::from);
            usual.find(|path| path.exists())
        });
        if let Some(path) = path {
            match fs::read_to_string(&path) {
                Ok(text) => settings.take_file(&path.display().to_string(), &text)?,
                Err(error) if named.is_some() => {
                    let path = path.display();
                    return Err(UpdateError::Setting(format!(
                        "cannot read `{path}`: {}",
                        error.kind()
                    )));
                }
                // Only its owner may read it, as it should be; then it is not ours to use.
                Err(error) => settings.remarks.push(format!(
                    "`{}` cannot be read: {}",
                    path.display(),
                    error.kind()
                )),
            }
        }
        for (name, key) in VARIABLES {
            if let Some(value) = variable(name) {
                settings.take(name, key, value.trim())?;
            }
        }
        Ok(settings)
    }

    fn take_file(&mut self, place: &str, text: &str) -> Result<(), UpdateError> {
        let mut seen: Vec<&str> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let place = format!("{place}:{}", index + 1);
            let (key, value) = line.split_once([' ', '\t']).unwrap_or((line, ""));
            if !KEYS.contains(&key) {
                self.remarks.push(unknown(&place, key));
                continue;
            }
            if value.is_empty() {
                self.remarks.push(format!("{place}: `{key}` has no value"));
                continue;
            }
            if seen.contains(&key) {
                self.remarks.push(format!(
                    "{place}: `{key}` stands there twice; the last counts"
                ));
            }
            seen.push(key);
            let value: Vec<&str> = value.split_whitespace().collect();
            self.take(&place, key, &value.join(" "))?;
        }
        Ok(())
    }

    fn take(&mut self, place: &str, key: &str, value: &str) -> Result<(), UpdateError> {
        match key {
            "EditionIDs" | "ProductIds" => {
                self.editions = value.split_whitespace().map(str::to_owned).collect();
            }
            "DatabaseDirectory" => self.directory = Some(PathBuf::from(value)),
            "Host" => self.host = Some(value.to_owned()),
            "LockFile" => self.lock_file = Some(PathBuf::from(value)),
            "PreserveFileTimes" => match value {
                "0" => self.keeps_times = false,
                "1" => self.keeps_times = true,
                _ => {
                    return Err(UpdateError::Setting(format!(
                        "{place}: `{key}` is 0 or 1, not `{value}`"
                    )));
                }
            },
            "RetryFor" => {
                self.retry_for = duration(value).ok_or_else(|| {
                    UpdateError::Setting(format!(
                        "{place}: `{value}` is no time\nhint: write `5m`, `30s`, `1h30m` or `0`"
                    ))
                })?;
            }
            "Parallelism" if value != "1" => self.remarks.push(format!(
                "{place}: `{key}` is not heeded: one database is fetched after the other"
            )),
            "Parallelism" => {}
            // The value may hold a password.
            "Proxy" | "ProxyUserPassword" => self.remarks.push(format!(
                "{place}: `{key}` is not supported; set the variable `https_proxy`"
            )),
            "Protocol" | "SkipPeerVerification" | "SkipHostnameVerification" => self
                .remarks
                .push(format!("{place}: `{key}` is obsolete, and not heeded")),
            // Account and key are read elsewhere.
            _ => {}
        }
        Ok(())
    }
}

/// Says why a line is not heeded. What stands in the key's place is not repeated: it may hold a licence key or a password.
fn unknown(place: &str, key: &str) -> String {
    let glued = key.split_once('=').map(|(key, _)| key);
    match glued.filter(|key| KEYS.contains(key)) {
        Some(key) => {
            format!("{place}: `{key}` is not heeded; write a space behind it, not `=`")
        }
        None => format!("{place}: this setting is not known, and not heeded"),
    }
}

/// Reads a time as Go writes it: `5m`, `1h30m`, `1.5s`, `0`.
fn duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let split = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..split].parse().ok()?;
        let unit = &rest[split..];
        let end = unit
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(unit.len());
        seconds += number
            * match &unit[..end] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3_600.0,
                _ => return None,
            };
        rest = &unit[end..];
    }
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|_| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_remark_repeats_a_secret() {
        for (line, said) in [
            ("LicenseKey=fake_SECRET_mmk", "write a space"),
            ("LicenseKey= fake_SECRET_mmk", "write a space"),
            ("LicenseKey=fake_SECRET_mmk # ours", "write a space"),
            ("ProxyUserPassword=user:SECRET", "write a space"),
            ("licensekey=fake_SECRET_mmk", "not known"),
            ("fake_SECRET_mmk", "not known"),
            ("fake_SECRET_mmk LicenseKey", "not known"),
            ("LicenseKey", "`LicenseKey` has no value"),
        ] {
            let mut settings = Settings::default();
            settings
                .take_file("f", &format!("\n{line}\n{line}\n"))
                .unwrap();
            let first = &settings.remarks[0];
            assert!(
                first.starts_with("f:2: ") && first.contains(said),
                "{line}: {first}"
            );
            let all = settings.remarks.concat();
            assert!(!all.contains("SECRET"), "{line}: {all}");
        }
    }

    #[test]
    fn a_file_of_geoipupdate_is_understood() {
        let mut settings = Settings::default();
        settings
            .take_file(
                "GeoIP.conf",
                "# EditionIDs No\n\nAccountID 12\nLicenseKey secret_mmk\nProductIds  GeoLite2-City\tGeoLite2-ASN \n\
                 DatabaseDirectory /srv/geo  ip\nHost updates.example.com\nPreserveFileTimes 1\nRetryFor 1h30m\nProtocol http\n\
                 Proxy user:secret@192.0.2.1\nWhatever 1\nLockFile\nParallelism 4\n",
            )
            .unwrap();
        assert_eq!(settings.editions, ["GeoLite2-City", "GeoLite2-ASN"]);
        assert_eq!(settings.directory, Some(PathBuf::from("/srv/geo ip")));
        assert_eq!(settings.host.as_deref(), Some("updates.example.com"));
        assert!(settings.keeps_times);
        assert_eq!(settings.retry_for, Duration::from_secs(5_400));
        assert_eq!(settings.remarks.len(), 5, "{:?}", settings.remarks);
        assert!(!format!("{settings:?}").contains("secret"));
        for wrong in ["RetryFor soon", "RetryFor 5", "PreserveFileTimes yes"] {
            assert!(
                Settings::default().take_file("f", wrong).is_err(),
                "{wrong}"
            );
        }
    }
}

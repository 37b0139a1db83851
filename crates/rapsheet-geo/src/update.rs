//! Keeping databases current: MaxMind's editions by its own update protocol, and DB-IP's free monthly files.
//!
//! An edition named `dbip-…-lite` comes from DB-IP and needs no account; every other one is MaxMind's. A file is unpacked while it
//! arrives, beside the old one, checked, and put in its place by renaming; whatever fails leaves the old file as it was. The lock
//! file is the one of `geoipupdate`, so the two stay out of each other's way.
//!
//! See <https://dev.maxmind.com/geoip/updating-databases> and <https://db-ip.com/db/lite.php>.
//!
//! # Not supported
//!
//! The `Proxy` of a `GeoIP.conf` (the environment's `https_proxy` is used), CSV editions, several downloads at once.

mod file;
mod settings;
mod state;
mod transfer;

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use reqwest::{Client, Url};

use crate::credentials::{CredentialError, CredentialSources, Credentials};
use crate::http::{HttpError, HttpOptions, base_url, client};
use settings::Settings;

const MAXMIND: &str = "https://updates.maxmind.com";
const DB_IP: &str = "https://download.db-ip.com";

/// What DB-IP's licence wants to be shown.
pub const DB_IP_ATTRIBUTION: &str = "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0";

/// What to update, and from where.
#[derive(Clone, Debug, Default)]
pub struct UpdateOptions {
    /// Where the files go, rather than where the settings say.
    pub directory: Option<PathBuf>,
    /// The editions, rather than those of the settings.
    pub editions: Vec<String>,
    /// The host, rather than the provider's own.
    pub host: Option<String>,
    /// Where credentials and `GeoIP.conf` are.
    pub credentials: CredentialSources,
    /// Timeouts and certificates. A download has no limit as a whole, and redirects are followed.
    pub http: HttpOptions,
}

/// What happened, or would happen, to one edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpdateOutcome {
    /// The file is the newest.
    Current,
    /// A newer one was put in its place.
    Replaced,
    /// A newer one is there.
    Available,
}

/// One edition that was looked after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated {
    /// The edition's name.
    pub edition: String,
    /// Its file.
    pub path: PathBuf,
    /// The day or the month of the newest data, as the provider writes it.
    pub date: String,
    /// What happened.
    pub outcome: UpdateOutcome,
}

/// Why an update failed. The old file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// There are no credentials for MaxMind's editions, or they are no good.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    /// The host is no host, or TLS can't be set up.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A setting can't be used.
    #[error("{0}")]
    Setting(String),
    /// A file or a folder can't be read or written.
    #[error("cannot write in `{}`: {message}", path.display())]
    Write {
        /// The file or the folder.
        path: PathBuf,
        /// Why not.
        message: String,
    },
    /// Another process is at it.
    #[error(
        "`{}` is locked: another process updates these databases\nhint: wait until it is done, and run this again", .0.display()
    )]
    Locked(PathBuf),
    /// The account's downloads of the day are used up.
    #[error(
        "{edition}: {count} downloads were made today, and MaxMind allows a free account no more\nhint: run this again after midnight UTC"
    )]
    DailyLimit {
        /// The edition that was next.
        edition: String,
        /// How many there were.
        count: u32,
    },
    /// The provider refused.
    #[error("{edition}: {host} answers {status}{said}\nhint: {hint}")]
    Refused {
        /// The edition.
        edition: String,
        /// Who refused.
        host: String,
        /// The status of HTTP.
        status: u16,
        /// What it said, behind a colon.
        said: String,
        /// The way out.
        hint: &'static str,
    },
    /// It was not asked about, since its provider refused another edition in a way that holds for all.
    #[error(
        "{edition}: left out, since {provider} refused {refused}\nhint: run this again when that is settled"
    )]
    LeftOut {
        /// The edition.
        edition: String,
        /// Whose it is.
        provider: &'static str,
        /// The edition that was refused.
        refused: String,
    },
    /// Nothing came, or not all of it.
    #[error(
        "{edition}: {host}: {message}\nhint: the old file stays; run this again when the network is back"
    )]
    Network {
        /// The edition.
        edition: String,
        /// Who was asked.
        host: String,
        /// What went wrong.
        message: String,
    },
    /// What came is not what was announced.
    #[error(
        "{edition}: what {host} sent is damaged: {message}\nhint: the old file stays; run this again"
    )]
    Damaged {
        /// The edition.
        edition: String,
        /// Who sent it.
        host: String,
        /// What is wrong.
        message: String,
    },
}

impl UpdateError {
    fn write(path: &Path, error: &std::io::Error) -> Self {
        let message = match error.kind() {
            std::io::ErrorKind::StorageFull => {
                "the disk is full; the old file stays\nhint: make room, or name another folder with `--directory`".to_owned()
            }
            std::io::ErrorKind::PermissionDenied => {
                "permission denied\nhint: run as the owner of the folder, or name another with `--directory`".to_owned()
            }
            kind => kind.to_string(),
        };
        Self::Write {
            path: path.to_owned(),
            message,
        }
    }

    /// Whether another try may help.
    const fn is_passing(&self) -> bool {
        match self {
            Self::Network { .. } | Self::Damaged { .. } => true,
            Self::Refused { status, .. } => *status >= 500 || *status == 408,
            _ => false,
        }
    }
}

/// What an update will do, checked before anything is sent.
#[derive(Debug)]
pub struct UpdatePlan {
    credentials: Option<Credentials>,
    settings: Settings,
    maxmind: Url,
    db_ip: Url,
    http: HttpOptions,
    /// Where the files go.
    pub directory: PathBuf,
    /// The editions, in order.
    pub editions: Vec<String>,
    /// Settings that are not heeded, and what else a person should know.
    pub remarks: Vec<String>,
}

impl UpdatePlan {
    /// Reads the settings: options go before the environment, the environment before `GeoIP.conf`.
    ///
    /// # Errors
    ///
    /// Settings or credentials can't be used.
    pub fn new(options: &UpdateOptions) -> Result<Self, UpdateError> {
        let settings = Settings::read(options.credentials.geoip_conf.as_deref())?;
        let found = Credentials::find(&options.credentials);
        let has_none = matches!(found, Err(CredentialError::Missing));
        let mut remarks = settings.remarks.clone();
        let mut editions = match options.editions.is_empty() {
            false => options.editions.clone(),
            true => settings.editions.clone(),
        };
        if has_none && options.editions.is_empty() {
            // Settings without an account, such as the file that comes with geoipupdate, name editions that nobody can get.
            editions = vec!["dbip-city-lite".to_owned(), "dbip-asn-lite".to_owned()];
            remarks.push(
                "no MaxMind account is known, so DB-IP's free databases are fetched".to_owned(),
            );
        } else if editions.is_empty() {
            editions = vec!["GeoLite2-City".to_owned(), "GeoLite2-ASN".to_owned()];
        }
        for edition in &editions {
            let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            if edition.is_empty() || !edition.bytes().all(is_word) {
                return Err(UpdateError::Setting(format!(
                    "`{edition}` is no edition\nhint: write `GeoLite2-City` or `dbip-city-lite`"
                )));
            }
        }
        // What is wrong with an account is of no consequence while nobody asks for it.
        let credentials = match found {
            Ok(credentials) => Some(credentials),
            Err(_) if editions.iter().all(|edition| is_db_ip(edition)) => None,
            Err(error) => return Err(error.into()),
        };
        let directory = options
            .directory
            .clone()
            .or_else(|| settings.directory.clone())
            .or_else(own_folder)
            .ok_or_else(|| {
                UpdateError::Setting(
                    "no folder for databases is known\nhint: name one with `--directory`"
                        .to_owned(),
                )
            })?;
        let host = |own: &str, conf: Option<&str>| {
            base_url(options.host.as_deref().or(conf).unwrap_or(own))
        };
        Ok(Self {
            maxmind: host(MAXMIND, settings.host.as_deref())?,
            db_ip: host(DB_IP, None)?,
            credentials,
            settings,
            http: options.http.clone(),
            directory,
            editions,
            remarks,
        })
    }

    /// Names the hosts that are asked.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        let mut hosts: Vec<String> = Vec::new();
        for edition in &self.editions {
            let host = transfer::host_of(self.base(edition));
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }

    /// Says where the credentials were found, where MaxMind is asked.
    #[must_use]
    pub fn credentials_from(&self) -> Option<&str> {
        let is_needed = self.editions.iter().any(|edition| !is_db_ip(edition));
        let credentials = self.credentials.as_ref().filter(|_| is_needed)?;
        Some(&credentials.found_in)
    }

    /// Whether DB-IP's attribution is to be shown.
    #[must_use]
    pub fn is_db_ip(&self) -> bool {
        self.editions.iter().any(|edition| is_db_ip(edition))
    }

    fn base(&self, edition: &str) -> &Url {
        if is_db_ip(edition) {
            &self.db_ip
        } else {
            &self.maxmind
        }
    }

    /// Brings each edition up to date, or with `dry_run` only finds out which are not. `tell` hears of each as it is done.
    ///
    /// # Errors
    ///
    /// The folder can't be written, or another process updates it.
    pub fn run(
        &self,
        dry_run: bool,
        tell: &mut dyn FnMut(Result<Updated, UpdateError>),
    ) -> Result<(), UpdateError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| UpdateError::Setting(format!("cannot begin: {error}")))?;
        let _lock = match dry_run {
            true => None,
            false => {
                std::fs::create_dir_all(&self.directory)
                    .map_err(|error| UpdateError::write(&self.directory, &error))?;
                let path = self.settings.lock_file.clone();
                let path = path.unwrap_or_else(|| self.directory.join(".geoipupdate.lock"));
                let lock = file::lock(&path)?;
                file::sweep(&self.directory);
                Some(lock)
            }
        };
        // The first edition that each provider refused in a way that holds for its others too.
        let mut refused: Vec<&str> = Vec::new();
        for edition in &self.editions {
            let is_same = |other: &&&str| is_db_ip(other) == is_db_ip(edition);
            if let Some(first) = refused.iter().find(is_same) {
                tell(Err(UpdateError::LeftOut {
                    edition: edition.clone(),
                    provider: provider(edition),
                    refused: (*first).to_owned(),
                }));
                continue;
            }
            let result = runtime.block_on(self.renew(edition, dry_run));
            if let Err(UpdateError::Refused {
                status: 401 | 429, ..
            }) = &result
            {
                refused.push(edition);
            }
            tell(result);
        }
        Ok(())
    }

    /// Tries until it works, the time is up, or another try can't help.
    async fn renew(&self, edition: &str, dry_run: bool) -> Result<Updated, UpdateError> {
        let options = HttpOptions {
            total_timeout: None,
            follow_redirects: true,
            ..self.http.clone()
        };
        let client = client(self.base(edition), &options)?;
        let begun = std::time::Instant::now();
        let mut pause = Duration::from_millis(500);
        // A download that fails counts among the 30 of a day, so there are few.
        for _ in 0..4 {
            let error = match self.try_once(&client, edition, dry_run).await {
                Err(error) if error.is_passing() => error,
                result => return result,
            };
            if begun.elapsed() + pause >= self.settings.retry_for {
                return Err(error);
            }
            tokio::time::sleep(pause.mul_f64(0.75 + fastrand::f64() / 2.0)).await;
            pause *= 3;
        }
        self.try_once(&client, edition, dry_run).await
    }

    async fn try_once(
        &self,
        client: &Client,
        edition: &str,
        dry_run: bool,
    ) -> Result<Updated, UpdateError> {
        let transfer = transfer::Transfer {
            plan: self,
            edition,
            client,
            base: self.base(edition),
            path: self.directory.join(format!("{edition}.mmdb")),
            dry_run,
        };
        if is_db_ip(edition) {
            let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
            transfer.db_ip(today).await
        } else {
            transfer.maxmind().await
        }
    }
}

fn is_db_ip(edition: &str) -> bool {
    edition.starts_with("dbip-")
}

fn provider(edition: &str) -> &'static str {
    if is_db_ip(edition) {
        "DB-IP"
    } else {
        "MaxMind"
    }
}

/// The folder of our own, in which databases are also looked for.
fn own_folder() -> Option<PathBuf> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    variable("XDG_DATA_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".local/share")))
        .map(|home| home.join("rapsheet/geo"))
}

/// A month as DB-IP writes it.
fn month(date: Date) -> String {
    format!("{:04}-{:02}", date.year(), date.month())
}

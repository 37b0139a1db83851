//! Arguments, environment and configuration become a checked plan.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::arguments::{CommonArguments, InputArguments, InputFormat};
use crate::configuration::{configuration, environment};
pub(crate) use crate::geo_sources::geo_options;
use crate::geo_sources::{cache_path, databases_and_paths, named_databases};
use crate::memory::Memory;
use crate::time_span::time_span;

/// What a run reads.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) journal: bool,
    pub(crate) addresses_only: bool,
    pub(crate) timezone: TimeZone,
    pub(crate) year: Option<i64>,
    pub(crate) since: Option<i64>,
    pub(crate) until: Option<i64>,
    pub(crate) geo: Vec<PathBuf>,
    pub(crate) no_geo: bool,
    /// The cache of the web service's answers.
    pub(crate) cache: Option<PathBuf>,
    /// The language of names.
    pub(crate) locale: Option<String>,
    pub(crate) threads: usize,
    pub(crate) memory: Memory,
    pub(crate) now: i64,
    /// Whether user names are replaced by hashes.
    pub(crate) hide_users: bool,
}

impl Plan {
    /// Checks what was asked for. Flags go before the environment, the environment before the file.
    pub(crate) fn new(input: &InputArguments, common: &CommonArguments) -> Result<Self> {
        let mut file = configuration(common.config.as_deref())?;
        let timezone = timezone(input, file.timezone.take())?;
        let year = match input.year {
            Some(year) => Some(year),
            None => number("YEAR", "year")?.or(file.year),
        };
        let threads = match input.threads {
            Some(threads) => Some(threads),
            None => number("THREADS", "number")?.or(file.threads),
        };
        let memory = input.memory.clone().or_else(|| environment("MEMORY"));
        let memory = Memory::parse(memory.or_else(|| file.memory.take()).as_deref())?;
        let (flags, more_paths) = databases_and_paths(&input.geo);
        let geo = named_databases(&flags, file.geo);
        let cache = cache_path(input.cache.as_deref(), file.cache);
        let locale = input
            .locale
            .clone()
            .or_else(|| environment("LOCALE"))
            .or(file.locale);
        let now = Timestamp::now();
        let (since, until) = time_span(input, &timezone, now)?;
        let mut paths = [more_paths, input.paths.clone()].concat();
        if paths.is_empty() {
            paths = file.paths.unwrap_or_default();
        }
        let journal = paths.is_empty() && use_this_machine(&mut paths)?;
        Ok(Self {
            paths,
            journal,
            addresses_only: input.input_format == InputFormat::Addresses,
            timezone,
            year,
            since,
            until,
            geo,
            cache,
            locale,
            no_geo: input.no_geo || file.no_geo.unwrap_or(false) && input.geo.is_empty(),
            threads: threads
                .map_or_else(
                    || std::thread::available_parallelism().map_or(1, usize::from),
                    usize::from,
                )
                .max(1),
            memory,
            now: now.as_microsecond(),
            hide_users: false,
        })
    }
}

/// The zone of times: by a flag, else by the environment, else by the file, else the system's.
fn timezone(input: &InputArguments, file: Option<String>) -> Result<TimeZone> {
    let name = input.timezone.clone();
    let Some(name) = name.or_else(|| environment("TIMEZONE")).or(file) else {
        return Ok(TimeZone::system());
    };
    match TimeZone::get(&name) {
        Ok(timezone) => Ok(timezone),
        // A machine without a database of zones has this one all the same.
        Err(_) if name.eq_ignore_ascii_case("utc") => Ok(TimeZone::UTC),
        Err(_) => Err(anyhow::anyhow!("unknown time zone `{name}`"))
            .context("hint: zones are named as `Europe/Zurich`, `America/New_York`, `UTC`"),
    }
}

/// Reads the number in the variable `RAPSHEET_name`, where it is set.
fn number<N>(name: &str, what: &str) -> Result<Option<N>>
where
    N: FromStr,
    N::Err: std::error::Error + Send + Sync + 'static,
{
    environment(name)
        .map(|text| {
            text.parse()
                .with_context(|| format!("RAPSHEET_{name} is no {what}: `{text}`"))
        })
        .transpose()
}

/// Fills in the logs that this machine has, and returns whether its journal is read too.
fn use_this_machine(paths: &mut Vec<PathBuf>) -> Result<bool> {
    let (usual, no_auth_log) = rapsheet_read::usual_paths();
    let journal = no_auth_log && rapsheet_read::has_journal();
    *paths = usual;
    if paths.is_empty() && !journal {
        bail!(
            "this machine has no log that rapsheet reads (looked for auth.log, secure, fail2ban, nginx, Apache in `/var/log`, and for the journal)\nhint: name a PATH, or see `rapsheet demo`"
        );
    }
    Ok(journal)
}

//! Arguments, environment and configuration become a checked plan.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rapsheet_output::Style;
use serde::Deserialize;

use crate::arguments::{Color, CommonArguments, GeoSourceArguments, InputArguments, InputFormat};
use crate::printer::{Printer, Talk, stderr_is_terminal, stdout_is_terminal};

/// What the configuration file may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Configuration {
    paths: Option<Vec<PathBuf>>,
    timezone: Option<String>,
    year: Option<i64>,
    geo: Option<Vec<PathBuf>>,
    no_geo: Option<bool>,
    threads: Option<u16>,
    cache: Option<PathBuf>,
    locale: Option<String>,
    prices: std::collections::BTreeMap<String, f64>,
}

impl Configuration {
    /// Where the file puts the web service's answers.
    pub(crate) fn cache_file(&self) -> Option<PathBuf> {
        self.cache.clone()
    }

    /// What one answer of each service costs, where the file says so.
    pub(crate) const fn prices(&self) -> &std::collections::BTreeMap<String, f64> {
        &self.prices
    }
}

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
    pub(crate) now: i64,
    /// Whether user names are replaced by hashes.
    pub(crate) hide_users: bool,
}

/// Makes the printer.
pub(crate) fn printer(common: &CommonArguments) -> Printer {
    let talk = match (common.quiet, common.verbose) {
        (true, _) => Talk::Quiet,
        (false, 0) => Talk::Normal,
        _ => Talk::Verbose,
    };
    Printer::new(talk, colored(common.color, std::io::stderr().is_terminal()))
}

fn colored(color: Color, terminal: bool) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            terminal
                && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && std::env::var("TERM").map_or(true, |term| term != "dumb")
        }
    }
}

/// Finds out what the terminal can show.
pub(crate) fn style(common: &CommonArguments) -> Style {
    let terminal = stdout_is_terminal();
    let width = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    let width = width
        .or_else(|| {
            terminal_size::terminal_size()
                .map(|(width, _)| usize::from(width.0))
                .filter(|_| terminal)
        })
        .unwrap_or(80);
    Style {
        width: width.clamp(40, 160),
        color: colored(common.color, terminal),
        unicode: speaks_utf8(),
    }
}

/// Whether the locale's encoding is UTF-8. A locale that nobody set is taken for one that is.
fn speaks_utf8() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty());
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// Reads the configuration file: the one that was named, or the usual one where there is one.
pub(crate) fn configuration(named: Option<&Path>) -> Result<Configuration> {
    let environment = std::env::var_os("RAPSHEET_CONFIG").map(PathBuf::from);
    let path = match named.map(Path::to_owned).or(environment) {
        Some(path) => path,
        None => match usual_configuration() {
            Some(path) if path.exists() => path,
            _ => return Ok(Configuration::default()),
        },
    };
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read `{}`", path.display()))?;
    toml::from_str(&text)
        .with_context(|| format!("`{}` is no configuration of rapsheet", path.display()))
}

fn usual_configuration() -> Option<PathBuf> {
    let own = std::env::var_os("XDG_CONFIG_HOME")
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")))
        .map(|folder| folder.join("rapsheet/config.toml"));
    let system = PathBuf::from("/etc/rapsheet/config.toml");
    match own {
        Some(path) if path.exists() => Some(path),
        _ => Some(system),
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(format!("RAPSHEET_{name}"))
        .ok()
        .filter(|value| !value.is_empty())
}

impl Plan {
    /// Checks what was asked for. Flags go before the environment, the environment before the file.
    pub(crate) fn new(input: &InputArguments, common: &CommonArguments) -> Result<Self> {
        let file = configuration(common.config.as_deref())?;
        let zone_name = input
            .timezone
            .clone()
            .or_else(|| environment("TIMEZONE"))
            .or(file.timezone);
        let timezone = match zone_name {
            Some(name) => TimeZone::get(&name)
                .map_err(|_| anyhow::anyhow!("unknown time zone `{name}`"))
                .or_else(|error| {
                    if name.eq_ignore_ascii_case("utc") {
                        Ok(TimeZone::UTC)
                    } else {
                        Err(error)
                    }
                })
                .context("hint: zones are named as `Europe/Zurich`, `America/New_York`, `UTC`")?,
            None => TimeZone::system(),
        };
        let year = match input.year {
            Some(year) => Some(year),
            None => match environment("YEAR") {
                Some(text) => Some(
                    text.parse()
                        .with_context(|| format!("RAPSHEET_YEAR is no year: `{text}`"))?,
                ),
                None => file.year,
            },
        };
        let threads = match (input.threads, environment("THREADS")) {
            (Some(threads), _) => Some(threads),
            (None, Some(text)) => Some(
                text.parse()
                    .with_context(|| format!("RAPSHEET_THREADS is no number: `{text}`"))?,
            ),
            (None, None) => file.threads,
        };
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
        let mut journal = false;
        if paths.is_empty() {
            let (usual, no_auth_log) = rapsheet_read::usual_paths();
            journal = no_auth_log && rapsheet_read::has_journal();
            paths = usual;
            if paths.is_empty() && !journal {
                bail!(
                    "this machine has no log that rapsheet reads (looked for auth.log, secure, fail2ban, nginx, Apache in `/var/log`, and for the journal)\nhint: name a PATH, or see `rapsheet demo`"
                );
            }
        }
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
            now: now.as_microsecond(),
            hide_users: false,
        })
    }
}

/// Tells databases from logs among the values of `--geo`, which takes several: in `--geo City.mmdb /var/log` the second one is what
/// shall be read.
pub(crate) fn databases_and_paths(values: &[PathBuf]) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let is_log = |path: &Path| {
        path == Path::new("-") || path.exists() && !rapsheet_geo::holds_databases(path)
    };
    let Some((first, rest)) = values.split_first() else {
        return (Vec::new(), Vec::new());
    };
    let (logs, more): (Vec<_>, Vec<_>) = rest.iter().cloned().partition(|path| is_log(path));
    ([vec![first.clone()], more].concat(), logs)
}

/// The databases that a person named: by flags, else by the environment, else in the file.
fn named_databases(flags: &[PathBuf], file: Option<Vec<PathBuf>>) -> Vec<PathBuf> {
    match (flags.is_empty(), environment("GEO")) {
        (false, _) => flags.to_vec(),
        (true, Some(list)) => std::env::split_paths(&list).collect(),
        (true, None) => file.unwrap_or_default(),
    }
}

/// Where the answers of the web service lie: by a flag, else by the environment, else by the file, else in the usual place.
pub(crate) fn cache_path(flag: Option<&Path>, file: Option<PathBuf>) -> Option<PathBuf> {
    flag.map(Path::to_owned)
        .or_else(|| environment("CACHE").map(PathBuf::from))
        .or(file)
        .or_else(rapsheet_geo::Cache::usual_path)
}

/// Days after which an answer of the web service is old.
pub(crate) const FRESH_DAYS: i64 = 30;

/// Which sources of details to open.
pub(crate) fn geo_options(
    paths: &[PathBuf],
    cache: Option<PathBuf>,
    locale: Option<&str>,
) -> rapsheet_geo::GeoOptions {
    let usual = rapsheet_geo::GeoOptions::default();
    rapsheet_geo::GeoOptions {
        paths: paths.to_vec(),
        cache,
        fresh_since_micros: Timestamp::now().as_microsecond() - FRESH_DAYS * 86_400 * 1_000_000,
        locale: locale.map_or_else(|| usual.locale.clone(), str::to_owned),
        ..usual
    }
}

/// How the two commands that use the network speak: with the system's certificates, and with those in a file.
pub(crate) fn http_options(ca_file: Option<&Path>) -> Result<rapsheet_geo::HttpOptions> {
    let mut options = rapsheet_geo::HttpOptions::default();
    if let Some(path) = ca_file {
        let pem = std::fs::read(path).map_err(|error| {
            anyhow::anyhow!("cannot read `{}`: {}", path.display(), error.kind())
        })?;
        options.extra_roots.push(pem);
    }
    Ok(options)
}

/// Which sources of details to open, for commands that read no logs.
pub(crate) fn geo_sources(
    source: &GeoSourceArguments,
    common: &CommonArguments,
) -> Result<rapsheet_geo::GeoOptions> {
    if let Some(path) = source.cache.as_ref().filter(|path| !path.exists()) {
        bail!(
            "there is no cache `{}`\nhint: `rapsheet enrich --cache FILE` makes one",
            path.display()
        );
    }
    let file = configuration(common.config.as_deref())?;
    let cache = cache_path(source.cache.as_deref(), file.cache_file());
    Ok(sources_of(
        &source.geo,
        cache,
        source.locale.as_deref(),
        file,
    ))
}

/// The same from flags and the configuration: flags go before the environment, the environment before the file.
pub(crate) fn sources_of(
    geo: &[PathBuf],
    cache: Option<PathBuf>,
    locale: Option<&str>,
    file: Configuration,
) -> rapsheet_geo::GeoOptions {
    let (flags, _) = databases_and_paths(geo);
    let locale = locale
        .map(str::to_owned)
        .or_else(|| environment("LOCALE"))
        .or(file.locale);
    geo_options(&named_databases(&flags, file.geo), cache, locale.as_deref())
}

fn time_span(
    input: &InputArguments,
    timezone: &TimeZone,
    now: Timestamp,
) -> Result<(Option<i64>, Option<i64>)> {
    if let Some(last) = &input.last {
        let micros = stretch(last)?;
        return Ok((Some(now.as_microsecond() - micros), None));
    }
    let time = |text: &Option<String>, flag: &str| -> Result<Option<i64>> {
        text.as_deref().map(|text| point(text, timezone, now).with_context(|| format!("`{flag} {text}` is no time\nhint: write `2026-01-31`, `2026-01-31 13:00`, `2026-01-31T13:00:00Z`, or `7d` for seven days ago"))).transpose()
    };
    let (since, until) = (
        time(&input.since, "--since")?,
        time(&input.until, "--until")?,
    );
    if let (Some(since), Some(until)) = (since, until)
        && since >= until
    {
        bail!("`--since` is not before `--until`");
    }
    Ok((since, until))
}

/// Reads a stretch of time such as `7d`, in microseconds.
fn stretch(text: &str) -> Result<i64> {
    let wrong = || {
        anyhow::anyhow!("`{text}` is no stretch of time\nhint: write `7d`, `12h`, `90m` or `4w`")
    };
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let number: i64 = text[..split].parse().map_err(|_| wrong())?;
    let seconds = match text[split..].trim() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return Err(wrong()),
    };
    number
        .checked_mul(seconds * 1_000_000)
        .filter(|micros| *micros < (1 << 60))
        .ok_or_else(wrong)
}

/// Reads a point in time, in UTC microseconds.
fn point(text: &str, timezone: &TimeZone, now: Timestamp) -> Result<i64> {
    let text = text.trim();
    if let Ok(micros) = stretch(text) {
        return Ok(now.as_microsecond() - micros);
    }
    if let Ok(utc) = text.parse::<Timestamp>() {
        return Ok(utc.as_microsecond());
    }
    let today = now.to_zoned(timezone.clone()).date();
    let local = match text {
        "today" => today.to_datetime(jiff::civil::time(0, 0, 0, 0)),
        "yesterday" => today
            .checked_sub(Span::new().days(1))?
            .to_datetime(jiff::civil::time(0, 0, 0, 0)),
        _ => text
            .parse::<DateTime>()
            .or_else(|_| format!("{text}:00").parse::<DateTime>())
            .or_else(|_| {
                text.parse::<Date>()
                    .map(|date| date.to_datetime(jiff::civil::time(0, 0, 0, 0)))
            })?,
    };
    Ok(timezone
        .to_ambiguous_timestamp(local)
        .compatible()?
        .as_microsecond())
}

/// Writes a UTC time as the wanted zone's clocks show it.
pub(crate) fn local_text(micros: i64, timezone: &TimeZone) -> String {
    Timestamp::from_microsecond(micros)
        .map(|utc| {
            utc.to_zoned(timezone.clone())
                .strftime("%Y-%m-%d %H:%M:%S")
                .to_string()
        })
        .unwrap_or_default()
}

/// The zone's name for headings.
pub(crate) fn zone_name(timezone: &TimeZone) -> String {
    match timezone.iana_name() {
        Some("Etc/UTC") => "UTC".to_owned(),
        Some(name) => name.to_owned(),
        None => "local time".to_owned(),
    }
}

/// Whether progress may be drawn.
pub(crate) fn shows_progress(common: &CommonArguments) -> bool {
    !common.quiet && stderr_is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_database_and_is_none_is_a_log() {
        let folder = tempfile::tempdir().unwrap();
        let [databases, logs] = ["databases", "logs"].map(|name| folder.path().join(name));
        for path in [&databases, &logs] {
            std::fs::create_dir(path).unwrap();
        }
        let file = databases.join("City.mmdb");
        std::fs::write(&file, "").unwrap();
        std::fs::write(logs.join("own.mmdb"), "").unwrap();
        std::fs::write(logs.join("auth.log"), "").unwrap();
        let absent = folder.path().join("absent");
        let values = [
            logs.clone(),
            file.clone(),
            logs.clone(),
            databases.clone(),
            absent.clone(),
            "-".into(),
        ];
        let (found, read) = databases_and_paths(&values);
        assert_eq!(found, [logs.clone(), file, databases, absent]);
        assert_eq!(read, [logs, "-".into()]);
        assert_eq!(databases_and_paths(&[]), (Vec::new(), Vec::new()));
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        let zone = TimeZone::get("Europe/Zurich").unwrap();
        let now: Timestamp = "2026-02-01T12:00:00Z".parse().unwrap();
        let at = |text: &str| {
            point(text, &zone, now)
                .map(|micros| micros / 1_000_000)
                .ok()
        };
        assert_eq!(at("2026-01-31"), Some(1_769_814_000));
        assert_eq!(at("2026-01-31 13:00"), Some(1_769_814_000 + 13 * 3600));
        assert_eq!(at("2026-01-31T13:00:00Z"), Some(1_769_864_400));
        assert_eq!(at("1d"), Some(now.as_second() - 86_400));
        assert_eq!(at("31.1.2026"), None);
        assert_eq!(at("soon"), None);
        assert!(stretch("7x").is_err());
        assert!(stretch("99999999999w").is_err());
    }
}

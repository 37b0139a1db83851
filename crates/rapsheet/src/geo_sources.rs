//! Where details come from: databases that were named, the cache of the web service's answers, and how the web is spoken to.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use jiff::Timestamp;
use rapsheet_geo::{AnswerHost, ProxySetting, base_url};

use crate::arguments::{CommonArguments, GeoSourceArguments};
use crate::configuration::{Configuration, configuration, environment};

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
pub(crate) fn named_databases(flags: &[PathBuf], file: Option<Vec<PathBuf>>) -> Vec<PathBuf> {
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

/// Whose answers of the web service count: MaxMind's own, unless a flag, the environment or the file names another host.
pub(crate) fn answers_from(flag: Option<&str>, file: Option<String>) -> Result<AnswerHost> {
    let named = flag
        .map(str::to_owned)
        .or_else(|| environment("ANSWERS_FROM"))
        .or(file);
    Ok(match named {
        Some(host) => AnswerHost::of(&base_url(&host).or_else(|error| {
            // Nothing is sent there, so it may be said without a scheme.
            base_url(&host.replacen("http://", "", 1)).map_err(|_| error)
        })?),
        None => AnswerHost::MaxMind,
    })
}

/// Days after which an answer of the web service is old.
pub(crate) const FRESH_DAYS: i64 = 30;

/// Which sources of details to open.
pub(crate) fn geo_options(
    paths: &[PathBuf],
    cache: Option<PathBuf>,
    answers_from: AnswerHost,
    locale: Option<&str>,
) -> rapsheet_geo::GeoOptions {
    let usual = rapsheet_geo::GeoOptions::default();
    rapsheet_geo::GeoOptions {
        paths: paths.to_vec(),
        cache,
        answers_from,
        fresh_since_micros: Timestamp::now().as_microsecond() - FRESH_DAYS * 86_400 * 1_000_000,
        locale: locale.map_or_else(|| usual.locale.clone(), str::to_owned),
        ..usual
    }
}

/// How the two commands that use the network speak: with the system's certificates and with those in a file, through the proxy of
/// a `GeoIP.conf` or else that of the environment.
pub(crate) fn http_options(
    ca_file: Option<&Path>,
    geoip_conf: Option<&Path>,
) -> Result<rapsheet_geo::HttpOptions> {
    let mut options = rapsheet_geo::HttpOptions {
        proxy: ProxySetting::find(geoip_conf)?,
        ..rapsheet_geo::HttpOptions::default()
    };
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
    let cache = cache_path(source.cache.as_deref(), file.cache.clone());
    let from = answers_from(source.answers_from.as_deref(), file.answers_from.clone())?;
    Ok(sources_of(
        &source.geo,
        cache,
        from,
        source.locale.as_deref(),
        file,
    ))
}

/// The same from flags and the configuration: flags go before the environment, the environment before the file.
pub(crate) fn sources_of(
    geo: &[PathBuf],
    cache: Option<PathBuf>,
    answers_from: AnswerHost,
    locale: Option<&str>,
    file: Configuration,
) -> rapsheet_geo::GeoOptions {
    let (flags, _) = databases_and_paths(geo);
    let locale = locale
        .map(str::to_owned)
        .or_else(|| environment("LOCALE"))
        .or(file.locale);
    let named = named_databases(&flags, file.geo);
    geo_options(&named, cache, answers_from, locale.as_deref())
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
}

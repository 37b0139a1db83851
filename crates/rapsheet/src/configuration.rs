//! The configuration file and the variables `RAPSHEET_*` that go before it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use rapsheet_known::toml_fault;
use serde::Deserialize;

/// What the configuration file may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Configuration {
    pub(crate) paths: Option<Vec<PathBuf>>,
    pub(crate) timezone: Option<String>,
    pub(crate) show_timezone: Option<String>,
    pub(crate) year: Option<i64>,
    pub(crate) geo: Option<Vec<PathBuf>>,
    pub(crate) no_geo: Option<bool>,
    pub(crate) threads: Option<u16>,
    pub(crate) memory: Option<String>,
    /// Where the answers of the web service lie.
    pub(crate) cache: Option<PathBuf>,
    /// The host whose answers count, in place of MaxMind's own.
    pub(crate) answers_from: Option<String>,
    pub(crate) locale: Option<String>,
    /// What one answer of each service costs.
    pub(crate) prices: std::collections::BTreeMap<String, f64>,
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
    let text = read_text(&path)?;
    toml::from_str(&text).map_err(|error| {
        let (line, said, hint) = toml_fault(&text, &error);
        let hint = hint.map_or_else(String::new, |hint| format!("\nhint: {hint}"));
        anyhow!("`{}`, line {line}: {said}{hint}", path.display())
    })
}

/// Reads a file of settings.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    String::from_utf8(bytes).map_err(|_| {
        anyhow!(
            "`{}` is no text in UTF-8\nhint: save it as UTF-8, without a mark in front",
            path.display()
        )
    })
}

fn usual_configuration() -> Option<PathBuf> {
    let own = own_folder().map(|folder| folder.join("config.toml"));
    let system = PathBuf::from("/etc/rapsheet/config.toml");
    match own {
        Some(path) if path.exists() => Some(path),
        _ => Some(system),
    }
}

/// The folder of one's own settings.
pub(crate) fn own_folder() -> Option<PathBuf> {
    std::env::var_os("XDG_CONFIG_HOME")
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")))
        .map(|folder| folder.join("rapsheet"))
}

/// Returns the variable `RAPSHEET_name`, where it is set and not empty.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(format!("RAPSHEET_{name}"))
        .ok()
        .filter(|value| !value.is_empty())
}

//! `cargo xtask check-layout`: arrows between crates never point back, and rooms stay small.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Which of our crates each crate may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("rapsheet-schema", &[]),
    ("rapsheet-parse", &["rapsheet-schema"]),
    ("rapsheet-read", &["rapsheet-schema", "rapsheet-parse"]),
    ("rapsheet-geo", &["rapsheet-schema"]),
    ("rapsheet-known", &["rapsheet-schema"]),
    ("rapsheet-query", &["rapsheet-schema"]),
    ("rapsheet-output", &["rapsheet-schema"]),
    ("rapsheet-report", &["rapsheet-schema"]),
    ("rapsheet-sample", &[]),
    ("rapsheet-fake", &[]),
];

/// Heavy dependencies, and the only crates that may have them.
const HEAVY: &[(&str, &[&str])] = &[
    ("datafusion", &["rapsheet-query"]),
    (
        "rusqlite",
        &["rapsheet-geo", "rapsheet-read", "rapsheet-sample"],
    ),
    ("reqwest", &["rapsheet-geo"]),
    ("maxminddb", &["rapsheet-geo"]),
    ("clap", &["rapsheet"]),
];

/// Lines of a file without its tests.
const LONGEST: usize = 600;

/// Checks the tree.
pub(crate) fn run() -> Result<()> {
    let mut wrong = Vec::new();
    let crates = sorted(Path::new("crates"))?;
    for folder in &crates {
        let manifest = folder.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
        let table: toml::Table = text.parse()?;
        let name = folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let uses: Vec<String> = table
            .get("dependencies")
            .and_then(toml::Value::as_table)
            .map(|dependencies| dependencies.keys().cloned().collect())
            .unwrap_or_default();
        check_crate(&name, &uses, &mut wrong);
        check_sizes(&folder.join("src"), &mut wrong)?;
    }
    check_fixtures(&mut wrong)?;
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("the layout is broken:\n{}", wrong.join("\n"))
}

fn check_crate(name: &str, uses: &[String], wrong: &mut Vec<String>) {
    for used in uses {
        if used.starts_with("rapsheet")
            && let Some((_, allowed)) = ARROWS.iter().find(|(of, _)| *of == name)
            && !allowed.contains(&used.as_str())
        {
            wrong.push(format!(
                "{name} uses {used}: that arrow points back or sideways"
            ));
        }
        if let Some((heavy, owners)) = HEAVY.iter().find(|(heavy, _)| heavy == used)
            && !owners.contains(&name)
        {
            wrong.push(format!(
                "{name} uses {heavy}, which belongs to {}",
                owners.join(", ")
            ));
        }
    }
}

fn check_sizes(folder: &Path, wrong: &mut Vec<String>) -> Result<()> {
    for path in sorted(folder)? {
        if path.is_dir() {
            check_sizes(&path, wrong)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path)?;
            let lines = text
                .lines()
                .take_while(|line| !line.starts_with("#[cfg(test)]"))
                .count();
            if lines > LONGEST {
                wrong.push(format!(
                    "{} has {lines} lines without its tests",
                    path.display()
                ));
            }
        }
    }
    Ok(())
}

/// Modules that are no format of their own, and heads whose lines stand in `tests/it/syslog.rs`.
const HELPERS: &[&str] = &[
    "fail2ban_record",
    "sasl",
    "tls_fault",
    "http_request",
    "nginx_record",
    "request_rules",
    "web_client",
    "web_time",
    "syslog",
    "journal_json",
    "journal_export",
];

/// Every format has fixtures.
fn check_fixtures(wrong: &mut Vec<String>) -> Result<()> {
    let parse = Path::new("crates/rapsheet-parse");
    for line in fs::read_to_string(parse.join("src/format.rs"))?.lines() {
        let Some((_, name)) = line.split_once("mod ") else {
            continue;
        };
        let name = name.trim_end_matches(';');
        if line.starts_with("pub")
            && !HELPERS.contains(&name)
            && !parse.join("fixtures").join(name).is_dir()
        {
            wrong.push(format!(
                "format `{name}` has no folder in {}",
                parse.join("fixtures").display()
            ));
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    Ok(paths)
}

//! Discovery of databases: the paths that a person named, and the folders that updaters and distributions use.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::database::legacy;
use crate::notice::GeoNotice;

/// Where `geoipupdate` has its settings, as a rule.
pub(crate) const GEOIP_CONFS: [&str; 3] = [
    "/usr/local/etc/GeoIP.conf",
    "/etc/GeoIP.conf",
    "/opt/homebrew/etc/GeoIP.conf",
];

/// Lists the folders in which databases are looked for, the program's own and the configured ones first.
#[must_use]
pub fn usual_folders() -> Vec<PathBuf> {
    folders_of(|name| std::env::var_os(name), &GEOIP_CONFS.map(Path::new))
}

fn folders_of(variable: impl Fn(&str) -> Option<OsString>, configs: &[&Path]) -> Vec<PathBuf> {
    let variable = |name: &str| {
        variable(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let mut folders = Vec::new();
    folders.extend(variable("GEOIPUPDATE_DB_DIR"));
    folders.extend(variable("XDG_DATA_HOME").map(|home| home.join("rapsheet/geo")));
    folders.extend(variable("HOME").map(|home| home.join(".local/share/rapsheet/geo")));
    let named = variable("GEOIPUPDATE_CONF_FILE");
    folders.extend(
        named
            .iter()
            .map(PathBuf::as_path)
            .chain(configs.iter().copied())
            .filter_map(|path| fs::read_to_string(path).ok())
            .filter_map(|text| database_directory(&text)),
    );
    folders.extend(
        [
            "/usr/share/GeoIP",
            "/var/lib/GeoIP",
            "/usr/local/share/GeoIP",
            "/usr/local/var/GeoIP",
            "/opt/homebrew/var/GeoIP",
        ]
        .map(PathBuf::from),
    );
    let mut seen = HashSet::new();
    folders.retain(|folder| seen.insert(folder.clone()));
    folders
}

/// Reads `DatabaseDirectory` out of a `GeoIP.conf`.
fn database_directory(config: &str) -> Option<PathBuf> {
    config.lines().find_map(|line| {
        let value = line.trim().strip_prefix("DatabaseDirectory")?;
        let value = value.strip_prefix([' ', '\t'])?.trim();
        (!value.is_empty()).then(|| PathBuf::from(value))
    })
}

/// Whether a path is a database by its name, or a folder that holds some and, but for texts about them, nothing else.
#[must_use]
pub fn holds_databases(path: &Path) -> bool {
    if !path.is_dir() {
        return is_database(path);
    }
    let files = fs::read_dir(path).into_iter().flatten().flatten();
    let is_beside = |name: &str| name.starts_with('.') || name.ends_with(".txt");
    expand(path, &mut Vec::new())
        .iter()
        .any(|file| is_database(file))
        && files.map(|file| file.path()).all(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            file.is_dir() || is_database(&file) || is_beside(&name)
        })
}

/// Whether a file's name says that it is a database, packed or not.
fn is_database(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    name.ends_with(".mmdb") || name.ends_with(".mmdb.gz")
}

fn is_legacy(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("dat"))
}

/// Lists the files that a person's path stands for: itself, or the databases in the folder and in its own folders.
pub(crate) fn expand(path: &Path, notices: &mut Vec<GeoNotice>) -> Vec<PathBuf> {
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            notices.push(GeoNotice::new(path, "no such file or folder"));
            Vec::new()
        }
        Ok(metadata) if metadata.is_dir() => {
            let mut files = match list(path) {
                Ok(files) => files,
                Err(error) => {
                    notices.push(GeoNotice::new(
                        path,
                        format!("cannot be read: {}", error.kind()),
                    ));
                    return Vec::new();
                }
            };
            // MaxMind's archives unpack into a folder of their own.
            for folder in files
                .iter()
                .filter(|file| file.is_dir())
                .cloned()
                .collect::<Vec<_>>()
            {
                files.extend(list(&folder).unwrap_or_default());
            }
            let databases: Vec<_> = files
                .iter()
                .filter(|file| is_database(file))
                .cloned()
                .collect();
            let legacy_files = files.iter().filter(|file| is_legacy(file));
            notices.extend(legacy_files.map(|file| legacy(file)));
            if databases.is_empty() {
                notices.push(
                    GeoNotice::new(path, "no `.mmdb` file in this folder")
                        .hint("name a database, or the folder that holds one"),
                );
            }
            databases
        }
        // Whatever is wrong with it shows when it is opened.
        _ => vec![path.to_owned()],
    }
}

/// Lists the databases in a folder that nobody named; legacy files are told of where there is nothing better.
pub(crate) fn found_in(folder: &Path, notices: &mut Vec<GeoNotice>) -> Vec<PathBuf> {
    let files = list(folder).unwrap_or_default();
    let databases: Vec<_> = files
        .iter()
        .filter(|file| is_database(file))
        .cloned()
        .collect();
    if databases.is_empty()
        && let Some(file) = files.iter().find(|file| is_legacy(file))
    {
        notices.push(legacy(file));
    }
    databases
}

fn list(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .filter_map(|file| file.ok().map(|file| file.path()))
        .collect();
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_from_the_environment_and_from_geoip_conf() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("GeoIP.conf");
        fs::write(
            &config,
            "# DatabaseDirectory /no\nAccountID 1\n\tDatabaseDirectory   /srv/geo ip\nDatabaseDirectoryX /no\n",
        )
        .unwrap();
        let named = folder.path().join("named.conf");
        fs::write(&named, "DatabaseDirectory /srv/named\n").unwrap();
        let folders = folders_of(
            |name| match name {
                "HOME" => Some("/home/me".into()),
                "XDG_DATA_HOME" => Some("".into()),
                "GEOIPUPDATE_CONF_FILE" => Some(named.clone().into()),
                _ => None,
            },
            &[&config, Path::new("/does/not/exist")],
        );
        assert_eq!(folders[0], Path::new("/home/me/.local/share/rapsheet/geo"));
        assert_eq!(folders[1], Path::new("/srv/named"));
        assert_eq!(folders[2], Path::new("/srv/geo ip"));
        assert!(folders.contains(&PathBuf::from("/usr/share/GeoIP")));
        assert_eq!(folders.len(), 8);
    }
}

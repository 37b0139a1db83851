//! fail2ban's own settings, as far as an answer depends on them: whom its jails never ban, and after how many failures they
//! ban whom they do.
//!
//! Files and their order are those of <https://github.com/fail2ban/fail2ban/blob/master/man/jail.conf.5>: `jail.conf`,
//! `jail.d/*.conf`, `jail.local`, `jail.d/*.local`; what comes later replaces what came before.
//!
//! ```text
//! [DEFAULT]
//! ignoreip = 127.0.0.1/8 ::1
//!            192.0.2.0/24
//! ```
//!
//! What `fail2ban-client -d` prints is understood as well: `['set', 'sshd', 'maxretry', 5]`.
//!
//! # Not supported
//!
//! Values that other settings are named in (`%(name)s`), which are left out,
//! `ignorecommand`, which is a program, and addresses that `ignoreself` finds on the machine.

mod jail;
mod setting;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::entry::{KnownEntry, KnownScope, Whom};
pub use jail::JailSettings;
use setting::{Setting, settings_of};

/// How what `fail2ban-client -d` prints begins.
const DUMP: &[u8] = b"['set', ";

/// Whether a file is one of those in which jails are set up.
#[must_use]
pub fn is_jail_file(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let is_setting = path
        .extension()
        .is_some_and(|extension| extension == "conf" || extension == "local");
    let folder = path.parent().and_then(Path::file_name);
    matches!(name, Some("jail.conf" | "jail.local"))
        || is_setting && folder.is_some_and(|folder| folder == "jail.d")
        || is_dump(path)
}

fn is_dump(path: &Path) -> bool {
    // A pipe is read once only, so it is nothing to look into.
    let mut first = [0; DUMP.len()];
    path.is_file()
        && File::open(path).is_ok_and(|mut file| file.read_exact(&mut first).is_ok())
        && first == DUMP
}

/// Finds the files of a folder in which jails are set up: in it, in `fail2ban` and in `etc/fail2ban` of it.
#[must_use]
pub fn jail_files_beside(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for place in ["", "fail2ban", "etc/fail2ban"] {
        let place = folder.join(place);
        for name in ["jail.conf", "jail.local"] {
            found.extend(Some(place.join(name)).filter(|path| path.is_file()));
        }
        let inner = fs::read_dir(place.join("jail.d"));
        let inner = inner.into_iter().flatten().filter_map(Result::ok);
        found.extend(
            inner
                .map(|entry| entry.path())
                .filter(|path| is_jail_file(path)),
        );
    }
    in_order(found)
}

/// Puts files into the order in which fail2ban reads them.
fn in_order(mut files: Vec<PathBuf>) -> Vec<PathBuf> {
    files.sort_by_key(|path| {
        let is_local = path
            .extension()
            .is_some_and(|extension| extension == "local");
        let is_inner = !path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("jail."))
            || path
                .parent()
                .and_then(Path::file_name)
                .is_some_and(|folder| folder == "jail.d");
        (is_local, is_inner, path.clone())
    });
    files.dedup();
    files
}

/// What fail2ban's files say.
#[derive(Debug, Default)]
pub struct Fail2banSettings {
    settings: BTreeMap<(String, String), Setting>,
    /// What could not be read, with the reason.
    pub unread: Vec<String>,
}

impl Fail2banSettings {
    /// Reads files in the order in which fail2ban does.
    #[must_use]
    pub fn read(files: &[PathBuf]) -> Self {
        let mut all = Self::default();
        for file in in_order(files.to_vec()) {
            match fs::read(&file) {
                Ok(bytes) => {
                    let text = String::from_utf8_lossy(&bytes);
                    for setting in settings_of(&text, &file.display().to_string()) {
                        let key = (setting.jail.clone(), setting.name.clone());
                        all.settings.insert(key, setting);
                    }
                }
                Err(cause) => all
                    .unread
                    .push(format!("`{}` cannot be read: {cause}", file.display())),
            }
        }
        all
    }

    /// Whom jails ignore, each once. What is no address, network or host is told among what could not be read.
    pub fn ignored(&mut self) -> Vec<KnownEntry> {
        let mut entries: Vec<KnownEntry> = Vec::new();
        let ignoring = self.settings.values().filter(|one| one.name == "ignoreip");
        for setting in ignoring {
            for (value, line) in &setting.values {
                if value.contains("%(") {
                    continue;
                }
                let whom = Whom::parse("address", value)
                    .or_else(|_| Whom::parse("network", value))
                    .or_else(|_| Whom::parse("host", value));
                let Ok(whom) = whom else {
                    self.unread.push(format!(
                        "`{}`, line {line}: `{value}` of `ignoreip` is no address, network or host",
                        setting.origin
                    ));
                    continue;
                };
                if entries.iter().any(|entry| entry.whom == whom) {
                    continue;
                }
                let note = match setting.jail.as_str() {
                    DEFAULT => "fail2ban ignores it".to_owned(),
                    jail => format!("fail2ban's jail {jail} ignores it"),
                };
                entries.push(KnownEntry {
                    whom,
                    note: Some(note),
                    scope: Some(KnownScope::Ignored),
                    until: None,
                    paths: Vec::new(),
                    origin: setting.origin.clone(),
                    line: *line,
                });
            }
        }
        entries
    }

    /// The value of a jail, or else of all jails.
    fn value(&self, jail: &str, name: &str) -> Option<&str> {
        let of = |jail: &str| self.settings.get(&(jail.to_owned(), name.to_owned()));
        let setting = of(jail).or_else(|| of(DEFAULT))?;
        let (value, _) = setting.values.first()?;
        (!value.contains("%(")).then_some(value.as_str())
    }
}

/// The section of `jail.conf` that holds for every jail.
const DEFAULT: &str = "DEFAULT";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_later_replaces_what_came_before() {
        let conf = "[DEFAULT]\n#ignoreip = 198.51.100.1\nignoreip = 127.0.0.1/8\n[sshd]\nport = ssh\nignoreip = 203.0.113.0/24, monitor.example.com\n";
        let local = "[DEFAULT]\nignoreip = 127.0.0.1/8 ::1 # us\n    192.0.2.7\n    %(more)s\nbantime = 1h\n";
        let folder = std::env::temp_dir().join(format!("rapsheet-known-{}", std::process::id()));
        fs::create_dir_all(folder.join("jail.d")).unwrap();
        fs::write(folder.join("jail.conf"), conf).unwrap();
        fs::write(folder.join("jail.local"), local).unwrap();
        fs::write(
            folder.join("jail.d/own.local"),
            "[web]\nignoreip = 198.51.100.9 x*y\n",
        )
        .unwrap();
        let files = jail_files_beside(&folder);
        let mut settings = Fail2banSettings::read(&files);
        let entries = settings.ignored();
        let unread = settings.unread;
        fs::remove_dir_all(&folder).unwrap();
        let told: Vec<String> = entries
            .iter()
            .map(|entry| {
                format!(
                    "{} {} {}",
                    entry.whom,
                    entry.line,
                    entry.note.clone().unwrap()
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "127.0.0.0/8 2 fail2ban ignores it",
                "::1 2 fail2ban ignores it",
                "192.0.2.7 3 fail2ban ignores it",
                "203.0.113.0/24 6 fail2ban's jail sshd ignores it",
                "monitor.example.com 6 fail2ban's jail sshd ignores it",
                "198.51.100.9 2 fail2ban's jail web ignores it",
            ]
        );
        assert_eq!(unread.len(), 1, "{unread:?}");
        assert!(
            unread[0].ends_with(
                "own.local`, line 2: `x*y` of `ignoreip` is no address, network or host"
            ),
            "{unread:?}"
        );
    }
}

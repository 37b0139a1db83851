//! fail2ban's `ignoreip`: whom its jails never ban.
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
//! # Not supported
//!
//! `ignorecommand`, which is a program, and addresses that `ignoreself` finds on the machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::entry::{KnownEntry, KnownScope, Whom};

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

/// Reads whom jails ignore. Returns entries, each once, and what could not be read, with the reason.
#[must_use]
pub fn read_ignored(files: &[PathBuf]) -> (Vec<KnownEntry>, Vec<String>) {
    let mut settings: BTreeMap<String, Setting> = BTreeMap::new();
    let mut unread = Vec::new();
    for file in in_order(files.to_vec()) {
        match fs::read(&file) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                for (jail, setting) in settings_of(&text, &file.display().to_string()) {
                    settings.insert(jail, setting);
                }
            }
            Err(cause) => unread.push(format!("`{}` cannot be read: {cause}", file.display())),
        }
    }
    let mut entries: Vec<KnownEntry> = Vec::new();
    for (jail, setting) in &settings {
        for (value, line) in &setting.values {
            if value.contains("%(") {
                continue;
            }
            let whom = Whom::parse("address", value)
                .or_else(|_| Whom::parse("network", value))
                .or_else(|_| Whom::parse("host", value));
            let Ok(whom) = whom else {
                unread.push(format!(
                    "`{}`, line {line}: `{value}` of `ignoreip` is no address, network or host",
                    setting.origin
                ));
                continue;
            };
            if entries.iter().any(|entry| entry.whom == whom) {
                continue;
            }
            let note = match jail.as_str() {
                "DEFAULT" => "fail2ban ignores it".to_owned(),
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
    (entries, unread)
}

/// One `ignoreip` and where it stands.
struct Setting {
    values: Vec<(String, usize)>,
    origin: String,
}

/// The settings `ignoreip` of a text, by the jails that they are of.
fn settings_of(text: &str, origin: &str) -> Vec<(String, Setting)> {
    let mut all: Vec<(String, Setting)> = Vec::new();
    let mut section = String::new();
    let mut goes_on = false;
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        // A line that is indented carries on the setting before it.
        if goes_on
            && line.starts_with([' ', '\t'])
            && let Some((_, setting)) = all.last_mut()
        {
            setting.values.extend(values_of(trimmed, index + 1));
            continue;
        }
        goes_on = false;
        if let Some(name) = trimmed
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
        {
            name.0.trim().clone_into(&mut section);
            continue;
        }
        let Some((name, values)) = trimmed.split_once(['=', ':']) else {
            continue;
        };
        if name.trim() == "ignoreip" && !section.is_empty() {
            goes_on = true;
            let setting = Setting {
                values: values_of(values, index + 1),
                origin: origin.to_owned(),
            };
            all.push((section.clone(), setting));
        }
    }
    all
}

/// What stands between blanks and commas, up to a comment.
fn values_of(text: &str, line: usize) -> Vec<(String, usize)> {
    let text = text.split(" #").next().unwrap_or_default();
    let text = text.split(" ;").next().unwrap_or_default();
    text.split([' ', '\t', ','])
        .filter(|value| !value.is_empty())
        .map(|value| (value.to_owned(), line))
        .collect()
}

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
        let (entries, unread) = read_ignored(&files);
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

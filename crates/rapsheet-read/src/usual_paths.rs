//! The usual paths of logs on this machine, as the datasets' descriptors name them.

use std::path::{Path, PathBuf};

use rapsheet_schema::Dataset;

/// Where a server keeps the logs that are read, as patterns below the root folder, each once.
fn usual_places() -> Vec<&'static str> {
    let mut places = Vec::new();
    for dataset in Dataset::ALL {
        for place in dataset.descriptor().usual_paths {
            if !places.contains(place) {
                places.push(*place);
            }
        }
    }
    places
}

/// Where syslog writes sshd's lines.
const AUTH_LOGS: [&str; 2] = ["var/log/auth.log", "var/log/secure"];

/// Finds what this machine has: the usual files, and whether sshd's lines are in the journal alone. Rotated logs may be what
/// syslog left before it was taken off.
#[must_use]
pub fn usual_paths() -> (Vec<PathBuf>, bool) {
    usual_paths_below(Path::new("/"))
}

fn usual_paths_below(root: &Path) -> (Vec<PathBuf>, bool) {
    let mut paths = Vec::new();
    let escaped = glob::Pattern::escape(&root.to_string_lossy());
    for pattern in usual_places() {
        let pattern = Path::new(&escaped).join(pattern);
        let Ok(matches) = glob::glob(&pattern.to_string_lossy()) else {
            continue;
        };
        for path in matches {
            match path {
                Ok(path) if path.is_file() => paths.push(path),
                // A folder that may not be looked into is named, so that the run tells of it.
                Err(refused) if !paths.iter().any(|path| path == refused.path()) => {
                    paths.push(refused.path().to_owned());
                }
                _ => {}
            }
        }
    }
    let has_auth_log = AUTH_LOGS.iter().any(|log| paths.contains(&root.join(log)));
    (paths, !has_auth_log)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn rotated_logs_alone_do_not_turn_the_journal_off() {
        let root = tempfile::tempdir().unwrap();
        let logs = root.path().join("var/log");
        fs::create_dir_all(&logs).unwrap();
        let mut count = 0;
        for (name, wants_journal) in [
            ("nginx-access.log", true),
            ("auth.log.4", true),
            ("secure-20261101", true),
            ("secure", false),
            ("auth.log", false),
        ] {
            fs::write(logs.join(name), "x").unwrap();
            count += usize::from(!name.starts_with("nginx"));
            let (paths, journal) = usual_paths_below(root.path());
            assert_eq!((paths.len(), journal), (count, wants_journal), "{name}");
        }
    }
}

//! Folders: the files below them, and the names in them.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::Path;

use crate::source::identity;

/// How deep folders are searched.
const DEEPEST: usize = 32;

/// Hands out the files below a folder, and what the system refuses to show, with its reason. Links to folders are followed,
/// and each folder is looked into once: links may lead in a circle.
pub(crate) fn walk(
    folder: &Path,
    depth: usize,
    walked: &mut HashSet<(u64, u64)>,
    each: &mut dyn FnMut(&Path, Option<io::Error>),
) {
    match fs::metadata(folder) {
        Ok(meta) if !walked.insert(identity(&meta)) => return,
        Ok(_) if depth > DEEPEST => return each(folder, Some(too_deep())),
        Ok(_) => {}
        Err(cause) => return each(folder, Some(cause)),
    }
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) => return each(folder, Some(cause)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => paths.push((is_link(&entry.path()), entry.path())),
            Err(cause) => each(folder, Some(cause)),
        }
    }
    // Links come last: what stands in the folder itself bears its own name.
    paths.sort();
    for (is_link, path) in paths {
        match fs::metadata(&path) {
            Ok(meta) if meta.is_dir() => walk(&path, depth + 1, walked, each),
            Ok(meta) if meta.is_file() && !is_ours(&path) => each(&path, None),
            // A link that leads nowhere is no log either.
            Err(cause) if !is_link || cause.kind() == io::ErrorKind::PermissionDenied => {
                each(&path, Some(cause));
            }
            _ => {}
        }
    }
}

fn is_link(path: &Path) -> bool {
    path.symlink_metadata()
        .is_ok_and(|meta| meta.file_type().is_symlink())
}

fn too_deep() -> io::Error {
    io::Error::other(format!(
        "it lies more than {DEEPEST} folders deep; name it to read it"
    ))
}

/// Whether a file beside the logs is none by its name: a database of places, what a run of rapsheet is just writing, settings in
/// which addresses stand that did nothing.
fn is_ours(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".mmdb")
        || name.starts_with(".rapsheet-") && name.ends_with(".tmp")
        || name == "known.toml"
        || is_setting_of_fail2ban(path, &name)
}

fn is_setting_of_fail2ban(path: &Path, name: &str) -> bool {
    const FILES: [&str; 4] = ["fail2ban.conf", "fail2ban.local", "jail.conf", "jail.local"];
    const FOLDERS: [&str; 4] = ["action.d", "fail2ban.d", "filter.d", "jail.d"];
    let folder = path.parent().and_then(Path::file_name);
    FILES.contains(&name)
        || (name.ends_with(".conf") || name.ends_with(".local"))
            && folder.is_some_and(|folder| FOLDERS.iter().any(|known| folder == *known))
}

/// Finds the name in the same folder that is most like a missing one.
pub(crate) fn nearest_name(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_string_lossy().into_owned();
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::read_dir(folder)
        .ok()?
        .filter_map(Result::ok)
        .map(|entry| {
            (
                strsim::damerau_levenshtein(&wanted, &entry.file_name().to_string_lossy()),
                entry.path(),
            )
        })
        .filter(|(distance, _)| *distance <= 3)
        .min()
        .map(|(_, path)| path.display().to_string())
}

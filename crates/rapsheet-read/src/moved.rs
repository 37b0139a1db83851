//! Files that are rotated while they are read: what was looked into under one name is opened under the name that it has by then.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::source::identity;

/// A file as it was when it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) identity: (u64, u64),
    pub(crate) size: u64,
}

impl Seen {
    pub(crate) fn of(meta: &Metadata) -> Self {
        Self {
            identity: identity(meta),
            size: meta.len(),
        }
    }
}

/// Opens the file that was seen under a path, which may have another name in the same folder now; returns that name.
///
/// # Errors
///
/// Where it can't be opened, or is there no more.
pub(crate) fn open(path: &Path, seen: Option<Seen>) -> io::Result<(File, PathBuf)> {
    let opened = File::open(path);
    let Some(seen) = seen else {
        return Ok((opened?, path.to_owned()));
    };
    if let Ok(file) = &opened
        && identity(&file.metadata()?) == seen.identity
    {
        return Ok((opened?, path.to_owned()));
    }
    if let Some(found) = find(path, seen.identity) {
        let file = File::open(&found)?;
        if identity(&file.metadata()?) == seen.identity {
            return Ok((file, found));
        }
    }
    opened?;
    Err(io::Error::other("another file took its place"))
}

/// Finds a file in the folder of a path.
fn find(path: &Path, wanted: (u64, u64)) -> Option<PathBuf> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let entries = fs::read_dir(parent.unwrap_or(Path::new("."))).ok()?;
    let mut paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    paths.find(|path| {
        fs::metadata(path).is_ok_and(|meta| meta.is_file() && identity(&meta) == wanted)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn a_file_is_found_under_its_next_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("auth.log");
        fs::write(&path, "old").unwrap();
        let seen = Seen::of(&fs::metadata(&path).unwrap());
        let read = || {
            let (mut file, name) = open(&path, Some(seen)).map_err(|error| error.to_string())?;
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            Ok::<_, String>((text, name))
        };
        assert_eq!(read().unwrap().0, "old");
        let next = folder.path().join("auth.log.1");
        fs::rename(&path, &next).unwrap();
        assert_eq!(read().unwrap(), ("old".to_owned(), next.clone()));
        fs::write(&path, "new").unwrap();
        assert_eq!(read().unwrap(), ("old".to_owned(), next.clone()));
        fs::rename(&next, folder.path().join("gone")).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::rename(folder.path().join("gone"), elsewhere.path().join("gone")).unwrap();
        assert_eq!(read().unwrap_err(), "another file took its place");
    }
}

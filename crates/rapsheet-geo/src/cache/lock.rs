//! Which runs are alive: each holds a lock on a small file beside the cache, and the system lets go of it however the run ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The lock of this run.
#[derive(Debug)]
pub(crate) struct RunLock {
    pub(crate) owner: String,
    path: PathBuf,
    _file: File,
}

impl RunLock {
    /// Makes a name for this run and locks its file.
    pub(crate) fn take(cache: &Path) -> std::io::Result<Self> {
        sweep(cache);
        loop {
            let owner = format!("{}-{:08x}", std::process::id(), fastrand::u32(..));
            let path = path_of(cache, &owner);
            let file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&path)?;
            // Whoever may use the cache may look at the lock, whatever this user's mask is.
            if let Ok(like) = fs::metadata(cache) {
                let _ = file.set_permissions(like.permissions());
            }
            file.lock()?;
            // Another run may have taken the file for one left behind, in the moment before it was locked.
            if path.exists() {
                return Ok(Self {
                    owner,
                    path,
                    _file: file,
                });
            }
        }
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes the files of killed runs that had not claimed anything yet.
fn sweep(cache: &Path) {
    for owner in owners_beside(cache) {
        life_of(cache, &owner);
    }
}

/// The runs whose locks lie beside a cache, dead or alive.
pub(crate) fn owners_beside(cache: &Path) -> Vec<String> {
    let (Some(folder), Some(name)) = (cache.parent(), cache.file_name()) else {
        return Vec::new();
    };
    // A cache in this folder has a name alone.
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let prefix = format!("{}.run-", name.to_string_lossy());
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter_map(|file| Some(file.file_name().to_str()?.strip_prefix(&prefix)?.to_owned()))
        .collect()
}

fn path_of(cache: &Path, owner: &str) -> PathBuf {
    let mut name = cache.as_os_str().to_owned();
    name.push(format!(".run-{owner}"));
    PathBuf::from(name)
}

/// What a run's lock says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// It holds its lock.
    Alive,
    /// It has ended.
    Dead,
    /// This user can't look.
    Unknown,
}

/// Whether a run has ended. Its file is left behind only where it was killed, and is removed then.
pub(crate) fn life_of(cache: &Path, owner: &str) -> Life {
    let path = path_of(cache, owner);
    // Another user's file may not be written, and most file systems lock it all the same.
    let file = OpenOptions::new()
        .write(true)
        .open(&path)
        .or_else(|_| File::open(&path));
    let file = match file {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Life::Dead,
        Err(_) => return Life::Unknown,
    };
    match file.try_lock() {
        Ok(()) => {
            let _ = fs::remove_file(&path);
            Life::Dead
        }
        Err(TryLockError::WouldBlock) => Life::Alive,
        Err(TryLockError::Error(_)) => Life::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn whoever_may_use_the_cache_may_look_at_the_lock() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("answers.sqlite");
        fs::write(&cache, "").unwrap();
        fs::set_permissions(&cache, fs::Permissions::from_mode(0o664)).unwrap();
        let lock = RunLock::take(&cache).unwrap();
        let mode = fs::metadata(&lock.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o664);
        // A link to itself can't be opened at all.
        let file = path_of(&cache, "9-loop");
        std::os::unix::fs::symlink(&file, &file).unwrap();
        assert_eq!(life_of(&cache, "9-loop"), Life::Unknown);
    }

    #[test]
    fn a_run_lives_as_long_as_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("answers.sqlite");
        let lock = RunLock::take(&cache).unwrap();
        let owner = lock.owner.clone();
        assert_eq!(life_of(&cache, &owner), Life::Alive);
        let file = path_of(&cache, "9-killed");
        File::create(&file).unwrap();
        assert_eq!(life_of(&cache, "9-killed"), Life::Dead);
        assert!(!file.exists());
        drop(lock);
        assert_eq!(life_of(&cache, &owner), Life::Dead);
    }
}

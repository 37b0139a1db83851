//! Which runs are alive: each holds a lock on a small file beside the cache, and the system lets go of it however the run ends.

use std::fs::{self, File, OpenOptions, TryLockError};
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
    let (Some(folder), Some(name)) = (cache.parent(), cache.file_name()) else {
        return;
    };
    let prefix = format!("{}.run-", name.to_string_lossy());
    for file in fs::read_dir(folder).into_iter().flatten().flatten() {
        if let Some(owner) = file.file_name().to_string_lossy().strip_prefix(&prefix) {
            is_dead(cache, owner);
        }
    }
}

fn path_of(cache: &Path, owner: &str) -> PathBuf {
    let mut name = cache.as_os_str().to_owned();
    name.push(format!(".run-{owner}"));
    PathBuf::from(name)
}

/// Whether a run has ended. Its file is left behind only where it was killed, and is removed then.
pub(crate) fn is_dead(cache: &Path, owner: &str) -> bool {
    let path = path_of(cache, owner);
    let Ok(file) = OpenOptions::new().write(true).open(&path) else {
        return !path.exists();
    };
    match file.try_lock() {
        Ok(()) => {
            let _ = fs::remove_file(&path);
            true
        }
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_lives_as_long_as_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("answers.sqlite");
        let lock = RunLock::take(&cache).unwrap();
        let owner = lock.owner.clone();
        assert!(!is_dead(&cache, &owner));
        let file = path_of(&cache, "9-killed");
        File::create(&file).unwrap();
        assert!(is_dead(&cache, "9-killed"));
        assert!(!file.exists());
        drop(lock);
        assert!(is_dead(&cache, &owner));
    }
}

//! A file that appears under its name only when it is whole.
//!
//! Bytes go to a temporary file in the same directory; [`OutputFile::commit`] writes them to the disk and renames. A run that
//! fails or is dropped leaves neither the temporary file nor half of the wanted one.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::error::{Error, Result};

const BUFFER: usize = 256 * 1024;

/// A sink for one file.
pub struct OutputFile {
    /// As the person named it, for messages.
    path: PathBuf,
    target: Target,
}

enum Target {
    /// Goes to its final path when it is whole.
    Atomic {
        file: BufWriter<File>,
        /// Removes the file when it is dropped before it was renamed.
        temporary: TempPath,
        wanted: PathBuf,
    },
    /// A pipe or a device: there is nothing to rename.
    Straight(BufWriter<File>),
}

impl OutputFile {
    /// Begins a file. What stands under the name stays until [`OutputFile::commit`].
    ///
    /// Pipes and devices (`/dev/stdout`, a FIFO) are written straight; a symbolic link keeps pointing at its file.
    ///
    /// # Errors
    ///
    /// Where the path is a directory, or its directory is absent or not writable.
    pub fn create(path: &Path) -> Result<Self> {
        let named = |target| Self {
            path: path.to_owned(),
            target,
        };
        let standing = fs::metadata(path).ok();
        if standing.as_ref().is_some_and(fs::Metadata::is_dir) || ends_with_separator(path) {
            return Err(Error::Directory {
                path: path.to_owned(),
            });
        }
        if let Some(standing) = &standing
            && (!standing.is_file() || is_descriptor(path))
        {
            // Appending leaves alone what a shell's `>>` has in the file behind `/dev/stdout`.
            let file = OpenOptions::new().append(true).open(path);
            let file = file.map_err(|cause| Error::file("open", path, cause))?;
            return Ok(named(Target::Straight(BufWriter::with_capacity(
                BUFFER, file,
            ))));
        }
        if standing.is_some() {
            // A rename would replace a file that its owner has closed to writing.
            let writable = OpenOptions::new().write(true).open(path);
            writable.map_err(|cause| Error::file("write", path, cause))?;
        }
        let wanted = real_path(path)?;
        let directory = match wanted.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        // Asked first, because the system's own words for an absent directory are the clearest.
        fs::metadata(directory).map_err(|cause| Error::file("create", path, cause))?;
        let (file, temporary) = temporary(directory, standing.as_ref())
            .map_err(|cause| Error::file("create", path, system_error(cause)))?;
        Ok(named(Target::Atomic {
            file: BufWriter::with_capacity(BUFFER, file),
            temporary,
            wanted,
        }))
    }

    /// The path as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the whole file on the disk and under its name.
    ///
    /// # Errors
    ///
    /// Where the disk is full or refuses; the name is then as it was before.
    pub fn commit(self) -> Result<()> {
        let path = self.path;
        match self.target {
            Target::Straight(file) => file
                .into_inner()
                .map(drop)
                .map_err(|error| Error::file("write", &path, error.into_error())),
            Target::Atomic {
                file,
                temporary,
                wanted,
            } => {
                let file = file
                    .into_inner()
                    .map_err(|error| Error::file("write", &path, error.into_error()))?;
                file.sync_all()
                    .map_err(|cause| Error::file("write", &path, cause))?;
                temporary
                    .persist(&wanted)
                    .map_err(|error| Error::file("replace", &path, system_error(error.error)))?;
                sync_directory(&wanted);
                Ok(())
            }
        }
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.target {
            Target::Atomic { file, .. } => file.write(bytes),
            Target::Straight(file) => file.write(bytes),
        };
        written.map_err(|cause| with_path(&self.path, cause))
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = match &mut self.target {
            Target::Atomic { file, .. } => file.flush(),
            Target::Straight(file) => file.flush(),
        };
        flushed.map_err(|cause| with_path(&self.path, cause))
    }
}

impl fmt::Debug for OutputFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("OutputFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The system's error with the path that it is about; the writers between see only [`io::Error`].
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {cause}", path.display())]
struct AtPath {
    path: PathBuf,
    #[source]
    cause: io::Error,
}

fn with_path(path: &Path, cause: io::Error) -> io::Error {
    let kind = cause.kind();
    if matches!(kind, io::ErrorKind::Interrupted | io::ErrorKind::BrokenPipe) {
        return cause;
    }
    io::Error::new(
        kind,
        AtPath {
            path: path.to_owned(),
            cause,
        },
    )
}

/// Follows symbolic links, so that a rename replaces the file and not the link to it.
fn real_path(path: &Path) -> Result<PathBuf> {
    match fs::canonicalize(path) {
        Ok(real) => Ok(real),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => match fs::read_link(path) {
            // A link to a file that is not there yet.
            Ok(to) => Ok(path.parent().unwrap_or(Path::new("")).join(to)),
            Err(_) => Ok(path.to_owned()),
        },
        Err(cause) => Err(Error::file("create", path, cause)),
    }
}

/// Whether the path names an open file of this process, behind which a regular file may stand.
fn is_descriptor(path: &Path) -> bool {
    ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"]
        .iter()
        .any(|place| path.starts_with(place))
}

fn ends_with_separator(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().last() == Some(&b'/')
}

/// Makes the temporary file with the rights that the final one should have.
fn temporary(directory: &Path, standing: Option<&fs::Metadata>) -> io::Result<(File, TempPath)> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".rapsheet-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The process's umask narrows this, as for any file that a program makes.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(directory)?;
    if let Some(standing) = standing {
        file.as_file().set_permissions(standing.permissions())?;
    }
    Ok(file.into_parts())
}

/// Takes off the wrapper that names the temporary file, which means nothing to a person.
fn system_error(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::Other => error,
        kind if error.raw_os_error().is_none() => kind.into(),
        _ => error,
    }
}

/// Makes the rename itself lasting. The file is whole either way, so a system that cannot do it is no error.
fn sync_directory(file: &Path) {
    if let Some(directory) = file.parent() {
        let directory = if directory.as_os_str().is_empty() {
            Path::new(".")
        } else {
            directory
        };
        let _ = File::open(directory).and_then(|directory| directory.sync_all());
    }
}

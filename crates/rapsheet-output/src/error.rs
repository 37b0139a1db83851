//! What can go wrong between a record batch and its reader.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

use arrow::error::ArrowError;
use parquet::errors::ParquetError;

/// The result of writing.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Whoever read our output has gone (`| head`). This is no failure: leave quietly.
    #[error("the reader of the output has gone")]
    BrokenPipe,
    /// The target is a directory.
    #[error("cannot write `{}`: it is a directory", path.display())]
    Directory {
        /// The target.
        path: PathBuf,
    },
    /// A file could not be made, finished or moved to its name.
    #[error("cannot {action} `{}`: {cause}", path.display())]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or its directory.
        path: PathBuf,
        /// The system's answer.
        #[source]
        cause: io::Error,
    },
    /// The sink refused; for an [`crate::OutputFile`] the cause names its path.
    #[error("{0}")]
    Write(#[source] io::Error),
    /// Batches or a schema that the format cannot hold.
    #[error("{0}")]
    Arrow(#[source] ArrowError),
    /// A time in a zone that nobody knows.
    #[error("unknown time zone `{zone}`")]
    Zone {
        /// The zone as written.
        zone: String,
    },
    /// Columns that Parquet cannot hold.
    #[error("{0}")]
    Parquet(#[source] ParquetError),
    /// A picture that could not be drawn, in the words of the drawing library.
    #[error("cannot draw: {0}")]
    Picture(String),
    /// A picture whose labels have no room in the wanted size.
    #[error(
        "cannot draw: {width} x {height} pixels have no room for this picture's labels; {least_width} x {least_height} have"
    )]
    PictureTooSmall {
        /// Pixels across that were asked for.
        width: u32,
        /// Pixels down that were asked for.
        height: u32,
        /// Pixels across that are enough.
        least_width: u32,
        /// Pixels down that are enough.
        least_height: u32,
    },
    /// A batch has another number of columns than the schema with which the writer was opened.
    #[error("a batch has {found} columns and the schema has {expected}")]
    Columns {
        /// Columns in the schema.
        expected: usize,
        /// Columns in the batch.
        found: usize,
    },
}

impl Error {
    /// Says what the person can do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        let kind = match self {
            Self::Directory { .. } => return Some("name a file, such as `-o FILE.csv`"),
            Self::Zone { .. } => {
                return Some(
                    "zones are named as `Europe/Zurich`, `America/New_York`, `UTC`, `+01:00`",
                );
            }
            Self::PictureTooSmall { .. } => {
                return Some("leave `--width` and `--height` out to get the size that suits it");
            }
            Self::File { cause, .. } | Self::Write(cause) => cause.kind(),
            _ => return None,
        };
        match kind {
            io::ErrorKind::StorageFull => {
                Some("the disk is full: free some space or name a file on another disk")
            }
            io::ErrorKind::QuotaExceeded => {
                Some("your quota is used up: free some space or name a file on another disk")
            }
            io::ErrorKind::PermissionDenied => {
                Some("name a file in a directory that you may write")
            }
            io::ErrorKind::NotFound => Some("the directory must exist: make it first"),
            io::ErrorKind::ReadOnlyFilesystem => {
                Some("the file system is read-only: name another place")
            }
            _ => None,
        }
    }

    /// Names the file that an operation of [`crate::OutputFile`] failed on.
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>, cause: io::Error) -> Self {
        if cause.kind() == io::ErrorKind::BrokenPipe {
            return Self::BrokenPipe;
        }
        Self::File {
            action,
            path: path.into(),
            cause,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::Write(error),
        }
    }
}

impl From<ArrowError> for Error {
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::IoError(_, cause) => cause.into(),
            ArrowError::ParseError(message) => match unknown_zone(&message) {
                Some(zone) => Self::Zone { zone },
                None => Self::Arrow(ArrowError::ParseError(message)),
            },
            other => Self::Arrow(other),
        }
    }
}

/// The zone that a message says is none.
fn unknown_zone(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("Invalid timezone \"")?;
    rest.split_once('"').map(|(zone, _)| zone.to_owned())
}

impl From<ParquetError> for Error {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(cause) => match unbox_io(cause) {
                Ok(cause) => cause.into(),
                Err(cause) => Self::Parquet(ParquetError::External(cause)),
            },
            other => Self::Parquet(other),
        }
    }
}

type Boxed = Box<dyn StdError + Send + Sync>;

/// Finds the system's error inside the wrapper that the Parquet writer puts around it.
fn unbox_io(cause: Boxed) -> std::result::Result<io::Error, Boxed> {
    cause.downcast::<io::Error>().map(|cause| *cause)
}

//! What a person should be told about the databases: which could not be used, why, and the way out.

use std::fmt;
use std::path::PathBuf;

/// One thing to tell about a database, a file or a folder. It never stops the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeoNotice {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub message: String,
    /// The way out, where there is one.
    pub hint: Option<String>,
}

impl GeoNotice {
    pub(crate) fn new(path: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for GeoNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

//! What a reader that stops leaves to the one that carries on: how far each source was read, and all that is remembered.
//!
//! It is read by the version that wrote it alone: fingerprints and rules may differ in others.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::clock::SavedClock;
use crate::coverage::{SavedShapes, SourceCoverage};
use crate::deduplication::SavedCopies;
use crate::echo::SavedEchoes;
use crate::fail2ban_file::Quotes;
use crate::http_logins::SavedHttpLogins;
use crate::item::SavedEvent;
use crate::logins::SavedLogins;
use crate::session::SavedSessions;

/// The version that wrote it.
pub(crate) const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " 2");

/// A reader that stopped.
#[derive(Debug, Serialize, Deserialize)]
pub struct Saved {
    pub(crate) version: String,
    pub(crate) seed: u64,
    pub(crate) sources: Vec<SavedSource>,
    pub(crate) sessions: SavedSessions,
    pub(crate) copies: SavedCopies,
    pub(crate) echoes: SavedEchoes,
    pub(crate) http_logins: SavedHttpLogins,
    pub(crate) shapes: SavedShapes,
    pub(crate) logins: SavedLogins,
    pub(crate) evidence: Vec<(IpAddr, (u32, u32))>,
}

impl Saved {
    /// Whether this version wrote it.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.version == VERSION
    }
}

/// How far a source was read.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedSource {
    pub(crate) name: String,
    pub(crate) position: Position,
    /// The latest time of its lines.
    pub(crate) latest: i64,
    pub(crate) clock: SavedClock,
    /// Lines before the chunk.
    pub(crate) base: u64,
    pub(crate) event_before: Option<SavedEvent>,
    pub(crate) unfinished: [bool; 2],
    pub(crate) quotes: Option<Quotes>,
    pub(crate) fail2ban_start: Option<i64>,
    pub(crate) defects: u64,
    pub(crate) coverage: SourceCoverage,
}

/// Where the next line of a source stands that is not settled: so many items behind the beginning of a chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// How many unpacked bytes come before the chunk.
    pub(crate) bytes: u64,
    /// How many chunks come before it.
    pub(crate) chunk: u64,
    /// How many of its items are settled.
    pub(crate) items: usize,
}

/// A reason as its word.
pub(crate) mod reason {
    use rapsheet_schema::Reason;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        reason: &Option<Reason>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        reason.map(Reason::as_str).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Reason>, D::Error> {
        let word = Option::<String>::deserialize(deserializer)?;
        Ok(word.and_then(|word| Reason::from_word(&word)))
    }
}

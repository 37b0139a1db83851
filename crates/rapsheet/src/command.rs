//! One file a command, and what several of them share: `charts`, `finding`, `list`, `missing`.

pub(crate) mod charts;
pub(crate) mod demo;
pub(crate) mod document;
pub(crate) mod enrich;
pub(crate) mod export;
pub(crate) mod finding;
pub(crate) mod geo;
pub(crate) mod known;
pub(crate) mod list;
pub(crate) mod manual;
pub(crate) mod missing;
pub(crate) mod plot;
pub(crate) mod report;
pub(crate) mod show;
pub(crate) mod sql;
pub(crate) mod summary;

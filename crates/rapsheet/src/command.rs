//! One file a command.

pub(crate) mod demo;
pub(crate) mod document;
pub(crate) mod enrich;
pub(crate) mod export;
pub(crate) mod geo;
pub(crate) mod manual;
pub(crate) mod plot;
pub(crate) mod report;
pub(crate) mod show;
pub(crate) mod sql;
pub(crate) mod summary;

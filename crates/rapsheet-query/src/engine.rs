//! What an engine has to be able to do, so that the shipped queries run on it.

use arrow::record_batch::RecordBatch;

use crate::{Error, Query};

/// Something that runs queries over the tables: the embedded session, or a cluster.
pub trait Engine {
    /// Runs a query and returns its rows, at least one batch (which then tells the columns of an empty answer).
    ///
    /// # Errors
    ///
    /// Fails where the query is wrong, names a table that isn't there, or can't be run to its end.
    fn run(&self, query: &Query) -> Result<Vec<RecordBatch>, Error>;
}

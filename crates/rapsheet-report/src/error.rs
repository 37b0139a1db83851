//! What can go wrong while a report is put together.

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The page is not there.
    #[error(
        "this rapsheet was built without Node.js, so it has no report page\nhint: install `nodejs` and `npm`, then `cargo clean --release -p rapsheet-report` and build again"
    )]
    NoPage,
    /// A table could not be turned into a stream of columns.
    #[error("table `{table}` of the report: {cause}")]
    Table {
        /// The table.
        table: String,
        /// Why.
        cause: arrow::error::ArrowError,
    },
    /// A table lacks a column that the page needs.
    #[error("table `{table}` of the report has no column `{column}`")]
    NoColumn {
        /// The table.
        table: String,
        /// The column.
        column: &'static str,
    },
    /// The heading block could not be written.
    #[error("the report's heading: {0}")]
    Meta(#[from] serde_json::Error),
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] std::io::Error),
}

//! What a question demands of the rows that it reads, as far as a table's maker can make use of it.

/// What all rows must fulfil that a question uses. A table may still hand out others: whoever asks looks again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A column holds one of these words.
    OneOf {
        /// The column.
        column: String,
        /// The words.
        words: Vec<String>,
    },
    /// A column holds anything but this word.
    Not {
        /// The column.
        column: String,
        /// The word.
        word: String,
    },
    /// A column holds something.
    Present {
        /// The column.
        column: String,
    },
    /// A column of flags says yes.
    True {
        /// The column.
        column: String,
    },
    /// A column holds one of those of its distinct values that are kept.
    Among {
        /// The column.
        column: String,
        /// For each of the distinct values, in the table's order, whether it is kept.
        kept: Vec<bool>,
    },
}

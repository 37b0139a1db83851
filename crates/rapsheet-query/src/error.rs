//! What can go wrong with a query, told with its place and the way out.

use arrow::error::ArrowError;
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;

mod words;

use words::plain;

/// Why a query got no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A table that isn't there.
    #[error("unknown table `{name}`{}; there are {}", hint(nearest.as_ref()), listed(known))]
    UnknownTable {
        /// The name as written.
        name: String,
        /// The nearest name that exists.
        nearest: Option<String>,
        /// All that exist.
        known: Vec<String>,
    },
    /// A column that isn't there.
    #[error("unknown column `{name}`{}; there are {}", hint(nearest.as_ref()), listed(known))]
    UnknownColumn {
        /// The name as written.
        name: String,
        /// The nearest name that exists.
        nearest: Option<String>,
        /// All that could stand in this place.
        known: Vec<String>,
    },
    /// A text in double quotes, which is how SQL writes names of columns.
    #[error("unknown column `{name}`")]
    QuotedText {
        /// What stands within the quotes.
        name: String,
    },
    /// A shipped query that doesn't exist.
    #[error("no shipped query is called `{name}`")]
    UnknownQuery {
        /// The name that was asked for.
        name: String,
    },
    /// A table that exists, and that this run hasn't filled.
    #[error("the table `{name}` has not been filled")]
    NotFilled {
        /// The table.
        name: String,
    },
    /// The text isn't SQL.
    #[error("syntax error{}: {reason}", place.map(|(line, column)| format!(" at line {line}, column {column}")).unwrap_or_default())]
    Syntax {
        /// What was expected and found.
        reason: String,
        /// Line and column, from 1, where known.
        place: Option<(u64, u64)>,
    },
    /// More than one statement.
    #[error("one statement at a time: leave out what follows the first `;`")]
    SeveralStatements,
    /// No statement at all.
    #[error("the query is empty")]
    NoStatement,
    /// A statement that would change something.
    #[error("only questions are allowed (`SELECT`, `EXPLAIN`, `DESCRIBE`): {reason}")]
    ReadOnly {
        /// Which statement was refused.
        reason: String,
    },
    /// The SQL is well written and means nothing here.
    #[error("the query makes no sense: {reason}")]
    Invalid {
        /// The planner's words.
        reason: String,
    },
    /// More memory is needed than allowed, and what it does can't go to disk.
    #[error("the query needs more memory than it may use")]
    Memory,
    /// It began, and could not be run to its end.
    #[error("the query failed: {reason}")]
    Run {
        /// The engine's words.
        reason: String,
    },
    /// The session could not be started.
    #[error("the query session could not be started: {reason}")]
    Start {
        /// Why.
        reason: String,
    },
}

impl Error {
    /// Returns the way out, where there is a plain one.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::QuotedText { name } => Some(format!(
                "text stands in single quotes, as in '{}'; double quotes are for names of columns",
                name.replace('\'', "''")
            )),
            Self::UnknownTable { .. } => Some(
                "`rapsheet sql 'SHOW TABLES'` lists them, `DESCRIBE TABLE` their columns"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    /// Looks at the text that was asked: a name within double quotes that no column has was meant as text.
    pub(crate) fn within(self, sql: &str) -> Self {
        match self {
            Self::UnknownColumn {
                name,
                nearest: None,
                ..
            } if sql.contains(&format!("\"{name}\"")) => Self::QuotedText { name },
            other => other,
        }
    }
}

fn hint(nearest: Option<&String>) -> String {
    nearest.map_or_else(String::new, |name| format!(", did you mean `{name}`?"))
}

fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// Finds the name that is most like `name`, if one is like it at all.
pub(crate) fn nearest<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a String>,
) -> Option<String> {
    known
        .into_iter()
        .map(|other| (strsim::jaro_winkler(&name.to_lowercase(), other), other))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|one, two| one.0.total_cmp(&two.0))
        .map(|(_, other)| other.clone())
}

impl From<ArrowError> for Error {
    fn from(error: ArrowError) -> Self {
        DataFusionError::from(error).into()
    }
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        match error {
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
                (*inner).into()
            }
            DataFusionError::Collection(mut errors) if !errors.is_empty() => {
                errors.swap_remove(0).into()
            }
            DataFusionError::SchemaError(cause, _) => from_schema(*cause),
            DataFusionError::SQL(cause, _) => from_syntax(&cause.to_string()),
            DataFusionError::Plan(reason) => from_plan(&reason),
            DataFusionError::NotImplemented(reason) => from_plan(&reason),
            // Whoever waited for the same rows as others, and whoever spilled, is told through several wrappers.
            other if matches!(other.find_root(), DataFusionError::ResourcesExhausted(_)) => {
                Self::Memory
            }
            DataFusionError::Shared(cause) => Self::Run {
                reason: plain(&cause.find_root().strip_backtrace()),
            },
            other => Self::Run {
                reason: plain(&other.strip_backtrace()),
            },
        }
    }
}

fn from_schema(cause: SchemaError) -> Error {
    match cause {
        SchemaError::FieldNotFound {
            field,
            valid_fields,
        } => {
            let mut known: Vec<String> = valid_fields
                .iter()
                .map(|column| column.name().to_owned())
                .collect();
            known.sort_unstable();
            known.dedup();
            // The column may be there, and the table that is named before it not.
            let name = match (
                field.relation.as_ref(),
                known.iter().any(|name| name == field.name()),
            ) {
                (Some(table), true) => format!("{table}.{}", field.name()),
                _ => field.name().to_owned(),
            };
            Error::UnknownColumn {
                nearest: nearest(&name, &known),
                name,
                known,
            }
        }
        SchemaError::AmbiguousReference { field } => Error::Invalid {
            reason: format!(
                "`{0}` stands in more than one of the tables: write `TABLE.{0}`",
                field.name()
            ),
        },
        SchemaError::DuplicateUnqualifiedField { name }
        | SchemaError::DuplicateQualifiedField { name, .. } => Error::Invalid {
            reason: format!("two columns are called `{name}`: name one with AS"),
        },
    }
}

/// Reads sqlparser's words: `sql parser error: Expected: …, found: … at Line: 1, Column: 8`.
fn from_syntax(message: &str) -> Error {
    let message = message
        .trim_start_matches("sql parser error: ")
        .trim_start_matches("ParserError(\"")
        .trim_end_matches("\")");
    let (reason, place) = match message.rsplit_once(" at Line: ") {
        Some((reason, place)) => {
            let place = place
                .split_once(", Column: ")
                .and_then(|(line, column)| Some((line.parse().ok()?, column.parse().ok()?)));
            (reason, place)
        }
        None => (message, None),
    };
    Error::Syntax {
        reason: plain(reason),
        place,
    }
}

/// Tells apart what the planner says in free text.
fn from_plan(message: &str) -> Error {
    let message = one_line(message);
    if message.contains("only supports a single SQL statement") {
        Error::SeveralStatements
    } else if message.contains("No SQL statements were provided") {
        Error::NoStatement
    } else if let Some(kind) = ["DDL", "DML", "Statement"]
        .iter()
        .find_map(|kind| message.strip_prefix(&format!("{kind} not supported: ")))
    {
        Error::ReadOnly {
            reason: format!("`{kind}` is refused"),
        }
    } else {
        Error::Invalid {
            reason: plain(&message),
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

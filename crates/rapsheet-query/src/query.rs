//! One query: SQL, what it answers, and the values of its parameters.

use crate::{Error, catalog};

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Whole(i64),
    /// Text.
    Text(String),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Whole(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// SQL with the values of its `$name` parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    name: Option<&'static str>,
    sql: String,
    parameters: Vec<(String, Value)>,
}

impl Query {
    /// Finds a shipped query by its name, which is its path in `queries/` without `.sql`.
    ///
    /// Its parameters have the values that the comment on top of the file gives them.
    ///
    /// # Errors
    ///
    /// Fails where no shipped query has that name.
    pub fn shipped(name: &str) -> Result<Self, Error> {
        let (name, sql) = catalog::find(name).ok_or_else(|| Error::UnknownQuery {
            name: name.to_owned(),
        })?;
        Ok(Self {
            name: Some(name),
            sql: sql.to_owned(),
            parameters: defaults(sql),
        })
    }

    /// Takes SQL that somebody wrote.
    #[must_use]
    pub fn sql(text: &str) -> Self {
        Self {
            name: None,
            sql: text.to_owned(),
            parameters: Vec::new(),
        }
    }

    /// Sets a parameter, named without its `$`.
    #[must_use]
    pub fn with(mut self, parameter: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        match self
            .parameters
            .iter_mut()
            .find(|(name, _)| name == parameter)
        {
            Some((_, old)) => *old = value,
            None => self.parameters.push((parameter.to_owned(), value)),
        }
        self
    }

    /// Returns the shipped query's name.
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        self.name
    }

    /// Returns the SQL.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.sql
    }

    /// Returns the parameters and their values.
    #[must_use]
    pub fn parameters(&self) -> &[(String, Value)] {
        &self.parameters
    }

    /// Returns what the comment on top says, without the lines about parameters.
    #[must_use]
    pub fn answers(&self) -> String {
        let lines: Vec<&str> = header(&self.sql)
            .filter(|line| !line.starts_with('$'))
            .collect();
        lines.join(" ")
    }
}

/// The lines of the comment on top, without `-- `.
fn header(sql: &str) -> impl Iterator<Item = &str> {
    sql.lines()
        .map_while(|line| line.strip_prefix("--"))
        .map(str::trim)
}

/// Reads the parameters that a header declares: `-- $limit = 10: how many rows`.
fn defaults(sql: &str) -> Vec<(String, Value)> {
    header(sql)
        .filter_map(|line| {
            let (name, rest) = line.strip_prefix('$')?.split_once(" = ")?;
            let (value, _) = rest.split_once(':')?;
            let value = match value.parse::<i64>() {
                Ok(number) => Value::Whole(number),
                Err(_) => Value::Text(value.trim_matches('\'').to_owned()),
            };
            Some((name.to_owned(), value))
        })
        .collect()
}

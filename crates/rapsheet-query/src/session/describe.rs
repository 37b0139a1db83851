//! `SHOW TABLES` and `DESCRIBE`: which tables there are and what stands in them. Nothing is read for it: tables that SQL makes
//! are made of empty ones.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, StringArray};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{ObjectName, Statement as SqlStatement};
use rapsheet_schema::TABLES;

use super::{Session, SessionOptions};
use crate::missing::{MEANING, MISSING};
use crate::tables::{base_schema, base_table};
use crate::{Error, Query};

/// A question about the tables themselves.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Described {
    /// Which there are.
    Tables,
    /// What stands in one.
    Columns(String),
}

impl Described {
    /// Whether a statement asks for the tables and not for what is in them.
    pub(super) fn of(statement: &Statement) -> Option<Self> {
        let Statement::Statement(statement) = statement else {
            return None;
        };
        match &**statement {
            SqlStatement::ShowTables { .. } => Some(Self::Tables),
            SqlStatement::ShowColumns { show_options, .. } => {
                let table = show_options.show_in.as_ref()?.parent_name.as_ref()?;
                Some(Self::Columns(name_of(table)))
            }
            SqlStatement::ExplainTable { table_name, .. } => {
                Some(Self::Columns(name_of(table_name)))
            }
            _ => None,
        }
    }
}

impl Session {
    /// Answers `SHOW TABLES`, `SHOW COLUMNS FROM table` and `DESCRIBE table`, without any rows in the tables; absent where the
    /// text asks for something else.
    ///
    /// # Errors
    ///
    /// Fails where the text isn't one SQL statement, or names a table that doesn't exist.
    pub fn describe(&self, sql: &str) -> Result<Option<RecordBatch>, Error> {
        let statement = self.core.parse(sql)?;
        Described::of(&statement)
            .map(|described| match described {
                Described::Tables => self.tables(),
                Described::Columns(table) => self.columns(&table),
            })
            .transpose()
    }

    fn tables(&self) -> Result<RecordBatch, Error> {
        let names = self.table_names();
        let meanings = names.iter().map(|name| meaning(name));
        let meanings: ArrayRef = Arc::new(StringArray::from_iter_values(meanings));
        let names: ArrayRef = Arc::new(StringArray::from_iter_values(&names));
        Ok(RecordBatch::try_from_iter([
            ("table_name", names),
            ("meaning", meanings),
        ])?)
    }

    fn columns(&self, table: &str) -> Result<RecordBatch, Error> {
        let schema = match base_schema(table) {
            Some(schema) => schema,
            None if self.table_names().iter().any(|name| name == table) => made_of_nothing(table)?,
            None => return Err(self.core.unknown_table(table)),
        };
        let fields = schema.fields();
        let meanings = fields.iter().map(|field| {
            let columns = base_table(table).map_or(&[][..], |table| &table.columns);
            let column = columns.iter().find(|column| column.name == field.name());
            column.map(|column| column.meaning)
        });
        let meanings: ArrayRef = Arc::new(meanings.collect::<StringArray>());
        let names = fields.iter().map(|field| field.name());
        let names: ArrayRef = Arc::new(StringArray::from_iter_values(names));
        let types = fields.iter().map(|field| type_name(field.data_type()));
        let types: ArrayRef = Arc::new(StringArray::from_iter_values(types));
        let nullable: Vec<bool> = fields.iter().map(|field| field.is_nullable()).collect();
        let nullable: ArrayRef = Arc::new(BooleanArray::from(nullable));
        let mut all = vec![
            ("column_name", names),
            ("data_type", types),
            ("is_nullable", nullable),
        ];
        if base_table(table).is_some() {
            all.push(("meaning", meanings));
        }
        Ok(RecordBatch::try_from_iter(all)?)
    }
}

/// The columns of a table that is made by the engine, of tables without rows.
fn made_of_nothing(table: &str) -> Result<SchemaRef, Error> {
    let empty = Session::new(&SessionOptions {
        threads: 1,
        ..SessionOptions::default()
    })?;
    for base in TABLES.iter() {
        let schema = rapsheet_schema::schema_of(&base.columns);
        empty.register(base.name, schema, Vec::new())?;
    }
    let rows = empty.stream(&format!("SELECT * FROM {table}"))?;
    Ok(rows.schema())
}

/// What a table tells, in one sentence.
fn meaning(table: &str) -> String {
    if table == MISSING {
        return MEANING.to_owned();
    }
    if let Some(base) = base_table(table) {
        return base.meaning.clone();
    }
    let query = Query::shipped(&format!("tables/{table}"));
    let answers = query.map(|query| query.answers()).unwrap_or_default();
    match answers.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => answers,
    }
}

fn name_of(table: &ObjectName) -> String {
    let name = table.to_string();
    match name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'))
    {
        Some(quoted) => quoted.to_owned(),
        None => name.to_lowercase(),
    }
}

/// A type by its name in SQL.
fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Dictionary(_, values) => type_name(values),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Int8 | DataType::Int16 | DataType::Int32 => "integer".to_owned(),
        other if other.is_integer() => "bigint".to_owned(),
        other if other.is_floating() => "double".to_owned(),
        DataType::Timestamp(_, Some(_)) => "timestamp with time zone".to_owned(),
        DataType::Timestamp(_, None) => "timestamp".to_owned(),
        DataType::Date32 | DataType::Date64 => "date".to_owned(),
        other => other.to_string().to_lowercase(),
    }
}

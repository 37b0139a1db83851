//! The web service's answers as a wide table with dotted names: the columns that `json_normalize` of pandas makes of the same bodies.
//!
//! Objects are opened at every depth and their keys joined with dots; what is no object stays one cell. Of each answer the members
//! that are no objects come first, as there. A key that nobody has seen before is a column like any other. Lists are written as JSON.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, RecordBatch, RecordBatchOptions,
    StringViewBuilder,
};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use rapsheet_schema::JSON_TEXT_KEY;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use crate::cache::known::{AnswerClass, Known};
use crate::cache::{Cache, CacheError};
use crate::service::Service;
use crate::service::endpoint::AnswerHost;

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum FlattenError {
    /// The cache can't be read.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// Arrow refuses the columns, which would be a fault of this crate.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

/// Reads the best answer for each address, in their order; addresses without one have no row.
///
/// With `keep`, only the names in that language and in English are kept.
///
/// # Errors
///
/// The cache can't be read.
pub fn dotted_answers(
    cache: &Path,
    from: &AnswerHost,
    addresses: &[IpAddr],
    keep: Option<&str>,
) -> Result<RecordBatch, FlattenError> {
    let mut bodies = Vec::new();
    if let Some(cache) = Cache::open_read_only(cache)? {
        let known = cache.known(from)?;
        for ip in addresses {
            bodies.extend(best(&cache, &known, ip.to_canonical())?);
        }
    }
    Ok(flatten(&bodies, keep)?)
}

/// Finds the answer of the richest service, about the address itself before one about its network.
fn best(cache: &Cache, known: &Known, ip: IpAddr) -> Result<Option<Value>, CacheError> {
    let mut answers = Service::ALL
        .iter()
        .filter_map(|service| known.services.get(service));
    let found = answers.find_map(|answers| {
        let exact = answers.exact.get(&ip).copied();
        let exact = exact.filter(|hit| hit.verdict == AnswerClass::Details);
        exact.map(|hit| (hit, true)).or_else(|| {
            let (hit, _) = answers.network(ip)?;
            hit.serves_network.then_some((hit, false))
        })
    });
    let Some((hit, about_itself)) = found else {
        return Ok(None);
    };
    let body = cache.body(hit.id).map_err(|source| cache.error(source))?;
    let mut value: Option<Value> = serde_json::from_slice(&body).ok();
    if !about_itself
        && let Some(asked) = value
            .as_mut()
            .and_then(|value| value.get_mut("traits")?.get_mut("ip_address"))
    {
        // The row is this address's; the answer's own address is another of the same network.
        *asked = Value::String(ip.to_string());
    }
    Ok(value)
}

/// Makes the table: one row for each body, columns in the order in which they first appear.
///
/// # Errors
///
/// Arrow refuses the columns, which would be a fault of this crate.
pub fn flatten(bodies: &[Value], keep: Option<&str>) -> Result<RecordBatch, ArrowError> {
    let mut columns: Vec<DottedColumn<'_>> = Vec::new();
    let mut places: FxHashMap<String, usize> = FxHashMap::default();
    for (row, body) in bodies.iter().enumerate() {
        let Value::Object(body) = body else { continue };
        let mut put = |path: String, value| {
            if keep.is_some_and(|locale| is_other_language(&path, locale)) {
                return;
            }
            let place = *places.entry(path.clone()).or_insert_with(|| {
                columns.push(DottedColumn {
                    name: path,
                    cells: Vec::new(),
                });
                columns.len() - 1
            });
            columns[place].cells.push((row, value));
        };
        for (key, value) in body.iter().filter(|(_, value)| !value.is_object()) {
            put(key.clone(), value);
        }
        for (key, value) in body {
            if let Value::Object(inner) = value {
                open(key, inner, &mut put);
            }
        }
    }
    let fields: Vec<Field> = columns.iter().map(DottedColumn::field).collect();
    let arrays = columns
        .iter()
        .map(|column| column.array(bodies.len()))
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(bodies.len()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
}

fn open<'v>(path: &str, object: &'v Map<String, Value>, put: &mut impl FnMut(String, &'v Value)) {
    for (key, value) in object {
        let path = format!("{path}.{key}");
        match value {
            Value::Object(inner) => open(&path, inner, put),
            value => put(path, value),
        }
    }
}

/// Whether a path is a name in a language that is neither the wanted one nor English, which every name has.
fn is_other_language(path: &str, locale: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(before, language)| {
        let is_name = before == "names" || before.ends_with(".names");
        is_name && language != locale && language != "en"
    })
}

struct DottedColumn<'v> {
    name: String,
    cells: Vec<(usize, &'v Value)>,
}

impl DottedColumn<'_> {
    fn field(&self) -> Field {
        let field = Field::new(&self.name, self.data_type(), true);
        let mut values = self.cells.iter().map(|(_, value)| value);
        let is_list = |value: &&Value| value.is_array() || value.is_null();
        if values.any(|value| value.is_array())
            && self.cells.iter().all(|(_, value)| is_list(value))
        {
            let json = (JSON_TEXT_KEY.to_owned(), "list".to_owned());
            return field.with_metadata(HashMap::from([json]));
        }
        field
    }

    /// The narrowest type that holds all of its values.
    fn data_type(&self) -> DataType {
        let all = |is: fn(&Value) -> bool| {
            let mut values = self.cells.iter().filter(|(_, value)| !value.is_null());
            values.all(|(_, value)| is(value))
        };
        if self.cells.iter().all(|(_, value)| value.is_null()) {
            DataType::Utf8View
        } else if all(Value::is_boolean) {
            DataType::Boolean
        } else if all(Value::is_i64) {
            DataType::Int64
        } else if all(Value::is_number) {
            DataType::Float64
        } else {
            DataType::Utf8View
        }
    }

    fn array(&self, rows: usize) -> ArrayRef {
        let mut values: Vec<&Value> = vec![&Value::Null; rows];
        for (row, value) in &self.cells {
            values[*row] = value;
        }
        match self.data_type() {
            DataType::Boolean => {
                let mut builder = BooleanBuilder::with_capacity(rows);
                values
                    .iter()
                    .for_each(|value| builder.append_option(value.as_bool()));
                Arc::new(builder.finish())
            }
            DataType::Int64 => {
                let mut builder = Int64Builder::with_capacity(rows);
                values
                    .iter()
                    .for_each(|value| builder.append_option(value.as_i64()));
                Arc::new(builder.finish())
            }
            DataType::Float64 => {
                let mut builder = Float64Builder::with_capacity(rows);
                values
                    .iter()
                    .for_each(|value| builder.append_option(value.as_f64()));
                Arc::new(builder.finish())
            }
            _ => {
                let mut builder = StringViewBuilder::with_capacity(rows);
                for value in values {
                    match value {
                        Value::Null => builder.append_null(),
                        Value::String(text) => builder.append_value(text),
                        other => builder.append_value(other.to_string()),
                    }
                }
                Arc::new(builder.finish())
            }
        }
    }
}

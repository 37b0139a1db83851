//! Functions for people who type SQL. The shipped queries don't use them, because another engine lacks them.
//!
//! An address that can't be read gives NULL; a network that can't be read is an error, since somebody typed it.

use std::net::IpAddr;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringViewArray};
use datafusion::common::{DataFusionError, Result, exec_datafusion_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF};
use rapsheet_schema::parse_address;

mod ip_in;
mod ip_network;
mod ip_version;
mod is_global;

/// Every function of this crate.
pub(crate) fn all() -> Vec<ScalarUDF> {
    vec![
        ScalarUDF::from(ip_in::IpIn::new()),
        ScalarUDF::from(ip_network::IpNetwork::new()),
        ScalarUDF::from(ip_version::IpVersion::new()),
        ScalarUDF::from(is_global::IsGlobal::new()),
    ]
}

/// Applies `answer` to the address in each row of the first argument.
///
/// A constant is answered once.
fn for_each_address<T>(
    args: &ScalarFunctionArgs,
    answer: impl Fn(usize, IpAddr) -> Result<Option<T>>,
    collect: impl Fn(Vec<Option<T>>) -> ArrayRef,
) -> Result<ColumnarValue> {
    let constant = args
        .args
        .iter()
        .all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
    let rows = if constant { 1 } else { args.number_rows };
    let first = args.args.first().ok_or_else(no_argument)?.to_array(rows)?;
    let answers = texts(&first)?
        .iter()
        .enumerate()
        .map(|(row, text)| match text.and_then(parse_address) {
            Some(ip) => answer(row, ip),
            None => Ok(None),
        })
        .collect::<Result<Vec<_>>>()?;
    let answers = collect(answers);
    if constant {
        let value = datafusion::common::ScalarValue::try_from_array(&answers, 0)?;
        return Ok(ColumnarValue::Scalar(value));
    }
    Ok(ColumnarValue::Array(answers))
}

/// The signature has made every text a view.
fn texts(array: &ArrayRef) -> Result<&StringViewArray> {
    array
        .as_string_view_opt()
        .ok_or_else(|| exec_datafusion_err!("an address is text, not {}", array.data_type()))
}

fn no_argument() -> DataFusionError {
    exec_datafusion_err!("an address is missing")
}

/// Collects truth values into a column.
fn flags(values: Vec<Option<bool>>) -> ArrayRef {
    Arc::new(arrow::array::BooleanArray::from(values))
}

//! Answers of queries as the columns that the page reads.
//!
//! Texts that repeat become dictionaries, whole numbers take the smallest type that holds them, and an address is its row
//! number in `addresses`.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, TimeUnit, TimestampMicrosecondType};
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use rapsheet_schema::MICROS_PER_SECOND;

use crate::Error;
use crate::panels::panels;

/// The column that names an address.
const SOURCE_IP: &str = "source_ip";

/// How wide a step of the page's time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// An hour, in UTC.
    Hour,
    /// A day, in the report's zone.
    Day,
}

/// A table, ready for the page.
#[derive(Clone, Debug)]
pub struct Packed {
    pub(crate) name: String,
    pub(crate) base64: String,
    rows: usize,
}

impl Packed {
    /// Returns how many bytes it takes in the file.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.base64.len()
    }

    /// Returns how many rows it has.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }
}

/// The row number of each address in the page's table `addresses`.
#[derive(Clone, Debug, Default)]
pub struct AddressNumbers {
    numbers: HashMap<String, u32>,
}

impl AddressNumbers {
    /// Numbers the addresses of a table in its order.
    ///
    /// # Errors
    ///
    /// Fails where the table has no `source_ip`.
    pub fn of(addresses: &RecordBatch) -> Result<Self, Error> {
        let column = texts("addresses", addresses, SOURCE_IP)?;
        let numbers = column
            .iter()
            .enumerate()
            .filter_map(|(row, text)| Some((text?.to_owned(), u32::try_from(row).ok()?)))
            .collect();
        Ok(Self { numbers })
    }

    /// Puts the number `address` in the place of `source_ip`. Rows of other addresses stay, without a number.
    ///
    /// # Errors
    ///
    /// Fails where the table has no `source_ip`.
    pub fn put(&self, table: &str, batch: &RecordBatch) -> Result<RecordBatch, Error> {
        let column = texts(table, batch, SOURCE_IP)?;
        let numbers: UInt32Array = column
            .iter()
            .map(|text| self.numbers.get(text?).copied())
            .collect();
        replace(table, batch, SOURCE_IP, "address", Arc::new(numbers))
    }
}

/// The columns of addresses that the page counts by: what it knows of addresses that have no row of their own.
///
/// # Errors
///
/// Fails where a column cannot be taken.
pub fn only_counted(addresses: &RecordBatch) -> Result<RecordBatch, Error> {
    let schema = addresses.schema();
    let fields = schema.fields().iter().enumerate();
    let places: Vec<usize> = fields
        .filter(|(_, field)| {
            let name = field.name();
            name == PRESENT
                || panels()
                    .iter()
                    .any(|panel| panel.table == "addresses" && panel.by == *name)
        })
        .map(|(place, _)| place)
        .collect();
    addresses
        .project(&places)
        .map_err(|cause| failed("addresses", cause))
}

/// The column that tells what an address lacks.
const PRESENT: &str = "present";

/// Puts the column `present` of another table beside each address; it stays absent where that table has no such address.
///
/// # Errors
///
/// Fails where one of the tables lacks `source_ip`, or the other one `present`.
pub fn with_present(
    table: &str,
    batch: &RecordBatch,
    present: &[RecordBatch],
) -> Result<RecordBatch, Error> {
    let mut told: HashMap<String, String> = HashMap::new();
    for part in present {
        let addresses = texts(table, part, SOURCE_IP)?;
        let signs = texts(table, part, PRESENT)?;
        for (address, signs) in addresses.iter().zip(&signs) {
            if let (Some(address), Some(signs)) = (address, signs) {
                told.insert(address.to_owned(), signs.to_owned());
            }
        }
    }
    let column: StringArray = texts(table, batch, SOURCE_IP)?
        .iter()
        .map(|address| told.get(address?).map(String::as_str))
        .collect();
    let mut fields = batch.schema().fields().to_vec();
    fields.push(Arc::new(Field::new(PRESENT, DataType::Utf8, true)));
    let mut columns = batch.columns().to_vec();
    columns.push(Arc::new(column));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|cause| Error::Table {
        table: table.to_owned(),
        cause,
    })
}

/// Packs a table for the page.
///
/// # Errors
///
/// Fails where a column has a type that the page cannot read.
pub fn pack(name: &str, batches: &[RecordBatch]) -> Result<Packed, Error> {
    let failed = |cause| failed(name, cause);
    let Some(first) = batches.first() else {
        return Err(failed(ArrowError::SchemaError("no columns".to_owned())));
    };
    let whole = concat_batches(&first.schema(), batches).map_err(failed)?;
    let small = shrink(&whole).map_err(failed)?;
    write(name, &small)
}

/// Packs a table whose columns are as the page reads them.
pub(crate) fn write(name: &str, small: &RecordBatch) -> Result<Packed, Error> {
    let failed = |cause| failed(name, cause);
    let packer = GzEncoder::new(Vec::new(), Compression::new(6));
    let mut writer = StreamWriter::try_new(packer, &small.schema()).map_err(failed)?;
    writer.write(small).map_err(failed)?;
    let packer = writer.into_inner().map_err(failed)?;
    let mut bytes = packer.finish()?;
    bytes.flush()?;
    Ok(Packed {
        name: name.to_owned(),
        base64: BASE64_STANDARD.encode(&bytes),
        rows: small.num_rows(),
    })
}

fn shrink(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let mut fields = Vec::new();
    let mut columns = Vec::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let column = match column.data_type() {
            DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => shrink_text(column)?,
            DataType::Int64 | DataType::UInt64 | DataType::Int32 => shrink_whole(column)?,
            DataType::Timestamp(TimeUnit::Microsecond, _) => shrink_time(column)?,
            DataType::Decimal128(..) => cast(column, &DataType::Float64)?,
            _ => Arc::clone(column),
        };
        fields.push(Field::new(field.name(), column.data_type().clone(), true));
        columns.push(column);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

/// A dictionary where texts repeat, with the narrowest codes that do.
fn shrink_text(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let of = |codes: DataType| DataType::Dictionary(Box::new(codes), Box::new(DataType::Utf8));
    let coded = cast(&cast(column, &DataType::Utf8)?, &of(DataType::UInt32))?;
    let names = coded.as_any_dictionary().values().len();
    if is_plain(names, column.len()) {
        return cast(column, &DataType::Utf8);
    }
    if names <= usize::from(u16::MAX) {
        return cast(&coded, &of(DataType::UInt16));
    }
    Ok(coded)
}

/// Whether so many texts repeat so seldom in so many rows that codes cost more than they save.
pub(crate) const fn is_plain(texts: usize, rows: usize) -> bool {
    texts * 2 > rows && texts > 255
}

/// Seconds where no time has a part of one, as in most logs: zeros behind the second cost bytes, since powers of ten are no
/// powers of two.
fn shrink_time(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let times = column.as_primitive::<TimestampMicrosecondType>();
    if times.iter().flatten().all(|at| at % MICROS_PER_SECOND == 0) {
        let zone = times.timezone().map(Into::into);
        return cast(column, &DataType::Timestamp(TimeUnit::Second, zone));
    }
    Ok(Arc::clone(column))
}

fn shrink_whole(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let wide = cast(column, &DataType::Int64)?;
    let fits = |least: i64, most: i64| {
        wide.as_primitive::<Int64Type>()
            .iter()
            .flatten()
            .all(|value| value >= least && value <= most)
    };
    let narrow = if fits(0, i64::from(u8::MAX)) {
        DataType::UInt8
    } else if fits(0, i64::from(u16::MAX)) {
        DataType::UInt16
    } else if fits(i64::from(i32::MIN), i64::from(i32::MAX)) {
        DataType::Int32
    } else {
        DataType::Float64
    };
    cast(&wide, &narrow)
}

/// What went wrong with a table.
pub(crate) fn failed(table: &str, cause: ArrowError) -> Error {
    Error::Table {
        table: table.to_owned(),
        cause,
    }
}

pub(crate) fn column<'a>(
    table: &str,
    batch: &'a RecordBatch,
    name: &'static str,
) -> Result<&'a ArrayRef, Error> {
    batch.column_by_name(name).ok_or_else(|| Error::NoColumn {
        table: table.to_owned(),
        column: name,
    })
}

pub(crate) fn texts(
    table: &str,
    batch: &RecordBatch,
    name: &'static str,
) -> Result<StringArray, Error> {
    let texts =
        cast(column(table, batch, name)?, &DataType::Utf8).map_err(|cause| Error::Table {
            table: table.to_owned(),
            cause,
        })?;
    Ok(texts.as_string::<i32>().clone())
}

/// Puts a column in the place of another.
pub(crate) fn replace(
    table: &str,
    batch: &RecordBatch,
    old: &str,
    name: &str,
    with: ArrayRef,
) -> Result<RecordBatch, Error> {
    let mut fields = Vec::new();
    let mut columns = Vec::new();
    let mut with = Some(with);
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        match with.take_if(|_| field.name() == old) {
            Some(with) => {
                fields.push(Arc::new(Field::new(name, with.data_type().clone(), true)));
                columns.push(with);
            }
            None => {
                fields.push(Arc::clone(field));
                columns.push(Arc::clone(column));
            }
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|cause| Error::Table {
        table: table.to_owned(),
        cause,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::TimestampMicrosecondArray;

    #[test]
    fn times_take_as_little_as_they_can() {
        let kept = |micros: Vec<Option<i64>>| {
            let times = TimestampMicrosecondArray::from(micros).with_timezone("UTC");
            let times: ArrayRef = Arc::new(times);
            let small = shrink_time(&times).unwrap();
            assert_eq!(&cast(&small, times.data_type()).unwrap(), &times);
            small.data_type().clone()
        };
        let utc = |unit| DataType::Timestamp(unit, Some("UTC".into()));
        let whole = kept(vec![Some(1_767_571_200_000_000), None, Some(0)]);
        assert_eq!(whole, utc(TimeUnit::Second));
        let parts = kept(vec![Some(1_767_571_200_000_001), None]);
        assert_eq!(parts, utc(TimeUnit::Microsecond));
    }
}

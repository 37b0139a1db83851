//! One cell of a record batch, whatever Arrow type its column has.
//!
//! The writers of text formats see a handful of kinds; the dozens of Arrow types end here.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Float32Array, Float64Array, Int64Array,
    StringViewArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Field, Float32Type, Float64Type, Int64Type, TimeUnit,
    TimestampMicrosecondType, UInt64Type,
};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// One cell.
pub(crate) enum CellValue<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    Float(f64),
    Single(f32),
    /// Text that may come from a log.
    Text(&'a str),
    /// A number as text that no machine type holds (decimals).
    Number(&'a str),
    /// Text of our own making: a duration, a time of day, bytes in hexadecimal.
    Word(&'a str),
    /// Microseconds since 1970; `zoned` where the type says UTC.
    Time {
        micros: i64,
        zoned: bool,
    },
    /// Days since 1970.
    Date(i32),
    List(&'a ValueColumn, Range<usize>),
    Struct(&'a [(String, ValueColumn)], usize),
    Map(&'a ValueColumn, &'a ValueColumn, Range<usize>),
}

/// A column, ready for its cells to be asked for.
pub(crate) enum ValueColumn {
    Null,
    Bool(BooleanArray),
    Int(Int64Array),
    Unsigned(UInt64Array),
    Float(Float64Array),
    Single(Float32Array),
    Text(StringViewArray),
    Number(StringViewArray),
    Word(StringViewArray),
    Time(TimestampMicrosecondArray, bool),
    Date(Date32Array),
    List(OffsetBuffer<i32>, Option<NullBuffer>, Box<ValueColumn>),
    Struct(Option<NullBuffer>, Vec<(String, ValueColumn)>),
    Map(OffsetBuffer<i32>, Option<NullBuffer>, Box<[ValueColumn; 2]>),
}

impl ValueColumn {
    /// Takes a column of any type.
    pub(crate) fn new(array: &ArrayRef) -> Result<Self, ArrowError> {
        use DataType as T;
        let to = |target: &DataType| cast(array, target);
        Ok(match array.data_type() {
            T::Null => Self::Null,
            T::Boolean => Self::Bool(array.as_boolean().clone()),
            T::Int8 | T::Int16 | T::Int32 | T::Int64 | T::UInt8 | T::UInt16 | T::UInt32 => {
                Self::Int(to(&T::Int64)?.as_primitive::<Int64Type>().clone())
            }
            T::UInt64 => Self::Unsigned(array.as_primitive::<UInt64Type>().clone()),
            T::Float64 => Self::Float(array.as_primitive::<Float64Type>().clone()),
            T::Float16 | T::Float32 => {
                Self::Single(to(&T::Float32)?.as_primitive::<Float32Type>().clone())
            }
            T::Utf8 | T::LargeUtf8 | T::Utf8View => {
                Self::Text(to(&T::Utf8View)?.as_string_view().clone())
            }
            T::Dictionary(_, values) => return Self::new(&to(values)?),
            T::RunEndEncoded(_, values) => return Self::new(&to(values.data_type())?),
            // A zone that somebody asked for is shown by its clocks.
            T::Timestamp(_, Some(zone)) if !is_utc(zone) => Self::Word(rendered(array)?),
            T::Timestamp(_, zone) => {
                let micros = to(&T::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
                Self::Time(
                    micros.as_primitive::<TimestampMicrosecondType>().clone(),
                    zone.is_some(),
                )
            }
            T::Date32 | T::Date64 => {
                Self::Date(to(&T::Date32)?.as_primitive::<Date32Type>().clone())
            }
            T::List(_) => {
                let list = array.as_list::<i32>();
                let values = Self::new(list.values())?;
                Self::List(
                    list.offsets().clone(),
                    list.nulls().cloned(),
                    Box::new(values),
                )
            }
            T::LargeList(item) | T::ListView(item) | T::LargeListView(item) => {
                return Self::new(&to(&T::List(Arc::clone(item)))?);
            }
            T::FixedSizeList(item, _) => return Self::new(&to(&T::List(Arc::clone(item)))?),
            T::Struct(fields) => {
                let array = array.as_struct();
                let columns = fields.iter().zip(array.columns());
                let columns = columns.map(|(field, column)| Self::named(field, column));
                Self::Struct(array.nulls().cloned(), columns.collect::<Result<_, _>>()?)
            }
            T::Map(_, _) => {
                let map = array.as_map();
                let sides = [Self::new(map.keys())?, Self::new(map.values())?];
                Self::Map(map.offsets().clone(), map.nulls().cloned(), Box::new(sides))
            }
            T::Decimal32(..) | T::Decimal64(..) | T::Decimal128(..) | T::Decimal256(..) => {
                Self::Number(rendered(array)?)
            }
            _ => Self::Word(rendered(array)?),
        })
    }

    fn named(field: &Field, array: &ArrayRef) -> Result<(String, Self), ArrowError> {
        Ok((field.name().clone(), Self::new(array)?))
    }

    /// Whether cells are numbers, which people want right-aligned.
    pub(crate) fn is_number(data_type: &DataType) -> bool {
        match data_type {
            DataType::Dictionary(_, values) => Self::is_number(values),
            other => other.is_numeric(),
        }
    }

    /// Whether cells are text, lists and other things of any length.
    pub(crate) fn is_wide(data_type: &DataType) -> bool {
        match data_type {
            DataType::Dictionary(_, values) => Self::is_wide(values),
            other => !(other.is_numeric() || other.is_temporal() || other == &DataType::Boolean),
        }
    }

    /// The cell of a row. A row past the end is an error of the caller's and panics, as Arrow's own arrays do.
    pub(crate) fn value(&self, row: usize) -> CellValue<'_> {
        fn known<'a>(
            array: &dyn Array,
            row: usize,
            value: impl FnOnce() -> CellValue<'a>,
        ) -> CellValue<'a> {
            if array.is_null(row) {
                CellValue::Null
            } else {
                value()
            }
        }
        let absent =
            |nulls: &Option<NullBuffer>| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        match self {
            Self::Null => CellValue::Null,
            Self::Bool(array) => known(array, row, || CellValue::Bool(array.value(row))),
            Self::Int(array) => known(array, row, || CellValue::Int(array.value(row))),
            Self::Unsigned(array) => known(array, row, || CellValue::Unsigned(array.value(row))),
            Self::Float(array) => known(array, row, || CellValue::Float(array.value(row))),
            Self::Single(array) => known(array, row, || CellValue::Single(array.value(row))),
            Self::Text(array) => known(array, row, || CellValue::Text(array.value(row))),
            Self::Number(array) => known(array, row, || CellValue::Number(array.value(row))),
            Self::Word(array) => known(array, row, || CellValue::Word(array.value(row))),
            Self::Date(array) => known(array, row, || CellValue::Date(array.value(row))),
            Self::Time(array, zoned) => known(array, row, || CellValue::Time {
                micros: array.value(row),
                zoned: *zoned,
            }),
            Self::List(_, nulls, _) | Self::Struct(nulls, _) | Self::Map(_, nulls, _)
                if absent(nulls) =>
            {
                CellValue::Null
            }
            Self::List(offsets, _, values) => CellValue::List(values, range(offsets, row)),
            Self::Struct(_, columns) => CellValue::Struct(columns, row),
            Self::Map(offsets, _, sides) => {
                CellValue::Map(&sides[0], &sides[1], range(offsets, row))
            }
        }
    }
}

fn range(offsets: &OffsetBuffer<i32>, row: usize) -> Range<usize> {
    // Offsets of an Arrow list are never negative.
    offsets[row].unsigned_abs() as usize..offsets[row + 1].unsigned_abs() as usize
}

fn is_utc(zone: &str) -> bool {
    matches!(zone, "UTC" | "Etc/UTC" | "Z" | "+00" | "+00:00")
}

/// Lets Arrow write the cells of the rarer types.
fn rendered(array: &ArrayRef) -> Result<StringViewArray, ArrowError> {
    // RFC 3339, as all other times, with the offset of the zone.
    let options =
        FormatOptions::default().with_timestamp_tz_format(Some("%Y-%m-%dT%H:%M:%S%.6f%:z"));
    let cells = ArrayFormatter::try_new(array, &options)?;
    (0..array.len())
        .map(|row| match array.is_null(row) {
            true => Ok(None),
            false => cells.value(row).try_to_string().map(Some),
        })
        .collect()
}

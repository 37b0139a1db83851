//! Batches that the tests write, and the way to write them.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, ListBuilder, StringBuilder, StringViewArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;
use rapsheet_output::{Format, FormatOptions, open};

/// 2026-01-31 13:45:10 UTC.
pub(crate) const TIME: i64 = 1_769_867_110_000_000;

/// Texts that have gone wrong somewhere before.
pub(crate) const HOSTILE: [Option<&str>; 8] = [
    Some("root"),
    None,
    Some(""),
    Some("NA"),
    Some("=HYPERLINK(\"http://192.0.2.1\",\"a, b\")"),
    Some("two\nlines"),
    Some("\u{1b}[31mred\u{202e}"),
    Some("-1"),
];

/// One row for each hostile text, with a column of each common type.
pub(crate) fn hostile() -> RecordBatch {
    let rows = HOSTILE.len();
    let times = (0..rows as i64).map(|row| (row != 1).then_some(TIME + row));
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in 0..rows {
        match row {
            0 => lists.append_value([Some("a"), None, Some("b\"c")]),
            1 => lists.append_null(),
            _ => lists.append_value(Vec::<Option<&str>>::new()),
        }
    }
    let numbers = (0..rows as i64).map(|row| (row != 1).then_some(-row * 1000));
    let floats = (0..rows).map(|row| (row != 1).then_some(row as f64 / 3.0));
    let flags = (0..rows).map(|row| (row != 1).then_some(row % 2 == 0));
    let ecs = [("ecs".to_owned(), "user.name".to_owned())];
    let list = lists.finish();
    let columns: Vec<(Field, ArrayRef)> = vec![
        (
            Field::new(
                "timestamp",
                DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
                true,
            ),
            Arc::new(
                times
                    .collect::<TimestampMicrosecondArray>()
                    .with_timezone("UTC"),
            ),
        ),
        (
            Field::new("user_name", DataType::Utf8View, true)
                .with_metadata(ecs.into_iter().collect()),
            Arc::new(StringViewArray::from_iter(HOSTILE)),
        ),
        (
            Field::new("attempts", DataType::Int64, true),
            Arc::new(numbers.collect::<Int64Array>()),
        ),
        (
            Field::new("score", DataType::Float64, true),
            Arc::new(floats.collect::<Float64Array>()),
        ),
        (
            Field::new("suspicious", DataType::Boolean, true),
            Arc::new(flags.collect::<BooleanArray>()),
        ),
        (
            Field::new("users", arrow::array::Array::data_type(&list).clone(), true),
            Arc::new(list),
        ),
    ];
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

/// A batch of one column of texts.
pub(crate) fn texts(texts: &[Option<&str>]) -> RecordBatch {
    let array: ArrayRef = Arc::new(texts.iter().copied().collect::<StringViewArray>());
    RecordBatch::try_from_iter([("text", array)]).unwrap()
}

/// Writes batches and gives the bytes.
pub(crate) fn write(format: Format, batches: &[RecordBatch], options: &FormatOptions) -> Vec<u8> {
    write_as(format, &batches[0].schema(), batches, options)
}

/// Writes batches, if any, of a schema.
pub(crate) fn write_as(
    format: Format,
    schema: &SchemaRef,
    batches: &[RecordBatch],
    options: &FormatOptions,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = open(format, schema, &mut bytes, options).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    let rows = writer.finish().unwrap();
    let expected: usize = batches.iter().map(RecordBatch::num_rows).sum();
    assert_eq!(rows, expected as u64);
    bytes
}

/// The same as text.
pub(crate) fn text(format: Format, batches: &[RecordBatch], options: &FormatOptions) -> String {
    String::from_utf8(write(format, batches, options)).unwrap()
}

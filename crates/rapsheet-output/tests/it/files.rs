//! Parquet and Arrow, read back with their own readers.

use std::fs::File;
use std::io::{Cursor, Write as _};

use arrow::array::AsArray;
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use arrow::ipc::reader::FileReader;
use arrow::record_batch::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rapsheet_output::{Format, FormatOptions};

use crate::batches::{HOSTILE, TIME, hostile, write, write_as};

fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn read(format: Format, bytes: Vec<u8>) -> RecordBatch {
    let batches: Vec<RecordBatch> = match format {
        Format::Arrow => FileReader::try_new(Cursor::new(bytes), None)
            .unwrap()
            .map(Result::unwrap)
            .collect(),
        _ => ParquetRecordBatchReaderBuilder::try_new(file_of(&bytes))
            .unwrap()
            .build()
            .unwrap()
            .map(Result::unwrap)
            .collect(),
    };
    concat_batches(&batches[0].schema(), &batches).unwrap()
}

#[test]
fn batches_come_back() {
    for format in [Format::Arrow, Format::Parquet] {
        let batch = hostile();
        let bytes = write(format, &[batch.clone(), batch], &FormatOptions::default());
        let back = read(format, bytes);
        assert_eq!(back.num_rows(), 2 * HOSTILE.len(), "{format}");
        let names: Vec<Option<&str>> = back["user_name"].as_string::<i32>().iter().collect();
        assert_eq!(names[..HOSTILE.len()], HOSTILE, "{format}");
        let schema = back.schema();
        let time = schema.field_with_name("timestamp").unwrap().data_type();
        assert_eq!(
            time,
            &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
        );
        let times = back["timestamp"].as_primitive::<TimestampMicrosecondType>();
        assert_eq!(times.value(0), TIME, "{format}");
        let name = schema.field_with_name("user_name").unwrap();
        assert_eq!(name.metadata()["ecs"], "user.name", "{format}");
        assert_eq!(name.data_type(), &DataType::Utf8, "{format}");
        let twice = concat_batches(&hostile().schema(), &[hostile(), hostile()]).unwrap();
        assert_eq!(back["score"].as_ref(), twice["score"].as_ref(), "{format}");
    }
}

#[test]
fn no_rows_still_have_columns() {
    let schema = hostile().schema();
    let bytes = write_as(Format::Parquet, &schema, &[], &FormatOptions::default());
    let reader = ParquetRecordBatchReaderBuilder::try_new(file_of(&bytes)).unwrap();
    assert_eq!(reader.schema().fields().len(), schema.fields().len());
    let bytes = write_as(Format::Arrow, &schema, &[], &FormatOptions::default());
    let reader = FileReader::try_new(Cursor::new(bytes), None).unwrap();
    assert_eq!(reader.schema().fields().len(), schema.fields().len());
    assert_eq!(reader.num_batches(), 0);
}

#[test]
fn dictionaries_may_change_between_batches() {
    use arrow::array::{ArrayRef, DictionaryArray};
    use arrow::datatypes::Int32Type;
    use std::sync::Arc;
    let batch = |text: &str| {
        let column: DictionaryArray<Int32Type> = [Some(text)].into_iter().collect();
        RecordBatch::try_from_iter([("service_name", Arc::new(column) as ArrayRef)]).unwrap()
    };
    for format in [Format::Arrow, Format::Parquet] {
        let bytes = write(
            format,
            &[batch("sshd"), batch("nginx")],
            &FormatOptions::default(),
        );
        let back = read(format, bytes);
        let names: Vec<Option<&str>> = back["service_name"].as_string::<i32>().iter().collect();
        assert_eq!(names, [Some("sshd"), Some("nginx")], "{format}");
    }
}

#[test]
fn every_table_fits_every_format() {
    use arrow::array::new_null_array;
    use arrow::datatypes::{Field, Schema};
    use rapsheet_schema::{activity, coverage, details, events, schema_of, unknown_lines};
    use std::sync::Arc;
    for columns in [events(), activity(), coverage(), details(), unknown_lines()] {
        let schema = schema_of(&columns);
        let nullable = schema
            .fields()
            .iter()
            .map(|field| field.as_ref().clone().with_nullable(true));
        let schema = Arc::new(Schema::new(nullable.collect::<Vec<Field>>()));
        let arrays = schema
            .fields()
            .iter()
            .map(|field| new_null_array(field.data_type(), 3));
        let batch = RecordBatch::try_new(schema.clone(), arrays.collect()).unwrap();
        for format in Format::ALL {
            let bytes = write(
                format,
                std::slice::from_ref(&batch),
                &FormatOptions::default(),
            );
            assert!(!bytes.is_empty(), "{format}");
            if format.is_binary() {
                let back = read(format, bytes);
                assert_eq!(back.num_columns(), columns.len(), "{format}");
                for (field, before) in back.schema().fields().iter().zip(schema.fields()) {
                    assert_eq!(field.name(), before.name(), "{format}");
                    assert_eq!(
                        field.metadata().get("ecs"),
                        before.metadata().get("ecs"),
                        "{format}"
                    );
                }
            }
        }
    }
}

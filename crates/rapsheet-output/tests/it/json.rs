//! JSON and NDJSON.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Decimal128Array, DictionaryArray, Float32Array, Int64Array, MapBuilder, NullArray,
    StringArray, StringBuilder, StructArray, TimestampNanosecondArray, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use arrow::record_batch::RecordBatch;
use rapsheet_output::{Format, FormatOptions};
use serde_json::{Value, json};

use crate::batches::{HOSTILE, hostile, text, texts, write_as};

#[test]
fn every_kind_of_cell() {
    insta::assert_snapshot!(text(
        Format::Ndjson,
        &[hostile()],
        &FormatOptions::default()
    ));
}

#[test]
fn what_is_json_already_is_no_text() {
    let lists = r#"[{"names":{"en":"\u202eX\u00fc"}}]"#;
    let field = Field::new("lists", DataType::Utf8, true).with_metadata(HashMap::from([(
        rapsheet_schema::JSON_TEXT_KEY.to_owned(),
        "list".to_owned(),
    )]));
    // A sign that a terminal obeys stands in the text as it is.
    let hidden: Value = serde_json::from_str(lists).unwrap();
    let column: ArrayRef = Arc::new(StringArray::from(vec![Some(hidden.to_string()), None]));
    let schema = Arc::new(Schema::new(vec![field]));
    let batch = RecordBatch::try_new(schema, vec![column]).unwrap();
    let shown = text(
        Format::Ndjson,
        std::slice::from_ref(&batch),
        &FormatOptions::default(),
    );
    assert!(
        shown.contains("\\u202e") && !shown.contains('\u{202e}'),
        "{shown}"
    );
    let mut rows = shown
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    assert_eq!(rows.next().unwrap(), json!({ "lists": hidden }));
    assert_eq!(rows.next().unwrap(), json!({ "lists": null }));
    let shown = text(Format::Json, &[batch], &FormatOptions::default());
    let rows: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(rows[0]["lists"], hidden);
}

#[test]
fn an_array_comes_back() {
    let batch = hostile();
    let shown = text(
        Format::Json,
        &[batch.clone(), batch],
        &FormatOptions::default(),
    );
    let rows: Vec<Value> = serde_json::from_str(&shown).unwrap();
    assert_eq!(rows.len(), 2 * HOSTILE.len());
    for (row, name) in rows.iter().zip(HOSTILE.iter().chain(&HOSTILE)) {
        assert_eq!(row["user_name"].as_str(), *name);
        assert_eq!(
            row.as_object().unwrap().len(),
            6,
            "every key is there: {row}"
        );
    }
    assert_eq!(rows[0]["users"], json!(["a", null, "b\"c"]));
    assert_eq!(rows[0]["timestamp"], "2026-01-31T13:45:10.000000Z");
    assert_eq!(rows[1]["users"], Value::Null);
}

#[test]
fn nothing_is_an_empty_array() {
    let schema = hostile().schema();
    let options = FormatOptions::default();
    assert_eq!(write_as(Format::Json, &schema, &[], &options), b"[]\n");
    assert_eq!(write_as(Format::Ndjson, &schema, &[], &options), b"");
    let none = hostile().slice(0, 0);
    assert_eq!(write_as(Format::Json, &schema, &[none], &options), b"[]\n");
}

#[test]
fn what_acts_or_hides_is_escaped() {
    let hidden = "\u{7f}\u{9b}\u{2028}\u{202e}\u{200b}\u{e0041}é";
    let shown = text(
        Format::Ndjson,
        &[texts(&[Some(hidden)])],
        &FormatOptions::default(),
    );
    assert_eq!(
        shown,
        "{\"text\":\"\\u007f\\u009b\\u2028\\u202e\\u200b\\udb40\\udc41é\"}\n"
    );
    let row: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(row["text"], hidden);
    let mut ascii = FormatOptions {
        terminal: true,
        ..FormatOptions::default()
    };
    ascii.style.unicode = false;
    assert!(text(Format::Json, &[texts(&[Some("é山😀")])], &ascii).is_ascii());
}

#[test]
fn rarer_types() {
    let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    map.keys().append_value("k");
    map.values().append_value("v");
    map.append(true).unwrap();
    let dictionary: DictionaryArray<Int32Type> = [Some("sshd")].into_iter().collect();
    let inner = (
        Arc::new(Field::new("n", DataType::Int64, true)),
        Arc::new(Int64Array::from(vec![1])) as ArrayRef,
    );
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("map", Arc::new(map.finish())),
        ("dictionary", Arc::new(dictionary)),
        ("struct", Arc::new(StructArray::from(vec![inner]))),
        ("null", Arc::new(NullArray::new(1))),
        ("single", Arc::new(Float32Array::from(vec![0.1]))),
        ("unsigned", Arc::new(UInt64Array::from(vec![u64::MAX]))),
        (
            "nanos",
            Arc::new(TimestampNanosecondArray::from(vec![1_000_000_001])),
        ),
        (
            "decimal",
            Arc::new(
                Decimal128Array::from(vec![12_345])
                    .with_precision_and_scale(9, 2)
                    .unwrap(),
            ),
        ),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let shown = text(Format::Ndjson, &[batch], &FormatOptions::default());
    let row: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        shown.trim_end(),
        concat!(
            r#"{"map":{"k":"v"},"dictionary":"sshd","struct":{"n":1},"null":null,"single":0.1,"#,
            r#""unsigned":18446744073709551615,"nanos":"1970-01-01T00:00:01.000000","decimal":123.45}"#
        )
    );
    assert_eq!(row["map"], json!({"k": "v"}));
}

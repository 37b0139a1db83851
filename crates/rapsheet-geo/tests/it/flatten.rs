//! Wide rows against the columns that pandas makes of the same bodies. `fixtures/flatten/columns.txt` was written by
//! `pandas.json_normalize` over `bodies.ndjson`.

use std::path::Path;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use rapsheet_geo::{details_schema, flatten};
use serde_json::Value;

fn bodies() -> Vec<Value> {
    include_str!("../fixtures/flatten/bodies.ndjson")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn the_columns_are_those_of_pandas_in_their_order() {
    let batch = flatten(&bodies(), None).unwrap();
    let schema = batch.schema();
    let names: Vec<&str> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    let expected: Vec<&str> = include_str!("../fixtures/flatten/columns.txt")
        .lines()
        .collect();
    assert_eq!(names, expected);
    assert_eq!(batch.num_rows(), 3);
}

#[test]
fn values_keep_their_types_and_lists_are_json() {
    let batch = flatten(&bodies(), None).unwrap();
    let column = |name: &str| batch.column_by_name(name).unwrap();
    assert_eq!(column("city.geoname_id").data_type(), &DataType::Int64);
    assert_eq!(
        column("city.geoname_id")
            .as_primitive::<Int64Type>()
            .value(0),
        2_661_552
    );
    let latitude = column("traits.static_ip_score").as_primitive::<Float64Type>();
    assert_eq!((latitude.value(0), latitude.value(2)), (12.5, 3.0));
    assert_eq!(
        column("traits.mobile_network_code")
            .as_string_view()
            .value(0),
        "004"
    );
    let lists = column("subdivisions").as_string_view();
    assert!(
        serde_json::from_str::<Value>(lists.value(0))
            .unwrap()
            .is_array()
    );
    assert_eq!(lists.value(2), "[]");
    assert!(!column("country.is_in_european_union").as_boolean().value(1));
    assert_eq!(column("city").as_string_view().value(2), "a bare name");
    assert_eq!(column("traits.nothing").null_count(), 3);
}

#[test]
fn translations_are_dropped_by_rule() {
    let names = |keep| -> Vec<String> {
        let batch = flatten(&bodies(), keep).unwrap();
        let schema = batch.schema();
        let fields = schema.fields().iter();
        fields
            .map(|field| field.name().clone())
            .filter(|name| name.contains("names"))
            .collect()
    };
    assert_eq!(names(Some("en")), ["city.names.en", "country.names.en"]);
    assert_eq!(
        names(Some("fr")),
        ["city.names.en", "country.names.en", "country.names.fr"]
    );
}

#[test]
fn real_bodies_lose_nothing() {
    let folder =
        std::env::var_os("RAPSHEET_CORPUS").map(|corpus| Path::new(&corpus).join("maxmind-ws"));
    let Some(files) = folder.and_then(|folder| std::fs::read_dir(folder).ok()) else {
        return;
    };
    fn leaves(value: &Value) -> usize {
        match value {
            Value::Object(object) => object.values().map(leaves).sum(),
            _ => 1,
        }
    }
    for file in files {
        let path = file.unwrap().path();
        let body: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let batch = flatten(std::slice::from_ref(&body), None).unwrap();
        assert_eq!(batch.num_columns(), leaves(&body), "{}", path.display());
    }
}

#[test]
fn every_path_that_the_service_documents_has_a_column_in_details() {
    let columns = details_schema();
    let mut absent = Vec::new();
    for path in include_str!("../fixtures/flatten/paths.txt").lines() {
        let column = match path {
            "traits.ip_address" => "source_ip".to_owned(),
            "traits.network" => "network".to_owned(),
            path => path.replace("names.*", "name").replace('.', "_"),
        };
        if columns.field_with_name(&column).is_err() {
            absent.push(path);
        }
    }
    // It speaks of the account, and differs from answer to answer.
    assert_eq!(absent, ["maxmind.queries_remaining"]);
}

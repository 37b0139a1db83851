//! What events say, for tests that compare a few columns of each.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use rapsheet_read::Gathered;

/// A column as text; nothing is `-`.
fn column(batch: &RecordBatch, name: &str) -> Vec<String> {
    let array = batch.column_by_name(name).unwrap();
    if let Some(times) = array.as_primitive_opt::<TimestampMicrosecondType>() {
        let text = |micros| {
            jiff::Timestamp::from_microsecond(micros)
                .unwrap()
                .to_string()
        };
        let times = times.iter().map(|at| at.map_or("-".to_owned(), text));
        return times.collect();
    }
    let array = arrow::compute::cast(array, &DataType::Utf8).unwrap();
    let texts = array.as_string::<i32>();
    let texts = texts.iter().map(|text| text.unwrap_or("-").to_owned());
    texts.collect()
}

/// The wanted columns of each event, in the order of files and lines.
pub(crate) fn facts(gathered: &Gathered, names: &[&str]) -> Vec<String> {
    let mut rows = Vec::new();
    for batch in gathered.events.iter().flatten() {
        let columns: Vec<_> = names.iter().map(|name| column(batch, name)).collect();
        let (paths, lines) = (column(batch, "log_file_path"), column(batch, "log_line"));
        for row in 0..batch.num_rows() {
            let line: u64 = lines[row].parse().unwrap();
            let values: Vec<&str> = columns.iter().map(|column| column[row].as_str()).collect();
            rows.push((paths[row].clone(), line, values.join(" ")));
        }
    }
    rows.sort();
    rows.into_iter().map(|(_, _, row)| row).collect()
}

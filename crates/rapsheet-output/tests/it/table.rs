//! The terminal table.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringViewArray};
use arrow::record_batch::RecordBatch;
use rapsheet_output::safe_text::width;
use rapsheet_output::{Format, FormatOptions, Style};

use crate::batches::{hostile, text, write_as};

fn options(wide: usize, unicode: bool, color: bool) -> FormatOptions {
    FormatOptions {
        terminal: true,
        table_width: Some(wide),
        style: Style {
            width: wide,
            unicode,
            color,
        },
        ..FormatOptions::default()
    }
}

#[test]
fn lines_at_120() {
    insta::assert_snapshot!(text(
        Format::Table,
        &[hostile()],
        &options(120, true, false)
    ));
}

#[test]
fn lines_in_ascii() {
    let shown = text(Format::Table, &[hostile()], &options(100, false, false));
    assert!(shown.is_ascii());
    insta::assert_snapshot!(shown);
}

#[test]
fn blocks_at_40() {
    let shown = text(
        Format::Table,
        &[hostile().slice(0, 3)],
        &options(40, true, false),
    );
    assert!(shown.lines().all(|line| width(line) <= 40), "{shown}");
    insta::assert_snapshot!(shown);
}

#[test]
fn colours_times_and_thousands() {
    let options = FormatOptions {
        thousands: true,
        time: Some(Arc::new(|micros| format!("<{}>", micros / 1_000_000))),
        ..options(120, true, true)
    };
    let shown = text(Format::Table, &[hostile().slice(4, 2)], &options);
    insta::assert_snapshot!(shown.replace('\u{1b}', "ESC"));
}

#[test]
fn no_rows_show_the_columns() {
    let schema = hostile().schema();
    let shown = |wide| {
        let bytes = write_as(Format::Table, &schema, &[], &options(wide, false, false));
        String::from_utf8(bytes).unwrap()
    };
    assert_eq!(
        shown(80),
        "timestamp  user_name  attempts  score  suspicious  users\n\
         ---------  ---------  --------  -----  ----------  -----\n"
    );
    assert_eq!(
        shown(30),
        "timestamp, user_name,\nattempts, score, suspicious,\nusers\n"
    );
}

#[test]
fn many_rows_stream_with_the_first_rows_widths() {
    let names: ArrayRef = Arc::new(StringViewArray::from_iter_values(
        (0..3000).map(|row| "x".repeat(if row < 2000 { 3 } else { 50 })),
    ));
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..3000));
    let batch = RecordBatch::try_from_iter([("name", names), ("number", numbers)]).unwrap();
    let shown = text(Format::Table, &[batch], &options(80, true, false));
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 3002);
    assert_eq!(lines[2], "xxx        0");
    assert_eq!(lines[3001], "xxx…    2999");
}

#[test]
fn fifty_columns_are_blocks() {
    let column = |index: i64| -> ArrayRef { Arc::new(Int64Array::from(vec![index])) };
    let names: Vec<String> = (0..50).map(|index| format!("column_{index}")).collect();
    let columns = names
        .iter()
        .zip(0..)
        .map(|(name, index)| (name, column(index)));
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let shown = text(Format::Table, &[batch], &options(80, true, false));
    assert_eq!(shown.lines().count(), 51);
    assert!(shown.contains("column_49  49\n"), "{shown}");
}

//! CSV.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringViewArray};
use arrow::record_batch::RecordBatch;
use rapsheet_output::{Format, FormatOptions};

use crate::batches::{HOSTILE, hostile, text, texts};

/// A reader of RFC 4180 that tells empty cells from empty quotes.
pub(crate) fn parse(text: &str) -> Vec<Vec<Option<String>>> {
    let mut rows = vec![];
    let mut row = vec![];
    let mut characters = text.chars().peekable();
    while characters.peek().is_some() {
        let mut cell = None;
        if characters.next_if_eq(&'"').is_some() {
            let mut inside = String::new();
            loop {
                match characters.next().expect("a quote that closes") {
                    '"' if characters.next_if_eq(&'"').is_some() => inside.push('"'),
                    '"' => break,
                    other => inside.push(other),
                }
            }
            cell = Some(inside);
        } else {
            while let Some(one) = characters.next_if(|one| !matches!(one, ',' | '\n')) {
                assert_ne!(one, '"', "a quote inside a bare cell");
                cell.get_or_insert_with(String::new).push(one);
            }
        }
        row.push(cell);
        match characters.next() {
            Some(',') => {
                if characters.peek().is_none() {
                    panic!("the last line has no end");
                }
            }
            Some('\n') => rows.push(std::mem::take(&mut row)),
            other => panic!("{other:?} behind a cell"),
        }
    }
    rows
}

#[test]
fn every_kind_of_cell() {
    insta::assert_snapshot!(text(Format::Csv, &[hostile()], &FormatOptions::default()));
}

#[test]
fn a_terminal_gets_no_control_characters() {
    let options = FormatOptions {
        terminal: true,
        ..FormatOptions::default()
    };
    let shown = text(Format::Csv, &[hostile()], &options);
    assert!(
        !shown.contains('\u{1b}') && !shown.contains('\u{202e}'),
        "{shown}"
    );
    assert!(shown.contains(r"\x1b[31mred\u{202e}"), "{shown}");
    assert_eq!(shown.lines().count(), HOSTILE.len() + 1, "{shown}");
}

#[test]
fn raw_cells_come_back_as_they_were() {
    let options = FormatOptions {
        csv_raw: true,
        ..FormatOptions::default()
    };
    let rows = parse(&text(Format::Csv, &[hostile()], &options));
    let names: Vec<Option<&str>> = rows[1..].iter().map(|row| row[1].as_deref()).collect();
    assert_eq!(names, HOSTILE);
}

#[test]
fn only_texts_are_guarded() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![-1, -2, 3, 4, 5, 6, 7]));
    let cells = ["=1+1", "+1", " -1", "@x", "\t=1", "\u{feff}=1", "a=1"];
    let names: ArrayRef = Arc::new(StringViewArray::from_iter_values(cells));
    let batch = RecordBatch::try_from_iter([("number", numbers), ("=name", names)]).unwrap();
    let rows = parse(&text(Format::Csv, &[batch], &FormatOptions::default()));
    assert_eq!(rows[0][1].as_deref(), Some("'=name"));
    for (row, cell) in rows[1..].iter().zip(&cells[..6]) {
        assert_eq!(row[1], Some(format!("'{cell}")));
    }
    assert_eq!(rows[7][1].as_deref(), Some("a=1"));
    assert_eq!(rows[1][0].as_deref(), Some("-1"));
}

#[test]
fn numbers_that_are_texts_are_no_formulas() {
    let numbers = ["-1.2500", "-7", "-.5", "-1e-5", "12"];
    let formulas = ["-1-1", "-1.2.3", "-", "-.", "-e5", "-1e", "-inf", "-1 "];
    let cells: Vec<Option<&str>> = numbers.iter().chain(&formulas).copied().map(Some).collect();
    let column = texts(&cells);
    let twice = RecordBatch::try_from_iter([
        ("a", column.column(0).clone()),
        ("b", column.column(0).clone()),
    ]);
    let shown = text(Format::Csv, &[twice.unwrap()], &FormatOptions::default());
    let rows = parse(&shown);
    for (row, cell) in rows[1..].iter().zip(numbers) {
        assert_eq!(row[0].as_deref(), Some(cell));
    }
    for (row, cell) in rows[1 + numbers.len()..].iter().zip(formulas) {
        assert_eq!(row[0], Some(format!("'{cell}")));
    }
}

#[test]
fn one_column_keeps_its_rows() {
    let shown = text(
        Format::Csv,
        &[texts(&[Some("a"), None, Some("")])],
        &FormatOptions::default(),
    );
    assert_eq!(shown, "text\na\n\"\"\n\"\"\n");
}

#[test]
fn equal_names_get_numbers() {
    let column = || -> ArrayRef { Arc::new(Int64Array::from(vec![1])) };
    let batch = RecordBatch::try_from_iter([("x", column()), ("x", column()), ("x_2", column())]);
    let shown = text(Format::Csv, &[batch.unwrap()], &FormatOptions::default());
    assert_eq!(shown, "x,x_2,x_2_2\n1,1,1\n");
}

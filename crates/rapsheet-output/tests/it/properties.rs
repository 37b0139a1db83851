//! What holds for any text.

use proptest::prelude::*;
use rapsheet_output::safe_text::{fit, fold, is_hidden, json, safe, width, wrap};
use rapsheet_output::{Format, FormatOptions};

use crate::batches::{text, texts};
use crate::csv::parse;

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(|c| c.to_string()),
        "[ -~]{0,8}",
        prop::sample::select(vec![
            "\x1b[2J",
            "\u{202e}",
            "\u{9b}31m",
            "\r\n",
            "\"",
            ",",
            "''",
            "=",
            "\t",
            "山",
            "\u{301}",
            "😀",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn safe_text_acts_and_hides_nothing(text in any_text(), columns in 0_usize..40) {
        for shown in [safe(&text, true), fit(&text, columns, true)] {
            prop_assert!(!shown.chars().any(|c| c.is_control() || is_hidden(c)), "{shown:?}");
        }
        prop_assert!(safe(&text, false).bytes().all(|byte| matches!(byte, b' '..=b'~')));
        let once = safe(&text, false).into_owned();
        prop_assert_eq!(safe(&once, false), once.as_str());
        for unicode in [true, false] {
            let cut = fit(&text, columns, unicode);
            prop_assert!(width(&cut) <= columns, "{cut:?} in {columns}");
            if width(&safe(&text, unicode)) <= columns {
                prop_assert_eq!(cut, safe(&text, unicode));
            }
        }
    }

    #[test]
    fn lines_keep_their_width(text in any_text(), columns in 2_usize..40) {
        let shown = safe(&text, true);
        for line in wrap(&shown, columns) {
            prop_assert!(width(&line) <= columns, "{line:?} in {columns}");
        }
        let folded = fold(&shown, columns);
        prop_assert!(folded.iter().all(|line| width(line) <= columns));
        prop_assert_eq!(folded.concat(), shown);
    }

    #[test]
    fn raw_csv_comes_back(cells in prop::collection::vec(prop::option::of(any_text()), 1..6)) {
        let cells: Vec<Option<&str>> = cells.iter().map(Option::as_deref).collect();
        let column = texts(&cells);
        let twice = arrow::record_batch::RecordBatch::try_from_iter([
            ("a", column.column(0).clone()), ("b", column.column(0).clone()),
        ]).unwrap();
        let raw = FormatOptions { csv_raw: true, ..FormatOptions::default() };
        let rows = parse(&text(Format::Csv, std::slice::from_ref(&twice), &raw));
        let back: Vec<Option<&str>> = rows[1..].iter().map(|row| row[1].as_deref()).collect();
        prop_assert_eq!(&back, &cells);
        // With the guard no cell begins as a formula does, and what stands behind the guard is the text.
        let rows = parse(&text(Format::Csv, &[twice], &FormatOptions::default()));
        for (row, cell) in rows[1..].iter().zip(&cells) {
            let shown = row[0].as_deref().unwrap_or("");
            let is_number = shown.starts_with('-') && shown.parse::<f64>().is_ok();
            prop_assert!(is_number || !shown.starts_with(['=', '+', '-', '@', '\t', '\r']), "{shown:?}");
            prop_assert!(shown == cell.unwrap_or("") || shown.strip_prefix('\'') == *cell);
        }
    }

    #[test]
    fn json_comes_back_without_hidden_characters(cell in any_text()) {
        let shown = text(Format::Ndjson, &[texts(&[Some(&cell)])], &FormatOptions::default());
        prop_assert!(!shown.trim_end().chars().any(is_hidden), "{shown:?}");
        let row: serde_json::Value = serde_json::from_str(&shown).unwrap();
        prop_assert_eq!(row["text"].as_str(), Some(cell.as_str()));
    }

    #[test]
    fn foreign_json_documents_keep_their_meaning(texts in prop::collection::vec(any_text(), 0..4)) {
        let document = serde_json::to_string_pretty(&serde_json::json!({ "texts": texts })).unwrap();
        for unicode in [true, false] {
            let shown = json(&document, unicode);
            prop_assert!(!shown.chars().any(|c| c != '\n' && is_hidden(c)), "{shown:?}");
            prop_assert!(unicode || shown.is_ascii());
            let back: serde_json::Value = serde_json::from_str(&shown).unwrap();
            prop_assert_eq!(&back, &serde_json::json!({ "texts": texts }));
        }
    }

    #[test]
    fn tables_keep_their_width(cells in prop::collection::vec(any_text(), 1..5), wide in 20_usize..100) {
        let cells: Vec<Option<&str>> = cells.iter().map(|cell| Some(cell.as_str())).collect();
        let options = FormatOptions { table_width: Some(wide), ..FormatOptions::default() };
        let shown = text(Format::Table, &[texts(&cells)], &options);
        prop_assert_eq!(shown.lines().count(), cells.len() + 2);
        for line in shown.lines() {
            prop_assert!(width(line) <= wide, "{line:?} in {wide}");
            prop_assert!(!line.chars().any(is_hidden), "{line:?}");
        }
    }
}

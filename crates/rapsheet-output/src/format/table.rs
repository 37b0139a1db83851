//! A table for people, without borders.
//!
//! ```text
//! source_ip    attempts  user_name
//! -----------  --------  ---------
//! 203.0.113.5     12345  root
//! ```
//!
//! The first rows decide how wide each column is; the rest is written as it comes. Where the columns cannot fit into the
//! terminal even when their texts are cut, each row becomes a block of lines, one for each column.
//!
//! # Not supported
//!
//! A table is not for programs: long texts are cut, and an absent value is an empty cell (an empty text is `""`).

use std::borrow::Cow;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::{ByteSink, FormatOptions, FormatWriter, flush_all, flush_chunk};
use crate::error::Result;
use crate::json_text::{columns, write_value};
use crate::layout::{ADDRESS, GAP, Wish, fit_widths, pad};
use crate::number::group;
use crate::safe_text::{fit, fold, safe, width, wrap};
use crate::style::Tone;
use crate::time;
use crate::value::{CellValue, ValueColumn};

/// How many rows decide the widths.
const SAMPLE: usize = 1000;

/// Writes a table.
pub(super) struct TableWriter<'a> {
    sink: ByteSink<'a>,
    buffer: Vec<u8>,
    options: FormatOptions,
    heads: Vec<TableHead>,
    /// Rows that wait for the layout.
    waiting: Vec<Vec<String>>,
    layout: Option<Layout>,
    rows: u64,
}

struct TableHead {
    name: String,
    right: bool,
    least: Option<usize>,
}

enum Layout {
    /// A line a row, with the width of each column.
    Lines(Vec<usize>),
    /// A block of lines a row, with the width of the names.
    Blocks(usize),
}

impl<'a> TableWriter<'a> {
    pub(super) fn new(
        schema: &SchemaRef,
        sink: ByteSink<'a>,
        options: &FormatOptions,
    ) -> Result<Self> {
        let heads = schema.fields().iter().map(|field| TableHead {
            name: safe(field.name(), options.style.unicode).into_owned(),
            right: ValueColumn::is_number(field.data_type()),
            least: ValueColumn::is_wide(field.data_type()).then(|| narrowest(field.name())),
        });
        Ok(Self {
            sink,
            buffer: Vec::new(),
            options: options.clone(),
            heads: heads.collect(),
            waiting: Vec::new(),
            layout: None,
            rows: 0,
        })
    }

    /// Decides the layout from the rows that wait, and writes the header and them.
    fn begin(&mut self) -> Result<()> {
        let wish = |(index, head): (usize, &TableHead)| {
            let cells = self.waiting.iter().map(|row| width(&row[index]));
            Wish {
                natural: cells.max().unwrap_or(0).max(width(&head.name)),
                least: head.least,
            }
        };
        let wishes: Vec<Wish> = self.heads.iter().enumerate().map(wish).collect();
        let available = self.options.table_width.unwrap_or(usize::MAX);
        let layout = match fit_widths(&wishes, available) {
            Some(widths) => Layout::Lines(widths),
            None => Layout::Blocks(
                self.heads
                    .iter()
                    .map(|head| width(&head.name))
                    .max()
                    .unwrap_or(0),
            ),
        };
        match &layout {
            Layout::Lines(widths) => self.header(widths),
            Layout::Blocks(_) if self.waiting.is_empty() => {
                // No row to show, yet a person wants to see which columns there are.
                let names: Vec<&str> = self.heads.iter().map(|head| head.name.as_str()).collect();
                for line in wrap(&names.join(", "), available) {
                    self.buffer.extend_from_slice(line.as_bytes());
                    self.buffer.push(b'\n');
                }
            }
            Layout::Blocks(_) => {}
        }
        for row in std::mem::take(&mut self.waiting) {
            self.row(&layout, row)?;
        }
        self.layout = Some(layout);
        Ok(())
    }

    fn header(&mut self, widths: &[usize]) {
        let names: Vec<String> = self.heads.iter().map(|head| head.name.clone()).collect();
        let names = self.line(&names, widths);
        let rule = if self.options.style.unicode {
            "─"
        } else {
            "-"
        };
        let rules: Vec<String> = widths.iter().map(|width| rule.repeat(*width)).collect();
        let rules = rules.join(&" ".repeat(GAP));
        let style = self.options.style;
        for (tone, line) in [(Tone::Strong, names), (Tone::Dim, rules)] {
            self.buffer
                .extend_from_slice(style.paint(tone, &line).as_bytes());
            self.buffer.push(b'\n');
        }
    }

    /// Lays one row out as a line.
    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        let columns = cells.iter().zip(widths).zip(&self.heads);
        for (index, ((cell, wide), head)) in columns.enumerate() {
            if index > 0 {
                line.push_str("  ");
            }
            let cut = self.options.table_width.is_some() && head.least.is_some();
            let cell = match cut && width(cell) > *wide {
                true => fit(cell, *wide, self.options.style.unicode),
                false => Cow::Borrowed(cell.as_str()),
            };
            pad(&mut line, &cell, width(&cell), *wide, head.right);
        }
        line.truncate(line.trim_end_matches(' ').len());
        line
    }

    fn row(&mut self, layout: &Layout, cells: Vec<String>) -> Result<()> {
        self.rows += 1;
        match layout {
            Layout::Lines(widths) => {
                let line = self.line(&cells, widths);
                self.buffer.extend_from_slice(line.as_bytes());
                self.buffer.push(b'\n');
            }
            Layout::Blocks(names) => self.block(*names, &cells),
        }
        flush_chunk(&mut self.buffer, self.sink)
    }

    /// Writes one row as a block of lines.
    fn block(&mut self, names: usize, cells: &[String]) {
        let style = self.options.style;
        let columns = self.options.table_width.unwrap_or(usize::MAX);
        let names = names.min(columns / 2);
        let title = format!("[ {} ]", group(&self.rows.to_string()));
        self.buffer
            .extend_from_slice(style.paint(Tone::Strong, &title).as_bytes());
        self.buffer.push(b'\n');
        let room = columns.saturating_sub(names + GAP);
        for (head, cell) in self.heads.iter().zip(cells) {
            let mut name = String::new();
            let shown = fit(&head.name, names, style.unicode);
            pad(&mut name, &shown, width(&shown), names, false);
            for (index, part) in fold(cell, room).iter().enumerate() {
                if index > 0 {
                    name = " ".repeat(names);
                }
                let line = format!("{name}  {part}");
                self.buffer
                    .extend_from_slice(line.trim_end_matches(' ').as_bytes());
                self.buffer.push(b'\n');
            }
        }
    }

    fn cell(&self, value: &CellValue<'_>) -> String {
        let unicode = self.options.style.unicode;
        match value {
            CellValue::Null => String::new(),
            CellValue::Text("") => "\"\"".to_owned(),
            CellValue::Text(text) | CellValue::Word(text) => safe(text, unicode).into_owned(),
            CellValue::Int(value) => self.number(&value.to_string()),
            CellValue::Unsigned(value) => self.number(&value.to_string()),
            CellValue::Number(value) => self.number(value),
            CellValue::Float(value) => self.number(&float_text(*value)),
            CellValue::Single(value) => self.number(&float_text(f64::from(*value))),
            CellValue::Time { micros, zoned } => match &self.options.time {
                Some(time) if *zoned => safe(&time(*micros), unicode).into_owned(),
                _ => time::plain(*micros),
            },
            CellValue::Date(days) => time::date(i64::from(*days)),
            other => {
                let mut json = Vec::new();
                write_value(&mut json, other, !unicode);
                safe(&String::from_utf8_lossy(&json), unicode).into_owned()
            }
        }
    }

    fn number(&self, text: &str) -> String {
        match self.options.thousands {
            true => group(text),
            false => text.to_owned(),
        }
    }
}

impl FormatWriter for TableWriter<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = columns(batch, self.heads.len())?;
        for row in 0..batch.num_rows() {
            let cells = columns.iter().map(|column| self.cell(&column.value(row)));
            let cells: Vec<String> = cells.collect();
            match self.layout.take() {
                Some(layout) => {
                    self.row(&layout, cells)?;
                    self.layout = Some(layout);
                }
                None => {
                    self.waiting.push(cells);
                    if self.waiting.len() >= SAMPLE {
                        self.begin()?;
                    }
                }
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<u64> {
        if self.layout.is_none() {
            self.begin()?;
        }
        flush_all(&mut self.buffer, self.sink)?;
        self.sink.flush()?;
        Ok(self.rows)
    }
}

/// How narrow a column of texts may get, by the names that addresses and networks have in every table.
fn narrowest(name: &str) -> usize {
    match name.ends_with("_ip") || name.ends_with("_network") || name == "network" {
        true => ADDRESS,
        false => 0,
    }
}

/// Writes a fraction with at most four digits after the point; a tiny one in powers of ten, so that it is not shown as 0.
fn float_text(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return value.to_string();
    }
    match value.abs() {
        0.001..1e15 => {
            let text = format!("{value:.4}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => format!("{value:.4e}"),
    }
}

//! The most first: names, a count, its share and a bar.
//!
//! ```text
//! user       attempts   share
//! root         12,345  61.2 %  ████████████
//! admin           812   4.0 %  ▊
//! ```

use super::{Page, bar};
use crate::error::Result;
use crate::layout::{ADDRESS, GAP, Wish, fit_widths, pad, total};
use crate::number::{count, share};
use crate::safe_text::{fit, safe, width};
use crate::style::Tone;

/// The shortest bar that is worth its place, and the longest that is.
const BAR: std::ops::RangeInclusive<usize> = 6..=30;
/// The widest that a name may be before anything else is known.
const NAME: usize = 60;

/// A column of names in front of the count.
#[derive(Clone, Debug)]
pub struct RankedHead {
    /// What the column is called.
    pub name: String,
    /// Whether its cells stand to the right and are never cut, as numbers.
    pub right: bool,
    /// The narrowest that its cells are cut to on a page that can hold them.
    pub least: usize,
}

impl RankedHead {
    /// A column of texts.
    #[must_use]
    pub fn text(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            right: false,
            least: 0,
        }
    }

    /// A column of addresses or networks, which are of no use when they are cut.
    #[must_use]
    pub fn address(name: &str) -> Self {
        Self {
            least: ADDRESS,
            ..Self::text(name)
        }
    }

    /// A column of numbers, written by the caller.
    #[must_use]
    pub fn number(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            right: true,
            least: 0,
        }
    }
}

/// One line.
#[derive(Clone, Debug, Default)]
pub struct RankedRow {
    /// A text for each head, as it stands in the log.
    pub cells: Vec<String>,
    /// How many.
    pub count: u64,
    /// How the line looks. What the tone means must stand in a cell too.
    pub tone: Tone,
}

/// A ranked table.
#[derive(Clone, Debug, Default)]
pub struct Ranked {
    /// The columns before the count, the most important first: where the width is short, the last ones are left out.
    pub heads: Vec<RankedHead>,
    /// What is counted: `attempts`.
    pub unit: String,
    /// The lines, in their order.
    pub rows: Vec<RankedRow>,
    /// The whole of which shares are shown; `None` for no shares.
    pub whole: Option<u64>,
    /// How many more there are that are not among the lines.
    pub more: u64,
}

impl Page<'_> {
    /// Writes a ranked table with a bar behind each count, where there is room, and returns how many of its heads were shown.
    ///
    /// # Errors
    ///
    /// Where the sink refuses.
    pub fn ranked(&mut self, table: &Ranked) -> Result<usize> {
        let columns = RankedLayout::new(table, self.style.width, self.style.unicode);
        self.line(Tone::Dim, &columns.header())?;
        let most = table.rows.iter().map(|row| row.count).max().unwrap_or(0);
        for (index, row) in table.rows.iter().enumerate() {
            let line = columns.line(index);
            if columns.bar == 0 {
                self.line(row.tone, &line)?;
                continue;
            }
            let bar = bar(row.count, most, columns.bar, self.style.unicode);
            let line = self.style.paint(row.tone, &line);
            self.raw(format!("{line}  {bar}").trim_end())?;
        }
        if table.more > 0 {
            self.line(Tone::Dim, &format!("and {} more", count(table.more)))?;
        }
        Ok(columns.heads)
    }
}

/// A table with its texts made safe and its widths known.
struct RankedLayout {
    /// The columns that are shown, the count and the share among them.
    columns: Vec<RankedColumn>,
    /// How many of them come before the count.
    heads: usize,
    widths: Vec<usize>,
    bar: usize,
    unicode: bool,
}

/// One column with its texts made safe.
struct RankedColumn {
    name: String,
    right: bool,
    least: usize,
    cells: Vec<String>,
}

impl RankedLayout {
    fn new(table: &Ranked, available: usize, unicode: bool) -> Self {
        let mut columns = shown(table, unicode);
        let mut heads = table.heads.len();
        // Leaves columns out from the right until the rest fits; the first name and the count stay. A short bar is
        // worth cutting texts for, but no column.
        let widths = loop {
            let wishes: Vec<Wish> = columns.iter().map(wish).collect();
            let with_bar = available.saturating_sub(GAP + BAR.start());
            match fit_widths(&wishes, with_bar).or_else(|| fit_widths(&wishes, available)) {
                Some(widths) => break widths,
                None if heads > 1 => {
                    heads -= 1;
                    columns.remove(heads);
                }
                None => break squeeze(&wishes, available),
            }
        };
        let left = available.saturating_sub(total(&widths) + GAP);
        let bar = if left < *BAR.start() {
            0
        } else {
            left.min(*BAR.end())
        };
        Self {
            columns,
            heads,
            widths,
            bar,
            unicode,
        }
    }

    fn header(&self) -> String {
        self.join(|column| &column.name)
    }

    fn line(&self, row: usize) -> String {
        self.join(|column| &column.cells[row])
    }

    fn join<'a>(&'a self, text: impl Fn(&'a RankedColumn) -> &'a String) -> String {
        let mut line = String::new();
        for (index, (column, wide)) in self.columns.iter().zip(&self.widths).enumerate() {
            if index > 0 {
                line.push_str("  ");
            }
            let cell = text(column);
            let cut = (width(cell) > *wide).then(|| fit(cell, *wide, self.unicode));
            let cell = cut.as_deref().unwrap_or(cell);
            pad(&mut line, cell, width(cell), *wide, column.right);
        }
        line
    }
}

/// Makes the texts of a table safe, and adds the counts and the shares.
fn shown(table: &Ranked, unicode: bool) -> Vec<RankedColumn> {
    let heads = table.heads.iter().enumerate();
    let mut columns: Vec<RankedColumn> = heads
        .map(|(index, head)| {
            let cell = |row: &RankedRow| match row.cells.get(index) {
                Some(cell) => fit(cell, NAME, unicode).into_owned(),
                None => String::new(),
            };
            RankedColumn {
                name: safe(&head.name, unicode).into_owned(),
                right: head.right,
                least: head.least,
                cells: table.rows.iter().map(cell).collect(),
            }
        })
        .collect();
    let mut number = |name: &str, cells: Vec<String>| {
        columns.push(RankedColumn {
            name: safe(name, unicode).into_owned(),
            right: true,
            least: 0,
            cells,
        });
    };
    number(
        &table.unit,
        table.rows.iter().map(|row| count(row.count)).collect(),
    );
    if let Some(whole) = table.whole {
        let shares = table.rows.iter().map(|row| share(row.count, whole));
        number("share", shares.collect());
    }
    columns
}

fn wish(column: &RankedColumn) -> Wish {
    let cells = column.cells.iter().map(|cell| width(cell)).max();
    Wish {
        natural: cells.unwrap_or(0).max(width(&column.name)),
        least: (!column.right).then_some(column.least),
    }
}

/// Gives a very narrow page's first column what the numbers leave.
fn squeeze(wishes: &[Wish], available: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = wishes.iter().map(|wish| wish.natural).collect();
    let over = total(&widths).saturating_sub(available);
    if let Some(first) = widths.first_mut() {
        *first = first.saturating_sub(over).max(1);
    }
    widths
}

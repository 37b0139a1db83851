//! The most first: names, a count, its share and a bar.
//!
//! ```text
//! user       attempts   share
//! root         12,345  61.2 %  ████████████
//! admin           812   4.0 %  ▊
//! ```

use super::{Page, bar};
use crate::error::Result;
use crate::layout::{GAP, Wish, fit_widths, pad, total};
use crate::number::{count, share};
use crate::safe_text::{fit, safe, width};
use crate::style::Tone;

/// The shortest bar that is worth its place, and the longest that is.
const BAR: std::ops::RangeInclusive<usize> = 6..=30;
/// The widest that a name may be before anything else is known.
const NAME: usize = 60;

/// A column of names in front of the count.
#[derive(Clone, Debug)]
pub struct Head {
    /// What the column is called.
    pub name: String,
    /// Whether its cells are numbers and stand to the right.
    pub right: bool,
}

impl Head {
    /// A column of texts.
    #[must_use]
    pub fn text(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            right: false,
        }
    }

    /// A column of numbers, written by the caller.
    #[must_use]
    pub fn number(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            right: true,
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
    pub heads: Vec<Head>,
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
    /// Writes a ranked table with a bar behind each count, where there is room.
    ///
    /// # Errors
    ///
    /// Where the sink refuses.
    pub fn ranked(&mut self, table: &Ranked) -> Result<()> {
        let columns = Columns::new(table, self.style.width, self.style.unicode);
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
        Ok(())
    }
}

/// A table with its texts made safe and its widths known.
struct Columns {
    /// Name, side and cells of each column that is shown, the count and the share among them.
    columns: Vec<(String, bool, Vec<String>)>,
    widths: Vec<usize>,
    bar: usize,
    unicode: bool,
}

impl Columns {
    fn new(table: &Ranked, available: usize, unicode: bool) -> Self {
        let mut columns: Vec<(String, bool, Vec<String>)> = table
            .heads
            .iter()
            .enumerate()
            .map(|(index, head)| {
                let cell = |row: &RankedRow| match row.cells.get(index) {
                    Some(cell) => fit(cell, NAME, unicode).into_owned(),
                    None => String::new(),
                };
                let name = safe(&head.name, unicode).into_owned();
                (name, head.right, table.rows.iter().map(cell).collect())
            })
            .collect();
        let heads = columns.len();
        let counts = table.rows.iter().map(|row| count(row.count)).collect();
        columns.push((safe(&table.unit, unicode).into_owned(), true, counts));
        if let Some(whole) = table.whole {
            let shares = table.rows.iter().map(|row| share(row.count, whole));
            columns.push(("share".to_owned(), true, shares.collect()));
        }
        let mut shown = heads;
        // Leaves columns out from the right until the rest fits; the first name and the count stay.
        let widths = loop {
            let wishes = columns.iter().map(wish).collect::<Vec<_>>();
            match fit_widths(&wishes, available) {
                Some(widths) => break widths,
                None if shown > 1 => {
                    shown -= 1;
                    columns.remove(shown);
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
            widths,
            bar,
            unicode,
        }
    }

    fn header(&self) -> String {
        self.join(|(name, ..)| name)
    }

    fn line(&self, row: usize) -> String {
        self.join(|(_, _, cells)| &cells[row])
    }

    fn join<'a>(&'a self, text: impl Fn(&'a (String, bool, Vec<String>)) -> &'a String) -> String {
        let mut line = String::new();
        for (index, (column, wide)) in self.columns.iter().zip(&self.widths).enumerate() {
            if index > 0 {
                line.push_str("  ");
            }
            let cell = text(column);
            let cut = (width(cell) > *wide).then(|| fit(cell, *wide, self.unicode));
            let cell = cut.as_deref().unwrap_or(cell);
            pad(&mut line, cell, width(cell), *wide, column.1);
        }
        line
    }
}

fn wish((name, right, cells): &(String, bool, Vec<String>)) -> Wish {
    let cells = cells.iter().map(|cell| width(cell)).max().unwrap_or(0);
    Wish {
        natural: cells.max(width(name)),
        shrinks: !right,
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

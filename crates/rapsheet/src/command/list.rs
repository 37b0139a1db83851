//! Lists of a page as data: the question that fills a list, its columns, and the table that holds the rest.
//!
//! The lists of the summary stand in `summary/lists.rs`, those of the rap sheet in `show/lists.rs`.

use anyhow::Result;
use jiff::tz::TimeZone;
use rapsheet_output::number::count;
use rapsheet_output::terminal::{Ranked, RankedHead, RankedRow};
use rapsheet_output::{Page, Tone};

use crate::answer::{Answer, Row};

/// One list of a page.
pub(crate) struct ListSpec {
    /// The shipped query whose rows the list shows.
    pub(crate) query: &'static str,
    /// How many rows the query is asked for; absent where the query has no limit.
    pub(crate) limit: Option<i64>,
    /// The heading.
    pub(crate) title: &'static str,
    /// How a row becomes a line.
    pub(crate) lines: ListLines,
    /// The table that holds all rows. Without one, the list ends with its last rows and the heading says how many there are.
    pub(crate) table: Option<&'static str>,
    /// The column that says how many rows there would be without a limit.
    pub(crate) all: &'static str,
    /// A column that at least one row must have; otherwise the list is left out.
    pub(crate) needs: Option<&'static str>,
    /// Counts of which one must be above zero for a row to be shown; with none of them, every row is shown.
    pub(crate) any_of: &'static [&'static str],
    /// A column and the sentence that explains it, which is written once a page and only where the column is shown.
    pub(crate) note: Option<(&'static str, &'static str)>,
}

impl ListSpec {
    /// What most lists have in common.
    pub(crate) const USUAL: Self = Self {
        query: "",
        limit: None,
        title: "",
        lines: ListLines::Ranked {
            columns: &[],
            unit: "attempts",
        },
        table: None,
        all: "of_all",
        needs: None,
        any_of: &[],
        note: None,
    };
}

/// How the rows of a list become lines.
pub(crate) enum ListLines {
    /// Columns, then a count with a bar behind it.
    Ranked {
        /// The columns before the count, the most important first.
        columns: &'static [ListColumn],
        /// The column that is counted, which is also the word above the counts.
        unit: &'static str,
    },
    /// One sentence a row, with times as the zone's clocks show them.
    Sentences(fn(&Row<'_>, &TimeZone) -> (Tone, String)),
}

/// One column of a ranked list.
pub(crate) struct ListColumn {
    /// The heading.
    name: &'static str,
    cell: CellText,
}

/// Where the text of a cell comes from.
enum CellText {
    /// A column with an address or a network, which is never cut.
    Address(&'static str),
    /// A column of texts.
    Text(&'static str),
    /// A column of counts.
    Count(&'static str),
    /// Several columns, or a value in other words; the width of the page in columns decides how much has room.
    Made(fn(&Row<'_>, usize) -> String),
}

impl ListColumn {
    /// A column of addresses or networks.
    pub(crate) const fn address(name: &'static str, column: &'static str) -> Self {
        let cell = CellText::Address(column);
        Self { name, cell }
    }

    /// A column of texts.
    pub(crate) const fn text(name: &'static str, column: &'static str) -> Self {
        let cell = CellText::Text(column);
        Self { name, cell }
    }

    /// A column of counts.
    pub(crate) const fn count(name: &'static str, column: &'static str) -> Self {
        let cell = CellText::Count(column);
        Self { name, cell }
    }

    /// A column whose text is made of a row and the width of the page.
    pub(crate) const fn made(name: &'static str, make: fn(&Row<'_>, usize) -> String) -> Self {
        let cell = CellText::Made(make);
        Self { name, cell }
    }

    fn head(&self) -> RankedHead {
        match self.cell {
            CellText::Address(_) => RankedHead::address(self.name),
            CellText::Count(_) => RankedHead::number(self.name),
            CellText::Text(_) | CellText::Made(_) => RankedHead::text(self.name),
        }
    }

    fn cell(&self, row: &Row<'_>, page_width: usize) -> String {
        match self.cell {
            CellText::Address(column) | CellText::Text(column) => {
                row.text(column).unwrap_or_default()
            }
            CellText::Count(column) => count(row.count(column)),
            CellText::Made(make) => make(row, page_width),
        }
    }
}

/// Writes the lists of one page.
pub(crate) struct ListWriter<'a> {
    timezone: &'a TimeZone,
    /// The command that shows all rows of a table.
    command: Box<dyn Fn(&str) -> String + 'a>,
    /// The columns that the page has explained.
    explained: Vec<&'static str>,
}

impl<'a> ListWriter<'a> {
    /// Takes the zone of times, and a function that gives the command for all rows of a table.
    pub(crate) fn new(timezone: &'a TimeZone, command: impl Fn(&str) -> String + 'a) -> Self {
        Self {
            timezone,
            command: Box::new(command),
            explained: Vec::new(),
        }
    }

    /// Writes the heading, the rows and how many more there are; nothing where there are no rows.
    pub(crate) fn write(
        &mut self,
        page: &mut Page<'_>,
        list: &ListSpec,
        answer: &Answer,
        all: u64,
    ) -> Result<()> {
        let is_needed = |column| answer.rows().any(|row| row.text(column).is_some());
        if answer.is_empty() || !list.needs.is_none_or(is_needed) {
            return Ok(());
        }
        let rows: Vec<Row<'_>> = answer.rows().filter(|row| is_shown(list, row)).collect();
        page.heading(&heading(list, rows.len(), all))?;
        let mut columns_shown: &[ListColumn] = &[];
        match list.lines {
            ListLines::Ranked { columns, unit } => {
                let table = ranked(columns, unit, &rows, page.style().width);
                let shown = page.ranked(&table)?;
                columns_shown = columns.get(..shown).unwrap_or(columns);
            }
            ListLines::Sentences(sentence) => {
                for row in &rows {
                    let (tone, text) = sentence(row, self.timezone);
                    page.paragraph(tone, &text)?;
                }
            }
        }
        if let Some(table) = list.table {
            self.more(page, table, rows.len(), all)?;
        }
        self.explain(page, list, columns_shown)
    }

    /// Writes how many rows of a table are not shown, and the command that shows them.
    pub(crate) fn more(
        &self,
        page: &mut Page<'_>,
        table: &str,
        shown: usize,
        all: u64,
    ) -> Result<()> {
        let more = all.saturating_sub(shown as u64);
        if more > 0 {
            let text = format!("and {} more: `{}`", count(more), (self.command)(table));
            page.paragraph(Tone::Dim, &text)?;
        }
        Ok(())
    }

    /// Explains a column of the list that the page has not explained yet.
    fn explain(
        &mut self,
        page: &mut Page<'_>,
        list: &ListSpec,
        shown: &[ListColumn],
    ) -> Result<()> {
        let Some((name, sentence)) = list.note else {
            return Ok(());
        };
        if self.explained.contains(&name) || !shown.iter().any(|column| column.name == name) {
            return Ok(());
        }
        self.explained.push(name);
        page.paragraph(Tone::Dim, &format!("{name}: {sentence}"))?;
        Ok(())
    }
}

fn is_shown(list: &ListSpec, row: &Row<'_>) -> bool {
    list.any_of.is_empty() || list.any_of.iter().any(|column| row.count(column) > 0)
}

/// The title, and how many rows there are where no table holds the rest.
fn heading(list: &ListSpec, shown: usize, all: u64) -> String {
    if list.table.is_none() && all > shown as u64 {
        format!("{}, the last {shown} of {}", list.title, count(all))
    } else {
        list.title.to_owned()
    }
}

fn ranked(
    columns: &[ListColumn],
    unit: &'static str,
    rows: &[Row<'_>],
    page_width: usize,
) -> Ranked {
    let line = |row: &Row<'_>| RankedRow {
        cells: columns
            .iter()
            .map(|column| column.cell(row, page_width))
            .collect(),
        count: row.count(unit),
        tone: tone(row),
    };
    Ranked {
        heads: columns.iter().map(ListColumn::head).collect(),
        unit: unit.to_owned(),
        rows: rows.iter().map(line).collect(),
        whole: None,
        more: 0,
    }
}

/// Marks a row whose reasons say that somebody got in.
fn tone(row: &Row<'_>) -> Tone {
    let got_in = row
        .text("threat_reasons")
        .is_some_and(|reasons| reasons.starts_with("got in"));
    if got_in { Tone::Danger } else { Tone::Plain }
}

/// Names a user, also one whose name is empty.
pub(crate) fn user_name(row: &Row<'_>, _page_width: usize) -> String {
    row.text("user_name")
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "(empty)".to_owned())
}

//! How much of each column is absent; each table is counted against its own rows.

use super::canvas::{Anchor, Canvas, Room};
use super::measure::text_width;
use crate::error::Result;
use crate::number::{count, share};

/// The space between two tables.
const BETWEEN: f64 = 36.0;
const ROW: f64 = 17.0;
/// The least that a row takes so that its name can be read.
const LEAST_ROW: f64 = 12.0;
/// What stands above and below the rows.
const AROUND: f64 = 72.0;

/// One column.
#[derive(Clone, Debug)]
pub struct MissingColumn {
    /// Its name.
    pub name: String,
    /// In how many rows it is absent.
    pub absent: u64,
}

/// One table.
#[derive(Clone, Debug)]
pub struct MissingTable {
    /// Its name.
    pub name: String,
    /// How many rows it has.
    pub rows: u64,
    /// Its columns.
    pub columns: Vec<MissingColumn>,
}

/// The tables, side by side.
#[derive(Clone, Debug)]
pub struct MissingColumns {
    /// The tables.
    pub tables: Vec<MissingTable>,
}

impl MissingColumns {
    fn longest(&self) -> usize {
        let lengths = self.tables.iter().map(|table| table.columns.len());
        lengths.max().unwrap_or(0).max(1)
    }

    pub(super) fn usual_size(&self) -> (u32, u32) {
        (1280, (self.longest() as f64 * ROW + 190.0) as u32)
    }

    pub(super) fn least_room(&self) -> (f64, f64) {
        let tables = self.tables.len().max(1) as f64;
        let wide = tables * 300.0 + BETWEEN * (tables - 1.0);
        (wide, self.longest() as f64 * LEAST_ROW + AROUND)
    }

    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, room: Room) -> Result<()> {
        let tables = self.tables.len().max(1) as f64;
        let wide = (room.width() - BETWEEN * (tables - 1.0)) / tables;
        let row = ((room.height() - AROUND) / self.longest() as f64).clamp(LEAST_ROW, 30.0);
        for (index, table) in self.tables.iter().enumerate() {
            let left = room.left + (wide + BETWEEN) * index as f64;
            let part = Room {
                left,
                right: left + wide,
                ..room
            };
            table.draw(canvas, part, row)?;
        }
        Ok(())
    }
}

impl MissingTable {
    fn draw(&self, canvas: &mut Canvas<'_>, room: Room, row: f64) -> Result<()> {
        let colors = canvas.colors();
        let size = (row * 0.68).clamp(8.0, 12.0);
        let title = format!("{}: {} rows", self.name, count(self.rows));
        canvas.heading(
            room.left,
            room.top + 16.0,
            &title,
            14.0,
            colors.ink,
            room.width(),
        )?;
        let names: Vec<String> = self
            .columns
            .iter()
            .map(|column| canvas.label(&column.name, size, room.width() * 0.6))
            .collect();
        let name_room = names.iter().map(|name| text_width(name, size));
        let left = room.left + name_room.fold(0.0, f64::max) + 8.0;
        let plot = Room {
            left,
            top: room.top + 28.0,
            right: room.right - text_width(">99.9 %", size) - 6.0,
            bottom: room.top + 28.0 + row * self.columns.len() as f64,
        };
        for quarter in 0..=4_u32 {
            let x = plot.left + plot.width() * f64::from(quarter) / 4.0;
            canvas.line(&[(x, plot.top), (x, plot.bottom)], colors.grid, 1.0)?;
            if quarter % 2 == 0 {
                let text = format!("{} %", quarter * 25);
                canvas.text(
                    Anchor::Middle,
                    (x, plot.bottom + 14.0),
                    &text,
                    10.5,
                    colors.soft,
                )?;
            }
        }
        for (index, (column, name)) in self.columns.iter().zip(&names).enumerate() {
            let top = plot.top + row * index as f64;
            let base = top + row / 2.0 + size * 0.36;
            canvas.text(
                Anchor::Right,
                (plot.left - 6.0, base),
                name,
                size,
                colors.ink,
            )?;
            let absent = column.absent.min(self.rows);
            let part = absent as f64 / self.rows.max(1) as f64;
            let mut right = plot.left + part * plot.width();
            if absent > 0 {
                right = right.max(plot.left + 1.0);
            }
            let bar = Room {
                left: plot.left,
                top: top + row * 0.14,
                right,
                bottom: top + row * 0.86,
            };
            canvas.rect(bar, colors.series[0])?;
            let text = share(absent, self.rows);
            canvas.text(Anchor::Left, (right + 5.0, base), &text, size, colors.soft)?;
        }
        canvas.line(
            &[(plot.left, plot.top), (plot.left, plot.bottom)],
            colors.soft,
            1.0,
        )?;
        let middle = (plot.left + plot.right) / 2.0;
        let unit = format!("absent, % of the rows of {}", self.name);
        canvas.text(
            Anchor::Middle,
            (middle, plot.bottom + 30.0),
            &unit,
            11.5,
            colors.soft,
        )
    }
}

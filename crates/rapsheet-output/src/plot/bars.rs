//! Bars with names, the longest first: countries, networks, users, user types, jails.

use super::canvas::{Canvas, Room};
use super::measure::text_width;
use super::ticks::Ticks;
use crate::error::Result;
use crate::number::count;

const NAME: f64 = 12.5;
const NOTE: f64 = 11.0;
/// The least that a row takes so that its name can be read.
const LEAST_ROW: f64 = 15.0;

/// One name.
#[derive(Clone, Debug)]
pub struct BarRow {
    /// Whose bar it is.
    pub name: String,
    /// What stands behind the bar, beside the count.
    pub note: String,
    /// How many, for each series.
    pub counts: Vec<u64>,
}

/// A chart of bars.
#[derive(Clone, Debug)]
pub struct Bars {
    /// What is counted, written below the axis: `attempts`.
    pub unit: String,
    /// What the bars of one name are, where each has several.
    pub series: Vec<String>,
    /// The rows, the largest first.
    pub rows: Vec<BarRow>,
    /// Names that have no row.
    pub more: u64,
}

impl Bars {
    fn lanes(&self) -> usize {
        self.series.len().max(1)
    }

    fn row_height(&self) -> f64 {
        match self.lanes() {
            1 => 26.0,
            lanes => 15.0 * lanes as f64 + 12.0,
        }
    }

    pub(super) fn usual_size(&self) -> (u32, u32) {
        let rows = self.rows.len().max(3) as f64 * self.row_height();
        (1000, (rows + 190.0).clamp(300.0, 8_000.0) as u32)
    }

    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, room: Room) -> Result<()> {
        let colors = canvas.colors();
        let mut top = room.top + 6.0;
        if self.series.len() > 1 {
            let names: Vec<_> = self.series.iter().cloned().zip(colors.series).collect();
            canvas.legend(room.left, top + 12.0, &names)?;
            top += 26.0;
        }
        let bottom = room.bottom - 42.0;
        let least = LEAST_ROW * self.lanes() as f64;
        let fitting = ((bottom - top) / least).floor().max(1.0) as usize;
        let shown = &self.rows[..self.rows.len().min(fitting)];
        let hidden = self.more + (self.rows.len() - shown.len()) as u64;
        let row = ((bottom - top) / shown.len().max(1) as f64).min(self.row_height() * 1.5);
        let bottom = top + row * shown.len() as f64;

        let most_name = room.width() * 0.34;
        let names: Vec<String> = shown
            .iter()
            .map(|row| canvas.label(&row.name, NAME, most_name))
            .collect();
        let widest = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0, f64::max);
        let name_room = widest(&mut names.iter().map(|name| text_width(name, NAME)));
        let ends: Vec<String> = shown
            .iter()
            .map(|row| canvas.label(&row.note, NOTE, room.width() * 0.3))
            .collect();
        let end_room = widest(&mut shown.iter().zip(&ends).map(|(row, end)| {
            let most = row.counts.iter().copied().max().unwrap_or(0);
            text_width(&format!("{} · {end}", count(most)), NOTE)
        }));
        let plot = Room {
            left: room.left + name_room + 10.0,
            top,
            right: (room.right - end_room - 10.0).max(room.left + name_room + 60.0),
            bottom,
        };
        let most = shown.iter().flat_map(|row| &row.counts).copied().max();
        let ticks = Ticks::up_to(most.unwrap_or(0), (plot.width() / 90.0) as usize);
        for (value, text) in &ticks.marks {
            let x = plot.left + ticks.part(*value) * plot.width();
            canvas.line(&[(x, plot.top), (x, plot.bottom)], colors.grid, 1.0)?;
            canvas.middle(x, plot.bottom + 15.0, text, 11.0, colors.soft)?;
        }
        for (index, one) in shown.iter().enumerate() {
            let y = plot.top + row * index as f64;
            canvas.right(
                plot.left - 8.0,
                y + row / 2.0 + NAME * 0.36,
                &names[index],
                NAME,
                colors.ink,
            )?;
            let gap = (row * 0.14).min(6.0);
            let lane = (row - 2.0 * gap) / self.lanes() as f64;
            for (series, value) in one.counts.iter().enumerate() {
                let above = y + gap + lane * series as f64;
                let mut right = plot.left + ticks.part(*value) * plot.width();
                if *value > 0 {
                    right = right.max(plot.left + 1.0);
                }
                let bar = Room {
                    left: plot.left,
                    top: above,
                    right,
                    bottom: above + lane - if self.lanes() > 1 { 1.0 } else { 0.0 },
                };
                canvas.rect(bar, colors.series[series % colors.series.len()])?;
                let text = match ends[index].as_str() {
                    "" => count(*value),
                    note => format!("{} · {note}", count(*value)),
                };
                canvas.left(
                    right + 6.0,
                    above + lane / 2.0 + NOTE * 0.36,
                    &text,
                    NOTE,
                    colors.soft,
                )?;
            }
        }
        canvas.line(
            &[(plot.left, plot.top), (plot.left, plot.bottom)],
            colors.soft,
            1.0,
        )?;
        canvas.middle(
            (plot.left + plot.right) / 2.0,
            plot.bottom + 33.0,
            &self.unit,
            12.0,
            colors.soft,
        )?;
        if hidden > 0 {
            let text = format!("and {} more", count(hidden));
            canvas.left(room.left, plot.bottom + 33.0, &text, NOTE, colors.soft)?;
        }
        Ok(())
    }
}

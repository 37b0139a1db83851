//! Bars with names, the longest first: countries, networks, users, user types, jails.

use super::canvas::{Anchor, Canvas, Room};
use super::measure::text_width;
use super::ticks::Ticks;
use crate::error::Result;
use crate::number::count;

const NAME: f64 = 12.5;
const NOTE: f64 = 11.0;
/// Between a bar and what stands behind it.
const BEHIND: f64 = 6.0;
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

    pub(super) fn least_room(&self) -> (f64, f64) {
        let rows = self.rows.len().min(3) as f64;
        let legend = if self.series.len() > 1 { 26.0 } else { 0.0 };
        (
            260.0,
            48.0 + legend + rows * LEAST_ROW * self.lanes() as f64,
        )
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
        let high = ((bottom - top) / shown.len().max(1) as f64).min(self.row_height() * 1.5);
        let lanes = Lanes::of(canvas, room, shown);
        let plot = Room {
            left: room.left + lanes.name_room + 10.0,
            top,
            right: room.left + lanes.name_room + 10.0 + lanes.longest,
            bottom: top + high * shown.len() as f64,
        };
        let ticks = Ticks::up_to(lanes.most, (plot.width() / 90.0) as usize);
        for (value, text) in &ticks.marks {
            let x = plot.left + ticks.part(*value) * plot.width();
            canvas.line(&[(x, plot.top), (x, plot.bottom)], colors.grid, 1.0)?;
            let below = (x, plot.bottom + 15.0);
            canvas.text(Anchor::Middle, below, text, 11.0, colors.soft)?;
        }
        for (index, row) in shown.iter().enumerate() {
            let place = Room {
                top: plot.top + high * index as f64,
                bottom: plot.top + high * (index + 1) as f64,
                ..plot
            };
            let base = (plot.left - 8.0, place.top + high / 2.0 + NAME * 0.36);
            canvas.text(Anchor::Right, base, &lanes.names[index], NAME, colors.ink)?;
            self.row(canvas, place, &ticks, row, &lanes.ends[index])?;
        }
        canvas.line(
            &[(plot.left, plot.top), (plot.left, plot.bottom)],
            colors.soft,
            1.0,
        )?;
        let below = plot.bottom + 33.0;
        let middle = ((plot.left + plot.right) / 2.0, below);
        canvas.text(Anchor::Middle, middle, &self.unit, 12.0, colors.soft)?;
        let hidden = self.more + (self.rows.len() - shown.len()) as u64;
        if hidden > 0 {
            let text = format!("and {} more", count(hidden));
            canvas.text(Anchor::Left, (room.left, below), &text, NOTE, colors.soft)?;
        }
        Ok(())
    }

    /// Draws the bars of one name.
    fn row(
        &self,
        canvas: &mut Canvas<'_>,
        place: Room,
        ticks: &Ticks,
        row: &BarRow,
        ends: &[String],
    ) -> Result<()> {
        let colors = canvas.colors();
        let gap = (place.height() * 0.14).min(6.0);
        let lane = (place.height() - 2.0 * gap) / self.lanes() as f64;
        for (series, (value, end)) in row.counts.iter().zip(ends).enumerate() {
            let top = place.top + gap + lane * series as f64;
            let mut right = place.left + ticks.part(*value) * place.width();
            if *value > 0 {
                right = right.max(place.left + 1.0);
            }
            let bar = Room {
                left: place.left,
                top,
                right,
                bottom: top + lane - if self.lanes() > 1 { 1.0 } else { 0.0 },
            };
            canvas.rect(bar, colors.series[series % colors.series.len()])?;
            let behind = (right + BEHIND, top + lane / 2.0 + NOTE * 0.36);
            canvas.text(Anchor::Left, behind, end, NOTE, colors.soft)?;
        }
        Ok(())
    }
}

/// What stands before and behind the bars, and what room that leaves them.
struct Lanes {
    names: Vec<String>,
    /// For each row and series: the count and the note.
    ends: Vec<Vec<String>>,
    name_room: f64,
    /// The largest count, and how long its bar is.
    most: u64,
    longest: f64,
}

impl Lanes {
    fn of(canvas: &Canvas<'_>, room: Room, rows: &[BarRow]) -> Self {
        let names: Vec<String> = rows
            .iter()
            .map(|row| canvas.label(&row.name, NAME, room.width() * 0.34))
            .collect();
        let name_room = names.iter().map(|name| text_width(name, NAME));
        let name_room = name_room.fold(0.0, f64::max);
        let ends: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                let note = canvas.label(&row.note, NOTE, room.width() * 0.36);
                let with = |value: &u64| match note.as_str() {
                    "" => count(*value),
                    note => format!("{} · {note}", count(*value)),
                };
                row.counts.iter().map(with).collect()
            })
            .collect();
        let most = rows.iter().flat_map(|row| &row.counts).copied().max();
        let most = most.unwrap_or(0).max(1);
        // A note needs its room behind its own bar and not behind the longest one.
        let behind_names = room.width() - name_room - 10.0;
        let longest = rows
            .iter()
            .zip(&ends)
            .flat_map(|(row, ends)| row.counts.iter().zip(ends))
            .filter(|(value, _)| **value > 0)
            .map(|(value, end)| {
                let left = behind_names - BEHIND - text_width(end, NOTE);
                left * most as f64 / *value as f64
            })
            .fold(behind_names, f64::min)
            .max(60.0);
        Self {
            names,
            ends,
            name_room,
            most,
            longest,
        }
    }
}

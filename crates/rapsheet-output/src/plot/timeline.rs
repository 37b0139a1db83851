//! How much over time: a column for each stretch, stacked by daemon.

use super::canvas::{Anchor, Canvas, Room};
use super::measure::text_width;
use super::ticks::Ticks;
use crate::error::Result;
use crate::number::duration;

/// One daemon.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// How many in each stretch of time, the oldest first.
    pub counts: Vec<u64>,
}

/// A time that is written below the axis.
#[derive(Clone, Debug)]
pub struct TimeTick {
    /// At which stretch, with fractions.
    pub at: f64,
    /// As text, in the wanted zone.
    pub text: String,
}

/// Stacked columns.
#[derive(Clone, Debug)]
pub struct StackedTimeline {
    /// The daemons; all have as many counts.
    pub series: Vec<Series>,
    /// How long a stretch is.
    pub bucket_seconds: u64,
    /// Times, the earliest first.
    pub ticks: Vec<TimeTick>,
    /// What is counted: `attempts`.
    pub unit: String,
    /// The zone of the times.
    pub zone: String,
}

impl StackedTimeline {
    pub(super) fn least_room(&self) -> (f64, f64) {
        let names = self.series.iter();
        let legend = names.map(|series| text_width(&series.name, 12.0).min(220.0) + 38.0);
        (legend.sum::<f64>().max(240.0), 190.0)
    }

    fn buckets(&self) -> usize {
        let lengths = self.series.iter().map(|series| series.counts.len());
        lengths.max().unwrap_or(0).max(1)
    }

    fn sum(&self, bucket: usize) -> u64 {
        self.series.iter().fold(0, |sum: u64, series| {
            sum.saturating_add(series.counts.get(bucket).copied().unwrap_or(0))
        })
    }

    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, room: Room) -> Result<()> {
        let colors = canvas.colors();
        let paint: Vec<_> = self
            .series
            .iter()
            .map(|series| (series.name.clone(), colors.service(&series.name)))
            .collect();
        canvas.legend(room.left, room.top + 16.0, &paint)?;
        let buckets = self.buckets();
        let most = (0..buckets).map(|bucket| self.sum(bucket)).max();
        let (top, bottom) = (room.top + 50.0, room.bottom - 46.0);
        let axis = Ticks::up_to(most.unwrap_or(0), ((bottom - top) / 60.0) as usize);
        let marks = axis.marks.iter().map(|(_, text)| text_width(text, 11.0));
        let plot = Room {
            left: room.left + marks.fold(0.0, f64::max) + 10.0,
            top,
            right: room.right,
            bottom,
        };
        let unit = format!("{} in {}", self.unit, duration(self.bucket_seconds));
        canvas.text(
            Anchor::Left,
            (room.left, room.top + 40.0),
            &unit,
            11.5,
            colors.soft,
        )?;
        for (value, text) in &axis.marks {
            let y = plot.bottom - axis.part(*value) * plot.height();
            canvas.line(&[(plot.left, y), (plot.right, y)], colors.grid, 1.0)?;
            canvas.text(
                Anchor::Right,
                (plot.left - 7.0, y + 4.0),
                text,
                11.0,
                colors.soft,
            )?;
        }
        let wide = plot.width() / buckets as f64;
        let gap = (wide * 0.12).min(3.0);
        for bucket in 0..buckets {
            let left = plot.left + wide * bucket as f64;
            let mut below = 0_u64;
            for (series, (_, color)) in self.series.iter().zip(&paint) {
                let value = series.counts.get(bucket).copied().unwrap_or(0);
                if value == 0 {
                    continue;
                }
                let from = plot.bottom - axis.part(below) * plot.height();
                below = below.saturating_add(value);
                let to = plot.bottom - axis.part(below) * plot.height();
                let bar = Room {
                    left: left + gap / 2.0,
                    top: to.min(from - 0.5),
                    right: left + wide - gap / 2.0,
                    bottom: from,
                };
                canvas.rect(bar, *color)?;
            }
        }
        canvas.line(
            &[(plot.left, plot.bottom), (plot.right, plot.bottom)],
            colors.soft,
            1.0,
        )?;
        self.times(canvas, plot, wide)
    }

    /// Writes as many times as have room beside each other.
    fn times(&self, canvas: &mut Canvas<'_>, plot: Room, wide: f64) -> Result<()> {
        let colors = canvas.colors();
        // The first text may begin left of the plot, below the numbers of the other axis.
        let (least, most) = (plot.left - 40.0, plot.right + 22.0);
        let mut free_from = least;
        for tick in &self.ticks {
            let x = plot.left + tick.at * wide;
            let half = text_width(&tick.text, 11.0) / 2.0;
            if x < plot.left - 0.5 || x > plot.right + 0.5 {
                continue;
            }
            // A text at an end moves inwards; one that has no room beside its neighbour is left out.
            let middle = x.max(least + half).min(most - half).max(least + half);
            if middle - half < free_from || (middle - x).abs() > half {
                continue;
            }
            free_from = middle + half + 14.0;
            canvas.line(
                &[(x, plot.bottom), (x, plot.bottom + 5.0)],
                colors.soft,
                1.0,
            )?;
            canvas.text(
                Anchor::Middle,
                (middle, plot.bottom + 19.0),
                &tick.text,
                11.0,
                colors.soft,
            )?;
        }
        let zone = canvas.label(&format!("time, {}", self.zone), 12.0, plot.width());
        canvas.text(
            Anchor::Middle,
            ((plot.left + plot.right) / 2.0, plot.bottom + 38.0),
            &zone,
            12.0,
            colors.soft,
        )
    }
}

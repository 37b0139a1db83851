//! When in the week: weekdays down, hours across, the stronger the colour the more.

use super::canvas::{Anchor, Canvas, Room};
use crate::error::Result;
use crate::number::{compact, count};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Counts for each weekday (Monday first) and hour.
#[derive(Clone, Debug)]
pub struct Hours {
    /// The counts.
    pub counts: [[u64; 24]; 7],
    /// What is counted: `attempts`.
    pub unit: String,
    /// The zone of the hours.
    pub zone: String,
}

impl Hours {
    pub(super) fn least_room(&self) -> (f64, f64) {
        (40.0 + 96.0 + 24.0 * 6.0, 56.0 + 7.0 * 14.0)
    }

    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, room: Room) -> Result<()> {
        let colors = canvas.colors();
        let most = self.counts.iter().flatten().copied().max().unwrap_or(0);
        let plot = Room {
            left: room.left + 40.0,
            top: room.top + 10.0,
            right: room.right - 96.0,
            bottom: room.bottom - 46.0,
        };
        let (wide, high) = (plot.width() / 24.0, plot.height() / 7.0);
        let part = |value: u64| value as f64 / most.max(1) as f64;
        for (day, counts) in self.counts.iter().enumerate() {
            let top = plot.top + high * day as f64;
            let base = top + high / 2.0 + 4.0;
            canvas.text(
                Anchor::Right,
                (plot.left - 8.0, base),
                DAYS[day],
                12.5,
                colors.ink,
            )?;
            for (hour, value) in counts.iter().enumerate() {
                let left = plot.left + wide * hour as f64;
                let cell = Room {
                    left: left + 1.0,
                    top: top + 1.0,
                    right: left + wide - 1.0,
                    bottom: top + high - 1.0,
                };
                let color = if *value == 0 {
                    colors.land
                } else {
                    colors.between(part(*value))
                };
                canvas.rect(cell, color)?;
                if *value > 0 && wide >= 30.0 && high >= 16.0 {
                    let light =
                        u32::from(color.0) * 3 + u32::from(color.1) * 6 + u32::from(color.2);
                    let text = if light > 1_300 {
                        plotters::style::RGBColor(20, 24, 30)
                    } else {
                        plotters::style::RGBColor(255, 255, 255)
                    };
                    canvas.text(
                        Anchor::Middle,
                        (left + wide / 2.0, base),
                        &compact(*value),
                        10.0,
                        text,
                    )?;
                }
            }
        }
        let step = if wide < 14.0 {
            6
        } else if wide < 24.0 {
            3
        } else {
            1
        };
        for hour in (0..24).step_by(step) {
            let x = plot.left + wide * (hour as f64 + 0.5);
            canvas.text(
                Anchor::Middle,
                (x, plot.bottom + 16.0),
                &format!("{hour:02}"),
                11.5,
                colors.ink,
            )?;
        }
        let unit = format!("hour of the day, {}", self.zone);
        let unit = canvas.label(&unit, 12.0, plot.width());
        canvas.text(
            Anchor::Middle,
            ((plot.left + plot.right) / 2.0, plot.bottom + 35.0),
            &unit,
            12.0,
            colors.soft,
        )?;
        self.scale(canvas, plot, most)
    }

    /// What the colours mean, at the right.
    fn scale(&self, canvas: &mut Canvas<'_>, plot: Room, most: u64) -> Result<()> {
        const STEPS: usize = 40;
        let colors = canvas.colors();
        let left = plot.right + 18.0;
        let (top, bottom) = (plot.top + 22.0, plot.bottom);
        canvas.text(
            Anchor::Left,
            (left, plot.top + 10.0),
            &self.unit,
            11.5,
            colors.soft,
        )?;
        let high = (bottom - top) / STEPS as f64;
        // From the top, each down to the end, and the next over it: no seam shows between two.
        for step in (0..STEPS).rev() {
            let bar = Room {
                left,
                top: bottom - high * (step + 1) as f64,
                right: left + 14.0,
                bottom,
            };
            canvas.rect(bar, colors.between(step as f64 / (STEPS - 1) as f64))?;
        }
        canvas.text(
            Anchor::Left,
            (left + 20.0, top + 9.0),
            &count(most),
            11.0,
            colors.soft,
        )?;
        if most > 1 {
            let middle = (top + bottom) / 2.0 + 4.0;
            canvas.text(
                Anchor::Left,
                (left + 20.0, middle),
                &count(most / 2),
                11.0,
                colors.soft,
            )?;
        }
        canvas.text(Anchor::Left, (left + 20.0, bottom), "1", 11.0, colors.soft)
    }
}

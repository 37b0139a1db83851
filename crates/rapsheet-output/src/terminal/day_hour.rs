//! When it happens: weekdays down, hours across, the darker the more.
//!
//! ```text
//!      00    03    06    09    12    15    18    21
//! Mon  ░░▒▒▓▓██
//! ```

use super::Page;
use crate::error::Result;
use crate::layout::pad;
use crate::number::count;
use crate::safe_text::{safe, width};
use crate::style::Tone;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/// Columns before the cells.
const LEFT: usize = 5;

/// Counts for each weekday (Monday first) and hour.
#[derive(Clone, Debug)]
pub struct DayHours<'a> {
    /// The counts.
    pub counts: [[u64; 24]; 7],
    /// What is counted: `attempts`.
    pub unit: &'a str,
    /// The zone of the hours: `UTC`.
    pub zone: &'a str,
}

impl Page<'_> {
    /// Writes a shaded square for each hour of the week, and what the shades mean.
    ///
    /// # Errors
    ///
    /// Where the sink refuses.
    pub fn day_hour_chart(&mut self, chart: &DayHours<'_>) -> Result<()> {
        let unicode = self.style.unicode;
        let shades = if unicode {
            [" ", "░", "▒", "▓", "█"]
        } else {
            [" ", ".", ":", "*", "#"]
        };
        let cell = ((self.style.width - LEFT.min(self.style.width)) / 24).clamp(1, 3);
        let mut hours = " ".repeat(LEFT);
        for hour in (0..24).step_by(3) {
            pad(&mut hours, &format!("{hour:02}"), 2, 3 * cell, false);
        }
        self.line(Tone::Dim, &hours)?;
        let most = chart.counts.iter().flatten().copied().max().unwrap_or(0);
        for (day, counts) in DAYS.iter().zip(&chart.counts) {
            let mut line = format!("{day:<LEFT$}");
            for value in counts {
                line.push_str(&shades[shade(*value, most)].repeat(cell));
            }
            self.line(Tone::Plain, &line)?;
        }
        self.shade_legend(chart, most, &shades)
    }

    fn shade_legend(&mut self, chart: &DayHours<'_>, most: u64, shades: &[&str; 5]) -> Result<()> {
        let unicode = self.style.unicode;
        let unit = safe(chart.unit, unicode);
        let zone = safe(chart.zone, unicode);
        if most == 0 {
            return self.hanging(&" ".repeat(LEFT), Tone::Dim, &format!("no {unit}"));
        }
        // What `shade` gives changes at these counts; with small counts some shades are never used.
        let mut steps: Vec<String> = Vec::new();
        let mut last = 0;
        for (level, mark) in shades.iter().enumerate().skip(1) {
            let top = highest(level, most);
            if top > last {
                steps.push(format!("{mark} to {}", count(top)));
                last = top;
            }
        }
        let text = format!("{} {unit} an hour of the week, {zone}", steps.join("  "));
        let room = self.style.width.saturating_sub(LEFT);
        let indent = if width(&text) <= room { LEFT } else { 0 };
        self.hanging(&" ".repeat(indent), Tone::Dim, &text)
    }
}

/// The shade of a count: 0 only for nothing, 4 for the most.
fn shade(value: u64, most: u64) -> usize {
    (1..=4)
        .find(|level| value <= highest(*level, most))
        .map_or(4, |level| if value == 0 { 0 } else { level })
}

/// The highest count that has the shade.
fn highest(level: usize, most: u64) -> u64 {
    let top = u128::from(most) * level as u128 / 4;
    u64::try_from(top).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_cover_the_range() {
        assert_eq!(shade(0, 100), 0);
        assert_eq!(shade(1, 100), 1);
        assert_eq!(shade(25, 100), 1);
        assert_eq!(shade(26, 100), 2);
        assert_eq!(shade(100, 100), 4);
        assert_eq!(shade(1, 1), 4);
        assert_eq!(shade(u64::MAX, u64::MAX), 4);
    }
}

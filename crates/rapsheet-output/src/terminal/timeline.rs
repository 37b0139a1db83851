//! How much over time: a row of upright bars with the first and the last time below.
//!
//! ```text
//!     ▄█
//! ▁▂▃▆██▅▂▁
//! 2026-01-01   2026-01-31
//! ```

use super::{Page, scale};
use crate::error::Result;
use crate::number::{duration, several};
use crate::safe_text::{fit, safe, width};
use crate::style::Tone;

/// Lines of the bars.
const LINES: usize = 4;
/// The widest that one bar gets.
const WIDEST: usize = 4;

/// Counts for equal buckets of time, none left out.
#[derive(Clone, Debug)]
pub struct Timeline<'a> {
    /// The counts, the oldest first; a bucket without events is 0.
    pub counts: &'a [u64],
    /// How long a bucket is.
    pub bucket_seconds: u64,
    /// When the first bucket begins, as text.
    pub first: &'a str,
    /// When the last bucket ends or begins, as text.
    pub last: &'a str,
    /// What is counted: `attempts`.
    pub unit: &'a str,
}

impl Page<'_> {
    /// Writes a bar for each bucket; neighbours are summed where there are more buckets than columns.
    ///
    /// # Errors
    ///
    /// Where the sink refuses.
    pub fn timeline_chart(&mut self, chart: &Timeline<'_>) -> Result<()> {
        let unicode = self.style.unicode;
        let unit = safe(chart.unit, unicode).into_owned();
        let most_all = chart.counts.iter().copied().max().unwrap_or(0);
        if most_all == 0 {
            return self.line(Tone::Dim, &format!("no {unit}"));
        }
        let together = chart.counts.len().div_ceil(self.style.width);
        let sums: Vec<u64> = chart
            .counts
            .chunks(together)
            .map(|bucket| {
                bucket
                    .iter()
                    .fold(0, |sum: u64, one| sum.saturating_add(*one))
            })
            .collect();
        let most = sums.iter().copied().max().unwrap_or(0);
        let wide = (self.style.width / sums.len()).clamp(1, WIDEST);
        for level in (0..LINES).rev() {
            let line: String = sums
                .iter()
                .map(|sum| block(*sum, most, level, unicode).repeat(wide))
                .collect();
            self.line(Tone::Plain, &line)?;
        }
        self.ends(chart, sums.len() * wide)?;
        let span = duration(chart.bucket_seconds.saturating_mul(together as u64));
        let one = unit.strip_suffix('s').unwrap_or(&unit);
        let note = format!("highest bar: {} in {span}", several(most, one, &unit));
        self.hanging("", Tone::Dim, &note)
    }

    /// Writes the first time below the first bar and the last below the last.
    fn ends(&mut self, chart: &Timeline<'_>, chart_width: usize) -> Result<()> {
        let unicode = self.style.unicode;
        let room = self.style.width;
        let first = fit(chart.first, room, unicode);
        let last = fit(chart.last, room, unicode);
        let used = width(&first) + width(&last);
        if first == last {
            return self.line(Tone::Dim, &first);
        }
        match chart_width.checked_sub(used) {
            Some(space @ 2..) => {
                self.line(Tone::Dim, &format!("{first}{}{last}", " ".repeat(space)))
            }
            _ => self.hanging("", Tone::Dim, &format!("{first} to {last}")),
        }
    }
}

/// The part of a bar that falls into one line, the lowest being 0.
fn block(value: u64, most: u64, level: usize, unicode: bool) -> &'static str {
    const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    let steps = if unicode { 8 } else { 1 };
    let high = scale(value, most, LINES * steps);
    let here = high.saturating_sub(level * steps).min(steps);
    match (unicode, here) {
        (true, _) => EIGHTHS[here],
        (false, 0) => " ",
        (false, _) => "#",
    }
}

//! A bar chart of parts of wholes: how much of each column is missing.
//!
//! ```text
//! city_name          61.2 %  ████████████████████
//! country_iso_code    0.4 %  ▏
//! ```

use super::{Page, bar};
use crate::error::Result;
use crate::layout::pad;
use crate::number::share;
use crate::safe_text::{fit, width};

/// One bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What it measures.
    pub name: String,
    /// How many.
    pub part: u64,
    /// Of how many.
    pub whole: u64,
}

/// Columns of the widest share, `>99.9 %`.
const SHARE: usize = 7;

impl Page<'_> {
    /// Writes bars, each as long as its part of its own whole.
    ///
    /// # Errors
    ///
    /// Where the sink refuses.
    pub fn bar_chart(&mut self, bars: &[Bar]) -> Result<()> {
        let unicode = self.style.unicode;
        let most = self.style.width / 2 - 2;
        let names: Vec<_> = bars
            .iter()
            .map(|bar| fit(&bar.name, most, unicode))
            .collect();
        let wide = names.iter().map(|name| width(name)).max().unwrap_or(0);
        let room = self.style.width.saturating_sub(wide + SHARE + 4);
        for (name, one) in names.iter().zip(bars) {
            let mut line = String::new();
            pad(&mut line, name, width(name), wide + 2, false);
            let share = share(one.part, one.whole);
            pad(&mut line, &share, width(&share), SHARE, true);
            line.push_str("  ");
            line.push_str(&bar(one.part.min(one.whole), one.whole, room, unicode));
            self.raw(line.trim_end())?;
        }
        Ok(())
    }
}

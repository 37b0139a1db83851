//! Building blocks of the summary: headings, facts, findings, ranked tables and charts.
//!
//! A [`Page`] writes them into a sink, within the width of its [`Style`]. Every text that it is given is made harmless
//! first, so callers hand over names from logs as they are. Each block says in letters what its colours say.

use std::io::Write;

use crate::error::Result;
use crate::safe_text::{fit, safe, width, wrap};
use crate::style::{Style, Tone};

mod bars;
mod day_hour;
mod ranked;
mod timeline;
mod world;

pub use bars::Bar;
pub use day_hour::DayHours;
pub use ranked::{Ranked, RankedHead, RankedRow};
pub use timeline::Timeline;

/// The narrowest page; a narrower terminal wraps by itself.
const NARROWEST: usize = 30;

/// How much a finding asks of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Act: somebody got in.
    Danger,
    /// Look at it.
    Warn,
    /// All is well.
    Good,
    /// To know.
    Note,
}

impl Level {
    const fn mark(self) -> &'static str {
        match self {
            Self::Danger => "!!",
            Self::Warn => "! ",
            Self::Good => "ok",
            Self::Note => "- ",
        }
    }

    const fn tone(self) -> Tone {
        match self {
            Self::Danger => Tone::Danger,
            Self::Warn => Tone::Warn,
            Self::Good => Tone::Good,
            Self::Note => Tone::Plain,
        }
    }
}

/// A page of text that is being written.
pub struct Page<'a> {
    out: &'a mut dyn Write,
    style: Style,
}

impl<'a> Page<'a> {
    /// Begins a page in a sink.
    pub fn new(out: &'a mut dyn Write, style: Style) -> Self {
        let width = style.width.max(NARROWEST);
        Self {
            out,
            style: Style { width, ..style },
        }
    }

    /// The page's style.
    #[must_use]
    pub fn style(&self) -> Style {
        self.style
    }

    /// Writes an empty line.
    ///
    /// # Errors
    ///
    /// Where the sink refuses, as for every block.
    pub fn blank(&mut self) -> Result<()> {
        self.line(Tone::Plain, "")
    }

    /// Writes a heading with an empty line before it.
    ///
    /// # Errors
    ///
    /// Where the sink refuses.
    pub fn heading(&mut self, text: &str) -> Result<()> {
        self.blank()?;
        let text = fit(text, self.style.width, self.style.unicode).into_owned();
        self.line(Tone::Strong, &text)
    }

    /// Writes running text, broken at spaces.
    ///
    /// # Errors
    ///
    /// Where the sink refuses.
    pub fn paragraph(&mut self, tone: Tone, text: &str) -> Result<()> {
        self.hanging("", tone, text)
    }

    /// Writes a line of a log as it is, made safe and not broken: what is searched for must be found.
    ///
    /// # Errors
    ///
    /// Where the sink refuses.
    pub fn verbatim(&mut self, text: &str) -> Result<()> {
        let text = safe(text, self.style.unicode).into_owned();
        self.line(Tone::Plain, &text)
    }

    /// Writes a statement that a person should act on, behind a mark (`!!`, `!`, `ok`, `-`), and its evidence below.
    ///
    /// # Errors
    ///
    /// Where the sink refuses.
    pub fn finding(&mut self, level: Level, statement: &str, evidence: &[String]) -> Result<()> {
        self.hanging(&format!("{} ", level.mark()), level.tone(), statement)?;
        for text in evidence {
            self.hanging("   ", Tone::Dim, text)?;
        }
        Ok(())
    }

    /// Writes names and values, the values below each other.
    ///
    /// # Errors
    ///
    /// Where the sink refuses.
    pub fn facts(&mut self, facts: &[(&str, String)]) -> Result<()> {
        let unicode = self.style.unicode;
        let most = self.style.width * 3 / 5 - 2;
        let names: Vec<String> = facts
            .iter()
            .map(|(name, _)| fit(name, most, unicode).into_owned())
            .collect();
        let wide = names.iter().map(|name| width(name)).max().unwrap_or(0);
        for (name, (_, value)) in names.iter().zip(facts) {
            let space = " ".repeat(wide - width(name));
            self.hanging(&format!("{name}{space}  "), Tone::Plain, value)?;
        }
        Ok(())
    }

    /// Writes `text` behind `head`; further lines stand below the text. `head` is safe.
    fn hanging(&mut self, head: &str, tone: Tone, text: &str) -> Result<()> {
        let room = self.style.width.saturating_sub(width(head));
        let text = safe(text, self.style.unicode);
        for (index, part) in wrap(&text, room).iter().enumerate() {
            let before = if index == 0 {
                head.to_owned()
            } else {
                " ".repeat(width(head))
            };
            self.line(tone, &format!("{before}{part}"))?;
        }
        Ok(())
    }

    /// Writes one safe line in one tone.
    fn line(&mut self, tone: Tone, text: &str) -> Result<()> {
        let text = self.style.paint(tone, text.trim_end_matches(' '));
        self.raw(&text)
    }

    /// Writes one line that has its colours already.
    fn raw(&mut self, text: &str) -> Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(b"\n")?;
        Ok(())
    }
}

/// Draws a horizontal bar of at most `room` columns, in eighths where the terminal has the letters.
///
/// Whatever is more than nothing shows.
fn bar(value: u64, most: u64, room: usize, unicode: bool) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if value == 0 || most == 0 {
        return String::new();
    }
    let steps = if unicode { 8 } else { 1 };
    let long = scale(value, most, room * steps);
    let full = if unicode { "█" } else { "#" };
    let rest = if unicode { EIGHTHS[long % 8] } else { "" };
    format!("{}{rest}", full.repeat(long / steps))
}

/// Scales a value onto `1..=top` (0 only for 0), rounding to the nearest.
fn scale(value: u64, most: u64, top: usize) -> usize {
    if value == 0 || most == 0 || top == 0 {
        return 0;
    }
    let top = top as u128;
    let scaled = (u128::from(value) * top + u128::from(most) / 2) / u128::from(most);
    // At most `top`, which came from a usize.
    usize::try_from(scaled.clamp(1, top)).unwrap_or(0)
}

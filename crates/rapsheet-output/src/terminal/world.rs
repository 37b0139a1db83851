//! Where in the world, drawn with letters: an outline of the land, and a mark for each place, the larger the more.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::symbols::Marker;
use ratatui::widgets::Widget;
use ratatui::widgets::canvas::{Canvas, Map, MapResolution};

use super::Page;
use crate::error::Result;
use crate::number::count;
use crate::plot::Circle;
use crate::style::Tone;

/// The part of the world that is shown, in degrees.
const ACROSS: [f64; 2] = [-180.0, 180.0];
const DOWN: [f64; 2] = [-58.0, 84.0];
const UNICODE: [&str; 4] = ["·", "∘", "○", "●"];
const ASCII: [&str; 4] = ["+", "o", "O", "@"];

impl Page<'_> {
    /// Writes a map of the world with a mark for each place, and what the marks mean.
    ///
    /// # Errors
    ///
    /// Where the sink refuses.
    pub fn world_map(&mut self, places: &[Circle], unit: &str) -> Result<()> {
        let unicode = self.style.unicode;
        let marks = if unicode { UNICODE } else { ASCII };
        let most = places.iter().map(|place| place.attempts).max().unwrap_or(0);
        // The rarest first, so that the most stand on top.
        let mut places = places.to_vec();
        places.sort_by_key(|place| place.attempts);
        let wide = u16::try_from(self.style.width).unwrap_or(160);
        // A letter is about twice as high as it is wide.
        let high = u16::try_from(usize::from(wide) * 142 / 360 / 2 + 1).unwrap_or(20);
        let area = Rect::new(0, 0, wide, high);
        let mut buffer = Buffer::empty(area);
        Canvas::default()
            .x_bounds(ACROSS)
            .y_bounds(DOWN)
            .marker(if unicode {
                Marker::Braille
            } else {
                Marker::Dot
            })
            .paint(|context| {
                context.draw(&Map {
                    resolution: MapResolution::High,
                    color: Color::Reset,
                });
            })
            .render(area, &mut buffer);
        let mut cells: Vec<(String, bool)> = buffer
            .content()
            .iter()
            .map(|cell| match cell.symbol() {
                " " | "\u{2800}" => (" ".to_owned(), false),
                land if unicode => (land.to_owned(), false),
                _ => (".".to_owned(), false),
            })
            .collect();
        for place in &places {
            let part = |value: f64, ends: [f64; 2], steps: u16| {
                let part = (value.clamp(ends[0], ends[1]) - ends[0]) / (ends[1] - ends[0]);
                ((part * f64::from(steps)) as usize).min(usize::from(steps) - 1)
            };
            let column = part(place.longitude, ACROSS, wide);
            let row = usize::from(high) - 1 - part(place.latitude, DOWN, high);
            cells[row * usize::from(wide) + column] =
                (marks[mark(place.attempts, most)].to_owned(), true);
        }
        for row in cells.chunks(usize::from(wide)) {
            self.map_row(row)?;
        }
        let mut legend: Vec<String> = Vec::new();
        let mut before = 0;
        for (level, sign) in marks.iter().enumerate() {
            let top = highest(level, most);
            if top > before {
                legend.push(format!("{sign} to {}", count(top)));
                before = top;
            }
        }
        let legend = format!("{} {unit} from one place", legend.join("  "));
        self.hanging("", Tone::Dim, &legend)
    }

    fn map_row(&mut self, row: &[(String, bool)]) -> Result<()> {
        let style = self.style;
        let mut line = String::new();
        for cells in row.chunk_by(|one, other| one.1 == other.1) {
            let text: String = cells.iter().map(|(sign, _)| sign.as_str()).collect();
            let tone = if cells[0].1 { Tone::Danger } else { Tone::Dim };
            if text.trim().is_empty() {
                line.push_str(&text);
            } else {
                line.push_str(&style.paint(tone, &text));
            }
        }
        self.raw(line.trim_end_matches(' '))
    }
}

/// The mark of a count: each stands for about as many times more as the one before.
fn mark(value: u64, most: u64) -> usize {
    (0..3)
        .find(|level| value <= highest(*level, most))
        .unwrap_or(3)
}

/// The highest count that has the mark.
fn highest(level: usize, most: u64) -> u64 {
    if level >= 3 {
        return most;
    }
    (most as f64).powf((level + 1) as f64 / 4.0) as u64
}

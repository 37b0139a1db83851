//! Where in the world, drawn with letters: an outline of the land, a mark for each place, the larger the more, and shaded
//! countries for addresses of which only the country is known.

use std::collections::HashMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::symbols::Marker;
use ratatui::widgets::Widget;
use ratatui::widgets::canvas::{Canvas, Map, MapResolution};

use super::Page;
use crate::error::Result;
use crate::number::count;
use crate::plot::world::{CountryOutline, countries};
use crate::plot::{Circle, Shade, WorldMap};
use crate::style::Tone;

/// The part of the world that is shown, in degrees.
const ACROSS: [f64; 2] = [-180.0, 180.0];
const DOWN: [f64; 2] = [-58.0, 84.0];
/// Places and countries, from the least to the most.
const UNICODE: [[&str; 4]; 2] = [["·", "∘", "○", "●"], ["░", "▒", "▓", "█"]];
const ASCII: [[&str; 4]; 2] = [["+", "o", "O", "@"], ["-", "=", "%", "#"]];

/// A sheet of letters, and which of them is land only, a country or a place.
struct Sheet {
    wide: usize,
    high: usize,
    cells: Vec<(String, Tone)>,
}

impl Page<'_> {
    /// Writes a map of the world with a mark for each place and a shade for each country, and what they mean.
    ///
    /// # Errors
    ///
    /// Where the sink refuses.
    pub fn world_map(&mut self, map: &WorldMap, unit: &str) -> Result<()> {
        let unicode = self.style.unicode;
        let [marks, shades] = if unicode { UNICODE } else { ASCII };
        let mut sheet = Sheet::land(self.style.width, unicode);
        let most_shade = map.shades.iter().map(|shade| shade.attempts).max();
        sheet.shade(&map.shades, most_shade.unwrap_or(0), &shades);
        let most_place = map.circles.iter().map(|place| place.attempts).max();
        sheet.mark(&map.circles, most_place.unwrap_or(0), &marks);
        for row in sheet.cells.chunks(sheet.wide) {
            self.map_row(row)?;
        }
        let of_places = most_place.map(|most| legend(&marks, most, unit, "one place"));
        let of_countries = most_shade.map(|most| legend(&shades, most, unit, "one country"));
        for line in of_places.iter().chain(&of_countries) {
            self.hanging("", Tone::Dim, line)?;
        }
        Ok(())
    }

    fn map_row(&mut self, row: &[(String, Tone)]) -> Result<()> {
        let style = self.style;
        let mut line = String::new();
        for cells in row.chunk_by(|one, other| one.1 == other.1) {
            let text: String = cells.iter().map(|(sign, _)| sign.as_str()).collect();
            if text.trim().is_empty() {
                line.push_str(&text);
            } else {
                line.push_str(&style.paint(cells[0].1, &text));
            }
        }
        self.raw(line.trim_end_matches(' '))
    }
}

impl Sheet {
    /// Draws the outlines of the land.
    fn land(width: usize, unicode: bool) -> Self {
        let wide = u16::try_from(width).unwrap_or(160);
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
        let sign = |symbol: &str| match symbol {
            " " | "\u{2800}" => " ".to_owned(),
            land if unicode => land.to_owned(),
            _ => ".".to_owned(),
        };
        Self {
            wide: usize::from(wide),
            high: usize::from(high),
            cells: buffer
                .content()
                .iter()
                .map(|cell| (sign(cell.symbol()), Tone::Dim))
                .collect(),
        }
    }

    /// Shades what lies in a country: a letter whose middle is in it, or one where the country is smaller than a letter.
    fn shade(&mut self, shades: &[Shade], most: u64, signs: &[&str; 4]) {
        let mut sums: HashMap<&str, u64> = HashMap::new();
        for shade in shades {
            let sum = sums.entry(shade.country.as_str()).or_default();
            *sum = sum.saturating_add(shade.attempts);
        }
        if sums.is_empty() {
            return;
        }
        for country in countries() {
            let Some(attempts) = sums.get(country.code.as_str()) else {
                continue;
            };
            let cell = (signs[level(*attempts, most)].to_owned(), Tone::Warn);
            for place in self.cells_of(&country) {
                self.cells[place] = cell.clone();
            }
        }
    }

    fn cells_of(&self, country: &CountryOutline) -> Vec<usize> {
        let points = || country.rings.iter().flatten();
        let middle = |ends: [f64; 2], step: usize, steps: usize| {
            ends[0] + (ends[1] - ends[0]) * (step as f64 + 0.5) / steps as f64
        };
        let west = points().map(|(x, _)| *x).fold(180.0, f64::min);
        let east = points().map(|(x, _)| *x).fold(-180.0, f64::max);
        let mut found = Vec::new();
        for row in 0..self.high {
            let latitude = middle(DOWN, self.high - 1 - row, self.high);
            for column in 0..self.wide {
                let longitude = middle(ACROSS, column, self.wide);
                if (west..=east).contains(&longitude) && country.holds(longitude, latitude) {
                    found.push(row * self.wide + column);
                }
            }
        }
        if found.is_empty() {
            found.extend(points().next().map(|(x, y)| self.place(*x, *y)));
        }
        found
    }

    /// Marks places, the rarest first, so that the most stand on top.
    fn mark(&mut self, places: &[Circle], most: u64, signs: &[&str; 4]) {
        let mut places = places.to_vec();
        places.sort_by_key(|place| place.attempts);
        for place in &places {
            let cell = self.place(place.longitude, place.latitude);
            let sign = signs[level(place.attempts, most)];
            self.cells[cell] = (sign.to_owned(), Tone::Danger);
        }
    }

    /// The letter that a place lies in.
    fn place(&self, longitude: f64, latitude: f64) -> usize {
        let part = |value: f64, ends: [f64; 2], steps: usize| {
            let part = (value.clamp(ends[0], ends[1]) - ends[0]) / (ends[1] - ends[0]);
            ((part * steps as f64) as usize).min(steps - 1)
        };
        let row = self.high - 1 - part(latitude, DOWN, self.high);
        row * self.wide + part(longitude, ACROSS, self.wide)
    }
}

/// Says what signs mean.
fn legend(signs: &[&str; 4], most: u64, unit: &str, of: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut before = 0;
    for (level, sign) in signs.iter().enumerate() {
        let top = highest(level, most);
        if top > before {
            parts.push(format!("{sign} to {}", count(top)));
            before = top;
        }
    }
    format!("{} {unit} from {of}", parts.join("  "))
}

/// Which sign a count has: each stands for about as many times more as the one before.
fn level(value: u64, most: u64) -> usize {
    (0..3)
        .find(|level| value <= highest(*level, most))
        .unwrap_or(3)
}

/// The highest count that has the sign.
fn highest(level: usize, most: u64) -> u64 {
    if level >= 3 {
        return most;
    }
    (most as f64).powf((level + 1) as f64 / 4.0) as u64
}

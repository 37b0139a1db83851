//! Where in the world: circles whose area is as large as the attempts from there, and shaded countries for addresses of which
//! only the country is known. A country is never drawn as a point.

use std::collections::HashMap;

use super::canvas::{Anchor, Canvas, Room};
use super::measure::text_width;
use super::world::{countries, equal_earth};
use crate::error::Result;
use crate::number::count;

/// The radius of the largest circle, on a picture of the usual width.
const LARGEST: f64 = 24.0;
const USUAL_WIDTH: f64 = 1280.0;
/// The southern end of the map, which leaves the ice out where nothing comes from there.
const SOUTH: f64 = -58.0;

/// Addresses of one point.
#[derive(Clone, Copy, Debug)]
pub struct Circle {
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
    /// How many attempts.
    pub attempts: u64,
}

/// Addresses of one country without a point.
#[derive(Clone, Debug)]
pub struct Shade {
    /// Two letters of ISO 3166-1.
    pub country: String,
    /// How many attempts.
    pub attempts: u64,
}

/// A map of the world.
#[derive(Clone, Debug, Default)]
pub struct WorldMap {
    /// What lies at a point.
    pub circles: Vec<Circle>,
    /// What lies in a country.
    pub shades: Vec<Shade>,
}

/// From the plane of the projection to the page.
struct MapFrame {
    room: Room,
    scale: f64,
    top: f64,
}

impl MapFrame {
    fn new(room: Room, south: f64) -> Self {
        let (east, _) = equal_earth(180.0, 0.0);
        let (top, bottom) = (equal_earth(0.0, 84.0).1, equal_earth(0.0, south).1);
        let scale = (room.width() / (2.0 * east)).min(room.height() / (top - bottom));
        Self { room, scale, top }
    }

    fn at(&self, longitude: f64, latitude: f64) -> (f64, f64) {
        let (x, y) = equal_earth(longitude, latitude);
        let middle = (self.room.left + self.room.right) / 2.0;
        (
            middle + x * self.scale,
            self.room.top + (self.top - y) * self.scale,
        )
    }
}

impl WorldMap {
    pub(super) fn least_room(&self) -> (f64, f64) {
        (380.0, 54.0 + 160.0)
    }

    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, room: Room) -> Result<()> {
        let map = Room {
            top: room.top + 4.0,
            bottom: room.bottom - 50.0,
            ..room
        };
        let farthest = self.circles.iter().map(|circle| circle.latitude);
        let south = if farthest.fold(90.0, f64::min) < SOUTH {
            -90.0
        } else {
            SOUTH
        };
        let page = MapFrame::new(map, south);
        self.land(canvas, &page, south)?;
        let most = self.circles.iter().map(|circle| circle.attempts).max();
        let largest = LARGEST * (room.width() / USUAL_WIDTH).clamp(0.5, 3.0);
        let radius = |attempts: u64| {
            let part = attempts as f64 / most.unwrap_or(1).max(1) as f64;
            (largest * part.sqrt()).max(1.6)
        };
        let mut circles = self.circles.clone();
        // The largest first, so that none hides a smaller one.
        circles.sort_by(|one, other| {
            let place = |circle: &Circle| (circle.longitude, circle.latitude);
            other
                .attempts
                .cmp(&one.attempts)
                .then(place(one).0.total_cmp(&place(other).0))
                .then(place(one).1.total_cmp(&place(other).1))
        });
        let hot = canvas.colors().hot;
        for circle in &circles {
            let at = page.at(
                circle.longitude.clamp(-180.0, 180.0),
                circle.latitude.clamp(-90.0, 90.0),
            );
            canvas.disk(at, radius(circle.attempts), hot)?;
        }
        let shades = self.shades.iter().map(|shade| shade.attempts).max();
        legend(canvas, room, most, shades, &radius)
    }

    fn land(&self, canvas: &mut Canvas<'_>, page: &MapFrame, south: f64) -> Result<()> {
        let colors = canvas.colors();
        let most = self.shades.iter().map(|shade| shade.attempts).max();
        let mut shades: HashMap<&str, u64> = HashMap::new();
        for shade in &self.shades {
            let sum = shades.entry(shade.country.as_str()).or_default();
            *sum = sum.saturating_add(shade.attempts);
        }
        for country in countries() {
            if country.code == "AQ" && south > -90.0 {
                continue;
            }
            let color = match shades.get(country.code.as_str()) {
                Some(attempts) => colors.between(shade_part(*attempts, most.unwrap_or(1))),
                None => colors.land,
            };
            for ring in &country.rings {
                let mut points: Vec<(f64, f64)> =
                    ring.iter().map(|(x, y)| page.at(*x, *y)).collect();
                if points.len() < 3 {
                    // A country so small that its outline has shrunk is still a spot in its colour.
                    let Some((x, y)) = points.first().copied() else {
                        continue;
                    };
                    points = [(-1.5, 0.0), (0.0, -1.5), (1.5, 0.0), (0.0, 1.5)]
                        .map(|(right, down)| (x + right, y + down))
                        .to_vec();
                }
                canvas.polygon(&points, color)?;
                points.push(points[0]);
                canvas.line(&points, colors.border, 0.6)?;
            }
        }
        Ok(())
    }
}

/// How strong a country's colour is: by magnitude, since one country often has most.
fn shade_part(attempts: u64, most: u64) -> f64 {
    let magnitude = |value: u64| (value as f64).ln_1p();
    magnitude(attempts) / magnitude(most.max(1))
}

/// What circles and shades mean.
fn legend(
    canvas: &mut Canvas<'_>,
    room: Room,
    circles: Option<u64>,
    shades: Option<u64>,
    radius: &dyn Fn(u64) -> f64,
) -> Result<()> {
    let colors = canvas.colors();
    let base = room.bottom - 14.0;
    let mut x = room.left;
    if let Some(most) = circles {
        let note = "attempts from one place:";
        canvas.text(Anchor::Left, (x, base), note, 12.0, colors.soft)?;
        x += text_width(note, 12.0) + 12.0;
        let mut steps = vec![most / 100, most / 10, most];
        steps.retain(|step| *step > 0);
        steps.dedup();
        for step in steps {
            let wide = radius(step);
            canvas.ring((x + wide, base - 4.0), wide, colors.hot)?;
            x += 2.0 * wide + 6.0;
            let text = count(step);
            canvas.text(Anchor::Left, (x, base), &text, 12.0, colors.soft)?;
            x += text_width(&text, 12.0) + 16.0;
        }
        x += 18.0;
    }
    if let Some(most) = shades {
        let note = if circles.is_some() {
            "where only the country is known:"
        } else {
            "attempts from a country:"
        };
        canvas.text(Anchor::Left, (x, base), note, 12.0, colors.soft)?;
        x += text_width(note, 12.0) + 12.0;
        let mut steps = vec![1, (most as f64).sqrt() as u64, most];
        steps.dedup();
        for step in steps {
            let square = Room {
                left: x,
                top: base - 11.0,
                right: x + 18.0,
                bottom: base + 1.0,
            };
            canvas.rect(square, colors.between(shade_part(step, most)))?;
            let text = count(step);
            canvas.text(Anchor::Left, (x + 23.0, base), &text, 12.0, colors.soft)?;
            x += 23.0 + text_width(&text, 12.0) + 14.0;
        }
    }
    Ok(())
}

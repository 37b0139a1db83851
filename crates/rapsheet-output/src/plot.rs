//! Pictures as SVG and PNG: what a person puts into a mail or a slide.
//!
//! Each kind is one file with a type that holds plain numbers and names, and a `draw`. A picture has a title, a line that says
//! of how much and of when it tells, and the attribution of the geo data at its foot. The same input gives the same bytes.
//!
//! Names come from logs: whatever acts or hides is shown by number, and what is too long ends in an ellipsis.
//!
//! # Not supported
//!
//! A PNG is drawn with the font that the crate carries (Latin, Greek, Cyrillic); other letters are shown by number. An SVG
//! leaves the letters to whoever shows it.

mod bars;
mod canvas;
mod hours;
mod map;
mod measure;
mod missing;
mod png;
mod theme;
mod ticks;
mod timeline;
pub(crate) mod world;

pub use bars::{BarRow, Bars};
pub use hours::Hours;
pub use map::{Circle, Shade, WorldMap};
pub use missing::{MissingColumn, MissingColumns, MissingTable};
pub use png::png;
pub use theme::Theme;
pub use timeline::{Series, StackedTimeline, TimeTick};

use crate::error::{Error, Result};
use canvas::{Anchor, Canvas, Room};

/// What stands around the picture.
#[derive(Clone, Debug, Default)]
pub struct Caption {
    /// What is shown.
    pub title: String,
    /// Of how many, from when to when, in which zone.
    pub subtitle: String,
    /// Whose data it shows, and other small print.
    pub foot: Vec<String>,
}

/// How large, and on which ground.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Pixels across; what suits the picture where it is absent.
    pub width: Option<u32>,
    /// Pixels down.
    pub height: Option<u32>,
    /// Light or dark.
    pub theme: Theme,
    /// Whether letters that the crate's own font lacks are shown by number, as a PNG needs.
    pub own_font: bool,
}

/// A picture.
#[derive(Clone, Debug)]
pub enum Picture {
    /// Bars with names.
    Bars(Bars),
    /// How much of each column is absent.
    Missing(MissingColumns),
    /// How much over time.
    Timeline(StackedTimeline),
    /// When in the week.
    Hours(Box<Hours>),
    /// Where in the world.
    Map(WorldMap),
}

impl Picture {
    fn usual_size(&self) -> (u32, u32) {
        match self {
            Self::Bars(bars) => bars.usual_size(),
            Self::Missing(missing) => missing.usual_size(),
            Self::Timeline(_) => (1200, 560),
            Self::Hours(_) => (1100, 500),
            Self::Map(_) => (1280, 760),
        }
    }

    /// Pixels across and down below which labels would lie on each other.
    fn least_room(&self) -> (f64, f64) {
        match self {
            Self::Bars(bars) => bars.least_room(),
            Self::Missing(missing) => missing.least_room(),
            Self::Timeline(timeline) => timeline.least_room(),
            Self::Hours(hours) => hours.least_room(),
            Self::Map(map) => map.least_room(),
        }
    }
}

/// Draws a picture as an SVG document.
///
/// # Errors
///
/// Where the drawing library refuses, and where the wanted size has no room for the labels.
pub fn svg(picture: &Picture, caption: &Caption, look: &Look) -> Result<String> {
    let (width, height) = picture.usual_size();
    let size = (look.width.unwrap_or(width), look.height.unwrap_or(height));
    Canvas::document(size, look, &caption.title, |canvas| {
        let room = frame(canvas, caption)?;
        fits(picture, room, size)?;
        match picture {
            Picture::Bars(bars) => bars.draw(canvas, room),
            Picture::Missing(missing) => missing.draw(canvas, room),
            Picture::Timeline(timeline) => timeline.draw(canvas, room),
            Picture::Hours(hours) => hours.draw(canvas, room),
            Picture::Map(map) => map.draw(canvas, room),
        }
    })
}

/// Fails where labels have no room, and says what size has.
fn fits(picture: &Picture, room: Room, (width, height): (u32, u32)) -> Result<()> {
    let (wide, high) = picture.least_room();
    // Text above and below wraps into fewer lines where the picture is wider, so this is enough.
    let more = |least: f64, has: f64| (least - has).max(0.0).ceil() as u32;
    let (across, down) = (
        more(wide, room.right - room.left),
        more(high, room.bottom - room.top),
    );
    if across == 0 && down == 0 {
        return Ok(());
    }
    Err(Error::PictureTooSmall {
        width,
        height,
        least_width: width.saturating_add(across),
        least_height: height.saturating_add(down),
    })
}

/// Draws title, subtitle and foot, and says what room they leave.
fn frame(canvas: &mut Canvas<'_>, caption: &Caption) -> Result<Room> {
    const SIDE: f64 = 24.0;
    let whole = canvas.whole();
    let across = whole.width() - 2.0 * SIDE;
    let ink = canvas.colors().ink;
    let soft = canvas.colors().soft;
    // A long title on a narrow picture is written smaller before it is cut.
    let wide = measure::text_width(&caption.title, 21.0 * 1.12);
    let size = (21.0 * 0.98 * across / wide.max(1.0)).clamp(14.0, 21.0);
    canvas.heading(SIDE, 36.0, &caption.title, size, ink, across)?;
    let mut top = 58.0;
    for line in canvas.wrap(&caption.subtitle, 13.0, across) {
        canvas.text(Anchor::Left, (SIDE, top), &line, 13.0, soft)?;
        top += 18.0;
    }
    let lines: Vec<String> = caption
        .foot
        .iter()
        .flat_map(|line| canvas.wrap(line, 10.5, across))
        .collect();
    let mut bottom = whole.bottom - 12.0;
    for line in lines.iter().rev() {
        canvas.text(Anchor::Left, (SIDE, bottom), line, 10.5, soft)?;
        bottom -= 14.0;
    }
    Ok(Room {
        left: SIDE,
        top: top + 2.0,
        right: whole.right - SIDE,
        bottom: bottom - 4.0,
    })
}

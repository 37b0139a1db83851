//! Where pictures are drawn: lengths in pixels with fractions, over `plotters`.
//!
//! `plotters` counts in whole units. A unit is a tenth of a pixel here, so that outlines are smooth; the document's `viewBox`
//! scales it back.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle};

use super::Look;
use super::measure::{cut, text_width};
use super::theme::Colors;
use crate::error::{Error, Result};
use crate::safe_text::{fit, safe};

/// Units of a pixel.
const UNITS: f64 = 10.0;
/// `plotters` writes a font's size divided by this.
const FONT: f64 = 1.24;
/// More characters of a name than any picture has room for.
const LONGEST: usize = 400;

/// A rectangle of the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Room {
    pub(super) fn width(&self) -> f64 {
        (self.right - self.left).max(1.0)
    }

    pub(super) fn height(&self) -> f64 {
        (self.bottom - self.top).max(1.0)
    }
}

/// Which end of a text lies where it is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Left,
    Middle,
    Right,
}

impl Anchor {
    const fn across(self) -> HPos {
        match self {
            Self::Left => HPos::Left,
            Self::Middle => HPos::Center,
            Self::Right => HPos::Right,
        }
    }
}

/// A document that is being drawn.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
    colors: Colors,
    size: (u32, u32),
    own_font: bool,
}

impl Canvas<'_> {
    /// Draws a whole document.
    pub(super) fn document(
        size: (u32, u32),
        look: &Look,
        title: &str,
        draw: impl FnOnce(&mut Canvas<'_>) -> Result<()>,
    ) -> Result<String> {
        let inner = (size.0 * UNITS as u32, size.1 * UNITS as u32);
        let mut text = String::new();
        {
            let area = SVGBackend::with_string(&mut text, inner).into_drawing_area();
            let colors = look.theme.colors();
            area.fill(&colors.ground).map_err(drawing)?;
            let mut canvas = Canvas {
                area,
                colors,
                size,
                own_font: look.own_font,
            };
            draw(&mut canvas)?;
            canvas.area.present().map_err(drawing)?;
        }
        let head_end = text.find('>').map_or(0, |end| end + 1);
        let head = format!(
            "<svg width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">\n<title>{}</title>",
            size.0,
            size.1,
            inner.0,
            inner.1,
            escaped(&safe(title, true))
        );
        text.replace_range(..head_end, &head);
        Ok(text)
    }

    pub(super) fn whole(&self) -> Room {
        Room {
            left: 0.0,
            top: 0.0,
            right: f64::from(self.size.0),
            bottom: f64::from(self.size.1),
        }
    }

    pub(super) const fn colors(&self) -> Colors {
        self.colors
    }

    /// Makes a name from a log safe, and cuts it to so many pixels.
    pub(super) fn label(&self, text: &str, size: f64, room: f64) -> String {
        let text = fit(text, LONGEST, true);
        let text = if self.own_font {
            super::measure::by_number(&text)
        } else {
            text.into_owned()
        };
        cut(&text, size, room)
    }

    pub(super) fn rect(&mut self, room: Room, color: RGBColor) -> Result<()> {
        let corners = [
            unit(room.left, room.top),
            unit(room.right.max(room.left), room.bottom.max(room.top)),
        ];
        let shape = Rectangle::new(corners, color.filled());
        self.area.draw(&shape).map_err(drawing)
    }

    pub(super) fn line(
        &mut self,
        points: &[(f64, f64)],
        color: RGBColor,
        width: f64,
    ) -> Result<()> {
        let points: Vec<_> = points.iter().map(|(x, y)| unit(*x, *y)).collect();
        let style = color.stroke_width((width * UNITS) as u32);
        let shape = PathElement::new(points, style);
        self.area.draw(&shape).map_err(drawing)
    }

    pub(super) fn polygon(&mut self, points: &[(f64, f64)], color: RGBColor) -> Result<()> {
        let points: Vec<_> = points.iter().map(|(x, y)| unit(*x, *y)).collect();
        let shape = Polygon::new(points, color.filled());
        self.area.draw(&shape).map_err(drawing)
    }

    /// A disk that lets through what lies below, with a rim.
    pub(super) fn disk(&mut self, at: (f64, f64), radius: f64, color: RGBColor) -> Result<()> {
        let inside: ShapeStyle = color.mix(0.45).filled();
        let rim = color.stroke_width(UNITS as u32);
        let size = (radius * UNITS) as u32;
        self.area
            .draw(&Circle::new(unit(at.0, at.1), size, inside))
            .map_err(drawing)?;
        self.area
            .draw(&Circle::new(unit(at.0, at.1), size, rim))
            .map_err(drawing)
    }

    /// A circle without an inside.
    pub(super) fn ring(&mut self, at: (f64, f64), radius: f64, color: RGBColor) -> Result<()> {
        let rim = color.stroke_width(UNITS as u32);
        let shape = Circle::new(unit(at.0, at.1), (radius * UNITS) as u32, rim);
        self.area.draw(&shape).map_err(drawing)
    }

    /// Text that stands on `at.1`; the anchor says which end of it `at.0` is.
    pub(super) fn text(
        &mut self,
        anchor: Anchor,
        at: (f64, f64),
        text: &str,
        size: f64,
        color: RGBColor,
    ) -> Result<()> {
        self.letters(at, anchor, text, size, color, FontStyle::Normal)
    }

    /// A bold line, cut to the room.
    pub(super) fn heading(
        &mut self,
        x: f64,
        y: f64,
        text: &str,
        size: f64,
        color: RGBColor,
        room: f64,
    ) -> Result<()> {
        // Bold letters are about a tenth wider.
        let text = self.label(text, size * 1.12, room);
        self.letters((x, y), Anchor::Left, &text, size, color, FontStyle::Bold)
    }

    fn letters(
        &mut self,
        at: (f64, f64),
        anchor: Anchor,
        text: &str,
        size: f64,
        color: RGBColor,
        style: FontStyle,
    ) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let font =
            plotters::style::FontDesc::new(FontFamily::SansSerif, size * UNITS * FONT, style);
        // `Bottom` lifts the text by half the height of an `x`, about 0.27 of its size; `y` is its base line here.
        let style = TextStyle::from(font)
            .color(&color)
            .pos(Pos::new(anchor.across(), VPos::Bottom));
        let base = at.1 + size * 0.273;
        self.area
            .draw_text(text, &style, unit(at.0, base))
            .map_err(drawing)
    }

    /// Breaks running text into lines of so many pixels.
    pub(super) fn wrap(&self, text: &str, size: f64, room: f64) -> Vec<String> {
        let text = self.label(text, size, room * 6.0);
        let mut lines: Vec<String> = Vec::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            match lines.last_mut() {
                Some(line) if text_width(&format!("{line} {word}"), size) <= room => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(cut(word, size, room)),
            }
        }
        lines
    }

    /// Squares with names in a row from `x` on: what the colours mean.
    pub(super) fn legend(&mut self, x: f64, y: f64, names: &[(String, RGBColor)]) -> Result<f64> {
        let soft = self.colors.soft;
        let mut at = x;
        for (name, color) in names {
            let name = self.label(name, 12.0, 220.0);
            self.rect(
                Room {
                    left: at,
                    top: y - 10.0,
                    right: at + 11.0,
                    bottom: y + 1.0,
                },
                *color,
            )?;
            self.text(Anchor::Left, (at + 16.0, y), &name, 12.0, soft)?;
            at += 16.0 + text_width(&name, 12.0) + 22.0;
        }
        Ok(at)
    }
}

fn unit(x: f64, y: f64) -> (i32, i32) {
    ((x * UNITS).round() as i32, (y * UNITS).round() as i32)
}

fn drawing(error: impl std::fmt::Display) -> Error {
    Error::Picture(error.to_string())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

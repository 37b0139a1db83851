//! An SVG document as a PNG, drawn with the font that the crate carries: the same on each machine.

use std::sync::Arc;

use resvg::{tiny_skia, usvg};

use crate::error::{Error, Result};

const REGULAR: &[u8] = include_bytes!("../../data/regular.ttf");
const BOLD: &[u8] = include_bytes!("../../data/bold.ttf");
const FAMILY: &str = "DejaVu Sans";

/// Draws the document pixel by pixel.
///
/// # Errors
///
/// Where the document is no SVG, or too large to be held.
pub fn png(svg: &str) -> Result<Vec<u8>> {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(BOLD.to_vec());
    fonts.set_sans_serif_family(FAMILY);
    let options = usvg::Options {
        font_family: FAMILY.to_owned(),
        fontdb: Arc::new(fonts),
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| drawing(&error))?;
    let size = tree.size().to_int_size();
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height()).ok_or_else(|| {
        Error::Picture(format!(
            "{} by {} pixels are too many",
            size.width(),
            size.height()
        ))
    })?;
    resvg::render(
        &tree,
        tiny_skia::Transform::identity(),
        &mut pixels.as_mut(),
    );
    pixels.encode_png().map_err(|error| drawing(&error))
}

fn drawing(error: &dyn std::fmt::Display) -> Error {
    Error::Picture(error.to_string())
}

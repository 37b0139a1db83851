//! How wide text is, in the font of PNGs. It is wider than most that a browser may take for `sans-serif`, so what fits here fits there.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

/// Widths of the letters from the space to `~`, in thousandths of the font's size.
#[rustfmt::skip]
const ASCII: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337,
    636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531,
    1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787,
    603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500,
    500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612,
    635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];

/// Pixels that text of a size takes.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    text.chars().map(|letter| letter_width(letter, size)).sum()
}

fn letter_width(letter: char, size: f64) -> f64 {
    let index = u32::from(letter).wrapping_sub(32) as usize;
    let thousandths = match ASCII.get(index) {
        Some(width) => f64::from(*width),
        None if letter == '…' => 1000.0,
        None if letter.width() == Some(2) => 1050.0,
        None => 700.0,
    };
    thousandths * size / 1000.0
}

/// Cuts text to so many pixels, with an ellipsis where something is left out.
pub(super) fn cut(text: &str, size: f64, room: f64) -> String {
    if text_width(text, size) <= room {
        return text.to_owned();
    }
    let room = room - letter_width('…', size);
    let mut used = 0.0;
    let kept: String = text
        .chars()
        .take_while(|letter| {
            used += letter_width(*letter, size);
            used <= room
        })
        .collect();
    format!("{}…", kept.trim_end())
}

/// Shows by number the letters that the crate's font lacks.
pub(super) fn by_number(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if has_glyph(letter) {
            out.push(letter);
        } else {
            // Writing into a string cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(letter));
        }
    }
    out
}

/// What `data/README.md` says of the font.
fn has_glyph(letter: char) -> bool {
    matches!(u32::from(letter),
        0x20..=0x7e | 0xa0..=0x24f | 0x384..=0x386 | 0x388..=0x38a | 0x38c | 0x38e..=0x3a1
        | 0x3a3..=0x3ce | 0x400..=0x45f | 0x490 | 0x491 | 0x2010..=0x2015 | 0x2018..=0x201e
        | 0x2020..=0x2022 | 0x2026 | 0x2039 | 0x203a | 0x20ac | 0x2212)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_end_in_an_ellipsis() {
        let name = "x".repeat(10_000);
        let short = cut(&name, 12.0, 100.0);
        assert!(short.ends_with('…'), "{short}");
        assert!(text_width(&short, 12.0) <= 100.0, "{short}");
        assert_eq!(cut("root", 12.0, 100.0), "root");
    }

    #[test]
    fn letters_without_a_glyph_are_shown_by_number() {
        assert_eq!(by_number("josé 山"), "josé \\u{5c71}");
    }
}

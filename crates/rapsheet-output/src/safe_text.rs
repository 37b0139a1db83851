//! Hostile text made harmless for a terminal.
//!
//! Whoever attacks a server chooses the text in its logs. A terminal obeys escape sequences, a bidirectional
//! override swaps what a person reads, and an invisible character makes two names look like one. So each
//! character that acts or hides is shown by its number instead: `\x1b`, `\u{202e}`.
//!
//! See Unicode Technical Report 36 and CVE-2021-42574 (bidirectional overrides).
//!
//! # Not supported
//!
//! Look-alike letters (Cyrillic `а` for Latin `a`) stay as they are; ASCII mode shows them. Letters that are written from
//! right to left stay too, and a terminal that orders them may move their neighbours on the same line.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

/// How many combining marks a letter may carry; a pile of them would reach over the lines around.
const MARKS: usize = 4;

/// Tells whether a terminal would obey the character, or a person would not see it.
///
/// Controls (C0, DEL, C1), separators of lines, all invisible formatting (bidirectional controls, zero-width characters,
/// joiners, variation selectors, tags, fillers), private use and non-characters.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    matches!(u32::from(character),
        0x80..=0x9f | 0xad | 0x34f | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x890 | 0x891 | 0x8e2
        | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f | 0x2028..=0x202e
        | 0x2060..=0x206f | 0x2800 | 0x3164 | 0xd800..=0xf8ff | 0xfdd0..=0xfdef | 0xfe00..=0xfe0f
        | 0xfeff | 0xffa0 | 0xfff0..=0xfffb | 0x110bd | 0x110cd | 0x13430..=0x1345f
        | 0x1bca0..=0x1bca3 | 0x1d159 | 0x1d173..=0x1d17a | 0xe0000..=0x10_ffff)
        || u32::from(character) & 0xfffe == 0xfffe
}

/// Makes text harmless. `unicode` keeps letters beyond ASCII; without it they are shown by number (`\u{e9}`).
#[must_use]
pub fn safe(text: &str, unicode: bool) -> Cow<'_, str> {
    if is_clean(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut marks = 0;
    for character in text.chars() {
        push_safe(&mut out, character, unicode, &mut marks);
    }
    Cow::Owned(out)
}

/// Makes text harmless and cuts it to `columns` of a terminal, with `…` (or `...`) where something is left out.
#[must_use]
pub fn fit(text: &str, columns: usize, unicode: bool) -> Cow<'_, str> {
    if text.len() <= columns && is_clean(text) {
        return Cow::Borrowed(text);
    }
    let ellipsis = match (unicode, columns) {
        (true, 1..) => "…",
        (false, 3..) => "...",
        (false, 1..) => ".",
        _ => "",
    };
    let room = columns - width(ellipsis).min(columns);
    let mut out = String::new();
    let mut used = 0;
    let mut cut = 0;
    let mut marks = 0;
    // The loop ends soon after the room does, however long the text is.
    for character in text.chars() {
        let start = out.len();
        push_safe(&mut out, character, unicode, &mut marks);
        used += width(&out[start..]);
        if used <= room {
            cut = out.len();
        }
        if used > columns {
            out.truncate(cut);
            out.push_str(ellipsis);
            break;
        }
    }
    Cow::Owned(out)
}

/// Makes a JSON document harmless by escapes that every JSON reader undoes; without `unicode` it becomes ASCII.
///
/// For documents that another serializer wrote: it escapes C0 controls only.
#[must_use]
pub fn json(document: &str, unicode: bool) -> Cow<'_, str> {
    // Outside of strings a document is ASCII, and its line feeds and tabs are layout.
    let escaped = |c: char| c == '\x7f' || !c.is_ascii() && (!unicode || is_hidden(c));
    if !document.contains(escaped) {
        return Cow::Borrowed(document);
    }
    let mut out = String::with_capacity(document.len() + 16);
    for character in document.chars() {
        if !escaped(character) {
            out.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
    Cow::Owned(out)
}

/// Counts the columns that text takes on a terminal.
///
/// Counted character by character, as terminals do; the text should be safe already.
#[must_use]
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Breaks safe text into lines of at most `columns`: at spaces where it can, inside a word where it must.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let wide = width(word);
        if used > 0 && used + 1 + wide <= columns {
            push_word(&mut lines, " ");
            push_word(&mut lines, word);
            used += 1 + wide;
            continue;
        }
        if used > 0 {
            lines.push(String::new());
            used = 0;
        }
        for character in word.chars() {
            let wide = character.width().unwrap_or(0);
            if used + wide > columns {
                lines.push(String::new());
                used = 0;
            }
            push_word(&mut lines, character.encode_utf8(&mut [0; 4]));
            used += wide;
        }
    }
    lines
}

/// Cuts safe text into lines of at most `columns`, keeping every character.
#[must_use]
pub fn fold(text: &str, columns: usize) -> Vec<&str> {
    let columns = columns.max(2);
    let mut lines = Vec::new();
    let (mut start, mut used) = (0, 0);
    for (index, character) in text.char_indices() {
        let wide = character.width().unwrap_or(0);
        if used + wide > columns {
            lines.push(&text[start..index]);
            (start, used) = (index, 0);
        }
        used += wide;
    }
    lines.push(&text[start..]);
    lines
}

fn push_word(lines: &mut [String], word: &str) {
    if let Some(line) = lines.last_mut() {
        line.push_str(word);
    }
}

/// Printable ASCII only: nothing to do in any mode.
fn is_clean(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn push_safe(out: &mut String, character: char, unicode: bool, marks: &mut usize) {
    let zero_width = character.width() == Some(0);
    *marks = if zero_width { *marks + 1 } else { 0 };
    let shown = match character {
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        '\0'..='\x1f' | '\x7f' => write!(out, "\\x{:02x}", u32::from(character)),
        ' '..='~' => out.write_char(character),
        other if !unicode || is_hidden(other) || *marks > MARKS => {
            write!(out, "\\u{{{:x}}}", u32::from(other))
        }
        other => out.write_char(other),
    };
    // Writing into a string cannot fail.
    debug_assert!(shown.is_ok());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_or_hides_is_shown() {
        assert_eq!(safe("\x1b[31mroot\x07", true), "\\x1b[31mroot\\x07");
        assert_eq!(
            safe("a\u{202e}b\u{9b}c\u{200b}", true),
            "a\\u{202e}b\\u{9b}c\\u{200b}"
        );
        assert_eq!(safe("josé 山\n", true), "josé 山\\n");
        assert_eq!(safe("josé\t", false), "jos\\u{e9}\\t");
        assert!(matches!(safe("plain text", false), Cow::Borrowed(_)));
    }

    #[test]
    fn a_pile_of_marks_is_flattened() {
        let pile = format!("a{}", "\u{301}".repeat(6));
        assert_eq!(
            safe(&pile, true),
            format!("a{}\\u{{301}}\\u{{301}}", "\u{301}".repeat(4))
        );
    }

    #[test]
    fn cuts_by_columns_and_never_inside_an_escape() {
        assert_eq!(fit("abcdef", 6, true), "abcdef");
        assert_eq!(fit("abcdefg", 6, true), "abcde…");
        assert_eq!(fit("abcdefg", 6, false), "abc...");
        assert_eq!(fit("山山山", 5, true), "山山…");
        assert_eq!(fit("ab\x1bcdef", 6, true), "ab…");
        assert_eq!(fit("abc", 0, true), "");
        assert_eq!(fit("abc", 2, false), "a.");
    }

    #[test]
    fn wraps_at_spaces_and_inside_long_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 5), ["abcde", "fgh", "ij"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(fold("ab  cd", 3), ["ab ", " cd"]);
        assert_eq!(fold("", 3), [""]);
    }
}

//! What is wrong with an entry, with its place and the way out.

/// A fault in a file of known ones.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{origin}`, line {line}: {said}")]
pub struct KnownFault {
    /// The file.
    pub origin: String,
    /// The line.
    pub line: usize,
    /// What is wrong.
    pub said: String,
    /// The way out.
    pub hint: Option<String>,
}

/// Says what is wrong with settings in TOML: the line, what is wrong, and the way out, in the words of somebody who writes such a
/// file.
#[must_use]
pub fn toml_fault(text: &str, error: &toml::de::Error) -> (usize, String, Option<String>) {
    let start = error.span().map_or(0, |span| span.start);
    let line = line_of(text, start);
    let message = error.message();
    if let Some((name, known)) = message
        .strip_prefix("unknown field ")
        .and_then(|rest| rest.split_once(", expected "))
    {
        let known = known.trim_start_matches("one of ");
        return (
            line,
            format!("unknown setting {name}; there are {known}"),
            None,
        );
    }
    if let Some((found, wanted)) = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))
        .and_then(|rest| rest.split_once(", expected "))
    {
        let said = format!("{} belongs here, not {found}", wanted_words(wanted));
        return (line, said, None);
    }
    if let Some(name) = message.strip_prefix("duplicate key") {
        let name = name.trim().trim_matches('`');
        return (
            line,
            format!("the same setting stands here twice {name}")
                .trim_end()
                .to_owned(),
            None,
        );
    }
    let hint = "write `name = \"text\"`, `name = 3`, `name = true` or `name = [\"one\", \"two\"]`";
    (line, "this is no TOML".to_owned(), Some(hint.to_owned()))
}

/// What a setting wants, by the name of the type that takes it.
fn wanted_words(wanted: &str) -> &str {
    match wanted {
        "u8" | "u16" | "u32" | "u64" | "i32" | "i64" | "usize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "`true` or `false`",
        "a sequence" => "a list",
        "a string" | "a borrowed string" | "path string" => "a text in quotes",
        other => other,
    }
}

/// The line of a place in a text, from 1.
pub(crate) fn line_of(text: &str, start: usize) -> usize {
    1 + text
        .bytes()
        .take(start)
        .filter(|byte| *byte == b'\n')
        .count()
}

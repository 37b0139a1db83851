//! The engine's messages in the words of somebody who wrote a question, not of the engine's makers.

use std::sync::LazyLock;

use datafusion::execution::SessionStateDefaults;

/// The names of all functions, in alphabetical order.
static FUNCTIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let scalar = SessionStateDefaults::default_scalar_functions();
    let aggregate = SessionStateDefaults::default_aggregate_functions();
    let window = SessionStateDefaults::default_window_functions();
    let names = scalar.iter().map(|one| one.name().to_owned());
    let names = names.chain(aggregate.iter().map(|one| one.name().to_owned()));
    let mut names: Vec<String> = names
        .chain(window.iter().map(|one| one.name().to_owned()))
        .collect();
    names.sort_unstable();
    names
});

/// Openings that say which part of the engine speaks.
const OPENINGS: &[&str] = &[
    "Arrow error: ",
    "Cast error: ",
    "Compute error: ",
    "Error during planning: ",
    "Execution error: ",
    "External error: ",
    "Internal error: ",
    "Invalid argument error: ",
    "Optimizer error: ",
    "Parser error: ",
    "Schema error: ",
    "This feature is not implemented: ",
    "type_coercion caused by ",
];

/// From here on a message speaks to the engine's makers, or lists what they call types.
const ENDINGS: &[&str] = &[
    " This issue was likely caused by a bug",
    " No function matches the given name",
    " While expanding wildcard",
    " Candidate functions:",
    " You might need to add explicit type casts",
];

/// Types as the engine calls them, and what they are called here. Longer names stand before those that they begin with.
const TYPES: &[(&str, &str)] = &[
    ("LargeUtf8", "text"),
    ("Utf8View", "text"),
    ("Utf8", "text"),
    ("Boolean", "true or false"),
    ("UInt64", "whole number"),
    ("UInt32", "whole number"),
    ("UInt16", "whole number"),
    ("UInt8", "whole number"),
    ("Int64", "whole number"),
    ("Int32", "whole number"),
    ("Int16", "whole number"),
    ("Int8", "whole number"),
    ("Float64", "number"),
    ("Float32", "number"),
    ("Timestamp(µs, \"UTC\")", "time"),
    ("Timestamp(ns)", "time"),
    ("Date32", "day"),
    ("DataFusion", "the engine"),
];

/// Puts a message into one line of plain words.
pub(super) fn plain(message: &str) -> String {
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(said) = known_fault(&message) {
        return said;
    }
    let mut text = message.as_str();
    while let Some(rest) = OPENINGS
        .iter()
        .find_map(|opening| text.strip_prefix(opening))
    {
        text = rest;
    }
    let end = ENDINGS.iter().filter_map(|ending| text.find(ending)).min();
    let text = text[..end.unwrap_or(text.len())].trim_end_matches(['.', ',', ' ']);
    lower_first(&rename_types(text))
}

/// The faults that people make most often, each with the way out.
fn known_fault(message: &str) -> Option<String> {
    if let Some(name) = between(message, "Invalid function '", "'") {
        // The engine names one, too: of those that are equally near any, however unlike it is.
        let nearest = super::nearest(name, FUNCTIONS.iter());
        let nearest = nearest.map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
        return Some(format!("unknown function `{name}`{nearest}"));
    }
    if message.contains("must be in GROUP BY or an aggregate function") {
        let column = between(message, "column \"", "\"").unwrap_or("each column");
        return Some(format!(
            "`{column}` must stand in GROUP BY, or within an aggregate such as `max(…)`"
        ));
    }
    if let Some(call) = between(message, "given name and argument types '", "'") {
        let (name, values) = call.split_once('(')?;
        let values = rename_types(values.trim_end_matches(')'));
        return Some(match values.as_str() {
            "" => format!("`{name}` needs values"),
            values => format!("`{name}` cannot be asked of ({values})"),
        });
    }
    if let Some(column) = message
        .split_once("Ambiguous reference to unqualified field ")
        .map(|(_, column)| column.trim_matches('"'))
    {
        return Some(format!(
            "`{column}` stands in more than one of the tables: write `TABLE.{column}`"
        ));
    }
    if let Some((_, fault)) = message.rsplit_once("regex parse error:") {
        let fault = fault.rsplit_once("error: ").map_or(fault, |(_, why)| why);
        return Some(format!("no regular expression: {}", fault.trim()));
    }
    if message.contains("Divide by zero") {
        return Some("division by zero".to_owned());
    }
    between(message, "Placeholder '", "'")
        .map(|name| format!("`{name}` stands for nothing: write the value itself"))
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inner, _)| inner)
}

fn rename_types(text: &str) -> String {
    let renamed = TYPES.iter().fold(text.to_owned(), |text, (name, word)| {
        text.replace(name, word)
    });
    renamed.replace(" type of type", " of type")
}

/// A message begins with a small letter, unless its first word is written large for a reason.
fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

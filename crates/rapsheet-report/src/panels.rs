//! The panels of the page, declared in `panels.json`: name, query, chart.

use std::sync::OnceLock;

use serde::Deserialize;

/// The declaration, as the page reads it.
pub(crate) const DECLARED: &str = include_str!("../panels.json");

/// A panel, as far as this side needs to know it.
#[derive(Clone, Debug, Deserialize)]
pub struct Panel {
    /// Its name.
    pub name: String,
    /// The table of the page that it draws.
    pub table: String,
    /// The column that it counts by.
    pub by: String,
    /// The shipped query that fills that table.
    pub query: String,
}

/// Returns the panels in the order of the page.
#[must_use]
pub fn panels() -> &'static [Panel] {
    static PANELS: OnceLock<Vec<Panel>> = OnceLock::new();
    PANELS.get_or_init(|| serde_json::from_str(DECLARED).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declaration_is_whole() {
        let declared: Vec<Panel> = serde_json::from_str(DECLARED).unwrap();
        assert!(!declared.is_empty());
        let mut names: Vec<&str> = declared.iter().map(|panel| panel.name.as_str()).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all, "a panel's name stands twice");
    }
}

//! The summary as one JSON document.

use std::io::Write;

use anyhow::Result;
use rapsheet_query::Query;

use crate::answer::Answer;
use crate::command::summary::verdict;
use crate::run::Run;

/// Rows of each list.
const LONGEST: i64 = 1_000;

/// Writes one document with everything that the page shows.
pub(crate) fn write(run: &Run, out: &mut dyn Write) -> Result<()> {
    let parts = [
        ("coverage", "summary/coverage"),
        ("totals", "summary/totals"),
        ("findings", "summary/findings"),
        ("addresses", "summary/worst_addresses"),
        ("networks", "summary/worst_networks"),
        ("countries", "summary/countries"),
        ("users", "summary/users"),
        ("timeline", "summary/timeline"),
        ("known", "summary/known"),
    ];
    let options = rapsheet_output::FormatOptions::default();
    let mut document = serde_json::Map::new();
    if let Some(verdict) = verdict::as_json(run)? {
        document.insert("verdict".to_owned(), verdict);
    }
    for (key, name) in parts {
        let mut query = Query::shipped(name)?;
        // The page shows a few of each list, and of each kind of finding.
        for limit in ["limit", "each"] {
            if query.parameters().iter().any(|(name, _)| name == limit) {
                query = query.with(limit, LONGEST);
            }
        }
        let answer = Answer::query(&run.session, &query)?;
        let mut text = Vec::new();
        let schema = answer.batch().schema();
        let mut writer =
            rapsheet_output::open(rapsheet_output::Format::Json, &schema, &mut text, &options)?;
        writer.write(answer.batch())?;
        writer.finish()?;
        let mut rows: serde_json::Value = serde_json::from_slice(&text)?;
        if key == "totals" {
            rows = rows
                .get_mut(0)
                .map(serde_json::Value::take)
                .unwrap_or_default();
        }
        document.insert(key.to_owned(), rows);
    }
    let text = serde_json::to_string_pretty(&serde_json::Value::Object(document))?;
    writeln!(out, "{}", rapsheet_output::safe_text::json(&text, true))?;
    Ok(())
}

//! The summary as one JSON document.

use std::io::Write;

use anyhow::Result;

use crate::answer::Answer;
use crate::run::Run;

/// Writes one document with everything that the page shows.
pub(crate) fn write(run: &Run, out: &mut dyn Write) -> Result<()> {
    let parts: [(&str, &str, Option<i64>); 8] = [
        ("coverage", "summary/coverage", None),
        ("totals", "summary/totals", None),
        ("findings", "summary/findings", Some(1_000)),
        ("addresses", "summary/worst_addresses", Some(1_000)),
        ("networks", "summary/worst_networks", Some(1_000)),
        ("countries", "summary/countries", Some(1_000)),
        ("users", "summary/users", Some(1_000)),
        ("timeline", "summary/timeline", None),
    ];
    let options = rapsheet_output::Options::default();
    let mut document = serde_json::Map::new();
    for (key, query, limit) in parts {
        let answer = Answer::shipped(&run.session, query, limit)?;
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

//! One finding, as the summary and the rap sheet show it: the statement behind a mark, and its evidence below.

use anyhow::Result;
use rapsheet_output::{Level, Page};

use crate::answer::Row;
use crate::local_time::local_text;
use crate::run::Run;

/// Writes one finding.
pub(crate) fn write(run: &Run, page: &mut Page<'_>, row: &Row<'_>) -> Result<()> {
    let level = match row.text("severity").as_deref() {
        Some("critical") => Level::Danger,
        Some("warning") => Level::Warn,
        _ => Level::Note,
    };
    let statement = row.text("statement").unwrap_or_default();
    let statement = match row.text("source_ip") {
        Some(ip) => format!("{ip} {statement}"),
        None => statement,
    };
    let at = row.time("at").map(|at| local_text(at, &run.plan.timezone));
    let evidence = match (at, row.text("evidence")) {
        (Some(at), Some(evidence)) => format!("{at}; {evidence}"),
        (Some(at), None) => at,
        (None, evidence) => evidence.unwrap_or_default(),
    };
    page.finding(level, &statement, &[evidence])?;
    Ok(())
}

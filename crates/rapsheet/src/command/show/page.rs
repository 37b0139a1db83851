//! The page of a rap sheet: what to act on, the facts, then list by list, and the lines of the logs.

use anyhow::Result;
use arrow::datatypes::DataType;
use rapsheet_output::number::count;
use rapsheet_output::{Page, Tone};

use super::facts;
use super::lists::{ADDRESSES, AFTER_LOGINS, DAYS, DAYS_SHOWN, LOGINS, ROWS};
use super::subject::Subject;
use crate::answer::{Answer, Row};
use crate::command::finding;
use crate::command::list::{ListSpec, ListWriter};
use crate::local_time::local_text;
use crate::run::Run;

/// A page that is being written about somebody.
struct RapSheet<'a, 'p> {
    run: &'a Run,
    page: Page<'p>,
    subject: &'a Subject,
    lists: ListWriter<'a>,
}

/// Writes the page about a subject that has so many addresses, with so many lines of the logs as evidence.
pub(super) fn write(
    run: &Run,
    page: Page<'_>,
    subject: &Subject,
    addresses: usize,
    evidence: usize,
) -> Result<()> {
    let condition = subject.condition();
    let command =
        move |table: &str| format!("rapsheet sql \"SELECT * FROM {table} WHERE {condition}\"");
    let mut sheet = RapSheet {
        run,
        page,
        subject,
        lists: ListWriter::new(&run.plan.timezone, command),
    };
    let totals = sheet.ask("show/totals", None)?;
    let logins = sheet.ask(LOGINS.query, LOGINS.limit)?;
    if let Some(totals) = totals.first() {
        sheet.heading(&totals)?;
        sheet.findings()?;
        sheet.page.blank()?;
        let facts = if addresses == 1 {
            facts::of_one(run, &logins)?
        } else {
            facts::of_many(run, subject, &totals)?
        };
        sheet.page.facts(&facts)?;
    }
    if addresses == 1 {
        sheet.details()?;
    } else {
        let worst = sheet.ask(ADDRESSES.query, ADDRESSES.limit)?;
        sheet
            .lists
            .write(&mut sheet.page, &ADDRESSES, &worst, addresses as u64)?;
    }
    sheet.list(&LOGINS, &logins)?;
    for list in &AFTER_LOGINS {
        let rows = sheet.ask(list.query, list.limit)?;
        sheet.list(list, &rows)?;
    }
    sheet.days()?;
    sheet.raw_lines(evidence)
}

impl RapSheet<'_, '_> {
    fn ask(&self, query: &str, limit: Option<i64>) -> Result<Answer> {
        Answer::shipped(&self.run.session, query, limit)
    }

    fn heading(&mut self, totals: &Row<'_>) -> Result<()> {
        let mut name = self.subject.name();
        if let (Subject::System(_), Some(organisation)) = (
            self.subject,
            totals.text("traits_autonomous_system_organization"),
        ) {
            name = format!("{name} {organisation}");
        }
        self.page
            .paragraph(Tone::Strong, &format!("Rap sheet of {name}"))?;
        Ok(())
    }

    fn findings(&mut self) -> Result<()> {
        let findings = self.ask("show/findings", Some(ROWS))?;
        for row in findings.rows() {
            finding::write(self.run, &mut self.page, &row)?;
        }
        let all = findings.first().map_or(0, |row| row.count("of_all"));
        let shown = findings.rows().count();
        self.lists.more(&mut self.page, "findings", shown, all)
    }

    /// Writes a list whose rows say how many there are in all.
    fn list(&mut self, list: &ListSpec, rows: &Answer) -> Result<()> {
        let all = rows.first().map_or(0, |row| row.count(list.all));
        self.lists.write(&mut self.page, list, rows, all)
    }

    /// Writes what is known of the address, column by column.
    fn details(&mut self) -> Result<()> {
        let answer = self.ask("show/details", Some(1))?;
        let Some(row) = answer.first() else {
            return Ok(());
        };
        let schema = answer.batch().schema();
        let facts: Vec<(&str, String)> = schema
            .fields()
            .iter()
            .filter(|field| field.name() != "source_ip")
            .filter_map(|field| {
                let value = match row.time(field.name()) {
                    Some(at) if matches!(field.data_type(), DataType::Timestamp(..)) => {
                        local_text(at, &self.run.plan.timezone)
                    }
                    _ => row.text(field.name())?,
                };
                (value != "false").then_some((field.name().as_str(), value))
            })
            .collect();
        if !facts.is_empty() {
            self.page.heading("Details")?;
            self.page.facts(&facts)?;
        }
        Ok(())
    }

    /// Writes the attempts of the last days.
    fn days(&mut self) -> Result<()> {
        let days = self.ask(DAYS.query, DAYS.limit)?;
        let all = days.batch().num_rows();
        let first = all.saturating_sub(DAYS_SHOWN);
        let last_days = Answer::from_batch(days.batch().slice(first, all - first));
        self.lists
            .write(&mut self.page, &DAYS, &last_days, all as u64)
    }

    /// Writes lines of the logs: where they stand, and what they say.
    fn raw_lines(&mut self, evidence: usize) -> Result<()> {
        if evidence == 0 {
            return Ok(());
        }
        let limit = i64::try_from(evidence).unwrap_or(i64::MAX);
        let lines = self.ask("show/evidence", Some(limit))?;
        let all = self.ask("show/events", None)?;
        let all = all.first().map_or(0, |row| row.count("events"));
        let shown = lines.batch().num_rows() as u64;
        let more = if all > shown {
            format!(
                ", the first {} of {} (`--evidence N`)",
                count(shown),
                count(all)
            )
        } else {
            String::new()
        };
        self.page.heading(&format!("Evidence{more}"))?;
        for row in lines.rows() {
            self.page.verbatim(&format!(
                "{}:{}: {}",
                row.text("log_file_path").unwrap_or_default(),
                row.count("log_line"),
                row.text("message").unwrap_or_default()
            ))?;
        }
        Ok(())
    }
}

//! What the summary ends with: how much is known of the addresses and from which databases, and what became of every line.

use std::collections::HashSet;

use anyhow::Result;
use rapsheet_output::number::{count, several, share};
use rapsheet_output::{Page, Tone};

use crate::answer::Answer;
use crate::run::Run;

/// How much is known of the addresses, and which databases told it.
pub(super) fn details(run: &Run, page: &mut Page<'_>) -> Result<()> {
    page.heading("Details")?;
    let Some(geo) = &run.geo else {
        page.paragraph(Tone::Dim, "none: nothing was looked up (`--no-geo`)")?;
        return Ok(());
    };
    let known = Answer::shipped(&run.session, "summary/details", None)?;
    if let Some(row) = known.first() {
        let all = row.count("addresses");
        let share = |name: &str| share(row.count(name), all);
        let mut text = format!(
            "of {}: country known {}, AS {}, city {}, point on a map {}, user type {}",
            several(all, "address", "addresses"),
            share("country"),
            share("asn"),
            share("city"),
            share("point"),
            share("user_type")
        );
        if row.count("nowhere") > 0 {
            text.push_str(&format!(
                "; {} not looked up",
                several(
                    row.count("nowhere"),
                    "private or reserved address is",
                    "private or reserved addresses are"
                )
            ));
        }
        page.paragraph(Tone::Plain, &text)?;
    }
    let answered = Answer::shipped(&run.session, "summary/details_sources", None)?;
    let answered: HashSet<String> = answered
        .rows()
        .filter_map(|row| row.text("details_source"))
        .flat_map(|names| names.split(", ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let databases = geo.databases().iter();
    for database in databases.filter(|database| answered.contains(&database.edition)) {
        let built = jiff::Timestamp::from_microsecond(database.built_micros)
            .map(|at| at.strftime("%Y-%m-%d").to_string())
            .unwrap_or_default();
        page.paragraph(
            Tone::Dim,
            &format!(
                "{} of {built}: {}",
                database.edition,
                database.attribution.unwrap_or("no licence note")
            ),
        )?;
    }
    Ok(())
}

/// What was read, in one line, and where the rest is.
pub(super) fn coverage_line(run: &Run, page: &mut Page<'_>) -> Result<()> {
    let (lines, _, _, unknown) = run.coverage.totals();
    let text = format!(
        "Read: {}, {}, {} unknown ({}); more: `--full`",
        several(run.coverage.sources.len() as u64, "source", "sources"),
        several(lines, "line", "lines"),
        count(unknown),
        share(unknown, lines)
    );
    let tone = if unknown * 200 > lines {
        Tone::Warn
    } else {
        Tone::Dim
    };
    page.paragraph(tone, &text)?;
    Ok(())
}

/// What became of every line.
pub(super) fn coverage(run: &Run, page: &mut Page<'_>) -> Result<()> {
    let (lines, events, understood, unknown) = run.coverage.totals();
    page.heading("Coverage")?;
    let text = format!(
        "{}: {} = {} + {} understood + {} unknown ({})",
        several(run.coverage.sources.len() as u64, "source", "sources"),
        several(lines, "line", "lines"),
        several(events, "event", "events"),
        count(understood),
        count(unknown),
        share(unknown, lines)
    );
    page.paragraph(
        if unknown * 200 > lines {
            Tone::Warn
        } else {
            Tone::Plain
        },
        &text,
    )?;
    for shape in run.coverage.unknown_shapes().into_iter().take(3) {
        page.paragraph(
            Tone::Dim,
            &format!(
                "unknown {}x, as {}:{}: {}",
                count(shape.lines),
                shape.log_file_path,
                shape.log_line,
                cut(&shape.sample)
            ),
        )?;
    }
    Ok(())
}

fn cut(text: &str) -> String {
    let short: String = text.chars().take(100).collect();
    if short.len() < text.len() {
        format!("{short}...")
    } else {
        short
    }
}

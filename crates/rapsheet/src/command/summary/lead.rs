//! What a person should act on, and all in one sentence.

use anyhow::Result;
use rapsheet_output::number::{count, duration, several};
use rapsheet_output::{Page, Tone};
use rapsheet_read::SourceCoverage;
use rapsheet_schema::Category;

use crate::answer::{Answer, Row};
use crate::command::finding;
use crate::local_time::{local_text, zone_name};
use crate::run::Run;

/// Whether lines of a category were read, be they of the wanted time or not.
pub(super) fn was_read(run: &Run, category: Category) -> bool {
    run.coverage
        .sources
        .iter()
        .flat_map(SourceCoverage::datasets)
        .any(|dataset| dataset.event_category() == category)
}

/// Why there is no event to judge by.
pub(super) fn nothing(run: &Run) -> String {
    let (lines, events, ..) = run.coverage.totals();
    if lines == 0 {
        return "nothing was read".to_owned();
    }
    let span = run.coverage.sources.iter().filter_map(|source| source.span);
    let span = span.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    let zone = &run.plan.timezone;
    match (events, span) {
        (0, _) => format!(
            "none of {} tells of a remote address",
            several(lines, "line", "lines")
        ),
        (_, Some((first, last))) => format!(
            "none of {} lies in the wanted time; they reach from {} to {}",
            several(events, "event", "events"),
            local_text(first, zone),
            local_text(last, zone)
        ),
        (_, None) => format!(
            "none of {} has a time, so none lies in the wanted time",
            several(events, "event", "events")
        ),
    }
}

/// Writes the findings, and how many more there are of each kind that has more, and of the other kinds.
pub(super) fn findings(run: &Run, page: &mut Page<'_>, findings: &Answer, all: u64) -> Result<()> {
    let rows: Vec<Row<'_>> = findings.rows().collect();
    let group = |row: &Row<'_>| (row.text("severity"), row.text("kind"));
    let mut told = 0;
    for same in rows.chunk_by(|one, other| group(one) == group(other)) {
        for row in same {
            finding::write(run, page, row)?;
        }
        let of_kind = same[0].count("of_kind");
        told += of_kind;
        let more = of_kind.saturating_sub(same.len() as u64);
        if more > 0 {
            let text = format!(
                "   and {} more of kind {}: `rapsheet export findings`",
                count(more),
                same[0].text("kind").unwrap_or_default()
            );
            page.paragraph(Tone::Dim, &text)?;
        }
    }
    if all > told {
        let text = format!(
            "and {} of other kinds: `rapsheet export findings`",
            several(all - told, "finding", "findings")
        );
        page.paragraph(Tone::Dim, &text)?;
    }
    Ok(())
}

/// All in one sentence, and from when to when.
pub(super) fn headline(run: &Run, page: &mut Page<'_>, totals: &Row<'_>) -> Result<()> {
    page.blank()?;
    let of = |name: &str, one: &str, many: &str| several(totals.count(name), one, many);
    let mut parts = vec![who(totals)];
    let tried: Vec<String> = [
        ("user_names", "user name", "user names"),
        ("paths", "path", "paths"),
    ]
    .into_iter()
    .filter(|(name, ..)| totals.count(name) > 0)
    .map(|(name, one, many)| of(name, one, many))
    .collect();
    if !tried.is_empty() {
        parts.push(format!("{} tried", tried.join(", ")));
    }
    if was_read(run, Category::Authentication) {
        parts.push(of("successes", "successful login", "successful logins"));
    }
    if was_read(run, Category::IntrusionDetection) {
        let restored = match totals.count("restored") {
            0 => String::new(),
            restored => format!(" (and {} restored)", count(restored)),
        };
        parts.push(format!(
            "{}{restored} of {}",
            of("bans", "ban", "bans"),
            of("banned_addresses", "address", "addresses")
        ));
    }
    page.paragraph(Tone::Strong, &parts.join("; "))?;
    if let (Some(first), Some(last)) = (totals.time("first_seen"), totals.time("last_seen")) {
        let zone = &run.plan.timezone;
        let text = format!(
            "{} to {} ({}), {}",
            local_text(first, zone),
            local_text(last, zone),
            zone_name(zone),
            duration(u64::try_from((last - first) / 1_000_000).unwrap_or(0))
        );
        page.paragraph(Tone::Dim, &text)?;
    }
    Ok(())
}

/// Who is known and was here, in one line: they stand in no list of those who attack.
pub(super) fn known(page: &mut Page<'_>, known: &Answer) -> Result<()> {
    let rows: Vec<Row<'_>> = known.rows().collect();
    if rows.is_empty() {
        return Ok(());
    }
    let sum = |column: &str| rows.iter().map(|row| row.count(column)).sum::<u64>();
    let names: Vec<String> = rows
        .iter()
        .take(2)
        .filter_map(|row| row.text("note").or_else(|| row.text("value")))
        .collect();
    let more = match rows.len().saturating_sub(names.len()) {
        0 => String::new(),
        more => format!(" and {} more", count(more as u64)),
    };
    let text = format!(
        "Known: {}{more}, with {} and {}",
        names.join(", "),
        several(sum("attempts"), "attempt", "attempts"),
        several(sum("successes"), "login", "logins")
    );
    page.paragraph(Tone::Dim, &text)?;
    Ok(())
}

/// How many attempts, by how many addresses from where, and by how many host names.
fn who(totals: &Row<'_>) -> String {
    let of = |name: &str, one: &str, many: &str| several(totals.count(name), one, many);
    let mut text = format!(
        "{} by {} of {}",
        of("attempts", "attempt", "attempts"),
        count(totals.count("attackers")),
        of("addresses", "address", "addresses")
    );
    if totals.count("countries") > 0 {
        text.push_str(&format!(
            " from {}",
            of("countries", "country", "countries")
        ));
        if totals.count("autonomous_systems") > 0 {
            text.push_str(&format!(
                ", {} AS",
                count(totals.count("autonomous_systems"))
            ));
        }
    }
    if totals.count("domain_attempts") > 0 {
        text.push_str(&format!(
            ", and by {} without an address ({})",
            of("domains", "host name", "host names"),
            of("domain_attempts", "attempt", "attempts")
        ));
    }
    text
}

//! Attempts over time, and by weekday and hour: what the summary and the pictures draw of them.

use anyhow::Result;
use rapsheet_output::terminal::{DayHours, Timeline};
use rapsheet_output::{Page, Tone};

use crate::answer::Answer;
use crate::local_time::{local_text, zone_name};
use crate::run::Run;

pub(crate) const HOUR_MICROS: i64 = 3_600_000_000;

/// Returns how many hours a bucket has so that a span of hours has fewer than `most` buckets: whole days where it is many hours.
pub(crate) fn bucket_hours(span: i64, most: i64) -> i64 {
    const STEPS: [i64; 14] = [
        1, 2, 3, 6, 12, 24, 48, 168, 720, 1440, 2160, 2880, 4320, 8760,
    ];
    STEPS
        .into_iter()
        .find(|step| span / step < most)
        .unwrap_or(span / most + 1)
}

/// Returns the attempts of each weekday (the first is Monday) and hour, as the rows of `summary/hours` tell them.
pub(crate) fn week_of(rows: &Answer) -> [[u64; 24]; 7] {
    let mut counts = [[0; 24]; 7];
    for row in rows.rows() {
        let day = row.whole("weekday").map(|day| usize::try_from(day - 1));
        let hour = row.whole("hour_of_day").map(usize::try_from);
        let (Some(Ok(day)), Some(Ok(hour))) = (day, hour) else {
            continue;
        };
        if let Some(cell) = counts.get_mut(day).and_then(|day| day.get_mut(hour)) {
            *cell = row.count("attempts");
        }
    }
    counts
}

/// Asks for attempts over time and draws them.
pub(crate) fn timeline(run: &Run, page: &mut Page<'_>) -> Result<()> {
    let rows = Answer::shipped(&run.session, "summary/timeline", None)?;
    draw_timeline(run, &rows, page)
}

/// Draws attempts over time as the rows of `summary/timeline` tell them.
pub(crate) fn draw_timeline(run: &Run, rows: &Answer, page: &mut Page<'_>) -> Result<()> {
    let hours: Vec<(i64, u64)> = rows
        .rows()
        .filter_map(|row| {
            row.time("hour")
                .map(|hour| (hour / HOUR_MICROS, row.count("attempts")))
        })
        .collect();
    let (Some(first), Some(last)) = (
        hours.iter().map(|(hour, _)| *hour).min(),
        hours.iter().map(|(hour, _)| *hour).max(),
    ) else {
        page.paragraph(Tone::Dim, "no event has a time")?;
        return Ok(());
    };
    // About as many buckets as columns.
    let width = i64::try_from(page.style().width).unwrap_or(80);
    let span = last - first + 1;
    let step = bucket_hours(span, width);
    let mut counts = vec![0_u64; usize::try_from(span / step + 1).unwrap_or(1)];
    for (hour, attempts) in hours {
        let index = usize::try_from((hour - first) / step).unwrap_or(0);
        counts[index] = counts[index].saturating_add(attempts);
    }
    let text = |hour: i64| -> String {
        let text = local_text(hour * HOUR_MICROS, &run.plan.timezone);
        text.chars().take(16).collect()
    };
    page.timeline_chart(&Timeline {
        counts: &counts,
        bucket_seconds: u64::try_from(step * 3600).unwrap_or(3600),
        first: &text(first),
        last: &text(last),
        unit: "attempts",
    })?;
    Ok(())
}

/// Asks for attempts by weekday and hour and draws them.
pub(crate) fn hours(run: &Run, page: &mut Page<'_>) -> Result<()> {
    let rows = Answer::shipped(&run.session, "summary/hours", None)?;
    draw_hours(run, &rows, page)
}

/// Draws attempts by weekday and hour as the rows of `summary/hours` tell them.
pub(crate) fn draw_hours(run: &Run, rows: &Answer, page: &mut Page<'_>) -> Result<()> {
    page.day_hour_chart(&DayHours {
        counts: week_of(rows),
        unit: "attempts",
        zone: &zone_name(&run.plan.timezone),
    })?;
    Ok(())
}

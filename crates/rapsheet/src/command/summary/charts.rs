//! The summary's pictures: attempts over time, and by weekday and hour.

use anyhow::Result;
use rapsheet_output::terminal::{DayHours, Timeline};
use rapsheet_output::{Page, Tone};

use crate::answer::Answer;
use crate::plan::{local_text, zone_name};
use crate::run::Run;

const HOUR_MICROS: i64 = 3_600_000_000;

/// Asks for attempts over time and draws them.
pub(crate) fn timeline(run: &Run, page: &mut Page<'_>) -> Result<()> {
    let rows = Answer::shipped(&run.session, "summary/timeline", None)?;
    draw_timeline(run, &rows, page)
}

pub(super) fn draw_timeline(run: &Run, rows: &Answer, page: &mut Page<'_>) -> Result<()> {
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
    // About as many buckets as columns; whole days where that is many hours.
    let width = i64::try_from(page.style().width).unwrap_or(80);
    let span = last - first + 1;
    let steps: [i64; 14] = [
        1, 2, 3, 6, 12, 24, 48, 168, 720, 1440, 2160, 2880, 4320, 8760,
    ];
    let step = steps
        .into_iter()
        .find(|step| span / step < width)
        .unwrap_or(span / width + 1);
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

pub(super) fn draw_hours(run: &Run, rows: &Answer, page: &mut Page<'_>) -> Result<()> {
    let mut counts = [[0_u64; 24]; 7];
    for row in rows.rows() {
        let (Some(day), Some(hour)) = (row.whole("weekday"), row.whole("hour_of_day")) else {
            continue;
        };
        let cell = usize::try_from(day - 1)
            .ok()
            .and_then(|day| counts.get_mut(day));
        if let Some(cell) = cell.and_then(|day| day.get_mut(usize::try_from(hour).unwrap_or(24))) {
            *cell = row.count("attempts");
        }
    }
    page.day_hour_chart(&DayHours {
        counts,
        unit: "attempts",
        zone: &zone_name(&run.plan.timezone),
    })?;
    Ok(())
}

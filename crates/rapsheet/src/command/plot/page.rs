//! Pictures in the terminal.

use anyhow::Result;
use rapsheet_output::number::count;
use rapsheet_output::plot::{Bars, Picture};
use rapsheet_output::terminal::{Bar, Ranked, RankedHead, RankedRow};
use rapsheet_output::{Page, Tone};

use super::picture;
use crate::arguments::Plot;
use crate::command::charts;
use crate::run::Run;

/// Draws one.
pub(super) fn draw(run: &Run, name: Plot, page: &mut Page<'_>) -> Result<()> {
    let (picture, caption) = picture::of(run, name)?;
    match picture {
        Picture::Missing(missing) => {
            for table in missing.tables {
                page.heading(&format!(
                    "Missing in {}, of {} rows",
                    table.name,
                    count(table.rows)
                ))?;
                let bars: Vec<Bar> = table
                    .columns
                    .into_iter()
                    .map(|column| Bar {
                        name: column.name,
                        part: column.absent,
                        whole: table.rows,
                    })
                    .collect();
                page.bar_chart(&bars)?;
            }
        }
        Picture::Map(map) => {
            page.paragraph(Tone::Strong, &caption.title)?;
            page.world_map(&map, "attempts")?;
            if !map.shades.is_empty() {
                page.heading("Where only the country is known")?;
                bars(page, &picture::shades_as_bars(run)?)?;
            }
        }
        Picture::Bars(chart) => {
            page.paragraph(Tone::Strong, &caption.title)?;
            bars(page, &chart)?;
        }
        Picture::Timeline(_) => {
            page.paragraph(Tone::Strong, &caption.title)?;
            charts::timeline(run, page)?;
        }
        Picture::Hours(_) => {
            page.paragraph(Tone::Strong, &caption.title)?;
            charts::hours(run, page)?;
        }
    }
    page.paragraph(Tone::Dim, &caption.subtitle)?;
    for line in &caption.foot {
        page.paragraph(Tone::Dim, line)?;
    }
    Ok(())
}

fn bars(page: &mut Page<'_>, chart: &Bars) -> Result<()> {
    let mut heads = vec![RankedHead::address("name")];
    if chart.rows.iter().any(|row| !row.note.is_empty()) {
        heads.push(RankedHead::text("by"));
    }
    let notes = heads.len() > 1;
    heads.extend(
        chart
            .series
            .iter()
            .skip(1)
            .map(|name| RankedHead::number(name)),
    );
    let rows = chart.rows.iter().map(|row| {
        let mut cells = vec![row.name.clone()];
        if notes {
            cells.push(row.note.clone());
        }
        cells.extend(row.counts.iter().skip(1).map(|value| count(*value)));
        RankedRow {
            cells,
            count: row.counts.first().copied().unwrap_or(0),
            tone: Tone::Plain,
        }
    });
    page.ranked(&Ranked {
        heads,
        unit: chart.series.first().unwrap_or(&chart.unit).clone(),
        rows: rows.collect(),
        whole: None,
        more: chart.more,
    })?;
    Ok(())
}

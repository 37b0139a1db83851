//! `export unanswered`: the addresses that `enrich` asked about in vain, as rows.

use std::sync::Arc;

use anyhow::Result;
use arrow::array::{
    ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray, UInt16Array, UInt32Array,
};
use jiff::tz::TimeZone;
use rapsheet_geo::{Cache, Unanswered};

use crate::arguments::{CommonArguments, ExportArguments};
use crate::configuration::configuration;
use crate::geo_sources::cache_path;
use crate::printer::Printer;
use crate::sink::Sink;

/// The name under which they are asked for.
pub(super) const NAME: &str = "unanswered";

/// Writes them. They stand in the cache, so no log is read.
pub(super) fn run(
    arguments: &ExportArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    if !arguments.input.paths.is_empty() {
        anyhow::bail!(
            "`{NAME}` stands in the cache of `enrich`, and no log is read for it\nhint: leave out the paths"
        );
    }
    let sink = Sink::open(&arguments.output)?;
    let file = configuration(common.config.as_deref())?;
    let place = cache_path(arguments.input.cache.as_deref(), file.cache);
    let cache = match &place {
        Some(place) => Cache::open_read_only(place)?,
        None => None,
    };
    let unanswered = match cache {
        Some(cache) => cache.unanswered()?,
        None => anyhow::bail!(
            "there is no cache\nhint: `rapsheet enrich` makes one, `--cache FILE` names one"
        ),
    };
    let rows = rows(&unanswered)?;
    if let Some(written) = sink.write(rows.into(), common, &TimeZone::UTC)? {
        written.tell(printer);
    }
    Ok(())
}

fn rows(unanswered: &[Unanswered]) -> Result<RecordBatch> {
    let text = |of: &dyn Fn(&Unanswered) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(unanswered.iter().map(of)))
    };
    let times = unanswered.iter().map(|one| one.asked_micros);
    let times: TimestampMicrosecondArray = times.collect();
    let columns: [(&str, ArrayRef); 8] = [
        ("source_ip", text(&|one| one.ip.to_string())),
        ("service", text(&|one| one.service.as_str().to_owned())),
        ("host", text(&|one| one.host.clone())),
        ("reason", text(&|one| one.reason.clone())),
        (
            "tries",
            Arc::new(
                unanswered
                    .iter()
                    .map(|one| one.tries)
                    .collect::<UInt32Array>(),
            ),
        ),
        ("last_asked", Arc::new(times.with_timezone("UTC"))),
        (
            "http_response_status_code",
            Arc::new(
                unanswered
                    .iter()
                    .map(|one| one.status)
                    .collect::<UInt16Array>(),
            ),
        ),
        (
            "last_answer",
            Arc::new(
                unanswered
                    .iter()
                    .map(|one| one.answer.as_deref())
                    .collect::<StringArray>(),
            ),
        ),
    ];
    Ok(RecordBatch::try_from_iter_with_nullable(columns.map(
        |(name, column)| {
            let nullable = matches!(
                name,
                "tries" | "last_asked" | "http_response_status_code" | "last_answer"
            );
            (name, column, nullable)
        },
    ))?)
}

//! `rapsheet report`: one HTML file that answers questions.
//!
//! Fills the page's tables by the queries in `queries/report/`, and puts rare names and hours together until the file stays
//! small; the page says what was put together.

use std::collections::HashSet;
use std::io::Write;
use std::ops::RangeInclusive;

use anyhow::Result;
use arrow::array::AsArray;
use arrow::datatypes::{DataType, UInt64Type};
use arrow::record_batch::RecordBatch;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rapsheet_output::OutputFile;
use rapsheet_output::number::count;
use rapsheet_query::{Engine, Query, Value, counted_columns};
use rapsheet_read::EventsWish;
use rapsheet_report::{
    Activity, ActivitySources, AddressNumbers, Anonymizer, Bucket, Cut, GeoSource, Lines, Meta,
    Packed, Report, only_counted, pack, panels, with_present,
};
use rapsheet_schema::{events, schema_of};

use crate::answer::Answer;
use crate::arguments::{CommonArguments, ReportArguments};
use crate::command::missing::missing_in;
use crate::command::summary::verdict::as_json;
use crate::plan::Plan;
use crate::printer::{Printer, stdout};
use crate::run::{Run, Wish, closing_line, open_geo, run as read};
use crate::sink::is_stdout;
use crate::terminal::shows_progress;

mod heading;

/// The largest file, so that it can be sent by mail.
const LARGEST_BYTES: usize = 8_000_000;
/// What raw lines may take of it.
const EVIDENCE_BYTES: usize = 1024 * 1024;
/// Raw lines that are tried first.
const EVIDENCE_LINES: i64 = 20_000;
/// Addresses that keep a row of their own.
const MOST_ADDRESSES: usize = 50_000;
/// Addresses that are counted one by one, where they have room: of those without a row the page knows where they are from.
const MOST_COUNTED: usize = 200_000;

/// Changes of clocks that the page knows, some two hundred years of them: a log may tell of any year.
const MOST_CHANGES: usize = 400;

/// Tables that hold so many rows at most, and which rows those are.
const CUT: [(&str, &str); 3] = [
    ("logins", "those after failures, then the latest"),
    ("bans", "the latest"),
    ("findings", "some of each kind, then the gravest"),
];

/// How finely activity is told: by hour or day, and how many names keep themselves. The first that fits is taken.
const GRAINS: [(Bucket, usize); 7] = [
    (Bucket::Hour, 1_000_000),
    (Bucket::Hour, 20_000),
    (Bucket::Hour, 2_000),
    (Bucket::Hour, 200),
    (Bucket::Day, 20_000),
    (Bucket::Day, 1_000),
    (Bucket::Day, 50),
];

/// Writes the report.
pub(crate) fn run(
    arguments: &ReportArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    Report::check_page()?;
    let mut plan = Plan::new(&arguments.input, common)?;
    plan.hide_users = arguments.anonymize;
    // The file is made before the logs are read: a wrong folder is told at once.
    let file = (!is_stdout(&arguments.output))
        .then(|| OutputFile::create(&arguments.output))
        .transpose()?;
    let geo = open_geo(&plan, printer);
    let wish = match arguments.max_evidence {
        0 => EventsWish::None,
        _ if arguments.anonymize => EventsWish::None,
        per_address => EventsWish::Evidence { per_address },
    };
    let has_evidence = !matches!(wish, EventsWish::None);
    let wish = Wish {
        activity: false,
        facets: true,
        events: wish,
    };
    let run = read(plan, geo, wish, shows_progress(common), printer)?;
    let report = Assembly::new(&run, arguments).report(has_evidence)?;
    let is_file = file.is_some();
    match file {
        Some(mut file) => {
            report.write(&mut file)?;
            file.commit()?;
        }
        None => {
            let mut out = stdout();
            report.write(&mut out)?;
            out.flush()?;
        }
    }
    for note in report.notes() {
        printer.note(&format!("note: {note}"));
    }
    if is_file {
        printer.note(&format!("wrote `{}`", arguments.output.display()));
    }
    closing_line(&run, printer);
    Ok(())
}

/// A report while it is put together.
struct Assembly<'a> {
    run: &'a Run,
    arguments: &'a ReportArguments,
    numbers: AddressNumbers,
    anonymizer: Option<Anonymizer>,
    notes: Vec<String>,
    cut: Vec<Cut>,
    tables: Vec<Packed>,
}

impl<'a> Assembly<'a> {
    fn new(run: &'a Run, arguments: &'a ReportArguments) -> Self {
        Self {
            run,
            arguments,
            numbers: AddressNumbers::default(),
            anonymizer: arguments.anonymize.then(anonymizer),
            notes: Vec::new(),
            cut: Vec::new(),
            tables: Vec::new(),
        }
    }

    fn report(mut self, with_evidence: bool) -> Result<Report> {
        let addresses = self.addresses()?;
        let listed = addresses.slice(0, addresses.num_rows().min(MOST_ADDRESSES));
        let counted = addresses.slice(0, addresses.num_rows().min(MOST_COUNTED));
        self.numbers = AddressNumbers::of(&counted)?;
        self.tables.push(pack("addresses", &[listed])?);
        if with_evidence {
            self.evidence()?;
            // Raw lines are the largest table, and nothing else asks for them.
            let session = &self.run.session;
            session.register("events", schema_of(&events()), Vec::new())?;
        }
        self.declared()?;
        self.tables.push(pack("missing", &[self.missing()?])?);
        let (bucket, first) = self.activity(&addresses)?;
        let meta = self.meta(bucket, first, &addresses)?;
        Ok(Report::new(meta, self.tables))
    }

    /// Runs a query; hides what is to be hidden.
    fn ask(&mut self, table: &str, query: &Query) -> Result<RecordBatch> {
        let whole = self.whole(query)?;
        self.hide(table, whole)
    }

    fn whole(&self, query: &Query) -> Result<RecordBatch> {
        joined(&self.run.session.run(query)?)
    }

    fn hide(&mut self, table: &str, batch: RecordBatch) -> Result<RecordBatch> {
        Ok(match &mut self.anonymizer {
            Some(anonymizer) => anonymizer.hide(table, &batch)?,
            None => batch,
        })
    }

    /// The addresses, each with a sign for every column of `details` that it has or lacks.
    fn addresses(&mut self) -> Result<RecordBatch> {
        let whole = self.whole(&Query::shipped("report/addresses")?)?;
        let columns = counted_columns("details");
        let present = rapsheet_query::present(&self.run.session, "details", &columns)?;
        self.hide("addresses", with_present("addresses", &whole, &present)?)
    }

    /// Fills the tables that panels declare, beside those that have a part of their own.
    fn declared(&mut self) -> Result<()> {
        const OWN: [&str; 4] = ["activity", "addresses", "evidence", "missing"];
        let mut wanted: Vec<(String, String)> = ["logins", "bans", "findings", "coverage"]
            .map(|table| (table.to_owned(), format!("report/{table}")))
            .to_vec();
        wanted.extend(
            panels()
                .iter()
                .map(|panel| (panel.table.clone(), panel.query.clone())),
        );
        let mut done: HashSet<String> = OWN.map(str::to_owned).into();
        wanted.retain(|(table, _)| done.insert(table.clone()));
        let queries = wanted
            .iter()
            .map(|(_, query)| Query::shipped(query))
            .collect::<Result<Vec<_>, _>>()?;
        let answers = self.run.session.run_all(&queries)?;
        for (((table, _), query), batches) in wanted.into_iter().zip(queries).zip(answers) {
            let batch = self.hide(&table, joined(&batches)?)?;
            self.note_cut(&table, &query, &batch)?;
            let batch = if batch.column_by_name("source_ip").is_some() {
                self.numbers.put(&table, &batch)?
            } else {
                batch
            };
            self.tables.push(pack(&table, &[batch])?);
        }
        Ok(())
    }

    /// Says so where a table has no room for all that there is.
    fn note_cut(&mut self, table: &str, query: &Query, batch: &RecordBatch) -> Result<()> {
        let limit = query.parameters().iter().find(|(name, _)| name == "limit");
        let kept = CUT.iter().find(|(name, _)| *name == table);
        let (Some((_, Value::Whole(limit))), Some((_, kept))) = (limit, kept) else {
            return Ok(());
        };
        let rows = batch.num_rows() as u64;
        if rows < limit.unsigned_abs() {
            return Ok(());
        }
        // Logins that are alike share a row.
        let listed = match batch.column_by_name("logins") {
            Some(logins) => {
                let logins = arrow::compute::cast(logins, &DataType::UInt64)?;
                arrow::compute::sum(logins.as_primitive::<UInt64Type>()).unwrap_or(0)
            }
            None => rows,
        };
        let answer = Answer::shipped(&self.run.session, "report/lists", None)?;
        let all = answer.first().map_or(listed, |row| row.count(table));
        if all > listed {
            self.notes.push(format!(
                "the table of {table} holds {} of {}: {kept}",
                count(listed),
                count(all)
            ));
            self.cut.push(Cut {
                table: table.to_owned(),
                listed,
                all,
            });
        }
        Ok(())
    }

    fn missing(&self) -> Result<RecordBatch> {
        missing_in(self.run, &["details"])
    }

    /// Raw lines of the worst addresses, as many as have room.
    fn evidence(&mut self) -> Result<()> {
        let mut lines = EVIDENCE_LINES;
        loop {
            let query = Query::shipped("report/evidence")?.with("limit", lines);
            let batch = self.ask("evidence", &query)?;
            let batch = self.numbers.put("evidence", &batch)?;
            let packed = pack("evidence", &[batch])?;
            let kept = packed.rows();
            if packed.bytes() <= EVIDENCE_BYTES || lines < 100 {
                if i64::try_from(kept).unwrap_or(i64::MAX) >= lines {
                    self.notes.push(format!(
                        "raw lines: {} of the worst addresses",
                        count(kept as u64)
                    ));
                }
                self.tables.push(packed);
                return Ok(());
            }
            lines = i64::try_from(kept * EVIDENCE_BYTES / packed.bytes().max(1) * 9 / 10)
                .unwrap_or(lines / 2)
                .min(lines / 2);
        }
    }

    /// The rows that everything on the page is counted from, as finely as has room; returns how wide a step of time is, and the
    /// first one. Addresses without a row of their own are counted one by one, unless even the coarsest rows find no room so.
    fn activity(&mut self, addresses: &RecordBatch) -> Result<(Bucket, i32)> {
        let all = addresses.num_rows();
        let listed = all.min(MOST_ADDRESSES);
        let counted = all.min(MOST_COUNTED);
        let peers = self.ask("peers", &Query::shipped("report/peers")?)?;
        let mut facets = self.whole(&Query::shipped("report/facets")?)?;
        let mut names = self.whole(&Query::shipped("report/names")?)?;
        if let Some(anonymizer) = &mut self.anonymizer {
            (facets, names) = anonymizer.hide_names(&facets, &names)?;
        }
        let rows = self.run.session.run(&Query::shipped("report/activity")?)?;
        let clock = self.whole(&Query::shipped("report/clock")?)?;
        let of = |numbers: &AddressNumbers, addresses| -> Result<Activity> {
            Ok(Activity::new(&ActivitySources {
                rows: &rows,
                facets: &facets,
                names: &names,
                peers: &numbers.put("peers", &peers)?,
                clock: &clock,
                addresses,
            })?)
        };
        if all > listed {
            self.cut.push(Cut {
                table: "addresses".to_owned(),
                listed: listed as u64,
                all: all as u64,
            });
            let others = only_counted(&addresses.slice(listed, counted - listed))?;
            self.tables.push(pack("other_addresses", &[others])?);
            let fitting = self.fitting(&of(&self.numbers, counted)?, false)?;
            let others = if fitting.is_some() && counted == all {
                "are counted without a row"
            } else {
                "are counted in totals, but those that have no room are of no country and no network there"
            };
            self.notes.push(format!(
                "the table of addresses holds the {} worst of {}; the others {others}",
                count(listed as u64),
                count(all as u64)
            ));
            if let Some(found) = fitting {
                return Ok(found);
            }
            self.tables.pop();
        }
        let listed_only = AddressNumbers::of(&addresses.slice(0, listed))?;
        let found = self.fitting(&of(&listed_only, listed)?, true)?;
        Ok(found.unwrap_or((Bucket::Hour, 0)))
    }

    /// Packs the rows as finely as has room; the coarsest ones also where they have none, if they must be there.
    fn fitting(&mut self, activity: &Activity, must: bool) -> Result<Option<(Bucket, i32)>> {
        let taken: usize = self.tables.iter().map(Packed::bytes).sum();
        let room = LARGEST_BYTES.saturating_sub(taken + Report::page_bytes() + 64 * 1024);
        let last = GRAINS.len() - 1;
        for (index, (bucket, names)) in GRAINS.into_iter().enumerate() {
            let room = if must && index == last {
                usize::MAX
            } else {
                room
            };
            let is_cut = activity.is_cut(names);
            let same_time = index > 0 && GRAINS[index - 1].0 == bucket;
            if same_time && !is_cut && index < last {
                // The grain before was the same, and had no room.
                continue;
            }
            let Some(packed) = activity.pack(bucket, names, room)? else {
                continue;
            };
            let names = is_cut.then(|| {
                format!(
                    "user names, paths, agents and servers beside the {} most frequent of each are counted as `(other)`",
                    count(names as u64)
                )
            });
            let days = (bucket == Bucket::Day).then(|| "time is told by day".to_owned());
            let what: Vec<String> = names.into_iter().chain(days).collect();
            if !what.is_empty() {
                let what = what.join(", and ");
                self.notes
                    .push(format!("so that the file stays small, {what}"));
            }
            self.tables.extend(packed.tables);
            return Ok(Some((bucket, packed.first)));
        }
        Ok(None)
    }

    fn meta(&mut self, bucket: Bucket, first_bucket: i32, addresses: &RecordBatch) -> Result<Meta> {
        let run = self.run;
        let hides = self.arguments.anonymize;
        let (lines, events, understood, unknown) = run.coverage.totals();
        let now = Timestamp::from_microsecond(run.plan.now).unwrap_or_default();
        let title = match &self.arguments.title {
            Some(title) => title.clone(),
            None => {
                let hosts = self.ask("hosts", &Query::shipped("report/hosts")?)?;
                let period = heading::period(addresses)?;
                heading::title(&hosts, period, run.plan.now, &run.plan.timezone)?
            }
        };
        let built = |micros| {
            Timestamp::from_microsecond(micros)
                .map(|at| at.strftime("%Y-%m-%d").to_string())
                .ok()
        };
        let geo = run.geo.iter().flat_map(rapsheet_geo::Geo::databases);
        let offsets = offsets(&run.plan.timezone, &times_told(run));
        Ok(Meta {
            title,
            generated_at: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            rapsheet_version: env!("CARGO_PKG_VERSION").to_owned(),
            timezone: zone_of(&run.plan.timezone, &offsets),
            timezone_offsets: offsets,
            bucket: match bucket {
                Bucket::Hour => "hour",
                Bucket::Day => "day",
            },
            first_bucket,
            anonymized: hides,
            notes: std::mem::take(&mut self.notes),
            verdict: heading::verdict(as_json(run)?, hides),
            cut: std::mem::take(&mut self.cut),
            assumed: heading::assumed(&run.assumptions, hides),
            arguments: (!hides).then(|| heading::arguments(&self.arguments.input)),
            geo: geo
                .map(|database| GeoSource {
                    name: database.edition.clone(),
                    built: built(database.built_micros),
                    attribution: database.attribution.map(str::to_owned),
                })
                .collect(),
            lines: Lines {
                lines,
                events,
                understood,
                unknown,
                sources: run.coverage.sources.len() as u64,
            },
        })
    }
}

/// Makes one batch of an answer's.
fn joined(batches: &[RecordBatch]) -> Result<RecordBatch> {
    let schema = batches[0].schema();
    Ok(arrow::compute::concat_batches(&schema, batches)?)
}

/// Lets nothing through but what is allowed and the words of the shipped questions.
fn anonymizer() -> Anonymizer {
    let questions: Vec<Query> = rapsheet_query::queries()
        .filter_map(|name| Query::shipped(name).ok())
        .collect();
    Anonymizer::new(questions.iter().map(Query::text))
}

/// From the first to the last time that the page may tell, in microseconds: those of the logs, and when it was made.
fn times_told(run: &Run) -> RangeInclusive<i64> {
    let now = run.plan.now;
    let spans = run.coverage.sources.iter().filter_map(|source| source.span);
    let (first, last) = spans.fold((now, now), |(first, last), (begin, end)| {
        (first.min(begin), last.max(end))
    });
    first..=last
}

/// From when a zone's clocks are how far ahead of UTC, in seconds, between two times in microseconds.
fn offsets(timezone: &TimeZone, times: &RangeInclusive<i64>) -> Vec<(i64, i32)> {
    let [first, last] = [times.start(), times.end()]
        .map(|micros| Timestamp::from_microsecond(*micros).unwrap_or_default());
    let changes = timezone
        .following(first)
        .take_while(|change| change.timestamp() <= last)
        .take(MOST_CHANGES)
        .map(|change| (change.timestamp().as_second(), change.offset().seconds()));
    let begin = (first.as_second(), timezone.to_offset(first).seconds());
    std::iter::once(begin).chain(changes).collect()
}

/// What a zone is called: its offsets from UTC where it has no name.
fn zone_of(timezone: &TimeZone, offsets: &[(i64, i32)]) -> String {
    match timezone.iana_name() {
        Some("Etc/UTC" | "Etc/Unknown") => "UTC".to_owned(),
        Some(name) => name.to_owned(),
        None => {
            let mut seconds: Vec<i32> = offsets.iter().map(|(_, seconds)| *seconds).collect();
            seconds.sort_unstable();
            seconds.dedup();
            let names = seconds.iter().map(|seconds| {
                let minutes = seconds.abs() / 60;
                let sign = if *seconds < 0 { '-' } else { '+' };
                format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            });
            names.collect::<Vec<_>>().join(" / ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_without_a_name_is_called_by_its_offsets() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_microsecond();
        let (first, last) = (at("2026-01-01T00:00:00Z"), at("2026-12-31T00:00:00Z"));
        let told = |zone: &TimeZone| {
            let offsets = offsets(zone, &(first..=last));
            (zone_of(zone, &offsets), offsets)
        };
        let begin = first / 1_000_000;
        let fixed = TimeZone::posix("XYZ-5:30").unwrap();
        assert_eq!(
            told(&fixed),
            ("UTC+05:30".to_owned(), vec![(begin, 19_800)])
        );
        let changing = TimeZone::posix("ABC3ABD,M3.5.0,M10.5.0/3").unwrap();
        let (name, offsets) = told(&changing);
        assert_eq!(name, "UTC-03:00 / UTC-02:00");
        let seconds: Vec<i32> = offsets.iter().map(|(_, seconds)| *seconds).collect();
        assert_eq!(seconds, [-10_800, -7_200, -10_800]);
        assert_eq!(offsets[1].0, at("2026-03-29T05:00:00Z") / 1_000_000);
        let named = TimeZone::get("Asia/Kolkata").unwrap();
        assert_eq!(
            told(&named),
            ("Asia/Kolkata".to_owned(), vec![(begin, 19_800)])
        );
        assert_eq!(told(&TimeZone::UTC), ("UTC".to_owned(), vec![(begin, 0)]));
    }
}

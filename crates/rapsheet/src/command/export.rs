//! `rapsheet export`: a table as a file, or on standard output.

use anyhow::Result;
use rapsheet_output::number::count;
use rapsheet_query::Session;
use rapsheet_read::EventsWish;
use rapsheet_schema::{ROLL_UPS, activity};

use crate::arguments::{ColumnNames, CommonArguments, ExportArguments};
use crate::command::sql;
use crate::plan::Plan;
use crate::printer::Printer;
use crate::run::{Run, closing_line, run as read};
use crate::sink::{OutputRows, Sink};
use crate::terminal::shows_progress;

mod unanswered;

/// Writes a table.
pub(crate) fn run(
    arguments: &ExportArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    let table = arguments.table.as_str();
    if arguments.columns == ColumnNames::Dotted {
        return dotted(arguments, common, printer);
    }
    if table == unanswered::NAME {
        return unanswered::run(arguments, common, printer);
    }
    check_name(table)?;
    let sink = Sink::open(&arguments.output)?;
    // The names of the table and of its columns stand in the text, so this question is no file of `queries/`.
    let query = question(table);
    let run = sql::read_for(&query, &arguments.input, common, printer)?;
    let query = format!("{query}{}", order_of(&run.session, table)?);
    let rows = run.session.stream(&query)?.into();
    finish(rows, sink, common, &run, printer)
}

/// Writes the raw answers of the web service as wide rows.
fn dotted(arguments: &ExportArguments, common: &CommonArguments, printer: &Printer) -> Result<()> {
    let is_missing = arguments.table == "missing";
    if arguments.table != "details" && !is_missing {
        anyhow::bail!("`--columns dotted` is for `details` and `missing` alone");
    }
    let sink = Sink::open(&arguments.output)?;
    let plan = Plan::new(&arguments.input, common)?;
    let cache = plan.cache.clone();
    let from = plan.answers_from.clone();
    let locale = plan.locale.clone().unwrap_or_else(|| "en".to_owned());
    let every = arguments.all_locales && !arguments.drop_translations;
    let keep = (!every).then_some(locale.as_str());
    let run = read(
        plan,
        None,
        EventsWish::None,
        shows_progress(common),
        printer,
    )?;
    let cache = cache.unwrap_or_default();
    let batch = rapsheet_geo::dotted_answers(&cache, &from, &run.addresses, keep)?;
    let without = run.addresses.len() - batch.num_rows();
    if batch.num_rows() == 0 {
        anyhow::bail!(
            "none of the {} addresses has an answer of the web service\nhint: `rapsheet enrich` asks it",
            count(run.addresses.len() as u64)
        );
    }
    if without > 0 {
        printer.note(&format!(
            "note: {} left out, without an answer of the web service",
            match without {
                1 => "1 address is".to_owned(),
                many => format!("{} addresses are", count(many as u64)),
            }
        ));
    }
    if keep.is_some() {
        printer.note(
            "note: names in other languages are left out, so code that drops them by name fails, as `drop(columns=[…])` of pandas does: add `errors=\"ignore\"` to it, or export with `--all-locales`",
        );
    }
    let batch = if is_missing {
        printer
            .note("note: flags (`is_…`) that the service leaves out mean no, and are not missing");
        let is_flag = |name: &str| {
            let last = name.rsplit('.').next();
            last.is_some_and(|last| last.starts_with("is_"))
        };
        rapsheet_query::missing_of("details", &batch, is_flag)?
    } else {
        batch
    };
    finish(batch.into(), sink, common, &run, printer)
}

/// All rows of a table. Roll-ups may repeat their keys, where threads have counted each for itself: their rows are added up, so that
/// the same logs give the same file.
fn question(table: &str) -> String {
    let added = |column: &str| match column {
        "first_seen" | "first_failure" => format!("min({column}) AS {column}"),
        "last_seen" => format!("max({column}) AS {column}"),
        "user_exists" => format!("bool_or({column}) AS {column}"),
        _ => format!("sum({column}) AS {column}"),
    };
    let rolled_up = ROLL_UPS.iter().find(|roll_up| roll_up.name == table);
    let (keys, measures): (Vec<&str>, Vec<&str>) = match rolled_up {
        Some(roll_up) => (
            roll_up
                .keys
                .iter()
                .flat_map(|key| key.columns())
                .map(|column| column.name)
                .collect(),
            roll_up
                .measures
                .iter()
                .map(|measure| measure.column().name)
                .collect(),
        ),
        None if table == "activity" => activity()
            .iter()
            .map(|column| column.name)
            .partition(|name| !matches!(*name, "events" | "attempts" | "first_seen" | "last_seen")),
        None => return format!("SELECT * FROM {table}"),
    };
    let measures: Vec<String> = measures.into_iter().map(added).collect();
    let keys = keys.join(", ");
    format!(
        "SELECT {keys}, {} FROM {table} GROUP BY {keys}",
        measures.join(", ")
    )
}

/// A stable order of rows: the same logs give the same file.
fn order_of(session: &Session, table: &str) -> Result<String> {
    if matches!(table, "events" | "events_details") {
        // One line may tell of several addresses.
        return Ok(" ORDER BY timestamp NULLS FIRST, log_file_path, log_line, event_action, source_ip, source_domain, \
                   fail2ban_jail, user_name"
            .to_owned());
    }
    if table == "missing" {
        return Ok(String::new());
    }
    let columns = session.columns_of(table)?;
    let mut order: Vec<String> = Vec::new();
    if table == "findings" {
        let severity = "CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END";
        order.extend([
            severity.to_owned(),
            "kind".to_owned(),
            "weight DESC".to_owned(),
        ]);
    }
    for column in ["attempts", "threat_score"] {
        if columns.iter().any(|known| known == column) && table != "activity" && table != "timeline"
        {
            order.push(format!("{column} DESC NULLS LAST"));
        }
    }
    order.extend(columns.iter().map(|column| format!("{column} NULLS LAST")));
    Ok(format!(" ORDER BY {}", order.join(", ")))
}

/// Refuses what isn't a table, with the nearest name.
fn check_name(table: &str) -> Result<()> {
    let mut names = sql::idle_session()?.table_names();
    names.push(unanswered::NAME.to_owned());
    if names.iter().any(|name| name == table) {
        return Ok(());
    }
    let nearest = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(name, table), name))
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map(|(_, name)| format!("did you mean `{name}`? "))
        .unwrap_or_default();
    anyhow::bail!(
        "unknown table `{table}`\nhint: {nearest}there are: {}",
        names.join(", ")
    );
}

/// Writes rows where they were wanted, and says what became of every line.
fn finish(
    rows: OutputRows,
    sink: Sink,
    common: &CommonArguments,
    run: &Run,
    printer: &Printer,
) -> Result<()> {
    if let Some(written) = sink.write(rows, common, &run.plan.timezone)? {
        written.tell(printer);
    }
    closing_line(run, printer);
    Ok(())
}

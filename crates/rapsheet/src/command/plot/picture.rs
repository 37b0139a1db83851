//! Answers become pictures.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use jiff::Timestamp;
use rapsheet_output::number::count;
use rapsheet_output::plot::{
    BarRow, Bars, Caption, Circle, Hours, MissingColumn, MissingColumns, MissingTable, Picture,
    Series, Shade, StackedTimeline, TimeTick, WorldMap,
};

use crate::answer::{Answer, Row};
use crate::arguments::Plot;
use crate::command::charts::{HOUR_MICROS, bucket_hours, week_of};
use crate::command::missing::{TABLES, missing_columns};
use crate::local_time::{local_text, zone_name};
use crate::run::Run;

/// Rows of a chart of bars.
const ROWS: usize = 20;
/// Rows of each table of columns.
const MISSING_ROWS: usize = 30;

/// Makes the picture and what stands around it.
pub(super) fn of(run: &Run, name: Plot) -> Result<(Picture, Caption)> {
    let (picture, title) = match name {
        Plot::Missing => (missing(run)?, "Missing details".to_owned()),
        Plot::Map => (map(run)?, "Where the attempts come from".to_owned()),
        Plot::Timeline => (timeline(run)?, "Attempts over time".to_owned()),
        Plot::Hours => (hours(run)?, "Attempts by weekday and hour".to_owned()),
        Plot::Countries => bars(run, "plot/countries", ("country", "countries"), country)?,
        Plot::UserTypes => bars(
            run,
            "plot/user_types",
            ("type of user", "types of user"),
            |row| (row.text("traits_user_type").unwrap_or_default(), by(row)),
        )?,
        Plot::Networks => bars(run, "plot/networks", ("network", "networks"), |row| {
            let note = match row.text("autonomous_system") {
                Some(system) => format!("{}, {system}", by(row)),
                None => by(row),
            };
            (row.text("network").unwrap_or_default(), note)
        })?,
        Plot::Users => bars(run, "summary/users", ("user name", "user names"), |row| {
            let name = row.text("user_name").filter(|name| !name.is_empty());
            (name.unwrap_or_else(|| "(empty)".to_owned()), by(row))
        })?,
        Plot::Jails => (jails(run)?, "What fail2ban's jails did".to_owned()),
    };
    Ok((picture, caption(run, name, title)?))
}

pub(super) fn caption(run: &Run, name: Plot, title: String) -> Result<Caption> {
    let totals = Answer::shipped(&run.session, "plot/totals", None)?;
    let subtitle = totals
        .first()
        .map(|row| subtitle(run, name, &row))
        .unwrap_or_default();
    let databases = run.geo.iter().flat_map(rapsheet_geo::Geo::databases);
    let foot = databases.map(|database| {
        let built = Timestamp::from_microsecond(database.built_micros)
            .map(|at| at.strftime("%Y-%m-%d").to_string())
            .unwrap_or_default();
        let note = database.attribution.unwrap_or("no licence note");
        format!("{} of {built}: {note}", database.edition)
    });
    let foot = foot.collect();
    Ok(Caption {
        title,
        subtitle,
        foot,
    })
}

/// Of how many attempts and of when a picture tells.
fn subtitle(run: &Run, name: Plot, row: &Row<'_>) -> String {
    let (addresses, attackers) = (row.count("addresses"), row.count("attackers"));
    let by = match attackers {
        all if all == addresses => counted(addresses, "address", "addresses"),
        some => format!(
            "{} of {}",
            count(some),
            counted(addresses, "address", "addresses")
        ),
    };
    let attempts = row.count("attempts");
    let mut text = format!("{} by {by}", counted(attempts, "attempt", "attempts"));
    let (mut first, mut last) = (row.time("first_seen"), row.time("last_seen"));
    // By time and by user name, attempts are counted whoever made them: the picture says what part has no address.
    let of_names = row.count("of_names");
    if matches!(name, Plot::Timeline | Plot::Hours | Plot::Users) && of_names > 0 {
        text = format!(
            "{}: {} by {by}, {} by host names without an address",
            counted(attempts + of_names, "attempt", "attempts"),
            count(attempts),
            count(of_names)
        );
        (first, last) = (row.time("first_of_all"), row.time("last_of_all"));
    }
    let untimed = row.count("untimed");
    if matches!(name, Plot::Timeline | Plot::Hours) && untimed > 0 {
        text.push_str(&format!("; {} without a time not drawn", count(untimed)));
    }
    if let (Some(first), Some(last)) = (first, last) {
        text.push_str(&format!(
            ", {} to {} ({})",
            minute(first, run),
            minute(last, run),
            zone_name(&run.plan.timezone)
        ));
    }
    text
}

/// A number and its noun.
fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A time in the wanted zone, without its seconds.
fn minute(micros: i64, run: &Run) -> String {
    let text = local_text(micros, &run.plan.timezone);
    text.chars().take(16).collect()
}

/// How many addresses.
fn by(row: &Row<'_>) -> String {
    counted(row.count("addresses"), "address", "addresses")
}

fn country(row: &Row<'_>) -> (String, String) {
    let name = match (row.text("country_name"), row.text("country_iso_code")) {
        (Some(name), _) => name,
        (None, Some(code)) => code,
        (None, None) => match row.text("continent_name") {
            Some(continent) => format!("(somewhere in {continent})"),
            None => "(unknown)".to_owned(),
        },
    };
    (name, by(row))
}

/// Bars of the rows with most attempts, and their title.
fn bars(
    run: &Run,
    query: &str,
    (one, many): (&str, &str),
    name: impl Fn(&Row<'_>) -> (String, String),
) -> Result<(Picture, String)> {
    let limit = i64::try_from(ROWS + 1).unwrap_or(21);
    let answer = Answer::shipped(&run.session, query, Some(limit))?;
    let mut rows: Vec<BarRow> = answer
        .rows()
        .filter(|row| row.count("attempts") > 0)
        .map(|row| bar(&row, name(&row)))
        .collect();
    let nothing = rows.is_empty() || rows.iter().all(|row| row.name == "(unknown)");
    if nothing {
        bail!(nothing_known(run, many));
    }
    let title = if rows.len() > ROWS {
        format!("The {ROWS} {many} with most attempts")
    } else {
        format!("Attempts by {one}")
    };
    rows.truncate(ROWS);
    Ok((Picture::Bars(attempts(rows, 0)), title))
}

/// One bar: its name, the note beside it, and its attempts.
fn bar(row: &Row<'_>, (name, note): (String, String)) -> BarRow {
    BarRow {
        name,
        note,
        counts: vec![row.count("attempts")],
    }
}

/// Bars of attempts, and how many were left out.
fn attempts(rows: Vec<BarRow>, more: u64) -> Bars {
    Bars {
        unit: "attempts".to_owned(),
        series: Vec::new(),
        rows,
        more,
    }
}

/// Why there is nothing to draw, and the way out.
fn nothing_known(run: &Run, things: &str) -> String {
    let hint = match (things, &run.geo) {
        ("types of user" | "places" | "countries", None) => {
            "leave `--no-geo` out, or name a database with `--geo FILE`"
        }
        ("types of user", _) => {
            "a database that knows them is MaxMind's GeoIP Enterprise: name it with `--geo FILE`"
        }
        ("places" | "countries", _) => "name a database of cities with `--geo FILE`",
        ("jails", _) => "name fail2ban's log or database as PATH",
        _ => "name other logs as PATH, or a longer stretch of time",
    };
    format!("nothing to draw: these logs and databases tell of no {things}\nhint: {hint}")
}

fn missing(run: &Run) -> Result<Picture> {
    let mut tables = Vec::new();
    for table in TABLES {
        let answer = Answer::from_batch(missing_columns(run, table)?);
        let rows = answer.first().map_or(0, |row| row.count("rows"));
        let columns = answer.rows().map(|row| MissingColumn {
            name: row.text("column_name").unwrap_or_default(),
            absent: row.count("absent"),
        });
        tables.push(MissingTable {
            name: table.to_owned(),
            rows,
            columns: most_missing(columns.collect(), rows),
        });
    }
    Ok(Picture::Missing(MissingColumns { tables }))
}

/// Sorts columns by how much of them is absent. Those that no row has, because no database or log here tells them, are one
/// line, and so are those that each row has, and those that are too many.
fn most_missing(mut columns: Vec<MissingColumn>, rows: u64) -> Vec<MissingColumn> {
    let one_line = |columns: Vec<MissingColumn>, words: &str| match columns.len() {
        0 | 1 => columns,
        many => vec![MissingColumn {
            name: format!("{} {words}", count(many as u64)),
            absent: columns.first().map_or(0, |column| column.absent),
        }],
    };
    columns.sort_by_key(|column| std::cmp::Reverse(column.absent));
    let (never, rest): (Vec<_>, Vec<_>) = columns
        .into_iter()
        .partition(|column| column.absent >= rows);
    let (always, mut some): (Vec<_>, Vec<_>) =
        rest.into_iter().partition(|column| column.absent == 0);
    let mut shown = one_line(never, "columns that no row has");
    // Three lines are kept for those that are put together.
    let least = some.split_off(some.len().min(MISSING_ROWS - 3));
    shown.append(&mut some);
    shown.extend(one_line(least, "columns that are absent less often"));
    shown.extend(one_line(always, "columns that each row has"));
    shown
}

fn map(run: &Run) -> Result<Picture> {
    let places = Answer::shipped(&run.session, "plot/map", None)?;
    let circles: Vec<Circle> = places
        .rows()
        .filter_map(|row| {
            Some(Circle {
                longitude: row.number("location_longitude")?,
                latitude: row.number("location_latitude")?,
                attempts: row.count("attempts"),
            })
        })
        .collect();
    let countries = Answer::shipped(&run.session, "plot/map_countries", None)?;
    let shades: Vec<Shade> = countries
        .rows()
        .map(|row| Shade {
            country: row.text("country_iso_code").unwrap_or_default(),
            attempts: row.count("attempts"),
        })
        .collect();
    if circles.is_empty() && shades.is_empty() {
        bail!(nothing_known(run, "places"));
    }
    Ok(Picture::Map(WorldMap { circles, shades }))
}

/// The countries of addresses without a point, for a page of text.
pub(super) fn shades_as_bars(run: &Run) -> Result<Bars> {
    let countries = Answer::shipped(&run.session, "plot/map_countries", None)?;
    let mut rows: Vec<BarRow> = countries
        .rows()
        .map(|row| bar(&row, country(&row)))
        .collect();
    let more = rows.len().saturating_sub(ROWS) as u64;
    rows.truncate(ROWS);
    Ok(attempts(rows, more))
}

fn jails(run: &Run) -> Result<Picture> {
    let answer = Answer::shipped(&run.session, "plot/jails", Some(21))?;
    let counts = ["bans", "restored", "unbanned", "still_banned"];
    let rows: Vec<BarRow> = answer
        .rows()
        .map(|row| BarRow {
            name: row
                .text("fail2ban_jail")
                .unwrap_or_else(|| "(none)".to_owned()),
            note: String::new(),
            counts: counts.iter().map(|name| row.count(name)).collect(),
        })
        .collect();
    if rows.is_empty() {
        bail!(nothing_known(run, "jails"));
    }
    Ok(Picture::Bars(Bars {
        unit: "bans".to_owned(),
        series: counts.map(|name| name.replace('_', " ")).to_vec(),
        rows,
        more: 0,
    }))
}

fn hours(run: &Run) -> Result<Picture> {
    let counts = week_of(&Answer::shipped(&run.session, "summary/hours", None)?);
    if counts.iter().flatten().all(|count| *count == 0) {
        bail!(nothing_known(run, "attempts"));
    }
    Ok(Picture::Hours(Box::new(Hours {
        counts,
        unit: "attempts".to_owned(),
        zone: zone_name(&run.plan.timezone),
    })))
}

fn timeline(run: &Run) -> Result<Picture> {
    let answer = Answer::shipped(&run.session, "summary/timeline", None)?;
    let rows: Vec<(i64, String, u64)> = answer
        .rows()
        .filter_map(|row| {
            let service = row
                .text("service_name")
                .unwrap_or_else(|| "other".to_owned());
            Some((row.time("hour")?, service, row.count("attempts")))
        })
        .filter(|(_, _, attempts)| *attempts > 0)
        .collect();
    let (Some(first), Some(last)) = (
        rows.iter().map(|row| row.0).min(),
        rows.iter().map(|row| row.0).max(),
    ) else {
        bail!(nothing_known(run, "attempts"));
    };
    let span = (last - first) / HOUR_MICROS + 1;
    let steps = Steps::new(run, first, bucket_hours(span, 150));
    let place = |micros: i64| steps.at(micros) as usize;
    let mut series: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (hour, service, attempts) in rows {
        let counts = series
            .entry(service)
            .or_insert_with(|| vec![0; place(last) + 1]);
        let count = &mut counts[place(hour)];
        *count = count.saturating_add(attempts);
    }
    let end = last + steps.hours * HOUR_MICROS;
    Ok(Picture::Timeline(StackedTimeline {
        series: series
            .into_iter()
            .map(|(name, counts)| Series { name, counts })
            .collect(),
        bucket_seconds: u64::try_from(steps.hours * 3600).unwrap_or(3600),
        ticks: times(&steps, end, run),
        unit: "attempts".to_owned(),
        zone: zone_name(&run.plan.timezone),
    }))
}

/// The beginning of a time's day, in the wanted zone.
fn midnight(micros: i64, run: &Run) -> i64 {
    Timestamp::from_microsecond(micros)
        .map(|utc| utc.to_zoned(run.plan.timezone.clone()))
        .and_then(|local| local.start_of_day())
        .map_or(micros, |day| day.timestamp().as_microsecond())
}

/// Stretches of the time line, from the first time on.
struct Steps<'a> {
    run: &'a Run,
    start: i64,
    /// How long each is; from a day on they are whole days of the wanted zone, however long its clocks make them.
    hours: i64,
}

impl<'a> Steps<'a> {
    fn new(run: &'a Run, first: i64, hours: i64) -> Self {
        let start = if hours >= 24 {
            midnight(first, run)
        } else {
            first
        };
        Self { run, start, hours }
    }

    /// The stretch of a time, with fractions.
    fn at(&self, micros: i64) -> f64 {
        if self.hours < 24 {
            return (micros - self.start) as f64 / (self.hours * HOUR_MICROS) as f64;
        }
        let day = |micros| {
            Timestamp::from_microsecond(micros).map_or(0, |utc| {
                let date = utc.to_zoned(self.run.plan.timezone.clone()).date();
                date.duration_since(jiff::civil::Date::ZERO).as_hours() / 24
            })
        };
        let begin = midnight(micros, self.run);
        let part = (micros - begin) as f64 / (24 * HOUR_MICROS) as f64;
        let days = (day(micros) - day(self.start)) as f64 + part.min(0.999);
        (days * 24.0 / self.hours as f64).max(0.0)
    }
}

/// Times that may stand below the axis: hours of a few days, then days, months, years; the picture leaves out what has no room.
fn times(steps: &Steps<'_>, end: i64, run: &Run) -> Vec<TimeTick> {
    let start = steps.start;
    let hours = (end - start) / HOUR_MICROS;
    let (at, letters) = if hours <= 72 {
        (evenly(start, end), 16)
    } else if hours <= 120 * 24 {
        (days(start, end, run), 10)
    } else if hours <= 2 * 365 * 24 {
        (firsts(start, end, 1, run), 7)
    } else {
        (firsts(start, end, 12, run), 4)
    };
    at.into_iter()
        .map(|at| TimeTick {
            at: steps.at(at),
            text: local_text(at, &run.plan.timezone)
                .chars()
                .take(letters)
                .collect(),
        })
        .collect()
}

/// Hours, fewer where they are more than a picture of any width has room for.
fn evenly(start: i64, end: i64) -> Vec<i64> {
    let every = ((end - start) / HOUR_MICROS / 60).max(1);
    (0..=(end - start) / HOUR_MICROS / every)
        .map(|index| start + index * every * HOUR_MICROS)
        .collect()
}

/// The beginnings of days in the wanted zone, fewer where they are many.
fn days(start: i64, end: i64, run: &Run) -> Vec<i64> {
    let every = ((end - start) / HOUR_MICROS / 24 / 60).max(1);
    // Noon lies in its own day, however clocks change.
    let noon = midnight(start, run) + 12 * HOUR_MICROS;
    (0..=(end - start) / HOUR_MICROS / 24 / every)
        .map(|index| midnight(noon + index * every * 24 * HOUR_MICROS, run))
        .filter(|at| *at >= start && *at <= end)
        .collect()
}

/// The first days of months, or of years where `months` is 12, in the wanted zone.
fn firsts(start: i64, end: i64, months: i8, run: &Run) -> Vec<i64> {
    let zone = &run.plan.timezone;
    let Ok(begin) = Timestamp::from_microsecond(start) else {
        return Vec::new();
    };
    let day = begin.to_zoned(zone.clone()).date();
    let month = if months == 12 { 1 } else { day.month() };
    let Ok(first) = jiff::civil::Date::new(day.year(), month, 1) else {
        return Vec::new();
    };
    first
        .series(jiff::Span::new().months(months))
        .filter_map(|day| day.to_zoned(zone.clone()).ok())
        .map(|day| day.timestamp().as_microsecond())
        .skip_while(|at| *at < start)
        .take_while(|at| *at <= end)
        .collect()
}

impl Row<'_> {
    /// A number with fractions; absent where it is null.
    fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok()
    }
}

//! `rapsheet geo status`: which databases are used, in which order, how old they are, and what each can answer.

use std::io::Write;
use std::sync::Arc;

use anyhow::Result;
use arrow::array::{
    ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rapsheet_geo::{DatabaseInfo, Geo, GeoNotice, GeoOptions};
use rapsheet_output::number::count;
use rapsheet_output::{Page, Tone};

use super::built_day::{MICROS_PER_DAY, built_day};
use crate::arguments::{CommonArguments, GeoStatusArguments};
use crate::geo_sources::geo_sources;
use crate::printer::{Printer, stdout};
use crate::run::tell_notices;
use crate::sink::Sink;
use crate::terminal::style;

/// MaxMind wants GeoLite files that are older destroyed.
const GEOLITE_DAYS: i64 = 30;

/// One file or table of the list.
struct Listed<'a> {
    info: &'a DatabaseInfo,
    topics: Vec<&'static str>,
    /// Why it is not used; absent where it is.
    unused: Option<String>,
}

/// Lists them.
pub(crate) fn run(
    arguments: &GeoStatusArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    let sink = Sink::open_for_rows(&arguments.source)?;
    let options = geo_sources(&arguments.source, common)?;
    let (geo, notices) = Geo::open(&options);
    let now = Timestamp::now().as_microsecond();
    let listed = list(&geo);
    if let Some(sink) = sink {
        let rows = rows(&listed, &notices, now)?;
        if let Some(written) = sink.write(rows.into(), common, &TimeZone::UTC)? {
            written.tell(printer);
        }
    } else {
        let mut out = stdout();
        let mut page = Page::new(&mut out, style(common));
        write(&mut page, &listed, &notices, &options, now)?;
        out.flush()?;
    }
    let named = [
        options.paths.clone(),
        arguments.source.cache.iter().cloned().collect(),
    ]
    .concat();
    let (errors, _): (Vec<_>, Vec<_>) = notices
        .into_iter()
        .partition(|notice| named.iter().any(|path| notice.path.starts_with(path)));
    tell_notices(&errors, &named, printer);
    for database in listed.iter().filter(|listed| listed.unused.is_none()) {
        if is_outdated(database.info, now) {
            printer.warning(&format!(
                "`{}` is {} days old; MaxMind wants GeoLite files replaced after {GEOLITE_DAYS}",
                database.info.edition,
                count(age_days(database.info, now).unsigned_abs())
            ));
            printer.hint("`rapsheet geo update` gets the newest");
        }
    }
    Ok(())
}

fn list(geo: &Geo) -> Vec<Listed<'_>> {
    let used = geo
        .databases()
        .iter()
        .enumerate()
        .map(|(number, info)| Listed {
            info,
            topics: geo.topics(number),
            unused: None,
        });
    let passed_over = geo.passed_over().iter().map(|info| Listed {
        info,
        topics: Vec::new(),
        unused: Some(why_passed_over(geo, info)),
    });
    used.chain(passed_over).collect()
}

fn why_passed_over(geo: &Geo, info: &DatabaseInfo) -> String {
    let twin = geo
        .databases()
        .iter()
        .find(|other| other.edition == info.edition && other.ip_version == info.ip_version);
    match twin.and_then(|twin| Some((twin, twin.path.as_ref()?))) {
        Some((twin, path)) if twin.explicit => {
            format!("`{}` was named and is used", path.display())
        }
        Some((twin, path)) if twin.built_micros == info.built_micros => {
            format!("`{}` is as new and is used", path.display())
        }
        Some((_, path)) => format!("`{}` is newer and is used", path.display()),
        None => "another file of this edition is used".to_owned(),
    }
}

fn age_days(info: &DatabaseInfo, now: i64) -> i64 {
    ((now - info.built_micros) / MICROS_PER_DAY).max(0)
}

fn is_outdated(info: &DatabaseInfo, now: i64) -> bool {
    info.answers.is_none()
        && info.licence() == Some("GeoLite EULA")
        && age_days(info, now) > GEOLITE_DAYS
}

fn place(info: &DatabaseInfo) -> String {
    info.path.as_ref().map_or_else(
        || "in the program".to_owned(),
        |path| path.display().to_string(),
    )
}

fn write(
    page: &mut Page<'_>,
    listed: &[Listed<'_>],
    notices: &[GeoNotice],
    options: &GeoOptions,
    now: i64,
) -> Result<()> {
    page.paragraph(
        Tone::Strong,
        "Databases in use, in the order in which they are asked",
    )?;
    for (index, database) in listed.iter().filter(|one| one.unused.is_none()).enumerate() {
        page.blank()?;
        let title = format!("{}. {}", index + 1, database.info.edition);
        page.paragraph(Tone::Strong, &title)?;
        page.facts(&facts_of(database, now))?;
    }
    write_unused(page, listed, notices, now)?;
    page.heading("Looked in")?;
    let absent = |is_there: bool| if is_there { "" } else { " (absent)" };
    for folder in &options.folders {
        let absent = absent(folder.is_dir());
        page.paragraph(Tone::Dim, &format!("{}{absent}", folder.display()))?;
    }
    if let Some(cache) = &options.cache {
        let absent = absent(cache.is_file());
        let text = format!("answers of `enrich`: {}{absent}", cache.display());
        page.paragraph(Tone::Dim, &text)?;
    }
    Ok(())
}

fn facts_of(database: &Listed<'_>, now: i64) -> Vec<(&'static str, String)> {
    let info = database.info;
    let answers = match database.topics.is_empty() {
        true => "nothing that was found in its first records".to_owned(),
        false => database.topics.join(", "),
    };
    let age = match info.answers {
        None => ("   Built", built(info, now)),
        Some(1) => ("   Asked", format!("once, {}", built(info, now))),
        Some(many) => (
            "   Asked",
            format!("{} times, last {}", count(many), built(info, now)),
        ),
    };
    let mut facts = vec![("   Where", place(info)), age, ("   Answers", answers)];
    if info.ip_version == 4 {
        facts.push(("   Holds", "IPv4 alone".to_owned()));
    }
    if let Some(licence) = info.licence() {
        facts.push(("   Licence", licence.to_owned()));
    }
    if let Some(attribution) = info.attribution {
        facts.push(("   Say", attribution.to_owned()));
    }
    facts
}

fn write_unused(
    page: &mut Page<'_>,
    listed: &[Listed<'_>],
    notices: &[GeoNotice],
    now: i64,
) -> Result<()> {
    let unused: Vec<(String, String)> = listed
        .iter()
        .filter_map(|one| {
            let why = one.unused.clone()?;
            let title = format!("{} ({})", place(one.info), built(one.info, now));
            Some((title, format!("not used: {why}")))
        })
        .chain(notices.iter().map(|notice| {
            let hint = notice.hint.as_deref().map(|hint| format!("; {hint}"));
            (
                notice.path.display().to_string(),
                format!("not used: {}{}", notice.message, hint.unwrap_or_default()),
            )
        }))
        .collect();
    if !unused.is_empty() {
        page.heading("Found, but not used")?;
        for (title, why) in &unused {
            page.paragraph(Tone::Plain, title)?;
            page.paragraph(Tone::Dim, &format!("   {why}"))?;
        }
    }
    Ok(())
}

fn built(info: &DatabaseInfo, now: i64) -> String {
    let age = match age_days(info, now) {
        0 => "today".to_owned(),
        1 => "1 day old".to_owned(),
        days => format!("{} days old", count(days.unsigned_abs())),
    };
    format!("{}, {age}", built_day(info))
}

/// A value of each listed database, then nothing for each file that could not be opened.
fn each<T>(
    listed: &[Listed<'_>],
    notices: &[GeoNotice],
    value: impl Fn(&Listed<'_>) -> Option<T>,
) -> Vec<Option<T>> {
    let opened = listed.iter().map(value);
    opened.chain(notices.iter().map(|_| None)).collect()
}

fn rows(listed: &[Listed<'_>], notices: &[GeoNotice], now: i64) -> Result<RecordBatch> {
    let text = |values: Vec<Option<String>>| -> ArrayRef { Arc::new(StringArray::from(values)) };
    let whole = |values: Vec<Option<i64>>| -> ArrayRef { Arc::new(Int64Array::from(values)) };
    let mut paths = each(listed, notices, |one| {
        Some(one.info.path.as_ref()?.display().to_string())
    });
    let mut reasons = each(listed, notices, |one| one.unused.clone());
    for (index, notice) in notices.iter().enumerate() {
        paths[listed.len() + index] = Some(notice.path.display().to_string());
        reasons[listed.len() + index] = Some(notice.message.clone());
    }
    let used: Vec<bool> = reasons.iter().map(Option::is_none).collect();
    let mut position = 0;
    let positions: Vec<Option<i64>> = used
        .iter()
        .map(|used| {
            position += i64::from(*used);
            used.then_some(position)
        })
        .collect();
    let built = each(listed, notices, |one| {
        Some(one.info.built_micros).filter(|micros| *micros != 0)
    });
    let built = TimestampMicrosecondArray::from(built).with_timezone("UTC");
    let editions = each(listed, notices, |one| Some(one.info.edition.clone()));
    let ages = each(listed, notices, |one| Some(age_days(one.info, now)));
    let answers = each(listed, notices, |one| {
        Some(one.topics.join(", ")).filter(|text| !text.is_empty())
    });
    let versions = each(listed, notices, |one| Some(i64::from(one.info.ip_version)));
    let licences = each(listed, notices, |one| one.info.licence().map(str::to_owned));
    let attributions = each(listed, notices, |one| {
        one.info.attribution.map(str::to_owned)
    });
    let is_used: ArrayRef = Arc::new(BooleanArray::from(used));
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("position", whole(positions), true),
        ("is_used", is_used, false),
        ("edition", text(editions), true),
        ("path", text(paths), true),
        ("built", Arc::new(built) as ArrayRef, true),
        ("age_days", whole(ages), true),
        ("answers", text(answers), true),
        ("ip_version", whole(versions), true),
        ("licence", text(licences), true),
        ("attribution", text(attributions), true),
        ("not_used_because", text(reasons), true),
    ])?)
}

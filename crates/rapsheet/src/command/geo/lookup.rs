//! `rapsheet geo lookup`: what is known of addresses, and which database said it.

use std::io::{BufRead, Write};
use std::net::IpAddr;

use anyhow::{Result, bail};
use jiff::tz::TimeZone;
use rapsheet_geo::{Detail, DetailValue, Details, Geo};
use rapsheet_output::time::rfc3339;
use rapsheet_output::{Format, Page, Tone};
use rapsheet_schema::{Scope, parse_single_address};
use serde_json::{Map, Value, json};

use super::built_day::built_day;
use crate::arguments::{CommonArguments, GeoLookupArguments};
use crate::geo_sources::geo_sources;
use crate::printer::{Printer, stdout};
use crate::run::tell_notices;
use crate::sink::Sink;
use crate::terminal::style;

/// Looks them up.
pub(crate) fn run(
    arguments: &GeoLookupArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    let ips = addresses(&arguments.ips, printer)?;
    if ips.is_empty() {
        bail!(
            "no address to look up\nhint: write `192.0.2.1` or `2001:db8::1`, or `-` and one a line on standard input"
        );
    }
    let source = &arguments.source;
    let sink = Sink::open_for_rows(source)?;
    let options = geo_sources(source, common)?;
    let (geo, notices) = Geo::open(&options);
    let named = [
        options.paths.clone(),
        source.cache.iter().cloned().collect(),
    ]
    .concat();
    tell_notices(&notices, &named, printer);
    match sink {
        Some(sink) if matches!(sink.format(), Format::Json | Format::Ndjson) => {
            let is_list = sink.format() == Format::Json;
            sink.fill(|out| write_documents(&geo, &ips, is_list, out))?;
        }
        Some(sink) => {
            let rows = geo.details_batch(&ips)?.into();
            if let Some(written) = sink.write(rows, common, &TimeZone::UTC)? {
                written.tell(printer);
            }
        }
        None => {
            let mut out = stdout();
            let mut page = Page::new(&mut out, style(common));
            for (index, ip) in ips.iter().enumerate() {
                if index > 0 {
                    page.blank()?;
                }
                write(&mut page, &geo, &geo.lookup(*ip))?;
            }
            out.flush()?;
        }
    }
    for notice in geo.lookup_notices() {
        printer.error(
            &format!("`{}`: {}", notice.path.display(), notice.message),
            notice.hint.as_deref(),
        );
    }
    Ok(())
}

/// Reads the addresses. Reports words that are not addresses and goes on with the rest.
fn addresses(words: &[String], printer: &Printer) -> Result<Vec<IpAddr>> {
    let mut ips = Vec::new();
    let mut take = |word: &str, place: &str| match parse_single_address(word) {
        Some(ip) => ips.push(ip),
        None if word.contains('/') => printer.error(
            &format!("`{word}`{place} is a network, not an address"),
            Some("name one address of it"),
        ),
        None => printer.error(&format!("`{word}`{place} is not an IP address"), None),
    };
    for word in words {
        if word != "-" {
            take(word, "");
            continue;
        }
        for (index, line) in std::io::stdin().lock().split(b'\n').enumerate() {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                take(line, &format!(" (line {} of standard input)", index + 1));
            }
        }
    }
    Ok(ips)
}

/// Why an address that nobody has on the internet is not looked up.
const fn nobody(scope: Scope) -> Option<&'static str> {
    Some(match scope {
        Scope::Global => return None,
        Scope::Private => {
            "a private address: every network may have its own, so no database knows it"
        }
        Scope::Loopback => "the machine itself: no database knows it",
        Scope::LinkLocal => "an address of one link: no database knows it",
        Scope::Multicast => "an address of many receivers: no database knows it",
        Scope::Documentation => "an address for examples and tests: no database knows it",
        Scope::Reserved => "a reserved address: it is nobody's, so no database knows it",
    })
}

fn write(page: &mut Page<'_>, geo: &Geo, details: &Details) -> Result<()> {
    page.paragraph(Tone::Strong, &details.ip.to_string())?;
    if details.columns.is_empty() {
        let why = nobody(details.scope).unwrap_or("not listed in any database");
        page.paragraph(Tone::Dim, why)?;
        return Ok(());
    }
    let mut head = vec![("scope", details.scope.as_str().to_owned())];
    if let Some((first, prefix)) = details.network {
        head.push(("network", format!("{first}/{prefix}")));
    }
    page.facts(&head)?;
    let mut sources: Vec<usize> = details.columns.iter().map(|one| one.source).collect();
    sources.sort_unstable();
    sources.dedup();
    for source in sources {
        page.paragraph(Tone::Dim, &format!("from {}", name(geo, source)))?;
        let facts: Vec<(&str, String)> = details
            .columns
            .iter()
            .filter(|detail| detail.source == source)
            .map(|detail| (detail.name, detail.value.to_string()))
            .collect();
        page.facts(&facts)?;
    }
    Ok(())
}

/// A database's edition, its day, and where it is.
fn name(geo: &Geo, source: usize) -> String {
    match geo.databases().get(source) {
        Some(info) => {
            let place = info
                .path
                .as_ref()
                .map(|path| format!(", {}", path.display()));
            format!(
                "{} of {}{}",
                info.edition,
                built_day(info),
                place.unwrap_or_default()
            )
        }
        None => "elsewhere".to_owned(),
    }
}

/// Writes one JSON document for each address: its row without what is absent, and which database gave each column.
fn write_documents(geo: &Geo, ips: &[IpAddr], is_list: bool, out: &mut dyn Write) -> Result<()> {
    let (open, between, close) = if is_list {
        ("[\n", ",\n", "\n]\n")
    } else {
        ("", "\n", "\n")
    };
    out.write_all(open.as_bytes())?;
    for (index, ip) in ips.iter().enumerate() {
        if index > 0 {
            out.write_all(between.as_bytes())?;
        }
        let document = document(geo, &geo.lookup(*ip));
        let text = rapsheet_output::safe_text::json(&document.to_string(), true).into_owned();
        out.write_all(text.as_bytes())?;
    }
    out.write_all(close.as_bytes())?;
    out.flush()?;
    Ok(())
}

fn document(geo: &Geo, details: &Details) -> Value {
    let mut row = Map::new();
    row.insert("ip".to_owned(), json!(details.ip.to_string()));
    row.insert("scope".to_owned(), json!(details.scope.as_str()));
    if let Some((first, prefix)) = details.network {
        row.insert("network".to_owned(), json!(format!("{first}/{prefix}")));
    }
    let mut sources = Map::new();
    for detail in &details.columns {
        row.insert(detail.name.to_owned(), value(detail));
        if let Some(info) = geo.databases().get(detail.source) {
            sources.insert(detail.name.to_owned(), json!(info.edition));
        }
    }
    if let Some(source) = &details.source {
        row.insert("details_source".to_owned(), json!(source));
    }
    if let Some(micros) = details.as_of_micros {
        row.insert("details_as_of".to_owned(), json!(rfc3339(micros)));
    }
    row.insert("column_sources".to_owned(), Value::Object(sources));
    Value::Object(row)
}

fn value(detail: &Detail) -> Value {
    match &detail.value {
        DetailValue::Text(text) => json!(text),
        DetailValue::Whole(whole) => json!(whole),
        DetailValue::Number(number) => json!(number),
        DetailValue::Flag(flag) => json!(flag),
    }
}

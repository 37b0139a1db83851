//! `rapsheet show`: the whole story of one address, network or autonomous system, with the raw lines.

use std::collections::HashMap;
use std::io::Write;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, bail};
use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use rapsheet_geo::{DetailValue, Geo};
use rapsheet_output::number::{count, duration};
use rapsheet_output::terminal::{Head, Ranked, RankedRow};
use rapsheet_output::{Page, Tone};
use rapsheet_read::EventsWish;
use rapsheet_schema::{network_of, parse_address};

use crate::answer::{Answer, Row};
use crate::arguments::{CommonArguments, ShowArguments};
use crate::command::summary;
use crate::plan::{Plan, local_text, shows_progress, style};
use crate::printer::{Printer, stdout};
use crate::run::{Run, closing_line, open_geo, run as read};

/// Lines of each list.
const LINES: i64 = 10;

/// Whose story.
#[derive(Clone, Debug, PartialEq)]
enum Whom {
    Address(IpAddr),
    Network(IpAddr, u8),
    System(i64),
}

impl Whom {
    fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            anyhow::anyhow!(
                "`{text}` is no address, network or AS\nhint: write `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/48` or `AS64496`"
            )
        };
        if let Some(number) = text.strip_prefix("AS").or_else(|| text.strip_prefix("as")) {
            return number
                .parse::<u32>()
                .map(|number| Self::System(i64::from(number)))
                .map_err(|_| wrong());
        }
        if let Some((address, prefix)) = text.split_once('/') {
            let address = parse_address(address).ok_or_else(wrong)?;
            let prefix: u8 = prefix.parse().map_err(|_| wrong())?;
            if prefix > if address.is_ipv4() { 32 } else { 128 } {
                return Err(wrong());
            }
            return Ok(Self::Network(network_of(address, prefix, prefix).0, prefix));
        }
        parse_address(text).map(Self::Address).ok_or_else(wrong)
    }

    fn holds(&self, ip: IpAddr, system_of: impl FnOnce(IpAddr) -> Option<i64>) -> bool {
        match self {
            Self::Address(address) => *address == ip,
            Self::Network(first, prefix) => {
                ip.is_ipv4() == first.is_ipv4() && network_of(ip, *prefix, *prefix).0 == *first
            }
            Self::System(number) => system_of(ip) == Some(*number),
        }
    }
}

fn system_of(geo: &Geo, ip: IpAddr) -> Option<i64> {
    match geo.lookup(ip).get("traits_autonomous_system_number") {
        Some(DetailValue::Whole(number)) => Some(*number),
        _ => None,
    }
}

/// Tells the story.
pub(crate) fn run(
    arguments: &ShowArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    let whom = Whom::parse(&arguments.whom)?;
    let plan = Plan::new(&arguments.input, common)?;
    if matches!(whom, Whom::System(_)) && plan.no_geo {
        bail!(
            "`{}` needs details\nhint: leave `--no-geo` out",
            arguments.whom
        );
    }
    // The scan asks about each event's address, so the answers are kept.
    let geo = open_geo(&plan, printer).map(Arc::new);
    let known: Mutex<HashMap<IpAddr, bool>> = Mutex::default();
    let (asked, databases) = (whom.clone(), geo.clone());
    let wanted = move |ip: IpAddr| {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry(ip).or_insert_with(|| {
            asked.holds(ip, |ip| {
                databases.as_deref().and_then(|geo| system_of(geo, ip))
            })
        })
    };
    let is_selected = Arc::new(wanted);
    let run = read(
        plan,
        None,
        EventsWish::Of(Arc::<_>::clone(&is_selected) as Arc<_>),
        shows_progress(common),
        printer,
    )?;
    let selected: Vec<IpAddr> = run
        .addresses
        .iter()
        .copied()
        .filter(|ip| is_selected(*ip))
        .collect();
    if selected.is_empty() {
        closing_line(&run, printer);
        bail!("`{}` stands in none of these logs", arguments.whom);
    }
    fill_tables(&run, geo.as_deref(), &selected)?;
    let mut out = stdout();
    let mut page = Page::new(&mut out, style(common));
    story(
        &run,
        &mut page,
        &arguments.whom,
        selected.len(),
        arguments.evidence,
    )?;
    out.flush()?;
    closing_line(&run, printer);
    Ok(())
}

fn fill_tables(run: &Run, geo: Option<&Geo>, selected: &[IpAddr]) -> Result<()> {
    if let Some(geo) = geo {
        let batch = geo.details_batch(&run.addresses)?;
        run.session
            .register("details", batch.schema(), vec![vec![batch]])?;
    }
    let schema = Arc::new(Schema::new(vec![Field::new(
        "source_ip",
        DataType::Utf8,
        false,
    )]));
    let addresses = StringArray::from_iter_values(selected.iter().map(IpAddr::to_string));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(addresses)])?;
    run.session
        .register("selected", schema, vec![vec![batch]])?;
    Ok(())
}

fn story(
    run: &Run,
    page: &mut Page<'_>,
    whom: &str,
    addresses: usize,
    evidence: usize,
) -> Result<()> {
    let zone = &run.plan.timezone;
    page.paragraph(Tone::Strong, &format!("Rap sheet of {whom}"))?;
    let findings = Answer::shipped(&run.session, "show/findings", Some(LINES))?;
    for row in findings.rows() {
        summary::finding(run, page, &row)?;
    }
    let records = Answer::shipped(&run.session, "show/addresses", Some(LINES))?;
    if addresses == 1 {
        if let Some(record) = records.first() {
            page.blank()?;
            page.facts(&facts(&record, zone))?;
        }
        details(run, page)?;
    } else {
        page.heading(&format!("{} addresses", count(addresses as u64)))?;
        let heads = vec![
            Head::address("address"),
            Head::number("score"),
            Head::text("why"),
        ];
        let rows = records.rows().map(|row| RankedRow {
            cells: vec![
                row.text("source_ip").unwrap_or_default(),
                count(row.count("threat_score")),
                row.text("threat_reasons").unwrap_or_default(),
            ],
            count: row.count("attempts"),
            tone: Tone::Plain,
        });
        let rows: Vec<RankedRow> = rows.collect();
        let more = (addresses - rows.len()) as u64;
        page.ranked(&Ranked {
            heads,
            unit: "attempts".to_owned(),
            rows,
            whole: None,
            more,
        })?;
    }
    logins(run, page)?;
    list(
        run,
        page,
        "show/users",
        "User names tried",
        "user",
        "user_name",
        "attempts",
    )?;
    list(
        run,
        page,
        "show/paths",
        "Paths probed",
        "path",
        "url_path",
        "requests",
    )?;
    bans(run, page)?;
    list(run, page, "show/days", "Days", "day", "day", "attempts")?;
    raw_lines(run, page, evidence)
}

fn facts(record: &Row<'_>, zone: &jiff::tz::TimeZone) -> Vec<(&'static str, String)> {
    let time = |name: &str| record.time(name).map(|at| local_text(at, zone));
    let mut facts = vec![
        (
            "threat score",
            format!(
                "{} of 100: {}",
                record.count("threat_score"),
                record
                    .text("threat_reasons")
                    .unwrap_or_else(|| "nothing suspicious".to_owned())
            ),
        ),
        (
            "first seen",
            time("first_seen").unwrap_or_else(|| "?".to_owned()),
        ),
        (
            "last seen",
            time("last_seen").unwrap_or_else(|| "?".to_owned()),
        ),
        (
            "attempts",
            format!(
                "{} in {} events, on {} days",
                count(record.count("attempts")),
                count(record.count("events")),
                count(record.count("active_days"))
            ),
        ),
        ("logins", count(record.count("successes"))),
    ];
    if record.flag("got_in") {
        facts.push((
            "GOT IN",
            format!(
                "after {} failures",
                count(record.count("failures_before_success"))
            ),
        ));
    }
    if record.count("bans") + record.count("restored") > 0 {
        let longest = match record.whole("longest_ban") {
            Some(-1) => ", the longest for ever".to_owned(),
            Some(seconds) => format!(
                ", the longest {}",
                duration(u64::try_from(seconds).unwrap_or(0))
            ),
            None => String::new(),
        };
        facts.push((
            "bans",
            format!(
                "{}{longest}; {} restored, {} lifted{}",
                count(record.count("bans")),
                count(record.count("restored")),
                count(record.count("unbans")),
                if record.flag("still_banned") {
                    "; still banned"
                } else {
                    ""
                }
            ),
        ));
    }
    if let Some(jails) = record.text("jails") {
        facts.push(("jails", jails));
    }
    facts
}

/// What is known of the address, column by column.
fn details(run: &Run, page: &mut Page<'_>) -> Result<()> {
    let answer = Answer::shipped(&run.session, "show/details", Some(1))?;
    let Some(row) = answer.first() else {
        return Ok(());
    };
    let schema = answer.batch().schema();
    let facts: Vec<(&str, String)> = schema
        .fields()
        .iter()
        .filter(|field| field.name() != "source_ip")
        .filter_map(|field| {
            let value = match row.time(field.name()) {
                Some(at) if matches!(field.data_type(), DataType::Timestamp(..)) => {
                    local_text(at, &run.plan.timezone)
                }
                _ => row.text(field.name())?,
            };
            (value != "false").then_some((field.name().as_str(), value))
        })
        .collect();
    if !facts.is_empty() {
        page.heading("Details")?;
        page.facts(&facts)?;
    }
    Ok(())
}

fn logins(run: &Run, page: &mut Page<'_>) -> Result<()> {
    let answer = Answer::shipped(&run.session, "show/logins", Some(LINES))?;
    if answer.is_empty() {
        return Ok(());
    }
    page.heading("Successful logins")?;
    for row in answer.rows() {
        let text = format!(
            "{}  {} by {} from {} on {}, after {} failures with {} names",
            row.time("at")
                .map(|at| local_text(at, &run.plan.timezone))
                .unwrap_or_default(),
            row.text("user_name").unwrap_or_default(),
            row.text("openssh_auth_method")
                .unwrap_or_else(|| "?".to_owned()),
            row.text("source_ip").unwrap_or_default(),
            row.text("host_name").unwrap_or_else(|| "?".to_owned()),
            count(row.count("failures_before")),
            count(row.count("user_names_before")),
        );
        let tone = if row.count("failures_before") >= 3 {
            Tone::Danger
        } else {
            Tone::Plain
        };
        page.paragraph(tone, &text)?;
    }
    Ok(())
}

fn list(
    run: &Run,
    page: &mut Page<'_>,
    query: &str,
    title: &str,
    head: &str,
    column: &str,
    unit: &str,
) -> Result<()> {
    let answer = Answer::shipped(&run.session, query, None)?;
    let mut sums: Vec<(String, u64)> = Vec::new();
    for row in answer.rows() {
        let name = row
            .text(column)
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "(empty)".to_owned());
        let number = row.count(unit);
        match sums.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += number,
            None => sums.push((name, number)),
        }
    }
    if sums.is_empty() {
        return Ok(());
    }
    if unit != "attempts" || head != "day" {
        sums.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    }
    page.heading(title)?;
    let shown = usize::try_from(if head == "day" { 31 } else { LINES }).unwrap_or(10);
    let more = sums.len().saturating_sub(shown) as u64;
    let rows = sums.into_iter().take(shown).map(|(name, count)| RankedRow {
        cells: vec![name],
        count,
        tone: Tone::Plain,
    });
    page.ranked(&Ranked {
        heads: vec![Head::text(head)],
        unit: unit.to_owned(),
        rows: rows.collect(),
        whole: None,
        more,
    })?;
    Ok(())
}

fn bans(run: &Run, page: &mut Page<'_>) -> Result<()> {
    let answer = Answer::shipped(&run.session, "show/bans", Some(LINES * 2))?;
    if answer.is_empty() {
        return Ok(());
    }
    page.heading("Bans")?;
    for row in answer.rows() {
        let time = |name: &str| row.time(name).map(|at| local_text(at, &run.plan.timezone));
        let text = format!(
            "{} to {}  {} {} ({}, {})",
            time("banned_at").unwrap_or_default(),
            time("unbanned_at").unwrap_or_else(|| "?".to_owned()),
            row.text("source_ip").unwrap_or_default(),
            row.text("fail2ban_jail").unwrap_or_default(),
            row.text("kind").unwrap_or_default(),
            row.text("ended_by").unwrap_or_default(),
        );
        page.paragraph(Tone::Plain, &text)?;
    }
    Ok(())
}

/// The lines themselves: where they stand, and what they say.
fn raw_lines(run: &Run, page: &mut Page<'_>, evidence: usize) -> Result<()> {
    if evidence == 0 {
        return Ok(());
    }
    // Successful logins are shown whatever comes before them.
    let answer = Answer::sql(
        &run.session,
        &format!(
            "SELECT log_file_path, log_line, message FROM (\
               SELECT timestamp, log_file_path, log_line, message FROM events \
               ORDER BY CASE WHEN event_action = 'login' AND event_outcome = 'success' THEN 0 ELSE 1 END, \
                 timestamp NULLS FIRST, log_file_path, log_line LIMIT {evidence}\
             ) AS chosen ORDER BY timestamp NULLS FIRST, log_file_path, log_line"
        ),
    )?;
    let all = Answer::sql(&run.session, "SELECT count(*) AS lines FROM events")?;
    let all = all.first().map_or(0, |row| row.count("lines"));
    let shown = answer.batch().num_rows() as u64;
    let more = if all > shown {
        format!(
            ", the first {} of {} (`--evidence N`)",
            count(shown),
            count(all)
        )
    } else {
        String::new()
    };
    page.heading(&format!("Evidence{more}"))?;
    for row in answer.rows() {
        page.verbatim(&format!(
            "{}:{}: {}",
            row.text("log_file_path").unwrap_or_default(),
            row.count("log_line"),
            row.text("message").unwrap_or_default()
        ))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_is_an_address_a_network_or_a_system() {
        let ip = |text: &str| parse_address(text).unwrap();
        assert_eq!(
            Whom::parse("192.0.2.1").unwrap(),
            Whom::Address(ip("192.0.2.1"))
        );
        assert_eq!(
            Whom::parse("192.0.2.77/24").unwrap(),
            Whom::Network(ip("192.0.2.0"), 24)
        );
        assert_eq!(Whom::parse("AS64496").unwrap(), Whom::System(64_496));
        for wrong in [
            "",
            "AS",
            "ASx",
            "192.0.2.0/33",
            "2001:db8::/129",
            "host.example.org",
        ] {
            assert!(Whom::parse(wrong).is_err(), "{wrong}");
        }
        let network = Whom::parse("2001:db8::/48").unwrap();
        assert!(network.holds(ip("2001:db8:0:1::5"), |_| None));
        assert!(!network.holds(ip("2001:db8:1::5"), |_| None));
        assert!(
            !Whom::parse("0.0.0.0/0")
                .unwrap()
                .holds(ip("2001:db8::1"), |_| None)
        );
    }
}

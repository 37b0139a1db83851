//! The facts of a rap sheet: names and values, of one address or of the addresses of a network together.

use anyhow::Result;
use rapsheet_output::number::{count, duration, several};

use super::failures::failures_before;
use super::lists::time;
use super::subject::Subject;
use crate::answer::{Answer, Row};
use crate::run::Run;

/// A name and a value.
type Fact = (&'static str, String);

/// The record of one address.
pub(super) fn of_one(run: &Run, logins: &Answer) -> Result<Vec<Fact>> {
    let records = Answer::shipped(&run.session, "show/addresses", Some(1))?;
    let Some(record) = records.first() else {
        return Ok(Vec::new());
    };
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
            time(&record, "first_seen", &run.plan.timezone),
        ),
        ("last seen", time(&record, "last_seen", &run.plan.timezone)),
        (
            "attempts",
            format!(
                "{} in {}, on {}",
                count(record.count("attempts")),
                several(record.count("events"), "event", "events"),
                several(record.count("active_days"), "day", "days")
            ),
        ),
        ("logins", succeeded(record.count("successes"), &record)),
    ];
    if record.flag("got_in")
        && let Some(login) = logins.first()
    {
        facts.push((
            "GOT IN",
            format!(
                "{} as {} after {}",
                time(&login, "at", &run.plan.timezone),
                login.text("user_name").unwrap_or_else(|| "?".to_owned()),
                failures_before(&login)
            ),
        ));
    }
    facts.extend(bans_of_one(&record));
    facts.extend(jails(run)?);
    facts.extend(known(run)?);
    Ok(facts)
}

/// By which entries they are known.
fn known(run: &Run) -> Result<Option<Fact>> {
    let entries = Answer::shipped(&run.session, "show/known", None)?;
    let told = entries.rows().map(|row| {
        let words = [row.text("note"), row.text("value"), row.text("scope")];
        words.into_iter().flatten().collect::<Vec<_>>().join(", ")
    });
    let told: Vec<String> = told.collect();
    Ok((!told.is_empty()).then(|| ("known", told.join("; "))))
}

/// How often one address was banned, for how long, and how that ended; absent where it never was.
fn bans_of_one(record: &Row<'_>) -> Option<Fact> {
    if record.count("bans") + record.count("restored") == 0 {
        return None;
    }
    let longest = match record.whole("longest_ban") {
        Some(-1) => ", the longest for ever".to_owned(),
        Some(seconds) => format!(
            ", the longest {}",
            duration(u64::try_from(seconds).unwrap_or(0))
        ),
        None => String::new(),
    };
    let still = if record.flag("still_banned") {
        "; still banned"
    } else {
        ""
    };
    let text = format!(
        "{}{longest}; {} restored, {} lifted{still}",
        count(record.count("bans")),
        count(record.count("restored")),
        count(record.count("unbans")),
    );
    Some(("bans", text))
}

/// What the addresses of a network did together.
pub(super) fn of_many(run: &Run, subject: &Subject, totals: &Row<'_>) -> Result<Vec<Fact>> {
    let of = |name: &str| count(totals.count(name));
    let mut facts = vec![
        (
            "addresses",
            format!(
                "{}, {} of them tried something",
                of("addresses"),
                of("attackers")
            ),
        ),
        ("first seen", time(totals, "first_seen", &run.plan.timezone)),
        ("last seen", time(totals, "last_seen", &run.plan.timezone)),
        (
            "attempts",
            format!(
                "{} in {}",
                of("attempts"),
                several(totals.count("events"), "event", "events")
            ),
        ),
        ("logins", succeeded(totals.count("successes"), totals)),
    ];
    if totals.count("bans") + totals.count("restored") > 0 {
        facts.push((
            "bans",
            format!(
                "{} of {}; {} restored, {} lifted; {} still banned",
                of("bans"),
                several(totals.count("banned_addresses"), "address", "addresses"),
                of("restored"),
                of("unbans"),
                of("still_banned")
            ),
        ));
    }
    facts.extend(jails(run)?);
    facts.extend(known(run)?);
    match (totals.count("countries"), totals.text("country_name")) {
        (1, Some(name)) => facts.push(("country", name)),
        (0 | 1, _) => {}
        (several, _) => facts.push(("countries", count(several))),
    }
    if !matches!(subject, Subject::System(_)) {
        match totals.count("autonomous_systems") {
            0 => {}
            1 => facts.push((
                "AS",
                format!(
                    "AS{} {}",
                    totals.count("traits_autonomous_system_number"),
                    totals
                        .text("traits_autonomous_system_organization")
                        .unwrap_or_default()
                ),
            )),
            several => facts.push(("AS", format!("{} different ones", count(several)))),
        }
    }
    Ok(facts)
}

/// What fail2ban's jails did.
fn jails(run: &Run) -> Result<Option<Fact>> {
    let jails = Answer::shipped(&run.session, "show/jails", None)?;
    let texts: Vec<String> = jails
        .rows()
        .map(|row| {
            let mut text = format!(
                "{} ({} found, {}",
                row.text("fail2ban_jail").unwrap_or_else(|| "?".to_owned()),
                count(row.count("found")),
                several(row.count("bans"), "ban", "bans")
            );
            if row.count("restored") > 0 {
                text.push_str(&format!(", {} restored", count(row.count("restored"))));
            }
            text.push(')');
            text
        })
        .collect();
    Ok((!texts.is_empty()).then(|| ("jails", texts.join(", "))))
}

/// How many logins succeeded, and whether they look like guessing.
fn succeeded(successes: u64, row: &Row<'_>) -> String {
    let got_in = row.flag("got_in") || row.count("got_in") > 0;
    match successes {
        0 => "0".to_owned(),
        _ if got_in => count(successes),
        1 => "1, not after failures that look like guessing".to_owned(),
        _ => format!(
            "{}, none after failures that look like guessing",
            count(successes)
        ),
    }
}

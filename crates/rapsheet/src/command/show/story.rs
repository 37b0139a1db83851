//! The page of a rap sheet: what to act on, the facts, then list by list, and the lines of the logs.

use anyhow::Result;
use arrow::datatypes::DataType;
use rapsheet_output::number::{count, duration, several};
use rapsheet_output::terminal::{Head, Ranked, RankedRow};
use rapsheet_output::{Page, Tone};

use super::Whom;
use crate::answer::{Answer, Row};
use crate::command::summary;
use crate::plan::local_text;
use crate::run::Run;

/// Lines of each list.
const LINES: i64 = 10;
/// Bars of days.
const DAYS: usize = 31;

/// A page that is being written about somebody.
struct Story<'a, 'p> {
    run: &'a Run,
    page: Page<'p>,
    whom: &'a Whom,
}

/// Writes the page.
pub(super) fn tell(
    run: &Run,
    page: Page<'_>,
    whom: &Whom,
    addresses: usize,
    evidence: usize,
) -> Result<()> {
    let mut story = Story { run, page, whom };
    let totals = Answer::shipped(&run.session, "show/totals", None)?;
    let logins = Answer::shipped(&run.session, "show/logins", Some(LINES))?;
    if let Some(totals) = totals.first() {
        story.heading(&totals)?;
        story.findings()?;
        story.page.blank()?;
        let facts = if addresses == 1 {
            story.facts_of_one(&logins)?
        } else {
            story.facts_of_many(&totals)?
        };
        story.page.facts(&facts)?;
    }
    if addresses == 1 {
        story.details()?;
    } else {
        story.addresses(addresses as u64)?;
    }
    story.logins(&logins)?;
    story.users()?;
    story.paths()?;
    story.bans()?;
    story.days()?;
    story.raw_lines(evidence)
}

impl Story<'_, '_> {
    fn heading(&mut self, totals: &Row<'_>) -> Result<()> {
        let mut name = self.whom.name();
        if let (Whom::System(_), Some(organisation)) = (
            self.whom,
            totals.text("traits_autonomous_system_organization"),
        ) {
            name = format!("{name} {organisation}");
        }
        self.page
            .paragraph(Tone::Strong, &format!("Rap sheet of {name}"))?;
        Ok(())
    }

    fn time(&self, row: &Row<'_>, name: &str) -> String {
        row.time(name).map_or_else(
            || "?".to_owned(),
            |at| local_text(at, &self.run.plan.timezone),
        )
    }

    /// Says how many rows of a list are not shown, and what shows them.
    fn more(&mut self, all: u64, shown: usize, table: &str) -> Result<()> {
        let more = all.saturating_sub(shown as u64);
        if more > 0 {
            let text = format!(
                "and {} more: `rapsheet sql \"SELECT * FROM {table} WHERE {}\"`",
                count(more),
                self.whom.condition()
            );
            self.page.paragraph(Tone::Dim, &text)?;
        }
        Ok(())
    }

    fn findings(&mut self) -> Result<()> {
        let findings = Answer::shipped(&self.run.session, "show/findings", Some(LINES))?;
        for row in findings.rows() {
            summary::finding(self.run, &mut self.page, &row)?;
        }
        let all = findings.first().map_or(0, |row| row.count("of_all"));
        self.more(all, findings.rows().count(), "findings")
    }

    /// The record of one address.
    fn facts_of_one(&self, logins: &Answer) -> Result<Vec<(&'static str, String)>> {
        let records = Answer::shipped(&self.run.session, "show/addresses", Some(1))?;
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
            ("first seen", self.time(&record, "first_seen")),
            ("last seen", self.time(&record, "last_seen")),
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
                    "{} as `{}` after {}",
                    self.time(&login, "at"),
                    login.text("user_name").unwrap_or_else(|| "?".to_owned()),
                    before(&login)
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
        self.jails(&mut facts)?;
        Ok(facts)
    }

    /// What the addresses of a network did together.
    fn facts_of_many(&self, totals: &Row<'_>) -> Result<Vec<(&'static str, String)>> {
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
            ("first seen", self.time(totals, "first_seen")),
            ("last seen", self.time(totals, "last_seen")),
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
        self.jails(&mut facts)?;
        match (totals.count("countries"), totals.text("country_name")) {
            (1, Some(name)) => facts.push(("country", name)),
            (0 | 1, _) => {}
            (several, _) => facts.push(("countries", count(several))),
        }
        if !matches!(self.whom, Whom::System(_)) {
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
    fn jails(&self, facts: &mut Vec<(&'static str, String)>) -> Result<()> {
        let jails = Answer::shipped(&self.run.session, "show/jails", None)?;
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
        if !texts.is_empty() {
            facts.push(("jails", texts.join(", ")));
        }
        Ok(())
    }

    /// The worst addresses of a network.
    fn addresses(&mut self, all: u64) -> Result<()> {
        let records = Answer::shipped(&self.run.session, "show/addresses", Some(LINES))?;
        self.page.heading("Addresses, the worst first")?;
        let rows: Vec<RankedRow> = records
            .rows()
            .map(|row| RankedRow {
                cells: vec![
                    row.text("source_ip").unwrap_or_default(),
                    count(row.count("threat_score")),
                    row.text("threat_reasons").unwrap_or_default(),
                ],
                count: row.count("attempts"),
                tone: tone_of(&row),
            })
            .collect();
        let shown = rows.len();
        let heads = vec![
            Head::address("address"),
            Head::number("score"),
            Head::text("why"),
        ];
        self.ranked(heads, "attempts", rows)?;
        self.more(all, shown, "addresses")
    }

    fn ranked(&mut self, heads: Vec<Head>, unit: &str, rows: Vec<RankedRow>) -> Result<()> {
        self.page.ranked(&Ranked {
            heads,
            unit: unit.to_owned(),
            rows,
            whole: None,
            more: 0,
        })?;
        Ok(())
    }

    /// What is known of the address, column by column.
    fn details(&mut self) -> Result<()> {
        let answer = Answer::shipped(&self.run.session, "show/details", Some(1))?;
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
                        local_text(at, &self.run.plan.timezone)
                    }
                    _ => row.text(field.name())?,
                };
                (value != "false").then_some((field.name().as_str(), value))
            })
            .collect();
        if !facts.is_empty() {
            self.page.heading("Details")?;
            self.page.facts(&facts)?;
        }
        Ok(())
    }

    fn logins(&mut self, logins: &Answer) -> Result<()> {
        if logins.is_empty() {
            return Ok(());
        }
        self.page.heading("Successful logins")?;
        for row in logins.rows() {
            let is_guessed = row.count("grade") >= 2 || by_network(&row);
            let text = format!(
                "{}  {} by {} from {} on {}{}",
                self.time(&row, "at"),
                row.text("user_name").unwrap_or_default(),
                row.text("openssh_auth_method")
                    .unwrap_or_else(|| "?".to_owned()),
                row.text("source_ip").unwrap_or_default(),
                row.text("host_name").unwrap_or_else(|| "?".to_owned()),
                if is_guessed || row.count("failures_before") > 0 {
                    format!(", after {}", before(&row))
                } else {
                    String::new()
                }
            );
            let tone = if is_guessed {
                Tone::Danger
            } else {
                Tone::Plain
            };
            self.page.paragraph(tone, &text)?;
        }
        let all = logins.first().map_or(0, |row| row.count("of_all"));
        self.more(all, logins.rows().count(), "logins")
    }

    fn users(&mut self) -> Result<()> {
        let users = Answer::shipped(&self.run.session, "show/users", Some(LINES))?;
        if users.is_empty() {
            return Ok(());
        }
        self.page.heading("User names tried")?;
        let rows: Vec<RankedRow> = users
            .rows()
            .map(|row| RankedRow {
                cells: vec![
                    row.text("user_name")
                        .filter(|name| !name.is_empty())
                        .unwrap_or_else(|| "(empty)".to_owned()),
                ],
                count: row.count("attempts"),
                tone: Tone::Plain,
            })
            .collect();
        let shown = rows.len();
        self.ranked(vec![Head::text("user")], "attempts", rows)?;
        let all = users.first().map_or(0, |row| row.count("of_all"));
        self.more(all, shown, "address_users")
    }

    fn paths(&mut self) -> Result<()> {
        let paths = Answer::shipped(&self.run.session, "show/paths", Some(LINES))?;
        if paths.is_empty() {
            return Ok(());
        }
        self.page.heading("Paths probed")?;
        let rows: Vec<RankedRow> = paths
            .rows()
            .map(|row| RankedRow {
                cells: vec![
                    row.text("url_path").unwrap_or_default(),
                    row.text("reason").unwrap_or_default(),
                    count(row.count("answered")),
                ],
                count: row.count("requests"),
                tone: Tone::Plain,
            })
            .collect();
        let shown = rows.len();
        let heads = vec![
            Head::text("path"),
            Head::text("as"),
            Head::number("answered"),
        ];
        self.ranked(heads, "requests", rows)?;
        let all = paths.first().map_or(0, |row| row.count("of_all"));
        self.more(all, shown, "address_paths")
    }

    fn bans(&mut self) -> Result<()> {
        let bans = Answer::shipped(&self.run.session, "show/bans", Some(LINES))?;
        if bans.is_empty() {
            return Ok(());
        }
        self.page.heading("Bans, the latest first")?;
        for row in bans.rows() {
            let until = match row.time("unbanned_at") {
                Some(at) => local_text(at, &self.run.plan.timezone),
                None => "?".to_owned(),
            };
            let text = format!(
                "{} to {until}  {} {} ({}, {})",
                self.time(&row, "banned_at"),
                row.text("source_ip").unwrap_or_default(),
                row.text("fail2ban_jail").unwrap_or_default(),
                row.text("kind").unwrap_or_default(),
                row.text("ended_by").unwrap_or_default(),
            );
            self.page.paragraph(Tone::Plain, &text)?;
        }
        let all = bans.first().map_or(0, |row| row.count("of_all"));
        self.more(all, bans.rows().count(), "bans")
    }

    fn days(&mut self) -> Result<()> {
        let days = Answer::shipped(&self.run.session, "show/days", None)?;
        if days.is_empty() {
            return Ok(());
        }
        let all = days.rows().count();
        let title = if all > DAYS {
            format!("Days, the last {DAYS} of {}", count(all as u64))
        } else {
            "Days".to_owned()
        };
        self.page.heading(&title)?;
        let rows = days.rows().skip(all.saturating_sub(DAYS));
        let rows = rows.map(|row| RankedRow {
            cells: vec![row.text("day").unwrap_or_default()],
            count: row.count("attempts"),
            tone: Tone::Plain,
        });
        let rows = rows.collect();
        self.ranked(vec![Head::text("day")], "attempts", rows)
    }

    /// The lines themselves: where they stand, and what they say.
    fn raw_lines(&mut self, evidence: usize) -> Result<()> {
        if evidence == 0 {
            return Ok(());
        }
        // Successful logins are shown whatever comes before them.
        let answer = Answer::sql(
            &self.run.session,
            &format!(
                "SELECT log_file_path, log_line, message FROM (\
                   SELECT timestamp, log_file_path, log_line, message FROM events \
                   ORDER BY CASE WHEN event_action = 'login' AND event_outcome = 'success' THEN 0 ELSE 1 END, \
                     timestamp NULLS FIRST, log_file_path, log_line LIMIT {evidence}\
                 ) AS chosen ORDER BY timestamp NULLS FIRST, log_file_path, log_line"
            ),
        )?;
        let all = Answer::sql(&self.run.session, "SELECT count(*) AS lines FROM events")?;
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
        self.page.heading(&format!("Evidence{more}"))?;
        for row in answer.rows() {
            self.page.verbatim(&format!(
                "{}:{}: {}",
                row.text("log_file_path").unwrap_or_default(),
                row.count("log_line"),
                row.text("message").unwrap_or_default()
            ))?;
        }
        Ok(())
    }
}

/// Somebody who got in stands out, where the reasons say so too.
fn tone_of(record: &Row<'_>) -> Tone {
    let got_in = record
        .text("threat_reasons")
        .is_some_and(|reasons| reasons.starts_with("got in"));
    if got_in { Tone::Danger } else { Tone::Plain }
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

/// Whether the network's other addresses failed often enough before a login to speak of it.
fn by_network(login: &Row<'_>) -> bool {
    login.count("grade") < 2 && login.count("network_failures_before") >= 10
}

/// What failed before a login.
fn before(login: &Row<'_>) -> String {
    let own = several(login.count("failures_before"), "failure", "failures");
    if by_network(login) {
        return format!(
            "{own} of its own and {} of {} of its network",
            count(login.count("network_failures_before")),
            several(
                login.count("network_addresses_before"),
                "other address",
                "other addresses"
            )
        );
    }
    match login.count("user_names_before") {
        0 | 1 => own,
        names => format!("{own} with {} user names", count(names)),
    }
}

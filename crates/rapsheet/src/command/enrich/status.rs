//! `rapsheet enrich status`: what was spent, when and on which service, and what is kept.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::{Context, Result};
use rapsheet_geo::{Amount, Cache, KeptAnswers, RunSpending, Service, prices_as_of};
use rapsheet_output::number::{count, several};
use rapsheet_output::time::date;
use rapsheet_output::{Page, Tone};

use super::prices::is_outdated;
use crate::arguments::{CommonArguments, EnrichStatusArguments};
use crate::configuration::configuration;
use crate::geo_sources::{FRESH_DAYS, cache_path};
use crate::printer::stdout;
use crate::terminal::style;

const DAY_MICROS: i64 = 86_400 * 1_000_000;

/// Tells it.
pub(crate) fn run(arguments: &EnrichStatusArguments, common: &CommonArguments) -> Result<()> {
    let file = configuration(common.config.as_deref())?;
    let place = cache_path(arguments.cache.as_deref(), file.cache)
        .context("there is no place for the answers\nhint: name one with `--cache FILE`")?;
    let Some(cache) = Cache::open_read_only(&place)? else {
        anyhow::bail!(
            "there is no cache `{}`\nhint: `rapsheet enrich` makes one",
            place.display()
        );
    };
    let now = jiff::Timestamp::now().as_microsecond();
    let mut out = stdout();
    let mut page = Page::new(&mut out, style(common));
    page.paragraph(Tone::Strong, &format!("Answers in {}", place.display()))?;
    write_kept(&mut page, &cache.kept()?, now)?;
    write_spent(&mut page, &cache.spending()?, now)?;
    for waiting in cache.under_way()? {
        page.paragraph(
            Tone::Plain,
            &format!(
                "{} of `{}` at {} without an answer: under way, or of a run that was killed; the next run there counts them as spent",
                several(waiting.requests, "request", "requests"),
                waiting.service.as_str(),
                waiting.host,
            ),
        )?;
    }
    let failed = cache.unanswered()?.len() as u64;
    if failed > 0 {
        page.blank()?;
        page.paragraph(
            Tone::Plain,
            &format!(
                "{} asked about in vain: `rapsheet export unanswered` lists them",
                several(failed, "address was", "addresses were")
            ),
        )?;
    }
    out.flush()?;
    Ok(())
}

fn day(micros: i64) -> String {
    date(micros.div_euclid(DAY_MICROS))
}

/// How long ago something was, for people.
fn ago(micros: i64, now: i64) -> String {
    match (now - micros).div_euclid(DAY_MICROS) {
        days if days < 0 => "dated ahead of this machine's clock".to_owned(),
        0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        days => format!("{} days ago", count(days.unsigned_abs())),
    }
}

fn write_kept(page: &mut Page<'_>, kept: &[KeptAnswers], now: i64) -> Result<()> {
    if kept.is_empty() {
        return Ok(page.paragraph(Tone::Plain, "none")?);
    }
    for answers in kept {
        page.blank()?;
        let host = &answers.host;
        let title = format!("{} at {host}", answers.service.as_str());
        page.paragraph(Tone::Strong, &title)?;
        let mut facts = vec![
            (
                "   Kept",
                several(
                    answers.details,
                    "address with details",
                    "addresses with details",
                ),
            ),
            (
                "   Asked",
                format!(
                    "from {} ({}) to {} ({})",
                    day(answers.oldest_micros),
                    ago(answers.oldest_micros, now),
                    day(answers.newest_micros),
                    ago(answers.newest_micros, now)
                ),
            ),
        ];
        if answers.not_found > 0 {
            facts.push((
                "   Unknown",
                format!(
                    "{} of which the service knew nothing",
                    several(answers.not_found, "address", "addresses")
                ),
            ));
        }
        if answers.apart > 0 {
            facts.push((
                "   Apart",
                format!(
                    "{} about another address than was asked about",
                    several(answers.apart, "answer", "answers")
                ),
            ));
        }
        if host != answers.service.host_name() {
            facts.push((
                "   Counts",
                format!("for `--answers-from {host}` alone: it is not MaxMind's own host"),
            ));
        } else if now - answers.oldest_micros > FRESH_DAYS * DAY_MICROS {
            facts.push((
                "   Old",
                format!(
                    "MaxMind's terms want data replaced after {FRESH_DAYS} days: `rapsheet enrich forget --older-than {FRESH_DAYS}d`"
                ),
            ));
        }
        page.facts(&facts)?;
    }
    Ok(())
}

/// What one service at one host has cost.
#[derive(Default)]
struct Sum {
    runs: u64,
    sent: u64,
    answered: u64,
    perhaps_billed: u64,
    spent: Amount,
    /// Answers of runs before spending was noted.
    unpriced: u64,
}

fn write_spent(page: &mut Page<'_>, runs: &[RunSpending], now: i64) -> Result<()> {
    page.heading("Spent")?;
    if runs.is_empty() {
        return Ok(page.paragraph(Tone::Plain, "nothing was noted yet")?);
    }
    let mut sums: BTreeMap<(Service, &str, String), Sum> = BTreeMap::new();
    for run in runs {
        let month = day(run.begun_micros)[..7].to_owned();
        let sum = sums.entry((run.service, &run.host, month)).or_default();
        sum.runs += 1;
        sum.sent += run.sent;
        sum.answered += run.answered;
        sum.perhaps_billed += run.perhaps_billed;
        match run.spent {
            Some(spent) => sum.spent.0 = sum.spent.0.saturating_add(spent.0),
            None => sum.unpriced += run.answered,
        }
    }
    for ((service, host, month), sum) in &sums {
        let mut text = format!(
            "{month}  {} at {host}: {} for {} in {}",
            service.as_str(),
            sum.spent,
            several(sum.sent, "request", "requests"),
            several(sum.runs, "run", "runs"),
        );
        if sum.perhaps_billed > 0 {
            text.push_str(&format!(
                ", of them {} without an answer, which may have been billed",
                count(sum.perhaps_billed)
            ));
        }
        if sum.unpriced > 0 {
            text.push_str(&format!(
                "; {} from before prices were noted, at today's price {}",
                several(sum.unpriced, "answer", "answers"),
                service.shipped_price().times(sum.unpriced)
            ));
        }
        page.paragraph(Tone::Plain, &text)?;
    }
    let own = sums
        .iter()
        .filter(|((service, host, _), _)| *host == service.host_name());
    let all = own.fold(0_u64, |all, (_, sum)| all.saturating_add(sum.spent.0));
    page.paragraph(
        Tone::Strong,
        &format!(
            "{} in all at MaxMind's own hosts, at the price of each run's day; shipped prices are of {}{}",
            Amount(all),
            prices_as_of(),
            if is_outdated(now) {
                ", more than a year ago"
            } else {
                ""
            }
        ),
    )?;
    Ok(())
}

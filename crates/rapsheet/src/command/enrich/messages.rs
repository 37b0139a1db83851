//! The plan and the outcome of `enrich` in words.

use std::net::IpAddr;
use std::path::Path;

use anyhow::{Result, bail};
use rapsheet_geo::{
    Amount, AnswerHost, AskOptions, AskPlan, Cache, HttpUrl, PlanOptions, Tally, host_name,
};
use rapsheet_output::number::count;

use super::prices::Price;
use crate::printer::Printer;

/// How many failed addresses are listed.
const MOST_LISTED: usize = 20;

/// What is told beside the plan itself.
pub(super) struct Told<'a> {
    pub(super) price: &'a Price,
    pub(super) budget: Option<Amount>,
    pub(super) host: &'a HttpUrl,
    /// Whose answers this host's are.
    pub(super) from: &'a AnswerHost,
    pub(super) cache: &'a Path,
    /// How many answers are dated ahead of the clock.
    pub(super) ahead: usize,
}

impl Told<'_> {
    /// For how many requests the budget is enough, where it isn't for all.
    fn reach(&self, plan: &AskPlan) -> Option<u64> {
        let budget = self.budget.filter(|budget| *budget < plan.cost)?;
        budget.pays_for(self.price.amount)
    }

    /// How the cache is named in a command, where it isn't the usual one.
    fn cache_flag(&self) -> String {
        if Cache::usual_path().as_deref() == Some(self.cache) {
            String::new()
        } else {
            format!(" --cache {}", self.cache.display())
        }
    }
}

/// Writes a number of addresses.
fn address_count(number: usize) -> String {
    match number {
        1 => "1 address".to_owned(),
        number => format!("{} addresses", count(number as u64)),
    }
}

/// Writes a number of requests.
fn request_count(number: u64) -> String {
    match number {
        1 => "1 request".to_owned(),
        number => format!("{} requests", count(number)),
    }
}

/// The plan in words.
pub(super) fn plan_in_words(plan: &AskPlan, options: &PlanOptions, told: &Told<'_>) -> Vec<String> {
    let number = |n: usize| count(n as u64);
    let mut lines = vec![format!(
        "{}: {} to ask, {} answered already, {} through the network of an answer, {} private or reserved (never sent)",
        address_count(plan.addresses),
        number(plan.ask.len()),
        number(plan.cached),
        number(plan.through_network),
        number(plan.reserved),
    )];
    if plan.about_another > 0 {
        lines.push(format!(
            "{} had an answer about another address, which is kept apart: not asked again, since that may be billed again (`rapsheet enrich forget --address` makes way for it)",
            address_count(plan.about_another)
        ));
    }
    if told.ahead > 0 {
        lines.push(format!(
            "{} dated ahead of this machine's clock, which was wrong then or is wrong now: they count as old",
            match told.ahead {
                1 => "1 answer is".to_owned(),
                many => format!("{} answers are", number(many)),
            }
        ));
    }
    if plan.beyond_limit > 0 {
        lines.push(format!(
            "left out by `--limit`: {}",
            number(plan.beyond_limit)
        ));
    }
    if plan.ask.is_empty() {
        lines.push("nothing to ask".to_owned());
        return lines;
    }
    lines.push(whom(options, told));
    lines.extend(costs(plan, options, told));
    if options.share_networks && plan.blocks < plan.ask.len() {
        let blocks = match plan.blocks {
            1 => "1 block".to_owned(),
            many => format!("{} blocks", number(many)),
        };
        lines.push(format!(
            "one answer serves its network: the addresses lie in {blocks} (/24, /64), so sharing may save {}, or more where networks are wider",
            request_count((plan.ask.len() - plan.blocks) as u64),
        ));
    }
    lines
}

/// Who is asked, and where answers go.
fn whom(options: &PlanOptions, told: &Told<'_>) -> String {
    let service = options.service.as_str();
    let (host, cache) = (told.host, told.cache.display());
    match told.from {
        AnswerHost::MaxMind => {
            format!("asks {host} (MaxMind, service `{service}`), keeps answers in `{cache}`")
        }
        AnswerHost::Named(name) => format!(
            "asks {host} (not MaxMind's own host; service `{service}`), keeps answers in `{cache}`, where they count for `--answers-from {name}` alone"
        ),
    }
}

/// What all costs, and how far the money goes.
fn costs(plan: &AskPlan, options: &PlanOptions, told: &Told<'_>) -> Vec<String> {
    if options.price.0 == 0 && options.service.is_free() {
        return vec!["this service costs nothing; it answers 1,000 questions a day".to_owned()];
    }
    let mut lines = vec![format!(
        "at most {} at {} each: {}{}",
        request_count(plan.ask.len() as u64),
        options.price,
        plan.cost,
        told.price.dated(),
    )];
    let most = Amount(plan.cost.0.saturating_add(plan.reserve.0));
    lines.push(match (told.budget, told.reach(plan)) {
        (Some(budget), Some(reach)) => format!(
            "budget {budget}: enough for {} of {}, the first of the list",
            count(reach),
            request_count(plan.ask.len() as u64)
        ),
        (Some(budget), None) => format!(
            "budget {budget}: enough for all; what may be billed without an answer is asked again as far as it goes"
        ),
        (None, _) => format!(
            "in reserve: {}, to ask again what may be billed without an answer; never more than {most} in all",
            plan.reserve
        ),
    });
    lines
}

/// What is asked of the person, with the most that may be spent.
pub(super) fn question(plan: &AskPlan, told: &Told<'_>) -> String {
    let all = address_count(plan.ask.len());
    let most = Amount(plan.cost.0.saturating_add(plan.reserve.0));
    let cost = format!("{}{}", plan.cost, told.price.dated());
    match (told.budget, told.reach(plan)) {
        (Some(budget), Some(reach)) => format!(
            "the budget of {budget} is enough for {} of {all}, which cost {cost}: ask as far as it goes? [y/N]",
            count(reach),
        ),
        (Some(budget), None) if plan.cost.0 > 0 => format!(
            "ask about {all}, for {cost}, and never more than the budget of {budget}? [y/N]"
        ),
        (None, _) if plan.cost.0 > 0 => format!(
            "ask about {all}, for {cost}, and with the reserve never more than {most}? [y/N]"
        ),
        _ => format!("ask about {all}? [y/N]"),
    }
}

/// Says which addresses failed, how many were answered, and what was spent.
///
/// # Errors
///
/// Nobody was answered for, which is told as the reason why.
pub(super) fn say_outcome(
    tally: &Tally,
    options: &AskOptions,
    told: &Told<'_>,
    printer: &Printer,
) -> Result<()> {
    for (ip, reason) in tally.failed.iter().take(MOST_LISTED) {
        printer.error(&format!("{ip}: {reason}"), None);
    }
    if tally.failed.len() > MOST_LISTED {
        let more = count((tally.failed.len() - MOST_LISTED) as u64);
        let flag = told.cache_flag();
        printer.error(
            &format!("and {more} more without an answer"),
            Some(&format!(
                "`rapsheet export unanswered{flag}` lists all of them"
            )),
        );
    }
    say_sums(tally, options, told, printer);
    if !tally.left.is_empty() {
        let first = tally.left.iter().take(MOST_LISTED).map(IpAddr::to_string);
        let more = match tally.left.len().saturating_sub(MOST_LISTED) {
            0 => String::new(),
            more => format!(" and {} more", count(more as u64)),
        };
        let first: Vec<String> = first.collect();
        printer.note(&format!("left: {}{more}", first.join(", ")));
    }
    let again = if tally.failed.len() == tally.about_another {
        "`rapsheet enrich forget --address ADDRESS` makes way for another try, which is billed"
            .to_owned()
    } else {
        let again = "run the same command again: it asks about the failed ones";
        how_to_go_on(again, options)
    };
    let (reason, hint) = match &tally.stopped {
        Some((reason, hint)) => (reason.clone(), how_to_go_on(hint, options)),
        None if tally.failed.is_empty() => return Ok(()),
        None => ("no address was answered for".to_owned(), again.clone()),
    };
    // Neither an answer nor what another answer told: nothing was produced.
    if tally.answered + tally.saved == 0 && tally.all > 0 {
        bail!("{reason}\nhint: {hint}");
    }
    match &tally.stopped {
        Some(_) => printer.error(&reason, Some(&hint)),
        None => printer.hint(&again),
    }
    Ok(())
}

/// The sums of a run.
fn say_sums(tally: &Tally, options: &AskOptions, told: &Told<'_>, printer: &Printer) {
    let number = |n: usize| count(n as u64);
    printer.note(&format!(
        "{} of {}: {} answered (of them {} unknown to the service), {} saved, {} failed; {}, {} spent{}",
        number(tally.done()),
        number(tally.all),
        number(tally.answered),
        number(tally.not_found),
        number(tally.saved),
        number(tally.failed.len()),
        request_count(tally.sent),
        tally.spent,
        told.price.dated(),
    ));
    if tally.perhaps_billed > 0 && options.price.0 > 0 {
        printer.note(&format!(
            "note: {} without an answer may have been billed, which counts as spent",
            request_count(tally.perhaps_billed)
        ));
    }
    if tally.about_another > 0 {
        printer.note(&format!(
            "note: {} about another address than was asked about: kept apart, and not asked for again",
            match tally.about_another {
                1 => "1 answer is".to_owned(),
                many => format!("{} answers are", number(many)),
            }
        ));
    }
    if let Some(left) = tally.queries_remaining {
        printer.note(&format!(
            "{} says: about {} queries remain for this service",
            match told.from {
                AnswerHost::MaxMind => "MaxMind".to_owned(),
                AnswerHost::Named(_) => host_name(told.host),
            },
            count(u64::try_from(left).unwrap_or(0))
        ));
    }
}

/// Advice to run the same command again, where that doesn't ask about everybody anew.
fn how_to_go_on(hint: &str, options: &AskOptions) -> String {
    if options.max_age_micros > 0 {
        return hint.to_owned();
    }
    hint.replace(
        "run the same command",
        "run the same command with `--max-age 1` (`--max-age 0` asks about all anew)",
    )
}

#[cfg(test)]
mod tests {
    use rapsheet_geo::{Service, base_url};

    use super::*;

    #[test]
    fn the_question_says_how_far_the_budget_goes() {
        let asked = |budget: Option<&str>, amount: &str| {
            let price = Price {
                amount: Amount::parse(amount).unwrap(),
                is_own: false,
                service: Service::Insights,
            };
            let plan = AskPlan {
                ask: vec![IpAddr::from([81, 2, 69, 1]); 7],
                cost: price.amount.times(7),
                reserve: price.amount.times(4),
                ..AskPlan::default()
            };
            let told = Told {
                price: &price,
                budget: budget.and_then(Amount::parse),
                host: &base_url("geoip.maxmind.com").unwrap(),
                from: &AnswerHost::MaxMind,
                cache: Path::new("answers.sqlite"),
                ahead: 0,
            };
            question(&plan, &told)
        };
        assert_eq!(
            asked(Some("0.005"), "0.002"),
            "the budget of 0.005 USD is enough for 2 of 7 addresses, which cost 0.014 USD (price of 2024-12-31): ask as far as it goes? [y/N]"
        );
        assert_eq!(
            asked(Some("5"), "0.002"),
            "ask about 7 addresses, for 0.014 USD (price of 2024-12-31), and never more than the budget of 5.00 USD? [y/N]"
        );
        assert_eq!(
            asked(None, "0.002"),
            "ask about 7 addresses, for 0.014 USD (price of 2024-12-31), and with the reserve never more than 0.022 USD? [y/N]"
        );
        assert_eq!(asked(None, "0"), "ask about 7 addresses? [y/N]");
    }
}

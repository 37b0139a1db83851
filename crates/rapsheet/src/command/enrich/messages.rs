//! The plan and the outcome of `enrich` in words.

use std::net::IpAddr;
use std::path::Path;

use rapsheet_geo::{Amount, AskOptions, AskPlan, PlanOptions, Tally, prices_as_of};
use rapsheet_output::number::count;

use crate::printer::Printer;

/// How many failed addresses are listed.
const MOST_LISTED: usize = 20;

/// Writes a number of addresses.
pub(super) fn address_count(number: usize) -> String {
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
pub(super) fn plan_in_words(
    plan: &AskPlan,
    options: &PlanOptions,
    budget: Option<Amount>,
    host: &str,
    place: &Path,
) -> Vec<String> {
    let number = |n: usize| count(n as u64);
    let service = options.service.as_str();
    let mut lines = vec![format!(
        "{}: {} to ask, {} answered already, {} through the network of an answer, {} private or reserved (never sent)",
        address_count(plan.addresses),
        number(plan.ask.len()),
        number(plan.cached),
        number(plan.through_network),
        number(plan.reserved),
    )];
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
    lines.push(format!(
        "asks {host} (MaxMind, service `{service}`), keeps answers in `{}`",
        place.display()
    ));
    if options.price.0 == 0 {
        lines.push("this service costs nothing; it answers 1,000 questions a day".to_owned());
    } else {
        lines.push(format!(
            "at most {} at {} each: {} ({})",
            request_count(plan.ask.len() as u64),
            options.price,
            plan.cost,
            if options.price == options.service.shipped_price() {
                format!(
                    "price as of {}, `prices` in config.toml overrides it",
                    prices_as_of()
                )
            } else {
                "your own price, from the configuration".to_owned()
            },
        ));
    }
    if options.share_networks && plan.blocks < plan.ask.len() {
        lines.push(format!(
            "one answer serves its network: the addresses lie in {} blocks (/24, /64), so sharing may save {}, or more where networks are wider",
            number(plan.blocks),
            request_count((plan.ask.len() - plan.blocks) as u64),
        ));
    }
    if let Some(budget) = budget {
        let enough = budget >= plan.cost;
        let reach = budget.pays_for(options.price).filter(|_| !enough);
        lines.push(match reach {
            Some(reach) => format!(
                "budget {budget}: enough for {}, the first of the list",
                request_count(reach)
            ),
            None => format!("budget {budget}: enough for all"),
        });
    }
    lines
}

/// Says which addresses failed, how many were answered, and what was spent.
pub(super) fn say_outcome(tally: &Tally, options: &AskOptions, printer: &Printer) {
    for (ip, reason) in tally.failed.iter().take(MOST_LISTED) {
        printer.error(&format!("{ip}: {reason}"), None);
    }
    if tally.failed.len() > MOST_LISTED {
        let more = count((tally.failed.len() - MOST_LISTED) as u64);
        printer.error(&format!("and {more} more without an answer"), None);
    }
    let number = |n: usize| count(n as u64);
    printer.note(&format!(
        "{} of {}: {} answered (of them {} unknown to the service), {} saved, {} failed; {}, {} spent",
        number(tally.done()),
        number(tally.all),
        number(tally.answered),
        number(tally.not_found),
        number(tally.saved),
        number(tally.failed.len()),
        request_count(tally.sent),
        tally.spent,
    ));
    if tally.perhaps_billed > 0 && options.price.0 > 0 {
        printer.note(&format!(
            "note: {} without an answer may have been billed, which counts as spent",
            request_count(tally.perhaps_billed)
        ));
    }
    if let Some(left) = tally.queries_remaining {
        printer.note(&format!(
            "MaxMind says: about {} queries remain for this service",
            count(u64::try_from(left).unwrap_or(0))
        ));
    }
    if !tally.left.is_empty() {
        let first = tally.left.iter().take(MOST_LISTED).map(IpAddr::to_string);
        let more = match tally.left.len().saturating_sub(MOST_LISTED) {
            0 => String::new(),
            more => format!(" and {} more", count(more as u64)),
        };
        let first: Vec<String> = first.collect();
        printer.note(&format!("left: {}{more}", first.join(", ")));
    }
    match &tally.stopped {
        Some((reason, hint)) => printer.error(reason, Some(hint)),
        None if !tally.failed.is_empty() => {
            printer.hint("the same command asks about the failed ones again");
        }
        None => {}
    }
}

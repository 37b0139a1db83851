//! `rapsheet enrich forget`: destroys answers that are old, or that are about an address.

use std::io::IsTerminal;
use std::net::IpAddr;

use anyhow::{Context, Result, bail};
use rapsheet_geo::{Cache, ForgetWhich, Forgotten};
use rapsheet_output::number::several;
use rapsheet_schema::parse_address;

use crate::arguments::{CommonArguments, EnrichForgetArguments};
use crate::configuration::configuration;
use crate::geo_sources::cache_path;
use crate::printer::{Printer, stderr_is_terminal};
use crate::time_span::stretch;

/// Counts them, asks for leave, and forgets them.
pub(crate) fn run(
    arguments: &EnrichForgetArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    let which = which(arguments)?;
    let file = configuration(common.config.as_deref())?;
    let place = cache_path(arguments.cache.as_deref(), file.cache)
        .context("there is no place for the answers\nhint: name one with `--cache FILE`")?;
    if !place.is_file() {
        bail!(
            "there is no cache `{}`\nhint: name one with `--cache FILE`",
            place.display()
        );
    }
    let cache = Cache::open(&place)?;
    let there = cache.count_forgettable(&which)?;
    if there.answers + there.failures == 0 {
        printer.note("nothing to forget");
        return Ok(());
    }
    let what = in_words(there);
    if !arguments.yes {
        if !(std::io::stdin().is_terminal() && stderr_is_terminal()) {
            bail!("{what} would be forgotten, and nobody is here to say yes\nhint: `--yes`");
        }
        let question = format!("forget {what}? What was paid for is gone then [y/N]");
        if !matches!(
            printer.question(&question)?.as_str(),
            "y" | "Y" | "yes" | "Yes"
        ) {
            bail!("nothing was forgotten");
        }
    }
    if cache.is_in_use() {
        bail!("a run of `enrich` uses this cache\nhint: wait until it has ended");
    }
    cache.forget(&which)?;
    printer.note(&format!("forgot {what}; what was spent stays noted"));
    Ok(())
}

/// What there is to forget.
fn in_words(there: Forgotten) -> String {
    let failures = several(
        there.failures,
        "note on an address without an answer",
        "notes on addresses without an answer",
    );
    match (there.answers, there.failures) {
        (0, _) => failures,
        (answers, 0) => several(answers, "answer", "answers"),
        (answers, _) => format!("{} and {failures}", several(answers, "answer", "answers")),
    }
}

fn which(arguments: &EnrichForgetArguments) -> Result<ForgetWhich> {
    if let Some(text) = &arguments.older_than {
        let now = jiff::Timestamp::now().as_microsecond();
        return Ok(ForgetWhich::OlderThan(now - stretch(text)?));
    }
    let addresses: Result<Vec<IpAddr>> = arguments
        .address
        .iter()
        .map(|text| parse_address(text).with_context(|| format!("`{text}` is no address")))
        .collect();
    Ok(ForgetWhich::Addresses(addresses?))
}

//! `rapsheet enrich`: shows what MaxMind's web service would be asked and what that costs, then asks, within a budget.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rapsheet_geo::{
    Amount, AskOptions, AskPlan, Cache, CredentialSources, Credentials, Known, PlanOptions,
    Service, base_url, plan as plan_of,
};

use crate::arguments::{CommonArguments, EnrichArguments, WebService};
use crate::configuration::{Configuration, configuration};
use crate::geo_sources::{cache_path, http_options, sources_of};
use crate::printer::{Printer, stderr_is_terminal, stdout};

mod addresses;
mod messages;
mod progress;

use addresses::{keep_missing, listed, suspicious_first};
use messages::{address_count, plan_in_words, say_outcome};
use progress::ask_watched;

const DAY_MICROS: i64 = 86_400 * 1_000_000;

/// Plans, asks for leave, and asks.
pub(crate) fn run(
    arguments: &EnrichArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    let file = configuration(common.config.as_deref())?;
    let service = service_of(arguments)?;
    let price = price_of(service, &file)?;
    let host = base_url(arguments.host.as_deref().unwrap_or(service.host()))?;
    let budget = budget_of(arguments)?;
    let share =
        !arguments.no_share_networks && (arguments.share_networks || service.shares_networks());
    let mut addresses = match &arguments.ips {
        Some(path) => listed(path, printer)?,
        None => suspicious_first(arguments, common, printer)?,
    };
    let place = cache_path(arguments.input.cache.as_deref(), file.cache.clone()).context(
        "there is no place for the answers\nhint: set HOME, or name one with `--cache FILE`",
    )?;
    if arguments.only_missing {
        let locale = arguments.input.locale.as_deref();
        let mut options = sources_of(&arguments.input.geo, Some(place.clone()), locale, file);
        options.fresh_since_micros = i64::MIN;
        keep_missing(&mut addresses, service, &options, printer)?;
    }
    let known = match Cache::open_read_only(&place)? {
        Some(cache) => cache.known()?,
        None => Known::default(),
    };
    let options = PlanOptions {
        service,
        share_networks: share,
        max_age_micros: arguments.max_age * DAY_MICROS,
        now_micros: jiff::Timestamp::now().as_microsecond(),
        limit: arguments.limit,
        price,
    };
    let plan = plan_of(addresses, &known, &options);
    let text = plan_in_words(&plan, &options, budget, host.as_str(), &place);
    if arguments.dry_run {
        let mut out = stdout();
        for line in text {
            writeln!(out, "{line}")?;
        }
        out.flush()?;
        return Ok(());
    }
    for line in &text {
        printer.note(line);
    }
    if plan.ask.is_empty() {
        if share && known.serves_less_than_shared(service) {
            Cache::open(&place)?.share_networks(service)?;
        }
        return Ok(());
    }
    let credentials = Credentials::find(&CredentialSources {
        account_id_file: arguments.account_id_file.clone(),
        license_key_file: arguments.license_key_file.clone(),
        geoip_conf: arguments.geoip_conf.clone(),
    })?;
    if !may_ask(arguments, &plan, budget, printer)? {
        bail!("nothing was sent");
    }
    let cache = Cache::open(&place)?;
    let options = AskOptions {
        service,
        host,
        concurrency: usize::from(arguments.concurrency),
        price,
        budget,
        allowed: Some(plan.cost),
        share_networks: share,
        max_age_micros: options.max_age_micros,
        tries: 5,
        pause: Duration::from_millis(arguments.retry_pause_ms),
        http: http_options(arguments.ca_file.as_deref())?,
    };
    let tally = ask_watched(cache, &plan, &credentials, &options, common, printer)?;
    say_outcome(&tally, &options, printer);
    Ok(())
}

fn budget_of(arguments: &EnrichArguments) -> Result<Option<Amount>> {
    let wrong = |text: &str| format!("`{text}` is no amount of dollars\nhint: write `5` or `0.50`");
    let budget = arguments.budget.as_deref();
    budget
        .map(|text| Amount::parse(text).with_context(|| wrong(text)))
        .transpose()
}

fn service_of(arguments: &EnrichArguments) -> Result<Service> {
    Ok(match (arguments.service, arguments.geolite) {
        (WebService::Country, false) => Service::Country,
        (WebService::City, false) => Service::City,
        (WebService::Insights, false) => Service::Insights,
        (WebService::Country, true) => Service::GeoLiteCountry,
        (WebService::City, true) => Service::GeoLiteCity,
        (WebService::Insights, true) => {
            bail!(
                "GeoLite has no Insights\nhint: `--service city --geolite`, or a paid account without `--geolite`"
            )
        }
    })
}

fn price_of(service: Service, file: &Configuration) -> Result<Amount> {
    let prices = &file.prices;
    // A price under a name that is none would be overlooked, and another one charged.
    if let Some(unknown) = prices.keys().find(|name| Service::of_name(name).is_none()) {
        bail!(
            "the configuration's `prices` name no service `{unknown}`\nhint: there are: {}",
            Service::ALL.map(Service::as_str).join(", ")
        );
    }
    match prices.get(service.as_str()) {
        Some(price) => Amount::parse(&format!("{price:.9}")).with_context(|| {
            format!(
                "the configuration's price of `{}` is no amount",
                service.as_str()
            )
        }),
        None => Ok(service.shipped_price()),
    }
}

/// Asks the person on the terminal; without one, a flag must have said so.
fn may_ask(
    arguments: &EnrichArguments,
    plan: &AskPlan,
    budget: Option<Amount>,
    printer: &Printer,
) -> Result<bool> {
    if arguments.yes {
        return Ok(true);
    }
    if !(std::io::stdin().is_terminal() && stderr_is_terminal()) {
        if arguments.budget.is_some() {
            return Ok(true);
        }
        let price = match plan.cost {
            Amount(0) => String::new(),
            cost => format!(" to {cost}"),
        };
        bail!(
            "nobody is here to say yes{price}\nhint: `--yes`, or `--budget AMOUNT`, or `--dry-run` to see the plan alone"
        );
    }
    let most = budget.map_or(plan.cost, |budget| budget.min(plan.cost));
    let price = match most {
        Amount(0) => String::new(),
        most => format!(", for at most {most}"),
    };
    let addresses = address_count(plan.ask.len());
    let answer = printer.question(&format!("ask about {addresses}{price}? [y/N]"))?;
    Ok(matches!(answer.as_str(), "y" | "Y" | "yes" | "Yes"))
}

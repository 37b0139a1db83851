//! `rapsheet enrich`: shows what MaxMind's web service would be asked and what that costs, then asks, within a budget.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rapsheet_geo::{
    Amount, AnswerHost, AskOptions, AskPlan, Cache, CredentialSources, Credentials, Endpoint,
    Interrupt, Known, PlanOptions, Service, base_url, plan as plan_of,
};

use crate::arguments::{CommonArguments, EnrichArguments, EnrichCommand, WebService};
use crate::configuration::configuration;
use crate::geo_sources::{cache_path, http_options, sources_of};
use crate::printer::{Printer, stderr_is_terminal, stdout};

mod addresses;
mod forget;
mod list;
mod messages;
mod prices;
mod progress;
mod status;

use addresses::{keep_missing, suspicious_first};
use list::listed;
use messages::{Told, plan_in_words, question, say_outcome};
use prices::price_of;
use progress::ask_watched;

const DAY_MICROS: i64 = 86_400 * 1_000_000;

/// Does what was asked for: asks the service, or looks after what it has answered.
pub(crate) fn run(
    arguments: &EnrichArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    match &arguments.command {
        Some(EnrichCommand::Status(status)) => status::run(status, common),
        Some(EnrichCommand::Forget(forget)) => forget::run(forget, common, printer),
        None => ask(arguments, common, printer),
    }
}

/// Plans, asks for leave, and asks.
fn ask(arguments: &EnrichArguments, common: &CommonArguments, printer: &Printer) -> Result<()> {
    let file = configuration(common.config.as_deref())?;
    let service = service_of(arguments)?;
    let price = price_of(service, &file)?;
    let host = base_url(arguments.host.as_deref().unwrap_or(service.host()))?;
    let endpoint = Endpoint::new(service, &host);
    refuse_other_kind(&endpoint)?;
    let from = AnswerHost::of(&host);
    let now_micros = jiff::Timestamp::now().as_microsecond();
    prices::check_clock(now_micros)?;
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
        let cache = Some(place.clone());
        let (geo, locale) = (&arguments.input.geo, arguments.input.locale.as_deref());
        let mut options = sources_of(geo, cache, from.clone(), locale, file);
        options.fresh_since_micros = i64::MIN;
        keep_missing(&mut addresses, service, &options, printer)?;
    }
    let known = match Cache::open_read_only(&place)? {
        Some(cache) => cache.known(&from)?,
        None => Known::default(),
    };
    let options = PlanOptions {
        service,
        share_networks: share,
        max_age_micros: arguments.max_age * DAY_MICROS,
        now_micros,
        limit: arguments.limit,
        price: price.amount,
    };
    let plan = plan_of(addresses, &known, &options);
    let told = Told {
        price: &price,
        budget,
        host: &host,
        from: &from,
        cache: &place,
        ahead: known.ahead_of(now_micros),
    };
    let text = plan_in_words(&plan, &options, &told);
    if !plan.ask.is_empty() {
        price.warn(now_micros, printer);
    }
    if arguments.dry_run {
        let mut out = stdout();
        for line in text {
            writeln!(out, "{line}")?;
        }
        out.flush()?;
        return Ok(());
    }
    text.iter().for_each(|line| printer.note(line));
    if plan.ask.is_empty() {
        if share && known.serves_less_than_shared(service) {
            Cache::open(&place)?.share_networks(&endpoint)?;
        }
        return Ok(());
    }
    ask_for(arguments, &plan, &options, &told, common, printer)
}

/// Asks what was planned, once somebody has said yes to it.
fn ask_for(
    arguments: &EnrichArguments,
    plan: &AskPlan,
    planned: &PlanOptions,
    told: &Told<'_>,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    let credentials = Credentials::find(&CredentialSources {
        account_id_file: arguments.account_id_file.clone(),
        license_key_file: arguments.license_key_file.clone(),
        geoip_conf: arguments.geoip_conf.clone(),
    })?;
    if !may_ask(arguments, plan, told, printer)? {
        bail!("nothing was sent");
    }
    let cache = Cache::open(told.cache)?;
    let options = AskOptions {
        service: planned.service,
        host: told.host.clone(),
        concurrency: usize::from(arguments.concurrency),
        price: planned.price,
        budget: told.budget,
        // With a budget, that is the ceiling; without one, what was shown.
        allowed: match told.budget {
            Some(_) => None,
            None => Some(Amount(plan.cost.0.saturating_add(plan.reserve.0))),
        },
        share_networks: planned.share_networks,
        max_age_micros: planned.max_age_micros,
        tries: 5,
        pause: Duration::from_millis(arguments.retry_pause_ms),
        http: http_options(
            arguments.ca_file.as_deref(),
            arguments.geoip_conf.as_deref(),
        )?,
        interrupt: Interrupt::default(),
    };
    if let Some(proxy) = &options.http.proxy {
        printer.note(&format!("asks through the proxy {proxy}"));
    }
    let tally = ask_watched(cache, plan, &credentials, &options, common, printer)?;
    say_outcome(&tally, &options, told, printer)
}

/// Refuses to ask a paid service's host for free answers, and the other way round: the price that is shown would be wrong.
fn refuse_other_kind(endpoint: &Endpoint) -> Result<()> {
    let is_other = |service: &Service| {
        service.host_name() == endpoint.host && service.is_free() != endpoint.service.is_free()
    };
    if !Service::ALL.iter().any(is_other) {
        return Ok(());
    }
    if endpoint.service.is_free() {
        bail!(
            "`{}` is the host of paid answers, and `--geolite` asks for free ones\nhint: leave out `--geolite`, or `--host`",
            endpoint.host
        )
    }
    bail!(
        "`{}` is the host of free answers, and a paid service was asked for\nhint: `--geolite` in place of `--host`",
        endpoint.host
    )
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

/// Asks the person on the terminal; without one, a flag must have said so.
fn may_ask(
    arguments: &EnrichArguments,
    plan: &AskPlan,
    told: &Told<'_>,
    printer: &Printer,
) -> Result<bool> {
    if told
        .budget
        .and_then(|budget| budget.pays_for(told.price.amount))
        == Some(0)
    {
        bail!(
            "the budget of {} pays for no request at {} each, and nothing was sent\nhint: `--budget` with a larger amount",
            told.budget.unwrap_or_default(),
            told.price.amount
        );
    }
    if arguments.yes {
        return Ok(true);
    }
    if !(std::io::stdin().is_terminal() && stderr_is_terminal()) {
        if arguments.budget.is_some() {
            return Ok(true);
        }
        let price = match plan.cost {
            Amount(0) => String::new(),
            cost => format!(" to {cost}{}", told.price.dated()),
        };
        bail!(
            "nobody is here to say yes{price}\nhint: `--yes`, or `--budget AMOUNT`, or `--dry-run` to see the plan alone"
        );
    }
    let answer = printer.question(&question(plan, told))?;
    Ok(matches!(answer.as_str(), "y" | "Y" | "yes" | "Yes"))
}

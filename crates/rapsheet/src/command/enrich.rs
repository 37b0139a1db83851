//! `rapsheet enrich`: shows what MaxMind's web service would be asked and what that costs, then asks, within a budget.

use std::io::{IsTerminal, Read, Write};
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use rapsheet_geo::{
    Amount, AskOptions, AskPlan, Cache, CredentialSources, Credentials, Geo, GeoOptions, Known,
    PlanOptions, Service, Tally, ask, base_url, plan as plan_of, prices_as_of,
};
use rapsheet_output::number::count;
use rapsheet_read::EventsWish;
use rapsheet_schema::parse_address;

use crate::answer::Answer;
use crate::arguments::{CommonArguments, EnrichArguments, WebService};
use crate::plan::{
    Configuration, Plan, cache_path, configuration, http_options, shows_progress, sources_of,
};
use crate::printer::{Printer, stderr_is_terminal, stdout};
use crate::run::{closing_line, open_geo, run as read, tell_notices};

const DAY_MICROS: i64 = 86_400 * 1_000_000;

/// How often a line tells of the progress where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// What editors of Windows write before text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How many failed addresses are listed.
const MOST_LISTED: usize = 20;

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
    let place = cache_path(arguments.input.cache.as_deref(), file.cache_file()).context(
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
    let text = told(&plan, &options, budget, host.as_str(), &place);
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
    let tally = watched(cache, &plan, &credentials, &options, common, printer)?;
    close(&tally, &options, printer);
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
    let prices = file.prices();
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

/// Reads addresses, one a line. What is none is told of.
fn listed(path: &Path, printer: &Printer) -> Result<Vec<IpAddr>> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes)?;
    } else {
        bytes = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    }
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    let mut addresses = Vec::new();
    for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = String::from_utf8_lossy(line);
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match parse_address(line) {
            Some(ip) => addresses.push(ip),
            None => printer.error(
                &format!(
                    "`{}` line {}: `{line}` is no address",
                    path.display(),
                    number + 1
                ),
                None,
            ),
        }
    }
    Ok(addresses)
}

/// Reads the logs, and lists the addresses with the highest threat score first.
fn suspicious_first(
    arguments: &EnrichArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<Vec<IpAddr>> {
    let plan = Plan::new(&arguments.input, common)?;
    let geo = open_geo(&plan, printer);
    let run = read(plan, geo, EventsWish::None, shows_progress(common), printer)?;
    let answer = Answer::shipped(&run.session, "enrich/addresses", None)?;
    closing_line(&run, printer);
    Ok(answer
        .rows()
        .filter_map(|row| row.text("source_ip")?.parse().ok())
        .collect())
}

/// Keeps the addresses of which no source knows what the service would add. Where a source that somebody named can't be read, it may
/// know all that would be paid for, so nothing is asked.
fn keep_missing(
    addresses: &mut Vec<IpAddr>,
    service: Service,
    sources: &GeoOptions,
    printer: &Printer,
) -> Result<()> {
    let column = match service {
        Service::Insights => "traits_user_type",
        Service::City | Service::GeoLiteCity => "city_name",
        Service::Country | Service::GeoLiteCountry => "country_iso_code",
    };
    let (geo, mut notices) = Geo::open(sources);
    addresses.retain(|ip| geo.lookup(*ip).get(column).is_none());
    notices.extend(geo.lookup_notices());
    let named = &sources.paths;
    tell_notices(&notices, named, printer);
    let is_named = |path: &Path| named.iter().any(|named| path.starts_with(named));
    if notices.iter().any(|notice| is_named(&notice.path)) {
        bail!(
            "what is missing cannot be told, and nothing was sent\nhint: leave that database out, or ask without `--only-missing`"
        );
    }
    Ok(())
}

fn addresses(number: usize) -> String {
    match number {
        1 => "1 address".to_owned(),
        number => format!("{} addresses", count(number as u64)),
    }
}

fn requests(number: u64) -> String {
    match number {
        1 => "1 request".to_owned(),
        number => format!("{} requests", count(number)),
    }
}

/// The plan in words.
fn told(
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
        addresses(plan.addresses),
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
            requests(plan.ask.len() as u64),
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
            requests((plan.ask.len() - plan.blocks) as u64),
        ));
    }
    if let Some(budget) = budget {
        let enough = budget >= plan.cost;
        let reach = budget.pays_for(options.price).filter(|_| !enough);
        lines.push(match reach {
            Some(reach) => format!(
                "budget {budget}: enough for {}, the first of the list",
                requests(reach)
            ),
            None => format!("budget {budget}: enough for all"),
        });
    }
    lines
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
    let addresses = addresses(plan.ask.len());
    let answer = printer.question(&format!("ask about {addresses}{price}? [y/N]"))?;
    Ok(matches!(answer.as_str(), "y" | "Y" | "yes" | "Yes"))
}

/// What the progress shows.
#[derive(Clone, Copy, Default)]
struct Shown {
    done: usize,
    failed: usize,
    answered: usize,
    spent: Amount,
}

/// Asks, and tells how it goes.
fn watched(
    cache: Cache,
    plan: &AskPlan,
    credentials: &Credentials,
    options: &AskOptions,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<Tally> {
    let shown = Arc::new(Mutex::new(Shown::default()));
    let seen = Arc::clone(&shown);
    let watch = Arc::new(move |tally: &Tally| {
        if let Ok(mut shown) = seen.lock() {
            *shown = Shown {
                done: tally.done(),
                failed: tally.failed.len(),
                answered: tally.answered,
                spent: tally.spent,
            };
        }
    });
    let bar = shows_progress(common).then(|| {
        let bar = ProgressBar::new(plan.ask.len() as u64);
        let style = ProgressStyle::with_template("{pos}/{len} {wide_bar} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar
    });
    let begun = Instant::now();
    let tally = std::thread::scope(|scope| {
        let asking = scope.spawn(|| ask(cache, &plan.ask, credentials, options, watch));
        let mut told = Instant::now();
        while !asking.is_finished() {
            std::thread::sleep(Duration::from_millis(20));
            let now = shown.lock().map(|shown| *shown).unwrap_or_default();
            if let Some(bar) = &bar {
                bar.set_message(pace(now, plan.ask.len(), begun.elapsed()));
                bar.set_position(now.done as u64);
            } else if told.elapsed() >= LINE_EVERY {
                told = Instant::now();
                printer.note(&line_of(now, plan.ask.len(), begun.elapsed()));
            }
        }
        asking.join()
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    match tally {
        Ok(tally) => Ok(tally?),
        Err(_) => bail!("asking broke off"),
    }
}

fn line_of(now: Shown, all: usize, since: Duration) -> String {
    format!(
        "{} of {} done, {} answered, {}",
        count(now.done as u64),
        count(all as u64),
        count(now.answered as u64),
        pace(now, all, since),
    )
}

/// How fast it goes, what it cost, and how long it takes if it goes on like that.
fn pace(now: Shown, all: usize, since: Duration) -> String {
    let seconds = since.as_secs_f64().max(0.001);
    let left = match (now.done, all.saturating_sub(now.done)) {
        (0, _) => "waiting".to_owned(),
        (done, left) => match (seconds * left as f64 / done as f64).ceil() as u64 {
            seconds @ 0..120 => format!("{seconds} s left"),
            seconds @ 120..7_200 => format!("{} min left", seconds.div_ceil(60)),
            seconds => format!("{} h left", seconds.div_ceil(3_600)),
        },
    };
    format!(
        "{:.1} a second, {} spent, {} failed, {left}",
        now.done as f64 / seconds,
        now.spent,
        count(now.failed as u64),
    )
}

/// Says what came of it.
fn close(tally: &Tally, options: &AskOptions, printer: &Printer) {
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
        requests(tally.sent),
        tally.spent,
    ));
    if tally.perhaps_billed > 0 && options.price.0 > 0 {
        printer.note(&format!(
            "note: {} without an answer may have been billed, which counts as spent",
            requests(tally.perhaps_billed)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_how_it_goes() {
        let now = Shown {
            done: 1_200,
            failed: 3,
            answered: 1_197,
            spent: Amount::parse("2.394").unwrap(),
        };
        assert_eq!(
            line_of(now, 5_000, Duration::from_secs(60)),
            "1,200 of 5,000 done, 1,197 answered, 20.0 a second, 2.394 USD spent, 3 failed, 4 min left"
        );
        let nothing = pace(Shown::default(), 10, Duration::ZERO);
        assert_eq!(nothing, "0.0 a second, 0.00 USD spent, 0 failed, waiting");
        let nearly = Shown { done: 9, ..now };
        assert!(pace(nearly, 10, Duration::from_secs(9)).ends_with("1 s left"));
        let all = Shown { done: 10, ..now };
        assert!(pace(all, 10, Duration::from_secs(9)).ends_with("0 s left"));
    }
}

//! Which addresses of the logs the web service is asked about, without those that are known already.

use std::net::IpAddr;
use std::path::Path;

use anyhow::{Result, bail};
use rapsheet_geo::{Geo, GeoOptions, Service};
use rapsheet_read::EventsWish;

use crate::answer::Answer;
use crate::arguments::{CommonArguments, EnrichArguments};
use crate::plan::Plan;
use crate::printer::Printer;
use crate::run::{closing_line, open_geo, run as read, tell_notices};
use crate::terminal::shows_progress;

/// Reads the logs, and lists the addresses with the highest threat score first.
pub(super) fn suspicious_first(
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
pub(super) fn keep_missing(
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

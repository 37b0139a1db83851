//! `rapsheet show`: the whole story of one address, network or autonomous system, with the raw lines.

use std::collections::HashMap;
use std::io::Write;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, bail};
use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use rapsheet_geo::{DetailValue, Geo};
use rapsheet_output::Page;
use rapsheet_read::EventsWish;
use rapsheet_schema::{network_of, parse_address};

use crate::arguments::{CommonArguments, ShowArguments};
use crate::plan::{Plan, shows_progress, style};
use crate::printer::{Printer, stdout};
use crate::run::{Run, closing_line, open_geo, run as read};

mod story;

/// Whose story.
#[derive(Clone, Debug, PartialEq)]
enum Whom {
    Address(IpAddr),
    Network(IpAddr, u8),
    System(i64),
}

impl Whom {
    fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            anyhow::anyhow!(
                "`{text}` is no address, network or AS\nhint: write `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/48` or `AS64496`"
            )
        };
        if let Some(number) = text.strip_prefix("AS").or_else(|| text.strip_prefix("as")) {
            return number
                .parse::<u32>()
                .map(|number| Self::System(i64::from(number)))
                .map_err(|_| wrong());
        }
        if let Some((address, prefix)) = text.split_once('/') {
            let address = parse_address(address).ok_or_else(wrong)?;
            let prefix: u8 = prefix.parse().map_err(|_| wrong())?;
            if prefix > if address.is_ipv4() { 32 } else { 128 } {
                return Err(wrong());
            }
            return Ok(Self::Network(network_of(address, prefix, prefix).0, prefix));
        }
        parse_address(text).map(Self::Address).ok_or_else(wrong)
    }

    /// What it is called, however it was typed.
    fn name(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Network(first, prefix) => format!("{first}/{prefix}"),
            Self::System(number) => format!("AS{number}"),
        }
    }

    /// What SQL says of its addresses, for those who want to see all of a list.
    fn condition(&self) -> String {
        match self {
            Self::Address(address) => format!("source_ip = '{address}'"),
            Self::Network(first, prefix) => format!("ip_in(source_ip, '{first}/{prefix}')"),
            Self::System(number) => format!(
                "source_ip IN (SELECT source_ip FROM details WHERE traits_autonomous_system_number = {number})"
            ),
        }
    }

    fn holds(&self, ip: IpAddr, system_of: impl FnOnce(IpAddr) -> Option<i64>) -> bool {
        match self {
            Self::Address(address) => *address == ip,
            Self::Network(first, prefix) => {
                ip.is_ipv4() == first.is_ipv4() && network_of(ip, *prefix, *prefix).0 == *first
            }
            Self::System(number) => system_of(ip) == Some(*number),
        }
    }
}

fn system_of(geo: &Geo, ip: IpAddr) -> Option<i64> {
    match geo.lookup(ip).get("traits_autonomous_system_number") {
        Some(DetailValue::Whole(number)) => Some(*number),
        _ => None,
    }
}

/// Tells the story.
pub(crate) fn run(
    arguments: &ShowArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    let whom = Whom::parse(&arguments.whom)?;
    let plan = Plan::new(&arguments.input, common)?;
    if matches!(whom, Whom::System(_)) && plan.no_geo {
        bail!(
            "`{}` needs details\nhint: leave `--no-geo` out",
            arguments.whom
        );
    }
    // The scan asks about each event's address, so the answers are kept.
    let geo = open_geo(&plan, printer).map(Arc::new);
    let known: Mutex<HashMap<IpAddr, bool>> = Mutex::default();
    let (asked, databases) = (whom.clone(), geo.clone());
    let wanted = move |ip: IpAddr| {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry(ip).or_insert_with(|| {
            asked.holds(ip, |ip| {
                databases.as_deref().and_then(|geo| system_of(geo, ip))
            })
        })
    };
    let is_selected = Arc::new(wanted);
    let run = read(
        plan,
        None,
        EventsWish::Of(Arc::<_>::clone(&is_selected) as Arc<_>),
        shows_progress(common),
        printer,
    )?;
    let selected: Vec<IpAddr> = run
        .addresses
        .iter()
        .copied()
        .filter(|ip| is_selected(*ip))
        .collect();
    if selected.is_empty() {
        closing_line(&run, printer);
        bail!("`{}` stands in none of these logs", arguments.whom);
    }
    fill_tables(&run, geo.as_deref(), &whom, &selected)?;
    let mut out = stdout();
    let page = Page::new(&mut out, style(common));
    story::tell(&run, page, &whom, selected.len(), arguments.evidence)?;
    out.flush()?;
    closing_line(&run, printer);
    Ok(())
}

fn fill_tables(run: &Run, geo: Option<&Geo>, whom: &Whom, selected: &[IpAddr]) -> Result<()> {
    if let Some(geo) = geo {
        let batch = geo.details_batch(&run.addresses)?;
        run.session
            .register("details", batch.schema(), vec![vec![batch]])?;
    }
    let network = (!matches!(whom, Whom::Address(_))).then(|| whom.name());
    let addresses = selected.iter().map(IpAddr::to_string).collect();
    register(run, "selected", "source_ip", addresses)?;
    register(
        run,
        "selected_network",
        "source_network",
        network.into_iter().collect(),
    )
}

/// Fills a table of one column.
fn register(run: &Run, table: &str, column: &str, values: Vec<String>) -> Result<()> {
    let schema = Arc::new(Schema::new(vec![Field::new(column, DataType::Utf8, false)]));
    let values = StringArray::from(values);
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(values)])?;
    run.session.register(table, schema, vec![vec![batch]])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_is_an_address_a_network_or_a_system() {
        let ip = |text: &str| parse_address(text).unwrap();
        assert_eq!(
            Whom::parse("192.0.2.1").unwrap(),
            Whom::Address(ip("192.0.2.1"))
        );
        assert_eq!(
            Whom::parse("192.0.2.77/24").unwrap(),
            Whom::Network(ip("192.0.2.0"), 24)
        );
        assert_eq!(Whom::parse("AS64496").unwrap(), Whom::System(64_496));
        for wrong in [
            "",
            "AS",
            "ASx",
            "192.0.2.0/33",
            "2001:db8::/129",
            "host.example.org",
        ] {
            assert!(Whom::parse(wrong).is_err(), "{wrong}");
        }
        let network = Whom::parse("2001:db8::/48").unwrap();
        assert!(network.holds(ip("2001:db8:0:1::5"), |_| None));
        assert!(!network.holds(ip("2001:db8:1::5"), |_| None));
        assert_eq!(Whom::parse("192.0.2.77/24").unwrap().name(), "192.0.2.0/24");
        assert_eq!(Whom::parse("as64496").unwrap().name(), "AS64496");
        assert!(
            !Whom::parse("0.0.0.0/0")
                .unwrap()
                .holds(ip("2001:db8::1"), |_| None)
        );
    }
}

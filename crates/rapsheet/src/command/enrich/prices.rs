//! What one answer costs, from when that is known, and whether it may be outdated.

use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rapsheet_geo::{Amount, Service, prices_as_of};

use crate::configuration::Configuration;
use crate::printer::Printer;

/// A price and who says so.
pub(super) struct Price {
    pub(super) amount: Amount,
    /// Whether it stands in the configuration.
    pub(super) is_own: bool,
    pub(super) service: Service,
}

impl Price {
    /// From when it is, in brackets behind an amount; nothing for a free service.
    pub(super) fn dated(&self) -> String {
        match (self.is_own, self.amount) {
            (true, _) => " (your own price)".to_owned(),
            (false, Amount(0)) => String::new(),
            (false, _) => format!(" (price of {})", prices_as_of()),
        }
    }

    /// Warns of a price that is more than a year old, and of one that guards nothing.
    pub(super) fn warn(&self, now_micros: i64, printer: &Printer) {
        if self.is_own && self.amount == Amount(0) && !self.service.is_free() {
            printer.warning(&format!(
                "the configuration says that `{}` costs nothing, so no budget holds anything back",
                self.service.as_str()
            ));
            printer.hint("put what MaxMind charges you into `prices` of config.toml");
        }
        if !self.is_own && !self.service.is_free() && is_outdated(now_micros) {
            printer.warning(&format!(
                "the price is of {}, more than a year ago, and may be another by now",
                prices_as_of()
            ));
            printer.hint(
                "MaxMind's prices stand at maxmind.com; `prices` in config.toml goes before the shipped ones",
            );
        }
    }
}

/// Whether the shipped prices are more than a year old.
pub(super) fn is_outdated(now_micros: i64) -> bool {
    let now = Timestamp::from_microsecond(now_micros).unwrap_or_default();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let Ok(as_of) = prices_as_of().parse::<Date>() else {
        return true;
    };
    as_of.checked_add(1.year()).is_ok_and(|limit| limit < today)
}

/// Refuses to ask under a clock that must be wrong: every answer that is kept would be dated ahead of it, and asked for again.
pub(super) fn check_clock(now_micros: i64) -> Result<()> {
    let now = Timestamp::from_microsecond(now_micros).unwrap_or_default();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    if prices_as_of()
        .parse::<Date>()
        .is_ok_and(|as_of| today < as_of)
    {
        bail!(
            "this machine's clock says {today}, and that is long over\nhint: set the clock: how old answers are is told by it"
        );
    }
    Ok(())
}

/// The price of a service: the configuration's, else the shipped one.
pub(super) fn price_of(service: Service, file: &Configuration) -> Result<Price> {
    let prices = &file.prices;
    // A price under a name that is none would be overlooked, and another one charged.
    if let Some(unknown) = prices.keys().find(|name| Service::of_name(name).is_none()) {
        bail!(
            "the configuration's `prices` name no service `{unknown}`\nhint: there are: {}",
            Service::ALL.map(Service::as_str).join(", ")
        );
    }
    let own = prices.get(service.as_str());
    let amount = match own {
        Some(price) => Amount::parse(&format!("{price:.9}")).with_context(|| {
            format!(
                "the configuration's price of `{}` is no amount",
                service.as_str()
            )
        })?,
        None => service.shipped_price(),
    };
    Ok(Price {
        amount,
        is_own: own.is_some(),
        service,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_old_after_a_year_and_a_clock_before_them_is_wrong() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_microsecond();
        assert_eq!(prices_as_of(), "2024-12-31");
        assert!(!is_outdated(at("2025-12-31T12:00:00Z")));
        assert!(is_outdated(at("2026-01-01T12:00:00Z")));
        assert!(check_clock(at("2025-01-01T00:00:00Z")).is_ok());
        let error = check_clock(0).unwrap_err().to_string();
        assert!(error.contains("clock says 1970-01-01"), "{error}");
    }
}

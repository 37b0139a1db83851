//! MaxMind's web service: which services there are, what they cost, and which addresses are never sent.

pub(crate) mod ask;
pub(crate) mod backoff;
pub(crate) mod coordinator;
pub(crate) mod endpoint;
pub(crate) mod plan;
pub(crate) mod response;

use std::net::IpAddr;

use rapsheet_schema::{Scope, scope_of};

/// One of MaxMind's services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// Everything: place, network, kind of user, anonymity, risk.
    Insights,
    /// Place and network (City Plus).
    City,
    /// Country alone.
    Country,
    /// The free City service.
    GeoLiteCity,
    /// The free Country service.
    GeoLiteCountry,
}

impl Service {
    /// All of them, the richest first.
    pub const ALL: [Self; 5] = [
        Self::Insights,
        Self::City,
        Self::GeoLiteCity,
        Self::Country,
        Self::GeoLiteCountry,
    ];

    /// Returns the name under which answers are kept and prices stand.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Insights => "insights",
            Self::City => "city",
            Self::Country => "country",
            Self::GeoLiteCity => "geolite-city",
            Self::GeoLiteCountry => "geolite-country",
        }
    }

    /// Finds a service by that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|service| service.as_str() == name)
    }

    /// What stands in `details_source` where its answers were used.
    #[must_use]
    pub const fn source(self) -> &'static str {
        match self {
            Self::Insights => "maxmind-insights",
            Self::City => "maxmind-city",
            Self::Country => "maxmind-country",
            Self::GeoLiteCity => "maxmind-geolite-city",
            Self::GeoLiteCountry => "maxmind-geolite-country",
        }
    }

    /// The host that is asked.
    #[must_use]
    pub const fn host(self) -> &'static str {
        if self.is_free() {
            "https://geolite.info"
        } else {
            "https://geoip.maxmind.com"
        }
    }

    /// The same without its scheme, as answers are kept under.
    #[must_use]
    pub const fn host_name(self) -> &'static str {
        if self.is_free() {
            "geolite.info"
        } else {
            "geoip.maxmind.com"
        }
    }

    /// Whether it costs nothing.
    #[must_use]
    pub const fn is_free(self) -> bool {
        matches!(self, Self::GeoLiteCity | Self::GeoLiteCountry)
    }

    /// Whether one answer serves its whole network, unless somebody says otherwise: Insights tells of single addresses.
    #[must_use]
    pub const fn shares_networks(self) -> bool {
        !matches!(self, Self::Insights)
    }

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Insights => "insights",
            Self::City | Self::GeoLiteCity => "city",
            Self::Country | Self::GeoLiteCountry => "country",
        }
    }

    /// The services whose answers hold all that this one would say.
    pub(crate) const fn answered_by(self) -> &'static [Self] {
        match self {
            Self::Insights => &[Self::Insights],
            Self::City => &[Self::City, Self::Insights],
            Self::Country => &[Self::Country, Self::City, Self::Insights],
            Self::GeoLiteCity => &[Self::GeoLiteCity, Self::City, Self::Insights],
            Self::GeoLiteCountry => &[
                Self::GeoLiteCountry,
                Self::GeoLiteCity,
                Self::Country,
                Self::City,
                Self::Insights,
            ],
        }
    }

    /// What one answer costs, as shipped.
    #[must_use]
    pub fn shipped_price(self) -> Amount {
        table_value(self.as_str())
            .and_then(Amount::parse)
            .unwrap_or(Amount(0))
    }
}

/// The day on which the shipped prices were last known to hold.
#[must_use]
pub fn prices_as_of() -> &'static str {
    table_value("as_of").unwrap_or("an unknown day")
}

fn table_value(name: &str) -> Option<&'static str> {
    include_str!("../data/prices.tsv").lines().find_map(|line| {
        let (known, value) = line.split_once('\t')?;
        (known == name).then_some(value)
    })
}

/// Money, in billionths of a US dollar, so that sums are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub u64);

const NANOS: u64 = 1_000_000_000;

impl Amount {
    /// Reads an amount of dollars: `5`, `0.50`, `$2`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('$').unwrap_or(text);
        let text = text.strip_suffix("USD").unwrap_or(text).trim();
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && part.is_empty())
            || !digits(whole)
            || !digits(part)
            || part.len() > 9
        {
            return None;
        }
        let whole: u64 = if whole.is_empty() {
            0
        } else {
            whole.parse().ok()?
        };
        let part: u64 = format!("{part:0<9}").parse().ok()?;
        whole.checked_mul(NANOS)?.checked_add(part).map(Self)
    }

    /// So many times this.
    #[must_use]
    pub const fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// How many of a price it pays for; `None` where that is free.
    #[must_use]
    pub const fn pays_for(self, price: Self) -> Option<u64> {
        self.0.checked_div(price.0)
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let part = format!("{:09}", self.0 % NANOS);
        let part = part.trim_end_matches('0');
        write!(f, "{}.{part:0<2} USD", separated(self.0 / NANOS))
    }
}

/// Writes a whole number with a comma before each three digits.
pub(crate) fn separated(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Whether an address is nobody's, so that asking about it would only anger the service: what the schema calls not global, and
/// what MaxMind's own databases leave out beside that.
#[must_use]
pub fn is_reserved(ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    if scope_of(ip) != Scope::Global {
        return true;
    }
    match ip {
        IpAddr::V4(v4) => matches!(v4.octets(), [192, 88, 99, _]),
        IpAddr::V6(v6) => matches!(v6.segments(), [0x2001, 0x0001..=0x01ff, ..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        for (text, nanos) in [
            ("5", Some(5_000_000_000)),
            ("$0.0003", Some(300_000)),
            ("1.50 USD", Some(1_500_000_000)),
            (".002", Some(2_000_000)),
            ("", None),
            (".", None),
            ("-1", None),
            ("1e3", None),
            ("1,5", None),
            ("99999999999999", None),
        ] {
            assert_eq!(
                Amount::parse(text).map(|amount| amount.0),
                nanos,
                "`{text}`"
            );
        }
        assert_eq!(Amount(300_000).to_string(), "0.0003 USD");
        assert_eq!(Amount(5 * NANOS).to_string(), "5.00 USD");
        assert_eq!(Amount(1_234_567 * NANOS).to_string(), "1,234,567.00 USD");
        assert_eq!(Amount(123 * NANOS).to_string(), "123.00 USD");
        assert_eq!(
            Service::Insights.shipped_price(),
            Amount::parse("0.002").unwrap()
        );
        assert_eq!(Amount(10).pays_for(Amount(3)), Some(3));
    }

    #[test]
    fn reserved_addresses_are_known() {
        for (text, reserved) in [
            ("10.1.2.3", true),
            ("192.88.99.1", true),
            ("2001:20::1", true),
            ("2001:0:1::1", false),
            ("::ffff:192.168.0.1", true),
            ("81.2.69.160", false),
            ("2a02:d500::1", false),
        ] {
            assert_eq!(is_reserved(text.parse().unwrap()), reserved, "{text}");
        }
    }
}

//! The columns of `details`: what enrichment knows about one address, under MaxMind's own paths.
//!
//! Names are MaxMind's JSON paths with `_` for `.`; `names.<locale>` is `name` in the wanted locale. `traits.network` is
//! `network`. Other vendors' files fill the same columns.

use super::{Column, FLAG, TEXT, WHOLE, time};
use arrow_schema::DataType;

const NUMBER: DataType = DataType::Float64;

const fn path(name: &'static str, data_type: DataType, meaning: &'static str) -> Column {
    Column::new(name, data_type, meaning)
}

/// The columns of `details`: one row per address.
#[must_use]
pub fn details() -> Vec<Column> {
    let mut columns = vec![
        path("source_ip", TEXT, "the address")
            .ecs("source.ip")
            .required(),
        path("network", TEXT, "the network for which the answer holds"),
        path(
            "scope",
            TEXT,
            "`global`, `private`, `documentation`, …: only global addresses are looked up",
        )
        .required(),
    ];
    columns.extend(countries());
    columns.extend(places());
    columns.extend(traits());
    columns.extend(anonymizer());
    columns.extend([
        path(
            "location_precision",
            TEXT,
            "`city`, `subdivision`, `country` or `continent`: only the first two have a point on a map",
        ),
        path(
            "details_other",
            TEXT,
            "what an answer of the web service says beside these columns: a JSON object from MaxMind's dotted path to the value",
        ),
        path("details_source", TEXT, "which databases answered"),
        path(
            "details_as_of",
            time(),
            "the build date of the oldest of them",
        ),
    ]);
    columns
}

fn countries() -> Vec<Column> {
    vec![
        path(
            "continent_code",
            TEXT,
            "`AF`, `AN`, `AS`, `EU`, `NA` (North America), `OC`, `SA`",
        )
        .ecs("source.geo.continent_code"),
        path("continent_geoname_id", WHOLE, "the continent's GeoNames id"),
        path("continent_name", TEXT, "the continent").ecs("source.geo.continent_name"),
        path(
            "country_iso_code",
            TEXT,
            "ISO 3166-1 alpha-2; `NA` is Namibia",
        )
        .ecs("source.geo.country_iso_code"),
        path("country_geoname_id", WHOLE, "the country's GeoNames id"),
        path("country_name", TEXT, "the country").ecs("source.geo.country_name"),
        path(
            "country_is_in_european_union",
            FLAG,
            "whether it is a member of the European Union",
        ),
        path("country_confidence", WHOLE, "percent"),
        path(
            "registered_country_iso_code",
            TEXT,
            "where the network is registered",
        ),
        path(
            "registered_country_geoname_id",
            WHOLE,
            "that country's GeoNames id",
        ),
        path(
            "registered_country_name",
            TEXT,
            "where the network is registered",
        ),
        path(
            "registered_country_is_in_european_union",
            FLAG,
            "whether that country is a member of the European Union",
        ),
        path(
            "represented_country_iso_code",
            TEXT,
            "the country that the users stand for",
        ),
        path(
            "represented_country_geoname_id",
            WHOLE,
            "that country's GeoNames id",
        ),
        path(
            "represented_country_name",
            TEXT,
            "the country that the users stand for",
        ),
        path(
            "represented_country_is_in_european_union",
            FLAG,
            "whether that country is a member of the European Union",
        ),
        path("represented_country_type", TEXT, "`military`"),
    ]
}

fn places() -> Vec<Column> {
    vec![
        path(
            "subdivisions_0_iso_code",
            TEXT,
            "the largest subdivision's code",
        )
        .ecs("source.geo.region_iso_code"),
        path(
            "subdivisions_0_geoname_id",
            WHOLE,
            "the largest subdivision's GeoNames id",
        ),
        path("subdivisions_0_name", TEXT, "the largest subdivision").ecs("source.geo.region_name"),
        path("subdivisions_0_confidence", WHOLE, "percent"),
        path("subdivisions_1_iso_code", TEXT, "the subdivision within it"),
        path("subdivisions_1_geoname_id", WHOLE, "its GeoNames id"),
        path("subdivisions_1_name", TEXT, "the subdivision within it"),
        path("subdivisions_1_confidence", WHOLE, "percent"),
        path("city_geoname_id", WHOLE, "the city's GeoNames id"),
        path("city_name", TEXT, "the city").ecs("source.geo.city_name"),
        path("city_confidence", WHOLE, "percent"),
        path("postal_code", TEXT, "the postal code").ecs("source.geo.postal_code"),
        path("postal_confidence", WHOLE, "percent"),
        path(
            "location_latitude",
            NUMBER,
            "degrees; absent where only the country is known",
        ),
        path(
            "location_longitude",
            NUMBER,
            "degrees; absent where only the country is known",
        ),
        path(
            "location_accuracy_radius",
            WHOLE,
            "kilometres around the point within which two of three users are",
        ),
        path("location_time_zone", TEXT, "IANA name").ecs("source.geo.timezone"),
        path("location_metro_code", WHOLE, "metro code (United States)"),
        path(
            "location_average_income",
            WHOLE,
            "US dollars a year (United States)",
        ),
        path(
            "location_population_density",
            WHOLE,
            "people per square kilometre (United States)",
        ),
    ]
}

fn traits() -> Vec<Column> {
    vec![
        path(
            "traits_autonomous_system_number",
            WHOLE,
            "the autonomous system",
        )
        .ecs("source.as.number"),
        path("traits_autonomous_system_organization", TEXT, "who runs it")
            .ecs("source.as.organization.name"),
        path(
            "ipinfo_as_domain",
            TEXT,
            "the domain of who runs it (IPinfo)",
        ),
        path("traits_isp", TEXT, "the provider"),
        path("traits_organization", TEXT, "the organisation"),
        path("traits_domain", TEXT, "the domain"),
        path(
            "traits_connection_type",
            TEXT,
            "`Cable/DSL`, `Cellular`, `Corporate`, `Satellite`",
        ),
        path(
            "traits_user_type",
            TEXT,
            "`hosting`, `residential`, `business`, …",
        ),
        path("traits_user_count", WHOLE, "users in the last day"),
        path("traits_static_ip_score", NUMBER, "higher is more static"),
        path("traits_ip_risk_snapshot", NUMBER, "higher is riskier"),
        path("traits_mobile_country_code", TEXT, "mobile country code"),
        path("traits_mobile_network_code", TEXT, "mobile network code"),
        path("traits_is_anycast", FLAG, "one address in many places"),
        path("traits_is_anonymous", FLAG, "any anonymising network"),
        path("traits_is_anonymous_vpn", FLAG, "a VPN provider"),
        path("traits_is_hosting_provider", FLAG, "a hosting provider"),
        path("traits_is_public_proxy", FLAG, "a public proxy"),
        path("traits_is_residential_proxy", FLAG, "a residential proxy"),
        path("traits_is_tor_exit_node", FLAG, "a Tor exit"),
        path("traits_is_legitimate_proxy", FLAG, "a company's proxy"),
    ]
}

fn anonymizer() -> Vec<Column> {
    vec![
        path("anonymizer_is_anonymous", FLAG, "any anonymising network"),
        path("anonymizer_is_anonymous_vpn", FLAG, "a VPN provider"),
        path("anonymizer_is_hosting_provider", FLAG, "a hosting provider"),
        path("anonymizer_is_public_proxy", FLAG, "a public proxy"),
        path(
            "anonymizer_is_residential_proxy",
            FLAG,
            "a residential proxy",
        ),
        path("anonymizer_is_tor_exit_node", FLAG, "a Tor exit"),
        path(
            "anonymizer_confidence",
            WHOLE,
            "percent that it is a VPN in use",
        ),
        path("anonymizer_provider_name", TEXT, "the VPN's provider"),
        path(
            "anonymizer_network_last_seen",
            TEXT,
            "the day it was last seen in use",
        ),
        path(
            "anonymizer_residential_confidence",
            WHOLE,
            "percent that it is a residential proxy in use",
        ),
        path(
            "anonymizer_residential_provider_name",
            TEXT,
            "the residential proxy's provider",
        ),
        path(
            "anonymizer_residential_network_last_seen",
            TEXT,
            "the day it was last seen in use",
        ),
    ]
}

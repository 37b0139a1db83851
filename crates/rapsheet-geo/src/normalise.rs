//! What a record means: words that vendors use in different ways, flags that are left out, places that have no point.

use crate::country::{continent_name, country_of};
use crate::decode::Raw;
use crate::field::{Field, TWINS, Value};

/// How a database is to be read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    /// It speaks of the European Union, so a country without the flag is not a member.
    pub(crate) tells_union: bool,
    /// It speaks of anycast, so an address without the flag is not.
    pub(crate) tells_anycast: bool,
    /// It speaks of legitimate proxies.
    pub(crate) tells_legitimate_proxy: bool,
    /// It is about anonymity, so an address that it doesn't list is not anonymous.
    pub(crate) tells_anonymity: bool,
    /// Its confidence, provider and day are about residential proxies.
    pub(crate) is_residential: bool,
    /// It is about static addresses: `score` is theirs.
    pub(crate) is_static_score: bool,
}

/// A record's fields, in the order of the columns.
pub(crate) type Record<'a> = Vec<(Field, Value<'a>)>;

/// Turns what stands in a record into fields.
pub(crate) fn normalise<'a>(mut raw: Raw<'a>, reading: Reading) -> Record<'a> {
    country(&mut raw);
    continent(&mut raw);
    system(&mut raw);
    if let Some(city) = raw.take("city") {
        raw.fill(Field::CityName, city);
    }
    if let Some(code) = raw.take("postal_code") {
        raw.fill(Field::PostalCode, code);
    }
    if reading.is_static_score
        && let Some(score) = raw.take("score")
    {
        raw.fill(Field::StaticIpScore, score);
    }
    anonymity(&mut raw, reading);
    flags(&mut raw, reading);
    from_country_table(&mut raw);
    point(&mut raw);
    raw.fields.sort_by_key(|(field, _)| *field);
    raw.fields
}

/// `country_code` + `country` (a name), or `country` (a code) + `country_name`, or `country` alone.
fn country(raw: &mut Raw<'_>) {
    if let Some(Value::Text(code)) = raw.take("country_code")
        && let Some(code) = code_of(&code)
    {
        raw.fill(Field::CountryIsoCode, code);
    }
    if let Some(name) = raw.take("country_name") {
        raw.fill(Field::CountryName, name);
    }
    if let Some(Value::Text(text)) = raw.take("country") {
        match code_of(&text) {
            Some(code) if !raw.has(Field::CountryIsoCode) => raw.fill(Field::CountryIsoCode, code),
            Some(_) => {}
            None => raw.fill(Field::CountryName, Value::Text(text)),
        }
    }
}

fn continent(raw: &mut Raw<'_>) {
    if let Some(Value::Text(code)) = raw.take("continent_code")
        && let Some(code) = code_of(&code)
    {
        raw.fill(Field::ContinentCode, code);
    }
    if let Some(name) = raw.take("continent_name") {
        raw.fill(Field::ContinentName, name);
    }
    if let Some(Value::Text(text)) = raw.take("continent") {
        match code_of(&text) {
            Some(code) => raw.fill(Field::ContinentCode, code),
            None => raw.fill(Field::ContinentName, Value::Text(text)),
        }
    }
}

/// Reads a code of two letters; `ZZ`, `XX` and `--` stand for nothing.
fn code_of(text: &str) -> Option<Value<'static>> {
    let text = text.trim();
    let known = text.len() == 2
        && text.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !matches!(text, "ZZ" | "zz" | "XX" | "xx");
    known.then(|| Value::Text(text.to_ascii_uppercase().into()))
}

/// IPinfo's `asn` as text; beside it `name` and `domain` are the autonomous system's.
fn system(raw: &mut Raw<'_>) {
    let name = raw.take("name");
    let domain = raw.take("domain");
    match raw.take("asn") {
        Some(number) => {
            raw.fill(Field::AsNumber, number);
            if let Some(name) = name {
                raw.fill(Field::AsOrganization, name);
            }
            if let Some(domain) = domain {
                raw.fill(Field::AsDomain, domain);
            }
        }
        None => {
            if let Some(domain) = domain {
                raw.fill(Field::Domain, domain);
            }
        }
    }
}

fn anonymity(raw: &mut Raw<'_>, reading: Reading) {
    let fields = if reading.is_residential {
        [
            Field::ResidentialConfidence,
            Field::ResidentialProviderName,
            Field::ResidentialLastSeen,
        ]
    } else {
        [
            Field::AnonymizerConfidence,
            Field::AnonymizerProviderName,
            Field::AnonymizerLastSeen,
        ]
    };
    for (key, field) in ["confidence", "provider_name", "network_last_seen"]
        .into_iter()
        .zip(fields)
    {
        if let Some(value) = raw.take(key) {
            raw.fill(field, value);
        }
    }
    for (first, second) in TWINS {
        for (from, to) in [(first, second), (second, first)] {
            let value = raw.fields.iter().find(|(field, _)| *field == from);
            if let Some((_, value)) = value.cloned() {
                raw.fill(to, value);
            }
        }
        if reading.tells_anonymity {
            raw.fill(first, Value::Flag(false));
            raw.fill(second, Value::Flag(false));
        }
    }
}

fn flags(raw: &mut Raw<'_>, reading: Reading) {
    if reading.tells_anycast {
        raw.fill(Field::IsAnycast, Value::Flag(false));
    }
    if reading.tells_legitimate_proxy {
        raw.fill(Field::IsLegitimateProxy, Value::Flag(false));
    }
    if reading.tells_union {
        for (country, flag) in [
            (Field::CountryIsoCode, Field::CountryInUnion),
            (Field::RegisteredIsoCode, Field::RegisteredInUnion),
            (Field::RepresentedIsoCode, Field::RepresentedInUnion),
        ] {
            if raw.has(country) {
                raw.fill(flag, Value::Flag(false));
            }
        }
    }
}

/// Fills what the code of a country implies and the database doesn't say.
fn from_country_table(raw: &mut Raw<'_>) {
    let text = |raw: &Raw<'_>, wanted: Field| {
        raw.fields.iter().find_map(|(field, value)| match value {
            Value::Text(text) if *field == wanted => Some(text.clone().into_owned()),
            _ => None,
        })
    };
    let missing = [
        Field::CountryName,
        Field::ContinentCode,
        Field::ContinentName,
        Field::CountryInUnion,
    ]
    .iter()
    .any(|field| !raw.has(*field));
    if !missing {
        return;
    }
    if let Some(country) = text(raw, Field::CountryIsoCode)
        .as_deref()
        .and_then(country_of)
    {
        raw.fill(Field::CountryName, Value::Text(country.name.into()));
        raw.fill(Field::CountryInUnion, Value::Flag(country.in_union));
        if !raw.has(Field::ContinentName) {
            raw.fill(
                Field::ContinentCode,
                Value::Text(country.continent_code.into()),
            );
        }
    }
    if let Some(name) = text(raw, Field::ContinentCode)
        .as_deref()
        .and_then(continent_name)
    {
        raw.fill(Field::ContinentName, Value::Text(name.into()));
    }
}

/// The decimals of a degree that are kept: a tenth of a millimetre. What lies below is the noise of the makers' sums.
const DECIMALS: f64 = 1e9;

/// Keeps a point only where both of its numbers are there and are degrees. (0, 0) is how files without points write nothing.
fn point(raw: &mut Raw<'_>) {
    let number = |wanted: Field| {
        raw.fields.iter().find_map(|(field, value)| match value {
            Value::Number(number) if *field == wanted => Some(*number),
            _ => None,
        })
    };
    let good = match (number(Field::Latitude), number(Field::Longitude)) {
        (Some(latitude), Some(longitude)) => {
            latitude.abs() <= 90.0
                && longitude.abs() <= 180.0
                && (latitude, longitude) != (0.0, 0.0)
        }
        _ => false,
    };
    if !good {
        raw.fields
            .retain(|(field, _)| !matches!(field, Field::Latitude | Field::Longitude));
    }
    for (field, value) in &mut raw.fields {
        if let (Field::Latitude | Field::Longitude, Value::Number(degrees)) = (field, value) {
            *degrees = (*degrees * DECIMALS).round() / DECIMALS;
        }
    }
}

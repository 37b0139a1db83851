//! What a record means: words that vendors use in different ways, flags that are left out, places that have no point.

use crate::country::{continent_name, country_of};
use crate::decode::Raw;
use crate::field::{Field, FieldValue, TWINS};

/// How a database is to be read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RecordRules {
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
pub(crate) type DetailsRecord<'a> = Vec<(Field, FieldValue<'a>)>;

/// Turns what stands in a record into fields.
pub(crate) fn normalise<'a>(mut raw: Raw<'a>, rules: RecordRules) -> DetailsRecord<'a> {
    country(&mut raw);
    continent(&mut raw);
    system(&mut raw);
    if let Some(city) = raw.take("city") {
        raw.fill(Field::CityName, city);
    }
    if let Some(code) = raw.take("postal_code") {
        raw.fill(Field::PostalCode, code);
    }
    codes(&mut raw);
    if rules.is_static_score
        && let Some(score) = raw.take("score")
    {
        raw.fill(Field::StaticIpScore, score);
    }
    anonymity(&mut raw, rules);
    flags(&mut raw, rules);
    from_country_table(&mut raw);
    point(&mut raw);
    raw.fields.sort_by_key(|(field, _)| *field);
    raw.fields
}

/// Flat keys: `country_code` + `country` (a name), or `country` (a code) + `country_name`, or `country` alone. A text that is no
/// code is filled last, so that a placeholder shows only where nothing better is there.
fn country(raw: &mut Raw<'_>) {
    let keys = ["country_code", "country_name", "country"];
    flat(raw, keys, Field::CountryIsoCode, Field::CountryName);
}

fn continent(raw: &mut Raw<'_>) {
    let keys = ["continent_code", "continent_name", "continent"];
    flat(raw, keys, Field::ContinentCode, Field::ContinentName);
}

fn flat(raw: &mut Raw<'_>, keys: [&str; 3], code: Field, name: Field) {
    let [own, full, either] = keys.map(|key| raw.take(key));
    for value in [&own, &either].into_iter().flatten() {
        if let FieldValue::Text(text) = value
            && let Some(known) = code_of(text)
        {
            raw.fill(code, known);
        }
    }
    if let Some(own @ FieldValue::Text(_)) = own {
        raw.fill(code, own);
    }
    if let Some(full) = full {
        raw.fill(name, full);
    }
    if let Some(FieldValue::Text(text)) = either
        && code_of(&text).is_none()
    {
        raw.fill(name, FieldValue::Text(text));
    }
}

/// Each code with the name beside it and the last field that is about the same place.
const CODES: [(Field, Field, Field); 4] = [
    (
        Field::ContinentCode,
        Field::ContinentName,
        Field::ContinentName,
    ),
    (
        Field::CountryIsoCode,
        Field::CountryName,
        Field::CountryConfidence,
    ),
    (
        Field::RegisteredIsoCode,
        Field::RegisteredName,
        Field::RegisteredInUnion,
    ),
    (
        Field::RepresentedIsoCode,
        Field::RepresentedName,
        Field::RepresentedType,
    ),
];

/// Writes codes in capitals, and takes away what stands for no country: such a record would hide the country that another source
/// knows.
fn codes(raw: &mut Raw<'_>) {
    for (code, name, last) in CODES {
        let is_nothing = match text_of(raw, code) {
            Some(text) => is_placeholder(text),
            None => text_of(raw, name).is_some_and(is_placeholder),
        };
        if is_nothing {
            // City and point of a country of nobody are nobody's too.
            let is_within = |field: Field| {
                code == Field::CountryIsoCode
                    && (Field::Subdivision0IsoCode..=Field::MetroCode).contains(&field)
            };
            raw.fields
                .retain(|(field, _)| !(code..=last).contains(field) && !is_within(*field));
            continue;
        }
        if text_of(raw, name).is_some_and(is_placeholder) {
            raw.fields.retain(|(field, _)| *field != name);
        }
        if let Some(text) = text_of(raw, code).filter(|text| !is_written_well(text)) {
            let known = code_of(text);
            raw.fields.retain(|(field, _)| *field != code);
            if let Some(known) = known {
                raw.fill(code, known);
            }
        }
    }
}

fn text_of<'r>(raw: &'r Raw<'_>, wanted: Field) -> Option<&'r str> {
    raw.fields.iter().find_map(|(field, value)| match value {
        FieldValue::Text(text) if *field == wanted => Some(text.as_ref()),
        _ => None,
    })
}

fn is_written_well(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Whether a code or a name says that there is none: `ZZ`, `XX`, `--`, a code such as `T1` or `A1` that no country has, `Unknown`.
fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 9] = [
        "ZZ",
        "XX",
        "N/A",
        "none",
        "not available",
        "null",
        "reserved",
        "unknown",
        "unknown country",
    ];
    let text = text.trim();
    let is_odd_code = text.len() == 2 && !text.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_odd_code && text.is_ascii()
        || !text.chars().any(char::is_alphabetic)
        || WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Reads a code of two letters; `ZZ` and `XX` stand for nothing.
fn code_of(text: &str) -> Option<FieldValue<'static>> {
    let text = text.trim();
    let known = text.len() == 2
        && text.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !is_placeholder(text);
    known.then(|| FieldValue::Text(text.to_ascii_uppercase().into()))
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

fn anonymity(raw: &mut Raw<'_>, rules: RecordRules) {
    let fields = if rules.is_residential {
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
        if rules.tells_anonymity {
            raw.fill(first, FieldValue::Flag(false));
            raw.fill(second, FieldValue::Flag(false));
        }
    }
}

fn flags(raw: &mut Raw<'_>, rules: RecordRules) {
    if rules.tells_anycast {
        raw.fill(Field::IsAnycast, FieldValue::Flag(false));
    }
    if rules.tells_legitimate_proxy {
        raw.fill(Field::IsLegitimateProxy, FieldValue::Flag(false));
    }
    if rules.tells_union {
        for (country, flag) in [
            (Field::CountryIsoCode, Field::CountryInUnion),
            (Field::RegisteredIsoCode, Field::RegisteredInUnion),
            (Field::RepresentedIsoCode, Field::RepresentedInUnion),
        ] {
            if raw.has(country) {
                raw.fill(flag, FieldValue::Flag(false));
            }
        }
    }
}

/// Fills what the code of a country implies and the database doesn't say.
fn from_country_table(raw: &mut Raw<'_>) {
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
    if let Some(country) = text_of(raw, Field::CountryIsoCode).and_then(country_of) {
        raw.fill(Field::CountryName, FieldValue::Text(country.name.into()));
        raw.fill(Field::CountryInUnion, FieldValue::Flag(country.in_union));
        if !raw.has(Field::ContinentName) {
            raw.fill(
                Field::ContinentCode,
                FieldValue::Text(country.continent_code.into()),
            );
        }
    }
    if let Some(name) = text_of(raw, Field::ContinentCode).and_then(continent_name) {
        raw.fill(Field::ContinentName, FieldValue::Text(name.into()));
    }
}

/// The decimals of a degree that are kept: a tenth of a millimetre. What lies below is the noise of the makers' sums.
const DECIMALS: f64 = 1e9;

/// Keeps a point only where both of its numbers are there and are degrees. (0, 0) is how files without points write nothing.
fn point(raw: &mut Raw<'_>) {
    let number = |wanted: Field| {
        raw.fields.iter().find_map(|(field, value)| match value {
            FieldValue::Number(number) if *field == wanted => Some(*number),
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
        if let (Field::Latitude | Field::Longitude, FieldValue::Number(degrees)) = (field, value) {
            *degrees = (*degrees * DECIMALS).round() / DECIMALS;
        }
    }
}

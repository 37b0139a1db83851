//! The contents of a database, in words for people.
//!
//! They are found by looking at its records, because names of files and types promise too much.

use std::collections::BTreeSet;

use crate::database::Database;
use crate::database_kind::DatabaseKind;
use crate::field::Field;

/// How many records are looked at. Contents that none of them has are too rare to be promised.
const RECORDS: usize = 2_000;

/// The contents in the order in which they are listed.
const CONTENTS: [&str; 16] = [
    "continent",
    "country",
    "region",
    "city",
    "postal code",
    "coordinates",
    "time zone",
    "autonomous system",
    "provider",
    "domain",
    "kind of connection",
    "kind of user",
    "number of users",
    "anonymity",
    "risk",
    "income and density",
];

fn content(field: Field) -> Option<&'static str> {
    Some(match field {
        Field::ContinentCode | Field::ContinentName => "continent",
        Field::CountryIsoCode | Field::CountryName => "country",
        Field::Subdivision0IsoCode | Field::Subdivision0Name => "region",
        Field::CityName | Field::CityGeonameId => "city",
        Field::PostalCode => "postal code",
        Field::Latitude => "coordinates",
        Field::TimeZone => "time zone",
        Field::AsNumber | Field::AsOrganization => "autonomous system",
        Field::Isp | Field::Organization => "provider",
        Field::Domain => "domain",
        Field::ConnectionType => "kind of connection",
        Field::UserType | Field::StaticIpScore => "kind of user",
        Field::UserCount => "number of users",
        Field::AnonymizerIsAnonymous
        | Field::AnonymizerIsResidentialProxy
        | Field::ResidentialConfidence
        | Field::AnonymizerIsHostingProvider => "anonymity",
        Field::IpRisk => "risk",
        Field::AverageIncome | Field::PopulationDensity => "income and density",
        _ => return None,
    })
}

/// Lists the contents of a database.
pub(crate) fn contents_of(database: &Database) -> Vec<&'static str> {
    if database.info.kind == DatabaseKind::BuiltIn {
        return vec!["continent", "country", "autonomous system"];
    }
    let mut found: BTreeSet<&'static str> = BTreeSet::new();
    database.sample(RECORDS, |record| {
        found.extend(record.iter().filter_map(|(field, _)| content(*field)));
    });
    CONTENTS
        .into_iter()
        .filter(|content| found.contains(content))
        .collect()
}

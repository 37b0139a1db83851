//! One record of any known shape to fields: MaxMind's nested records and the flat ones of DB-IP, IPinfo and ip-location-db.
//!
//! A tree of the known keys steers a serde visitor through the record, so that unknown keys and names in unwanted languages are
//! skipped without being decoded, and text is borrowed from the database. Where one word has two meanings (`country` is a map, a
//! code or a name), the value is kept aside under its key, and [`normalise`](crate::normalise) decides.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::field::{Field, FieldValue};

/// What stands under a key.
#[derive(Clone, Copy)]
pub(crate) enum Node {
    /// One value.
    One(Field),
    /// One value that fills two columns.
    Two(Field, Field),
    /// A value whose meaning depends on its neighbours.
    Loose(&'static str),
    /// A map; a bare value in its place is kept aside under the name.
    Map(&'static [(&'static str, Node)], &'static str),
    /// A map from locale to name.
    Names(Field),
    /// The list of subdivisions, the largest first.
    Subdivisions,
}

use Field as F;
use Node::{Loose, Map, Names, One, Two};

pub(crate) type KnownKeys = &'static [(&'static str, Node)];

const CONTINENT: KnownKeys = &[
    ("code", One(F::ContinentCode)),
    ("geoname_id", One(F::ContinentGeonameId)),
    ("names", Names(F::ContinentName)),
];
const COUNTRY: KnownKeys = &[
    ("geoname_id", One(F::CountryGeonameId)),
    ("iso_code", One(F::CountryIsoCode)),
    ("names", Names(F::CountryName)),
    ("is_in_european_union", One(F::CountryInUnion)),
    ("confidence", One(F::CountryConfidence)),
];
const REGISTERED: KnownKeys = &[
    ("geoname_id", One(F::RegisteredGeonameId)),
    ("iso_code", One(F::RegisteredIsoCode)),
    ("names", Names(F::RegisteredName)),
    ("is_in_european_union", One(F::RegisteredInUnion)),
];
const REPRESENTED: KnownKeys = &[
    ("geoname_id", One(F::RepresentedGeonameId)),
    ("iso_code", One(F::RepresentedIsoCode)),
    ("names", Names(F::RepresentedName)),
    ("is_in_european_union", One(F::RepresentedInUnion)),
    ("type", One(F::RepresentedType)),
];
const SUBDIVISION_0: KnownKeys = &[
    ("geoname_id", One(F::Subdivision0GeonameId)),
    ("iso_code", One(F::Subdivision0IsoCode)),
    ("names", Names(F::Subdivision0Name)),
    ("confidence", One(F::Subdivision0Confidence)),
];
const SUBDIVISION_1: KnownKeys = &[
    ("geoname_id", One(F::Subdivision1GeonameId)),
    ("iso_code", One(F::Subdivision1IsoCode)),
    ("names", Names(F::Subdivision1Name)),
    ("confidence", One(F::Subdivision1Confidence)),
];
/// The two subdivisions that have columns.
pub(crate) const SUBDIVISIONS: [KnownKeys; 2] = [SUBDIVISION_0, SUBDIVISION_1];
const CITY: KnownKeys = &[
    ("geoname_id", One(F::CityGeonameId)),
    ("names", Names(F::CityName)),
    ("confidence", One(F::CityConfidence)),
];
const LOCATION: KnownKeys = &[
    ("accuracy_radius", One(F::AccuracyRadius)),
    ("latitude", One(F::Latitude)),
    ("longitude", One(F::Longitude)),
    ("time_zone", One(F::TimeZone)),
    ("metro_code", One(F::MetroCode)),
    ("average_income", One(F::AverageIncome)),
    ("population_density", One(F::PopulationDensity)),
];
const POSTAL: KnownKeys = &[
    ("code", One(F::PostalCode)),
    ("confidence", One(F::PostalConfidence)),
];
const TRAITS: KnownKeys = &[
    ("autonomous_system_number", One(F::AsNumber)),
    ("autonomous_system_organization", One(F::AsOrganization)),
    ("connection_type", One(F::ConnectionType)),
    ("domain", One(F::Domain)),
    ("isp", One(F::Isp)),
    ("organization", One(F::Organization)),
    ("user_type", One(F::UserType)),
    ("user_count", One(F::UserCount)),
    ("static_ip_score", One(F::StaticIpScore)),
    ("ip_risk_snapshot", One(F::IpRisk)),
    ("mobile_country_code", One(F::MobileCountryCode)),
    ("mobile_network_code", One(F::MobileNetworkCode)),
    ("is_anycast", One(F::IsAnycast)),
    ("is_anonymous", One(F::IsAnonymous)),
    ("is_anonymous_vpn", One(F::IsAnonymousVpn)),
    ("is_hosting_provider", One(F::IsHostingProvider)),
    ("is_public_proxy", One(F::IsPublicProxy)),
    ("is_residential_proxy", One(F::IsResidentialProxy)),
    ("is_tor_exit_node", One(F::IsTorExitNode)),
    ("is_legitimate_proxy", One(F::IsLegitimateProxy)),
];
const RESIDENTIAL: KnownKeys = &[
    ("confidence", One(F::ResidentialConfidence)),
    ("provider_name", One(F::ResidentialProviderName)),
    ("network_last_seen", One(F::ResidentialLastSeen)),
];
const ANONYMIZER: KnownKeys = &[
    ("is_anonymous", One(F::AnonymizerIsAnonymous)),
    ("is_anonymous_vpn", One(F::AnonymizerIsAnonymousVpn)),
    ("is_hosting_provider", One(F::AnonymizerIsHostingProvider)),
    ("is_public_proxy", One(F::AnonymizerIsPublicProxy)),
    ("is_residential_proxy", One(F::AnonymizerIsResidentialProxy)),
    ("is_tor_exit_node", One(F::AnonymizerIsTorExitNode)),
    ("confidence", One(F::AnonymizerConfidence)),
    ("provider_name", One(F::AnonymizerProviderName)),
    ("network_last_seen", One(F::AnonymizerLastSeen)),
    ("residential", Map(RESIDENTIAL, "")),
];
const ANONYMOUS: Node = Two(F::AnonymizerIsAnonymous, F::IsAnonymous);
const VPN: Node = Two(F::AnonymizerIsAnonymousVpn, F::IsAnonymousVpn);
const HOSTING: Node = Two(F::AnonymizerIsHostingProvider, F::IsHostingProvider);
const PROXY: Node = Two(F::AnonymizerIsPublicProxy, F::IsPublicProxy);
const RESIDENTIAL_PROXY: Node = Two(F::AnonymizerIsResidentialProxy, F::IsResidentialProxy);
const TOR: Node = Two(F::AnonymizerIsTorExitNode, F::IsTorExitNode);

pub(crate) const ROOT: KnownKeys = &[
    // MaxMind's nested records and the web service
    ("city", Map(CITY, "city")),
    ("continent", Map(CONTINENT, "continent")),
    ("country", Map(COUNTRY, "country")),
    ("location", Map(LOCATION, "")),
    ("postal", Map(POSTAL, "postal_code")),
    ("registered_country", Map(REGISTERED, "")),
    ("represented_country", Map(REPRESENTED, "")),
    ("subdivisions", Node::Subdivisions),
    ("traits", Map(TRAITS, "")),
    ("anonymizer", Map(ANONYMIZER, "")),
    // MaxMind's flat records
    ("autonomous_system_number", One(F::AsNumber)),
    ("autonomous_system_organization", One(F::AsOrganization)),
    ("isp", One(F::Isp)),
    ("organization", One(F::Organization)),
    ("mobile_country_code", One(F::MobileCountryCode)),
    ("mobile_network_code", One(F::MobileNetworkCode)),
    ("domain", Loose("domain")),
    ("connection_type", One(F::ConnectionType)),
    ("user_type", One(F::UserType)),
    ("is_anonymous", ANONYMOUS),
    ("is_anonymous_vpn", VPN),
    ("is_hosting_provider", HOSTING),
    ("is_public_proxy", PROXY),
    ("is_residential_proxy", RESIDENTIAL_PROXY),
    ("is_tor_exit_node", TOR),
    ("anonymizer_confidence", Loose("confidence")),
    ("network_last_seen", Loose("network_last_seen")),
    ("provider_name", Loose("provider_name")),
    ("ip_risk", One(F::IpRisk)),
    ("score", Loose("score")),
    ("static_ip_score", One(F::StaticIpScore)),
    ("ipv4_32", One(F::UserCount)),
    ("ipv6_64", One(F::UserCount)),
    ("average_income", One(F::AverageIncome)),
    ("population_density", One(F::PopulationDensity)),
    // DB-IP, IPinfo, ip-location-db
    ("country_code", Loose("country_code")),
    ("country_name", Loose("country_name")),
    ("continent_code", Loose("continent_code")),
    ("continent_name", Loose("continent_name")),
    ("asn", Loose("asn")),
    ("as_name", One(F::AsOrganization)),
    ("as_domain", One(F::AsDomain)),
    ("name", Loose("name")),
    ("state1", One(F::Subdivision0Name)),
    ("region", One(F::Subdivision0Name)),
    ("region_code", One(F::Subdivision0IsoCode)),
    ("state2", One(F::Subdivision1Name)),
    ("postcode", One(F::PostalCode)),
    ("postal_code", One(F::PostalCode)),
    ("latitude", One(F::Latitude)),
    ("longitude", One(F::Longitude)),
    ("lat", One(F::Latitude)),
    ("lng", One(F::Longitude)),
    ("radius", One(F::AccuracyRadius)),
    ("timezone", One(F::TimeZone)),
    ("geoname_id", One(F::CityGeonameId)),
    ("is_anycast", One(F::IsAnycast)),
    ("is_hosting", HOSTING),
    ("hosting", HOSTING),
    ("is_vpn", VPN),
    ("vpn", VPN),
    ("is_proxy", PROXY),
    ("proxy", PROXY),
    ("is_tor", TOR),
    ("tor", TOR),
];

/// A record as it was read: the fields that are clear, and the values whose meaning depends on their neighbours.
#[derive(Debug, Default)]
pub(crate) struct Raw<'a> {
    pub(crate) fields: Vec<(Field, FieldValue<'a>)>,
    pub(crate) loose: Vec<(&'static str, FieldValue<'a>)>,
}

impl<'a> Raw<'a> {
    /// Takes the value under a key whose meaning depends on its neighbours.
    pub(crate) fn take(&mut self, key: &str) -> Option<FieldValue<'a>> {
        let index = self.loose.iter().position(|(name, _)| *name == key)?;
        Some(self.loose.swap_remove(index).1)
    }

    /// Fills a field that is empty so far, if the value says anything.
    pub(crate) fn fill(&mut self, field: Field, value: FieldValue<'a>) {
        if !self.has(field)
            && let Some(value) = value.into_kind(field.kind())
        {
            self.fields.push((field, value));
        }
    }

    /// Whether a field is filled.
    pub(crate) fn has(&self, field: Field) -> bool {
        self.fields.iter().any(|(other, _)| *other == field)
    }

    fn put(&mut self, node: Node, value: FieldValue<'a>) {
        match node {
            One(field) | Names(field) => self.fill(field, value),
            Two(first, second) => {
                self.fill(first, value.clone());
                self.fill(second, value);
            }
            Loose("") | Map(_, "") | Node::Subdivisions => {}
            Loose(key) | Map(_, key) => self.loose.push((key, value)),
        }
    }
}

/// Decodes a record: a seed for any serde format.
pub(crate) struct RecordSeed<'l> {
    /// The wanted locale of names; `en` stands in where it is missing.
    pub(crate) locale: &'l str,
}

impl<'de> DeserializeSeed<'de> for RecordSeed<'_> {
    type Value = Raw<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw<'de>, D::Error> {
        let mut raw = Raw::default();
        deserializer.deserialize_any(NodeVisitor {
            node: Map(ROOT, ""),
            locale: self.locale,
            raw: &mut raw,
        })?;
        Ok(raw)
    }
}

struct NodeVisitor<'r, 'l, 'de> {
    node: Node,
    locale: &'l str,
    raw: &'r mut Raw<'de>,
}

impl<'de> DeserializeSeed<'de> for NodeVisitor<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NodeVisitor<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record of an address database")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.raw.put(self.node, FieldValue::Flag(value));
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.raw.put(self.node, FieldValue::Whole(value));
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        if let Ok(value) = i64::try_from(value) {
            self.raw.put(self.node, FieldValue::Whole(value));
        }
        Ok(())
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<(), E> {
        Ok(())
    }

    fn visit_f32<E: Error>(self, value: f32) -> Result<(), E> {
        self.raw.put(self.node, FieldValue::Number(decimal(value)));
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.raw.put(self.node, FieldValue::Number(value));
        Ok(())
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<(), E> {
        self.raw
            .put(self.node, FieldValue::Text(Cow::Borrowed(value)));
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.raw
            .put(self.node, FieldValue::Text(Cow::Owned(value.to_owned())));
        Ok(())
    }

    fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        match self.node {
            Map(keys, _) => {
                while let Some(node) = map.next_key_seed(KeySeed(keys))? {
                    match node {
                        Some(node) => map.next_value_seed(NodeVisitor {
                            node,
                            locale: self.locale,
                            raw: self.raw,
                        })?,
                        None => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
            }
            Names(field) => {
                let mut fallback = Raw::default();
                while let Some(wanted) = map.next_key_seed(LocaleSeed(self.locale))? {
                    let raw = match wanted {
                        Some(true) => &mut *self.raw,
                        Some(false) => &mut fallback,
                        None => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    map.next_value_seed(NodeVisitor {
                        node: One(field),
                        locale: self.locale,
                        raw,
                    })?;
                }
                if let Some((_, name)) = fallback.fields.pop() {
                    self.raw.fill(field, name);
                }
            }
            _ => while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {},
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if let Node::Subdivisions = self.node {
            for keys in SUBDIVISIONS {
                let seed = NodeVisitor {
                    node: Map(keys, ""),
                    locale: self.locale,
                    raw: self.raw,
                };
                if list.next_element_seed(seed)?.is_none() {
                    return Ok(());
                }
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// The number that somebody wrote into a file as single precision: 52.52, not the 52.52000045776367 that is nearest to it there.
fn decimal(value: f32) -> f64 {
    let exact = f64::from(value);
    let mut power = 1.0;
    for _ in 0..9 {
        // A whole number divided by a power of ten is the nearest number to that decimal.
        let rounded = (exact * power).round() / power;
        if rounded as f32 == value {
            return rounded;
        }
        power *= 10.0;
    }
    exact
}

/// Reads a key and finds its node.
struct KeySeed(KnownKeys);

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Option<Node>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Option<Node>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        self.visit_bytes(key.as_bytes())
    }

    fn visit_bytes<E: Error>(self, key: &[u8]) -> Result<Self::Value, E> {
        let found = self.0.iter().find(|(name, _)| name.as_bytes() == key);
        Ok(found.map(|(_, node)| *node))
    }
}

/// Reads a locale: wanted, the fallback, or neither.
struct LocaleSeed<'l>(&'l str);

impl<'de> DeserializeSeed<'de> for LocaleSeed<'_> {
    type Value = Option<bool>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for LocaleSeed<'_> {
    type Value = Option<bool>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a locale")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        self.visit_bytes(key.as_bytes())
    }

    fn visit_bytes<E: Error>(self, key: &[u8]) -> Result<Self::Value, E> {
        Ok(if key == self.0.as_bytes() {
            Some(true)
        } else if key == b"en" {
            Some(false)
        } else {
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use serde::de::value::{Error as ValueError, MapDeserializer};

    use super::*;

    #[test]
    fn coordinates_of_flat_files_are_what_their_makers_wrote() {
        let numbers = [("latitude", 52.52_f32), ("longitude", -0.091_224_4)];
        let record = MapDeserializer::<_, ValueError>::new(numbers.into_iter());
        let raw = RecordSeed { locale: "en" }.deserialize(record).unwrap();
        assert_eq!(
            raw.fields,
            [
                (Field::Latitude, FieldValue::Number(52.52)),
                (Field::Longitude, FieldValue::Number(-0.091_224_4)),
            ]
        );
    }

    #[test]
    fn single_precision_means_the_decimal_that_was_written() {
        for text in [
            "52.52",
            "-0.0912244",
            "151.209",
            "9.80954",
            "0",
            "-180",
            "1000000",
            "0.5",
            "99.99",
            "0.01",
        ] {
            let written: f64 = text.parse().unwrap();
            assert_eq!(decimal(written as f32), written, "{text}");
        }
        for odd in [1e-30_f32, 3.4e38, f32::NAN, f32::INFINITY] {
            assert_eq!(decimal(odd).to_bits(), f64::from(odd).to_bits(), "{odd}");
        }
    }
}

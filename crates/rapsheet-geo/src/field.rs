//! The fields that a source of details can fill, and their values.

use std::borrow::Cow;

/// What kind of value a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Whole,
    Number,
    Flag,
}

macro_rules! fields {
    ($($field:ident $kind:ident $name:literal,)*) => {
        /// A column of `details` that a source can fill, in the order of the columns.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Field { $($field,)* }

        impl Field {
            /// All of them, in order.
            pub(crate) const ALL: &'static [Field] = &[$(Field::$field,)*];

            /// The column's name.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Field::$field => $name,)* }
            }

            /// The kind of its values.
            pub(crate) const fn kind(self) -> Type {
                match self { $(Field::$field => Type::$kind,)* }
            }
        }
    };
}

fields! {
    ContinentCode Text "continent_code",
    ContinentGeonameId Whole "continent_geoname_id",
    ContinentName Text "continent_name",
    CountryIsoCode Text "country_iso_code",
    CountryGeonameId Whole "country_geoname_id",
    CountryName Text "country_name",
    CountryInUnion Flag "country_is_in_european_union",
    CountryConfidence Whole "country_confidence",
    RegisteredIsoCode Text "registered_country_iso_code",
    RegisteredGeonameId Whole "registered_country_geoname_id",
    RegisteredName Text "registered_country_name",
    RegisteredInUnion Flag "registered_country_is_in_european_union",
    RepresentedIsoCode Text "represented_country_iso_code",
    RepresentedGeonameId Whole "represented_country_geoname_id",
    RepresentedName Text "represented_country_name",
    RepresentedInUnion Flag "represented_country_is_in_european_union",
    RepresentedType Text "represented_country_type",
    Subdivision0IsoCode Text "subdivisions_0_iso_code",
    Subdivision0GeonameId Whole "subdivisions_0_geoname_id",
    Subdivision0Name Text "subdivisions_0_name",
    Subdivision0Confidence Whole "subdivisions_0_confidence",
    Subdivision1IsoCode Text "subdivisions_1_iso_code",
    Subdivision1GeonameId Whole "subdivisions_1_geoname_id",
    Subdivision1Name Text "subdivisions_1_name",
    Subdivision1Confidence Whole "subdivisions_1_confidence",
    CityGeonameId Whole "city_geoname_id",
    CityName Text "city_name",
    CityConfidence Whole "city_confidence",
    PostalCode Text "postal_code",
    PostalConfidence Whole "postal_confidence",
    Latitude Number "location_latitude",
    Longitude Number "location_longitude",
    AccuracyRadius Whole "location_accuracy_radius",
    TimeZone Text "location_time_zone",
    MetroCode Whole "location_metro_code",
    AverageIncome Whole "location_average_income",
    PopulationDensity Whole "location_population_density",
    AsNumber Whole "traits_autonomous_system_number",
    AsOrganization Text "traits_autonomous_system_organization",
    AsDomain Text "ipinfo_as_domain",
    Isp Text "traits_isp",
    Organization Text "traits_organization",
    Domain Text "traits_domain",
    ConnectionType Text "traits_connection_type",
    UserType Text "traits_user_type",
    UserCount Whole "traits_user_count",
    StaticIpScore Number "traits_static_ip_score",
    IpRisk Number "traits_ip_risk_snapshot",
    MobileCountryCode Text "traits_mobile_country_code",
    MobileNetworkCode Text "traits_mobile_network_code",
    IsAnycast Flag "traits_is_anycast",
    IsAnonymous Flag "traits_is_anonymous",
    IsAnonymousVpn Flag "traits_is_anonymous_vpn",
    IsHostingProvider Flag "traits_is_hosting_provider",
    IsPublicProxy Flag "traits_is_public_proxy",
    IsResidentialProxy Flag "traits_is_residential_proxy",
    IsTorExitNode Flag "traits_is_tor_exit_node",
    IsLegitimateProxy Flag "traits_is_legitimate_proxy",
    AnonymizerIsAnonymous Flag "anonymizer_is_anonymous",
    AnonymizerIsAnonymousVpn Flag "anonymizer_is_anonymous_vpn",
    AnonymizerIsHostingProvider Flag "anonymizer_is_hosting_provider",
    AnonymizerIsPublicProxy Flag "anonymizer_is_public_proxy",
    AnonymizerIsResidentialProxy Flag "anonymizer_is_residential_proxy",
    AnonymizerIsTorExitNode Flag "anonymizer_is_tor_exit_node",
    AnonymizerConfidence Whole "anonymizer_confidence",
    AnonymizerProviderName Text "anonymizer_provider_name",
    AnonymizerLastSeen Text "anonymizer_network_last_seen",
    ResidentialConfidence Whole "anonymizer_residential_confidence",
    ResidentialProviderName Text "anonymizer_residential_provider_name",
    ResidentialLastSeen Text "anonymizer_residential_network_last_seen",
    Precision Text "location_precision",
    Other Text "details_other",
}

/// The flags of anonymity: MaxMind writes each under `anonymizer` and, as an older twin, under `traits`.
pub(crate) const TWINS: [(Field, Field); 6] = [
    (Field::AnonymizerIsAnonymous, Field::IsAnonymous),
    (Field::AnonymizerIsAnonymousVpn, Field::IsAnonymousVpn),
    (Field::AnonymizerIsHostingProvider, Field::IsHostingProvider),
    (Field::AnonymizerIsPublicProxy, Field::IsPublicProxy),
    (
        Field::AnonymizerIsResidentialProxy,
        Field::IsResidentialProxy,
    ),
    (Field::AnonymizerIsTorExitNode, Field::IsTorExitNode),
];

impl Field {
    /// Whether it says where the address is: such fields of one row come from one database.
    pub(crate) fn is_place(self) -> bool {
        self <= Field::MetroCode
    }

    /// Whether it speaks of the autonomous system: such fields of one row are about one number.
    pub(crate) fn is_system(self) -> bool {
        matches!(
            self,
            Field::AsNumber | Field::AsOrganization | Field::AsDomain
        )
    }
}

/// A value of a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FieldValue<'a> {
    Text(Cow<'a, str>),
    Whole(i64),
    Number(f64),
    Flag(bool),
}

impl<'a> FieldValue<'a> {
    /// Turns the value into the kind that a field holds; `None` where it says nothing.
    pub(crate) fn into_kind(self, kind: Type) -> Option<Self> {
        Some(match (kind, self) {
            (_, FieldValue::Text(text)) if text.trim().is_empty() => return None,
            (Type::Text, text @ FieldValue::Text(_)) => text,
            (Type::Text, FieldValue::Whole(whole)) => FieldValue::Text(whole.to_string().into()),
            (Type::Text, FieldValue::Number(number)) => FieldValue::Text(number.to_string().into()),
            (Type::Whole, whole @ FieldValue::Whole(_)) => whole,
            (Type::Whole, FieldValue::Number(number)) if number.fract() == 0.0 => {
                FieldValue::Whole(number as i64)
            }
            (Type::Whole, FieldValue::Text(text)) => FieldValue::Whole(whole_of(&text)?),
            (Type::Number, FieldValue::Number(number)) if number.is_finite() => {
                FieldValue::Number(number)
            }
            (Type::Number, FieldValue::Whole(whole)) => FieldValue::Number(whole as f64),
            (Type::Number, FieldValue::Text(text)) => {
                FieldValue::Number(text.trim().parse().ok().filter(|n: &f64| n.is_finite())?)
            }
            (Type::Flag, flag @ FieldValue::Flag(_)) => flag,
            (Type::Flag, FieldValue::Whole(whole)) => FieldValue::Flag(whole != 0),
            (Type::Flag, FieldValue::Text(text)) => match text.trim() {
                "true" | "1" | "yes" => FieldValue::Flag(true),
                "false" | "0" | "no" => FieldValue::Flag(false),
                _ => return None,
            },
            _ => return None,
        })
    }
}

/// Reads a whole number; `AS123` is 123, as IPinfo writes it.
fn whole_of(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = match text.get(..2) {
        Some(head) if head.eq_ignore_ascii_case("as") => &text[2..],
        _ => text,
    };
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapsheet_schema::details;

    #[test]
    fn fields_are_the_columns_of_details_in_order() {
        let columns = details();
        let inner: Vec<_> = columns[3..columns.len() - 2]
            .iter()
            .map(|column| (column.name, column.data_type.clone()))
            .collect();
        let fields: Vec<_> = Field::ALL
            .iter()
            .map(|field| {
                let data_type = match field.kind() {
                    Type::Text => arrow::datatypes::DataType::Utf8View,
                    Type::Whole => arrow::datatypes::DataType::Int64,
                    Type::Number => arrow::datatypes::DataType::Float64,
                    Type::Flag => arrow::datatypes::DataType::Boolean,
                };
                (field.name(), data_type)
            })
            .collect();
        assert_eq!(fields, inner);
    }

    #[test]
    fn values_take_the_kind_of_their_field() {
        let text = |text: &'static str| FieldValue::Text(text.into());
        assert_eq!(
            text("AS123").into_kind(Type::Whole),
            Some(FieldValue::Whole(123))
        );
        assert_eq!(
            text("-1.5").into_kind(Type::Number),
            Some(FieldValue::Number(-1.5))
        );
        assert_eq!(text("").into_kind(Type::Text), None);
        assert_eq!(text("é").into_kind(Type::Whole), None);
        assert_eq!(text("NaN").into_kind(Type::Number), None);
        assert_eq!(FieldValue::Whole(4).into_kind(Type::Text), Some(text("4")));
    }
}

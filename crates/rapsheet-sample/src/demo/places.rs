//! Where the made-up server's visitors come from: real cities, invented organisations, AS numbers
//! from the ranges for documentation (RFC 5398).

/// One network and what a local database would know of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DemoPlace {
    /// The network in CIDR form.
    pub network: &'static str,
    /// The country's two letters.
    pub country_iso_code: &'static str,
    /// The country's English name.
    pub country_name: &'static str,
    /// The city.
    pub city_name: &'static str,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// The autonomous system.
    pub autonomous_system_number: u32,
    /// Who runs it.
    pub autonomous_system_organization: &'static str,
    /// MaxMind's word for the kind of user.
    pub user_type: &'static str,
}

macro_rules! places {
    ($($network:literal $iso:literal $country:literal $city:literal $lat:literal $lon:literal $as:literal $org:literal $kind:literal;)+) => {
        [$(DemoPlace {
            network: $network,
            country_iso_code: $iso,
            country_name: $country,
            city_name: $city,
            latitude: $lat,
            longitude: $lon,
            autonomous_system_number: $as,
            autonomous_system_organization: $org,
            user_type: $kind,
        }),+]
    };
}

static PLACES: [DemoPlace; 19] = places![
    "192.0.2.0/24" "DE" "Germany" "Frankfurt am Main" 50.1109 8.6821 64496 "Example Hosting GmbH" "hosting";
    "203.0.113.0/24" "NL" "The Netherlands" "Amsterdam" 52.3676 4.9041 64497 "Specimen Servers B.V." "hosting";
    "198.51.100.0/24" "VN" "Vietnam" "Hanoi" 21.0285 105.8542 64498 "Sample Telecom JSC" "residential";
    "198.18.5.0/24" "CH" "Switzerland" "Zurich" 47.3769 8.5417 64499 "Muster Internet AG" "residential";
    "198.18.200.0/24" "US" "United States" "Ashburn" 39.0438 -77.4874 64500 "Placeholder Cloud Inc." "hosting";
    "198.18.66.0/24" "FR" "France" "Paris" 48.8566 2.3522 64501 "Exemple Réseau SAS" "hosting";
    "198.18.77.0/24" "US" "United States" "Ann Arbor" 42.2808 -83.7430 64502 "Test University Survey Lab" "college";
    "198.18.128.0/20" "AT" "Austria" "Vienna" 48.2082 16.3738 64505 "Beispiel Kabel GmbH" "residential";
    "198.18.144.0/20" "JP" "Japan" "Tokyo" 35.6762 139.6503 64506 "Mihon Mobile K.K." "cellular";
    "198.18.160.0/20" "US" "United States" "Mountain View" 37.3861 -122.0839 64507 "Example Search LLC" "search_engine_spider";
    "198.19.10.0/24" "CN" "China" "Shanghai" 31.2304 121.4737 64503 "Fictive Communications Co." "residential";
    "198.19.20.0/24" "IN" "India" "Mumbai" 19.0760 72.8777 64504 "Namuna Broadband Ltd" "residential";
    "198.19.30.0/24" "BR" "Brazil" "São Paulo" -23.5505 -46.6333 65536 "Exemplo Telecom S.A." "residential";
    "198.19.40.0/24" "NG" "Nigeria" "Lagos" 6.5244 3.3792 65537 "Sample Mobile Ltd" "cellular";
    "198.19.50.0/24" "ID" "Indonesia" "Jakarta" -6.2088 106.8456 65538 "PT Contoh Data" "business";
    "198.19.60.0/24" "NA" "Namibia" "Windhoek" -22.5609 17.0658 65539 "Example Desert Net" "business";
    "198.19.70.0/24" "SG" "Singapore" "Singapore" 1.3521 103.8198 65540 "Placeholder VPS Pte Ltd" "hosting";
    "2001:db8:5::/48" "CH" "Switzerland" "Zurich" 47.3769 8.5417 64499 "Muster Internet AG" "residential";
    "2001:db8:bad::/48" "RO" "Romania" "Bucharest" 44.4268 26.1025 65541 "Exemplu Colo SRL" "hosting";
];

/// The networks of all addresses in the made-up server's logs. None holds another.
#[must_use]
pub fn places() -> &'static [DemoPlace] {
    &PLACES
}

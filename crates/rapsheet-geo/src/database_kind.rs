//! What a database is about, found by its type or by the keys of its records.

/// What a database is about. The order is the one in which databases fill a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DatabaseKind {
    /// Everything of a single address, from the web service.
    Insights,
    /// Everything, with confidences.
    Enterprise,
    /// Places down to the city.
    City,
    /// Countries.
    Country,
    /// Providers and autonomous systems.
    Isp,
    /// Autonomous systems.
    Asn,
    /// Anonymising networks, with providers.
    AnonymousPlus,
    /// Anonymising networks.
    AnonymousIp,
    /// Risk scores.
    IpRisk,
    /// Residential proxies.
    ResidentialProxy,
    /// Kinds of connection.
    ConnectionType,
    /// Domains.
    Domain,
    /// Scores of static addresses.
    StaticIpScore,
    /// Numbers of users.
    UserCount,
    /// Income and density of population.
    DensityIncome,
    /// Something else.
    Other,
    /// The tables in the binary: country and autonomous system.
    BuiltIn,
}

impl DatabaseKind {
    /// Finds the kind in a `database_type`; the more specific words first, as MaxMind's own readers do.
    pub(crate) fn of_type(database_type: &str) -> Option<Self> {
        let text = database_type.to_ascii_lowercase();
        const WORDS: [(&str, DatabaseKind); 14] = [
            ("residential-proxy", DatabaseKind::ResidentialProxy),
            ("anonymous-plus", DatabaseKind::AnonymousPlus),
            ("anonymous-ip", DatabaseKind::AnonymousIp),
            ("ip-risk", DatabaseKind::IpRisk),
            ("static-ip-score", DatabaseKind::StaticIpScore),
            ("user-count", DatabaseKind::UserCount),
            ("densityincome", DatabaseKind::DensityIncome),
            ("connection-type", DatabaseKind::ConnectionType),
            ("enterprise", DatabaseKind::Enterprise),
            ("city", DatabaseKind::City),
            ("country", DatabaseKind::Country),
            ("-domain", DatabaseKind::Domain),
            ("isp", DatabaseKind::Isp),
            ("asn", DatabaseKind::Asn),
        ];
        // IPinfo's types name products, not contents.
        if text.starts_with("ipinfo") {
            return None;
        }
        WORDS
            .iter()
            .find(|(word, _)| text.contains(word))
            .map(|(_, kind)| *kind)
    }

    /// Finds the kind in the keys of a record.
    pub(crate) fn of_record(keys: &[String]) -> Option<Self> {
        let has = |names: &[&str]| keys.iter().any(|key| names.contains(&key.as_str()));
        if has(&[
            "city",
            "latitude",
            "lat",
            "location",
            "subdivisions",
            "state1",
        ]) {
            Some(Self::City)
        } else if has(&["country", "country_code", "continent", "registered_country"]) {
            Some(Self::Country)
        } else if has(&["isp", "organization"]) {
            Some(Self::Isp)
        } else if has(&["asn", "autonomous_system_number"]) {
            Some(Self::Asn)
        } else if has(&["is_anonymous", "is_vpn", "is_tor_exit_node", "vpn", "tor"]) {
            Some(Self::AnonymousIp)
        } else {
            None
        }
    }
}

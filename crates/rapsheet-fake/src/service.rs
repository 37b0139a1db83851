//! The web service's protocol: paths, basic auth, bodies and error bodies.

use std::net::IpAddr;

use base64::Engine;
use serde_json::{Value, json};

use crate::{FakeRequest, Reply};

/// The account that is let in.
pub const ACCOUNT: &str = "424242";
/// Its key. Tests look for it in everything that is written.
pub const KEY: &str = "fake01_TheKeyThatNobodyMaySee_mmk";

const ERROR: &str = "application/vnd.maxmind.com-error+json; charset=UTF-8; version=2.0";

/// Which service and which address a request is about.
#[must_use]
pub fn asked(request: &FakeRequest) -> Option<(String, IpAddr)> {
    let rest = request.path.strip_prefix("/geoip/v2.1/")?;
    let (service, ip) = rest.split_once('/')?;
    let is_service = matches!(service, "country" | "city" | "insights");
    Some((service.to_owned(), ip.parse().ok()?)).filter(|_| is_service)
}

/// Whether a request has the right credentials.
#[must_use]
pub fn is_known(request: &FakeRequest) -> bool {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{ACCOUNT}:{KEY}"));
    request.authorization.as_deref() == Some(&format!("Basic {pair}"))
}

/// Answers as the service would: with details of a network of this length, or with the error that belongs to the request.
#[must_use]
pub fn answer(request: &FakeRequest, v4_prefix: u8) -> Reply {
    if !is_known(request) {
        return error(401, "AUTHORIZATION_INVALID", "wrong account or key");
    }
    match asked(request) {
        None => Reply::new(404, "text/html", "<html>no such path</html>"),
        Some((service, ip)) => {
            let kind =
                format!("application/vnd.maxmind.com-{service}+json; charset=UTF-8; version=2.1");
            Reply::new(200, &kind, body(&service, ip, v4_prefix).to_string())
        }
    }
}

/// An error body.
#[must_use]
pub fn error(status: u16, code: &str, text: &str) -> Reply {
    Reply::new(
        status,
        ERROR,
        json!({"code": code, "error": text}).to_string(),
    )
}

/// The details of an address, made up from it.
#[must_use]
pub fn body(service: &str, ip: IpAddr, v4_prefix: u8) -> Value {
    let network = match ip {
        IpAddr::V4(v4) => {
            let mask = u32::MAX
                .checked_shl(32 - u32::from(v4_prefix))
                .unwrap_or(u32::MAX);
            let first = std::net::Ipv4Addr::from(u32::from(v4) & mask);
            format!("{first}/{v4_prefix}")
        }
        IpAddr::V6(v6) => {
            let first = std::net::Ipv6Addr::from(u128::from(v6) & (u128::MAX << 64));
            format!("{first}/64")
        }
    };
    let mut body = json!({
        "continent": {"code": "EU", "geoname_id": 6255148, "names": {"de": "Europa", "en": "Europe"}},
        "country": {"geoname_id": 2661886, "is_in_european_union": true, "iso_code": "SE",
            "names": {"de": "Schweden", "en": "Sweden"}},
        "registered_country": {"geoname_id": 2661886, "iso_code": "SE", "names": {"en": "Sweden"}},
        "traits": {"ip_address": ip.to_string(), "network": network},
        "maxmind": {"queries_remaining": 1000},
    });
    if service != "country" {
        body["city"] = json!({"geoname_id": 2694762, "names": {"en": format!("City of {ip}")}});
        body["location"] = json!({"accuracy_radius": 76, "latitude": 58.4167, "longitude": 15.6167,
            "time_zone": "Europe/Stockholm"});
        body["traits"]["isp"] = json!("Example ISP");
        body["traits"]["autonomous_system_number"] = json!(64496);
    }
    if service == "insights" {
        body["traits"]["user_type"] = json!("hosting");
        body["traits"]["static_ip_score"] = json!(1.5);
        body["anonymizer"] = json!({"is_anonymous": true, "is_hosting_provider": true});
    }
    body
}

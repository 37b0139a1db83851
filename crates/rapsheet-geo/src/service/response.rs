//! What an answer of the service means: by its code first, by its status second, since published statuses have differed.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use serde_json::Value;

/// The longest body that is taken.
pub(crate) const MOST_BYTES: usize = 1 << 20;

/// What became of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ResponseClass {
    /// The details of the address.
    Answer {
        network: Option<IpNet>,
        remaining: Option<i64>,
    },
    /// Details of another address than was asked about. Billed all the same.
    AboutAnother { about: String },
    /// The service knows that there is nothing to say. Kept like an answer.
    Negative { code: String },
    /// Ask again a little later. `billed`: the service may have answered and counted it.
    Again { reason: String, billed: bool },
    /// Everybody has to wait.
    Slow { wait: Option<Duration> },
    /// Nothing was sent, since everybody has to wait or to stop.
    Unsent,
    /// This address is refused for a reason of its own.
    Refused { reason: String },
    /// Every further request would fail alike.
    Stop { reason: String, hint: StopHint },
}

/// What to do about a refusal that holds for the whole run. Which words that takes depends on the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopHint {
    /// The account or its key is wrong.
    Key,
    /// The credit, or the day's share, is used up.
    Funds,
    /// The account may not use the service.
    Permission,
    /// Nobody has such a path.
    Host,
    /// Something in between changes requests.
    Proxy,
    /// The certificate is of nobody whom this machine trusts.
    Authority,
    /// The certificate holds at another time.
    Clock,
    /// The certificate is for another name.
    Name,
    /// TLS failed in another way.
    Tls,
}

impl StopHint {
    /// The hint in words.
    pub(crate) const fn text(self, is_free: bool) -> &'static str {
        match (self, is_free) {
            (Self::Key, _) => {
                "check the account ID and the licence key; a new key takes some minutes to work"
            }
            (Self::Funds, false) => {
                "buy credit at maxmind.com, then run the same command: it goes on where it stopped"
            }
            (Self::Funds, true) => {
                "GeoLite answers 1,000 questions a day and service, and there is nothing to buy: run the same command tomorrow, it goes on where it stopped"
            }
            (Self::Permission, false) => {
                "this account may not use this service; GeoLite accounts need `--geolite`"
            }
            (Self::Permission, true) => {
                "this account may not use GeoLite's web service: it is for those who signed up for GeoLite"
            }
            (Self::Host, _) => {
                "check `--host` and `--service`; Insights does not exist for GeoLite"
            }
            (Self::Proxy, _) => "a proxy may have changed the request",
            (Self::Authority, _) => {
                "if a proxy of your own stands in between, name its certificate with `--ca-file FILE`; else install the system's certificates (`ca-certificates`)"
            }
            (Self::Clock, _) => {
                "check this machine's clock; if a proxy of your own stands in between, its certificate is named with `--ca-file FILE`"
            }
            (Self::Name, _) => {
                "check `--host`: the certificate is for another name; one of your own is named with `--ca-file FILE`"
            }
            (Self::Tls, _) => {
                "check `--host`: nobody there speaks TLS as it should; a certificate of your own is named with `--ca-file FILE`"
            }
        }
    }
}

/// Reads a response.
pub(crate) fn judge(
    ip: IpAddr,
    status: u16,
    body: &[u8],
    retry_after: Option<&str>,
    now_seconds: i64,
) -> ResponseClass {
    if status == 200 {
        return answer(ip, body);
    }
    let error: Option<Value> = serde_json::from_slice(body).ok();
    let field = |name: &str| error.as_ref().and_then(|error| error.get(name)?.as_str());
    let code = field("code").unwrap_or_default();
    // The text is the service's; a key is never in it, but it may be long.
    let text: String = field("error")
        .unwrap_or_default()
        .chars()
        .take(200)
        .collect();
    if let Some(verdict) = by_code(code, &text) {
        return verdict;
    }
    let named = if code.is_empty() {
        format!("HTTP status {status}")
    } else {
        format!("HTTP status {status}, {code}: {text}")
    };
    let stop = |hint| ResponseClass::Stop {
        reason: named.clone(),
        hint,
    };
    match status {
        401 => stop(StopHint::Key),
        402 => stop(StopHint::Funds),
        403 => stop(StopHint::Permission),
        404 | 300..=399 => stop(StopHint::Host),
        406 | 415 => stop(StopHint::Proxy),
        429 => ResponseClass::Slow {
            wait: retry_after.and_then(|text| wait_of(text, now_seconds)),
        },
        408 | 500..=599 => ResponseClass::Again {
            reason: named,
            billed: false,
        },
        400..=499 => ResponseClass::Refused { reason: named },
        // A success without an answer: somebody may have been paid for it.
        _ => ResponseClass::Again {
            reason: named,
            billed: true,
        },
    }
}

fn by_code(code: &str, text: &str) -> Option<ResponseClass> {
    let stop = |hint| {
        Some(ResponseClass::Stop {
            reason: format!("{code}: {text}"),
            hint,
        })
    };
    match code {
        "IP_ADDRESS_INVALID"
        | "IP_ADDRESS_REQUIRED"
        | "IP_ADDRESS_RESERVED"
        | "IP_ADDRESS_NOT_FOUND" => Some(ResponseClass::Negative {
            code: code.to_owned(),
        }),
        "AUTHORIZATION_INVALID"
        | "LICENSE_KEY_REQUIRED"
        | "ACCOUNT_ID_REQUIRED"
        | "ACCOUNT_ID_UNKNOWN"
        | "USER_ID_REQUIRED"
        | "USER_ID_UNKNOWN" => stop(StopHint::Key),
        "INSUFFICIENT_FUNDS" | "OUT_OF_QUERIES" => stop(StopHint::Funds),
        "PERMISSION_REQUIRED" => stop(StopHint::Permission),
        _ => None,
    }
}

fn answer(ip: IpAddr, body: &[u8]) -> ResponseClass {
    let Ok(Value::Object(answer)) = serde_json::from_slice::<Value>(body) else {
        return ResponseClass::Again {
            reason: "the answer is not JSON".to_owned(),
            billed: true,
        };
    };
    let traits = answer.get("traits");
    let about = traits.and_then(|traits| traits.get("ip_address"));
    if let Some(about) = about.filter(|about| !is_about(about, ip)) {
        let about: String = about.to_string().chars().take(60).collect();
        return ResponseClass::AboutAnother {
            about: about.trim_matches('"').to_owned(),
        };
    }
    let network = traits
        .and_then(|traits| traits.get("network")?.as_str())
        .and_then(|network| network.parse::<IpNet>().ok())
        .map(|network| network.trunc())
        .filter(|network| network.contains(&ip));
    let remaining = answer
        .get("maxmind")
        .and_then(|maxmind| maxmind.get("queries_remaining")?.as_i64());
    ResponseClass::Answer { network, remaining }
}

/// Whether what an answer says of its address names the one that was asked about.
fn is_about(about: &Value, ip: IpAddr) -> bool {
    let about = about
        .as_str()
        .and_then(|about| about.parse::<IpAddr>().ok());
    about.is_some_and(|about| about.to_canonical() == ip.to_canonical())
}

/// Reads `Retry-After`: seconds, or a date.
fn wait_of(text: &str, now_seconds: i64) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?;
    let seconds = at.timestamp().as_second().saturating_sub(now_seconds);
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, body: &str) -> ResponseClass {
        judge(
            "81.2.69.160".parse().unwrap(),
            status,
            body.as_bytes(),
            None,
            0,
        )
    }

    #[test]
    fn the_code_goes_before_the_status() {
        let error = |code: &str| format!(r#"{{"code":"{code}","error":"text"}}"#);
        for status in [400, 401, 402, 403, 404] {
            assert!(matches!(
                judged(status, &error("PERMISSION_REQUIRED")),
                ResponseClass::Stop { hint, .. } if hint == StopHint::Permission
            ));
            assert!(matches!(
                judged(status, &error("OUT_OF_QUERIES")),
                ResponseClass::Stop { hint, .. } if hint == StopHint::Funds
            ));
            assert!(matches!(
                judged(status, &error("IP_ADDRESS_NOT_FOUND")),
                ResponseClass::Negative { .. }
            ));
        }
        assert!(matches!(judged(404, "<html>"), ResponseClass::Stop { .. }));
        assert!(matches!(judged(403, ""), ResponseClass::Stop { .. }));
        assert!(matches!(judged(302, ""), ResponseClass::Stop { .. }));
        assert!(matches!(
            judged(400, &error("NEW_CODE")),
            ResponseClass::Refused { .. }
        ));
        assert!(matches!(
            judged(502, "<html>"),
            ResponseClass::Again { billed: false, .. }
        ));
    }

    #[test]
    fn a_success_that_is_no_answer_may_have_been_billed() {
        for body in ["", "{\"city\":", "[]", "<html>"] {
            assert!(
                matches!(judged(200, body), ResponseClass::Again { billed: true, .. }),
                "{body}"
            );
        }
        let body =
            r#"{"traits":{"network":"81.2.69.160/27"},"maxmind":{"queries_remaining":7},"x":1}"#;
        assert_eq!(
            judged(200, body),
            ResponseClass::Answer {
                network: Some("81.2.69.160/27".parse().unwrap()),
                remaining: Some(7)
            }
        );
        let elsewhere = r#"{"traits":{"network":"9.0.0.0/8"}}"#;
        assert_eq!(
            judged(200, elsewhere),
            ResponseClass::Answer {
                network: None,
                remaining: None
            }
        );
    }

    #[test]
    fn an_answer_that_names_another_address_is_none() {
        for (about, is_answer) in [
            ("\"81.2.69.160\"", true),
            ("\"::ffff:81.2.69.160\"", true),
            ("\"81.2.69.161\"", false),
            ("\"me\"", false),
            ("7", false),
        ] {
            let body = format!(r#"{{"traits":{{"ip_address":{about}}}}}"#);
            let judged = judged(200, &body);
            assert_eq!(
                matches!(judged, ResponseClass::Answer { .. }),
                is_answer,
                "{about}: {judged:?}"
            );
            let is_apart = matches!(judged, ResponseClass::AboutAnother { .. });
            assert_eq!(is_apart, !is_answer, "{about}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(wait_of("120", 0), Some(Duration::from_secs(120)));
        assert_eq!(
            wait_of("Thu, 01 Jan 1970 00:01:40 GMT", 40),
            Some(Duration::from_secs(60))
        );
        assert_eq!(wait_of("soon", 0), None);
    }
}

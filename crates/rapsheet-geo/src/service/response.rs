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
    Stop { reason: String, hint: &'static str },
}

const KEY_HINT: &str =
    "check the account ID and the licence key; a new key takes some minutes to work";
const FUNDS_HINT: &str =
    "buy credit at maxmind.com, then run the same command: it goes on where it stopped";
const PERMISSION_HINT: &str =
    "this account may not use this service; GeoLite accounts need `--geolite`";
const HOST_HINT: &str = "check `--host` and `--service`; Insights does not exist for GeoLite";

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
        401 => stop(KEY_HINT),
        402 => stop(FUNDS_HINT),
        403 => stop(PERMISSION_HINT),
        404 | 300..=399 => stop(HOST_HINT),
        406 | 415 => stop("a proxy may have changed the request"),
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
        | "USER_ID_UNKNOWN" => stop(KEY_HINT),
        "INSUFFICIENT_FUNDS" | "OUT_OF_QUERIES" => stop(FUNDS_HINT),
        "PERMISSION_REQUIRED" => stop(PERMISSION_HINT),
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
    let network = answer
        .get("traits")
        .and_then(|traits| traits.get("network")?.as_str())
        .and_then(|network| network.parse::<IpNet>().ok())
        .map(|network| network.trunc())
        .filter(|network| network.contains(&ip));
    let remaining = answer
        .get("maxmind")
        .and_then(|maxmind| maxmind.get("queries_remaining")?.as_i64());
    ResponseClass::Answer { network, remaining }
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
                ResponseClass::Stop { hint, .. } if hint == PERMISSION_HINT
            ));
            assert!(matches!(
                judged(status, &error("OUT_OF_QUERIES")),
                ResponseClass::Stop { hint, .. } if hint == FUNDS_HINT
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
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(wait_of("120", 0), Some(Duration::from_secs(120)));
        assert_eq!(
            wait_of("Thu, 01 Jan 1970 00:01:40 GMT", 40),
            Some(Duration::from_secs(60))
        );
        assert_eq!(wait_of("soon", 0), None);
    }
}

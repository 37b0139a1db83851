//! Endpoints: a service at a host. Answers belong to the endpoint that gave them, so that what a test server, the sandbox or a mirror
//! says never passes as the real service's.

use reqwest::Url;

use crate::cache::tables::of_other_ports;
use crate::service::Service;

/// A service at a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Which service.
    pub service: Service,
    /// Which host, as [`host_name`] writes it.
    pub host: String,
}

impl Endpoint {
    /// A service at the host of a base URL.
    #[must_use]
    pub fn new(service: Service, url: &Url) -> Self {
        Self {
            service,
            host: host_name(url),
        }
    }
}

/// Writes a host with its port, where that is not the usual one.
#[must_use]
pub fn host_name(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Whose answers count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AnswerHost {
    /// MaxMind's: of each service those of its own host.
    #[default]
    MaxMind,
    /// Those of one host that somebody named.
    Named(String),
}

impl AnswerHost {
    /// Whose answers count where a run asks this host.
    #[must_use]
    pub fn of(url: &Url) -> Self {
        let host = host_name(url);
        if Service::ALL
            .iter()
            .any(|service| service.host_name() == host)
        {
            Self::MaxMind
        } else {
            Self::Named(host)
        }
    }

    /// Whether an answer that came from a host counts.
    pub(crate) fn counts(&self, service: Service, host: &str) -> bool {
        match self {
            Self::MaxMind => host == service.host_name(),
            Self::Named(named) => host == named || host == of_other_ports(named),
        }
    }

    /// What stands in `details_source` where answers of a service were used.
    pub(crate) fn source(&self, service: Service) -> String {
        match self {
            Self::MaxMind => service.source().to_owned(),
            Self::Named(host) => format!("{}@{host}", service.source()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_services_own_host_is_the_real_one() {
        let of = |text: &str| AnswerHost::of(&Url::parse(text).unwrap());
        for real in ["https://geoip.maxmind.com", "https://geolite.info:443/"] {
            assert_eq!(of(real), AnswerHost::MaxMind, "{real}");
        }
        for (other, host) in [
            ("https://sandbox.maxmind.com", "sandbox.maxmind.com"),
            ("https://geoip.maxmind.com:8443", "geoip.maxmind.com:8443"),
            ("http://127.0.0.1:9000", "127.0.0.1:9000"),
        ] {
            assert_eq!(of(other), AnswerHost::Named(host.to_owned()));
        }
        let real = AnswerHost::MaxMind;
        assert!(real.counts(Service::City, "geoip.maxmind.com"));
        assert!(!real.counts(Service::City, "geolite.info"));
        assert!(!real.counts(Service::City, "127.0.0.1:*"));
        let named = of("http://127.0.0.1:9000");
        assert!(named.counts(Service::City, "127.0.0.1:9000"));
        assert!(named.counts(Service::City, "127.0.0.1:*"));
        assert!(!named.counts(Service::City, "127.0.0.1:9001"));
        assert!(!named.counts(Service::City, "geoip.maxmind.com"));
    }
}

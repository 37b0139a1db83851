//! The one client that speaks HTTP: TLS with the system's roots, timeouts, and credentials that no other host ever sees.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, RequestBuilder, Url, redirect};

use crate::credentials::Credentials;
use crate::proxy::ProxySetting;

/// How the client behaves.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// How long a connection may take, TLS included.
    pub connect_timeout: Duration,
    /// How long the other side may be silent.
    pub read_timeout: Duration,
    /// How long one request may take as a whole; `None` for downloads.
    pub total_timeout: Option<Duration>,
    /// Certificates in PEM that are trusted beside the system's.
    pub extra_roots: Vec<Vec<u8>>,
    /// The proxy that somebody named; without one, that of the environment.
    pub proxy: Option<ProxySetting>,
    /// Whether redirects are followed. Another host gets no `Authorization`.
    pub follow_redirects: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(15),
            total_timeout: Some(Duration::from_secs(20)),
            extra_roots: Vec::new(),
            proxy: None,
            follow_redirects: false,
        }
    }
}

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The host is no host.
    #[error("`{0}` is no host\nhint: write `geoip.maxmind.com` or `https://geoip.maxmind.com`")]
    NoHost(String),
    /// More than a host.
    #[error(
        "`{host}` is more than a host\nhint: the service's paths begin at the root, so write `{root}`"
    )]
    Prefix {
        /// What was written.
        host: String,
        /// The same without what is too much.
        root: String,
    },
    /// Credentials would travel unencrypted.
    #[error(
        "`{0}` is plain http, and the licence key would travel unencrypted\nhint: write `https://`; plain http is for loopback alone"
    )]
    Plain(String),
    /// The client could not be set up: as a rule, certificates.
    #[error("cannot set up TLS: {0}\nhint: install the system's certificates (`ca-certificates`)")]
    Setup(String),
}

/// How many redirects are followed.
const MOST_REDIRECTS: usize = 5;

/// Reads a host or base URL as people write it. Plain http is taken for loopback only.
///
/// # Errors
///
/// The text is no host, or plain http to another machine.
pub fn base_url(text: &str) -> Result<Url, HttpError> {
    let text = text.trim();
    let full = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let url = Url::parse(&full).map_err(|_| HttpError::NoHost(shown(text)))?;
    if url.host_str().is_none_or(str::is_empty)
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err(HttpError::NoHost(shown(text)));
    }
    if url.path() != "/" && !url.path().is_empty()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(HttpError::Prefix {
            host: shown(text),
            root: url.origin().ascii_serialization(),
        });
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(HttpError::Plain(shown(text))),
        _ => Err(HttpError::NoHost(shown(text))),
    }
}

/// A host as it may be shown: without what stands before an `@` or behind a `?`, which may be a secret.
fn shown(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    match text.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => text.to_owned(),
    }
}

/// Whether a URL leads to this machine.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Makes the client for a base URL.
///
/// # Errors
///
/// TLS can't be set up.
pub fn client(base: &Url, options: &HttpOptions) -> Result<Client, HttpError> {
    let setup = |error: reqwest::Error| HttpError::Setup(said(&error));
    // Whoever was first has set the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(concat!("rapsheet/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.read_timeout)
        // Balancers drop idle connections without a word.
        .pool_idle_timeout(Duration::from_secs(30))
        .referer(false)
        .redirect(if options.follow_redirects {
            redirect::Policy::custom(follow)
        } else {
            redirect::Policy::none()
        });
    if let Some(total) = options.total_timeout {
        builder = builder.timeout(total);
    }
    // What goes to this machine itself needs no proxy, and may be unencrypted.
    if is_loopback(base) {
        builder = builder.no_proxy();
    } else if let Some(proxy) = &options.proxy {
        builder = builder.proxy(proxy.for_client().map_err(setup)?);
    }
    if base.scheme() == "http" && !options.follow_redirects {
        // No certificate is ever looked at, so a machine without any can still speak to itself.
        builder = builder.tls_certs_only([]);
    }
    let mut roots = Vec::new();
    for pem in &options.extra_roots {
        roots.extend(reqwest::Certificate::from_pem_bundle(pem).map_err(setup)?);
    }
    if !roots.is_empty() {
        builder = builder.tls_certs_merge(roots);
    }
    builder.build().map_err(setup)
}

/// Follows a redirect unless it leads from TLS to plain text. The client itself takes `Authorization` away where the host or the
/// port changes.
fn follow(attempt: redirect::Attempt<'_>) -> redirect::Action {
    if attempt.previous().len() > MOST_REDIRECTS {
        return attempt.error("too many redirects");
    }
    let plain = attempt.url().scheme() != "https" && !is_loopback(attempt.url());
    if plain {
        return attempt.error("redirect to plain http");
    }
    attempt.follow()
}

/// Adds the credentials to a request, as a header that is never shown.
pub fn authorize(request: RequestBuilder, credentials: &Credentials) -> RequestBuilder {
    let pair = format!(
        "{}:{}",
        credentials.account_id,
        credentials.license_key.expose()
    );
    let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
    match HeaderValue::from_str(&format!("Basic {encoded}")) {
        Ok(mut value) => {
            value.set_sensitive(true);
            request.header(AUTHORIZATION, value)
        }
        // Base64 is always a header's value.
        Err(_) => request,
    }
}

/// Says what went wrong, with its causes and without the URL.
#[must_use]
pub fn said(error: &reqwest::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = cause {
        let text = error.to_string();
        let text = text
            .split(" (os error")
            .next()
            .unwrap_or_default()
            .to_owned();
        if parts.last().is_none_or(|last| !last.ends_with(&text)) {
            parts.push(text);
        }
        cause = error.source();
    }
    if parts.is_empty() {
        // A signed URL in the message would be a secret of its own.
        parts.push(if error.is_timeout() {
            "timed out".to_owned()
        } else {
            "failed".to_owned()
        });
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_alone() {
        for (text, url) in [
            ("geoip.maxmind.com", Some("https://geoip.maxmind.com/")),
            (
                "https://example.com:8443",
                Some("https://example.com:8443/"),
            ),
            ("http://127.0.0.1:80/", Some("http://127.0.0.1/")),
            ("http://[::1]:8080", Some("http://[::1]:8080/")),
            ("http://localhost:1", Some("http://localhost:1/")),
            ("http://geoip.maxmind.com", None),
            ("http://127.0.0.1.example.com", None),
            ("http://localhost.example.com", None),
            ("https://1:verysecret@example.com", None),
            ("ftp://example.com", None),
            ("https://example.com/prefix", None),
            ("https://example.com/?key=verysecret", None),
            ("example.com/geoip/v2.1", None),
            ("", None),
        ] {
            let found = base_url(text);
            assert_eq!(
                found.as_ref().ok().map(Url::as_str),
                url,
                "{text}: {found:?}"
            );
            if let Err(error) = found {
                assert!(!format!("{error} {error:?}").contains("verysecret"));
            }
        }
    }
}

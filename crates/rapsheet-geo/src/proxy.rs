//! The proxy that geoipupdate would use: `Proxy` and `ProxyUserPassword` of a `GeoIP.conf`, or the variables that go before them.
//!
//! Without one, the client takes what the environment names (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`).

use std::fmt;
use std::path::{Path, PathBuf};

use reqwest::Url;

use crate::credentials::{Secret, geoip_conf_value};
use crate::discovery::GEOIP_CONFS;

/// The port of a proxy that names none, as in geoipupdate.
const USUAL_PORT: u16 = 1080;

/// A proxy, and who asks it.
#[derive(Clone)]
pub struct ProxySetting {
    url: Url,
    user: Option<(String, Secret)>,
    /// Where it was found, for people.
    found_in: String,
}

impl fmt::Debug for ProxySetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for ProxySetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port_or_known_default().unwrap_or(USUAL_PORT);
        let scheme = self.url.scheme();
        write!(f, "{scheme}://{host}:{port} ({})", self.found_in)
    }
}

/// Why a proxy can't be used. The value itself may hold a password, so it isn't told.
#[derive(Debug, thiserror::Error)]
#[error(
    "the proxy in {found_in} is no address of a proxy\nhint: write `Proxy HOST:PORT`, or `http://`, `https://` or `socks5://` in front"
)]
pub struct ProxyError {
    found_in: String,
}

impl ProxySetting {
    /// Finds the proxy: a variable, else the `GeoIP.conf` that was named, else the one that the environment names, else the first of
    /// the usual ones that is there.
    ///
    /// # Errors
    ///
    /// What stands there is no address of a proxy.
    pub fn find(geoip_conf: Option<&Path>) -> Result<Option<Self>, ProxyError> {
        find_with(
            geoip_conf,
            |name| std::env::var(name).ok(),
            &GEOIP_CONFS.map(PathBuf::from),
        )
    }

    /// The proxy as the client takes it.
    pub(crate) fn for_client(&self) -> reqwest::Result<reqwest::Proxy> {
        let proxy = reqwest::Proxy::all(self.url.clone())?;
        Ok(match &self.user {
            Some((user, password)) => proxy.basic_auth(user, password.expose()),
            None => proxy,
        })
    }
}

fn find_with(
    geoip_conf: Option<&Path>,
    variable: impl Fn(&str) -> Option<String>,
    usual: &[PathBuf],
) -> Result<Option<ProxySetting>, ProxyError> {
    let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let named = geoip_conf
        .map(Path::to_owned)
        .or_else(|| set("GEOIPUPDATE_CONF_FILE").map(PathBuf::from));
    let conf = named.or_else(|| usual.iter().find(|path| path.is_file()).cloned());
    // Whoever needs the file for more says that it can't be read.
    let text = conf
        .as_ref()
        .and_then(|path| std::fs::read_to_string(path).ok())
        .unwrap_or_default();
    let in_conf = || {
        let place = conf.as_ref()?;
        Some((
            geoip_conf_value(&text, &["Proxy"])?,
            format!("`{}`", place.display()),
        ))
    };
    let in_variable = |name: &str| Some((set(name)?, name.to_owned()));
    let Some((value, found_in)) = in_variable("GEOIPUPDATE_PROXY").or_else(in_conf) else {
        return Ok(None);
    };
    let Some((url, inside)) = read(value.trim()) else {
        return Err(ProxyError { found_in });
    };
    let beside = || {
        let pair = set("GEOIPUPDATE_PROXY_USER_PASSWORD")
            .or_else(|| geoip_conf_value(&text, &["ProxyUserPassword"]))?;
        let (user, password) = pair.trim().split_once(':')?;
        Some((user.to_owned(), Secret::new(password.to_owned())))
    };
    Ok(Some(ProxySetting {
        url,
        user: inside.or_else(beside),
        found_in,
    }))
}

/// Reads `HOST`, `HOST:PORT` or a URL; credentials inside are taken out of it.
fn read(text: &str) -> Option<(Url, Option<(String, Secret)>)> {
    let full = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let mut url = Url::parse(&full).ok()?;
    if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") || !url.has_host() {
        return None;
    }
    let (_, rest) = full.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    // A URL forgets a port that is its scheme's own.
    let has_port = host.rsplit(']').next().is_some_and(|end| end.contains(':'));
    if !has_port {
        url.set_port(Some(USUAL_PORT)).ok()?;
    }
    let decoded = |text: &str| {
        let pair = format!("x={}", text.replace('+', "%2B"));
        reqwest::Url::parse(&format!("x:?{pair}"))
            .ok()?
            .query_pairs()
            .next()
            .map(|(_, value)| value.into_owned())
    };
    let user = match url.username() {
        "" => None,
        user => Some((
            decoded(user)?,
            Secret::new(decoded(url.password().unwrap_or_default())?),
        )),
    };
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some((url, user))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(conf: &str, variables: &[(&str, &str)]) -> Result<Option<ProxySetting>, ProxyError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("GeoIP.conf");
        std::fs::write(&path, conf).unwrap();
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        find_with(Some(&path), variable, &[])
    }

    #[test]
    fn a_proxy_is_read_as_geoipupdate_reads_it() {
        for (conf, url, user) in [
            ("Proxy 127.0.0.1:8888", "http://127.0.0.1:8888/", None),
            ("Proxy proxy.example", "http://proxy.example:1080/", None),
            (
                "Proxy http://proxy.example:80",
                "http://proxy.example/",
                None,
            ),
            ("Proxy socks5://[::1]", "socks5://[::1]:1080", None),
            (
                "Proxy https://me:p%40ss+@proxy.example:3128\nProxyUserPassword you:other",
                "https://proxy.example:3128/",
                Some(("me", "p@ss+")),
            ),
            (
                "Proxy proxy.example:3128\nProxyUserPassword you:o:ther",
                "http://proxy.example:3128/",
                Some(("you", "o:ther")),
            ),
        ] {
            let found = find(conf, &[]).unwrap().unwrap();
            assert_eq!(found.url.as_str(), url, "{conf}");
            let told = found
                .user
                .as_ref()
                .map(|(user, password)| (user.as_str(), password.expose()));
            assert_eq!(told, user, "{conf}");
            assert!(!format!("{found:?} {found}").contains("p@ss"), "{conf}");
        }
        assert!(find("AccountID 1\n# Proxy x:1", &[]).unwrap().is_none());
        let set = [("GEOIPUPDATE_PROXY", "other.example:3128")];
        let found = find("Proxy proxy.example", &set).unwrap().unwrap();
        assert_eq!(
            found.to_string(),
            "http://other.example:3128 (GEOIPUPDATE_PROXY)"
        );
        let error = find("Proxy ftp://me:verysecret@x", &[]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("verysecret"));
    }
}

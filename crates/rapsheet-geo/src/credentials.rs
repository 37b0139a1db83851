//! Who asks MaxMind: the account ID and the licence key, and where they are found.
//!
//! They come from files that flags name (one for each, or a `GeoIP.conf`), from the environment, from files that the environment names, or from `GeoIP.conf`; never
//! from the command line, where every user of the machine could read them. A key is held in a type that never shows it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::discovery::GEOIP_CONFS;

/// Text that must not be shown: neither `Debug` nor `Display` write it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes text into safe keeping.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// Gives the text out, for the header of a request and nothing else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// An account and its key.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The account's number.
    pub account_id: String,
    /// The licence key.
    pub license_key: Secret,
    /// Where both were found, for people: `the environment`, `/etc/GeoIP.conf`.
    pub found_in: String,
}

/// Where to look before the usual places.
#[derive(Clone, Debug, Default)]
pub struct CredentialSources {
    /// A file that holds the account ID.
    pub account_id_file: Option<PathBuf>,
    /// A file that holds the licence key.
    pub license_key_file: Option<PathBuf>,
    /// A `GeoIP.conf`.
    pub geoip_conf: Option<PathBuf>,
}

/// Why there are no credentials. No variant holds a value that was read.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// Nothing was found anywhere.
    #[error(
        "no MaxMind account is known\nhint: set MAXMIND_ACCOUNT_ID and MAXMIND_LICENSE_KEY (or MAXMIND_LICENSE_KEY_FILE), or name a file with `--license-key-file`, or write a `GeoIP.conf`"
    )]
    Missing,
    /// One of the two was found.
    #[error("{found} is there ({place}), but no {missing}\nhint: set {variable}")]
    Half {
        /// What was found.
        found: &'static str,
        /// Where.
        place: String,
        /// What was not found.
        missing: &'static str,
        /// What to set.
        variable: &'static str,
    },
    /// A file still has what it came with.
    #[error(
        "{place} holds the placeholder that the file comes with ({value}), and no account\nhint: put the account ID and the licence key of your MaxMind account there"
    )]
    Placeholder {
        /// The file or variable.
        place: String,
        /// The placeholder, which is no secret.
        value: &'static str,
    },
    /// A file could not be read.
    #[error("cannot read `{}`: {kind}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        kind: std::io::ErrorKind,
    },
    /// What was found can't be an account ID or a key.
    #[error("what stands in {place} is no {what}\nhint: {hint}")]
    Wrong {
        /// The file or variable.
        place: String,
        /// What it should be.
        what: &'static str,
        /// What it looks like.
        hint: &'static str,
    },
}

/// A value and where it was found.
struct CredentialText {
    value: String,
    place: String,
}

const ACCOUNT: &str = "account ID";
const KEY: &str = "licence key";

impl Credentials {
    /// Finds the credentials: flags' files, then a `GeoIP.conf` that a flag names, then the environment, then the files that the
    /// environment names, then another `GeoIP.conf`. A named `GeoIP.conf` without an account, which may name editions alone, stands
    /// in nobody's way.
    ///
    /// # Errors
    ///
    /// Nothing was found, half of it, or something that can't be it.
    pub fn find(sources: &CredentialSources) -> Result<Self, CredentialError> {
        find_with(
            sources,
            |name| std::env::var(name).ok(),
            &GEOIP_CONFS.map(PathBuf::from),
        )
    }
}

/// Reads the two lines of a `GeoIP.conf` that name the account. The older spellings are those of `geoipupdate` before 2.5.
#[must_use]
pub fn geoip_conf_value(config: &str, names: &[&str]) -> Option<String> {
    config.lines().find_map(|line| {
        let (name, value) = line.trim().split_once([' ', '\t'])?;
        let value = value.trim();
        (names.contains(&name) && !value.is_empty()).then(|| value.to_owned())
    })
}

fn find_with(
    sources: &CredentialSources,
    variable: impl Fn(&str) -> Option<String>,
    usual: &[PathBuf],
) -> Result<Credentials, CredentialError> {
    let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let named = sources.geoip_conf.as_deref().map(conf_values).transpose()?;
    let (conf_account, conf_key) = named.unwrap_or_default();
    // Half of an account is never put together with half of another from the environment.
    let is_named = conf_account.is_some() || conf_key.is_some();
    let value = |file: Option<&Path>, conf: Option<CredentialText>, name: &str| match (file, conf) {
        (None, conf) if is_named => Ok(conf),
        (file, _) => value_of(file, &set, name),
    };
    let account = value(
        sources.account_id_file.as_deref(),
        conf_account,
        "ACCOUNT_ID",
    )?;
    let key = value(sources.license_key_file.as_deref(), conf_key, "LICENSE_KEY")?;
    match (account, key) {
        (Some(account), Some(key)) => checked(account, key),
        (Some(account), None) => Err(CredentialError::Half {
            found: ACCOUNT,
            place: account.place,
            missing: KEY,
            variable: if is_named {
                "`LicenseKey` in that file, or name another with `--license-key-file`"
            } else {
                "MAXMIND_LICENSE_KEY or MAXMIND_LICENSE_KEY_FILE"
            },
        }),
        (None, Some(key)) => Err(CredentialError::Half {
            found: KEY,
            place: key.place,
            missing: ACCOUNT,
            variable: if is_named {
                "`AccountID` in that file, or name another with `--account-id-file`"
            } else {
                "MAXMIND_ACCOUNT_ID"
            },
        }),
        (None, None) => {
            if let Some(path) = &sources.geoip_conf {
                return Err(missing_in(&[path]));
            }
            let named = set("GEOIPUPDATE_CONF_FILE").map(PathBuf::from);
            from_confs(named.as_deref(), usual)
        }
    }
}

fn value_of(
    file: Option<&Path>,
    set: &impl Fn(&str) -> Option<String>,
    name: &str,
) -> Result<Option<CredentialText>, CredentialError> {
    if let Some(path) = file {
        return read(path).map(Some);
    }
    for prefix in ["MAXMIND", "GEOIPUPDATE"] {
        let variable = format!("{prefix}_{name}");
        if let Some(value) = set(&variable) {
            return Ok(Some(CredentialText {
                value: value.trim().to_owned(),
                place: variable,
            }));
        }
        if let Some(path) = set(&format!("{variable}_FILE")) {
            return read(Path::new(&path)).map(Some);
        }
    }
    Ok(None)
}

fn read(path: &Path) -> Result<CredentialText, CredentialError> {
    let text = fs::read_to_string(path).map_err(|error| CredentialError::Unreadable {
        path: path.to_owned(),
        kind: error.kind(),
    })?;
    Ok(CredentialText {
        value: text.trim().to_owned(),
        place: format!("`{}`", path.display()),
    })
}

/// What stands in place of an account where nobody has put one: in the file that comes with geoipupdate, and in older ones.
fn placeholder(value: &str) -> Option<&'static str> {
    match value {
        "YOUR_ACCOUNT_ID_HERE" => Some("AccountID YOUR_ACCOUNT_ID_HERE"),
        "YOUR_LICENSE_KEY_HERE" => Some("LicenseKey YOUR_LICENSE_KEY_HERE"),
        "999999" => Some("AccountID 999999"),
        "0" => Some("AccountID 0"),
        "000000000000" => Some("LicenseKey 000000000000"),
        _ => None,
    }
}

/// Why files have no account: one still has what it came with, or none has anything.
fn missing_in(paths: &[impl AsRef<Path>]) -> CredentialError {
    let untouched = paths.iter().find_map(|path| {
        let text = fs::read_to_string(path).ok()?;
        let value = ["AccountID", "UserId", "LicenseKey"]
            .iter()
            .find_map(|name| placeholder(&geoip_conf_value(&text, &[name])?))?;
        Some(CredentialError::Placeholder {
            place: format!("`{}`", path.as_ref().display()),
            value,
        })
    });
    untouched.unwrap_or(CredentialError::Missing)
}

/// The account ID and the key that a `GeoIP.conf` holds.
fn conf_values(
    path: &Path,
) -> Result<(Option<CredentialText>, Option<CredentialText>), CredentialError> {
    let text = fs::read_to_string(path).map_err(|error| CredentialError::Unreadable {
        path: path.to_owned(),
        kind: error.kind(),
    })?;
    let found = |names: &[&str]| {
        geoip_conf_value(&text, names)
            .filter(|value| placeholder(value).is_none())
            .map(|value| CredentialText {
                value,
                place: format!("`{}`", path.display()),
            })
    };
    Ok((found(&["AccountID", "UserId"]), found(&["LicenseKey"])))
}

/// Takes the account of the file that the environment names, else of the first of the usual ones that has one.
fn from_confs(named: Option<&Path>, usual: &[PathBuf]) -> Result<Credentials, CredentialError> {
    if let Some(path) = named {
        return match conf_values(path)? {
            (Some(account), Some(key)) => checked(account, key),
            _ => Err(missing_in(&[path])),
        };
    }
    for path in usual {
        // What nobody named need not be there.
        if let Ok((Some(account), Some(key))) = conf_values(path) {
            return checked(account, key);
        }
    }
    Err(missing_in(usual))
}

fn checked(account: CredentialText, key: CredentialText) -> Result<Credentials, CredentialError> {
    for found in [&account, &key] {
        if let Some(value) = placeholder(&found.value) {
            return Err(CredentialError::Placeholder {
                place: found.place.clone(),
                value,
            });
        }
    }
    // The value itself is never told: people swap the two.
    if account.value.is_empty() || !account.value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(CredentialError::Wrong {
            place: account.place,
            what: ACCOUNT,
            hint: "an account ID is a number; the key is the longer text",
        });
    }
    if key.value.is_empty() || !key.value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(CredentialError::Wrong {
            place: key.place,
            what: KEY,
            hint: "a key is one word of letters, digits and `_`",
        });
    }
    let found_in = if account.place == key.place {
        account.place
    } else {
        format!("{} and {}", account.place, key.place)
    };
    Ok(Credentials {
        account_id: account.value,
        license_key: Secret::new(key.value),
        found_in,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(
        sources: &CredentialSources,
        variables: &[(&str, &str)],
        usual: &[PathBuf],
    ) -> Result<Credentials, CredentialError> {
        find_with(
            sources,
            |name| {
                variables
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| (*value).to_owned())
            },
            usual,
        )
    }

    #[test]
    fn flags_go_before_the_environment_and_that_before_geoip_conf() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let conf = write(
            "GeoIP.conf",
            "# AccountID 9\nAccountID 3\nLicenseKey conf_key\n",
        );
        let nothing = CredentialSources::default();
        let of = |found: &Credentials| {
            (
                found.account_id.clone(),
                found.license_key.expose().to_owned(),
            )
        };
        let found = find(&nothing, &[], std::slice::from_ref(&conf)).unwrap();
        assert_eq!(of(&found), ("3".to_owned(), "conf_key".to_owned()));
        let set = [
            ("MAXMIND_ACCOUNT_ID", "2"),
            ("MAXMIND_LICENSE_KEY", " environment_key\n"),
        ];
        let found = find(&nothing, &set, std::slice::from_ref(&conf)).unwrap();
        assert_eq!(of(&found), ("2".to_owned(), "environment_key".to_owned()));
        let sources = CredentialSources {
            license_key_file: Some(write("key", "file_key\n")),
            ..CredentialSources::default()
        };
        let found = find(&sources, &set, std::slice::from_ref(&conf)).unwrap();
        assert_eq!(of(&found), ("2".to_owned(), "file_key".to_owned()));
        let sources = CredentialSources {
            geoip_conf: Some(conf.clone()),
            ..CredentialSources::default()
        };
        let found = find(&sources, &set, &[]).unwrap();
        assert_eq!(of(&found), ("3".to_owned(), "conf_key".to_owned()));
        let sources = CredentialSources {
            license_key_file: Some(write("key", "file_key\n")),
            ..sources
        };
        let found = find(&sources, &set, &[]).unwrap();
        assert_eq!(of(&found), ("3".to_owned(), "file_key".to_owned()));
        let empty = write(
            "empty.conf",
            "AccountID YOUR_ACCOUNT_ID_HERE\nLicenseKey 000000000000\n",
        );
        let error = find(&nothing, &[], std::slice::from_ref(&empty)).unwrap_err();
        assert!(
            error.to_string().contains("YOUR_ACCOUNT_ID_HERE"),
            "{error}"
        );
        let found = find(&nothing, &[], &[empty, conf]).unwrap();
        assert_eq!(found.account_id, "3");
        let error = find(&nothing, &[], &[]).unwrap_err();
        assert!(matches!(error, CredentialError::Missing));
        for old in ["999999", "0"] {
            let text = format!("UserId {old}\nLicenseKey 000000000000\n");
            let old_file = write("old.conf", &text);
            let error = find(&nothing, &[], &[old_file]).unwrap_err();
            assert!(
                error.to_string().contains(&format!("(AccountID {old})")),
                "{error}"
            );
        }
    }

    #[test]
    fn a_named_geoip_conf_is_never_completed_by_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let set = [
            ("MAXMIND_ACCOUNT_ID", "2"),
            ("MAXMIND_LICENSE_KEY", "environment_key"),
        ];
        let of_text = |text: &str| {
            let path = folder.path().join("GeoIP.conf");
            fs::write(&path, text).unwrap();
            let sources = CredentialSources {
                geoip_conf: Some(path),
                ..CredentialSources::default()
            };
            find(&sources, &set, &[])
        };
        let error = of_text("AccountID 3\n").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("hint: set `LicenseKey` in that file"),
            "{error}"
        );
        // Without an account it names editions alone.
        let found = of_text("EditionIDs GeoLite2-City\n").unwrap();
        assert_eq!(found.account_id, "2");
        let sources = CredentialSources {
            geoip_conf: Some(folder.path().join("absent.conf")),
            ..CredentialSources::default()
        };
        let error = find(&sources, &set, &[]).unwrap_err();
        assert!(matches!(error, CredentialError::Unreadable { .. }));
    }

    #[test]
    fn neither_errors_nor_values_show_what_was_read() {
        let swapped = [
            ("MAXMIND_ACCOUNT_ID", "verysecret"),
            ("MAXMIND_LICENSE_KEY", "12"),
        ];
        let nothing = CredentialSources::default();
        let error = find(&nothing, &swapped, &[]).unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(
            !said.contains("verysecret") && said.contains("MAXMIND_ACCOUNT_ID"),
            "{said}"
        );
        let good = [
            ("MAXMIND_ACCOUNT_ID", "12"),
            ("MAXMIND_LICENSE_KEY", "verysecret"),
        ];
        let found = find(&nothing, &good, &[]).unwrap();
        let said = format!("{found:?} {}", found.license_key);
        assert!(
            !said.contains("verysecret") && said.contains("(hidden)"),
            "{said}"
        );
        let half = [("MAXMIND_LICENSE_KEY", "verysecret")];
        let error = find(&nothing, &half, &[]).unwrap_err();
        assert!(matches!(error, CredentialError::Half { .. }));
        assert!(!format!("{error} {error:?}").contains("verysecret"));
    }
}

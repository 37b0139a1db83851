//! `known.toml`: one `[[known]]` for each entry.
//!
//! ```toml
//! [[known]]
//! network = "192.0.2.0/24"
//! note = "the office"
//! scope = "staff"
//! until = 2027-01-31
//! ```

use serde::Deserialize;
use toml::{Spanned, Value};

use crate::entry::{Day, KnownEntry, KnownScope, Whom};
use crate::fault::{KnownFault, line_of, toml_fault};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    known: Vec<Spanned<RawEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    address: Option<Spanned<Value>>,
    network: Option<Spanned<Value>>,
    #[serde(rename = "as")]
    system: Option<Spanned<Value>>,
    country: Option<Spanned<Value>>,
    user: Option<Spanned<Value>>,
    key: Option<Spanned<Value>>,
    host: Option<Spanned<Value>>,
    note: Option<String>,
    scope: Option<Spanned<String>>,
    until: Option<Spanned<Value>>,
    paths: Option<Spanned<Vec<String>>>,
}

/// Reads the entries of a file whose name is `origin`.
///
/// # Errors
///
/// Returns every fault of the file: an entry that cannot be read is never left out in silence.
pub fn parse(text: &str, origin: &str) -> Result<Vec<KnownEntry>, Vec<KnownFault>> {
    let file: RawFile = toml::from_str(text).map_err(|error| {
        let (line, said, hint) = toml_fault(text, &error);
        vec![KnownFault {
            origin: origin.to_owned(),
            line,
            said,
            hint,
        }]
    })?;
    let place = Place { text, origin };
    let mut entries = Vec::new();
    let mut faults = Vec::new();
    for raw in file.known {
        match place.entry(raw) {
            Ok(entry) => entries.push(entry),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() {
        Ok(entries)
    } else {
        Err(faults)
    }
}

/// Where entries stand.
struct Place<'t> {
    text: &'t str,
    origin: &'t str,
}

impl Place<'_> {
    fn fault(&self, start: usize, said: String, hint: &str) -> KnownFault {
        KnownFault {
            origin: self.origin.to_owned(),
            line: line_of(self.text, start),
            said,
            hint: Some(hint.to_owned()),
        }
    }

    fn entry(&self, raw: Spanned<RawEntry>) -> Result<KnownEntry, KnownFault> {
        let begin = raw.span().start;
        let raw = raw.into_inner();
        let named = [
            raw.address,
            raw.network,
            raw.system,
            raw.country,
            raw.user,
            raw.key,
            raw.host,
        ];
        let mut named = Whom::KINDS
            .into_iter()
            .zip(named)
            .filter_map(|(kind, value)| Some((kind, value?)));
        let Some((kind, value)) = named.next() else {
            return Err(self.fault(
                begin,
                "the entry names nobody".to_owned(),
                "give it one of `address`, `network`, `as`, `country`, `user`, `key`, `host`",
            ));
        };
        if let Some((other, second)) = named.next() {
            return Err(self.fault(
                second.span().start,
                format!("the entry has both `{kind}` and `{other}`"),
                "write a `[[known]]` for each",
            ));
        }
        let start = value.span().start;
        let whom = self.whom(kind, &value)?;
        let scope = self.scope(raw.scope)?;
        let until = self.until(raw.until)?;
        let paths = match raw.paths {
            Some(paths) => self.paths(paths, scope)?,
            None => Vec::new(),
        };
        Ok(KnownEntry {
            whom,
            note: raw.note.filter(|note| !note.trim().is_empty()),
            scope,
            until,
            paths,
            origin: self.origin.to_owned(),
            line: line_of(self.text, start),
        })
    }

    fn whom(&self, kind: &str, value: &Spanned<Value>) -> Result<Whom, KnownFault> {
        let written = match value.get_ref() {
            Value::String(text) => text.clone(),
            Value::Integer(number) if kind == "as" => number.to_string(),
            other => other.to_string(),
        };
        Whom::parse(kind, &written).map_err(|not| {
            let hint = match kind {
                "address" => {
                    "write `address = \"192.0.2.7\"`; a network is `network = \"192.0.2.0/24\"`"
                }
                "network" => {
                    "write `network = \"192.0.2.0/24\"`; one address is `address = \"192.0.2.7\"`"
                }
                "as" => "write `as = 64496`",
                "country" => "write two letters, as in `country = \"CH\"`",
                "key" => "write what `ssh-keygen -lf` prints, as in `key = \"SHA256:…\"`",
                "user" => "write `user = \"backup\"`",
                _ => "write `host = \"monitor.example.com\"`",
            };
            self.fault(value.span().start, format!("`{written}` is {not}"), hint)
        })
    }

    fn scope(&self, scope: Option<Spanned<String>>) -> Result<Option<KnownScope>, KnownFault> {
        let Some(scope) = scope else {
            return Ok(None);
        };
        scope
            .get_ref()
            .parse::<KnownScope>()
            .map(Some)
            .map_err(|()| {
                self.fault(
                    scope.span().start,
                    format!("`{}` is no scope", scope.get_ref()),
                    "it is `monitoring`, `staff` or `own`; without one, who is known is only named",
                )
            })
    }

    fn until(&self, until: Option<Spanned<Value>>) -> Result<Option<Day>, KnownFault> {
        let Some(until) = until else {
            return Ok(None);
        };
        let written = match until.get_ref() {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        // A time of that day says no more: an entry holds to the day's end.
        let day = written.split(['T', ' ']).next().unwrap_or_default();
        day.parse::<Day>().map(Some).map_err(|()| {
            self.fault(
                until.span().start,
                format!("`{written}` is no day"),
                "write `until = 2027-01-31`; the entry holds to the end of that day",
            )
        })
    }

    fn paths(
        &self,
        paths: Spanned<Vec<String>>,
        scope: Option<KnownScope>,
    ) -> Result<Vec<String>, KnownFault> {
        let start = paths.span().start;
        if scope != Some(KnownScope::Monitoring) {
            return Err(self.fault(
                start,
                "`paths` are of `monitoring` alone".to_owned(),
                "write `scope = \"monitoring\"` beside them, or leave them out",
            ));
        }
        let paths = paths.into_inner();
        match paths.iter().find(|path| !path.starts_with('/')) {
            Some(path) => Err(self.fault(
                start,
                format!("`{path}` is no path"),
                "a path begins with `/`, as in `paths = [\"/health\"]`",
            )),
            None => Ok(paths),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let faults = parse(text, "known.toml").unwrap_err();
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_kind_of_entry() {
        let text = "[[known]]\naddress = \"::ffff:192.0.2.7\"\n\n[[known]]\nnetwork = \"192.0.2.9/24\"\nnote = \"office\"\nscope = \"staff\"\nuntil = 2027-01-31\n\n\
                    [[known]]\nas = 64496\n[[known]]\nas = \"AS64497\"\n[[known]]\ncountry = \"ch\"\n[[known]]\nuser = \"backup\"\n\
                    [[known]]\nkey = \"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"\n[[known]]\nhost = \"Monitor.example.com.\"\nscope = \"monitoring\"\npaths = [\"/health\"]\n";
        let entries = parse(text, "known.toml").unwrap();
        let told: Vec<String> = entries
            .iter()
            .map(|entry| format!("{} {} {}", entry.line, entry.whom.kind(), entry.whom))
            .collect();
        assert_eq!(
            told,
            [
                "2 address 192.0.2.7",
                "5 network 192.0.2.0/24",
                "11 as AS64496",
                "13 as AS64497",
                "15 country CH",
                "17 user backup",
                "19 key SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "21 host monitor.example.com",
            ]
        );
        assert_eq!(entries[1].scope, Some(KnownScope::Staff));
        assert_eq!(entries[1].until.unwrap().to_string(), "2027-01-31");
        assert!(entries[7].allows_path("/health") && entries[7].allows_path("/health/live"));
        assert!(!entries[7].allows_path("/healthy") && !entries[7].allows_path("/"));
        assert_eq!(parse("", "known.toml").unwrap(), []);
    }

    #[test]
    fn every_fault_has_its_line() {
        let entry = |lines: &str| format!("# known\n\n[[known]]\n{lines}\n");
        for (lines, said) in [
            (
                "address = \"192.0.2.300\"",
                "line 4: `192.0.2.300` is no address",
            ),
            (
                "network = \"192.0.2.0\"",
                "line 4: `192.0.2.0` is no network",
            ),
            ("note = \"x\"", "line 3: the entry names nobody"),
            (
                "user = \"a\"\nhost = \"b\"",
                "line 5: the entry has both `user` and `host`",
            ),
            (
                "user = \"a\"\nscope = \"friend\"",
                "line 5: `friend` is no scope",
            ),
            (
                "user = \"a\"\nuntil = \"2027-02-30\"",
                "line 5: `2027-02-30` is no day",
            ),
            (
                "user = \"a\"\nnote = 3",
                "line 5: a text in quotes belongs here, not integer `3`",
            ),
            (
                "user = \"a\"\nnotes = \"3\"",
                "line 5: unknown setting `notes`; there are `address`",
            ),
            (
                "user = \"a\"\npaths = [\"/\"]",
                "line 5: `paths` are of `monitoring` alone",
            ),
            ("user = a", "line 4: this is no TOML"),
        ] {
            let told = faults(&entry(lines));
            assert!(
                told.len() == 1 && told[0].starts_with(&format!("`known.toml`, {said}")),
                "{told:?}"
            );
        }
        let two = entry("country = \"CHE\"") + &entry("as = \"x\"");
        assert_eq!(faults(&two).len(), 2);
    }
}

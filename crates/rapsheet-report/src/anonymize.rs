//! Nothing but what is allowed, for a report that leaves the house.
//!
//! Each address of a /24 or /48 keeps a number of its own, so that counts and stories stay true: `203.0.113.0/24 #2`. Hosts, files
//! and the like become numbers too. Sentences keep the words that rapsheet's own questions are written in, and lose all others.
//! User names are hashed earlier, while the logs are read.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int32Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use rapsheet_schema::network_of;

use crate::Error;
use crate::activity::{id, whole_numbers};
use crate::table::{failed, replace, texts};

mod allowed;

use allowed::{OWN_WORDS, Policy, agent, is_common_jail, path, policy};

/// Columns of facets that hold ids of names.
const NAMED: [&str; 6] = [
    "fail2ban_jail",
    "host_name",
    "http_referrer",
    "url_path",
    "user_agent_original",
    "user_name",
];

/// Bits that stay of an address.
const V4_PREFIX: u8 = 24;
const V6_PREFIX: u8 = 48;

/// Gives everything the name that a reader may see.
#[derive(Clone, Debug, Default)]
pub struct Anonymizer {
    /// The words of sentences that stay.
    words: HashSet<String>,
    names: HashMap<String, String>,
    /// How many texts have numbers behind each word or network.
    numbered: HashMap<String, usize>,
}

impl Anonymizer {
    /// Takes the questions whose texts are rapsheet's own: the words between their quotes stay in sentences.
    #[must_use]
    pub fn new<'q>(questions: impl IntoIterator<Item = &'q str>) -> Self {
        let mut words = HashSet::new();
        for question in questions {
            let lines = question.lines();
            let without_comments: Vec<&str> = lines
                .filter(|line| !line.trim_start().starts_with("--"))
                .collect();
            // What stands between an odd quote and the next one is text.
            let text = without_comments.join("\n");
            let literals = text.split('\'').skip(1).step_by(2);
            words.extend(literals.flat_map(words_of).map(str::to_owned));
        }
        words.extend(OWN_WORDS.iter().map(|&word| word.to_owned()));
        Self {
            words,
            ..Self::default()
        }
    }

    /// Hides whatever isn't allowed in every column of text.
    ///
    /// # Errors
    ///
    /// Fails where a table can't be made of what is left.
    pub fn hide(&mut self, table: &str, batch: &RecordBatch) -> Result<RecordBatch, Error> {
        let mut hidden = batch.clone();
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let policy = policy(field.name());
            if policy == Policy::Keep || !is_text(field.data_type()) {
                continue;
            }
            let told = cast(column, &DataType::Utf8).map_err(|cause| Error::Table {
                table: table.to_owned(),
                cause,
            })?;
            let column = Arc::new(self.column(policy, told.as_string::<i32>()));
            hidden = replace(table, &hidden, field.name(), field.name(), column)?;
        }
        Ok(hidden)
    }

    /// Hides the names that facets bear, by the column in which each stands. Returns the facets and names of the same shape; the
    /// new ids sort as their texts do.
    ///
    /// # Errors
    ///
    /// Fails where one of the tables lacks a column.
    pub fn hide_names(
        &mut self,
        facets: &RecordBatch,
        names: &RecordBatch,
    ) -> Result<(RecordBatch, RecordBatch), Error> {
        let ids = whole_numbers("names", names, "name_id")?;
        let texts = texts("names", names, "name")?;
        let told: HashMap<u32, &str> = ids
            .iter()
            .zip(&texts)
            .filter_map(|(name, text)| Some((id(name), text?)))
            .collect();
        let mut columns: Vec<(&'static str, Vec<Option<String>>)> = Vec::new();
        for column in NAMED {
            let bears = whole_numbers("facets", facets, column)?;
            let mut seen: HashMap<u32, String> = HashMap::new();
            let shown = bears.iter().map(|name| {
                let name = id(name);
                let text = told.get(&name)?;
                if let Some(shown) = seen.get(&name) {
                    return Some(shown.clone());
                }
                let shown = self.shown(policy(column), text);
                seen.insert(name, shown.clone());
                Some(shown)
            });
            columns.push((column, shown.collect()));
        }
        let all: BTreeSet<&str> = columns
            .iter()
            .flat_map(|(_, shown)| shown.iter().flatten().map(String::as_str))
            .collect();
        let numbered: HashMap<&str, i32> = all.iter().copied().zip(1..).collect();
        let mut hidden = facets.clone();
        for (column, shown) in &columns {
            let codes: Int32Array = shown
                .iter()
                .map(|text| numbered.get(text.as_deref()?).copied())
                .collect();
            hidden = replace("facets", &hidden, column, column, Arc::new(codes))?;
        }
        let ids = Int32Array::from_iter_values(all.iter().zip(1..).map(|(_, number)| number));
        let ids: ArrayRef = Arc::new(ids);
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values(&all));
        let names = RecordBatch::try_from_iter([("name_id", ids), ("name", texts)])
            .map_err(|cause| failed("names", cause))?;
        Ok((hidden, names))
    }

    fn column(&mut self, policy: Policy, told: &StringArray) -> StringArray {
        let mut seen: HashMap<&str, String> = HashMap::new();
        let shown = told.iter().map(|text| {
            let text = text?;
            if let Some(shown) = seen.get(text) {
                return Some(shown.clone());
            }
            let shown = self.shown(policy, text);
            seen.insert(text, shown.clone());
            Some(shown)
        });
        shown.collect()
    }

    fn shown(&mut self, policy: Policy, text: &str) -> String {
        match policy {
            Policy::Keep => text.to_owned(),
            Policy::Address => self.address(text),
            Policy::Network => wider(text),
            Policy::Number(word) => self.number(word, text),
            Policy::Jail if is_common_jail(text) => text.to_owned(),
            Policy::Jail => self.number("jail", text),
            Policy::Path => path(text),
            Policy::Agent => agent(text),
            Policy::Sentence => self.sentence(text),
        }
    }

    /// Returns the name of an address: its network and a number. What is no address stays out of sight.
    fn address(&mut self, address: &str) -> String {
        let network = network(address).unwrap_or_else(|| "(hidden)".to_owned());
        self.number(&network, address)
    }

    /// Returns a word and the number that a text has among those of that word.
    fn number(&mut self, word: &str, text: &str) -> String {
        let key = format!("{word} {text}");
        if let Some(name) = self.names.get(&key) {
            return name.clone();
        }
        let number = self.numbered.entry(word.to_owned()).or_default();
        *number += 1;
        let name = format!("{word} #{number}");
        self.names.insert(key, name.clone());
        name
    }

    /// Keeps numbers, networks, hashes and the words of questions; what lies between is one `*`.
    fn sentence(&mut self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut was_hidden = false;
        for piece in text.split_inclusive(' ') {
            let word = piece.trim_end_matches(' ');
            let core = word.trim_matches(PUNCTUATION);
            let kept = if core.is_empty() || self.is_own(core) {
                Some(core.to_owned())
            } else if core.parse::<IpAddr>().is_ok() {
                Some(self.address(core))
            } else {
                network_text(core)
            };
            let space = &piece[word.len()..];
            match kept {
                Some(kept) => {
                    shown.push_str(&word.replacen(core, &kept, usize::from(!core.is_empty())));
                    shown.push_str(space);
                    was_hidden = false;
                }
                None => {
                    if !was_hidden {
                        shown.push('*');
                    }
                    // Marks behind a hidden word end a part of the sentence.
                    let mark = word
                        .chars()
                        .last()
                        .filter(|last| matches!(last, ';' | ':' | ','));
                    shown.extend(mark);
                    if !was_hidden || mark.is_some() {
                        shown.push_str(space);
                    }
                    was_hidden = mark.is_none();
                }
            }
        }
        shown.trim_end().to_owned()
    }

    fn is_own(&self, word: &str) -> bool {
        let is_number = word.bytes().any(|byte| byte.is_ascii_digit())
            && word
                .bytes()
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'%'));
        let is_hash = word.strip_prefix("user-").is_some_and(|hash| {
            hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        is_number || is_hash || word == "root" || self.words.contains(word)
    }
}

/// What stands around a word of a sentence.
const PUNCTUATION: [char; 8] = ['`', '(', ')', ',', ';', ':', '.', '?'];

/// The words of a text as sentences have them.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ')
        .map(|word| word.trim_matches(PUNCTUATION))
        .filter(|word| !word.is_empty())
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// The /24 or /48 of an address.
fn network(address: &str) -> Option<String> {
    let ip: IpAddr = address.parse().ok()?;
    let (first, prefix) = network_of(ip, V4_PREFIX, V6_PREFIX);
    Some(format!("{first}/{prefix}"))
}

/// A network within a sentence, as wide as a reader may see it.
fn network_text(word: &str) -> Option<String> {
    let (address, length) = word.split_once('/')?;
    length.parse::<u8>().ok()?;
    network(address)
}

/// A network as wide as a reader may see it; an AS stays, and what is neither stays out of sight.
fn wider(text: &str) -> String {
    let is_system = text.strip_prefix("AS").is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    if is_system {
        return text.to_owned();
    }
    network_text(text).unwrap_or_else(|| "(hidden)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_is_hidden_as_each_column_wants() {
        let number = |values: Vec<Option<i32>>| Arc::new(Int32Array::from(values)) as ArrayRef;
        let facets = RecordBatch::try_from_iter([
            ("facet_id", number(vec![Some(1), Some(2)])),
            ("fail2ban_jail", number(vec![Some(3), None])),
            ("host_name", number(vec![None, Some(3)])),
            ("http_referrer", number(vec![None, None])),
            ("url_path", number(vec![None, Some(1)])),
            ("user_agent_original", number(vec![Some(3), Some(2)])),
            ("user_name", number(vec![Some(3), None])),
        ])
        .unwrap();
        let texts = ["/home/alice/.env", "curl/8 (alice)", "alice"];
        let texts: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
        let ids = number(vec![Some(1), Some(2), Some(3)]);
        let names = RecordBatch::try_from_iter([("name_id", ids), ("name", texts)]).unwrap();
        let (facets, names) = Anonymizer::default().hide_names(&facets, &names).unwrap();
        let texts = super::texts("names", &names, "name").unwrap();
        let shown: Vec<&str> = texts.iter().flatten().collect();
        assert_eq!(
            shown,
            [
                "(hidden)",
                "/*/*/.env",
                "alice",
                "curl",
                "host #1",
                "jail #1"
            ]
        );
        let of = |column| {
            let codes = whole_numbers("facets", &facets, column).unwrap();
            codes.iter().collect::<Vec<_>>()
        };
        assert_eq!(of("fail2ban_jail"), [Some(6), None]);
        assert_eq!(of("host_name"), [None, Some(5)]);
        assert_eq!(of("url_path"), [None, Some(2)]);
        assert_eq!(of("user_agent_original"), [Some(1), Some(4)]);
        assert_eq!(of("user_name"), [Some(3), None]);
    }

    #[test]
    fn no_address_is_left_and_each_stays_itself() {
        let column = |values: Vec<&str>| Arc::new(StringArray::from(values)) as ArrayRef;
        let batch = RecordBatch::try_from_iter([
            (
                "source_ip",
                column(vec![
                    "203.0.113.7",
                    "203.0.113.9",
                    "203.0.113.7",
                    "2001:db8:1:2::5",
                ]),
            ),
            (
                "source_network",
                column(vec![
                    "203.0.113.0/24",
                    "AS64496",
                    "203.0.113.0/24",
                    "2001:db8:1:2::/64",
                ]),
            ),
            (
                "host_name",
                column(vec!["web1", "web2", "web1", "alice-laptop"]),
            ),
            (
                "statement",
                column(vec![
                    "logged in as `user-0a1b2c3d` by password after 1,204 failures",
                    "asked for secrets: `/home/alice/.env` and 2 more",
                    "on web1.example.com; 3 such logins",
                    "12 addresses of 2001:db8:1:2::/64 (Alice Hosting Ltd) tried",
                ]),
            ),
        ])
        .unwrap();
        let question = "SELECT 'logged in as `' || x || '` by ' || 'password' || ' after ' || ' failures', \
                        'asked for secrets: `', ' and ', ' more', 'on ', ' such logins', ' addresses of ', ' tried'";
        let mut anonymizer = Anonymizer::new([question]);
        let hidden = anonymizer.hide("findings", &batch).unwrap();
        let text = |name: &str, row: usize| {
            hidden
                .column_by_name(name)
                .unwrap()
                .as_string::<i32>()
                .value(row)
                .to_owned()
        };
        assert_eq!(text("source_ip", 0), "203.0.113.0/24 #1");
        assert_eq!(text("source_ip", 1), "203.0.113.0/24 #2");
        assert_eq!(text("source_ip", 2), "203.0.113.0/24 #1");
        assert_eq!(text("source_ip", 3), "2001:db8:1::/48 #1");
        assert_eq!(text("source_network", 1), "AS64496");
        assert_eq!(text("source_network", 3), "2001:db8:1::/48");
        assert_eq!(text("host_name", 2), "host #1");
        assert_eq!(text("host_name", 3), "host #3");
        assert_eq!(
            text("statement", 0),
            "logged in as `user-0a1b2c3d` by password after 1,204 failures"
        );
        assert_eq!(text("statement", 1), "asked for secrets: * and 2 more");
        assert_eq!(text("statement", 2), "on *; 3 such logins");
        assert_eq!(
            text("statement", 3),
            "12 addresses of 2001:db8:1::/48 * tried"
        );
    }
}

//! Which web requests are suspicious, and why: the rules of `data/request_rules.toml`, compiled once.
//!
//! All patterns of one field are one Aho-Corasick automaton, so the cost of a request grows with its length and not
//! with the number of rules. A target that holds percent signs is looked at as sent and undone, twice at most.
//!
//! # Not supported
//!
//! Bodies and headers that logs don't have; paths that are hidden in other encodings (UTF-7, UTF-16, Base64).

use std::cell::RefCell;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use rapsheet_schema::Reason;
use serde::Deserialize;

/// One request as a log has it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// The method, where the request is one.
    pub method: Option<&'a str>,
    /// Path and query as sent; the whole text where it isn't HTTP.
    pub target: Option<&'a str>,
    /// Whether what came is no HTTP request.
    pub not_http: bool,
    /// The answer's status.
    pub status: Option<u16>,
    /// The user agent.
    pub agent: Option<&'a str>,
    /// The referrer.
    pub referrer: Option<&'a str>,
}

/// A part of a request that a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The target up to its question mark.
    Path,
    /// The target behind its question mark.
    Query,
    /// Path and query.
    Target,
    /// The user agent.
    Agent,
    /// The referrer.
    Referrer,
    /// The method.
    Method,
}

/// One rule: patterns, and the reason that they stand for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Why a request that matches is suspicious.
    #[serde(deserialize_with = "reason_word")]
    pub reason: Reason,
    /// Where the patterns are looked for.
    #[serde(rename = "in")]
    pub parts: Vec<Part>,
    /// Patterns that stand anywhere.
    #[serde(default)]
    pub contains: Vec<String>,
    /// Patterns that stand anywhere but behind a letter or a digit.
    #[serde(default)]
    pub words: Vec<String>,
    /// Patterns at the start.
    #[serde(default)]
    pub starts: Vec<String>,
    /// Patterns at the end.
    #[serde(default)]
    pub ends: Vec<String>,
    /// Patterns that are the whole part; a path is compared without slashes at its end.
    #[serde(default)]
    pub is: Vec<String>,
    /// Whether one of `contains` and one of the others must match together.
    #[serde(default)]
    pub all: bool,
    /// The only methods that count; empty for each.
    #[serde(default)]
    pub method: Vec<String>,
    /// The only statuses that count; empty for each.
    #[serde(default)]
    pub only_status: Vec<u16>,
    /// User agents for which it is a normal request, in lower case.
    #[serde(default)]
    pub unless_agent: Vec<String>,
    /// The published hole, as `CVE-YEAR-NUMBER`.
    #[serde(default)]
    pub cve: Option<String>,
    /// One sentence for people.
    pub why: String,
    /// Requests that match, as `METHOD target status`, then the agent or the referrer.
    pub hit: Vec<String>,
    /// Requests that don't.
    pub miss: Vec<String>,
}

fn reason_word<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Reason, D::Error> {
    let word = String::deserialize(input)?;
    Reason::from_word(&word).ok_or_else(|| serde::de::Error::custom(format!("no reason `{word}`")))
}

impl Rule {
    /// Tells whether method, status and agent let this rule count.
    fn applies(&self, request: &Request<'_>) -> bool {
        if !self.only_status.is_empty()
            && !request
                .status
                .is_some_and(|status| self.only_status.contains(&status))
        {
            return false;
        }
        if !self.method.is_empty()
            && !request
                .method
                .is_some_and(|method| self.method.iter().any(|known| known == method))
        {
            return false;
        }
        !request.agent.is_some_and(|agent| {
            self.unless_agent
                .iter()
                .any(|known| contains_ignoring_case(agent, known))
        })
    }
}

fn contains_ignoring_case(text: &str, lower: &str) -> bool {
    text.as_bytes()
        .windows(lower.len().max(1))
        .any(|window| window.eq_ignore_ascii_case(lower.as_bytes()))
}

/// How a pattern must stand in its part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Anywhere,
    Word,
    Start,
    End,
    Whole,
}

/// Where a pattern leads.
#[derive(Clone, Copy)]
struct Pattern {
    rule: usize,
    part: Part,
    place: Place,
}

/// The patterns of one field, and the automaton that finds them.
#[derive(Default)]
struct Finder {
    automaton: Option<AhoCorasick>,
    patterns: Vec<Pattern>,
}

impl Finder {
    fn new(rules: &[Rule], parts: &[Part]) -> Self {
        let (mut texts, mut patterns) = (Vec::new(), Vec::new());
        for (index, rule) in rules.iter().enumerate() {
            for &part in rule.parts.iter().filter(|part| parts.contains(part)) {
                for (list, place) in [
                    (&rule.contains, Place::Anywhere),
                    (&rule.words, Place::Word),
                    (&rule.starts, Place::Start),
                    (&rule.ends, Place::End),
                    (&rule.is, Place::Whole),
                ] {
                    for text in list {
                        texts.push(text.as_bytes());
                        patterns.push(Pattern {
                            rule: index,
                            part,
                            place,
                        });
                    }
                }
            }
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&texts)
            .ok();
        Self {
            automaton,
            patterns,
        }
    }

    /// Returns the first rule in the file's order that a text matches, if it stands before `best`.
    fn first(&self, rules: &[Rule], text: &[u8], request: &Request<'_>, best: usize) -> usize {
        let Some(automaton) = &self.automaton else {
            return best;
        };
        // Most texts hold no pattern at all, and to see that is cheaper than to list places.
        if automaton.find(text).is_none() {
            return best;
        }
        let mut best = best;
        let mut spans: Option<Spans> = None;
        // Rules that don't count for this request: to ask one again at each place would cost the length of both.
        let mut refused = 0_u128;
        // Halves of rules with `all` that were seen; few rules have it.
        let (mut inner, mut outer) = (0_u128, 0_u128);
        for found in automaton.find_overlapping_iter(text) {
            let Some(pattern) = self.patterns.get(found.pattern().as_usize()) else {
                continue;
            };
            let bit = bit_of(pattern.rule);
            if pattern.rule >= best || refused & bit != 0 {
                continue;
            }
            let spans = spans.get_or_insert_with(|| Spans::of(text));
            let (from, to) = spans.of_part(pattern.part);
            let whole = if pattern.part == Part::Path {
                spans.trimmed
            } else {
                to
            };
            let fits = found.start() >= from
                && found.end() <= to
                && match pattern.place {
                    Place::Anywhere => true,
                    Place::Word => !text[..found.start()]
                        .last()
                        .is_some_and(u8::is_ascii_alphanumeric),
                    Place::Start => found.start() == from,
                    Place::End => found.end() == to,
                    Place::Whole => found.start() == from && found.end() == whole,
                };
            let Some(rule) = rules.get(pattern.rule).filter(|_| fits) else {
                continue;
            };
            if rule.all {
                if matches!(pattern.place, Place::Anywhere | Place::Word) {
                    inner |= bit;
                } else {
                    outer |= bit;
                }
                if inner & outer & bit == 0 {
                    continue;
                }
            }
            if rule.applies(request) {
                best = pattern.rule;
            } else {
                refused |= bit;
            }
        }
        best
    }
}

/// A rule's place in a set of rules, of which there are fewer than 128.
fn bit_of(rule: usize) -> u128 {
    u32::try_from(rule)
        .ok()
        .and_then(|rule| 1_u128.checked_shl(rule))
        .unwrap_or(0)
}

/// Where path and query of a target begin and end.
struct Spans {
    path: (usize, usize),
    /// The path's end without the slashes there.
    trimmed: usize,
    len: usize,
}

impl Spans {
    fn of(text: &[u8]) -> Self {
        let end = memchr::memchr(b'?', text).unwrap_or(text.len());
        let mut start = 0;
        // `http://host/path`: the path starts behind the host.
        if text.first().is_some_and(|&byte| byte != b'/')
            && let Some(colon) = memchr::memmem::find(&text[..end], b"://")
            && let Some(slash) = memchr::memchr(b'/', &text[colon + 3..end])
        {
            start = colon + 3 + slash;
        }
        while text[start..end].starts_with(b"//") {
            start += 1;
        }
        let mut trimmed = end;
        while trimmed > start + 1 && text[trimmed - 1] == b'/' {
            trimmed -= 1;
        }
        Self {
            path: (start, end),
            trimmed,
            len: text.len(),
        }
    }

    fn of_part(&self, part: Part) -> (usize, usize) {
        match part {
            Part::Path => self.path,
            Part::Query => ((self.path.1 + 1).min(self.len), self.len),
            Part::Target | Part::Agent | Part::Referrer | Part::Method => (0, self.len),
        }
    }
}

/// The rules and what finds them.
struct Rules {
    rules: Vec<Rule>,
    target: Finder,
    agent: Finder,
    referrer: Finder,
    methods: Vec<(String, usize)>,
}

/// How many plain agents a thread remembers, and how long they may be.
const PLAIN_AGENTS: usize = 256;
const LONGEST_PLAIN_AGENT: usize = 384;

thread_local! {
    /// Agents in which no pattern stands. A log has few agents and many lines, and to compare one is cheaper than to
    /// search it; each has one place, so that made-up agents push out no more than they bring.
    static PLAIN: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

impl Rules {
    /// Tells whether no pattern stands in an agent.
    fn is_plain_agent(&self, agent: &[u8]) -> bool {
        let Some(automaton) = &self.agent.automaton else {
            return true;
        };
        if agent.len() > LONGEST_PLAIN_AGENT || agent.len() < 16 {
            return automaton.find(agent).is_none();
        }
        PLAIN.with_borrow_mut(|known| {
            if known.is_empty() {
                known.resize_with(PLAIN_AGENTS, Vec::new);
            }
            let Some(place) = known.get_mut(place_of(agent)) else {
                return automaton.find(agent).is_none();
            };
            if place.as_slice() == agent {
                return true;
            }
            let plain = automaton.find(agent).is_none();
            if plain {
                place.clear();
                place.extend_from_slice(agent);
            }
            plain
        })
    }
}

/// Where an agent is remembered: a hash of its length and of bytes from its middle and end, where agents differ.
fn place_of(agent: &[u8]) -> usize {
    let word = |at: usize| {
        let chunk = agent.get(at..).and_then(|rest| rest.first_chunk::<8>());
        u64::from_le_bytes(chunk.copied().unwrap_or_default())
    };
    let mixed = word(agent.len() - 8)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(29)
        ^ word(agent.len() / 4)
        ^ (agent.len() as u64) << 32;
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize % PLAIN_AGENTS
}

#[derive(Deserialize)]
struct File {
    rule: Vec<Rule>,
}

fn load() -> Result<Vec<Rule>, toml::de::Error> {
    toml::from_str::<File>(include_str!("../../data/request_rules.toml")).map(|file| file.rule)
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    // The file is part of the program; a test holds that it loads.
    let rules = load().unwrap_or_default();
    let methods = rules
        .iter()
        .enumerate()
        .filter(|(_, rule)| rule.parts.contains(&Part::Method))
        .flat_map(|(index, rule)| rule.is.iter().map(move |word| (word.clone(), index)))
        .collect();
    Rules {
        target: Finder::new(&rules, &[Part::Path, Part::Query, Part::Target]),
        agent: Finder::new(&rules, &[Part::Agent]),
        referrer: Finder::new(&rules, &[Part::Referrer]),
        methods,
        rules,
    }
});

/// Returns every rule, in the order in which they count.
#[must_use]
pub fn rules() -> &'static [Rule] {
    &RULES.rules
}

/// Tells why a request is suspicious; `None` for a normal one.
#[must_use]
pub fn classify(request: &Request<'_>) -> Option<Reason> {
    if let Some(rule) = matching_rule(request) {
        return Some(rule.reason);
    }
    if request.not_http {
        return Some(Reason::ProbeNonHttp);
    }
    None
}

/// How many bytes of a target, an agent and a referrer are looked at: servers take no longer ones as they come.
const LONGEST_TARGET: usize = 16 << 10;
const LONGEST_AGENT: usize = 8 << 10;

/// Returns the start of a text, as many whole characters as fit.
fn at_most(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

/// Returns the first rule that a request matches.
#[must_use]
pub fn matching_rule(request: &Request<'_>) -> Option<&'static Rule> {
    let all = &*RULES;
    let request = &Request {
        target: request.target.map(|text| at_most(text, LONGEST_TARGET)),
        agent: request.agent.map(|text| at_most(text, LONGEST_AGENT)),
        referrer: request.referrer.map(|text| at_most(text, LONGEST_TARGET)),
        ..*request
    };
    let mut best = usize::MAX;
    if let Some(method) = request.method
        && !matches!(method, "GET" | "POST" | "HEAD")
        && let Some((_, index)) = all
            .methods
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(method))
    {
        best = *index;
    }
    if let Some(target) = request.target {
        best = all
            .target
            .first(&all.rules, target.as_bytes(), request, best);
        if memchr::memchr2(b'%', b'+', target.as_bytes()).is_some() {
            best = first_in_decoded(all, target, request, best);
        }
    }
    if let Some(agent) = request.agent
        && !all.is_plain_agent(agent.as_bytes())
    {
        best = all.agent.first(&all.rules, agent.as_bytes(), request, best);
    }
    if let Some(referrer) = request.referrer {
        best = all
            .referrer
            .first(&all.rules, referrer.as_bytes(), request, best);
    }
    all.rules.get(best)
}

thread_local! {
    /// Room for undone targets, kept so that a line doesn't allocate.
    static DECODED: RefCell<(Vec<u8>, Vec<u8>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

fn first_in_decoded(all: &Rules, target: &str, request: &Request<'_>, best: usize) -> usize {
    DECODED.with_borrow_mut(|(once, twice)| {
        decode(target.as_bytes(), once);
        let mut best = all.target.first(&all.rules, once, request, best);
        if memchr::memchr(b'%', once).is_some() {
            decode(once, twice);
            best = all.target.first(&all.rules, twice, request, best);
        }
        best
    })
}

/// Undoes percent signs once, and the query's plus signs.
fn decode(text: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let (mut index, mut in_query) = (0, false);
    while let Some(&byte) = text.get(index) {
        index += 1;
        match byte {
            b'%' => {
                let high = text.get(index).copied().and_then(hex);
                let low = text.get(index + 1).copied().and_then(hex);
                if let (Some(high), Some(low)) = (high, low) {
                    out.push(high << 4 | low);
                    index += 2;
                } else {
                    out.push(byte);
                }
            }
            b'+' if in_query => out.push(b' '),
            _ => {
                in_query |= byte == b'?';
                out.push(byte);
            }
        }
    }
}

/// Returns the value of a hexadecimal digit.
pub(crate) const fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `METHOD target status rest`, the rest being agent or referrer as the rule wants it.
    fn request<'a>(rule: &Rule, text: &'a str) -> Request<'a> {
        let mut words = text.splitn(4, ' ');
        let (method, target) = (words.next(), words.next());
        let status = words.next().and_then(|word| word.parse().ok());
        assert!(status.is_some(), "no status: {text}");
        let rest = words.next();
        let agent = rest
            .filter(|_| rule.parts.contains(&Part::Agent) || !rule.parts.contains(&Part::Referrer));
        Request {
            method,
            target,
            status,
            agent,
            referrer: rest.filter(|_| agent.is_none()),
            not_http: false,
        }
    }

    #[test]
    fn every_rule_hits_and_misses_as_its_examples_say() {
        let rules = load().unwrap();
        let mut wrong = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            assert!(!rule.hit.is_empty() && !rule.miss.is_empty(), "{rule:?}");
            let alone = [rule.clone()];
            let target = Finder::new(&alone, &[Part::Path, Part::Query, Part::Target]);
            let agent = Finder::new(&alone, &[Part::Agent]);
            let referrer = Finder::new(&alone, &[Part::Referrer]);
            let methods = if rule.parts.contains(&Part::Method) {
                rule.is.iter().map(|word| (word.clone(), 0)).collect()
            } else {
                Vec::new()
            };
            let one = Rules {
                rules: alone.to_vec(),
                target,
                agent,
                referrer,
                methods,
            };
            for (list, expected) in [(&rule.hit, true), (&rule.miss, false)] {
                for text in list {
                    let request = request(rule, text);
                    let hit = matches_alone(&one, &request);
                    if hit != expected {
                        wrong.push(format!("rule {index} ({}): {text}", rule.why));
                    }
                    if expected {
                        assert!(classify(&request).is_some(), "{text}");
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    fn matches_alone(one: &Rules, request: &Request<'_>) -> bool {
        let mut best = usize::MAX;
        if let Some(method) = request.method
            && one.methods.iter().any(|(word, _)| word == method)
        {
            best = 0;
        }
        if let Some(target) = request.target {
            best = one
                .target
                .first(&one.rules, target.as_bytes(), request, best);
            best = first_in_decoded(one, target, request, best);
        }
        for (finder, text) in [
            (&one.agent, request.agent),
            (&one.referrer, request.referrer),
        ] {
            if let Some(text) = text {
                best = finder.first(&one.rules, text.as_bytes(), request, best);
            }
        }
        best == 0
    }

    #[test]
    fn so_much_of_a_request_is_looked_at_and_no_more() {
        let behind = |bytes: usize| format!("/{}/.env", "x".repeat(bytes));
        let found = |target: &str| {
            classify(&Request {
                method: Some("GET"),
                target: Some(target),
                status: Some(404),
                ..Request::default()
            })
        };
        assert!(found(&behind(LONGEST_TARGET - 100)).is_some());
        assert_eq!(found(&behind(LONGEST_TARGET)), None);
        // The set of refused rules has a bit for each.
        assert!(rules().len() < 128);
        // A rule that its agent refuses at the first of many places is refused at all, and leaves the others to be found.
        let request = |agent| Request {
            method: Some("GET"),
            target: Some("/.php/x/.php/x/.php/x"),
            status: Some(404),
            agent: Some(agent),
            ..Request::default()
        };
        assert!(classify(&request("x")).is_some());
        assert_eq!(classify(&request("x Googlebot")), None);
    }

    #[test]
    fn targets_are_undone_twice_and_no_more() {
        let traversal = |target| {
            classify(&Request {
                method: Some("GET"),
                target: Some(target),
                status: Some(200),
                ..Request::default()
            })
        };
        assert_eq!(traversal("/%2e%2e/%2e%2e/x"), Some(Reason::ProbeTraversal));
        assert_eq!(
            traversal("/%252e%252e/%252e%252e/x"),
            Some(Reason::ProbeTraversal)
        );
        assert_eq!(traversal("/%25252e%25252e/%25252e%25252e/x"), None);
        assert_eq!(traversal("/100%"), None);
        assert_eq!(traversal("/%e2%80"), None);
    }
}

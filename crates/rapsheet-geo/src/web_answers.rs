//! The web service's answers as one more database: found in the cache, decoded like a record of a file.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;
use serde::de::DeserializeSeed;

use crate::cache::Cache;
use crate::cache::known::{AnswerClass, CachedAnswers, Hit, Known, is_ahead};
use crate::decode::RecordSeed;
use crate::field::{Field, FieldValue};
use crate::normalise::{DetailsRecord, RecordRules, normalise};
use crate::service::Service;
use crate::unmapped::unmapped;

/// The answers of one service that are all fresh, or all old.
#[derive(Debug)]
pub(crate) struct WebAnswers {
    cache: Arc<Mutex<Cache>>,
    answers: CachedAnswers,
    times: FxHashMap<u64, i64>,
}

/// The fresh or the old answers of one service, ready to be looked up.
#[derive(Debug)]
pub(crate) struct AnswerSet {
    pub(crate) service: Service,
    pub(crate) fresh: bool,
    pub(crate) newest_micros: i64,
    pub(crate) count: u64,
    pub(crate) answers: WebAnswers,
}

/// Splits what a cache knows into parts that fill rows at different places of the order.
pub(crate) fn parts(cache: Cache, known: Known, oldest_micros: i64) -> Vec<AnswerSet> {
    let cache = Arc::new(Mutex::new(cache));
    let now = jiff::Timestamp::now().as_microsecond();
    let mut parts = Vec::new();
    let mut services = known.services;
    for service in Service::ALL {
        let Some(all) = services.remove(&service) else {
            continue;
        };
        for fresh in [true, false] {
            let is_fresh =
                |hit: &Hit| hit.asked_micros >= oldest_micros && !is_ahead(hit.asked_micros, now);
            let wanted = |hit: &Hit| hit.verdict == AnswerClass::Details && is_fresh(hit) == fresh;
            let answers = all.only(|hit| wanted(hit));
            if answers.exact.is_empty() && answers.networks.is_empty() {
                continue;
            }
            let times: FxHashMap<u64, i64> = answers
                .exact
                .values()
                .chain(answers.networks.values())
                .map(|hit| (hit.id.unsigned_abs(), hit.asked_micros))
                .collect();
            parts.push(AnswerSet {
                service,
                fresh,
                newest_micros: times.values().copied().max().unwrap_or(0),
                count: answers.exact.len() as u64,
                answers: WebAnswers {
                    cache: Arc::clone(&cache),
                    answers,
                    times,
                },
            });
        }
    }
    parts
}

impl WebAnswers {
    /// Finds an answer about an address, else about a network that it serves.
    pub(crate) fn find(&self, ip: IpAddr) -> Option<(u64, u8)> {
        let whole = if ip.is_ipv4() { 32 } else { 128 };
        if let Some(hit) = self.answers.exact.get(&ip) {
            let prefix = hit.prefix.filter(|_| hit.serves_network).unwrap_or(whole);
            return Some((hit.id.unsigned_abs(), prefix));
        }
        let (hit, length) = self.answers.network(ip)?;
        Some((hit.id.unsigned_abs(), length))
    }

    /// The keys of all answers.
    pub(crate) fn keys(&self) -> impl Iterator<Item = u64> {
        self.times.keys().copied()
    }

    /// When the service was asked.
    pub(crate) fn asked_micros(&self, key: u64) -> Option<i64> {
        self.times.get(&key).copied()
    }

    /// Reads and decodes an answer.
    pub(crate) fn record(
        &self,
        key: u64,
        rules: RecordRules,
        locale: &str,
    ) -> Result<DetailsRecord<'static>, String> {
        let id = i64::try_from(key).map_err(|error| error.to_string())?;
        let cache = self.cache.lock().map_err(|error| error.to_string())?;
        let body = cache.body(id).map_err(|error| error.to_string())?;
        drop(cache);
        let mut json = serde_json::Deserializer::from_slice(&body);
        let raw = RecordSeed { locale }
            .deserialize(&mut json)
            .map_err(|error| error.to_string())?;
        let mut record: DetailsRecord<'static> = normalise(raw, rules)
            .into_iter()
            .map(|(field, value)| (field, owned(value)))
            .collect();
        let answer = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        record
            .extend(unmapped(&answer).map(|other| (Field::Other, FieldValue::Text(other.into()))));
        Ok(record)
    }
}

fn owned(value: FieldValue<'_>) -> FieldValue<'static> {
    match value {
        FieldValue::Text(text) => FieldValue::Text(text.into_owned().into()),
        FieldValue::Whole(whole) => FieldValue::Whole(whole),
        FieldValue::Number(number) => FieldValue::Number(number),
        FieldValue::Flag(flag) => FieldValue::Flag(flag),
    }
}

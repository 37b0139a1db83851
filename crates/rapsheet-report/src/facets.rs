//! What the page's rows are and the names that they bear, as codes.
//!
//! A column of facets holds codes: those of names are the names' ids, which sort as their texts do, and words get numbers of
//! their own. Texts come last, into the dictionary of each column, and only those that occur.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, DictionaryArray, RecordBatch, StringArray, UInt8Array, UInt16Array,
    UInt32Array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, UInt16Type, UInt32Type};

use crate::Error;
use crate::activity::{id, whole_numbers};
use crate::panels::panels;
use crate::table::{failed, is_plain};

/// The table's name.
const TABLE: &str = "facets";
/// What rare names are put together under, unless a name of the logs is written so.
const OTHER: &str = "(other)";
/// The code of rare names.
const OTHER_CODE: u32 = u32::MAX;
/// Columns whose rare names are put together: attackers choose them, and a folder may hold the logs of a thousand servers.
const CHOSEN: [&str; 5] = [
    "user_name",
    "url_path",
    "user_agent_original",
    "http_referrer",
    "host_name",
];
/// What a row's events are counted as: the page has measures of it.
const COUNTS_AS: &str = "counts_as";

/// A column of facets.
#[derive(Debug)]
struct FacetColumn {
    name: String,
    /// By the facet's id; 0 is none.
    codes: Vec<u32>,
    /// The texts of codes from 1 on; absent where codes are ids of names.
    words: Option<Vec<String>>,
    /// The codes of a column whose rare names are put together, the most frequent first.
    frequent: Option<Vec<u32>>,
}

/// The facets as the reader made them.
#[derive(Debug)]
pub(crate) struct Facets {
    columns: Vec<FacetColumn>,
    /// Facets by id, also of ids that are none.
    len: usize,
    names: Names,
}

/// The texts of names by id.
#[derive(Debug)]
struct Names {
    texts: StringArray,
    /// Where in `texts` a name stands.
    rows: Vec<u32>,
    /// What rare names are put together under: no name of the logs.
    other: String,
}

impl Names {
    fn of(batch: &RecordBatch) -> Result<Self, Error> {
        let ids = whole_numbers("names", batch, "name_id")?;
        let texts = crate::table::texts("names", batch, "name")?;
        let mut rows = vec![0; ids.len() + 1];
        for (name, row) in ids.iter().zip(0..) {
            let name = id(name);
            if name as usize >= rows.len() {
                rows.resize(name as usize + 1, 0);
            }
            rows[name as usize] = row;
        }
        let other = unlike(&texts);
        Ok(Self { texts, rows, other })
    }

    fn text(&self, name: u32) -> &str {
        match self.rows.get(name as usize) {
            Some(row) if (*row as usize) < self.texts.len() => self.texts.value(*row as usize),
            _ => &self.other,
        }
    }
}

/// A text for rare names that none of the names is.
fn unlike(names: &StringArray) -> String {
    let alike: HashSet<&str> = names
        .iter()
        .flatten()
        .filter(|name| name.starts_with("(other"))
        .collect();
    let mut other = OTHER.to_owned();
    let mut number = 1_usize;
    while alike.contains(other.as_str()) {
        number += 1;
        other = format!("(other names {number})");
    }
    other
}

impl Facets {
    /// Takes the columns that panels name. `events` says how many events each facet has, by id.
    pub(crate) fn new(
        batch: &RecordBatch,
        names: &RecordBatch,
        events: &[u64],
    ) -> Result<Self, Error> {
        let ids = whole_numbers(TABLE, batch, "facet_id")?;
        let len = ids.iter().map(|facet| id(facet) as usize + 1).max();
        let len = len.unwrap_or(0).max(events.len());
        let mut columns = Vec::new();
        for name in wanted() {
            let Some(array) = batch.column_by_name(name) else {
                continue;
            };
            let (of_rows, words) = codes(array)?;
            let mut codes = vec![0; len];
            for (facet, code) in ids.iter().zip(of_rows) {
                codes[id(facet) as usize] = code;
            }
            let frequent = CHOSEN.contains(&name).then(|| by_frequency(&codes, events));
            columns.push(FacetColumn {
                name: name.to_owned(),
                codes,
                words,
                frequent,
            });
        }
        // Facets are sorted by their columns: few words repeat in long runs, names in short ones.
        columns.sort_by_key(|column| column.words.is_none());
        let names = Names::of(names)?;
        Ok(Self {
            columns,
            len,
            names,
        })
    }

    /// What rare names are put together under.
    pub(crate) fn other(&self) -> &str {
        &self.names.other
    }

    /// Whether a column has more names than so many.
    pub(crate) fn is_cut(&self, most: usize) -> bool {
        let frequent = self
            .columns
            .iter()
            .filter_map(|column| column.frequent.as_ref());
        frequent.into_iter().any(|names| names.len() > most)
    }

    /// Puts names together that are not among so many of the most frequent of their column.
    pub(crate) fn cut(&self, most: usize) -> FacetTable<'_> {
        let columns: Vec<Vec<u32>> = self
            .columns
            .iter()
            .map(|column| match &column.frequent {
                Some(frequent) if frequent.len() > most => {
                    self.put_together(&column.codes, &frequent[..most])
                }
                _ => column.codes.clone(),
            })
            .collect();
        let key = |facet: u32| columns.iter().map(move |codes| codes[facet as usize]);
        let mut order: Vec<u32> = (0..u32::try_from(self.len).unwrap_or(u32::MAX)).collect();
        order.sort_unstable_by(|one, other| key(*one).cmp(key(*other)));
        let mut numbers = vec![0; self.len];
        let mut firsts: Vec<u32> = Vec::new();
        for facet in order {
            let is_new = firsts.last().is_none_or(|last| key(*last).ne(key(facet)));
            if is_new {
                firsts.push(facet);
            }
            numbers[facet as usize] = u32::try_from(firsts.len()).unwrap_or(u32::MAX) - 1;
        }
        let columns = columns
            .iter()
            .map(|codes| firsts.iter().map(|facet| codes[*facet as usize]).collect())
            .collect();
        FacetTable {
            facets: self,
            numbers,
            columns,
            len: firsts.len(),
        }
    }

    fn put_together(&self, codes: &[u32], kept: &[u32]) -> Vec<u32> {
        let most = codes.iter().max().map_or(0, |most| *most as usize);
        let mut is_kept = vec![false; most + 1];
        is_kept[0] = true;
        for code in kept {
            is_kept[*code as usize] = true;
        }
        let cut = codes.iter().map(|code| {
            if is_kept[*code as usize] {
                *code
            } else {
                OTHER_CODE
            }
        });
        cut.collect()
    }
}

/// The columns that the page's panels count or need.
fn wanted() -> Vec<&'static str> {
    let mut wanted: Vec<&str> = panels()
        .iter()
        .filter(|panel| panel.table == "activity")
        .map(|panel| panel.by.as_str())
        .collect();
    wanted.push(COUNTS_AS);
    let mut seen = HashSet::new();
    wanted.retain(|name| seen.insert(*name));
    wanted
}

/// The codes of a column, and their texts where it isn't one of ids.
fn codes(array: &ArrayRef) -> Result<(Vec<u32>, Option<Vec<String>>), Error> {
    let fails = |cause| failed(TABLE, cause);
    if array.data_type().is_integer() {
        let ids = cast(array, &DataType::UInt32).map_err(fails)?;
        let ids = ids.as_primitive::<UInt32Type>();
        return Ok((ids.iter().map(Option::unwrap_or_default).collect(), None));
    }
    let texts = cast(array, &DataType::Utf8).map_err(fails)?;
    let mut words: Vec<String> = Vec::new();
    let mut known: HashMap<&str, u32> = HashMap::new();
    let texts = texts.as_string::<i32>();
    let codes = texts
        .iter()
        .map(|text| {
            let Some(text) = text else { return 0 };
            *known.entry(text).or_insert_with(|| {
                words.push(text.to_owned());
                u32::try_from(words.len()).unwrap_or(u32::MAX)
            })
        })
        .collect();
    Ok((codes, Some(words)))
}

/// Codes by how many events bear them, the most first; where as many do, in the order of their texts.
fn by_frequency(codes: &[u32], events: &[u64]) -> Vec<u32> {
    let mut counted: HashMap<u32, u64> = HashMap::new();
    for (code, events) in codes.iter().zip(events) {
        if *code != 0 {
            *counted.entry(*code).or_default() += events;
        }
    }
    let mut order: Vec<(u32, u64)> = counted.into_iter().collect();
    order.sort_unstable_by_key(|(code, events)| (std::cmp::Reverse(*events), *code));
    order.into_iter().map(|(code, _)| code).collect()
}

/// The facets of the page's rows, numbered from 0.
#[derive(Debug)]
pub(crate) struct FacetTable<'f> {
    facets: &'f Facets,
    /// The number of each facet by the reader's id.
    numbers: Vec<u32>,
    /// The codes of each column by number.
    columns: Vec<Vec<u32>>,
    len: usize,
}

impl FacetTable<'_> {
    /// The number of a facet with this id.
    pub(crate) fn number(&self, facet: u32) -> u32 {
        self.numbers.get(facet as usize).copied().unwrap_or(0)
    }

    /// Whether the events of each facet are attempts, by most of them.
    pub(crate) fn are_attempts(&self, totals: &[(u64, u64)]) -> Vec<bool> {
        let of = |facet| {
            let total = totals.get(facet);
            total.is_some_and(|(events, attempts)| attempts * 2 > *events)
        };
        (0..self.len).map(of).collect()
    }

    /// Makes the page's table.
    pub(crate) fn to_batch(&self, are_attempts: &[bool]) -> Result<RecordBatch, Error> {
        let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
        for (column, codes) in self.facets.columns.iter().zip(&self.columns) {
            let text = |code: u32| match &column.words {
                Some(words) => words[code as usize - 1].as_str(),
                None => self.facets.names.text(code),
            };
            columns.push((&column.name, dictionary(codes, text)?));
        }
        let usual = are_attempts.iter().map(|are| u8::from(*are));
        columns.push((
            "attempts_per_event",
            Arc::new(UInt8Array::from_iter_values(usual)),
        ));
        let columns = columns.into_iter().map(|(name, array)| (name, array, true));
        RecordBatch::try_from_iter_with_nullable(columns).map_err(|cause| failed(TABLE, cause))
    }
}

/// A column of texts by their codes: only texts that occur stand in its dictionary. Where hardly a text repeats there is none.
fn dictionary<'t>(codes: &[u32], text: impl Fn(u32) -> &'t str) -> Result<ArrayRef, Error> {
    let mut used: Vec<u32> = codes.iter().copied().filter(|code| *code != 0).collect();
    used.sort_unstable();
    used.dedup();
    if is_plain(used.len(), codes.len()) {
        let texts = codes.iter().map(|code| (*code != 0).then(|| text(*code)));
        return Ok(Arc::new(texts.collect::<StringArray>()));
    }
    let texts: StringArray = used.iter().map(|code| Some(text(*code))).collect();
    let texts: ArrayRef = Arc::new(texts);
    let keys: UInt32Array = codes
        .iter()
        .map(|code| u32::try_from(used.binary_search(code).ok()?).ok())
        .collect();
    let fails = |cause| failed(TABLE, cause);
    if used.len() > usize::from(u16::MAX) {
        return Ok(Arc::new(
            DictionaryArray::<UInt32Type>::try_new(keys, texts).map_err(fails)?,
        ));
    }
    let keys = cast(&keys, &DataType::UInt16).map_err(fails)?;
    let keys: UInt16Array = keys.as_primitive::<UInt16Type>().clone();
    Ok(Arc::new(
        DictionaryArray::<UInt16Type>::try_new(keys, texts).map_err(fails)?,
    ))
}

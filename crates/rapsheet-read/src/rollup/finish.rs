//! What all threads rolled up becomes tables: names get the same ids everywhere, rows become record batches.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, UInt32Array,
};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use hashbrown::HashMap;
use rapsheet_schema::{
    Action, Column, Dataset, Key, Measure, Outcome, Reason, clock, exact_bans, exact_logins,
    format_network, mistyped, names, peers, schema_of,
};

use super::exact::{ExactBan, ExactLogin};
use super::facets::{self, Facet, Facets};
use super::ids::{Ids, Peer};
use super::table::{self, Kind, Table};
use super::{HOUR_MICROS, RollUps};
use crate::clock::Zone;
use crate::intern::Texts;
use crate::logins::{LoginPast, Past};
use crate::wall_clock::{WallClock, format_day};

/// The tables that reading made.
#[derive(Debug, Default)]
pub struct RolledUp {
    /// Name, columns, and rows: one list of batches for each thread.
    pub tables: Vec<(&'static str, SchemaRef, Vec<Vec<RecordBatch>>)>,
    /// The addresses in them, each once, in order.
    pub addresses: Vec<IpAddr>,
}

/// Ids of one thread's names and remote sides in the tables of all. Element 0 is 0.
struct Renumbered {
    names: Vec<u32>,
    peers: Vec<u32>,
    facets: Vec<u32>,
}

/// Makes tables of what threads rolled up.
///
/// # Errors
///
/// Fails where a column doesn't have the type that its table declares.
pub(crate) fn finish(
    mut parts: Vec<RollUps>,
    past: &Past,
    zone: &Zone,
) -> Result<RolledUp, ArrowError> {
    let hours = hours_of(&parts);
    let (mut all, mut renumbered) = renumber(&mut parts);
    let mistypes: Vec<(u32, u32)> = past
        .mistyped
        .iter()
        .map(|(ip, failures)| (all.address_id(*ip), *failures))
        .collect();
    let (sorted_names, name_ranks) = names_in_order(&all.names);
    let (sorted_peers, peer_ranks) = peers_in_order(&all.peers, &name_ranks);
    for ids in &mut renumbered {
        for name in &mut ids.names {
            *name = name_ranks[*name as usize];
        }
        for peer in &mut ids.peers {
            *peer = peer_ranks[*peer as usize];
        }
    }
    let facets = facets_in_order(&mut parts, &mut renumbered);
    let made = std::thread::scope(|scope| {
        let threads: Vec<_> = parts
            .into_iter()
            .zip(&renumbered)
            .map(|(part, ids)| scope.spawn(|| batches_of(part, ids, &past.logins)))
            .collect();
        threads
            .into_iter()
            .map(|thread| match thread.join() {
                Ok(made) => made,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect::<Result<Vec<_>, _>>()
    })?;
    let mut done = RolledUp::default();
    for part in made {
        for (name, schema, batches) in part {
            let known = done.tables.iter_mut().find(|(known, ..)| *known == name);
            match known {
                Some((_, _, parts)) => parts.push(batches),
                None => done.tables.push((name, schema, vec![batches])),
            }
        }
    }
    let mistypes = mistypes.iter();
    let mistypes = vec![
        id_array(mistypes.clone().map(|(peer, _)| peer_ranks[*peer as usize])),
        count_array(mistypes.map(|(_, failures)| *failures)),
    ];
    let mut texts = vec![
        ("mistyped", mistyped(), mistypes),
        ("peers", peers(), peer_arrays(&sorted_peers, &sorted_names)),
        ("names", names(), name_arrays(sorted_names)),
        ("clock", clock(), clock_arrays(&hours, zone)),
    ];
    if let Some(all) = &facets {
        texts.push(("facets", rapsheet_schema::facets(), facet_arrays(all)));
    }
    for (name, columns, arrays) in texts {
        let schema = schema_of(&columns);
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)?;
        done.tables.push((name, schema, vec![vec![batch]]));
    }
    done.addresses = sorted_peers
        .iter()
        .filter_map(|peer| match peer {
            Peer::Address(ip) => Some(*ip),
            Peer::Domain(_) => None,
        })
        .collect();
    Ok(done)
}

/// Every hour that any row is of.
fn hours_of(parts: &[RollUps]) -> BTreeSet<u32> {
    let mut hours = BTreeSet::new();
    for table in parts.iter().flat_map(|part| &part.tables) {
        let Some(at) = table.roll_up.keys.iter().position(|key| *key == Key::Hour) else {
            continue;
        };
        let mut last = 0;
        for row in table
            .blocks
            .iter()
            .flat_map(|block| block.chunks_exact(table.stride))
        {
            if row[at] != last {
                last = row[at];
                hours.insert(last);
            }
        }
    }
    hours.remove(&0);
    hours
}

/// Puts the names and remote sides of all threads together.
fn renumber(parts: &mut [RollUps]) -> (Ids, Vec<Renumbered>) {
    let mut parts = parts.iter_mut();
    let Some(first) = parts.next() else {
        return (Ids::default(), Vec::new());
    };
    let mut all = std::mem::take(&mut first.ids);
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let mut renumbered = vec![Renumbered {
        names: (0..=count(all.names.len())).collect(),
        peers: (0..=count(all.peers.len())).collect(),
        facets: Vec::new(),
    }];
    for part in parts {
        let ids = std::mem::take(&mut part.ids);
        let mut names = vec![0];
        names.extend(ids.names.iter().map(|name| all.names.intern(name)));
        let mut peers = vec![0];
        peers.extend(ids.peers.iter().map(|peer| match peer {
            Peer::Address(ip) => all.address_id(*ip),
            Peer::Domain(name) => all.domain_id(names[*name as usize]),
        }));
        renumbered.push(Renumbered {
            names,
            peers,
            facets: Vec::new(),
        });
    }
    (all, renumbered)
}

/// Puts the facets of all threads together, where they are wanted; names have got their last ids.
fn facets_in_order(parts: &mut [RollUps], renumbered: &mut [Renumbered]) -> Option<Vec<Facet>> {
    let of_threads: Option<Vec<Vec<Facet>>> = parts
        .iter_mut()
        .zip(renumbered.iter())
        .map(|(part, ids)| {
            let own = part.facets.take().map(Facets::into_all)?;
            let facets = own.into_iter().map(|facet| facet.renumbered(&ids.names));
            Some(facets.collect())
        })
        .collect();
    let (sorted, numbers) = facets::in_order(&of_threads?);
    for (ids, numbers) in renumbered.iter_mut().zip(numbers) {
        ids.facets = numbers;
    }
    Some(sorted)
}

type Made = Vec<(&'static str, SchemaRef, Vec<RecordBatch>)>;

/// Makes batches of one thread's rows; blocks are given back as they are done.
fn batches_of(part: RollUps, ids: &Renumbered, logins: &[LoginPast]) -> Result<Made, ArrowError> {
    let mut made = Vec::new();
    for table in part.tables {
        let schema = schema_of(&table.roll_up.columns());
        let name = table.roll_up.name;
        made.push((
            name,
            Arc::clone(&schema),
            table_batches(table, &schema, ids)?,
        ));
    }
    let texts = [part.methods.to_array(), part.keys.to_array()];
    made.push(exact(
        "exact_logins",
        &exact_logins(),
        part.logins.blocks,
        |rows| login_arrays(rows, &texts, logins, ids),
    )?);
    made.push(exact(
        "exact_bans",
        &exact_bans(),
        part.bans.blocks,
        |rows| ban_arrays(rows, ids),
    )?);
    Ok(made)
}

fn table_batches(
    table: Table,
    schema: &SchemaRef,
    ids: &Renumbered,
) -> Result<Vec<RecordBatch>, ArrowError> {
    let (roll_up, stride) = (table.roll_up, table.stride);
    table
        .blocks
        .into_iter()
        .map(|block| {
            let mut arrays = Vec::with_capacity(schema.fields().len());
            for (at, key) in roll_up.keys.iter().enumerate() {
                let words = block.iter().skip(at).step_by(stride).copied();
                arrays.extend(key_arrays(*key, words, ids));
            }
            let mut at = roll_up.keys.len();
            for measure in roll_up.measures {
                let width = table::words_of(*measure);
                let words = block.chunks_exact(stride).map(|row| &row[at..at + width]);
                arrays.push(measure_array(*measure, words));
                at += width;
            }
            RecordBatch::try_new(Arc::clone(schema), arrays)
        })
        .collect()
}

fn exact<T>(
    name: &'static str,
    columns: &[Column],
    blocks: Vec<Vec<T>>,
    arrays: impl Fn(&[T]) -> Vec<ArrayRef>,
) -> Result<(&'static str, SchemaRef, Vec<RecordBatch>), ArrowError> {
    let schema = schema_of(columns);
    let batches = blocks
        .into_iter()
        .map(|block| RecordBatch::try_new(Arc::clone(&schema), arrays(&block)))
        .collect::<Result<_, _>>()?;
    Ok((name, schema, batches))
}

/// Ids as a column: 0 is null.
fn id_array(ids: impl Iterator<Item = u32>) -> ArrayRef {
    let ids: Int32Array = ids
        .map(|id| i32::try_from(id).ok().filter(|id| *id != 0))
        .collect();
    Arc::new(ids)
}

fn count_array(counts: impl Iterator<Item = u32>) -> ArrayRef {
    let counts = counts.map(|count| i32::try_from(count).unwrap_or(i32::MAX));
    Arc::new(Int32Array::from_iter_values(counts))
}

fn times(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter(values).with_timezone("UTC"))
}

/// The columns of a key.
fn key_arrays(key: Key, words: impl Iterator<Item = u32>, ids: &Renumbered) -> Vec<ArrayRef> {
    match key {
        Key::Address => vec![id_array(words.map(|id| ids.peers[id as usize]))],
        Key::Host | Key::User | Key::Path | Key::Jail => {
            vec![id_array(words.map(|id| ids.names[id as usize]))]
        }
        Key::Facet => vec![id_array(words.map(|id| ids.facets[id as usize]))],
        Key::Hour => vec![id_array(words)],
        Key::Dataset => {
            let words: Vec<u32> = words.collect();
            let dataset = |word: u32| Dataset::ALL.get(word as usize).copied();
            vec![
                word_array(&words, |word| Some(dataset(word)?.service_name())),
                word_array(&words, |word| Some(dataset(word)?.as_str())),
                word_array(&words, |word| {
                    Some(dataset(word)?.event_category().as_str())
                }),
            ]
        }
        Key::Action => {
            let words: Vec<u32> = words.collect();
            vec![word_array(&words, |word| {
                Action::ALL.get(word as usize).map(|action| action.as_str())
            })]
        }
        Key::Reason => {
            let words: Vec<u32> = words.collect();
            vec![word_array(&words, |word| {
                Reason::ALL.get(word as usize).map(|reason| reason.as_str())
            })]
        }
        Key::Kind => kind_arrays(&words.collect::<Vec<u32>>()),
        Key::Answer => {
            let words: Vec<u32> = words.collect();
            let statuses = words.iter().map(|word| table::read_answer(*word).1);
            vec![
                word_array(&words, |word| {
                    table::read_answer(word).0.map(Reason::as_str)
                }),
                id_array(statuses),
            ]
        }
        // One more than the size, so that 0 is unknown.
        Key::AnswerBytes => {
            let sizes = words.map(|word| i32::try_from(i64::from(word) - 1).unwrap_or(i32::MAX));
            let sizes = sizes.map(|size| (size >= 0).then_some(size));
            vec![Arc::new(sizes.collect::<Int32Array>())]
        }
    }
}

/// The columns of what events are.
fn kind_arrays(words: &[u32]) -> Vec<ArrayRef> {
    let suspicious = words.iter().map(|word| Some(Kind(*word).is_suspicious()));
    vec![
        word_array(words, |word| Some(Kind(word).dataset().service_name())),
        word_array(words, |word| Some(Kind(word).dataset().as_str())),
        word_array(words, |word| {
            Some(Kind(word).dataset().event_category().as_str())
        }),
        word_array(words, |word| Some(Kind(word).action().as_str())),
        word_array(words, |word| Some(Outcome::as_str(Kind(word).outcome()))),
        word_array(words, |word| Kind(word).reason().map(Reason::as_str)),
        Arc::new(suspicious.collect::<BooleanArray>()),
    ]
}

/// A column of words: there are few of them, so their array is small, and rows take from it.
fn word_array(words: &[u32], text: impl Fn(u32) -> Option<&'static str>) -> ArrayRef {
    let mut places: HashMap<u32, u32> = HashMap::new();
    let mut texts: Vec<Option<&'static str>> = Vec::new();
    let mut last: Option<(u32, u32)> = None;
    let places = words.iter().map(|word| match last {
        Some((same, place)) if same == *word => place,
        _ => {
            let place = *places.entry(*word).or_insert_with(|| {
                texts.push(text(*word));
                u32::try_from(texts.len() - 1).unwrap_or(u32::MAX)
            });
            last = Some((*word, place));
            place
        }
    });
    let places = UInt32Array::from_iter_values(places.collect::<Vec<_>>());
    let texts = StringArray::from(texts);
    arrow::compute::take(&texts, &places, None)
        .unwrap_or_else(|_| Arc::new(StringArray::new_null(places.len())))
}

/// The column of a measure.
fn measure_array<'w>(measure: Measure, words: impl Iterator<Item = &'w [u32]>) -> ArrayRef {
    match measure {
        Measure::Events
        | Measure::Attempts
        | Measure::FailedLogins
        | Measure::Successes
        | Measure::Bans
        | Measure::Answered => count_array(words.map(|words| words[0])),
        Measure::FirstSeen => times(
            words.map(|words| Some(table::read_time(words)).filter(|at| *at != table::NO_FIRST)),
        ),
        Measure::LastSeen => times(
            words.map(|words| Some(table::read_time(words)).filter(|at| *at != table::NO_LAST)),
        ),
        Measure::UserExists => {
            let exists = words.map(|words| match words[0] {
                table::EXISTS => Some(true),
                table::EXISTS_NOT => Some(false),
                _ => None,
            });
            Arc::new(exists.collect::<BooleanArray>())
        }
    }
}

fn login_arrays(
    rows: &[ExactLogin],
    [methods, keys]: &[StringArray; 2],
    logins: &[LoginPast],
    ids: &Renumbered,
) -> Vec<ArrayRef> {
    fn text(texts: &StringArray, id: u32) -> Option<&str> {
        let place = id as usize;
        texts.is_valid(place).then(|| texts.value(place))
    }
    let past: Vec<LoginPast> = rows
        .iter()
        .map(|row| (row.login as usize).checked_sub(1))
        .map(|place| place.and_then(|place| logins.get(place)).copied())
        .map(Option::unwrap_or_default)
        .collect();
    let counts = |count: fn(&LoginPast) -> u32| count_array(past.iter().map(count));
    let method = rows.iter().map(|row| text(methods, row.method));
    let key = rows.iter().map(|row| text(keys, row.key));
    vec![
        id_array(rows.iter().map(|row| ids.peers[row.address as usize])),
        id_array(rows.iter().map(|row| ids.names[row.host as usize])),
        id_array(rows.iter().map(|row| ids.names[row.user as usize])),
        text_array(rows.iter().map(|row| Some(row.dataset.service_name()))),
        Arc::new(method.collect::<StringArray>()),
        Arc::new(key.collect::<StringArray>()),
        times(rows.iter().map(|row| row.micros)),
        Arc::new(
            rows.iter()
                .map(|row| Some(row.wanted))
                .collect::<BooleanArray>(),
        ),
        counts(|past| past.logins),
        counts(|past| past.user_logins),
        counts(|past| past.failures),
        counts(|past| past.user_failures),
        counts(|past| past.user_names),
        times(past.iter().map(|past| past.first_failure)),
        counts(|past| past.failures_elsewhere),
        counts(|past| past.network_failures),
        counts(|past| past.network_addresses),
    ]
}

fn ban_arrays(rows: &[ExactBan], ids: &Renumbered) -> Vec<ArrayRef> {
    let bantimes = rows.iter().map(|row| row.bantime);
    let bancounts = rows.iter().map(|row| row.bancount.map(i64::from));
    vec![
        id_array(rows.iter().map(|row| ids.peers[row.address as usize])),
        id_array(rows.iter().map(|row| ids.names[row.host as usize])),
        id_array(rows.iter().map(|row| ids.names[row.jail as usize])),
        text_array(rows.iter().map(|row| Some(row.dataset.as_str()))),
        text_array(rows.iter().map(|row| Some(row.action.as_str()))),
        times(rows.iter().map(|row| row.micros)),
        Arc::new(bantimes.collect::<Int64Array>()),
        Arc::new(bancounts.collect::<Int64Array>()),
    ]
}

fn text_array(texts: impl Iterator<Item = Option<&'static str>>) -> ArrayRef {
    Arc::new(texts.collect::<StringArray>())
}

fn peer_arrays(peers: &[Peer], names: &StringArray) -> Vec<ArrayRef> {
    let count = u32::try_from(peers.len()).unwrap_or(u32::MAX);
    let address = |peer: &Peer| match peer {
        Peer::Address(ip) => Some(*ip),
        Peer::Domain(_) => None,
    };
    let domain = |peer: &Peer| match peer {
        Peer::Address(_) => None,
        Peer::Domain(name) => Some(names.value(*name as usize - 1)),
    };
    let texts = peers
        .iter()
        .map(|peer| address(peer).map(|ip| ip.to_string()));
    let networks = peers.iter().map(|peer| address(peer).map(format_network));
    vec![
        id_array(1..=count),
        Arc::new(texts.collect::<StringArray>()),
        Arc::new(networks.collect::<StringArray>()),
        Arc::new(peers.iter().map(domain).collect::<StringArray>()),
    ]
}

fn name_arrays(sorted: StringArray) -> Vec<ArrayRef> {
    let count = u32::try_from(sorted.len()).unwrap_or(u32::MAX);
    vec![id_array(1..=count), Arc::new(sorted)]
}

fn facet_arrays(facets: &[Facet]) -> Vec<ArrayRef> {
    let count = u32::try_from(facets.len()).unwrap_or(u32::MAX);
    let kinds: Vec<u32> = facets.iter().map(|facet| facet.kind.0).collect();
    let mut arrays = vec![id_array(1..=count)];
    arrays.extend(kind_arrays(&kinds));
    arrays.extend([
        id_array(facets.iter().map(|facet| facet.user)),
        id_array(facets.iter().map(|facet| facet.jail)),
        id_array(facets.iter().map(|facet| facet.path)),
        id_array(facets.iter().map(|facet| facet.agent)),
    ]);
    arrays
}

/// Puts names into their order, so that ids sort as their texts do: the texts, and the place of each id, from 1.
fn names_in_order(names: &Texts) -> (StringArray, Vec<u32>) {
    let texts: Vec<&str> = names.iter().collect();
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_unstable_by_key(|place| texts[*place]);
    let mut ranks = vec![0; texts.len() + 1];
    for (rank, place) in (1..).zip(&order) {
        ranks[place + 1] = rank;
    }
    let sorted = order.iter().map(|place| Some(texts[*place]));
    (sorted.collect(), ranks)
}

/// Puts remote sides into an order, so that their ids don't hang on threads: addresses, then host names with the ids that
/// their names have. Returns them, and the place of each id, from 1.
fn peers_in_order(peers: &[Peer], name_ranks: &[u32]) -> (Vec<Peer>, Vec<u32>) {
    let mut order: Vec<(Peer, usize)> = peers
        .iter()
        .map(|peer| match peer {
            Peer::Address(_) => *peer,
            Peer::Domain(name) => Peer::Domain(name_ranks[*name as usize]),
        })
        .zip(1..)
        .collect();
    order.sort_unstable();
    let mut ranks = vec![0; peers.len() + 1];
    for (rank, (_, id)) in (1..).zip(&order) {
        ranks[*id] = rank;
    }
    (order.into_iter().map(|(peer, _)| peer).collect(), ranks)
}

fn clock_arrays(hours: &BTreeSet<u32>, zone: &Zone) -> Vec<ArrayRef> {
    let mut zone = zone.clone();
    let shown: Vec<(i64, WallClock)> = hours
        .iter()
        .map(|id| {
            let hour = i64::from(*id) - 1;
            (hour, WallClock::at_hour(hour, &mut zone))
        })
        .collect();
    let days = shown.iter().map(|(_, shown)| Some(format_day(shown.day)));
    let weekdays = shown.iter().map(|(_, shown)| shown.weekday);
    let hours_of_day = shown.iter().map(|(_, shown)| shown.hour_of_day);
    vec![
        id_array(hours.iter().copied()),
        times(shown.iter().map(|(hour, _)| Some(hour * HOUR_MICROS))),
        Arc::new(days.collect::<StringArray>()),
        Arc::new(Int64Array::from_iter_values(weekdays)),
        Arc::new(Int64Array::from_iter_values(hours_of_day)),
    ]
}

//! What all threads rolled up becomes tables: names get the same ids everywhere, rows become record batches.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use rapsheet_schema::{
    Column, Key, clock, exact_bans, exact_logins, format_network, mistyped, names, peers, schema_of,
};

use super::exact::{ExactBan, ExactLogin, Rows};
use super::facets::{self, Facet, Facets};
use super::ids::{Ids, Peer};
use super::part::{RollUpPart, kind_array};
use super::{HOUR_MICROS, RollUps};
use crate::clock::Zone;
use crate::intern::Texts;
use crate::logins::{LoginPast, Past};
use crate::wall_clock::{WallClock, format_day};

/// The tables that reading made.
#[derive(Debug, Default)]
pub struct RolledUp {
    /// Name and columns of each declared roll-up, and its rows: one part for each thread.
    pub roll_ups: Vec<(&'static str, SchemaRef, Vec<RollUpPart>)>,
    /// Name and columns of what belongs to the roll-ups, texts and exact rows, and its rows: one list of batches for each thread.
    pub tables: Vec<(&'static str, SchemaRef, Vec<Vec<RecordBatch>>)>,
    /// The addresses in them, each once, in order.
    pub addresses: Vec<IpAddr>,
}

/// Ids of one thread's names and remote sides in the tables of all. Element 0 is 0.
#[derive(Debug)]
pub(super) struct Renumbered {
    pub(super) names: Vec<u32>,
    pub(super) peers: Vec<u32>,
    pub(super) facets: Vec<u32>,
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
    let mut done = RolledUp::default();
    for (part, ids) in parts.into_iter().zip(renumbered) {
        let ids = Arc::new(ids);
        let texts = [part.methods.to_array(), part.keys.to_array()];
        let (name, schema, batches) =
            exact("exact_logins", &exact_logins(), part.logins, |rows| {
                login_arrays(rows, &texts, &past.logins, &ids)
            })?;
        add_part(&mut done.tables, name, schema, batches);
        let (name, schema, batches) = exact("exact_bans", &exact_bans(), part.bans, |rows| {
            ban_arrays(rows, &ids)
        })?;
        add_part(&mut done.tables, name, schema, batches);
        for table in part.tables {
            let part = RollUpPart::new(table, Arc::clone(&ids));
            add_part(&mut done.roll_ups, part.name(), part.schema(), part);
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
        hours.extend(&table.hours);
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

/// Adds a thread's part to the table of that name.
fn add_part<P>(
    tables: &mut Vec<(&'static str, SchemaRef, Vec<P>)>,
    name: &'static str,
    schema: SchemaRef,
    part: P,
) {
    match tables.iter_mut().find(|(known, ..)| *known == name) {
        Some((_, _, parts)) => parts.push(part),
        None => tables.push((name, schema, vec![part])),
    }
}

/// Makes batches of one thread's exact rows.
fn exact<T>(
    name: &'static str,
    columns: &[Column],
    rows: Rows<T>,
    arrays: impl Fn(&[T]) -> Vec<ArrayRef>,
) -> Result<(&'static str, SchemaRef, Vec<RecordBatch>), ArrowError> {
    let schema = schema_of(columns);
    let batches = rows
        .blocks
        .into_iter()
        .map(|block| RecordBatch::try_new(Arc::clone(&schema), arrays(&block)))
        .collect::<Result<_, _>>()?;
    Ok((name, schema, batches))
}

/// Ids as a column: 0 is null.
pub(super) fn id_array(ids: impl Iterator<Item = u32>) -> ArrayRef {
    let ids: Int32Array = ids
        .map(|id| i32::try_from(id).ok().filter(|id| *id != 0))
        .collect();
    Arc::new(ids)
}

pub(super) fn count_array(counts: impl Iterator<Item = u32>) -> ArrayRef {
    let counts = counts.map(|count| i32::try_from(count).unwrap_or(i32::MAX));
    Arc::new(Int32Array::from_iter_values(counts))
}

pub(super) fn times(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter(values).with_timezone("UTC"))
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
    arrays.extend(
        (0..Key::Kind.columns().len()).map(|column| kind_array(column, kinds.iter().copied())),
    );
    let failed = facets.iter().map(|facet| Some(facet.failed_login));
    arrays.push(Arc::new(failed.collect::<BooleanArray>()));
    arrays.extend([
        id_array(facets.iter().map(|facet| facet.host)),
        id_array(facets.iter().map(|facet| facet.user)),
        id_array(facets.iter().map(|facet| facet.jail)),
        id_array(facets.iter().map(|facet| facet.path)),
        id_array(facets.iter().map(|facet| facet.agent)),
        id_array(facets.iter().map(|facet| facet.referrer)),
        id_array(facets.iter().map(|facet| u32::from(facet.status))),
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

//! The rows that the page counts, packed into few bytes.
//!
//! A row tells how many events an address had in one step of time that share a facet: what they are and the names that they
//! bear. Facets stand in a table of their own, so a row is five numbers. Rows are in the order of facet, address and step, and
//! a number that is sorted is told by its distance to the row before. Each number's bytes stand in columns of their own
//! (`step_0` holds the lowest byte of each row's step, `step_1` the next), because gzip packs what is alike best where it
//! stands together. `web/src/data/activity.ts` puts rows into the order of time.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, Int64Array, RecordBatch, UInt8Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type, Int64Type, UInt32Type};

use crate::Error;
use crate::facets::{FacetTable, Facets};
use crate::table::{Bucket, Packed, column, failed, write};

/// Below so many rows it takes no time to try whether they fit.
const FEW_ROWS: usize = 200_000;
/// One group of rows of so many is packed first, to see about how large all are.
const SAMPLED: u32 = 16;

/// What the page's rows are made of: answers of the queries in `queries/report/`.
#[derive(Clone, Copy, Debug)]
pub struct ActivitySources<'a> {
    /// The rows of the roll-up: `address_id`, `facet_id`, `hour_id`, `events`, `attempts`, `bytes`.
    pub rows: &'a [RecordBatch],
    /// The facets by `facet_id`; whole numbers are ids of names.
    pub facets: &'a RecordBatch,
    /// `name_id`, `name`.
    pub names: &'a RecordBatch,
    /// `address_id`, and `address`, its row in the page's table of addresses, where it has one.
    pub peers: &'a RecordBatch,
    /// `hour_id`, and `day` in the wanted zone.
    pub clock: &'a RecordBatch,
    /// How many rows the page's table of addresses has.
    pub addresses: usize,
}

/// All that the page counts, as ids; it is packed as finely as has room.
#[derive(Debug)]
pub struct Activity {
    rows: Vec<IdRows>,
    facets: Facets,
    /// The page's row of each address by id.
    addresses: Vec<u32>,
    /// The number of addresses without a row: it follows that of the last row.
    without_row: u32,
    /// The day of each hour by id.
    days: HashMap<u32, i32>,
}

/// The page's rows and facets, packed.
#[derive(Debug)]
pub struct PackedActivity {
    /// Both tables.
    pub tables: [Packed; 2],
    /// The number of the first step of time: hours or days since 1970.
    pub first: i32,
}

/// One batch of the roll-up.
#[derive(Debug)]
struct IdRows {
    address: Int32Array,
    facet: Int32Array,
    hour: Int32Array,
    events: Int32Array,
    attempts: Int32Array,
    bytes: Int64Array,
}

impl IdRows {
    fn of(batch: &RecordBatch) -> Result<Self, Error> {
        let numbers = |name| whole_numbers("activity", batch, name);
        Ok(Self {
            address: numbers("address_id")?,
            facet: numbers("facet_id")?,
            hour: numbers("hour_id")?,
            events: numbers("events")?,
            attempts: numbers("attempts")?,
            bytes: cast(column("activity", batch, "bytes")?, &DataType::Int64)
                .map_err(|cause| failed("activity", cause))?
                .as_primitive::<Int64Type>()
                .clone(),
        })
    }
}

/// A row of the page, in the order in which rows are packed.
#[derive(Clone, Copy, Debug)]
struct Row {
    facet: u32,
    address: u32,
    /// Steps since the first, from 1; 0 where the time is unknown.
    step: u32,
    events: u32,
    attempts: u32,
    bytes: u64,
}

impl Row {
    const fn key(&self) -> (u32, u32, u32) {
        (self.facet, self.address, self.step)
    }
}

/// How hours become steps.
struct Steps {
    first: i32,
    /// The step of each hour by id.
    of_hour: HashMap<u32, u32>,
}

impl Activity {
    /// Takes what the queries answered.
    ///
    /// # Errors
    ///
    /// Fails where a column is missing or isn't what it ought to be.
    pub fn new(sources: &ActivitySources<'_>) -> Result<Self, Error> {
        let rows = sources
            .rows
            .iter()
            .map(IdRows::of)
            .collect::<Result<Vec<_>, _>>()?;
        let mut events: Vec<u64> = Vec::new();
        for batch in &rows {
            for (facet, count) in batch.facet.iter().zip(&batch.events) {
                let (facet, count) = (id(facet) as usize, u64::from(id(count)));
                if facet >= events.len() {
                    events.resize(facet + 1, 0);
                }
                events[facet] += count;
            }
        }
        let without_row = u32::try_from(sources.addresses).unwrap_or(u32::MAX);
        let peers = whole_numbers("peers", sources.peers, "address_id")?;
        let numbers = cast(
            column("peers", sources.peers, "address")?,
            &DataType::UInt32,
        )
        .map_err(|cause| failed("peers", cause))?;
        let mut addresses = Vec::new();
        for (peer, row) in peers.iter().zip(numbers.as_primitive::<UInt32Type>()) {
            let place = id(peer) as usize;
            if place >= addresses.len() {
                addresses.resize(place + 1, without_row);
            }
            addresses[place] = row.unwrap_or(without_row);
        }
        let hours = whole_numbers("clock", sources.clock, "hour_id")?;
        let days = cast(column("clock", sources.clock, "day")?, &DataType::Date32)
            .and_then(|days| cast(&days, &DataType::Int32))
            .map_err(|cause| failed("clock", cause))?;
        let days = hours.iter().zip(days.as_primitive::<Int32Type>());
        Ok(Self {
            rows,
            facets: Facets::new(sources.facets, sources.names, &events)?,
            addresses,
            without_row,
            days: days
                .filter_map(|(hour, day)| Some((id(hour), day?)))
                .collect(),
        })
    }

    /// Whether user names, paths or agents are put together where so many of each keep themselves.
    #[must_use]
    pub fn is_cut(&self, names: usize) -> bool {
        self.facets.is_cut(names)
    }

    /// Packs all rows, if they have room: by hour or day, and with names of their own for so many user names, paths and agents.
    ///
    /// # Errors
    ///
    /// Fails where a table can't be written.
    pub fn pack(
        &self,
        bucket: Bucket,
        names: usize,
        room: usize,
    ) -> Result<Option<PackedActivity>, Error> {
        let facets = self.facets.cut(names);
        let steps = self.steps(bucket);
        let all: usize = self.rows.iter().map(|batch| batch.facet.len()).sum();
        if all > FEW_ROWS {
            let rows = self.page_rows(&facets, &steps, is_sampled);
            let are_attempts = facets.are_attempts(&totals(&rows));
            let sample = write("activity", &encode(&rows, &are_attempts)?)?;
            // The estimate may be off by some: what seems a little too large is tried.
            if sample.bytes() * SAMPLED as usize > room.saturating_add(room / 16) {
                return Ok(None);
            }
        }
        let rows = self.page_rows(&facets, &steps, |_, _| true);
        let are_attempts = facets.are_attempts(&totals(&rows));
        let rows = write("activity", &encode(&rows, &are_attempts)?)?;
        if rows.bytes() > room {
            return Ok(None);
        }
        let facets = write("facets", &facets.to_batch(&are_attempts)?)?;
        if rows.bytes() + facets.bytes() > room {
            return Ok(None);
        }
        Ok(Some(PackedActivity {
            tables: [facets, rows],
            first: steps.first,
        }))
    }

    /// What rare names are put together under: no name of the logs.
    #[must_use]
    pub fn other(&self) -> &str {
        self.facets.other()
    }

    fn steps(&self, bucket: Bucket) -> Steps {
        let steps = self.days.iter().filter_map(|(hour, day)| {
            let step = match bucket {
                Bucket::Hour => i32::try_from(*hour).ok()? - 1,
                Bucket::Day => *day,
            };
            Some((*hour, step))
        });
        let steps: Vec<(u32, i32)> = steps.collect();
        let first = steps.iter().map(|(_, step)| *step).min().unwrap_or(0);
        let of_hour = steps
            .into_iter()
            .map(|(hour, step)| (hour, step.abs_diff(first) + 1))
            .collect();
        Steps { first, of_hour }
    }

    /// The rows of the groups (a facet and an address) that are wanted, in their order; those that are alike are added up.
    fn page_rows(
        &self,
        facets: &FacetTable<'_>,
        steps: &Steps,
        is_wanted: impl Fn(u32, u32) -> bool,
    ) -> Vec<Row> {
        let mut rows = Vec::new();
        // Rows of one hour stand together.
        let mut last = (0, 0);
        for batch in &self.rows {
            for at in 0..batch.facet.len() {
                let word = |column: &Int32Array| id(column.is_valid(at).then(|| column.value(at)));
                let facet = facets.number(word(&batch.facet));
                let address = self.addresses.get(word(&batch.address) as usize);
                let address = address.copied().unwrap_or(self.without_row);
                if !is_wanted(facet, address) {
                    continue;
                }
                let hour = word(&batch.hour);
                if hour != last.0 {
                    last = (hour, steps.of_hour.get(&hour).copied().unwrap_or(0));
                }
                rows.push(Row {
                    facet,
                    address,
                    step: last.1,
                    events: word(&batch.events),
                    attempts: word(&batch.attempts),
                    bytes: u64::try_from(batch.bytes.value(at)).unwrap_or(0),
                });
            }
        }
        rows.sort_unstable_by_key(Row::key);
        rows.dedup_by(|row, kept| {
            let is_alike = row.key() == kept.key();
            if is_alike {
                kept.events = kept.events.saturating_add(row.events);
                kept.attempts = kept.attempts.saturating_add(row.attempts);
                kept.bytes = kept.bytes.saturating_add(row.bytes);
            }
            is_alike
        });
        rows
    }
}

/// Whether a group of rows belongs to the sample.
const fn is_sampled(facet: u32, address: u32) -> bool {
    let mixed = facet.wrapping_mul(0x9e37_79b1) ^ address.wrapping_mul(0x85eb_ca6b);
    (mixed ^ mixed >> 15).wrapping_mul(0xc2b2_ae35) >> 16 & (SAMPLED - 1) == 0
}

/// Events and attempts of each facet.
fn totals(rows: &[Row]) -> Vec<(u64, u64)> {
    let mut totals = Vec::new();
    for row in rows {
        let place = row.facet as usize;
        if place >= totals.len() {
            totals.resize(place + 1, (0, 0));
        }
        let (events, attempts) = &mut totals[place];
        *events += u64::from(row.events);
        *attempts += u64::from(row.attempts);
    }
    totals
}

/// Makes columns of sorted rows. Where most events of a facet are attempts, a row tells how many more or fewer attempts it has
/// than events.
fn encode(rows: &[Row], are_attempts: &[bool]) -> Result<RecordBatch, Error> {
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    let facets = differences(rows, |row, last| {
        last.map_or(row.facet, |last| row.facet - last.facet)
    });
    planes("facet", &facets, &mut columns);
    let addresses = differences(rows, |row, last| match last {
        Some(last) if last.facet == row.facet => row.address - last.address,
        _ => row.address,
    });
    planes("address", &addresses, &mut columns);
    let steps = differences(rows, |row, last| match last {
        Some(last) if (last.facet, last.address) == (row.facet, row.address) => {
            row.step - last.step
        }
        _ => row.step,
    });
    planes("step", &steps, &mut columns);
    let events = differences(rows, |row, _| row.events);
    planes("events", &events, &mut columns);
    let more = differences(rows, |row, _| {
        let usual = match are_attempts.get(row.facet as usize) {
            Some(true) => row.events,
            _ => 0,
        };
        let more = row.attempts.wrapping_sub(usual).cast_signed();
        // Small numbers of either sign become small numbers.
        (more << 1 ^ more >> 31).cast_unsigned()
    });
    planes("attempts", &more, &mut columns);
    let bytes: Vec<u64> = rows.iter().map(|row| row.bytes).collect();
    planes("bytes", &bytes, &mut columns);
    RecordBatch::try_from_iter(columns).map_err(|cause| failed("activity", cause))
}

/// A number of each row, told by the row before.
fn differences(rows: &[Row], of: impl Fn(&Row, Option<&Row>) -> u32) -> Vec<u32> {
    let mut last = None;
    rows.iter().map(|row| of(row, last.replace(row))).collect()
}

/// Adds a column for each place of a byte, the lowest first: as many as the largest number takes.
fn planes<N: Copy + Into<u64>>(name: &str, numbers: &[N], columns: &mut Vec<(String, ArrayRef)>) {
    let used = numbers
        .iter()
        .fold(0, |used: u64, number| used | (*number).into());
    for place in 0..8 {
        if place == 0 || used >> (8 * place) > 0 {
            let bytes = numbers
                .iter()
                .map(|number| ((*number).into() >> (8 * place)) as u8);
            let bytes = UInt8Array::from_iter_values(bytes);
            columns.push((format!("{name}_{place}"), Arc::new(bytes)));
        }
    }
}

/// An id or a count; 0 where there is none.
pub(crate) fn id(number: Option<i32>) -> u32 {
    number
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or(0)
}

/// A column of ids or counts.
pub(crate) fn whole_numbers(
    table: &str,
    batch: &RecordBatch,
    name: &'static str,
) -> Result<Int32Array, Error> {
    let numbers = cast(column(table, batch, name)?, &DataType::Int32)
        .map_err(|cause| failed(table, cause))?;
    Ok(numbers.as_primitive::<Int32Type>().clone())
}

#[cfg(test)]
mod tests;

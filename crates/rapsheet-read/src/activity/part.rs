//! A finished roll-up, as queries read it: its columns become Arrow arrays when a query asks for them.

use std::net::IpAddr;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{Schema, SchemaRef};
use hashbrown::HashMap;
use rapsheet_schema::{Condition, Reason, activity, format_network, schema_of};

use super::clocks::{Clocks, Reading};
use super::columns::{Columns, Ids, Kind, NO_COUNT, NO_TIME};
use super::merge::{Grain, Merged, Wanted, merge};
use super::{BATCH_ROWS, HOUR_MICROS, Rollup};
use crate::clock::Zone;
use crate::intern::{TextId, Texts, take};

/// A finished roll-up, from which queries read columns.
#[derive(Debug)]
pub struct ActivityPart {
    columns: Columns,
    texts: StringArray,
    source_ips: Vec<IpAddr>,
    sources: StringArray,
    networks: StringArray,
    zone: Zone,
    schema: SchemaRef,
}

/// Rows of which columns are made.
struct Picked<'p> {
    rows: &'p [u32],
    events: Values<'p, u32>,
    attempts: Values<'p, u32>,
    first: Values<'p, i64>,
    last: Values<'p, i64>,
}

/// One value a row.
enum Values<'p, T> {
    /// In the rows' order.
    Given(&'p [T]),
    /// Of all rows, by their numbers.
    OfAll(&'p [T]),
}

impl<T: Copy> Values<'_, T> {
    fn iter(&self, rows: &[u32]) -> impl Iterator<Item = T> {
        rows.iter().enumerate().map(|(place, row)| match self {
            Self::Given(values) => values[place],
            Self::OfAll(values) => values[*row as usize],
        })
    }
}

impl ActivityPart {
    pub(crate) fn new(rollup: Rollup, zone: Zone) -> Self {
        let mut sources = Texts::default();
        let mut networks = Vec::with_capacity(rollup.sources.len() + 1);
        networks.push(None);
        for ip in &rollup.sources {
            sources.intern(&ip.to_string());
            networks.push(Some(format_network(*ip)));
        }
        Self {
            columns: Columns::of(rollup.rows, &rollup.extras),
            texts: rollup.texts.to_array(),
            sources: sources.to_array(),
            networks: networks.iter().map(Option::as_deref).collect(),
            source_ips: rollup.sources,
            zone,
            schema: schema_of(&activity()),
        }
    }

    /// The columns.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.len()
    }

    /// How many rows [`ActivityPart::merged`] will make, at most.
    #[must_use]
    pub fn estimate(&self, projection: &[usize], conditions: &[Condition]) -> usize {
        let wanted = Wanted::of(conditions);
        let kinds = self.columns.kinds.iter();
        let rows = kinds
            .filter_map(|(kind, rows)| wanted.has_kind(kind).then_some(rows))
            .sum();
        let names = projection.iter().filter_map(|index| {
            let field = self.schema.fields().get(*index)?;
            Some(field.name().as_str())
        });
        Grain::of(names).combinations(&self.columns).min(rows)
    }

    /// The distinct values of a column, where [`Condition::Among`] can be about it.
    #[must_use]
    pub fn distinct(&self, column: usize) -> Option<ArrayRef> {
        match self.schema.fields().get(column)?.name().as_str() {
            "source_ip" => Some(Arc::new(self.sources.clone())),
            "source_network" => Some(Arc::new(self.networks.clone())),
            _ => None,
        }
    }

    /// The addresses in it, each once.
    #[must_use]
    pub fn addresses(&self) -> &[IpAddr] {
        &self.source_ips
    }

    /// How many batches there are.
    #[must_use]
    pub fn batches(&self) -> usize {
        self.columns.len().div_ceil(BATCH_ROWS)
    }

    /// Makes one batch of the columns with these indices.
    ///
    /// # Errors
    ///
    /// When an index is out of range.
    pub fn batch(
        &self,
        index: usize,
        projection: &[usize],
    ) -> Result<RecordBatch, arrow::error::ArrowError> {
        let number = |row: usize| u32::try_from(row.min(self.columns.len())).unwrap_or(u32::MAX);
        let rows: Vec<u32> =
            (number(index * BATCH_ROWS)..number((index + 1) * BATCH_ROWS)).collect();
        self.arrays(&self.picked(&rows), projection)
    }

    /// Makes batches of the columns with these indices, in which rows that differ in none of them are one: counts are
    /// added up, and times are the first and the last. Logins and bans keep a row each. Rows that don't fulfil the
    /// conditions may be left out.
    ///
    /// # Errors
    ///
    /// When an index is out of range.
    pub fn merged(
        &self,
        projection: &[usize],
        conditions: &[Condition],
    ) -> Result<Vec<RecordBatch>, arrow::error::ArrowError> {
        let schema: Schema = self.schema.project(projection)?;
        let grain = Grain::of(schema.fields().iter().map(|field| field.name().as_str()));
        let clocks = Clocks::of(&self.columns, &grain, &self.zone);
        let wanted = Wanted::of(conditions);
        let Merged { rows, counts } = merge(&self.columns, &grain, &wanted, clocks.as_ref());
        (0..rows.len())
            .step_by(BATCH_ROWS)
            .map(|from| {
                let range = from..rows.len().min(from + BATCH_ROWS);
                let picked = match &counts {
                    None => self.picked(&rows[range]),
                    Some(counts) => Picked {
                        rows: &rows[range.clone()],
                        events: Values::Given(&counts.events[range.clone()]),
                        attempts: Values::Given(&counts.attempts[range.clone()]),
                        first: Values::Given(&counts.first[range.clone()]),
                        last: Values::Given(&counts.last[range]),
                    },
                };
                self.arrays(&picked, projection)
            })
            .collect()
    }

    /// Rows that count for themselves.
    fn picked<'p>(&'p self, rows: &'p [u32]) -> Picked<'p> {
        Picked {
            rows,
            events: Values::OfAll(&self.columns.events),
            attempts: Values::OfAll(&self.columns.attempts),
            first: Values::OfAll(&self.columns.first),
            last: Values::OfAll(&self.columns.last),
        }
    }

    fn arrays(
        &self,
        picked: &Picked<'_>,
        projection: &[usize],
    ) -> Result<RecordBatch, arrow::error::ArrowError> {
        let schema: Schema = self.schema.project(projection)?;
        let arrays = schema
            .fields()
            .iter()
            .map(|field| self.array(field.name(), picked))
            .collect::<Vec<_>>();
        let options = RecordBatchOptions::new().with_row_count(Some(picked.rows.len()));
        RecordBatch::try_new_with_options(Arc::new(schema), arrays, &options)
    }

    fn array(&self, name: &str, picked: &Picked<'_>) -> ArrayRef {
        let (columns, rows) = (&self.columns, picked.rows);
        let text = |ids: &Ids| self.text(&self.texts, ids, rows);
        let word = |word: fn(&Kind) -> Option<&'static str>| self.words(rows, word);
        let count = |values: &Values<'_, u32>| -> ArrayRef {
            let values = values.iter(rows).map(i64::from);
            Arc::new(Int64Array::from_iter_values(values))
        };
        match name {
            "hour" => times(
                rows.iter()
                    .map(|row| columns.hour_of(*row).map(|hour| hour * HOUR_MICROS)),
            ),
            "weekday" | "hour_of_day" | "day" => self.wall_clock(name, rows),
            "host_name" => text(&columns.host),
            "service_name" => word(|kind| Some(kind.dataset.service_name())),
            "event_dataset" => word(|kind| Some(kind.dataset.as_str())),
            "event_action" => word(|kind| Some(kind.action.as_str())),
            "event_outcome" => word(|kind| Some(kind.outcome.as_str())),
            "suspicious" => self.flags(rows, |kind| Some(kind.suspicious)),
            "reason" => word(|kind| kind.reason.map(Reason::as_str)),
            "source_ip" => self.text(&self.sources, &columns.source, rows),
            "source_network" => self.text(&self.networks, &columns.source, rows),
            "source_domain" => text(&columns.domain),
            "user_name" => text(&columns.user),
            "user_exists" => self.flags(rows, |kind| kind.user_exists),
            "openssh_auth_method" => text(&columns.method),
            "fail2ban_jail" => text(&columns.jail),
            "fail2ban_bantime" => Arc::new(Int64Array::from_iter(rows.iter().map(|row| {
                let bantime = columns.bantime_of(*row);
                (bantime != NO_TIME).then_some(bantime)
            }))),
            "fail2ban_bancount" => Arc::new(Int64Array::from_iter(rows.iter().map(|row| {
                let bancount = columns.bancount.get(*row);
                (bancount != NO_COUNT).then_some(i64::from(bancount))
            }))),
            "url_path" => text(&columns.path),
            "user_agent_original" => text(&columns.agent),
            "logins_before" => Arc::new(Int64Array::from_iter_values(
                rows.iter()
                    .map(|row| i64::from(columns.logins_before.get(*row))),
            )),
            "events" => count(&picked.events),
            "attempts" => count(&picked.attempts),
            "first_seen" => times(
                picked
                    .first
                    .iter(rows)
                    .map(|first| (first != i64::MAX).then_some(first)),
            ),
            _ => times(
                picked
                    .last
                    .iter(rows)
                    .map(|last| (last != i64::MIN).then_some(last)),
            ),
        }
    }

    /// A column of texts that are named by number.
    fn text(&self, texts: &StringArray, ids: &Ids, rows: &[u32]) -> ArrayRef {
        match ids {
            Ids::Same(0) => Arc::new(StringArray::new_null(rows.len())),
            _ => take(texts, rows.iter().map(|row| ids.get(*row))),
        }
    }

    /// A column of words: the array of the kinds' words is small, rows take from it.
    fn words(&self, rows: &[u32], word: fn(&Kind) -> Option<&'static str>) -> ArrayRef {
        let words: StringArray = self
            .columns
            .kinds
            .iter()
            .map(|(kind, _)| word(kind))
            .collect();
        take(&words, rows.iter().map(|row| self.columns.kind.get(*row)))
    }

    fn flags(&self, rows: &[u32], flag: fn(&Kind) -> Option<bool>) -> ArrayRef {
        let flags = rows.iter().map(|row| flag(self.columns.kind_of(*row)));
        Arc::new(flags.collect::<BooleanArray>())
    }

    /// Day, weekday and hour as the wanted zone's clocks show them.
    fn wall_clock(&self, name: &str, rows: &[u32]) -> ArrayRef {
        let mut zone = self.zone.clone();
        let mut reading = |row: &u32| {
            let hour = self.columns.hour_of(*row)?;
            Some(Reading::of(hour, &mut zone))
        };
        match name {
            "weekday" => Arc::new(Int64Array::from_iter(
                rows.iter().map(|row| Some(reading(row)?.weekday)),
            )),
            "hour_of_day" => Arc::new(Int64Array::from_iter(
                rows.iter().map(|row| Some(reading(row)?.hour_of_day)),
            )),
            _ => {
                let mut days = Texts::default();
                let mut known: HashMap<i64, TextId> = HashMap::new();
                let ids: Vec<TextId> = rows
                    .iter()
                    .map(|row| {
                        reading(row).map_or(0, |reading| {
                            *known
                                .entry(reading.day)
                                .or_insert_with(|| days.intern(&format_day(reading.day)))
                        })
                    })
                    .collect();
                take(&days.to_array(), ids.into_iter())
            }
        }
    }
}

/// Writes a day, counted from 1970-01-01, as `2026-01-31`.
fn format_day(day: i64) -> String {
    jiff::civil::date(1970, 1, 1)
        .checked_add(jiff::Span::new().days(day.clamp(-719_000, 2_900_000)))
        .map_or_else(|_| String::new(), |date| date.to_string())
}

fn times(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter(values).with_timezone("UTC"))
}

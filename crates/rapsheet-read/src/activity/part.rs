//! A finished part of `activity`, as queries read it: its columns become Arrow arrays when a query asks for them.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use hashbrown::HashMap;
use rapsheet_schema::{ActivityColumn, Reason, activity, format_network, schema_of};

use super::rare_columns::{RareColumns, RareColumnsTable};
use super::{HOUR_MICROS, NO_HOUR, Rollup, Row, Rows};
use crate::clock::Zone;
use crate::intern::{TextId, Texts, take};
use crate::wall_clock::{WallClock, format_day};

/// A finished part of `activity`, from which queries read columns.
#[derive(Debug)]
pub struct ActivityPart {
    rows: Rows,
    rare: RareColumnsTable,
    texts: StringArray,
    addresses: StringArray,
    networks: StringArray,
    zone: Zone,
    schema: SchemaRef,
}

impl ActivityPart {
    pub(crate) fn new(rollup: Rollup, zone: Zone) -> Self {
        let mut addresses = Texts::default();
        let mut networks = Vec::with_capacity(rollup.sources.len() + 1);
        networks.push(None);
        for ip in &rollup.sources {
            addresses.intern(&ip.to_string());
            networks.push(Some(format_network(*ip)));
        }
        Self {
            rows: rollup.rows,
            rare: rollup.rare,
            texts: rollup.texts.to_array(),
            addresses: addresses.to_array(),
            networks: networks.iter().map(Option::as_deref).collect(),
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
        self.rows.len()
    }

    /// How many batches there are.
    #[must_use]
    pub fn batches(&self) -> usize {
        self.rows.blocks.len()
    }

    /// Makes one batch of the columns with these indices.
    ///
    /// # Errors
    ///
    /// When an index is out of range.
    pub fn batch(&self, index: usize, projection: &[usize]) -> Result<RecordBatch, ArrowError> {
        let schema: Schema = self.schema.project(projection)?;
        let rows = self.rows.blocks.get(index).map_or(&[][..], Vec::as_slice);
        let arrays = projection
            .iter()
            .filter_map(|column| ActivityColumn::ALL.get(*column))
            .map(|column| self.array(*column, rows))
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(Arc::new(schema), arrays, &options)
    }

    fn array(&self, column: ActivityColumn, rows: &[Row]) -> ArrayRef {
        use ActivityColumn as C;
        match column {
            C::Hour => times(rows.iter().map(|row| {
                let hour = Some(row.key.hour).filter(|hour| *hour != NO_HOUR)?;
                Some(i64::from(hour) * HOUR_MICROS)
            })),
            C::Weekday => self.wall_clock(rows, |shown| shown.weekday),
            C::HourOfDay => self.wall_clock(rows, |shown| shown.hour_of_day),
            C::Day => self.days(rows),
            C::HostName => self.text(rows, |row| row.key.host),
            C::EventCategory => words(rows, |row| Some(row.key.dataset.event_category().as_str())),
            C::ServiceName => words(rows, |row| Some(row.key.dataset.service_name())),
            C::EventDataset => words(rows, |row| Some(row.key.dataset.as_str())),
            C::EventAction => words(rows, |row| Some(row.key.action.as_str())),
            C::EventOutcome => words(rows, |row| Some(row.key.outcome.as_str())),
            C::Suspicious => flags(rows, |row| Some(row.key.suspicious)),
            C::Reason => words(rows, |row| row.key.reason.map(Reason::as_str)),
            C::SourceIp => take(&self.addresses, rows.iter().map(|row| row.key.source)),
            C::SourceNetwork => take(&self.networks, rows.iter().map(|row| row.key.source)),
            C::SourceDomain => self.rare_text(rows, |rare| rare.domain),
            C::UserName => self.text(rows, |row| row.key.user),
            C::UserExists => flags(rows, |row| row.key.user_exists),
            C::OpensshAuthMethod => self.rare_text(rows, |rare| rare.method),
            C::Fail2banJail => self.rare_text(rows, |rare| rare.jail),
            C::Fail2banBantime => self.rare_number(rows, |rare| rare.bantime),
            C::Fail2banBancount => self.rare_number(rows, |rare| rare.bancount.map(i64::from)),
            C::UrlPath => self.rare_text(rows, |rare| rare.path),
            C::UserAgentOriginal => self.rare_text(rows, |rare| rare.agent),
            C::LoginsBefore => self.rare_number(rows, |rare| Some(i64::from(rare.logins_before))),
            C::Events => counts(rows, |row| row.events),
            C::Attempts => counts(rows, |row| row.attempts),
            C::FirstSeen => times(rows.iter().map(|row| row.at(row.first))),
            C::LastSeen => times(rows.iter().map(|row| row.at(row.last))),
        }
    }

    /// A column of texts that rows name by number.
    fn text(&self, rows: &[Row], id: impl Fn(&Row) -> TextId) -> ArrayRef {
        take(&self.texts, rows.iter().map(id))
    }

    fn rare_text(&self, rows: &[Row], id: impl Fn(&RareColumns) -> TextId) -> ArrayRef {
        self.text(rows, |row| id(self.rare.get(row.key.rare)))
    }

    fn rare_number(&self, rows: &[Row], number: impl Fn(&RareColumns) -> Option<i64>) -> ArrayRef {
        let numbers = rows.iter().map(|row| number(self.rare.get(row.key.rare)));
        Arc::new(numbers.collect::<Int64Array>())
    }

    /// A number that the wanted zone's clocks show.
    fn wall_clock(&self, rows: &[Row], number: impl Fn(WallClock) -> i64) -> ArrayRef {
        let mut zone = self.zone.clone();
        let numbers = rows.iter().map(|row| {
            let hour = Some(row.key.hour).filter(|hour| *hour != NO_HOUR)?;
            Some(number(WallClock::at_hour(i64::from(hour), &mut zone)))
        });
        Arc::new(numbers.collect::<Int64Array>())
    }

    fn days(&self, rows: &[Row]) -> ArrayRef {
        let mut zone = self.zone.clone();
        let mut days = Texts::default();
        let mut known: HashMap<i64, TextId> = HashMap::new();
        let ids: Vec<TextId> = rows
            .iter()
            .map(|row| {
                if row.key.hour == NO_HOUR {
                    return 0;
                }
                let day = WallClock::at_hour(i64::from(row.key.hour), &mut zone).day;
                *known
                    .entry(day)
                    .or_insert_with(|| days.intern(&format_day(day)))
            })
            .collect();
        take(&days.to_array(), ids.into_iter())
    }
}

fn words(rows: &[Row], word: impl Fn(&Row) -> Option<&'static str>) -> ArrayRef {
    Arc::new(rows.iter().map(word).collect::<StringArray>())
}

fn flags(rows: &[Row], flag: impl Fn(&Row) -> Option<bool>) -> ArrayRef {
    Arc::new(rows.iter().map(flag).collect::<BooleanArray>())
}

fn counts(rows: &[Row], count: impl Fn(&Row) -> u32) -> ArrayRef {
    let counts = rows.iter().map(|row| i64::from(count(row)));
    Arc::new(Int64Array::from_iter_values(counts))
}

fn times(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter(values).with_timezone("UTC"))
}

impl Row {
    /// The time so many microseconds after the row's hour began; absent where the hour is unknown.
    fn at(&self, rest: u32) -> Option<i64> {
        let hour = Some(self.key.hour).filter(|hour| *hour != NO_HOUR)?;
        Some(i64::from(hour) * HOUR_MICROS + i64::from(rest))
    }
}

//! Events rolled up by hour and by everything that the shipped questions ask for: what a run keeps of its lines.
//!
//! A row is about 100 bytes and names texts by number, so a log that is larger than memory leaves what its addresses and names
//! need. Columns become Arrow arrays when a query asks for them, and only those that it asks for.

use std::hash::{BuildHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
    TimestampMicrosecondArray, UInt32Array,
};
use arrow::datatypes::{Schema, SchemaRef};
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use rapsheet_schema::{
    Action, Condition, Dataset, Event, MICROS_PER_SECOND, Outcome, Reason, activity as columns,
    format_network, schema_of,
};

use crate::clock::Zone;
use crate::intern::{TextId, Texts, take};

mod merge;

use merge::{Grain, Wanted, merge};

/// Rows in one batch.
const BATCH_ROWS: usize = 16_384;
/// Rows that events are still added to. Logs go on from hour to hour, so old rows are seldom met again: they may begin anew,
/// and the table of the others stays in the processor's cache.
const MOST_OPEN_ROWS: usize = 57_000;
const HOUR_MICROS: i64 = 3_600 * MICROS_PER_SECOND;
/// The hour of events without a time.
const NO_HOUR: i32 = i32::MIN;

/// What events must share to be one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    /// Hours since 1970.
    hour: i32,
    source: u32,
    user: TextId,
    domain: TextId,
    host: TextId,
    jail: TextId,
    path: TextId,
    agent: TextId,
    method: TextId,
    logins_before: u32,
    dataset: Dataset,
    action: Action,
    outcome: Outcome,
    reason: Option<Reason>,
    suspicious: bool,
    user_exists: Option<bool>,
    /// [`NO_COUNT`] where the line doesn't say.
    bancount: u32,
    /// [`NO_TIME`] where the line doesn't say.
    bantime: i64,
}

const NO_COUNT: u32 = u32::MAX;
const NO_TIME: i64 = i64::MIN;

/// Whole words instead of the fields one by one: a row is looked up for each event.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let two = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        let words = u32::from_le_bytes([
            self.dataset as u8,
            self.action as u8,
            self.outcome as u8 | u8::from(self.suspicious) << 7,
            self.reason.map_or(u8::MAX, |reason| reason as u8),
        ]);
        state.write_u64(two(self.hour.cast_unsigned(), self.source));
        state.write_u64(two(self.user, words));
        state.write_u64(two(self.host, self.method));
        state.write_u64(two(self.jail, self.bancount));
        state.write_u64(two(self.path, self.agent));
        state.write_u64(two(self.domain, self.logins_before));
        state.write_i64(self.bantime);
    }
}

/// The words of a row that conditions are mostly about: there are few combinations of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Kind {
    dataset: Dataset,
    action: Action,
    outcome: Outcome,
    suspicious: bool,
}

impl Kind {
    const fn of(key: &Key) -> Self {
        Self {
            dataset: key.dataset,
            action: key.action,
            outcome: key.outcome,
            suspicious: key.suspicious,
        }
    }
}

/// A row.
#[derive(Clone, Copy, Debug)]
struct Row {
    key: Key,
    events: u32,
    attempts: u32,
    first: i64,
    last: i64,
}

impl Row {
    /// Adds what another row counted.
    fn absorb(&mut self, other: &Self) {
        self.events = self.events.saturating_add(other.events);
        self.attempts = self.attempts.saturating_add(other.attempts);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Rows in blocks of one batch each, so that growing copies nothing.
#[derive(Debug, Default)]
struct Rows {
    blocks: Vec<Vec<Row>>,
}

impl Rows {
    fn len(&self) -> usize {
        self.blocks
            .last()
            .map_or(0, |last| (self.blocks.len() - 1) * BATCH_ROWS + last.len())
    }

    fn push(&mut self, row: Row) {
        match self.blocks.last_mut() {
            Some(last) if last.len() < BATCH_ROWS => last.push(row),
            _ => {
                // The first block of a small log stays small.
                let room = if self.blocks.is_empty() {
                    64
                } else {
                    BATCH_ROWS
                };
                let mut block = Vec::with_capacity(room);
                block.push(row);
                self.blocks.push(block);
            }
        }
    }

    /// Counts the rows of each kind.
    fn kinds(&self) -> Vec<(Kind, usize)> {
        let mut kinds: Vec<(Kind, usize)> = Vec::new();
        for row in self.blocks.iter().flatten() {
            let kind = Kind::of(&row.key);
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, rows)) => *rows += 1,
                None => kinds.push((kind, 1)),
            }
        }
        kinds
    }

    fn get(&self, index: u32) -> &Row {
        let index = index as usize;
        &self.blocks[index / BATCH_ROWS][index % BATCH_ROWS]
    }

    fn get_mut(&mut self, index: u32) -> &mut Row {
        let index = index as usize;
        &mut self.blocks[index / BATCH_ROWS][index % BATCH_ROWS]
    }
}

/// What one thread rolled up.
#[derive(Debug, Default)]
pub(crate) struct Rollup {
    rows: Rows,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    texts: Texts,
    sources: Vec<IpAddr>,
    source_ids: HashMap<IpAddr, u32>,
    last_source: Option<(IpAddr, u32)>,
}

impl Rollup {
    /// Adds an event.
    pub(crate) fn add(
        &mut self,
        micros: Option<i64>,
        host_name: Option<&str>,
        logins_before: u32,
        event: &Event<'_>,
    ) {
        let source = event.source_ip.map_or(0, |ip| self.source_id(ip));
        let exact = is_exact(event.event_action, event.event_outcome);
        // A line that only repeats an attempt adds to the number of events: what was tried stands in the line that told it.
        let repeats =
            event.suspicious && event.attempts == 0 && event.event_dataset == Dataset::OpensshAuth;
        let path = event
            .http
            .filter(|_| event.suspicious)
            .and_then(|http| http.url_original)
            .map(|target| target.split(['?', '#']).next().unwrap_or(target));
        let agent = event
            .http
            .filter(|_| event.suspicious)
            .and_then(|http| http.user_agent_original);
        let key = Key {
            hour: micros.map_or(NO_HOUR, |at| {
                i32::try_from(at.div_euclid(HOUR_MICROS)).unwrap_or(NO_HOUR)
            }),
            source,
            user: self.texts.intern_name(event.user_name.filter(|_| !repeats)),
            domain: self
                .texts
                .intern_name(event.source_domain.filter(|_| event.source_ip.is_none())),
            host: self.texts.intern_name(host_name),
            jail: self.texts.intern_name(event.fail2ban_jail),
            path: self.texts.intern_name(path),
            agent: self.texts.intern_name(agent),
            method: self
                .texts
                .intern_name(event.openssh_auth_method.filter(|_| exact)),
            logins_before,
            dataset: event.event_dataset,
            action: event.event_action,
            outcome: event.event_outcome,
            reason: event.reason.filter(|_| !repeats),
            suspicious: event.suspicious,
            user_exists: event.user_exists.filter(|_| !repeats),
            bancount: event.fail2ban_bancount.unwrap_or(NO_COUNT),
            bantime: event.fail2ban_bantime.unwrap_or(NO_TIME),
        };
        let (first, last) = (micros.unwrap_or(i64::MAX), micros.unwrap_or(i64::MIN));
        let row = Row {
            key,
            events: 1,
            attempts: event.attempts,
            first,
            last,
        };
        if exact {
            self.rows.push(row);
            return;
        }
        let hash = self.hasher.hash_one(key);
        let rows = &mut self.rows;
        if let Some(index) = self.table.find(hash, |index| rows.get(*index).key == key) {
            rows.get_mut(*index).absorb(&row);
            return;
        }
        if self.table.len() >= MOST_OPEN_ROWS {
            self.table.clear();
        }
        let index = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        rows.push(row);
        let hasher = &self.hasher;
        self.table
            .insert_unique(hash, index, |index| hasher.hash_one(rows.get(*index).key));
    }

    fn source_id(&mut self, ip: IpAddr) -> u32 {
        if let Some((last, id)) = self.last_source
            && last == ip
        {
            return id;
        }
        let sources = &mut self.sources;
        let id = *self.source_ids.entry(ip).or_insert_with(|| {
            sources.push(ip);
            u32::try_from(sources.len()).unwrap_or(0)
        });
        self.last_source = Some((ip, id));
        id
    }

    /// How many bytes it holds, about.
    pub(crate) fn memory(&self) -> usize {
        self.rows.len() * (size_of::<Row>() + 8) + self.texts.memory() + self.sources.len() * 64
    }
}

/// Whether an event keeps a row of its own: who got in, and bans, are told in their exact order.
const fn is_exact(action: Action, outcome: Outcome) -> bool {
    match action {
        Action::Login => matches!(outcome, Outcome::Success),
        Action::Ban | Action::Unban | Action::RestoreBan | Action::Reban | Action::IncreaseBan => {
            true
        }
        _ => false,
    }
}

/// A finished roll-up, from which queries read columns.
#[derive(Debug)]
pub struct ActivityPart {
    rows: Rows,
    /// How many rows there are of each kind.
    kinds: Vec<(Kind, usize)>,
    texts: StringArray,
    source_ips: Vec<IpAddr>,
    sources: StringArray,
    networks: StringArray,
    zone: Zone,
    schema: SchemaRef,
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
            kinds: rollup.rows.kinds(),
            rows: rollup.rows,
            texts: rollup.texts.to_array(),
            sources: sources.to_array(),
            networks: networks.iter().map(Option::as_deref).collect(),
            source_ips: rollup.sources,
            zone,
            schema: schema_of(&columns()),
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

    /// How many rows there are of the kinds that these conditions leave.
    #[must_use]
    pub fn estimate(&self, conditions: &[Condition]) -> usize {
        let wanted = Wanted::of(conditions);
        let kinds = self.kinds.iter();
        kinds
            .filter_map(|(kind, rows)| wanted.has_kind(kind).then_some(rows))
            .sum()
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
        self.rows.blocks.len()
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
        self.columns(
            self.rows.blocks.get(index).map_or(&[], Vec::as_slice),
            projection,
        )
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
        let merged = merge(&self.rows, &grain, &Wanted::of(conditions));
        merged
            .blocks
            .iter()
            .map(|rows| self.columns(rows, projection))
            .collect()
    }

    fn columns(
        &self,
        rows: &[Row],
        projection: &[usize],
    ) -> Result<RecordBatch, arrow::error::ArrowError> {
        let schema: Schema = self.schema.project(projection)?;
        let arrays = schema
            .fields()
            .iter()
            .map(|field| self.column(field.name(), rows))
            .collect::<Vec<_>>();
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(Arc::new(schema), arrays, &options)
    }

    fn column(&self, name: &str, rows: &[Row]) -> ArrayRef {
        let text = |id: fn(&Key) -> TextId| take(&self.texts, rows.iter().map(|row| id(&row.key)));
        match name {
            "hour" => times(rows.iter().map(|row| {
                (row.key.hour != NO_HOUR).then(|| i64::from(row.key.hour) * HOUR_MICROS)
            })),
            "weekday" | "hour_of_day" | "day" => self.wall_clock(name, rows),
            "host_name" => text(|key| key.host),
            "service_name" => words(rows, |key| Some(key.dataset.service_name())),
            "event_dataset" => words(rows, |key| Some(key.dataset.as_str())),
            "event_action" => words(rows, |key| Some(key.action.as_str())),
            "event_outcome" => words(rows, |key| Some(key.outcome.as_str())),
            "suspicious" => Arc::new(BooleanArray::from_iter(
                rows.iter().map(|row| Some(row.key.suspicious)),
            )),
            "reason" => words(rows, |key| key.reason.map(Reason::as_str)),
            "source_ip" => take(&self.sources, rows.iter().map(|row| row.key.source)),
            "source_network" => take(&self.networks, rows.iter().map(|row| row.key.source)),
            "source_domain" => text(|key| key.domain),
            "user_name" => text(|key| key.user),
            "user_exists" => Arc::new(BooleanArray::from_iter(
                rows.iter().map(|row| row.key.user_exists),
            )),
            "openssh_auth_method" => text(|key| key.method),
            "fail2ban_jail" => text(|key| key.jail),
            "fail2ban_bantime" => {
                Arc::new(Int64Array::from_iter(rows.iter().map(|row| {
                    (row.key.bantime != NO_TIME).then_some(row.key.bantime)
                })))
            }
            "fail2ban_bancount" => {
                Arc::new(Int64Array::from_iter(rows.iter().map(|row| {
                    (row.key.bancount != NO_COUNT).then_some(i64::from(row.key.bancount))
                })))
            }
            "url_path" => text(|key| key.path),
            "user_agent_original" => text(|key| key.agent),
            "events" => Arc::new(Int64Array::from_iter_values(
                rows.iter().map(|row| i64::from(row.events)),
            )),
            "attempts" => Arc::new(Int64Array::from_iter_values(
                rows.iter().map(|row| i64::from(row.attempts)),
            )),
            "first_seen" => times(
                rows.iter()
                    .map(|row| (row.first != i64::MAX).then_some(row.first)),
            ),
            _ => times(
                rows.iter()
                    .map(|row| (row.last != i64::MIN).then_some(row.last)),
            ),
        }
    }

    /// Day, weekday and hour as the wanted zone's clocks show them.
    fn wall_clock(&self, name: &str, rows: &[Row]) -> ArrayRef {
        let mut zone = self.zone.clone();
        // The hour's beginning stands for it, in zones with an offset of half an hour too.
        let mut local = |row: &Row| {
            (row.key.hour != NO_HOUR)
                .then(|| zone.local_of_utc(i64::from(row.key.hour) * HOUR_MICROS))
        };
        const DAY_MICROS: i64 = 24 * HOUR_MICROS;
        match name {
            "weekday" => Arc::new(Int64Array::from_iter(rows.iter().map(|row| {
                // 1970-01-01 was a Thursday.
                local(row).map(|at| (at.div_euclid(DAY_MICROS) + 3).rem_euclid(7) + 1)
            }))),
            "hour_of_day" => {
                Arc::new(Int64Array::from_iter(rows.iter().map(|row| {
                    local(row).map(|at| at.rem_euclid(DAY_MICROS) / HOUR_MICROS)
                })))
            }
            _ => {
                let mut days = Texts::default();
                let mut known: HashMap<i64, TextId> = HashMap::new();
                let ids: Vec<TextId> = rows
                    .iter()
                    .map(|row| {
                        local(row).map_or(0, |at| {
                            let day = at.div_euclid(DAY_MICROS);
                            *known
                                .entry(day)
                                .or_insert_with(|| days.intern(&format_day(day)))
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

/// A column of words: the array of distinct words is small, rows take from it.
fn words(rows: &[Row], word: fn(&Key) -> Option<&'static str>) -> ArrayRef {
    let mut distinct: Vec<Option<&'static str>> = Vec::new();
    let mut last = (None, None);
    let indices: UInt32Array = UInt32Array::from_iter_values(rows.iter().map(|row| {
        let word = word(&row.key);
        // One word is at one place of memory, so most rows need no comparison of texts.
        let place = word.map(|word| (word.as_ptr(), word.len()));
        if let (known, Some(index)) = last
            && known == place
        {
            return index;
        }
        let index = distinct
            .iter()
            .position(|known| *known == word)
            .unwrap_or_else(|| {
                distinct.push(word);
                distinct.len() - 1
            });
        let index = u32::try_from(index).unwrap_or(0);
        last = (place, Some(index));
        index
    }));
    let texts: StringArray = distinct.into_iter().collect();
    arrow::compute::take(&texts, &indices, None)
        .unwrap_or_else(|_| Arc::new(StringArray::new_null(rows.len())))
}

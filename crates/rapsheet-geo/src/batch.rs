//! Many addresses at once, as rows of the `details` table.
//!
//! Addresses share records: a record is decoded once, equal combinations of records are merged once, and the rows are then taken
//! from the few merged ones column by column.

use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, RecordBatch, StringViewBuilder,
    TimestampMicrosecondBuilder, UInt32Array, new_null_array,
};
use arrow::compute::take;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use rapsheet_schema::{details, schema_of, scope_of};
use rustc_hash::FxHashMap;

use crate::details_row::{DatabaseAnswer, DetailsRow};
use crate::field::{Field, FieldValue, Type};
use crate::geo::{Geo, Narrowest};
use crate::normalise::DetailsRecord;

/// Returns the schema of `details`.
#[must_use]
pub fn details_schema() -> SchemaRef {
    schema_of(&details())
}

/// The key under which a database's silence stands among its records.
const SILENCE: u64 = u64::MAX;

/// One record beside others: a chain from the last asked database back to the first.
struct Link {
    before: u32,
    database: usize,
    record: usize,
}

/// The records met so far, and their combinations. Combination 0 is the empty one.
#[derive(Default)]
struct Combinations<'a> {
    records: Vec<(DetailsRecord<'a>, i64)>,
    record_numbers: FxHashMap<(usize, u64), Option<usize>>,
    links: Vec<Link>,
    link_numbers: FxHashMap<(u32, usize, usize), u32>,
}

impl<'a> Combinations<'a> {
    fn extend(&mut self, before: u32, database: usize, record: usize) -> u32 {
        *self
            .link_numbers
            .entry((before, database, record))
            .or_insert_with(|| {
                self.links.push(Link {
                    before,
                    database,
                    record,
                });
                self.links.len() as u32
            })
    }

    fn answers<'r>(
        &'r self,
        geo: &Geo,
        mut combination: u32,
        into: &mut Vec<DatabaseAnswer<'r, 'a>>,
    ) {
        into.clear();
        while let Some(link) = (combination as usize)
            .checked_sub(1)
            .and_then(|at| self.links.get(at))
        {
            let (record, built) = &self.records[link.record];
            into.push(geo.answer(link.database, record, *built));
            combination = link.before;
        }
        into.reverse();
    }
}

impl Geo {
    /// Looks addresses up: one row for each, in their order, with the schema of `details`.
    ///
    /// # Errors
    ///
    /// Arrow refuses the arrays, which would be a fault of this crate.
    pub fn details_batch(&self, ips: &[IpAddr]) -> Result<RecordBatch, ArrowError> {
        let mut combinations = Combinations::default();
        let mut rows: Vec<u32> = Vec::with_capacity(ips.len());
        let mut addresses = StringViewBuilder::with_capacity(ips.len());
        let mut networks = StringViewBuilder::with_capacity(ips.len());
        let mut scopes = StringViewBuilder::with_capacity(ips.len());
        let mut text = String::new();
        for ip in ips {
            let ip = ip.to_canonical();
            let (combination, narrowest) = self.combine(ip, &mut combinations);
            rows.push(combination);
            addresses.append_value(written(&mut text, format_args!("{ip}")));
            scopes.append_value(scope_of(ip).as_str());
            match narrowest.network(ip).filter(|_| combination != 0) {
                Some((first, prefix)) => {
                    networks.append_value(written(&mut text, format_args!("{first}/{prefix}")));
                }
                None => networks.append_null(),
            }
        }
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(addresses.finish()),
            Arc::new(networks.finish()),
            Arc::new(scopes.finish()),
        ];
        columns.extend(self.taken(&combinations, &rows)?);
        RecordBatch::try_new(details_schema(), columns)
    }

    /// Finds the combination of records that answers for an address.
    fn combine<'a>(&'a self, ip: IpAddr, combinations: &mut Combinations<'a>) -> (u32, Narrowest) {
        let mut narrowest = Narrowest::default();
        let mut combination = 0;
        for (number, database) in self.asked(scope_of(ip)) {
            let Some(found) = database.find(ip) else {
                continue;
            };
            narrowest.see(found);
            let key = match found.key {
                Some(key) => key,
                None if database.silence_answers => SILENCE,
                None => continue,
            };
            let records = &mut combinations.records;
            let record = *combinations
                .record_numbers
                .entry((number, key))
                .or_insert_with(|| {
                    let record = match found.key {
                        Some(key) => database.record(ip, key)?,
                        None => database.silence(),
                    };
                    records.push((record, database.built_micros(found.key)));
                    Some(records.len() - 1)
                });
            if let Some(record) = record {
                combination = combinations.extend(combination, number, record);
            }
        }
        (combination, narrowest)
    }

    /// Merges each combination that a row uses, and takes the rows' columns from those.
    fn taken(
        &self,
        combinations: &Combinations<'_>,
        rows: &[u32],
    ) -> Result<Vec<ArrayRef>, ArrowError> {
        let mut places: Vec<Option<u32>> = vec![None; combinations.links.len() + 1];
        let mut merged = MergedRows::new();
        let mut answers = Vec::new();
        let mut indices = Vec::with_capacity(rows.len());
        for combination in rows {
            let place = match places[*combination as usize] {
                Some(place) => place,
                None => {
                    combinations.answers(self, *combination, &mut answers);
                    let place = merged.push(self, &DetailsRow::merge(&answers));
                    places[*combination as usize] = Some(place);
                    place
                }
            };
            indices.push(place);
        }
        let indices = UInt32Array::from(indices);
        merged
            .finish()
            .into_iter()
            .map(|column| {
                if column.null_count() == column.len() {
                    Ok(new_null_array(column.data_type(), indices.len()))
                } else {
                    take(&column, &indices, None)
                }
            })
            .collect()
    }
}

fn written<'t>(text: &'t mut String, arguments: std::fmt::Arguments<'_>) -> &'t str {
    text.clear();
    // Writing to a String can't fail.
    let _ = text.write_fmt(arguments);
    text
}

enum Builder {
    Text(StringViewBuilder),
    Whole(Int64Builder),
    Number(Float64Builder),
    Flag(BooleanBuilder),
}

/// The columns of the merged rows, without address, network and scope.
struct MergedRows {
    builders: Vec<Builder>,
    source: StringViewBuilder,
    as_of: TimestampMicrosecondBuilder,
    count: u32,
}

impl MergedRows {
    fn new() -> Self {
        let builders = Field::ALL
            .iter()
            .map(|field| match field.kind() {
                Type::Text => Builder::Text(StringViewBuilder::new()),
                Type::Whole => Builder::Whole(Int64Builder::new()),
                Type::Number => Builder::Number(Float64Builder::new()),
                Type::Flag => Builder::Flag(BooleanBuilder::new()),
            })
            .collect();
        Self {
            builders,
            source: StringViewBuilder::new(),
            as_of: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            count: 0,
        }
    }

    fn push(&mut self, geo: &Geo, row: &DetailsRow<'_, '_>) -> u32 {
        for (builder, cell) in self.builders.iter_mut().zip(&row.cells) {
            let value = cell.map(|(value, _)| value);
            match (builder, value) {
                (Builder::Text(builder), Some(FieldValue::Text(text))) => {
                    builder.append_value(text)
                }
                (Builder::Text(builder), _) => builder.append_null(),
                (Builder::Whole(builder), Some(FieldValue::Whole(whole))) => {
                    builder.append_value(*whole);
                }
                (Builder::Whole(builder), _) => builder.append_null(),
                (Builder::Number(builder), Some(FieldValue::Number(number))) => {
                    builder.append_value(*number);
                }
                (Builder::Number(builder), _) => builder.append_null(),
                (Builder::Flag(builder), Some(FieldValue::Flag(flag))) => {
                    builder.append_value(*flag)
                }
                (Builder::Flag(builder), _) => builder.append_null(),
            }
        }
        if row.used.is_empty() {
            self.source.append_null();
        } else {
            self.source.append_value(geo.source_of(&row.used));
        }
        self.as_of.append_option(row.as_of);
        self.count += 1;
        self.count - 1
    }

    fn finish(mut self) -> Vec<ArrayRef> {
        let mut columns: Vec<ArrayRef> = self
            .builders
            .iter_mut()
            .map(|builder| -> ArrayRef {
                match builder {
                    Builder::Text(builder) => Arc::new(builder.finish()),
                    Builder::Whole(builder) => Arc::new(builder.finish()),
                    Builder::Number(builder) => Arc::new(builder.finish()),
                    Builder::Flag(builder) => Arc::new(builder.finish()),
                }
            })
            .collect();
        columns.push(Arc::new(self.source.finish()));
        columns.push(Arc::new(self.as_of.finish()));
        columns
    }
}

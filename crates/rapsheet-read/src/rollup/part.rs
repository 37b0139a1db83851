//! A finished part of a roll-up, as queries read it: its words become Arrow arrays when a query asks for them, block by
//! block, and only the columns that it asks for.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
    UInt32Array,
};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use hashbrown::HashMap;
use rapsheet_schema::{Action, Dataset, Key, Measure, Outcome, Reason, schema_of};

use super::finish::{Renumbered, count_array, id_array, times};
use super::spill::SpilledBlock;
use super::table::{self, Kind, Table};

/// A finished part of a roll-up, from which queries read columns.
#[derive(Debug)]
pub struct RollUpPart {
    name: &'static str,
    schema: SchemaRef,
    /// Where each column comes from.
    columns: Vec<Origin>,
    /// Words in a row.
    stride: usize,
    blocks: Vec<Vec<u32>>,
    spilled: Vec<SpilledBlock>,
    ids: Arc<Renumbered>,
}

/// Where a column comes from.
#[derive(Clone, Copy, Debug)]
enum Origin {
    /// A key at this word of the row, and which of the key's columns it is.
    Key(Key, usize, usize),
    /// A measure that begins at this word.
    Measure(Measure, usize),
}

impl RollUpPart {
    pub(super) fn new(table: Table, ids: Arc<Renumbered>) -> Self {
        let roll_up = table.roll_up;
        let keys = roll_up.keys.iter().enumerate().flat_map(|(at, key)| {
            (0..key.columns().len()).map(move |column| Origin::Key(*key, at, column))
        });
        let mut columns: Vec<Origin> = keys.collect();
        let mut at = roll_up.keys.len();
        for measure in roll_up.measures {
            columns.push(Origin::Measure(*measure, at));
            at += table::words_of(*measure);
        }
        Self {
            name: roll_up.name,
            schema: schema_of(&roll_up.columns()),
            columns,
            stride: table.stride,
            blocks: table.blocks,
            spilled: table.spilled,
            ids,
        }
    }

    /// The table's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The columns.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        let in_memory: usize = self.blocks.iter().map(Vec::len).sum();
        let on_disk: usize = self.spilled.iter().map(SpilledBlock::words).sum();
        (in_memory + on_disk) / self.stride
    }

    /// How many batches there are.
    #[must_use]
    pub const fn batches(&self) -> usize {
        self.spilled.len() + self.blocks.len()
    }

    /// Makes one batch of the columns with these indices.
    ///
    /// # Errors
    ///
    /// When an index is out of range, or rows that went to disk can't be read back.
    pub fn batch(&self, index: usize, projection: &[usize]) -> Result<RecordBatch, ArrowError> {
        let schema = Arc::new(self.schema.project(projection)?);
        let read;
        let words = match self.spilled.get(index) {
            Some(spilled) => {
                read = spilled.read()?;
                read.as_slice()
            }
            None => self
                .blocks
                .get(index - self.spilled.len())
                .map_or(&[][..], Vec::as_slice),
        };
        let arrays = projection
            .iter()
            .filter_map(|column| self.columns.get(*column))
            .map(|origin| self.array(*origin, words))
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(words.len() / self.stride));
        RecordBatch::try_new_with_options(schema, arrays, &options)
    }

    fn array(&self, origin: Origin, words: &[u32]) -> ArrayRef {
        match origin {
            Origin::Key(key, at, column) => {
                let words = words.iter().skip(at).step_by(self.stride).copied();
                self.key_array(key, column, words)
            }
            Origin::Measure(measure, at) => {
                let to = at + table::words_of(measure);
                measure_array(
                    measure,
                    words.chunks_exact(self.stride).map(|row| &row[at..to]),
                )
            }
        }
    }

    /// One of the columns of a key, in the order of [`Key::columns`].
    fn key_array(&self, key: Key, column: usize, words: impl Iterator<Item = u32>) -> ArrayRef {
        match key {
            Key::Address => id_array(words.map(|id| self.ids.peers[id as usize])),
            Key::Host | Key::User | Key::Path | Key::Jail => {
                id_array(words.map(|id| self.ids.names[id as usize]))
            }
            Key::Facet => id_array(words.map(|id| self.ids.facets[id as usize])),
            Key::Hour => id_array(words),
            Key::Dataset => word_array(words, |word| {
                let dataset = Dataset::ALL.get(word as usize)?;
                Some(dataset_word(*dataset, column))
            }),
            Key::Action => word_array(words, |word| {
                Action::ALL.get(word as usize).map(|action| action.as_str())
            }),
            Key::Reason => word_array(words, |word| {
                Reason::ALL.get(word as usize).map(|reason| reason.as_str())
            }),
            Key::Kind => kind_array(column, words),
            Key::Answer if column == 0 => {
                word_array(words, |word| table::read_answer(word).0.map(Reason::as_str))
            }
            Key::Answer => id_array(words.map(|word| table::read_answer(word).1)),
            // One more than the size, so that 0 is unknown.
            Key::AnswerBytes => {
                let sizes =
                    words.map(|word| i32::try_from(i64::from(word) - 1).unwrap_or(i32::MAX));
                let sizes = sizes.map(|size| (size >= 0).then_some(size));
                Arc::new(sizes.collect::<Int32Array>())
            }
        }
    }
}

/// One of the columns that tell what events are, in the order of [`Key::columns`].
pub(super) fn kind_array(column: usize, words: impl Iterator<Item = u32>) -> ArrayRef {
    match column {
        3 => word_array(words, |word| Some(Kind(word).action().as_str())),
        4 => word_array(words, |word| Some(Outcome::as_str(Kind(word).outcome()))),
        5 => word_array(words, |word| Kind(word).reason().map(Reason::as_str)),
        6 => {
            let suspicious = words.map(|word| Some(Kind(word).is_suspicious()));
            Arc::new(suspicious.collect::<BooleanArray>())
        }
        dataset => word_array(words, |word| {
            Some(dataset_word(Kind(word).dataset(), dataset))
        }),
    }
}

/// One of the three words that tell a dataset.
fn dataset_word(dataset: Dataset, column: usize) -> &'static str {
    match column {
        0 => dataset.service_name(),
        1 => dataset.as_str(),
        _ => dataset.event_category().as_str(),
    }
}

/// A column of words: there are few of them, so their array is small, and rows take from it.
fn word_array(
    words: impl Iterator<Item = u32>,
    text: impl Fn(u32) -> Option<&'static str>,
) -> ArrayRef {
    let mut places: HashMap<u32, u32> = HashMap::new();
    let mut texts: Vec<Option<&'static str>> = Vec::new();
    let mut last: Option<(u32, u32)> = None;
    let places = words.map(|word| match last {
        Some((same, place)) if same == word => place,
        _ => {
            let place = *places.entry(word).or_insert_with(|| {
                texts.push(text(word));
                u32::try_from(texts.len() - 1).unwrap_or(u32::MAX)
            });
            last = Some((word, place));
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
        Measure::Bytes => {
            let bytes = words.map(|words| Some(table::read_time(words)));
            Arc::new(bytes.collect::<Int64Array>())
        }
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

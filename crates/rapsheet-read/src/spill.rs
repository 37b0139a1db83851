//! What doesn't fit into memory goes into temporary Parquet files, from which queries read it.

use std::collections::HashSet;
use std::fs::File;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use tempfile::TempDir;

use crate::activity::ActivityPart;
use crate::clock::Zone;
use crate::fault::Fault;
use crate::scan::Yield;

/// Temporary files of one run; they are removed with it.
pub(crate) struct Spill {
    folder: PathBuf,
    zone: Zone,
    /// Bytes that one thread may keep of each table.
    budget: usize,
    state: Mutex<State>,
    number: AtomicUsize,
}

#[derive(Default)]
struct State {
    folder: Option<TempDir>,
    activity: Vec<PathBuf>,
    events: Vec<PathBuf>,
    addresses: HashSet<IpAddr>,
    fault: Option<Fault>,
}

/// The temporary files of a run, as long as it lives.
#[derive(Debug, Default)]
pub struct SpilledFiles {
    /// Parts of `activity`.
    pub activity: Vec<PathBuf>,
    /// Parts of `events`.
    pub events: Vec<PathBuf>,
    /// The addresses in the parts of `activity`, each once.
    pub addresses: HashSet<IpAddr>,
    _folder: Option<TempDir>,
}

impl Spill {
    pub(crate) fn new(folder: PathBuf, zone: Zone, budget: usize) -> Self {
        Self {
            folder,
            zone,
            budget,
            state: Mutex::default(),
            number: AtomicUsize::new(0),
        }
    }

    /// Writes out what a thread holds, where it is too much.
    pub(crate) fn relieve(&self, held: &mut Yield) {
        if held.rollup.memory() > self.budget {
            let part = ActivityPart::new(std::mem::take(&mut held.rollup), self.zone.clone());
            self.state
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .addresses
                .extend(part.addresses());
            let all: Vec<usize> = (0..part.schema().fields().len()).collect();
            let batches = (0..part.batches())
                .map(|index| part.batch(index, &all).map_err(|error| error.to_string()));
            self.write(part.schema(), batches, |state| &mut state.activity);
        }
        let bytes: usize = held
            .events
            .iter()
            .map(RecordBatch::get_array_memory_size)
            .sum();
        if bytes > self.budget
            && let Some(schema) = held.events.first().map(RecordBatch::schema)
        {
            self.write(
                schema,
                std::mem::take(&mut held.events).into_iter().map(Ok),
                |state| &mut state.events,
            );
        }
    }

    fn write(
        &self,
        schema: SchemaRef,
        batches: impl Iterator<Item = Result<RecordBatch, String>>,
        list: fn(&mut State) -> &mut Vec<PathBuf>,
    ) {
        let outcome = self.new_path().and_then(|path| {
            let file = File::create(&path).map_err(|error| error.to_string())?;
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(Default::default()))
                .build();
            let mut writer = ArrowWriter::try_new(file, schema, Some(properties))
                .map_err(|error| error.to_string())?;
            for batch in batches {
                writer.write(&batch?).map_err(|error| error.to_string())?;
            }
            writer.close().map_err(|error| error.to_string())?;
            Ok(path)
        });
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(path) => list(&mut state).push(path),
            Err(cause) => {
                state.fault.get_or_insert(Fault::Spill {
                    folder: self.folder.clone(),
                    cause,
                });
            }
        }
    }

    fn new_path(&self) -> Result<PathBuf, String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.folder.is_none() {
            let folder = tempfile::Builder::new()
                .prefix("rapsheet-")
                .tempdir_in(&self.folder);
            state.folder = Some(folder.map_err(|error| error.to_string())?);
        }
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let folder = state
            .folder
            .as_ref()
            .map(|folder| folder.path().to_owned())
            .unwrap_or_default();
        Ok(folder.join(format!("{number}.parquet")))
    }

    /// Hands over the files; the fault is of a file that could not be written, whose rows are lost.
    pub(crate) fn finish(self) -> (SpilledFiles, Option<Fault>) {
        let state = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let files = SpilledFiles {
            activity: state.activity,
            events: state.events,
            addresses: state.addresses,
            _folder: state.folder,
        };
        (files, state.fault)
    }
}

//! What doesn't fit into memory goes into temporary files, from which queries read it: rows of roll-ups as they are, `activity`
//! and `events` as Parquet.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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
use crate::rollup::SpillFile;
use crate::scan::Yield;

/// Temporary files of one run; they are removed with it.
pub(crate) struct Spill {
    folder: PathBuf,
    zone: Zone,
    /// Bytes that one thread may keep of each table.
    budget: usize,
    /// Bytes that one thread may keep of single events.
    event_budget: usize,
    state: Mutex<State>,
    number: AtomicUsize,
    /// Whether a file could not be written: from then on all stays in memory.
    failed: AtomicBool,
}

#[derive(Default)]
struct State {
    folder: Option<TempDir>,
    roll_ups: Option<SpillFile>,
    activity: Vec<PathBuf>,
    events: Vec<PathBuf>,
    fault: Option<Fault>,
}

/// The temporary files of a run, as long as it lives.
#[derive(Debug, Default)]
pub struct SpilledFiles {
    /// Parts of `activity`.
    pub activity: Vec<PathBuf>,
    /// Parts of `events`.
    pub events: Vec<PathBuf>,
    _folder: Option<TempDir>,
}

impl Spill {
    pub(crate) fn new(folder: PathBuf, zone: Zone, budget: usize, event_budget: usize) -> Self {
        Self {
            folder,
            zone,
            budget,
            event_budget,
            state: Mutex::default(),
            number: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
        }
    }

    /// Writes out what a thread holds, where it is too much. What cannot be written stays with the thread.
    pub(crate) fn relieve(&self, held: &mut Yield) {
        if self.failed.load(Ordering::Relaxed) {
            return;
        }
        if held.roll_ups.memory() > self.budget {
            self.relieve_roll_ups(held);
        }
        if held.rollup.memory() > self.budget {
            self.relieve_activity(held);
        }
        let bytes: usize = held
            .events
            .iter()
            .map(RecordBatch::get_array_memory_size)
            .sum();
        if bytes > self.event_budget
            && let Some(schema) = held.events.first().map(RecordBatch::schema)
        {
            let batches = held.events.iter().cloned().map(Ok);
            if self.write(schema, batches, |state| &mut state.events) {
                held.events.clear();
            }
        }
    }

    fn relieve_roll_ups(&self, held: &mut Yield) {
        let spilled = self
            .roll_up_file()
            .and_then(|file| held.roll_ups.spill(&file));
        if let Err(cause) = spilled {
            self.fail(&cause.to_string());
        }
    }

    /// The file for rows of roll-ups, which all threads share.
    fn roll_up_file(&self) -> io::Result<SpillFile> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &state.roll_ups {
            return Ok(file.clone());
        }
        let file = SpillFile::new(&self.folder)?;
        Ok(state.roll_ups.insert(file).clone())
    }

    /// Notes the first fault; from then on all stays in memory.
    fn fail(&self, cause: &str) {
        self.failed.store(true, Ordering::Relaxed);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.fault.get_or_insert_with(|| Fault::Spill {
            folder: self.folder.clone(),
            cause: cause.to_owned(),
        });
    }

    fn relieve_activity(&self, held: &mut Yield) {
        let part = ActivityPart::new(std::mem::take(&mut held.rollup), self.zone.clone());
        let all: Vec<usize> = (0..part.schema().fields().len()).collect();
        let batches = (0..part.batches())
            .map(|index| part.batch(index, &all).map_err(|error| error.to_string()));
        if !self.write(part.schema(), batches, |state| &mut state.activity) {
            held.unwritten.push(part);
        }
    }

    /// Writes a file; returns whether all of it is on disk.
    fn write(
        &self,
        schema: SchemaRef,
        batches: impl Iterator<Item = Result<RecordBatch, String>>,
        list: fn(&mut State) -> &mut Vec<PathBuf>,
    ) -> bool {
        let outcome = self.new_path().and_then(|path| {
            let written = write_file(&path, schema, batches);
            if written.is_err() {
                // Others may need the room that half a file takes.
                let _ = std::fs::remove_file(&path);
            }
            written.map(|()| path)
        });
        match outcome {
            Ok(path) => {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                list(&mut state).push(path);
                true
            }
            Err(cause) => {
                self.fail(&cause);
                false
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

    /// Hands over the files; the fault is of the first file that could not be written, whose rows stayed in memory.
    pub(crate) fn finish(self) -> (SpilledFiles, Option<Fault>) {
        let state = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let files = SpilledFiles {
            activity: state.activity,
            events: state.events,
            _folder: state.folder,
        };
        (files, state.fault)
    }
}

fn write_file(
    path: &Path,
    schema: SchemaRef,
    batches: impl Iterator<Item = Result<RecordBatch, String>>,
) -> Result<(), String> {
    let file = File::create(path).map_err(|error| error.to_string())?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(Default::default()))
        .build();
    let mut writer =
        ArrowWriter::try_new(file, schema, Some(properties)).map_err(|error| error.to_string())?;
    for batch in batches {
        writer.write(&batch?).map_err(|error| error.to_string())?;
    }
    writer.close().map_err(|error| error.to_string())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;
    use std::sync::Arc;

    use arrow::array::Int64Array;
    use jiff::tz::TimeZone;
    use rapsheet_schema::{Action, Dataset, Event, Outcome};

    #[test]
    fn what_cannot_be_written_stays_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        let spill = Spill::new(missing, Zone::new(TimeZone::UTC), 0, 0);
        let mut held = Yield::default();
        for user in ["root", "admin", "git"] {
            let mut event = Event::new(Dataset::OpensshAuth, Action::Login, Outcome::Success);
            event.source_ip = Some(IpAddr::from([192, 0, 2, 1]));
            event.user_name = Some(user);
            held.rollup.add(Some(0), None, 0, &event);
            let counts: arrow::array::ArrayRef = Arc::new(Int64Array::from(vec![1]));
            held.events
                .push(RecordBatch::try_from_iter([("count", counts)]).unwrap());
            spill.relieve(&mut held);
        }
        let unwritten: usize = held.unwritten.iter().map(ActivityPart::rows).sum();
        let rest = ActivityPart::new(held.rollup, spill.zone.clone()).rows();
        assert_eq!((unwritten, rest, held.events.len()), (1, 2, 3));
        let (files, fault) = spill.finish();
        assert!(files.activity.is_empty() && files.events.is_empty());
        assert!(matches!(fault, Some(Fault::Spill { .. })), "{fault:?}");
    }

    #[test]
    fn what_is_written_leaves_the_memory() {
        let folder = tempfile::tempdir().unwrap();
        let spill = Spill::new(folder.path().to_owned(), Zone::new(TimeZone::UTC), 0, 0);
        let mut held = Yield::default();
        let mut event = Event::new(Dataset::OpensshAuth, Action::Login, Outcome::Success);
        event.source_ip = Some(IpAddr::from([192, 0, 2, 1]));
        held.rollup.add(Some(0), None, 0, &event);
        spill.relieve(&mut held);
        assert!(held.unwritten.is_empty());
        let (files, fault) = spill.finish();
        assert_eq!(files.activity.len(), 1);
        assert!(fault.is_none(), "{fault:?}");
    }
}

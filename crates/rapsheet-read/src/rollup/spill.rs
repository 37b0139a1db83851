//! Rows of roll-ups that find no room in memory: their words go to one temporary file as they are, from which queries read them
//! block by block.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The temporary file of a run. It has no name, so it goes with the process, however that ends.
#[derive(Clone, Debug)]
pub(crate) struct SpillFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: File,
    end: AtomicU64,
}

/// A block of rows on disk.
#[derive(Debug)]
pub(super) struct SpilledBlock {
    file: SpillFile,
    from: u64,
    words: usize,
}

impl SpillFile {
    /// Makes the file in this folder.
    pub(crate) fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self(Arc::new(Inner {
            file: tempfile::tempfile_in(folder)?,
            end: AtomicU64::new(0),
        })))
    }

    /// Writes a block behind all others.
    pub(super) fn write(&self, words: &[u32]) -> io::Result<SpilledBlock> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let from = self.0.end.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.0.file.write_all_at(&bytes, from)?;
        Ok(SpilledBlock {
            file: self.clone(),
            from,
            words: words.len(),
        })
    }
}

impl SpilledBlock {
    /// How many words it holds.
    pub(super) const fn words(&self) -> usize {
        self.words
    }

    /// Reads it back.
    pub(super) fn read(&self) -> io::Result<Vec<u32>> {
        let mut bytes = vec![0; self.words * size_of::<u32>()];
        self.file.0.file.read_exact_at(&mut bytes, self.from)?;
        let (words, _) = bytes.as_chunks::<4>();
        Ok(words.iter().map(|word| u32::from_ne_bytes(*word)).collect())
    }
}

//! Merges the lines of all sources by time, so that what one log tells stands beside what another tells of the same moment.
//!
//! Each source that the merge has come to has a head: a chunk of which some lines are settled. Lines are settled from the head
//! with the smallest key until another's is smaller. When a head is used up, the merge hands it out and waits for the next
//! chunk of the same source, so the order never depends on which thread was faster.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::chunk::Chunk;
use crate::resolve::Resolver;
use crate::saved::Position;
use crate::source::Source;
use crate::watermark::{MergeKey, first_key, lags};

/// The merge and all that has a memory.
pub(crate) struct Merge {
    pub(crate) resolver: Resolver,
    /// Of each source: the chunk of which lines are being settled.
    heads: Vec<Option<Chunk>>,
    /// The keys of the heads' next lines.
    keys: BinaryHeap<Reverse<MergeKey>>,
    /// The sources in the order in which the merge comes to them, with the keys of their first lines.
    order: Vec<usize>,
    begins: Vec<MergeKey>,
    /// How many of them it has come to.
    begun: usize,
    /// The source whose next chunk is waited for.
    wanted: Option<usize>,
}

impl Merge {
    /// Begins with sources of which nothing was read, or goes on where they were read before.
    pub(crate) fn new(sources: &[Source], resolver: Resolver) -> Self {
        let mut begins: Vec<MergeKey> = sources
            .iter()
            .zip(lags(sources))
            .enumerate()
            .map(|(index, (source, lag))| {
                let (position, micros) = resolver.come_to(index);
                let is_new = position == Position::default();
                MergeKey {
                    micros: if is_new {
                        first_key(source, lag)
                    } else {
                        micros
                    },
                    source: index,
                }
            })
            .collect();
        begins.sort_unstable();
        let mut merge = Self {
            resolver,
            heads: sources.iter().map(|_| None).collect(),
            keys: BinaryHeap::new(),
            order: begins.iter().map(|key| key.source).collect(),
            begins,
            begun: 0,
            wanted: None,
        };
        merge.begin_next();
        merge
    }

    /// The order in which the merge comes to sources.
    pub(crate) fn order(&self) -> &[usize] {
        &self.order
    }

    /// The source whose next chunk is waited for; none when all is merged.
    pub(crate) const fn wanted(&self) -> Option<usize> {
        self.wanted
    }

    /// How many sources the merge has come to that have more to come.
    pub(crate) fn active(&self) -> usize {
        self.keys.len() + usize::from(self.wanted.is_some())
    }

    /// Ends the merge where it stands; returns the chunks of which some lines are settled.
    pub(crate) fn interrupt(&mut self) -> Vec<Chunk> {
        let heads = self.heads.iter_mut().filter_map(Option::take);
        let chunks: Vec<Chunk> = heads.collect();
        for chunk in &chunks {
            self.resolver.interrupt(chunk);
        }
        self.keys.clear();
        self.wanted = None;
        let late = Chunk::of_late(self.resolver.take_late());
        chunks.into_iter().chain([late]).collect()
    }

    /// Tells all that waits; returns it as a chunk.
    pub(crate) fn end_waits(&mut self) -> Chunk {
        self.resolver.end_waits();
        Chunk::of_late(self.resolver.take_late())
    }

    /// Waits for the first chunk of the next source.
    fn begin_next(&mut self) {
        self.wanted = self.order.get(self.begun).copied();
        self.begun += usize::from(self.wanted.is_some());
    }

    /// Takes the chunk that was waited for, or the end of its source, and goes on until it has to wait again; returns the
    /// chunk that is done by then.
    pub(crate) fn run(&mut self, arrived: Option<Chunk>) -> Option<Chunk> {
        self.wanted = None;
        if let Some(mut chunk) = arrived {
            let source = chunk.source;
            match self.resolver.begin(&mut chunk) {
                Some(micros) => {
                    self.keys.push(Reverse(MergeKey { micros, source }));
                    self.heads[source] = Some(chunk);
                }
                // It holds no line, only what was wrong.
                None => {
                    self.wanted = Some(source);
                    self.resolver.finish(&mut chunk);
                    return Some(chunk);
                }
            }
        }
        loop {
            let next_source = self.begins.get(self.begun);
            let Some(Reverse(key)) = self.keys.peek().copied() else {
                self.begin_next();
                return None;
            };
            if next_source.is_some_and(|next| *next < key) {
                self.begin_next();
                return None;
            }
            let next_source = next_source.copied();
            self.keys.pop();
            let other = self.keys.peek().map(|Reverse(key)| *key);
            let limit = match (other, next_source) {
                (Some(other), Some(next)) => Some(other.min(next)),
                (one, other) => one.or(other),
            };
            let Some(chunk) = &mut self.heads[key.source] else {
                continue;
            };
            match self.resolver.run(chunk, key.micros, limit) {
                Some(micros) => self.keys.push(Reverse(MergeKey { micros, ..key })),
                None => {
                    self.wanted = Some(key.source);
                    let mut chunk = self.heads[key.source].take();
                    if let Some(chunk) = &mut chunk {
                        self.resolver.finish(chunk);
                        chunk.late = self.resolver.take_late();
                    }
                    return chunk;
                }
            }
        }
    }
}

//! A window remembers things for a while: what was noted is found again until the watermark has risen by the window's length,
//! and is forgotten before it has risen by twice as much.
//!
//! Two generations do that without a time beside each entry: the young one takes what is noted, and when it has lasted as
//! long as the window, it becomes the old one, and the old one is forgotten.

use std::hash::Hash;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// A table whose entries are forgotten once the watermark has passed.
#[derive(Clone, Debug)]
pub(crate) struct Window<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    /// Where the young generation began.
    since: i64,
    length: i64,
}

/// What a window remembers, as it is saved.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SavedWindow<K, V> {
    young: Vec<(K, V)>,
    old: Vec<(K, V)>,
    since: i64,
}

impl<K: Clone + Eq + Hash, V: Clone> Window<K, V> {
    /// What it remembers.
    pub(crate) fn save(&self) -> SavedWindow<K, V> {
        SavedWindow {
            young: pairs(&self.young),
            old: pairs(&self.old),
            since: self.since,
        }
    }

    /// Makes it remember what was saved.
    pub(crate) fn restore(&mut self, saved: SavedWindow<K, V>) {
        self.young = saved.young.into_iter().collect();
        self.old = saved.old.into_iter().collect();
        self.since = saved.since;
    }
}

/// The entries of a table, as they are saved.
pub(crate) fn pairs<K: Clone, V: Clone>(table: &HashMap<K, V>) -> Vec<(K, V)> {
    let entries = table.iter();
    entries
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

impl<K: Eq + Hash, V> Window<K, V> {
    /// Makes a window of so many microseconds.
    pub(crate) fn new(length: i64) -> Self {
        Self {
            young: HashMap::default(),
            old: HashMap::default(),
            since: i64::MIN,
            length,
        }
    }

    /// Forgets what the watermark has passed.
    pub(crate) fn advance(&mut self, watermark: i64) {
        let passed = watermark.saturating_sub(self.since);
        if passed <= self.length {
            return;
        }
        std::mem::swap(&mut self.young, &mut self.old);
        self.young.clear();
        if passed.saturating_sub(self.length) > self.length {
            self.old.clear();
        }
        self.since = watermark;
    }

    /// Returns the entry of a key, young or old.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// Returns the entry of a key for a change.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        match self.young.get_mut(key) {
            Some(value) => Some(value),
            None => self.old.get_mut(key),
        }
    }

    /// Returns the entry of a key, which becomes young.
    pub(crate) fn entry(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let kept = self.old.remove(&key);
        let entry = self.young.entry(key);
        entry.or_insert_with(|| kept.unwrap_or_default())
    }

    /// Forgets the entry of a key; returns whether there was one.
    pub(crate) fn take(&mut self, key: &K) -> bool {
        let young = self.young.remove(key).is_some();
        let old = self.old.remove(key).is_some();
        young || old
    }

    /// Hands out every entry for a change.
    pub(crate) fn each(&mut self, change: impl FnMut(&mut V)) {
        let entries = self.young.values_mut().chain(self.old.values_mut());
        entries.for_each(change);
    }

    /// Whether there is an entry of a key.
    pub(crate) fn contains(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.young.is_empty() && self.old.is_empty()
    }

    /// How many entries it holds.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_last_as_long_as_the_window_and_not_twice_as_long() {
        let mut window: Window<u32, u32> = Window::new(100);
        window.advance(5);
        *window.entry(1) += 1;
        window.advance(100);
        *window.entry(2) += 1;
        window.advance(110);
        assert_eq!((window.get(&1), window.len()), (Some(&1), 2));
        // What is met again lasts on.
        *window.entry(1) += 1;
        window.advance(211);
        assert_eq!((window.get(&1), window.get(&2)), (Some(&2), None));
        window.advance(10_000);
        assert!(window.is_empty());
    }

    #[test]
    fn a_window_holds_no_more_than_what_two_lengths_bring() {
        let mut window: Window<i64, ()> = Window::new(100);
        let mut most = 0;
        for at in 0..10_000 {
            window.advance(at);
            window.entry(at);
            most = most.max(window.len());
        }
        assert!((100..=202).contains(&most), "{most}");
    }

    #[test]
    fn the_ends_of_time_overflow_nothing() {
        let mut window: Window<u32, ()> = Window::new(i64::MAX);
        for watermark in [i64::MIN, 0, i64::MAX] {
            window.advance(watermark);
            window.entry(7);
        }
        assert_eq!(window.len(), 1);
    }
}

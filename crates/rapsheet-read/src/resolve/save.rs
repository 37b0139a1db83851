//! What a resolver that stops leaves to the one that carries on.

use super::Resolver;
use crate::item::{OwnedEvent, SavedEvent};
use crate::saved::{Saved, SavedSource, VERSION};

impl Resolver {
    /// What it remembers.
    pub(crate) fn save(&self) -> Saved {
        let sources = self.sources.iter().zip(&self.states);
        let sources = sources.zip(&self.coverage.sources);
        Saved {
            version: VERSION.to_owned(),
            seed: self.fingerprints.seed(),
            sources: sources
                .map(|((source, state), coverage)| SavedSource {
                    name: source.name.clone(),
                    position: state.position,
                    latest: state.watermark.latest(),
                    clock: state.clock.save(),
                    base: state.base,
                    event_before: state.event_before.as_ref().map(OwnedEvent::save),
                    unfinished: state.unfinished,
                    quotes: state.quotes,
                    fail2ban_start: state.fail2ban_start,
                    defects: state.defects,
                    coverage: coverage.clone(),
                })
                .collect(),
            sessions: self.sessions.save(),
            copies: self.copies.save(),
            echoes: self.echoes.save(),
            http_logins: self.http_logins.save(),
            shapes: self.coverage.save(),
            logins: self.logins.save(),
            evidence: self.evidence.save(),
        }
    }

    /// Makes it remember what was saved. What was known of a source that is there no more is left out.
    pub(crate) fn restore(&mut self, saved: Saved) {
        let names = self.sources.iter().map(|source| source.name.as_str());
        let numbers: hashbrown::HashMap<&str, usize> = names.zip(0..).collect();
        let found: Vec<Option<usize>> = saved
            .sources
            .iter()
            .map(|source| numbers.get(source.name.as_str()).copied())
            .collect();
        drop(numbers);
        for (known, index) in saved.sources.into_iter().zip(&found) {
            let Some(index) = *index else { continue };
            let state = &mut self.states[index];
            state.position = known.position;
            state.watermark.restore(known.latest);
            state.clock.restore(known.clock);
            state.base = known.base;
            state.event_before = known.event_before.and_then(SavedEvent::restore);
            state.unfinished = known.unfinished;
            state.quotes = state.quotes.and(known.quotes);
            state.fail2ban_start = known.fail2ban_start;
            state.defects = known.defects;
            self.coverage.sources[index] = known.coverage;
        }
        let number = |old: u32| {
            let new = found.get(old as usize).copied().flatten();
            new.and_then(|new| u32::try_from(new).ok())
                .unwrap_or(u32::MAX)
        };
        let number_of = |old: usize| found.get(old).copied().flatten();
        self.sessions.restore(saved.sessions, &number_of);
        self.copies.restore(saved.copies, &number);
        self.echoes.restore(saved.echoes);
        self.http_logins.restore(saved.http_logins);
        self.coverage.restore(saved.shapes);
        self.logins.restore(saved.logins);
        self.evidence.restore(saved.evidence);
    }
}

//! User names replaced by hashes, for reports that leave the house.
//!
//! A hash is seeded anew for each run, so that nobody can look common names up in it. `root` is everybody's and stays.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;
use rapsheet_parse::{Arena, Reading};

use crate::item::Item;

/// Hashes names.
#[derive(Debug, Default)]
pub(crate) struct Redaction {
    hasher: DefaultHashBuilder,
}

impl Redaction {
    /// Replaces the names of settled events.
    pub(crate) fn hide<'a>(&self, items: &mut [Item<'a>], arena: &'a Arena) {
        for item in items {
            let Reading::Event(event) = &mut item.line.reading else {
                continue;
            };
            event.source_domain = None;
            // A fingerprint names a person as a user's name does.
            event.openssh_auth_key = None;
            if let Some(name) = event.user_name.filter(|name| !matches!(*name, "root" | "")) {
                let hash = self.hasher.hash_one(name);
                event.user_name = Some(arena.alloc_str(&format!("user-{:08x}", hash >> 32)));
            }
        }
    }
}

//! Which raw lines are kept as evidence: the first of each address that are suspicious, and its logins and bans.

use std::net::IpAddr;

use hashbrown::HashMap;
use rapsheet_parse::Reading;
use rapsheet_schema::{Action, Event, Outcome};

use crate::settle::Item;

/// Counts what was kept, in the order of the sources, so that the choice doesn't depend on the number of threads.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    per_address: u32,
    /// Of each address: attempts, and what ends them (logins, bans).
    kept: HashMap<IpAddr, (u32, u32)>,
}

impl Evidence {
    pub(crate) fn new(per_address: u32) -> Self {
        Self {
            per_address,
            kept: HashMap::new(),
        }
    }

    /// Marks the lines that are kept.
    pub(crate) fn choose(&mut self, items: &mut [Item<'_>], in_time: impl Fn(Option<i64>) -> bool) {
        if self.per_address == 0 {
            return;
        }
        for item in items {
            let Reading::Event(event) = &item.line.reading else {
                continue;
            };
            let Some(ip) = event.source_ip.filter(|_| in_time(item.micros)) else {
                continue;
            };
            let decisive = is_decisive(event);
            if !decisive && !event.suspicious {
                continue;
            }
            let (attempts, ends) = self.kept.entry(ip).or_default();
            let kept = if decisive { ends } else { attempts };
            if *kept < self.per_address {
                *kept += 1;
                item.is_evidence = true;
            }
        }
    }
}

const fn is_decisive(event: &Event<'_>) -> bool {
    match event.event_action {
        Action::Login => matches!(event.event_outcome, Outcome::Success),
        Action::Ban | Action::RestoreBan => true,
        _ => false,
    }
}

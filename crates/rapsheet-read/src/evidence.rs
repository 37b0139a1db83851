//! Which raw lines are kept as evidence: the first of each address that are suspicious, and its logins and bans.

use std::net::IpAddr;

use hashbrown::HashMap;
use rapsheet_schema::{Action, Event, Outcome};

use crate::window::pairs;

/// Counts what was kept, in the order of time, so that the choice doesn't depend on the number of threads.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    per_address: u32,
    since: Option<i64>,
    until: Option<i64>,
    /// Of each address: attempts, and what ends them (logins, bans).
    kept: HashMap<IpAddr, (u32, u32)>,
}

impl Evidence {
    pub(crate) fn new(per_address: u32, since: Option<i64>, until: Option<i64>) -> Self {
        Self {
            per_address,
            since,
            until,
            kept: HashMap::new(),
        }
    }

    /// What was kept of each address, as it is saved.
    pub(crate) fn save(&self) -> Vec<(IpAddr, (u32, u32))> {
        pairs(&self.kept)
    }

    /// Makes it know what was kept.
    pub(crate) fn restore(&mut self, saved: Vec<(IpAddr, (u32, u32))>) {
        self.kept = saved.into_iter().collect();
    }

    /// Whether an event's line is kept.
    #[inline]
    pub(crate) fn keeps(&mut self, micros: Option<i64>, event: &Event<'_>) -> bool {
        self.per_address > 0
            && is_in_time(micros, self.since, self.until)
            && self.keeps_in_time(event)
    }

    fn keeps_in_time(&mut self, event: &Event<'_>) -> bool {
        let Some(ip) = event.source_ip else {
            return false;
        };
        let decisive = is_decisive(event);
        if !decisive && !event.suspicious {
            return false;
        }
        let (attempts, ends) = self.kept.entry(ip).or_default();
        let kept = if decisive { ends } else { attempts };
        let is_kept = *kept < self.per_address;
        *kept += u32::from(is_kept);
        is_kept
    }
}

/// Whether an event at this time is asked for.
pub(crate) fn is_in_time(micros: Option<i64>, since: Option<i64>, until: Option<i64>) -> bool {
    match micros {
        Some(at) => since.is_none_or(|since| at >= since) && until.is_none_or(|until| at < until),
        None => since.is_none() && until.is_none(),
    }
}

const fn is_decisive(event: &Event<'_>) -> bool {
    match event.event_action {
        Action::Login => matches!(event.event_outcome, Outcome::Success),
        Action::Ban | Action::RestoreBan => true,
        _ => false,
    }
}

//! Fewer rows for a question that names few columns: rows that are alike in these are put together before they become
//! columns, by numbers, which is many times faster than by texts.

use hashbrown::HashMap;
use rapsheet_schema::{Action, Condition, Dataset, Outcome};

use super::clocks::Clocks;
use super::columns::{Columns, Ids, Kind};

/// Which parts of a row's key are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Grain {
    hour: bool,
    pub(super) day: bool,
    pub(super) weekday: bool,
    pub(super) hour_of_day: bool,
    source: bool,
    user: bool,
    domain: bool,
    host: bool,
    jail: bool,
    path: bool,
    agent: bool,
    method: bool,
    logins_before: bool,
    dataset: bool,
    action: bool,
    outcome: bool,
    reason: bool,
    suspicious: bool,
    user_exists: bool,
    bancount: bool,
    bantime: bool,
}

impl Grain {
    pub(super) fn of<'n>(columns: impl Iterator<Item = &'n str>) -> Self {
        let mut grain = Self::default();
        for column in columns {
            match column {
                "hour" => grain.hour = true,
                "day" => grain.day = true,
                "weekday" => grain.weekday = true,
                "hour_of_day" => grain.hour_of_day = true,
                "source_ip" | "source_network" => grain.source = true,
                "user_name" => grain.user = true,
                "source_domain" => grain.domain = true,
                "host_name" => grain.host = true,
                "fail2ban_jail" => grain.jail = true,
                "url_path" => grain.path = true,
                "user_agent_original" => grain.agent = true,
                "openssh_auth_method" => grain.method = true,
                "logins_before" => grain.logins_before = true,
                "service_name" | "event_dataset" => grain.dataset = true,
                "event_action" => grain.action = true,
                "event_outcome" => grain.outcome = true,
                "reason" => grain.reason = true,
                "suspicious" => grain.suspicious = true,
                "user_exists" => grain.user_exists = true,
                "fail2ban_bancount" => grain.bancount = true,
                "fail2ban_bantime" => grain.bantime = true,
                _ => {}
            }
        }
        grain
    }

    /// Whether what clocks show is asked for, and not the hour itself, which tells that too.
    pub(super) const fn asks_clocks(&self) -> bool {
        !self.hour && (self.day || self.weekday || self.hour_of_day)
    }

    /// Makes a kind that says what is asked for; the rest is the same for all.
    fn cut(&self, kind: &Kind) -> Kind {
        Kind {
            dataset: if self.dataset {
                kind.dataset
            } else {
                Dataset::OpensshAuth
            },
            action: if self.action {
                kind.action
            } else {
                Action::Login
            },
            outcome: if self.outcome {
                kind.outcome
            } else {
                Outcome::Unknown
            },
            reason: kind.reason.filter(|_| self.reason),
            suspicious: self.suspicious && kind.suspicious,
            user_exists: kind.user_exists.filter(|_| self.user_exists),
        }
    }

    /// How many rows can differ in what is asked for.
    pub(super) fn combinations(&self, columns: &Columns) -> usize {
        let ids = self.ids(columns);
        let kinds = self.kinds(columns);
        let kinds = (0..).zip(&kinds).filter(|(at, kind)| at == *kind).count();
        let all = ids.iter().fold(kinds, |product, (_, most)| {
            product.saturating_mul(*most as usize + 1)
        });
        all.saturating_mul(self.clock_readings(columns))
    }

    /// How many different things clocks can show, of what is asked for.
    fn clock_readings(&self, columns: &Columns) -> usize {
        let hours = match &columns.hour {
            Ids::Each(_, most) if self.asks_clocks() => *most as usize + 1,
            _ => return 1,
        };
        let days = if self.day { hours / 24 + 2 } else { 1 };
        let weekdays = if self.weekday { 8 } else { 1 };
        let in_day = if self.hour_of_day { 25 } else { 1 };
        days.saturating_mul(weekdays * in_day).min(hours)
    }

    /// Numbers the kinds: those that are alike in what is asked for have the number of the first of them.
    fn kinds(&self, columns: &Columns) -> Vec<u32> {
        let cut: Vec<Kind> = columns
            .kinds
            .iter()
            .map(|(kind, _)| self.cut(kind))
            .collect();
        (0..)
            .zip(&cut)
            .map(|(index, kind)| {
                cut.iter()
                    .position(|first| first == kind)
                    .and_then(|first| u32::try_from(first).ok())
                    .unwrap_or(index)
            })
            .collect()
    }

    /// The columns of numbers that are asked for and differ at all.
    fn ids<'c>(&self, columns: &'c Columns) -> Vec<(&'c [u32], u32)> {
        [
            (self.hour, &columns.hour),
            (self.logins_before, &columns.logins_before),
            (self.source, &columns.source),
            (self.user, &columns.user),
            (self.domain, &columns.domain),
            (self.host, &columns.host),
            (self.jail, &columns.jail),
            (self.path, &columns.path),
            (self.agent, &columns.agent),
            (self.method, &columns.method),
            (self.bancount, &columns.bancount),
            (self.bantime, &columns.bantime),
        ]
        .into_iter()
        .filter_map(|(is_wanted, ids)| match ids {
            Ids::Each(ids, most) if is_wanted => Some((ids.as_slice(), *most)),
            _ => None,
        })
        .collect()
    }
}

/// Which rows are asked for, as far as the conditions tell: a set of values has a bit for each.
#[derive(Clone, Debug)]
pub(super) struct Wanted<'c> {
    datasets: u64,
    actions: u64,
    outcomes: u64,
    /// Texts and numbers that must be there.
    present: Grain,
    suspicious: bool,
    /// For each source, by number, whether it is wanted; several such lists where several are asked for.
    sources: Vec<&'c [bool]>,
}

impl<'c> Wanted<'c> {
    pub(super) fn of(conditions: &'c [Condition]) -> Self {
        let mut wanted = Self {
            datasets: u64::MAX,
            actions: u64::MAX,
            outcomes: u64::MAX,
            present: Grain::default(),
            suspicious: false,
            sources: Vec::new(),
        };
        for condition in conditions {
            match condition {
                Condition::OneOf { column, words } => {
                    wanted.keep(column, |word| words.iter().any(|one| one == word));
                }
                Condition::Not { column, word } => wanted.keep(column, |other| other != word),
                Condition::Present { column } => wanted.require(column),
                Condition::True { column } => wanted.suspicious |= column == "suspicious",
                Condition::Among { column, kept } => match column.as_str() {
                    "source_ip" | "source_network" => wanted.sources.push(kept),
                    _ => {}
                },
            }
        }
        wanted
    }

    fn keep(&mut self, column: &str, is_kept: impl Fn(&str) -> bool) {
        fn bits<T: Copy>(all: &[T], is_kept: impl Fn(T) -> bool) -> u64 {
            all.iter()
                .enumerate()
                .filter(|(_, value)| is_kept(**value))
                .fold(0, |bits, (index, _)| bits | 1 << index)
        }
        match column {
            "service_name" => {
                self.datasets &= bits(Dataset::ALL, |value| is_kept(value.service_name()));
            }
            "event_dataset" => self.datasets &= bits(Dataset::ALL, |value| is_kept(value.as_str())),
            "event_action" => self.actions &= bits(Action::ALL, |value| is_kept(value.as_str())),
            "event_outcome" => self.outcomes &= bits(Outcome::ALL, |value| is_kept(value.as_str())),
            _ => {}
        }
    }

    fn require(&mut self, column: &str) {
        match column {
            "source_ip" | "source_network" => self.present.source = true,
            "user_name" => self.present.user = true,
            "source_domain" => self.present.domain = true,
            "host_name" => self.present.host = true,
            "fail2ban_jail" => self.present.jail = true,
            "url_path" => self.present.path = true,
            "user_agent_original" => self.present.agent = true,
            _ => {}
        }
    }

    /// Whether rows of this kind may be asked for.
    pub(super) const fn has_kind(&self, kind: &Kind) -> bool {
        self.datasets >> kind.dataset as u8 & 1 == 1
            && self.actions >> kind.action as u8 & 1 == 1
            && self.outcomes >> kind.outcome as u8 & 1 == 1
            && (kind.suspicious || !self.suspicious)
    }

    /// Numbers the rows that are asked for.
    fn rows(&self, columns: &Columns) -> Vec<u32> {
        let all = u32::try_from(columns.len()).unwrap_or(u32::MAX);
        let kinds: Vec<bool> = columns
            .kinds
            .iter()
            .map(|(kind, _)| self.has_kind(kind))
            .collect();
        let mut rows: Vec<u32> = match &columns.kind {
            Ids::Each(ids, _) if kinds.contains(&false) => (0..all)
                .zip(ids)
                .filter_map(|(row, kind)| kinds[*kind as usize].then_some(row))
                .collect(),
            _ if kinds.contains(&false) => Vec::new(),
            _ => (0..all).collect(),
        };
        let present = &self.present;
        for (is_required, ids) in [
            (present.source, &columns.source),
            (present.user, &columns.user),
            (present.domain, &columns.domain),
            (present.host, &columns.host),
            (present.jail, &columns.jail),
            (present.path, &columns.path),
            (present.agent, &columns.agent),
        ] {
            match ids {
                _ if !is_required => {}
                Ids::Same(0) => rows.clear(),
                Ids::Same(_) => {}
                Ids::Each(ids, _) => rows.retain(|row| ids[*row as usize] != 0),
            }
        }
        for kept in &self.sources {
            rows.retain(|row| kept.get(columns.source.get(*row) as usize) != Some(&false));
        }
        rows
    }
}

/// Rows that stand for themselves and for others: their numbers, and what all of them count together.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) rows: Vec<u32>,
    /// Absent where each row counts for itself.
    pub(super) counts: Option<Counts>,
}

/// What rows count together, in their order.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) events: Vec<u32>,
    pub(super) attempts: Vec<u32>,
    pub(super) first: Vec<i64>,
    pub(super) last: Vec<i64>,
}

/// Puts rows together that are alike in what is asked for. `clocks` says what clocks show in each row's hour, where that is
/// asked for.
pub(super) fn merge(
    columns: &Columns,
    grain: &Grain,
    wanted: &Wanted<'_>,
    clocks: Option<&Clocks>,
) -> Merged {
    let rows = wanted.rows(columns);
    if grain.hour && grain.source && grain.user && grain.action {
        // Nearly every row stands alone at this grain.
        return Merged { rows, counts: None };
    }
    let kinds = grain.kinds(columns);
    let mut ids = grain.ids(columns);
    ids.extend(clocks.map(|clocks| (clocks.ids.as_slice(), clocks.most)));
    let bits: u32 = ids.iter().map(|(_, most)| bits_of(*most)).sum();
    let bits = bits + bits_of(u32::try_from(kinds.len()).unwrap_or(u32::MAX));
    if bits > u64::BITS {
        // So many different names that few rows would be alike.
        return Merged { rows, counts: None };
    }
    let key_of = |row: u32| {
        let kind = u64::from(kinds[columns.kind.get(row) as usize]);
        ids.iter().fold(kind, |key, (ids, most)| {
            key << bits_of(*most) | u64::from(ids[row as usize])
        })
    };
    if bits <= PLACED_BITS {
        let mut places = vec![0_u32; 1 << bits];
        together(columns, rows, |row, next| {
            let place = &mut places[key_of(row) as usize];
            if *place == 0 {
                *place = next + 1;
            }
            *place - 1
        })
    } else {
        let mut places: HashMap<u64, u32> = HashMap::new();
        // Neighbours are often alike: the lines of one connection.
        let mut last: Option<(u64, u32)> = None;
        together(columns, rows, |row, next| {
            let key = key_of(row);
            let place = match last {
                Some((same, place)) if same == key => place,
                _ => *places.entry(key).or_insert(next),
            };
            last = Some((key, place));
            place
        })
    }
}

/// Keys of so few bits have a place each.
const PLACED_BITS: u32 = 21;
const fn bits_of(most: u32) -> u32 {
    u32::BITS - most.leading_zeros()
}

/// Puts rows together, but for those that stay apart: `index_of` says which of the rows so far a row belongs to, or that it
/// is the next one.
fn together(
    columns: &Columns,
    rows: Vec<u32>,
    mut index_of: impl FnMut(u32, u32) -> u32,
) -> Merged {
    let exact: Vec<bool> = columns
        .kinds
        .iter()
        .map(|(kind, _)| kind.is_exact())
        .collect();
    let mut merged: Vec<u32> = Vec::new();
    let mut counts = Counts::default();
    for row in rows {
        let at = row as usize;
        let next = u32::try_from(merged.len()).unwrap_or(u32::MAX);
        let index = if exact[columns.kind.get(row) as usize] {
            next
        } else {
            index_of(row, next)
        } as usize;
        if index == merged.len() {
            merged.push(row);
            counts.events.push(columns.events[at]);
            counts.attempts.push(columns.attempts[at]);
            counts.first.push(columns.first[at]);
            counts.last.push(columns.last[at]);
        } else {
            counts.events[index] = counts.events[index].saturating_add(columns.events[at]);
            counts.attempts[index] = counts.attempts[index].saturating_add(columns.attempts[at]);
            counts.first[index] = counts.first[index].min(columns.first[at]);
            counts.last[index] = counts.last[index].max(columns.last[at]);
        }
    }
    Merged {
        rows: merged,
        counts: Some(counts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::Rollup;
    use crate::clock::Zone;
    use rapsheet_schema::{Event, MICROS_PER_SECOND};

    /// Events of three hours: each hour two failures, a login, and a ban.
    fn rollup() -> Rollup {
        let mut rollup = Rollup::default();
        for hour in 0..3 {
            for (action, outcome, user) in [
                (Action::Login, Outcome::Failure, Some("root")),
                (Action::Login, Outcome::Failure, Some("admin")),
                (Action::Login, Outcome::Success, Some("root")),
                (Action::Ban, Outcome::Unknown, None),
            ] {
                let dataset = match action {
                    Action::Ban => Dataset::Fail2banLog,
                    _ => Dataset::OpensshAuth,
                };
                let mut event = Event::new(dataset, action, outcome);
                event.source_ip = Some("192.0.2.7".parse().unwrap());
                event.user_name = user;
                event.attempts = u32::from(outcome == Outcome::Failure);
                event.suspicious = outcome == Outcome::Failure;
                rollup.add(Some(hour * 3_600 * MICROS_PER_SECOND), None, 0, &event);
            }
        }
        rollup
    }

    fn counts(names: &[&str], conditions: &[Condition]) -> (usize, u32, u32) {
        let grain = Grain::of(names.iter().copied());
        let Rollup { rows, extras, .. } = rollup();
        let columns = Columns::of(rows, &extras);
        let clocks = Clocks::of(&columns, &grain, &Zone::new(jiff::tz::TimeZone::UTC));
        let merged = merge(&columns, &grain, &Wanted::of(conditions), clocks.as_ref());
        let rows = merged.rows.iter().enumerate();
        rows.fold((0, 0, 0), |(rows, events, attempts), (place, row)| {
            let (counts, at) = match &merged.counts {
                Some(counts) => ((&counts.events, &counts.attempts), place),
                None => ((&columns.events, &columns.attempts), *row as usize),
            };
            (rows + 1, events + counts.0[at], attempts + counts.1[at])
        })
    }

    #[test]
    fn rows_are_put_together_and_lose_nothing() {
        // Three logins and three bans keep their rows.
        assert_eq!(counts(&["source_ip", "events"], &[]), (7, 12, 6));
        assert_eq!(counts(&["source_ip", "user_name"], &[]), (8, 12, 6));
        assert_eq!(counts(&["hour", "user_name"], &[]), (12, 12, 6));
        // All on one day, in three hours of it.
        assert_eq!(counts(&["day"], &[]), (7, 12, 6));
        assert_eq!(counts(&["weekday", "hour_of_day"], &[]), (9, 12, 6));
    }

    #[test]
    fn conditions_leave_rows_out() {
        let column = || "event_action".to_owned();
        let words = vec!["ban".to_owned(), "unban".to_owned()];
        let one_of = Condition::OneOf {
            column: column(),
            words,
        };
        assert_eq!(counts(&["event_action"], &[one_of]), (3, 3, 0));
        let not = Condition::Not {
            column: column(),
            word: "ban".to_owned(),
        };
        let failed = Condition::True {
            column: "suspicious".to_owned(),
        };
        assert_eq!(counts(&[], &[not, failed]), (1, 6, 6));
        let named = Condition::Present {
            column: "user_name".to_owned(),
        };
        assert_eq!(counts(&[], &[named]), (4, 9, 6));
        let service = Condition::OneOf {
            column: "service_name".to_owned(),
            words: vec!["nginx".to_owned()],
        };
        assert_eq!(counts(&[], &[service]), (0, 0, 0));
        let among = |kept: &[bool]| Condition::Among {
            column: "source_network".to_owned(),
            kept: kept.to_vec(),
        };
        assert_eq!(counts(&[], &[among(&[false, true])]).1, 12);
        assert_eq!(counts(&[], &[among(&[true, false])]), (0, 0, 0));
    }

    #[test]
    fn every_word_has_a_bit() {
        assert!(
            Dataset::ALL
                .len()
                .max(Action::ALL.len())
                .max(Outcome::ALL.len())
                <= 64
        );
    }
}

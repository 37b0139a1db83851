//! Fewer rows for a question that names few columns: rows that are alike in these are put together before they become
//! columns, by numbers, which is many times faster than by texts.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use rapsheet_schema::{Action, Condition, Dataset, Outcome};

use super::{Key, Kind, NO_COUNT, NO_HOUR, NO_TIME, Row, Rows, is_exact};

/// Which parts of a row's key are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Grain {
    hour: bool,
    source: bool,
    user: bool,
    domain: bool,
    host: bool,
    jail: bool,
    path: bool,
    agent: bool,
    method: bool,
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
                "hour" | "weekday" | "hour_of_day" | "day" => grain.hour = true,
                "source_ip" | "source_network" => grain.source = true,
                "user_name" => grain.user = true,
                "source_domain" => grain.domain = true,
                "host_name" => grain.host = true,
                "fail2ban_jail" => grain.jail = true,
                "url_path" => grain.path = true,
                "user_agent_original" => grain.agent = true,
                "openssh_auth_method" => grain.method = true,
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

    /// Makes a key that says what is asked for; the rest is the same for all.
    fn cut(&self, key: &Key) -> Key {
        let id = |wanted, id| if wanted { id } else { 0 };
        Key {
            hour: if self.hour { key.hour } else { NO_HOUR },
            source: id(self.source, key.source),
            user: id(self.user, key.user),
            domain: id(self.domain, key.domain),
            host: id(self.host, key.host),
            jail: id(self.jail, key.jail),
            path: id(self.path, key.path),
            agent: id(self.agent, key.agent),
            method: id(self.method, key.method),
            // What failed before a login stays apart from what failed after it, hour by hour.
            logins_before: id(self.hour, key.logins_before),
            dataset: if self.dataset {
                key.dataset
            } else {
                Dataset::OpensshAuth
            },
            action: if self.action {
                key.action
            } else {
                Action::Login
            },
            outcome: if self.outcome {
                key.outcome
            } else {
                Outcome::Unknown
            },
            reason: key.reason.filter(|_| self.reason),
            suspicious: self.suspicious && key.suspicious,
            user_exists: key.user_exists.filter(|_| self.user_exists),
            bancount: if self.bancount {
                key.bancount
            } else {
                NO_COUNT
            },
            bantime: if self.bantime { key.bantime } else { NO_TIME },
        }
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

    /// Whether rows with these words may be asked for.
    pub(super) const fn has_kind(&self, kind: &Kind) -> bool {
        self.datasets >> kind.dataset as u8 & 1 == 1
            && self.actions >> kind.action as u8 & 1 == 1
            && self.outcomes >> kind.outcome as u8 & 1 == 1
            && (kind.suspicious || !self.suspicious)
    }

    fn has(&self, key: &Key) -> bool {
        let present = &self.present;
        self.has_kind(&Kind::of(key))
            && (key.source != 0 || !present.source)
            && (key.user != 0 || !present.user)
            && (key.domain != 0 || !present.domain)
            && (key.host != 0 || !present.host)
            && (key.jail != 0 || !present.jail)
            && (key.path != 0 || !present.path)
            && (key.agent != 0 || !present.agent)
            && self
                .sources
                .iter()
                .all(|kept| kept.get(key.source as usize) != Some(&false))
    }
}

/// Puts rows together that are alike in what is asked for.
pub(super) fn merge(rows: &Rows, grain: &Grain, wanted: &Wanted<'_>) -> Rows {
    let hasher = DefaultHashBuilder::default();
    let mut merged = Rows::default();
    if grain.hour && grain.source && grain.user && grain.action {
        // Nearly every row stands alone at this grain.
        let kept = rows.blocks.iter().flatten();
        kept.filter(|row| wanted.has(&row.key))
            .for_each(|row| merged.push(*row));
        return merged;
    }
    let mut table: HashTable<u32> = HashTable::new();
    // Neighbours are often alike: the lines of one connection.
    let mut last: Option<(Key, u32)> = None;
    for row in rows
        .blocks
        .iter()
        .flatten()
        .filter(|row| wanted.has(&row.key))
    {
        let key = grain.cut(&row.key);
        let row_of = Row { key, ..*row };
        if is_exact(row.key.action, row.key.outcome) {
            merged.push(row_of);
            continue;
        }
        if let Some((known, index)) = last
            && known == key
        {
            merged.get_mut(index).absorb(row);
            continue;
        }
        let hash = hasher.hash_one(key);
        let known = table.find(hash, |index| merged.get(*index).key == key);
        let index = match known {
            Some(index) => {
                merged.get_mut(*index).absorb(row);
                *index
            }
            None => {
                let index = u32::try_from(merged.len()).unwrap_or(u32::MAX);
                merged.push(row_of);
                table.insert_unique(hash, index, |index| hasher.hash_one(merged.get(*index).key));
                index
            }
        };
        last = Some((key, index));
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::Rollup;
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

    fn counts(columns: &[&str], conditions: &[Condition]) -> (usize, u32, u32) {
        let grain = Grain::of(columns.iter().copied());
        let merged = merge(&rollup().rows, &grain, &Wanted::of(conditions));
        let rows = merged.blocks.iter().flatten();
        rows.fold((0, 0, 0), |(rows, events, attempts), row| {
            (rows + 1, events + row.events, attempts + row.attempts)
        })
    }

    #[test]
    fn rows_are_put_together_and_lose_nothing() {
        // Three logins and three bans keep their rows.
        assert_eq!(counts(&["source_ip", "events"], &[]), (7, 12, 6));
        assert_eq!(counts(&["source_ip", "user_name"], &[]), (8, 12, 6));
        assert_eq!(counts(&["hour", "user_name"], &[]), (12, 12, 6));
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

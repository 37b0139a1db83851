//! What the wanted zone's clocks show in an hour: the day, the weekday, the hour of the day.

use hashbrown::HashMap;

use super::HOUR_MICROS;
use super::columns::{Columns, Ids};
use super::merge::Grain;
use crate::clock::Zone;

const DAY_MICROS: i64 = 24 * HOUR_MICROS;

/// What clocks show. The hour's beginning stands for it, in zones with an offset of half an hour too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Reading {
    /// Days since 1970-01-01.
    pub(super) day: i64,
    /// 1 is Monday.
    pub(super) weekday: i64,
    pub(super) hour_of_day: i64,
}

impl Reading {
    /// Reads the clocks in an hour, counted since 1970 in UTC.
    pub(super) fn of(hour: i64, zone: &mut Zone) -> Self {
        let at = zone.local_of_utc(hour * HOUR_MICROS);
        let day = at.div_euclid(DAY_MICROS);
        Self {
            day,
            // 1970-01-01 was a Thursday.
            weekday: (day + 3).rem_euclid(7) + 1,
            hour_of_day: at.rem_euclid(DAY_MICROS) / HOUR_MICROS,
        }
    }

    /// Leaves only what is asked for.
    const fn cut(self, grain: &Grain) -> Self {
        Self {
            day: if grain.day { self.day } else { 0 },
            weekday: if grain.weekday { self.weekday } else { 0 },
            hour_of_day: if grain.hour_of_day {
                self.hour_of_day
            } else {
                0
            },
        }
    }
}

/// A number for each row: rows have the same where clocks show the same.
#[derive(Debug)]
pub(super) struct Clocks {
    pub(super) ids: Vec<u32>,
    /// The largest of them.
    pub(super) most: u32,
}

impl Clocks {
    /// Numbers the rows; `None` where it isn't asked for, or all rows are of one hour.
    pub(super) fn of(columns: &Columns, grain: &Grain, zone: &Zone) -> Option<Self> {
        let hours = match &columns.hour {
            Ids::Each(hours, _) if grain.asks_clocks() => hours,
            _ => return None,
        };
        let mut zone = zone.clone();
        let mut numbers: HashMap<Option<Reading>, u32> = HashMap::new();
        let mut of_hours: HashMap<u32, u32> = HashMap::new();
        let mut most = 0;
        // Neighbours are mostly of one hour.
        let mut last = None;
        let ids = hours.iter().map(|hour| match last {
            Some((same, number)) if same == *hour => number,
            _ => {
                let number = *of_hours.entry(*hour).or_insert_with(|| {
                    let at = columns.hour_at(*hour);
                    let reading = at.map(|hour| Reading::of(hour, &mut zone).cut(grain));
                    *numbers.entry(reading).or_insert_with(|| {
                        most += 1;
                        most
                    })
                });
                last = Some((*hour, number));
                number
            }
        });
        let ids = ids.collect();
        Some(Self { ids, most })
    }
}

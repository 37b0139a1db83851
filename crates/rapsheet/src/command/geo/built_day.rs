//! The day on which a database was built, as the pages of `geo` tell it.

use rapsheet_geo::DatabaseInfo;
use rapsheet_output::time::date;

pub(super) const MICROS_PER_DAY: i64 = 86_400 * 1_000_000;

/// Names the day on which a database was built.
pub(super) fn built_day(info: &DatabaseInfo) -> String {
    match info.built_micros {
        0 => "unknown day".to_owned(),
        micros => date(micros.div_euclid(MICROS_PER_DAY)),
    }
}

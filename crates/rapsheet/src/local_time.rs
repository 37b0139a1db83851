//! Times and zones as pages show them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Writes a UTC time as the wanted zone's clocks show it.
pub(crate) fn local_text(micros: i64, timezone: &TimeZone) -> String {
    Timestamp::from_microsecond(micros)
        .map(|utc| {
            utc.to_zoned(timezone.clone())
                .strftime("%Y-%m-%d %H:%M:%S")
                .to_string()
        })
        .unwrap_or_default()
}

/// The zone's name for headings.
pub(crate) fn zone_name(timezone: &TimeZone) -> String {
    match timezone.iana_name() {
        Some("Etc/UTC") => "UTC".to_owned(),
        Some(name) => name.to_owned(),
        None => match timezone.to_fixed_offset() {
            Ok(offset) => format!("UTC{offset}"),
            Err(_) => "local time".to_owned(),
        },
    }
}

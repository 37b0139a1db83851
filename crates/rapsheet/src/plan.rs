//! Arguments, environment and configuration become a checked plan.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use rapsheet_geo::AnswerHost;

use crate::arguments::{CommonArguments, InputArguments, InputFormat};
use crate::configuration::{configuration, environment};
pub(crate) use crate::geo_sources::geo_options;
use crate::geo_sources::{answers_from, cache_path, databases_and_paths, named_databases};
use crate::known::{self, Known};
use crate::memory::Memory;
use crate::time_span::time_span;

/// What a run reads.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) journal: bool,
    pub(crate) addresses_only: bool,
    /// The zone of the times shown.
    pub(crate) timezone: TimeZone,
    /// The zone of lines without one.
    pub(crate) read_timezone: TimeZone,
    pub(crate) year: Option<i64>,
    pub(crate) since: Option<i64>,
    pub(crate) until: Option<i64>,
    pub(crate) geo: Vec<PathBuf>,
    pub(crate) no_geo: bool,
    /// The cache of the web service's answers.
    pub(crate) cache: Option<PathBuf>,
    /// Whose answers count.
    pub(crate) answers_from: AnswerHost,
    /// The language of names.
    pub(crate) locale: Option<String>,
    pub(crate) threads: usize,
    pub(crate) memory: Memory,
    pub(crate) now: i64,
    /// Whether user names are replaced by hashes.
    pub(crate) hide_users: bool,
    /// Who is known.
    pub(crate) known: Known,
}

impl Plan {
    /// Checks what was asked for. Flags go before the environment, the environment before the file.
    pub(crate) fn new(input: &InputArguments, common: &CommonArguments) -> Result<Self> {
        let mut file = configuration(common.config.as_deref())?;
        let read_timezone = match zone(input.timezone.as_deref(), "TIMEZONE", file.timezone.take())?
        {
            Some(timezone) => timezone,
            None => TimeZone::system(),
        };
        let shown = input.show_timezone.as_deref();
        let timezone = zone(shown, "SHOW_TIMEZONE", file.show_timezone.take())?
            .unwrap_or_else(|| read_timezone.clone());
        let year = match input.year {
            Some(year) => Some(year),
            None => number("YEAR", "year")?.or(file.year),
        };
        let threads = match input.threads {
            Some(threads) => Some(threads),
            None => number("THREADS", "number")?.or(file.threads),
        };
        if let Some(refused) = threads.filter(|threads| !(1..=512).contains(threads)) {
            bail!("{refused} is no number of threads\nhint: there may be 1 to 512 of them");
        }
        let memory = input.memory.clone().or_else(|| environment("MEMORY"));
        let memory = Memory::parse(memory.or_else(|| file.memory.take()).as_deref())?;
        let (flags, more_paths) = databases_and_paths(&input.geo);
        let geo = named_databases(&flags, file.geo);
        let cache = cache_path(input.cache.as_deref(), file.cache);
        let answers_from = answers_from(input.answers_from.as_deref(), file.answers_from.take())?;
        let locale = input
            .locale
            .clone()
            .or_else(|| environment("LOCALE"))
            .or(file.locale);
        let now = Timestamp::now();
        let (since, until) = time_span(input, &timezone, now)?;
        let mut paths = [more_paths, input.paths.clone()].concat();
        if paths.is_empty() {
            paths = file.paths.unwrap_or_default();
        }
        let is_this_machine = paths.is_empty();
        let known = known::load(input.known.as_deref(), &mut paths, is_this_machine)?;
        if paths.is_empty() && !is_this_machine {
            bail!("fail2ban's settings alone are no log\nhint: name the logs as well");
        }
        let journal = is_this_machine && use_this_machine(&mut paths)?;
        Ok(Self {
            paths,
            journal,
            addresses_only: input.input_format == InputFormat::Addresses,
            timezone,
            read_timezone,
            year,
            since,
            until,
            geo,
            cache,
            answers_from,
            locale,
            no_geo: input.no_geo || file.no_geo.unwrap_or(false) && input.geo.is_empty(),
            threads: threads.map_or_else(
                || std::thread::available_parallelism().map_or(1, usize::from),
                usize::from,
            ),
            memory,
            now: now.as_microsecond(),
            hide_users: false,
            known,
        })
    }
}

/// A zone: by a flag, else by the variable `RAPSHEET_name`, else by the file.
fn zone(flag: Option<&str>, name: &str, file: Option<String>) -> Result<Option<TimeZone>> {
    let named = flag
        .map(str::to_owned)
        .or_else(|| environment(name))
        .or(file);
    let Some(name) = named else {
        return Ok(None);
    };
    if let Some(offset) = fixed_offset(&name) {
        return Ok(Some(TimeZone::fixed(offset)));
    }
    match TimeZone::get(&name) {
        Ok(timezone) => Ok(Some(timezone)),
        // A machine without a database of zones has this one all the same.
        Err(_) if name.eq_ignore_ascii_case("utc") => Ok(Some(TimeZone::UTC)),
        Err(_) => Err(anyhow::anyhow!("unknown time zone `{name}`")).context(
            "hint: zones are named as `Europe/Zurich`, `America/New_York`, `+01:00`, `UTC`",
        ),
    }
}

/// Reads how far a zone's clocks are ahead of UTC: `+01:00`, `-0530`, `+1`, `UTC+1`.
fn fixed_offset(text: &str) -> Option<Offset> {
    let text = text.strip_prefix("UTC").unwrap_or(text);
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = &text[1..];
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() > 2 => digits.split_at_checked(digits.len() - 2)?,
        None => (digits, "00"),
    };
    let number = |text: &str| {
        let is_number =
            (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<i32>().ok())?
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let seconds = sign * (hours * 3600 + minutes * 60);
    (hours <= 14 && minutes < 60).then(|| Offset::from_seconds(seconds).ok())?
}

/// Reads the number in the variable `RAPSHEET_name`, where it is set.
fn number<N>(name: &str, what: &str) -> Result<Option<N>>
where
    N: FromStr,
    N::Err: std::error::Error + Send + Sync + 'static,
{
    environment(name)
        .map(|text| {
            text.parse()
                .with_context(|| format!("RAPSHEET_{name} is no {what}: `{text}`"))
        })
        .transpose()
}

/// Fills in the logs that this machine has, and returns whether its journal is read too.
fn use_this_machine(paths: &mut Vec<PathBuf>) -> Result<bool> {
    let (usual, no_auth_log) = rapsheet_read::usual_paths();
    let journal = no_auth_log && rapsheet_read::has_journal();
    *paths = usual;
    if paths.is_empty() && !journal {
        bail!(
            "this machine has no log that rapsheet reads (looked for auth.log, secure, fail2ban, nginx, Apache in `/var/log`, and for the journal)\nhint: name a PATH, or see `rapsheet demo`"
        );
    }
    Ok(journal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_zones() {
        for (text, seconds) in [
            ("+01:00", Some(3600)),
            ("-05:30", Some(-19_800)),
            ("+0545", Some(20_700)),
            ("-8", Some(-28_800)),
            ("UTC+2", Some(7200)),
            ("+00:00", Some(0)),
            ("+15:00", None),
            ("+1:60", None),
            ("+", None),
            ("+é1", None),
            ("01:00", None),
        ] {
            let offset = fixed_offset(text).map(Offset::seconds);
            assert_eq!(offset, seconds, "{text}");
        }
    }
}

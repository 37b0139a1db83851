//! Who is known: the files that say so, the tables `known`, `known_matches` and `jail_settings`, and what of a monitor's is
//! nothing.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::Int32Type;
use rapsheet_known::{
    Fail2banSettings, JailSettings, KnownEntry, KnownFault, KnownList, is_jail_file,
    jail_files_beside, parse,
};
use rapsheet_query::Session;
use rapsheet_schema::{Action, Category, Event, jail_settings, known, known_matches, schema_of};

use crate::configuration::{environment, own_folder, read_text};

/// The name of the file, in each folder of settings.
const FILE: &str = "known.toml";
/// The settings of the whole machine.
const SYSTEM: &str = "/etc/rapsheet/known.toml";
/// fail2ban's settings on this machine.
const FAIL2BAN: &str = "/etc/fail2ban";

/// Who is known in a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) list: KnownList,
    /// The jails of fail2ban's files.
    pub(crate) jails: Vec<JailSettings>,
    /// What could not be used, to be told.
    pub(crate) notes: Vec<String>,
}

/// Where entries are read from: the file that was named, or the machine's and one's own.
fn files(named: Option<&Path>) -> Vec<PathBuf> {
    if let Some(named) = named_file(named) {
        return vec![named];
    }
    let own = own_folder().map(|folder| folder.join(FILE));
    let usual = [Some(PathBuf::from(SYSTEM)), own];
    usual
        .into_iter()
        .flatten()
        .filter(|path| path.exists())
        .collect()
}

fn named_file(named: Option<&Path>) -> Option<PathBuf> {
    named
        .map(Path::to_owned)
        .or_else(|| environment("KNOWN").map(PathBuf::from))
}

/// The file that entries are put into: the one that was named, one's own; for root the machine's.
pub(crate) fn file_to_change(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(named) = named_file(named) {
        return Ok(named);
    }
    let own = own_folder().map(|folder| folder.join(FILE));
    match own {
        Some(own) if own.exists() || !is_root() => Ok(own),
        None if !is_root() => Err(anyhow!(
            "there is no folder for settings\nhint: name a file with `--known FILE`"
        )),
        _ => Ok(PathBuf::from(SYSTEM)),
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

/// Reads who is known. fail2ban's files are taken out of the paths, and found in folders among them and on this machine.
pub(crate) fn load(
    named: Option<&Path>,
    paths: &mut Vec<PathBuf>,
    is_this_machine: bool,
) -> Result<Known> {
    let mut entries = entries_of(&files(named))?;
    let mut jails: Vec<PathBuf> = Vec::new();
    paths.retain(|path| {
        let is_jail = path.is_file() && is_jail_file(path);
        if is_jail {
            jails.push(path.clone());
        }
        !is_jail
    });
    for folder in paths.iter().filter(|path| path.is_dir()) {
        jails.extend(jail_files_beside(folder));
    }
    if is_this_machine {
        jails.extend(jail_files_beside(Path::new(FAIL2BAN)));
    }
    let mut settings = Fail2banSettings::read(&jails);
    entries.extend(settings.ignored());
    Ok(Known {
        list: KnownList::new(entries),
        jails: settings.jails(),
        notes: settings.unread,
    })
}

/// Reads the entries of some files; one that is wrong stops the run, because who is known must not be forgotten in silence.
pub(crate) fn entries_of(files: &[PathBuf]) -> Result<Vec<KnownEntry>> {
    let mut entries = Vec::new();
    for file in files {
        let text = read_text(file).with_context(|| {
            format!(
                "who is known stands in `{}`, so nothing was done",
                file.display()
            )
        })?;
        entries
            .extend(parse(&text, &file.display().to_string()).map_err(|faults| refuse(&faults))?);
    }
    Ok(entries)
}

/// Tells of the first fault, and how many more there are.
pub(crate) fn refuse(faults: &[KnownFault]) -> anyhow::Error {
    let Some(first) = faults.first() else {
        return anyhow!("nobody is known");
    };
    let lines: Vec<String> = faults[1..]
        .iter()
        .map(|fault| fault.line.to_string())
        .collect();
    let more = match lines.as_slice() {
        [] => String::new(),
        lines => format!(" (more is wrong in line {})", lines.join(", ")),
    };
    match &first.hint {
        Some(hint) => anyhow!("{first}{more}\nhint: {hint}"),
        None => anyhow!("{first}{more}"),
    }
}

/// Whether a suspicious event of somebody who watches this server is nothing: a connection on which no user was tried, or a
/// request for a path of theirs.
pub(crate) fn is_harmless(list: &KnownList, event: &Event<'_>, at: Option<i64>) -> bool {
    let mut monitors = list
        .monitors(event.source_ip, event.source_domain)
        .filter(|entry| match (entry.until, at) {
            (Some(until), Some(at)) => at < until.end_micros(),
            _ => true,
        });
    let is_bare = event.event_dataset.event_category() == Category::Authentication
        && event.user_name.is_none()
        && matches!(event.event_action, Action::PreauthClose | Action::Probe);
    match event.url_path() {
        Some(path) => monitors.any(|entry| entry.allows_path(path)),
        None => is_bare && monitors.next().is_some(),
    }
}

/// Fills the tables `known`, `known_matches` and `jail_settings`.
pub(crate) fn register(session: &Session, known: &Known, peers: &[Vec<RecordBatch>]) -> Result<()> {
    register_jails(session, &known.jails)?;
    register_entries(session, &known.list)?;
    let schema = schema_of(&known_matches());
    let (addresses, known): (Vec<i32>, Vec<i32>) = matches(&known.list, peers).into_iter().unzip();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(addresses)),
        Arc::new(Int32Array::from(known)),
    ];
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    session.register("known_matches", schema, vec![vec![batch]])?;
    Ok(())
}

fn register_jails(session: &Session, jails: &[JailSettings]) -> Result<()> {
    let schema = schema_of(&jail_settings());
    let number = |of: fn(&JailSettings) -> Option<i64>| -> ArrayRef {
        Arc::new(jails.iter().map(of).collect::<Int64Array>())
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(
            jails
                .iter()
                .map(|jail| Some(jail.jail.as_str()))
                .collect::<StringArray>(),
        ),
        number(|jail| jail.maxretry),
        number(|jail| jail.findtime),
        number(|jail| jail.bantime),
        Arc::new(
            jails
                .iter()
                .map(|jail| Some(jail.grows))
                .collect::<BooleanArray>(),
        ),
        Arc::new(
            jails
                .iter()
                .map(|jail| jail.mode.as_deref())
                .collect::<StringArray>(),
        ),
    ];
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    session.register("jail_settings", schema, vec![vec![batch]])?;
    Ok(())
}

fn register_entries(session: &Session, list: &KnownList) -> Result<()> {
    let entries = list.entries();
    let schema = schema_of(&known());
    let ids = (0..entries.len()).map(|index| i32::try_from(index).unwrap_or(i32::MAX));
    let until: TimestampMicrosecondArray = entries
        .iter()
        .map(|entry| entry.until.map(|day| day.end_micros()))
        .collect();
    let lines = entries
        .iter()
        .map(|entry| i64::try_from(entry.line).unwrap_or(0));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(ids.collect::<Int32Array>()),
        texts(entries, |entry| Some(entry.whom.kind().to_owned())),
        texts(entries, |entry| Some(entry.whom.to_string())),
        texts(entries, |entry| {
            entry.scope.map(|scope| scope.word().to_owned())
        }),
        texts(entries, |entry| entry.note.clone()),
        texts(entries, |entry| {
            (!entry.paths.is_empty()).then(|| entry.paths.join(", "))
        }),
        Arc::new(until.with_timezone("UTC")),
        Arc::new(
            entries
                .iter()
                .map(|entry| entry.whom.breadth())
                .collect::<Int64Array>(),
        ),
        texts(entries, |entry| Some(entry.origin.clone())),
        Arc::new(lines.collect::<Int64Array>()),
    ];
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    session.register("known", schema, vec![vec![batch]])?;
    Ok(())
}

fn texts(entries: &[KnownEntry], of: fn(&KnownEntry) -> Option<String>) -> ArrayRef {
    Arc::new(entries.iter().map(of).collect::<StringArray>())
}

/// The ids of remote sides, and of the entries that name them.
fn matches(list: &KnownList, peers: &[Vec<RecordBatch>]) -> Vec<(i32, i32)> {
    let mut found = Vec::new();
    if list.is_empty() {
        return found;
    }
    for batch in peers.iter().flatten() {
        let (Some(ids), Some(ips), Some(domains)) = (
            batch.column_by_name("address_id"),
            batch.column_by_name("source_ip"),
            batch.column_by_name("source_domain"),
        ) else {
            continue;
        };
        let ids = ids.as_primitive::<Int32Type>();
        let (ips, domains) = (ips.as_string::<i32>(), domains.as_string::<i32>());
        for row in 0..batch.num_rows() {
            let ip: Option<IpAddr> = (!ips.is_null(row))
                .then(|| ips.value(row).parse().ok())
                .flatten();
            let by_address = ip.into_iter().flat_map(|ip| list.of_address(ip));
            let domain = (!domains.is_null(row)).then(|| domains.value(row));
            let by_host = domain.into_iter().flat_map(|domain| list.of_host(domain));
            let entries = by_address.chain(by_host);
            found.extend(
                entries.map(|entry| (ids.value(row), i32::try_from(entry).unwrap_or(i32::MAX))),
            );
        }
    }
    found
}

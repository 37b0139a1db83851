//! What the reader promises beside its answer: few open files, a memory that doesn't grow with lines, and the same answer
//! however it is advanced.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use jiff::tz::TimeZone;
use rapsheet_parse::Input;

use super::*;

/// 2026-11-25 12:00 UTC.
const NOW: u64 = 1_795_608_000;

fn write(path: &Path, text: impl AsRef<[u8]>) {
    fs::write(path, text).unwrap();
    let file = File::options().append(true).open(path).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_secs(NOW))
        .unwrap();
}

fn options(folder: &Path, threads: usize) -> Options<'static> {
    Options {
        paths: vec![folder.to_owned()],
        journal: false,
        input: Input::Auto,
        timezone: TimeZone::UTC,
        show_timezone: TimeZone::UTC,
        year: None,
        since: None,
        until: None,
        threads,
        activity: true,
        facets: true,
        events: EventsWish::All { message: true },
        temporary: std::env::temp_dir(),
        now: i64::try_from(NOW).unwrap() * 1_000_000,
        hide_users: false,
        harmless: None,
        progress: &|_| {},
    }
}

/// A time of 2026, so many seconds after 1 January, as RFC 3339 has it.
fn at(seconds: u64) -> String {
    let from = jiff::civil::date(2026, 1, 1).at(0, 0, 0, 0);
    let time = from + jiff::SignedDuration::from_secs(i64::try_from(seconds).unwrap());
    format!("{}+00:00", time.strftime("%Y-%m-%dT%H:%M:%S"))
}

fn failed(seconds: u64, pid: u64) -> String {
    let (host, port) = (seconds / 60 % 200, 1024 + pid % 60_000);
    format!(
        "{} leaf sshd[{pid}]: Failed password for root from 192.0.2.{host} port {port} ssh2\n",
        at(seconds)
    )
}

fn found(seconds: u64) -> String {
    let (time, host) = (at(seconds), seconds / 60 % 200);
    let (day, clock) = (&time[..10], &time[11..19]);
    format!("{day} {clock},500 fail2ban.filter [9]: INFO [sshd] Found 192.0.2.{host}\n")
}

/// A server's logs over so many minutes: sshd's, a copy of it, and fail2ban's.
fn write_logs(folder: &Path, minutes: u64) {
    let (mut auth, mut watcher) = (String::new(), String::new());
    for minute in 0..minutes {
        auth += &failed(minute * 60, 1000 + minute);
        watcher += &found(minute * 60 + 1);
    }
    write(&folder.join("auth.log"), &auth);
    write(&folder.join("copy.log"), &auth);
    write(&folder.join("fail2ban.log"), &watcher);
}

/// What each source's lines became, and every event with its attempts, sorted.
fn answer(gathered: &Gathered) -> Vec<String> {
    let mut rows = Vec::new();
    for source in &gathered.coverage.sources {
        rows.push(format!(
            "{} {} {} {} {} {} {:?}",
            source.log_file_path,
            source.lines,
            source.events,
            source.understood,
            source.unknown,
            source.duplicates,
            source.span,
        ));
    }
    for batch in gathered.events.iter().flatten() {
        for row in 0..batch.num_rows() {
            let mut text = String::new();
            for (column, field) in batch.columns().iter().zip(batch.schema().fields()) {
                let column = match field.name().as_str() {
                    "timestamp" => {
                        &arrow::compute::cast(column, &arrow::datatypes::DataType::Int64).unwrap()
                    }
                    _ => column,
                };
                let value = arrow::util::display::array_value_to_string(column, row).unwrap();
                write!(text, "{value}|").unwrap();
            }
            rows.push(text);
        }
    }
    rows.sort();
    rows
}

fn remembered(reader: &Reader<'_>) -> usize {
    let mut scheduler = reader.shared.lock();
    scheduler
        .merge()
        .map_or(0, |merge| merge.resolver.remembered())
}

#[test]
fn what_is_remembered_does_not_grow_with_lines() {
    let most = |minutes| {
        let folder = tempfile::tempdir().unwrap();
        write_logs(folder.path(), minutes);
        let options = options(folder.path(), 2);
        let mut reader = Reader::new(&options);
        let mut most = 0;
        while reader.advance(1) {
            most = most.max(remembered(&reader));
        }
        let gathered = reader.finish();
        let (lines, events, ..) = gathered.coverage.totals();
        assert_eq!((lines, events), (3 * minutes, 2 * minutes));
        most
    };
    let (short, long) = (most(9_000), most(30_000));
    assert!(short > 50, "{short}");
    // Sessions are looked through when there are many; the rest is of the last minutes.
    assert!(long < 5_000 && long <= short.max(4_400), "{short} {long}");
}

#[test]
fn of_thousands_of_rotated_files_few_are_open_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let count = 5_000;
    for index in 0..count {
        // The youngest has the smallest number.
        let from = (count - index) * 3_600;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let text = failed(from, index) + &failed(from + 3_599, index);
        std::io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
        let path = folder.path().join(format!("auth.log.{}.gz", index + 1));
        write(&path, packed.finish().unwrap());
    }
    for threads in [1, 4] {
        let options = options(folder.path(), threads);
        let mut reader = Reader::new(&options);
        assert!(!reader.advance(u64::MAX));
        let most = reader.shared.lock().most_open;
        assert!(most <= threads + 2, "{most} with {threads} threads");
        let (lines, events, ..) = reader.finish().coverage.totals();
        assert_eq!((lines, events), (2 * count, 2 * count));
    }
}

#[test]
fn the_answer_is_the_same_however_it_is_advanced_and_by_how_many_threads() {
    let folder = tempfile::tempdir().unwrap();
    write_logs(folder.path(), 9_000);
    let run = |threads, chunks| {
        let options = options(folder.path(), threads);
        let mut reader = Reader::new(&options);
        while reader.advance(chunks) {}
        answer(&reader.finish())
    };
    let expected = run(1, u64::MAX);
    assert_eq!(expected.len(), 3 + 18_000);
    for (threads, chunks) in [(1, 1), (2, 1), (2, 2), (5, 3), (3, u64::MAX)] {
        assert!(run(threads, chunks) == expected, "{threads} {chunks}");
    }
}

#[test]
fn a_reader_that_was_saved_carries_on() {
    let folder = tempfile::tempdir().unwrap();
    write_logs(folder.path(), 9_000);
    // Lines that say something by what stands before them.
    let mut more = String::new();
    for index in 0..6_000 {
        let (time, pid) = (&at(index * 80), 50_000 + index / 7);
        let message = match index % 7 {
            0 => "Connection from 198.51.100.7 port 4022 on 192.0.2.1 port 22",
            1 => "Invalid user x from 198.51.100.7 port 4022",
            2 => "Failed password for invalid user x from 198.51.100.7 port 4022 ssh2",
            4 => "error: kex_exchange_identification: Connection closed by remote host",
            5 => "Accepted password for git from 198.51.100.7 port 4023 ssh2",
            _ => "something unknown",
        };
        more += &match index % 7 {
            3 => format!("{time} stem last message repeated 3 times\n"),
            _ => format!("{time} stem sshd[{pid}]: {message}\n"),
        };
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, more.as_bytes()).unwrap();
    write(&folder.path().join("stem.log.gz"), packed.finish().unwrap());
    let options = options(folder.path(), 2);
    let mut reader = Reader::new(&options);
    assert!(!reader.advance(u64::MAX));
    let expected = answer(&reader.finish());
    for steps in [1, 2, 3] {
        let mut events = Vec::new();
        let mut reader = Reader::new(&options);
        let mut stops = 0;
        while reader.advance(steps) {
            let (gathered, saved) = reader.stop();
            events.extend(gathered.events);
            let saved = serde_json::to_string(&saved.unwrap()).unwrap();
            reader = Reader::carry_on(&options, serde_json::from_str(&saved).unwrap());
            stops += 1;
        }
        let mut gathered = reader.finish();
        gathered.events.extend(events);
        let found = answer(&gathered);
        let mut pairs = found.iter().zip(&expected);
        assert_eq!(pairs.find(|(one, other)| one != other), None, "{steps}");
        assert_eq!(found.len(), expected.len(), "{steps}");
        assert!(stops > 1, "{stops}");
    }
}

#[test]
fn a_thread_that_fails_stops_the_others() {
    let folder = tempfile::tempdir().unwrap();
    write_logs(folder.path(), 9_000);
    let mut options = options(folder.path(), 3);
    options.progress = &|_| panic!("a defect");
    let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut reader = Reader::new(&options);
        reader.advance(u64::MAX)
    }));
    assert!(failed.is_err());
}

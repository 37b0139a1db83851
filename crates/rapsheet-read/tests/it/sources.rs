//! Sources that are not as they should be: holes, files without a time, folders that nobody may look into, long names.

use std::fs;

use rapsheet_read::Reader;

use crate::settling::{attempts, options, read, read_once, set_modified, write};

const LINE: &str =
    "Nov 20 10:00:00 leaf sshd[1]: Failed password for root from 192.0.2.1 port 22 ssh2\n";
const OTHER: &str =
    "Nov 20 11:00:00 leaf sshd[2]: Failed password for root from 192.0.2.2 port 22 ssh2\n";

#[test]
fn a_hole_in_a_log_hides_nothing() {
    for (name, before, hole) in [
        ("cut while its daemon wrote on", 0, 10_000),
        (
            "a hole that is longer than any look and any line",
            0,
            5_000_000,
        ),
        ("a crash", 3, 300),
        ("a crash", 400, 4096),
        ("a crash", 2, 3_000_000),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let text = [
            LINE.repeat(before).as_bytes(),
            &vec![0; hole],
            OTHER.as_bytes(),
            LINE.as_bytes(),
        ]
        .concat();
        write(&folder.path().join("auth.log"), text);
        let gathered = read(folder.path(), &["."]);
        let faults: Vec<String> = gathered.faults.iter().map(ToString::to_string).collect();
        assert!(faults.is_empty(), "{name}: {faults:?}");
        let lines = u64::try_from(before).unwrap() + 2;
        assert_eq!(gathered.coverage.totals(), (lines, lines, 0, 0), "{name}");
        assert_eq!(attempts(&gathered)["192.0.2.2"], 1, "{name}");
    }
}

#[test]
fn a_file_that_does_not_know_when_it_was_changed_is_of_the_present() {
    // What archives bear that are the same whenever they are made: 0, 1, and 1980.
    for modified in [0, 1, 315_532_800] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("auth.log");
        write(&path, LINE);
        set_modified(&path, modified);
        let gathered = read(folder.path(), &["auth.log"]);
        let (first, _) = gathered.coverage.sources[0].span.unwrap();
        assert_eq!(first, 1_795_168_800_000_000, "{modified}");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_nobody_may_look_into_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("auth.log"), LINE);
    let closed = folder.path().join("closed");
    write(&closed.join("auth.log"), OTHER);
    let allow = |mode| fs::set_permissions(&closed, fs::Permissions::from_mode(mode)).unwrap();
    allow(0o000);
    // The superuser may look into anything, so there is nothing to tell.
    let is_closed = fs::read_dir(&closed).is_err();
    let gathered = read(folder.path(), &["."]);
    let by_pattern = read(folder.path(), &["auth.log", "*/*.log"]);
    allow(0o700);
    for gathered in [gathered, by_pattern] {
        let faults: Vec<String> = gathered.faults.iter().map(ToString::to_string).collect();
        if is_closed {
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert!(faults[0].contains("closed` cannot be read"), "{faults:?}");
        } else {
            assert!(faults.is_empty(), "{faults:?}");
        }
        assert_eq!(attempts(&gathered)["192.0.2.1"], 1);
    }
}

#[test]
fn long_names_stay_whole_in_events_and_are_short_in_the_roll_up() {
    let path = format!("/.env/{}", "n".repeat(5000));
    let folder = tempfile::tempdir().unwrap();
    let line = format!(
        "192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] \"GET {path} HTTP/1.1\" 404 7 \"-\" \"-\"\n"
    );
    write(&folder.path().join("access.log"), line);
    let gathered = read(folder.path(), &["access.log"]);
    let text = |batch: &arrow::array::RecordBatch, column: &str| {
        let column = batch.column_by_name(column).unwrap();
        arrow::util::display::array_value_to_string(column, 0).unwrap()
    };
    let events = gathered.events.iter().flatten().next().unwrap();
    assert_eq!(text(events, "url_original"), path);
    let mut parts = gathered.activity.iter();
    let part = parts.find(|part| part.rows() > 0).unwrap();
    let every: Vec<usize> = (0..part.schema().fields().len()).collect();
    let rolled_up = text(&part.batch(0, &every).unwrap(), "url_path");
    assert_eq!(rolled_up, format!("{}…", &path[..512]));
}

#[test]
fn a_short_log_with_one_unknown_line_is_no_unknown_format() {
    let cron = "Nov 20 10:00:00 leaf CRON[7]: (root) CMD (x)\n";
    for (text, expected) in [
        (cron.repeat(8) + "some unknown line\n", 0),
        (cron.to_owned() + &"some unknown line\n".repeat(9), 1),
        ("some unknown line\n\n".repeat(4), 1),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("some.log"), &text);
        let faults = read(folder.path(), &["some.log"]).faults;
        assert_eq!(faults.len(), expected, "{faults:?}");
    }
}

#[cfg(unix)]
#[test]
fn links_to_folders_are_followed_and_lead_in_no_circle() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    write(&outside.path().join("auth.log"), LINE);
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("1/2/3/4/5/6/7/8/9/10/auth.log");
    write(&deep, OTHER);
    symlink(outside.path(), folder.path().join("a")).unwrap();
    symlink(outside.path(), folder.path().join("b")).unwrap();
    symlink(folder.path(), folder.path().join("1/circle")).unwrap();
    symlink("nowhere", folder.path().join("c")).unwrap();
    let gathered = read(folder.path(), &["."]);
    assert!(gathered.faults.is_empty(), "{:?}", gathered.faults);
    let found: Vec<(String, i64)> = attempts(&gathered).into_iter().collect();
    let expected = ["192.0.2.1", "192.0.2.2"].map(|ip| (ip.to_owned(), 1));
    assert_eq!(found, expected);

    // What lies too deep is told of.
    write(&folder.path().join("d/".repeat(40)).join("auth.log"), LINE);
    let faults: Vec<String> = read(folder.path(), &["."])
        .faults
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        faults.len() == 1 && faults[0].contains("folders deep"),
        "{faults:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_gives_the_same_years_as_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let line = |day: &str, pid| {
        LINE.replace("Nov 20 10:00:00", day)
            .replace("[1]", &format!("[{pid}]"))
    };
    let text = line("Dec 31 23:58:00", 1) + &line("Jan  1 00:01:00", 2);
    let (file, pipe) = (folder.path().join("auth.log"), folder.path().join("pipe"));
    write(&file, &text);
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let times = |gathered: &rapsheet_read::Gathered| {
        let spans = gathered.coverage.sources.iter().map(|source| source.span);
        spans.collect::<Vec<_>>()
    };
    let from_file = times(&read(folder.path(), &["auth.log"]));
    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::write(pipe, text).unwrap()
    });
    let from_pipe = times(&read_once(folder.path(), &["pipe"], 2));
    writer.join().unwrap();
    let (first, last) = from_file[0].unwrap();
    assert_eq!(last - first, 3 * 60 * 1_000_000);
    assert_eq!(from_pipe, from_file);
}

#[test]
fn a_folder_within_a_folder_that_was_named_is_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("auth.log"), LINE);
    write(&folder.path().join("nginx/other.log"), OTHER);
    for names in [[".", "nginx"], ["nginx", "."]] {
        let gathered = read(folder.path(), &names);
        let faults: Vec<String> = gathered.faults.iter().map(ToString::to_string).collect();
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(gathered.coverage.totals(), (2, 2, 0, 0));
    }
}

#[test]
fn an_access_log_is_of_the_server_that_its_name_or_its_neighbour_tells() {
    let access =
        "192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"curl\"\n";
    let errors = "2026/11/20 10:00:00 [error] 1#1: *3 access forbidden by rule, client: 192.0.2.9, server: x\n";
    let folder = tempfile::tempdir().unwrap();
    let names = [
        "a/nginx/site.log",
        "b/httpd/site.log",
        "c/access.log",
        "d/access.log",
        "e/access_log",
    ];
    for (number, name) in names.into_iter().enumerate() {
        // Not the same line everywhere, for that would be a copy.
        let line = access.replace("192.0.2.1", &format!("192.0.2.2{number}"));
        write(&folder.path().join(name), line);
    }
    write(&folder.path().join("d/error.log"), errors);
    let gathered = read(
        folder.path(),
        &["a", "b", "c", "d/access.log", "d/error.log", "e"],
    );
    let found: Vec<(String, String)> = gathered
        .coverage
        .sources
        .iter()
        .map(|source| {
            let path = std::path::Path::new(&source.log_file_path);
            let name = path.strip_prefix(folder.path()).unwrap();
            (name.display().to_string(), source.event_dataset().unwrap())
        })
        .collect();
    let expected = [
        ("a/nginx/site.log", "nginx.access"),
        ("b/httpd/site.log", "apache.access"),
        ("c/access.log", "web.access"),
        ("d/access.log", "nginx.access"),
        ("e/access_log", "apache.access"),
        ("d/error.log", "nginx.error"),
    ];
    let expected = expected.map(|(name, dataset)| (name.to_owned(), dataset.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn a_file_that_is_rotated_between_the_look_and_the_read_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.log");
    write(&path, LINE);
    let options = options(folder.path(), &["."], 1);
    let reader = || Reader::new(&options);
    for is_there_a_new_one in [true, false] {
        let mut reader = reader();
        let next = folder.path().join("auth.log.1");
        fs::rename(&path, &next).unwrap();
        if is_there_a_new_one {
            write(&path, OTHER);
        }
        while reader.advance(1) {}
        let gathered = reader.finish();
        let faults: Vec<String> = gathered.faults.iter().map(ToString::to_string).collect();
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(attempts(&gathered)["192.0.2.1"], 1);
        fs::rename(&next, &path).unwrap();
    }
    // One that was cut and written anew is told of.
    let mut reader = reader();
    fs::write(&path, &OTHER[..20]).unwrap();
    while reader.advance(1) {}
    let fault = reader.finish().faults[0].to_string();
    assert!(fault.contains("auth.log"), "{fault}");
}

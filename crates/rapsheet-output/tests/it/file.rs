//! Files that are whole or not there.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use rapsheet_output::{Error, Format, FormatOptions, OutputFile, open};

use crate::batches::{hostile, texts};

fn names(directory: &Path) -> Vec<String> {
    let found = fs::read_dir(directory).unwrap();
    let name = |found: io::Result<fs::DirEntry>| found.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = found.map(name).collect();
    names.sort();
    names
}

#[test]
fn appears_at_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.csv");
    fs::write(&path, "before").unwrap();
    let mut file = OutputFile::create(&path).unwrap();
    let batch = hostile();
    let mut writer = open(
        Format::Csv,
        &batch.schema(),
        &mut file,
        &FormatOptions::default(),
    )
    .unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "before");
    file.commit().unwrap();
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .starts_with("timestamp,user_name")
    );
    assert_eq!(names(directory.path()), ["out.csv"]);
}

#[test]
fn a_failure_midway_leaves_nothing() {
    for format in Format::ALL {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        let batch = hostile();
        let failed = (|| {
            let mut file = OutputFile::create(&path)?;
            let mut writer = open(
                format,
                &batch.schema(),
                &mut file,
                &FormatOptions::default(),
            )?;
            writer.write(&batch)?;
            writer.write(&texts(&[Some("another shape")]))?;
            writer.finish()?;
            file.commit()
        })();
        assert!(
            matches!(failed, Err(Error::Columns { .. })),
            "{format}: {failed:?}"
        );
        assert_eq!(names(directory.path()), [""; 0], "{format}");
    }
}

/// A sink that takes a few bytes and then fails.
struct Failing {
    room: usize,
    kind: io::ErrorKind,
}

impl Write for Failing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.room {
            return Err(self.kind.into());
        }
        self.room -= bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_sink_that_fails_is_told_in_every_format() {
    let batch = hostile();
    for format in Format::ALL {
        for room in [0, 20] {
            for kind in [io::ErrorKind::BrokenPipe, io::ErrorKind::StorageFull] {
                let mut sink = Failing { room, kind };
                let failed = (|| {
                    let mut writer = open(
                        format,
                        &batch.schema(),
                        &mut sink,
                        &FormatOptions::default(),
                    )?;
                    writer.write(&batch)?;
                    writer.finish()
                })();
                let error = failed.expect_err("a sink without room");
                match kind {
                    io::ErrorKind::BrokenPipe => {
                        assert!(matches!(error, Error::BrokenPipe), "{format}: {error:?}");
                    }
                    _ => {
                        assert!(matches!(error, Error::Write(_)), "{format}: {error:?}");
                        assert!(error.hint().is_some(), "{format}: {error:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn directories_and_lost_places_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let error = OutputFile::create(directory.path()).unwrap_err();
    assert!(matches!(error, Error::Directory { .. }), "{error:?}");
    let path = directory.path().join("no/such/out.csv");
    let error = OutputFile::create(&path).unwrap_err();
    let message = error.to_string();
    assert!(message.contains(path.to_str().unwrap()), "{message}");
    assert!(!message.contains(".rapsheet-"), "{message}");
    assert!(error.hint().is_some(), "{message}");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn links_and_rights_stay() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.csv");
        let link = directory.path().join("link.csv");
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("out.csv", &link).unwrap();
        let mut file = OutputFile::create(&link).unwrap();
        file.write_all(b"after").unwrap();
        file.commit().unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert_eq!(names(directory.path()), ["link.csv", "out.csv"]);
    }

    #[test]
    fn a_link_to_nothing_makes_its_file() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("link.csv");
        symlink("new.csv", &link).unwrap();
        let mut file = OutputFile::create(&link).unwrap();
        file.write_all(b"text").unwrap();
        file.commit().unwrap();
        assert!(link.is_symlink());
        assert_eq!(names(directory.path()), ["link.csv", "new.csv"]);
    }

    #[test]
    fn devices_are_written_straight() {
        let mut file = OutputFile::create(Path::new("/dev/null")).unwrap();
        file.write_all(b"gone").unwrap();
        file.commit().unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_names_the_file_and_a_way_out() {
        let mut file = OutputFile::create(Path::new("/dev/full")).unwrap();
        file.write_all(b"too much").unwrap();
        let error = file.commit().unwrap_err();
        let message = error.to_string();
        assert!(message.contains("/dev/full"), "{message}");
        assert!(
            message.to_lowercase().contains("no space left"),
            "{message}"
        );
        assert!(error.hint().unwrap().contains("free some space"));
        let mut file = OutputFile::create(Path::new("/dev/full")).unwrap();
        let wide = "x".repeat(1 << 20);
        let batch = texts(&[Some(&wide)]);
        let mut writer = open(
            Format::Csv,
            &batch.schema(),
            &mut file,
            &FormatOptions::default(),
        )
        .unwrap();
        let error = writer
            .write(&batch)
            .and_then(|()| writer.finish().map(drop))
            .unwrap_err();
        let message = error.to_string();
        assert!(message.contains("/dev/full"), "{message}");
        assert!(error.hint().is_some());
    }
}

#[test]
fn formats_have_names_and_extensions() {
    for format in Format::ALL {
        assert_eq!(format.to_string().parse(), Ok(format));
    }
    let error = "xlsx".parse::<Format>().unwrap_err();
    assert!(
        error.to_string().contains("`xlsx`: expected csv, json"),
        "{error}"
    );
    let of = |name: &str| Format::from_extension(Path::new(name));
    assert_eq!(of("out.CSV"), Some(Format::Csv));
    assert_eq!(of("a.b/out.jsonl"), Some(Format::Ndjson));
    assert_eq!(of("out.feather"), Some(Format::Arrow));
    assert_eq!(of("out"), None);
    assert_eq!(of("csv"), None);
}

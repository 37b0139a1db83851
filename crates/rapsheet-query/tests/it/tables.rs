//! Tables from memory and from files, and answers that come batch after batch.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use rapsheet_query::{Session, SessionOptions};

use crate::rows::{server, session, sql, tables};

fn write(folder: &Path, name: &str, batch: &RecordBatch) -> PathBuf {
    let path = folder.join(name);
    let mut writer =
        ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    path
}

#[test]
fn rows_in_files_count_as_rows_in_memory() {
    const QUESTION: &str =
        "SELECT source_ip, attempts, events, threat_reasons FROM addresses ORDER BY source_ip";
    let rows = server();
    let expected = sql(&session(&rows), QUESTION);
    let folder = tempfile::tempdir().unwrap();
    let (mixed, files) = (
        Session::new(&SessionOptions::default()).unwrap(),
        Session::new(&SessionOptions::default()).unwrap(),
    );
    for (name, batch) in tables(&rows) {
        // A name that needs care where a path is taken for an address on the web.
        let third = batch.num_rows() / 3;
        let one = write(
            folder.path(),
            &format!("{name} 1 #%.parquet"),
            &batch.slice(0, third),
        );
        let two = write(
            folder.path(),
            &format!("{name}-2.parquet"),
            &batch.slice(third, third),
        );
        let rest = batch.slice(2 * third, batch.num_rows() - 2 * third);
        mixed
            .register_parts(name, rest.schema(), vec![vec![rest]], &[one, two])
            .unwrap();
        let all = write(folder.path(), &format!("{name}-all.parquet"), &batch);
        files
            .register_parquet(name, batch.schema(), &[all])
            .unwrap();
    }
    assert_eq!(sql(&mixed, QUESTION), expected);
    assert_eq!(sql(&files, QUESTION), expected);
}

#[test]
fn a_stream_gives_every_row_and_knows_its_columns() {
    let session = session(&server());
    let stream = session.stream("SELECT source_ip FROM addresses").unwrap();
    assert_eq!(stream.schema().field(0).name(), "source_ip");
    let rows: usize = stream.map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(rows, 9);
    assert!(
        session
            .columns_of("findings")
            .unwrap()
            .contains(&"severity".to_owned())
    );
    assert!(session.table_names().contains(&"bans".to_owned()));
}

//! Tables from memory and from files, and answers that come batch after batch.

use std::fs::File;
use std::path::{Path, PathBuf};

use datafusion::parquet::arrow::ArrowWriter;
use rapsheet_query::{Session, SessionOptions};

use crate::made::{Row, batch, server, session, sql};

fn write(folder: &Path, name: &str, rows: &[Row]) -> PathBuf {
    let batch = batch(rows);
    let path = folder.join(name);
    let mut writer =
        ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
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
    // A name that needs care where a path is taken for an address on the web.
    let one = write(folder.path(), "part 1 #%.parquet", &rows[..5]);
    let two = write(folder.path(), "part-2.parquet", &rows[5..9]);
    let rest = batch(&rows[9..]);
    let mixed = Session::new(&SessionOptions::default()).unwrap();
    mixed
        .register_parts("activity", rest.schema(), vec![vec![rest]], &[one, two])
        .unwrap();
    assert_eq!(sql(&mixed, QUESTION), expected);

    let all = write(folder.path(), "all.parquet", &rows);
    let files = Session::new(&SessionOptions::default()).unwrap();
    files
        .register_parquet("activity", batch(&[]).schema(), &[all])
        .unwrap();
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

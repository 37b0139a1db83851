//! The pages of `docs/commands/` are what the definitions of `--help` say.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::program::rapsheet;

fn pages(folder: &Path) -> BTreeMap<String, String> {
    let files = fs::read_dir(folder).map(|entries| entries.flatten().collect());
    let files: Vec<fs::DirEntry> = files.unwrap_or_default();
    let page = |file: fs::DirEntry| {
        (
            file.file_name().to_string_lossy().into_owned(),
            fs::read_to_string(file.path()).unwrap(),
        )
    };
    files.into_iter().map(page).collect()
}

#[test]
fn the_pages_of_commands_are_up_to_date() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands");
    let made = tempfile::tempdir().unwrap();
    let outcome = rapsheet(made.path(), &["manual", "--format", "markdown", "."]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let made = pages(made.path());
    assert!(made.contains_key("rapsheet-show.md"), "{:?}", made.keys());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let _ = fs::remove_dir_all(&kept);
        fs::create_dir_all(&kept).unwrap();
        for (name, text) in &made {
            fs::write(kept.join(name), text).unwrap();
        }
    }
    let kept = pages(&kept);
    assert_eq!(
        made.keys().collect::<Vec<_>>(),
        kept.keys().collect::<Vec<_>>(),
        "write them anew with `UPDATE_DOCS=1 cargo test --workspace the_pages_of_commands`"
    );
    for (name, text) in &made {
        assert_eq!(
            text, &kept[name],
            "docs/commands/{name} is old: write it anew with `UPDATE_DOCS=1 cargo test --workspace the_pages_of_commands`"
        );
    }
}

#[test]
fn man_pages_are_written() {
    let made = tempfile::tempdir().unwrap();
    let outcome = rapsheet(made.path(), &["manual", "."]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let made = pages(made.path());
    assert!(
        made["rapsheet.1"].contains(".TH rapsheet"),
        "{}",
        made["rapsheet.1"]
    );
    assert!(
        made["rapsheet-show.1"].contains("\\-\\-evidence"),
        "{}",
        made["rapsheet-show.1"]
    );
}

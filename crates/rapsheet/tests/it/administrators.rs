//! Typical servers: what the program says beside what their administrators would, as snapshots that a person can judge.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use rapsheet_sample::administrators::administrators;

use crate::program::rapsheet;

#[test]
fn the_summary_says_what_an_administrator_would_say() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let servers = administrators(i64::try_from(now.as_secs()).unwrap());
    for server in &servers {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in &server.files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut arguments = vec![".", "--timezone", "UTC", "--no-geo"];
        arguments.extend(&server.arguments);
        let outcome = rapsheet(folder.path(), &arguments);
        assert_eq!(outcome.code, 0, "{}: {}", server.name, outcome.stderr);
        assert!(outcome.stdout.lines().count() <= 30, "{}", outcome.stdout);
        let shown = arguments.join(" ");
        let page = format!(
            "By hand: {}\n\n$ rapsheet {shown}\n{}",
            server.sentence, outcome.stdout
        );
        let mut settings = insta::Settings::clone_current();
        if server.arguments.contains(&"--last") {
            // That story ends now.
            settings.add_filter(r"[0-9]{4}-[0-9]{2}-[0-9]{2} ?[0-9:]*", "[time]");
        }
        settings.bind(|| insta::assert_snapshot!(server.name, page));
    }
}

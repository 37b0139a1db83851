//! The tests of the reader.

#![allow(
    clippy::too_many_lines,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod echo;
mod enclosed;
mod facts;
mod fail2ban_database;
mod fail2ban_file;
mod framing;
mod harmless;
mod http_logins;
mod order;
mod real_fail2ban;
mod sessions;
mod settling;
mod sources;
mod unread_logins;
mod zone_skew;

/// Finds the corpus; says so where it is absent.
fn corpus() -> Option<std::path::PathBuf> {
    let path = std::env::var_os("RAPSHEET_CORPUS").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        Into::into,
    );
    if path.is_dir() {
        return Some(path);
    }
    let required = std::env::var("RAPSHEET_REQUIRE_CORPUS").is_ok_and(|value| value == "1");
    assert!(!required, "no corpus at `{}`", path.display());
    println!("skipped: no corpus");
    None
}

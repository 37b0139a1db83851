//! Runs the program with nothing of this machine in its environment.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a run gave.
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `rapsheet` with these arguments in a folder.
pub(crate) fn rapsheet(folder: &Path, arguments: &[&str]) -> Outcome {
    outcome(command(folder, arguments).output().unwrap())
}

/// The same with these variables, and with text on standard input.
pub(crate) fn rapsheet_with(
    folder: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
    stdin: &str,
) -> Outcome {
    let mut child = command(folder, arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    outcome(child.wait_with_output().unwrap())
}

/// The program with these arguments, in a folder that is its home.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rapsheet"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("TMPDIR", std::env::temp_dir())
        .env("TZ", "UTC")
        .env("LANG", "C.UTF-8");
    command
}

fn outcome(output: Output) -> Outcome {
    Outcome {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs SQL and returns its CSV without the heading.
pub(crate) fn sql(folder: &Path, query: &str, more: &[&str]) -> Vec<String> {
    let mut arguments = vec!["sql", query];
    arguments.extend(more);
    let outcome = rapsheet(folder, &arguments);
    assert!(outcome.code < 2, "{query}: {}", outcome.stderr);
    outcome.stdout.lines().skip(1).map(str::to_owned).collect()
}

/// The folder of real logs, where there is one.
pub(crate) fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("RAPSHEET_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        PathBuf::from,
    );
    if folder.is_dir() {
        return folder.canonicalize().ok();
    }
    assert!(
        std::env::var("RAPSHEET_REQUIRE_CORPUS").is_err(),
        "no corpus at {}",
        folder.display()
    );
    eprintln!("skipped: no corpus");
    None
}

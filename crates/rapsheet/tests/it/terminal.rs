//! `rapsheet enrich` on a terminal, which `script` of util-linux gives it: the question, and the progress.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rapsheet_fake::FakeServer;
use rapsheet_fake::service::{ACCOUNT, KEY, answer};

fn script(line: &str) -> Command {
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", line, "/dev/null"]);
    script
}

/// Whether `script` is there and the system lets it open a terminal; a chroot without `/dev/pts` does not.
fn gives_terminals() -> bool {
    let works = script("test -t 0").stdin(Stdio::null()).output();
    let given = works.as_ref().is_ok_and(|output| output.status.success());
    if !given {
        eprintln!("skipped: `script` gives no terminal: {works:?}");
    }
    given
}

/// Runs `enrich` about 40 addresses on a terminal of 100 columns, where somebody answers with these keys. Returns the exit code and all that
/// was drawn; `None` where no terminal is to be had.
fn typed(folder: &Path, server: &FakeServer, more: &str, keys: &str) -> Option<(i32, String)> {
    if !gives_terminals() {
        return None;
    }
    let lines: String = (1..=40).map(|n| format!("81.2.{n}.1\n")).collect();
    std::fs::write(folder.join("ips.txt"), lines).unwrap();
    let line = format!(
        "stty cols 100 rows 30; exec '{}' enrich --ips ips.txt --service insights --concurrency 4 --host {} {more}",
        env!("CARGO_BIN_EXE_rapsheet"),
        server.url()
    );
    let mut child = script(&line)
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", folder)
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .env("MAXMIND_ACCOUNT_ID", ACCOUNT)
        .env("MAXMIND_LICENSE_KEY", KEY)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keyboard = child.stdin.take();
    let mut screen = child.stdout.take().unwrap();
    let mut drawn = Vec::new();
    let mut part = [0; 4096];
    loop {
        let read = screen.read(&mut part).unwrap();
        if read == 0 {
            break;
        }
        drawn.extend_from_slice(&part[..read]);
        // People answer when they are asked. Without a key the keyboard is closed, which ends the input.
        if drawn.ends_with(b"[y/N] ")
            && let Some(mut keyboard) = keyboard.take()
        {
            keyboard.write_all(keys.as_bytes()).unwrap();
        }
    }
    drop(keyboard);
    let code = child.wait().unwrap().code().unwrap();
    let drawn = String::from_utf8(drawn).unwrap();
    Some((code, drawn.replace("\r\n", "\n")))
}

#[test]
fn yes_asks_and_the_progress_is_drawn() {
    let server = FakeServer::start(|request| answer(request, 32).after(Duration::from_millis(30)));
    let folder = tempfile::tempdir().unwrap();
    let Some((code, drawn)) = typed(folder.path(), &server, "", "y\n") else {
        return;
    };
    assert_eq!(code, 0, "{drawn}");
    assert_eq!(server.seen().len(), 40);
    assert!(
        drawn.contains("ask about 40 addresses, for 0.08 USD (price of "),
        "{drawn}"
    );
    // Somewhere on the way: done of all, rate, spent, failed, time left.
    let question = drawn.lines().find(|line| line.contains("[y/N]"));
    assert!(
        question
            .unwrap()
            .contains(", and with the reserve never more than 0.088 USD? [y/N] "),
        "{drawn}"
    );
    let middle = drawn.split('\r').find(|line| {
        let parts = [
            "/40 ",
            " a second, ",
            " USD spent, ",
            " failed, ",
            " s left",
        ];
        parts.iter().all(|part| line.contains(part))
    });
    assert!(middle.is_some(), "{drawn}");
    let last = drawn.lines().rev().find(|line| line.contains("answered"));
    assert!(last.unwrap().contains("40 of 40: 40 answered"), "{drawn}");
}

#[test]
fn whatever_is_not_yes_sends_nothing() {
    let server = FakeServer::start(|request| answer(request, 32));
    let folder = tempfile::tempdir().unwrap();
    for keys in ["n\n", "\n", "", "perhaps\n"] {
        let Some((code, drawn)) = typed(folder.path(), &server, "", keys) else {
            return;
        };
        assert_eq!(code, 2, "{keys:?}: {drawn}");
        let last = drawn.lines().next_back();
        assert_eq!(last, Some("error: nothing was sent"), "{keys:?}: {drawn}");
    }
    assert!(server.seen().is_empty());
}

#[test]
fn the_question_names_what_the_budget_allows_and_dry_run_asks_none() {
    let server = FakeServer::start(|request| answer(request, 32));
    let folder = tempfile::tempdir().unwrap();
    let Some((_, drawn)) = typed(folder.path(), &server, "--budget 0.01", "n\n") else {
        return;
    };
    assert!(
        drawn.contains(
            "the budget of 0.01 USD is enough for 5 of 40 addresses, which cost 0.08 USD "
        ),
        "{drawn}"
    );
    assert!(drawn.contains(": ask as far as it goes? [y/N] "), "{drawn}");
    let (code, drawn) = typed(folder.path(), &server, "--dry-run", "").unwrap();
    assert_eq!(code, 0, "{drawn}");
    assert!(!drawn.contains("[y/N]"), "{drawn}");
    assert!(server.seen().is_empty());
}

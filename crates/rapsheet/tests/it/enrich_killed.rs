//! `enrich` killed at any moment: nothing is lost, and no more is at risk than was under way. `RAPSHEET_KILL_ROUNDS=300` kills it as
//! often.

use std::collections::HashSet;
use std::time::Duration;

use rapsheet_fake::FakeServer;
use rapsheet_fake::service::{answer, asked};

use crate::enrich::{answers, start, times_asked, write_addresses};

/// How many requests of a killed run may be at risk: as many as are under way at once.
const AT_ONCE: usize = 4;

/// How often runs are killed: few times as a rule, as many as wanted by hand.
fn rounds(variable: &str, usual: u64) -> u64 {
    let wanted = std::env::var(variable).ok();
    wanted.map_or(usual, |wanted| wanted.parse().unwrap())
}

#[test]
fn killed_again_and_again_nothing_is_lost_and_nothing_that_is_kept_is_asked_twice() {
    let rounds = rounds("RAPSHEET_KILL_ROUNDS", 40);
    // Slow enough that even two hundred runs leave something to ask.
    let server = FakeServer::start(|request| answer(request, 32).after(Duration::from_millis(40)));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let all = u32::try_from(rounds * 15).unwrap();
    write_addresses(folder, all);
    let mut known: HashSet<String> = HashSet::new();
    let mut killed = 0_u64;
    for run in 0..rounds {
        let before = server.seen().len();
        let mut child = start(
            folder,
            &server,
            &["--service", "insights", "--yes", "--concurrency", "4"],
        );
        // Moments all over a run, from before it has begun to far into it.
        std::thread::sleep(Duration::from_millis(20 + run * 7 % 230));
        if child.try_wait().unwrap().is_none() {
            killed += 1;
        }
        let _ = child.kill();
        child.wait().unwrap();
        // What lies in a socket yet belongs to this run.
        std::thread::sleep(Duration::from_millis(10));
        let kept = answers(folder);
        let mut at_risk = 0;
        for seen in &server.seen()[before..] {
            let (_, ip) = asked(&seen.request).unwrap();
            assert!(
                !known.contains(&ip.to_string()),
                "run {run} asks for {ip}, which is kept"
            );
            at_risk += usize::from(!kept.contains(&ip.to_string()));
        }
        assert!(at_risk <= AT_ONCE, "run {run} left {at_risk} at risk");
        assert!(known.is_subset(&kept), "run {run} lost answers");
        known = kept;
    }
    assert!(killed * 4 > rounds * 3, "{killed} of {rounds} were killed");
    let child = start(
        folder,
        &server,
        &["--service", "insights", "--yes", "--concurrency", "32"],
    );
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(answers(folder).len(), all as usize);
    // What was under way at a kill, or answered and not written yet, may have been asked again.
    let twice: usize = times_asked(&server).values().map(|times| times - 1).sum();
    assert!(twice as u64 <= killed * AT_ONCE as u64, "{twice}");
    let left: Vec<_> = std::fs::read_dir(folder.join(".local/share/rapsheet"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".run-"))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "locks of dead runs");
}

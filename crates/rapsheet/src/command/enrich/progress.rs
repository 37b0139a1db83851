//! Asking the web service, with its progress.

use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use rapsheet_geo::{Amount, AskOptions, AskPlan, Cache, Credentials, Interrupt, Tally, ask};
use rapsheet_output::number::count;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::CommonArguments;
use crate::printer::Printer;
use crate::terminal::shows_progress;

/// How often a line tells of the progress where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// What the progress shows.
#[derive(Clone, Copy, Default)]
struct Progress {
    done: usize,
    failed: usize,
    answered: usize,
    spent: Amount,
}

/// Asks, and shows the progress: as a bar on a terminal, else as a line now and then.
pub(super) fn ask_watched(
    cache: Cache,
    plan: &AskPlan,
    credentials: &Credentials,
    options: &AskOptions,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<Tally> {
    let shown = Arc::new(Mutex::new((Progress::default(), Vec::new())));
    let seen = Arc::clone(&shown);
    let watch = Arc::new(move |tally: &Tally| {
        if let Ok(mut shown) = seen.lock() {
            shown.0 = Progress {
                done: tally.done(),
                failed: tally.failed.len(),
                answered: tally.answered,
                spent: tally.spent,
            };
            let told = shown.1.len();
            shown.1.extend(tally.notes.iter().skip(told).cloned());
        }
    });
    let signals = watch_signals(options.interrupt.clone());
    let bar = shows_progress(common).then(|| {
        let bar = ProgressBar::new(plan.ask.len() as u64);
        let style = ProgressStyle::with_template("{pos}/{len} {wide_bar} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar
    });
    let begun = Instant::now();
    let tally = std::thread::scope(|scope| {
        let asking = scope.spawn(|| ask(cache, &plan.ask, credentials, options, watch));
        let mut told = Instant::now();
        let mut notes = 0;
        let say = |note: &str| match &bar {
            Some(bar) => bar.suspend(|| printer.note(note)),
            None => printer.note(note),
        };
        let mut look = || {
            let (now, new) = match shown.lock() {
                Ok(shown) => (shown.0, shown.1[notes..].to_vec()),
                Err(_) => (Progress::default(), Vec::new()),
            };
            notes += new.len();
            new.iter().for_each(|note| say(note));
            signals.try_iter().for_each(say);
            now
        };
        while !asking.is_finished() {
            std::thread::sleep(Duration::from_millis(20));
            let now = look();
            if let Some(bar) = &bar {
                bar.set_message(pace(now, plan.ask.len(), begun.elapsed()));
                bar.set_position(now.done as u64);
            } else if told.elapsed() >= LINE_EVERY {
                told = Instant::now();
                printer.note(&line_of(now, plan.ask.len(), begun.elapsed()));
            }
        }
        look();
        asking.join()
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    match tally {
        Ok(tally) => Ok(tally?),
        Err(_) => bail!("asking broke off"),
    }
}

/// Passes Ctrl-C, and what a service manager ends programs with, on to the run; returns what to say each time.
fn watch_signals(interrupt: Interrupt) -> mpsc::Receiver<&'static str> {
    let (sender, said) = mpsc::channel();
    // Where signals can't be watched, they end the run as they end any program: what came is kept.
    let _ = std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                let terminate = SignalKind::terminate();
                let (Ok(mut interrupted), Ok(mut ended)) =
                    (signal(SignalKind::interrupt()), signal(terminate))
                else {
                    return;
                };
                loop {
                    tokio::select! {
                        _ = interrupted.recv() => {}
                        _ = ended.recv() => {}
                    }
                    let _ = sender.send(match interrupt.ask() {
                        0 => "stopping: waits for the requests that are under way (Ctrl-C again: waits for none)",
                        _ => "stopping at once: requests that are under way may be billed",
                    });
                }
            });
        });
    said
}

fn line_of(now: Progress, all: usize, since: Duration) -> String {
    format!(
        "{} of {} done, {} answered, {}",
        count(now.done as u64),
        count(all as u64),
        count(now.answered as u64),
        pace(now, all, since),
    )
}

/// How fast it goes, what it cost, and how long it takes if it goes on like that.
fn pace(now: Progress, all: usize, since: Duration) -> String {
    let seconds = since.as_secs_f64().max(0.001);
    let left = match (now.done, all.saturating_sub(now.done)) {
        (0, _) => "waiting".to_owned(),
        (done, left) => match (seconds * left as f64 / done as f64).ceil() as u64 {
            seconds @ 0..120 => format!("{seconds} s left"),
            seconds @ 120..7_200 => format!("{} min left", seconds.div_ceil(60)),
            seconds => format!("{} h left", seconds.div_ceil(3_600)),
        },
    };
    format!(
        "{:.1} a second, {} spent, {} failed, {left}",
        now.done as f64 / seconds,
        now.spent,
        count(now.failed as u64),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_how_it_goes() {
        let now = Progress {
            done: 1_200,
            failed: 3,
            answered: 1_197,
            spent: Amount::parse("2.394").unwrap(),
        };
        assert_eq!(
            line_of(now, 5_000, Duration::from_secs(60)),
            "1,200 of 5,000 done, 1,197 answered, 20.0 a second, 2.394 USD spent, 3 failed, 4 min left"
        );
        let nothing = pace(Progress::default(), 10, Duration::ZERO);
        assert_eq!(nothing, "0.0 a second, 0.00 USD spent, 0 failed, waiting");
        let nearly = Progress { done: 9, ..now };
        assert!(pace(nearly, 10, Duration::from_secs(9)).ends_with("1 s left"));
        let all = Progress { done: 10, ..now };
        assert!(pace(all, 10, Duration::from_secs(9)).ends_with("0 s left"));
    }
}

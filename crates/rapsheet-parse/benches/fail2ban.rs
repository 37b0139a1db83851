//! How fast fail2ban's log is read. The answer is asserted, so that a fast wrong reading fails.
#![allow(missing_docs, clippy::unwrap_used)]

mod measure;

use criterion::{Criterion, criterion_group, criterion_main};
use rapsheet_schema::Action;

use measure::{measure, read, sample};

fn fail2ban(criterion: &mut Criterion) {
    let (text, expected) = sample(rapsheet_sample::fail2ban_log);
    let mut group = criterion.benchmark_group("fail2ban");
    measure(&mut group, "log", text.as_str(), read, |tally| {
        assert_eq!(tally.lines(), expected.lines);
        assert_eq!(tally.action(Action::Found), expected.found);
        assert_eq!(tally.action(Action::Ban), expected.bans);
        assert_eq!(tally.action(Action::Unban), expected.unbans);
        assert_eq!(tally.no_address, expected.other_lines);
        assert_eq!(tally.unknown, 0);
    });
    group.finish();
}

criterion_group!(benches, fail2ban);
criterion_main!(benches);

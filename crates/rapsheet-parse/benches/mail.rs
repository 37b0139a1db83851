//! How fast the logs of mail servers are read. The answer is asserted, so that a fast wrong reading fails.
#![allow(missing_docs, clippy::unwrap_used)]

mod measure;

use std::fmt::Write as _;

use criterion::{Criterion, criterion_group, criterion_main};
use rapsheet_schema::{Action, Reason};

use measure::{LINES, measure, read};

/// Lines of a connection that fails, and of one that works.
const ROUND: u64 = 5;

/// Dovecot's lines: of each five, two tell of a login that failed, one of one that worked, one of its end, and one of a mail.
fn dovecot() -> String {
    let mut out = String::new();
    for round in 0..LINES / ROUND {
        let address = format!("203.0.113.{}", round % 256);
        let head = "Feb  3 00:00:09 bench dovecot";
        let _ = writeln!(
            out,
            "{head}: auth: passwd-file(info@example.org,{address},<fz2BwdpbqNg7mREh>): unknown user"
        );
        let _ = writeln!(
            out,
            "{head}: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<info@example.org>, method=PLAIN, rip={address}, lip=192.0.2.1, TLS, session=<fz2BwdpbqNg7mREh>"
        );
        let _ = writeln!(
            out,
            "{head}: imap-login: Login: user=<alice@example.org>, method=PLAIN, rip={address}, lip=192.0.2.1, mpid={round}, TLS, session=<q454Xu/vMwBZApgg>"
        );
        let _ = writeln!(
            out,
            "{head}: imap(alice@example.org)<{round}><q454Xu/vMwBZApgg>: Disconnected: Logged out in=477 out=2671 deleted=0 expunged=0"
        );
        let _ = writeln!(
            out,
            "{head}: lmtp(alice@example.org)<{round}><abcd>: msgid=<{round}@example.org>: saved mail to INBOX"
        );
    }
    out
}

/// Postfix' lines: of each five, one tells of a login that failed, one of one that worked, and one of a connection.
fn postfix() -> String {
    let mut out = String::new();
    for round in 0..LINES / ROUND {
        let client = format!("unknown[203.0.113.{}]", round % 256);
        let head = "Feb  3 00:00:09 bench postfix";
        let _ = writeln!(
            out,
            "{head}/submission/smtpd[{round}]: connect from {client}"
        );
        let _ = writeln!(
            out,
            "{head}/submission/smtpd[{round}]: warning: {client}: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=info@example.org"
        );
        let _ = writeln!(
            out,
            "{head}/submission/smtpd[{round}]: 4F2AC0{round:04}: client={client}, sasl_method=PLAIN, sasl_username=alice@example.org"
        );
        let _ = writeln!(
            out,
            "{head}/qmgr[7]: 4F2AC0{round:04}: from=<alice@example.org>, size=5120, nrcpt=1 (queue active)"
        );
        let _ = writeln!(
            out,
            "{head}/smtpd[{round}]: NOQUEUE: reject: RCPT from {client}: 554 5.7.1 <x@example.net>: Relay access denied; from=<y@example.net> to=<x@example.net> proto=ESMTP helo=<y>"
        );
    }
    out
}

fn mail(criterion: &mut Criterion) {
    let rounds = LINES / ROUND;
    let mut group = criterion.benchmark_group("mail");
    let text = dovecot();
    measure(&mut group, "dovecot", text.as_str(), read, |tally| {
        assert_eq!(tally.lines(), LINES);
        assert_eq!(tally.logins, rounds);
        assert_eq!(tally.reason(Reason::InvalidUser), rounds);
        assert_eq!(tally.attempts(Reason::FailedPassword), rounds);
        assert_eq!(tally.action(Action::SessionClose), rounds);
        assert_eq!(tally.no_address, rounds);
    });
    let text = postfix();
    measure(&mut group, "postfix", text.as_str(), read, |tally| {
        assert_eq!(tally.lines(), LINES);
        assert_eq!(tally.logins, rounds);
        assert_eq!(tally.attempts(Reason::FailedPassword), rounds);
        assert_eq!(tally.connections, rounds);
        assert_eq!(tally.no_address, 2 * rounds);
    });
    group.finish();
}

criterion_group!(benches, mail);
criterion_main!(benches);

//! PAM's lines: those of its modules, and sshd's own about it.

use rapsheet_schema::{Action, Outcome, Reason, Teller};

use super::peer::{self, Host};
use super::{event, no_address};
use crate::line::Reading;
use crate::text::{digits, rsplit_word, split_blank, split_word};

/// `pam_unix(sshd:auth): TEXT`, `pam_sss(sshd:auth): …`, `pam_ldap: …`, `(pam_unix) TEXT`.
pub(super) fn prefixed<'a>(word: &str, rest: &'a str) -> Option<Reading<'a>> {
    let module_name = word.trim_start_matches('(');
    let end = module_name
        .bytes()
        .position(|byte| matches!(byte, b'(' | b')' | b':' | b'['));
    let module_name = end.map_or(module_name, |end| &module_name[..end]);
    if module_name == "pam_access"
        && let Some(reading) = access_denied(rest)
    {
        return Some(reading);
    }
    // Whatever else a module says concerns the server's own accounts and policy.
    module(Some(module_name), rest).or_else(no_address)
}

/// What a module says, behind its name: failures, their sums, sessions. `None` for a text that isn't a module's.
pub(super) fn module<'a>(name: Option<&str>, text: &'a str) -> Option<Reading<'a>> {
    if let Some(fields) = text.strip_prefix("authentication failure; ") {
        return failures(name, 1, fields);
    }
    if let Some(rest) = text.strip_prefix("session ") {
        return session(rest);
    }
    let counted = text.strip_prefix("PAM ").unwrap_or(text);
    if let Some((count, rest)) = split_word(counted, " more authentication failure") {
        let count = digits(count.as_bytes())?;
        let fields = rest.strip_prefix('s').unwrap_or(rest).strip_prefix("; ")?;
        return failures(name, count, fields);
    }
    let quiet = name.is_some()
        || text.starts_with("PAM service(")
        || text.starts_with("PAM pam_")
        || text.starts_with("PAM unable ")
        || text.starts_with("PAM adding ")
        || text.starts_with("PAM bad ")
        || text.starts_with("authentication error");
    quiet.then(no_address)?
}

/// `logname= uid=0 euid=0 tty=ssh ruser= rhost=ADDRESS  user=root`
fn failures<'a>(module: Option<&str>, count: u32, fields: &'a str) -> Option<Reading<'a>> {
    let (_, rest) = split_word(fields, " rhost=")?;
    let (address, rest) = split_blank(rest).unwrap_or((rest, ""));
    let user = rest
        .trim_start_matches(' ')
        .strip_prefix("user=")
        .map(str::trim_end);
    let teller = Teller::of_pam(module);
    let mut event =
        event(Action::Login, Outcome::Failure).suspect(Reason::FailedPam, count, teller);
    if let Some(host) = peer::host(address) {
        host.put(&mut event);
    }
    event.user_name = user;
    event.openssh_auth_method = Some("pam");
    Some(Reading::Event(event))
}

/// `opened for user NAME(uid=0) by (uid=0)`, `closed for user NAME`: the address stands on another line.
fn session(rest: &str) -> Option<Reading<'_>> {
    let (action, outcome, user) = if let Some(user) = rest.strip_prefix("opened for user ") {
        let user = rsplit_word(user, " by ").map_or(user, |(user, _)| user);
        (Action::SessionOpen, Outcome::Success, user)
    } else {
        let user = rest.strip_prefix("closed for user ")?;
        (Action::SessionClose, Outcome::Unknown, user)
    };
    let user = user.trim_end();
    let user = match rsplit_word(user, "(uid=") {
        Some((name, id)) if id.ends_with(')') => name,
        _ => user,
    };
    let mut event = event(action, outcome);
    event.user_name = Some(user);
    event.user_exists = Some(true);
    Some(Reading::Event(event))
}

/// pam_access: "access denied for user `NAME' from `ADDRESS'".
fn access_denied(rest: &str) -> Option<Reading<'_>> {
    let rest = rest.strip_prefix("access denied for user `")?;
    let (user, address) = rest.strip_suffix('\'')?.rsplit_once("' from `")?;
    let mut event = event(Action::Refused, Outcome::Failure).suspect(
        Reason::UserNotAllowed,
        1,
        Teller::NotAllowed,
    );
    peer::host(address)?.put(&mut event);
    event.user_name = Some(user);
    Some(Reading::Event(event))
}

/// `error: PAM: TEXT for [illegal user ]NAME from HOST[ via ADDRESS]`; `sshpam_auth_passwd` and
/// `sshpam_query` in `auth-pam.c`. The address is at the end, whatever the name holds.
pub(super) fn sshd_error(rest: &str) -> Option<Reading<'_>> {
    let Some((before, host)) = sshd_peer(rest.trim_end()) else {
        // `PAM: pam_setcred(): Permission denied`, `PAM: initializing for "root"`
        return no_address();
    };
    // A text of libpam ends in ` for service`.
    let start = before.find(" for service for ").map_or(0, |at| at + 12);
    let (_, user) = before[start..].split_once(" for ")?;
    let (user, exists) = match user
        .strip_prefix("illegal user ")
        .or_else(|| user.strip_prefix("invalid user "))
    {
        Some(user) => (user, false),
        None => (user, true),
    };
    let mut event =
        event(Action::Login, Outcome::Failure).suspect(Reason::FailedPam, 1, Teller::SshdPam);
    host.put(&mut event);
    event.user_name = Some(user);
    event.user_exists = Some(exists);
    event.openssh_auth_method = Some("pam");
    Some(Reading::Event(event))
}

fn sshd_peer(text: &str) -> Option<(&str, Host<'_>)> {
    let (before, place) = text.rsplit_once(" from ")?;
    let place = place.split_once(" via ").map_or(place, |(place, _)| place);
    Some((before, peer::whole(place)?))
}

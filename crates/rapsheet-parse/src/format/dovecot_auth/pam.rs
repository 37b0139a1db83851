//! PAM's lines in Dovecot's name: `pam_unix(dovecot:auth): authentication failure; … ruser=NAME rhost=ADDRESS  user=NAME`.

use rapsheet_schema::{Reason, Teller, parse_address};

use super::{NO_ADDRESS, failure};
use crate::line::Reading;
use crate::text::{digits, rsplit_word, split_word};

/// Tells PAM's lines in Dovecot's name.
pub(super) fn is_ours(message: &str) -> bool {
    message.starts_with("pam_")
        && split_word(message, "(dovecot:").is_some_and(|(module, _)| !module.contains(' '))
}

/// Reads a line of PAM; `None` where it is none.
pub(super) fn read(text: &str) -> Option<Reading<'_>> {
    if !is_ours(text) {
        return None;
    }
    let (module, text) = split_word(text, "): ")?;
    let (module, _) = split_word(module, "(")?;
    let (count, fields) = match text.strip_prefix("authentication failure; ") {
        Some(fields) => (1, fields),
        None => match counted(text) {
            Some(found) => found,
            None => return Some(NO_ADDRESS),
        },
    };
    let mut event = failure(Reason::FailedPam, count, Teller::of_pam(Some(module)));
    event.openssh_auth_method = Some("pam");
    let (before, behind) = split_word(fields, " rhost=")?;
    // The name stands before the address and behind it. Where it holds another `rhost=`, none of them counts.
    if split_word(behind, " rhost=").is_none() {
        let address = behind.split(' ').next().unwrap_or("");
        event.source_ip = parse_address(address);
        let user = rsplit_word(behind, "  user=").map(|(_, user)| user);
        let asked = split_word(before, " ruser=").map(|(_, user)| user);
        event.user_name = user
            .or(asked)
            .map(str::trim_end)
            .filter(|user| !user.is_empty());
    }
    Some(Reading::Event(event))
}

/// `2 more authentication failures; …`
fn counted(text: &str) -> Option<(u32, &str)> {
    let text = text.strip_prefix("PAM ").unwrap_or(text);
    let (count, rest) = split_word(text, " more authentication failure")?;
    let fields = rest.strip_prefix('s').unwrap_or(rest).strip_prefix("; ")?;
    Some((digits(count.as_bytes())?, fields))
}

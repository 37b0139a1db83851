//! Lines that nobody reads and that tell of a login.

/// Tells whether a line, whatever stands before and behind, has the words in which an SSH server says that somebody is in:
/// sshd's `Accepted METHOD for NAME from …`, dropbear's `… auth succeeded for 'NAME' from …`, and PAM's `session opened for
/// user NAME` for sshd.
///
/// Ask it of lines that no format read, so that nobody says there was no login where one stands unread. It finds no address:
/// behind a head that nobody knows, the words may as well be a client's.
#[must_use]
pub fn tells_of_login(line: &str) -> bool {
    let bytes = line.as_bytes();
    let has = |words: &[u8]| memchr::memmem::find(bytes, words).is_some();
    memchr::memmem::find_iter(bytes, b"Accepted ").any(|at| is_method_for(&line[at + 9..]))
        || has(b"auth succeeded for '")
        || has(b"uth succeeded with blank password for '")
        || has(b"session opened for user ") && has(b"sshd")
}

/// `METHOD for NAME from …`
fn is_method_for(text: &str) -> bool {
    const LONGEST_METHOD: usize = 64;
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/.@".contains(&byte);
    let end = text
        .bytes()
        .take(LONGEST_METHOD)
        .take_while(|byte| is_part(*byte))
        .count();
    end > 0
        && text[end..]
            .strip_prefix(" for ")
            .is_some_and(|rest| rest.contains(" from "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_login_are_known_behind_any_head() {
        for line in [
            "Accepted password for root from 192.0.2.7 port 40022 ssh2",
            "мар 02 10:53:25 Test sshd[37240]: Accepted password for root from 192.0.2.7 port 4242 ssh2",
            "<13>node: %X: Accepted publickey for a b from 192.0.2.7 - sshd",
            "x|y|Accepted keyboard-interactive/pam for al from 192.0.2.7",
            "?? dropbear: Password auth succeeded for 'root' from 192.0.2.7:29746",
            "pubkey auth succeeded for 'root' with key md5 aa:bb from 192.0.2.7:1",
            "Auth succeeded with blank password for 'root' from 192.0.2.7:1",
            "?? pam_unix(sshd:session): session opened for user root by (uid=0)",
        ] {
            assert!(tells_of_login(line), "{line}");
        }
        for line in [
            "Failed password for root from 192.0.2.7 port 40022 ssh2",
            "Accepted key ED25519 SHA256:x found at /home/eva/.ssh/authorized_keys:1",
            "Accepted publickey",
            "Accepted ",
            "Accepted é for x from y",
            "Accepted certificate ID \"x\" signed by y",
            "pam_unix(cron:session): session opened for user root by (uid=0)",
            "",
        ] {
            assert!(!tells_of_login(line), "{line}");
        }
    }
}

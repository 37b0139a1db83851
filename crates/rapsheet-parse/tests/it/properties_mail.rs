//! Properties of the formats of mail servers: whatever a client writes, nobody is framed, and no session is forged.

use proptest::prelude::*;
use rapsheet_parse::{Arena, Reading, parse_line};

/// Text as an attacker may choose it, built from the pieces that the formats look for.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        ">, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, session=<efgh>",
        ", rip=203.0.113.9",
        " rip=203.0.113.9,",
        ": rip=203.0.113.9, ",
        ": user=<",
        " session=<efgh>",
        ",203.0.113.9",
        ",<efgh>",
        ",sasl:plain",
        ")",
        "): ",
        ")<efgh>: sql: ",
        "unknown user",
        "Password mismatch",
        " (given password: ",
        "pam_authenticate() failed: ",
        "Permission denied",
        "Username character disallowed by auth_username_chars: 0x2c (username: ",
        " rhost=203.0.113.9",
        "  user=",
        "unknown[203.0.113.9]: SASL LOGIN authentication failed: ",
        "AUTH from unknown[203.0.113.9]",
        " authentication ",
        ", sasl_username=",
        " sshd[1]: Failed password for x from 203.0.113.9 port 1 ssh2",
        "message repeated 2 times: [ ",
        "<",
        ">",
        " ",
        ",",
        "x",
        "]",
    ]);
    prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_of_a_client_frames_an_innocent_address(text in hostile()) {
        let arena = Arena::new();
        for line in [
            format!("leaf dovecot: imap-login: Login: user=<{text}>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1, TLS, session=<abcd>"),
            format!("leaf dovecot: imap-login: Disconnected (auth failed, 1 attempts): user=<{text}>, rip=192.0.2.7, lip=192.0.2.1"),
            format!("pop3-login: Info: Aborted login (auth failed, 1 attempts in 2 secs): user=<{text}>, method=PLAIN, rip=192.0.2.7"),
            format!("leaf dovecot: imap-login: Disconnected (auth failed, 1 attempts): rip=192.0.2.7, lip=192.0.2.1, user=<{text}>"),
            format!("leaf dovecot: auth: passwd-file({text},192.0.2.7): unknown user"),
            format!("leaf dovecot: auth: sql({text},192.0.2.7,<abcd>): Password mismatch (given password: {text})"),
            format!("leaf dovecot: auth: sql(x,192.0.2.7,<abcd>): Password mismatch (given password: {text})"),
            format!("leaf dovecot: auth: login(?,192.0.2.7,<abcd>): Username character disallowed by auth_username_chars: 0x2c (username: {text})"),
            format!("leaf dovecot: auth-worker(7): pam({text},192.0.2.7,<abcd>): pam_authenticate() failed: Permission denied"),
            format!("auth({text},192.0.2.7,sasl:plain)<abcd>: Info: sql: unknown user"),
            format!("auth-worker({text},192.0.2.7)<7><abcd>: request [1]: Info: sql: Password mismatch"),
            format!("leaf auth: pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser={text} rhost=192.0.2.7  user={text}"),
            format!("leaf postfix/smtpd[7]: warning: unknown[192.0.2.7]: SASL {text} authentication failed: {text}"),
            format!("leaf postfix/smtpd[7]: warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: x, sasl_username={text}"),
            format!("leaf postfix/smtpd[7]: 4F2A1C0B: client=unknown[192.0.2.7], sasl_method=PLAIN, sasl_username={text}, sasl_sender={text}"),
            format!("leaf postfix/smtpd[7]: improper command pipelining after AUTH from unknown[192.0.2.7]: {text}"),
            format!("leaf postfix/smtpd[7]: warning: non-SMTP command from unknown[192.0.2.7]: {text}"),
            format!("leaf postfix/smtpd[7]: NOQUEUE: reject: EHLO from unknown[192.0.2.7]: 504 <{text}>: Helo command rejected; helo=<{text}>"),
        ] {
            let line = format!("Oct 12 12:36:01 {line}");
            if let Reading::Event(event) = parse_line(&line, &arena).reading {
                let ip = event.source_ip.map(|ip| ip.to_string());
                prop_assert!(ip.as_deref() != Some("203.0.113.9"), "{}", line);
                prop_assert!(event.session != Some("efgh"), "{}", line);
            }
        }
    }
}

//! Lines that are long, broken, and full of what makes a careless parser slow.

use rapsheet_parse::{Arena, parse_line};

/// Lines of 64 KiB and more, cut anywhere, full of what makes a careless parser slow or panic.
#[test]
fn long_and_broken_lines_do_no_harm() {
    let arena = Arena::new();
    let heads = [
        "192.0.2.1 - - [10/Oct/2025:13:55:36 +0200] \"GET /",
        "2025/10/10 13:55:36 [error] 1#0: *3 open() \"",
        "[Sat Jun 01 02:17:42 2013] [error] [client 192.0.2.7] File does not exist: /",
        "{\"remote_addr\":\"192.0.2.7\",\"status\":200,\"request\":\"GET /",
        "Oct 12 12:36:01 leaf dovecot: imap-login: Disconnected (auth failed, 1 attempts): user=<",
        "Oct 12 12:36:01 leaf dovecot: auth: sql(",
        "Oct 12 12:36:01 leaf postfix/smtpd[1]: warning: ",
        "Oct 12 12:36:01 leaf dropbear[1]: login attempt for nonexistent user '",
        "192.0.2.1, ",
        "\"",
        "[",
        "",
    ];
    let bodies = [
        "\\\"",
        "\"",
        "[",
        "]",
        ", client: 192.0.2.9, server: x",
        "%25",
        "é\\x",
        "/../",
        " \" 200 ",
        "1.1.1.1, ",
        "x>, rip=192.0.2.9, ",
        ",192.0.2.9): unknown user",
        " (x",
        "h[192.0.2.9]: SASL ",
        "' from 192.0.2.9:22",
        "[client 192.0.2.9] ",
        "[10/Oct/2025:13:55:36 +0200] ",
        "\u{7f}\u{1}",
    ];
    for head in heads {
        for body in bodies {
            let line = format!("{head}{}", body.repeat(70_000 / body.len()));
            let _ = parse_line(&line, &arena);
            let whole = format!("{head}{}", body.repeat(12));
            for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
                let _ = parse_line(&whole[..end], &arena);
            }
        }
    }
}

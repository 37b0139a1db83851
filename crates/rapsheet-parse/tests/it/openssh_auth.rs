//! What the fixtures of sshd leave open: broken messages, and the short way to a head.

#[test]
fn a_blank_behind_the_level_is_no_first_word() {
    let arena = rapsheet_parse::Arena::new();
    for message in [
        "error:  text",
        "fatal:  ",
        "error:  [preauth]",
        "error:  x [preauth]",
    ] {
        let line = format!("Oct 12 12:36:01 leaf sshd[1]: {message}");
        let _ = rapsheet_parse::parse_line(&line, &arena);
    }
}

#[test]
fn the_short_way_and_the_long_way_agree_on_heads() {
    let arena = rapsheet_parse::Arena::new();
    let message = "Failed password for root from 192.0.2.7 port 40080 ssh2";
    for head in [
        "Oct 12 12:36:01 leaf sshd[15919]: ",
        "oct  2 23:59:60 leaf-1.example.org sshd-session[1]: ",
        "Feb 29 00:00:00 leaf sshd[123456789]: ",
        "Feb 30 00:00:00 leaf sshd[1]: ",
        "Oct 12 12:36:01 2014 leaf sshd[1]: ",
        "Oct 12 24:36:01 leaf sshd[1]: ",
        "Oct 02 12:36:01 leaf auth.info sshd[1]: ",
        "Oct 12 12:36:01 leaf sshd[1]:   ",
        "Oct 12 12:36:01 leaf sshd[1]: [ID 800047 auth.info] ",
    ] {
        let plain = format!("{head}{message}");
        // A priority in front is nothing that the short way reads.
        let long = format!("<38>{plain}");
        let (short, long) = (
            rapsheet_parse::parse_line(&plain, &arena),
            rapsheet_parse::parse_line(&long, &arena),
        );
        if matches!(short.reading, rapsheet_parse::Reading::Event(_)) {
            assert_eq!(short, long, "{head}");
        } else {
            assert!(
                head.starts_with("Feb 30") || head.starts_with("Oct 12 24"),
                "{head}"
            );
        }
    }
}

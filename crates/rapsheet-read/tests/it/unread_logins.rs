//! Lines that nobody read and that tell of a login are counted, so that nobody says there was none.

use rapsheet_read::Gathered;

use crate::settling::{read, write};

const FAILED: &str =
    "Nov 20 09:00:00 leaf sshd[7]: Failed password for root from 192.0.2.3 port 40100 ssh2\n";

fn unread(gathered: &Gathered) -> (u64, Option<&str>) {
    let sources = || gathered.coverage.sources.iter();
    (
        sources().map(|source| source.unread_logins).sum(),
        sources().find_map(|source| source.unread_login.as_deref()),
    )
}

fn read_text(text: &str) -> Gathered {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("auth.log"), text);
    read(folder.path(), &["auth.log"])
}

#[test]
fn a_login_behind_a_head_that_nobody_knows_is_counted() {
    for line in [
        "?? 02 10:53:25 leaf sshd[37240]: Accepted password for root from 192.0.2.7 port 4242 ssh2",
        "leaf|2026|Accepted publickey for a from 192.0.2.7 port 4242 ssh2",
        "?? pam_unix(sshd:session): session opened for user root by (uid=0)",
        "Nov 20 09:00:00 leaf openssh[7]: Accepted password for root from 192.0.2.7 port 4242 ssh2",
    ] {
        let gathered = read_text(&format!("{FAILED}{line}\n{line}\n"));
        assert_eq!(unread(&gathered), (2, Some(line)), "{line}");
    }
}

#[test]
fn what_was_read_and_what_clients_wrote_is_not_counted() {
    let login = "Accepted password for root from 192.0.2.7 port 4242 ssh2";
    for text in [
        format!("{FAILED}Nov 20 09:00:00 leaf sshd[7]: {login}\n"),
        format!("{FAILED}Nov 20 09:00:00 leaf CRON[7]: {login}\n"),
        format!(
            "{}{login}\n",
            "192.0.2.77 - - [20/Nov/2026:09:00:00 +0000] \"GET / HTTP/1.1\" 404 1 \"-\" \"x\"\n"
                .repeat(9)
        ),
    ] {
        assert_eq!(unread(&read_text(&text)), (0, None), "{text}");
    }
}

#[test]
fn a_file_of_a_folder_that_only_tells_of_logins_is_read() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("auth.log"), FAILED);
    let line =
        "?? 02 10:53:25 leaf sshd[3]: Accepted password for root from 192.0.2.7 port 4242 ssh2";
    write(&folder.path().join("secure"), format!("{line}\n"));
    write(&folder.path().join("notes"), "nothing that is a log\n");
    let gathered = read(folder.path(), &["."]);
    assert_eq!(unread(&gathered), (1, Some(line)));
    assert_eq!(gathered.coverage.sources.len(), 2);
}

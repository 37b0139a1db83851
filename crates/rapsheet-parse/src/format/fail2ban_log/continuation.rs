//! Lines of fail2ban.log that have no head: the rest of a record that the line before began.

/// How lines begin that continue a record: Python's tracebacks, the commands of actions, the mails that they send.
const BEGINNINGS: [&str; 45] = [
    "Traceback (most recent call last)",
    "During handling of the above exception",
    "The above exception was the direct cause",
    "  File \"",
    "iptables ",
    "ip6tables ",
    "ipset ",
    "nft ",
    "firewall-cmd ",
    "ufw ",
    "shorewall ",
    "pfctl ",
    "ipfw ",
    "route ",
    "ip route ",
    "for proto in ",
    "for i in ",
    "for h in ",
    "{ iptables ",
    "{ ip6tables ",
    "{ ipset ",
    "{ nft ",
    "} ",
    "(nft ",
    "| ",
    "echo ",
    "printf ",
    "while read ",
    "if [ ",
    "if ! ",
    "f2bV_matches=",
    "touch ",
    "Date: `",
    "From: ",
    "To: ",
    "Hi,",
    "The IP ",
    "The jail ",
    "Here is more information about ",
    "Here are more information about ",
    "Lines containing ",
    "`/usr/bin/whois ",
    "`grep ",
    "Regards,",
    "Fail2Ban\" |",
];

/// Words of the shell that stand alone on a line of a command.
const SHELL_WORDS: [&str; 8] = ["do", "done", "then", "else", "fi", "{", "}", "esac"];

/// Tells whether a line without a head is the rest of a record of fail2ban's.
///
/// Such a line says nothing that counts. It is told from its text alone, so this is asked last.
pub(crate) fn is_continuation(line: &str) -> bool {
    BEGINNINGS.iter().any(|known| line.starts_with(known))
        || line.starts_with("    ")
        || SHELL_WORDS.contains(&line.trim())
        || is_mail(line)
        || is_exception(line)
}

/// `5 attempts against sshd.\n\n`, from the mail that an action sends.
fn is_mail(line: &str) -> bool {
    line.split_once(' ').is_some_and(|(count, rest)| {
        !count.is_empty()
            && count.bytes().all(|b| b.is_ascii_digit())
            && rest.starts_with("attempts against ")
    })
}

/// `OSError: [Errno 2] No such file or directory`, `sqlite3.OperationalError: database is locked`.
fn is_exception(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or(line);
    name.len() <= 80
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'))
        && ["Error", "Exception", "Interrupt", "Warning", "Exit"]
            .iter()
            .any(|suffix| name.ends_with(suffix))
}

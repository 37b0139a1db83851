//! Entries put into a file and taken out of it; whatever else a person wrote there stays as it is.

use std::fmt::Write as _;

use crate::entry::{KnownEntry, Whom};
use crate::fault::KnownFault;
use crate::file::parse;

/// How each entry begins.
const HEADER: &str = "[[known]]";

/// Adds an entry at the end of a file's text.
///
/// # Errors
///
/// Returns the faults of a text that cannot be read.
pub fn add(text: &str, entry: &KnownEntry) -> Result<String, Vec<KnownFault>> {
    parse(text, &entry.origin)?;
    let mut out = text.trim_end().to_owned();
    if !out.is_empty() {
        out.push_str("\n\n");
    }
    out.push_str(&written(entry));
    parse(&out, &entry.origin)?;
    Ok(out)
}

/// An entry as it stands in a file.
fn written(entry: &KnownEntry) -> String {
    let mut out = format!("{HEADER}\n");
    // Writing into a string cannot fail.
    let _ = match &entry.whom {
        Whom::System(number) => writeln!(out, "as = {number}"),
        whom => writeln!(out, "{} = {}", whom.kind(), quoted(&whom.to_string())),
    };
    if let Some(note) = &entry.note {
        let _ = writeln!(out, "note = {}", quoted(note));
    }
    if let Some(scope) = entry.scope {
        let _ = writeln!(out, "scope = {}", quoted(scope.word()));
    }
    if !entry.paths.is_empty() {
        let paths: Vec<String> = entry.paths.iter().map(|path| quoted(path)).collect();
        let _ = writeln!(out, "paths = [{}]", paths.join(", "));
    }
    if let Some(until) = entry.until {
        let _ = writeln!(out, "until = {until}");
    }
    out
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Takes the entries about somebody out of a file's text, with the comments right above them; returns the text, and how many
/// entries there were. Where lines cannot be taken out without touching others, the text stays and the number is 0.
///
/// # Errors
///
/// Returns the faults of a text that cannot be read.
pub fn remove(text: &str, whom: &Whom, origin: &str) -> Result<(String, usize), Vec<KnownFault>> {
    let entries = parse(text, origin)?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let is_header = |line: &str| {
        line.trim_start().starts_with('[')
            && line.trim_end().ends_with(']')
            && line.contains("known")
    };
    let mut gone = vec![false; lines.len()];
    let mut removed = 0;
    for entry in entries.iter().filter(|entry| entry.whom == *whom) {
        let at = entry.line - 1;
        let Some(begin) = (0..at).rev().find(|line| is_header(lines[*line])) else {
            continue;
        };
        let next = (at + 1..lines.len()).find(|line| is_header(lines[*line]));
        let end = next.unwrap_or(lines.len());
        // Comments right above the next entry are that entry's.
        let end = match next {
            Some(_) => begin_of_comments(&lines, end).max(at + 1),
            None => end,
        };
        let begin = begin_of_comments(&lines, begin);
        gone[begin..end].fill(true);
        removed += 1;
    }
    let kept: String = lines
        .iter()
        .zip(&gone)
        .filter(|(_, gone)| !**gone)
        .map(|(line, _)| *line)
        .collect();
    let left: Vec<_> = entries.iter().filter(|entry| entry.whom != *whom).collect();
    let is_as_wanted = parse(&kept, origin).is_ok_and(|read| {
        read.len() == left.len()
            && read
                .iter()
                .zip(&left)
                .all(|(one, other)| one.whom == other.whom)
    });
    if is_as_wanted {
        Ok((kept, removed))
    } else {
        Ok((text.to_owned(), 0))
    }
}

/// The first of the lines of comment right above a line.
fn begin_of_comments(lines: &[&str], line: usize) -> usize {
    let above = lines[..line]
        .iter()
        .rev()
        .take_while(|line| line.trim_start().starts_with('#'))
        .count();
    // A comment on top of the whole file is nobody's.
    if above == line { line } else { line - above }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::KnownScope;

    const FILE: &str = "# Who is known on web1.\n\n# The office\n[[known]]\nnetwork = \"192.0.2.0/24\" # all of it\nscope = \"staff\"\n\n\
                        # The monitor\n[[known]]\naddress = \"198.51.100.7\"\nscope = \"monitoring\"\n";

    #[test]
    fn what_was_added_is_read_again() {
        let entry = KnownEntry {
            whom: Whom::guess("203.0.113.0/24").unwrap(),
            note: Some("a \"test\"\nof two lines".to_owned()),
            scope: Some(KnownScope::Monitoring),
            until: Some("2027-01-31".parse().unwrap()),
            paths: vec!["/health".to_owned()],
            origin: "known.toml".to_owned(),
            line: 0,
        };
        let text = add(FILE, &entry).unwrap();
        assert!(text.starts_with(FILE.trim_end()), "{text}");
        let mut read = parse(&text, "known.toml").unwrap().pop().unwrap();
        read.line = 0;
        assert_eq!(read, entry);
    }

    #[test]
    fn what_was_removed_leaves_the_rest_alone() {
        let whom = |text| Whom::guess(text).unwrap();
        let (text, removed) = remove(FILE, &whom("192.0.2.0/24"), "known.toml").unwrap();
        assert_eq!(removed, 1);
        assert_eq!(
            text,
            "# Who is known on web1.\n\n# The monitor\n[[known]]\naddress = \"198.51.100.7\"\nscope = \"monitoring\"\n"
        );
        let (text, removed) = remove(FILE, &whom("198.51.100.7"), "known.toml").unwrap();
        assert_eq!(removed, 1);
        assert!(!text.contains("monitor"), "{text}");
        let (text, removed) = remove(FILE, &whom("203.0.113.9"), "known.toml").unwrap();
        assert_eq!((text.as_str(), removed), (FILE, 0));
    }
}

//! `--ips`: a list of addresses, one a line, or a CSV in which one column holds them.

use std::io::Read;
use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context, Result, bail};
use rapsheet_output::number::count;
use rapsheet_schema::parse_address;

use crate::printer::Printer;

/// What editors of Windows write before text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How many cells that are no address are told of.
const MOST_TOLD: usize = 20;

/// What a column of addresses is called, as a rule.
const NAMES: [&str; 12] = [
    "ip",
    "ips",
    "ip_address",
    "ip address",
    "ipaddress",
    "address",
    "source_ip",
    "source.ip",
    "src_ip",
    "client_ip",
    "remote_ip",
    "remote_addr",
];

/// A row of the list, and where it stands.
struct ListRow {
    line: u64,
    cells: Vec<String>,
}

impl ListRow {
    fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }
}

/// The column that holds the addresses.
struct AddressColumn {
    number: usize,
    /// Its name, where the first row holds names.
    name: Option<String>,
    /// Other columns with addresses.
    others: Vec<usize>,
}

/// Reads the addresses of a list. Says which column they were taken from, and which cells are no addresses.
pub(super) fn listed(path: &Path, printer: &Printer) -> Result<Vec<IpAddr>> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes)?;
    } else {
        bytes = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    }
    let rows = rows_of(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes))?;
    let Some(column) = column_of(&rows) else {
        bail!(
            "no address in `{}`\nhint: `--ips` takes one address a line, or a CSV with a column of them",
            path.display()
        );
    };
    let width = rows.iter().map(|row| row.cells.len()).max().unwrap_or(1);
    if width > 1 || column.name.is_some() {
        printer.note(&taken(path, &column, width, &rows));
    }
    let mut addresses = Vec::new();
    let mut wrong = 0;
    for row in rows.iter().skip(usize::from(column.name.is_some())) {
        let cell = row.cell(column.number);
        match parse_address(cell) {
            Some(ip) => addresses.push(ip),
            None if cell.is_empty() => {}
            None => {
                wrong += 1;
                if wrong <= MOST_TOLD {
                    let path = path.display();
                    printer.error(
                        &format!("`{path}` line {}: `{cell}` is no address", row.line),
                        None,
                    );
                }
            }
        }
    }
    if wrong > MOST_TOLD {
        let more = count((wrong - MOST_TOLD) as u64);
        printer.error(&format!("and {more} more lines without an address"), None);
    }
    Ok(addresses)
}

/// Splits text into rows and cells, by the separator that its first line has most often.
fn rows_of(text: &[u8]) -> Result<Vec<ListRow>> {
    let is_text = |line: &&[u8]| !line.trim_ascii().is_empty() && !line.starts_with(b"#");
    let first = text.split(|byte| *byte == b'\n').find(is_text);
    let first = first.unwrap_or_default();
    let often = |separator: u8| first.iter().filter(|byte| **byte == separator).count();
    let separator = [b',', b';', b'\t']
        .into_iter()
        .rev()
        .max_by_key(|separator| often(*separator))
        .unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .delimiter(separator)
        .from_reader(text);
    let mut rows = Vec::new();
    let mut lines = LineCounter::default();
    for record in reader.byte_records() {
        let record = record.context("the list can't be read as a CSV")?;
        let start = record.position().map_or(0, csv::Position::byte);
        let cells = record
            .iter()
            .map(|cell| String::from_utf8_lossy(cell).into_owned());
        let row = ListRow {
            line: lines.line_of(text, usize::try_from(start).unwrap_or(usize::MAX)),
            cells: cells.collect(),
        };
        if row.cells.iter().any(|cell| !cell.is_empty()) {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Finds the lines on which records begin. The reader tells where it began to look, which is before empty lines and comments.
#[derive(Default)]
struct LineCounter {
    at: usize,
    breaks: u64,
}

impl LineCounter {
    fn line_of(&mut self, text: &[u8], start: usize) -> u64 {
        self.go_to(text, start);
        while let Some(first) = text.get(self.at) {
            let is_break = matches!(first, b'\n' | b'\r');
            if !is_break && *first != b'#' {
                break;
            }
            let rest = text[self.at..].iter();
            let skipped = rest.take_while(|byte| !is_break && **byte != b'\n').count();
            self.go_to(text, self.at + skipped.max(1));
        }
        self.breaks + 1
    }

    fn go_to(&mut self, text: &[u8], place: usize) {
        let place = place.min(text.len());
        if let Some(passed) = text.get(self.at..place) {
            self.breaks += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
            self.at = place;
        }
    }
}

/// Finds the column with addresses: one that is called so, else the one that has most of them.
fn column_of(rows: &[ListRow]) -> Option<AddressColumn> {
    let width = rows.iter().map(|row| row.cells.len()).max()?;
    let first = rows.first()?;
    let hits = |column: usize| {
        let cells = rows.iter().map(|row| row.cell(column));
        cells.filter(|cell| parse_address(cell).is_some()).count()
    };
    let with: Vec<(usize, usize)> = (0..width)
        .map(|column| (column, hits(column)))
        .filter(|(_, hits)| *hits > 0)
        .collect();
    let is_called_so = |column: usize| NAMES.contains(&first.cell(column).to_lowercase().as_str());
    let (number, _) = *with
        .iter()
        .min_by_key(|(column, hits)| (!is_called_so(*column), std::cmp::Reverse(*hits)))?;
    let head = first.cell(number);
    // An index column has no name.
    let is_head = parse_address(head).is_none() && is_name(head, width > 1);
    Some(AddressColumn {
        number,
        name: is_head.then(|| head.to_owned()),
        others: with
            .iter()
            .map(|(column, _)| *column)
            .filter(|column| *column != number)
            .collect(),
    })
}

/// Whether a text may be a column's name: a word, and nothing that was meant to be an address. With dots only beside other columns,
/// since alone it may be a host.
fn is_name(text: &str, dots: bool) -> bool {
    let is_part = |sign: char| {
        sign.is_ascii_alphanumeric() || matches!(sign, '_' | ' ' | '-') || dots && sign == '.'
    };
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.chars().all(is_part)
}

/// Says which column was taken.
fn taken(path: &Path, column: &AddressColumn, width: usize, rows: &[ListRow]) -> String {
    let named = |number: usize, of: &str| {
        let name = column.name.as_ref().and(rows.first());
        match name.map_or("", |first| first.cell(number)) {
            "" => format!("column {}{of}", number + 1),
            name => format!("column {}{of}, `{name}`", number + 1),
        }
    };
    let others = column.others.iter();
    let others: Vec<String> = others.map(|other| named(*other, "")).collect();
    let others = match others.is_empty() {
        true => String::new(),
        false => format!(" ({} holds addresses too)", others.join(" and ")),
    };
    format!(
        "`{}`: takes {}{others}",
        path.display(),
        named(column.number, &format!(" of {width}"))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(text: &str) -> Option<(usize, Option<String>, Vec<usize>)> {
        let rows = rows_of(text.as_bytes()).unwrap();
        column_of(&rows).map(|column| (column.number, column.name, column.others))
    }

    #[test]
    fn each_row_knows_its_line() {
        let text = b"81.2.69.1\r\n\r\n# a note\r\n81.2.69.2\n\"a\nb\",c\nlast";
        let lines: Vec<u64> = rows_of(text).unwrap().iter().map(|row| row.line).collect();
        assert_eq!(lines, [1, 4, 5, 7]);
    }

    #[test]
    fn the_column_with_addresses_is_found() {
        let named = |name: &str| Some(name.to_owned());
        for (text, expected) in [
            ("81.2.69.1\n81.2.69.2\n", Some((0, None, vec![]))),
            ("ip\n81.2.69.1\n", Some((0, named("ip"), vec![]))),
            // As pandas writes a table with its index.
            (
                ",ip\n0,81.2.69.1\n1,81.2.69.2\n",
                Some((1, named("ip"), vec![])),
            ),
            ("0,81.2.69.1\n1,2001:218::1\n", Some((1, None, vec![]))),
            (
                "server;client_ip\n81.2.69.9;81.2.69.1\n81.2.69.9;\n",
                Some((1, named("client_ip"), vec![0])),
            ),
            (
                "who\twhere\n\"a, b\"\t81.2.69.1\n",
                Some((1, named("where"), vec![])),
            ),
            ("81.2.69.300\n81.2.69.1\n", Some((0, None, vec![]))),
            (
                "# a note, with a comma\n81.2.69.1\n",
                Some((0, None, vec![])),
            ),
            (
                "id,source.ip\n0,81.2.69.1\n",
                Some((1, named("source.ip"), vec![])),
            ),
            ("0,81.2.69.300\n1,81.2.69.1\n", Some((1, None, vec![]))),
            ("nothing\nhere\n", None),
            ("", None),
        ] {
            assert_eq!(column(text), expected, "{text:?}");
        }
    }
}

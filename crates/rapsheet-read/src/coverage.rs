//! What became of every line: an event, understood without one, or unknown; and what the unknown ones look like.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray};
use arrow::error::ArrowError;
use hashbrown::HashMap;
use rapsheet_schema::{
    Dataset, coverage as coverage_columns, schema_of, unknown_lines as unknown_columns,
};
use serde::{Deserialize, Serialize};

use crate::window::pairs;

/// Shapes that are kept apart; an attacker who writes ever new lines must not fill the memory.
const MOST_SHAPES: usize = 4096;
/// How much of an unknown line is kept as its sample.
const SAMPLE_CHARS: usize = 400;
/// How much of a word is part of a shape.
const LONGEST_WORD: usize = 40;
/// Programs that are named.
const MOST_PROGRAMS: usize = 1024;

/// What became of the lines of one source.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SourceCoverage {
    /// The source's name.
    pub log_file_path: String,
    /// The server that wrote it, if it is one.
    pub host_name: Option<String>,
    hosts: u32,
    /// Lines read.
    pub lines: u64,
    /// Lines that gave an event.
    pub events: u64,
    /// Lines understood without an event.
    pub understood: u64,
    /// Lines not understood.
    pub unknown: u64,
    /// Lines that nobody read and that have the words of a login.
    pub unread_logins: u64,
    /// The first of them.
    pub unread_login: Option<String>,
    /// Rows of fail2ban's database that ban no single address, and the first of what they ban.
    pub(crate) no_addresses: (u64, Vec<String>),
    /// Of the understood: lines that another source had told.
    pub duplicates: u64,
    /// Of the understood: lines that say nothing, such as blank ones.
    pub(crate) blank: u64,
    /// Of the lines: those that are no UTF-8.
    pub bad_utf8: u64,
    /// Of the lines: those that lost their tails.
    pub cut: u64,
    /// The first and the last event's time.
    pub span: Option<(i64, i64)>,
    /// What could not be read.
    pub fault: Option<String>,
    /// Events of each format, in the order of [`Dataset::ALL`].
    datasets: [u64; Dataset::ALL.len()],
}

impl SourceCoverage {
    pub(crate) fn of(name: &str) -> Self {
        Self {
            log_file_path: name.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn note_event(&mut self, dataset: Dataset, micros: Option<i64>) {
        self.datasets[dataset as usize] += 1;
        if let Some(at) = micros {
            self.span = Some(
                self.span
                    .map_or((at, at), |(first, last)| (first.min(at), last.max(at))),
            );
        }
    }

    /// Notes a line that nobody read and that has the words of a login.
    pub(crate) fn note_unread_login(&mut self, lines: u64, line: &str) {
        self.unread_logins += lines;
        self.unread_login.get_or_insert_with(|| sample_of(line));
    }

    /// Notes a row of fail2ban's database that bans a network or a name.
    pub(crate) fn note_no_address(&mut self, name: &str) {
        const SHOWN: usize = 3;
        self.no_addresses.0 += 1;
        if self.no_addresses.1.len() < SHOWN {
            self.no_addresses.1.push(sample_of(name));
        }
    }

    pub(crate) fn note_host(&mut self, host_name: Option<&str>) {
        let Some(host) = host_name else { return };
        if self.host_name.as_deref() == Some(host) || self.hosts > 1 {
            return;
        }
        self.hosts += 1;
        self.host_name = (self.hosts == 1).then(|| host.to_owned());
    }

    /// The formats found, most events first.
    pub fn datasets(&self) -> impl Iterator<Item = Dataset> {
        let counts = Dataset::ALL.iter().zip(&self.datasets);
        let mut found: Vec<(Dataset, u64)> = counts
            .filter(|(_, count)| **count > 0)
            .map(|(dataset, count)| (*dataset, *count))
            .collect();
        found.sort_by_key(|(dataset, count)| (u64::MAX - *count, dataset.as_str()));
        found.into_iter().map(|(dataset, _)| dataset)
    }

    /// The names of the formats found, most events first.
    #[must_use]
    pub fn event_dataset(&self) -> Option<String> {
        let names: Vec<&str> = self.datasets().map(Dataset::as_str).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}

/// Lines of one shape that nobody understood.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnknownShape {
    /// The shape.
    pub shape: String,
    /// How many lines have it.
    pub lines: u64,
    /// The first of them.
    pub sample: String,
    /// Where it stands.
    pub log_file_path: String,
    /// Its line.
    pub log_line: u64,
}

/// What is known of unknown lines and of programs, as it is saved.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SavedShapes {
    shapes: Vec<UnknownShape>,
    programs: Vec<(String, u64)>,
}

/// What became of every line of a run.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// One for each source, in the order in which they were read.
    pub sources: Vec<SourceCoverage>,
    shapes: HashMap<String, UnknownShape>,
    programs: HashMap<String, u64>,
}

impl Coverage {
    /// Lines, events, understood and unknown lines of all sources.
    #[must_use]
    pub fn totals(&self) -> (u64, u64, u64, u64) {
        self.sources.iter().fold(
            (0, 0, 0, 0),
            |(lines, events, understood, unknown), source| {
                (
                    lines + source.lines,
                    events + source.events,
                    understood + source.understood,
                    unknown + source.unknown,
                )
            },
        )
    }

    /// The shapes of unknown lines, most lines first.
    #[must_use]
    pub fn unknown_shapes(&self) -> Vec<&UnknownShape> {
        let mut shapes: Vec<_> = self.shapes.values().collect();
        shapes.sort_by(|a, b| b.lines.cmp(&a.lines).then_with(|| a.shape.cmp(&b.shape)));
        shapes
    }

    /// Programs whose lines no format reads, with their numbers of lines, most first.
    #[must_use]
    pub fn other_programs(&self) -> Vec<(&str, u64)> {
        let mut programs: Vec<_> = self
            .programs
            .iter()
            .map(|(name, lines)| (name.as_str(), *lines))
            .collect();
        programs.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        programs
    }

    pub(crate) fn note_program(&mut self, program: &str) {
        if let Some(lines) = self.programs.get_mut(program) {
            *lines += 1;
        } else {
            let name = if self.programs.len() < MOST_PROGRAMS {
                program
            } else {
                "(others)"
            };
            *self.programs.entry(name.to_owned()).or_default() += 1;
        }
    }

    pub(crate) fn note_unknown(&mut self, line: &str, log_file_path: &str, log_line: u64) {
        let mut shape = shape_of(line);
        if self.shapes.len() >= MOST_SHAPES && !self.shapes.contains_key(&shape) {
            "(other shapes)".clone_into(&mut shape);
        }
        let known = self
            .shapes
            .entry(shape)
            .or_insert_with_key(|shape| UnknownShape {
                shape: shape.clone(),
                lines: 0,
                sample: sample_of(line),
                log_file_path: log_file_path.to_owned(),
                log_line,
            });
        known.lines += 1;
    }

    /// The shapes of unknown lines and the programs, as they are saved.
    pub(crate) fn save(&self) -> SavedShapes {
        SavedShapes {
            shapes: self.shapes.values().cloned().collect(),
            programs: pairs(&self.programs),
        }
    }

    /// Makes it know what was saved.
    pub(crate) fn restore(&mut self, saved: SavedShapes) {
        let shapes = saved.shapes.into_iter();
        self.shapes = shapes.map(|known| (known.shape.clone(), known)).collect();
        self.programs = saved.programs.into_iter().collect();
    }

    /// Makes the `coverage` table.
    ///
    /// # Errors
    ///
    /// When the columns don't fit the schema, which would be a defect.
    pub fn to_batch(&self) -> Result<RecordBatch, ArrowError> {
        let text = |value: &dyn Fn(&SourceCoverage) -> Option<String>| -> ArrayRef {
            Arc::new(self.sources.iter().map(value).collect::<StringViewArray>())
        };
        let whole = |value: fn(&SourceCoverage) -> u64| -> ArrayRef {
            Arc::new(
                self.sources
                    .iter()
                    .map(|source| i64::try_from(value(source)).ok())
                    .collect::<Int64Array>(),
            )
        };
        let time = |value: fn((i64, i64)) -> i64| -> ArrayRef {
            let values = self.sources.iter().map(|source| source.span.map(value));
            Arc::new(TimestampMicrosecondArray::from_iter(values).with_timezone("UTC"))
        };
        RecordBatch::try_new(
            schema_of(&coverage_columns()),
            vec![
                text(&|source| Some(source.log_file_path.clone())),
                text(&|source| source.host_name.clone()),
                text(&SourceCoverage::event_dataset),
                whole(|source| source.lines),
                whole(|source| source.events),
                whole(|source| source.understood),
                whole(|source| source.unknown),
                whole(|source| source.duplicates),
                time(|(first, _)| first),
                time(|(_, last)| last),
                text(&|source| source.fault.clone()),
                whole(|source| source.unread_logins),
                text(&|source| source.unread_login.clone()),
            ],
        )
    }

    /// Makes the `unknown_lines` table.
    ///
    /// # Errors
    ///
    /// When the columns don't fit the schema, which would be a defect.
    pub fn unknown_batch(&self) -> Result<RecordBatch, ArrowError> {
        let shapes = self.unknown_shapes();
        let text = |value: fn(&UnknownShape) -> &str| -> ArrayRef {
            Arc::new(
                shapes
                    .iter()
                    .map(|shape| Some(value(shape)))
                    .collect::<StringViewArray>(),
            )
        };
        let whole = |value: fn(&UnknownShape) -> u64| -> ArrayRef {
            Arc::new(
                shapes
                    .iter()
                    .map(|shape| i64::try_from(value(shape)).ok())
                    .collect::<Int64Array>(),
            )
        };
        RecordBatch::try_new(
            schema_of(&unknown_columns()),
            vec![
                text(|shape| &shape.shape),
                whole(|shape| shape.lines),
                text(|shape| &shape.sample),
                text(|shape| &shape.log_file_path),
                whole(|shape| shape.log_line),
            ],
        )
    }
}

/// The beginning of a line, as a sample.
fn sample_of(line: &str) -> String {
    line.chars().take(SAMPLE_CHARS).collect()
}

/// Finds the shape of a line: words stay, whatever holds a digit becomes `#`, what stands in quotes becomes `"…"`.
fn shape_of(line: &str) -> String {
    let mut shape = String::with_capacity(80);
    let mut words = 0;
    let mut quoted = None;
    for word in line.split([' ', '\t']).filter(|word| !word.is_empty()) {
        if let Some(quote) = quoted {
            if word.ends_with(quote) {
                quoted = None;
            }
            continue;
        }
        if words == 24 {
            shape.push_str(" …");
            break;
        }
        if words > 0 {
            shape.push(' ');
        }
        words += 1;
        match word.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                shape.push_str("\"…\"");
                if word.len() == 1 || !word[1..].contains(quote) {
                    quoted = Some(quote);
                }
            }
            _ => push_shape(&mut shape, word),
        }
    }
    shape
}

fn push_shape(shape: &mut String, word: &str) {
    if word.bytes().any(|byte| byte.is_ascii_digit()) {
        // What surrounds the number tells the shape: `port=22,` and `[123]:`.
        let start = word.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
        let head = word[..start]
            .rfind(['=', '[', '(', ':', '/'])
            .map_or(0, |at| at + 1);
        shape.extend(word[..head].chars().take(LONGEST_WORD));
        shape.push('#');
        shape.extend(
            word.chars()
                .next_back()
                .filter(|c| matches!(c, ':' | ',' | ']' | ')' | ';')),
        );
    } else {
        shape.extend(
            word.chars()
                .take(LONGEST_WORD)
                .map(|c| if c.is_control() { '?' } else { c }),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_differ_in_numbers_share_a_shape() {
        assert_eq!(
            shape_of("Oct 12 12:36:01 leaf foo[15919]: took 12 ms for \"GET / x\" from 192.0.2.1"),
            shape_of("Oct 13 02:06:59 leaf foo[2]: took 999 ms for \"POST\" from 198.51.100.200"),
        );
        assert_ne!(shape_of("one thing"), shape_of("another thing"));
    }
}

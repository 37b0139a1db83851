//! The page with its data in it.

use std::io::Write;

use serde::Serialize;
use serde_json::Value;

use crate::panels::DECLARED;
use crate::{Error, Packed};

/// The page that `web/` builds; empty where this was built without Node.js.
const PAGE: &str = include_str!(concat!(env!("OUT_DIR"), "/page.html"));
const TITLE: &str = "<!--rapsheet:title-->";
const DATA: &str = "<!--rapsheet:data-->";

/// A database that details come from.
#[derive(Clone, Debug, Serialize)]
pub struct GeoSource {
    /// Its name.
    pub name: String,
    /// When it was built.
    pub built: Option<String>,
    /// What its licence asks to be shown, with addresses.
    pub attribution: Option<String>,
}

/// What became of the lines.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Lines {
    /// Lines read.
    pub lines: u64,
    /// Lines that gave an event.
    pub events: u64,
    /// Lines that were understood and are not about an address.
    pub understood: u64,
    /// Lines that nobody understood.
    pub unknown: u64,
    /// Sources read.
    pub sources: u64,
}

/// A table that has no room for all there is.
#[derive(Clone, Debug, Serialize)]
pub struct Cut {
    /// Its name.
    pub table: String,
    /// How many of what it lists the page has.
    pub listed: u64,
    /// How many there are.
    pub all: u64,
}

/// The answer to one question of the verdict, of the whole report.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// `after_failures`, `new_place` or `handed_out`.
    pub question: String,
    /// `yes`, `look`, `no` or `not known`.
    pub answer: String,
    /// What it stands on; empty where that is hidden.
    pub ground: String,
}

/// What was assumed of times.
#[derive(Clone, Debug, Serialize)]
pub struct Assumed {
    /// `zone`, `years` or `skew`.
    pub kind: &'static str,
    /// In words.
    pub text: String,
}

/// The heading of a report.
#[derive(Clone, Debug, Serialize)]
pub struct Meta {
    /// The page's title.
    pub title: String,
    /// When the report was made, in UTC.
    pub generated_at: String,
    /// The version of this program.
    pub rapsheet_version: String,
    /// The zone of the times shown: its name, or its offsets from UTC where it has none.
    pub timezone: String,
    /// From when, in seconds since 1970, clocks of that zone are how many seconds ahead of UTC, the first being true of all times
    /// before it too. Readers whose browser doesn't know the zone by its name need it.
    pub timezone_offsets: Vec<(i64, i32)>,
    /// `hour` or `day`.
    pub bucket: &'static str,
    /// The first step of time, in hours or days since 1970.
    pub first_bucket: i32,
    /// What rare names were put together under.
    pub other: String,
    /// Whether addresses and names are hidden.
    pub anonymized: bool,
    /// Notes on data that was aggregated or truncated to fit the size limit.
    pub notes: Vec<String>,
    /// The verdict's three answers.
    pub verdict: Vec<Verdict>,
    /// Tables that have no room for all there is.
    pub cut: Vec<Cut>,
    /// What was assumed of times that the logs don't tell whole.
    pub assumed: Vec<Assumed>,
    /// The arguments that name what was read, for a command that reads the same; absent where they are hidden.
    pub arguments: Option<Vec<String>>,
    /// Where details come from.
    pub geo: Vec<GeoSource>,
    /// What became of the lines.
    pub lines: Lines,
}

#[derive(Serialize)]
struct Block<'a> {
    version: u32,
    #[serde(flatten)]
    meta: &'a Meta,
    panels: Value,
}

/// A report: heading and tables.
#[derive(Clone, Debug)]
pub struct Report {
    meta: Meta,
    tables: Vec<Packed>,
}

impl Report {
    /// Puts a heading and tables together.
    #[must_use]
    pub const fn new(meta: Meta, tables: Vec<Packed>) -> Self {
        Self { meta, tables }
    }

    /// Returns notes on data that was aggregated or truncated to fit the size limit.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.meta.notes
    }

    /// Returns how many bytes the page takes before any data.
    #[must_use]
    pub const fn page_bytes() -> usize {
        PAGE.len()
    }

    /// Tells whether there is a page to write, before anybody reads logs for it.
    ///
    /// # Errors
    ///
    /// Fails where this was built without Node.js, which builds the page.
    pub const fn check_page() -> Result<(), Error> {
        if PAGE.is_empty() {
            return Err(Error::NoPage);
        }
        Ok(())
    }

    /// Writes the file.
    ///
    /// # Errors
    ///
    /// Fails where there is no page, or the file cannot be written.
    pub fn write(&self, out: &mut dyn Write) -> Result<(), Error> {
        Self::check_page()?;
        let (head, rest) = PAGE.split_once(TITLE).unwrap_or(("", PAGE));
        let (middle, tail) = rest.split_once(DATA).unwrap_or((rest, ""));
        out.write_all(head.as_bytes())?;
        out.write_all(escape(&self.meta.title).as_bytes())?;
        out.write_all(middle.as_bytes())?;
        let block = Block {
            version: 2,
            meta: &self.meta,
            panels: serde_json::from_str(DECLARED)?,
        };
        // Within a script block only `<` can end it or open a comment.
        let json = serde_json::to_string(&block)?.replace('<', "\\u003c");
        writeln!(
            out,
            "<script type=\"application/json\" id=\"rapsheet-meta\">{json}</script>"
        )?;
        for table in &self.tables {
            writeln!(
                out,
                "<script type=\"text/plain\" class=\"rapsheet-table\" data-name=\"{}\">{}</script>",
                escape(&table.name),
                table.base64
            )?;
        }
        out.write_all(tail.as_bytes())?;
        Ok(())
    }
}

/// Text as HTML shows it.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            sign if sign.is_control() => escaped.push(' '),
            sign => escaped.push(sign),
        }
    }
    escaped
}

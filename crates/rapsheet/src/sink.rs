//! Where rows go: a file or standard output, in one format.
//!
//! It is opened before anything is read, so that a wrong folder or ending is told at once.

use std::fs::OpenOptions;
use std::io::{IsTerminal, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use jiff::tz::TimeZone;
use rapsheet_output::number::several;
use rapsheet_output::{Format, FormatOptions, OutputFile, Style};
use rapsheet_query::Batches;

use crate::arguments::{CommonArguments, GeoSourceArguments, OutputArguments};
use crate::local_time::local_text;
use crate::printer::{Printer, stdout, stdout_is_terminal};
use crate::terminal::style;

/// Rows on their way out: their columns, and batch after batch.
pub(crate) struct OutputRows {
    schema: SchemaRef,
    batches: Box<dyn Iterator<Item = std::result::Result<RecordBatch, rapsheet_query::Error>>>,
}

impl From<RecordBatch> for OutputRows {
    fn from(batch: RecordBatch) -> Self {
        Self {
            schema: batch.schema(),
            batches: Box::new(std::iter::once(Ok(batch))),
        }
    }
}

impl From<Batches> for OutputRows {
    fn from(batches: Batches) -> Self {
        Self {
            schema: batches.schema(),
            batches: Box::new(batches),
        }
    }
}

/// Takes rows.
pub(crate) struct Sink {
    format: Format,
    /// Absent for standard output.
    file: Option<OutputFile>,
    /// Whether a terminal takes them, under whatever name.
    terminal: bool,
    csv_raw: bool,
}

/// What was written, to be told.
pub(crate) struct Written {
    path: PathBuf,
    rows: u64,
}

impl Written {
    /// Says which file was written and how many rows are in it.
    pub(crate) fn tell(&self, printer: &Printer) {
        let rows = several(self.rows, "row", "rows");
        printer.note(&format!("wrote `{}`: {rows}", self.path.display()));
    }
}

impl Sink {
    /// Opens what the arguments name.
    pub(crate) fn open(output: &OutputArguments) -> Result<Self> {
        let path = output.output.as_deref().filter(|path| !is_stdout(path));
        let terminal = path.map_or_else(stdout_is_terminal, is_terminal);
        let format = match (output.format, path) {
            (Some(format), _) => format,
            (None, Some(path)) => format_of(path)?.unwrap_or(Format::Csv),
            (None, None) if terminal => Format::Table,
            (None, None) => Format::Csv,
        };
        if terminal && format.is_binary() {
            bail!("{format} is not for a terminal\nhint: name a file with `-o FILE`");
        }
        Ok(Self {
            format,
            file: path.map(OutputFile::create).transpose()?,
            terminal,
            csv_raw: output.csv_raw,
        })
    }

    /// Opens what takes rows of `geo`; absent where a page to read is wanted.
    pub(crate) fn open_for_rows(source: &GeoSourceArguments) -> Result<Option<Self>> {
        let output = source.output.clone().filter(|path| !is_stdout(path));
        if source.format.is_none() && output.is_none() {
            return Ok(None);
        }
        Self::open(&OutputArguments {
            output,
            format: source.format,
            csv_raw: false,
        })
        .map(Some)
    }

    /// The format of the rows.
    pub(crate) const fn format(&self) -> Format {
        self.format
    }

    /// Writes rows, with times in tables as the zone's clocks show them. Returns what became of a file, where there is one.
    pub(crate) fn write(
        self,
        rows: OutputRows,
        common: &CommonArguments,
        timezone: &TimeZone,
    ) -> Result<Option<Written>> {
        let terminal = self.terminal;
        let path = self.file.as_ref().map(|file| file.path().to_owned());
        // What the terminal at hand shows is nothing to a file.
        let style = match &self.file {
            Some(_) => Style::default(),
            None => style(common),
        };
        let timezone = timezone.clone();
        let options = FormatOptions {
            terminal,
            csv_raw: self.csv_raw,
            style,
            table_width: terminal.then_some(style.width),
            thousands: false,
            time: Some(std::sync::Arc::new(move |micros| {
                local_text(micros, &timezone)
            })),
        };
        let format = self.format;
        let mut written = 0;
        self.fill(|out| {
            let mut writer = rapsheet_output::open(format, &rows.schema, out, &options)?;
            for batch in rows.batches {
                writer.write(&batch?)?;
            }
            written = writer.finish()?;
            Ok(())
        })?;
        Ok(path.map(|path| Written {
            path,
            rows: written,
        }))
    }

    /// Lets somebody else write, and puts the file under its name if that went well.
    pub(crate) fn fill(
        self,
        write: impl FnOnce(&mut (dyn Write + Send)) -> Result<()>,
    ) -> Result<()> {
        match self.file {
            Some(mut file) => {
                write(&mut file)?;
                file.commit()?;
            }
            None => {
                let mut out = stdout();
                write(&mut out)?;
                out.flush()?;
            }
        }
        Ok(())
    }
}

/// Whether a name stands for standard output, as `-` does everywhere.
pub(crate) fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Whether a name stands for a terminal, as `/dev/tty` does.
fn is_terminal(path: &Path) -> bool {
    let is_file = std::fs::metadata(path).is_ok_and(|found| found.is_file());
    // A pipe would wait for a reader.
    let is_pipe = std::fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo());
    !is_file
        && !is_pipe
        && OpenOptions::new()
            .append(true)
            .open(path)
            .is_ok_and(|file| file.is_terminal())
}

/// The format that a file's ending asks for, if it has one; an ending that asks for none of ours is refused.
fn format_of(path: &Path) -> Result<Option<Format>> {
    let format = Format::from_extension(path);
    // Devices such as `/dev/stdout` have no ending either.
    if format.is_none()
        && let Some(ending) = path.extension()
    {
        bail!(
            "`{}`: no format is known by the ending `.{}`\nhint: `.csv`, `.json`, `.ndjson`, `.parquet`, `.arrow` or `.txt` says what is written, or `--format` does",
            path.display(),
            ending.display()
        );
    }
    Ok(format)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, StringArray};

    use super::*;
    use crate::arguments::Color;

    #[test]
    fn no_colour_goes_into_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names.txt");
        let output = OutputArguments {
            output: Some(path.clone()),
            format: None,
            csv_raw: false,
        };
        let common = CommonArguments {
            quiet: true,
            verbose: 0,
            color: Color::Always,
            config: None,
        };
        let names: ArrayRef = Arc::new(StringArray::from(vec!["root"]));
        let rows = RecordBatch::try_from_iter([("user_name", names)]).unwrap();
        let sink = Sink::open(&output).unwrap();
        sink.write(rows.into(), &common, &TimeZone::UTC).unwrap();
        let written = std::fs::read_to_string(path).unwrap();
        assert!(
            written.contains("user_name") && !written.contains('\x1b'),
            "{written:?}"
        );
    }
}

//! `rapsheet plot`: one picture, as SVG or PNG, or in the terminal.

use std::io::Write;
use std::path::Path;

use anyhow::{Result, bail};
use rapsheet_output::plot::{Look, Theme, png, svg};
use rapsheet_output::{OutputFile, Page};
use rapsheet_read::EventsWish;

use crate::arguments::{CommonArguments, Plot, PlotArguments, PlotTheme};
use crate::plan::Plan;
use crate::printer::{Printer, stdout};
use crate::run::{Run, closing_line, open_geo, run as read};
use crate::terminal::{shows_progress, style};

mod page;
mod picture;

/// The format of a file with a picture.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PictureFile {
    Svg,
    Png,
}

/// Draws.
pub(crate) fn run(
    arguments: &PlotArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    // What is wrong with the file is told before the logs are read.
    let format = arguments.output.as_deref().map(file_format).transpose()?;
    let plan = Plan::new(&arguments.input, common)?;
    let file = arguments
        .output
        .as_deref()
        .map(OutputFile::create)
        .transpose()?;
    let geo = match arguments.name {
        Plot::Timeline | Plot::Hours | Plot::Users | Plot::Jails => None,
        _ => open_geo(&plan, printer),
    };
    let wish = if arguments.name == Plot::Missing {
        EventsWish::All { message: false }
    } else {
        EventsWish::None
    };
    let run = read(plan, geo, wish, shows_progress(common), printer)?;
    match (file, format) {
        (Some(file), Some(format)) => write(&run, arguments, file, format, printer)?,
        _ => {
            let mut out = stdout();
            page::draw(
                &run,
                arguments.name,
                &mut Page::new(&mut out, style(common)),
            )?;
            out.flush()?;
        }
    }
    closing_line(&run, printer);
    Ok(())
}

fn file_format(path: &Path) -> Result<PictureFile> {
    let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
    match ending.as_ref().and_then(|ending| ending.to_str()) {
        Some("svg") => Ok(PictureFile::Svg),
        Some("png") => Ok(PictureFile::Png),
        _ => bail!(
            "`{}` is neither `.svg` nor `.png`\nhint: the file's ending says what is drawn, as in `-o picture.svg`",
            path.display()
        ),
    }
}

fn write(
    run: &Run,
    arguments: &PlotArguments,
    mut file: OutputFile,
    format: PictureFile,
    printer: &Printer,
) -> Result<()> {
    let (picture, caption) = picture::of(run, arguments.name)?;
    let look = Look {
        width: arguments.width,
        height: arguments.height,
        theme: match arguments.theme {
            PlotTheme::Light => Theme::Light,
            PlotTheme::Dark => Theme::Dark,
        },
        own_font: format == PictureFile::Png,
    };
    let document = svg(&picture, &caption, &look)?;
    match format {
        PictureFile::Svg => file.write_all(document.as_bytes())?,
        PictureFile::Png => file.write_all(&png(&document)?)?,
    }
    file.flush()?;
    let path = file.path().display().to_string();
    file.commit()?;
    printer.note(&format!("wrote `{path}`"));
    Ok(())
}

//! The one place that prints: data to stdout, talk to stderr, advice behind `hint:`.

use std::cell::Cell;
use std::io::{self, BufRead, IsTerminal, Write};

use rapsheet_output::safe_text::{is_hidden, safe, wrap};

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Talk {
    /// Errors only.
    Quiet,
    /// What a user should know.
    Normal,
    /// Also what was assumed for each source.
    Verbose,
}

/// Prints.
pub(crate) struct Printer {
    talk: Talk,
    color: bool,
    /// Whether something could not be read or done.
    pub(crate) faulty: Cell<bool>,
    /// Whether a finding is as grave as `--fail-on` asks.
    pub(crate) to_act: Cell<bool>,
}

impl Printer {
    pub(crate) const fn new(talk: Talk, color: bool) -> Self {
        Self {
            talk,
            color,
            faulty: Cell::new(false),
            to_act: Cell::new(false),
        }
    }

    /// Says what could not be done, and the way out.
    pub(crate) fn error(&self, message: &str, hint: Option<&str>) {
        self.faulty.set(true);
        self.line("error", "\x1b[1;31m", message);
        if let Some(hint) = hint {
            self.hint(hint);
        }
    }

    /// Says what to be careful about.
    pub(crate) fn warning(&self, message: &str) {
        if self.talk >= Talk::Normal {
            self.line("warning", "\x1b[1;33m", message);
        }
    }

    /// Gives advice.
    pub(crate) fn hint(&self, message: &str) {
        self.line("hint", "\x1b[1;36m", message);
    }

    /// Says what a user may want to know.
    pub(crate) fn note(&self, message: &str) {
        if self.talk >= Talk::Normal {
            self.line("", "", message);
        }
    }

    /// Says what a curious user may want to know.
    pub(crate) fn detail(&self, message: &str) {
        if self.talk >= Talk::Verbose {
            self.line("", "", message);
        }
    }

    /// Asks the person on the terminal; no answer at all is an empty one.
    pub(crate) fn question(&self, question: &str) -> io::Result<String> {
        let mut stderr = io::stderr().lock();
        write!(stderr, "{} ", safe(question, true))?;
        stderr.flush()?;
        let mut answer = String::new();
        if io::stdin().lock().read_line(&mut answer)? == 0 {
            // Nobody has ended the line.
            writeln!(stderr)?;
        }
        Ok(answer.trim().to_owned())
    }

    fn line(&self, word: &str, color: &str, message: &str) {
        // What the system says carries a number that says nothing to a person.
        let message = without_number(message);
        let message = safe(&message, true);
        let head = if word.is_empty() {
            String::new()
        } else {
            format!("{word}: ")
        };
        let mut text = format!("{head}{message}");
        // Commands in advice are there to be copied, so they are left whole.
        if word != "hint"
            && let Some(columns) = stderr_columns()
        {
            text = wrap(&text, columns).join("\n");
        }
        if self.color && !word.is_empty() && text.starts_with(word) {
            let rest = text.split_off(word.len() + 1);
            text = format!("{color}{text}\x1b[0m{rest}");
        }
        let mut stderr = io::stderr().lock();
        // Nobody is left to tell where stderr is closed.
        let _ = writeln!(stderr, "{text}");
    }
}

/// Takes ` (os error 2)` away, wherever it stands.
fn without_number(message: &str) -> std::borrow::Cow<'_, str> {
    let Some((before, rest)) = message.split_once(" (os error ") else {
        return message.into();
    };
    let after = rest.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == '-');
    match after.strip_prefix(')') {
        Some(after) => format!("{before}{}", without_number(after)).into(),
        None => message.into(),
    }
}

/// Says why the arguments are refused, or what help was asked for. Arguments in which something stands that a terminal would obey
/// are told without colours, and without that.
pub(crate) fn usage(error: &clap::Error) {
    let is_odd = |argument: std::ffi::OsString| argument.to_string_lossy().contains(is_hidden);
    if !error.use_stderr() || !std::env::args_os().any(is_odd) {
        // Nobody is left to tell where the output is closed.
        let _ = error.print();
        return;
    }
    let mut stderr = io::stderr().lock();
    for line in error.render().to_string().lines() {
        let _ = writeln!(stderr, "{}", safe(line, true));
    }
}

/// How wide the terminal of standard error is, where it is one.
fn stderr_columns() -> Option<usize> {
    terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| usize::from(width.0))
}

/// Standard output, whose errors name it.
pub(crate) struct Stdout(io::Stdout);

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(named)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(named)
    }
}

fn named(cause: io::Error) -> io::Error {
    io::Error::new(
        cause.kind(),
        format!("cannot write to standard output: {cause}"),
    )
}

/// Standard output, buffered.
pub(crate) fn stdout() -> io::BufWriter<Stdout> {
    io::BufWriter::with_capacity(64 * 1024, Stdout(io::stdout()))
}

/// Whether standard output is a terminal.
pub(crate) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether standard error is a terminal.
pub(crate) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

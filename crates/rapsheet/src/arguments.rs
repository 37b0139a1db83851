//! What people type. Each type is the definition of `--help`, shell completions and man pages.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use rapsheet_output::Format;

/// One record for every address that knocked on your server, and whether anyone got in.
#[derive(Debug, Parser)]
#[command(
    name = "rapsheet",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = "Without PATH it reads what this machine has: /var/log/auth.log or secure or the journal, fail2ban, nginx, Apache.\n\
                  A PATH is a file, a folder, a pattern, or `-` for standard input; plain or gzip, zstd, xz, bzip2."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) input: InputArguments,
    /// `json` gives the summary as one document.
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"], default_value = "text")]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// What rapsheet can do beside the summary.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The rap sheet of one address, network or AS, with the raw lines as evidence
    Show(ShowArguments),
    /// Writes a table: events, addresses, details, bans, networks, findings, coverage, unknown_lines, missing, …
    Export(ExportArguments),
    /// Answers a question in SQL over the tables
    Sql(SqlArguments),
    /// Writes the report: one HTML file with a map and a time brush
    Report(ReportArguments),
    /// Draws one picture, as SVG or PNG or in the terminal: missing, map, countries, timeline, …
    Plot(PlotArguments),
    /// Writes a small made-up server's logs, then runs the main job on them
    Demo(DemoArguments),
    /// Writes man pages, or the pages of the documentation
    #[command(hide = true)]
    Manual(ManualArguments),
    /// Writes shell completions
    #[command(hide = true)]
    Completions(CompletionsArguments),
}

/// What is read, and how.
#[derive(Clone, Debug, Args)]
pub(crate) struct InputArguments {
    /// Logs: files, folders, patterns, or `-`
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Only events from this time on: `2026-01-31`, `2026-01-31 13:00`, `2026-01-31T13:00:00Z`
    #[arg(long, value_name = "TIME", help_heading = "What is read")]
    pub(crate) since: Option<String>,
    /// Only events before this time
    #[arg(long, value_name = "TIME", help_heading = "What is read")]
    pub(crate) until: Option<String>,
    /// Only the last stretch of time: `7d`, `12h`, `90m`, `4w`
    #[arg(long, value_name = "DURATION", conflicts_with_all = ["since", "until"], help_heading = "What is read")]
    pub(crate) last: Option<String>,
    /// The zone of lines without one, and of the times shown: `Europe/Zurich`, `UTC` [default: this machine's]
    #[arg(long, value_name = "ZONE", help_heading = "What is read")]
    pub(crate) timezone: Option<String>,
    /// The year of each log's first line, where lines have none
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i64).range(1970..=9999), help_heading = "What is read")]
    pub(crate) year: Option<i64>,
    /// `addresses` takes every address that stands anywhere in the text
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = InputFormat::Auto, help_heading = "What is read")]
    pub(crate) input_format: InputFormat,
    /// Databases that say where addresses are: `.mmdb` files or their folder
    #[arg(long, value_name = "FILE", num_args = 1.., value_delimiter = ',', help_heading = "Details")]
    pub(crate) geo: Vec<PathBuf>,
    /// Looks nothing up, not even in the built-in database
    #[arg(long, conflicts_with = "geo", help_heading = "Details")]
    pub(crate) no_geo: bool,
    /// How many threads work [default: as many as there are cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512), help_heading = "How it runs")]
    pub(crate) threads: Option<u16>,
}

/// How it talks.
#[derive(Clone, Debug, Args)]
pub(crate) struct CommonArguments {
    /// Says nothing but what was asked for
    #[arg(short, long, global = true, help_heading = "How it runs")]
    pub(crate) quiet: bool,
    /// Says more; twice: everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "How it runs")]
    pub(crate) verbose: u8,
    /// When to colour
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto, help_heading = "How it runs")]
    pub(crate) color: Color,
    /// The configuration file [default: $XDG_CONFIG_HOME/rapsheet/config.toml; root: /etc/rapsheet/config.toml]
    #[arg(long, global = true, value_name = "FILE", help_heading = "How it runs")]
    pub(crate) config: Option<PathBuf>,
}

/// How lines are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputFormat {
    /// Found by content.
    Auto,
    /// Every address in the text.
    Addresses,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Also into a pipe.
    Always,
    /// Never.
    Never,
}

/// Whose rap sheet.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// `192.0.2.1`, `192.0.2.0/24`, `AS64496`
    #[arg(value_name = "ADDRESS|NETWORK|ASn")]
    pub(crate) whom: String,
    /// At most so many raw lines; 0 shows none
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub(crate) evidence: usize,
    #[command(flatten)]
    pub(crate) input: InputArguments,
}

/// Where rows go.
#[derive(Clone, Debug, Args)]
pub(crate) struct OutputArguments {
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// `csv`, `json`, `ndjson`, `parquet`, `arrow` (feather), `table` [default: by the file's ending; on a terminal `table`, else `csv`]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    /// Writes cells that a spreadsheet would take for formulas as they are
    #[arg(long)]
    pub(crate) csv_raw: bool,
}

/// Which table.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The table
    #[arg(value_name = "TABLE")]
    pub(crate) table: String,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) input: InputArguments,
}

/// Which question.
#[derive(Debug, Args)]
pub(crate) struct SqlArguments {
    /// `SELECT …`
    #[arg(value_name = "SELECT")]
    pub(crate) query: String,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) input: InputArguments,
}

/// Which report.
#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// The file to write
    #[arg(short, long, value_name = "FILE.html")]
    pub(crate) output: PathBuf,
    /// The page's title [default: rapsheet and the day]
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// Raw lines of each address that the page holds; 0 for none
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) max_evidence: u32,
    /// Reduces addresses to their /24 or /48, hashes user names, and leaves raw lines out
    #[arg(long)]
    pub(crate) anonymize: bool,
    #[command(flatten)]
    pub(crate) input: InputArguments,
}

/// Which picture.
#[derive(Debug, Args)]
pub(crate) struct PlotArguments {
    /// The picture
    #[arg(value_name = "NAME", value_enum)]
    pub(crate) name: Plot,
    /// The file to write, `.svg` or `.png` [default: drawn in the terminal]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Pixels across [default: what suits the picture]
    #[arg(long, value_name = "PIXELS", requires = "output", value_parser = clap::value_parser!(u32).range(320..=10_000))]
    pub(crate) width: Option<u32>,
    /// Pixels down [default: what suits the picture]
    #[arg(long, value_name = "PIXELS", requires = "output", value_parser = clap::value_parser!(u32).range(240..=10_000))]
    pub(crate) height: Option<u32>,
    /// The ground of the picture
    #[arg(long, value_name = "THEME", requires = "output", value_enum, default_value_t = PlotTheme::Light)]
    pub(crate) theme: PlotTheme,
    #[command(flatten)]
    pub(crate) input: InputArguments,
}

/// Pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Plot {
    /// How much of each column is absent, in `details` and in `events`
    Missing,
    /// Attempts by place, on a map of the world
    Map,
    /// Attempts by country
    Countries,
    /// Attempts by type of user, where a database knows it
    UserTypes,
    /// Attempts by network, with its autonomous system
    Networks,
    /// Attempts over time
    Timeline,
    /// Attempts by weekday and hour
    Hours,
    /// Attempts by user name
    Users,
    /// What each jail of fail2ban did
    Jails,
}

/// The ground of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlotTheme {
    /// Dark on white.
    Light,
    /// Light on dark.
    Dark,
}

/// Where the demo goes.
#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// The folder to write into [default: a temporary one, removed at the end]
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}

/// Which shell.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Which pages.
#[derive(Debug, Args)]
pub(crate) struct ManualArguments {
    /// The folder to write into
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// What kind of pages
    #[arg(long, value_enum, default_value_t = ManualFormat::Man)]
    pub(crate) format: ManualFormat,
}

/// Kinds of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ManualFormat {
    /// For `man`.
    Man,
    /// For `docs/commands/`.
    Markdown,
}

//! What people type. Each type is the definition of `--help`, shell completions and man pages.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use rapsheet_output::Format;

mod enrich;

pub(crate) use enrich::{
    EnrichArguments, EnrichCommand, EnrichForgetArguments, EnrichStatusArguments, WebService,
};

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
    #[command(flatten)]
    pub(crate) summary: SummaryArguments,
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
    /// Asks MaxMind's web service about the addresses, once each, within a budget
    Enrich(Box<EnrichArguments>),
    /// Databases that say where addresses are: renews, lists and asks them
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Geo(GeoArguments),
    /// Who is known: people, monitors and this server itself, so that they stand apart
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Known(KnownArguments),
    /// Writes a small made-up server's logs, then runs the main job on them
    Demo(DemoArguments),
    /// Writes man pages, or the pages of the documentation
    Manual(ManualArguments),
    /// Writes completions for a shell
    Completions(CompletionsArguments),
}

/// How much of the summary is wanted, and in which form.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SummaryArguments {
    /// `json` gives the summary as one document.
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"], default_value = "text")]
    pub(crate) format: String,
    /// All findings and lists, not only what fits a screen
    #[arg(long)]
    pub(crate) full: bool,
    /// Exits with 3 where a finding is as grave: for cron
    #[arg(long, value_name = "SEVERITY", value_enum)]
    pub(crate) fail_on: Option<FailOn>,
}

/// How grave a finding must be to make a run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Somebody got in, or something was handed out.
    Critical,
    /// That, or something to look at.
    Warning,
}

impl FailOn {
    /// The column of `summary/severities` that counts such findings.
    pub(crate) const fn column(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
        }
    }
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
    /// The zone of lines without one: `Europe/Zurich`, `+01:00`, `UTC` [default: this machine's]
    #[arg(
        long,
        value_name = "ZONE",
        overrides_with = "timezone",
        allow_hyphen_values = true,
        help_heading = "What is read"
    )]
    pub(crate) timezone: Option<String>,
    /// The zone of the times shown, and of `--since` and `--until` [default: that of `--timezone`]
    #[arg(
        long,
        value_name = "ZONE",
        overrides_with = "show_timezone",
        allow_hyphen_values = true,
        help_heading = "What is read"
    )]
    pub(crate) show_timezone: Option<String>,
    /// The year of each log's first line, where lines have none
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i64).range(1970..=9999), help_heading = "What is read")]
    pub(crate) year: Option<i64>,
    /// `addresses` takes every address that stands anywhere in the text
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = InputFormat::Auto, help_heading = "What is read")]
    pub(crate) input_format: InputFormat,
    /// Who is known: a file in the place of the usual ones [default: /etc/rapsheet/known.toml and $XDG_CONFIG_HOME/rapsheet/known.toml]
    #[arg(long, value_name = "FILE", help_heading = "What is read")]
    pub(crate) known: Option<PathBuf>,
    /// Databases that say where addresses are: `.mmdb` files or their folder; what follows and is none is a PATH
    #[arg(long, value_name = "FILE", num_args = 1.., value_delimiter = ',', help_heading = "Details")]
    pub(crate) geo: Vec<PathBuf>,
    /// The cache of the web service's answers [default: $XDG_DATA_HOME/rapsheet/answers.sqlite]
    #[arg(long, value_name = "FILE", help_heading = "Details")]
    pub(crate) cache: Option<PathBuf>,
    /// Takes the answers of this host, such as a test server or the sandbox, in place of MaxMind's own
    #[arg(long, value_name = "HOST", help_heading = "Details")]
    pub(crate) answers_from: Option<String>,
    /// The language of names: `de`, `en`, `es`, `fr`, `ja`, `pt-BR`, `ru`, `zh-CN` [default: en]
    #[arg(long, value_name = "LOCALE", help_heading = "Details")]
    pub(crate) locale: Option<String>,
    /// Looks nothing up, not even in the built-in database
    #[arg(long, conflicts_with = "geo", help_heading = "Details")]
    pub(crate) no_geo: bool,
    /// How many threads work [default: as many as there are cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512), help_heading = "How it runs")]
    pub(crate) threads: Option<u16>,
    /// How much memory rows may take, as `512M`: what finds no room goes to temporary files [default: 2G]
    #[arg(long, value_name = "SIZE", help_heading = "How it runs")]
    pub(crate) memory: Option<String>,
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
    /// The file to write; `-` is standard output [default: standard output]
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
    /// Of `details`: `dotted` gives the raw answers of the web service as wide rows, under MaxMind's own dotted paths
    #[arg(long, value_name = "NAMES", value_enum, default_value_t = ColumnNames::Sql)]
    pub(crate) columns: ColumnNames,
    /// With `--columns dotted`: the names in all languages
    #[arg(long)]
    pub(crate) all_locales: bool,
    /// With `--columns dotted`: names in the wanted language and in English only, also beside `--all-locales`
    #[arg(long)]
    pub(crate) drop_translations: bool,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) input: InputArguments,
}

/// How columns are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColumnNames {
    /// As in SQL: `city_name`.
    Sql,
    /// As in MaxMind's answers: `city.names.en`.
    Dotted,
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
    /// The file to write; `-` is standard output
    #[arg(short, long, value_name = "FILE.html")]
    pub(crate) output: PathBuf,
    /// The page's title [default: the servers and the period]
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// Raw lines of each address that the page holds; 0 for none
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) max_evidence: u32,
    /// Shows only what is known to be harmless: addresses become /24 or /48, user names hashes, hosts and files numbers; no raw lines
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

/// What to do about who is known.
#[derive(Debug, Args)]
pub(crate) struct KnownArguments {
    #[command(subcommand)]
    pub(crate) command: KnownCommand,
}

/// What can be done about who is known.
#[derive(Debug, Subcommand)]
pub(crate) enum KnownCommand {
    /// Puts somebody into the file
    Add(KnownAddArguments),
    /// Takes somebody out of the file
    Remove(KnownRemoveArguments),
    /// Lists who is known, and where that stands
    List(KnownListArguments),
    /// Names who may be known by what the logs tell of them, with the command that makes them known
    Suggest(KnownSuggestArguments),
}

/// Whom to add.
#[derive(Debug, Args)]
pub(crate) struct KnownAddArguments {
    /// `192.0.2.7`, `192.0.2.0/24`, `AS64496`, a key's `SHA256:…`, or `user=NAME`, `country=CH`, `host=NAME`
    #[arg(value_name = "WHOM")]
    pub(crate) whom: String,
    /// Who that is, in your own words
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// What they may do
    #[arg(long, value_name = "SCOPE", value_enum)]
    pub(crate) scope: Option<KnownScope>,
    /// With `monitoring`: a path that their requests may ask for; may be repeated
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Vec<String>,
    /// The last day on which it holds: `2027-01-31`
    #[arg(long, value_name = "DAY")]
    pub(crate) until: Option<String>,
    /// The file [default: $XDG_CONFIG_HOME/rapsheet/known.toml; root: /etc/rapsheet/known.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) known: Option<PathBuf>,
}

/// What whoever is known may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KnownScope {
    /// Bare connections, and requests for their paths, are nothing.
    Monitoring,
    /// Their failures are notices.
    Staff,
    /// The server's own address: its failures are notices.
    Own,
}

impl From<KnownScope> for rapsheet_known::KnownScope {
    fn from(scope: KnownScope) -> Self {
        match scope {
            KnownScope::Monitoring => Self::Monitoring,
            KnownScope::Staff => Self::Staff,
            KnownScope::Own => Self::Own,
        }
    }
}

/// Whom to take out.
#[derive(Debug, Args)]
pub(crate) struct KnownRemoveArguments {
    /// As it was added
    #[arg(value_name = "WHOM")]
    pub(crate) whom: String,
    /// The file [default: $XDG_CONFIG_HOME/rapsheet/known.toml; root: /etc/rapsheet/known.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) known: Option<PathBuf>,
}

/// Which entries to list.
#[derive(Debug, Args)]
pub(crate) struct KnownListArguments {
    /// This file alone
    #[arg(long, value_name = "FILE")]
    pub(crate) known: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

/// What to look through.
#[derive(Debug, Args)]
pub(crate) struct KnownSuggestArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
}

/// What to do with databases.
#[derive(Debug, Args)]
pub(crate) struct GeoArguments {
    #[command(subcommand)]
    pub(crate) command: GeoCommand,
}

/// What can be done with databases.
#[derive(Debug, Subcommand)]
pub(crate) enum GeoCommand {
    /// Fetches databases and keeps them current: MaxMind's with an account, else DB-IP's free ones
    Update(GeoUpdateArguments),
    /// Lists the databases in use: edition, age, place, licence, and what each can answer
    Status(GeoStatusArguments),
    /// Says what is known of addresses, and which database said it
    Lookup(GeoLookupArguments),
}

/// Which databases to update, from where.
#[derive(Debug, Args)]
pub(crate) struct GeoUpdateArguments {
    /// The editions, such as `GeoLite2-City` or `dbip-city-lite` [default: those of GeoIP.conf; without an account DB-IP's]
    #[arg(long, value_name = "EDITION", value_delimiter = ',')]
    pub(crate) edition: Vec<String>,
    /// Where the files go [default: the folder that GeoIP.conf names, else $XDG_DATA_HOME/rapsheet/geo]
    #[arg(long, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
    /// Asks what is newer, and fetches nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// MaxMind's GeoIP.conf [default: /usr/local/etc/GeoIP.conf, /etc/GeoIP.conf]
    #[arg(long, value_name = "FILE")]
    pub(crate) geoip_conf: Option<PathBuf>,
    /// A file that holds the account ID
    #[arg(long, value_name = "FILE")]
    pub(crate) account_id_file: Option<PathBuf>,
    /// A file that holds the licence key
    #[arg(long, value_name = "FILE")]
    pub(crate) license_key_file: Option<PathBuf>,
    /// Another server that speaks the same protocol; plain http only on this machine
    #[arg(long, value_name = "URL")]
    pub(crate) host: Option<String>,
    /// A certificate in PEM that is trusted beside the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
}

/// Which databases.
#[derive(Clone, Debug, Args)]
pub(crate) struct GeoSourceArguments {
    /// Databases beside those that are found: `.mmdb` files or their folder; may be repeated
    #[arg(
        long,
        value_name = "FILE",
        value_delimiter = ',',
        help_heading = "Details"
    )]
    pub(crate) geo: Vec<PathBuf>,
    /// The cache of the web service's answers [default: $XDG_DATA_HOME/rapsheet/answers.sqlite]
    #[arg(long, value_name = "FILE", help_heading = "Details")]
    pub(crate) cache: Option<PathBuf>,
    /// Takes the answers of this host, such as a test server or the sandbox, in place of MaxMind's own
    #[arg(long, value_name = "HOST", help_heading = "Details")]
    pub(crate) answers_from: Option<String>,
    /// The language of names: `de`, `en`, `es`, `fr`, `ja`, `pt-BR`, `ru`, `zh-CN` [default: en]
    #[arg(long, value_name = "LOCALE", help_heading = "Details")]
    pub(crate) locale: Option<String>,
    /// The file to write; `-` is standard output [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// `csv`, `json`, `ndjson`, `parquet`, `arrow` (feather), `table` [default: by the file's ending, else a page to read]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
}

/// Which databases to list.
#[derive(Debug, Args)]
pub(crate) struct GeoStatusArguments {
    #[command(flatten)]
    pub(crate) source: GeoSourceArguments,
}

/// Which addresses to look up.
#[derive(Debug, Args)]
pub(crate) struct GeoLookupArguments {
    /// Addresses; `-` reads them from standard input, one a line
    #[arg(value_name = "IP", required = true)]
    pub(crate) ips: Vec<String>,
    #[command(flatten)]
    pub(crate) source: GeoSourceArguments,
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

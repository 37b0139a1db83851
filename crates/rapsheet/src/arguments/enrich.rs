//! What people type after `rapsheet enrich`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::arguments::InputArguments;

/// What to ask, and at what price.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct EnrichArguments {
    #[command(subcommand)]
    pub(crate) command: Option<EnrichCommand>,
    /// Asks about the addresses in this file, one a line or a column of a CSV, in their order; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    pub(crate) ips: Option<PathBuf>,
    /// The service: each knows more than the one before, and costs more
    #[arg(long, value_enum, value_name = "SERVICE", default_value_t = WebService::City)]
    pub(crate) service: WebService,
    /// The free GeoLite service: 1,000 answers a day, `country` or `city`
    #[arg(long)]
    pub(crate) geolite: bool,
    /// Asks about the first N only
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Asks only where no database and no earlier answer, however old, has what the service would add
    #[arg(long)]
    pub(crate) only_missing: bool,
    /// Asks again where the answer is older; 0 asks about all anew
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(i64).range(0..=36_500))]
    pub(crate) max_age: i64,
    /// Spends at most this many US dollars, with what may have been billed without an answer
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) budget: Option<String>,
    /// How many requests are under way at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) concurrency: u16,
    /// Takes one answer for its whole network, with Insights too (its fields differ from address to address)
    #[arg(long, conflicts_with = "no_share_networks")]
    pub(crate) share_networks: bool,
    /// Asks about each address by itself, though an answer of its network is there
    #[arg(long)]
    pub(crate) no_share_networks: bool,
    /// Shows what would be asked and what it would cost, and sends nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Asks without a question first
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// The host to ask; its answers count where `--answers-from` names it [default: geoip.maxmind.com, geolite.info with `--geolite`]
    #[arg(long, value_name = "HOST", help_heading = "Account")]
    pub(crate) host: Option<String>,
    /// A file with the account ID [default: MAXMIND_ACCOUNT_ID, then GeoIP.conf]
    #[arg(long, value_name = "FILE", help_heading = "Account")]
    pub(crate) account_id_file: Option<PathBuf>,
    /// A file with the licence key [default: MAXMIND_LICENSE_KEY, then GeoIP.conf]
    #[arg(long, value_name = "FILE", help_heading = "Account")]
    pub(crate) license_key_file: Option<PathBuf>,
    /// A GeoIP.conf to take both from
    #[arg(long, value_name = "FILE", help_heading = "Account")]
    pub(crate) geoip_conf: Option<PathBuf>,
    /// A certificate in PEM that is trusted beside the system's
    #[arg(long, value_name = "FILE", help_heading = "Account")]
    pub(crate) ca_file: Option<PathBuf>,
    /// The first pause after a fault, in milliseconds
    #[arg(long, value_name = "N", default_value_t = 500, hide = true)]
    pub(crate) retry_pause_ms: u64,
    #[command(flatten)]
    pub(crate) input: InputArguments,
}

/// What can be done with what was answered.
#[derive(Debug, Subcommand)]
pub(crate) enum EnrichCommand {
    /// Tells what was spent, when and on which service, and what is kept
    Status(EnrichStatusArguments),
    /// Forgets answers that are old, or about an address
    Forget(EnrichForgetArguments),
}

/// Of which cache.
#[derive(Debug, Args)]
pub(crate) struct EnrichStatusArguments {
    /// The cache of the web service's answers [default: $XDG_DATA_HOME/rapsheet/answers.sqlite]
    #[arg(long, value_name = "FILE")]
    pub(crate) cache: Option<PathBuf>,
}

/// Which answers to forget.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["older_than", "address"]))]
pub(crate) struct EnrichForgetArguments {
    /// Those that were asked for longer ago: `30d`, `12h`, `4w`
    #[arg(long, value_name = "DURATION")]
    pub(crate) older_than: Option<String>,
    /// Those about this address; may be repeated
    #[arg(long, value_name = "ADDRESS", num_args = 1..)]
    pub(crate) address: Vec<String>,
    /// Forgets without a question first
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// The cache of the web service's answers [default: $XDG_DATA_HOME/rapsheet/answers.sqlite]
    #[arg(long, value_name = "FILE")]
    pub(crate) cache: Option<PathBuf>,
}

/// Services of MaxMind's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WebService {
    /// The country.
    Country,
    /// City, coordinates, provider, connection.
    City,
    /// Also the kind of user, anonymity, and scores.
    Insights,
}

//! The command line: commands and their options, as they are typed. What is not typed may come from the
//! environment (`FORECAST_…`) or from `forecast.toml`; see `config`.

#[cfg(feature = "azure")]
pub mod azure;
pub mod charges;
pub mod day;
pub mod global;
pub mod granularity;
mod needless;
pub mod price;

pub use global::{ColorChoice, Global, LogFormat, Output, TextFile};
pub use needless::check_needless;

use chrono::NaiveDate;
use clap::{Arg, Args, Command as ClapCommand, CommandFactory, Parser, Subcommand, ValueHint};
use day::plausible_day;
use std::path::PathBuf;

/// Forecasts what a billing cycle's Azure invoice will be, how sure that is, and why.
#[derive(Debug, Parser)]
#[command(name = "forecast", version, max_term_width = 100, propagate_version = true)]
#[command(after_help = "Exit codes: 0 done · 1 failed · 2 wrong usage · 4 not enough data · 5 not allowed \
· 6 unavailable · 7 a batch in part")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub global: Global,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Forecast the cycle's total from cost exports or any daily series
    Predict(Box<charges::Predict>),
    /// Write the daily cost series that a forecast sees
    Series(charges::Series),
    /// Normalise charges of files, or read them from Azure
    Ingest(Box<charges::Ingest>),
    /// List or download invoices
    #[cfg(feature = "azure")]
    #[command(subcommand)]
    Invoice(azure::Invoice),
    /// Check sign-in, roles, reach, clock and exports
    #[cfg(feature = "azure")]
    Doctor(azure::Doctor),
    /// Score past cycles as if each day had been today
    Backtest(charges::Backtest),
    /// Fit the pooled model on your own series, and write it to a file for --model
    Train(charges::Train),
    /// Say what use costs, before and after it happens
    #[command(subcommand)]
    Price(price::Price),
    /// Write a made-up but realistic export to try things on
    Sample(Sample),
    /// Run the jobs of a configuration file, for every night
    Batch(Batch),
    /// Show or check the configuration
    #[command(subcommand)]
    Config(Config),
    /// Print a completion script for a shell
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
        #[command(flatten)]
        file: TextFile,
    },
    /// Print the manual page
    Man {
        #[command(flatten)]
        file: TextFile,
    },
}

/// Commands that never read `forecast.toml`.
const UNCONFIGURED: [&str; 3] = ["sample", "completions", "man"];

/// The id of the option that names the configuration file.
pub const CONFIG: &str = "config-file";

/// The command line, with `--config` on every command that reads `forecast.toml`.
pub fn command() -> ClapCommand {
    let command = Cli::command();
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let configured = names.into_iter().filter(|name| !UNCONFIGURED.contains(&name.as_str()));
    let config = Arg::new(CONFIG)
        .long("config")
        .value_name("FILE")
        .env("FORECAST_CONFIG")
        .global(true)
        .value_hint(ValueHint::FilePath)
        .value_parser(clap::value_parser!(PathBuf))
        .help_heading("Run")
        .help("Configuration file [default: forecast.toml, where there is one]");
    configured.fold(command, |command, name| command.mut_subcommand(name, |sub| sub.arg(config.clone())))
}

#[derive(Debug, Clone, Args)]
pub struct Sample {
    /// Folder to write to.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Seed of everything that is made up.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Months of use, the running one included.
    #[arg(long, value_name = "N")]
    pub months: Option<u32>,
    /// Number of subscriptions.
    #[arg(long, value_name = "N")]
    pub subscriptions: Option<u32>,
    /// Rows a day, over all subscriptions together.
    #[arg(long, value_name = "N")]
    pub rows_per_day: Option<u32>,
    /// Kind of file: ea-actual, ea-amortized, mca-actual, mca-amortized, payg, focus-1.0, focus-1.2.
    #[arg(long, value_name = "NAME")]
    pub family: Option<String>,
    /// csv, csv.gz or parquet.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// Runs: one a month, or a month-to-date run a day.
    #[arg(long, value_name = "month|daily")]
    pub snapshots: Option<String>,
    /// Last day of use.
    #[arg(long, value_name = "DATE")]
    pub through: Option<NaiveDate>,
}

#[derive(Debug, Clone, Args)]
pub struct Batch {
    /// Date under which outputs are put, and before which charges are seen where a job says
    /// nothing else [default: today, and everything].
    #[arg(long, value_name = "DATE", value_parser = plausible_day)]
    pub as_of: Option<NaiveDate>,
    /// Run only the job of this name (repeatable).
    #[arg(long, value_name = "NAME")]
    pub job: Vec<String>,
}

#[derive(Debug, Clone, Subcommand)]
pub enum Config {
    /// Print the configuration as it is understood
    Show {
        #[command(flatten)]
        file: TextFile,
    },
    /// Check the configuration and say what is wrong with it
    Check,
}

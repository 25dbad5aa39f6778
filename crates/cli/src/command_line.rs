//! The commands of `forecast`.

#[cfg(feature = "azure")]
use crate::options::azure;
use crate::options::{Batch, Config, Global, Sample, TextFile, charges, price};
use clap::{Arg, Command as ClapCommand, CommandFactory, Parser, Subcommand, ValueHint};
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

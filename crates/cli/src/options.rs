//! The options of every command, as they are typed. What is not typed may come from the environment
//! (`FORECAST_…`) or from `forecast.toml`; see `config`.

use billing::Metric;
use chrono::{Datelike, NaiveDate};
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Forecasts what a billing cycle's Azure invoice will be, how sure that is, and why.
#[derive(Debug, Parser)]
#[command(name = "forecast", version, max_term_width = 100, propagate_version = true)]
#[command(
    after_help = "Exit codes: 0 done · 1 failed · 2 wrong usage · 3 a gate was breached · 4 not enough data \
· 5 not allowed · 6 unavailable · 7 a batch in part"
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub global: Global,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Form of the output: table, json, jsonl, csv, markdown or parquet.
    #[arg(
        short,
        long,
        global = true,
        value_name = "FORMAT",
        env = "FORECAST_OUTPUT",
        help_heading = "Output"
    )]
    pub output: Option<report::Format>,
    /// Write the output to this file, whole or not at all; `-` is stdout.
    #[arg(long, global = true, value_name = "PATH", env = "FORECAST_OUT_FILE", help_heading = "Output")]
    pub out_file: Option<PathBuf>,
    /// Configuration file [default: forecast.toml, where there is one].
    #[arg(long, global = true, value_name = "FILE", env = "FORECAST_CONFIG", help_heading = "Run")]
    pub config: Option<PathBuf>,
    /// Number of threads [default: all].
    #[arg(long, global = true, value_name = "N", env = "FORECAST_THREADS", help_heading = "Run", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Say more: `-v` prints control totals, `-vv` every file.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Run")]
    pub verbose: u8,
    /// Say less: errors only.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Run")]
    pub quiet: bool,
    /// Form of what is said on stderr [default: text].
    #[arg(long, global = true, value_name = "FORM", env = "FORECAST_LOG_FORMAT", help_heading = "Run")]
    pub log_format: Option<LogFormat>,
    /// Show no progress bar.
    #[arg(long, global = true, env = "FORECAST_NO_PROGRESS", help_heading = "Run")]
    pub no_progress: bool,
    /// When to use colour; `NO_COLOR` is honoured [default: auto].
    #[arg(long, global = true, value_name = "WHEN", env = "FORECAST_COLOR", help_heading = "Output")]
    pub color: Option<ColorChoice>,
}

/// A day on which there can have been charges.
fn plausible_day(text: &str) -> Result<NaiveDate, String> {
    text.parse::<NaiveDate>()
        .ok()
        .filter(|day| (1990..=2199).contains(&day.year()))
        .ok_or_else(|| "a day is written 2026-10-18 and lies between 1990 and 2199".to_owned())
}

/// Form of messages on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// A JSON object a line, for machines.
    Json,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColorChoice {
    /// On terminals.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Command {
    /// Whether it reads `forecast.toml`.
    pub fn is_configured(&self) -> bool {
        !matches!(self, Self::Sample(_) | Self::Completions { .. } | Self::Man)
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Forecast the cycle's total from cost exports or any daily series
    Predict(Predict),
    /// Write the daily cost series that a forecast sees
    Series(Series),
    /// Normalise charges of files, or read them from Azure
    #[cfg(feature = "azure")]
    Ingest(crate::azure_options::Ingest),
    /// List or download invoices
    #[cfg(feature = "azure")]
    #[command(subcommand)]
    Invoice(crate::azure_options::Invoice),
    /// Check sign-in, roles, reach, clock and exports
    #[cfg(feature = "azure")]
    Doctor(crate::azure_options::Doctor),
    /// Score past cycles as if each day had been today
    Backtest(Backtest),
    /// Fit the pooled model on your own series, and write it to a file for --model
    Train(Train),
    /// Say what use costs, before and after it happens
    #[command(subcommand)]
    Price(crate::price_options::Price),
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
    },
    /// Print the manual page
    Man,
}

/// Which charges are read, and how.
#[derive(Debug, Clone, Default, Args)]
pub struct Charges {
    /// Cost exports: files, folders, patterns, addresses of storage (az://, abfss://, https://).
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<String>,
    /// Group by this dimension (repeatable): subscription, service, resource-group, resource, region, meter,
    /// billing-account, billing-profile, invoice-section, department, invoice, publisher, charge-category,
    /// charge-kind, tag:KEY, or a FOCUS column.
    #[arg(
        short,
        long,
        value_name = "DIM",
        env = "FORECAST_GROUP_BY",
        value_delimiter = ',',
        help_heading = "Charges"
    )]
    pub group_by: Vec<String>,
    /// Keep only charges with this value (repeatable; values of one dimension are alternatives).
    #[arg(long, value_name = "DIM=VALUE", env = "FORECAST_FILTER", help_heading = "Charges")]
    pub filter: Vec<String>,
    /// The cost that is meant: billed (ActualCost), effective (AmortizedCost), contracted, list.
    #[arg(short, long, value_name = "METRIC", env = "FORECAST_METRIC", help_heading = "Charges")]
    pub metric: Option<Metric>,
    /// Keep the N most expensive groups; the rest become one row, Others.
    #[arg(long, value_name = "N", env = "FORECAST_TOP", help_heading = "Charges", value_parser = clap::value_parser!(u32).range(1..))]
    pub top: Option<u32>,
    /// See nothing that was charged or exported on this day or later.
    #[arg(long, value_name = "DATE", env = "FORECAST_AS_OF", help_heading = "Charges", value_parser = plausible_day)]
    pub as_of: Option<NaiveDate>,
    /// Days before the newest run that are not final yet [default: 2].
    #[arg(long, value_name = "N", env = "FORECAST_SETTLE_DAYS", help_heading = "Charges", value_parser = clap::value_parser!(u32).range(0..=60))]
    pub settle_days: Option<u32>,
    /// Day on which cycles begin, where the files do not say [default: 1].
    #[arg(long, value_name = "N", env = "FORECAST_CYCLE_DAY", help_heading = "Charges", value_parser = clap::value_parser!(u32).range(1..=31))]
    pub cycle_day: Option<u32>,
    /// Currency of files that name none.
    #[arg(long, value_name = "CODE", env = "FORECAST_CURRENCY", help_heading = "Charges")]
    pub currency: Option<String>,
    /// Read files as this kind: focus, mca, ea, payg; `-actual` or `-amortized` may follow.
    #[arg(long, value_name = "NAME", env = "FORECAST_FAMILY", help_heading = "Charges")]
    pub family: Option<String>,
    /// Fail on the first malformed row instead of leaving it out.
    #[arg(long, env = "FORECAST_STRICT", help_heading = "Charges")]
    pub strict: bool,
}

/// A table of any daily series, instead of charges.
#[derive(Debug, Clone, Default, Args)]
pub struct AnySeries {
    /// A long table of daily values (Parquet or CSV) instead of charges.
    #[arg(long, value_name = "FILE", conflicts_with = "inputs", help_heading = "Any daily series")]
    pub series: Option<PathBuf>,
    /// Column that names a series (repeatable) [default: unique_id].
    #[arg(long, value_name = "NAME", requires = "series", help_heading = "Any daily series")]
    pub id_column: Vec<String>,
    /// Column of the day [default: ds].
    #[arg(long, value_name = "NAME", requires = "series", help_heading = "Any daily series")]
    pub date_column: Option<String>,
    /// Column of the value [default: y].
    #[arg(long, value_name = "NAME", requires = "series", help_heading = "Any daily series")]
    pub value_column: Option<String>,
    /// What a day without a row is: `zero`, instead of missing.
    #[arg(long, value_name = "VALUE", requires = "series", help_heading = "Any daily series")]
    pub fill: Option<Fill>,
}

/// What days without a row are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Fill {
    /// Zero.
    Zero,
}

#[derive(Debug, Clone, Args)]
pub struct Predict {
    #[command(flatten)]
    pub charges: Charges,
    #[command(flatten)]
    pub any: AnySeries,
    /// Forecast this cycle and the next N − 1 [default: 1].
    #[arg(long, value_name = "N", env = "FORECAST_CYCLES", help_heading = "Forecast", value_parser = clap::value_parser!(u32).range(1..=60))]
    pub cycles: Option<u32>,
    /// Write the expected days instead of the totals.
    #[arg(long, conflicts_with = "totals", help_heading = "Forecast")]
    pub daily: bool,
    /// Add the levels above the grouping to files too; the terminal table always shows them.
    #[arg(long, help_heading = "Forecast")]
    pub totals: bool,
    /// The forecaster: default, run_rate, seasonal_naive, last_cycle, ridge, ….
    #[arg(long, value_name = "NAME", env = "FORECAST_MODEL", help_heading = "Forecast")]
    pub model: Option<String>,
    #[command(flatten)]
    pub pricing: crate::price_options::Pricing,
    /// Set another forecast of the same cycle beside ours: `azure`, its own.
    #[cfg(feature = "azure")]
    #[arg(long, value_name = "PEER", conflicts_with = "series", help_heading = "Forecast")]
    pub compare: Option<Peer>,
    /// The scope that the total is of, where rows are not subscriptions.
    #[cfg(feature = "azure")]
    #[arg(long, value_name = "ID", requires = "compare", help_heading = "Forecast")]
    pub compare_scope: Option<String>,
    /// Where the ledger lies.
    #[arg(long, value_name = "PATH", env = "FORECAST_LEDGER", help_heading = "Charges")]
    pub ledger: Option<PathBuf>,
}

/// Another forecaster.
#[cfg(feature = "azure")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    /// Azure's Cost Management.
    Azure,
}

#[derive(Debug, Clone, Args)]
pub struct Series {
    #[command(flatten)]
    pub charges: Charges,
    /// Days or, where the source has them, hours: the spend so far.
    #[arg(long, value_name = "daily|hourly", default_value = "daily", help_heading = "Charges")]
    pub granularity: Granularity,
    /// Where the ledger lies.
    #[arg(long, value_name = "PATH", env = "FORECAST_LEDGER", help_heading = "Charges")]
    pub ledger: Option<PathBuf>,
}

/// Days or hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Granularity {
    /// By UTC day.
    #[default]
    Daily,
    /// By hour.
    Hourly,
}

#[derive(Debug, Clone, Args)]
pub struct Backtest {
    #[command(flatten)]
    pub charges: Charges,
    #[command(flatten)]
    pub any: AnySeries,
    /// Test the last N complete cycles [default: 4].
    #[arg(long, value_name = "N", help_heading = "Backtest", value_parser = clap::value_parser!(u32).range(1..=120))]
    pub cycles: Option<u32>,
    /// Days of the cycle after which to cut [default: 3,7,10,15,20,25].
    #[arg(long, value_name = "DAYS", value_delimiter = ',', help_heading = "Backtest", value_parser = clap::value_parser!(u32).range(1..=31))]
    pub cut_days: Vec<u32>,
    /// Make just the forecasts that this table lists (id columns, cycle, cut_day).
    #[arg(long, value_name = "FILE", requires = "series", help_heading = "Backtest")]
    pub tasks: Option<PathBuf>,
    /// Late days as they were known (id columns, cycle, cut_day, date, value_seen).
    #[arg(long, value_name = "FILE", requires = "series", help_heading = "Backtest")]
    pub seen: Option<PathBuf>,
    /// The forecaster.
    #[arg(long, value_name = "NAME", env = "FORECAST_MODEL", help_heading = "Backtest")]
    pub model: Option<String>,
    /// Say how the errors compare with those of another forecaster.
    #[arg(long, value_name = "NAME", help_heading = "Backtest")]
    pub compare_model: Option<String>,
    /// Test each of N parts of the series with a model that is trained on the others alone.
    #[arg(long, value_name = "N", requires = "series", conflicts_with = "leave_out", help_heading = "Backtest", value_parser = clap::value_parser!(u32).range(2..=100))]
    pub folds: Option<u32>,
    /// Test the series of each source (their first id) with a model that is trained on the other sources alone.
    #[arg(long, requires = "series", help_heading = "Backtest")]
    pub leave_out: bool,
    /// Where the ledger lies.
    #[arg(long, value_name = "PATH", env = "FORECAST_LEDGER", help_heading = "Charges")]
    pub ledger: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub struct Train {
    #[command(flatten)]
    pub charges: Charges,
    #[command(flatten)]
    pub any: AnySeries,
    /// Train on this long table too (columns dataset, series_id, date, value; repeatable).
    #[arg(long, value_name = "FILE", help_heading = "Training")]
    pub join: Vec<PathBuf>,
    /// File to write, for `--model` [default: models/trained.json].
    #[arg(
        long,
        value_name = "FILE",
        default_value = "models/trained.json",
        hide_default_value = true,
        help_heading = "Training"
    )]
    pub out: PathBuf,
    /// Leave out the last N complete cycles of each series, so that they can test the model [default: 4].
    #[arg(long, value_name = "N", help_heading = "Training", value_parser = clap::value_parser!(u32).range(0..=120))]
    pub hold_out: Option<u32>,
    /// Made-up bills to train on beside the series [default: 120].
    #[arg(long, value_name = "N", help_heading = "Training", value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub made_up: Option<u32>,
    /// Name of the model [default: trained].
    #[arg(long, value_name = "NAME", help_heading = "Training")]
    pub name: Option<String>,
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
    Show,
    /// Check the configuration and say what is wrong with it
    Check,
}

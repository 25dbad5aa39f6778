//! The options of the commands, as they are typed. What is not typed may come from the environment (`FORECAST_…`)
//! or from `forecast.toml`; see `config`.

#[cfg(feature = "azure")]
pub mod azure;
pub mod charges;
pub mod day;
pub mod global;
pub mod granularity;
pub mod output;
pub mod price;
mod refused_beside_series;

pub use global::{ColorChoice, Global, LogFormat};
pub use output::{Output, TextFile};
pub use refused_beside_series::check_needless;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use day::plausible_day;
use std::path::PathBuf;

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

//! Options of the commands that read charges.

use super::{Output, day::plausible_day, granularity::Granularity, price::Pricing};
use billing::Metric;
use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use operations::{ChargesRequest, CycleSums, Error, Result, SeriesTableRequest, SumSpan};
use std::path::PathBuf;

/// Which charges are read, and how.
#[derive(Debug, Clone, Default, Args)]
pub struct Charges {
    /// Cost exports: files, folders, patterns, addresses of storage (az://, abfss://, https://).
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<String>,
    #[command(flatten)]
    pub options: ChargeOptions,
    /// See nothing that was charged or exported on this day or later.
    #[arg(long, value_name = "DATE", env = "FORECAST_AS_OF", help_heading = "Charges", value_parser = plausible_day)]
    pub as_of: Option<NaiveDate>,
}

/// How charges are selected and read: also the keys of `[defaults]` and of jobs in `forecast.toml`.
#[derive(Debug, Clone, Default, Args)]
pub struct ChargeOptions {
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

/// The forecast of charges: also keys of `[defaults]` and of jobs in `forecast.toml`.
#[derive(Debug, Clone, Default, Args)]
pub struct ForecastOptions {
    /// Forecast this cycle and the next N − 1 [default: 1].
    #[arg(long, value_name = "N", env = "FORECAST_CYCLES", help_heading = "Forecast", value_parser = clap::value_parser!(u32).range(1..=60))]
    pub cycles: Option<u32>,
    /// Add the sums of these cycles; `=quarter` and `=year` add those of each quarter or year.
    #[arg(long, value_name = "SPAN", num_args = 0..=1, require_equals = true, default_missing_value = "all", env = "FORECAST_SUM_CYCLES", help_heading = "Forecast")]
    pub sum_cycles: Option<SumSpan>,
    /// Month in which years, and their quarters, begin [default: 1].
    #[arg(long, value_name = "MONTH", env = "FORECAST_YEAR_START", help_heading = "Forecast", value_parser = clap::value_parser!(u32).range(1..=12))]
    pub year_start: Option<u32>,
    #[command(flatten)]
    pub model: ModelOption,
}

/// The forecaster.
#[derive(Debug, Clone, Default, Args)]
pub struct ModelOption {
    /// The forecaster: default, run_rate, seasonal_naive, last_cycle, ridge, …; or the file of a model.
    #[arg(long, value_name = "NAME", env = "FORECAST_MODEL", help_heading = "Forecast")]
    pub model: Option<String>,
}

/// What a job of `forecast.toml`, and `[defaults]`, may set.
#[derive(Debug, Clone, Default, Args)]
pub struct JobOptions {
    #[command(flatten)]
    pub charges: ChargeOptions,
    #[command(flatten)]
    pub forecast: ForecastOptions,
}

impl ForecastOptions {
    /// Which cycles are summed.
    ///
    /// # Errors
    /// A sum of a single cycle.
    pub fn sums(&self) -> Result<Option<CycleSums>> {
        if self.sum_cycles.is_some() && self.cycles.unwrap_or(1) < 2 {
            return Err(Error::usage(
                "`--sum-cycles` adds up several cycles: name how many with `--cycles N`",
            ));
        }
        let first_month = self.year_start.unwrap_or(1);
        Ok(self.sum_cycles.map(|span| CycleSums { span, first_month }))
    }
}

impl Charges {
    /// The request of these options.
    pub fn request(&self) -> ChargesRequest {
        ChargesRequest { inputs: self.inputs.clone(), as_of: self.as_of, ..self.options.request() }
    }
}

impl ChargeOptions {
    /// The request of these options, without inputs.
    pub fn request(&self) -> ChargesRequest {
        ChargesRequest {
            inputs: Vec::new(),
            group_by: self.group_by.clone(),
            filters: self.filter.clone(),
            metric: self.metric,
            top: self.top,
            as_of: None,
            settle_days: self.settle_days,
            cycle_day: self.cycle_day,
            currency: self.currency.clone(),
            family: self.family.clone(),
            strict: self.strict,
        }
    }
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
    /// The id columns are levels of a tree: its root is forecast, and the rows are drawn to it.
    #[arg(long, requires = "series", help_heading = "Any daily series")]
    pub tree: bool,
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

impl AnySeries {
    /// The request of these options, where a table is named.
    pub fn request(&self) -> Option<SeriesTableRequest> {
        Some(SeriesTableRequest {
            path: self.series.clone()?,
            id_columns: self.id_column.clone(),
            tree: self.tree,
            date_column: self.date_column.clone(),
            value_column: self.value_column.clone(),
            fill_zero: self.fill == Some(Fill::Zero),
        })
    }
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
    #[command(flatten)]
    pub forecast: ForecastOptions,
    /// Write the expected days instead of the totals.
    #[arg(long, conflicts_with = "totals", help_heading = "Forecast")]
    pub daily: bool,
    /// Add the levels above the grouping to files too; the terminal table always shows them.
    #[arg(long, help_heading = "Forecast")]
    pub totals: bool,
    /// Further ranges in files, in percent: `50,90` adds `x_Lower50` to `x_Upper90`.
    #[arg(long, value_name = "PERCENT", value_delimiter = ',', help_heading = "Forecast", value_parser = clap::value_parser!(u32).range(1..=99))]
    pub levels: Vec<u32>,
    #[command(flatten)]
    pub pricing: Pricing,
    /// Set another forecast of the same cycle beside ours: `azure`, its own.
    #[cfg(feature = "azure")]
    #[arg(long, value_name = "PEER", conflicts_with = "series", help_heading = "Forecast")]
    pub compare: Option<Peer>,
    /// The scope that the total is of, where rows are not subscriptions.
    #[cfg(feature = "azure")]
    #[arg(long, value_name = "ID", requires = "compare", help_heading = "Forecast")]
    pub compare_scope: Option<String>,
    #[command(flatten)]
    pub output: Output,
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
    #[command(flatten)]
    pub output: Output,
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
    #[command(flatten)]
    pub model: ModelOption,
    /// Say how the errors compare with those of another forecaster.
    #[arg(long, value_name = "NAME", help_heading = "Backtest")]
    pub compare_model: Option<String>,
    /// Test each of N parts of the series with a model that is trained on the others alone.
    #[arg(long, value_name = "N", requires = "series", conflicts_with = "leave_out", help_heading = "Backtest", value_parser = clap::value_parser!(u32).range(2..=100))]
    pub folds: Option<u32>,
    /// Test the series of each source (their first id) with a model that is trained on the other sources alone.
    #[arg(long, requires = "series", help_heading = "Backtest")]
    pub leave_out: bool,
    #[command(flatten)]
    pub output: Output,
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

/// Where charges come from and go to.
#[derive(Debug, Clone, Args)]
#[cfg_attr(
    feature = "azure",
    command(args_conflicts_with_subcommands = true, subcommand_precedence_over_arg = true)
)]
pub struct Ingest {
    #[cfg(feature = "azure")]
    #[command(subcommand)]
    pub from: Option<super::azure::From>,
    /// Cost exports to normalise: files, folders, patterns.
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<String>,
    /// Folder to write to, as FOCUS-shaped Parquet.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Read files as this kind: focus, mca, ea, payg; `-actual` or `-amortized` may follow.
    #[arg(long, value_name = "NAME", env = "FORECAST_FAMILY")]
    pub family: Option<String>,
    /// See no run that was exported on this day or later.
    #[arg(long, value_name = "DATE", env = "FORECAST_AS_OF", value_parser = plausible_day)]
    pub as_of: Option<NaiveDate>,
    /// Fail on the first malformed row instead of leaving it out.
    #[arg(long, env = "FORECAST_STRICT")]
    pub strict: bool,
    #[command(flatten)]
    pub output: Output,
}

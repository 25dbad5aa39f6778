//! Options of the commands that read from Azure.

use crate::options::Granularity;
use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// How Azure is reached.
#[derive(Debug, Clone, Default, Args)]
pub struct Reach {
    /// Tenant to sign in to [default: AZURE_TENANT_ID, or the signed-in user's].
    #[arg(long, value_name = "ID", env = "FORECAST_TENANT", help_heading = "Azure", global = true)]
    pub tenant: Option<String>,
    /// Which Azure: public, usgov or china.
    #[arg(
        long,
        value_name = "CLOUD",
        env = "FORECAST_CLOUD",
        default_value = "public",
        help_heading = "Azure",
        global = true
    )]
    pub cloud: String,
    /// How to sign in.
    #[arg(
        long,
        value_name = "WAY",
        env = "FORECAST_AUTH",
        default_value = "auto",
        help_heading = "Azure",
        global = true
    )]
    pub auth: Auth,
    /// Longest time to wait for a service that throttles or is not ready.
    #[arg(long, value_name = "SECONDS", env = "FORECAST_MAX_WAIT", default_value_t = 900, help_heading = "Azure", global = true, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub max_wait: u64,
}

impl Reach {
    /// What the environment says, for commands that reach Azure only where an input lies there.
    ///
    /// # Errors
    /// A way to sign in that is none.
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let auth = match variable("FORECAST_AUTH") {
            Some(text) => <Auth as ValueEnum>::from_str(&text, true)
                .map_err(|_| anyhow::anyhow!("FORECAST_AUTH: `{text}` is no way to sign in"))?,
            None => Auth::Auto,
        };
        let cloud = variable("FORECAST_CLOUD").unwrap_or_else(|| "public".to_owned());
        Ok(Self { tenant: variable("FORECAST_TENANT"), cloud, auth, max_wait: 900 })
    }
}

/// How to sign in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Auth {
    /// Environment, workload, managed, cli: the first that works.
    #[default]
    Auto,
    /// A secret or certificate named by AZURE_… variables.
    Environment,
    /// The identity of a workload.
    Workload,
    /// The identity of this machine.
    Managed,
    /// The user of `az login`.
    Cli,
}

/// Where charges come from and go to.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_precedence_over_arg = true)]
pub struct Ingest {
    #[command(subcommand)]
    pub from: Option<From>,
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
    #[arg(long, value_name = "DATE", env = "FORECAST_AS_OF")]
    pub as_of: Option<NaiveDate>,
    /// Fail on the first malformed row instead of leaving it out.
    #[arg(long, env = "FORECAST_STRICT")]
    pub strict: bool,
}

/// Another source than files.
#[derive(Debug, Clone, Subcommand)]
pub enum From {
    /// Read charges from Azure's own services
    #[command(subcommand)]
    Azure(Door),
}

/// Azure's doors to charges.
#[derive(Debug, Clone, Subcommand)]
pub enum Door {
    /// Usage (Resource Usage API) priced by the rate card: estimates
    Usage(UsageDoor),
    /// Every charge, by the cost details report (Enterprise and Customer Agreements)
    CostDetails(PlainDoor),
    /// Daily sums, by Cost Management's query
    Query(QueryDoor),
    /// Charges row by row (Consumption usage details; pay-as-you-go)
    UsageDetails(PlainDoor),
    /// The files of exports that are set up, from storage
    Export(ExportDoor),
}

/// What every door takes.
#[derive(Debug, Clone, Args)]
pub struct DoorOptions {
    /// Whose charges (repeatable), such as /subscriptions/ID or
    /// /providers/Microsoft.Billing/billingAccounts/ID.
    #[arg(long, value_name = "ID", required = true)]
    pub scope: Vec<String>,
    /// First day of use [default: first day of the previous month].
    #[arg(long, value_name = "DATE")]
    pub from: Option<NaiveDate>,
    /// The day after the last day of use [default: today].
    #[arg(long, value_name = "DATE")]
    pub to: Option<NaiveDate>,
    /// Read again from this day on, or from where the last run left off (`last`).
    #[arg(long, value_name = "DATE|last", conflicts_with = "from")]
    pub since: Option<String>,
    /// Folder to write to, as FOCUS-shaped Parquet.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Take this day for today.
    #[arg(long, value_name = "DATE", env = "FORECAST_AS_OF")]
    pub as_of: Option<NaiveDate>,
    /// Ask Cost Management for its own total too, and show the difference.
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub reach: Reach,
}

/// Options of a door that takes nothing else but the metric.
#[derive(Debug, Clone, Args)]
pub struct PlainDoor {
    #[command(flatten)]
    pub door: DoorOptions,
    /// The cost that is meant: billed (ActualCost) or effective (AmortizedCost).
    #[arg(short, long, value_name = "METRIC", default_value = "billed")]
    pub metric: billing::Metric,
}

/// Options of the query.
#[derive(Debug, Clone, Args)]
pub struct QueryDoor {
    #[command(flatten)]
    pub plain: PlainDoor,
    /// Group by this (at most twice): subscription, service, resource-group, resource, region, meter,
    /// charge-category, tag:KEY, or a name of the service's own [default: service and charge-category].
    #[arg(short, long, value_name = "DIM", value_delimiter = ',')]
    pub group_by: Vec<String>,
}

/// Options of exports.
#[derive(Debug, Clone, Args)]
pub struct ExportDoor {
    #[command(flatten)]
    pub plain: PlainDoor,
    /// Only the export of this name.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

/// Options of usage and its prices.
#[derive(Debug, Clone, Args)]
pub struct UsageDoor {
    #[command(flatten)]
    pub door: DoorOptions,
    /// Days or hours.
    #[arg(long, value_name = "daily|hourly", default_value = "daily")]
    pub granularity: Granularity,
    /// The offer whose rate card prices the usage.
    #[arg(long, value_name = "ID", env = "FORECAST_OFFER", default_value = "MS-AZR-0003P")]
    pub offer: String,
    /// The currency of prices.
    #[arg(long, value_name = "CODE", env = "FORECAST_CURRENCY", default_value = "USD")]
    pub currency: String,
    /// The language of names.
    #[arg(long, value_name = "TAG", env = "FORECAST_LOCALE", default_value = "en-US")]
    pub locale: String,
    /// Two letters of the country of purchase.
    #[arg(long, value_name = "CC", env = "FORECAST_RATE_REGION", default_value = "US")]
    pub rate_region: String,
    /// How many days after its use a record may be reported; records that come later are not seen.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=92))]
    pub late_days: u64,
    /// Usage of each meter as a whole, without its resources and tags.
    #[arg(long)]
    pub no_details: bool,
    /// Ask for the rate card again, though there is one of today.
    #[arg(long)]
    pub refresh: bool,
    /// Day on which billing cycles begin: free amounts and tiers count from then on.
    #[arg(long, value_name = "N", env = "FORECAST_CYCLE_DAY", value_parser = clap::value_parser!(u32).range(1..=31))]
    pub cycle_day: Option<u32>,
}

/// Invoices.
#[derive(Debug, Clone, Subcommand)]
pub enum Invoice {
    /// List invoices
    List(InvoiceOptions),
    /// Download invoices as PDF
    Download(InvoiceDownload),
}

/// Which invoices.
#[derive(Debug, Clone, Args)]
pub struct InvoiceOptions {
    /// Whose (repeatable): a subscription, a billing account or a billing profile.
    #[arg(long, value_name = "ID", required = true)]
    pub scope: Vec<String>,
    /// Of periods that end on this day or later [default: a year ago].
    #[arg(long, value_name = "DATE")]
    pub from: Option<NaiveDate>,
    /// Of periods that end before this day [default: tomorrow].
    #[arg(long, value_name = "DATE")]
    pub to: Option<NaiveDate>,
    /// Ask the classic service, which knows the invoices of pay-as-you-go subscriptions, without amounts.
    #[arg(long)]
    pub classic: bool,
    /// Take this day for today.
    #[arg(long, value_name = "DATE", env = "FORECAST_AS_OF")]
    pub as_of: Option<NaiveDate>,
    #[command(flatten)]
    pub reach: Reach,
}

/// Which invoices to download, and where to.
#[derive(Debug, Clone, Args)]
pub struct InvoiceDownload {
    #[command(flatten)]
    pub invoices: InvoiceOptions,
    /// Only the invoice of this number (repeatable).
    #[arg(long, value_name = "NUMBER")]
    pub name: Vec<String>,
    /// Folder to write to.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
}

/// What to check.
#[derive(Debug, Clone, Args)]
pub struct Doctor {
    /// A scope whose costs are to be readable (repeatable).
    #[arg(long, value_name = "ID")]
    pub scope: Vec<String>,
    #[command(flatten)]
    pub reach: Reach,
}

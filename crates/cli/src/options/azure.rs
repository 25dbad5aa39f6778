//! Options of the commands that read from Azure.

use super::{Output, day::plausible_day, granularity::Granularity};
use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use operations::{AzureAccess, RATE_LOCALE, RATE_OFFER, RATE_REGION, SignInMethod};
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
    /// The same for an operation.
    pub fn access(&self) -> AzureAccess {
        AzureAccess {
            tenant: self.tenant.clone(),
            cloud: self.cloud.clone(),
            auth: self.auth.into(),
            max_wait_seconds: self.max_wait,
        }
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

impl std::convert::From<Auth> for SignInMethod {
    fn from(auth: Auth) -> Self {
        match auth {
            Auth::Auto => Self::Auto,
            Auth::Environment => Self::Environment,
            Auth::Workload => Self::Workload,
            Auth::Managed => Self::Managed,
            Auth::Cli => Self::Cli,
        }
    }
}

/// Another source than files.
#[derive(Debug, Clone, Subcommand)]
pub enum From {
    /// Read charges from Azure's own services
    #[command(subcommand)]
    Azure(Source),
}

/// Services that give charges.
#[derive(Debug, Clone, Subcommand)]
pub enum Source {
    /// Usage (Resource Usage API) priced by the rate card: estimates
    Usage(UsageSource),
    /// Every charge, by the cost details report (Enterprise and Customer Agreements)
    CostDetails(PlainSource),
    /// Daily sums, by Cost Management's query
    Query(QuerySource),
    /// Charges row by row (Consumption usage details; pay-as-you-go)
    UsageDetails(PlainSource),
    /// The files of exports that are set up, from storage
    Export(ExportSource),
}

/// What every service takes.
#[derive(Debug, Clone, Args)]
pub struct SourceOptions {
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
    #[arg(long, value_name = "DATE", env = "FORECAST_AS_OF", value_parser = plausible_day)]
    pub as_of: Option<NaiveDate>,
    /// Ask Cost Management for its own total too, and show the difference.
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub reach: Reach,
    #[command(flatten)]
    pub output: Output,
}

/// Options of a service that takes nothing else but the metric.
#[derive(Debug, Clone, Args)]
pub struct PlainSource {
    #[command(flatten)]
    pub common: SourceOptions,
    /// The cost that is meant: billed (ActualCost) or effective (AmortizedCost).
    #[arg(short, long, value_name = "METRIC", default_value = "billed")]
    pub metric: billing::Metric,
}

/// Options of the query.
#[derive(Debug, Clone, Args)]
pub struct QuerySource {
    #[command(flatten)]
    pub plain: PlainSource,
    /// Group by this (at most twice): subscription, service, resource-group, resource, region, meter,
    /// charge-category, tag:KEY, or a name of the service's own [default: service and charge-category].
    #[arg(short, long, value_name = "DIM", value_delimiter = ',')]
    pub group_by: Vec<String>,
}

/// Options of exports.
#[derive(Debug, Clone, Args)]
pub struct ExportSource {
    #[command(flatten)]
    pub plain: PlainSource,
    /// Only the export of this name.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

/// Options of usage and its prices.
#[derive(Debug, Clone, Args)]
pub struct UsageSource {
    #[command(flatten)]
    pub common: SourceOptions,
    /// Days or hours.
    #[arg(long, value_name = "daily|hourly", default_value = "daily")]
    pub granularity: Granularity,
    /// The offer whose rate card prices the usage.
    #[arg(long, value_name = "ID", env = "FORECAST_OFFER", default_value = RATE_OFFER)]
    pub offer: String,
    /// The currency of prices.
    #[arg(long, value_name = "CODE", env = "FORECAST_CURRENCY", default_value = "USD")]
    pub currency: String,
    /// The language of names.
    #[arg(long, value_name = "TAG", env = "FORECAST_LOCALE", default_value = RATE_LOCALE)]
    pub locale: String,
    /// Two letters of the country of purchase.
    #[arg(long, value_name = "CC", env = "FORECAST_RATE_REGION", default_value = RATE_REGION)]
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
    List(InvoiceList),
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
    #[arg(long, value_name = "DATE", env = "FORECAST_AS_OF", value_parser = plausible_day)]
    pub as_of: Option<NaiveDate>,
    #[command(flatten)]
    pub reach: Reach,
}

/// Which invoices to list.
#[derive(Debug, Clone, Args)]
pub struct InvoiceList {
    #[command(flatten)]
    pub invoices: InvoiceOptions,
    #[command(flatten)]
    pub output: Output,
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
    #[command(flatten)]
    pub output: Output,
}

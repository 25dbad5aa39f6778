//! What to read from Azure's services.

use crate::{AzureAccess, Granularity, RATE_LOCALE, RATE_OFFER, RATE_REGION};
use billing::Metric;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Charges of some scopes and days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AzureIngestRequest {
    /// The service.
    pub source: AzureSource,
    /// Whose charges, such as `/subscriptions/ID`.
    pub scopes: Vec<String>,
    /// First day of use; the first day of the previous month by default.
    pub from: Option<NaiveDate>,
    /// The day after the last day of use; `today` by default.
    pub to: Option<NaiveDate>,
    /// Read again from this day on (`2026-10-18`), or from where the last run ended (`last`).
    pub since: Option<String>,
    /// The folder to write to.
    pub out: PathBuf,
    /// Today.
    pub today: NaiveDate,
    /// Whether Cost Management is asked for its own total too.
    pub check: bool,
    /// How Azure is reached.
    pub access: AzureAccess,
}

/// A service that gives charges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum AzureSource {
    /// Usage (Resource Usage API) priced by the rate card: estimates.
    Usage(UsageSource),
    /// Every charge, by the cost details report.
    CostDetails {
        /// Billed or effective.
        metric: Metric,
    },
    /// Daily sums, by Cost Management's query.
    Query {
        /// Billed or effective.
        metric: Metric,
        /// At most two dimensions, or names of the service's own.
        group_by: Vec<String>,
    },
    /// Charges row by row (Consumption usage details).
    UsageDetails {
        /// Billed or effective.
        metric: Metric,
    },
    /// The files of exports that are set up, from storage.
    Export {
        /// Billed or effective.
        metric: Metric,
        /// Only the export of this name.
        name: Option<String>,
    },
}

/// Usage and its prices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UsageSource {
    /// Days or hours.
    pub granularity: Granularity,
    /// The offer whose rate card prices the usage.
    pub offer: String,
    /// The currency of prices.
    pub currency: String,
    /// The language of names.
    pub locale: String,
    /// The country of purchase, two letters.
    pub rate_region: String,
    /// Days after its use in which a record may be reported, 1 to 92.
    pub late_days: u64,
    /// Whether usage is that of each meter as a whole, without its resources and tags.
    pub no_details: bool,
    /// Whether the rate card is read again, though there is one of today.
    pub refresh: bool,
    /// Day on which billing cycles begin, 1 to 31; 1 by default.
    pub cycle_day: Option<u32>,
}

impl Default for UsageSource {
    fn default() -> Self {
        Self {
            granularity: Granularity::Daily,
            offer: RATE_OFFER.to_owned(),
            currency: "USD".to_owned(),
            locale: RATE_LOCALE.to_owned(),
            rate_region: RATE_REGION.to_owned(),
            late_days: 10,
            no_details: false,
            refresh: false,
            cycle_day: None,
        }
    }
}

impl AzureSource {
    /// The cost that is read.
    pub(super) fn metric(&self) -> Metric {
        match self {
            Self::Usage(_) => Metric::Billed,
            Self::CostDetails { metric }
            | Self::Query { metric, .. }
            | Self::UsageDetails { metric }
            | Self::Export { metric, .. } => *metric,
        }
    }

    /// The name under which its charges land.
    pub(super) fn name(&self) -> &'static str {
        let is_amortized = self.metric() == Metric::Effective;
        match self {
            Self::Usage(_) => "azure-usage",
            Self::CostDetails { .. } if is_amortized => "azure-cost-details-amortized",
            Self::CostDetails { .. } => "azure-cost-details",
            Self::Query { .. } if is_amortized => "azure-query-amortized",
            Self::Query { .. } => "azure-query",
            Self::UsageDetails { .. } if is_amortized => "azure-usage-details-amortized",
            Self::UsageDetails { .. } => "azure-usage-details",
            Self::Export { .. } => "azure-export",
        }
    }
}

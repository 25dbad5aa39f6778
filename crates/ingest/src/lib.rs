//! Azure cost exports and other FOCUS files, read into the charges that count.
//!
//! Data walks through the folders of this crate once, in this order:
//!
//! | Folder | What happens there |
//! |---|---|
//! | `exports` | an INPUT becomes a list of export runs, each with its files, scope, range and time |
//! | `files` | one file becomes sums by key and day; the only reader of CSV and Parquet |
//! | `charges` | texts get their meaning: kinds, days, owners, dimensions, meters |
//! | `selection` | the only place that decides which charges count |
//! | `daily` | readings of the selected charges: daily costs, series to forecast, usage, hours |
//! | `staging` | the selected charges written as FOCUS Parquet, which every command reads |
//!
//! ```
//! use ingest::{DailyCosts, Dimension, Needs, ReadOptions, Usage, select_charges};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! std::fs::write(
//!     folder.path().join("june.csv"),
//!     "BilledCost,BillingCurrency,ChargePeriodStart,ChargeCategory,SubAccountId,ServiceName,x_SkuMeterId,ConsumedQuantity\n\
//!      1.25,EUR,2026-06-01T00:00:00Z,Usage,s,Storage,m1,5\n\
//!      0.75,EUR,2026-06-03T00:00:00Z,Usage,s,Storage,m1,3\n",
//! )?;
//! let inputs = [folder.path().to_string_lossy().into_owned()];
//! let options = ReadOptions { group_by: vec![Dimension::parse("service")], ..ReadOptions::default() };
//!
//! // One selection, several readings of it.
//! let selected = select_charges(&inputs, &options, Needs::Usage, &|_| ())?;
//! assert_eq!(selected.charges().days.height(), 2);
//! let usage = Usage::of(&selected)?;
//! assert_eq!(usage.days[1].quantity.to_string(), "3");
//! let daily = DailyCosts::of(selected)?;
//! let costs: Vec<String> = daily.rows().map(|row| row.cost.unwrap_or_default().to_string()).collect();
//! // The second of June is covered: it cost nothing.
//! assert_eq!(costs, ["1.25", "0", "0.75"]);
//! # Ok(())
//! # }
//! ```

mod charges;
mod daily;
mod dimension;
mod dimension_names;
mod error;
mod exports;
mod files;
mod options;
#[cfg(test)]
mod property_tests;
pub mod sample;
mod selection;
mod series_file;
mod staging;
pub use charges::charge_table::ChargeTable;
pub use charges::file_charges::BadRow;
pub use charges::findings::{Controls, Finding, Severity};
pub use charges::text_meanings::amount_type;
pub use daily::bill::{BillCosts, BillOutlook, PurchaseName, UnitParts};
pub use daily::daily_costs::{DailyColumns, DailyCosts, DailyRow, Leaf, OTHERS};
pub use daily::hourly::{HourRow, HourlyCosts};
pub use daily::outlook::{LeafOutlook, Line, Outlook};
pub use daily::rate_effects::RateEffect;
pub use daily::usage::Usage;
pub use dimension::{Dimension, Filter};
pub use dimension_names::SHORT_NAMES;
pub use error::{Error, Result};
pub use exports::manifest::Manifest;
pub use exports::remote::{footer_bytes, needed_parts, repeated_runs};
pub use exports::source::{Found, find};
pub use files::data_file::DataFile;
pub use files::encoding::Encoding;
pub use files::family::{FAMILIES, Family, Layout};
pub use files::guard::is_reading_guarded;
pub use options::{ForcedFamily, ReadOptions};
pub use selection::coverage::Coverage;
pub use selection::decide::Needs;
pub use selection::selected_charges::{SelectedCharges, select_charges};
pub use series_file::{SeenRow, SeriesColumns, SeriesParts, SeriesTable, TaskRow};
pub use staging::land_exports::land_files;
pub use staging::staged_run::{Landed, Landing};

/// Reads the daily costs behind `inputs`. `progress` is called with the bytes of each file that was read.
///
/// # Errors
/// Everything that makes the input unusable; see [`Error`].
pub fn read(inputs: &[String], options: &ReadOptions, progress: &(dyn Fn(u64) + Sync)) -> Result<DailyCosts> {
    DailyCosts::of(select_charges(inputs, options, Needs::Costs, progress)?)
}

/// The program in the guide is compiled and run as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/add-a-source.md")]
mod add_a_source {}

//! One versioned result and its renderings.
//!
//! A command computes a [`ForecastReport`] or a [`Dataset`]; what is here only prints it: as a table
//! for people, or as JSON, JSON Lines, CSV, Markdown or Parquet with the same columns and the same
//! digits in each. Nothing here computes a forecast.
//!
//! ```
//! use report::{Column, ColumnValues, Dataset, Format};
//!
//! let cost = vec![Some("12345678901234567.12".parse().unwrap()), None];
//! let columns = vec![
//!     Column::new("ServiceName", ColumnValues::Text(vec![Some("Storage, cold".into()), None])),
//!     Column::new("BilledCost", ColumnValues::Amount { values: cost, least_digits: 2 }),
//! ];
//! let dataset = Dataset::new("daily_series", 1, columns).unwrap();
//! let mut out = Vec::new();
//! Format::Csv.write(&dataset, &mut out).unwrap();
//! let text = String::from_utf8(out).unwrap();
//! assert_eq!(text, "ServiceName,BilledCost\n\"Storage, cold\",12345678901234567.12\n,\n");
//! ```

mod backtest_table;
pub mod columns;
mod comparison_report;
mod csv;
mod dataset;
mod error;
mod estimate_report;
mod finding;
mod findings_of_rows;
mod footnotes;
mod forecast_report;
mod format;
#[cfg(test)]
mod hostile_tests;
mod json;
mod layout;
mod lines_table;
mod markdown;
mod match_report;
mod net_table;
mod number_format;
#[cfg(feature = "parquet")]
mod parquet;
mod predict_columns;
mod predict_table;
mod row_order;
mod sparkline;
mod style;
mod table;

pub use backtest_table::{ScoreTableRow, backtest_table};
pub use comparison_report::{AlternativeRow, ComparisonReport};
pub use dataset::{Column, ColumnValues, Dataset};
pub use error::{Error, Result};
pub use estimate_report::{EstimateBill, EstimateReport, EstimateRow};
pub use finding::{Finding, Severity};
pub use forecast_report::{Control, ForecastReport};
pub use format::Format;
pub use match_report::{MatchReport, MatchRow};
pub use number_format::{cycle_name, grouped, listed, printable};
pub use predict_table::predict_table;
pub use sparkline::sparkline;
pub use style::TableStyle;

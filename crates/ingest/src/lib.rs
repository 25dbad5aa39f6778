//! Azure cost exports, read into daily cost series.
mod amounts;
mod charges;
mod controls;
mod costs;
mod coverage;
mod csv_rows;
mod csv_text;
mod daily;
mod data_file;
mod dimension;
mod error;
mod exchange;
mod family;
mod file_sums;
mod file_usage;
mod guard;
mod hourly;
mod known_days;
mod landing;
mod lines;
mod manifest;
mod normalise;
mod outlook;
mod parquet_file;
mod parquet_footer;
mod parquet_rows;
mod parquet_text;
mod parquet_types;
mod parquet_values;
#[cfg(test)]
mod properties;
mod reader;
mod remote;
mod row_sums;
mod run_costs;
mod runs;
pub mod sample;
mod select;
mod series_file;
mod settled_metric;
mod source;
mod spans;
mod tags;
mod typed_lines;
mod usage;
mod wide_decimal;
pub use charges::{amount_type, charges};
pub use controls::Controls;
pub use coverage::Scope;
pub use daily::{DailyCosts, DailyRow, Leaf, OTHERS};
pub use data_file::DataFile;
pub use dimension::{Dimension, Filter, SHORT_NAMES};
pub use error::{Error, Result};
pub use exchange::RateEffect;
pub use family::{FAMILIES, Family, Layout};
pub use file_sums::BadRow;
pub use guard::is_reading_guarded;
pub use hourly::{HourRow, HourlyCosts, read_hourly};
pub use landing::{Landed, Landing};
pub use manifest::Manifest;
pub use normalise::normalise;
pub use outlook::{LeafOutlook, Line, Outlook};
pub use reader::{ForcedFamily, ReadOptions, read};
pub use remote::{footer_bytes, needed_parts, repeated_runs};
pub use series_file::{SeenRow, SeriesColumns, SeriesTable, TaskRow};
pub use source::{Encoding, Found, find};
pub use usage::{Usage, read_usage};

/// The program in the guide is compiled and run as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/add-a-source.md")]
mod add_a_source {}

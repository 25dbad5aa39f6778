//! Azure cost exports, read into daily cost series.
mod charges;
mod daily;
mod dimension;
mod error;
mod exports;
mod files;
mod options;
#[cfg(test)]
mod properties;
pub mod sample;
mod selection;
mod series_file;
mod staging;
pub use charges::expressions::amount_type;
pub use charges::file_charges::BadRow;
pub use charges::findings::{Controls, Finding, Severity};
pub use daily::daily_costs::{DailyCosts, DailyRow, Leaf, OTHERS};
pub use daily::exchange::RateEffect;
pub use daily::hourly::{HourRow, HourlyCosts, read_hourly};
pub use daily::series::{LeafOutlook, Line, Outlook};
pub use daily::usage::{Usage, read_usage};
pub use dimension::{Dimension, Filter, SHORT_NAMES};
pub use error::{Error, Result};
pub use exports::manifest::Manifest;
pub use exports::remote::{footer_bytes, needed_parts, repeated_runs};
pub use exports::source::{Encoding, Found, find};
pub use files::data_file::DataFile;
pub use files::family::{FAMILIES, Family, Layout};
pub use files::guard::is_reading_guarded;
pub use options::{ForcedFamily, ReadOptions};
pub use selection::coverage::Coverage;
pub use selection::select::{SelectedCharges, select_charges};
pub use series_file::{SeenRow, SeriesColumns, SeriesTable, TaskRow};
pub use staging::files::land_files;
pub use staging::staged_run::{Landed, Landing};

/// Reads the daily costs behind `inputs`. `progress` is called with the bytes of each file that was read.
///
/// # Errors
/// Everything that makes the input unusable; see [`Error`].
pub fn read(inputs: &[String], options: &ReadOptions, progress: &(dyn Fn(u64) + Sync)) -> Result<DailyCosts> {
    DailyCosts::of(select_charges(inputs, options, false, progress)?)
}

/// The program in the guide is compiled and run as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/add-a-source.md")]
mod add_a_source {}

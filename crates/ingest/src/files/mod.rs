//! One data file: how it is written, which family it is of, and its rows as sums by key and day.

pub(crate) mod amounts;
pub(crate) mod csv_rows;
pub(crate) mod csv_text;
pub(crate) mod data_file;
pub(crate) mod encoding;
pub(crate) mod family;
pub(crate) mod guard;
pub(crate) mod parquet_file;
pub(crate) mod parquet_footer;
pub(crate) mod parquet_rows;
pub(crate) mod parquet_text;
pub(crate) mod parquet_types;
pub(crate) mod parquet_values;
pub(crate) mod parquet_write;
pub(crate) mod repeated_texts;
pub(crate) mod row_sums;
pub(crate) mod tags;
pub(crate) mod wide_decimal;

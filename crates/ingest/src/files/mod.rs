//! One data file: how it is written, which family it is of, and its rows as sums by key and day.

pub(crate) mod csv_rows;
pub(crate) mod csv_text;
pub(crate) mod data_file;
pub(crate) mod dictionary;
pub(crate) mod family;
pub(crate) mod parquet_rows;
pub(crate) mod row_sums;
